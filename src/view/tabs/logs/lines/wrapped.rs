//! Lines as they wrap: whole, unless they are taller than the screen.

use ratatui::layout::Rect;

use super::{Rows, head, level_style, more};
use crate::store::logs::Line;
use crate::text;
use crate::view::pen::Pen;

/// Rows of one line.
struct Paragraph<'t> {
    /// Each with its end in the text.
    rows: Vec<(&'t str, usize)>,
    /// The text goes on after the last of them.
    goes_on: bool,
}

/// Wraps a text into so many rows at most.
fn wrap(text: &str, width: usize, height: usize) -> Paragraph<'_> {
    let mut rows = Vec::new();
    let mut begin = 0;
    for line in text.split('\n') {
        let mut rest = line;
        loop {
            if rows.len() == height {
                return Paragraph { rows, goes_on: true };
            }
            let mut used = 0;
            let end = rest
                .char_indices()
                .find(|(_, c)| {
                    used += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
                    used > width
                })
                .map_or(rest.len(), |(at, _)| at);
            if end == rest.len() || end == 0 {
                rows.push((rest, begin + rest.len()));
                begin += rest.len() + 1;
                break;
            }
            rows.push((&rest[..end], begin + end));
            begin += end;
            rest = &rest[end..];
        }
    }
    Paragraph { rows, goes_on: false }
}

impl<'a> Rows<'a> {
    /// Laid from the selected line upwards, then downwards: only what is on the screen is wrapped.
    pub(super) fn draw_wrapped(&self, pen: &mut Pen) {
        let (tab, body) = (&self.app.logs, self.body);
        let count = tab.rows(&self.app.store.logs);
        let source = if self.many { u16::try_from(self.source_width()).unwrap_or(0) + 1 } else { 0 };
        let prefix = 15 + source;
        let height = usize::from(body.height);
        let tall = |row: usize| self.line(row).map_or(0, |line| self.height(row, &line, prefix));
        // How far up the selected line allows the screen to begin.
        let mut first = tab.cursor.row.min(count.saturating_sub(1));
        let mut used = tall(first);
        while first > 0 && used + tall(first - 1) <= height {
            first -= 1;
            used += tall(first);
        }
        let mut y = body.y;
        for row in first..count {
            let Some(line) = self.line(row) else { continue };
            let begin = y;
            y = self.draw_paragraph(row, &line, prefix, pen, y);
            if row == tab.cursor.row && tab.paused {
                for y in begin..y {
                    pen.shade(body, y, pen.look.styles.selection);
                }
            }
            if y >= body.bottom() {
                return;
            }
        }
    }

    /// The text of a row: what jq makes of the line stands in its place.
    fn said<'l>(&'l self, row: usize, line: &'l Line) -> &'l str {
        let (tab, store) = (&self.app.logs, &self.app.store.logs);
        let made = tab.lens.as_ref().and_then(|lens| lens.text(tab.place_at(row, store)?, store));
        made.unwrap_or(line.text)
    }

    /// What stands at the right edge of a row's first line, and the columns that the text has.
    fn room(&self, row: usize, prefix: u16) -> (String, usize) {
        let marks = match self.frames(row) {
            0 => String::new(),
            frames => format!(" +{frames}"),
        };
        let room = usize::from(self.body.width.saturating_sub(prefix)).saturating_sub(marks.len()).max(1);
        (marks, room)
    }

    fn height(&self, row: usize, line: &Line, prefix: u16) -> usize {
        let text = text::safe(head(self.said(row, line)));
        wrap(&text, self.room(row, prefix).1, usize::from(self.body.height)).rows.len()
    }

    /// Draws a line, and says where the next begins. A line that is taller than the screen ends with a sign that tells how
    /// much of it is not there.
    fn draw_paragraph(&self, row: usize, line: &Line, prefix: u16, pen: &mut Pen, y: u16) -> u16 {
        let (style, notice) = (level_style(pen, line.level), pen.look.styles.notice);
        let (marks, room) = self.room(row, prefix);
        let whole = self.said(row, line);
        let drawn = text::safe(head(whole));
        let unseen = whole.len() - head(whole).len();
        let mut paragraph = wrap(&drawn, room, usize::from(self.body.height));
        let mut sign = None;
        if paragraph.goes_on || unseen > 0 {
            // The sign takes a row of its own, if there are others.
            if paragraph.rows.len() > 1 {
                paragraph.rows.pop();
            }
            let end = paragraph.rows.last().map_or(0, |(_, end)| *end);
            sign = Some(more(drawn.len().saturating_sub(end) + unseen));
        }
        let mut at = y;
        for (part, _) in &paragraph.rows {
            if at >= self.body.bottom() {
                return at;
            }
            let (x, body) = if at == y {
                let x = self.draw_prefix(row, line, pen, at);
                (x, self.put_marks(&marks, pen, x, at))
            } else {
                (self.body.x + prefix, self.body)
            };
            self.draw_text(part, pen, body, x, at, style);
            at += 1;
        }
        if let Some(sign) = sign.filter(|_| at < self.body.bottom()) {
            let body = Rect { x: self.body.x + prefix, width: self.body.width.saturating_sub(prefix), ..self.body };
            pen.put(body, body.x, at, &text::cut(&sign, usize::from(body.width)), notice);
            at += 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, width: usize) -> Vec<&str> {
        wrap(text, width, 9).rows.into_iter().map(|(row, _)| row).collect()
    }

    #[test]
    fn lines_wrap_by_columns_and_never_for_ever() {
        assert_eq!(rows("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(rows("日本語", 4), ["日本", "語"]);
        assert_eq!(rows("a\nb", 4), ["a", "b"]);
        assert_eq!(rows("日", 1), ["日"]);
    }

    #[test]
    fn a_tall_line_is_cut_where_it_can_be_told() {
        let tall = wrap("abc\ndefghi\n\nj", 3, 3);
        assert_eq!((tall.rows.as_slice(), tall.goes_on), (&[("abc", 3), ("def", 7), ("ghi", 10)][..], true));
        let fits = wrap("abc\ndefghi", 3, 3);
        assert_eq!((fits.rows.len(), fits.goes_on), (3, false));
    }
}
