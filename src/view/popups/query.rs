//! The form in which a Logs Insights query is written or chosen, and the question before an expensive one.
//!
//! ```text
//! ╭ Logs Insights over 3 log groups, the last 1h ────────────────╮
//! │ ▸ cold starts            How many invocations of each …       │
//! │   slowest invocations    The hundred invocations that …       │
//! │ filter @type = "REPORT"                                       │
//! │ | stats count(*) by @log                                      │
//! │ scans about 1.2 GB, $0.006 · at most 80 GB                    │
//! │ ^s runs it   Tab list or text   Esc leaves                    │
//! ╰───────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::App;
use crate::app::command::Action;
use crate::app::confirm::Button;
use crate::app::query::{CHOICES_SHOWN, QueryForm, ScanQuestion, cost, gigabytes};
use crate::app::tabs::logs::insights::infrequent;
use crate::text;
use crate::view::pen::{Align, Pen};

/// Columns of a choice's name.
const NAME: u16 = 28;

/// Draws the form.
pub fn draw(app: &App, form: &QueryForm, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let groups = app.logs.group_names();
    let over = match groups.as_slice() {
        [] => "no log group".to_string(),
        [one] => one.clone(),
        many => format!("{} log groups", many.len()),
    };
    let width = 120.min(screen.width.saturating_sub(2));
    let height = 32.min(screen.height.saturating_sub(2));
    let title = format!("Logs Insights over {over}, the last {}", text::span(app.window.length));
    let room = usize::from(width.saturating_sub(6));
    let inside = pen.popup(screen, width, height, &text::cut_middle(&title, room), false);
    if inside.height < 8 {
        return;
    }
    let listed = form.choices.len().min(CHOICES_SHOWN).min(usize::from(inside.height) / 3);
    let list = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), height: listed as u16, ..inside };
    for (at, place) in form.cursor.visible(form.choices.len(), listed).enumerate() {
        let choice = &form.choices[place];
        let y = list.y + at as u16;
        let chosen = place == form.cursor.row;
        if chosen {
            pen.put(list, list.x, y, pen.look.glyphs.cursor, styles.popup.patch(styles.accent));
        }
        let name = if chosen { styles.popup.patch(styles.strong) } else { styles.popup };
        let name_width = if choice.sentence.len() > 20 { NAME } else { list.width.saturating_sub(24) };
        pen.cell(list, list.x + 2, y, name_width, &text::safe_line(&choice.name), Align::Left, name);
        pen.put(list, list.x + 4 + name_width, y, &choice.sentence, styles.popup.patch(styles.dim));
        if chosen && form.on_list {
            pen.shade(list, y, styles.selection);
        }
    }
    let editor = Rect { y: list.bottom() + 1, height: inside.bottom().saturating_sub(list.bottom() + 4), ..list };
    pen.buffer.set_style(editor, styles.input);
    let mut area = form.text.clone();
    area.set_style(styles.input);
    area.set_cursor_line_style(styles.input);
    let reversed = styles.input.add_modifier(ratatui::style::Modifier::REVERSED);
    area.set_cursor_style(if form.on_list { styles.input } else { reversed });
    (&area).render(editor, pen.buffer);
    let foot = Rect { y: editor.bottom(), height: inside.bottom().saturating_sub(editor.bottom()), ..list };
    draw_foot(app, form, &groups, pen, foot);
}

fn draw_foot(app: &App, form: &QueryForm, groups: &[String], pen: &mut Pen, foot: Rect) {
    let styles = pen.look.styles.clone();
    let separator = format!(" {} ", pen.look.glyphs.separator);
    let infrequent = infrequent(groups, &app.store);
    let (first, style) = if let Some(complaint) = &form.complaint {
        (complaint.clone(), styles.critical)
    } else if form.sent.is_some() {
        (format!("{} sent, no answer yet", pen.look.glyphs.waiting), styles.notice)
    } else if let [name, ..] = infrequent.as_slice() {
        (format!("{name} is of class INFREQUENT_ACCESS: no field is discovered there"), styles.warning)
    } else if app.logs.insights.is_kept {
        (String::new(), styles.dim)
    } else {
        ("queries are remembered until the program ends".into(), styles.dim)
    };
    pen.put(foot, foot.x, foot.y, &first, styles.popup.patch(style));
    let cost = match app.logs.insights.estimate(groups, &app.context()) {
        None => "how much it will scan is not known yet".to_string(),
        Some(estimate) => {
            let mut cost = format!(
                "scans about {}, {}{separator}at most {}, {}, all that is kept",
                gigabytes(estimate.evenly),
                cost(estimate.evenly),
                gigabytes(estimate.most),
                cost(estimate.most)
            );
            if estimate.unknown > 0 {
                cost.push_str(&format!("{separator}{} groups of unknown size", estimate.unknown));
            }
            cost
        }
    };
    pen.put(foot, foot.x, foot.y + 1, &cost, styles.popup.patch(styles.accent));
    let keys = format!(
        "{} runs it   {} list or text   {} leaves",
        app.keymap.chord(Action::Send),
        app.keymap.chord(Action::SwitchField),
        app.keymap.chord(Action::Back)
    );
    pen.put(foot, foot.x, foot.y + 2, &keys, styles.popup.patch(styles.dim));
}

/// Draws the question before an expensive query.
pub fn scan(question: &ScanQuestion, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let width = 84.min(screen.width.saturating_sub(2));
    let height = (question.lines.len() as u16 * 2 + 5).min(screen.height);
    let inside = pen.popup(screen, width, height, "Run this query?", true);
    let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mut row = 0;
    for line in &question.lines {
        row += pen.prose(Rect { height: body.height.saturating_sub(2), ..body }, row, line, styles.popup);
    }
    let button = |which: Button| {
        if question.button == which {
            styles.popup.patch(styles.selection).add_modifier(ratatui::style::Modifier::REVERSED)
        } else {
            styles.popup
        }
    };
    let bottom = body.bottom().saturating_sub(2);
    let cancel = if question.button == Button::Cancel { "[ Cancel ]" } else { "  Cancel  " };
    let go = if question.button == Button::Go { "[ Run it ]" } else { "  Run it  " };
    let x = body.x + body.width / 2;
    let x = pen.put(body, x.saturating_sub(12), bottom, cancel, button(Button::Cancel));
    pen.put(body, x + 3, bottom, go, button(Button::Go));
}
