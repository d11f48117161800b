//! The Invocations panel: one row each, the newest first, in numbers over all that is loaded.
//!
//! ```text
//! │ Lines Invocations Errors Insights · over 15m that are loaded                                                    │
//! │ 1,204 invocations · p50 84ms p95 310ms p99 1.20s · cold 3.1% · 12 errors · 3 timed out                          │
//! │   start        function          duration    init   memory outcome                                              │
//! │ ● 14:03:22.104 payment-authorize    3.00s       -   96/128 time-out, try 2 of 3                                 │
//! │ ○ 14:03:21.870 orders-api            84ms   412ms   61/128 ok, 1 error logged                                   │
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::status::{self, count};
use crate::app::App;
use crate::app::tabs::logs::invocations::{Column, word};
use crate::model::invocation::Status;
use crate::store::invocations::Row;
use crate::text;
use crate::time::Moment;
use crate::view::pen::{Align, Pen};

/// What the list is of: a filter, an order, and what is loaded.
pub(super) fn parts(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let styles = &pen.look.styles;
    let panel = &app.logs.invocations;
    let mut parts = Vec::new();
    if !panel.filter.is_empty() {
        parts.push((format!("/{}", panel.filter), styles.notice));
    }
    if let Some((from, to)) = panel.stretch {
        let clock =
            |ms| Moment::from_timestamp_millis(ms).map(|at| pen.time_of_day(at, "%H:%M:%S")).unwrap_or_default();
        parts.push((format!("ran {} to {}", clock(from), clock(to)), styles.accent));
    }
    if panel.column != Column::Start || panel.reversed {
        let turned = if panel.reversed { ", reversed" } else { "" };
        let cut = if panel.cut { format!(", the first {}", count(panel.len())) } else { String::new() };
        parts.push((format!("by {}{turned}{cut}", panel.column.name()), styles.notice));
    }
    let unread = app.store.logs.unread();
    if unread > 0 {
        parts.push((format!("{} {} lines to read", pen.look.glyphs.waiting, count(unread)), styles.notice));
    }
    parts.push((loaded(app), styles.dim));
    let forgotten = app.store.logs.invocations.forgotten();
    if forgotten > 0 {
        parts.push((format!("{} older forgotten", count(forgotten as usize)), styles.warning));
    }
    parts
}

/// The numbers, what matters most first.
fn numbers(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let styles = &pen.look.styles;
    let told = &app.logs.invocations.summary;
    let many = if told.invocations == 1 { "invocation" } else { "invocations" };
    let mut parts = vec![(format!("{} {many}", count(told.invocations)), styles.strong)];
    if let (Some(p50), Some(p95), Some(p99)) = (told.p50, told.p95, told.p99) {
        let text = format!("p50 {} p95 {} p99 {}", text::millis(p50), text::millis(p95), text::millis(p99));
        parts.push((text, styles.accent));
    }
    if let Some(share) = told.cold_share() {
        let style = if told.cold > 0 { styles.cold } else { styles.dim };
        parts.push((format!("cold {}", text::percent(share)), style));
    }
    let errors = match told.errors {
        0 => ("no errors".to_string(), styles.good),
        1 => ("1 error".into(), styles.critical),
        many => (format!("{} errors", count(many)), styles.critical),
    };
    parts.push(errors);
    let kinds = [(told.timed_out, "timed out"), (told.out_of_memory, "out of memory"), (told.crashed, "crashed")];
    for (many, kind) in kinds.into_iter().filter(|(many, _)| *many > 0) {
        parts.push((format!("{} {kind}", count(many)), styles.critical));
    }
    if told.quiet_errors > 0 {
        parts.push((format!("{} ok with errors logged", count(told.quiet_errors)), styles.warning));
    }
    if told.open > 0 {
        parts.push((format!("{} running", count(told.open)), styles.text));
    }
    parts
}

/// Over what the numbers are: as far as the lines have been read, which may be less than what is in store.
pub(super) fn loaded(app: &App) -> String {
    match app.store.logs.indexed() {
        Some((oldest, newest)) => {
            format!("over {} that are loaded", text::age(((newest - oldest) / 1000).max(1)))
        }
        None => "over what is loaded".into(),
    }
}

/// A column: its title, its width, and the width of the screen from which on it is there.
const COLUMNS: [(&str, u16, u16); 11] = [
    ("start", 12, 0),
    ("function", 0, 0),
    ("version", 8, 124),
    ("duration", 8, 0),
    ("billed", 7, 116),
    ("init", 7, 60),
    ("memory", 9, 72),
    ("lines", 5, 100),
    ("id", 8, 108),
    ("trace", 8, 140),
    ("outcome", 0, 0),
];

