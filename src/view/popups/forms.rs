//! Popups that are forms: the payload editor, the answer to an invoke, provisioned concurrency.

use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::App;
use crate::app::actions::form::{Entry, Form};
use crate::app::command::Action;
use crate::app::invoke::answer::start;
use crate::app::invoke::{Answer, Field, InvokeForm};
use crate::app::provision::ProvisionForm;
use crate::text;
use crate::view::pen::{Align, Pen};

/// The payload editor.
///
/// ```text
/// ╭ Invoke checkout-api ─────────────────────────────╮
/// │ qualifier ◂ live ▸    type ◂ RequestResponse ▸    │
/// │ {                                                 │
/// │   "id": 1                                         │
/// │ }                                                 │
/// │ JSON, 11 bytes               ^s goes on, Esc      │
/// ╰───────────────────────────────────────────────────╯
/// ```
pub fn invoke(app: &App, form: &InvokeForm, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let width = 100.min(screen.width.saturating_sub(2));
    let height = 30.min(screen.height.saturating_sub(2));
    let inside = pen.popup(screen, width, height, &format!("Invoke {}", form.function), false);
    if inside.height < 4 {
        return;
    }
    let choice = |pen: &mut Pen, x: u16, label: &str, value: &str, focus: bool| {
        let x = pen.put(inside, x, inside.y, label, styles.popup.patch(styles.dim));
        let style = if focus { styles.popup.patch(styles.selection) } else { styles.popup };
        let (left, right) = if focus { ("< ", " >") } else { ("  ", "  ") };
        pen.put(inside, x, inside.y, &format!("{left}{value}{right}"), style)
    };
    let qualifier = &form.qualifiers[form.qualifier];
    let x = choice(pen, inside.x + 1, "qualifier ", qualifier, form.field == Field::Qualifier);
    choice(pen, x + 2, "type ", form.kind.name(), form.field == Field::Kind);
    let editor =
        Rect { x: inside.x + 1, y: inside.y + 1, width: inside.width.saturating_sub(2), height: inside.height - 3 };
    pen.buffer.set_style(editor, styles.input);
    let mut area = form.payload.clone();
    area.set_style(styles.input);
    area.set_cursor_line_style(styles.input);
    let cursor = if form.field == Field::Payload {
        styles.input.add_modifier(ratatui::style::Modifier::REVERSED)
    } else {
        styles.input
    };
    area.set_cursor_style(cursor);
    area.set_line_number_style(styles.input.patch(styles.dim));
    (&area).render(editor, pen.buffer);
    let y = inside.bottom() - 2;
    match &form.fault {
        Some((line, column, what)) => {
            let text = format!("not JSON: line {line}, column {column}: {what}");
            pen.put(inside, inside.x + 1, y, &text, styles.popup.patch(styles.critical));
        }
        None => {
            let text = format!("JSON, {}", text::bytes(form.text().len() as u64));
            let x = pen.put(inside, inside.x + 1, y, &text, styles.popup.patch(styles.good));
            if let Some(library) = app.invokes.library(&form.function) {
                let (saved, answers) = (library.saved.len(), library.answers.len());
                let kept = format!(
                    "{} {saved} saved   {} {answers} answered",
                    app.keymap.chord(Action::SavedPayloads),
                    app.keymap.chord(Action::Answers)
                );
                pen.put(inside, x + 3, y, &kept, styles.popup.patch(styles.dim));
            }
        }
    }
    let keys = format!(
        "{} goes on to the confirmation   {} templates   {} editor   {} next field   {} leaves",
        app.keymap.chord(Action::Send),
        app.keymap.chord(Action::Templates),
        app.keymap.chord(Action::Editor),
        app.keymap.chord(Action::SwitchField),
        app.keymap.chord(Action::Back)
    );
    pen.put(inside, inside.x + 1, y + 1, &keys, styles.popup.patch(styles.dim));
}

