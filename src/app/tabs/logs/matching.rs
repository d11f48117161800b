//! Which lines are shown: local filters over what is loaded, each line looked at once, the newest first.
//!
//! A search over a million lines is done in slices between frames. What has not been looked at yet is known, so that
//! lines may come, go and move meanwhile.

use super::places::Places;
use super::wants::Wants;
use crate::model::log::Level;
use crate::store::logs::folding::FRAMES;
use crate::store::logs::{Arrival, LogStore};

/// Bytes of text that are searched at once: some two milliseconds of the slowest pattern.
const SLICE: usize = 2 << 20;
/// A line by itself, and a run of lines, cost more than their bytes.
const COST: usize = 256;

/// The places of the lines that pass.
#[derive(Debug, Default)]
pub struct Shown {
    wants: Wants,
    /// Lines that pass. All lines where nothing is filtered: then it is empty.
    hits: Places,
    /// From this place on all lines have been decided.
    decided: usize,
    /// Below this place no line has been decided; between the two, those in `maybe` are undecided and no others pass.
    below: usize,
    /// Lines that passed a wider filter.
    maybe: Places,
}

/// What became of the rows when lines came and went.
#[derive(Debug, Default)]
pub struct Taken {
    /// All is to be searched anew: nothing else is told.
    pub anew: bool,
    /// Lines that are rows now, ascending. What a search finds is not among them.
    pub added: Vec<usize>,
    /// Rows that are none any more.
    pub gone: Vec<Gone>,
}

/// A row that is none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Where it stood after lines had come, and before any was dropped.
    pub place: usize,
    /// When it happened, ms since 1970.
    pub at: i64,
    /// Its level.
    pub level: Level,
}

impl Shown {
    /// What is wanted.
    pub fn wants(&self) -> &Wants {
        &self.wants
    }

    /// Every line is shown.
    pub fn is_unfiltered(&self) -> bool {
        self.wants.is_anything()
    }

    /// Lines that pass.
    pub fn len(&self, store: &LogStore) -> usize {
        if self.is_unfiltered() { store.len() } else { self.hits.len() }
    }

    /// Place in the store of the row at `row`.
    pub fn place(&self, row: usize, store: &LogStore) -> Option<usize> {
        if self.is_unfiltered() { (row < store.len()).then_some(row) } else { self.hits.get(row) }
    }

    /// The first row at or after a place in the store.
    pub fn row_of(&self, place: usize) -> usize {
        if self.is_unfiltered() { place } else { self.hits.row_of(place) }
    }

    /// From this place on all lines have been looked at.
    pub fn decided(&self) -> usize {
        if self.is_unfiltered() { 0 } else { self.decided }
    }

    /// Share of the lines that have been looked at, while a search goes on.
    pub fn progress(&self, store: &LogStore) -> Option<f64> {
        (self.decided() > 0).then(|| 1.0 - self.decided as f64 / store.len().max(1) as f64)
    }

    /// Other wants. What passed before is looked through first; without it, everything is, the newest first.
    pub fn set(&mut self, wants: Wants, store: &LogStore) {
        let narrower = wants.narrows(&self.wants) && !self.is_unfiltered();
        self.wants = wants;
        if narrower {
            // Undecided lines stay so, and what passed is undecided again.
            let hits = std::mem::take(&mut self.hits);
            self.maybe.merge(hits.iter());
            self.decided = store.len();
        } else {
            self.restart(store);
        }
        self.work(store);
    }

    /// From now on frames are folded. There were none among the first so many lines, and what is known of those stays
    /// right.
    pub fn begin_to_fold(&mut self, lines: usize) {
        if self.is_unfiltered() {
            self.hits = Places::first(lines);
            (self.decided, self.below) = (0, 0);
        }
        self.wants.folded = true;
    }

    /// Forgets what is known of the lines, and begins anew.
    pub fn restart(&mut self, store: &LogStore) {
        self.hits.clear();
        self.maybe.clear();
        self.decided = if self.is_unfiltered() { 0 } else { store.len() };
        self.below = self.decided;
    }

    /// Looks at a slice of the lines that have not been looked at. What it finds stands before all other rows.
    pub fn work(&mut self, store: &LogStore) {
        match self.decided() {
            0 => {}
            decided if self.below < decided => self.look_through(store),
            _ => self.search(store),
        }
    }

    /// A slice of what passed a wider filter.
    fn look_through(&mut self, store: &LogStore) {
        let mut left = SLICE;
        while let Some(place) = self.maybe.pop_back() {
            if self.wants.passes(place, store) {
                self.hits.push_front(place);
            }
            self.decided = place;
            let cost = store.line(place).map_or(0, |line| line.text.len()) + COST;
            match left.checked_sub(cost) {
                Some(rest) => left = rest,
                None => break,
            }
        }
        if self.maybe.is_empty() {
            self.decided = self.below;
        }
    }

