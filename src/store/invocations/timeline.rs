//! Attempts in the order of time, put in order when they are asked for.

/// Places of attempts by their start.
#[derive(Debug, Default)]
pub struct Timeline {
    entries: Vec<(i64, u32)>,
    sorted: usize,
    /// Attempts between these moments have another start than is written here.
    stale: Option<(i64, i64)>,
}

impl Timeline {
    /// How many.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// They are in order.
    pub fn is_settled(&self) -> bool {
        self.sorted == self.entries.len() && self.stale.is_none()
    }

    /// In the order of time.
    pub fn entries(&self) -> &[(i64, u32)] {
        &self.entries
    }

    /// One more.
    pub fn push(&mut self, start: i64, slot: u32) {
        let last = self.entries.last().map_or(i64::MIN, |(start, _)| *start);
        if self.is_settled() && start > last {
            self.sorted += 1;
        }
        self.entries.push((start, slot));
    }

    /// One has another start.
    pub fn moved(&mut self, from: i64, to: i64) {
        let (low, high) = (from.min(to), from.max(to));
        self.stale = Some(self.stale.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
    }

    /// Puts them in order: by start, then by what tells two of the same start apart.
    pub fn settle(&mut self, start: impl Fn(u32) -> i64, apart: impl Fn(u32) -> u128) {
        if self.is_settled() {
            return;
        }
        for entry in &mut self.entries[self.sorted..] {
            entry.0 = start(entry.1);
        }
        let mut low = self.entries[self.sorted..].iter().map(|(start, _)| *start).min().unwrap_or(i64::MAX);
        if let Some((from, to)) = self.stale.take() {
            let first = self.entries[..self.sorted].partition_point(|(start, _)| *start < from);
            let last = self.entries[..self.sorted].partition_point(|(start, _)| *start <= to);
            for entry in &mut self.entries[first..last] {
                entry.0 = start(entry.1);
                low = low.min(entry.0);
            }
            low = low.min(from);
        }
        let first = self.entries[..self.sorted].partition_point(|(start, _)| *start < low);
        self.entries[first..].sort_by(|a, b| a.0.cmp(&b.0).then_with(|| apart(a.1).cmp(&apart(b.1))));
        self.sorted = self.entries.len();
    }

    /// Takes away the first `n`.
    pub fn take_first(&mut self, n: usize) -> Vec<(i64, u32)> {
        let gone: Vec<_> = self.entries.drain(..n.min(self.entries.len())).collect();
        self.sorted = self.entries.len();
        gone
    }

    /// Keeps those of which `keep` says so.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        let mut place = 0;
        let mut kept = 0;
        let sorted = self.sorted;
        self.entries.retain(|(_, slot)| {
            let stays = keep(*slot);
            kept += usize::from(stays && place < sorted);
            place += 1;
            stays
        });
        self.sorted = kept;
    }
}
