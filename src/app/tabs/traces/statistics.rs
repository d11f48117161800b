//! What many traces have in common: which part of the answers' time is whose, usually and when it is slow, what they fail with,
//! and what is different after a moment.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::list::{List, route, took};
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::step::{Jump, Step, TraceTarget};
use crate::app::tabs::Context;
use crate::model::trace::TraceSummary;
use crate::store::trace_statistics::{Failure, Share, Whole, common_failures, compare};
use crate::time::Moment;

/// Whole traces read for each set at first; `M` doubles it.
const SET: usize = 20;
/// Whole traces read at most.
const MOST: usize = 200;
/// Rows of a comparison: what takes less is not told.
const ROWS: usize = 12;

/// How many traces the sets hold, of those that were read whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Wanted, and how many of them are still on their way.
    pub wanted: usize,
    /// Not here yet.
    pub waiting: usize,
    /// Around the median.
    pub usual: usize,
    /// The slowest twentieth.
    pub slow: usize,
    /// Failed.
    pub failed: usize,
    /// Before the moment.
    pub before: usize,
    /// After it.
    pub after: usize,
}

/// A row on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The heading of a section.
    Head(Section),
    /// A place in [`Statistics::latency`].
    Latency(usize),
    /// A place in [`Statistics::failures`].
    Failure(usize),
    /// A place in [`Statistics::change`].
    Change(usize),
    /// There is nothing in a section, and why.
    Nothing(Section),
}

/// A part of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The usual answers against the slow ones.
    Latency,
    /// What they fail with.
    Failures,
    /// Before and after a moment.
    Change,
}

/// The panel's state.
#[derive(Debug, Default)]
pub struct Statistics {
    /// Traces wanted whole.
    pub wanted: BTreeSet<String>,
    per_set: usize,
    /// How many traces of around the moment were here when the sets were chosen.
    around_seen: Option<usize>,
    /// The kind of request that is looked at; none is all of them together.
    pub route: Option<String>,
    /// A kind has been chosen, or all of them.
    routed: bool,
    /// Before and after what.
    pub moment: Option<Moment>,
    /// Why that moment, if the program chose it.
    pub because: Option<String>,
    /// The function that was changed then, if the program chose the moment.
    changed: Option<String>,
    /// Cursor in the rows.
    pub cursor: Cursor,
    /// How many traces there are of each set.
    pub counts: Counts,
    /// Response times that tell the sets apart, s: the median and the 95th percentile.
    pub bounds: Option<(f64, f64)>,
    /// Whose time it is: usual, slow.
    pub latency: Vec<Share>,
    /// What they fail with.
    pub failures: Vec<Failure>,
    /// Whose time it is: before, after.
    pub change: Vec<Share>,
}

impl Statistics {
    /// The panel is looked at: chooses the traces that tell most, unless it has done so.
    pub(super) fn enter(&mut self, list: &List, cx: &Context) {
        self.per_set = self.per_set.max(SET);
        let around = self.moment.and_then(|moment| cx.store.traces.around(moment)).map(<[TraceSummary]>::len);
        if self.wanted.is_empty() || around != self.around_seen {
            self.around_seen = around;
            self.choose(list, cx);
        }
        self.count(list, cx);
    }

    /// The moment around which traces have to be read, where the list does not reach back to it.
    pub(super) fn around(&self, cx: &Context) -> Option<Moment> {
        let moment = self.moment?;
        let oldest = cx.store.traces.all().last().and_then(|summary| summary.start)?;
        (oldest > moment - TimeDelta::minutes(1)).then_some(moment)
    }

    /// Looks at the next kind of request, the most frequent first; after the last at all of them together.
    pub(super) fn next_route(&mut self, list: &List, cx: &Context) {
        let routes = routes(&listed(list, cx));
        let next = match &self.route {
            None => 0,
            Some(route) => routes.iter().position(|(known, _)| known == route).map_or(0, |at| at + 1),
        };
        (self.route, self.routed) = (routes.get(next).map(|(route, _)| route.clone()), true);
        self.choose(list, cx);
        self.count(list, cx);
    }

    /// It tells of what was changed, or else is of the kind of request that is looked at.
    fn is_compared(&self, summary: &TraceSummary) -> bool {
        match &self.changed {
            Some(function) => summary.services.contains(function),
            None => self.is_of_route(summary),
        }
    }

    fn is_of_route(&self, summary: &TraceSummary) -> bool {
        self.route.as_ref().is_none_or(|wanted| route(summary) == *wanted)
    }

    /// Another list: what was chosen of the old one is not wanted any more.
    pub fn clear(&mut self) {
        let (moment, because, changed) = (self.moment, self.because.take(), self.changed.take());
        *self = Statistics { moment, because, changed, ..Statistics::default() };
    }

