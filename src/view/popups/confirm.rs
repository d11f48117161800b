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

use crate::app::App;
use crate::app::confirm::{Button, Confirmation};
use crate::view::pen::Pen;

/// Draws the dialog.
pub fn draw(_app: &App, confirmation: &Confirmation, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let width = 84.min(screen.width.saturating_sub(2));
    let text_width = usize::from(width.saturating_sub(4)).max(1);
    let tall = |text: &str| (crate::text::width(text) / text_width + 1) as u16;
    let lines: u16 = confirmation.lines.iter().map(|(_, line)| tall(line)).sum();
    let naming = if confirmation.name.is_some() { 3 } else { 0 };
    let height = (lines + tall(&confirmation.change.sentence()) + naming + 6).min(screen.height);
    let inside = pen.popup(screen, width, height, "Confirm", true);
    let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mut row = pen.prose(body, 0, &confirmation.change.sentence(), styles.popup.patch(styles.strong)) + 1;
    for (warning, line) in &confirmation.lines {
        if row + 3 >= body.height {
            break;
        }
        let style = if *warning { styles.popup.patch(styles.warning) } else { styles.popup };
        let mark = if *warning { format!("{} {line}", pen.look.glyphs.warning) } else { line.clone() };
        let room = Rect { height: body.height.saturating_sub(3 + naming), ..body };
        row += pen.prose(room, row, &mark, style);
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
