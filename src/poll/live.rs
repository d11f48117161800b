//! Live Tail: what comes in, as it comes in, in place of FilterLogEvents. Asked for by a key, priced by the minute.
//!
//! A session takes ten groups and brings what CloudWatch takes in from its opening on. What was there before, and what
//! came while a session was interrupted, is read by each group's follower ([`super::tail`]); what came by one way is
//! known by the other, so that between them nothing is missing and nothing is shown twice.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::timeout;

use super::desk::{Closed, Desk};
use super::known::{Fill, Known, Subject};
use super::pace::Retry;
use super::seen::Feed;
use super::tail::{SERVICE, describe, unreadable};
use crate::app::interests::{Interests, Tempo};
use crate::app::message::News;
use crate::aws::logs::{LiveTail, LiveUpdate, live_tail};
use crate::model::log::{GROUPS_PER_LIVE_SESSION, Gap, LogEvent, LogGroup, Missed};
use crate::model::trouble::{Kind, Trouble};
use crate::time::{Moment, instant};

const ACTION: &str = "logs:StartLiveTail";
/// An update comes every second, be it empty: a session that is silent for so long is dead.
const SILENCE: Duration = Duration::from_secs(20);
/// A session that ends sooner was not ended by AWS after its three hours.
const SHORTEST: Duration = Duration::from_secs(60);
/// Live Tail is out of order by up to a second, and late by some: before this, ms, everything has come.
const LAG: i64 = 5_000;
/// What is missing of samples is told at least so often, ms, while samples follow each other.
const SAMPLES: i64 = 10_000;
/// Missing events of a sample may lie so far beyond those that came, ms.
const BEYOND: i64 = 1_000;

pub(super) async fn poll(mut desk: Desk) -> Result<(), Closed> {
    let of = |interests: &Interests| {
        let tail = interests.tail.as_ref().filter(|tail| tail.live && interests.tempo != Tempo::Paused);
        tail.map(Subject::of)
    };
    loop {
        let subject = of(&desk.interests.borrow_and_update());
        let Some(subject) = subject else {
            desk.changed().await?;
            continue;
        };
        let known = desk.known(subject);
        let count = known.subject.groups.len();
        let numbers = 0..count.div_ceil(GROUPS_PER_LIVE_SESSION);
        let board = Arc::new(Board::new(known.subject.generation, numbers.len()));
        let session = |number: usize| Session {
            desk: desk.clone(),
            known: known.clone(),
            board: board.clone(),
            number,
            groups: number * GROUPS_PER_LIVE_SESSION..count.min((number + 1) * GROUPS_PER_LIVE_SESSION),
        };
        let mut sessions: FuturesUnordered<_> = numbers.map(|number| session(number).keep_open()).collect();
        loop {
            tokio::select! {
                biased;
                changed = desk.changed() => {
                    changed?;
                    if of(&desk.interests.borrow_and_update()).as_ref() != Some(&known.subject) {
                        break;
                    }
                }
                Some(ended) = sessions.next() => ended?,
            }
        }
        drop(sessions);
        desk.tell(board.closed()).await?;
    }
}

/// How the sessions of one tail stand, for the screen.
struct Board {
    tail: u64,
    state: Mutex<(Vec<Option<Moment>>, u64)>,
}

impl Board {
    fn new(tail: u64, sessions: usize) -> Board {
        Board { tail, state: Mutex::new((vec![None; sessions], 0)) }
    }

    /// A session is open since then, or is not any more; so many more of its updates were samples.
    fn note(&self, number: usize, since: Option<Moment>, sampled: u64) -> News {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0[number] = since;
        state.1 += sampled;
        News::Live { tail: self.tail, since: state.0.iter().flatten().min().copied(), sampled: state.1 }
    }

    fn closed(&self) -> News {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        News::Live { tail: self.tail, since: None, sampled: state.1 }
    }
}

/// A session over some of the tail's groups, opened again when it breaks.
struct Session {
    desk: Desk,
    known: Arc<Known>,
    board: Arc<Board>,
    number: usize,
    groups: Range<usize>,
}

