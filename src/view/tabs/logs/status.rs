//! The line over the log: the panels, and everything that keeps the tail from being complete or current.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::logs::Panel;
use crate::model::log::{LIVE_MINUTE, LIVE_SESSION, Level};
use crate::text;
use crate::time::Moment;
use crate::view::pen::Pen;

pub(super) fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let mut x = area.x;
    if Panel::ALL.len() > 1 {
        for panel in Panel::ALL {
            let style = if panel == app.logs.panel { styles.tab_active } else { styles.dim };
            x = pen.put(area, x, area.y, &format!(" {} ", panel.name()), style);
        }
        x = pen.put(area, x, area.y, " ", styles.dim);
    }
    put(pen, area, x, &parts(app, pen));
}

/// Puts parts into the first line of an area, with a separator between.
pub(super) fn put(pen: &mut Pen, area: Rect, mut x: u16, parts: &[(String, Style)]) {
    let separator = format!(" {} ", pen.look.glyphs.separator);
    let dim = pen.look.styles.dim;
    for (place, (part, style)) in parts.iter().enumerate() {
        if place > 0 {
            x = pen.put(area, x, area.y, &separator, dim);
        }
        x = pen.put(area, x, area.y, part, *style);
    }
}

/// The parts, what matters most first: a narrow screen cuts the end off.
fn parts(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    match app.logs.panel {
        Panel::Lines => {}
        Panel::Invocations => return super::invocations::parts(app, pen),
        Panel::Errors => return super::errors::parts(app, pen),
        Panel::Insights => return super::insights::parts(app, pen),
    }
    let styles = &pen.look.styles;
    let tab = &app.logs;
    let store = &app.store.logs;
    let mut parts: Vec<(String, Style)> = Vec::new();
    if tab.paused {
        let unseen = if tab.unseen > 0 { format!("paused, {} new", count(tab.unseen)) } else { "paused".into() };
        parts.push((unseen, styles.warning));
    } else {
        parts.push(("following".into(), styles.good));
    }
    if !tab.caught_up && tab.troubles.len() < tab.groups.len() {
        parts.push((format!("{} reading what there is", pen.look.glyphs.waiting), styles.notice));
    }
    for (group, trouble) in &tab.troubles {
        parts.push((format!("{group}: {}", trouble.sentence()), styles.critical));
    }
    if let Some(until) = app.store.throttled.get("logs").filter(|until| **until > app.now) {
        let wait = (*until - app.now).num_seconds();
        parts.push((format!("throttled, next in {wait}s"), styles.throttle));
    }
    if tab.live.wanted {
        parts.push(live(app, styles.accent, styles.warning));
    }
    let rows = tab.rows(store);
    let lines = if rows == store.len() {
        format!("{} lines", count(rows))
    } else {
        format!("{} of {} lines", count(rows), count(store.len()))
    };
    parts.push((lines, styles.text));
    if let Some(share) = tab.shown.progress(store) {
        parts.push((format!("searched {}", text::percent(share)), styles.notice));
    }
    match store.newest() {
        Some(newest) => {
            let lag = (app.now.timestamp_millis() - newest).max(0) / 1000;
            parts.push((format!("newest {} ago", text::age(lag)), styles.text));
        }
        None => parts.push(("no line yet".into(), styles.dim)),
    }
    parts.push((format!("{:.1}/s", tab.rate(&app.store)), styles.dim));
    let gaps = store.gap_count();
    if gaps > 0 {
        parts.push((if gaps == 1 { "1 gap".into() } else { format!("{gaps} gaps") }, styles.warning));
    }
    if store.dropped > 0 {
        parts.push((format!("{} dropped, oldest first", count(store.dropped as usize)), styles.warning));
    }
    if tab.is_in_context() {
        parts.push(("in context (c: back)".into(), styles.notice));
    }
    if let Some(complaint) = &tab.complaint {
        parts.push((format!("pattern: {complaint}"), styles.critical));
    }
    if let Some((_, title)) = &tab.only {
        parts.push((title.clone(), styles.notice));
    }
    if let Some(lens) = &tab.lens {
        parts.push((
            format!("jq {}: {} of {} JSON lines", lens.expression, count(lens.said()), count(lens.looked_at())),
            styles.accent,
        ));
        if let Some(trouble) = &lens.trouble {
            let at = lens.blamed.and_then(Moment::from_timestamp_millis);
            let on = at.map(|at| format!(" on the line of {}", pen.time_of_day(at, "%H:%M:%S%.3f")));
            parts.push((format!("{trouble}{}", on.unwrap_or_default()), styles.critical));
        } else if let Some((failed, failure)) = lens.failures() {
            parts.push((format!("{} failed: {failure}", count(failed)), styles.critical));
        }
        if lens.left_out > 0 {
            parts.push((format!("{} older ones not looked at", count(lens.left_out)), styles.warning));
        }
    }
    for term in &tab.filters {
        parts.push((format!("/{}", term.text), styles.notice));
    }
    if let Some(least) = tab.least {
        let name = match least {
            Level::Error | Level::Gap => "errors only",
            Level::Warn => "warnings and errors",
            _ => "without platform and debug lines",
        };
        parts.push((name.into(), styles.notice));
    }
    if let Some((from, to)) = tab.range {
        let at = |ms: i64| {
            chrono::DateTime::from_timestamp_millis(ms).map(|at| pen.time_of_day(at, "%H:%M:%S")).unwrap_or_default()
        };
        parts.push((format!("{} to {}", at(from), at(to)), styles.notice));
    }
    if !tab.expression().is_empty() {
        parts.push((format!("AWS filter {}", tab.expression()), styles.accent));
    }
    if tab.is_loading_older() || tab.fetching.is_some() {
        parts.push((format!("{} older lines", pen.look.glyphs.waiting), styles.dim));
    }
    if tab.late > 0 {
        parts.push((format!("{} came late", count(tab.late as usize)), styles.dim));
    }
    if tab.by_itself {
        parts.push(("the worst function's log, chosen because nothing was".into(), styles.dim));
    }
    parts
}

fn live(app: &App, open: Style, closed: Style) -> (String, Style) {
    let live = &app.logs.live;
    let Some(since) = live.since else { return ("live tail not open yet".into(), closed) };
    let open_for = (app.now - since).num_seconds().max(0);
    let cost = text::dollars((open_for as f64 / 60.0).ceil() * LIVE_MINUTE * app.logs.live_sessions() as f64);
    let left = text::age((LIVE_SESSION - open_for).max(0));
    let sampled = if live.sampled > 0 { format!(", {} s sampled", live.sampled) } else { String::new() };
    (format!("live, {cost}, {left} left{sampled}"), if live.sampled > 0 { closed } else { open })
}

/// 1234567 as `1,234,567`: what was not shown is counted to the line.
pub(super) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_exact_and_readable() {
        assert_eq!([count(0), count(999), count(1000), count(1234567)], ["0", "999", "1,000", "1,234,567"]);
    }
}
