//! Parts of ids, found without their text: 200,000 ids are looked through at each key.

/// A number and how many hexadecimal digits it is written with.
type Group = (u128, u32);

/// The lowest bit of each digit.
const ONES: u128 = 0x1111_1111_1111_1111_1111_1111_1111_1111;

/// A word that may stand in an id.
#[derive(Debug)]
pub enum Part {
    /// Digits alone: within a group of an id.
    Digits {
        /// The digits, the last one first, each in all places at once.
        digits: Vec<u128>,
        /// Where in a request id the last of them may stand.
        in_request: u128,
        /// The same for a trace id.
        in_trace: u128,
    },
    /// Digits and dashes: the end of a group, whole groups, the beginning of a group.
    Dashed(Vec<Group>),
}

/// Digits of the groups of a request id.
const REQUEST: [u32; 5] = [8, 4, 4, 4, 12];
/// The same of a trace id, without the version in front.
const TRACE: [u32; 2] = [8, 24];

impl Part {
    /// Reads a word in small letters; none where it can't stand in an id.
    pub fn read(word: &str) -> Option<Part> {
        if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            return None;
        }
        if word.contains('-') {
            return word.split('-').map(group).collect::<Option<Vec<Group>>>().map(Part::Dashed);
        }
        let digits = word.bytes().rev().filter_map(|digit| char::from(digit).to_digit(16));
        let digits: Vec<u128> = digits.map(|digit| u128::from(digit) * ONES).collect();
        let (in_request, in_trace) = (places(&REQUEST, word.len()), places(&TRACE, word.len()));
        // Each trace id begins with it.
        let in_trace = if word == "1" { u128::MAX } else { in_trace };
        Some(Part::Digits { digits, in_request, in_trace })
    }

    /// It stands in a request id.
    pub fn is_in_request(&self, id: u128) -> bool {
        match self {
            Part::Digits { digits, in_request, .. } => find(id, digits, *in_request),
            Part::Dashed(word) => {
                let low = id & 0xffff_ffff_ffff;
                let middle = [id >> 80 & 0xffff, id >> 64 & 0xffff, id >> 48 & 0xffff];
                has_dashed(&[(id >> 96, 8), (middle[0], 4), (middle[1], 4), (middle[2], 4), (low, 12)], word)
            }
        }
    }

    /// It stands in a trace id.
    pub fn is_in_trace(&self, id: u128) -> bool {
        match self {
            Part::Digits { in_trace: u128::MAX, .. } => true,
            Part::Digits { digits, in_trace, .. } => find(id, digits, *in_trace),
            Part::Dashed(word) => has_dashed(&[(1, 1), (id >> 96, 8), (id & (u128::MAX >> 32), 24)], word),
        }
    }
}

fn group(digits: &str) -> Option<Group> {
    match digits.len() {
        0 => Some((0, 0)),
        long @ 1..=32 => u128::from_str_radix(digits, 16).ok().map(|number| (number, long as u32)),
        _ => None,
    }
}

/// Where the last digit of a word may stand so that the word is within a group.
fn places(groups: &[u32], long: usize) -> u128 {
    let (mut places, mut end) = (0, 0);
    for width in groups.iter().rev() {
        let starts = (*width as usize + 1).saturating_sub(long);
        for start in 0..starts {
            places |= 1 << (4 * (end + start));
        }
        end += *width as usize;
    }
    places
}

/// Compares all places at once, digit by digit.
fn find(id: u128, digits: &[u128], mut places: u128) -> bool {
    for (at, digit) in digits.iter().enumerate() {
        if places == 0 {
            return false;
        }
        let other = id ^ digit;
        let other = other | other >> 2;
        let same = !(other | other >> 1) & ONES;
        places &= same >> (4 * at);
    }
    places != 0
}

fn has_dashed(groups: &[Group], word: &[Group]) -> bool {
    let [first, middle @ .., last] = word else { return false };
    groups.windows(word.len()).any(|groups| {
        let [(before, wide), between @ .., (behind, width)] = groups else { return false };
        let low = if first.1 == 0 { 0 } else { u128::MAX >> (128 - 4 * first.1) };
        let begins = first.1 <= *wide && before & low == first.0;
        begins && last.1 <= *width && behind >> (4 * (width - last.1)) == last.0 && between == middle
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::line::{RequestId, TraceId};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_part_is_found_as_in_the_text(
            (id, trace) in (any::<u128>(), any::<u128>()),
            (from, long) in (0usize..36, 1usize..37),
            other in "[0-9a-f-]{1,4}",
        ) {
            let (request, trace) = (RequestId(id).to_string(), TraceId(trace));
            let text = trace.to_string();
            let part = |text: &str| text.get(from..(from + long).min(text.len())).unwrap_or("1").to_string();
            for word in [part(&request), part(&text), other, "1".to_string()].iter().filter(|word| !word.is_empty()) {
                let read = Part::read(word).expect("digits and dashes");
                prop_assert_eq!(read.is_in_request(id), request.contains(word), "{} in {}", word, request);
                prop_assert_eq!(read.is_in_trace(trace.0), text.contains(word), "{} in {}", word, text);
            }
            prop_assert!(Part::read("12g").is_none());
        }
    }
}
