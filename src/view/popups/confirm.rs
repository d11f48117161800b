//! The confirmation of a change.
//!
//! ```text
//! ╭ Set provisioned concurrency of checkout-api:live from 5 to 10 ╮
//! │ in account 123456789012 eu-west-1                             │
//! │ costs about $0.15 an hour whether used or not                 │
//! │ aws lambda put-provisioned-concurrency-config …               │
//! │                     [ Cancel ]   Do it                        │
//! ╰───────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::confirm::{Button, Confirmation};
use crate::view::pen::{Pen, wrapped};

/// Lines below the text: one free or with what there is more, the buttons, one free.
const BUTTONS: u16 = 3;

/// Draws the dialog.
pub fn draw(_app: &App, confirmation: &Confirmation, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let width = 84.min(screen.width.saturating_sub(2));
    let text_width = usize::from(width.saturating_sub(4)).max(1);
    let mut rows: Vec<(String, Style)> = Vec::new();
    let mut say = |text: &str, style: Style| rows.extend(wrapped(text, text_width).into_iter().map(|row| (row, style)));
    say(&confirmation.change.sentence(), styles.popup.patch(styles.strong));
    say(" ", styles.popup);
    for (warning, line) in &confirmation.lines {
        match warning {
            true => say(&format!("{} {line}", pen.look.glyphs.warning), styles.popup.patch(styles.warning)),
            false => say(line, styles.popup),
        }
    }
    let naming = if confirmation.name.is_some() { 2 } else { 0 };
    let below = BUTTONS + naming;
    let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(below + 2);
    let inside = pen.popup(screen, width, wanted.min(screen.height), "Confirm", true);
    let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let room = usize::from(body.height.saturating_sub(below));
    let first = confirmation.scroll.min(rows.len().saturating_sub(room));
    for (at, (row, style)) in rows.iter().skip(first).take(room).enumerate() {
        pen.put(body, body.x, body.y + at as u16, row, *style);
    }
    // What is asked to be confirmed is never cut in silence.
    let hidden = rows.len().saturating_sub(room);
    if hidden > 0 {
        let more = match hidden - first {
            0 => format!("{first} lines above: arrow up"),
            left => format!("{left} more lines: arrow down"),
        };
        let y = body.y + u16::try_from(room).unwrap_or(0);
        pen.put(body, body.x, y, &more, styles.popup.patch(styles.dim));
    }
    let bottom = body.bottom().saturating_sub(2);
    if let Some((name, typed)) = &confirmation.name {
        let y = bottom.saturating_sub(2);
        let label = format!("type {name}: ");
        let x = pen.put(body, body.x, y, &label, styles.popup);
        pen.put(body, x, y, &format!("{} ", typed.value()), styles.input);
    }
    let button = |which: Button| {
        if confirmation.button == which {
            styles.popup.patch(styles.selection).add_modifier(ratatui::style::Modifier::REVERSED)
        } else {
            styles.popup
        }
    };
    let x = body.x + body.width / 2;
    let cancel = if confirmation.button == Button::Cancel { "[ Cancel ]" } else { "  Cancel  " };
    let go = if confirmation.button == Button::Go { "[ Do it ]" } else { "  Do it  " };
    let x = pen.put(body, x.saturating_sub(12), bottom, cancel, button(Button::Cancel));
    pen.put(body, x + 3, bottom, go, button(Button::Go));
}
