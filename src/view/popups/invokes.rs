//! Popups about invokes of before: payloads to choose from, answers, two answers compared.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::command::Action;
use crate::app::invoke::answer::start;
use crate::app::invoke::compare::{Comparison, Side};
use crate::app::invoke::history::Answers;
use crate::app::invoke::library::Record;
use crate::app::invoke::shelf::Shelf;
use crate::text;
use crate::view::pen::{Align, Pen};

/// Payloads to choose from.
///
/// ```text
/// ╭ Templates for checkout-api ────────────────────────────╮
/// │ * API Gateway v2   POST /checkout of shop               │
/// │   SQS              a message of a queue                 │
/// │ * one of its own triggers                               │
/// ╰─────────────────────────────────────────────────────────╯
/// ```
pub fn shelf(app: &App, shelf: &Shelf, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let height = (shelf.items.len() as u16 + 3).min(screen.height.saturating_sub(2));
    let title = format!("{} for {}", shelf.title, shelf.function);
    let inside = pen.popup(screen, 100.min(screen.width.saturating_sub(2)), height, &title, false);
    let list = Rect { height: inside.height.saturating_sub(1), ..inside };
    let shown = usize::from(list.height);
    let mut cursor = shelf.cursor;
    cursor.fit(shelf.items.len(), shown);
    let names = 26.min(list.width / 2);
    for (at, row) in cursor.visible(shelf.items.len(), shown).enumerate() {
        let item = &shelf.items[row];
        let y = list.y + at as u16;
        let doomed = shelf.doomed.as_ref() == Some(&item.name) && row == cursor.row;
        if item.fits {
            pen.put(list, list.x + 1, y, "*", styles.popup.patch(styles.good));
        }
        let name = if item.fits { styles.popup.patch(styles.strong) } else { styles.popup };
        pen.cell(list, list.x + 3, y, names, &text::safe_line(&item.name), Align::Left, name);
        let x = list.x + names + 4;
        let room = list.right().saturating_sub(x);
        let about = if doomed {
            (format!("{} once more drops it for good", app.keymap.chord(Action::DropPayload)), styles.warning)
        } else {
            (item.about.clone(), styles.dim)
        };
        pen.cell(list, x, y, room, &text::safe_line(&about.0), Align::Left, styles.popup.patch(about.1));
        if row == cursor.row {
            pen.shade(list, y, styles.selection);
        }
    }
    let note = if shelf.items.iter().any(|item| item.fits) {
        "* one of its own triggers sends these".to_string()
    } else {
        format!("{} puts it into the form; ^u there goes back", app.keymap.chord(Action::Open))
    };
    pen.put(inside, inside.x + 1, inside.bottom().saturating_sub(1), &note, styles.popup.patch(styles.dim));
}

/// Answers of before.
///
/// ```text
/// ╭ Answers of checkout-api 12 ─────────────────────────────────────────────────────────╮
/// │   sent            qualifier  status        duration billed start  payload  response  │
/// │ > 11:42:07        live       200             340ms  350ms  warm      12 B  48 B      │
/// ╰──────────────────────────────────────────────────────────────────────────────────────╯
/// ```
pub fn answers(app: &App, answers: &Answers, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let height = (answers.records.len() as u16 + 4).min(screen.height.saturating_sub(2));
    let title = format!("Answers of {} {}", answers.function, answers.records.len());
    let inside = pen.popup(screen, 110.min(screen.width.saturating_sub(2)), height, &title, false);
    let widths = columns(inside.width);
    let head = ["sent", "qualifier", "status", "duration", "billed", "start", "payload", "response"];
    row(pen, inside, inside.y, &widths, &head.map(str::to_string), styles.popup.patch(styles.dim));
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(2), ..inside };
    let shown = usize::from(list.height);
    let mut cursor = answers.cursor;
    cursor.fit(answers.records.len(), shown);
    for (at, place) in cursor.visible(answers.records.len(), shown).enumerate() {
        let record = &answers.records[place];
        let y = list.y + at as u16;
        let today =
            record.sent.with_timezone(&app.offset).date_naive() == app.now.with_timezone(&app.offset).date_naive();
        let sent = pen.time_of_day(record.sent, if today { "%H:%M:%S" } else { "%m-%d %H:%M" });
        let (cells, style) = told(record, sent);
        row(pen, list, y, &widths, &cells, styles.popup.patch(style(&styles)));
        if answers.marked == Some(record.sent) {
            pen.put(list, list.x + 1, y, "*", styles.popup.patch(styles.accent));
        }
        if place == cursor.row {
            pen.shade(list, y, styles.selection);
        }
    }
    let key = |action| app.keymap.chord(action);
    let with = if answers.marked.is_some() { "the marked one" } else { "the one before" };
    let note = format!(
        "{} looks   {} runs again   {} edits and runs   {} marks   {} compares with {with}",
        key(Action::Open),
        key(Action::Rerun),
        key(Action::EditPayload),
        key(Action::Mark),
        key(Action::Compare),
    );
    pen.put(inside, inside.x + 1, inside.bottom().saturating_sub(1), &note, styles.popup.patch(styles.dim));
}

