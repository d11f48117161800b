//! The indexes over the lines, of invocations and of errors: made when somebody looks at them, and then kept up with.
//!
//! They know what the lines in store tell: a line that leaves is taken back, at the cost of reading it once more. Whoever
//! only reads the tail pays neither their time nor their memory.

use std::collections::VecDeque;

use super::entry::{Entry, Key};
use super::{Block, LogStore};
use crate::model::line;
use crate::model::log::Level;

/// What the indexes have not read yet.
#[derive(Debug, Default)]
pub(super) struct Unread {
    /// Of the lines in store those before this key, of which the newest are read first.
    before: Key,
    /// Lines that have come since and are not among those.
    pub(super) arrived: VecDeque<Entry>,
}

impl Unread {
    fn everything() -> Unread {
        Unread { before: Key::new(i64::MAX, i64::MAX), arrived: VecDeque::new() }
    }

    /// Copies of lines: they have to follow where the texts of those go.
    pub(super) fn copies(&mut self) -> &mut VecDeque<Entry> {
        &mut self.arrived
    }
}

impl Extend<Entry> for Unread {
    fn extend<T: IntoIterator<Item = Entry>>(&mut self, lines: T) {
        let before = self.before;
        self.arrived.extend(lines.into_iter().filter(|entry| entry.key >= before));
    }
}

impl LogStore {
    /// The indexes are wanted from now on. Reading what is in store takes its time: [`LogStore::index_some`].
    pub fn index(&mut self) {
        if self.waiting.is_none() {
            self.waiting = Some(Unread::everything());
        }
    }

    /// Lines that the indexes have not read yet.
    pub fn unread(&self) -> usize {
        self.waiting.as_ref().map_or(0, |unread| self.place_before(unread.before) + unread.arrived.len())
    }

    /// The indexes do not tell yet what the lines in store do: [`LogStore::index_some`].
    pub fn is_behind(&self) -> bool {
        self.unread() > 0 || !self.invocations.is_settled()
    }

    /// The first and the last moment of what the indexes have read, ms since 1970.
    pub fn indexed(&self) -> Option<(i64, i64)> {
        let first = self.place_before(self.waiting.as_ref()?.before);
        Some((self.timestamp(first)?, self.newest()?))
    }

    /// Reads some more lines into the indexes, at most so many, or a few more of the same moment.
    pub fn index_some(&mut self, lines: usize) {
        if self.waiting.is_none() {
            return;
        }
        if self.invocations.has_room_again() {
            self.invocations.clear();
            self.errors.start_over();
            self.waiting = Some(Unread::everything());
        }
        let left = lines - self.read_arrived(lines);
        self.read_older(left);
        self.invocations.settle();
        self.errors.refresh(&self.invocations);
    }

    /// Reads lines that have come, at most so many. Returns how many.
    pub(super) fn read_arrived(&mut self, most: usize) -> usize {
        let mut read = 0;
        while read < most
            && let Some(entry) = self.waiting.as_mut().and_then(|unread| unread.arrived.pop_front())
        {
            self.take_in(&entry);
            read += 1;
        }
        read
    }

    /// Reads lines that were there before, at most so many and those of the same key.
    fn read_older(&mut self, most: usize) {
        let Some(mut before) = self.waiting.as_ref().map(|unread| unread.before).filter(|_| most > 0) else { return };
        let mut left = most;
        let mut place = self.place_before(before);
        while let Some(next) = place.checked_sub(1) {
            let entry = self.entries[next];
            if left == 0 && entry.key < before {
                break;
            }
            self.take_in(&entry);
            before = entry.key;
            left = left.saturating_sub(1);
            place = next;
        }
        if place == 0 {
            before = Key::default();
        }
        if let Some(unread) = &mut self.waiting {
            unread.before = before;
        }
    }

    /// A line leaves the store: what it told is taken back. Its text must still be there.
    pub(super) fn take_back(&mut self, entry: &Entry) {
        let Some(unread) = &self.waiting else { return };
        if entry.level() == Level::Gap || entry.key < unread.before {
            return;
        }
        // It may have come just now.
        self.read_arrived(usize::MAX);
        let Some(text) = text_in(&self.blocks, self.first_block, entry) else { return };
        let Some((group, stream)) = self.sources.get(usize::from(entry.source)) else { return };
        let (said, at) = (line::read(text), entry.key.timestamp());
        self.invocations.retract(entry.source, at, text, &said);
        self.errors.retract(entry.source, group, stream, at, text, &said);
    }

    fn take_in(&mut self, entry: &Entry) {
        if entry.level() == Level::Gap {
            return;
        }
        let Some(text) = text_in(&self.blocks, self.first_block, entry) else { return };
        let Some((group, stream)) = self.sources.get(usize::from(entry.source)) else { return };
        let (said, at) = (line::read(text), entry.key.timestamp());
        self.invocations.accept(entry.source, group, stream, at, text, &said);
        self.errors.accept(entry.source, group, stream, at, text, &said);
    }

    fn place_before(&self, key: Key) -> usize {
        self.entries.partition_point(|entry| entry.key < key)
    }
}

