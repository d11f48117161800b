//! Traces: the list, and the waterfall of one.
//!
//! ```text
//! ╭ Trace 1-6b01…  940ms ────────────────────────────────────────────────────────╮
//! │ shop-api/prod           ███████████████████████████████████████ 940ms         │
//! │   checkout-api          · █████████████████████████████████████ 931ms         │
//! │     payment-authorize   ·          ● █████████████████          402ms         │
//! ╰───────────────────────────────────────────────────────────────────────────────╯
//! ╭ payment-authorize ────────────────────────────────────────────────────────────╮
//! │ exception  ProviderException: payments.example.com answered 503               │
//! ╰───────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::traces::{Traces, describe};
use crate::model::trace::{Span, Waterfall};
use crate::store::feed::{Feed, Standing};
use crate::text;
use crate::view::pen::{Align, Pen};

/// Draws the list, or the open trace.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    match &app.traces.open {
        Some(id) => draw_trace(app, id, pen, area),
        None => draw_list(app, pen, area),
    }
}

fn draw_list(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.traces;
    let store = &app.store.traces;
    let all = store.all();
    let failed = all.iter().filter(|summary| summary.fault || summary.error || summary.throttle).count();
    let mut title = format!("Traces {} of the last {}", tab.order.len(), text::span(app.window.length));
    if failed > 0 {
        title.push_str(&format!(", {failed} failed"));
    }
    if store.capped {
        title.push_str(", the newest only");
    }
    if tab.column != crate::app::tabs::traces::Column::Newest || tab.reversed {
        title.push_str(&format!(", by {}{}", tab.column.name(), if tab.reversed { " reversed" } else { "" }));
    }
    if !tab.filter.is_empty() {
        title.push_str(&format!(", /{}", tab.filter));
    }
    if !tab.expression().is_empty() {
        title.push_str(&format!(", AWS filter {}", text::safe_line(tab.expression())));
    }
    let inside = pen.panel(area, &text::cut(&title, usize::from(area.width.saturating_sub(8))), true);
    if tab.order.is_empty() {
        let what = if tab.filter.is_empty() { "sampled traces in this window" } else { "traces that the filter takes" };
        pen.empty(inside, store.list.standing(), what);
        return;
    }
    pen.standing(area, store.list.standing());
    let wide = area.width >= 110;
    let heads: &[(&str, u16, Align)] = &[
        ("age", 5, Align::Right),
        ("duration", 8, Align::Right),
        ("response", 8, Align::Right),
        ("http", 4, Align::Right),
    ];
    let mut x = inside.x + 2;
    for (head, width, align) in heads {
        pen.cell(inside, x, inside.y, *width, head, *align, styles.table_header);
        x += width + 1;
    }
    let request_width = if wide { 44 } else { inside.right().saturating_sub(x + 1) };
    pen.cell(inside, x, inside.y, request_width, "request", Align::Left, styles.table_header);
    if wide {
        pen.cell(
            inside,
            x + request_width + 1,
            inside.y,
            60,
            "services, annotations",
            Align::Left,
            styles.table_header,
        );
    }
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    for (at, row) in tab.cursor.visible(tab.order.len(), Traces::height(area)).enumerate() {
        let y = body.y + u16::try_from(at).unwrap_or(0);
        if y >= body.bottom() {
            break;
        }
        let summary = &all[tab.order[row]];
        let (mark, style) = mark(pen, summary.fault, summary.error, summary.throttle);
        pen.put(body, body.x, y, mark, style);
        let age = summary.start.map(|at| text::age((app.now - at).num_seconds())).unwrap_or_default();
        let seconds = |value: Option<f64>| value.map_or("-".to_string(), |s| text::millis(s * 1000.0));
        let status = summary.status.map_or("-".to_string(), |status| status.to_string());
        let values = [age, seconds(summary.duration), seconds(summary.response_time), status];
        let mut x = body.x + 2;
        for (value, (_, width, align)) in values.iter().zip(heads) {
            pen.cell(body, x, y, *width, value, *align, if x > body.x + 26 { style } else { styles.text });
            x += width + 1;
        }
        let path =
            summary.url.as_deref().map(|url| url.splitn(4, '/').nth(3).map_or(url.to_string(), |p| format!("/{p}")));
        let request = match (&summary.method, path) {
            (Some(method), Some(path)) => format!("{method} {path}"),
            (None, Some(path)) => path,
            _ => summary.entry_point.clone().unwrap_or_else(|| summary.id.clone()),
        };
        pen.cell(body, x, y, request_width, &text::safe_line(&request), Align::Left, styles.text);
        if wide {
            let mut words = summary.services.join(" ");
            for (key, value) in &summary.annotations {
                words.push_str(&format!(" {key}={value}"));
            }
            let room = body.right().saturating_sub(x + request_width + 1);
            pen.cell(body, x + request_width + 1, y, room, &text::safe_line(&words), Align::Left, styles.dim);
        }
        if row == tab.cursor.row {
            pen.shade(body, y, styles.selection);
        }
    }
}

