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
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Unit::Count => text::count(value),
            Unit::Millis => text::millis(value),
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

/// Draws a chart in a panel of its own. The newest value of each curve stands in the title line, so that the chart
/// says something even where it is too small to draw.
pub fn draw(plot: &Plot, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let inside = pen.panel(area, plot.title, plot.focus);
    legend(plot, pen, area);
    if inside.height < 2 || inside.width < 12 {
        return;
    }
    let (from, to) = plot.window.bounds(pen.now);
    let x = [0.0, (to - from).num_seconds() as f64];
    let points: Vec<Vec<(f64, f64)>> = plot
        .curves
        .iter()
        .map(|curve| {
            let points = curve.series.map(|series| series.points.as_slice()).unwrap_or_default();
            points
                .iter()
                .filter(|(at, _)| *at >= from)
                .map(|(at, value)| ((*at - from).num_seconds() as f64, *value))
                .collect()
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
    let limit = plot.limit.filter(|(limit, _)| *limit <= highest * 4.0);
    let top = nice(highest.max(limit.map_or(0.0, |(limit, _)| limit)));
    let limit_points: Vec<(f64, f64)> = limit.map(|(at, _)| vec![(x[0], at), (x[1], at)]).unwrap_or_default();
    let marker = if pen.look.glyphs.ascii { Marker::Dot } else { Marker::Braille };
    let mut sets: Vec<Dataset> = Vec::new();
    if !limit_points.is_empty() {
        sets.push(
            Dataset::default().marker(marker).graph_type(GraphType::Line).style(styles.chart_limit).data(&limit_points),
        );
    }
    let runs: Vec<(Runs, Style)> = points
        .iter()
        .zip(&plot.curves)
        .map(|(points, curve)| {
            let period = curve.series.map_or(60.0, |series| f64::from(series.period));
            (split_at_gaps(points, period), curve.style)
        })
        .collect();
    for (runs, style) in &runs {
        for run in runs {
            let kind = if run.len() == 1 { GraphType::Scatter } else { GraphType::Line };
            sets.push(Dataset::default().marker(marker).graph_type(kind).style(*style).data(run));
        }
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
    let mut chart = Chart::new(sets).y_axis(axis(y_labels, [0.0, top])).legend_position(None);
    chart = if inside.height >= 4 { chart.x_axis(axis(x_labels, x)) } else { chart.x_axis(axis(vec![], x)) };
    chart.render(inside, pen.buffer);
}

fn legend(plot: &Plot, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let mut pieces: Vec<(String, Style)> = Vec::new();
    for curve in &plot.curves {
        let value = curve.series.and_then(Series::last).map_or("-".to_string(), |value| plot.unit.write(value));
        let name = if curve.name.is_empty() { String::new() } else { format!("{} ", curve.name) };
        pieces.push((format!(" {name}{value}"), curve.style));
    }
    if let Some((limit, name)) = plot.limit {
        pieces.push((format!(" {name} {}", plot.unit.write(limit)), styles.chart_limit));
    }
    pieces.push((" ".into(), styles.dim));
    let width: usize = pieces.iter().map(|(text, _)| text::width(text)).sum();
    let title = text::width(plot.title) + 6;
    let room = usize::from(area.width).saturating_sub(title + 2);
    if width > room {
        return;
    }
    let from = area.right() - 2 - u16::try_from(width).unwrap_or(0);
    let line = Line::from(pieces.into_iter().map(|(text, style)| Span::styled(text, style)).collect::<Vec<_>>());
    pen.buffer.set_line(from, area.y, &line, u16::try_from(width).unwrap_or(0));
}

/// Stretches of points without a gap.
type Runs = Vec<Vec<(f64, f64)>>;

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
}