/// Draws the panel.
pub(super) fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let styles = pen.look.styles.clone();
    let panel = &app.logs.invocations;
    let index = &app.store.logs.invocations;
    if panel.is_empty() {
        let word = if app.store.logs.unread() > 0 {
            "The lines are being read."
        } else if panel.filter.is_empty() {
            "No line that is loaded is of an invocation."
        } else {
            "No invocation passes the filter (Esc drops it)."
        };
        pen.prose(body, 1, word, styles.dim);
        return;
    }
    status::put(pen, body, body.x, &numbers(app, pen));
    let body = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    let fixed: u16 = COLUMNS.iter().filter(|(_, width, from)| *width > 0 && body.width >= *from).map(|c| c.1 + 1).sum();
    let room = body.width.saturating_sub(fixed + 3);
    let on_screen = panel.cursor.visible(panel.len(), usize::from(body.height.saturating_sub(1)));
    let names = on_screen.filter_map(|place| panel.row(place, index)).map(|row| text::width(row.function));
    let longest = names.max().unwrap_or(0).max(8) as u16;
    let function = longest.min(34).min(room / 2);
    let columns: Vec<(&str, u16)> = COLUMNS
        .iter()
        .filter(|(.., from)| body.width >= *from)
        .map(|(name, width, _)| match *name {
            "function" => (*name, function),
            "outcome" => (*name, room - function),
            _ => (*name, *width),
        })
        .collect();
    let sorted = match panel.column {
        Column::Status => "outcome",
        column => column.name(),
    };
    let mut x = body.x + 2;
    for (name, width) in &columns {
        let style = if *name == sorted { styles.table_header.patch(styles.accent) } else { styles.table_header };
        pen.cell(body, x, body.y, *width, name, align(name), style);
        x += width + 1;
    }
    let rows = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    for (at, place) in panel.cursor.visible(panel.len(), usize::from(rows.height)).enumerate() {
        let y = rows.y + at as u16;
        let Some(row) = panel.row(place, index) else { continue };
        let (mark, style) = mark(pen, &row);
        pen.put(rows, rows.x, y, mark, style);
        let mut x = rows.x + 2;
        for (name, width) in &columns {
            let (value, style) = cell(name, &row, pen, style);
            pen.cell(rows, x, y, *width, &value, align(name), style);
            x += width + 1;
        }
        if place == panel.cursor.row {
            pen.shade(rows, y, styles.selection);
        }
    }
}

fn align(column: &str) -> Align {
    match column {
        "duration" | "billed" | "init" | "memory" | "lines" => Align::Right,
        _ => Align::Left,
    }
}

fn cell(column: &str, row: &Row<'_>, pen: &Pen, outcome: Style) -> (String, Style) {
    let styles = &pen.look.styles;
    let none = || "-".to_string();
    match column {
        "start" => {
            let at = Moment::from_timestamp_millis(row.start);
            (at.map(|at| pen.time_of_day(at, "%H:%M:%S%.3f")).unwrap_or_default(), styles.text)
        }
        "function" => (text::cut_middle(row.function, 34).into_owned(), styles.strong),
        "version" => (row.version.unwrap_or("-").to_string(), styles.dim),
        "duration" => (row.duration_ms.map_or_else(none, text::millis), styles.text),
        "billed" => (row.billed_ms.map_or_else(none, |ms| text::millis(f64::from(ms))), styles.dim),
        "init" => match (row.init_ms, row.restore_ms) {
            (Some(ms), _) => (text::millis(f64::from(ms)), styles.cold),
            // `r` tells a restore of SnapStart from an init.
            (None, Some(ms)) => (format!("r{}", text::millis(f64::from(ms))), styles.cold),
            (None, None) => (none(), styles.dim),
        },
        "memory" => match (row.memory_used_mb, row.memory_mb) {
            (Some(used), Some(size)) => {
                let tight = u64::from(used) * 10 >= u64::from(size) * 9;
                (format!("{used}/{size}"), if tight { styles.warning } else { styles.text })
            }
            _ => (none(), styles.dim),
        },
        "lines" => (row.lines.to_string(), styles.dim),
        "id" => (row.key.request.to_string()[..8].to_string(), styles.dim),
        // Its end tells it from others: traces of one minute begin alike.
        "trace" => {
            let id = row.trace_id.map(|id| id.to_string());
            (id.map_or_else(none, |id| id[id.len().saturating_sub(8)..].to_string()), styles.dim)
        }
        _ => (told(row), outcome),
    }
}

/// An error type without its package; Lambda's own, as `Runtime.ExitError`, have none.
fn short(error: &str) -> &str {
    match error.rsplit_once('.') {
        Some(("Runtime" | "Extension" | "Sandbox" | "Function", _)) | None => error,
        Some((_, name)) => name,
    }
}

/// How it ended, in words.
fn told(row: &Row<'_>) -> String {
    let mut told = word(row.status).to_string();
    if let Some(error) = row.error_type {
        told = if row.status == Status::Error { short(error).to_string() } else { format!("{told}, {}", short(error)) };
    }
    if row.status == Status::Ok && row.errors > 0 {
        told.push_str(&format!(", {} error{} logged", row.errors, if row.errors == 1 { "" } else { "s" }));
    }
    if row.attempts > 1 {
        told.push_str(&format!(", try {} of {}", row.attempt, row.attempts));
    }
    told
}

fn mark(pen: &Pen, row: &Row<'_>) -> (&'static str, Style) {
    let (glyphs, styles) = (&pen.look.glyphs, &pen.look.styles);
    match row.status {
        Status::Open => (glyphs.waiting, styles.dim),
        Status::Ok if row.errors > 0 => (glyphs.warning, styles.warning),
        Status::Ok => (glyphs.good, styles.good),
        _ => (glyphs.critical, styles.critical),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_leave_room_for_what_has_no_width_of_its_own() {
        for screen in 40..240_u16 {
            let fixed: u16 =
                COLUMNS.iter().filter(|(_, width, from)| *width > 0 && screen >= *from).map(|c| c.1 + 1).sum();
            assert!(screen >= fixed + 3 + 15, "{screen} columns: {fixed} are taken");
        }
    }
}