fn mark(pen: &Pen, fault: bool, error: bool, throttle: bool) -> (&'static str, Style) {
    let (glyphs, styles) = (&pen.look.glyphs, &pen.look.styles);
    if fault {
        (glyphs.critical, styles.critical)
    } else if throttle {
        (glyphs.notice, styles.throttle)
    } else if error {
        (glyphs.warning, styles.warning)
    } else {
        (glyphs.good, styles.good)
    }
}

fn draw_trace(app: &App, id: &str, pen: &mut Pen, area: Rect) {
    let (tree, below) = Traces::halves(area);
    let upper = Rect { height: tree, ..area };
    let lower = Rect { y: area.y + tree, height: below, ..area };
    let feed = app.store.traces.opened(id);
    let standing = feed.map_or(Standing::Waiting, Feed::standing);
    match feed.and_then(Feed::get) {
        Some((trace, waterfall)) => {
            let duration = trace.duration.map(|s| format!("  {}", text::millis(s * 1000.0))).unwrap_or_default();
            let limit = if trace.limit_exceeded { ", more segments than X-Ray keeps" } else { "" };
            let broken = match waterfall.broken.len() {
                0 => String::new(),
                n => format!(", {n} can't be read: {}", waterfall.broken[0]),
            };
            let title =
                format!("Trace {}{duration}, {} spans{limit}{broken}", text::safe_line(id), waterfall.spans.len());
            let title = text::cut(&title, usize::from(area.width.saturating_sub(8))).into_owned();
            let inside = pen.panel(upper, &title, !app.traces.on_detail);
            pen.standing(upper, standing);
            draw_waterfall(app, waterfall, pen, inside);
            draw_detail(app, pen, lower);
        }
        None => {
            let inside = pen.panel(upper, &format!("Trace {}", text::safe_line(id)), true);
            pen.empty(inside, standing, "the segments of this trace");
        }
    }
}

fn draw_waterfall(app: &App, waterfall: &Waterfall, pen: &mut Pen, inside: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.traces;
    let rows = tab.rows(waterfall);
    let name_width = (inside.width * 2 / 5).min(46);
    let time_width = 8;
    let bars = Rect {
        x: inside.x + name_width + 1,
        width: inside.width.saturating_sub(name_width + time_width + 2),
        ..inside
    };
    let total = (waterfall.end - waterfall.start).max(1e-6);
    pen.put(inside, bars.x, inside.y, "0", styles.chart_axis);
    let whole = text::millis(total * 1000.0);
    let right = bars.right().saturating_sub(u16::try_from(whole.len()).unwrap_or(0));
    pen.put(inside, right, inside.y, &whole, styles.chart_axis);
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let mut cursor = tab.span;
    cursor.fit(rows.len(), usize::from(body.height));
    for (at, row) in cursor.visible(rows.len(), usize::from(body.height)).enumerate() {
        let y = body.y + u16::try_from(at).unwrap_or(0);
        let span = &waterfall.spans[rows[row]];
        draw_span(span, waterfall, total, tab.folded.contains(&span.id), pen, body, y, name_width, bars, time_width);
        if row == cursor.row {
            let name = Rect { width: name_width, ..body };
            pen.shade(if tab.on_detail { name } else { body }, y, styles.selection);
        }
    }
}