    /// Reads more traces of each set.
    pub(super) fn more(&mut self, list: &List, cx: &Context) -> Vec<Step> {
        let before = self.wanted.len();
        self.per_set = (self.per_set.max(SET) * 2).min(MOST);
        self.choose(list, cx);
        self.count(list, cx);
        let more = self.wanted.len() - before.min(self.wanted.len());
        vec![Step::Say(match more {
            0 => format!("All there is to read is read, or {MOST} traces"),
            more => format!("Reading {more} more traces, {} calls; X-Ray bills each trace", more.div_ceil(5)),
        })]
    }

    /// Compares before and after another moment.
    pub(super) fn set_moment(&mut self, moment: Moment, list: &List, cx: &Context) {
        (self.moment, self.because, self.changed) = (Some(moment), None, None);
        self.choose(list, cx);
        self.count(list, cx);
    }

    /// The last change of a function that the traces touch, within the window.
    fn last_change(summaries: &[&TraceSummary], cx: &Context) -> Option<(Moment, String)> {
        let (start, end) = cx.window.bounds(cx.now);
        let names: BTreeSet<&str> =
            summaries.iter().flat_map(|summary| &summary.services).map(String::as_str).collect();
        let changes = names.iter().filter_map(|name| {
            let function = cx.store.functions.get(name)?;
            let at = function.last_modified.filter(|at| *at > start && *at < end)?;
            Some((at, (*name).to_string()))
        });
        changes.max()
    }

    fn choose(&mut self, list: &List, cx: &Context) {
        let all = listed(list, cx);
        if !self.routed && !all.is_empty() {
            // Slow against usual means little over requests that do different things: the kind that most of the slowest are of.
            self.route = slowest_route(&all);
            self.routed = true;
        }
        if let (None, Some((at, name))) = (self.moment, Statistics::last_change(&all, cx)) {
            (self.moment, self.because) = (Some(at), Some(format!("{name} was changed")));
            self.changed = Some(name);
        }
        let around = self.moment.and_then(|moment| cx.store.traces.around(moment)).unwrap_or_default();
        let near: Vec<&TraceSummary> = all.iter().copied().chain(around).filter(|one| self.is_compared(one)).collect();
        let failed: Vec<&TraceSummary> = all.iter().copied().filter(|summary| summary.failed()).collect();
        let mut timed: Vec<&TraceSummary> =
            all.into_iter().filter(|summary| took(summary).is_some() && self.is_of_route(summary)).collect();
        let per_set = self.per_set.max(SET);
        let mut wanted: Vec<&TraceSummary> = Vec::new();
        if let Some(moment) = self.moment {
            // The nearest on either side.
            let mut near: Vec<(i64, &TraceSummary)> = near
                .iter()
                .filter_map(|summary| Some(((summary.start? - moment).num_milliseconds(), *summary)))
                .collect();
            near.sort_by_key(|(distance, _)| distance.abs());
            wanted.extend(near.iter().filter(|(distance, _)| *distance < 0).take(per_set).map(|(_, s)| *s));
            wanted.extend(near.iter().filter(|(distance, _)| *distance >= 0).take(per_set).map(|(_, s)| *s));
        }
        wanted.extend(failed.into_iter().take(per_set));
        timed.sort_by(|a, b| took(a).partial_cmp(&took(b)).unwrap_or(std::cmp::Ordering::Equal));
        let middle = timed.len() / 2;
        let from = middle.saturating_sub(per_set / 2);
        wanted.extend(timed.iter().skip(from).take(per_set));
        wanted.extend(timed.iter().rev().take(per_set.min(timed.len().div_ceil(20))));
        for summary in wanted {
            if self.wanted.len() < MOST {
                self.wanted.insert(summary.id.clone());
            }
        }
    }

