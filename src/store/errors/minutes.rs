//! How many by time: few counts over whatever span there is.

/// Counts kept.
const SLOTS: usize = 60;
const MINUTE: i64 = 60_000;

/// Counts by minute; where the span is longer than an hour by two, four, eight minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minutes {
    /// The first slot, in widths since 1970.
    first: i64,
    /// Minutes a slot.
    width: i64,
    counts: Vec<u32>,
}

impl Minutes {
    /// One at a moment, ms since 1970.
    pub fn count(&mut self, at: i64) {
        let minute = at.div_euclid(MINUTE);
        if self.counts.is_empty() {
            (self.first, self.width) = (minute, 1);
        }
        // The width follows from the first and the last alone: the order of what comes does not matter.
        while self.span_with(minute) > SLOTS as i64 {
            self.widen();
        }
        let slot = minute.div_euclid(self.width);
        if slot < self.first {
            let before = (self.first - slot) as usize;
            self.counts.splice(..0, std::iter::repeat_n(0, before));
            self.first = slot;
        }
        let place = (slot - self.first) as usize;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] = self.counts[place].saturating_add(1);
    }

    fn span_with(&self, minute: i64) -> i64 {
        let slot = minute.div_euclid(self.width);
        let last = self.first + self.counts.len() as i64 - 1;
        last.max(slot).max(self.first) - self.first.min(slot) + 1
    }

    fn widen(&mut self) {
        let first = self.first.div_euclid(2);
        let mut counts = vec![0_u32; self.counts.len().div_ceil(2) + 1];
        for (place, count) in self.counts.iter().enumerate() {
            let slot = (self.first + place as i64).div_euclid(2) - first;
            counts[slot as usize] += count;
        }
        while counts.last() == Some(&0) {
            counts.pop();
        }
        self.first = first;
        self.width *= 2;
        self.counts = counts;
    }

    /// Counts of equal spans between two moments, ms since 1970, for a sparkline of `slots` columns.
    pub fn over(&self, from: i64, to: i64, slots: usize) -> Vec<f64> {
        let mut over = vec![0.0; slots];
        let span = (to - from).max(1) as f64;
        for (place, count) in self.counts.iter().enumerate() {
            // A slot's count stands where its middle is.
            let at = ((self.first + place as i64) * self.width * MINUTE + self.width * MINUTE / 2) as f64;
            let column = ((at - from as f64) / span * slots as f64).clamp(0.0, slots as f64 - 1.0);
            if let Some(sum) = over.get_mut(column as usize) {
                *sum += f64::from(*count);
            }
        }
        over
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }
}