#[allow(clippy::too_many_arguments)] // the places of one row
fn draw_span(
    span: &Span,
    waterfall: &Waterfall,
    total: f64,
    folded: bool,
    pen: &mut Pen,
    body: Rect,
    y: u16,
    name_width: u16,
    bars: Rect,
    time_width: u16,
) {
    let styles = pen.look.styles.clone();
    let indent = u16::try_from(span.depth * 2).unwrap_or(u16::MAX).min(name_width / 2);
    let fold = match (span.has_children, folded) {
        (true, true) => pen.look.glyphs.closed,
        (true, false) => pen.look.glyphs.open,
        _ => " ",
    };
    let failed = span.fault || span.error || span.throttle;
    let name_style = match (failed, span.inferred) {
        (true, _) => mark(pen, span.fault, span.error, span.throttle).1,
        (_, true) => styles.dim,
        _ => styles.text,
    };
    let name_area = Rect { width: name_width, ..body };
    let mut x = pen.put(name_area, body.x + indent, y, fold, styles.dim);
    if failed {
        let (glyph, style) = mark(pen, span.fault, span.error, span.throttle);
        x = pen.put(name_area, x + 1, y, glyph, style);
    }
    x = pen.put(name_area, x + 1, y, &span.name, name_style);
    let kind = span.origin.strip_prefix("AWS::").unwrap_or(&span.origin);
    pen.put(name_area, x + 1, y, kind, styles.dim);
    let width = f64::from(bars.width);
    let from = ((span.start - waterfall.start) / total * width).clamp(0.0, width);
    let end = span.end.unwrap_or(waterfall.end);
    let to = ((end - waterfall.start) / total * width).clamp(from, width);
    let (from, cells) = (from as u16, ((to - from).round() as u16).max(1));
    let style = match (failed, span.inferred) {
        (true, _) => name_style,
        (_, true) => styles.span_inferred,
        _ if matches!(span.name.as_str(), "Initialization" | "Init" | "Restore") => styles.cold,
        _ => styles.span,
    };
    let glyph = if span.end.is_none() { pen.look.glyphs.more } else { pen.look.glyphs.bar };
    for column in from..(from + cells).min(bars.width.max(1)) {
        pen.put(bars, bars.x + column.min(bars.width.saturating_sub(1)), y, glyph, style);
    }
    let time = span.end.map_or("open".to_string(), |end| text::millis((end - span.start) * 1000.0));
    pen.cell(body, bars.right() + 1, y, time_width, &time, Align::Right, styles.text);
}

fn draw_detail(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.traces;
    let Some(span) = tab.selected_span(&app.store) else {
        pen.panel(area, "Segment", tab.on_detail);
        return;
    };
    let title = text::cut(&span.name, usize::from(area.width.saturating_sub(8))).into_owned();
    let inside = pen.panel(area, &title, tab.on_detail);
    let rows = describe(span);
    let mut cursor = tab.detail;
    cursor.fit(rows.len(), usize::from(inside.height));
    let what_width = 22.min(inside.width / 3);
    for (at, row) in cursor.visible(rows.len(), usize::from(inside.height)).enumerate() {
        let y = inside.y + u16::try_from(at).unwrap_or(0);
        let (what, value) = &rows[row];
        let style = if what == "exception" { styles.critical } else { styles.text };
        pen.cell(inside, inside.x, y, what_width, what, Align::Left, styles.dim);
        pen.cell(
            inside,
            inside.x + what_width + 1,
            y,
            inside.width.saturating_sub(what_width + 1),
            value,
            Align::Left,
            style,
        );
        if tab.on_detail && row == cursor.row {
            pen.shade(inside, y, styles.selection);
        }
    }
}
