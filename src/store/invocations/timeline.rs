//! Attempts in the order of time, put in order when they are asked for.

use std::cmp::Ordering;
use std::collections::VecDeque;

/// An attempt in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    /// When it started.
    pub start: i64,
    /// Which attempt.
    pub slot: u32,
    /// On a stream: for how many ms one that started before it still ran.
    pub over: u32,
}

/// Attempts by their start. Lines come and go at either end of time, so that is where changes are cheap.
#[derive(Debug, Default)]
pub struct Timeline {
    stands: VecDeque<Stand>,
    sorted: usize,
    /// Attempts between these moments have another start than is written here.
    stale: Option<(i64, i64)>,
}

impl Timeline {
    /// How many.
    pub fn len(&self) -> usize {
        self.stands.len()
    }

    /// They are in order.
    pub fn is_settled(&self) -> bool {
        self.sorted == self.stands.len() && self.stale.is_none()
    }

    /// In the order of time.
    pub fn stands(&self) -> &VecDeque<Stand> {
        &self.stands
    }

    /// The attempts in the order of time.
    pub fn slots(&self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + '_ {
        self.stands.iter().map(|stand| stand.slot)
    }

    /// How many started before a moment.
    pub fn before(&self, at: i64) -> usize {
        self.stands.partition_point(|stand| stand.start < at)
    }

    /// How many have started by a moment.
    pub fn until(&self, at: i64) -> usize {
        self.stands.partition_point(|stand| stand.start <= at)
    }

    /// Writes down for how long others still ran when one started.
    pub fn set_over(&mut self, place: usize, over: u32) {
        self.stands[place].over = over;
    }

    /// One more.
    pub fn push(&mut self, start: i64, slot: u32) {
        let last = self.stands.back().map_or(i64::MIN, |stand| stand.start);
        if self.is_settled() && start > last {
            self.sorted += 1;
        }
        self.stands.push_back(Stand { start, slot, over: 0 });
    }

    /// One has another start. `apart` tells two of the same start apart.
    pub fn moved(&mut self, slot: u32, from: i64, to: i64, apart: impl Fn(u32) -> u128) {
        if self.is_settled()
            && let Some(place) = self.place_of(slot, from)
        {
            let stand = Stand { start: to, ..self.stands[place] };
            let fits = |before: Option<&Stand>, behind: Option<&Stand>| {
                before.is_none_or(|other| order(other, &stand, &apart).is_le())
                    && behind.is_none_or(|other| order(&stand, other, &apart).is_le())
            };
            if fits(place.checked_sub(1).map(|before| &self.stands[before]), self.stands.get(place + 1)) {
                self.stands[place] = stand;
            } else {
                self.stands.remove(place);
                let place = self.stands.partition_point(|other| order(other, &stand, &apart).is_lt());
                self.stands.insert(place, stand);
            }
            return;
        }
        let (low, high) = (from.min(to), from.max(to));
        self.stale = Some(self.stale.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
    }

    /// Takes one away.
    pub fn remove(&mut self, slot: u32, start: i64) {
        let place = if self.is_settled() { self.place_of(slot, start) } else { None };
        let place = place.or_else(|| self.stands.iter().position(|stand| stand.slot == slot));
        if let Some(place) = place {
            self.stands.remove(place);
            self.sorted -= usize::from(place < self.sorted);
        }
    }

    fn place_of(&self, slot: u32, start: i64) -> Option<usize> {
        let first = self.before(start);
        let same = self.stands.range(first..).take_while(|stand| stand.start == start);
        same.enumerate().find(|(_, stand)| stand.slot == slot).map(|(at, _)| first + at)
    }

    /// Puts them in order: by start, then by what tells two of the same start apart.
    pub fn settle(&mut self, start: impl Fn(u32) -> i64, apart: impl Fn(u32) -> u128) {
        if self.is_settled() {
            return;
        }
        let mut fresh: Vec<Stand> = self.stands.drain(self.sorted..).collect();
        if let Some((from, to)) = self.stale.take() {
            // Whatever moved was between these moments and still is.
            let range = self.before(from)..self.until(to);
            let mut moved: Vec<Stand> = self.stands.range(range.clone()).copied().collect();
            for stand in &mut moved {
                stand.start = start(stand.slot);
            }
            moved.sort_by(|a, b| order(a, b, &apart));
            for (known, moved) in self.stands.range_mut(range).zip(moved) {
                *known = moved;
            }
        }
        for stand in &mut fresh {
            stand.start = start(stand.slot);
        }
        merge(&mut self.stands, fresh, |a, b| order(a, b, &apart));
        self.sorted = self.stands.len();
    }

    /// Takes away the first `n`.
    pub fn take_first(&mut self, n: usize) -> Vec<Stand> {
        let gone: Vec<_> = self.stands.drain(..n.min(self.stands.len())).collect();
        self.sorted = self.stands.len();
        gone
    }

    /// Keeps those of which `keep` says so; they must be in order.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.stands.retain(|stand| keep(stand.slot));
        self.sorted = self.stands.len();
    }
}

fn order(a: &Stand, b: &Stand, apart: &impl Fn(u32) -> u128) -> Ordering {
    a.start.cmp(&b.start).then_with(|| apart(a.slot).cmp(&apart(b.slot)))
}

/// Puts more where they belong among those that are in order, moving those of the nearer end only.
pub fn merge<T: Copy>(known: &mut VecDeque<T>, mut fresh: Vec<T>, order: impl Fn(&T, &T) -> Ordering) {
    fresh.sort_by(&order);
    let (Some(first), Some(last)) = (fresh.first(), fresh.last()) else { return };
    let from = known.partition_point(|one| order(one, first).is_le());
    let to = known.partition_point(|one| order(one, last).is_le());
    if to <= known.len() - from {
        let mut head: Vec<T> = known.drain(..to).chain(fresh).collect();
        head.sort_by(&order);
        for one in head.into_iter().rev() {
            known.push_front(one);
        }
    } else {
        let mut tail: Vec<T> = known.drain(from..).chain(fresh).collect();
        tail.sort_by(&order);
        known.extend(tail);
    }
}
