//! The service map: boxes and lines, or a table; below it what is selected.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::traces::map::{Map, Pick, Row, numbers, room, seen_at, short_kind};
use crate::model::service_graph::{ServiceGraph, ServiceNode, Statistics};
use crate::store::graph_layout::Size;
use crate::text;
use crate::view::pen::{Align, Pen};

pub(super) fn parts(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let (map, styles) = (&app.traces.map, &pen.look.styles);
    let Some(graph) = app.store.graph.get() else { return Vec::new() };
    let mut parts = vec![(format!("{} services", graph.nodes.len()), styles.text)];
    if graph.seconds().is_some_and(|seconds| app.window.length.as_secs_f64() > seconds + 60.0) {
        parts.push(("of the last six hours: X-Ray gives no longer graph".into(), styles.notice));
    }
    if map.compares {
        let text = match (app.store.graph_before.get(), app.store.graph_before.trouble()) {
            (_, Some(trouble)) => trouble.sentence(),
            (Some(_), None) => "compared with the window before".into(),
            (None, None) => "waiting for the window before".into(),
        };
        parts.push((text, styles.accent));
    }
    if map.is_table {
        parts.push((format!("by {}", map.column.name()), styles.dim));
    }
    parts.push(("numbers are of sampled requests".into(), styles.dim));
    parts
}

pub(super) fn draw(app: &App, pen: &mut Pen, inside: Rect) {
    let map = &app.traces.map;
    let Some(graph) = app.store.graph.get().filter(|graph| !graph.nodes.is_empty()) else {
        pen.empty(inside, app.store.graph.standing(), "traced services in this window");
        return;
    };
    if map.is_table {
        table(map, graph, pen, inside);
        return;
    }
    let (columns, rows) = room(app.regions().body);
    let area = Rect { width: columns.min(inside.width), height: rows.min(inside.height), ..inside };
    draw_graph(map, graph, pen, area);
    let below = Rect { y: area.bottom(), height: inside.bottom().saturating_sub(area.bottom()), ..inside };
    if let Some(row) = map.selected() {
        selected(row, graph, pen, below);
    }
}

/// How a service is: as bad as its worst share.
fn health(pen: &Pen, statistics: &Statistics) -> (&'static str, Style) {
    let bad = |share: f64| share >= 0.01;
    super::mark(pen, bad(statistics.fault_share()), bad(statistics.error_share()), bad(statistics.throttle_share()))
}

fn draw_graph(map: &Map, graph: &ServiceGraph, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let (left, top) = map.scroll;
    let seen = |x: u16, y: u16| -> Option<(u16, u16)> {
        let (x, y) = (x.checked_sub(left)?, y.checked_sub(top)?);
        (x < area.width && y < area.height).then_some((area.x + x, area.y + y))
    };
    let place = map.place(graph);
    let chosen = |at: usize| {
        place.is_some_and(|(node, edge)| match edge {
            Some(edge) => edge == at,
            // All that it calls and all that call it.
            None => map.drawn.edges.get(at).is_some_and(|(from, to, _)| *from == node || *to == node),
        })
    };
    let statistics = |edge: usize| {
        let (from, _, at) = map.drawn.edges.get(edge)?;
        Some(graph.nodes.get(*from)?.edges.get(*at)?.statistics)
    };
    let failing = |edge: usize| {
        let statistics =
            statistics(edge).filter(|s| s.fault_share().max(s.error_share()).max(s.throttle_share()) >= 0.01);
        statistics.map(|statistics| health(pen, &statistics).1)
    };
    let mut cells = Vec::new();
    for ((y, x), cell) in map.drawn.plan.cells() {
        // Of several lines in one cell that one decides which matters most: it fails, or it is selected.
        let edges = || cell.lines.iter().filter_map(|line| map.drawn.plan.lines.get(*line)).map(|line| line.edge);
        let bad = edges()
            .filter(|edge| place.is_none() || chosen(*edge))
            .find_map(failing)
            .or_else(|| edges().find_map(failing));
        let style = match (bad, edges().any(chosen)) {
            (Some(bad), _) => bad,
            (None, true) => styles.accent,
            (None, false) => styles.dim,
        };
        cells.push((x, y, cell.stroke, style));
    }
    let mut buffer = [0; 4];
    for (x, y, stroke, style) in cells {
        if let Some((x, y)) = seen(x, y) {
            pen.put(area, x, y, stroke.glyph(pen.look.glyphs.ascii).encode_utf8(&mut buffer), style);
        }
    }
    for (at, node) in graph.nodes.iter().enumerate() {
        let Some(spot) = map.drawn.plan.places.get(at) else { continue };
        let picked = place.is_some_and(|(node, edge)| edge.is_none() && node == at);
        draw_box(map, node, graph, ((spot.x, spot.y), map.drawn.size), picked, &seen, pen, area);
    }
}

