//! The charts of a function, with what happened to it and the crosshair, and the lines below that tell both in words.

use chrono::TimeDelta;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::App;
use crate::app::command::Action;
use crate::app::tabs::functions::detail::charts::{Chart, Ink, Unit};
use crate::app::tabs::functions::detail::{Detail, Panel};
use crate::store::feed::Feed;
use crate::store::markers::{self, Marker};
use crate::text;
use crate::time::Moment;
use crate::view::chart::{self, Curve, Overlay, Plot};
use crate::view::pen::Pen;

/// Columns and rows below which a chart shows nothing.
const LEAST: (u16, u16) = (38, 7);
/// Charts beside each other at most.
const BESIDE: u16 = 4;

pub(super) fn draw(app: &App, detail: &Detail, pen: &mut Pen, area: Rect) {
    if area.height < 3 {
        return;
    }
    let charts = detail.charts(&app.store);
    let (from, to) = app.window.bounds(app.now);
    let markers = markers::of(&app.store, &detail.name, from, to);
    let crosshair = detail.crosshair.map(|at| bucket(at, app)).filter(|at| (from..=to).contains(at));
    let told = u16::from(area.height >= 8) + u16::from(area.height >= 12 && crosshair.is_some());
    let grid = Rect { height: area.height - told, ..area };
    let shown = draw_grid(app, detail, &charts, &markers, crosshair, pen, grid);
    let mut y = grid.bottom();
    if let Some(at) = crosshair.filter(|_| told > 0) {
        values(app, &charts, at, pen, Rect { y, height: 1, ..area });
        y += 1;
    }
    if y < area.bottom() {
        happened(app, detail, &markers, crosshair, (shown, charts.len()), pen, Rect { y, height: 1, ..area });
    }
}

/// The charts that there is room for; which those are.
#[allow(clippy::too_many_arguments)] // all of it is laid over each other
fn draw_grid(
    app: &App,
    detail: &Detail,
    charts: &[Chart],
    markers: &[Marker],
    crosshair: Option<Moment>,
    pen: &mut Pen,
    area: Rect,
) -> std::ops::Range<usize> {
    let count = u16::try_from(charts.len()).unwrap_or(BESIDE);
    let beside = (area.width / LEAST.0).clamp(1, BESIDE.min(count.max(1)));
    let above = (area.height / LEAST.1).clamp(1, count.div_ceil(beside).max(1));
    let room = usize::from(beside * above);
    let first = detail.first_chart.min(charts.len().saturating_sub(room));
    let last = (first + room).min(charts.len());
    let marks: Vec<(Moment, char)> = markers.iter().map(|marker| (marker.at, marker.letter)).collect();
    let (height, width) = (area.height / above, area.width / beside);
    for (at, chart) in (0u16..).zip(&charts[first..last]) {
        let (row, column) = (at / beside, at % beside);
        let place = Rect {
            x: area.x + column * width,
            y: area.y + row * height,
            width: if column + 1 == beside { area.width - column * width } else { width },
            height: if row + 1 == above { area.height - row * height } else { height },
        };
        let overlay = Overlay { limits: &chart.limits, marks: &marks, crosshair, settled: app.store.metrics.settled() };
        draw_chart(app, detail, chart, &overlay, pen, place);
    }
    first..last
}

fn draw_chart(app: &App, detail: &Detail, chart: &Chart, overlay: &Overlay, pen: &mut Pen, area: Rect) {
    let curves = chart
        .curves
        .iter()
        .map(|curve| Curve {
            series: app.store.metrics.feed(&curve.key).and_then(Feed::get),
            name: &curve.name,
            style: ink(curve.ink, pen),
        })
        .collect();
    let plot = Plot {
        title: &chart.title,
        curves,
        unit: unit(chart.unit),
        limit: None,
        window: app.window,
        focus: detail.panel == Panel::Charts,
    };
    chart::draw_with(&plot, overlay, pen, area);
}

