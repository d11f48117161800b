//! Traces: summaries of the window, the newest first, and the few that were opened.

use std::collections::{HashMap, VecDeque};

use super::feed::Feed;
use super::waterfall;
use crate::model::trace::{Trace, TraceSummary, Waterfall};
use crate::model::trouble::Trouble;
use crate::time::Moment;

/// Opened traces kept.
const OPENED: usize = 32;

/// Traces of one window and one filter expression.
#[derive(Debug, Default)]
pub struct Traces {
    summaries: Vec<TraceSummary>,
    places: HashMap<String, usize>,
    /// The last asking: good or bad.
    pub list: Feed<()>,
    /// The window held more traces than are kept.
    pub capped: bool,
    opened: HashMap<String, Feed<(Trace, Waterfall)>>,
    order: VecDeque<String>,
}

impl Traces {
    /// New or changed summaries.
    pub fn accept(&mut self, summaries: Vec<TraceSummary>, capped: bool, cap: usize, now: Moment) {
        for summary in summaries {
            match self.places.get(&summary.id) {
                Some(&place) => self.summaries[place] = summary,
                None => {
                    self.places.insert(summary.id.clone(), self.summaries.len());
                    self.summaries.push(summary);
                }
            }
        }
        self.summaries.sort_by(|a, b| b.start.cmp(&a.start).then_with(|| a.id.cmp(&b.id)));
        self.capped = capped || self.summaries.len() > cap;
        self.summaries.truncate(cap);
        self.places = self.summaries.iter().enumerate().map(|(at, summary)| (summary.id.clone(), at)).collect();
        self.list.accept(Ok(()), now);
    }

    /// Another window or expression: what was listed is gone.
    pub fn clear(&mut self) {
        self.summaries.clear();
        self.places.clear();
        self.capped = false;
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

    /// A trace was read, or could not be.
    pub fn accept_trace(&mut self, id: String, answer: Result<Trace, Trouble>, now: Moment) {
        if !self.opened.contains_key(&id) {
            self.order.push_back(id.clone());
        }
        let answer = answer.map(|trace| {
            let waterfall = waterfall::read(&trace);
            (trace, waterfall)
        });
        self.opened.entry(id).or_default().accept(answer, now);
        while self.order.len() > OPENED
            && let Some(oldest) = self.order.pop_front()
        {
            self.opened.remove(&oldest);
        }
    }

    /// An opened trace.
    pub fn opened(&self, id: &str) -> Option<&Feed<(Trace, Waterfall)>> {
        self.opened.get(id)
    }
}
