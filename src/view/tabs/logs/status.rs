//! The line over the log: the panels, and everything that keeps the tail from being complete or current.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::tabs::logs::Panel;
use crate::model::log::{LIVE_MINUTE, LIVE_SESSION, Level};
use crate::text;
use crate::time::Moment;
use crate::view::pen::Pen;

/// Narrower than this there is room for one panel's name only.
const NARROW: u16 = 110;

/// Columns of one group's trouble: others matter too.
const TROUBLE: usize = 72;

pub(super) fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let mut x = area.x;
    if area.width < NARROW {
        x = pen.put(area, x, area.y, &format!(" {} ", app.logs.panel.name()), styles.tab_active);
        x = pen.put(area, x, area.y, " Tab ", styles.dim);
    } else {
        for panel in Panel::ALL {
            let style = if panel == app.logs.panel { styles.tab_active } else { styles.dim };
            x = pen.put(area, x, area.y, &format!(" {} ", panel.name()), style);
        }
        x = pen.put(area, x, area.y, " ", styles.dim);
    }
    put(pen, area, x, &parts(app, pen));
}

/// Puts parts into the first line of an area, with a separator between.
pub(in crate::view::tabs) fn put(pen: &mut Pen, area: Rect, mut x: u16, parts: &[(String, Style)]) {
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
    let tab = &app.logs;
    let mut parts = vec![standing(app, pen)];
    parts.extend(complaints(app, pen));
    parts.extend(counts(app, pen));
    parts.extend(filters(app, pen));
    parts.extend(hindrances(app, pen));
    parts.extend(currency(app, pen));
    if tab.by_itself {
        parts.push(("the worst function's log, chosen because nothing was".into(), pen.look.styles.dim));
    }
    parts
}

/// Whether lines come at all, and what has come unseen.
fn standing(app: &App, pen: &Pen) -> (String, Style) {
    let (tab, styles) = (&app.logs, &pen.look.styles);
    match (app.paused, tab.paused, tab.unseen) {
        (true, ..) => ("polling is paused (p)".into(), styles.warning),
        (false, true, 0) => ("paused".into(), styles.warning),
        (false, true, unseen) => (format!("paused, {} new", count(unseen)), styles.warning),
        (false, false, _) => ("following".into(), styles.good),
    }
}

/// What is wrong with a filter or an expression: whoever types it has to see it, or takes silence for an empty log.
fn complaints(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let (tab, critical) = (&app.logs, pen.look.styles.critical);
    let mut parts = Vec::new();
    if let Some(complaint) = &tab.complaint {
        parts.push((format!("pattern: {complaint}"), critical));
    }
    if let Some(lens) = &tab.lens {
        if let Some(trouble) = &lens.trouble {
            let at = lens.blamed.and_then(Moment::from_timestamp_millis);
            let on = at.map(|at| format!(" on the line of {}", pen.time_of_day(at, "%H:%M:%S%.3f")));
            parts.push((format!("jq: {trouble}{}", on.unwrap_or_default()), critical));
        } else if let Some((failed, failure)) = lens.failures() {
            parts.push((format!("jq: {} failed: {failure}", count(failed)), critical));
        }
    }
    parts
}

fn counts(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let (tab, store, styles) = (&app.logs, &app.store.logs, &pen.look.styles);
    let rows = tab.rows(store);
    let lines = if rows == store.len() {
        format!("{} lines", count(rows))
    } else {
        format!("{} of {} lines", count(rows), count(store.len()))
    };
    let mut parts = vec![(lines, styles.text)];
    if let Some(share) = tab.shown.progress(store) {
        parts.push((format!("searched {}", text::percent(share)), styles.notice));
    }
    if let Some(lens) = &tab.lens {
        let seen = format!("{} of {} JSON lines", count(lens.said()), count(lens.looked_at()));
        parts.push((format!("jq {}: {seen}", lens.expression), styles.accent));
        if lens.left_out > 0 {
            parts.push((format!("{} older ones not looked at", count(lens.left_out)), styles.warning));
        }
    }
    parts
}

/// What keeps lines from being shown because somebody wants it so.
fn filters(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let (tab, styles) = (&app.logs, &pen.look.styles);
    let mut parts = Vec::new();
    if tab.is_in_context() {
        parts.push(("in context (c: back)".into(), styles.notice));
    }
    if let Some((_, title)) = &tab.only {
        parts.push((title.clone(), styles.notice));
    }
    parts.extend(tab.filters.iter().map(|term| (format!("/{}", term.text), styles.notice)));
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
        // The stretch ends right before its last moment's successor, as the histogram has it.
        parts.push((format!("{} to {}", at(from), at(to + 1)), styles.notice));
    }
    if !tab.expression().is_empty() {
        parts.push((format!("AWS filter {}", tab.expression()), styles.accent));
    }
    parts
}

/// What keeps the tail from being complete.
fn hindrances(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let (tab, store, styles) = (&app.logs, &app.store.logs, &pen.look.styles);
    let mut parts = Vec::new();
    let gaps = store.gap_count();
    if gaps > 0 {
        parts.push((if gaps == 1 { "1 gap".into() } else { format!("{gaps} gaps") }, styles.warning));
    }
    if store.dropped > 0 {
        parts.push((format!("{} dropped, oldest first", count(store.dropped as usize)), styles.warning));
    }
    if tab.holds_back(&app.store) {
        parts.push(("memory is full: new lines wait until you follow (G)".into(), styles.warning));
    }
    if let Some(until) = app.store.throttled.get("logs").filter(|until| **until > app.now) {
        let wait = (*until - app.now).num_seconds();
        parts.push((format!("throttled, next in {wait}s"), styles.throttle));
    }
    if !tab.caught_up && tab.troubles.len() < tab.groups.len() {
        parts.push((format!("{} reading what there is", pen.look.glyphs.waiting), styles.notice));
    }
    if tab.is_loading_older() || tab.fetching.is_some() {
        parts.push((format!("{} older lines", pen.look.glyphs.waiting), styles.dim));
    }
    // One in its words; of more it is told how many they are: `!` has all of them.
    let mut troubles = tab.troubles.iter();
    if let Some((group, trouble)) = troubles.next() {
        let more = troubles.len();
        let more = if more > 0 { format!(" (+{more} more groups, see !)") } else { String::new() };
        let name = group.rsplit('/').next().unwrap_or(group);
        parts.push((format!("{name}: {}{more}", text::cut(&trouble.sentence(), TROUBLE)), styles.critical));
    }
    parts
}

/// How current the tail is, and how much of the past it has.
fn currency(app: &App, pen: &Pen) -> Vec<(String, Style)> {
    let (tab, store, styles) = (&app.logs, &app.store.logs, &pen.look.styles);
    let mut parts = Vec::new();
    if tab.live.wanted {
        parts.push(live(app, styles.accent, styles.warning));
    }
    match store.newest() {
        Some(newest) => {
            let lag = (app.now.timestamp_millis() - newest).max(0) / 1000;
            let ago = if lag == 0 { "newest just now".into() } else { format!("newest {} ago", text::age(lag)) };
            parts.push((ago, styles.text));
        }
        None => parts.push(("no line yet".into(), styles.dim)),
    }
    parts.push((format!("{:.1}/s", tab.rate(&app.store)), styles.dim));
    if let Some(oldest) = store.oldest().and_then(Moment::from_timestamp_millis) {
        parts.push((format!("from {}", pen.time_of_day(oldest, "%H:%M:%S")), styles.dim));
    }
    if tab.late > 0 {
        parts.push((format!("{} came late", count(tab.late as usize)), styles.dim));
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
