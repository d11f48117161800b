//! Which events of a group have been shown already, so that none is shown twice, whichever way it comes.
//!
//! FilterLogEvents gives every event an id; Live Tail gives none, so that its events are matched with the others by what
//! they say, counting: the second of two equal lines in one feed is the second of the other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use crate::model::log::LogEvent;

/// Events are remembered, and forgotten, by the minute of their timestamps, ms.
const BUCKET: i64 = 60_000;
/// Live Tail brings what came in after it was opened: what came in this much earlier, ms, is not matched with it.
const MATCHED: i64 = 120_000;
/// Forgotten minutes that are told apart: two months of them.
const FORGOTTEN: usize = 100_000;
/// These newest minutes are kept, however many events they hold: what is read over and over must be known.
const KEPT: usize = 2;

/// Where events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// FilterLogEvents, of what is recent.
    Filtered,
    /// FilterLogEvents, of a stretch that was asked for: whoever asked knows what of it is shown still.
    Asked,
    /// Live Tail.
    Live,
}

/// Takes a hash for what it is.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type Direct = BuildHasherDefault<AsItIs>;

/// How often something was said, by feed.
#[derive(Clone, Copy, Debug, Default)]
struct Occurrences {
    filtered: u32,
    live: u32,
}

#[derive(Default)]
struct Bucket {
    ids: HashSet<u64, Direct>,
    said: HashMap<u64, Occurrences, Direct>,
}

impl Bucket {
    fn len(&self) -> usize {
        self.ids.len() + self.said.len()
    }
}

/// What has been shown of one group.
#[derive(Default)]
pub struct Seen {
    buckets: BTreeMap<i64, Bucket>,
    forgotten: BTreeSet<i64>,
    /// What came in from here on may come from Live Tail as well, ms since 1970.
    matched_from: Option<i64>,
    count: usize,
}

impl Seen {
    /// A live session is open since then, ms since 1970.
    pub(super) fn goes_live(&mut self, since: i64) {
        self.matched_from.get_or_insert(since - MATCHED);
    }

    /// Keeps those that have not been shown, and takes them for shown from now on (ms since 1970).
    pub fn admit(&mut self, feed: Feed, events: &mut Vec<LogEvent>, now: i64) {
        let matched_from = self.matched_from.unwrap_or(now - MATCHED);
        events.retain(|event| self.is_new(feed, event, matched_from));
    }

    fn is_new(&mut self, feed: Feed, event: &LogEvent, matched_from: i64) -> bool {
        let minute = event.timestamp.div_euclid(BUCKET);
        let asked = feed == Feed::Asked;
        if self.forgotten.contains(&minute) {
            return asked;
        }
        let bucket = self.buckets.entry(minute).or_default();
        if feed == Feed::Live {
            let said = bucket.said.entry(content(event)).or_insert_with(|| {
                self.count += 1;
                Occurrences::default()
            });
            said.live += 1;
            return said.live > said.filtered;
        }
        if !bucket.ids.insert(identity(event)) {
            return asked;
        }
        self.count += 1;
        if event.ingestion < matched_from {
            return true;
        }
        let said = bucket.said.entry(content(event)).or_insert_with(|| {
            self.count += 1;
            Occurrences::default()
        });
        said.filtered += 1;
        asked || said.filtered > said.live
    }

    /// Without a live session ever, what was said long ago needs no counting.
    pub(super) fn tidy(&mut self, now: i64) {
        if self.matched_from.is_some() {
            return;
        }
        let recent = (now - 5 * MATCHED).div_euclid(BUCKET);
        for bucket in self.buckets.range_mut(..recent).map(|(_, bucket)| bucket) {
            self.count -= bucket.said.len();
            bucket.said = HashMap::default();
        }
    }

    /// How much is remembered.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Forgets the oldest minute. False where only the newest are left.
    pub(super) fn forget_oldest(&mut self) -> bool {
        if self.buckets.len() <= KEPT {
            return false;
        }
        let Some((minute, bucket)) = self.buckets.pop_first() else { return false };
        self.count -= bucket.len();
        self.forgotten.insert(minute);
        if self.forgotten.len() > FORGOTTEN {
            self.forgotten.pop_first();
        }
        true
    }

