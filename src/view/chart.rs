//! Time charts and sparklines, drawn straight from the points: gaps stay gaps, the newest buckets are provisional.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Widget};

use super::pen::Pen;
use crate::model::series::Series;
use crate::text;
use crate::time::{Moment, TimeWindow};

/// One line of a chart.
pub struct Curve<'a> {
    /// Its points.
    pub series: Option<&'a Series>,
    /// Its name in the legend.
    pub name: &'a str,
    /// Its style.
    pub style: Style,
}

/// How a chart writes its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count.
    Count,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// A value as it is read.
    pub fn write(self, value: f64) -> String {
        match self {
            Unit::Count => text::count(value),
            Unit::Millis => text::millis(value),
            Unit::Seconds => text::millis(value * 1000.0),
        }
    }
}

/// What a chart shows.
pub struct Plot<'a> {
    /// Title of its panel.
    pub title: &'a str,
    /// The curves.
    pub curves: Vec<Curve<'a>>,
    /// How values are written.
    pub unit: Unit,
    /// A limit drawn as a line, with its name.
    pub limit: Option<(f64, &'a str)>,
    /// The window.
    pub window: TimeWindow,
    /// The panel has the keys.
    pub focus: bool,
}

/// What is laid over a chart.
#[derive(Clone, Debug, Default)]
pub struct Overlay<'a> {
    /// Further limits, with their names.
    pub limits: &'a [(f64, &'a str)],
    /// What happened, and when: each a dotted line with its letter at the top.
    pub marks: &'a [(Moment, char)],
    /// Start of the bucket that is looked at: the legend tells its values.
    pub crosshair: Option<Moment>,
    /// Start of the newest bucket that is complete; later ones are drawn as provisional.
    pub settled: Option<Moment>,
}

/// Draws a chart in a panel of its own. The newest value of each curve stands in the title line, so that the chart
/// says something even where it is too small to draw.
pub fn draw(plot: &Plot, pen: &mut Pen, area: Rect) {
    draw_with(plot, &Overlay::default(), pen, area);
}

