//! What is known of a tail and of each of its groups. It outlives those who read: a tail that is out of sight for a while
//! goes on where it was, and what one of them has shown none of the others shows again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use super::reading::Reading;
use super::seen::{Feed, Seen};
use crate::app::interests::{Tail, TailGroup};
use crate::app::message::News;
use crate::aws::logs::is_stream_of;
use crate::model::log::{Gap, LogEvent, LogGroup, Missed};
use crate::model::trouble::Trouble;
use crate::time::Moment;

/// Hashes that are remembered of all groups together: some ten bytes each.
const REMEMBERED: usize = 3_000_000;

/// What makes a tail another one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subject {
    pub(super) generation: u64,
    pub(super) groups: Vec<TailGroup>,
    pub(super) pattern: String,
    pub(super) since_s: u64,
}

impl Subject {
    pub(super) fn of(tail: &Tail) -> Subject {
        Subject {
            generation: tail.generation,
            groups: tail.groups.clone(),
            pattern: tail.pattern.clone(),
            since_s: tail.since_s,
        }
    }
}

/// A tail with what is known of each of its groups.
pub(super) struct Known {
    pub(super) subject: Subject,
    /// Nothing before this is wanted, ms since 1970.
    pub(super) begin: i64,
    state: Mutex<State>,
    /// Raised when a live session opens or ends.
    pub(super) turns: watch::Sender<u64>,
    /// Held from taking events for shown until they are told, so that they are told in the order in which they were taken.
    telling: Mutex<()>,
}

pub(super) struct State {
    pub(super) groups: Vec<Group>,
}

/// What is known of one group.
pub(super) struct Group {
    /// Read up to here, ms since 1970.
    pub(super) cursor: i64,
    /// How often it was read to its end.
    pub(super) rounds: u64,
    /// The newest part, while it is being read.
    pub(super) reading: Option<Reading>,
    /// What is a little older, while it is being read once more.
    pub(super) sweep: Option<Reading>,
    /// How far to look back for what is late, ms.
    pub(super) look_back: i64,
    pub(super) seen: Seen,
    /// Up to here missing events have been told of, ms since 1970.
    pub(super) gap_to: i64,
    /// Why it can't be read.
    pub(super) trouble: Option<Trouble>,
    /// Why it can't be read live.
    pub(super) live_trouble: Option<Trouble>,
    /// What was told last.
    told: Option<Trouble>,
    /// A live session brings its events: only what is to be filled is read.
    pub(super) live: bool,
    pub(super) fills: VecDeque<Fill>,
    /// Its description, where it was needed.
    pub(super) about: Option<LogGroup>,
}

/// What a live session has not brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fill {
    /// When to read it.
    pub(super) at: Instant,
    /// Everything before this has been read, ms since 1970.
    pub(super) from: i64,
    /// When the session was opened, ms since 1970.
    pub(super) to: i64,
}