#[allow(clippy::too_many_arguments)] // one box: what, where, how
fn draw_box(
    map: &Map,
    node: &ServiceNode,
    graph: &ServiceGraph,
    (at, Size { width, height }): ((u16, u16), Size),
    picked: bool,
    seen: &dyn Fn(u16, u16) -> Option<(u16, u16)>,
    pen: &mut Pen,
    area: Rect,
) {
    let styles = pen.look.styles.clone();
    let statistics = seen_at(graph, node);
    let (glyph, state) = health(pen, &statistics);
    let bad = failing(&statistics);
    let border = match (picked, bad >= 0.01) {
        (true, _) => styles.border_focus,
        (false, true) => state,
        (false, false) => styles.border,
    };
    let room = usize::from(width.saturating_sub(2));
    let ascii = pen.look.glyphs.ascii;
    let edges = if ascii { ["+", "-", "+", "|", "+", "+"] } else { ["╭", "─", "╮", "│", "╰", "╯"] };
    let kind = text::cut(short_kind(&node.kind), room.saturating_sub(2)).into_owned();
    let rule = |left: &str, right: &str, word: &str| {
        let line = edges[1].repeat(room.saturating_sub(text::width(word)));
        format!("{left}{word}{line}{right}")
    };
    let head = if kind.is_empty() { String::new() } else { format!("{kind} ") };
    let fill = |text: String| {
        let text = text::cut(&text, room).into_owned();
        let blank = " ".repeat(room.saturating_sub(text::width(&text)));
        format!("{text}{blank}")
    };
    let mut figures = numbers(&statistics, graph.seconds());
    for (share, name) in [
        (statistics.fault_share(), "fault"),
        (statistics.throttle_share(), "throttle"),
        (statistics.error_share(), "error"),
    ] {
        if share >= 0.001 {
            figures.push_str(&format!(" {} {name}", text::percent(share)));
            break;
        }
    }
    // What has changed is what one compares for.
    if let Some(before) = map.rows.iter().find(|row| is_of(row, node)).and_then(|row| row.before.as_ref()) {
        let worse = failing(&statistics) - failing(before);
        if worse.abs() >= 0.005 {
            figures =
                format!("failing {} from {}", text::percent(failing(&statistics)), text::percent(failing(before)));
        } else {
            figures = format!(
                "{}, {}",
                change(statistics.total as f64, before.total as f64),
                numbers(&statistics, graph.seconds())
            );
        }
    }
    let name_style = if picked { styles.selection } else { styles.strong };
    // Two services of one name: a queue and a table.
    let twins = graph.nodes.iter().filter(|other| other.name == node.name).count() > 1;
    let kind = short_kind(&node.kind).split("::").next().unwrap_or_default();
    let name = if twins { format!("{} {kind}", node.name) } else { node.name.clone() };
    if height == 1 {
        let share = if bad >= 0.01 { format!(" {:.0}%", bad * 100.0) } else { String::new() };
        // The name matters more than the number, which is told of whatever is selected.
        let fits = text::width(&name) + text::width(&share) + 2 <= room;
        let share = if fits || bad >= 0.05 { share } else { String::new() };
        let name = text::cut_middle(&name, room.saturating_sub(2 + text::width(&share))).into_owned();
        let line = fill(format!("{glyph} {name}{share}"));
        let style = if picked {
            name_style
        } else if bad >= 0.01 {
            state
        } else {
            styles.text
        };
        if let Some((x, y)) = seen(at.0, at.1) {
            pen.put(area, x, y, &format!("[{line}]"), style);
        }
        return;
    }
    let rows = [
        (rule(edges[0], edges[2], &head), border, None),
        (fill(format!("{glyph} {}", text::cut_middle(&node.name, room.saturating_sub(2)))), border, Some(name_style)),
        (fill(figures), border, Some(if bad >= 0.01 { state } else { styles.dim })),
        (rule(edges[4], edges[5], ""), border, None),
    ];
    for (y, (line, border, inner)) in (0..height).zip(rows) {
        let text = if inner.is_some() { format!("{}{line}{}", edges[3], edges[3]) } else { line };
        // Cell by cell: a box may be half outside of what is seen.
        let mut x = 0u16;
        let count = u16::try_from(text::width(&text)).unwrap_or(width);
        for c in text.chars() {
            let mut buffer = [0; 4];
            let symbol: &str = c.encode_utf8(&mut buffer);
            let side = x == 0 || x + 1 >= count;
            let style = if side { border } else { inner.unwrap_or(border) };
            if let Some((x, y)) = seen(at.0 + x, at.1 + y) {
                pen.put(area, x, y, symbol, style);
            }
            x += u16::try_from(text::width(symbol)).unwrap_or(1);
        }
    }
}

