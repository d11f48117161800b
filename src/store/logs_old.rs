//! Log lines: text in large shared blocks with a compact index, in the order of time, kept under a cap of bytes.

use std::collections::VecDeque;

use memchr::memmem;

use crate::model::log::{Level, LogEvent};
use crate::text;

/// Text is appended to blocks of this size; a longer message has a block of its own.
const BLOCK: usize = 1 << 20;

/// One line in the index: 24 bytes beside its text.
#[derive(Clone, Copy, Debug)]
struct Entry {
    timestamp: i64,
    block: u32,
    start: u32,
    length: u32,
    source: u16,
    level: Level,
}

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

struct Block {
    text: String,
    lines: usize,
}

/// Log lines of one tail.
pub struct LogStore {
    blocks: VecDeque<Block>,
    first_block: u32,
    entries: VecDeque<Entry>,
    sources: Vec<(String, String)>,
    bytes: usize,
    cap: usize,
    /// Lines that were dropped to keep under the cap.
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
            bytes: 0,
            cap,
            dropped: 0,
        }
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        *self = LogStore::new(self.cap);
    }

    /// Lines in store.
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

    /// The line at a place, 0 being the oldest in store.
    pub fn line(&self, place: usize) -> Option<Line<'_>> {
        let entry = self.entries.get(place)?;
        let block = self.blocks.get((entry.block - self.first_block) as usize)?;
        let (group, stream) = &self.sources[usize::from(entry.source)];
        let text = &block.text[entry.start as usize..(entry.start + entry.length) as usize];
        Some(Line { timestamp: entry.timestamp, level: entry.level, group, stream, text })
    }

    /// Level at a place, without touching the text.
    pub fn level(&self, place: usize) -> Level {
        self.entries.get(place).map_or(Level::Info, |entry| entry.level)
    }

    /// Timestamp of the newest line, ms since 1970.
    pub fn newest(&self) -> Option<i64> {
        self.entries.back().map(|entry| entry.timestamp)
    }

    /// Timestamp of the oldest line, ms since 1970.
    pub fn oldest(&self) -> Option<i64> {
        self.entries.front().map(|entry| entry.timestamp)
    }

    /// Place of the first line at or after a moment.
    pub fn place_of(&self, timestamp: i64) -> usize {
        self.entries.partition_point(|entry| entry.timestamp < timestamp)
    }

    /// Takes in events in any order. Returns the place from which on lines are new or have moved.
    pub fn accept(&mut self, mut events: Vec<LogEvent>) -> usize {
        events.sort_by_key(|event| (event.timestamp, event.ingestion));
        let mut from = self.entries.len();
        for event in events {
            let entry = self.store(&event);
            // Nearly all lines belong at the end; a late one goes behind those of its own moment.
            let place = match self.entries.back() {
                Some(last) if last.timestamp > entry.timestamp => {
                    self.entries.partition_point(|known| known.timestamp <= entry.timestamp)
                }
                _ => self.entries.len(),
            };
            self.entries.insert(place, entry);
            from = from.min(place);
        }
        let dropped = self.keep_cap();
        from.saturating_sub(dropped)
    }

    fn store(&mut self, event: &LogEvent) -> Entry {
        let level = level(&event.message);
        let safe = text::safe(event.message.trim_end_matches(['\n', '\r']));
        let source = self.source(&event.group, &event.stream);
        let fits = self.blocks.back().is_some_and(|block| block.text.len() + safe.len() <= self.block_size());
        if !fits {
            let text = String::with_capacity(safe.len().max(self.block_size()));
            self.blocks.push_back(Block { text, lines: 0 });
        }
        let number = self.first_block + (self.blocks.len() - 1) as u32;
        let block = self.blocks.back_mut().expect("a block was just made where none fits");
        let start = block.text.len() as u32;
        block.text.push_str(&safe);
        block.lines += 1;
        self.bytes += safe.len() + size_of::<Entry>();
        Entry { timestamp: event.timestamp, block: number, start, length: safe.len() as u32, source, level }
    }

    /// A store under a small cap has smaller blocks: text goes a block at a time, so one block is what it may overshoot.
    fn block_size(&self) -> usize {
        BLOCK.min(self.cap / 32)
    }

    fn source(&mut self, group: &str, stream: &str) -> u16 {
        // The newest streams are the likeliest.
        if let Some(place) = self.sources.iter().rposition(|(g, s)| g == group && s == stream) {
            return place as u16;
        }
        if self.sources.len() == usize::from(u16::MAX) {
            return 0;
        }
        self.sources.push((text::safe_line(group).into_owned(), text::safe_line(stream).into_owned()));
        (self.sources.len() - 1) as u16
    }

    /// Drops the oldest lines until the store is under its cap. Text goes a block at a time, once none of its lines is
    /// left.
    fn keep_cap(&mut self) -> usize {
        let mut dropped = 0;
        while self.bytes > self.cap
            && let Some(entry) = self.entries.pop_front()
        {
            dropped += 1;
            self.bytes -= entry.length as usize + size_of::<Entry>();
            if let Some(block) = self.blocks.get_mut((entry.block - self.first_block) as usize) {
                block.lines -= 1;
            }
            while self.blocks.len() > 1 && self.blocks.front().is_some_and(|block| block.lines == 0) {
                self.blocks.pop_front();
                self.first_block += 1;
            }
        }
        self.dropped += dropped as u64;
        dropped
    }
}

