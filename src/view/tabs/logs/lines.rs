//! The tail.
//!
//! ```text
//! ╭ Logs /aws/lambda/orders-api · following ─────────────────────────────────────╮
//! │ lag 3s · 12/s · 480 of 2310 lines · /error · AWS filter "timeout"             │
//! │ 14:03:22.104 START RequestId: …                                               │
//! │ 14:03:22.310 [ERROR] KeyError: 'shippingAddress'                              │
//! ╰───────────────────────────────────────────────────────────────────────────────╯
//! ```

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::style::Style;
use serde_json::Value;

use crate::app::App;
use crate::app::tabs::logs::matching::Needle;
use crate::model::log::Level;
use crate::store::feed::Standing;
use crate::store::logs::Line;
use crate::text;
use crate::view::pen::Pen;

/// No more of a line is wrapped: wrapping a megabyte at each frame would freeze the screen.
const WRAPPED: usize = 16 * 1024;

/// Draws the tab.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.logs;
    let store = &app.store.logs;
    let names: Vec<String> = tab
        .groups
        .iter()
        .map(|group| match &group.function {
            Some(function) => format!("{} ({function})", group.name),
            None => group.name.clone(),
        })
        .collect();
    let title = match names.as_slice() {
        [] => "Logs".to_string(),
        [one] => format!("Logs {one}"),
        [one, rest @ ..] => format!("Logs {one} and {} more", rest.len()),
    };
    let room = usize::from(area.width.saturating_sub(8));
    let inside = pen.panel(area, &text::cut_middle(&title, room), true);
    if inside.height < 2 {
        return;
    }
    let status = Rect { height: 1, ..inside };
    draw_status(app, pen, status);
    let body = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
    let rows = tab.shown.len(store);
    if rows == 0 {
        draw_empty(app, pen, body);
        return;
    }
    let many = tab.groups.len() > 1;
    if tab.wrap {
        draw_wrapped(app, pen, body, many);
        return;
    }
    for (at, row) in tab.cursor.visible(rows, usize::from(body.height)).enumerate() {
        let Some(line) = tab.shown.place(row, store).and_then(|place| store.line(place)) else { continue };
        let y = body.y + u16::try_from(at).unwrap_or(0);
        let x = draw_prefix(&line, pen, body, y, many);
        let one_line = &line.text[..line.text.floor_char_boundary(WRAPPED)];
        let one_line = brief(one_line);
        let shown = skip_columns(&one_line, tab.column);
        draw_text(shown, tab.shown.needle(), pen, body, x, y, level_style(pen, line.level));
        if row == tab.cursor.row && (tab.paused || !app.overlays.is_empty()) {
            pen.shade(body, y, styles.selection);
        }
    }
}

fn draw_status(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let tab = &app.logs;
    let store = &app.store.logs;
    let separator = format!(" {} ", pen.look.glyphs.separator);
    let mut parts: Vec<(String, Style)> = Vec::new();
    if tab.paused {
        parts.push(("paused (G follows)".into(), styles.warning));
    } else {
        parts.push(("following".into(), styles.good));
    }
    match store.newest() {
        Some(newest) => {
            let lag = (app.now.timestamp_millis() - newest).max(0) / 1000;
            parts.push((format!("newest {} ago", text::age(lag)), styles.text));
        }
        None => parts.push(("no line yet".into(), styles.dim)),
    }
    parts.push((format!("{:.1}/s", tab.rate), styles.dim));
    let rows = tab.shown.len(store);
    let count = if rows == store.len() { format!("{rows} lines") } else { format!("{rows} of {} lines", store.len()) };
    parts.push((count, styles.text));
    if store.dropped > 0 {
        parts.push((format!("{} dropped, oldest first", store.dropped), styles.warning));
    }
    if let Some(least) = tab.least {
        let name = match least {
            Level::Error => "errors only",
            Level::Warn => "warnings and errors",
            _ => "without platform and debug lines",
        };
        parts.push((name.into(), styles.notice));
    }
    if !tab.filter.is_empty() {
        parts.push((format!("/{}", tab.filter), styles.notice));
    }
    if let Some(complaint) = &tab.shown.complaint {
        parts.push((format!("pattern: {complaint}"), styles.critical));
    }
    if !tab.expression().is_empty() {
        parts.push((format!("AWS filter {}", tab.expression()), styles.accent));
    }
    if tab.is_loading_older() {
        parts.push((format!("{} older lines", pen.look.glyphs.waiting), styles.dim));
    }
    if let Some(until) = app.store.throttled.get("logs").filter(|until| **until > app.now) {
        let wait = (*until - app.now).num_seconds();
        parts.push((format!("throttled, next in {wait}s"), styles.throttle));
    }
    for (group, trouble) in &tab.troubles {
        parts.push((format!("{group}: {}", trouble.sentence()), styles.critical));
    }
    if tab.by_itself {
        parts.push(("the worst function's log, chosen because nothing was".into(), styles.dim));
    }
    let mut x = area.x;
    for (place, (part, style)) in parts.iter().enumerate() {
        if place > 0 {
            x = pen.put(area, x, area.y, &separator, styles.dim);
        }
        x = pen.put(area, x, area.y, part, *style);
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
        Level::Warn => styles.level_warn,
        Level::Info => styles.level_info,
        Level::Debug => styles.level_debug,
        Level::Platform => styles.level_platform,
    }
}

