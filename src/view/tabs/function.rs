//! One function's detail.
//!
//! ```text
//! ╭ Invocations ────────╮╭ Duration ────────────╮╭ Concurrency ─────────╮
//! ╰─────────────────────╯╰──────────────────────╯╰──────────────────────╯
//! ╭ Aliases and versions ───────────────────────────────────────────────╮
//! │ live   version 7   provisioned 5 of 5 available, READY   12% used    │
//! ╰─────────────────────────────────────────────────────────────────────╯
//! ╭ Recent invocations ────────────────╮╭ Configuration ────────────────╮
//! ╰────────────────────────────────────╯╰───────────────────────────────╯
//! ```

use ratatui::layout::Rect;

use crate::app::App;
use crate::app::tabs::functions::detail::{Panel, configuration, qualifiers};
use crate::model::function::{FunctionDetail, ProvisionedStatus};
use crate::model::invocation::Status;
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::store::feed::{Feed, Standing};
use crate::text;
use crate::view::chart::{self, Curve, Plot, Unit};
use crate::view::pen::{Align, Pen};

/// Draws the detail of the open function.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let Some(detail) = &app.functions.detail else { return };
    let name = &detail.name;
    let charts = match area.height {
        0..=19 => 5,
        20..=33 => 8,
        _ => area.height / 3,
    };
    let top = Rect { height: charts.min(area.height), ..area };
    draw_charts(app, name, pen, top);
    let rest = Rect { y: top.bottom(), height: area.height - top.height, ..area };
    let rows = u16::try_from(qualifiers(&app.store, name).len()).unwrap_or(u16::MAX).max(1);
    let aliases = Rect { height: (rows.saturating_add(2)).min((rest.height / 3).max(4)).min(rest.height), ..rest };
    draw_qualifiers(app, name, pen, aliases);
    let lower = Rect { y: aliases.bottom(), height: rest.height - aliases.height, ..rest };
    if area.width >= 100 {
        let left = Rect { width: lower.width * 55 / 100, ..lower };
        let right = Rect { x: left.right(), width: lower.width - left.width, ..lower };
        draw_invocations(app, name, pen, left);
        draw_configuration(app, name, pen, right);
    } else if detail.panel == Panel::Configuration {
        draw_configuration(app, name, pen, lower);
    } else {
        draw_invocations(app, name, pen, lower);
    }
}

fn draw_charts(app: &App, name: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let subject = Subject::Function(name.to_string());
    let series = |metric, statistic| app.store.metrics.get(&subject, metric, statistic);
    let function = app.store.functions.get(name);
    let timeout = function.map(|function| f64::from(function.timeout_s) * 1000.0);
    let reserved = function.and_then(|function| function.reserved.flatten()).map(f64::from);
    let plots = [
        Plot {
            title: &format!("{name} invocations"),
            curves: vec![
                Curve { series: series(Metric::Invocations, Statistic::Sum), name: "inv", style: styles.chart_1 },
                Curve { series: series(Metric::Errors, Statistic::Sum), name: "err", style: styles.critical },
                Curve { series: series(Metric::Throttles, Statistic::Sum), name: "thr", style: styles.throttle },
            ],
            unit: Unit::Count,
            limit: None,
            window: app.window,
            focus: false,
        },
        Plot {
            title: "duration",
            curves: vec![
                Curve {
                    series: series(Metric::Duration, Statistic::Percentile(50)),
                    name: "p50",
                    style: styles.chart_3,
                },
                Curve {
                    series: series(Metric::Duration, Statistic::Percentile(99)),
                    name: "p99",
                    style: styles.chart_2,
                },
            ],
            unit: Unit::Millis,
            limit: timeout.map(|timeout| (timeout, "t/o")),
            window: app.window,
            focus: false,
        },
        Plot {
            title: "concurrency",
            curves: vec![Curve {
                series: series(Metric::ConcurrentExecutions, Statistic::Maximum),
                name: "",
                style: styles.chart_4,
            }],
            unit: Unit::Count,
            limit: reserved.map(|reserved| (reserved, "resv")),
            window: app.window,
            focus: false,
        },
    ];
    let shown = if area.width >= 100 { 3 } else { 2 };
    let width = area.width / shown;
    for (at, plot) in (0u16..).zip(plots.iter().take(usize::from(shown))) {
        let last = at + 1 == shown;
        let width_here = if last { area.width - at * width } else { width };
        chart::draw(plot, pen, Rect { x: area.x + at * width, width: width_here, ..area });
    }
}