/// The answer to an invoke: status, durations, response, and the log of that very invocation.
pub fn answer(app: &App, answer: &Answer, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let width = 110.min(screen.width.saturating_sub(2));
    let height = screen.height.saturating_sub(2).min(40);
    let inside = pen.popup(screen, width, height, &answer.change.sentence(), false);
    let text = styles.popup;
    let mut lines: Vec<(String, ratatui::style::Style)> = Vec::new();
    match &answer.result {
        None => {
            let seconds = (app.now - answer.sent).num_seconds();
            lines.push((
                format!("{} running for {seconds} s; Esc leaves, the answer will be told", pen.look.glyphs.waiting),
                text,
            ));
        }
        Some(Err(why)) => lines.push((why.clone(), text.patch(styles.critical))),
        Some(Ok(result)) => {
            let (word, style) = match &result.function_error {
                Some(error) => (format!("FunctionError {error}"), styles.critical),
                None => ("succeeded".to_string(), styles.good),
            };
            let version = result.executed_version.as_deref().map(|v| format!(", version {v}")).unwrap_or_default();
            lines.push((format!("status {} {word}{version}", result.status), text.patch(style)));
            if let Some(report) = &answer.report {
                let part = |name: &str, value: Option<String>| value.map(|value| format!("{name} {value}"));
                let parts: Vec<String> = [
                    part("duration", report.duration_ms.map(text::millis)),
                    part("billed", report.billed_ms.map(text::millis)),
                    part(
                        "memory",
                        report.memory_used_mb.zip(report.memory_mb).map(|(used, size)| format!("{used} of {size} MB")),
                    ),
                ]
                .into_iter()
                .flatten()
                .chain([start(report)])
                .collect();
                lines.push((parts.join(", "), text));
            }
            let sent = pen.time_of_day(answer.sent, "%Y-%m-%d %H:%M:%S");
            let round_trip = text::millis(result.round_trip_ms as f64);
            lines.push((format!("sent {sent}, round trip {round_trip}"), text.patch(styles.dim)));
            if let Some(request_id) = &result.request_id {
                lines.push((format!("request id {request_id}"), text.patch(styles.dim)));
            }
            lines.push((String::new(), text));
            lines.push(("response".into(), text.patch(styles.title)));
            if answer.response.is_empty() {
                lines.push(("(empty)".into(), text.patch(styles.dim)));
            }
            lines.extend(answer.response.iter().map(|line| (line.clone(), text)));
            lines.push((String::new(), text));
            lines.push(("log of this invocation (its last 4 KB)".into(), text.patch(styles.title)));
            if answer.log.is_empty() {
                lines.push(("(none came with the answer)".into(), text.patch(styles.dim)));
            }
            lines.extend(answer.log.iter().map(|line| (line.clone(), text.patch(styles.level_info))));
        }
    }
    lines.push((String::new(), text));
    lines.push(("payload".into(), text.patch(styles.title)));
    lines.extend(answer.payload.iter().map(|line| (line.clone(), text)));
    let first = answer.cursor.row.min(lines.len().saturating_sub(usize::from(inside.height)));
    let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    for (at, (line, style)) in lines.iter().skip(first).take(usize::from(inside.height)).enumerate() {
        pen.put(body, body.x, body.y + at as u16, line, *style);
    }
}

/// Provisioned concurrency being set.
pub fn provision(app: &App, form: &ProvisionForm, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let width = 84.min(screen.width.saturating_sub(2));
    let warnings = form.warnings();
    let rows = form.qualifiers.len().min(8) as u16;
    let height = (rows + 8 + warnings.len() as u16 * 2).min(screen.height.saturating_sub(1));
    let inside = pen.popup(screen, width, height, &format!("Provisioned concurrency of {}", form.function), false);
    let first = form.qualifier.saturating_sub(usize::from(rows.saturating_sub(1)));
    for (at, (name, now)) in form.qualifiers.iter().enumerate().skip(first).take(usize::from(rows)) {
        let y = inside.y + (at - first) as u16;
        let chosen = at == form.qualifier;
        let mark = if chosen { pen.look.glyphs.cursor } else { " " };
        pen.put(inside, inside.x + 1, y, mark, styles.popup.patch(styles.accent));
        pen.cell(
            inside,
            inside.x + 3,
            y,
            24,
            name,
            Align::Left,
            if chosen { styles.popup.patch(styles.strong) } else { styles.popup },
        );
        let text = now.map_or("none".to_string(), |n| format!("{n} provisioned"));
        pen.put(inside, inside.x + 28, y, &text, styles.popup.patch(styles.dim));
    }
    let y = inside.y + rows + 1;
    let x = pen.put(inside, inside.x + 1, y, "keep ready: ", styles.popup);
    let typed = format!("{:<6}", form.number.value());
    pen.put(inside, x, y, &typed, if form.on_number { styles.input } else { styles.popup });
    let mut y = y + 1;
    if let Some(wanted) = form.wanted() {
        let cost = form.dollars_per_hour(wanted);
        let text = format!(
            "about {} an hour, {} a month, at {} MB; used or not",
            text::dollars(cost),
            text::dollars(cost * 730.0),
            form.memory_mb
        );
        pen.put(inside, inside.x + 1, y, &text, styles.popup);
    }
    y += 1;
    for warning in &warnings {
        let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let text = format!("{} {warning}", pen.look.glyphs.warning);
        y += pen.prose(body, y - inside.y, &text, styles.popup.patch(styles.warning));
    }
    let keys =
        format!("↑↓ alias or version   Enter goes on to the confirmation   {} leaves", app.keymap.chord(Action::Back));
    pen.put(inside, inside.x + 1, inside.bottom().saturating_sub(1), &keys, styles.popup.patch(styles.dim));
}

