//! The list of traces: its filter, its order, its columns, and the latency histogram with its brush.

use super::words::Words;
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::step::{Jump, Step, TraceTarget};
use crate::app::tabs::Context;
use crate::app::tabs::logs::brush::Brush;
use crate::model::trace::TraceSummary;
use crate::time::Moment;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the columns' headings
pub enum Column {
    #[default]
    Newest,
    Duration,
    ResponseTime,
    Status,
    EntryPoint,
}

impl Column {
    const ALL: [Column; 5] =
        [Column::Newest, Column::Duration, Column::ResponseTime, Column::Status, Column::EntryPoint];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Column::Newest => "newest",
            Column::Duration => "duration",
            Column::ResponseTime => "response time",
            Column::Status => "status",
            Column::EntryPoint => "entry point",
        }
    }

    fn next(self) -> Column {
        let at = Column::ALL.iter().position(|column| *column == self).unwrap_or_default();
        Column::ALL[(at + 1) % Column::ALL.len()]
    }
}

/// How many traces took how long: each bucket is longer than the one before by the same factor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Lower bound of the first bucket, s.
    pub from: f64,
    /// What a bucket's upper bound is of its lower bound.
    pub factor: f64,
    /// Traces in each: all, and those that failed.
    pub buckets: Vec<(u32, u32)>,
}

impl Histogram {
    fn of<'a>(traces: impl Iterator<Item = &'a TraceSummary> + Clone, buckets: usize) -> Histogram {
        let times = traces.clone().filter_map(took).filter(|time| *time > 0.0);
        let (least, most) = times.fold((f64::INFINITY, 0.0f64), |(a, b), time| (a.min(time), b.max(time)));
        if buckets == 0 || !least.is_finite() {
            return Histogram::default();
        }
        // The last bucket's bound is a little above what is in it.
        let factor = (most / least * 1.001).powf(1.0 / buckets as f64).max(1.0005);
        let mut histogram = Histogram { from: least, factor, buckets: vec![(0, 0); buckets] };
        for summary in traces {
            // Of what is in progress it is not known.
            if let Some(at) = took(summary).filter(|time| *time > 0.0).map(|time| histogram.bucket(time)) {
                histogram.buckets[at].0 += 1;
                histogram.buckets[at].1 += u32::from(summary.failed());
            }
        }
        histogram
    }

    /// Where a time belongs.
    pub fn bucket(&self, time: f64) -> usize {
        let at = (time.max(self.from) / self.from).ln() / self.factor.ln();
        (at as usize).min(self.buckets.len().saturating_sub(1))
    }

    /// The times of a bucket, s.
    pub fn bounds(&self, bucket: usize) -> (f64, f64) {
        (self.from * self.factor.powi(bucket as i32), self.from * self.factor.powi(bucket as i32 + 1))
    }
}

/// The list's state.
#[derive(Debug, Default)]
pub struct List {
    /// Local filter, as typed.
    pub filter: String,
    /// The expression that AWS applies.
    pub expression: String,
    /// Places in the store, filtered and in order.
    pub order: Vec<usize>,
    /// The store's revision when `order` was made.
    pub arranged: u64,
    /// How many traces of the window there are, whatever the filter.
    pub in_window: usize,
    /// The selected trace, while it is not simply the first.
    chosen: Option<String>,
    /// How many of `order` failed.
    pub failed: usize,
    /// Cursor in `order`.
    pub cursor: Cursor,
    /// What the list is sorted by.
    pub column: Column,
    /// Turned round.
    pub reversed: bool,
    /// Annotations that have a column of their own.
    pub annotations: Vec<String>,
    /// The histogram is on the screen.
    pub shows_histogram: bool,
    /// Response times of what passes the filter.
    pub histogram: Histogram,
    /// A stretch of the histogram is being chosen.
    pub brush: Option<Brush>,
    /// Only traces that took between so and so long, s.
    pub range: Option<(f64, f64)>,
    /// Only traces that began in this stretch, both ends included.
    pub stretch: Option<(Moment, Moment)>,
}

/// Lines of the list's panel that are no rows: its frame, the line of its panels and the column titles.
const CHROME: u16 = 4;
/// Rows of the histogram with its scale.
pub const HISTOGRAM: u16 = 5;

/// How long its caller waited for a trace, or else how long it is, s.
pub fn took(summary: &TraceSummary) -> Option<f64> {
    summary.response_time.or(summary.duration)
}

