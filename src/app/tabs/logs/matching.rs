//! Which lines are shown: local filters over what is loaded, each line looked at once, the newest first.
//!
//! A search over a million lines is done in slices between frames. What has not been looked at yet is known, so that
//! lines may come, go and move meanwhile.

use std::collections::VecDeque;
use std::ops::Range;

use super::needle::{Needle, Term};
use crate::model::line;
use crate::model::log::Level;
use crate::store::errors::hash_of_line;
use crate::store::invocations::Lines as InvocationLines;
use crate::store::logs::{Arrival, LogStore};

/// Bytes of text that are searched at once: some two milliseconds of the slowest pattern.
const SLICE: usize = 2 << 20;

/// What a line must be to be shown.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Filters, all of which it passes.
    pub terms: Vec<Term>,
    /// At least this level.
    pub least: Option<Level>,
    /// From here to there, ms since 1970, both included.
    pub range: Option<(i64, i64)>,
    /// Lines that go on with the one before them are folded into it.
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
            Only::Error(hash) => {
                line.level == Level::Error
                    && hash_of_line(line.group, line.stream, line.text, &line::read(line.text)) == Some(*hash)
            }
        }
    }
}

impl Wants {
    fn is_anything(&self) -> bool {
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

    /// Whatever passes these passes the others too.
    fn narrows(&self, other: &Wants) -> bool {
        let within = |(from, to): (i64, i64)| self.range.is_some_and(|(f, t)| f >= from && t <= to);
        other.terms.len() <= self.terms.len()
            && other.terms.iter().zip(&self.terms).all(|(old, new)| new.narrows(old))
            && other.least.is_none_or(|least| self.least >= Some(least))
            && other.range.is_none_or(within)
            && (other.only.is_none() || self.only == other.only)
            && self.folded == other.folded
            && (self.json || !other.json)
    }

    fn passes(&self, place: usize, store: &LogStore) -> bool {
        let level = store.level(place);
        if level == Level::Gap {
            return true;
        }
        self.least.is_none_or(|least| level >= least)
            && !(self.folded && store.continues(place))
            && self.range.is_none_or(|(from, to)| store.timestamp(place).is_some_and(|at| at >= from && at <= to))
            && store.line(place).is_some_and(|line| {
                (!self.json || line.text.starts_with(['{', '[']))
                    && self.needles().all(|needle| needle.passes(line.text))
            })
            && self.only.as_ref().is_none_or(|only| only.is_met(place, store))
    }

    /// The places in a run that pass, ascending.
    fn search(&self, mut places: Range<usize>, store: &LogStore) -> Vec<usize> {
        let whole = places.clone();
        if let Some((from, to)) = self.range {
            places.start = places.start.max(store.place_of(from));
            places.end = places.end.min(store.place_of(to.saturating_add(1)));
        }
        if let Some(Only::Invocation(lines)) = &self.only {
            places.start = places.start.max(store.place_of(lines.from));
            places.end = places.end.min(store.place_of(lines.to.saturating_add(1)));
        }
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
        // Marks of gaps are never filtered away: what is missing might have passed.
        for place in store.gap_places().into_iter().filter(|place| whole.contains(place)) {
            if let Err(at) = found.binary_search(&place) {
                found.insert(at, place);
            }
        }
        found
    }
}

/// The places of the lines that pass.
#[derive(Debug, Default)]
pub struct Shown {
    wants: Wants,
    /// Lines that pass, ascending, as ordinals: their place and what had been dropped. All lines where nothing is
    /// filtered.
    hits: VecDeque<u32>,
    /// What the store had dropped when it was last looked at: an ordinal less this is a place. Both wrap.
    base: u32,
    /// From this place on all lines have been decided.
    decided: usize,
    /// Below this place no line has been decided; between the two, those in `maybe` are undecided and no others pass.
    below: usize,
    /// Lines that passed a wider filter, ascending, as ordinals.
    maybe: VecDeque<u32>,
}

impl Shown {
    /// What is wanted.
    pub fn wants(&self) -> &Wants {
        &self.wants
    }

    fn unfiltered(&self) -> bool {
        self.wants.is_anything()
    }

    fn place_of(&self, ordinal: u32) -> usize {
        ordinal.wrapping_sub(self.base) as usize
    }

    fn ordinal(&self, place: usize) -> u32 {
        (place as u32).wrapping_add(self.base)
    }

    /// Lines that pass.
    pub fn len(&self, store: &LogStore) -> usize {
        if self.unfiltered() { store.len() } else { self.hits.len() }
    }

    /// Place in the store of the row at `row`.
    pub fn place(&self, row: usize, store: &LogStore) -> Option<usize> {
        if self.unfiltered() {
            (row < store.len()).then_some(row)
        } else {
            self.hits.get(row).map(|ordinal| self.place_of(*ordinal))
        }
    }

