//! One function's detail: what is wrong with it in one line, the names of its panels, and those of them that there is
//! room for.
//!
//! ```text
//! ● throttled by its reserved concurrency of 20: ...
//!  payment-authorize  Charts  Aliases  Concurrency  Invocations  ...
//! ╭ invocations ────────╮╭ duration ────────────╮╭ concurrency ─────────╮
//! ╰─────────────────────╯╰──────────────────────╯╰──────────────────────╯
//! ╭ Aliases and versions ──────────────╮╭ Concurrency ─────────────────╮
//! │ live  version 7  provisioned 5 ... ││ claimed  400 of 1000, 40%    │
//! ╰────────────────────────────────────╯╰──────────────────────────────╯
//! ```

mod charts;
mod invocations;
mod qualifiers;
mod rows;

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::functions::detail::{Detail, Headline, Panel, shown};
use crate::model::function::FunctionDetail;
use crate::store::feed::{Feed, Standing};
use crate::text;
use crate::view::pen::{Pen, wrapped};
use crate::view::tabs::logs::put_parts;

/// Narrower than this there is room for one panel's name only.
const NARROW: u16 = 118;
/// Columns of the function's name at most, on a narrow screen.
const NAME: usize = 40;

/// Draws the detail of the open function.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let Some(detail) = &app.functions.detail else { return };
    let mut y = area.y;
    if let Some(headline) = detail.headline(&app.context()) {
        let (words, style) = said(&headline, pen);
        let rows = headline.rows(area);
        for (row, line) in (0..rows).zip(&wrapped(&words, usize::from(area.width.saturating_sub(1)))) {
            pen.put(area, area.x + 1, area.y + row, line, style);
        }
        y += rows;
    }
    if y < area.bottom() {
        names(app, detail, pen, Rect { y, height: 1, ..area });
        y += 1;
    }
    let room = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    for (panel, place) in shown(detail.panel, room) {
        let focus = panel == detail.panel;
        match panel {
            Panel::Charts => charts::draw(app, detail, pen, place),
            Panel::Qualifiers => qualifiers::draw(app, detail, pen, place, focus),
            Panel::Invocations => invocations::draw(app, detail, pen, place, focus),
            _ => rows::draw(app, detail, panel, pen, place, focus),
        }
    }
}

fn said(headline: &Headline, pen: &Pen) -> (String, Style) {
    let (glyphs, styles) = (&pen.look.glyphs, &pen.look.styles);
    match headline {
        Headline::Gone(words) => (format!("{} {words}", glyphs.critical), styles.critical),
        Headline::Limit(verdict) => {
            let (glyph, style) = match (verdict.over, verdict.cause.refuses()) {
                (true, _) => (glyphs.notice, styles.dim),
                (false, true) => (glyphs.critical, styles.critical),
                (false, false) => (glyphs.warning, styles.warning),
            };
            (format!("{glyph} {}", verdict.sentence), style)
        }
    }
}

/// The function, the panels by name, and what the panel that listens has to say of itself.
fn names(app: &App, detail: &Detail, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let name = text::cut_middle(&detail.name, NAME).into_owned();
    let mut x = pen.put(area, area.x, area.y, &format!(" {name}"), styles.strong);
    if let Some(qualifier) = &detail.narrowed {
        x = pen.put(area, x, area.y, &format!(":{qualifier}"), styles.accent);
    }
    x = pen.put(area, x, area.y, " ", styles.dim);
    if area.width < NARROW {
        x = pen.put(area, x, area.y, &format!(" {} ", detail.panel.name()), styles.tab_active);
        let place = format!(" {}/{} Tab ", detail.panel as usize + 1, Panel::ALL.len());
        x = pen.put(area, x, area.y, &place, styles.dim);
    } else {
        for panel in Panel::ALL {
            let style = if panel == detail.panel { styles.tab_active } else { styles.dim };
            x = pen.put(area, x, area.y, &format!(" {} ", panel.name()), style);
        }
        x = pen.put(area, x, area.y, " ", styles.dim);
    }
    put_parts(pen, area, x, &parts(app, detail, pen));
}

/// What is under way, and what could not be had.
fn parts(app: &App, detail: &Detail, pen: &Pen) -> Vec<(String, Style)> {
    let styles = &pen.look.styles;
    let mut parts = Vec::new();
    let known = app.store.details.get(&detail.name).and_then(Feed::get);
    let state = known.and_then(|known| known.state.as_deref()).filter(|state| *state != "Active");
    parts.extend(state.map(|state| (format!("State {state}"), styles.warning)));
    let update = known.and_then(|known| known.last_update.as_deref()).filter(|update| *update != "Successful");
    parts.extend(update.map(|update| (format!("update {update}"), styles.warning)));
    let missing = known.map(|known| known.missing.as_slice()).unwrap_or_default();
    if let Some(first) = missing.first() {
        let more = if missing.len() > 1 { format!(" and {} more", missing.len() - 1) } else { String::new() };
        parts.push((format!("{}{more}", first.sentence()), styles.warning));
    }
    parts
}

fn detail_standing(feed: Option<&Feed<FunctionDetail>>) -> Standing<'_> {
    feed.map_or(Standing::Waiting, Feed::standing)
}

/// The rows of a list that are on screen: line, number, and whether it is selected.
fn rows_of(detail: &Detail, panel: Panel, inside: Rect, rows: usize) -> Vec<(u16, usize, bool)> {
    let mut cursor = detail.cursors[panel as usize];
    cursor.fit(rows, usize::from(inside.height));
    let focus = detail.panel == panel;
    cursor
        .visible(rows, usize::from(inside.height))
        .enumerate()
        .map(|(at, row)| (inside.y + u16::try_from(at).unwrap_or(0), row, focus && row == cursor.row))
        .collect()
}

#[cfg(test)]
mod tests;