/// The kind of request that a trace is of: `POST /prod/checkout`, `GET /prod/orders/#`, or its entry point.
pub fn route(summary: &TraceSummary) -> String {
    let entry = || summary.entry_point.clone().unwrap_or_else(|| "(unknown)".into());
    let Some(url) = &summary.url else { return entry() };
    let path = match url.splitn(4, '/').nth(3) {
        Some(path) if url.contains("://") => format!("/{}", path.split('?').next().unwrap_or(path)),
        _ => return entry(),
    };
    // Ids in paths would make each request a kind of its own.
    let parts: Vec<&str> = path.split('/').map(|part| if is_id(part) { "#" } else { part }).collect();
    let method = summary.method.as_deref().map(|method| format!("{method} ")).unwrap_or_default();
    format!("{method}{}", parts.join("/"))
}

fn is_id(part: &str) -> bool {
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let hexadecimal = part.len() >= 8 && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    !part.is_empty() && (digits * 2 > part.len() || hexadecimal)
}

impl List {
    /// Rows on screen.
    pub fn height(&self, body: ratatui::layout::Rect) -> usize {
        let histogram = if self.shows_histogram { HISTOGRAM } else { 0 };
        usize::from(body.height.saturating_sub(CHROME + histogram)).max(1)
    }

