//! Lines of the tail, one row each or wrapped.

mod wrapped;

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::style::Style;
use serde_json::Value;

use crate::app::App;
use crate::app::tabs::logs::needle::Needle;
use crate::app::tabs::logs::times::Times;
use crate::model::json;
use crate::model::log::Level;
use crate::store::feed::Standing;
use crate::store::logs::Line;
use crate::text;
use crate::view::pen::{Align, Pen};

/// No more of a line is drawn: a megabyte at each frame would freeze the screen.
const DRAWN: usize = 16 * 1024;
/// No field is looked for in longer lines.
const FIELDS: usize = 64 * 1024;

/// What is the same for all lines of a frame.
struct Rows<'a> {
    app: &'a App,
    body: Rect,
    needles: Vec<&'a Needle>,
    many: bool,
}

pub(super) fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let tab = &app.logs;
    let store = &app.store.logs;
    let count = tab.rows(store);
    if count == 0 {
        draw_empty(app, pen, body);
        return;
    }
    let needles = tab.filters.iter().filter_map(|term| term.needle.as_ref()).collect();
    let mut rows = Rows { app, body, needles, many: tab.groups.len() > 1 };
    if !tab.columns.is_empty() && !tab.wrap {
        rows.draw_header(pen);
        rows.body = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    }
    let body = rows.body;
    if tab.wrap {
        rows.draw_wrapped(pen);
        return;
    }
    for (at, row) in tab.cursor.visible(count, usize::from(body.height)).enumerate() {
        let Some(line) = rows.line(row) else { continue };
        let y = body.y + u16::try_from(at).unwrap_or(0);
        rows.draw_line(row, &line, pen, y);
        if row == tab.cursor.row && (tab.paused || !app.overlays.is_empty()) {
            pen.shade(body, y, pen.look.styles.selection);
        }
    }
}

fn draw_empty(app: &App, pen: &mut Pen, body: Rect) {
    let tab = &app.logs;
    let styles = pen.look.styles.clone();
    if let Some((group, trouble)) = tab.troubles.iter().next() {
        pen.prose(body, 0, &format!("{group}: {}", trouble.sentence()), styles.warning);
    } else if tab.groups.is_empty() {
        pen.empty(body, app.store.functions.standing(), "functions whose log could be tailed");
    } else if !app.store.logs.is_empty() {
        pen.prose(body, 0, "no line passes the filter (Esc drops it)", styles.dim);
    } else if tab.read_to.is_some() {
        let since = text::span(app.config.logs.lookback);
        pen.empty(body, Standing::Live(app.now), &format!("events in the last {since}; k asks for older ones"));
    } else {
        pen.empty(body, Standing::Waiting, "log events");
    }
}

fn level_style(pen: &Pen, level: Level) -> Style {
    let styles = &pen.look.styles;
    match level {
        Level::Error => styles.level_error,
        Level::Gap => styles.warning,
        Level::Warn => styles.level_warn,
        Level::Info => styles.level_info,
        Level::Debug => styles.level_debug,
        Level::Platform => styles.level_platform,
    }
}

/// A line as one row. JSON begins with what it says, then its other fields; it is read here, where it is seen, and not
/// when it arrives: most lines never are.
fn brief(text: &str) -> Cow<'_, str> {
    let fields = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) if text.starts_with('{') => fields,
        _ => return text::safe_line(text),
    };
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let mut row = String::new();
    let mut said = Vec::new();
    for name in ["level", "type", "message", "errorType", "errorMessage"] {
        if let Some(value) = fields.get(name) {
            row.push_str(&plain(value));
            row.push_str("  ");
            said.push(name);
        }
    }
    // A platform event says what matters one level deeper.
    let inner = fields.get("record").and_then(Value::as_object);
    let metrics = inner.and_then(|record| record.get("metrics")).and_then(Value::as_object);
    let rest = fields.iter().chain(inner.into_iter().flatten()).chain(metrics.into_iter().flatten());
    for (name, value) in rest {
        // Times stand in front of the row, and ids say the least: the whole line has them.
        let is_known = matches!(name.as_str(), "time" | "timestamp" | "requestId" | "function_request_id");
        if !is_known && !said.contains(&name.as_str()) && !matches!(name.as_str(), "record" | "metrics" | "tracing") {
            row.push_str(&format!("{name}={} ", plain(value)));
        }
    }
    let id = fields.get("requestId").or_else(|| fields.get("function_request_id"));
    if let Some(id) = id.or_else(|| inner?.get("requestId")) {
        row.push_str(&format!("requestId={}", plain(id)));
    }
    Cow::Owned(text::safe_line(row.trim_end()).into_owned())
}

