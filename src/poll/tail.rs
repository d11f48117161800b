//! The tail: every group by itself, so that one that is slow, denied or gone does not hold up the others.
//!
//! FilterLogEvents is asked from a little before where it was read to, because events arrive late; what comes a second
//! time is known by its id.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::desk::{Closed, Desk, sleep_until};
use super::pace::{Retry, at_tempo};
use super::seen::Seen;
use crate::app::interests::{Interests, Tail, TailGroup};
use crate::app::message::News;
use crate::aws::logs::{Wanted, is_stream_of, page};
use crate::model::log::LogEvent;
use crate::model::trouble::{Kind, Trouble};
use crate::time::{Moment, instant};

pub(super) const SERVICE: &str = "logs";
/// Events show up late: this much, in ms, is read a second time.
const LOOK_BACK: i64 = 30_000;
/// Pages of one asking; a pattern that matches nothing makes many empty ones.
const PAGES: usize = 10_000;

/// What makes a tail another one.
#[derive(Clone, PartialEq)]
pub(super) struct Subject {
    pub(super) generation: u64,
    pub(super) groups: Vec<TailGroup>,
    pub(super) pattern: String,
    since_s: u64,
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

/// A tail with what is known of each of its groups. It outlives the followers: a tail that is out of sight for a while
/// goes on where it was.
struct Known {
    subject: Subject,
    /// Nothing before this is wanted, ms since 1970.
    begin: i64,
    groups: Vec<Mutex<Group>>,
}

/// What is known of one group.
struct Group {
    /// Read up to here, ms since 1970.
    cursor: i64,
    seen: Seen,
    trouble: Option<Trouble>,
}

impl Group {
    /// From where on to ask, ms since 1970: what can't be recognised is not asked for again.
    fn from(&self) -> i64 {
        (self.cursor - LOOK_BACK).max(self.seen.remembers_from())
    }
}

impl Known {
    fn new(subject: Subject, now: i64) -> Known {
        let begin = now - i64::try_from(subject.since_s).unwrap_or_default().saturating_mul(1000);
        let group = |_: &TailGroup| Mutex::new(Group { cursor: begin, seen: Seen::default(), trouble: None });
        Known { begin, groups: subject.groups.iter().map(group).collect(), subject }
    }

    fn group(&self, index: usize) -> MutexGuard<'_, Group> {
        self.groups[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far all groups have been read; those that can't be are told apart.
    fn read_to(&self) -> Moment {
        let cursors = |any: bool| {
            let groups = (0..self.groups.len()).map(|index| self.group(index));
            groups.filter(|group| any || group.trouble.is_none()).map(|group| group.cursor).min()
        };
        let least = cursors(false).or_else(|| cursors(true));
        Moment::from_timestamp_millis(least.unwrap_or(self.begin)).unwrap_or_default()
    }
}

pub(super) async fn poll(mut desk: Desk) -> Result<(), Closed> {
    let of = |interests: &Interests| interests.tail.as_ref().map(Subject::of);
    let mut last: Option<Arc<Known>> = None;
    loop {
        let subject = of(&desk.interests.borrow_and_update());
        let Some(subject) = subject else {
            desk.changed().await?;
            continue;
        };
        let known = last.take().filter(|known| known.subject == subject);
        let known = known.unwrap_or_else(|| Arc::new(Known::new(subject, desk.clock.millis())));
        last = Some(known.clone());
        let mut followers: FuturesUnordered<_> = (0..known.groups.len())
            .map(|index| Follower { desk: desk.clone(), known: known.clone(), index }.follow())
            .collect();
        loop {
            tokio::select! {
                biased;
                changed = desk.changed() => {
                    changed?;
                    if of(&desk.interests.borrow_and_update()).as_ref() != Some(&known.subject) {
                        break;
                    }
                }
                Some(ended) = followers.next() => ended?,
            }
        }
    }
}

/// Reads one group.
struct Follower {
    desk: Desk,
    known: Arc<Known>,
    index: usize,
}

impl Follower {
    async fn follow(mut self) -> Result<(), Closed> {
        let mut retry = Retry::default();
        let mut due = instant();
        let mut waited = Duration::ZERO;
        let mut refresh = self.desk.interests.borrow().refresh;
        loop {
            let (follow, tempo, refreshed) = {
                let interests = self.desk.interests.borrow_and_update();
                let refreshed = std::mem::replace(&mut refresh, interests.refresh) != interests.refresh;
                (interests.tail.as_ref().is_some_and(|tail| tail.follow), interests.tempo, refreshed)
            };
            let at = at_tempo(waited, tempo).map(|wait| due - waited + wait).filter(|_| follow);
            let now = at.is_some_and(|at| refreshed || at <= instant());
            if !now {
                tokio::select! {
                    biased;
                    changed = self.desk.changed() => changed?,
                    () = sleep_until(at) => {}
                }
                continue;
            }
            waited = match self.drain().await? {
                Ok(()) => {
                    retry.answered();
                    self.tell_trouble(None).await?;
                    self.desk.interval(self.desk.pace.tail)
                }
                // Shown by itself, and waited for before the next call.
                Err(trouble) if trouble.kind == Kind::Throttled => self.desk.interval(self.desk.pace.tail),
                Err(trouble) => {
                    let wait = self.desk.retry(&mut retry, &trouble, self.desk.pace.tail);
                    self.tell_trouble(Some(trouble)).await?;
                    wait
                }
            };
            due = instant() + waited;
        }
    }

