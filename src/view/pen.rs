//! Writing into the buffer: text at a place, rows of columns, panels with their standing.

use chrono::FixedOffset;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::look::Look;
use crate::store::feed::Standing;
use crate::text;
use crate::time::Moment;

/// A buffer, the look, and the present.
pub struct Pen<'a> {
    /// Where it is drawn.
    pub buffer: &'a mut Buffer,
    /// How it looks.
    pub look: &'a Look,
    /// The present.
    pub now: Moment,
    /// Distance from UTC at which times of day are shown.
    pub offset: FixedOffset,
}

/// Which way a column's text is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// To the left, cut at its end.
    Left,
    /// To the right.
    Right,
}

impl Pen<'_> {
    /// A time of day, `format` as chrono has it.
    pub fn time_of_day(&self, moment: Moment, format: &str) -> String {
        moment.with_timezone(&self.offset).format(format).to_string()
    }

    /// Writes `text` from `(x, y)` within `area`, cut at its right edge. Returns the column after it.
    pub fn put(&mut self, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let end = area.right();
        if y < area.top() || y >= area.bottom() || x >= end {
            return x;
        }
        let room = usize::from(end - x);
        let text = text::cut(text, room);
        self.buffer.set_stringn(x, y, text.as_ref(), room, style).0
    }

    /// Writes one column of a table.
    #[allow(clippy::too_many_arguments)] // a place, a width and a look: a struct of them would only be taken apart again
    pub fn cell(&mut self, area: Rect, x: u16, y: u16, width: u16, text: &str, align: Align, style: Style) {
        let room = Rect { x, y: area.y, width: width.min(area.right().saturating_sub(x)), height: area.height };
        let shown = text::cut(text, usize::from(room.width));
        let from = match align {
            Align::Left => x,
            Align::Right => x + room.width.saturating_sub(u16::try_from(text::width(&shown)).unwrap_or(0)),
        };
        self.put(room, from, y, &shown, style);
    }

    /// Writes pieces of text one after the other.
    pub fn line(&mut self, area: Rect, y: u16, pieces: &[(&str, Style)]) -> u16 {
        let mut x = area.x;
        for (text, style) in pieces {
            x = self.put(area, x, y, text, *style);
        }
        x
    }

    /// Colours a row, keeping its text.
    pub fn shade(&mut self, area: Rect, y: u16, style: Style) {
        if y >= area.top() && y < area.bottom() {
            self.buffer.set_style(Rect { y, height: 1, ..area }, style);
        }
    }

    /// A framed panel; returns what is inside.
    pub fn panel(&mut self, area: Rect, title: &str, focus: bool) -> Rect {
        let style = if focus { self.look.styles.border_focus } else { self.look.styles.border };
        self.frame(area, title, style, self.look.styles.title)
    }

    fn frame(&mut self, area: Rect, title: &str, border: Style, title_style: Style) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let mut block = Block::bordered().border_style(border);
        if self.look.glyphs.ascii {
            block = block.border_set(ratatui::symbols::border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            });
        } else {
            block = block.border_type(BorderType::Rounded);
        }
        let inside = block.inner(area);
        block.render(area, self.buffer);
        if !title.is_empty() {
            let line = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
            self.put(line, line.x, area.y, &format!(" {title} "), title_style);
        }
        inside
    }

    /// A panel's title with its standing: nothing where it is live.
    pub fn standing(&mut self, area: Rect, standing: Standing<'_>) {
        let styles = &self.look.styles;
        let (text, style) = match standing {
            Standing::Live(_) => return,
            Standing::Waiting => (" waiting ".to_string(), styles.dim),
            Standing::Stale(as_of, trouble) => {
                let age = text::age((self.now - as_of).num_seconds());
                (format!(" stale, {age} old: {} ", short(trouble)), styles.stale)
            }
            Standing::Failed(trouble) => (format!(" {} ", short(trouble)), styles.warning),
        };
        let width = u16::try_from(text::width(&text)).unwrap_or(u16::MAX).min(area.width.saturating_sub(4));
        let from = area.right().saturating_sub(width + 2);
        self.put(Rect { x: from, width, ..area }, from, area.y, &text, style);
    }

    /// A popup in the middle of `screen`; returns what is inside.
    pub fn popup(&mut self, screen: Rect, columns: u16, rows: u16, title: &str, danger: bool) -> Rect {
        let width = columns.min(screen.width);
        let height = rows.min(screen.height);
        let area = Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (screen.height - height) / 2,
            width,
            height,
        };
        let border = if danger { self.look.styles.danger } else { self.look.styles.popup_border };
        self.popup_at(area, title, border)
    }

    /// A popup at a place; returns what is inside.
    pub fn popup_at(&mut self, area: Rect, title: &str, border: Style) -> Rect {
        let area = area.intersection(self.buffer.area);
        Clear.render(area, self.buffer);
        let styles = self.look.styles.clone();
        self.buffer.set_style(area, styles.popup);
        self.frame(area, title, styles.popup.patch(border), styles.popup.patch(styles.title))
    }

    /// Several lines of prose, wrapped at blanks; returns how many rows they took.
    pub fn prose(&mut self, area: Rect, from_row: u16, text: &str, style: Style) -> u16 {
        let mut row = from_row;
        for line in wrapped(text, usize::from(area.width)) {
            self.put(area, area.x, area.y + row, &line, style);
            row += 1;
        }
        row - from_row
    }

    /// What stands in an empty list: why it is empty.
    pub fn empty(&mut self, inside: Rect, standing: Standing<'_>, of_what: &str) {
        let styles = self.look.styles.clone();
        match standing {
            Standing::Waiting => {
                let text = format!("{} waiting for {of_what}", self.look.glyphs.waiting);
                self.prose(inside, 0, &text, styles.dim);
            }
            Standing::Live(_) => {
                self.prose(inside, 0, &format!("no {of_what}"), styles.dim);
            }
            Standing::Stale(_, trouble) | Standing::Failed(trouble) => {
                self.prose(inside, 0, &trouble.sentence(), styles.warning);
            }
        }
    }
}

/// A text in lines of at most so many columns, broken between words where that is possible.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && text::width(&line) + 1 + text::width(word) > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            while text::width(&line) > width {
                let (head, tail) = split_at_width(&line, width);
                let tail = tail.to_string();
                lines.push(head.to_string());
                line = tail;
            }
        }
        lines.push(line);
    }
    lines
}

fn split_at_width(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        let wide = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used + wide > width && at > 0 {
            return text.split_at(at);
        }
        used += wide;
    }
    (text, "")
}

fn short(trouble: &crate::model::trouble::Trouble) -> String {
    use crate::model::trouble::Kind;
    match trouble.kind {
        Kind::Denied => format!("denied: needs {}", trouble.operation),
        Kind::Throttled => "throttled".into(),
        _ => trouble.sentence(),
    }
}