/// The same, with something laid over it.
pub fn draw_with(plot: &Plot, over: &Overlay, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let inside = pen.panel(area, plot.title, plot.focus);
    legend(plot, over, pen, area);
    if inside.height < 2 || inside.width < 12 {
        return;
    }
    let (from, to) = plot.window.bounds(pen.now);
    let x = [0.0, (to - from).num_seconds() as f64];
    let place = |at: Moment| (at - from).num_seconds() as f64;
    let points: Vec<Vec<(f64, f64)>> = plot
        .curves
        .iter()
        .map(|curve| {
            let points = curve.series.map(|series| series.points.as_slice()).unwrap_or_default();
            points.iter().filter(|(at, _)| *at >= from).map(|(at, value)| (place(*at), *value)).collect()
        })
        .collect();
    if points.iter().all(Vec::is_empty) {
        let known = plot.curves.iter().any(|curve| curve.series.is_some());
        let what =
            if known { "no data in this window".to_string() } else { format!("{} waiting", pen.look.glyphs.waiting) };
        pen.put(inside, inside.x + 1, inside.y, &what, styles.dim);
        return;
    }
    let highest = points.iter().flatten().map(|(_, value)| *value).fold(0.0, f64::max);
    // A limit far above the data would flatten it: it is drawn where it is near, and named in the legend anyway.
    let limits = plot.limit.iter().chain(over.limits).map(|(limit, _)| *limit);
    let limits: Vec<f64> = limits.filter(|limit| *limit <= highest * 4.0).collect();
    let top = nice(limits.iter().copied().fold(highest, f64::max));
    let marker = if pen.look.glyphs.ascii { Marker::Dot } else { Marker::Braille };
    let marks: Vec<(f64, char)> = over
        .marks
        .iter()
        .filter(|(at, _)| (from..=to).contains(at))
        .map(|(at, letter)| (place(*at), *letter))
        .collect();
    let limit_points: Vec<[(f64, f64); 2]> = limits.iter().map(|at| [(x[0], *at), (x[1], *at)]).collect();
    let mark_points: Vec<Vec<(f64, f64)>> =
        marks.iter().map(|(at, _)| (0..8).map(|step| (*at, top * f64::from(step) / 8.0)).collect()).collect();
    let crosshair = over.crosshair.filter(|at| (from..=to).contains(at)).map(place);
    let crosshair_points: Vec<(f64, f64)> = crosshair.map(|at| vec![(at, 0.0), (at, top)]).unwrap_or_default();
    let set = |kind, style, data| Dataset::default().marker(marker).graph_type(kind).style(style).data(data);
    let mut sets: Vec<Dataset> = Vec::new();
    sets.extend(limit_points.iter().map(|points| set(GraphType::Line, styles.chart_limit, points.as_slice())));
    sets.extend(mark_points.iter().map(|points| set(GraphType::Scatter, styles.chart_axis, points.as_slice())));
    let settled = over.settled.map_or(f64::INFINITY, place);
    let runs: Vec<(Runs, Style)> = points
        .iter()
        .zip(&plot.curves)
        .flat_map(|(points, curve)| {
            let period = curve.series.map_or(60.0, |series| f64::from(series.period));
            let (complete, provisional) = split_at(points, settled);
            [(split_at_gaps(provisional, period), styles.provisional), (split_at_gaps(complete, period), curve.style)]
        })
        .collect();
    for (runs, style) in &runs {
        for run in runs {
            let kind = if run.len() == 1 { GraphType::Scatter } else { GraphType::Line };
            sets.push(set(kind, *style, run.as_slice()));
        }
    }
    if !crosshair_points.is_empty() {
        sets.push(set(GraphType::Line, styles.accent, &crosshair_points));
    }
    let axis = |labels: Vec<Span<'static>>, bounds: [f64; 2]| {
        Axis::default().style(styles.chart_axis).bounds(bounds).labels(labels)
    };
    let clock = |moment: Moment| pen.time_of_day(moment, "%H:%M");
    let x_labels = vec![Span::styled(clock(from), styles.dim), Span::styled(clock(to), styles.dim)];
    let y_labels = if inside.height >= 5 {
        vec![Span::styled("0", styles.dim), Span::styled(plot.unit.write(top), styles.dim)]
    } else {
        vec![Span::raw(""), Span::styled(plot.unit.write(top), styles.dim)]
    };
    let has_x = inside.height >= 4;
    let left =
        graph_left(inside, text::width(&plot.unit.write(top)), if has_x { text::width(&clock(from)) } else { 0 });
    let mut chart = Chart::new(sets).y_axis(axis(y_labels, [0.0, top])).legend_position(None);
    chart = if has_x { chart.x_axis(axis(x_labels, x)) } else { chart.x_axis(axis(vec![], x)) };
    chart.render(inside, pen.buffer);
    let width = f64::from(inside.right().saturating_sub(left).saturating_sub(1));
    for (at, letter) in marks {
        let column = left + (at / x[1].max(1.0) * width).round().clamp(0.0, width) as u16;
        pen.put(inside, column, inside.y, &letter.to_string(), styles.notice);
    }
}

/// The first column of the graph, as the widget lays it out: right of the labels of both axes and the line.
fn graph_left(inside: Rect, y_label: usize, x_label: usize) -> u16 {
    let labels = y_label.max(x_label.saturating_sub(1));
    inside.x + u16::try_from(labels).unwrap_or(u16::MAX).min(inside.width / 3) + 1
}

/// Seconds since the window began, and the value then.
type Point = (f64, f64);

/// What is complete, and what is provisional: that begins with the last complete point, so that the curve goes on.
fn split_at(points: &[Point], settled: f64) -> (&[Point], &[Point]) {
    let complete = points.partition_point(|(at, _)| *at <= settled);
    let provisional = if complete < points.len() { &points[complete.saturating_sub(1)..] } else { &[] };
    (&points[..complete], provisional)
}