impl Known {
    /// Begins at `now`, ms since 1970.
    pub(super) fn new(subject: Subject, now: i64) -> Known {
        let begin = now - i64::try_from(subject.since_s).unwrap_or_default().saturating_mul(1000);
        let group = |_: &TailGroup| Group {
            cursor: begin,
            rounds: 0,
            reading: None,
            sweep: None,
            look_back: 0,
            seen: Seen::default(),
            gap_to: begin,
            trouble: None,
            live_trouble: None,
            told: None,
            live: false,
            fills: VecDeque::new(),
            about: None,
        };
        let groups = subject.groups.iter().map(group).collect();
        Known {
            subject,
            begin,
            state: Mutex::new(State { groups }),
            turns: watch::Sender::new(0),
            telling: Mutex::new(()),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be held while events are taken for shown and told; nothing may be awaited meanwhile.
    pub(super) fn telling(&self) -> MutexGuard<'_, ()> {
        self.telling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps those events of a group that nobody has shown, and takes them for shown: who calls this must tell them.
    pub(super) fn admit(&self, index: usize, feed: Feed, mut events: Vec<LogEvent>, now: i64) -> Vec<LogEvent> {
        self.keep_own(index, &mut events);
        let mut state = self.lock();
        state.groups[index].seen.admit(feed, &mut events, now);
        state.forget();
        events
    }

    /// The same for events of any of the groups; sorted.
    pub(super) fn admit_all(&self, feed: Feed, events: Vec<LogEvent>, now: i64) -> Vec<LogEvent> {
        let mut by_group: Vec<Vec<LogEvent>> = self.subject.groups.iter().map(|_| Vec::new()).collect();
        for event in events {
            let mut groups = self.subject.groups.iter();
            let is_of = |group: &TailGroup| {
                group.name == event.group
                    && group.function.as_ref().is_none_or(|function| is_stream_of(&event.stream, function))
            };
            if let Some(index) = groups.position(is_of) {
                by_group[index].push(event);
            }
        }
        let by_group = by_group.into_iter().enumerate();
        let mut new: Vec<LogEvent> =
            by_group.flat_map(|(index, events)| self.admit(index, feed, events, now)).collect();
        new.sort_by_key(|event| (event.timestamp, event.ingestion));
        new
    }

    /// Of a shared group only the streams of the function that is wanted.
    fn keep_own(&self, index: usize, events: &mut Vec<LogEvent>) {
        if let Some(function) = &self.subject.groups[index].function {
            events.retain(|event| is_stream_of(&event.stream, function));
        }
    }

    /// The tail's news of events.
    pub(super) fn news(&self, events: Vec<LogEvent>) -> News {
        let (read_to, caught_up) = (self.read_to(), self.is_caught_up());
        News::LogEvents { tail: self.subject.generation, events, read_to, caught_up }
    }

    /// Every group that can be read has been read to its end.
    fn is_caught_up(&self) -> bool {
        self.lock().groups.iter().all(|group| group.rounds > 0 || group.trouble.is_some())
    }

    /// How far all groups have been read; those that can't be are told apart.
    fn read_to(&self) -> Moment {
        let state = self.lock();
        let least = |any: bool| {
            let groups = state.groups.iter().filter(|group| any || group.trouble.is_none());
            groups.map(|group| group.cursor).min()
        };
        let least = least(false).or_else(|| least(true)).unwrap_or(self.begin);
        Moment::from_timestamp_millis(least).unwrap_or_default()
    }

    /// News of a stretch that nobody reads, unless it has been told of. Ms since 1970.
    pub(super) fn gap(&self, index: usize, from: i64, to: i64, why: Missed) -> Option<News> {
        let mut state = self.lock();
        let group = &mut state.groups[index];
        let from = from.max(group.gap_to);
        if from >= to {
            return None;
        }
        group.gap_to = to;
        let gap = Gap { group: Some(self.subject.groups[index].name.clone()), from, to, why };
        Some(News::LogGap { tail: self.subject.generation, gap })
    }

    /// News of a group's trouble or of its end, where that is news: that it can't be read goes before that it can't be
    /// read live.
    pub(super) fn trouble(&self, index: usize, change: impl FnOnce(&mut Group)) -> Option<News> {
        let mut state = self.lock();
        let group = &mut state.groups[index];
        change(group);
        let trouble = group.trouble.clone().or_else(|| group.live_trouble.clone());
        let before = std::mem::replace(&mut group.told, trouble.clone());
        (before != trouble).then(|| News::TailTrouble {
            tail: self.subject.generation,
            group: self.subject.groups[index].name.clone(),
            trouble,
        })
    }
}

impl State {
    /// The group that is remembered most forgets first.
    fn forget(&mut self) {
        while self.groups.iter().map(|group| group.seen.len()).sum::<usize>() > REMEMBERED {
            let most = self.groups.iter_mut().max_by_key(|group| group.seen.len());
            if !most.is_some_and(|group| group.seen.forget_oldest()) {
                return;
            }
        }
    }
}
