//! Errors of all functions, grouped by what they are and not by what they say: one row for ten thousand lines that differ
//! in an order number.
//!
//! A line of level ERROR that the function or its runtime wrote is of the group of its [`fingerprint()`]. How the platform
//! ended an invocation (time-out, out of memory, crash, or an error of which no line tells) is read from the index of
//! [`Invocations`], so what two lines tell of one failure counts once.

mod fingerprint;
mod mask;
mod minutes;
mod trace;

use std::collections::HashMap;

use crate::model::invocation::Status;
use crate::model::line::{Kind, RequestId, Said};
use crate::model::log::{self, Level};
use crate::store::invocations::{Invocations, Key};
pub use fingerprint::{Fingerprint, fingerprint};
pub use minutes::Minutes;

/// Groups kept at most.
const KEPT: usize = 2_000;
/// Functions that a group names.
const FUNCTIONS: usize = 32;
/// Lines of a group of which the place is kept.
const PLACES: usize = 64;
/// Bytes of a sample.
const SAMPLE: usize = 2 << 10;

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which of the store's sources.
    pub source: u16,
    /// ms since 1970.
    pub timestamp: i64,
    /// Request id of the line, if it gives one.
    pub request: Option<RequestId>,
}

/// Errors that are the same one.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What it is told by; the same in each session.
    pub hash: u64,
    /// As `KeyError`; empty where nothing tells.
    pub error_type: String,
    /// The message, what differs between its lines masked.
    pub message: String,
    /// Where in the function it came from; empty where nothing tells.
    pub frame: String,
    /// One of its lines, cut.
    pub sample: String,
    /// Where that line stands.
    pub at: Place,
    /// The functions that wrote it, and how often each; the first few.
    pub functions: Vec<(String, u64)>,
    /// How many.
    pub count: u64,
    /// The first, ms since 1970.
    pub first: i64,
    /// The last, ms since 1970.
    pub last: i64,
    /// How many by time.
    pub minutes: Minutes,
    /// Some of its lines.
    pub places: Vec<Place>,
    /// The platform's word for how invocations ended, not a line of the function.
    pub platform: bool,
}

impl Group {
    /// It was first seen after a moment, ms since 1970: a deploy, or the start of the session.
    pub fn is_new(&self, since: i64) -> bool {
        self.first > since
    }

    /// Of the invocations of its lines that are known: how many there are, and how many of them returned normally.
    pub fn outcomes(&self, index: &Invocations) -> (usize, usize) {
        let mut keys: Vec<Key> = Vec::new();
        for place in &self.places {
            if let Some(key) = index.of_line(place.source, place.timestamp, place.request)
                && !keys.contains(&key)
            {
                keys.push(key);
            }
        }
        let normal = keys.iter().filter(|key| index.row(**key).is_some_and(|row| row.status == Status::Ok)).count();
        (keys.len(), normal)
    }
}

/// Errors by group.
#[derive(Debug, Default)]
pub struct Errors {
    groups: HashMap<u64, Group>,
    platform: HashMap<u64, Group>,
    seen: u64,
    generation: u64,
    kept: usize,
    /// Groups that went to keep under the cap.
    pub dropped: u64,
}

impl Errors {
    /// None yet.
    pub fn new() -> Errors {
        Errors::of(KEPT)
    }

    fn of(kept: usize) -> Errors {
        Errors { kept, ..Errors::default() }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Errors { generation: self.generation + 1, ..Errors::of(self.kept) };
    }

