//! The order of the lines, and how it is kept when others come.

use super::LogStore;
use super::entry::{Entry, Key};
use crate::model::log::Level;

/// What became of the lines in store when others came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Places that the new lines took, ascending, before any line was dropped for them.
    pub inserted: Vec<u32>,
    /// Lines dropped at the old end; the places of all others moved up by as many.
    pub dropped: usize,
    /// When those happened, ms since 1970, and their levels; the oldest first.
    pub gone: Vec<(i64, Level)>,
    /// Lines dropped at the new end, to make room for older ones.
    pub cut: usize,
}

impl Arrival {
    /// Where the line that was at `place` stands after the insertion, before any line was dropped.
    pub fn shifted(&self, place: usize) -> usize {
        // The n-th of the new lines stands before it if its place is not beyond that of the line, moved by n.
        let (mut low, mut high) = (0, self.inserted.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.inserted[middle] as usize <= place + middle {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        place + low
    }

    /// Where the line that was at `place` is now; none if it was dropped at the old end.
    pub fn moved(&self, place: usize) -> Option<usize> {
        self.shifted(place).checked_sub(self.dropped)
    }
}

impl LogStore {
    /// Puts sorted entries where they belong, moving the lines of the nearer end only. Returns their places.
    pub(super) fn merge(&mut self, fresh: Vec<Entry>) -> Vec<u32> {
        let (Some(first), Some(last)) = (fresh.first(), fresh.last()) else { return Vec::new() };
        let count = self.entries.len();
        let behind = |key: Key| self.entries.partition_point(|entry| entry.key <= key);
        let (from, to) = (behind(first.key), behind(last.key));
        self.grow(fresh.len());
        let mut places = Vec::with_capacity(fresh.len());
        if from == count {
            places.extend((count..count + fresh.len()).map(|place| place as u32));
            self.entries.extend(fresh);
        } else if to <= count - from {
            let head: Vec<Entry> = self.entries.drain(..to).collect();
            let mut merged = Vec::with_capacity(head.len() + fresh.len());
            interleave(head, fresh, 0, |entry| merged.push(entry), &mut places);
            for entry in merged.into_iter().rev() {
                self.entries.push_front(entry);
            }
        } else {
            let tail: Vec<Entry> = self.entries.drain(from..).collect();
            interleave(tail, fresh, from, |entry| self.entries.push_back(entry), &mut places);
        }
        places
    }

    /// Room for more lines, a little at a time: doubling would hold twice what is needed.
    pub(super) fn grow(&mut self, more: usize) {
        if self.entries.capacity() < self.entries.len() + more {
            self.entries.reserve_exact(more.max(self.entries.len() / 32).max(1024));
        }
    }
}

/// Two sorted runs into one; of equals the known ones come first. `base` is the place of the first.
fn interleave(known: Vec<Entry>, fresh: Vec<Entry>, base: usize, mut push: impl FnMut(Entry), places: &mut Vec<u32>) {
    let mut place = base;
    let mut fresh = fresh.into_iter().peekable();
    for entry in known {
        while let Some(new) = fresh.next_if(|new| new.key < entry.key) {
            places.push(place as u32);
            push(new);
            place += 1;
        }
        push(entry);
        place += 1;
    }
    for new in fresh {
        places.push(place as u32);
        push(new);
        place += 1;
    }
}
