//! Short messages about what has just happened, and the list of every error seen.

use std::collections::VecDeque;

use chrono::TimeDelta;

use crate::model::trouble::Trouble;
use crate::time::Moment;

/// How long a message stays.
const STAYS: TimeDelta = TimeDelta::seconds(8);
/// Errors kept; equal ones in a row are counted, not repeated.
const ERRORS: usize = 500;

/// A short message.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// When it came up.
    pub at: Moment,
    /// Tells of something that went wrong.
    pub bad: bool,
}

/// An error that was seen, with its count.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorSeen {
    /// First time.
    pub first: Moment,
    /// Last time.
    pub last: Moment,
    /// How often in all.
    pub times: u32,
    /// What it says.
    pub text: String,
}

/// Messages and errors.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    /// Messages on screen, oldest first.
    pub toasts: Vec<Toast>,
    /// Errors, newest first.
    pub errors: VecDeque<ErrorSeen>,
}

impl Notices {
    /// Says something.
    pub fn say(&mut self, text: impl Into<String>, now: Moment) {
        self.push(text.into(), false, now);
    }

    /// Says that something went wrong, and keeps it for `!`.
    pub fn complain(&mut self, text: impl Into<String>, now: Moment) {
        let text = text.into();
        self.remember(text.clone(), now);
        self.push(text, true, now);
    }

    fn push(&mut self, text: String, bad: bool, now: Moment) {
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast { text, at: now, bad });
        let more = self.toasts.len().saturating_sub(4);
        self.toasts.drain(..more);
    }

    /// A poller's error: kept for `!`, without a message of its own, for the panel shows it.
    pub fn note(&mut self, trouble: &Trouble, now: Moment) {
        self.remember(trouble.sentence(), now);
    }

    fn remember(&mut self, text: String, now: Moment) {
        if let Some(at) = self.errors.iter().position(|seen| seen.text == text) {
            let mut seen = self.errors.remove(at).expect("the position was just found");
            seen.times += 1;
            seen.last = now;
            self.errors.push_front(seen);
            return;
        }
        self.errors.push_front(ErrorSeen { first: now, last: now, times: 1, text });
        self.errors.truncate(ERRORS);
    }

    /// Drops what has stood long enough. True if anything was dropped.
    pub fn expire(&mut self, now: Moment) -> bool {
        let before = self.toasts.len();
        self.toasts.retain(|toast| now - toast.at < STAYS);
        self.toasts.len() != before
    }

    /// Drops the messages on screen.
    pub fn dismiss(&mut self) -> bool {
        !std::mem::take(&mut self.toasts).is_empty()
    }
}
