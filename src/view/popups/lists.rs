//! Popups that are lists: help, errors, the action menu, the palette.

use ratatui::layout::{Position, Rect};

use crate::app::App;
use crate::app::command::{Action, COMMANDS, Place, command};
use crate::app::completion::Completion;
use crate::app::cursor::Cursor;
use crate::app::overlay::{Choice, Help, Menu};
use crate::app::palette::Palette;
use crate::app::tabs::functions;
use crate::app::tabs::functions::chooser::Chooser;
use crate::text;
use crate::view::pen::{Align, Pen};

/// The keys that work in a place: those of the place first, then those that work everywhere.
pub fn help(app: &App, help: &Help, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let place = help.place.unwrap_or(Place::Anywhere);
    let mut rows: Vec<_> = COMMANDS.iter().filter(|command| command.listens_in(place)).collect();
    rows.sort_by_key(|command| (!command.places.contains(&place), command.priority == 0));
    let notes = if place == Place::Functions { notes() } else { Vec::new() };
    let total = rows.len() + notes.len();
    let height = (total as u16 + 2).min(screen.height.saturating_sub(2));
    let inside = pen.popup(screen, 100.min(screen.width.saturating_sub(2)), height, "Keys that work here", false);
    let mut cursor = help.cursor;
    cursor.first = cursor.row.min(total.saturating_sub(usize::from(inside.height)));
    for (at, row) in cursor.visible(total, usize::from(inside.height)).enumerate() {
        let y = inside.y + at as u16;
        let Some(command) = rows.get(row) else {
            let (word, sentence) = &notes[row - rows.len()];
            pen.cell(inside, inside.x + 1, y, 15, word, Align::Left, styles.popup.patch(styles.strong));
            pen.put(inside, inside.x + 17, y, sentence, styles.popup);
            continue;
        };
        let keys = app.keymap.chords(command.action).join(" ");
        pen.cell(inside, inside.x + 1, y, 12, &keys, Align::Left, styles.popup.patch(styles.footer_key));
        let x = pen.put(inside, inside.x + 14, y, command.sentence, styles.popup);
        if command.changes {
            pen.put(inside, x + 1, y, "(changes the account)", styles.popup.patch(styles.warning));
        }
    }
    if total > usize::from(inside.height) {
        let more = format!(" {}-{} of {total} ", cursor.first + 1, cursor.first + usize::from(inside.height));
        let x = inside.right().saturating_sub(text::width(&more) as u16 + 1);
        let frame = Rect { y: inside.bottom(), height: 1, ..inside };
        pen.put(frame, x, inside.bottom(), &more, styles.popup.patch(styles.dim));
    }
}

/// What the function table's order means, and what its filter takes.
fn notes() -> Vec<(&'static str, &'static str)> {
    let mut notes: Vec<_> = ["worst first", "", ""].into_iter().zip(functions::SENTENCES).collect();
    notes.push(("the filter /", "words that must all be met:"));
    notes.extend(functions::filter::GRAMMAR);
    notes
}

/// The columns of the function table: which are shown, in which order, and which one sorts.
pub fn columns(app: &App, chooser: &Chooser, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let width = 92.min(screen.width.saturating_sub(2));
    let height = (chooser.items.len() as u16 + 3).min(screen.height.saturating_sub(2));
    let inside = pen.popup(screen, width, height, "Columns of the function table", false);
    let body = Rect { height: inside.height.saturating_sub(1), ..inside };
    let mut cursor = chooser.cursor;
    cursor.fit(chooser.items.len(), usize::from(body.height));
    for (at, row) in cursor.visible(chooser.items.len(), usize::from(body.height)).enumerate() {
        let (column, on) = &chooser.items[row];
        let y = body.y + at as u16;
        let style = if *on { styles.popup.patch(styles.strong) } else { styles.popup.patch(styles.dim) };
        let sorts = app.functions.sort.column() == Some(column);
        pen.put(body, body.x + 1, y, if *on { "[x]" } else { "[ ]" }, style);
        pen.cell(body, body.x + 5, y, 16, &text::safe_line(&column.name()), Align::Left, style);
        let about = if sorts { format!("(sorts) {}", column.about()) } else { column.about().to_string() };
        let x = body.x + 22;
        pen.cell(body, x, y, body.right().saturating_sub(x), &about, Align::Left, styles.popup.patch(styles.dim));
        if row == cursor.row {
            pen.shade(body, y, styles.selection);
        }
    }
    let key = |action| app.keymap.chord(action);
    let keys = format!(
        "{} shows or hides  {}/{} moves  {} sorts by it  {} copies it for the configuration",
        key(Action::Fold),
        key(Action::Left),
        key(Action::Right),
        key(Action::Sort),
        key(Action::Copy)
    );
    pen.put(inside, inside.x + 1, inside.bottom().saturating_sub(1), &keys, styles.popup.patch(styles.dim));
}

