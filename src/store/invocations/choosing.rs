//! Some of all invocations, by what somebody types; and their order by what is measured.
//!
//! There may be 200,000 of them, and this is done at each key: no text is made of any. What the words of a filter say of
//! names is found out once for each name, and ids are compared as numbers.

use super::attempt::Attempt;
use super::digits::Part;
use super::names::Names;
use super::{Invocations, Key};
use crate::model::invocation::Status;

/// What a filter looks for: an invocation passes where it has each word.
#[derive(Debug)]
pub struct Filter {
    words: Vec<Word>,
}

/// One word, and what has it.
#[derive(Debug)]
struct Word {
    /// What has it does not pass.
    not: bool,
    /// By the number of a name.
    names: Vec<bool>,
    /// The same with a `v` in front of each, as versions are written.
    versions: Vec<bool>,
    /// By [`Status`].
    statuses: [bool; Status::ALL.len()],
    cold: bool,
    warm: bool,
    id: Option<Part>,
}

impl Filter {
    /// Reads a filter; none where it lets everything pass. `!word` is for what does not have it; `statuses` says what a
    /// status is called.
    pub fn read(text: &str, index: &Invocations, statuses: impl Fn(Status) -> &'static str) -> Option<Filter> {
        let text = text.to_lowercase();
        let words: Vec<Word> = text
            .split_whitespace()
            .filter_map(|word| match word.strip_prefix('!') {
                Some(not) => (!not.is_empty()).then(|| Word::read(not, true, &index.names, &statuses)),
                None => Some(Word::read(word, false, &index.names, &statuses)),
            })
            .collect();
        (!words.is_empty()).then_some(Filter { words })
    }
}

impl Word {
    fn read(word: &str, not: bool, names: &Names, statuses: impl Fn(Status) -> &'static str) -> Word {
        let behind_v = word.strip_prefix('v');
        Word {
            not,
            names: names.by_number(|name| name.contains(word)),
            versions: names
                .by_number(|name| name.contains(word) || behind_v.is_some_and(|rest| name.starts_with(rest))),
            statuses: Status::ALL.map(|status| statuses(status).to_lowercase().contains(word)),
            cold: "cold".contains(word),
            warm: "warm".contains(word),
            id: Part::read(word),
        }
    }
}

/// What invocations are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Duration.
    Duration,
    /// Init or restore.
    Init,
    /// Share of the memory that was used.
    Memory,
    /// How badly it ended; of those that returned normally, those that logged errors are worse.
    Failure,
}

impl Invocations {
    /// All invocations, or those that pass a filter, the newest first by their start.
    pub fn choose(&self, filter: Option<&Filter>, keys: &mut Vec<Key>) {
        keys.clear();
        let passes = |slot: &u32| filter.is_none_or(|filter| self.passes(*slot, filter));
        let chosen = self.slots().filter(passes);
        keys.extend(chosen.map(|slot| Key { slot, request: self.attempts[slot as usize].request }));
    }

    /// Orders invocations by a measure, the largest first or the smallest, and of the same the newest. Keeps at most so
    /// many of them; whether there were more.
    pub fn rank(&self, keys: &mut Vec<Key>, measure: Measure, smallest_first: bool, most: usize) -> bool {
        let mut ranked: Vec<(u64, i64, u32)> = Vec::with_capacity(keys.len());
        for (place, key) in keys.iter().enumerate() {
            let one = &self.attempts[key.slot as usize];
            let rank = in_order(self.measured(key.slot, one, measure));
            // Bits turned round are in the other order, as numbers of either kind are.
            ranked.push((if smallest_first { rank } else { !rank }, !one.start(), place as u32));
        }
        let cut = ranked.len() > most;
        if cut {
            ranked.select_nth_unstable(most);
            ranked.truncate(most);
        }
        ranked.sort_unstable();
        *keys = ranked.into_iter().map(|(.., place)| keys[place as usize]).collect();
        cut
    }

    fn measured(&self, slot: u32, one: &Attempt, measure: Measure) -> f64 {
        match measure {
            Measure::Duration if one.report.duration_ms.is_nan() => -1.0,
            Measure::Duration => one.report.duration_ms,
            Measure::Init => match one.init() {
                (Some(ms), _) | (_, Some(ms)) => f64::from(ms),
                _ => -1.0,
            },
            Measure::Memory if one.report.memory_mb == 0 || one.report.memory_used_mb == 0 => -1.0,
            Measure::Memory => f64::from(one.report.memory_used_mb) / f64::from(one.report.memory_mb),
            Measure::Failure => match one.status(self.has_ended(slot)) {
                Status::Open => 0.5,
                Status::Ok => f64::from(u8::from(self.counts_of(slot).errors + one.loose.errors > 0)),
                status => 2.0 + f64::from(status as u8),
            },
        }
    }

    fn passes(&self, slot: u32, filter: &Filter) -> bool {
        let one = &self.attempts[slot as usize];
        let stream = self.streams.get(usize::from(one.source)).and_then(Option::as_deref);
        let function = stream.map_or(0, |stream| stream.function);
        let version = if one.version == 0 { stream.map_or(0, |stream| stream.version) } else { one.version };
        let status = one.status(self.has_ended(slot));
        let error = if status.is_failure() { self.error_of(one) } else { 0 };
        let cold = one.init() != (None, None);
        let known = |names: &[bool], number: u16| names.get(usize::from(number)).copied().unwrap_or_default();
        filter.words.iter().all(|word| {
            let has = known(&word.names, function)
                || known(&word.versions, version)
                || word.statuses[status as usize]
                || known(&word.names, error)
                || (if cold { word.cold } else { word.warm })
                || word.id.as_ref().is_some_and(|word| self.has_id(slot, one, word));
            has != word.not
        })
    }

    fn has_id(&self, slot: u32, one: &Attempt, word: &Part) -> bool {
        let trace = self.counts_of(slot).trace;
        word.is_in_request(one.request.0) || trace != 0 && word.is_in_trace(trace)
    }
}

/// A number of which the bits are in the order of the numbers.
fn in_order(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}
