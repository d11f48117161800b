//! How many lines there are in time, by level.
//!
//! Buckets lie at the same moments whatever is counted, so that what comes and goes is added and taken away. Only where
//! that can't be, after another filter or with buckets of another length, is all counted anew: in slices, the newest first.

use super::matching::{Shown, Taken};
use crate::model::log::Level;
use crate::store::logs::{Arrival, LogStore};

/// Buckets at most: more than the columns of any screen.
const BUCKETS: usize = 240;
/// Rows that are counted at once: about a millisecond.
pub const SLICE: usize = 1 << 16;

/// Lines of one bucket: platform, debug and info together, warnings, errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Lines that are neither of the others.
    pub plain: u32,
    /// WARN.
    pub warn: u32,
    /// ERROR.
    pub error: u32,
}

impl Bucket {
    /// All of them.
    pub fn total(self) -> u32 {
        self.plain + self.warn + self.error
    }

    fn of(&mut self, level: Level) -> Option<&mut u32> {
        match level {
            Level::Gap => None,
            Level::Error => Some(&mut self.error),
            Level::Warn => Some(&mut self.warn),
            _ => Some(&mut self.plain),
        }
    }
}

impl std::ops::AddAssign for Bucket {
    fn add_assign(&mut self, other: Bucket) {
        self.plain += other.plain;
        self.warn += other.warn;
        self.error += other.error;
    }
}

/// The lines shown, by level in time.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// On screen: nothing is counted otherwise.
    pub shown: bool,
    /// The first moment, ms since 1970: a multiple of the length of a bucket.
    pub from: i64,
    /// Length of a bucket, ms.
    pub width: i64,
    /// Buckets, the oldest first.
    pub buckets: Vec<Bucket>,
    /// Buckets that there should be at most.
    columns: usize,
    /// All rows from this place of the store on have been counted.
    counted: usize,
}

impl Histogram {
    /// One that has counted nothing yet.
    pub fn new(shown: bool) -> Histogram {
        Histogram { shown, ..Histogram::default() }
    }

    /// There is room for so many buckets.
    pub fn resize(&mut self, columns: usize) {
        self.columns = columns.clamp(1, BUCKETS);
    }

    /// Share of the lines that have been counted, while there are others.
    pub fn progress(&self, store: &LogStore) -> Option<f64> {
        let is_under_way = self.shown && self.counted > 0 && !store.is_empty();
        is_under_way.then(|| 1.0 - self.counted.min(store.len()) as f64 / store.len() as f64)
    }

    /// Counts anew.
    pub fn restart(&mut self, store: &LogStore) {
        self.width = 0;
        self.buckets.clear();
        self.counted = store.len();
    }

    /// Covers a stretch of time, ms since 1970, both ends included: with buckets of the length that there are, where those
    /// do.
    pub fn cover(&mut self, stretch: Option<(i64, i64)>, store: &LogStore) {
        let Some((first, last)) = stretch.filter(|(first, last)| self.shown && first <= last) else {
            self.restart(store);
            return;
        };
        let count = |width: i64| last.div_euclid(width) - first.div_euclid(width) + 1;
        let columns = self.columns.max(1) as i64;
        let ideal = round((last - first + 1) / columns + 1);
        // What shrinks a little and grows again keeps its buckets.
        let fits = self.width > 0
            && count(self.width) <= columns + 1
            && (self.width <= ideal || count(self.width) * 4 >= columns);
        if !fits {
            self.widen(ideal, store);
        }
        let from = first - first.rem_euclid(self.width);
        let buckets = std::mem::take(&mut self.buckets);
        self.buckets.resize(count(self.width).clamp(1, BUCKETS as i64 + 1) as usize, Bucket::default());
        let moved = (self.from - from) / self.width;
        self.from = from;
        for (bucket, at) in buckets.into_iter().zip(moved..) {
            if let Some(there) = usize::try_from(at).ok().and_then(|at| self.buckets.get_mut(at)) {
                *there = bucket;
            }
        }
    }

