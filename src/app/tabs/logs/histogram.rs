//! How many lines there are in time, by level; and the brush that chooses a stretch of it.

use super::matching::Shown;
use crate::app::tabs::Context;
use crate::model::log::Level;

/// Buckets at most: more than the columns of any screen.
const BUCKETS: usize = 240;

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
}

/// The lines shown, by level in time.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// On screen.
    pub shown: bool,
    /// The first moment, ms since 1970.
    pub from: i64,
    /// Length of a bucket, ms.
    pub width: i64,
    /// Buckets, the oldest first.
    pub buckets: Vec<Bucket>,
}

/// A stretch of buckets being chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brush {
    /// The bucket that the brush is on.
    pub at: usize,
    /// The other end, once it is set.
    pub anchor: Option<usize>,
}

impl Histogram {
    /// Counts anew: cheap enough a few times a second, and done only while it is looked at.
    pub fn renew(&mut self, shown: &Shown, range: Option<(i64, i64)>, cx: &Context) {
        if !self.shown {
            return;
        }
        let store = &cx.store.logs;
        let rows = shown.len(store);
        let time = |row: usize| shown.place(row, store).and_then(|place| store.timestamp(place));
        let ends = (rows > 0).then(|| (time(0), time(rows - 1)));
        self.buckets.clear();
        let Some((Some(first), Some(last))) = ends else { return };
        let (from, to) = range.unwrap_or((first, last));
        let columns = usize::from(cx.body.width.saturating_sub(4)).clamp(1, BUCKETS).cast_signed() as i64;
        self.width = round((to - from + 1) / columns + 1);
        self.from = from - from.rem_euclid(self.width);
        let count = ((to - self.from) / self.width + 1).clamp(1, BUCKETS as i64) as usize;
        self.buckets.resize(count, Bucket::default());
        for row in 0..rows {
            let Some(place) = shown.place(row, store) else { break };
            let Some(at) = store.timestamp(place) else { break };
            let bucket = ((at - self.from) / self.width).clamp(0, count as i64 - 1) as usize;
            let bucket = &mut self.buckets[bucket];
            match store.level(place) {
                Level::Gap => {}
                Level::Error => bucket.error += 1,
                Level::Warn => bucket.warn += 1,
                _ => bucket.plain += 1,
            }
        }
    }

    /// The stretch of a bucket, ms since 1970, both ends included.
    pub fn stretch(&self, bucket: usize) -> (i64, i64) {
        let from = self.from + bucket as i64 * self.width;
        (from, from + self.width - 1)
    }
}

impl Brush {
    /// The buckets chosen, first and last.
    pub fn buckets(&self) -> (usize, usize) {
        let anchor = self.anchor.unwrap_or(self.at);
        (anchor.min(self.at), anchor.max(self.at))
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
    use super::*;

    #[test]
    fn buckets_have_lengths_that_people_count_in() {
        assert_eq!([round(1), round(7), round(4_000), round(61_000)], [1, 10, 5_000, 120_000]);
        assert_eq!(round(200_000_000), 259_200_000);
    }

    #[test]
    fn a_brush_has_two_ends_in_any_order() {
        assert_eq!(Brush { at: 3, anchor: None }.buckets(), (3, 3));
        assert_eq!(Brush { at: 3, anchor: Some(9) }.buckets(), (3, 9));
    }
}
