//! The tail: every group by itself, so that one that is slow, denied or gone does not hold up the others.
//!
//! FilterLogEvents is asked from a little before where it was read to, because events arrive late; what comes a second
//! time is known. More slowly, what is older than that is read once more, for those that come very late.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::desk::{Closed, Desk, sleep_until};
use super::known::{Fill, Known, Subject};
use super::pace::{Retry, at_tempo};
use super::reading::{Reading, Step};
use super::seen::Feed;
use crate::app::interests::{Interests, Tempo};
use crate::aws::logs::{Wanted, groups, page};
use crate::model::log::Missed;
use crate::model::trouble::{Kind, Trouble};
use crate::time::instant;

pub(super) const SERVICE: &str = "logs";
/// The look-back is made shorter where so many events would be read a second time.
const REREAD: i64 = 5_000;
/// No look-back is shorter, ms.
const SHORTEST_LOOK_BACK: i64 = 3_000;
/// A sweep looks back so far beyond the look-back, ms.
const SWEEP: i64 = 300_000;
/// From one sweep to the next.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// A sweep that takes longer begins anew, ms.
const SWEEP_AGE: i64 = 600_000;
/// Pages of one reading; a pattern that matches nothing makes many empty ones.
const PAGES: usize = 2_000;

pub(super) async fn poll(mut desk: Desk) -> Result<(), Closed> {
    let of = |interests: &Interests| interests.tail.as_ref().map(Subject::of);
    loop {
        let subject = of(&desk.interests.borrow_and_update());
        let Some(subject) = subject else {
            desk.changed().await?;
            continue;
        };
        let known = desk.known(subject);
        let mut followers: FuturesUnordered<_> = (0..known.subject.groups.len())
            .map(|index| Follower::new(desk.clone(), known.clone(), index).follow())
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
    sweep_due: Instant,
}

/// Which of a group's readings.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Newest,
    Sweep,
}

impl Follower {
    fn new(desk: Desk, known: Arc<Known>, index: usize) -> Follower {
        Follower { desk, known, index, sweep_due: instant() + SWEEP_EVERY }
    }

    async fn follow(mut self) -> Result<(), Closed> {
        let mut retry = Retry::default();
        let mut due = instant();
        let mut waited = Duration::ZERO;
        let mut refresh = self.desk.interests.borrow().refresh;
        let mut turns = self.known.turns.subscribe();
        let mut was_live = false;
        loop {
            let (follow, tempo, refreshed) = {
                let interests = self.desk.interests.borrow_and_update();
                let refreshed = std::mem::replace(&mut refresh, interests.refresh) != interests.refresh;
                (interests.tail.as_ref().is_some_and(|tail| tail.follow), interests.tempo, refreshed)
            };
            turns.borrow_and_update();
            let (live, fill) = {
                let state = self.known.lock();
                let group = &state.groups[self.index];
                (group.live, group.fills.front().copied())
            };
            if std::mem::replace(&mut was_live, live) && !live {
                (due, waited) = (instant(), Duration::ZERO);
            }
            let at = if live {
                fill.map(|fill| fill.at).filter(|_| tempo != Tempo::Paused)
            } else {
                at_tempo(waited, tempo).map(|wait| due - waited + wait).filter(|_| follow)
            };
            let now = at.is_some_and(|at| (refreshed && !live) || at <= instant());
            if !now {
                tokio::select! {
                    biased;
                    changed = self.desk.changed() => changed?,
                    _ = turns.changed() => {}
                    () = sleep_until(at) => {}
                }
                continue;
            }
            let read = self.drain().await?;
            waited = match &read {
                Ok(()) => {
                    retry.answered();
                    self.tell_trouble(None).await?;
                    self.desk.interval(self.desk.pace.tail)
                }
                // Shown by itself, and waited for before the next call.
                Err(trouble) if trouble.kind == Kind::Throttled => self.desk.interval(self.desk.pace.tail),
                Err(trouble) => {
                    let wait = self.desk.retry(&mut retry, trouble, self.desk.pace.tail);
                    let trouble = self.explain(trouble.clone()).await;
                    self.tell_trouble(Some(trouble)).await?;
                    wait
                }
            };
            due = instant() + waited;
            if let Some(fill) = fill.filter(|_| live) {
                self.filled(fill, &read.err(), due).await?;
            }
        }
    }