    /// Buckets of another length: where several of the old make one of the new, nothing need be counted again.
    fn widen(&mut self, width: i64, store: &LogStore) {
        if self.width == 0 || width % self.width != 0 {
            self.restart(store);
            self.width = width;
            return;
        }
        let from = self.from - self.from.rem_euclid(width);
        let mut wide: Vec<Bucket> = Vec::new();
        for (bucket, at) in std::mem::take(&mut self.buckets).into_iter().zip(0..) {
            let at = ((self.from + at * self.width - from) / width) as usize;
            wide.resize(wide.len().max(at + 1), Bucket::default());
            wide[at] += bucket;
        }
        (self.from, self.width, self.buckets) = (from, width, wide);
    }

    fn at(&mut self, at: i64, level: Level) -> Option<&mut u32> {
        let bucket = (at - self.from).div_euclid(self.width.max(1));
        self.buckets.get_mut(usize::try_from(bucket).ok()?)?.of(level)
    }

    fn add(&mut self, place: usize, store: &LogStore) {
        let Some(at) = store.timestamp(place) else { return };
        if let Some(count) = self.at(at, store.level(place)) {
            *count += 1;
        }
    }

    /// Lines have come and gone, and with them rows; all of them are of the stretch.
    pub fn take_in(&mut self, arrival: &Arrival, taken: &Taken, stretch: Option<(i64, i64)>, store: &LogStore) {
        if !self.shown {
            return;
        }
        if taken.anew {
            self.restart(store);
            self.cover(stretch, store);
            return;
        }
        let counted = arrival.shifted(self.counted);
        for gone in taken.gone.iter().filter(|gone| gone.place >= counted) {
            if let Some(count) = self.at(gone.at, gone.level) {
                *count = count.saturating_sub(1);
            }
        }
        self.counted = counted.saturating_sub(arrival.dropped);
        self.cover(stretch, store);
        for place in taken.added.iter().filter(|place| **place >= self.counted).copied().collect::<Vec<_>>() {
            self.add(place, store);
        }
    }

    /// A line was taken out of the store, which was no row that is counted.
    pub fn lose(&mut self, place: usize, taken: &Taken, stretch: Option<(i64, i64)>, store: &LogStore) {
        let was_counted = place >= self.counted;
        self.counted -= usize::from(!was_counted);
        // As if lines had come and none moved.
        self.take_in(&Arrival::default(), taken, stretch, store);
    }

    /// Counts a slice of the rows that have not been counted.
    pub fn count_on(&mut self, shown: &Shown, store: &LogStore) {
        let floor = shown.decided();
        if !self.shown || self.counted <= floor {
            return;
        }
        let end = shown.row_of(self.counted);
        let start = end.saturating_sub(SLICE);
        for row in start..end {
            if let Some(place) = shown.place(row, store) {
                self.add(place, store);
            }
        }
        // Before the first row there is nothing to count, as far as it has been looked at.
        self.counted = if start == 0 { floor } else { shown.place(start, store).unwrap_or(floor) };
    }

    /// The stretch of a bucket, ms since 1970, both ends included.
    pub fn stretch(&self, bucket: usize) -> (i64, i64) {
        let from = self.from + bucket as i64 * self.width;
        (from, from + self.width - 1)
    }

    /// The bucket of a moment, or the nearest one.
    pub fn bucket(&self, at: i64) -> usize {
        let bucket = (at - self.from).div_euclid(self.width.max(1)).max(0);
        (bucket as usize).min(self.buckets.len().saturating_sub(1))
    }
}

/// The next length that people count in, ms.
fn round(least: i64) -> i64 {
    const NICE: [i64; 20] = [
        1, 10, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
        1_800_000, 3_600_000, 10_800_000, 86_400_000,
    ];
    NICE.into_iter().find(|nice| *nice >= least).unwrap_or_else(|| (least / 86_400_000 + 1) * 86_400_000)
}

#[cfg(test)]
mod tests {
    use super::super::wants::Wants;
    use super::*;
    use crate::model::log::LogEvent;
    use proptest::prelude::*;

