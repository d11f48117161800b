//! The panels that tell things in words: what, a bar where there is a share, and the value.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{detail_standing, rows_of};
use crate::app::App;
use crate::app::command::Action;
use crate::app::tabs::functions::detail::row::{Row, Tone};
use crate::app::tabs::functions::detail::{Detail, Panel};
use crate::store::feed::{Feed, Standing};
use crate::text;
use crate::view::chart;
use crate::view::pen::{Align, Pen};

/// Columns of what a line is about, and of its bar.
const WHAT: u16 = 20;
const BAR: u16 = 12;
/// Narrower than this there are no bars.
const NARROW: u16 = 70;
/// Lines below the list for a value that is cut, at most.
const WHOLE: u16 = 3;

pub(super) fn draw(app: &App, detail: &Detail, panel: Panel, pen: &mut Pen, area: Rect, focus: bool) {
    let offset = pen.offset;
    let clock = move |at: crate::time::Moment| at.with_timezone(&offset).format("%H:%M").to_string();
    let rows = detail.rows(panel, &app.context(), &clock);
    let inside = pen.panel(area, &title(app, detail, panel), focus);
    let (standing, what) = standing(app, detail, panel);
    if rows.is_empty() {
        pen.empty(inside, standing, what);
        return;
    }
    pen.standing(area, standing);
    let bars = inside.width >= NARROW && rows.iter().any(|row| row.share.is_some());
    let what_width = WHAT.min(inside.width / 3);
    let value_x = inside.x + what_width + 1 + if bars { BAR + 1 } else { 0 };
    let room = usize::from(inside.right().saturating_sub(value_x));
    let whole = cut_value(detail, panel, &rows, (room, usize::from(inside.width)), focus);
    let below = whole.map_or(0, |value| lines_of(value, inside)).min(inside.height / 3);
    let body = Rect { height: inside.height - below, ..inside };
    for (y, at, selected) in rows_of(detail, panel, body, rows.len()) {
        let row = &rows[at];
        let style = style(row.tone, pen);
        let styles = pen.look.styles.clone();
        let left = if row.tone == Tone::Heading { style } else { styles.dim };
        let width = if row.tone == Tone::Heading { body.width } else { what_width };
        pen.cell(body, body.x, y, width, &text::safe_line(&row.what), Align::Left, left);
        if bars && let Some(share) = row.share {
            let place = Rect { x: body.x + what_width + 1, width: BAR, ..body };
            chart::gauge(pen, place, y, share, style);
        }
        // What a figure rests on has no name of its own, and all the room.
        let from = if row.what.is_empty() { body.x + 2 } else { value_x };
        pen.put(body, from, y, &text::safe_line(&row.value), style);
        if selected {
            pen.shade(body, y, styles.selection);
        }
    }
    if let Some(value) = whole.filter(|_| below > 0) {
        let place = Rect { y: body.bottom(), height: below, ..inside };
        let accent = pen.look.styles.accent;
        pen.prose(place, 0, &text::safe_line(value), accent);
    }
}

/// The value under the cursor, where the line has no room for all of it.
fn cut_value<'a>(
    detail: &Detail,
    panel: Panel,
    rows: &'a [Row],
    (room, all): (usize, usize),
    focus: bool,
) -> Option<&'a str> {
    let at = detail.cursors[panel as usize].row.min(rows.len().saturating_sub(1));
    let row = rows.get(at).filter(|_| focus)?;
    let room = if row.what.is_empty() { all.saturating_sub(2) } else { room };
    (text::width(&row.value) > room).then_some(row.value.as_str())
}

fn lines_of(value: &str, inside: Rect) -> u16 {
    let width = usize::from(inside.width.max(1));
    // Words that are not broken take a little more than their width.
    u16::try_from((text::width(value) + width / 6).div_ceil(width)).unwrap_or(WHOLE).clamp(1, WHOLE)
}

fn title(app: &App, detail: &Detail, panel: Panel) -> String {
    match (panel, &detail.compared) {
        (Panel::Configuration, Some(_)) => format!("Compared, {} the next", app.keymap.chord(Action::Compare)),
        (Panel::Configuration, None) => format!("Configuration, {} compares", app.keymap.chord(Action::Compare)),
        (Panel::Cost, _) => "Memory and cost".into(),
        _ => panel.name().into(),
    }
}

/// Where it comes from, and what is missing where there is nothing.
fn standing<'a>(app: &'a App, detail: &Detail, panel: Panel) -> (Standing<'a>, &'static str) {
    match panel {
        Panel::ColdStarts => {
            let feed = app.store.invocations.get(&detail.name);
            (feed.map_or(Standing::Waiting, Feed::standing), "REPORT lines in the last minutes")
        }
        Panel::Configuration => match app.store.functions.get(&detail.name) {
            Some(_) => (detail_standing(app.store.details.get(&detail.name)), "function of this name"),
            None => (app.store.functions.standing(), "function of this name: it may have been deleted"),
        },
        _ => (detail_standing(app.store.details.get(&detail.name)), "function of this name"),
    }
}

fn style(tone: Tone, pen: &Pen) -> Style {
    let styles = &pen.look.styles;
    match tone {
        Tone::Plain => styles.text,
        Tone::Dim => styles.dim,
        Tone::Heading => styles.table_header,
        Tone::Good => styles.good,
        Tone::Warning => styles.warning,
        Tone::Critical => styles.critical,
        Tone::Cold => styles.cold,
    }
}
