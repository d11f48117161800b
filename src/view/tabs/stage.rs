//! One stage's detail.
//!
//! ```text
//! ╭ shop prod requests ─╮╭ errors ──────────────╮╭ latency ─────────────╮
//! ╰─────────────────────╯╰──────────────────────╯╰──────────────────────╯
//! ╭ Settings ──────────────────╮╭ Routes 12 ────────────────────────────╮
//! │ cache cluster  0.5 GB      ││ GET /orders/{id}  AWS_PROXY  orders   │
//! │ throttle       100 req/s   │╰───────────────────────────────────────╯
//! │ execution log  ERROR       │╭ Overrides 2 ──────────────────────────╮
//! ╰────────────────────────────╯╰───────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;

use crate::app::App;
use crate::app::tabs::apis::settings::{self, Tone};
use crate::app::tabs::apis::{Panel, rows};
use crate::app::tabs::overview::stage_subject;
use crate::model::api::{Api, MethodSettings};
use crate::model::series::{Metric, Statistic};
use crate::store::feed::{Feed, Standing};
use crate::text;
use crate::view::chart::{self, Curve, Plot, Unit};
use crate::view::pen::{Align, Pen};

/// Draws the detail of the open stage.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let Some((id, stage)) = &app.apis.detail else { return };
    let Some(api) = app.store.api(id) else {
        let inside = pen.panel(area, &format!("{id} {stage}"), true);
        pen.empty(inside, app.store.apis.standing(), "API of this id: it may have been deleted");
        return;
    };
    let charts = match area.height {
        0..=19 => 6,
        20..=33 => 8,
        _ => area.height / 3,
    };
    let top = Rect { height: charts.min(area.height), ..area };
    draw_charts(app, api, stage, pen, top);
    let mut rest = Rect { y: top.bottom(), height: area.height - top.height, ..area };
    let sharing = rows::sharing(&app.store, api, stage);
    if sharing > 1 && rest.height > 4 {
        let note = format!(
            "{} metrics are of {sharing} APIs of this name together: CloudWatch knows REST APIs by name only",
            pen.look.glyphs.warning
        );
        let style = pen.look.styles.warning;
        pen.put(rest, rest.x + 1, rest.y, &note, style);
        rest = Rect { y: rest.y + 1, height: rest.height - 1, ..rest };
    }
    draw_panels(app, id, stage, pen, rest);
}

fn draw_panels(app: &App, id: &str, stage: &str, pen: &mut Pen, area: Rect) {
    let across = |from: u16, width: u16| Rect { x: area.x + from, width, ..area };
    let overrides = app.apis.overrides(&app.store).len();
    match area.width {
        160.. => {
            let (left, middle) = (area.width * 34 / 100, area.width * 38 / 100);
            draw_settings(app, id, stage, pen, across(0, left));
            draw_routes(app, id, pen, across(left, middle));
            draw_overrides(app, id, stage, pen, across(left + middle, area.width - left - middle));
        }
        100..160 => {
            let left = area.width / 2;
            draw_settings(app, id, stage, pen, across(0, left));
            let right = across(left, area.width - left);
            let wanted = u16::try_from(overrides.max(1)).unwrap_or(u16::MAX).saturating_add(3);
            let below = wanted.min(right.height / 2);
            draw_routes(app, id, pen, Rect { height: right.height - below, ..right });
            let at = right.bottom() - below;
            draw_overrides(app, id, stage, pen, Rect { y: at, height: below, ..right });
        }
        // On a narrow screen the panel that has the keys gets all the room.
        _ => match app.apis.panel {
            Panel::Settings => draw_settings(app, id, stage, pen, area),
            Panel::Routes => draw_routes(app, id, pen, area),
            Panel::Overrides => draw_overrides(app, id, stage, pen, area),
        },
    }
}