    /// What there is now: the newest part to its end, and a piece of the sweep.
    async fn drain(&mut self) -> Result<Result<(), Trouble>, Closed> {
        if let Err(trouble) = self.read(Part::Newest, PAGES).await? {
            return Ok(Err(trouble));
        }
        {
            let now = self.desk.service_millis();
            let mut state = self.known.lock();
            let group = &mut state.groups[self.index];
            group.seen.tidy(now);
            if group.sweep.as_ref().is_some_and(|sweep| now - sweep.since > SWEEP_AGE) || group.live {
                group.sweep = None;
            }
            if group.live || (group.sweep.is_none() && instant() < self.sweep_due) {
                return Ok(Ok(()));
            }
        }
        let pages = self.desk.sweep_pages(self.known.subject.groups.len());
        self.read(Part::Sweep, pages).await
    }

    /// Reads a part to its end, or so many pages of it; a failure leaves it where it is.
    async fn read(&mut self, part: Part, pages: usize) -> Result<Result<(), Trouble>, Closed> {
        let known = self.known.clone();
        let sweeping = part == Part::Sweep;
        for _ in 0..pages {
            let (wanted, token) = {
                let now = self.desk.service_millis();
                let mut state = known.lock();
                let group = &mut state.groups[self.index];
                if sweeping && group.sweep.is_none() {
                    self.sweep_due = instant() + SWEEP_EVERY;
                }
                let mut place = if sweeping { group.sweep.take() } else { group.reading.take() };
                let reading = place.get_or_insert_with(|| self.begin(part, group, now));
                let ask = reading.ask(now);
                *(if sweeping { &mut group.sweep } else { &mut group.reading }) = place;
                ask
            };
            let resumed = token.is_some();
            self.desk.pass(SERVICE, 1).await;
            let answer = page(&self.desk.account, &wanted, token).await;
            self.desk.note(SERVICE, &answer).await?;
            let (events, next) = match answer {
                Ok(page) => page,
                Err(trouble) => {
                    let mut state = known.lock();
                    let group = &mut state.groups[self.index];
                    let reading = if sweeping { &mut group.sweep } else { &mut group.reading };
                    match reading {
                        Some(reading) if resumed && trouble.kind == Kind::Invalid && !reading.restarted => {
                            reading.restart();
                            continue;
                        }
                        // Twice: it is not the token that is wrong.
                        _ if trouble.kind == Kind::Invalid => *reading = None,
                        _ => {}
                    }
                    return Ok(Err(trouble));
                }
            };
            // Nothing may be awaited between taking events for shown and telling them.
            let permit = self.desk.permit().await?;
            let now = self.desk.service_millis();
            let step = {
                let mut state = known.lock();
                let group = &mut state.groups[self.index];
                match if sweeping { &mut group.sweep } else { &mut group.reading } {
                    Some(reading) => reading.advance(&events, next, now),
                    // A live session was opened meanwhile, and begins this anew.
                    None => Step::Done,
                }
            };
            let missed = {
                let _telling = known.telling();
                let events = known.admit(self.index, Feed::Filtered, events, now);
                let more = step == Step::More;
                let missed = if more { None } else { self.finish(part) };
                if !more || !events.is_empty() {
                    permit.tell(known.news(events));
                }
                missed
            };
            if step == Step::More {
                continue;
            }
            if let (Step::Circle, Some((from, to))) = (step, missed) {
                self.tell_gap(from, to, Missed::Circle).await?;
            }
            return Ok(Ok(()));
        }
        if !sweeping && let Some((from, to)) = self.finish(part) {
            self.tell_gap(from, to, Missed::TooMuch).await?;
        }
        Ok(Ok(()))
    }