/// A setting being changed.
///
/// ```text
/// ╭ Settings of GET /orders in shop-api prod ─────────────────╮
/// │ it has no settings of its own: the stage's hold           │
/// │ › rate, requests/s   20        empty: no limit            │
/// │   caching            < on >                               │
/// │ Change rate of GET /orders of shop-api prod from - to 20  │
/// │ Tab field   Enter goes on to the confirmation   Esc       │
/// ╰───────────────────────────────────────────────────────────╯
/// ```
pub fn setting(app: &App, form: &Form, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let width = 90.min(screen.width.saturating_sub(2));
    let rows = u16::try_from(form.fields.len() + form.about.len()).unwrap_or(0);
    let height = (rows + 8).min(screen.height.saturating_sub(1));
    let inside = pen.popup(screen, width, height, &form.title, false);
    let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mut row = 0;
    for line in &form.about {
        row += pen.prose(body, row, line, styles.popup.patch(styles.dim));
    }
    let label_width = form.fields.iter().map(|field| text::width(&field.label)).max().unwrap_or(0);
    let label_width = u16::try_from(label_width).unwrap_or(20).min(body.width / 2);
    for (at, field) in form.fields.iter().enumerate() {
        let y = body.y + row;
        if y + 2 >= inside.bottom() {
            break;
        }
        let focus = at == form.at;
        if focus {
            pen.put(body, body.x, y, pen.look.glyphs.cursor, styles.popup.patch(styles.accent));
        }
        let label = if focus { styles.popup.patch(styles.strong) } else { styles.popup };
        pen.cell(body, body.x + 2, y, label_width, &field.label, Align::Left, label);
        let x = body.x + label_width + 4;
        let x = match &field.entry {
            Entry::Text(input) => {
                let typed = format!("{:<10}", text::safe_line(input.value()));
                pen.put(body, x, y, &typed, if focus { styles.input } else { styles.popup })
            }
            Entry::Choice { options, at } => {
                let shown = options.get(*at).map_or("", |(shown, _)| shown);
                let (left, right) = if focus { ("< ", " >") } else { ("  ", "  ") };
                let style = if focus { styles.popup.patch(styles.selection) } else { styles.popup };
                pen.put(body, x, y, &format!("{left}{}{right}", text::safe_line(shown)), style)
            }
        };
        pen.put(body, x + 2, y, &field.hint, styles.popup.patch(styles.dim));
        row += 1;
    }
    row += 1;
    let room = Rect { height: body.height.saturating_sub(1), ..body };
    match form.wish() {
        Ok(wish) => {
            row += pen.prose(room, row, &wish.change.sentence(), styles.popup.patch(styles.strong));
            for (_, line) in wish.notes.iter().filter(|(warns, _)| *warns) {
                let line = format!("{} {line}", pen.look.glyphs.warning);
                row += pen.prose(room, row, &line, styles.popup.patch(styles.warning));
            }
        }
        Err(why) => {
            pen.prose(room, row, &why, styles.popup.patch(styles.dim));
        }
    }
    let keys = format!(
        "{} field   Enter goes on to the confirmation   {} leaves",
        app.keymap.chord(Action::SwitchField),
        app.keymap.chord(Action::Back)
    );
    pen.put(body, body.x, inside.bottom().saturating_sub(1), &keys, styles.popup.patch(styles.dim));
}