/// Every error seen, newest first.
pub fn errors(app: &App, cursor: Cursor, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let errors = &app.notices.errors;
    let width = screen.width.saturating_sub(4).min(140);
    let height = (errors.len() as u16 * 2 + 2).clamp(4, screen.height.saturating_sub(2));
    let inside = pen.popup(screen, width, height, &format!("Errors seen {}", errors.len()), false);
    if errors.is_empty() {
        pen.put(inside, inside.x + 1, inside.y, "none since the start", styles.popup.patch(styles.dim));
        return;
    }
    let mut row = 0;
    for seen in errors.iter().skip(cursor.row) {
        if row >= inside.height {
            break;
        }
        let at = pen.time_of_day(seen.last, "%H:%M:%S");
        let times = if seen.times > 1 { format!(" x{}", seen.times) } else { String::new() };
        let text = format!("{at}{times}  {}", seen.text);
        let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        row += pen.prose(body, row, &text, styles.popup);
    }
}

/// What can be done to the selection; what can't says why.
pub fn menu(app: &App, menu: &Menu, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let title = if menu.title.is_empty() { "Actions".to_string() } else { format!("Actions: {}", menu.title) };
    let height = (menu.items.len() as u16 + 2).min(screen.height);
    let inside = pen.popup(screen, 92.min(screen.width.saturating_sub(2)), height, &title, false);
    for (at, (action, refusal)) in menu.items.iter().enumerate() {
        let y = inside.y + at as u16;
        let command = command(*action);
        let style = if refusal.is_some() { styles.popup.patch(styles.dim) } else { styles.popup };
        pen.cell(
            inside,
            inside.x + 1,
            y,
            6,
            &app.keymap.chord(*action),
            Align::Left,
            styles.popup.patch(styles.footer_key),
        );
        let text = match refusal {
            Some(why) => format!("{} - {why}", command.name),
            None => command.sentence.to_string(),
        };
        pen.put(inside, inside.x + 8, y, &text, style);
        if at == menu.cursor.row {
            pen.shade(inside, y, styles.selection);
        }
    }
}

/// One of several things; what can't be chosen says why.
pub fn choice(choice: &Choice, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let height = (choice.items.len() as u16 + 2).min(screen.height);
    let inside = pen.popup(screen, 92.min(screen.width.saturating_sub(2)), height, &choice.title, false);
    let longest = choice.items.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0);
    let mut cursor = choice.cursor;
    cursor.fit(choice.items.len(), usize::from(inside.height));
    for (at, row) in cursor.visible(choice.items.len(), usize::from(inside.height)).enumerate() {
        let (name, chosen) = &choice.items[row];
        let y = inside.y + at as u16;
        let (about, style) = match chosen {
            Ok(chosen) => (chosen.text().to_string(), styles.popup),
            Err(why) => (why.clone(), styles.popup.patch(styles.dim)),
        };
        let names = u16::try_from(longest).unwrap_or(40).clamp(12, 40.min(inside.width / 2).max(12));
        pen.cell(inside, inside.x + 1, y, names, name, Align::Left, style);
        let x = inside.x + names + 2;
        let room = inside.right().saturating_sub(x);
        pen.cell(inside, x, y, room, &text::safe_line(&about), Align::Left, styles.popup.patch(styles.dim));
        if row == cursor.row {
            pen.shade(inside, y, styles.selection);
        }
    }
}

