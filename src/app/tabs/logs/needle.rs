//! What a filter looks for in a line: `text`, `!text`, `/pattern/`.

use memchr::memmem;
use regex::{Regex, RegexBuilder};

use crate::store::logs::Finder;

/// What one filter looks for.
#[derive(Clone, Debug)]
pub enum Needle {
    /// Lines that contain the text; upper case in it counts.
    Text(Box<memmem::Finder<'static>>),
    /// Lines that the pattern finds; a text in any case is one too.
    Pattern(Regex),
    /// Lines that do not pass the inner one.
    Not(Box<Needle>),
}

/// The size that a compiled pattern may have: a monster must not eat memory. Time is linear in any case.
const PATTERN_BYTES: usize = 1 << 20;

impl Needle {
    /// Reads a filter; none where it lets everything pass. Errors: what is wrong with a pattern.
    pub fn read(text: &str) -> Result<Option<Needle>, String> {
        if let Some(rest) = text.strip_prefix('!').filter(|rest| !rest.is_empty()) {
            return Ok(Needle::read(rest)?.map(|inner| match inner {
                Needle::Not(twice) => *twice,
                inner => Needle::Not(Box::new(inner)),
            }));
        }
        if let Some(pattern) = text.strip_prefix('/') {
            let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
            if pattern.is_empty() {
                return Ok(None);
            }
            // An event may have several lines; `^` means each of them.
            let pattern = RegexBuilder::new(pattern).multi_line(true).size_limit(PATTERN_BYTES).build();
            return pattern.map(|pattern| Some(Needle::Pattern(pattern))).map_err(|error| {
                let text = error.to_string();
                text.lines().last().unwrap_or("not a pattern").trim_start_matches("error: ").to_string()
            });
        }
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().any(char::is_uppercase) || !text.chars().any(char::is_alphabetic) {
            return Ok(Some(Needle::Text(Box::new(memmem::Finder::new(text).into_owned()))));
        }
        // Letters of other alphabets have cases that only Unicode knows; without them it is three times as fast.
        let any_case = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).unicode(!text.is_ascii()).build();
        any_case.map(|pattern| Some(Needle::Pattern(pattern))).map_err(|error| error.to_string())
    }

    /// The line passes.
    pub fn passes(&self, line: &str) -> bool {
        match self {
            Needle::Text(text) => text.find(line.as_bytes()).is_some(),
            Needle::Pattern(pattern) => pattern.is_match(line),
            Needle::Not(inner) => !inner.passes(line),
        }
    }

    /// Where in the line it finds something, for highlighting: the first few places.
    pub fn places(&self, line: &str) -> Vec<(usize, usize)> {
        match self {
            Needle::Not(_) => vec![],
            Needle::Text(text) => {
                let length = text.needle().len();
                text.find_iter(line.as_bytes()).take(16).map(|at| (at, at + length)).collect()
            }
            Needle::Pattern(pattern) => {
                pattern.find_iter(line).take(16).map(|found| (found.start(), found.end())).collect()
            }
        }
    }
}

impl Finder for Needle {
    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        match self {
            Needle::Text(needle) => {
                let at = from + needle.find(text.get(from..)?.as_bytes())?;
                Some((at, at + needle.needle().len()))
            }
            Needle::Pattern(pattern) => pattern.find_at(text, from).map(|found| (found.start(), found.end())),
            Needle::Not(inner) => inner.find(text, from),
        }
    }
}

/// A filter as typed, with what it means.
#[derive(Clone, Debug)]
pub struct Term {
    /// As typed.
    pub text: String,
    /// What it looks for; none lets everything pass.
    pub needle: Option<Needle>,
}

impl Term {
    /// Reads a filter. Errors: what is wrong with a pattern.
    pub fn read(text: &str) -> Result<Term, String> {
        Ok(Term { text: text.to_string(), needle: Needle::read(text)? })
    }

    /// Whatever passes this one passes the other too, as far as the texts tell.
    pub fn narrows(&self, other: &Term) -> bool {
        let plain = |text: &str| !text.starts_with(['!', '/']);
        self.text == other.text
            || other.needle.is_none()
            || (plain(&self.text) && plain(&other.text) && self.text.contains(other.text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needle(text: &str) -> Needle {
        Needle::read(text).expect("a good filter").expect("one that looks for something")
    }

    #[test]
    fn filters_are_smart_about_case_and_say_what_is_wrong_with_a_pattern() {
        assert!(needle("error").passes("An ERROR"));
        assert!(!needle("Error").passes("An ERROR"));
        assert!(needle("straße").passes("STRAßE"));
        assert!(needle("!info").passes("ERROR"));
        assert!(needle("/dur.*9\\d/").passes("duration: 97"));
        assert!(needle("/^at /").passes("Error\nat x"), "each line of an event has a beginning");
        assert!(Needle::read("/(/").is_err());
        assert!(Needle::read("").expect("nothing").is_none());
        assert_eq!(needle("b").places("abcB"), [(1, 2), (3, 4)]);
    }

    #[test]
    fn a_pattern_that_would_explode_is_refused_or_quick() {
        assert!(Needle::read("/(a{1000}){1000}/").is_err());
        let line = "a".repeat(1 << 20);
        assert!(!needle("/(a+)+$b/").passes(&line));
    }

    #[test]
    fn one_more_letter_narrows() {
        let narrows =
            |new: &str, old: &str| Term::read(new).expect("a filter").narrows(&Term::read(old).expect("a filter"));
        assert!(narrows("err", "er") && narrows("kerr", "err") && narrows("errO", "err") && narrows("x", ""));
        assert!(!narrows("!err", "!er") && !narrows("/er.r/", "er") && !narrows("er", "err"));
    }
}