/// Widths of the columns; 0 leaves one out.
fn columns(width: u16) -> [u16; 8] {
    if width >= 96 { [11, 14, 22, 9, 8, 15, 9, 9] } else { [11, 10, 14, 8, 8, 0, 9, 9] }
}

fn row(pen: &mut Pen, area: Rect, y: u16, widths: &[u16; 8], cells: &[String; 8], style: Style) {
    let mut x = area.x + 3;
    for (at, (width, cell)) in widths.iter().zip(cells).enumerate() {
        let align = if matches!(at, 3 | 4 | 6 | 7) { Align::Right } else { Align::Left };
        if *width > 0 {
            pen.cell(area, x, y, *width, &text::safe_line(cell), align, style);
            x += width + 1;
        }
    }
}

type Shade = fn(&crate::view::look::Styles) -> Style;

fn told(record: &Record, sent: String) -> ([String; 8], Shade) {
    let qualifier = record.qualifier.clone().unwrap_or_else(|| "$LATEST".into());
    let report = record.report();
    let of = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    let (status, response, style): (String, String, Shade) = match &record.result {
        Ok(told) => match &told.function_error {
            Some(error) => {
                (format!("{} {error}", told.status), text::bytes(told.response_bytes), |styles| styles.critical)
            }
            None => (told.status.to_string(), text::bytes(told.response_bytes), |_| Style::new()),
        },
        Err(why) => (why.clone(), "-".into(), |styles| styles.warning),
    };
    let cells = [
        sent,
        qualifier,
        status,
        of(report.as_ref().and_then(|report| report.duration_ms.map(text::millis))),
        of(report.as_ref().and_then(|report| report.billed_ms.map(text::millis))),
        of(report.as_ref().map(start)),
        text::bytes(record.payload_bytes),
        response,
    ];
    (cells, style)
}

/// Two answers compared: figures side by side, then the lines that differ.
pub fn comparison(comparison: &Comparison, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let width = 120.min(screen.width.saturating_sub(2));
    let title = format!("Two answers of {}", comparison.function);
    let inside = pen.popup(screen, width, screen.height.saturating_sub(2), &title, false);
    let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let half = body.width.saturating_sub(14) / 2;
    let rows = comparison.figures.len() + 2 + comparison.lines.len();
    let shown = usize::from(body.height);
    let mut cursor = comparison.cursor;
    cursor.first = cursor.row.min(rows.saturating_sub(shown));
    for at in 0..shown {
        let y = body.y + at as u16;
        let place = cursor.first + at;
        if let Some((name, older, newer)) = comparison.figures.get(place) {
            pen.cell(body, body.x, y, 12, name, Align::Left, styles.popup.patch(styles.dim));
            let differs = *name != "sent" && older != newer;
            let style = if differs { styles.popup.patch(styles.strong) } else { styles.popup };
            pen.cell(body, body.x + 13, y, half, &text::safe_line(older), Align::Left, style);
            pen.cell(body, body.x + 14 + half, y, half, &text::safe_line(newer), Align::Left, style);
            continue;
        }
        let place = place - comparison.figures.len();
        if place == 1 {
            let said = match comparison.differences {
                0 => "the responses say the same".to_string(),
                1 => "1 line of the responses differs".to_string(),
                many => format!("{many} lines of the responses differ: - older, + newer"),
            };
            pen.put(body, body.x, y, &said, styles.popup.patch(styles.title));
        }
        let Some((side, line)) = place.checked_sub(2).and_then(|place| comparison.lines.get(place)) else { continue };
        let (mark, style) = match side {
            Side::Both => (" ", styles.popup),
            Side::Older => ("-", styles.popup.patch(styles.critical)),
            Side::Newer => ("+", styles.popup.patch(styles.good)),
            Side::Aside => (" ", styles.popup.patch(styles.dim)),
        };
        let x = pen.put(body, body.x, y, mark, style);
        pen.put(body, x + 1, y, line, style);
    }
    if rows > shown {
        let more = format!(" {}-{} of {rows} ", cursor.first + 1, cursor.first + shown);
        let frame = Rect { y: inside.bottom(), height: 1, ..inside };
        let x = inside.right().saturating_sub(text::width(&more) as u16 + 1);
        pen.put(frame, x, inside.bottom(), &more, styles.popup.patch(styles.dim));
    }
}
