//! One line in the index: 24 bytes beside its text.

use crate::model::log::Level;

/// Bits of the key that hold by how much ingestion came after the event, ms: seventeen minutes.
const LATENESS_BITS: u32 = 20;
/// Bits of the shape that hold the length of the text; the rest is the level.
const LENGTH_BITS: u32 = 28;
/// A longer text than this has no place in an entry. An event is 1 MiB at most, and its text three times that if every
/// byte had to be made visible.
pub(super) const LONGEST: usize = (1 << LENGTH_BITS) - 1;

/// The order of FilterLogEvents, timestamp and then ingestion, as one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

impl Key {
    pub(super) fn new(timestamp: i64, ingestion: i64) -> Key {
        let most = i64::MAX >> LATENESS_BITS;
        let lateness = ingestion.saturating_sub(timestamp).clamp(0, (1 << LATENESS_BITS) - 1);
        Key(((timestamp.clamp(0, most) << LATENESS_BITS) | lateness).cast_unsigned())
    }

    /// The first key of a moment.
    pub(super) fn at(timestamp: i64) -> Key {
        Key::new(timestamp, timestamp)
    }

    pub(super) fn timestamp(self) -> i64 {
        (self.0 >> LATENESS_BITS).cast_signed()
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) block: u32,
    pub(super) start: u32,
    shape: u32,
    pub(super) source: u16,
    /// The line goes on with what the one before it on its stream says: a stack frame that is an event of its own.
    pub(super) continues: bool,
}

impl Entry {
    pub(super) fn new(key: Key, (block, start, length): (u32, u32, usize), source: u16, level: Level) -> Entry {
        let shape = length.min(LONGEST) as u32 | ((level as u32) << LENGTH_BITS);
        Entry { key, block, start, shape, source, continues: false }
    }

    pub(super) fn length(self) -> usize {
        (self.shape & LONGEST as u32) as usize
    }

    pub(super) fn level(self) -> Level {
        Level::ALL[(self.shape >> LENGTH_BITS) as usize % Level::ALL.len()]
    }

    /// Where its text ends in its block; a line feed follows.
    pub(super) fn end(self) -> usize {
        self.start as usize + self.length()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_small_and_keeps_what_it_is_given() {
        assert!(size_of::<Entry>() <= 24);
        for level in Level::ALL {
            let entry = Entry::new(Key::new(1_795_226_700_123, 1_795_226_700_999), (7, 9, LONGEST), 65_535, level);
            assert_eq!(entry.key.timestamp(), 1_795_226_700_123);
            assert_eq!((entry.length(), entry.level()), (LONGEST, level));
        }
    }

    #[test]
    fn keys_are_in_the_order_of_time_and_then_of_ingestion() {
        let keys = [Key::at(5), Key::new(5, 6), Key::new(5, i64::MAX), Key::at(6), Key::at(i64::MAX)];
        assert!(keys.is_sorted());
        assert_eq!(Key::new(-5, -9).timestamp(), 0);
    }
}