    /// From here on everything that was shown is remembered, ms since 1970: nothing earlier may be asked for again.
    pub(super) fn floor(&self) -> i64 {
        self.forgotten.last().map_or(i64::MIN, |minute| (minute + 1) * BUCKET)
    }
}

fn identity(event: &LogEvent) -> u64 {
    let mut hasher = DefaultHasher::new();
    if event.id.is_empty() {
        (&event.stream, event.timestamp, event.ingestion, &event.message).hash(&mut hasher);
    } else {
        event.id.hash(&mut hasher);
    }
    hasher.finish()
}

/// Without the time of ingestion: nothing says that both feeds give it to the millisecond.
fn content(event: &LogEvent) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&event.stream, event.timestamp, &event.message).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn event(id: &str, timestamp: i64, message: &str) -> LogEvent {
        let ingestion = timestamp + 1;
        LogEvent { id: id.into(), timestamp, ingestion, message: message.into(), ..LogEvent::default() }
    }

    fn admits(seen: &mut Seen, feed: Feed, event: &LogEvent) -> bool {
        let mut events = vec![event.clone()];
        seen.admit(feed, &mut events, NOW);
        !events.is_empty()
    }

    #[test]
    fn what_comes_a_second_time_is_known() {
        let mut seen = Seen::default();
        for (id, message) in [("a", "x"), ("b", "x"), ("", "x")] {
            let event = event(id, NOW, message);
            assert!(admits(&mut seen, Feed::Filtered, &event), "same time and text, another event");
            assert!(!admits(&mut seen, Feed::Filtered, &event));
        }
    }

    #[test]
    fn the_nth_of_one_feed_is_the_nth_of_the_other() {
        let mut seen = Seen::default();
        seen.goes_live(NOW - 10);
        let live = event("", NOW, "x");
        assert!(admits(&mut seen, Feed::Filtered, &event("a", NOW, "x")));
        assert!(!admits(&mut seen, Feed::Live, &live), "the first is shown already");
        assert!(admits(&mut seen, Feed::Live, &live), "the second is not");
        assert!(!admits(&mut seen, Feed::Filtered, &event("b", NOW, "x")));
        assert!(admits(&mut seen, Feed::Filtered, &event("c", NOW, "x")), "a third");
        assert!(!admits(&mut seen, Feed::Filtered, &event("b", NOW, "x")));
    }

    #[test]
    fn what_came_in_long_before_a_session_is_not_counted() {
        let mut seen = Seen::default();
        assert!(admits(&mut seen, Feed::Filtered, &event("a", NOW - 600_000, "x")));
        assert_eq!(seen.len(), 1);
        assert!(admits(&mut seen, Feed::Filtered, &event("b", NOW, "x")));
        assert_eq!(seen.len(), 3);
        seen.tidy(NOW + 3_600_000);
        assert_eq!(seen.len(), 2);
    }

    #[test]
    fn what_is_forgotten_is_never_doubled() {
        let mut seen = Seen::default();
        for minute in 0..5 {
            assert!(admits(&mut seen, Feed::Filtered, &event("a", NOW - minute * 60_000, "x")));
        }
        assert_eq!(seen.floor(), i64::MIN);
        while seen.forget_oldest() {}
        let floor = seen.floor();
        assert!(floor > NOW - 180_000 && floor <= NOW - 60_000, "two minutes are kept");
        assert!(!admits(&mut seen, Feed::Filtered, &event("a", NOW - 240_000, "x")));
        assert!(!admits(&mut seen, Feed::Filtered, &event("new", floor - 1, "x")), "who could tell?");
        assert!(admits(&mut seen, Feed::Asked, &event("new", floor - 1, "x")));
        assert!(admits(&mut seen, Feed::Filtered, &event("new", floor, "x")));
    }
}