/// How serious a message is, found without parsing it.
pub fn level(message: &str) -> Level {
    let bytes = message.as_bytes();
    // A level stands near the beginning; only the sign of a crash may stand anywhere.
    let head = &bytes[..bytes.len().min(512)];
    let has = |needle: &[u8]| memmem::find(head, needle).is_some();
    if bytes.starts_with(b"{") {
        if has(b"\"type\":\"platform.") {
            let failed = memmem::find(bytes, b"\"status\":\"error\"").is_some()
                || memmem::find(bytes, b"\"status\":\"timeout\"").is_some()
                || memmem::find(bytes, b"\"status\":\"failure\"").is_some();
            return if failed { Level::Error } else { Level::Platform };
        }
        return json_level(head).unwrap_or_default();
    }
    for start in [&b"START RequestId"[..], b"END RequestId", b"INIT_START", b"RESTORE_START", b"EXTENSION"] {
        if bytes.starts_with(start) {
            return Level::Platform;
        }
    }
    for start in [&b"REPORT RequestId"[..], b"INIT_REPORT", b"RESTORE_REPORT"] {
        if bytes.starts_with(start) {
            let failed = memmem::find(bytes, b"Status: ").is_some();
            return if failed { Level::Error } else { Level::Platform };
        }
    }
    let marks: [(&[u8], Level); 10] = [
        (b"[ERROR]", Level::Error),
        (b"\tERROR\t", Level::Error),
        (b"ERROR ", Level::Error),
        (b"Task timed out after", Level::Error),
        (b"Runtime exited", Level::Error),
        (b"[WARN", Level::Warn),
        (b"\tWARN\t", Level::Warn),
        (b"WARN ", Level::Warn),
        (b"[DEBUG]", Level::Debug),
        (b"\tDEBUG\t", Level::Debug),
    ];
    if let Some((_, level)) = marks.iter().find(|(mark, _)| has(mark)) {
        return *level;
    }
    if has(b"Exception: ") || has(b"Traceback (most recent call last)") { Level::Error } else { Level::Info }
}

fn json_level(head: &[u8]) -> Option<Level> {
    let at = memmem::find(head, b"\"level\"")?;
    let rest = &head[at + 7..];
    let rest = &rest[rest.iter().position(|byte| *byte == b'"')? + 1..];
    Some(match rest.first()?.to_ascii_uppercase() {
        b'E' | b'F' | b'C' => Level::Error,
        b'W' => Level::Warn,
        b'D' | b'T' => Level::Debug,
        _ => Level::Info,
    })
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
        assert_eq!(store.accept(vec![event(3, "c"), event(1, "a")]), 0);
        assert_eq!(store.accept(vec![event(4, "d")]), 2);
        assert_eq!(store.accept(vec![event(2, "b")]), 1);
        assert_eq!(texts(&store), ["a", "b", "c", "d"]);
        assert_eq!(store.place_of(3), 2);
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
    fn an_entry_is_small() {
        assert!(size_of::<Entry>() <= 24);
    }

    #[test]
    fn levels_of_what_lambda_writes() {
        for (message, expected) in [
            ("START RequestId: a Version: $LATEST", Level::Platform),
            ("REPORT RequestId: a\tDuration: 1 ms", Level::Platform),
            ("REPORT RequestId: a\tDuration: 1 ms\tStatus: timeout", Level::Error),
            ("[ERROR]\t2025-08-31T22:12:58.534Z\ta\tboom", Level::Error),
            ("2025-08-31T22:12:58.534Z\ta\tWARN\tcareful", Level::Warn),
            ("2024-03-04T17:22:38.033Z a Task timed out after 3.00 seconds", Level::Error),
            (r#"{"level":"ERROR","message":"x"}"#, Level::Error),
            (r#"{"timestamp":"t","level": "warn","message":"x"}"#, Level::Warn),
            (r#"{"time":"t","type":"platform.report","record":{"status":"success"}}"#, Level::Platform),
            (r#"{"time":"t","type":"platform.report","record":{"status":"timeout"}}"#, Level::Error),
            ("plain words", Level::Info),
            ("", Level::Info),
        ] {
            assert_eq!(level(message), expected, "{message}");
        }
    }

    #[test]
    fn nothing_hostile_gets_in() {
        let mut store = LogStore::new(1 << 20);
        store.accept(vec![event(1, "\x1b]52;c;aGk=\x07 hi\n")]);
        assert!(store.line(0).expect("one line").text.chars().all(|c| !c.is_control()));
    }
}
