//! The Insights panel: the query, how it stands and what it has cost, its rows.
//!
//! ```text
//! │ Lines Insights · complete · 12 rows · scanned 1.2 GB, $0.006 · 4s              │
//! │ filter @type = "REPORT"                                                        │
//! │ | stats count(*) by @log                                                       │
//! │                                                                                │
//! │ invocations ▾ @log                                                             │
//! │       12 034 123456789012:/aws/lambda/checkout                                 │
//! ```

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::App;
use crate::app::command::Action;
use crate::app::query::{cost, gigabytes};
use crate::app::tabs::logs::insights::table::{Column, cell};
use crate::app::tabs::logs::insights::{QUERY_LINES, infrequent};
use crate::model::insights::Status;
use crate::text;
use crate::view::pen::{Align, Pen};

/// How the query stands, what matters most first.
pub(super) fn parts(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let styles = &pen.look.styles;
    let tab = &app.logs.insights;
    let mut parts: Vec<(String, Style)> = Vec::new();
    let Some(run) = &tab.run else {
        let chord = app.keymap.chord(Action::Insights);
        return vec![(format!("{chord} writes a query over the chosen groups"), styles.dim)];
    };
    let statistics = run.progress.statistics;
    let scanned = format!("{}, {}", gigabytes(statistics.bytes), cost(statistics.bytes));
    let elapsed = text::age((run.ended.unwrap_or(app.now) - run.started).num_seconds());
    if let Some((trouble, _)) = &run.failure {
        parts.push((trouble.sentence(), styles.critical));
    }
    let (word, style) = match run.progress.status {
        _ if run.failure.is_some() => ("lost".to_string(), styles.critical),
        _ if run.is_running() && run.stopping => ("stopping".into(), styles.warning),
        Status::Scheduled => (format!("{} waits for its turn", pen.look.glyphs.waiting), styles.notice),
        Status::Running => {
            let back = app.keymap.chord(Action::Back);
            (format!("{} running, {back} stops it", pen.look.glyphs.waiting), styles.notice)
        }
        Status::Complete => ("complete".into(), styles.good),
        Status::Cancelled if run.over_budget => {
            let budget = gigabytes(app.config.logs.insights_budget);
            (format!("stopped at the budget of {budget}, after {scanned}; run it again to be asked"), styles.warning)
        }
        Status::Cancelled => (format!("cancelled after {scanned}"), styles.warning),
        Status::Failed => ("failed in the service".into(), styles.critical),
        Status::TimedOut => ("ended by the service after an hour".into(), styles.critical),
        Status::Unknown => ("ended in a way that this program has no word for".into(), styles.warning),
    };
    parts.push((word, style));
    let total = tab.table.total();
    let rows =
        if tab.table.len() == total { format!("{total} rows") } else { format!("{} of {total} rows", tab.table.len()) };
    parts.push((rows, styles.text));
    if run.progress.cut {
        parts.push(("there are more than are kept".into(), styles.warning));
    }
    if !tab.table.filter.is_empty() {
        parts.push((format!("/{}", tab.table.filter), styles.notice));
    }
    if run.progress.status != Status::Cancelled {
        parts.push((format!("scanned {scanned}"), styles.accent));
    }
    let records =
        format!("{} of {} records", text::count(statistics.matched as f64), text::count(statistics.scanned as f64));
    parts.push((records, styles.dim));
    parts.push((elapsed, styles.dim));
    parts
}

