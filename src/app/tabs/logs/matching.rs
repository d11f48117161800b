//! Which lines are shown: a local filter over what is loaded, applied to each line once.

use memchr::memmem;
use regex::{Regex, RegexBuilder};

use crate::model::log::Level;
use crate::store::logs::LogStore;

/// What a filter looks for.
#[derive(Clone, Debug, Default)]
pub enum Needle {
    /// Everything passes.
    #[default]
    All,
    /// Lines that contain the text; upper case in it counts.
    Text(String),
    /// Lines that contain the text in any case.
    AnyCase(Regex),
    /// Lines that the pattern finds.
    Pattern(Regex),
    /// Lines that do not pass the inner one.
    Not(Box<Needle>),
}

impl Needle {
    /// Reads a filter: `text`, `!text`, `/pattern/`. Errors: what is wrong with a pattern.
    pub fn read(text: &str) -> Result<Needle, String> {
        if let Some(rest) = text.strip_prefix('!').filter(|rest| !rest.is_empty()) {
            return Ok(Needle::Not(Box::new(Needle::read(rest)?)));
        }
        if let Some(pattern) = text.strip_prefix('/') {
            let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
            if pattern.is_empty() {
                return Ok(Needle::All);
            }
            // Linear time on any pattern; the limit keeps a monster from eating memory when it is compiled.
            return RegexBuilder::new(pattern).size_limit(1 << 20).build().map(Needle::Pattern).map_err(|error| {
                let text = error.to_string();
                text.lines().last().unwrap_or("not a pattern").trim_start_matches("error: ").to_string()
            });
        }
        if text.is_empty() {
            return Ok(Needle::All);
        }
        if text.chars().any(char::is_uppercase) || !text.chars().any(char::is_alphabetic) {
            return Ok(Needle::Text(text.to_string()));
        }
        let any_case = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build();
        any_case.map(Needle::AnyCase).map_err(|error| error.to_string())
    }

    /// The line passes.
    pub fn passes(&self, line: &str) -> bool {
        match self {
            Needle::All => true,
            Needle::Text(text) => memmem::find(line.as_bytes(), text.as_bytes()).is_some(),
            Needle::AnyCase(pattern) | Needle::Pattern(pattern) => pattern.is_match(line),
            Needle::Not(inner) => !inner.passes(line),
        }
    }

    /// Where in the line it finds something, for highlighting: the first few places.
    pub fn places(&self, line: &str) -> Vec<(usize, usize)> {
        match self {
            Needle::All | Needle::Not(_) => vec![],
            Needle::Text(text) => {
                memmem::find_iter(line.as_bytes(), text.as_bytes()).take(16).map(|at| (at, at + text.len())).collect()
            }
            Needle::AnyCase(pattern) | Needle::Pattern(pattern) => {
                pattern.find_iter(line).take(16).map(|found| (found.start(), found.end())).collect()
            }
        }
    }
}

/// The places of the lines that pass.
#[derive(Debug, Default)]
pub struct Shown {
    text: String,
    needle: Needle,
    least: Option<Level>,
    /// Places in the store, ascending; all of them where nothing is filtered.
    places: Vec<u32>,
    seen: usize,
    dropped: u64,
    /// What is wrong with the filter; the last good one stays in force.
    pub complaint: Option<String>,
}

impl Shown {
    fn unfiltered(&self) -> bool {
        matches!(self.needle, Needle::All) && self.least.is_none()
    }

    /// The filter in force.
    pub fn needle(&self) -> &Needle {
        &self.needle
    }

    /// Lines that pass.
    pub fn len(&self, store: &LogStore) -> usize {
        if self.unfiltered() { store.len() } else { self.places.len() }
    }

    /// Place in the store of the row at `row`.
    pub fn place(&self, row: usize, store: &LogStore) -> Option<usize> {
        if self.unfiltered() {
            (row < store.len()).then_some(row)
        } else {
            self.places.get(row).map(|place| *place as usize)
        }
    }

