//! Marks among the lines where something is missing: lines of ours, in the order of time like all others.

use super::entry::{Entry, Key};
use super::{Arrival, LogStore};
use crate::model::log::{Gap, Level, Missed};
use crate::text;

/// Marks that are kept.
const GAPS: usize = 1000;

impl LogStore {
    /// Gaps that are marked, in no order.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Gaps in all: those that are marked, and those beyond what is marked.
    pub fn gap_count(&self) -> u64 {
        self.gaps.len() as u64 + self.unmarked
    }

    /// Places of the marks of gaps, ascending.
    pub fn gap_places(&self) -> Vec<usize> {
        let mut places: Vec<usize> = self.gaps.iter().filter_map(|gap| self.mark_place(gap)).collect();
        places.sort_unstable();
        places
    }

    pub(super) fn mark_place(&self, gap: &Gap) -> Option<usize> {
        let first = self.place_of(gap.from);
        let text = mark(gap);
        let entries = self.entries.range(first..).take_while(|entry| entry.key.timestamp() == gap.from);
        let found = entries.enumerate().find(|(_, entry)| entry.level() == Level::Gap && self.text_of(entry) == text);
        found.map(|(at, _)| first + at)
    }

    /// The gap whose mark stands at a place.
    pub fn gap_at(&self, place: usize) -> Option<&Gap> {
        let entry = self.entries.get(place).filter(|entry| entry.level() == Level::Gap)?;
        let text = self.text_of(entry);
        self.gaps.iter().find(|gap| gap.from == entry.key.timestamp() && mark(gap) == text)
    }

    /// Marks a stretch of which something is missing.
    pub fn mark_gap(&mut self, gap: Gap) -> Arrival {
        if self.gaps.contains(&gap) {
            return Arrival::default();
        }
        if self.gaps.len() >= GAPS {
            self.unmarked += 1;
            return Arrival::default();
        }
        let text = mark(&gap);
        let key = Key::at(gap.from);
        let group = gap.group.clone().unwrap_or_default();
        self.gaps.push(gap);
        let source = self.source(&group, "");
        let (block, start) = self.write(&text, key);
        self.bytes += text.len() + 1 + size_of::<Entry>();
        let entry = Entry::new(key, (block, start, text.len()), source, Level::Gap);
        Arrival { inserted: self.merge(vec![entry]), ..Arrival::default() }
    }

    /// Takes away the mark of a gap. Returns its place: the lines behind it have moved up by one.
    pub fn unmark_gap(&mut self, gap: &Gap) -> Option<usize> {
        let known = self.gaps.iter().position(|known| known == gap)?;
        let place = self.mark_place(gap);
        self.gaps.swap_remove(known);
        let entry = self.entries.remove(place?)?;
        self.forget(&entry);
        place
    }
}

/// What the mark of a gap says.
fn mark(gap: &Gap) -> String {
    let length = text::span(std::time::Duration::from_millis((gap.to - gap.from).max(0).unsigned_abs() + 1));
    let of = gap.group.as_deref().map(|group| format!(" of {group}")).unwrap_or_default();
    let why = match gap.why {
        Missed::Sampled => "Live Tail sent a sample only",
        Missed::Interrupted => "the live tail was interrupted",
        Missed::TooMuch => "too much to read at once",
        Missed::Circle => "the service gave the same page for ever",
        Missed::NotAsked => "not loaded",
    };
    format!("gap of {length}{of}: {why}; Enter reads it")
}
