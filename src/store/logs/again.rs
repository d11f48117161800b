//! Lines that are read a second time: some of them are in store still, the others were dropped or cut.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::LogStore;
use crate::model::log::{Level, LogEvent};
use crate::text;

impl LogStore {
    /// Of events that were read as one whole stretch those that are not in store. Lines have no ids here, so they are told
    /// by what they say, counting: of three equal lines of which two are in store, one is missing.
    pub fn missing_of(&self, events: Vec<LogEvent>) -> Vec<LogEvent> {
        let times = || events.iter().map(|event| event.timestamp);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return events };
        if self.oldest().is_none_or(|oldest| last < oldest) || self.newest().is_none_or(|newest| newest < first) {
            return events;
        }
        let mut known: HashMap<u64, u32> = HashMap::new();
        for place in self.place_of(first)..self.place_of(last.saturating_add(1)) {
            let Some(line) = self.line(place).filter(|line| line.level != Level::Gap) else { continue };
            *known.entry(mark(line.group, line.stream, line.timestamp, line.text)).or_default() += 1;
        }
        let mut events = events;
        events.retain(|event| {
            let message = text::safe_with_tabs(event.message.trim_end_matches(['\n', '\r']));
            let (group, stream) = (text::safe_line(&event.group), text::safe_line(&event.stream));
            match known.get_mut(&mark(&group, &stream, event.timestamp, &message)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            }
        });
        events
    }
}

fn mark(group: &str, stream: &str, timestamp: i64, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (group, stream, timestamp, text).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(timestamp: i64, message: &str) -> LogEvent {
        LogEvent { group: "g".into(), stream: "s".into(), timestamp, message: message.into(), ..LogEvent::default() }
    }

    #[test]
    fn what_is_in_store_is_counted_off_and_the_rest_is_new() {
        let mut store = LogStore::new(1 << 20);
        let all = || vec![event(1, "a"), event(2, "b\n"), event(2, "b"), event(2, "b"), event(3, "\x1bc")];
        assert_eq!(store.missing_of(all()), all(), "nothing is in store");
        store.accept(vec![event(2, "b"), event(2, "b"), event(3, "\x1bc"), event(9, "d")]);
        assert_eq!(store.missing_of(all()), [event(1, "a"), event(2, "b")]);
        store.accept(vec![event(1, "a"), event(2, "b")]);
        assert_eq!(store.missing_of(all()), []);
        assert_eq!(store.missing_of(vec![event(0, "x")]), [event(0, "x")]);
    }
}
