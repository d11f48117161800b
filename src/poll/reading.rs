//! Reading a stretch of a group to its end, page by page, so that it can be gone on with after a failure.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::aws::logs::Wanted;
use crate::model::log::LogEvent;

/// A page token is good for 24 hours; one that is nearly as old is not tried, ms.
const TOKEN_AGE: i64 = 23 * 3_600_000;

/// A stretch that is being read.
#[derive(Debug)]
pub(super) struct Reading {
    /// What is asked for.
    pub(super) wanted: Wanted,
    /// Where the next page begins.
    pub(super) token: Option<String>,
    /// When it began, ms since 1970, by the service's clock: what was there by then is in it.
    pub(super) since: i64,
    /// Everything before this has been read, ms since 1970.
    pub(super) reached: i64,
    /// Events so far, also those that were known.
    pub(super) events: usize,
    /// Pages so far.
    pub(super) pages: usize,
    /// The service has refused a token of it.
    pub(super) restarted: bool,
    token_since: i64,
    tokens: HashSet<u64>,
    sorted: bool,
    last: i64,
}

/// Where a reading is after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There are more pages.
    More,
    /// That was all.
    Done,
    /// The token that came has been here before.
    Circle,
}

impl Reading {
    /// Begins at `since`, ms since 1970.
    pub(super) fn new(wanted: Wanted, since: i64) -> Reading {
        Reading {
            token: None,
            since,
            reached: wanted.from,
            events: 0,
            pages: 0,
            restarted: false,
            token_since: since,
            tokens: HashSet::new(),
            sorted: true,
            last: i64::MIN,
            wanted,
        }
    }

    /// What to ask for now.
    pub(super) fn ask(&mut self, now: i64) -> (Wanted, Option<String>) {
        if self.token.is_some() && now - self.token_since > TOKEN_AGE {
            self.restart();
        }
        (self.wanted.clone(), self.token.clone())
    }

    /// Takes note of a page that came.
    pub(super) fn advance(&mut self, events: &[LogEvent], next: Option<String>, now: i64) -> Step {
        self.pages += 1;
        self.events += events.len();
        for event in events {
            self.sorted &= self.last <= event.timestamp;
            self.last = self.last.max(event.timestamp);
        }
        // Some servers do not sort: then nothing is known to be complete before the end.
        self.reached = if self.sorted { self.wanted.from.max(self.last) } else { self.wanted.from };
        self.token_since = now;
        self.token = next;
        match &self.token {
            None => Step::Done,
            Some(token) => {
                let mut hasher = DefaultHasher::new();
                token.hash(&mut hasher);
                if self.tokens.insert(hasher.finish()) { Step::More } else { Step::Circle }
            }
        }
    }

    /// The service does not take the token any more: from the beginning. Known events are known.
    pub(super) fn restart(&mut self) {
        self.token = None;
        self.restarted = true;
        self.tokens.clear();
        self.events = 0;
        (self.sorted, self.last) = (true, i64::MIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(timestamp: i64) -> LogEvent {
        LogEvent { timestamp, ..LogEvent::default() }
    }

    #[test]
    fn empty_pages_go_on_and_circles_end() {
        let mut reading = Reading::new(Wanted { from: 5, ..Wanted::default() }, 0);
        for page in 0..200 {
            assert_eq!(reading.advance(&[], Some(page.to_string()), 0), Step::More);
        }
        assert_eq!(reading.reached, 5);
        assert_eq!(reading.advance(&[at(9)], Some("7".into()), 0), Step::Circle);
        assert_eq!(reading.reached, 9);
        assert_eq!(reading.advance(&[], None, 0), Step::Done);
    }

    #[test]
    fn unsorted_pages_prove_nothing_and_old_tokens_are_not_sent() {
        let mut reading = Reading::new(Wanted { from: 5, ..Wanted::default() }, 0);
        reading.advance(&[at(9), at(8)], Some("a".into()), 0);
        assert_eq!(reading.reached, 5);
        assert_eq!(reading.ask(TOKEN_AGE).1, Some("a".into()));
        assert_eq!(reading.ask(TOKEN_AGE + 1).1, None);
    }
}
