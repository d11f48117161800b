//! Some of all invocations, by what somebody types; and their order by what is measured.
//!
//! There may be 200,000 of them, and this is done at each key: no text is made of any. What the words of a filter say of
//! names is found out once for each name, and ids are compared as numbers.

use super::attempt::Attempt;
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
    id: Option<Vec<Piece>>,
}

/// Hexadecimal digits between dashes: their number and how many they are.
type Piece = (u128, u32);

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
            id: pieces(word),
        }
    }
}

/// A word as part of an id; none where it can't be one.
fn pieces(word: &str) -> Option<Vec<Piece>> {
    let number = |digits: &str| match digits.len() {
        0 => Some((0, 0)),
        1..=32 if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u128::from_str_radix(digits, 16).ok().map(|number| (number, digits.len() as u32))
        }
        _ => None,
    };
    word.split('-').map(number).collect()
}

/// Whether the text of an id has a word: the groups of its digits, and the pieces of the word, which dashes part.
fn has_pieces(groups: &[Piece], word: &[Piece]) -> bool {
    let low = |digits: u32| if digits == 0 { 0 } else { u128::MAX >> (128 - 4 * digits) };
    match word {
        [] => false,
        [(number, digits)] => groups.iter().any(|(group, width)| {
            digits <= width && (0..=width - digits).any(|at| group >> (4 * at) & low(*digits) == *number)
        }),
        [first, middle @ .., last] => groups.windows(word.len()).any(|groups| {
            let [(before, _), between @ .., (behind, width)] = groups else { return false };
            let begins = first.1 <= groups[0].1 && before & low(first.1) == first.0;
            let ends = last.1 <= *width && behind.checked_shr(4 * (width - last.1)).unwrap_or_default() == last.0;
            begins && ends && between == middle
        }),
    }
}

fn of_request(id: u128) -> [Piece; 5] {
    [(id >> 96, 8), (id >> 80 & 0xffff, 4), (id >> 64 & 0xffff, 4), (id >> 48 & 0xffff, 4), (id & 0xffff_ffff_ffff, 12)]
}

fn of_trace(id: u128) -> [Piece; 3] {
    [(1, 1), (id >> 96, 8), (id & ((1 << 96) - 1), 24)]
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

    fn has_id(&self, slot: u32, one: &Attempt, word: &[Piece]) -> bool {
        let trace = self.counts_of(slot).trace;
        has_pieces(&of_request(one.request.0), word) || trace != 0 && has_pieces(&of_trace(trace), word)
    }
}

/// A number of which the bits are in the order of the numbers.
fn in_order(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::line::{RequestId, TraceId};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_has_a_word_as_its_text_has(id in any::<u128>(), trace in any::<u128>(), from in 0usize..36, length in 1usize..37, other in "[0-9a-f-]{1,6}") {
            let (request, trace) = (RequestId(id).to_string(), TraceId(trace).to_string());
            for word in [request[from..].get(..length).unwrap_or(&other), trace[from.min(34)..].get(..length).unwrap_or(&other), &other] {
                let read = pieces(word).expect("digits and dashes");
                prop_assert_eq!(has_pieces(&of_request(id), &read), request.contains(word), "{} in {}", word, request);
                let id = TraceId::read(&trace).expect("a trace id").0;
                prop_assert_eq!(has_pieces(&of_trace(id), &read), trace.contains(word), "{} in {}", word, trace);
            }
        }
    }
}
