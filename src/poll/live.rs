//! Live Tail: what comes in, as it comes in, in place of FilterLogEvents. Asked for by a key, priced by the minute.
//!
//! A session takes ten groups and brings what CloudWatch takes in from its opening on. What was there before, and what
//! came while a session was interrupted, is read by each group's follower ([`super::tail`]); what came by one way is
//! known by the other, so that between them nothing is missing and nothing is shown twice.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
/// CloudWatch keeps ten updates for whoever does not listen, and then drops the oldest without a word: after so long (the
/// program was stopped, say) what came meanwhile is read once more.
const STALL: Duration = Duration::from_secs(8);
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
        let board = Arc::new(Board::new(&known.subject));
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
        for gap in board.close() {
            desk.tell(News::LogGap { tail: board.tail, gap }).await?;
        }
        desk.tell(board.news()).await?;
    }
}

/// How the sessions of one tail stand. It outlives them: what it knows to be missing is told however they end.
struct Board {
    tail: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    slots: Vec<Slot>,
    /// Updates that were samples.
    sampled: u64,
}

/// One session.
#[derive(Default)]
struct Slot {
    /// The only group, where it has one; what a sample has left out may be of any of several.
    group: Option<String>,
    /// Open since then.
    since: Option<Moment>,
    samples: Samples,
}

impl Board {
    fn new(subject: &Subject) -> Board {
        let slots = subject.groups.chunks(GROUPS_PER_LIVE_SESSION).map(|groups| {
            let group = if let [only] = groups { Some(only.name.clone()) } else { None };
            Slot { group, ..Slot::default() }
        });
        Board { tail: subject.generation, state: Mutex::new(State { slots: slots.collect(), sampled: 0 }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session is open since then, or is not any more.
    fn note(&self, number: usize, since: Option<Moment>) -> News {
        self.lock().slots[number].since = since;
        self.news()
    }

    fn news(&self) -> News {
        let state = self.lock();
        let since = state.slots.iter().filter_map(|slot| slot.since).min();
        News::Live { tail: self.tail, since, sampled: state.sampled }
    }

    /// Takes note of an update. Returns whether something is to be told: [`Board::missing`].
    fn accept(&self, number: usize, update: &LiveUpdate) -> bool {
        let mut state = self.lock();
        state.sampled += u64::from(update.sampled);
        state.slots[number].samples.accept(update)
    }

    /// The stretch of which a session has sent samples, to be told now.
    fn missing(&self, number: usize) -> Option<Gap> {
        let slot = &mut self.lock().slots[number];
        let (from, to) = slot.samples.take()?;
        Some(Gap { group: slot.group.clone(), from, to, why: Missed::Sampled })
    }

    /// No session is open any more. Returns what has not been told.
    fn close(&self) -> Vec<Gap> {
        let count = {
            let mut state = self.lock();
            state.slots.iter_mut().for_each(|slot| slot.since = None);
            state.slots.len()
        };
        (0..count).filter_map(|number| self.missing(number)).collect()
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
            self.desk.tell(self.board.note(self.number, None)).await?;
            self.tell_missing().await?;
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
        self.desk.tell(self.board.note(self.number, Some(self.desk.clock.now()))).await?;
        let mut heard = instant();
        loop {
            let update = match timeout(SILENCE, tail.next()).await {
                Ok(Ok(Some(update))) => update,
                Ok(ended) => return Ok(ended.map(drop)),
                Err(_) => {
                    let silence = format!("no update for {} s", SILENCE.as_secs());
                    return Ok(Err(Trouble::new(Kind::Network, ACTION, silence)));
                }
            };
            let (sampled, missing) = (update.sampled, self.board.accept(self.number, &update));
            let permit = self.desk.permit().await?;
            let now = self.desk.service_millis();
            {
                let _telling = self.known.telling();
                let events = self.known.admit_all(Feed::Live, update.events, now);
                open.reached(now - LAG);
                permit.tell(self.known.news(events));
            }
            if heard.elapsed() > STALL {
                let silent = i64::try_from(heard.elapsed().as_millis()).unwrap_or(i64::MAX);
                open.read_again(now - silent - LAG, now);
            }
            heard = instant();
            if sampled {
                self.desk.tell(self.board.news()).await?;
            }
            if missing {
                self.tell_missing().await?;
            }
        }
    }

    async fn tell_missing(&self) -> Result<(), Closed> {
        let permit = self.desk.permit().await?;
        if let Some(gap) = self.board.missing(self.number) {
            permit.tell(News::LogGap { tail: self.board.tail, gap });
        }
        Ok(())
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

    /// Of this stretch, ms since 1970, something may not have come.
    fn read_again(&self, from: i64, to: i64) {
        for index in &self.groups {
            self.known.lock().groups[*index].fills.push_back(Fill { at: instant(), from, to });
        }
        self.known.turns.send_modify(|turn| *turn += 1);
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
    /// Takes note of an update. Returns whether the stretch is over, or long enough to be told.
    fn accept(&mut self, update: &LiveUpdate) -> bool {
        if !update.sampled {
            return self.0.is_some();
        }
        let times = || update.events.iter().map(|event: &LogEvent| event.timestamp);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return false };
        let (from, to) = self.0.unwrap_or((first - BEYOND, last + BEYOND));
        let stretch = (from.min(first - BEYOND), to.max(last + BEYOND));
        self.0 = Some(stretch);
        stretch.1 - stretch.0 >= SAMPLES
    }

    /// The stretch so far: from and to, ms since 1970.
    fn take(&mut self) -> Option<(i64, i64)> {
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
        assert!(!samples.accept(&update(false, &[1])));
        assert!(!samples.accept(&update(true, &[5_000, 5_900])));
        assert!(!samples.accept(&update(true, &[])), "a sample of nothing tells nothing");
        assert!(!samples.accept(&update(true, &[4_500, 6_800])));
        assert!(samples.accept(&update(false, &[7_000])));
        assert_eq!([samples.take(), samples.take()], [Some((3_500, 7_800)), None]);
        assert!(samples.accept(&update(true, &[0, 8_000])), "long enough to be told");
        assert_eq!(samples.take(), Some((-1_000, 9_000)));
    }
}