fn draw_charts(app: &App, api: &Api, stage: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let subject = stage_subject(api, stage);
    let curve = |metric, statistic, name, style| Curve {
        series: app.store.metrics.get(&subject, metric, statistic),
        name,
        style,
    };
    let plot = |title, curves, unit| Plot { title, curves, unit, limit: None, window: app.window, focus: false };
    let name = format!("{} {stage}", text::cut_middle(&api.name, 20));
    let errors = vec![
        curve(Metric::Error4xx, Statistic::Sum, "4xx", styles.warning),
        curve(Metric::Error5xx, Statistic::Sum, "5xx", styles.critical),
    ];
    let mut latency = vec![
        curve(Metric::Latency, Statistic::Percentile(50), "p50", styles.chart_3),
        curve(Metric::Latency, Statistic::Percentile(99), "p99", styles.chart_2),
        curve(Metric::IntegrationLatency, Statistic::Percentile(99), "intg", styles.chart_4),
    ];
    let requests = curve(Metric::Count, Statistic::Sum, "", styles.chart_1);
    if area.width >= 100 {
        let title = format!("{name} requests");
        let plots = [
            plot(&title, vec![requests], Unit::Count),
            plot("errors", errors, Unit::Count),
            plot("latency", latency, Unit::Millis),
        ];
        draw_row(&plots, pen, area);
        return;
    }
    // Two charts: requests and what of them failed in one, and the legend of the other must fit its title line.
    latency.remove(0);
    let mut first = vec![Curve { name: "req", ..requests }];
    first.extend(errors);
    draw_row(&[plot(&name, first, Unit::Count), plot("latency p99", latency, Unit::Millis)], pen, area);
}

fn draw_row(plots: &[Plot], pen: &mut Pen, area: Rect) {
    let shown = u16::try_from(plots.len()).unwrap_or(1).max(1);
    let width = area.width / shown;
    for (at, plot) in (0u16..).zip(plots) {
        let width_here = if at + 1 == shown { area.width - at * width } else { width };
        chart::draw(plot, pen, Rect { x: area.x + at * width, width: width_here, ..area });
    }
}

fn rows_of(app: &App, panel: Panel, inside: Rect, rows: usize) -> Vec<(u16, usize, bool)> {
    let mut cursor = app.apis.cursors[panel as usize];
    cursor.fit(rows, usize::from(inside.height));
    let focus = app.apis.panel == panel;
    cursor
        .visible(rows, usize::from(inside.height))
        .enumerate()
        .map(|(at, row)| (inside.y + u16::try_from(at).unwrap_or(0), row, focus && row == cursor.row))
        .collect()
}

/// The standing of the stage itself; a stage that is gone from a list that is known is no stage.
fn stage_standing<'a>(app: &'a App, id: &str) -> Standing<'a> {
    app.store.stages.get(id).map_or(Standing::Waiting, Feed::standing)
}