    /// Reads all pages there are by now.
    async fn drain(&mut self) -> Result<Result<(), Trouble>, Closed> {
        let known = self.known.clone();
        let group = &known.subject.groups[self.index];
        let now = self.desk.clock.millis();
        let wanted = Wanted {
            group: group.name.clone(),
            pattern: known.subject.pattern.clone(),
            from: known.group(self.index).from().max(known.begin),
            // Open at its end: our clock may be a little behind.
            to: None,
            limit: None,
        };
        let (mut tokens, mut token) = (HashSet::new(), None);
        let mut newest = wanted.from;
        let complete = loop {
            self.desk.pass(SERVICE, 1).await;
            let answer = page(&self.desk.account, &wanted, token).await;
            self.desk.note(SERVICE, &answer).await?;
            let (mut events, next) = match answer {
                Ok(page) => page,
                Err(trouble) => return Ok(Err(trouble)),
            };
            if let Some(function) = &group.function {
                events.retain(|event| is_stream_of(&event.stream, function));
            }
            newest = events.iter().map(|event| event.timestamp).max().unwrap_or(newest).max(newest);
            {
                let seen = &mut known.group(self.index).seen;
                events.retain(|event| seen.is_new(event));
            }
            if !events.is_empty() {
                self.tell_events(events).await?;
            }
            // A page may be empty and yet have a next one; a token that comes twice leads in circles.
            token = next.filter(|next| tokens.insert(next.clone()));
            if token.is_none() {
                break true;
            }
            if tokens.len() >= PAGES {
                break false;
            }
        };
        {
            let mut group = known.group(self.index);
            group.cursor = if complete { now } else { newest };
            let reach = group.cursor - LOOK_BACK;
            group.seen.forget(reach);
        }
        self.tell_events(Vec::new()).await?;
        Ok(Ok(()))
    }

    async fn tell_events(&self, events: Vec<LogEvent>) -> Result<(), Closed> {
        let (tail, read_to) = (self.known.subject.generation, self.known.read_to());
        self.desk.tell(News::LogEvents { tail, events, read_to }).await
    }

    /// Tells a trouble, and the end of one.
    async fn tell_trouble(&self, trouble: Option<Trouble>) -> Result<(), Closed> {
        let before = std::mem::replace(&mut self.known.group(self.index).trouble, trouble.clone());
        if before == trouble {
            return Ok(());
        }
        let subject = &self.known.subject;
        let group = subject.groups[self.index].name.clone();
        self.desk.tell(News::TailTrouble { tail: subject.generation, group, trouble }).await
    }
}