impl Session {
    async fn keep_open(mut self) -> Result<(), Closed> {
        let mut retry = Retry::default();
        loop {
            let begun = instant();
            let ended = self.run().await?;
            self.desk.tell(self.board.note(self.number, None, 0)).await?;
            match ended {
                // Three hours are over. It is paid by the minute: not for nobody.
                Ok(()) if begun.elapsed() >= SHORTEST => {
                    retry.answered();
                    while self.desk.interests.borrow_and_update().tempo == Tempo::Idle {
                        self.desk.changed().await?;
                    }
                    continue;
                }
                Ok(()) => {
                    let trouble = Trouble::new(Kind::Other, ACTION, "the session was closed at once");
                    self.wait(&mut retry, trouble).await?;
                }
                Err(trouble) => {
                    if begun.elapsed() >= SHORTEST {
                        retry.answered();
                    }
                    self.wait(&mut retry, trouble).await?;
                }
            }
        }
    }

    /// Tells why there is no session, and waits until the next is worth a try. Meanwhile FilterLogEvents goes on.
    async fn wait(&self, retry: &mut Retry, trouble: Trouble) -> Result<(), Closed> {
        let wait = self.desk.retry(retry, &trouble, self.desk.pace.tail);
        if trouble.kind != Kind::Throttled {
            for index in self.groups.clone() {
                self.tell_trouble(index, Some(&trouble)).await?;
            }
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    async fn tell_trouble(&self, index: usize, trouble: Option<&Trouble>) -> Result<(), Closed> {
        match self.known.trouble(index, |group| group.live_trouble = trouble.cloned()) {
            Some(news) => self.desk.tell(news).await,
            None => Ok(()),
        }
    }

    /// One session from its opening to its end.
    async fn run(&mut self) -> Result<Result<(), Trouble>, Closed> {
        let groups = match self.readable().await? {
            Ok(groups) => groups,
            Err(trouble) => return Ok(Err(trouble)),
        };
        if groups.is_empty() {
            // Each has said why; they may be there later.
            tokio::time::sleep(super::pace::DENIED).await;
            return Ok(Ok(()));
        }
        let mut arns: Vec<String> = groups.iter().map(|(_, group)| group.arn.clone()).collect();
        arns.sort_unstable();
        arns.dedup();
        self.desk.pass(SERVICE, 1).await;
        let answer = live_tail(&self.desk.account, &arns, &self.known.subject.pattern).await;
        self.desk.note(SERVICE, &answer).await?;
        let tail = match answer {
            Ok(tail) => tail,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let groups: Vec<usize> = groups.into_iter().map(|(index, _)| index).collect();
        for index in &groups {
            self.tell_trouble(*index, None).await?;
        }
        let open = Open::begin(self.known.clone(), groups, self.desk.service_millis(), self.desk.pace.overlap);
        self.listen(tail, &open).await
    }

    /// The groups that a session can be opened on, with their numbers; the others are told of.
    async fn readable(&self) -> Result<Result<Vec<(usize, LogGroup)>, Trouble>, Closed> {
        let mut readable = Vec::new();
        for index in self.groups.clone() {
            let about = self.known.lock().groups[index].about.clone();
            let about = match about {
                Some(about) => Some(about),
                None => {
                    self.desk.pass(SERVICE, 1).await;
                    let answer = describe(&self.desk, &self.known.subject.groups[index].name).await;
                    self.desk.note(SERVICE, &answer).await?;
                    match answer {
                        Ok(about) => about,
                        Err(trouble) => return Ok(Err(trouble)),
                    }
                }
            };
            self.known.lock().groups[index].about.clone_from(&about);
            match about {
                Some(about) if about.class == "STANDARD" => readable.push((index, about)),
                Some(about) => {
                    let trouble = unreadable(&about.class, Trouble::new(Kind::Invalid, ACTION, ""));
                    self.tell_trouble(index, Some(&trouble)).await?;
                }
                None => {
                    let trouble = Trouble::new(Kind::Missing, ACTION, "there is no such log group yet");
                    self.tell_trouble(index, Some(&trouble)).await?;
                }
            }
        }
        Ok(Ok(readable))
    }

    async fn listen(&self, mut tail: LiveTail, open: &Open) -> Result<Result<(), Trouble>, Closed> {
        let since = Some(self.desk.clock.now());
        self.desk.tell(self.board.note(self.number, since, 0)).await?;
        let mut samples = Samples::default();
        loop {
            let update = match timeout(SILENCE, tail.next()).await {
                Ok(Ok(Some(update))) => update,
                Ok(ended) => {
                    self.tell_missing(samples.end(), open).await?;
                    return Ok(ended.map(drop));
                }
                Err(_) => {
                    self.tell_missing(samples.end(), open).await?;
                    let silence = format!("no update for {} s", SILENCE.as_secs());
                    return Ok(Err(Trouble::new(Kind::Network, ACTION, silence)));
                }
            };
            let missing = samples.accept(&update);
            if update.sampled {
                self.desk.tell(self.board.note(self.number, since, 1)).await?;
            }
            // Nothing may be awaited between taking events for shown and telling them.
            let permit = self.desk.permit().await?;
            let now = self.desk.service_millis();
            let events = self.known.admit_all(Feed::Live, update.events, now);
            open.reached(now - LAG);
            permit.tell(self.known.news(events));
            self.tell_missing(missing, open).await?;
        }
    }

    /// What a sample has left out may be of any group of the session.
    async fn tell_missing(&self, missing: Option<(i64, i64)>, open: &Open) -> Result<(), Closed> {
        let Some((from, to)) = missing else { return Ok(()) };
        let group = match open.groups.as_slice() {
            [only] => Some(self.known.subject.groups[*only].name.clone()),
            _ => None,
        };
        let gap = Gap { group, from, to, why: Missed::Sampled };
        self.desk.tell(News::LogGap { tail: self.known.subject.generation, gap }).await
    }
}

/// The groups of a session while it is open: dropped with it, whatever ended it.
struct Open {
    known: Arc<Known>,
    groups: Vec<usize>,
}

impl Open {
    /// Opened at `now`, ms since 1970: what came in before that is read at once, and, because it may not have been
    /// there to be read, once more after `overlap`.
    fn begin(known: Arc<Known>, groups: Vec<usize>, now: i64, overlap: Duration) -> Open {
        for index in &groups {
            let group = &mut known.lock().groups[*index];
            group.live = true;
            // A reading that had begun would stop short of the opening.
            group.reading = None;
            group.seen.goes_live(now);
            group.fills = VecDeque::from([
                Fill { at: instant(), from: group.cursor, to: now },
                Fill { at: instant() + overlap, from: now, to: now },
            ]);
        }
        known.turns.send_modify(|turn| *turn += 1);
        Open { known, groups }
    }

    /// Everything before this has come, ms since 1970: should the session break, FilterLogEvents goes on from here.
    fn reached(&self, until: i64) {
        let mut state = self.known.lock();
        for index in &self.groups {
            let group = &mut state.groups[*index];
            if group.fills.is_empty() {
                group.cursor = group.cursor.max(until);
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        for index in &self.groups {
            let group = &mut self.known.lock().groups[*index];
            group.live = false;
            group.fills.clear();
            group.reading = None;
        }
        self.known.turns.send_modify(|turn| *turn += 1);
    }
}

/// A stretch of which Live Tail has sent samples: told as one, not second by second.
#[derive(Debug, Default)]
struct Samples(Option<(i64, i64)>);

impl Samples {
    /// Takes note of an update. Returns the stretch that is over: from and to, ms since 1970.
    fn accept(&mut self, update: &LiveUpdate) -> Option<(i64, i64)> {
        if !update.sampled {
            return self.end();
        }
        let times = || update.events.iter().map(|event: &LogEvent| event.timestamp);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return None };
        let (from, to) = self.0.unwrap_or((first - BEYOND, last + BEYOND));
        let stretch = (from.min(first - BEYOND), to.max(last + BEYOND));
        self.0 = Some(stretch);
        if stretch.1 - stretch.0 >= SAMPLES { self.end() } else { None }
    }

    fn end(&mut self) -> Option<(i64, i64)> {
        self.0.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(sampled: bool, times: &[i64]) -> LiveUpdate {
        let event = |timestamp: &i64| LogEvent { timestamp: *timestamp, ..LogEvent::default() };
        LiveUpdate { sampled, events: times.iter().map(event).collect() }
    }

    #[test]
    fn samples_that_follow_each_other_are_one_stretch() {
        let mut samples = Samples::default();
        assert_eq!(samples.accept(&update(false, &[1])), None);
        assert_eq!(samples.accept(&update(true, &[5_000, 5_900])), None);
        assert_eq!(samples.accept(&update(true, &[])), None, "a sample of nothing tells nothing");
        assert_eq!(samples.accept(&update(true, &[4_500, 6_800])), None);
        assert_eq!(samples.accept(&update(false, &[7_000])), Some((3_500, 7_800)));
        assert_eq!(samples.end(), None);
        assert_eq!(samples.accept(&update(true, &[0, 8_000])), Some((-1_000, 9_000)), "long enough to be told");
        samples.accept(&update(true, &[9_000]));
        assert_eq!(samples.end(), Some((8_000, 10_000)));
    }
}