    /// The first row at or after a place in the store.
    pub fn row_of(&self, place: usize) -> usize {
        if self.unfiltered() { place } else { self.hits.partition_point(|ordinal| self.place_of(*ordinal) < place) }
    }

    /// Share of the lines that have been looked at, while a search goes on.
    pub fn progress(&self, store: &LogStore) -> Option<f64> {
        (self.decided > 0 && !self.unfiltered()).then(|| 1.0 - self.decided as f64 / store.len().max(1) as f64)
    }

    /// Other wants. What passed before is looked through first; without it, everything is, the newest first.
    pub fn set(&mut self, wants: Wants, store: &LogStore) {
        let narrower = wants.narrows(&self.wants) && !self.unfiltered();
        self.wants = wants;
        if narrower {
            // Undecided lines stay so, and what passed is undecided again.
            self.maybe.extend(std::mem::take(&mut self.hits));
            self.decided = store.len();
        } else {
            self.restart(store);
        }
        self.work(store);
    }

    /// Forgets what is known of the lines, and begins anew.
    pub fn restart(&mut self, store: &LogStore) {
        self.hits.clear();
        self.maybe.clear();
        self.base = store.dropped as u32;
        self.decided = if self.unfiltered() { 0 } else { store.len() };
        self.below = self.decided;
    }

    /// Looks at a slice of the lines that have not been looked at. Returns how many rows were found: they stand before
    /// all others.
    pub fn work(&mut self, store: &LogStore) -> usize {
        if self.decided == 0 || self.unfiltered() {
            return 0;
        }
        let before = self.hits.len();
        if self.below < self.decided {
            let mut left = SLICE;
            while let Some(ordinal) = self.maybe.pop_back() {
                let place = self.place_of(ordinal);
                if self.wants.passes(place, store) {
                    self.hits.push_front(ordinal);
                }
                self.decided = place;
                // A line by itself costs more than its length.
                let cost = store.line(place).map_or(0, |line| line.text.len()) + 256;
                match left.checked_sub(cost) {
                    Some(rest) => left = rest,
                    None => break,
                }
            }
            if self.maybe.is_empty() {
                self.decided = self.below;
            }
        } else {
            let mut left = SLICE;
            while self.decided > 0 {
                let (run, bytes) = store.run_before(self.decided, left);
                for place in self.wants.search(run.clone(), store).into_iter().rev() {
                    self.hits.push_front(self.ordinal(place));
                }
                (self.decided, self.below) = (run.start, run.start);
                // A short run costs more than its bytes.
                match left.checked_sub(bytes + 256) {
                    Some(rest) => left = rest,
                    None => break,
                }
            }
        }
        self.hits.len() - before
    }

    /// Lines have come, moved and gone. Returns how many of the new ones are shown.
    pub fn take_in(&mut self, arrival: &Arrival, store: &LogStore) -> usize {
        let base = store.dropped as u32;
        if arrival.cut > 0 {
            self.restart(store);
            return 0;
        }
        if self.unfiltered() {
            self.base = base;
            return arrival.inserted.len();
        }
        let mut added = 0;
        // Places as they were before anything was dropped; then dropping changes no ordinal.
        if let Some(first) = arrival.inserted.first().map(|place| *place as usize) {
            let (decided, below) = (arrival.shifted(self.decided), arrival.shifted(self.below));
            let mut hits = self.split(first, true);
            let mut maybe = self.split(first, false);
            for ordinal in hits.iter_mut().chain(&mut maybe) {
                *ordinal = self.ordinal(arrival.shifted(self.place_of(*ordinal)));
            }
            let gone = arrival.dropped;
            let (mut fresh, mut undecided) = (Vec::new(), Vec::new());
            for place in arrival.inserted.iter().map(|place| *place as usize).filter(|place| *place >= gone) {
                if place >= decided {
                    if self.wants.passes(place - gone, store) {
                        fresh.push(self.ordinal(place));
                    }
                } else if place >= below {
                    undecided.push(self.ordinal(place));
                }
            }
            added = fresh.len();
            let base = self.base;
            merge(&mut self.hits, hits, fresh, base);
            merge(&mut self.maybe, maybe, undecided, base);
            (self.decided, self.below) = (decided, below);
        }
        let place_of = |ordinal: &u32| ordinal.wrapping_sub(self.base) as usize;
        for list in [&mut self.hits, &mut self.maybe] {
            let gone = list.partition_point(|ordinal| place_of(ordinal) < arrival.dropped);
            list.drain(..gone);
        }
        self.decided = self.decided.saturating_sub(arrival.dropped);
        self.below = self.below.saturating_sub(arrival.dropped);
        self.base = base;
        added
    }

