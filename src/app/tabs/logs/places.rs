//! Places of lines in the store, kept right while lines come, move and go.

use std::collections::VecDeque;

use crate::store::logs::Arrival;

/// Some of the places in the store, ascending; four bytes each.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Each is a place and what had been dropped until it was noted: dropping changes none of them. Both wrap.
    ordinals: VecDeque<u32>,
    base: u32,
}

impl Places {
    /// The first so many, all of them.
    pub fn first(count: usize) -> Places {
        Places { ordinals: (0..count as u32).collect(), base: 0 }
    }

    fn place(&self, ordinal: u32) -> usize {
        ordinal.wrapping_sub(self.base) as usize
    }

    fn ordinal(&self, place: usize) -> u32 {
        (place as u32).wrapping_add(self.base)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ordinals.len()
    }

    /// None.
    pub fn is_empty(&self) -> bool {
        self.ordinals.is_empty()
    }

    /// The one at a row.
    pub fn get(&self, row: usize) -> Option<usize> {
        self.ordinals.get(row).map(|ordinal| self.place(*ordinal))
    }

    /// The oldest.
    pub fn oldest(&self) -> Option<usize> {
        self.get(0)
    }

    /// The newest.
    pub fn newest(&self) -> Option<usize> {
        self.ordinals.back().map(|ordinal| self.place(*ordinal))
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.ordinals.iter().map(|ordinal| self.place(*ordinal))
    }

    /// The first row at or after a place.
    pub fn row_of(&self, place: usize) -> usize {
        self.ordinals.partition_point(|ordinal| self.place(*ordinal) < place)
    }

    /// It is one of them.
    pub fn contains(&self, place: usize) -> bool {
        self.get(self.row_of(place)) == Some(place)
    }

    /// One before all others.
    pub fn push_front(&mut self, place: usize) {
        let ordinal = self.ordinal(place);
        self.ordinals.push_front(ordinal);
    }

    /// Takes out the oldest.
    pub fn pop_front(&mut self) -> Option<usize> {
        self.ordinals.pop_front().map(|ordinal| self.place(ordinal))
    }

    /// Takes out the newest.
    pub fn pop_back(&mut self) -> Option<usize> {
        self.ordinals.pop_back().map(|ordinal| self.place(ordinal))
    }

    /// Takes out a place; whether it was one of them.
    pub fn remove(&mut self, place: usize) -> bool {
        let row = self.row_of(place);
        let is_known = self.get(row) == Some(place);
        if is_known {
            self.ordinals.remove(row);
        }
        is_known
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.ordinals.clear();
    }

    /// Takes in others, ascending. Only those of the nearer end are moved: what comes before or behind all that are known
    /// costs nothing else.
    pub fn merge(&mut self, others: impl IntoIterator<Item = usize>) {
        let others: Vec<usize> = others.into_iter().collect();
        let (Some(first), Some(last)) = (others.first(), others.last()) else { return };
        let (from, to) = (self.row_of(*first), self.row_of(last + 1));
        if self.len() - from <= to {
            let tail: Vec<usize> = self.ordinals.split_off(from).into_iter().map(|known| self.place(known)).collect();
            interleave(&tail, &others, |place| self.push_back(place));
        } else {
            let head: Vec<usize> = self.iter().take(to).collect();
            self.ordinals.drain(..to);
            let mut merged = Vec::with_capacity(head.len() + others.len());
            interleave(&head, &others, |place| merged.push(place));
            merged.into_iter().rev().for_each(|place| self.push_front(place));
        }
    }

    fn push_back(&mut self, place: usize) {
        let ordinal = self.ordinal(place);
        self.ordinals.push_back(ordinal);
    }