/// As much of a text as is drawn.
fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(DRAWN)]
}

/// Says how much of a line is not there to be seen.
fn more(bytes: usize) -> String {
    format!("… {} more, Enter opens", text::bytes(bytes as u64))
}

/// Line feeds within an event: so many lines of it are folded into its first.
fn feeds(text: &str) -> usize {
    if text.len() > DRAWN { 0 } else { memchr::memchr_iter(b'\n', text.as_bytes()).count() }
}

/// A line without its first columns.
fn skip_columns(line: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in line.char_indices() {
        if used >= columns {
            return &line[at..];
        }
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
    }
    if columns == 0 { line } else { "" }
}

impl<'a> Rows<'a> {
    fn line(&self, row: usize) -> Option<Line<'a>> {
        let store = &self.app.store.logs;
        store.line(self.app.logs.place_at(row, store)?)
    }

    fn draw_line(&self, row: usize, line: &Line, pen: &mut Pen, y: u16) {
        let tab = &self.app.logs;
        let style = level_style(pen, line.level);
        let x = self.draw_prefix(row, line, pen, y);
        let x = self.draw_columns(line, pen, x, y);
        let store = &self.app.store.logs;
        let made = tab.lens.as_ref().and_then(|lens| lens.text(tab.place_at(row, store)?, store));
        let whole = made.unwrap_or(line.text);
        let drawn = head(whole);
        let one_line = if made.is_some() { text::safe_line(drawn) } else { brief(drawn) };
        let mut marks = String::new();
        if drawn.len() < whole.len() {
            marks.push_str(&format!(" {}", more(whole.len() - drawn.len())));
        }
        let folded = self.frames(row) + if made.is_some() { 0 } else { feeds(line.text) };
        if folded > 0 {
            marks.push_str(&format!(" +{folded}"));
        }
        let body = self.put_marks(&marks, pen, x, y);
        self.draw_text(skip_columns(&one_line, tab.column), pen, body, x, y, style);
    }

    /// What is left out of a line stands at the right edge, whatever the length of the line. Returns what is left of the
    /// body.
    fn put_marks(&self, marks: &str, pen: &mut Pen, x: u16, y: u16) -> Rect {
        if marks.is_empty() {
            return self.body;
        }
        let width = u16::try_from(text::width(marks)).unwrap_or(u16::MAX);
        let at = self.body.right().saturating_sub(width).max(x);
        pen.put(self.body, at, y, marks, pen.look.styles.notice);
        Rect { width: at.saturating_sub(self.body.x), ..self.body }
    }

    /// Names of the columns, over what they hold.
    fn draw_header(&self, pen: &mut Pen) {
        let style = pen.look.styles.table_header;
        let source = if self.many { u16::try_from(self.source_width()).unwrap_or(0) + 1 } else { 0 };
        let mut x = self.body.x + 15 + source;
        for path in &self.app.logs.columns {
            pen.cell(self.body, x, self.body.y, self.column_width(), path.trim_start_matches('.'), Align::Left, style);
            x += self.column_width() + 1;
        }
    }

    fn column_width(&self) -> u16 {
        let columns = u16::try_from(self.app.logs.columns.len()).unwrap_or(1);
        (self.body.width / (columns + 2)).clamp(6, 20)
    }

    /// Fields of JSON lines that the user has chosen. Returns the column after them.
    fn draw_columns(&self, line: &Line, pen: &mut Pen, x: u16, y: u16) -> u16 {
        let width = self.column_width();
        let mut x = x;
        for path in &self.app.logs.columns {
            // At each frame, so a document of a megabyte is left for the popup.
            let value = Some(line.text).filter(|text| text.len() <= FIELDS).and_then(|text| json::field(text, path));
            let style = if value.is_some() { pen.look.styles.strong } else { pen.look.styles.dim };
            let value = value.as_deref().map_or(Cow::Borrowed("-"), text::safe_line);
            let at = Rect { y, height: 1, ..self.body };
            pen.cell(at, x, y, width, &value, Align::Left, style);
            x += width + 1;
        }
        x
    }

    /// Frames that came as events of their own and are folded into a row.
    fn frames(&self, row: usize) -> usize {
        let (tab, store) = (&self.app.logs, &self.app.store.logs);
        let place = tab.place_at(row, store).filter(|_| tab.shown.wants().folded);
        place.map_or(0, |place| store.followers(place))
    }

    /// Time, a mark for errors, and the source where there are several. Returns the column of the text.
    fn draw_prefix(&self, row: usize, line: &Line, pen: &mut Pen, y: u16) -> u16 {
        let styles = pen.look.styles.clone();
        let body = self.body;
        let time = self.time(row, line, pen);
        let mut x = pen.put(body, body.x, y, &format!("{time:>12}"), styles.dim);
        let mark = match line.level {
            Level::Error => pen.look.glyphs.critical,
            Level::Warn | Level::Gap => pen.look.glyphs.warning,
            _ => " ",
        };
        x = pen.put(body, x + 1, y, mark, level_style(pen, line.level)) + 1;
        if self.many {
            let name = line.group.rsplit('/').next().unwrap_or(line.group);
            let style = [styles.link, styles.chart_2, styles.chart_3, styles.chart_4][hue(line.group) % 4];
            let width = self.source_width();
            x = pen.put(body, x, y, &format!("{:<width$} ", text::cut_middle(name, width)), style);
        }
        x
    }

    fn source_width(&self) -> usize {
        if self.body.width < 100 { 12 } else { 20 }
    }

    fn time(&self, row: usize, line: &Line, pen: &Pen) -> String {
        let at = line.timestamp;
        match self.app.logs.times {
            Times::Absolute => chrono::DateTime::from_timestamp_millis(at)
                .map(|at| pen.time_of_day(at, "%H:%M:%S%.3f"))
                .unwrap_or_default(),
            Times::Relative => {
                let ago = (self.app.now.timestamp_millis() - at) / 1000;
                format!("{} ago", text::age(ago.max(0)))
            }
            Times::Delta => match row.checked_sub(1).and_then(|row| self.line(row)) {
                Some(before) => format!("+{}", text::millis((at - before.timestamp) as f64)),
                None => String::new(),
            },
        }
    }

    fn draw_text(&self, shown: &str, pen: &mut Pen, body: Rect, x: u16, y: u16, style: Style) {
        let matched = pen.look.styles.matched;
        let visible = text::cut(shown, usize::from(body.right().saturating_sub(x)));
        let mut places: Vec<(usize, usize)> = self.needles.iter().flat_map(|needle| needle.places(&visible)).collect();
        places.sort_unstable();
        let mut at = 0;
        let mut x = x;
        for (from, to) in places {
            if from >= at && to > from {
                x = pen.put(body, x, y, &visible[at..from], style);
                x = pen.put(body, x, y, &visible[from..to], matched);
                at = to;
            }
        }
        pen.put(body, x, y, &visible[at..], style);
    }
}

/// A number that stays the same for a group, to colour it by.
fn hue(group: &str) -> usize {
    group.bytes().fold(7usize, |hue, byte| hue.wrapping_mul(31).wrapping_add(usize::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_scrolled_by_columns() {
        assert_eq!(skip_columns("abc", 2), "c");
        assert_eq!(skip_columns("abc", 9), "");
    }

    #[test]
    fn json_says_first_what_it_has_to_say() {
        let row = brief(r#"{"timestamp":"t","level":"ERROR","requestId":"r","message":"boom"}"#);
        assert_eq!(row, "ERROR  boom  requestId=r");
        let row =
            brief(r#"{"time":"t","type":"platform.report","record":{"requestId":"r","metrics":{"durationMs":3.5}}}"#);
        assert_eq!(row, "platform.report  durationMs=3.5 requestId=r");
        assert_eq!(brief("{broken"), "{broken");
    }
}
