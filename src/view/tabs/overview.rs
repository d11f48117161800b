//! Overview.
//!
//! ```text
//! ╭ Concurrency ──────────╮╭ Invocations ─────────╮╭ Errors, throttles ───╮╭ Duration ────────────╮
//! │ 412 of 1000 claimed   ││                      ││                      ││                      │
//! ╰───────────────────────╯╰──────────────────────╯╰──────────────────────╯╰──────────────────────╯
//! ╭ Findings ─────────────────────────────────────────╮╭ Alarms ──────────────────────────────────╮
//! │ ● checkout-api fails: 12% of its invocations …    ││ ● checkout-errors  ALARM since 12m        │
//! ╰────────────────────────────────────────────────────╯╰─────────────────────────────────────────╯
//! ╭ Worst functions ──────────────────────────────────╮╭ Worst stages ────────────────────────────╮
//! ╰────────────────────────────────────────────────────╯╰─────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::command::Action;
use crate::app::tabs::overview::Panel;
use crate::model::alarm::AlarmState;
use crate::model::finding::Severity;
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::store::feed::Standing;
use crate::text;
use crate::view::chart::{self, Curve, Plot, Unit};
use crate::view::pen::{Align, Pen, wrapped};

/// Draws the tab.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let charts = match area.height {
        0..=17 => 3,
        18..=25 => 5,
        26..=44 => 9,
        _ => 14,
    };
    let (top, rest) = split_rows(area, charts);
    draw_charts(app, pen, top);
    let (upper, lower) = split_rows(rest, rest.height / 2);
    let wide = area.width >= 100;
    // At 80 columns a finding needs the whole line: the panel that has the keys gets the room, its neighbour hides.
    let (findings, alarms) = pair(upper, wide, 60, app.overview.panel == Panel::Alarms);
    let (functions, stages) = pair(lower, wide, 60, app.overview.panel == Panel::Stages);
    draw_findings(app, pen, findings);
    draw_alarms(app, pen, alarms);
    draw_functions(app, pen, functions);
    draw_stages(app, pen, stages);
}

fn split_rows(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.height);
    (Rect { height: first, ..area }, Rect { y: area.y + first, height: area.height - first, ..area })
}

fn split_columns(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.width);
    (Rect { width: first, ..area }, Rect { x: area.x + first, width: area.width - first, ..area })
}

/// Two panels side by side, or on a narrow screen the one of them that is looked at.
fn pair(area: Rect, wide: bool, percent: u16, second: bool) -> (Rect, Rect) {
    let none = Rect { width: 0, height: 0, ..area };
    match (wide, second) {
        (true, _) => split_columns(area, area.width * percent / 100),
        (false, false) => (area, none),
        (false, true) => (none, area),
    }
}

fn draw_charts(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let metrics = &app.store.metrics;
    let fleet = |metric, statistic| metrics.get(&Subject::Fleet, metric, statistic);
    let columns = if area.width >= 100 { 4 } else { 2 };
    let width = area.width / columns;
    let place = |at: u16| Rect {
        x: area.x + at * width,
        width: if at + 1 == columns { area.width - at * width } else { width },
        ..area
    };
    let plot = |title, curves, unit, limit| Plot { title, curves, unit, limit, window: app.window, focus: false };
    draw_concurrency(app, pen, place(0));
    let failures = plot(
        "Errors, throttles",
        vec![
            Curve { series: fleet(Metric::Errors, Statistic::Sum), name: "err", style: styles.critical },
            Curve { series: fleet(Metric::Throttles, Statistic::Sum), name: "thr", style: styles.throttle },
        ],
        Unit::Count,
        None,
    );
    chart::draw(&failures, pen, place(if columns == 4 { 2 } else { 1 }));
    if columns == 4 {
        let invocations = plot(
            "Invocations",
            vec![Curve { series: fleet(Metric::Invocations, Statistic::Sum), name: "", style: styles.chart_1 }],
            Unit::Count,
            None,
        );
        chart::draw(&invocations, pen, place(1));
        let duration = plot(
            "Duration",
            vec![
                Curve {
                    series: fleet(Metric::Duration, Statistic::Percentile(50)),
                    name: "p50",
                    style: styles.chart_3,
                },
                Curve {
                    series: fleet(Metric::Duration, Statistic::Percentile(99)),
                    name: "p99",
                    style: styles.chart_2,
                },
            ],
            Unit::Millis,
            None,
        );
        chart::draw(&duration, pen, place(3));
    }
}