/// Draws the panel.
pub(super) fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.logs.insights;
    let groups = app.logs.group_names();
    let Some(run) = &tab.run else {
        draw_invitation(app, &groups, pen, body);
        return;
    };
    let lines: Vec<&str> = run.query.text.lines().collect();
    for (at, line) in lines.iter().take(usize::from(QUERY_LINES)).enumerate() {
        let more = at + 1 == usize::from(QUERY_LINES) && lines.len() > at + 1;
        let line = if more { format!("{line} …") } else { (*line).to_string() };
        pen.put(body, body.x, body.y + at as u16, &text::safe_line(&line), styles.dim);
    }
    let top = QUERY_LINES.min(body.height);
    let area = Rect { y: body.y + top, height: body.height - top, ..body };
    if area.height < 2 {
        return;
    }
    if tab.table.is_empty() {
        let word = match (run.is_running(), tab.table.total()) {
            (true, _) => format!("{} no row yet", pen.look.glyphs.waiting),
            (false, 0) => "no row".into(),
            (false, _) => "no row passes the filter (Esc drops it)".into(),
        };
        pen.prose(area, 1, &word, styles.dim);
        return;
    }
    draw_table(app, pen, area);
}

fn draw_invitation(app: &App, groups: &[String], pen: &mut Pen, body: Rect) {
    let styles = pen.look.styles.clone();
    let chord = app.keymap.chord(Action::Insights);
    let over = match groups {
        [] => "no log group is chosen yet".to_string(),
        [one] => format!("over {one}"),
        many => format!("over {} log groups", many.len()),
    };
    let text = format!(
        "Logs Insights, {over}, the last {}: {chord} writes a query or chooses one. It is billed by what it scans, $0.005 a GB.",
        text::span(app.window.length)
    );
    let mut row = pen.prose(body, 1, &text, styles.text) + 2;
    for name in infrequent(groups, &app.store) {
        let text = format!(
            "{} {name} is of class INFREQUENT_ACCESS: no tail can read it, a query can (\"all lines\"); fields are not \
             discovered there, `parse` finds them.",
            pen.look.glyphs.warning
        );
        row += pen.prose(body, row, &text, styles.warning);
    }
}

fn draw_table(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let table = &app.logs.insights.table;
    let head = Rect { height: 1, ..area };
    let rows = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let columns: Vec<&Column> = table.columns.iter().skip(table.first).collect();
    let widths = widths(&columns, usize::from(area.width));
    let mut x = area.x;
    for (column, width) in columns.iter().zip(&widths) {
        // Not by colour alone: the column that sorts stands out on any terminal.
        let sorts = table.sort.as_ref().is_some_and(|(name, _)| *name == column.name);
        let style = if sorts { styles.table_header.add_modifier(Modifier::REVERSED) } else { styles.table_header };
        let align = if column.numbers { Align::Right } else { Align::Left };
        // Insights tells times in UTC, whatever the rest of the screen does.
        let elsewhere = column.name == "@timestamp" && pen.offset.local_minus_utc() != 0;
        let name = if elsewhere { "@timestamp (UTC)" } else { &column.name };
        pen.cell(head, x, head.y, *width, name, align, style);
        x = x.saturating_add(*width + 2);
    }
    for (at, place) in table.cursor.visible(table.len(), usize::from(rows.height)).enumerate() {
        let Some(row) = table.row(place) else { continue };
        let y = rows.y + at as u16;
        let mut x = rows.x;
        for (column, width) in columns.iter().zip(&widths) {
            let value = cell(row, &column.name).unwrap_or_default();
            // What can't be seen need not be made safe: a cell may hold a megabyte.
            let shown = &value[..value.floor_char_boundary(usize::from(*width) * 8)];
            let align = if column.numbers { Align::Right } else { Align::Left };
            pen.cell(rows, x, y, *width, &text::safe_line(shown), align, styles.text);
            x = x.saturating_add(*width + 2);
        }
        if place == table.cursor.row {
            pen.shade(rows, y, styles.selection);
        }
    }
}

/// Columns by their contents; the last that is seen takes what remains.
fn widths(columns: &[&Column], room: usize) -> Vec<u16> {
    let mut left = room;
    let mut widths = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        if left == 0 {
            break;
        }
        let is_last = at + 1 == columns.len();
        let width = if is_last && !column.numbers { left } else { column.width.min(left) };
        widths.push(u16::try_from(width).unwrap_or(u16::MAX));
        left = left.saturating_sub(width + 2);
    }
    widths
}
