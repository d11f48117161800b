//! What a line must be to be shown, and which lines of a run are it.

use std::ops::Range;

use super::needle::{Needle, Term};
use crate::app::step::LogTarget;
use crate::model::line;
use crate::model::log::Level;
use crate::model::trace::w3c_id;
use crate::store::errors::hash_of_line;
use crate::store::invocations::Lines as InvocationLines;
use crate::store::logs::LogStore;

/// What a line must be to be shown.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Filters, all of which it passes.
    pub terms: Vec<Term>,
    /// At least this level.
    pub least: Option<Level>,
    /// From here to there, ms since 1970, both included.
    pub range: Option<(i64, i64)>,
    /// Frames are folded into the line that they belong to.
    pub folded: bool,
    /// JSON only: others say nothing to an expression about fields.
    pub json: bool,
    /// Lines of one invocation, or of one error.
    pub only: Option<Only>,
}

/// What the lines are about.
#[derive(Clone, Debug, PartialEq)]
pub enum Only {
    /// One invocation.
    Invocation(InvocationLines),
    /// One error, by the hash of its fingerprint.
    Error(u64),
    /// One trace: the lines of its invocations in all their functions.
    Trace(TraceLines),
}

/// The lines of one trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceLines {
    /// Its id, and the request ids in it: a line with one of them is the trace's.
    pub ids: Vec<String>,
    /// When it began, ms since 1970, with a little before it.
    pub from: i64,
    /// The last moment that may be its, ms since 1970.
    pub to: i64,
}

/// Lines that are looked at for the request that a line without an id goes on with.
const BACK: usize = 2_000;

impl TraceLines {
    /// The lines of the trace that is asked for, if one is.
    pub fn of(target: &LogTarget) -> Option<TraceLines> {
        let (trace, at) = (target.trace.as_ref()?, target.at?);
        // OpenTelemetry's loggers write the id without its dashes.
        let ids = [trace.clone(), w3c_id(trace)].into_iter().chain(target.requests.iter().cloned()).collect();
        // Cold starts come before the first segment, reports and retries of asynchronous invocations after the last.
        Some(TraceLines { ids, from: at - 30_000, to: at + 900_000 })
    }

    fn names(&self, text: &str) -> bool {
        self.ids.iter().any(|id| memchr::memmem::find(text.as_bytes(), id.as_bytes()).is_some())
    }

    /// A line without a request id is of the request that was last named on its stream.
    fn is_met(&self, place: usize, text: &str, store: &LogStore) -> bool {
        if self.names(text) {
            return true;
        }
        if line::read(text).request().is_some() {
            return false;
        }
        let source = store.source_at(place);
        let before = (place.saturating_sub(BACK)..place).rev().filter(|before| store.source_at(*before) == source);
        for before in before {
            let Some(line) = store.line(before) else { return false };
            if line.timestamp < self.from {
                return false;
            }
            if line::read(line.text).request().is_some() {
                return self.names(line.text);
            }
        }
        false
    }
}

impl Only {
    fn is_met(&self, place: usize, store: &LogStore) -> bool {
        let Some(line) = store.line(place) else { return false };
        match self {
            Only::Invocation(lines) => {
                // The index knows the stream and the time: most lines need not be read.
                let near = store.source_at(place) == lines.source && (lines.from..=lines.to).contains(&line.timestamp);
                near && lines.belongs(store.source_at(place), line.timestamp, line::read(line.text).request())
            }
            Only::Trace(lines) => {
                (lines.from..=lines.to).contains(&line.timestamp) && lines.is_met(place, line.text, store)
            }
            Only::Error(hash) => {
                line.level == Level::Error
                    && hash_of_line(line.group, line.stream, line.text, &line::read(line.text)) == Some(*hash)
            }
        }
    }
}

/// Where the lines of a search may be, the same for all of its runs: looked up once.
pub(super) struct Field {
    /// No line outside passes, but for the marks of gaps.
    pub(super) span: Range<usize>,
    /// Places of the marks of gaps, ascending.
    gaps: Vec<usize>,
}

impl Wants {
    /// Every line passes.
    pub(super) fn is_anything(&self) -> bool {
        self.terms.iter().all(|term| term.needle.is_none())
            && self.least.is_none()
            && self.range.is_none()
            && self.only.is_none()
            && !self.folded
            && !self.json
    }

    fn needles(&self) -> impl Iterator<Item = &Needle> {
        self.terms.iter().filter_map(|term| term.needle.as_ref())
    }