fn detail_standing(feed: Option<&Feed<FunctionDetail>>) -> Standing<'_> {
    feed.map_or(Standing::Waiting, Feed::standing)
}

fn is_at(app: &App, panel: Panel) -> bool {
    app.functions.detail.as_ref().is_some_and(|detail| detail.panel == panel)
}

fn rows_of(app: &App, panel: Panel, inside: Rect, rows: usize) -> Vec<(u16, usize, bool)> {
    let Some(detail) = &app.functions.detail else { return vec![] };
    let mut cursor = detail.cursors[panel as usize];
    cursor.fit(rows, usize::from(inside.height));
    let focus = detail.panel == panel;
    cursor
        .visible(rows, usize::from(inside.height))
        .enumerate()
        .map(|(at, row)| (inside.y + u16::try_from(at).unwrap_or(0), row, focus && row == cursor.row))
        .collect()
}

fn draw_qualifiers(app: &App, name: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let feed = app.store.details.get(name);
    let inside = pen.panel(area, "Aliases and versions", is_at(app, Panel::Qualifiers));
    let rows = qualifiers(&app.store, name);
    if rows.is_empty() {
        pen.empty(inside, detail_standing(feed), "aliases or published versions: $LATEST only");
        return;
    }
    pen.standing(area, detail_standing(feed));
    let detail = feed.and_then(Feed::get);
    for (y, row, selected) in rows_of(app, Panel::Qualifiers, inside, rows.len()) {
        let row = &rows[row];
        let style = if row.alias { styles.strong } else { styles.text };
        pen.cell(inside, inside.x, y, 14, &row.name, Align::Left, style);
        let wide = inside.width >= 90;
        let points_width = if wide { 34 } else { 14 };
        pen.cell(inside, inside.x + 15, y, points_width, &row.points_to, Align::Left, styles.dim);
        let x = inside.x + 16 + points_width;
        if let Some(config) =
            detail.and_then(|detail| detail.provisioned.iter().find(|config| config.qualifier == row.name))
        {
            let (word, style) = match &config.status {
                ProvisionedStatus::Ready => ("READY".to_string(), styles.good),
                ProvisionedStatus::InProgress => ("IN_PROGRESS".to_string(), styles.warning),
                ProvisionedStatus::Failed(reason) => (format!("FAILED: {reason}"), styles.critical),
            };
            let subject = Subject::Qualifier { function: name.to_string(), qualifier: row.name.clone() };
            let used = app
                .store
                .metrics
                .get(&subject, Metric::ProvisionedConcurrencyUtilization, Statistic::Maximum)
                .and_then(Series::last)
                .map(|share| format!("  {} used", text::percent(share)))
                .unwrap_or_default();
            let spilled = app
                .store
                .metrics
                .get(&subject, Metric::ProvisionedConcurrencySpilloverInvocations, Statistic::Sum)
                .map(Series::total)
                .filter(|spilled| *spilled > 0.0)
                .map(|spilled| format!("  {} spilled", text::count(spilled)))
                .unwrap_or_default();
            let numbers = format!(
                "provisioned {} allocated {} available {}  ",
                config.requested, config.allocated, config.available
            );
            let line = Rect { x, width: inside.right().saturating_sub(x), ..inside };
            pen.line(
                line,
                y,
                &[(&numbers, styles.text), (&word, style), (&used, styles.dim), (&spilled, styles.warning)],
            );
        } else if selected {
            let hint = format!("{} provisions", app.keymap.chord(crate::app::command::Action::Provision));
            pen.put(inside, x, y, &hint, styles.dim);
        }
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}

fn draw_invocations(app: &App, name: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let feed = app.store.invocations.get(name);
    let invocations = feed.and_then(Feed::get).map(Vec::as_slice).unwrap_or_default();
    let cold = invocations.iter().filter(|invocation| invocation.init_ms.is_some()).count();
    let title = if invocations.is_empty() {
        "Recent invocations".to_string()
    } else {
        format!("Recent invocations {}, {cold} cold", invocations.len())
    };
    let inside = pen.panel(area, &title, is_at(app, Panel::Invocations));
    if invocations.is_empty() {
        pen.empty(inside, feed.map_or(Standing::Waiting, Feed::standing), "REPORT lines in the last minutes");
        return;
    }
    pen.standing(area, feed.map_or(Standing::Waiting, Feed::standing));
    for (y, row, selected) in rows_of(app, Panel::Invocations, inside, invocations.len()) {
        let invocation = &invocations[row];
        let (mark, word, style) = match invocation.status {
            Status::Ok => (pen.look.glyphs.good, "ok", styles.good),
            Status::Error => (pen.look.glyphs.critical, "error", styles.critical),
            Status::Crashed => (pen.look.glyphs.critical, "crash", styles.critical),
            Status::OutOfMemory => (pen.look.glyphs.critical, "memory", styles.critical),
            Status::TimedOut => (pen.look.glyphs.critical, "time-out", styles.critical),
            Status::Open => (pen.look.glyphs.waiting, "open", styles.dim),
        };
        let at = invocation.start.map(|at| pen.time_of_day(at, "%H:%M:%S")).unwrap_or_default();
        let duration = invocation.duration_ms.map_or("-".into(), text::millis);
        let memory = match (invocation.memory_used_mb, invocation.memory_mb) {
            (Some(used), Some(size)) => format!("{used}/{size}"),
            _ => "-".into(),
        };
        let cold = match (invocation.init_ms, invocation.restore_ms) {
            (Some(init), _) => format!("cold {}", text::millis(init)),
            (_, Some(restore)) => format!("restore {}", text::millis(restore)),
            _ => String::new(),
        };
        let x = pen.line(inside, y, &[(mark, style), (" ", styles.text), (&at, styles.dim)]);
        pen.cell(inside, x + 1, y, 8, word, Align::Left, style);
        pen.cell(inside, x + 9, y, 7, &duration, Align::Right, styles.text);
        pen.cell(inside, x + 17, y, 9, &memory, Align::Right, styles.dim);
        pen.cell(inside, x + 27, y, 12, &cold, Align::Left, styles.cold);
        let id = Rect { width: inside.width, ..inside };
        pen.put(id, x + 40, y, &invocation.request_id, styles.link);
        if selected {
            pen.shade(inside, y, styles.selection);
        }
    }
}

fn draw_configuration(app: &App, name: &str, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let inside = pen.panel(area, "Configuration", is_at(app, Panel::Configuration));
    let Some(function) = app.store.functions.get(name) else {
        pen.empty(inside, app.store.functions.standing(), "function of this name: it may have been deleted");
        return;
    };
    let missing =
        app.store.details.get(name).and_then(Feed::get).map(|detail| detail.missing.as_slice()).unwrap_or_default();
    let rows = configuration(function, &app.store);
    let below = u16::try_from(missing.len()).unwrap_or(0).min(inside.height / 2);
    let body = Rect { height: inside.height - below, ..inside };
    for (y, row, selected) in rows_of(app, Panel::Configuration, body, rows.len()) {
        let (what, value) = &rows[row];
        let what_width = 20.min(inside.width / 2);
        pen.cell(body, body.x, y, what_width, what, Align::Left, styles.dim);
        pen.cell(
            body,
            body.x + what_width + 1,
            y,
            body.width.saturating_sub(what_width + 1),
            value,
            Align::Left,
            styles.text,
        );
        if selected {
            pen.shade(body, y, styles.selection);
        }
    }
    for (at, trouble) in missing.iter().take(usize::from(below)).enumerate() {
        let y = body.bottom() + u16::try_from(at).unwrap_or(0);
        pen.put(inside, inside.x, y, &trouble.sentence(), styles.warning);
    }
}