    /// Takes off what stands at a place or behind it.
    fn split(&mut self, place: usize, hits: bool) -> Vec<u32> {
        let base = self.base;
        let list = if hits { &mut self.hits } else { &mut self.maybe };
        let at = list.partition_point(|ordinal| (ordinal.wrapping_sub(base) as usize) < place);
        list.drain(at..).collect()
    }
}

/// Appends two ascending lists as one.
fn merge(list: &mut VecDeque<u32>, a: Vec<u32>, b: Vec<u32>, base: u32) {
    let key = |ordinal: &u32| ordinal.wrapping_sub(base);
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if key(x) <= key(y) => a.next(),
            (Some(_), None) => a.next(),
            (_, Some(_)) => b.next(),
            (None, None) => return,
        };
        list.extend(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::LogEvent;
    use proptest::prelude::*;

    fn event(timestamp: i64, message: &str) -> LogEvent {
        LogEvent { timestamp, ingestion: timestamp, message: message.into(), ..LogEvent::default() }
    }

    fn wants(filters: &[&str]) -> Wants {
        let terms = filters.iter().map(|text| Term::read(text).expect("a good filter")).collect();
        Wants { terms, ..Wants::default() }
    }

    fn filter() -> impl Strategy<Value = String> {
        let patterns = ["/a.b?/", "/[^a]b/", "/^a|b$/", "/a*/", "!/b\\s/"].map(str::to_string);
        prop_oneof!["[ab!]{0,3}", prop::sample::select(patterns.to_vec())]
    }

    proptest! {
        #[test]
        fn what_is_shown_is_what_passes_however_it_came(
            batches in prop::collection::vec(prop::collection::vec((0i64..50, "[ab\n]{1,3}"), 1..20), 1..12),
            filters in prop::collection::vec(prop::collection::vec(filter(), 0..3), 1..6),
            older: bool,
        ) {
            let mut store = LogStore::new(3_000);
            let mut shown = Shown::default();
            for (round, batch) in batches.iter().enumerate() {
                let filter: Vec<&str> = filters[round % filters.len()].iter().map(String::as_str).collect();
                shown.set(wants(&filter), &store);
                let events = batch.iter().map(|(at, text)| event(*at, text)).collect();
                let arrival = if older && round % 3 == 2 { store.accept_older(events) } else { store.accept(events) };
                shown.take_in(&arrival, &store);
                if round % 2 == 1 {
                    continue;
                }
                for _ in 0..100 {
                    shown.work(&store);
                }
                let expected: Vec<usize> = (0..store.len())
                    .filter(|place| shown.wants().passes(*place, &store))
                    .collect();
                let found: Vec<usize> = (0..shown.len(&store)).filter_map(|row| shown.place(row, &store)).collect();
                prop_assert_eq!(found, expected);
                prop_assert_eq!(shown.progress(&store), None);
            }
        }
    }

    #[test]
    fn a_long_search_finds_the_newest_first_and_says_how_far_it_is() {
        let mut store = LogStore::new(256 << 20);
        let line = "x".repeat(1000);
        store.accept((0..10_000).map(|n| event(n, &format!("{n} {line}"))).collect());
        let mut shown = Shown::default();
        shown.set(wants(&["9 x"]), &store);
        assert!(shown.progress(&store).is_some_and(|share| share > 0.1 && share < 0.9));
        let last = shown.len(&store) - 1;
        assert_eq!(shown.place(last, &store), Some(9_999));
        // One more letter while the search goes on, and lines that come meanwhile.
        shown.set(wants(&["99 x"]), &store);
        let arrival = store.accept(vec![event(20_000, "199 x"), event(3, "99 x late")]);
        shown.take_in(&arrival, &store);
        while shown.progress(&store).is_some() {
            shown.work(&store);
        }
        assert_eq!(shown.len(&store), 102);
    }

    #[test]
    fn a_gap_is_never_filtered_away() {
        use crate::model::log::{Gap, Missed};
        let mut store = LogStore::new(1 << 20);
        store.accept(vec![event(1, "a"), event(9, "b")]);
        let mut shown = Shown::default();
        shown.set(wants(&["b"]), &store);
        let gap = Gap { group: None, from: 2, to: 8, why: Missed::Sampled };
        shown.take_in(&store.mark_gap(gap.clone()), &store);
        assert_eq!(shown.len(&store), 2);
        shown.set(wants(&["!b"]), &store);
        assert_eq!(shown.len(&store), 2);
        assert_eq!(store.gap_at(1), Some(&gap));
        assert_eq!(store.unmark_gap(&gap), Some(1));
        shown.restart(&store);
        shown.work(&store);
        assert_eq!((shown.len(&store), store.gaps().len()), (1, 0));
    }
}
