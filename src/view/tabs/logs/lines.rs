//! Lines of the tail, one row each or wrapped.

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

/// No more of a line is wrapped: wrapping a megabyte at each frame would freeze the screen.
const WRAPPED: usize = 16 * 1024;
/// No field is looked for in longer lines.
const FIELDS: usize = 64 * 1024;
/// Lines that are counted behind the head of a folded stack trace.
const FOLLOWERS: usize = 200;

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

/// Wrapped rows of one line.
fn wrap(text: &str, width: usize) -> Vec<&str> {
    let mut rows = Vec::new();
    for line in text[..text.floor_char_boundary(WRAPPED)].split('\n') {
        let mut rest = line;
        loop {
            let mut used = 0;
            let end = rest
                .char_indices()
                .find(|(_, c)| {
                    used += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
                    used > width
                })
                .map_or(rest.len(), |(at, _)| at);
            if end == rest.len() || end == 0 {
                rows.push(rest);
                break;
            }
            rows.push(&rest[..end]);
            rest = &rest[end..];
        }
    }
    rows
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
        let more = self.hidden(row, line);
        let store = &self.app.store.logs;
        let made = tab.lens.as_ref().and_then(|lens| lens.text(tab.place_at(row, store)?, store));
        let one_line = match made {
            Some(made) => text::safe_line(made),
            None => brief(&line.text[..line.text.floor_char_boundary(WRAPPED)]),
        };
        let shown = skip_columns(&one_line, tab.column);
        let body = match more {
            0 => self.body,
            // The count of what is folded stands at the right edge, whatever the length of the line.
            more => {
                let mark = format!(" +{more}");
                let width = u16::try_from(mark.len()).unwrap_or(0);
                let at = self.body.right().saturating_sub(width).max(x);
                pen.put(self.body, at, y, &mark, pen.look.styles.notice);
                Rect { width: at.saturating_sub(self.body.x), ..self.body }
            }
        };
        self.draw_text(shown, pen, body, x, y, style);
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

    /// Lines folded into this one: those of its own text, and frames that came as events of their own.
    fn hidden(&self, row: usize, line: &Line) -> usize {
        let store = &self.app.store.logs;
        let own = if line.text.len() > WRAPPED { 0 } else { memchr::memchr_iter(b'\n', line.text.as_bytes()).count() };
        let place = self.app.logs.place_at(row, store).filter(|_| self.app.logs.shown.wants().folded);
        own + place.map_or(0, |place| store.followers(place, FOLLOWERS))
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

    /// Wrapped lines, laid from the selected one upwards, then downwards: only what is on the screen is wrapped.
    fn draw_wrapped(&self, pen: &mut Pen) {
        let styles = pen.look.styles.clone();
        let (tab, body) = (&self.app.logs, self.body);
        let count = tab.rows(&self.app.store.logs);
        let source = if self.many { u16::try_from(self.source_width()).unwrap_or(0) + 1 } else { 0 };
        let prefix = 15 + source;
        let width = usize::from(body.width.saturating_sub(prefix)).max(1);
        let height = usize::from(body.height);
        let safe = |line: &Line<'a>| text::safe(&line.text[..line.text.floor_char_boundary(WRAPPED)]);
        let tall = |row: usize| self.line(row).map_or(0, |line| wrap(&safe(&line), width).len());
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
            let style = level_style(pen, line.level);
            let begin = y;
            for (at, part) in wrap(&safe(&line), width).into_iter().enumerate() {
                if y >= body.bottom() {
                    return;
                }
                let x = if at == 0 { self.draw_prefix(row, &line, pen, y) } else { body.x + prefix };
                self.draw_text(part, pen, body, x, y, style);
                y += 1;
            }
            if row == tab.cursor.row && tab.paused {
                for y in begin..y {
                    pen.shade(body, y, styles.selection);
                }
            }
        }
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
    fn lines_wrap_by_columns_and_never_for_ever() {
        assert_eq!(wrap("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(wrap("a\nb", 4), ["a", "b"]);
        assert_eq!(wrap("日", 1), ["日"]);
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
