//! Log lines: text in large shared blocks with a compact index, in the order of time, kept under a cap of bytes.

mod again;
mod compaction;
mod entry;
pub mod folding;
mod gaps;
mod indexes;
mod order;
mod scan;

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::errors::Errors;
use super::invocations::Invocations;
use crate::model::line;
use crate::model::log::{Gap, Level, LogEvent, Missed};
use crate::text;
use entry::{Entry, Key, LONGEST};
use indexes::Unread;
pub use order::Arrival;
pub use scan::Finder;

/// Text is appended to blocks of this size; a longer message has a block of its own.
const BLOCK: usize = 1 << 20;

/// Streams that have a number of their own; the other numbers are for what is left over of each group.
const STREAMS: usize = 61_440;
/// The last number is for what is left over when there is none for a group.
const LAST: usize = u16::MAX as usize;
/// What is left over is called so.
const OTHERS: &str = "…";

/// One line as it is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line<'a> {
    /// When it happened, ms since 1970.
    pub timestamp: i64,
    /// How serious it is.
    pub level: Level,
    /// The group that it came from.
    pub group: &'a str,
    /// The stream that it came from.
    pub stream: &'a str,
    /// The message, safe for a terminal; line feeds within it are kept.
    pub text: &'a str,
}

#[derive(Default)]
struct Block {
    text: String,
    lines: u32,
    /// Bytes of lines that are gone.
    dead: usize,
    /// The last line of it in the order of time.
    last: Key,
    /// Some line came behind one of a later time.
    mixed: bool,
}

/// Log lines of one tail.
pub struct LogStore {
    blocks: VecDeque<Block>,
    first_block: u32,
    entries: VecDeque<Entry>,
    sources: Vec<(String, String)>,
    /// Numbers of sources by a hash of their names.
    numbers: HashMap<u64, u16>,
    /// The source of the line before: the next one is likely to be of the same.
    last_source: usize,
    /// Gaps that have a mark among the lines, by the moment of the mark.
    gaps: Vec<Gap>,
    /// Gaps beyond those: counted only.
    unmarked: u64,
    bytes: usize,
    /// Lines that go on with the one before them.
    continuing: usize,
    dead: usize,
    compactions: u64,
    cap: usize,
    /// Lines that the indexes have not read yet; none while nobody has asked for them.
    waiting: Option<Unread>,
    /// The invocations that the lines tell of, as far as the indexes have read.
    pub invocations: Invocations,
    /// The errors that the lines tell of, as far as the indexes have read.
    pub errors: Errors,
    /// Lines that were dropped to keep under the cap, oldest first.
    pub dropped: u64,
}

impl std::fmt::Debug for LogStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogStore({} lines, {} bytes)", self.entries.len(), self.bytes)
    }
}

impl Default for LogStore {
    fn default() -> Self {
        LogStore::new(512 << 20)
    }
}

impl LogStore {
    /// An empty store that keeps at most `cap` bytes of text and index.
    pub fn new(cap: usize) -> LogStore {
        LogStore {
            blocks: VecDeque::new(),
            first_block: 0,
            entries: VecDeque::new(),
            sources: Vec::new(),
            numbers: HashMap::new(),
            last_source: 0,
            gaps: Vec::new(),
            unmarked: 0,
            bytes: 0,
            continuing: 0,
            dead: 0,
            compactions: 0,
            cap,
            waiting: None,
            invocations: Invocations::new(),
            errors: Errors::new(),
            dropped: 0,
        }
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        let (mut invocations, mut errors) = (std::mem::take(&mut self.invocations), std::mem::take(&mut self.errors));
        invocations.clear();
        errors.clear();
        let waiting = self.waiting.as_ref().map(|_| Unread::default());
        // Other lines may get the addresses of those that are gone.
        let compactions = self.compactions + 1;
        *self = LogStore { invocations, errors, waiting, compactions, ..LogStore::new(self.cap) };
    }

    /// Lines in store, marks of gaps among them.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// No lines.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of text and index.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that are allocated for lines: blocks as large as they are, and room for entries to come.
    pub fn allocated(&self) -> usize {
        let text: usize = self.blocks.iter().map(|block| block.text.capacity()).sum();
        text + self.entries.capacity() * size_of::<Entry>() + self.blocks.capacity() * size_of::<Block>()
    }

