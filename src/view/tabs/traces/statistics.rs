//! What traces have in common: whose time it is, what they fail with, what has changed.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::traces::statistics::{Row, Section, Statistics};
use crate::store::trace_statistics::Share;
use crate::text;
use crate::view::pen::{Align, Pen};

/// Columns of a time.
const TIME: u16 = 9;

pub(super) fn parts(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let (counts, styles) = (&app.traces.statistics.counts, &pen.look.styles);
    let here = counts.wanted - counts.waiting.min(counts.wanted);
    let mut parts = vec![match counts.waiting {
        0 => (format!("{here} traces read whole"), styles.text),
        waiting => (format!("{here} traces read whole, {waiting} on their way"), styles.notice),
    }];
    parts.push(("s other requests, M reads more, Enter an example".into(), styles.dim));
    parts
}

pub(super) fn draw(app: &App, pen: &mut Pen, inside: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.traces.statistics;
    if app.store.traces.all().is_empty() {
        pen.empty(inside, app.store.traces.list.standing(), "sampled traces in this window");
        return;
    }
    let rows = tab.rows();
    let mut cursor = tab.cursor;
    let height = usize::from(inside.height);
    cursor.fit(rows.len(), height);
    for (at, row) in cursor.visible(rows.len(), height).enumerate() {
        let y = inside.y + u16::try_from(at).unwrap_or(0);
        match rows[row] {
            Row::Head(section) => head(app, section, pen, inside, y),
            Row::Latency(at) => share(&tab.latency[at], pen, inside, y),
            Row::Change(at) => share(&tab.change[at], pen, inside, y),
            Row::Failure(at) => {
                let failure = &tab.failures[at];
                let share = failure.traces as f64 / tab.counts.failed.max(1) as f64;
                let count = format!("{} {}", failure.traces, text::percent(share));
                pen.cell(inside, inside.x + 2, y, 10, &count, Align::Right, styles.critical);
                let room = inside.width.saturating_sub(13);
                let name = room * 2 / 5;
                pen.cell(inside, inside.x + 13, y, name, &failure.what, Align::Left, styles.text);
                let x = inside.x + 13 + name + 1;
                let rest = inside.right().saturating_sub(x);
                pen.cell(inside, x, y, rest, &text::safe_line(&failure.exception), Align::Left, styles.critical);
            }
            Row::Nothing(section) => {
                pen.put(inside, inside.x + 2, y, nothing(tab, section), styles.dim);
            }
        }
        if row == cursor.row {
            pen.shade(inside, y, styles.selection);
        }
    }
}

fn head(app: &App, section: Section, pen: &mut Pen, inside: Rect, y: u16) {
    let tab = &app.traces.statistics;
    let counts = &tab.counts;
    let ms = |seconds: f64| text::millis(seconds * 1000.0);
    let style = pen.look.styles.table_header;
    let (title, columns) = match section {
        Section::Latency => {
            let bounds = tab.bounds.map(|(p50, p95)| format!(" p50 {}, p95 {}", ms(p50), ms(p95))).unwrap_or_default();
            let route = tab.route.as_deref().unwrap_or("all requests");
            let title = format!("Whose time in {route}:{bounds}; {} usual, {} slow", counts.usual, counts.slow);
            (title, Some(["usual", "slow"]))
        }
        Section::Failures => (format!("What fails: {} failed traces", counts.failed), None),
        Section::Change => match tab.moment {
            Some(moment) => {
                let at = pen.time_of_day(moment, "%H:%M:%S");
                let why = tab.because.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
                let title = format!("Before and after {at}{why}: {} and {} traces", counts.before, counts.after);
                (title, Some(["before", "after"]))
            }
            None => ("Before and after a moment: a chooses it".to_string(), None),
        },
    };
    let numbers = 3 * (TIME + 1);
    let room = inside.width.saturating_sub(numbers + 1);
    pen.cell(inside, inside.x, y, room, &title, Align::Left, style);
    if let Some([first, second]) = columns {
        let mut x = inside.right().saturating_sub(numbers);
        for name in [first, second, "more"] {
            pen.cell(inside, x, y, TIME, name, Align::Right, style);
            x += TIME + 1;
        }
    }
}

fn share(share: &Share, pen: &mut Pen, inside: Rect, y: u16) {
    let styles = pen.look.styles.clone();
    let numbers = 3 * (TIME + 1);
    let room = inside.width.saturating_sub(numbers + 3);
    pen.cell(inside, inside.x + 2, y, room, &share.what, Align::Left, styles.text);
    let ms = |seconds: f64| text::millis(seconds * 1000.0);
    let more = share.difference();
    let sign = if more < 0.0 { "-" } else { "+" };
    let style = if more > 0.005 && more > share.first * 0.2 { styles.warning } else { styles.dim };
    let mut x = inside.right().saturating_sub(numbers);
    let values =
        [(ms(share.first), styles.text), (ms(share.second), styles.text), (format!("{sign}{}", ms(more.abs())), style)];
    for (value, style) in values {
        pen.cell(inside, x, y, TIME, &value, Align::Right, style);
        x += TIME + 1;
    }
}

fn nothing(tab: &Statistics, section: Section) -> &'static str {
    if tab.counts.waiting > 0 {
        return "waiting for the traces that are being read";
    }
    match section {
        Section::Latency => "too few traces to compare: s looks at other requests, w at a longer window",
        Section::Failures => "none of the traces listed failed",
        Section::Change if tab.moment.is_none() => "no function of these traces was changed in this window",
        Section::Change => "there are no traces on one of its sides",
    }
}