    /// Whatever passes these passes the others too. Not where frames are folded: one whose head is left out is shown.
    pub(super) fn narrows(&self, other: &Wants) -> bool {
        let within = |(from, to): (i64, i64)| self.range.is_some_and(|(f, t)| f >= from && t <= to);
        other.terms.len() <= self.terms.len()
            && other.terms.iter().zip(&self.terms).all(|(old, new)| new.narrows(old))
            && other.least.is_none_or(|least| self.least >= Some(least))
            && other.range.is_none_or(within)
            && (other.only.is_none() || self.only == other.only)
            && !self.folded
            && !other.folded
            && (self.json || !other.json)
    }

    /// The stretch of time outside of which nothing passes, ms since 1970, both ends included.
    pub fn stretch(&self) -> Option<(i64, i64)> {
        let only = match &self.only {
            Some(Only::Invocation(lines)) => Some((lines.from, lines.to)),
            Some(Only::Trace(lines)) => Some((lines.from, lines.to)),
            _ => None,
        };
        match (self.range, only) {
            (Some(range), Some(only)) => Some((range.0.max(only.0), range.1.min(only.1))),
            (range, only) => range.or(only),
        }
    }

    /// The line passes.
    pub(super) fn passes(&self, place: usize, store: &LogStore) -> bool {
        // Marks of gaps are never filtered away: what is missing might have passed.
        store.level(place) == Level::Gap || (self.suits(place, store) && !self.folds(place, store))
    }

    /// The line would be shown if it were not folded into another that is.
    pub fn hides(&self, place: usize, store: &LogStore) -> bool {
        self.suits(place, store) && self.folds(place, store)
    }

    /// It is a frame, and the line into which it is folded is shown.
    fn folds(&self, place: usize, store: &LogStore) -> bool {
        self.folded && store.head(place).is_some_and(|head| self.suits(head, store))
    }

    fn suits(&self, place: usize, store: &LogStore) -> bool {
        self.least.is_none_or(|least| store.level(place) >= least)
            && self.range.is_none_or(|(from, to)| store.timestamp(place).is_some_and(|at| at >= from && at <= to))
            && (self.is_mute() || store.line(place).is_some_and(|line| self.says(line.text)))
            && self.only.as_ref().is_none_or(|only| only.is_met(place, store))
    }

    /// What a line says is all the same.
    fn is_mute(&self) -> bool {
        !self.json && self.needles().next().is_none()
    }

    fn says(&self, text: &str) -> bool {
        (!self.json || text.starts_with(['{', '['])) && self.needles().all(|needle| needle.passes(text))
    }

    pub(super) fn field(&self, store: &LogStore) -> Field {
        let span = match self.stretch() {
            Some((from, to)) => store.place_of(from)..store.place_of(to.saturating_add(1)),
            None => 0..store.len(),
        };
        Field { span, gaps: store.gap_places() }
    }

    /// The places in a run that pass, ascending.
    pub(super) fn search(&self, run: Range<usize>, field: &Field, store: &LogStore) -> Vec<usize> {
        let places = run.start.max(field.span.start)..run.end.min(field.span.end);
        let mut found = Vec::new();
        if !places.is_empty() {
            // The first filter that looks for something leads; the others look at its hits only.
            let lead =
                self.needles().find(|needle| !matches!(needle, Needle::Not(_))).or_else(|| self.needles().next());
            // Nothing but this filter decides: its hits need not be looked at again.
            let alone =
                self.terms.len() == 1 && self.least.is_none() && self.only.is_none() && !self.folded && !self.json;
            match lead {
                None => found.extend(places.filter(|place| self.passes(*place, store))),
                Some(Needle::Not(inner)) => {
                    let mut next = places.start;
                    let mut hits = Vec::new();
                    store.find_in_run(places.clone(), inner.as_ref(), |place| hits.push(place));
                    for hit in hits.into_iter().chain([places.end]) {
                        found.extend((next..hit).filter(|place| alone || self.passes(*place, store)));
                        next = hit + 1;
                    }
                }
                Some(needle) => {
                    store.find_in_run(places, needle, |place| {
                        if alone || self.passes(place, store) {
                            found.push(place);
                        }
                    });
                }
            }
        }
        let gaps = field.gaps.partition_point(|place| *place < run.start)..;
        for place in field.gaps[gaps].iter().take_while(|place| **place < run.end) {
            if let Err(at) = found.binary_search(place) {
                found.insert(at, *place);
            }
        }
        found
    }
}