    /// The line at a place, 0 being the oldest in store.
    pub fn line(&self, place: usize) -> Option<Line<'_>> {
        let entry = self.entries.get(place)?;
        let (group, stream) = &self.sources[usize::from(entry.source)];
        Some(Line { timestamp: entry.key.timestamp(), level: entry.level(), group, stream, text: self.text_of(entry) })
    }

    /// Number of the group and stream of the line at a place, as the indexes know it.
    pub fn source_at(&self, place: usize) -> u16 {
        self.entries.get(place).map_or(0, |entry| entry.source)
    }

    /// Group and stream of a source by its number, as the indexes know it.
    pub fn names_of(&self, source: u16) -> (&str, &str) {
        self.sources.get(usize::from(source)).map_or(("", ""), |(group, stream)| (group.as_str(), stream.as_str()))
    }

    /// Level at a place, without touching the text.
    pub fn level(&self, place: usize) -> Level {
        self.entries.get(place).map_or(Level::Info, |entry| entry.level())
    }

    /// Timestamp at a place, ms since 1970, without touching the text.
    pub fn timestamp(&self, place: usize) -> Option<i64> {
        self.entries.get(place).map(|entry| entry.key.timestamp())
    }

    /// A number by which a line is known while it stays where it is in memory, however its place moves: until the next of
    /// the [`LogStore::compactions`].
    pub fn address(&self, place: usize) -> Option<u64> {
        self.entries.get(place).map(|entry| (u64::from(entry.block) << 32) | u64::from(entry.start))
    }

    /// Timestamp of the newest line, ms since 1970.
    pub fn newest(&self) -> Option<i64> {
        self.entries.back().map(|entry| entry.key.timestamp())
    }

    /// Timestamp of the oldest line, ms since 1970.
    pub fn oldest(&self) -> Option<i64> {
        self.entries.front().map(|entry| entry.key.timestamp())
    }

    /// Place of the first line at or after a moment.
    pub fn place_of(&self, timestamp: i64) -> usize {
        let key = Key::at(timestamp);
        self.entries.partition_point(|entry| entry.key < key)
    }

    /// Takes in events in any order; under the cap the oldest lines give way.
    pub fn accept(&mut self, events: Vec<LogEvent>) -> Arrival {
        let inserted = self.insert(events);
        let gone = self.drop_oldest();
        Arrival { inserted, dropped: gone.len(), gone, cut: 0 }
    }

    /// Takes in events from before the oldest line: somebody is reading there, so under the cap the newest give way, and
    /// a mark says so.
    pub fn accept_older(&mut self, events: Vec<LogEvent>) -> Arrival {
        let mut inserted = self.insert(events);
        let mut cut = 0;
        let mut gap: Option<(i64, i64)> = None;
        while self.is_over()
            && let Some(entry) = self.entries.pop_back()
        {
            cut += 1;
            self.forget(&entry);
            if entry.level() == Level::Gap {
                self.gaps.retain(|gap| gap.from != entry.key.timestamp());
            }
            let at = entry.key.timestamp();
            gap = Some((at, gap.map_or(at, |(_, to)| to)));
        }
        self.compact();
        inserted.retain(|place| (*place as usize) < self.entries.len());
        if let Some((from, to)) = gap {
            let marked = self.mark_gap(Gap { group: None, from, to, why: Missed::NotAsked });
            inserted.extend(marked.inserted);
        }
        Arrival { inserted, cut, ..Arrival::default() }
    }

    fn text_of(&self, entry: &Entry) -> &str {
        let block = self.blocks.get(entry.block.wrapping_sub(self.first_block) as usize);
        block.and_then(|block| block.text.get(entry.start as usize..entry.end())).unwrap_or_default()
    }

    fn insert(&mut self, mut events: Vec<LogEvent>) -> Vec<u32> {
        events.sort_by_key(|event| Key::new(event.timestamp, event.ingestion));
        let fresh: Vec<Entry> = events.iter().map(|event| self.store(event)).collect();
        if let Some(waiting) = &mut self.waiting {
            waiting.extend(fresh.iter().copied());
        }
        self.merge(fresh)
    }

    fn store(&mut self, event: &LogEvent) -> Entry {
        let message = text::safe_with_tabs(event.message.trim_end_matches(['\n', '\r']));
        let safe = &message[..message.floor_char_boundary(LONGEST)];
        let source = self.source(&event.group, &event.stream);
        let said = line::read(safe);
        let level = said.level();
        let key = Key::new(event.timestamp, event.ingestion);
        let (number, start) = self.write(safe, key);
        self.bytes += safe.len() + 1 + size_of::<Entry>();
        let mut entry = Entry::new(key, (number, start, safe.len()), source, level);
        entry.continues = folding::continues(safe);
        self.continuing += usize::from(entry.continues);
        entry
    }

    /// A store under a small cap has smaller blocks: text goes a block at a time, so one block is what it may overshoot.
    fn block_size(&self) -> usize {
        BLOCK.min(self.cap / 32)
    }

    /// The number of a group and stream. Lines of more streams than there are numbers go under one number of their group.
    fn source(&mut self, group: &str, stream: &str) -> u16 {
        if self.sources.get(self.last_source).is_some_and(|(g, s)| g == group && s == stream) {
            return self.last_source as u16;
        }
        let mut hasher = DefaultHasher::new();
        (group, stream).hash(&mut hasher);
        let name = hasher.finish();
        let limit = if stream == OTHERS { LAST } else { STREAMS };
        self.last_source = match self.numbers.get(&name) {
            Some(number) => usize::from(*number),
            None if self.sources.len() < limit => {
                self.sources.push((text::safe_line(group).into_owned(), text::safe_line(stream).into_owned()));
                self.numbers.insert(name, (self.sources.len() - 1) as u16);
                self.sources.len() - 1
            }
            // Then the group's own number, and with too many groups one for all.
            None if stream != OTHERS => return self.source(group, OTHERS),
            None => {
                if self.sources.len() == LAST {
                    self.sources.push((OTHERS.into(), OTHERS.into()));
                }
                LAST
            }
        };
        self.last_source as u16
    }

    /// Nearly at its cap: what comes soon pushes out what is oldest.
    pub fn is_full(&self) -> bool {
        self.bytes > self.cap - self.cap / 20
    }

    fn is_over(&self) -> bool {
        self.bytes > self.cap
    }

    fn forget(&mut self, entry: &Entry) {
        self.take_back(entry);
        let room = entry.length() + 1;
        self.bytes -= room + size_of::<Entry>();
        self.continuing -= usize::from(entry.continues);
        self.dead += room;
        if let Some(block) = self.blocks.get_mut(entry.block.wrapping_sub(self.first_block) as usize) {
            block.lines -= 1;
            block.dead += room;
            if block.lines == 0 {
                self.dead -= block.dead;
                *block = Block::default();
            }
        }
        while self.blocks.front().is_some_and(|block| block.lines == 0) {
            self.blocks.pop_front();
            self.first_block = self.first_block.wrapping_add(1);
        }
    }

    /// Drops the oldest lines until the store is under its cap; when those happened, and their levels.
    fn drop_oldest(&mut self) -> Vec<(i64, Level)> {
        let mut gone = Vec::new();
        while self.is_over()
            && let Some(entry) = self.entries.pop_front()
        {
            gone.push((entry.key.timestamp(), entry.level()));
            self.forget(&entry);
            if entry.level() == Level::Gap {
                self.gaps.retain(|gap| gap.from != entry.key.timestamp());
            }
        }
        self.dropped += gone.len() as u64;
        if !gone.is_empty() {
            self.compact();
        }
        gone
    }

    /// Appends a text to the blocks.
    fn write(&mut self, text: &str, key: Key) -> (u32, u32) {
        let room = text.len() + 1;
        let fits = self.blocks.back().is_some_and(|block| block.text.len() + room <= block.text.capacity());
        if !fits {
            let text = String::with_capacity(room.max(self.block_size()));
            self.blocks.push_back(Block { text, ..Block::default() });
        }
        let number = self.first_block.wrapping_add((self.blocks.len() - 1) as u32);
        let block = self.blocks.back_mut().expect("a block was just made where none fits");
        let start = block.text.len() as u32;
        block.text.push_str(text);
        // Ends the line for a search over the whole block.
        block.text.push('\n');
        block.lines += 1;
        block.mixed |= key < block.last;
        block.last = key;
        (number, start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(timestamp: i64, message: &str) -> LogEvent {
        LogEvent {
            group: "/aws/lambda/a".into(),
            stream: "s".into(),
            timestamp,
            ingestion: timestamp,
            message: message.into(),
            ..LogEvent::default()
        }
    }

    fn texts(store: &LogStore) -> Vec<&str> {
        (0..store.len()).map(|place| store.line(place).expect("a place below len").text).collect()
    }

    #[test]
    fn late_lines_find_their_place() {
        let mut store = LogStore::new(1 << 20);
        assert_eq!(store.accept(vec![event(3, "c"), event(1, "a")]).inserted, [0, 1]);
        assert_eq!(store.accept(vec![event(4, "d")]).inserted, [2]);
        let arrival = store.accept(vec![event(2, "b"), event(0, "z")]);
        assert_eq!(arrival.inserted, [0, 2]);
        assert_eq!([arrival.moved(0), arrival.moved(1)], [Some(1), Some(3)]);
        assert_eq!(texts(&store), ["z", "a", "b", "c", "d"]);
        assert_eq!(store.place_of(3), 3);
    }

    #[test]
    fn the_oldest_go_first_and_the_cap_is_kept() {
        let cap = 4 << 20;
        let mut store = LogStore::new(cap);
        let line = "x".repeat(1000);
        for round in 0..100 {
            store.accept((0..100).map(|n| event(round * 100 + n, &line)).collect());
            assert!(store.bytes() <= cap);
        }
        assert!(store.dropped > 5_000);
        assert_eq!(store.newest(), Some(9_999));
        assert_eq!(store.oldest(), Some(store.dropped as i64));
        let held: usize = store.blocks.iter().map(|block| block.text.capacity()).sum();
        assert!(held <= cap + cap / 20, "{held} bytes of text are held for a cap of {cap}");
    }

    #[test]
    fn no_line_loses_its_text_when_blocks_are_written_anew() {
        let mut store = LogStore::new(24 << 10);
        let line = |n: i64| event(n, &format!("{n} {}", "x".repeat(60)));
        let mut state = 7_u64;
        for round in 0..400 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (from, many) = ((state >> 33) as i64 % 400, (state >> 50) as i64 % 60);
            let known: Vec<i64> = (0..store.len()).filter_map(|place| store.timestamp(place)).collect();
            let events = (from..from + many).filter(|n| !known.contains(n)).map(line).collect();
            if round % 3 == 0 {
                store.accept(events)
            } else {
                store.accept_older(events)
            };
            for place in (0..store.len()).filter(|place| store.level(*place) != Level::Gap) {
                let line = store.line(place).expect("a place below len");
                assert!(line.text.starts_with(&format!("{} x", line.timestamp)), "round {round}: {line:?}");
            }
        }
    }

    #[test]
    fn lines_of_more_streams_than_there_are_numbers_stay_with_their_group() {
        let mut store = LogStore::new(64 << 20);
        let of = |group: &str, stream: usize, at: i64| LogEvent {
            group: group.into(),
            stream: format!("s{stream}"),
            ..event(at, "x")
        };
        store.accept((0..70_000).map(|n| of("a", n, n as i64)).collect());
        store.accept((0..6_000).map(|n| of(&format!("b{n}"), 1, 100_000 + n as i64)).collect());
        store.accept(vec![
            of("a", 3, 200_000),
            of("a", 69_999, 200_001),
            of("b7", 2, 200_002),
            of("b5999", 1, 200_003),
        ]);
        let last = store.len() - 4;
        let told: Vec<(&str, &str)> = (last..last + 4)
            .map(|place| store.line(place).map(|line| (line.group, line.stream)).expect("a place below len"))
            .collect();
        assert_eq!(told, [("a", "s3"), ("a", OTHERS), ("b7", OTHERS), (OTHERS, OTHERS)]);
        assert_eq!(store.sources.len(), 1 << 16);
        for place in [65_000, 70_000, 72_000] {
            let line = store.line(place).expect("a place below len");
            assert_eq!(line.group, if place < 70_000 { "a".to_string() } else { format!("b{}", place - 70_000) });
        }
    }

    #[test]
    fn nothing_hostile_gets_in() {
        let mut store = LogStore::new(1 << 20);
        store.accept(vec![event(1, "\x1b]52;c;aGk=\x07 hi\n")]);
        assert!(store.line(0).expect("one line").text.chars().all(|c| !c.is_control()));
        store.accept(vec![event(2, "a\tb\u{9b}c\r")]);
        assert_eq!(store.line(1).expect("two lines").text, "a\tb\u{fffd}c", "a tab tells fields apart");
    }
}
