//! Stack traces of which each frame is an event of its own: which lines are frames, and into which line they are folded.

use super::LogStore;
use crate::model::log::Level;

/// Frames that are folded into one line. What follows them is shown.
pub const FRAMES: usize = 200;
/// Bytes of a line in which the name of an error is looked for.
const NAMED: usize = 512;

impl LogStore {
    /// The line looks like a frame: it goes on with what the one before it on its stream says, if that is an error.
    pub fn continues(&self, place: usize) -> bool {
        self.entries.get(place).is_some_and(|entry| entry.continues)
    }

    /// How many lines look like frames.
    pub fn continuing(&self) -> usize {
        self.continuing
    }

    /// The line into which the frame at a place is folded: it stands right before the frames, is of their stream, and
    /// begins a stack trace. A frame without such a line stands for itself.
    pub fn head(&self, place: usize) -> Option<usize> {
        let frame = self.entries.get(place).filter(|entry| entry.continues)?;
        for at in (0..place).rev().take(FRAMES) {
            let entry = self.entries.get(at).filter(|entry| entry.source == frame.source)?;
            if !entry.continues {
                return self.begins_stack(at).then_some(at);
            }
        }
        None
    }

    /// How many lines right behind a place are folded into it.
    pub fn followers(&self, place: usize) -> usize {
        let Some(head) = self.entries.get(place).filter(|entry| !entry.continues) else { return 0 };
        let rest = self.entries.range((place + 1).min(self.len())..).take(FRAMES);
        let frames = rest.take_while(|entry| entry.continues && entry.source == head.source).count();
        if frames > 0 && self.begins_stack(place) { frames } else { 0 }
    }

    /// An error, or a line right before what can only be a frame.
    fn begins_stack(&self, place: usize) -> bool {
        let text_at = |place| self.entries.get(place).map_or("", |entry| self.text_of(entry));
        match self.level(place) {
            Level::Error => true,
            Level::Gap => false,
            _ => names_error(text_at(place)) || is_frame(text_at(place + 1)),
        }
    }
}

/// A line that only goes on with the one before, if that is an error.
pub(super) fn continues(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.starts_with(b"    ")
        || bytes.starts_with(b"  File \"")
        || bytes.starts_with(b"\tat ")
        || bytes.starts_with(b"Caused by: ")
        || bytes.starts_with(b"  at ")
}

/// A frame by its own words, and not by its blanks alone.
fn is_frame(text: &str) -> bool {
    let text = &text[..text.floor_char_boundary(NAMED)];
    let said = text.trim_start();
    said.starts_with("File \"")
        || said.starts_with("Caused by: ")
        || said.strip_prefix("at ").is_some_and(|place| place.contains(['(', ':', '/', '<']))
}

/// `KeyError: x`, `java.lang.IllegalStateException`, `Traceback (most recent call last):`, `panic: …`.
fn names_error(text: &str) -> bool {
    let line = text[..text.floor_char_boundary(NAMED)].lines().next().unwrap_or_default();
    let ends_with_a_word = |name: &str| {
        line.match_indices(name).any(|(at, _)| !line[at + name.len()..].starts_with(|c: char| c.is_alphanumeric()))
    };
    line.starts_with("Traceback (")
        || line.contains("panic: ")
        || ["Error", "Exception"].into_iter().any(ends_with_a_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::LogEvent;

    /// Lines of streams, as `a Error: x`, a millisecond apart.
    fn store(lines: &[&str]) -> LogStore {
        let mut store = LogStore::new(1 << 20);
        let event = |(line, at): (&&str, i64)| LogEvent {
            group: "/aws/lambda/a".into(),
            stream: line[..1].into(),
            timestamp: at,
            ingestion: at,
            message: line[2..].into(),
            ..LogEvent::default()
        };
        store.accept(lines.iter().zip(1..).map(event).collect());
        store
    }

    fn heads(lines: &[&str]) -> Vec<Option<usize>> {
        let store = store(lines);
        let heads: Vec<_> = (0..store.len()).map(|place| store.head(place)).collect();
        for place in 0..store.len() {
            let folded = heads.iter().filter(|head| **head == Some(place)).count();
            assert_eq!(store.followers(place), folded, "each line that is hidden is counted where it went: {lines:?}");
        }
        heads
    }

    #[test]
    fn frames_are_folded_into_the_error_right_before_them() {
        assert_eq!(
            heads(&["a TypeError: x", "a     at f (a.js:1)", "a     at g (b.js:2)", "a done"]),
            [None, Some(0), Some(0), None]
        );
        assert_eq!(heads(&["a Trace: x", "a     at f (a.js:1)", "a     { code: 1 }"]), [None, Some(0), Some(0)]);
        assert_eq!(
            heads(&["a Traceback (most recent call last):", "a   File \"x.py\", line 1", "a     f()", "a KeyError: 1"]),
            [None, Some(0), Some(0), None]
        );
    }

    #[test]
    fn what_has_no_such_line_before_it_stands_for_itself() {
        assert_eq!(heads(&["a     indented"]), [None]);
        assert_eq!(heads(&["a the list:", "a     first", "a     second"]), [None; 3]);
        assert_eq!(heads(&["a 0 Errors found", "a     first"]), [None; 2]);
        assert_eq!(heads(&["a Error: x", "b hello", "a     at f (a.js:1)"]), [None; 3]);
    }

    #[test]
    fn a_stack_without_an_end_is_folded_as_far_as_it_is_counted() {
        let mut lines = vec!["a Error: x"];
        lines.resize(FRAMES + 10, "a     at f (a.js:1)");
        assert_eq!(heads(&lines).iter().flatten().count(), FRAMES);
    }
}