/// Account concurrency against its limit: a number and a bar, and the curve where there is room.
fn draw_concurrency(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let metrics = &app.store.metrics;
    let running = metrics.get(&Subject::Fleet, Metric::ConcurrentExecutions, Statistic::Maximum);
    let claimed = metrics.get(&Subject::Fleet, Metric::ClaimedAccountConcurrency, Statistic::Maximum);
    let limit = app.store.account.get().map(|account| f64::from(account.concurrency_limit));
    let inside = pen.panel(area, "Concurrency", false);
    pen.standing(area, app.store.account.standing());
    if inside.height == 0 {
        return;
    }
    let used = claimed.and_then(Series::last).or_else(|| running.and_then(Series::last));
    match (used, limit) {
        (Some(used), Some(limit)) if limit > 0.0 => {
            let share = used / limit;
            let style = match share {
                share if share >= 0.95 => styles.critical,
                share if share >= app.config.thresholds.concurrency_of_limit => styles.warning,
                _ => styles.good,
            };
            let word = if claimed.is_some() { "claimed" } else { "running" };
            let text = format!("{} of {} {word} ({})", text::count(used), text::count(limit), text::percent(share));
            pen.put(inside, inside.x, inside.y, &text, styles.strong);
            if inside.height > 1 {
                chart::gauge(pen, inside, inside.y + 1, share, style);
            }
        }
        (used, _) => {
            let text =
                used.map_or("waiting".to_string(), |used| format!("{} running, limit unknown", text::count(used)));
            pen.put(inside, inside.x, inside.y, &text, styles.dim);
        }
    }
    if inside.height >= 5 {
        let below = Rect { y: inside.y + 2, height: inside.height - 2, ..inside };
        let running_now = running.and_then(Series::last).map_or("-".into(), text::count);
        pen.put(below, below.x, below.y, &format!("running at once: {running_now}"), styles.dim);
        for row in 1..below.height {
            // A tall sparkline would lie about heights: one row is enough, the rest says what else is known.
            let y = below.y + row;
            match row {
                1 => chart::sparkline(pen, below.x, y, below.width, running, app.window, styles.chart_1),
                2 => {
                    let unreserved = app.store.account.get().map_or("-".into(), |a| a.unreserved.to_string());
                    pen.put(below, below.x, y, &format!("unreserved: {unreserved}"), styles.dim);
                }
                3 => {
                    let count = app.store.account.get().map_or("-".into(), |a| a.function_count.to_string());
                    pen.put(below, below.x, y, &format!("functions: {count}"), styles.dim);
                }
                _ => {}
            }
        }
    }
}

fn focus(app: &App, panel: Panel) -> bool {
    app.overview.panel == panel
}

/// Rows of a panel on screen, and for each whether it is selected.
fn rows_of(app: &App, panel: Panel, inside: Rect, rows: usize) -> Vec<(u16, usize, bool)> {
    let mut cursor = app.overview.cursors[panel as usize];
    cursor.fit(rows, usize::from(inside.height));
    cursor
        .visible(rows, usize::from(inside.height))
        .enumerate()
        .map(|(at, row)| (inside.y + u16::try_from(at).unwrap_or(0), row, focus(app, panel) && row == cursor.row))
        .collect()
}

