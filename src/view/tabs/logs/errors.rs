//! The Errors panel: one row for all lines of one error, and a sample of the one selected.
//!
//! ```text
//! │ Lines Invocations Errors Insights · over 15m that are loaded                                         │
//! │ 12 different errors · 3 new · seen 1,204 times                                                       │
//! │      count  last  function            when            error                                         │
//! │ ● NEW  812    4s  payment-auth +2     ▁▁▁▂▂▅█         ProviderException: payments.example.com …      │
//! │        31    2m  orders-api           ▁ ▁   ▁         KeyError: 'shippingAddress'                    │
//! │ first seen 14m ago · at charge (/var/task/charge.mjs:12:9) · of 12 invocations 3 returned normally  │
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::invocations::loaded;
use super::status::{self, count};
use crate::app::App;
use crate::app::tabs::logs::errors::{Column, Errors, SAMPLE, title};
use crate::store::errors::Group;
use crate::text;
use crate::view::pen::{Align, Pen};

/// What the list is of: a filter, an order, and what is loaded.
pub(super) fn parts(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let styles = &pen.look.styles;
    let panel = &app.logs.errors;
    let mut parts = Vec::new();
    if !panel.filter.is_empty() {
        parts.push((format!("/{}", panel.filter), styles.notice));
    }
    if panel.column != Column::Count || panel.reversed {
        let turned = if panel.reversed { ", reversed" } else { "" };
        parts.push((format!("by {}{turned}", panel.column.name()), styles.notice));
    }
    let unread = app.store.logs.unread();
    if unread > 0 {
        parts.push((format!("{} {} lines to read", pen.look.glyphs.waiting, count(unread)), styles.notice));
    }
    parts.push((loaded(app), styles.dim));
    let dropped = app.store.logs.errors.dropped;
    if dropped > 0 {
        parts.push((format!("{} rare ones dropped", count(dropped as usize)), styles.warning));
    }
    parts
}

/// The numbers, what matters most first.
fn numbers(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let styles = &pen.look.styles;
    let panel = &app.logs.errors;
    let index = &app.store.logs.errors;
    let shown = || (0..panel.len()).filter_map(|place| panel.row(place, index));
    let lines: u64 = shown().map(|group| group.count).sum();
    let new = shown().filter(|group| panel.is_new(group)).count();
    let mut parts = Vec::new();
    match panel.len() {
        0 => parts.push(("no errors".to_string(), styles.good)),
        1 => parts.push(("1 error".into(), styles.critical)),
        many => parts.push((format!("{} different errors", count(many)), styles.critical)),
    }
    if new > 0 {
        parts.push((format!("{} new", count(new)), styles.danger));
    }
    if lines > 0 {
        parts.push((format!("seen {} times", count(lines as usize)), styles.text));
    }
    parts
}

/// Draws the panel.
pub(super) fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let styles = pen.look.styles.clone();
    let panel = &app.logs.errors;
    let index = &app.store.logs.errors;
    if panel.is_empty() {
        let word = if app.store.logs.unread() > 0 {
            "The lines are being read."
        } else if panel.filter.is_empty() {
            "No line that is loaded tells of an error, and no invocation failed."
        } else {
            "No error passes the filter (Esc drops it)."
        };
        pen.prose(body, 1, word, styles.dim);
        return;
    }
    status::put(pen, body, body.x, &numbers(app, pen));
    let body = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    let spark = if body.width >= 96 { (body.width / 6).min(30) } else { 0 };
    let function = (body.width / 5).clamp(12, 30);
    let mut columns = vec![("", 3), ("count", 6), ("last", 5), ("function", function)];
    if body.width >= 110 {
        columns.insert(2, ("first", 5));
    }
    if spark > 0 {
        columns.push(("when", spark));
    }
    let taken: u16 = columns.iter().map(|(_, width)| width + 1).sum();
    columns.push(("error", body.width.saturating_sub(taken + 3)));
    let mut x = body.x + 2;
    for (name, width) in &columns {
        let sorts = panel.column.name().starts_with(name) && !name.is_empty();
        let style = if sorts { styles.table_header.patch(styles.accent) } else { styles.table_header };
        pen.cell(body, x, body.y, *width, name, align(name), style);
        x += width + 1;
    }
    // The panel's frame and the lines over the list are not in this body.
    let below = if Errors::has_sample(Rect { height: body.height + 4, ..body }) { SAMPLE } else { 0 };
    let rows = Rect { y: body.y + 1, height: body.height.saturating_sub(1 + below), ..body };
    for (at, place) in panel.cursor.visible(panel.len(), usize::from(rows.height)).enumerate() {
        let y = rows.y + at as u16;
        let Some(group) = panel.row(place, index) else { continue };
        let style = if group.platform { styles.warning } else { styles.critical };
        pen.put(
            rows,
            rows.x,
            y,
            if group.platform { pen.look.glyphs.warning } else { pen.look.glyphs.critical },
            style,
        );
        let mut x = rows.x + 2;
        for (name, width) in &columns {
            if *name == "when" {
                sparkline(app, pen, group, (x, y, *width));
            } else {
                let (value, style) = cell(name, group, app, pen);
                pen.cell(rows, x, y, *width, &value, align(name), style);
            }
            x += width + 1;
        }
        if place == panel.cursor.row {
            pen.shade(rows, y, styles.selection);
        }
    }
    if below > 0
        && let Some(group) = panel.row(panel.cursor.row, index)
    {
        let area = Rect { y: body.bottom() - below, height: below, ..body };
        draw_sample(app, pen, group, area);
    }
}