    /// Changes whenever a group does.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All groups, in no order.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values().chain(self.platform.values())
    }

    /// A group by its hash.
    pub fn group(&self, hash: u64) -> Option<&Group> {
        self.groups.get(&hash).or_else(|| self.platform.get(&hash))
    }

    /// Takes in a line, once; lines that are no errors of a function cost next to nothing.
    pub fn accept(&mut self, source: u16, group: &str, stream: &str, timestamp: i64, text: &str, said: &Said<'_>) {
        if said.level() != Level::Error || !is_own(said.kind) {
            return;
        }
        let function = log::writer(group, stream).0;
        let told = fingerprint(text, said);
        let hash = told.hash_in(function);
        self.generation += 1;
        let place = Place { source, timestamp, request: said.request() };
        if !self.groups.contains_key(&hash) {
            if self.groups.len() >= self.kept.max(1) {
                self.drop_some();
            }
            let sample = &text[..text.floor_char_boundary(SAMPLE)];
            self.groups.insert(hash, told.group(hash, sample, place));
        }
        if let Some(group) = self.groups.get_mut(&hash) {
            group.count_one(function, place);
        }
    }

    /// The groups that have been seen once go first, the ones least recently seen among them; a sixteenth at once.
    fn drop_some(&mut self) {
        let mut all: Vec<(bool, i64, u64)> =
            self.groups.values().map(|group| (group.count > 1, group.last, group.hash)).collect();
        all.sort_unstable();
        for (.., hash) in all.iter().take((self.kept / 16).max(1)) {
            self.groups.remove(hash);
            self.dropped += 1;
        }
    }

    /// Reads from the index of invocations how the platform ended them; free while no failure is new there.
    pub fn refresh(&mut self, index: &Invocations) {
        if self.seen == index.troubles() {
            return;
        }
        self.seen = index.troubles();
        self.generation += 1;
        self.platform.clear();
        for row in index.failures() {
            // What the handler raised is told by a line of its own, if by any.
            if row.status == Status::Error && row.errors > 0 {
                continue;
            }
            let error = row.error_type.unwrap_or_default();
            let hash = fingerprint::of_platform(row.function, row.status, error);
            if self.platform.len() >= self.kept.max(1) && !self.platform.contains_key(&hash) {
                continue;
            }
            let place = Place { source: row.source, timestamp: row.end, request: Some(row.key.request) };
            let group = self.platform.entry(hash).or_insert_with(|| Group {
                platform: true,
                ..Fingerprint { error_type: error, ..Fingerprint::default() }.group(hash, "", place)
            });
            if group.count == 0 {
                group.message = match (row.status, row.duration_ms, row.memory_mb) {
                    (Status::TimedOut, Some(ms), _) => format!("Task timed out after {:.2} seconds", ms / 1000.0),
                    (Status::OutOfMemory, _, Some(mb)) => format!("Out of memory at {mb} MB"),
                    (Status::TimedOut, ..) => "Task timed out".into(),
                    (Status::OutOfMemory, ..) => "Out of memory".into(),
                    (Status::Crashed, ..) => "The runtime exited".into(),
                    _ => "Failed, and no line says why".into(),
                };
                if row.status == Status::TimedOut {
                    group.error_type = "Sandbox.Timedout".into();
                }
            }
            group.count_one(row.function, place);
        }
    }
}

/// Lines of the function and its runtime, and of inits that failed: those have no invocation that tells of them.
fn is_own(kind: Kind) -> bool {
    matches!(kind, Kind::App | Kind::Raised | Kind::InitReport | Kind::RestoreReport)
}

/// The hash of the group that a line belongs to, in the log of a function; none for a line that is of no error.
pub fn hash_of_line(group: &str, stream: &str, text: &str, said: &Said<'_>) -> Option<u64> {
    if said.level() != Level::Error {
        return None;
    }
    let function = log::writer(group, stream).0;
    Some(match said.kind {
        kind if is_own(kind) => fingerprint(text, said).hash_in(function),
        Kind::TimedOut => fingerprint::of_platform(function, Status::TimedOut, ""),
        Kind::RuntimeExited if text.contains("signal: killed") => {
            fingerprint::of_platform(function, Status::OutOfMemory, "")
        }
        Kind::RuntimeExited => fingerprint::of_platform(function, Status::Crashed, ""),
        _ => {
            let told = crate::model::line::figures(text, said);
            fingerprint::of_platform(function, Status::of(&told), told.error_type.unwrap_or_default())
        }
    })
}

impl Group {
    fn count_one(&mut self, function: &str, place: Place) {
        self.count += 1;
        self.first = self.first.min(place.timestamp);
        self.last = self.last.max(place.timestamp);
        self.minutes.count(place.timestamp);
        if self.places.len() < PLACES {
            self.places.push(place);
        }
        if let Some((_, count)) = self.functions.iter_mut().find(|(name, _)| name == function) {
            *count += 1;
        } else if self.functions.len() < FUNCTIONS {
            self.functions.push((crate::text::safe_line(function).into_owned(), 1));
        }
    }
}

#[cfg(test)]
mod tests;