fn draw_findings(app: &App, pen: &mut Pen, area: Rect) {
    if area.is_empty() {
        return;
    }
    let styles = pen.look.styles.clone();
    let findings = &app.overview.findings;
    let mut title = if findings.is_empty() { "Findings".to_string() } else { format!("Findings {}", findings.len()) };
    let asleep = app.overview.asleep;
    if asleep > 0 {
        title.push_str(&format!(", {asleep} snoozed ({})", app.keymap.chord(Action::Snoozed)));
    }
    let inside = pen.panel(area, &title, focus(app, Panel::Findings));
    if findings.is_empty() {
        let known = app.store.metrics.settled().is_some();
        let standing = if known { Standing::Live(app.now) } else { Standing::Waiting };
        let window = text::span(app.window.length);
        let what = if asleep > 0 { "nothing else passes its threshold" } else { "nothing passes its threshold" };
        pen.empty(inside, standing, &format!("findings in the last {window}: {what}"));
        return;
    }
    // A sentence is worth nothing without its numbers: where the selected one is cut, it stands below in full.
    let at = app.overview.cursors[Panel::Findings as usize].row;
    let cut = findings.get(at).filter(|finding| {
        let room = usize::from(inside.width).saturating_sub(text::width(finding.next_key) + 4);
        focus(app, Panel::Findings) && inside.height >= 5 && text::width(&finding.sentence) > room
    });
    let whole = cut.map(|finding| wrapped(&finding.sentence, usize::from(inside.width))).unwrap_or_default();
    let below = u16::try_from(whole.len()).unwrap_or(0).min(inside.height / 2);
    let inside = Rect { height: inside.height - below, ..inside };
    for (row, line) in (0..below).zip(&whole) {
        pen.put(Rect { height: inside.height + below, ..inside }, inside.x, inside.bottom() + row, line, styles.strong);
    }
    for (y, row, selected) in rows_of(app, Panel::Findings, inside, findings.len()) {
        let finding = &findings[row];
        let (mark, style) = severity(pen, finding.severity);
        let key = format!(" {}", finding.next_key);
        let key_width = u16::try_from(text::width(&key)).unwrap_or(0);
        let line = Rect { y, height: 1, ..inside };
        let body = Rect { width: inside.width.saturating_sub(key_width), ..line };
        pen.line(body, y, &[(mark, style), (" ", styles.text), (&finding.sentence, styles.text)]);
        pen.put(line, line.right().saturating_sub(key_width), y, &key, styles.footer_key);
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}

fn severity(pen: &Pen, severity: Severity) -> (&'static str, Style) {
    let (glyphs, styles) = (&pen.look.glyphs, &pen.look.styles);
    match severity {
        Severity::Critical => (glyphs.critical, styles.critical),
        Severity::Warning => (glyphs.warning, styles.warning),
        Severity::Notice => (glyphs.notice, styles.notice),
    }
}

fn draw_alarms(app: &App, pen: &mut Pen, area: Rect) {
    if area.is_empty() {
        return;
    }
    let styles = pen.look.styles.clone();
    let alarms = app.store.alarms.get().map(Vec::as_slice).unwrap_or_default();
    let ringing = alarms.iter().filter(|alarm| alarm.state == AlarmState::Alarm).count();
    let title = if alarms.is_empty() { "Alarms".to_string() } else { format!("Alarms {ringing} of {}", alarms.len()) };
    let inside = pen.panel(area, &title, focus(app, Panel::Alarms));
    if alarms.is_empty() {
        pen.empty(inside, app.store.alarms.standing(), "alarms");
        return;
    }
    pen.standing(area, app.store.alarms.standing());
    for (y, row, selected) in rows_of(app, Panel::Alarms, inside, alarms.len()) {
        let alarm = &alarms[row];
        let (mark, word, style) = match alarm.state {
            AlarmState::Alarm => (pen.look.glyphs.critical, "ALARM", styles.critical),
            AlarmState::InsufficientData => (pen.look.glyphs.waiting, "no data", styles.dim),
            AlarmState::Ok => (pen.look.glyphs.good, "ok", styles.good),
        };
        let age = alarm.since.map(|at| text::age((app.now - at).num_seconds())).unwrap_or_default();
        let right = format!("{word} {age:>4}");
        let right_width = u16::try_from(right.len()).unwrap_or(0);
        let line = Rect { y, height: 1, ..inside };
        let left = Rect { width: inside.width.saturating_sub(right_width + 1), ..line };
        let name = text::cut_middle(&alarm.name, usize::from(left.width.saturating_sub(2)));
        pen.line(left, y, &[(mark, style), (" ", styles.text), (&name, styles.text)]);
        pen.put(line, line.right().saturating_sub(right_width), y, &right, style);
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}

fn draw_functions(app: &App, pen: &mut Pen, area: Rect) {
    if area.is_empty() {
        return;
    }
    let styles = pen.look.styles.clone();
    let rows = &app.overview.functions;
    let inside = pen.panel(area, "Worst functions", focus(app, Panel::Functions));
    if rows.is_empty() {
        // There are functions, and nothing is measured yet.
        let waits = app.store.metrics.settled().is_none();
        let standing = if waits { Standing::Waiting } else { app.store.functions.standing() };
        pen.empty(inside, standing, "functions with invocations in this window");
        return;
    }
    pen.standing(area, app.store.functions.standing());
    let lines = rows.iter().map(|(name, figures)| {
        let values = [
            (figures.invocations.map_or("-".into(), text::count), styles.text),
            (text::percent(figures.error_share()), bad(figures.errors > 0.0, styles.critical, styles.dim)),
            (text::count(figures.throttles), bad(figures.throttles > 0.0, styles.throttle, styles.dim)),
            (figures.p99.map_or("-".into(), text::millis), styles.text),
        ];
        (name.clone(), values)
    });
    draw_worst(app, Panel::Functions, ["inv", "err", "thr", "p99"], &lines.collect::<Vec<_>>(), pen, inside);
}

/// A name and four numbers with their looks.
type WorstRow = (String, [(String, Style); 4]);

/// A list of the worst: names, cut in their middle, and four columns of numbers.
fn draw_worst(app: &App, panel: Panel, titles: [&str; 4], rows: &[WorstRow], pen: &mut Pen, inside: Rect) {
    const WIDTHS: [u16; 4] = [6, 6, 6, 7];
    let styles = pen.look.styles.clone();
    let (head, body) = split_rows(inside, 1);
    let numbers: u16 = WIDTHS.iter().map(|width| width + 1).sum();
    let name_width = inside.width.saturating_sub(numbers);
    let mut x = head.x + name_width;
    for (title, width) in titles.into_iter().zip(WIDTHS) {
        pen.cell(head, x + 1, head.y, width, title, Align::Right, styles.table_header);
        x += width + 1;
    }
    for (y, row, selected) in rows_of(app, panel, body, rows.len()) {
        let (name, values) = &rows[row];
        let name = text::cut_middle(name, usize::from(name_width));
        pen.cell(body, body.x, y, name_width, &name, Align::Left, styles.text);
        let mut x = body.x + name_width;
        for ((value, style), width) in values.iter().zip(WIDTHS) {
            pen.cell(body, x + 1, y, width, value, Align::Right, *style);
            x += width + 1;
        }
        if selected {
            pen.shade(body, y, styles.selection);
        }
    }
}

fn bad(is: bool, yes: Style, no: Style) -> Style {
    if is { yes } else { no }
}

fn draw_stages(app: &App, pen: &mut Pen, area: Rect) {
    if area.is_empty() {
        return;
    }
    let styles = pen.look.styles.clone();
    let rows = &app.overview.stages;
    let inside = pen.panel(area, "Worst stages", focus(app, Panel::Stages));
    if rows.is_empty() {
        let waits = app.store.metrics.settled().is_none();
        let standing = if waits { Standing::Waiting } else { app.store.apis.standing() };
        pen.empty(inside, standing, "stages with requests in this window");
        return;
    }
    pen.standing(area, app.store.apis.standing());
    let lines = rows.iter().map(|(_, name, stage, figures)| {
        let count = figures.count.unwrap_or(0.0).max(1.0);
        let values = [
            (figures.count.map_or("-".into(), text::count), styles.text),
            (text::percent(figures.errors_4xx / count), bad(figures.errors_4xx > 0.0, styles.warning, styles.dim)),
            (text::percent(figures.errors_5xx / count), bad(figures.errors_5xx > 0.0, styles.critical, styles.dim)),
            (figures.p99.map_or("-".into(), text::millis), styles.text),
        ];
        (format!("{name} {stage}"), values)
    });
    draw_worst(app, Panel::Stages, ["req", "4xx", "5xx", "p99"], &lines.collect::<Vec<_>>(), pen, inside);
}