fn text_in<'a>(blocks: &'a VecDeque<Block>, first: u32, entry: &Entry) -> Option<&'a str> {
    blocks.get(entry.block.wrapping_sub(first) as usize)?.text.get(entry.start as usize..entry.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::LogEvent;
    use crate::store::errors::{Errors, Group};
    use crate::store::invocations::Invocations;
    use proptest::prelude::*;

    fn event(timestamp: i64, id: &str) -> LogEvent {
        LogEvent {
            group: "/aws/lambda/a".into(),
            stream: "2026/11/21/[$LATEST]0123".into(),
            timestamp,
            ingestion: timestamp,
            message: format!(
                "REPORT RequestId: 8f507cfc-1234-4697-b07a-ac58fc914{id}\tDuration: 5.00 ms\tBilled Duration: 5 ms"
            ),
            ..LogEvent::default()
        }
    }

    #[test]
    fn what_was_there_and_what_comes_is_read_once_somebody_wants_it() {
        let mut store = LogStore::new(1 << 20);
        store.accept(vec![event(1000, "c95"), event(2000, "c96")]);
        assert_eq!((store.unread(), store.invocations.rows().count()), (0, 0));
        store.index();
        assert_eq!(store.unread(), 2);
        store.accept(vec![event(3000, "c97")]);
        store.index_some(1);
        assert_eq!(store.unread(), 2);
        store.index_some(10);
        assert_eq!((store.unread(), store.invocations.rows().count()), (0, 3));
        store.clear();
        store.accept(vec![event(1000, "c95")]);
        assert_eq!(store.unread(), 1, "still wanted");
    }

    #[test]
    fn a_line_that_was_dropped_and_is_read_again_counts_once() {
        let mut store = LogStore::new(24 << 10);
        store.index();
        let lines = |from: i64, to: i64| (from..to).map(|n| of_invocation(n * 250)).collect::<Vec<_>>();
        for n in 0..10 {
            store.accept(lines(n * 40, n * 40 + 40));
            store.index_some(usize::MAX);
        }
        assert!(store.dropped > 100 && !store.is_behind());
        let oldest = store.oldest().expect("lines");
        assert_eq!(store.indexed(), Some((oldest, 399 * 250)));
        assert!(store.invocations.rows().all(|row| row.end >= oldest), "none of which all lines are dropped");
        assert!(store.errors.groups().all(|group| group.first >= oldest));
        let read_again = (oldest / 250 - 40).max(0);
        let arrival = store.accept_older(lines(read_again, oldest / 250));
        assert!(arrival.cut > 0);
        store.index_some(usize::MAX);
        check(&store);
        store.accept(lines(0, 20));
        store.index_some(usize::MAX);
        check(&store);
    }

    /// One line of four of an invocation a second; each third fails.
    fn of_invocation(at: i64) -> LogEvent {
        let (second, turn) = (at / 1000, at / 250 % 4);
        let id = format!("8f507cfc-1234-4697-b07a-{second:012}");
        let failed = second % 3 == 0;
        let message = match turn {
            0 => format!("START RequestId: {id} Version: 1"),
            1 if failed => {
                format!("2026-11-21T04:00:00.123Z\t{id}\tERROR\tInvoke Error \t{{\"errorType\":\"E{}\"}}", at % 7)
            }
            1 => "printed".to_string(),
            2 => format!("END RequestId: {id}"),
            _ if failed => format!("REPORT RequestId: {id}\tDuration: 740.00 ms\tStatus: timeout"),
            _ => format!("REPORT RequestId: {id}\tDuration: 740.00 ms\tBilled Duration: 741 ms"),
        };
        LogEvent { message, ..event(at, "") }
    }

    /// The indexes know what others do that read only the lines in store.
    fn check(store: &LogStore) {
        let (mut invocations, mut errors) = (Invocations::new(), Errors::new());
        for entry in store.entries.iter().filter(|entry| entry.level() != Level::Gap) {
            let text = store.text_of(entry);
            let (group, stream) = store.names_of(entry.source);
            let (at, said) = (entry.key.timestamp(), line::read(text));
            invocations.accept(entry.source, group, stream, at, text, &said);
            errors.accept(entry.source, group, stream, at, text, &said);
        }
        invocations.settle();
        errors.refresh(&invocations);
        let rows = |index: &Invocations| {
            let told = |row: crate::store::invocations::Row<'_>| {
                format!("{} {:?} {:?} {} {}", row.key.request, row.status, row.duration_ms, row.lines, row.errors)
            };
            let mut rows: Vec<String> = index.rows().map(told).collect();
            rows.sort();
            rows
        };
        assert_eq!(rows(&store.invocations), rows(&invocations));
        assert_eq!(store.invocations.summary(None), invocations.summary(None));
        let groups = |index: &Errors| {
            let mut groups: Vec<String> = index
                .groups()
                .map(|group| {
                    let Group { hash, count, first, last, functions, message, .. } = group;
                    format!("{hash} {count} {first} {last} {functions:?} {message} {:?}", group.minutes)
                })
                .collect();
            groups.sort();
            groups
        };
        assert_eq!(groups(&store.errors), groups(&errors));
    }

    proptest! {
        #[test]
        fn the_indexes_know_what_the_lines_in_store_tell(
            steps in prop::collection::vec((0i64..4, 0i64..400, 1i64..60, 0usize..300), 1..30),
            wanted in 0usize..4,
        ) {
            // Too small for all of them, and with blocks so small that they are written anew at times.
            let mut store = LogStore::new(24 << 10);
            let mut known = std::collections::BTreeSet::new();
            for (place, (kind, from, many, read)) in steps.into_iter().enumerate() {
                if place == wanted {
                    store.index();
                }
                // No line that is in store comes again.
                let fresh: Vec<i64> = (from..from + many).map(|n| n * 250).filter(|at| known.insert(*at)).collect();
                let events: Vec<LogEvent> = fresh.into_iter().map(of_invocation).collect();
                match kind {
                    0 => drop(store.accept_older(events)),
                    _ => drop(store.accept(events)),
                }
                known = (0..store.len()).filter(|at| store.level(*at) != Level::Gap).filter_map(|at| store.timestamp(at)).collect();
                store.index_some(read);
            }
            store.index();
            store.index_some(usize::MAX);
            prop_assert!(!store.is_behind());
            check(&store);
        }
    }
}