/// The values of the bucket under the crosshair, else the newest: in the title line, or in the line below the chart
/// where the title leaves no room. What does not fit there either is left out.
fn legend(plot: &Plot, over: &Overlay, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let mut pieces: Vec<(String, Style)> = Vec::new();
    for curve in &plot.curves {
        let value = curve.series.and_then(|series| match over.crosshair {
            Some(at) => series.at(at),
            None => series.last(),
        });
        let value = value.map_or("-".to_string(), |value| plot.unit.write(value));
        let name = if curve.name.is_empty() { String::new() } else { format!("{} ", curve.name) };
        pieces.push((format!(" {name}{value}"), curve.style));
    }
    for (limit, name) in plot.limit.iter().chain(over.limits) {
        pieces.push((format!(" {name} {}", plot.unit.write(*limit)), styles.chart_limit));
    }
    pieces.push((" ".into(), styles.dim));
    let width = |pieces: &[(String, Style)]| -> usize { pieces.iter().map(|(text, _)| text::width(text)).sum() };
    let title = text::width(plot.title) + 6;
    let mut y = area.y;
    if width(&pieces) > usize::from(area.width).saturating_sub(title + 2) {
        y = area.bottom().saturating_sub(1);
        while width(&pieces) > usize::from(area.width).saturating_sub(4) && pieces.len() > 1 {
            pieces.remove(pieces.len() - 2);
        }
        if pieces.len() < 2 || area.height < 4 {
            return;
        }
    }
    let width = u16::try_from(width(&pieces)).unwrap_or(0);
    let line = Line::from(pieces.into_iter().map(|(text, style)| Span::styled(text, style)).collect::<Vec<_>>());
    pen.buffer.set_line(area.right().saturating_sub(2 + width), y, &line, width);
}

/// Stretches of points without a gap.
type Runs = Vec<Vec<Point>>;

/// Splits where more than one bucket is missing, so that a gap is not drawn as a slope.
fn split_at_gaps(points: &[(f64, f64)], period: f64) -> Runs {
    let mut runs = Runs::new();
    for point in points {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| point.0 - last.0 <= period * 1.5) => run.push(*point),
            _ => runs.push(vec![*point]),
        }
    }
    runs
}

/// The next round number: 1, 2 or 5 times a power of ten.
fn nice(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(value)
}

/// A line of small bars, the newest at the right; a missing bucket is a blank.
pub fn sparkline(pen: &mut Pen, x: u16, y: u16, width: u16, series: Option<&Series>, window: TimeWindow, style: Style) {
    let Some(series) = series else { return };
    let (from, to) = window.bounds(pen.now);
    let span = (to - from).num_seconds().max(1) as f64;
    let mut columns = vec![None::<f64>; usize::from(width)];
    for (at, value) in &series.points {
        let place = (*at - from).num_seconds() as f64 / span * f64::from(width);
        if place >= 0.0
            && let Some(column) = columns.get_mut(place as usize)
        {
            *column = Some(column.map_or(*value, |known| known.max(*value)));
        }
    }
    let highest = columns.iter().flatten().copied().fold(0.0, f64::max);
    for (at, value) in columns.into_iter().enumerate() {
        let Some(value) = value else { continue };
        let level = if highest > 0.0 { (value / highest * 7.0).round() as usize } else { 0 };
        let glyph = pen.look.glyphs.bars[level.min(7)];
        pen.buffer.set_stringn(x + u16::try_from(at).unwrap_or(0), y, glyph, 1, style);
    }
}

/// A bar that is filled to a share, with an optional mark of a second share.
pub fn gauge(pen: &mut Pen, area: Rect, y: u16, share: f64, style: Style) {
    let width = f64::from(area.width);
    let filled = (share.clamp(0.0, 1.0) * width).round() as u16;
    let (full, empty) = if pen.look.glyphs.ascii { ("#", ".") } else { ("█", "░") };
    let axis = pen.look.styles.chart_axis;
    for column in 0..area.width {
        let (glyph, style) = if column < filled { (full, style) } else { (empty, axis) };
        pen.buffer.set_stringn(area.x + column, y, glyph, 1, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_tops_and_honest_gaps() {
        assert_eq!(nice(0.0), 1.0);
        assert_eq!(nice(3.0), 5.0);
        assert_eq!(nice(120.0), 200.0);
        assert_eq!(split_at_gaps(&[(0.0, 1.0), (60.0, 1.0), (300.0, 1.0)], 60.0).len(), 2);
    }

    #[test]
    fn what_is_not_complete_goes_on_from_what_is() {
        let points = [(0.0, 1.0), (60.0, 2.0), (120.0, 3.0)];
        assert_eq!(split_at(&points, 60.0), (&points[..2], &points[1..]));
        assert_eq!(split_at(&points, 120.0), (&points[..], &[] as &[(f64, f64)]));
        assert_eq!(split_at(&points, -1.0), (&[] as &[(f64, f64)], &points[..]));
        assert_eq!(split_at(&points, f64::INFINITY).1.len(), 0);
    }
}