/// Two lines about what is selected.
fn selected(row: &Row, graph: &ServiceGraph, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let what = match &row.pick {
        Pick::Node(..) => format!("{} {}", row.name, row.kind),
        Pick::Edge(_) => format!("{} {}", row.kind, row.name),
    };
    pen.line(area, area.y, &[(&what, styles.strong), ("   ", styles.dim), (&told(row, graph), styles.text)]);
    let second = match &row.before {
        Some(before) => format!("window before: {}", compared(row, before)),
        None => "Enter lists its traces   n its calls   d compares   v table   l log   m metrics".into(),
    };
    pen.put(area, area.x, area.y + 1, &second, if row.before.is_some() { styles.accent } else { styles.dim });
}

fn told(row: &Row, graph: &ServiceGraph) -> String {
    let mut text = numbers(&row.now, graph.seconds());
    if let Some(p99) = row.p99 {
        text.push_str(&format!(" p99 {}", text::millis(p99 * 1000.0)));
    }
    for (share, name) in
        [(row.now.fault_share(), "fault"), (row.now.error_share(), "error"), (row.now.throttle_share(), "throttle")]
    {
        text.push_str(&format!("  {} {name}", text::percent(share)));
    }
    text
}

fn is_of(row: &Row, node: &ServiceNode) -> bool {
    matches!(&row.pick, Pick::Node(name, kind) if *name == node.name && *kind == node.kind)
}

/// How much more or less it is than before.
fn change(now: f64, then: f64) -> String {
    match then {
        then if then > 0.0 => format!("{:+.0} %", (now - then) / then * 100.0),
        _ if now > 0.0 => "new".to_string(),
        _ => "the same".to_string(),
    }
}

fn failing(statistics: &Statistics) -> f64 {
    statistics.fault_share() + statistics.error_share() + statistics.throttle_share()
}

fn compared(row: &Row, before: &Statistics) -> String {
    format!(
        "requests {}, latency {}, failing {} from {}",
        change(row.now.total as f64, before.total as f64),
        change(row.now.mean().unwrap_or(0.0), before.mean().unwrap_or(0.0)),
        text::percent(failing(&row.now)),
        text::percent(failing(before))
    )
}