    /// The selected trace.
    pub fn selected<'a>(&self, all: &'a [TraceSummary]) -> Option<&'a TraceSummary> {
        all.get(*self.order.get(self.cursor.row)?)
    }

    /// Filters and sorts anew; the selection stays with its trace.
    pub fn arrange(&mut self, cx: &Context) {
        let all = cx.store.traces.all();
        self.arranged = cx.store.traces.revision;
        let words = Words::read(&self.filter);
        // A longer window was asked for before: what is older stays in store, and is not shown.
        let (start, _) = cx.window.bounds(cx.now);
        let mut order: Vec<usize> =
            (0..all.len()).filter(|&at| all[at].start.is_none_or(|began| began >= start)).collect();
        self.in_window = order.len();
        order.retain(|&at| words.pass(&all[at]));
        if let Some((from, to)) = self.stretch {
            order.retain(|&at| all[at].start.is_some_and(|began| began >= from && began <= to));
        }
        if self.shows_histogram {
            let width = usize::from(cx.body.width.saturating_sub(4)).min(160);
            self.histogram = Histogram::of(order.iter().map(|at| &all[*at]), width);
        }
        if let Some((from, to)) = self.range {
            order.retain(|&at| took(&all[at]).is_some_and(|time| time >= from && time < to));
        }
        let key = |at: usize| match self.column {
            Column::Duration => -all[at].duration.unwrap_or(0.0),
            Column::ResponseTime => -all[at].response_time.unwrap_or(0.0),
            Column::Status => -f64::from(all[at].status.unwrap_or(0)),
            Column::Newest | Column::EntryPoint => 0.0,
        };
        match self.column {
            Column::Newest => {}
            Column::EntryPoint => order.sort_by(|&a, &b| all[a].entry_point.cmp(&all[b].entry_point).then(a.cmp(&b))),
            _ => order.sort_by(|&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b))),
        }
        if self.reversed {
            order.reverse();
        }
        self.failed = order.iter().filter(|&&at| all[at].failed()).count();
        self.order = order;
        let chosen = self.chosen.as_ref().and_then(|id| self.order.iter().position(|&at| all[at].id == *id));
        if let Some(row) = chosen {
            self.cursor.row = row;
        }
        self.cursor.fit(self.order.len(), self.height(cx.body));
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        let steps = self.act_on(action, cx);
        // The first row is the newest, whichever that is; any other is that very trace.
        let selected = self.selected(cx.store.traces.all()).filter(|_| self.cursor.row > 0);
        self.chosen = selected.map(|summary| summary.id.clone());
        steps
    }

    fn act_on(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if self.brush.is_some() {
            self.act_on_brush(action, cx);
            return vec![];
        }
        let height = self.height(cx.body);
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.order.len(), height);
            return vec![];
        }
        let all = cx.store.traces.all();
        match action {
            Action::Open => {
                if let Some(summary) = self.selected(all) {
                    return vec![Step::Go(Jump::Trace(TraceTarget::of(&summary.id)))];
                }
            }
            Action::Sort | Action::SortReverse => {
                if action == Action::Sort {
                    self.reversed = false;
                    self.column = self.column.next();
                } else {
                    self.reversed = !self.reversed;
                }
                (self.cursor, self.chosen) = (Cursor::default(), None);
                self.arrange(cx);
            }
            Action::NextError | Action::PreviousError => {
                let failed = |row: &usize| self.order.get(*row).is_some_and(|at| all[*at].failed());
                let found = if action == Action::NextError {
                    // The first row is looked at too, as long as the cursor has not moved.
                    let from = usize::from(self.cursor.row > 0 || failed(&0));
                    (self.cursor.row + from..self.order.len()).find(failed)
                } else {
                    (0..self.cursor.row.min(self.order.len())).rev().find(failed)
                };
                match found {
                    Some(row) => {
                        self.cursor.row = row;
                        self.cursor.fit(self.order.len(), height);
                    }
                    None if cx.store.traces.list.as_of().is_none() => {
                        return vec![Step::Say("The traces are still being read".into())];
                    }
                    None => return vec![Step::Say("No further failed trace in the list".into())],
                }
            }
            Action::Histogram => {
                self.shows_histogram = !self.shows_histogram;
                self.arrange(cx);
            }
            Action::Brush => {
                self.shows_histogram = true;
                self.arrange(cx);
                if self.histogram.buckets.is_empty() {
                    return vec![Step::Say("No trace, and so nothing to choose from".into())];
                }
                // The slow end is what one looks for.
                self.brush = Some(Brush { at: self.histogram.buckets.len() - 1, anchor: None });
            }
            Action::Back if self.stretch.is_some() => {
                self.stretch = None;
                self.arrange(cx);
            }
            Action::Back if self.range.is_some() => {
                self.range = None;
                self.arrange(cx);
            }
            Action::Back if !self.filter.is_empty() => {
                self.filter.clear();
                self.arrange(cx);
            }
            _ => {}
        }
        vec![]
    }

    fn act_on_brush(&mut self, action: Action, cx: &Context) {
        let last = self.histogram.buckets.len().saturating_sub(1);
        let Some(brush) = &mut self.brush else { return };
        brush.at = brush.at.min(last);
        match action {
            Action::Left => brush.at = brush.at.saturating_sub(1),
            Action::Right => brush.at = (brush.at + 1).min(last),
            Action::PageUp | Action::Up => brush.at = brush.at.saturating_sub(10),
            Action::PageDown | Action::Down => brush.at = (brush.at + 10).min(last),
            Action::First => brush.at = 0,
            Action::Last => brush.at = last,
            Action::BrushEnd => brush.anchor = if brush.anchor.is_some() { None } else { Some(brush.at) },
            Action::Open => {
                let (from, to) = brush.buckets();
                self.range = Some((self.histogram.bounds(from).0, self.histogram.bounds(to).1));
                self.brush = None;
                (self.cursor, self.chosen) = (Cursor::default(), None);
                self.arrange(cx);
            }
            Action::Back => self.brush = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_that_differ_in_an_id_are_of_one_kind() {
        let of = |url: &str| {
            let summary = TraceSummary { url: Some(url.into()), method: Some("GET".into()), ..TraceSummary::default() };
            route(&summary)
        };
        assert_eq!(of("https://x.example.com/prod/orders/f75d7e6b"), "GET /prod/orders/#");
        assert_eq!(of("https://x.example.com/prod/cart/17/items?x=1"), "GET /prod/cart/#/items");
        assert_eq!(of("https://x.example.com/v1/shipments"), "GET /v1/shipments");
        let queue = TraceSummary { entry_point: Some("order-worker".into()), ..TraceSummary::default() };
        assert_eq!(route(&queue), "order-worker");
    }

    proptest! {
        #[test]
        fn every_trace_is_in_the_bucket_whose_bounds_hold_it(times in prop::collection::vec(0.0005f64..900.0, 1..60), buckets in 1usize..80) {
            let summaries: Vec<TraceSummary> = times.iter().map(|time| TraceSummary { response_time: Some(*time), ..TraceSummary::default() }).collect();
            let histogram = Histogram::of(summaries.iter(), buckets);
            prop_assert_eq!(histogram.buckets.iter().map(|(all, _)| *all as usize).sum::<usize>(), times.len());
            for time in times {
                let (from, to) = histogram.bounds(histogram.bucket(time));
                prop_assert!(from <= time * 1.000_001 && time <= to * 1.000_001, "{} in {}..{}", time, from, to);
            }
        }
    }
}