    #[test]
    fn buckets_have_lengths_that_people_count_in() {
        assert_eq!([round(1), round(7), round(4_000), round(61_000)], [1, 10, 5_000, 120_000]);
        assert_eq!(round(200_000_000), 259_200_000);
    }

    fn event(timestamp: i64, message: &str) -> LogEvent {
        LogEvent { timestamp, ingestion: timestamp, message: message.into(), ..LogEvent::default() }
    }

    fn stretch(store: &LogStore) -> Option<(i64, i64)> {
        Some((store.oldest()?, store.newest()?))
    }

    /// The rows, counted one by one into the same buckets.
    fn counted(histogram: &Histogram, shown: &Shown, store: &LogStore) -> Vec<Bucket> {
        let mut buckets = vec![Bucket::default(); histogram.buckets.len()];
        for place in (0..shown.len(store)).filter_map(|row| shown.place(row, store)) {
            let at = store.timestamp(place).expect("a line");
            if let Some(count) = buckets[((at - histogram.from) / histogram.width) as usize].of(store.level(place)) {
                *count += 1;
            }
        }
        buckets
    }

    proptest! {
        #[test]
        fn what_comes_and_goes_is_counted_as_if_all_were_counted_anew(
            batches in prop::collection::vec(
                prop::collection::vec((0i64..100_000, "(\\[ERROR\\] |WARN |    at f\\(x:1\\))[ab]{0,9}"), 1..20), 1..12
            ),
            folded: bool,
            columns in 1usize..30,
            drift in 0i64..50_000,
        ) {
            let mut store = LogStore::new(6_000);
            let mut shown = Shown::default();
            let mut histogram = Histogram::new(true);
            histogram.resize(columns);
            for (round, batch) in batches.iter().enumerate() {
                if round == 3 {
                    shown.set(Wants { folded, ..Wants::default() }, &store);
                    histogram.restart(&store);
                    histogram.cover(stretch(&store), &store);
                }
                let at = |at: i64| at + drift * round as i64;
                let events = batch.iter().map(|(moment, text)| event(at(*moment), text)).collect();
                let arrival = if round % 4 == 2 { store.accept_older(events) } else { store.accept(events) };
                let taken = shown.take_in(&arrival, &store);
                histogram.take_in(&arrival, &taken, stretch(&store), &store);
                if round % 3 == 1 {
                    continue;
                }
                while shown.progress(&store).is_some() || histogram.progress(&store).is_some() {
                    shown.work(&store);
                    histogram.count_on(&shown, &store);
                }
                prop_assert!(histogram.buckets.len() <= columns + 1);
                prop_assert_eq!(&histogram.buckets, &counted(&histogram, &shown, &store));
            }
        }
    }

    #[test]
    fn many_lines_are_counted_in_slices_and_those_that_come_one_by_one() {
        let mut store = LogStore::new(512 << 20);
        let mut shown = Shown::default();
        let mut histogram = Histogram::new(true);
        histogram.resize(100);
        for n in 0..5 {
            store.accept((0..SLICE as i64 / 2).map(|k| event(n * 1_000_000 + k, "x")).collect());
        }
        shown.restart(&store);
        histogram.restart(&store);
        histogram.cover(stretch(&store), &store);
        let sum = |histogram: &Histogram| histogram.buckets.iter().map(|bucket| bucket.total() as usize).sum::<usize>();
        histogram.count_on(&shown, &store);
        assert_eq!(sum(&histogram), SLICE, "the newest");
        let arrival = store.accept(vec![event(5_000_000, "[ERROR] x")]);
        let taken = shown.take_in(&arrival, &store);
        histogram.take_in(&arrival, &taken, stretch(&store), &store);
        assert_eq!(sum(&histogram), SLICE + 1);
        assert_eq!(histogram.buckets.last().map(|bucket| bucket.error), Some(1));
        while histogram.progress(&store).is_some() {
            histogram.count_on(&shown, &store);
        }
        assert_eq!(sum(&histogram), store.len());
    }
}