/// What could come next in the line that is typed, above it.
pub fn completion(completion: &Completion, pen: &mut Pen, footer: Rect) {
    let styles = pen.look.styles.clone();
    let items = &completion.items.items;
    let rows = u16::try_from(items.len()).unwrap_or(0).min(footer.y.saturating_sub(2));
    if rows == 0 {
        return;
    }
    let wide = |text: &str| text::width(text.trim());
    let name = items.iter().map(|item| wide(&item.text)).max().unwrap_or(0).clamp(8, 40);
    let help = items.iter().map(|item| wide(&item.help)).max().unwrap_or(0);
    let width = u16::try_from(name + help + 4).unwrap_or(u16::MAX).min(footer.width.saturating_sub(4));
    let hint = if items.len() > 1 { "Tab takes it, arrows choose" } else { "Tab takes it" };
    let rows = rows.min(footer.y.saturating_sub(4));
    let frame = Rect { x: footer.x + 1, y: footer.y - rows - 2, width: width + 2, height: rows + 2 };
    let area = pen.popup_at(frame, hint, styles.popup_border);
    for (at, item) in items.iter().take(usize::from(rows)).enumerate() {
        let y = area.y + at as u16;
        let line = Rect { y, height: 1, ..area };
        ratatui::widgets::Widget::render(ratatui::widgets::Clear, line, pen.buffer);
        let chosen = at == completion.at;
        let style = if chosen { styles.popup.patch(styles.selection) } else { styles.popup };
        pen.buffer.set_style(line, style);
        let names = u16::try_from(name).unwrap_or(8);
        pen.cell(
            line,
            line.x + 1,
            y,
            names,
            &text::safe_line(item.text.trim()),
            Align::Left,
            style.patch(styles.strong),
        );
        let x = line.x + names + 3;
        pen.cell(line, x, y, line.right().saturating_sub(x), &text::safe_line(&item.help), Align::Left, style);
    }
}

fn palette_area(screen: Rect) -> (u16, u16) {
    (90.min(screen.width.saturating_sub(2)), 22.min(screen.height.saturating_sub(2)))
}

/// The palette: the line being typed, and what it finds.
pub fn palette(palette: &Palette, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let (width, height) = palette_area(screen);
    let inside = pen.popup(screen, width, height, "Go anywhere, do anything", false);
    let line = Rect { height: 1, ..inside };
    pen.buffer.set_style(line, styles.input);
    let x = pen.put(line, line.x + 1, line.y, ":", styles.input.patch(styles.accent));
    if palette.input.value().is_empty() {
        pen.put(line, x, line.y, " a command, function, log group or API", styles.input.patch(styles.placeholder));
    } else {
        pen.put(line, x, line.y, &text::safe_line(palette.input.value()), styles.input);
    }
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    if palette.matches.is_empty() {
        pen.put(body, body.x + 1, body.y, "nothing of that name", styles.popup.patch(styles.dim));
    }
    let mut cursor = palette.cursor;
    cursor.fit(palette.matches.len(), usize::from(body.height));
    for (at, row) in cursor.visible(palette.matches.len(), usize::from(body.height)).enumerate() {
        let entry = &palette.entries[palette.matches[row]];
        let y = body.y + at as u16;
        pen.cell(body, body.x + 1, y, 9, entry.kind, Align::Left, styles.popup.patch(styles.dim));
        let name = body.width.saturating_sub(12) * 45 / 100;
        pen.cell(
            body,
            body.x + 11,
            y,
            name,
            &text::cut_middle(&entry.name, usize::from(name)),
            Align::Left,
            styles.popup.patch(styles.strong),
        );
        let about = body.x + 12 + name;
        pen.cell(
            body,
            about,
            y,
            body.right().saturating_sub(about),
            &entry.about,
            Align::Left,
            styles.popup.patch(styles.dim),
        );
        if row == cursor.row {
            pen.shade(body, y, styles.selection);
        }
    }
}

/// Where the palette's text cursor stands.
pub fn palette_cursor(palette: &Palette, screen: Rect) -> Option<Position> {
    let (width, height) = palette_area(screen);
    let x = screen.x + (screen.width - width) / 2 + 3 + u16::try_from(palette.input.visual_cursor()).ok()?;
    let y = screen.y + (screen.height - height) / 2 + 1;
    Some(Position { x: x.min(screen.right().saturating_sub(1)), y })
}
