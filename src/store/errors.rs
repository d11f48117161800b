//! Errors of all functions, grouped by what they are and not by what they say: one row for ten thousand lines that differ
//! in an order number.
//!
//! A line of level ERROR that the function or its runtime wrote is of the group of its [`fingerprint()`]. How the platform
//! ended an invocation (time-out, out of memory, crash, or an error of which no line tells) is read from the index of
//! [`Invocations`], so what two lines tell of one failure counts once. A line that leaves the store is counted no more.

mod earlier;
mod fingerprint;
mod mask;
mod minutes;
mod platform;
mod trace;

use std::collections::HashMap;

use crate::model::invocation::Status;
use crate::model::line::{Kind, RequestId, Said};
use crate::model::log::{self, Level};
use crate::store::invocations::{Invocations, Key};
use earlier::Earlier;
pub use fingerprint::{Fingerprint, fingerprint};
pub use minutes::Minutes;
use platform::Platform;

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
    /// That line is gone; the next that comes is the sample.
    faded: bool,
    /// The functions that wrote it, and how often each; the first few.
    pub functions: Vec<(String, u64)>,
    /// How many lines of it there are.
    pub count: u64,
    /// The first of them, ms since 1970.
    pub first: i64,
    /// The last of them, ms since 1970.
    pub last: i64,
    /// When it was first seen, ms since 1970: by a line that may be gone.
    pub seen: i64,
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
        self.seen > since
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
    platform: Platform,
    earlier: Earlier,
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
        Errors { kept, platform: Platform::of(kept), ..Errors::default() }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Errors { generation: self.generation + 1, ..Errors::of(self.kept) };
    }

    /// Forgets all lines: they are about to be read again.
    pub fn start_over(&mut self) {
        let mut earlier = std::mem::take(&mut self.earlier);
        self.groups.values().for_each(|group| earlier.remember(group));
        let (generation, dropped) = (self.generation + 1, self.dropped);
        let platform = std::mem::take(&mut self.platform);
        *self = Errors { earlier, generation, dropped, platform, ..Errors::of(self.kept) };
    }

    /// Changes whenever a group does.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All groups, in no order.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values().chain(self.platform.groups())
    }

    /// A group by its hash.
    pub fn group(&self, hash: u64) -> Option<&Group> {
        self.groups.get(&hash).or_else(|| self.platform.group(hash))
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
        let sample = &text[..text.floor_char_boundary(SAMPLE)];
        if !self.groups.contains_key(&hash) {
            if self.groups.len() >= self.kept.max(1) {
                self.drop_some();
            }
            let mut group = told.group(hash, sample, place);
            group.seen = self.earlier.take(hash, timestamp);
            self.groups.insert(hash, group);
        }
        if let Some(group) = self.groups.get_mut(&hash) {
            if std::mem::take(&mut group.faded) {
                (group.sample, group.at) = (crate::text::safe(sample).into_owned(), place);
            }
            group.count_one(function, place);
        }
    }

    /// Takes back a line that was taken in.
    pub fn retract(&mut self, source: u16, group: &str, stream: &str, timestamp: i64, text: &str, said: &Said<'_>) {
        if said.level() != Level::Error || !is_own(said.kind) {
            return;
        }
        let function = log::writer(group, stream).0;
        let hash = fingerprint(text, said).hash_in(function);
        let Some(group) = self.groups.get_mut(&hash) else { return };
        self.generation += 1;
        group.uncount_one(function, Place { source, timestamp, request: said.request() });
        if group.count == 0 {
            self.earlier.remember(group);
            self.groups.remove(&hash);
        }
    }

    /// The groups that have been seen once go first, the ones least recently seen among them; a sixteenth at once.
    fn drop_some(&mut self) {
        let mut all: Vec<(bool, i64, u64)> =
            self.groups.values().map(|group| (group.count > 1, group.last, group.hash)).collect();
        all.sort_unstable();
        for (.., hash) in all.iter().take((self.kept / 16).max(1)) {
            if let Some(group) = self.groups.remove(hash) {
                self.earlier.remember(&group);
            }
            self.dropped += 1;
        }
    }

    /// Reads from the index of invocations how the platform ended them; free while no failure is new there.
    pub fn refresh(&mut self, index: &Invocations) {
        self.generation += u64::from(self.platform.refresh(index, &mut self.earlier));
    }
}

/// Lines of the function and its runtime, and of inits that failed: those have no invocation that tells of them.
fn is_own(kind: Kind) -> bool {
    matches!(kind, Kind::App | Kind::Raised | Kind::InitReport | Kind::RestoreReport)
}

/// A message without what differs from one time to the next: numbers, ids, addresses.
pub fn fingerprint_of_message(message: &str) -> String {
    let mut masked = String::with_capacity(message.len());
    mask::masked(message, message.len(), |piece| masked.push_str(piece));
    masked
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
        self.seen = self.seen.min(place.timestamp);
        self.minutes.count(place.timestamp);
        if self.places.len() < PLACES {
            self.places.push(place);
        } else {
            // Each has the same chance to be among them, so that some stay whichever go.
            let dice = (self.count ^ place.timestamp.cast_unsigned()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
            if let Some(known) = self.places.get_mut((dice % self.count) as usize) {
                *known = place;
            }
        }
        if let Some((_, count)) = self.functions.iter_mut().find(|(name, _)| name == function) {
            *count += 1;
        } else if self.functions.len() < FUNCTIONS {
            self.functions.push((crate::text::safe_line(function).into_owned(), 1));
        }
    }

    fn uncount_one(&mut self, function: &str, place: Place) {
        if !self.minutes.uncount(place.timestamp) {
            return;
        }
        self.count -= 1;
        (self.first, self.last) = (self.minutes.first().unwrap_or(i64::MAX), self.minutes.last().unwrap_or(i64::MIN));
        if let Some(known) = self.places.iter().position(|known| *known == place) {
            self.places.swap_remove(known);
        }
        if self.at == place {
            self.faded = true;
            self.at = self.places.first().copied().unwrap_or(place);
        }
        if let Some(known) = self.functions.iter().position(|(name, _)| name == function) {
            self.functions[known].1 -= 1;
            if self.functions[known].1 == 0 {
                self.functions.remove(known);
            }
        }
    }
}

#[cfg(test)]
mod tests;
