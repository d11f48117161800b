//! Which events have been told: what is read a second time, to catch what came late, is known by its id.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use crate::model::log::LogEvent;

/// Length of a bucket, ms of event time. Buckets are forgotten whole.
const BUCKET: i64 = 60_000;
/// Ids that are remembered, eight bytes each and as much again for the table.
const REMEMBERED: usize = 4_000_000;

/// Events that would come again, by the minute in which they happened.
#[derive(Debug, Default)]
pub struct Seen {
    buckets: BTreeMap<i64, HashSet<u64, BuildHasherDefault<Same>>>,
    count: usize,
    /// Nothing from before this is remembered, ms since 1970.
    floor: i64,
}

impl Seen {
    /// Whether this event has not been here before. What happened before [`Seen::remembers_from`] can't be told apart any
    /// more and must not be asked for.
    pub fn is_new(&mut self, event: &LogEvent) -> bool {
        let new = self.buckets.entry(event.timestamp.div_euclid(BUCKET)).or_default().insert(identity(event));
        self.count += usize::from(new);
        while self.count > REMEMBERED
            && let Some((minute, ids)) = self.buckets.pop_first()
        {
            self.count -= ids.len();
            self.floor = self.floor.max((minute + 1) * BUCKET);
        }
        new
    }

    /// What happened before is not asked for again.
    pub fn forget(&mut self, before: i64) {
        while let Some(first) = self.buckets.first_entry()
            && (first.key() + 1) * BUCKET <= before
        {
            let (minute, ids) = first.remove_entry();
            self.count -= ids.len();
            self.floor = self.floor.max((minute + 1) * BUCKET);
        }
    }

    /// The moment from which on events are remembered, ms since 1970: asking from before it would tell some twice.
    pub fn remembers_from(&self) -> i64 {
        self.floor
    }
}

/// An event's id as a number; of one without an id (GetLogEvents, Live Tail) everything that it has.
fn identity(event: &LogEvent) -> u64 {
    let mut hasher = DefaultHasher::new();
    if event.id.is_empty() {
        (&event.stream, event.timestamp, event.ingestion, &event.message).hash(&mut hasher);
    } else {
        event.id.hash(&mut hasher);
    }
    hasher.finish()
}

/// Hashes a hash: as it is.
#[derive(Debug, Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, timestamp: i64, message: &str) -> LogEvent {
        LogEvent { id: id.into(), timestamp, message: message.into(), ..LogEvent::default() }
    }

    #[test]
    fn what_comes_a_second_time_is_known_and_what_can_not_is_forgotten() {
        let mut seen = Seen::default();
        assert!(seen.is_new(&event("a", 100_000, "x")));
        assert!(!seen.is_new(&event("a", 100_000, "x")));
        assert!(seen.is_new(&event("b", 100_000, "x")), "same time and text, another event");
        assert!(seen.is_new(&event("", 100_000, "x")) && !seen.is_new(&event("", 100_000, "x")));
        assert!(seen.is_new(&event("old", 10, "x")));
        seen.forget(100_000);
        assert_eq!((seen.count, seen.remembers_from()), (3, 60_000));
        assert!(!seen.is_new(&event("b", 100_000, "x")));
    }

    #[test]
    fn beyond_its_cap_it_forgets_the_oldest_and_says_from_where_it_knows() {
        let mut seen = Seen::default();
        for minute in 0..5 {
            for n in 0..REMEMBERED / 4 {
                assert!(seen.is_new(&event(&format!("{minute} {n}"), minute * BUCKET, "")));
            }
        }
        assert!(seen.count <= REMEMBERED);
        assert!(seen.remembers_from() >= BUCKET);
        assert!(!seen.is_new(&event("4 0", 4 * BUCKET, "")));
    }
}