fn table(map: &Map, graph: &ServiceGraph, pen: &mut Pen, inside: Rect) {
    let styles = pen.look.styles.clone();
    // What is compared takes the place of what can be looked up without comparing.
    let heads: &[(&str, u16)] = match map.compares {
        true => &[("rate", 8), ("than before", 11), ("failing", 7), ("before", 7), ("mean", 8), ("than before", 11)],
        false => &[("rate", 8), ("fault", 7), ("error", 7), ("throttle", 8), ("mean", 8), ("p99", 8)],
    };
    let numbers: u16 = heads.iter().map(|(_, width)| width + 1).sum();
    let kind = if inside.width >= 110 { 24 } else { 0 };
    let name = inside.width.saturating_sub(numbers + kind + 3);
    let title = Rect { height: 1, ..inside };
    pen.cell(title, inside.x + 2, inside.y, name, "service or call", Align::Left, styles.table_header);
    let mut x = inside.x + 2 + name + 1;
    if kind > 0 {
        pen.cell(title, x, inside.y, kind - 1, "type", Align::Left, styles.table_header);
        x += kind;
    }
    let first = x;
    for (head, width) in heads {
        pen.cell(title, x, inside.y, *width, head, Align::Right, styles.table_header);
        x += width + 1;
    }
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let height = usize::from(body.height);
    let mut cursor = map.cursor;
    cursor.fit(map.rows.len(), height);
    for (at, place) in cursor.visible(map.rows.len(), height).enumerate() {
        let y = body.y + u16::try_from(at).unwrap_or(0);
        let row = &map.rows[place];
        let (glyph, state) = health(pen, &row.now);
        pen.put(body, body.x, y, glyph, state);
        let is_edge = matches!(row.pick, Pick::Edge(_));
        let style = if is_edge { styles.text } else { styles.strong };
        pen.cell(body, body.x + 2, y, name, &text::cut_middle(&row.name, usize::from(name)), Align::Left, style);
        if kind > 0 {
            pen.cell(body, first - kind, y, kind - 1, &row.kind, Align::Left, styles.dim);
        }
        let ms = |seconds: Option<f64>| seconds.map_or("-".to_string(), |s| text::millis(s * 1000.0));
        let rate = match graph.seconds() {
            Some(seconds) => format!("{}/m", text::count(row.now.total as f64 / seconds * 60.0)),
            None => text::count(row.now.total as f64),
        };
        let values = match (map.compares, &row.before) {
            (true, Some(before)) => {
                let worse = failing(&row.now) > failing(before) + 0.005;
                let style = if worse { styles.critical } else { styles.text };
                vec![
                    (rate, styles.text),
                    (change(row.now.total as f64, before.total as f64), styles.accent),
                    (text::percent(failing(&row.now)), style),
                    (text::percent(failing(before)), styles.text),
                    (ms(row.now.mean()), styles.text),
                    (change(row.now.mean().unwrap_or(0.0), before.mean().unwrap_or(0.0)), styles.accent),
                ]
            }
            (true, None) => vec![(rate, styles.text), ("waiting".into(), styles.dim)],
            (false, _) => vec![
                (rate, styles.text),
                (text::percent(row.now.fault_share()), styles.critical),
                (text::percent(row.now.error_share()), styles.warning),
                (text::percent(row.now.throttle_share()), styles.throttle),
                (ms(row.now.mean()), styles.text),
                (ms(row.p99), styles.text),
            ],
        };
        let mut x = first;
        for ((value, style), (_, width)) in values.iter().zip(heads) {
            let style = if value == "0 %" || value == "0%" { styles.dim } else { *style };
            pen.cell(body, x, y, *width, value, Align::Right, style);
            x += width + 1;
        }
        if place == cursor.row {
            pen.shade(body, y, styles.selection);
        }
    }
}