/// Time, a mark for errors, and the source where there are several. Returns the column of the text.
fn draw_prefix(line: &Line, pen: &mut Pen, body: Rect, y: u16, many: bool) -> u16 {
    let styles = pen.look.styles.clone();
    let time = chrono::DateTime::from_timestamp_millis(line.timestamp)
        .map(|at| pen.time_of_day(at, "%H:%M:%S%.3f"))
        .unwrap_or_default();
    let mut x = pen.put(body, body.x, y, &time, styles.dim);
    let mark = match line.level {
        Level::Error => pen.look.glyphs.critical,
        Level::Warn => pen.look.glyphs.warning,
        _ => " ",
    };
    x = pen.put(body, x + 1, y, mark, level_style(pen, line.level)) + 1;
    if many {
        let name = line.group.rsplit('/').next().unwrap_or(line.group);
        x = pen.put(body, x, y, &format!("{:<16} ", text::cut_middle(name, 16)), styles.link);
    }
    x
}

fn draw_text(shown: &str, needle: &Needle, pen: &mut Pen, body: Rect, x: u16, y: u16, style: Style) {
    let matched = pen.look.styles.matched;
    let visible = text::cut(shown, usize::from(body.right().saturating_sub(x)));
    let mut at = 0;
    let mut x = x;
    for (from, to) in needle.places(&visible) {
        if from >= at {
            x = pen.put(body, x, y, &visible[at..from], style);
            x = pen.put(body, x, y, &visible[from..to], matched);
            at = to;
        }
    }
    pen.put(body, x, y, &visible[at..], style);
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
        let is_time = matches!(name.as_str(), "time" | "timestamp");
        if !is_time && !said.contains(&name.as_str()) && !matches!(name.as_str(), "record" | "metrics" | "tracing") {
            row.push_str(&format!("{name}={} ", plain(value)));
        }
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

/// Wrapped lines, laid from the selected one upwards, then downwards: only what is on the screen is wrapped.
fn draw_wrapped(app: &App, pen: &mut Pen, body: Rect, many: bool) {
    let styles = pen.look.styles.clone();
    let tab = &app.logs;
    let store = &app.store.logs;
    let rows = tab.shown.len(store);
    let prefix = 15 + if many { 17 } else { 0 };
    let width = usize::from(body.width.saturating_sub(prefix)).max(1);
    let height = usize::from(body.height);
    let line_at = |row: usize| tab.shown.place(row, store).and_then(|place| store.line(place));
    let tall = |row: usize| line_at(row).map_or(0, |line| wrap(line.text, width).len());
    // How far up the selected line allows the screen to begin.
    let mut first = tab.cursor.row.min(rows.saturating_sub(1));
    let mut used = tall(first);
    while first > 0 && used + tall(first - 1) <= height {
        first -= 1;
        used += tall(first);
    }
    let mut y = body.y;
    for row in first..rows {
        let Some(line) = line_at(row) else { continue };
        let style = level_style(pen, line.level);
        let begin = y;
        for (at, part) in wrap(line.text, width).into_iter().enumerate() {
            if y >= body.bottom() {
                return;
            }
            let x = if at == 0 { draw_prefix(&line, pen, body, y, many) } else { body.x + prefix };
            draw_text(part, tab.shown.needle(), pen, body, x, y, style);
            y += 1;
        }
        if row == tab.cursor.row && tab.paused {
            for y in begin..y {
                pen.shade(body, y, styles.selection);
            }
        }
    }
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
        assert_eq!(row, "platform.report  requestId=r durationMs=3.5");
        assert_eq!(brief("{broken"), "{broken");
    }
}