fn draw_settings(app: &App, id: &str, stage: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let focus = app.apis.panel == Panel::Settings;
    let inside = pen.panel(area, &format!("Settings of {}", text::cut_middle(stage, 24)), focus);
    let lines = app.apis.settings(&app.store);
    if lines.is_empty() {
        pen.empty(inside, stage_standing(app, id), "stage of this name: it may have been deleted");
        return;
    }
    pen.standing(area, stage_standing(app, id));
    let what_width = 18.min(inside.width / 2);
    for (y, row, selected) in rows_of(app, Panel::Settings, inside, lines.len()) {
        let line = &lines[row];
        let style = match line.tone {
            Tone::Plain => styles.text,
            Tone::Quiet => styles.dim,
            Tone::Warning => styles.warning,
        };
        pen.cell(inside, inside.x, y, what_width, &line.what, Align::Left, styles.dim);
        let width = inside.width.saturating_sub(what_width + 1);
        let value = text::cut_middle(&line.value, usize::from(width));
        pen.cell(inside, inside.x + what_width + 1, y, width, &value, Align::Left, style);
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}

fn draw_routes(app: &App, id: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let routes = app.apis.routes(&app.store);
    let title = if routes.is_empty() { "Routes".to_string() } else { format!("Routes {}", routes.len()) };
    let inside = pen.panel(area, &title, app.apis.panel == Panel::Routes);
    let standing = app.store.routes.get(id).map_or(Standing::Waiting, Feed::standing);
    if routes.is_empty() {
        pen.empty(inside, standing, "methods or routes");
        return;
    }
    pen.standing(area, standing);
    let longest = routes.iter().map(|route| text::width(&route.key)).max().unwrap_or(0);
    let key_width = u16::try_from(longest).unwrap_or(u16::MAX).clamp(8, (inside.width / 2).max(8));
    let overrides = app.apis.overrides(&app.store);
    for (y, row, selected) in rows_of(app, Panel::Routes, inside, routes.len()) {
        let route = &routes[row];
        let key = text::cut_middle(&route.key, usize::from(key_width));
        pen.cell(inside, inside.x, y, key_width, &key, Align::Left, styles.text);
        let x = inside.x + key_width + 1;
        let line = Rect { x, width: inside.right().saturating_sub(x), ..inside };
        let (behind, style) = match &route.function {
            Some(function) => (function.as_str(), styles.link),
            None if route.integration.is_empty() => ("nothing behind it", styles.warning),
            None => (route.integration.as_str(), styles.dim),
        };
        let mut notes = String::new();
        if route.function.is_some() && !route.integration.is_empty() {
            notes.push_str(&format!(" {}", route.integration));
        }
        if !route.authorization.is_empty() && route.authorization != "NONE" {
            notes.push_str(&format!(" auth {}", route.authorization));
        }
        if route.api_key {
            notes.push_str(" API key");
        }
        let own = if overrides.iter().any(|(key, _)| *key == route.key) { " own settings" } else { "" };
        pen.line(line, y, &[(behind, style), (&notes, styles.dim), (own, styles.notice)]);
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}

/// Columns of the overrides with their widths.
const OVERRIDE: [(&str, u16); 4] = [("rate/burst", 11), ("cache", 5), ("TTL", 5), ("log", 5)];

fn draw_overrides(app: &App, id: &str, stage: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let overrides = app.apis.overrides(&app.store);
    let title = if overrides.is_empty() {
        "Overrides".to_string()
    } else {
        format!("Overrides {} of {}", overrides.len(), text::cut_middle(stage, 16))
    };
    let inside = pen.panel(area, &title, app.apis.panel == Panel::Overrides);
    if overrides.is_empty() {
        pen.empty(inside, stage_standing(app, id), "method has settings of its own");
        return;
    }
    let numbers: u16 = OVERRIDE.iter().map(|(_, width)| width + 1).sum();
    let key_width = inside.width.saturating_sub(numbers);
    pen.cell(inside, inside.x, inside.y, key_width, "method", Align::Left, styles.table_header);
    let mut x = inside.x + key_width;
    for (name, width) in OVERRIDE {
        pen.cell(inside, x + 1, inside.y, width, name, Align::Right, styles.table_header);
        x += width + 1;
    }
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    for (y, row, selected) in rows_of(app, Panel::Overrides, body, overrides.len()) {
        if y >= body.bottom() {
            break;
        }
        let (key, own) = &overrides[row];
        let key = text::cut_middle(key, usize::from(key_width));
        pen.cell(body, body.x, y, key_width, &key, Align::Left, styles.text);
        let mut x = body.x + key_width;
        for (words, (_, width)) in words_of(own).into_iter().zip(OVERRIDE) {
            let style = match words.as_str() {
                "-" => styles.dim,
                "closed" => styles.critical,
                _ => styles.text,
            };
            pen.cell(body, x + 1, y, width, &words, Align::Right, style);
            x += width + 1;
        }
        if selected {
            pen.shade(body, y, styles.selection);
        }
    }
}

fn words_of(own: &MethodSettings) -> [String; 4] {
    let throttle = if settings::closed(own) {
        "closed".to_string()
    } else if settings::throttled(own) {
        format!("{}/{}", settings::rate(own.throttle_rate), settings::burst(own.throttle_burst))
    } else {
        "-".to_string()
    };
    [
        throttle,
        own.caching.map_or("-", |on| if on { "on" } else { "off" }).to_string(),
        own.cache_ttl_s.map_or("-".to_string(), |ttl| format!("{ttl}s")),
        settings::level(own).unwrap_or("-").to_string(),
    ]
}
