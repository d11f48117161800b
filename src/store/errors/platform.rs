//! How the platform ended invocations, as errors: read from the index of invocations, of which only the news is looked at.

use std::collections::HashMap;

use super::earlier::Earlier;
use super::fingerprint::{self, Fingerprint};
use super::{Group, Place};
use crate::model::invocation::Status;
use crate::store::invocations::{Invocations, Row};

/// Errors that the platform tells.
#[derive(Debug, Default)]
pub struct Platform {
    groups: HashMap<u64, Ends>,
    /// What each attempt was counted as.
    counted: HashMap<u32, Counted>,
    /// The next piece of news of the index.
    news: u64,
    kept: usize,
}

/// Invocations that ended alike.
#[derive(Debug)]
struct Ends {
    group: Group,
    /// Their runtime was killed.
    killed: bool,
    /// Those of them that had used up their memory, and how much that was, MB.
    exhausted: u64,
    memory_mb: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Counted {
    hash: u64,
    at: Place,
    exhausted: bool,
}

impl Platform {
    pub fn of(kept: usize) -> Platform {
        Platform { kept, ..Platform::default() }
    }

    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values().map(|ends| &ends.group)
    }

    pub fn group(&self, hash: u64) -> Option<&Group> {
        self.groups.get(&hash).map(|ends| &ends.group)
    }

    /// Counts what is new in the index; whether anything was. `earlier` knows when those were first seen that are not
    /// counted.
    pub fn refresh(&mut self, index: &Invocations, earlier: &mut Earlier) -> bool {
        let next = index.next_failing();
        if self.news == next {
            return false;
        }
        match index.failing_since(self.news) {
            Some(slots) => slots.iter().for_each(|slot| self.count(*slot, index, earlier)),
            None => {
                self.groups.drain().for_each(|(_, ends)| earlier.remember(&ends.group));
                self.counted.clear();
                index.failing().for_each(|slot| self.count(slot, index, earlier));
            }
        }
        self.news = next;
        true
    }

    /// Counts an attempt anew, or no more.
    fn count(&mut self, slot: u32, index: &Invocations, earlier: &mut Earlier) {
        // What the handler raised is told by a line of its own, if by any.
        let row = index.failure(slot).filter(|row| row.status != Status::Error || row.errors == 0);
        if let Some(counted) = self.counted.remove(&slot) {
            self.uncount(counted, earlier);
        }
        let Some(row) = row else { return };
        let error = row.error_type.unwrap_or_default();
        // A line that tells of a killed runtime does not tell what it was killed for: it is one error.
        let status = if row.killed && row.status == Status::Crashed { Status::OutOfMemory } else { row.status };
        let hash = fingerprint::of_platform(row.function, status, error);
        if self.groups.len() >= self.kept.max(1) && !self.groups.contains_key(&hash) {
            return;
        }
        let at = Place { source: row.source, timestamp: row.end, request: Some(row.key.request) };
        let exhausted = row.status == Status::OutOfMemory;
        let ends = self.groups.entry(hash).or_insert_with(|| {
            let mut ends = Ends::of(hash, status, &row, at);
            ends.group.seen = earlier.take(hash, at.timestamp);
            ends
        });
        ends.group.count_one(row.function, at);
        ends.exhausted += u64::from(exhausted);
        if exhausted && row.memory_mb.is_some() {
            ends.memory_mb = row.memory_mb;
        }
        ends.name();
        self.counted.insert(slot, Counted { hash, at, exhausted });
    }

    fn uncount(&mut self, counted: Counted, earlier: &mut Earlier) {
        let Some(ends) = self.groups.get_mut(&counted.hash) else { return };
        let function = ends.group.functions.first().map(|(name, _)| name.clone()).unwrap_or_default();
        ends.group.uncount_one(&function, counted.at);
        ends.exhausted -= u64::from(counted.exhausted);
        ends.name();
        if ends.group.count == 0 {
            earlier.remember(&ends.group);
            self.groups.remove(&counted.hash);
        }
    }
}

impl Ends {
    fn of(hash: u64, status: Status, row: &Row<'_>, at: Place) -> Ends {
        let error = row.error_type.unwrap_or_default();
        let group = Fingerprint { error_type: error, ..Fingerprint::default() }.group(hash, "", at);
        let mut group = Group { platform: true, ..group };
        group.message = match (row.status, row.duration_ms) {
            (Status::TimedOut, Some(ms)) => format!("Task timed out after {:.2} seconds", ms / 1000.0),
            (Status::TimedOut, None) => "Task timed out".into(),
            (Status::Crashed, _) => "The runtime exited".into(),
            _ => "Failed, and no line says why".into(),
        };
        if row.status == Status::TimedOut {
            group.error_type = "Sandbox.Timedout".into();
        }
        Ends { group, killed: status == Status::OutOfMemory, exhausted: 0, memory_mb: None }
    }

    /// What those are called that were killed depends on how many of them had used up their memory.
    fn name(&mut self) {
        if !self.killed {
            return;
        }
        self.group.message = match (self.exhausted, self.memory_mb) {
            (0, _) => "The runtime was killed".into(),
            (many, _) if many < self.group.count => {
                format!("The runtime was killed, {many} of {} times out of memory", self.group.count)
            }
            (_, Some(mb)) => format!("Out of memory at {mb} MB"),
            (_, None) => "Out of memory".into(),
        };
    }
}
