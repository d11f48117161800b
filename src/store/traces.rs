//! Traces: summaries of the window, the newest first, and those that were read whole.

use std::collections::{HashMap, VecDeque};

use super::feed::Feed;
use super::waterfall;
use crate::model::trace::{Trace, TraceSummary, Waterfall};
use crate::model::trouble::Trouble;
use crate::time::Moment;

/// Whole traces kept: the oldest go first.
const WHOLE: usize = 400;
/// Text of documents kept, bytes.
const WHOLE_BYTES: usize = 96 << 20;

/// Traces of one window and one filter expression.
#[derive(Debug, Default)]
pub struct Traces {
    summaries: Vec<TraceSummary>,
    places: HashMap<String, usize>,
    /// The last asking: good or bad.
    pub list: Feed<()>,
    /// Traces that began before this are not kept, or were not read: there were too many.
    cut: Option<Moment>,
    /// Raised whenever places change.
    pub revision: u64,
    /// Traces that X-Ray looked at for this list, each of which it bills.
    pub scanned: u64,
    around: Option<(Moment, Feed<Vec<TraceSummary>>)>,
    whole: HashMap<String, Feed<(Trace, Waterfall)>>,
    order: VecDeque<String>,
    bytes: usize,
}

impl Traces {
    /// New or changed summaries.
    pub fn accept(&mut self, summaries: Vec<TraceSummary>, capped: bool, cap: usize, now: Moment) {
        for mut summary in summaries {
            summary.index();
            match self.places.get(&summary.id) {
                Some(&place) => self.summaries[place] = summary,
                None => {
                    self.places.insert(summary.id.clone(), self.summaries.len());
                    self.summaries.push(summary);
                }
            }
        }
        self.summaries.sort_by(|a, b| b.start.cmp(&a.start).then_with(|| a.id.cmp(&b.id)));
        if self.summaries.len() > cap {
            self.summaries.truncate(cap);
            self.cut_here();
        } else if capped {
            self.cut_here();
        }
        self.revision += 1;
        self.places = self.summaries.iter().enumerate().map(|(at, summary)| (summary.id.clone(), at)).collect();
        self.list.accept(Ok(()), now);
    }

    fn cut_here(&mut self) {
        let oldest = self.summaries.iter().rev().find_map(|summary| summary.start);
        self.cut = self.cut.max(oldest);
    }

    /// There were more traces since `start` than are kept.
    pub fn is_capped(&self, start: Moment) -> bool {
        self.cut.is_some_and(|cut| cut > start)
    }

    /// Another window or expression: what was listed is gone.
    pub fn clear(&mut self) {
        self.summaries.clear();
        self.places.clear();
        self.cut = None;
        self.revision += 1;
        self.scanned = 0;
        self.around = None;
        self.list = Feed::default();
    }

    /// All summaries, the newest first.
    pub fn all(&self) -> &[TraceSummary] {
        &self.summaries
    }

    /// One summary.
    pub fn get(&self, id: &str) -> Option<&TraceSummary> {
        self.places.get(id).map(|&place| &self.summaries[place])
    }

    /// Traces of just before and just after a moment, or why there are none.
    pub fn accept_around(&mut self, at: Moment, answer: Result<Vec<TraceSummary>, Trouble>, now: Moment) {
        let feed = match &mut self.around {
            Some((known, feed)) if *known == at => feed,
            around => &mut around.insert((at, Feed::default())).1,
        };
        feed.accept(answer, now);
    }

    /// Traces of just before and just after that moment, once they are here.
    pub fn around(&self, at: Moment) -> Option<&[TraceSummary]> {
        let (known, feed) = self.around.as_ref()?;
        feed.get().filter(|_| *known == at).map(Vec::as_slice)
    }

    /// A trace was read, or could not be.
    pub fn accept_trace(&mut self, id: String, answer: Result<Trace, Trouble>, now: Moment) {
        // What was asked for last goes last.
        self.order.retain(|known| *known != id);
        self.order.push_back(id.clone());
        let answer = answer.map(|trace| {
            let waterfall = waterfall::read(&trace);
            (trace, waterfall)
        });
        let feed = self.whole.entry(id).or_default();
        let before = size(feed);
        feed.accept(answer, now);
        self.bytes = self.bytes + size(feed) - before;
        while (self.order.len() > WHOLE || self.bytes > WHOLE_BYTES && self.order.len() > 1)
            && let Some(oldest) = self.order.pop_front()
        {
            let gone = self.whole.remove(&oldest);
            self.bytes -= gone.as_ref().map_or(0, size);
        }
    }

    /// A trace that was read whole, or could not be.
    pub fn whole(&self, id: &str) -> Option<&Feed<(Trace, Waterfall)>> {
        self.whole.get(id)
    }

    /// Its waterfall.
    pub fn waterfall(&self, id: &str) -> Option<&Waterfall> {
        self.whole.get(id)?.get().map(|(_, waterfall)| waterfall)
    }

    /// About how many requests there were, by a sampling rule that takes so many of each second and that share of the others:
    /// each entry point counts for itself, as each decides for itself. None where nothing can be said.
    pub fn requests(&self, start: Moment, reservoir: i32, rate: f64) -> Option<f64> {
        let (reservoir, rate) = (f64::from(reservoir.max(0)), rate.clamp(0.0, 1.0));
        if rate <= 0.0 || self.is_capped(start) {
            return None;
        }
        let mut seconds: HashMap<(&str, i64), f64> = HashMap::new();
        for summary in self.summaries.iter().filter(|summary| summary.start.is_some_and(|at| at >= start)) {
            let entry = summary.entry_point.as_deref().or(summary.services.first().map(String::as_str));
            let second = summary.start?.timestamp();
            *seconds.entry((entry.unwrap_or_default(), second)).or_default() += 1.0;
        }
        Some(seconds.values().map(|count| count.min(reservoir) + (count - reservoir).max(0.0) / rate).sum())
    }
}

fn size(feed: &Feed<(Trace, Waterfall)>) -> usize {
    feed.get().map_or(0, |(trace, _)| trace.documents.iter().map(|(_, document)| document.len()).sum())
}