fn unit(unit: Unit) -> chart::Unit {
    match unit {
        Unit::Count => chart::Unit::Count,
        Unit::Millis => chart::Unit::Millis,
        Unit::Seconds => chart::Unit::Seconds,
    }
}

fn ink(ink: Ink, pen: &Pen) -> Style {
    let styles = &pen.look.styles;
    match ink {
        Ink::First => styles.chart_1,
        Ink::Second => styles.chart_2,
        Ink::Third => styles.chart_3,
        Ink::Fourth => styles.chart_4,
        Ink::Wrong => styles.critical,
        Ink::Throttled => styles.throttle,
    }
}

/// Start of the bucket that a moment is in.
fn bucket(at: Moment, app: &App) -> Moment {
    let period = i64::from(app.window.period());
    Moment::from_timestamp(at.timestamp().div_euclid(period) * period, 0).unwrap_or(at)
}

/// Every value at the crosshair, also of charts that there is no room for.
fn values(app: &App, charts: &[Chart], at: Moment, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let provisional = app.store.metrics.settled().is_some_and(|settled| at > settled);
    let note = if provisional { " provisional" } else { "" };
    let mut x = pen.put(area, area.x + 1, area.y, &pen.time_of_day(at, "%H:%M"), styles.accent);
    x = pen.put(area, x, area.y, note, styles.provisional);
    for chart in charts {
        for curve in &chart.curves {
            let value = app.store.metrics.feed(&curve.key).and_then(Feed::get).and_then(|series| series.at(at));
            let Some(value) = value else { continue };
            let name = if curve.name.is_empty() { chart.title.as_str() } else { curve.name.as_str() };
            let words = format!("  {name} {}", unit(chart.unit).write(value));
            x = pen.put(area, x, area.y, &words, ink(curve.ink, pen));
        }
    }
}

/// What happened next to the crosshair, else last; and what the keys do.
#[allow(clippy::too_many_arguments)] // what the line tells is told by all of these
fn happened(
    app: &App,
    detail: &Detail,
    markers: &[Marker],
    crosshair: Option<Moment>,
    (shown, all): (std::ops::Range<usize>, usize),
    pen: &mut Pen,
    area: Rect,
) {
    let styles = pen.look.styles.clone();
    let marker = match crosshair {
        Some(at) => markers::nearest(markers, at),
        None => markers.last(),
    };
    let mut x = area.x + 1;
    if let Some(marker) = marker {
        x = pen.put(area, x, area.y, &marker.letter.to_string(), styles.notice);
        let when = pen.time_of_day(marker.at, "%H:%M");
        let distance = crosshair.map(|at| distance(marker.at, at)).unwrap_or_default();
        let words = format!(" {when} {}{distance}  ", text::safe_line(&marker.words));
        x = pen.put(area, x, area.y, &words, styles.text);
    }
    if detail.panel != Panel::Charts {
        return;
    }
    let key = |action| app.keymap.chord(action);
    let mut hint = match crosshair {
        None => format!("{}/{} crosshair", key(Action::Left), key(Action::Right)),
        Some(_) => format!(
            "{} its invocations, {} its log, {} its traces",
            key(Action::Open),
            key(Action::SeeLogs),
            key(Action::SeeTraces)
        ),
    };
    if shown.len() < all {
        hint.push_str(&format!(", {} charts {}-{} of {all}", key(Action::Down), shown.start + 1, shown.end));
    }
    pen.put(area, x, area.y, &hint, styles.dim);
}

/// How far a marker is from the bucket that begins `at`.
fn distance(marker: Moment, at: Moment) -> String {
    let (gap, word) = if marker < at { (at - marker, "before") } else { (marker - at, "after") };
    if gap < TimeDelta::seconds(60) { String::new() } else { format!(" ({} {word})", text::age(gap.num_seconds())) }
}
