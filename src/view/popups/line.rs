//! One log line, read.
//!
//! ```text
//! ╭ 14:03:22.123 checkout-api  .detail.items[0].sku ────────────╮
//! │   level: "ERROR"                                            │
//! │ ▼ detail: {2}                                               │
//! │   ▼ items: [1]                                              │
//! │     ▶ 0: {"sku": "A-1", "quantity": 2}                      │  folded: as it stands in the line
//! │ ▼ stack: 2 lines                                            │  a text of several lines has them below
//! │   TypeError: x is not a function                            │
//! │       at handler (/var/task/index.js:3:1)                   │
//! ╰──────────────────────────────────────────────── 1-7 of 7 ───╯
//! ```

use std::fmt::Write;

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::line::{Copies, LineView, Row, indent, popup_size};
use crate::model::json::{Document, Kind, Label, unescaped};
use crate::text;
use crate::time::Moment;
use crate::view::pen::{Align, Pen};

/// Draws the line; only what is on the screen is made into text.
pub fn draw(view: &LineView, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    // The screen of a popup is without the header.
    let (width, tallest) = popup_size((screen.width, screen.height + 1));
    let rows = view.rows.len();
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX).clamp(4, tallest.max(4));
    let at = Moment::from_timestamp_millis(view.subject.timestamp).unwrap_or_default();
    let group = view.subject.group.rsplit('/').next().unwrap_or_default();
    let mut title = format!("{} {group}", pen.time_of_day(at, "%H:%M:%S%.3f"));
    let room = usize::from(width.saturating_sub(8));
    if let Some(path) = view.path() {
        let room = room.saturating_sub(text::width(&title) + 2);
        let _ = write!(title, "  {}", text::cut_middle(&text::safe_line(&path), room));
    }
    let inside = pen.popup(screen, width, height, &text::safe_line(&title), false);
    let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let shown = view.cursor.visible(rows, usize::from(body.height));
    for (y, row) in (body.y..).zip(shown.clone()) {
        let Some(found) = view.rows.get(row) else { continue };
        let mut from = view.column;
        let mut x = body.x;
        for (piece, style) in pieces(view, found, pen, usize::from(body.width)) {
            let (skipped, rest) = without_columns(&piece, from);
            from -= skipped;
            x = pen.put(body, x, y, rest, styles.popup.patch(style));
        }
        if row == view.cursor.row {
            pen.shade(inside, y, styles.selection);
        }
    }
    let below = Rect { y: inside.bottom(), height: 1, ..inside };
    if let Some(broken) = &view.broken {
        let column = view.subject.text[..broken.at].chars().count() + 1;
        let note = format!(" no JSON from character {column} on: {} expected ", broken.expected);
        pen.put(below, inside.x + 1, below.y, &note, styles.popup.patch(styles.warning));
    }
    if rows > usize::from(body.height) {
        let more = format!(" {}-{} of {rows} ", shown.start + 1, shown.end);
        let x = inside.right().saturating_sub(u16::try_from(text::width(&more)).unwrap_or(0) + 1);
        pen.put(below, x, below.y, &more, styles.popup.patch(styles.dim));
    }
}

/// What stands in a row: pieces of text with their styles, cut to what can be seen.
fn pieces(view: &LineView, row: &Row, pen: &Pen, width: usize) -> Vec<(String, Style)> {
    let styles = &pen.look.styles;
    let window = (view.column + width) * 4;
    let node = row.node as usize;
    let depth = view.document.as_ref().map_or(0, |document| document.node(node).depth);
    if let Some(part) = &row.part {
        let text = &view.rows.text(row.node)[part.start as usize..part.end as usize];
        let before = if node == 0 { 0 } else { indent(depth) };
        let text = text[..text.floor_char_boundary(window)].to_string();
        return vec![(" ".repeat(before), Style::new()), (text, Style::new())];
    }
    let Some(document) = &view.document else { return vec![] };
    let folding = view.rows.folding(view.document.as_ref(), node);
    let sign = match folding {
        None => "  ",
        Some(true) => pen.look.glyphs.open,
        Some(false) => pen.look.glyphs.closed,
    };
    let label = match document.label(node) {
        Label::Key(key) => text::safe_line(&key).into_owned(),
        Label::Index(index) => index.to_string(),
        Label::Root => String::new(),
    };
    let (value, style) = value(document, node, folding, window, view.rows.text(row.node), pen);
    vec![
        (" ".repeat(indent(depth) - 2), Style::new()),
        (format!("{sign:<2}"), styles.dim),
        (label, styles.accent),
        (": ".to_string(), styles.dim),
        (value, style),
    ]
}

fn value(
    document: &Document,
    node: usize,
    folding: Option<bool>,
    window: usize,
    long: &str,
    pen: &Pen,
) -> (String, Style) {
    let styles = &pen.look.styles;
    let raw = document.raw(node);
    let start = &raw[..raw.floor_char_boundary(window)];
    match (document.node(node).kind, folding) {
        (Kind::Object, Some(true)) => (format!("{{{}}}", document.node(node).count), styles.dim),
        (Kind::Array, Some(true)) => (format!("[{}]", document.node(node).count), styles.dim),
        (Kind::Object | Kind::Array, _) => (text::safe_line(start).into_owned(), styles.dim),
        (Kind::String, Some(true)) => {
            let lines = long.trim_end_matches('\n').split('\n').count();
            let size = text::bytes(long.len() as u64);
            (if lines > 1 { format!("{lines} lines") } else { size }, styles.dim)
        }
        (Kind::String, _) => {
            let quote = if start.len() == raw.len() { "\"" } else { "" };
            let inside = unescaped(start.trim_start_matches('"'));
            let inside = inside.strip_suffix(quote).unwrap_or(&inside);
            (format!("\"{}{quote}", text::safe_line(inside)), Style::new())
        }
        (Kind::Number, _) => (start.to_string(), styles.notice),
        (Kind::Bool, _) => (start.to_string(), styles.cold),
        (Kind::Null, _) => (start.to_string(), styles.dim),
    }
}

/// The text without so many of its first columns, and how many that were.
fn without_columns(text: &str, columns: usize) -> (usize, &str) {
    let mut skipped = 0;
    for (at, c) in text.char_indices() {
        if skipped >= columns {
            return (skipped.min(columns), &text[at..]);
        }
        skipped += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
    }
    (skipped.min(columns), "")
}

/// What can be copied of a line; what can't says why.
pub fn copies(copies: &Copies, pen: &mut Pen, screen: Rect) {
    let styles = pen.look.styles.clone();
    let height = u16::try_from(copies.items.len() + 2).unwrap_or(u16::MAX).min(screen.height);
    let inside = pen.popup(screen, 72.min(screen.width.saturating_sub(2)), height, "Copy", false);
    for (at, (what, missing)) in copies.items.iter().enumerate() {
        let y = inside.y + u16::try_from(at).unwrap_or(u16::MAX);
        let (text, style) = match missing {
            Some(why) => (format!("{} - {why}", what.name()), styles.popup.patch(styles.dim)),
            None => (what.name().to_string(), styles.popup),
        };
        pen.cell(inside, inside.x + 1, y, inside.width.saturating_sub(2), &text, Align::Left, style);
        if at == copies.cursor.row {
            pen.shade(inside, y, styles.selection);
        }
    }
}