    /// The first row at or after a place in the store.
    pub fn row_of(&self, place: usize) -> usize {
        if self.unfiltered() { place } else { self.places.partition_point(|known| (*known as usize) < place) }
    }

    /// Another filter or level. One more letter looks only through what passed before.
    pub fn set(&mut self, text: &str, least: Option<Level>, store: &LogStore) {
        let needle = match Needle::read(text) {
            Ok(needle) => {
                self.complaint = None;
                needle
            }
            Err(complaint) => {
                self.complaint = Some(complaint);
                return;
            }
        };
        let plain = |text: &str| !text.starts_with(['!', '/']);
        let narrower = !self.text.is_empty()
            && plain(text)
            && plain(&self.text)
            && text.starts_with(self.text.as_str())
            && least == self.least
            && self.seen == store.len();
        let before = std::mem::take(&mut self.places);
        self.needle = needle;
        self.least = least;
        self.text = text.to_string();
        if narrower {
            self.places = before.into_iter().filter(|place| self.takes(*place as usize, store)).collect();
        } else {
            self.seen = 0;
            self.extend(0, store);
        }
    }

    fn takes(&self, place: usize, store: &LogStore) -> bool {
        self.least.is_none_or(|least| store.level(place) >= least)
            && store.line(place).is_some_and(|line| self.needle.passes(line.text))
    }

    /// Lines from `from` on are new or have moved.
    pub fn extend(&mut self, from: usize, store: &LogStore) {
        let dropped = store.dropped - self.dropped;
        self.dropped = store.dropped;
        let from = from.min(self.seen.saturating_sub(usize::try_from(dropped).unwrap_or(usize::MAX)));
        if self.unfiltered() {
            self.seen = store.len();
            return;
        }
        if dropped > 0 {
            // Everything has moved up by what was dropped.
            let gone = self.places.partition_point(|place| u64::from(*place) < dropped);
            self.places.drain(..gone);
            for place in &mut self.places {
                *place -= dropped as u32;
            }
        }
        let keep = self.places.partition_point(|place| (*place as usize) < from);
        self.places.truncate(keep);
        let found: Vec<u32> =
            (from..store.len()).filter(|place| self.takes(*place, store)).map(|place| place as u32).collect();
        self.places.extend(found);
        self.seen = store.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::LogEvent;
    use proptest::prelude::*;

    fn event(timestamp: i64, message: &str) -> LogEvent {
        LogEvent { timestamp, ingestion: timestamp, message: message.into(), ..LogEvent::default() }
    }

    #[test]
    fn filters_are_smart_about_case_and_say_what_is_wrong_with_a_pattern() {
        assert!(Needle::read("error").expect("text").passes("An ERROR"));
        assert!(!Needle::read("Error").expect("text").passes("An ERROR"));
        assert!(Needle::read("!info").expect("inverse").passes("ERROR"));
        assert!(Needle::read("/dur.*9\\d/").expect("a pattern").passes("duration: 97"));
        assert!(Needle::read("/(/").is_err());
        assert_eq!(Needle::read("b").expect("text").places("abcB"), [(1, 2), (3, 4)]);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_what_passes_however_it_came(
            batches in prop::collection::vec(prop::collection::vec((0i64..50, "[ab]{1,3}"), 1..20), 1..12),
            filters in prop::collection::vec("[ab!]{0,3}", 1..6),
        ) {
            let mut store = LogStore::new(6_000);
            let mut shown = Shown::default();
            for (round, batch) in batches.iter().enumerate() {
                let filter = &filters[round % filters.len()];
                shown.set(filter, None, &store);
                let from = store.accept(batch.iter().map(|(at, text)| event(*at, text)).collect());
                shown.extend(from, &store);
                let needle = Needle::read(filter).expect("no pattern among these");
                let expected: Vec<usize> =
                    (0..store.len()).filter(|place| needle.passes(store.line(*place).expect("in store").text)).collect();
                let found: Vec<usize> = (0..shown.len(&store)).filter_map(|row| shown.place(row, &store)).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