    /// Lines have come: those behind them have moved. [`Places::drop_oldest`] must follow for those that went.
    pub fn shift(&mut self, arrival: &Arrival) {
        let Some(first) = arrival.inserted.first() else { return };
        let mut passed = 0;
        for row in self.row_of(*first as usize)..self.ordinals.len() {
            let place = self.place(self.ordinals[row]);
            while arrival.inserted.get(passed).is_some_and(|new| *new as usize <= place + passed) {
                passed += 1;
            }
            self.ordinals[row] = self.ordinal(place + passed);
        }
    }

    /// So many lines have gone at the old end.
    pub fn drop_oldest(&mut self, count: usize) {
        let gone = self.row_of(count);
        self.ordinals.drain(..gone);
        self.base = self.base.wrapping_add(count as u32);
    }

    /// Lines have come, and others have gone at the old end.
    pub fn follow(&mut self, arrival: &Arrival) {
        self.shift(arrival);
        self.drop_oldest(arrival.dropped);
    }

    /// The line at a place is gone; whether it was one of them.
    pub fn lose(&mut self, place: usize) -> bool {
        let was_known = self.remove(place);
        for row in self.row_of(place)..self.ordinals.len() {
            self.ordinals[row] = self.ordinals[row].wrapping_sub(1);
        }
        was_known
    }
}

/// Two ascending lists as one, what is in both once.
fn interleave(known: &[usize], others: &[usize], mut tell: impl FnMut(usize)) {
    let mut others = others.iter().copied().peekable();
    for known in known.iter().copied() {
        while let Some(other) = others.next_if(|other| *other <= known) {
            if other < known {
                tell(other);
            }
        }
        tell(known);
    }
    others.for_each(tell);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(places: &[usize]) -> Places {
        let mut some = Places::default();
        some.merge(places.iter().copied());
        some
    }

    proptest! {
        #[test]
        fn a_place_follows_its_line(
            known in prop::collection::btree_set(0usize..40, 0..20),
            inserted in prop::collection::btree_set(0u32..50, 0..20),
            dropped in 0usize..30,
            lost in 0usize..40,
        ) {
            // Lines by name; new ones have none.
            let mut lines: Vec<Option<usize>> = (0..40).map(Some).collect();
            let mut places = of(&known.iter().copied().collect::<Vec<_>>());
            let mut came = Vec::new();
            for place in inserted {
                came.push(place.min(lines.len() as u32));
                lines.insert(place.min(lines.len() as u32) as usize, None);
            }
            let inserted = came;
            lines.drain(..dropped);
            places.follow(&Arrival { inserted, dropped, ..Arrival::default() });
            let at = |lines: &[Option<usize>]| -> Vec<usize> {
                (0..lines.len()).filter(|at| lines[*at].is_some_and(|name| known.contains(&name))).collect()
            };
            prop_assert_eq!(places.iter().collect::<Vec<_>>(), at(&lines));
            if lost < lines.len() {
                let name = lines.remove(lost);
                prop_assert_eq!(places.lose(lost), name.is_some_and(|name| known.contains(&name)));
            }
            prop_assert_eq!(places.iter().collect::<Vec<_>>(), at(&lines));
        }
    }

    proptest! {
        #[test]
        fn what_is_merged_is_there_once(
            known in prop::collection::btree_set(0usize..40, 0..20),
            others in prop::collection::btree_set(0usize..40, 0..20),
        ) {
            let mut places = of(&known.iter().copied().collect::<Vec<_>>());
            places.merge(others.iter().copied());
            prop_assert_eq!(places.iter().collect::<Vec<_>>(), known.union(&others).copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn places_are_taken_in_and_out_once() {
        let mut places = of(&[2, 5, 9]);
        places.merge([1, 5, 7, 12]);
        assert_eq!(places.iter().collect::<Vec<_>>(), [1, 2, 5, 7, 9, 12]);
        assert!(places.remove(5) && !places.remove(5) && places.contains(7));
        assert_eq!((places.row_of(6), places.oldest(), places.newest()), (2, Some(1), Some(12)));
    }
}