fn align(column: &str) -> Align {
    if matches!(column, "count" | "last" | "first") { Align::Right } else { Align::Left }
}

fn cell(column: &str, group: &Group, app: &App, pen: &Pen) -> (String, Style) {
    let styles = &pen.look.styles;
    let ago = |at: i64| text::age((app.now.timestamp_millis() - at).max(0) / 1000);
    match column {
        "" if app.logs.errors.is_new(group) => ("NEW".into(), styles.danger),
        "" => (String::new(), styles.text),
        "count" => (text::count(group.count as f64), styles.strong),
        "first" => (ago(group.first), styles.dim),
        "last" => (ago(group.last), styles.text),
        "function" => {
            let more = group.functions.len().saturating_sub(1);
            let name = group.functions.iter().max_by_key(|(_, count)| *count).map_or("", |(name, _)| name);
            (if more > 0 { format!("{} +{more}", text::cut_middle(name, 24)) } else { name.to_string() }, styles.text)
        }
        _ => (title(group), styles.text),
    }
}

/// How many in time, over all that is loaded.
fn sparkline(app: &App, pen: &mut Pen, group: &Group, (x, y, width): (u16, u16, u16)) {
    let (Some(from), Some(to)) = (app.store.logs.oldest(), app.store.logs.newest()) else { return };
    let counts = group.minutes.over(from, to + 1, usize::from(width));
    let highest = counts.iter().copied().fold(1.0, f64::max);
    let style = pen.look.styles.chart_1;
    for (at, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0.0) {
        let glyph = pen.look.glyphs.bars[((count / highest * 7.0).round() as usize).min(7)];
        pen.buffer.set_stringn(x + at as u16, y, glyph, 1, style);
    }
}

/// What the selected error is, beyond its row: where it came from, whom it hit, and what it says.
fn draw_sample(app: &App, pen: &mut Pen, group: &Group, area: Rect) {
    let styles = pen.look.styles.clone();
    let ago = |at: i64| text::age((app.now.timestamp_millis() - at).max(0) / 1000);
    let mut facts = vec![format!("first seen {} ago, last {} ago", ago(group.first), ago(group.last))];
    let (known, normal) = group.outcomes(&app.store.logs.invocations);
    match (known, normal) {
        (0, _) => {}
        (_, 0) => facts.push("no invocation of them returned normally".into()),
        (known, normal) if known == normal => {
            facts.push(format!("all {known} invocations that were looked at returned normally"));
        }
        (known, normal) => facts.push(format!("{normal} of {known} invocations returned normally")),
    }
    if !group.frame.is_empty() {
        facts.push(group.frame.clone());
    }
    let line = facts.join(&format!(" {} ", pen.look.glyphs.separator));
    pen.put(area, area.x, area.y, &line, styles.dim);
    let functions: Vec<String> =
        group.functions.iter().map(|(name, count)| format!("{name} {}", text::count(*count as f64))).collect();
    pen.put(area, area.x, area.y + 1, &functions.join(", "), styles.dim);
    let sample = if group.sample.is_empty() { title(group) } else { group.sample.clone() };
    for (at, line) in sample.lines().take(usize::from(area.height.saturating_sub(2))).enumerate() {
        pen.put(area, area.x, area.y + 2 + at as u16, &text::safe_line(line), styles.text);
    }
}
