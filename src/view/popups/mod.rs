//! What lies over the tabs.

pub mod confirm;
pub mod forms;
pub mod invokes;
pub mod line;
pub mod lists;
pub mod query;

use ratatui::layout::{Position, Rect};

use super::pen::Pen;
use crate::app::App;
use crate::app::overlay::{Overlay, Prompt, PromptKind};
use crate::text;

/// Draws one popup.
pub fn draw(app: &App, overlay: &Overlay, pen: &mut Pen, screen: Rect, footer: Rect) {
    match overlay {
        Overlay::Help(help) => lists::help(app, help, pen, screen),
        Overlay::Errors(cursor) => lists::errors(app, *cursor, pen, screen),
        Overlay::Menu(menu) => lists::menu(app, menu, pen, screen),
        Overlay::Palette(palette) => lists::palette(palette, pen, screen),
        Overlay::Prompt(prompt) => draw_prompt(prompt, pen, footer),
        Overlay::Choice(choice) => lists::choice(choice, pen, screen),
        Overlay::Columns(chooser) => lists::columns(app, chooser, pen, screen),
        Overlay::Copies(copies) => line::copies(copies, pen, screen),
        Overlay::Line(view) => line::draw(view, pen, screen),
        Overlay::Invoke(form) => forms::invoke(app, form, pen, screen),
        Overlay::Answer(answer) => forms::answer(app, answer, pen, screen),
        Overlay::Shelf(shelf) => invokes::shelf(app, shelf, pen, screen),
        Overlay::Answers(answers) => invokes::answers(app, answers, pen, screen),
        Overlay::Comparison(comparison) => invokes::comparison(comparison, pen, screen),
        Overlay::Provision(form) => forms::provision(app, form, pen, screen),
        Overlay::Form(form) => forms::setting(app, form, pen, screen),
        Overlay::Query(form) => query::draw(app, form, pen, screen),
        Overlay::Scan(question) => query::scan(question, pen, screen),
        Overlay::Confirm(confirmation) => confirm::draw(app, confirmation, pen, screen),
    }
}

fn prompt_label(prompt: &Prompt) -> &'static str {
    match prompt.kind {
        PromptKind::Filter => "/",
        PromptKind::Expression => "AWS filter: ",
        PromptKind::Export => "write to: ",
        PromptKind::Time => "go to: ",
        PromptKind::Jq => "jq: ",
        PromptKind::Find => "find: ",
        PromptKind::PayloadName => "save payload as: ",
    }
}

fn draw_prompt(prompt: &Prompt, pen: &mut Pen, footer: Rect) {
    let styles = pen.look.styles.clone();
    pen.buffer.set_style(footer, styles.input);
    let label = prompt_label(prompt);
    let x = pen.put(footer, footer.x + 1, footer.y, label, styles.input.patch(styles.accent));
    let room = usize::from(footer.right().saturating_sub(x + 1));
    let scroll = prompt.input.visual_scroll(room.max(1));
    let shown: String = prompt.input.value().chars().skip(scroll).collect();
    let x = pen.put(footer, x, footer.y, &text::safe_line(&shown), styles.input);
    if let Some(complaint) = &prompt.complaint {
        pen.put(footer, x + 2, footer.y, complaint, styles.input.patch(styles.critical));
    }
    if let Some(completion) = &prompt.completion {
        lists::completion(completion, pen, footer);
    }
}

/// Where the terminal's own cursor belongs: on the text being typed.
pub fn cursor(app: &App, screen: Rect, footer: Rect) -> Option<Position> {
    match app.overlays.last()? {
        Overlay::Prompt(prompt) => {
            let label = u16::try_from(text::width(prompt_label(prompt))).unwrap_or(0);
            let room = usize::from(footer.width.saturating_sub(label + 2)).max(1);
            let scroll = prompt.input.visual_scroll(room);
            let at = u16::try_from(prompt.input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
            Some(Position { x: (footer.x + 1 + label + at).min(footer.right().saturating_sub(1)), y: footer.y })
        }
        Overlay::Palette(palette) => lists::palette_cursor(palette, screen),
        _ => None,
    }
}