    /// What a part asks for, at `now`, ms since 1970.
    fn begin(&self, part: Part, group: &super::known::Group, now: i64) -> Reading {
        let subject = &self.known.subject;
        let overlap = i64::try_from(self.desk.pace.overlap.as_millis()).unwrap_or_default();
        let look_back = if group.rounds == 0 { overlap } else { group.look_back.min(overlap) };
        let cursor = group.fills.front().filter(|_| group.live).map_or(group.cursor, |fill| fill.from);
        let (from, to) = match part {
            // Open at its end: our clock may be a little behind.
            Part::Newest => (cursor - look_back, None),
            Part::Sweep => (now - overlap - SWEEP, Some((now - look_back).max(0))),
        };
        let from = from.max(self.known.begin).max(group.seen.floor()).min(to.unwrap_or(i64::MAX));
        let wanted = Wanted {
            group: subject.groups[self.index].name.clone(),
            pattern: subject.pattern.clone(),
            from,
            to,
            limit: None,
        };
        Reading::new(wanted, now)
    }

    /// A part is done with: how far it came, and how far it was to come (ms since 1970), for the newest.
    fn finish(&self, part: Part) -> Option<(i64, i64)> {
        let mut state = self.known.lock();
        let group = &mut state.groups[self.index];
        if part == Part::Sweep {
            group.sweep = None;
            return None;
        }
        let reading = group.reading.take()?;
        let span = (reading.since - reading.wanted.from).max(1);
        let events = i64::try_from(reading.events).unwrap_or(i64::MAX).max(1);
        // So that at most so many come again.
        group.look_back = (span.saturating_mul(REREAD) / events).max(SHORTEST_LOOK_BACK);
        group.cursor = group.cursor.max(reading.since);
        group.rounds += 1;
        Some((reading.reached, reading.since.max(reading.reached)))
    }

    /// What a live session has not brought has been read, or can't be.
    async fn filled(&self, asked: Fill, trouble: &Option<Trouble>, due: Instant) -> Result<(), Closed> {
        let fill = {
            let mut state = self.known.lock();
            let group = &mut state.groups[self.index];
            let lasting = trouble.as_ref().is_none_or(Trouble::lasts);
            match group.fills.front_mut() {
                // Another session, whose own has not been read.
                Some(fill) if *fill != asked => None,
                Some(fill) if !lasting => {
                    fill.at = due;
                    return Ok(());
                }
                _ => group.fills.pop_front(),
            }
        };
        match fill.filter(|_| trouble.is_some()) {
            Some(fill) => self.tell_gap(fill.from, fill.to, Missed::Interrupted).await,
            None => Ok(()),
        }
    }

    async fn tell_gap(&self, from: i64, to: i64, why: Missed) -> Result<(), Closed> {
        match self.known.gap(self.index, from, to, why) {
            Some(news) => self.desk.tell(news).await,
            None => Ok(()),
        }
    }

    /// Tells a trouble, and the end of one.
    async fn tell_trouble(&self, trouble: Option<Trouble>) -> Result<(), Closed> {
        // Nothing may be awaited between: with it the others may have caught up, and say so.
        let permit = self.desk.permit().await?;
        if let Some(news) = self.known.trouble(self.index, |group| group.trouble = trouble) {
            permit.tell(news);
        }
        Ok(())
    }

    /// What the service refuses may be for the group's class, which says more.
    async fn explain(&self, trouble: Trouble) -> Trouble {
        if trouble.kind != Kind::Invalid {
            return trouble;
        }
        let name = &self.known.subject.groups[self.index].name;
        let about = self.known.lock().groups[self.index].about.clone();
        let about = match about {
            Some(about) => Some(about),
            None => describe(&self.desk, name).await.ok().flatten(),
        };
        self.known.lock().groups[self.index].about.clone_from(&about);
        match about {
            Some(about) if about.class != "STANDARD" => unreadable(&about.class, trouble),
            _ => trouble,
        }
    }
}

/// The group of that name, where there is one.
pub(super) async fn describe(desk: &Desk, name: &str) -> Result<Option<crate::model::log::LogGroup>, Trouble> {
    let groups = groups(&desk.account, Some(name)).await?;
    Ok(groups.into_iter().find(|group| group.name == name))
}

/// A group of a class that has neither FilterLogEvents nor Live Tail.
pub(super) fn unreadable(class: &str, trouble: Trouble) -> Trouble {
    let class = if class == "INFREQUENT_ACCESS" { "Infrequent Access" } else { class };
    Trouble {
        message: format!("the group is of class {class}, which can't be tailed"),
        remedy: Some("Logs Insights reads it".into()),
        ..trouble
    }
}