    /// A slice of what nothing is known of.
    fn search(&mut self, store: &LogStore) {
        let field = self.wants.field(store);
        let mut left = SLICE;
        while self.decided > 0 {
            let (run, bytes) = if self.decided > field.span.end {
                (field.span.end..self.decided, 0)
            } else if self.decided <= field.span.start {
                (0..self.decided, 0)
            } else {
                store.run_before(self.decided, left)
            };
            for place in self.wants.search(run.clone(), &field, store).into_iter().rev() {
                self.hits.push_front(place);
            }
            (self.decided, self.below) = (run.start, run.start);
            match left.checked_sub(bytes + COST) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    }

    /// Lines have come, moved and gone.
    pub fn take_in(&mut self, arrival: &Arrival, store: &LogStore) -> Taken {
        if arrival.cut > 0 {
            self.restart(store);
            return Taken { anew: true, ..Taken::default() };
        }
        let dropped = arrival.dropped;
        let kept = || arrival.inserted.iter().map(|place| *place as usize).filter(|place| *place >= dropped);
        let gone = arrival.gone.iter().enumerate();
        let gone = gone.map(|(place, (at, level))| Gone { place, at: *at, level: *level });
        if self.is_unfiltered() {
            let gone = gone.filter(|gone| arrival.inserted.binary_search(&(gone.place as u32)).is_err()).collect();
            return Taken { anew: false, added: kept().map(|place| place - dropped).collect(), gone };
        }
        self.hits.shift(arrival);
        self.maybe.shift(arrival);
        let mut taken =
            Taken { gone: gone.filter(|gone| self.hits.contains(gone.place)).collect(), ..Taken::default() };
        self.hits.drop_oldest(dropped);
        self.maybe.drop_oldest(dropped);
        self.decided = arrival.shifted(self.decided).saturating_sub(dropped);
        self.below = arrival.shifted(self.below).saturating_sub(dropped);
        let mut undecided = Vec::new();
        for place in kept().map(|place| place - dropped) {
            if place >= self.decided {
                if self.wants.passes(place, store) {
                    taken.added.push(place);
                }
            } else if place >= self.below {
                undecided.push(place);
            }
        }
        self.maybe.merge(undecided);
        if self.wants.folded {
            for place in behind(arrival, store) {
                self.look_again(place, dropped, &mut taken, store);
            }
            taken.added.sort_unstable();
        }
        self.hits.merge(taken.added.iter().copied());
        taken
    }

    /// A line was taken out of the store. The rows that are others now, but for that line itself.
    pub fn lose(&mut self, place: usize, store: &LogStore) -> Taken {
        let mut taken = Taken::default();
        if self.is_unfiltered() {
            return taken;
        }
        self.hits.lose(place);
        self.maybe.lose(place);
        self.decided -= usize::from(self.decided > place);
        self.below -= usize::from(self.below > place);
        if self.wants.folded {
            for frame in frames(place, store) {
                self.look_again(frame, 0, &mut taken, store);
            }
        }
        self.hits.merge(taken.added.iter().copied());
        taken
    }

    /// A frame that may have lost its head, or have found one.
    fn look_again(&mut self, place: usize, dropped: usize, taken: &mut Taken, store: &LogStore) {
        if place >= self.decided {
            let passes = self.wants.passes(place, store);
            if passes && !self.hits.contains(place) {
                taken.added.push(place);
            }
            if !passes && self.hits.remove(place) {
                let (at, level) = (store.timestamp(place).unwrap_or_default(), store.level(place));
                taken.gone.push(Gone { place: place + dropped, at, level });
            }
        } else if place >= self.below {
            self.maybe.merge([place]);
        }
    }
}

/// Frames from a place on, as many as can be of one head.
fn frames(place: usize, store: &LogStore) -> impl Iterator<Item = usize> {
    (place..store.len()).take(FRAMES).take_while(|place| store.continues(*place))
}

/// Frames that were there, and stand right behind what has come or gone.
fn behind(arrival: &Arrival, store: &LogStore) -> Vec<usize> {
    let dropped = arrival.dropped;
    let is_new = |place: &usize| arrival.inserted.binary_search(&((place + dropped) as u32)).is_ok();
    let came = arrival.inserted.iter().map(|place| *place as usize + 1).filter(|place| *place > dropped);
    let begins = (dropped > 0).then_some(0).into_iter().chain(came.map(|place| place - dropped));
    let mut found: Vec<usize> =
        begins.flat_map(|place| frames(place, store).take_while(|place| !is_new(place))).collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::super::needle::Term;
    use super::*;
    use crate::model::log::{Gap, LogEvent, Missed};
    use proptest::prelude::*;

    fn event(timestamp: i64, message: &str) -> LogEvent {
        LogEvent { timestamp, ingestion: timestamp, message: message.into(), ..LogEvent::default() }
    }

    /// A line of one of two streams.
    fn of_stream(second: bool, event: LogEvent) -> LogEvent {
        LogEvent { stream: if second { "b" } else { "a" }.into(), ..event }
    }

    fn wants(filters: &[&str]) -> Wants {
        let terms = filters.iter().map(|text| Term::read(text).expect("a good filter")).collect();
        Wants { terms, ..Wants::default() }
    }

    fn filter() -> impl Strategy<Value = String> {
        let patterns = ["/a.b?/", "/[^a]b/", "/^a|b$/", "/a*/", "!/b\\s/"].map(str::to_string);
        prop_oneof!["[ab!]{0,3}", prop::sample::select(patterns.to_vec())]
    }

    fn text() -> impl Strategy<Value = String> {
        let stack = ["Error: x", "    at f (a.js:1)", "    indented"].map(str::to_string);
        prop_oneof!["[ab\n]{1,3}", prop::sample::select(stack.to_vec())]
    }

    fn places(shown: &Shown, store: &LogStore) -> Vec<usize> {
        (0..shown.len(store)).filter_map(|row| shown.place(row, store)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
        #[test]
        fn what_is_shown_is_what_passes_however_it_came(
            batches in prop::collection::vec(prop::collection::vec((0i64..50, any::<bool>(), text()), 1..20), 1..12),
            filters in prop::collection::vec(prop::collection::vec(filter(), 0..3), 1..6),
            folded: bool,
            range in prop::option::of((0i64..50, 0i64..50)),
            older: bool,
        ) {
            let mut store = LogStore::new(3_000);
            let mut shown = Shown::default();
            let gap = Gap { group: None, from: 25, to: 26, why: Missed::Sampled };
            for (round, batch) in batches.iter().enumerate() {
                let filter: Vec<&str> = filters[round % filters.len()].iter().map(String::as_str).collect();
                if round % 4 != 3 {
                    let range = range.map(|(a, b)| (a.min(b), a.max(b)));
                    shown.set(Wants { folded, range, ..wants(&filter) }, &store);
                }
                let events = batch.iter().map(|(at, second, text)| of_stream(*second, event(*at, text))).collect();
                let arrival = if older && round % 3 == 2 { store.accept_older(events) } else { store.accept(events) };
                let before = places(&shown, &store);
                let taken = shown.take_in(&arrival, &store);
                let after = places(&shown, &store);
                if !taken.anew && !shown.is_unfiltered() {
                    let moved: Vec<usize> = before.iter().filter_map(|place| arrival.moved(*place)).collect();
                    let went = |place: &usize| taken.gone.iter().any(|gone| gone.place == place + arrival.dropped);
                    let mut told: Vec<usize> = moved.into_iter().filter(|place| !went(place)).collect();
                    told.extend(&taken.added);
                    told.sort_unstable();
                    prop_assert_eq!(told, after, "what has come and gone is told");
                }
                if round % 2 == 1 {
                    shown.take_in(&store.mark_gap(gap.clone()), &store);
                    continue;
                }
                if let Some(place) = store.unmark_gap(&gap) {
                    shown.lose(place, &store);
                }
                for _ in 0..100 {
                    shown.work(&store);
                }
                let expected: Vec<usize> = (0..store.len())
                    .filter(|place| shown.wants().passes(*place, &store))
                    .collect();
                prop_assert_eq!(places(&shown, &store), expected);
                prop_assert_eq!(shown.progress(&store), None);
            }
        }
    }

    #[test]
    fn frames_are_folded_from_the_first_that_comes_and_nothing_is_searched_for_it() {
        let mut store = LogStore::new(64 << 20);
        store.accept((0..9_000).map(|n| event(n, &"x".repeat(1000))).collect());
        let mut shown = Shown::default();
        shown.restart(&store);
        let arrival = store.accept(vec![event(9_000, "Error: x"), event(9_001, "    at f (a.js:1)")]);
        shown.begin_to_fold(9_000);
        assert_eq!(shown.take_in(&arrival, &store).added, [9_000]);
        assert_eq!((shown.len(&store), shown.progress(&store)), (9_001, None));
    }

    #[test]
    fn gaps_and_interleaved_groups_do_not_slow_each_other_down() {
        let mut store = LogStore::new(64 << 20);
        for n in 0..1_000 {
            store.mark_gap(Gap { group: None, from: n * 100, to: n * 100 + 5, why: Missed::Sampled });
        }
        // Every other line is of another batch, so that no two stand behind each other in memory.
        for second in [false, true] {
            let events = (0..10_000).map(|n| of_stream(second, event(n * 10 + i64::from(second), "some line")));
            store.accept(events.collect());
        }
        let start = crate::time::monotonic();
        let mut shown = Shown::default();
        shown.set(wants(&["zzz"]), &store);
        while shown.progress(&store).is_some() {
            shown.work(&store);
        }
        assert_eq!(shown.len(&store), 1_000);
        assert!(start.elapsed().as_secs() < 3, "{:?} for 20,000 lines", start.elapsed());
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
        assert_eq!(shown.place(0, &store).map(|place| place >= shown.decided()), Some(true));
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
        shown.lose(1, &store);
        assert_eq!((shown.len(&store), store.gaps().len()), (1, 0));
    }
}