    /// Takes the traces that are here apart.
    pub(super) fn count(&mut self, list: &List, cx: &Context) {
        let listed = listed(list, cx);
        let of_route: Vec<&TraceSummary> = listed.iter().copied().filter(|summary| self.is_of_route(summary)).collect();
        let mut times: Vec<f64> = of_route.iter().filter_map(|summary| took(summary)).collect();
        times.sort_by(f64::total_cmp);
        let quantile =
            |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)));
        let (low, middle, high, slow) = match (quantile(0.25), quantile(0.5), quantile(0.75), quantile(0.95)) {
            (Some(low), Some(middle), Some(high), Some(slow)) => (*low, *middle, *high, *slow),
            _ => {
                (self.latency, self.failures, self.change) = (Vec::new(), Vec::new(), Vec::new());
                return;
            }
        };
        self.bounds = Some((middle, slow));
        fn whole<'a>(all: &[&'a TraceSummary], cx: &Context<'a>) -> Vec<(&'a TraceSummary, Whole<'a>)> {
            let read = |summary: &'a TraceSummary| (summary.id.as_str(), cx.store.traces.waterfall(&summary.id));
            all.iter().filter_map(|summary| Some((*summary, (read(summary).0, read(summary).1?)))).collect()
        }
        fn pick<'a>(from: &[(&'a TraceSummary, Whole<'a>)], is: &dyn Fn(&TraceSummary) -> bool) -> Vec<Whole<'a>> {
            from.iter().filter(|(summary, _)| is(summary)).map(|(_, whole)| *whole).collect()
        }
        let here = whole(&of_route, cx);
        let between = |summary: &TraceSummary, from: f64, to: f64| took(summary).is_some_and(|t| t >= from && t <= to);
        let usual = pick(&here, &|summary| between(summary, low, high));
        let slowest = pick(&here, &|summary| between(summary, slow, f64::INFINITY));
        let failed = pick(&whole(&listed, cx), &TraceSummary::failed);
        let around = self.moment.and_then(|moment| cx.store.traces.around(moment)).unwrap_or_default();
        let mut near: Vec<&TraceSummary> = listed.iter().copied().filter(|one| self.is_compared(one)).collect();
        near.extend(around.iter().filter(|one| self.is_compared(one) && cx.store.traces.get(&one.id).is_none()));
        let near = whole(&near, cx);
        let side = |after: bool| {
            let moment = self.moment;
            pick(&near, &|summary| moment.is_some_and(|moment| summary.start.is_some_and(|at| (at >= moment) == after)))
        };
        let (before, after) = (side(false), side(true));
        let waiting = self.wanted.iter().filter(|id| cx.store.traces.whole(id).is_none()).count();
        self.counts = Counts {
            wanted: self.wanted.len(),
            waiting,
            usual: usual.len(),
            slow: slowest.len(),
            failed: failed.len(),
            before: before.len(),
            after: after.len(),
        };
        let shares = |first: &[Whole<'_>], second: &[Whole<'_>]| {
            if first.is_empty() || second.is_empty() {
                return Vec::new();
            }
            let mut shares = compare(first, second);
            shares.retain(|share| share.first.max(share.second) >= 0.000_5);
            shares.truncate(ROWS);
            shares
        };
        self.latency = shares(&usual, &slowest);
        self.change = shares(&before, &after);
        self.failures = common_failures(&failed);
        let rows = self.rows().len();
        self.cursor.fit(rows, usize::from(cx.body.height.saturating_sub(4)));
    }

    /// The rows on the screen.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut section = |head: Section, count: usize, row: &dyn Fn(usize) -> Row| {
            rows.push(Row::Head(head));
            rows.extend((0..count).map(row));
            if count == 0 {
                rows.push(Row::Nothing(head));
            }
        };
        section(Section::Latency, self.latency.len(), &Row::Latency);
        section(Section::Failures, self.failures.len(), &Row::Failure);
        section(Section::Change, self.change.len(), &Row::Change);
        rows
    }

    /// The trace in which the selected row shows best.
    pub fn example(&self) -> Option<&str> {
        let example = match *self.rows().get(self.cursor.row)? {
            Row::Latency(at) => &self.latency.get(at)?.example,
            Row::Failure(at) => &self.failures.get(at)?.example,
            Row::Change(at) => &self.change.get(at)?.example,
            Row::Head(_) | Row::Nothing(_) => return None,
        };
        Some(example.as_str()).filter(|id| !id.is_empty())
    }

    pub(super) fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        let height = usize::from(cx.body.height.saturating_sub(4));
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.rows().len(), height);
            return vec![];
        }
        match (action, self.example()) {
            (Action::Open, Some(id)) => vec![Step::Go(Jump::Trace(TraceTarget::of(id)))],
            _ => vec![],
        }
    }
}

/// The traces listed, in the order of the list.
fn listed<'a>(list: &List, cx: &Context<'a>) -> Vec<&'a TraceSummary> {
    let all = cx.store.traces.all();
    list.order.iter().filter_map(|at| all.get(*at)).collect()
}

/// Kinds of requests with how many there are of each, the most frequent first.
fn routes(all: &[&TraceSummary]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for summary in all {
        *counts.entry(route(summary)).or_default() += 1;
    }
    let mut routes: Vec<(String, usize)> = counts.into_iter().collect();
    routes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    routes
}

/// The kind of request that most of the slowest twentieth are of.
fn slowest_route(all: &[&TraceSummary]) -> Option<String> {
    let mut timed: Vec<(f64, &TraceSummary)> =
        all.iter().filter_map(|summary| Some((took(summary)?, *summary))).collect();
    timed.sort_by(|a, b| b.0.total_cmp(&a.0));
    timed.truncate(timed.len().div_ceil(20));
    let slowest: Vec<&TraceSummary> = timed.into_iter().map(|(_, summary)| summary).collect();
    routes(&slowest).into_iter().next().map(|(route, _)| route)
}
