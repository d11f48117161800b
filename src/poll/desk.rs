//! What every poller has at hand: the account, what is wanted, where to tell, and the back-off that all share.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::known::{Known, Subject};
use super::pace::{self, BackOff, Dice, Pace, Retry, Spacing};
use crate::app::interests::{Interests, Tempo};
use crate::app::message::{Message, News};
use crate::aws::{Account, functions, logs};
use crate::model::trouble::{Kind, Trouble};
use crate::time::{Clock, instant};

/// A poller's desk. Clones share everything.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) account: Account,
    pub(super) clock: Clock,
    pub(super) interests: watch::Receiver<Interests>,
    pub(super) pace: Arc<Pace>,
    pub(super) cancel: CancellationToken,
    news: mpsc::Sender<Message>,
    shared: Arc<Mutex<Shared>>,
}

/// Room for one piece of news.
pub(super) struct Permit<'a>(mpsc::Permit<'a, Message>);

impl Permit<'_> {
    /// Tells it, without waiting.
    pub(super) fn tell(self, news: News) {
        self.0.send(Message::News(news));
    }
}

struct Shared {
    dice: Dice,
    /// The tail, as all who read for it know it.
    known: Option<Arc<Known>>,
    back_offs: HashMap<&'static str, BackOff>,
    spacings: HashMap<&'static str, Spacing>,
}

/// Things out of sight that are remembered as fresh, by any one poller.
const REMEMBERED: usize = 10_000;

/// When something was asked for, and how long the answer is good for; none is for ever.
#[derive(Clone, Copy, Debug)]
struct Asked {
    when: Instant,
    wait: Option<Duration>,
}

impl Asked {
    /// None: never, at this tempo.
    fn due(self, tempo: Tempo) -> Option<Instant> {
        Some(self.when + pace::at_tempo(self.wait?, tempo)?)
    }

    fn is_due(self, tempo: Tempo) -> bool {
        self.due(tempo).is_some_and(|due| due <= instant())
    }
}

/// Nobody listens any more, or the pollers were told to end.
pub(super) struct Closed;

impl Desk {
    pub(super) fn new(
        account: Account,
        clock: Clock,
        interests: watch::Receiver<Interests>,
        news: mpsc::Sender<Message>,
        pace: Pace,
        cancel: CancellationToken,
    ) -> Desk {
        let mut spacings = HashMap::new();
        // The embedded account has no quotas; those of a real one are shared with everything else that the user runs.
        if !account.is_embedded() {
            spacings.insert("lambda", Spacing::new(functions::PAGE_INTERVAL, 3));
            // X-Ray publishes no rate; more than two a second are throttled soon.
            spacings.insert("xray", Spacing::new(Duration::from_millis(500), 4));
            // The tagging API publishes no rate, and is known to throttle early.
            spacings.insert("tagging", Spacing::new(Duration::from_millis(500), 2));
            // Ten calls a second and forty at once for both versions together, which deployments need as well.
            spacings.insert("apigateway", Spacing::new(Duration::from_millis(500), 10));
        }
        // The rate of FilterLogEvents can't be raised: a share of it is left to others.
        let granted = (!account.is_embedded()).then(|| f64::from(logs::filter_rate(account.region())) * 0.4);
        if let Some(rate) = pace.filter_rate.or(granted) {
            spacings.insert("logs", Spacing::new(Duration::from_secs_f64(1.0 / rate.max(0.01)), 2));
        }
        let shared = Shared { dice: Dice::of_this_run(), known: None, back_offs: HashMap::new(), spacings };
        let (pace, shared) = (Arc::new(pace), Arc::new(Mutex::new(shared)));
        Desk { account, clock, interests, pace, cancel, news, shared }
    }

    /// Tells what was learnt; waits where nobody takes it yet, so that a flood slows its poller and not the screen.
    pub(super) async fn tell(&self, news: News) -> Result<(), Closed> {
        self.news.send(Message::News(news)).await.map_err(|_| Closed)
    }

    /// Waits until there is room for a piece of news: what is taken for told must not be lost on the way.
    pub(super) async fn permit(&self) -> Result<Permit<'_>, Closed> {
        self.news.reserve().await.map(Permit).map_err(|_| Closed)
    }

    /// Now, by the clock of the service (as its last answer told), ms since 1970: events bear its times, and a clock of
    /// ours that is ahead of it would skip some.
    pub(super) fn service_millis(&self) -> i64 {
        self.clock.millis() + self.account.clock_ahead().map_or(0, |ahead| ahead.num_milliseconds())
    }

    /// What is known of this tail.
    pub(super) fn known(&self, subject: Subject) -> Arc<Known> {
        let now = self.service_millis();
        let mut shared = self.lock();
        match &shared.known {
            Some(known) if known.subject == subject => known.clone(),
            // Somebody who has not heard of the next tail yet.
            Some(known) if known.subject.generation > subject.generation => Arc::new(Known::new(subject, now)),
            _ => shared.known.insert(Arc::new(Known::new(subject, now))).clone(),
        }
    }

    /// Pages that one of so many groups may read of what is not urgent, between two polls: a fifth of the rate is for that.
    pub(super) fn sweep_pages(&self, groups: usize) -> usize {
        let rate = self.lock().spacings.get("logs").map_or(50.0, Spacing::rate);
        let pages = rate * 0.2 * self.pace.tail.as_secs_f64() / groups.max(1) as f64;
        (pages.ceil() as usize).clamp(1, 20)
    }

    /// Waits until so many calls may be made of a service.
    pub(super) async fn pass(&self, service: &'static str, calls: u32) {
        let spaced = self.lock().spacings.get_mut(service).map(|spacing| spacing.take(calls, instant()));
        if let Some(at) = spaced {
            tokio::time::sleep_until(at).await;
        }
        // Waiting may have outlived one back-off and met the next.
        while let Some(until) = self.back_off(service) {
            tokio::time::sleep_until(until).await;
        }
    }

    /// When a service that throttles may be asked again.
    fn back_off(&self, service: &str) -> Option<Instant> {
        self.lock().back_offs.get(service).and_then(BackOff::until).filter(|until| *until > instant())
    }

    /// Takes note of how a call went: throttling slows down everybody who asks that service, and is shown.
    pub(super) async fn note<T>(&self, service: &'static str, result: &Result<T, Trouble>) -> Result<(), Closed> {
        let now = instant();
        let until = match result {
            Ok(_) => {
                let mut shared = self.lock();
                if let Some(back_off) = shared.back_offs.get_mut(service) {
                    back_off.answered(now);
                }
                return Ok(());
            }
            Err(trouble) if trouble.kind == Kind::Throttled => {
                let mut shared = self.lock();
                let Shared { dice, back_offs, .. } = &mut *shared;
                back_offs.entry(service).or_default().throttled(trouble.retry_after, now, dice)
            }
            Err(_) => return Ok(()),
        };
        let wait = TimeDelta::from_std(until - now).unwrap_or_default();
        self.tell(News::Throttled { service, until: self.clock.now() + wait }).await
    }

    /// Until the next asking, at the normal tempo.
    pub(super) fn interval(&self, base: Duration) -> Duration {
        pace::interval(base, &mut self.lock().dice)
    }

    /// Until the next asking, after a failure.
    pub(super) fn retry(&self, retry: &mut Retry, trouble: &Trouble, interval: Duration) -> Duration {
        retry.after(trouble, interval, &mut self.lock().dice)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Spawns a poller that ends with the others.
    pub(super) fn run<F>(&self, poller: impl FnOnce(Desk) -> F)
    where
        F: Future<Output = Result<(), Closed>> + Send + 'static,
    {
        let poller = poller(self.clone());
        let cancel = self.cancel.clone();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                _ = poller => {}
            }
        });
    }

    /// Keeps one thing fresh for as long as it is wanted: asks at once when it comes to be wanted (or something else is,
    /// or `refresh` is raised), then at its interval; an answer that is no longer wanted is not waited for. An interval
    /// of none asks once. What comes back into view while it is fresh is not asked for again.
    pub(super) async fn keep_fresh<W, F>(
        mut self,
        wanted: impl Fn(&Interests) -> Option<W>,
        every: impl Fn(&W) -> Option<Duration>,
        ask: impl Fn(Desk, W) -> F,
    ) -> Result<(), Closed>
    where
        W: Clone + PartialEq,
        F: Future<Output = Result<Result<(), Trouble>, Closed>>,
    {
        let mut retry = Retry::default();
        let mut refresh = self.interests.borrow().refresh;
        let mut last: Option<(W, Asked)> = None;
        loop {
            let (want, tempo, refreshed) = {
                let interests = self.interests.borrow_and_update();
                let refreshed = std::mem::replace(&mut refresh, interests.refresh) != interests.refresh;
                (wanted(&interests), interests.tempo, refreshed)
            };
            if refreshed {
                last = None;
            }
            let Some(want) = want.filter(|_| tempo != Tempo::Paused) else {
                self.changed().await?;
                continue;
            };
            if let Some((_, asked)) = last.as_ref().filter(|(asked, _)| *asked == want)
                && !asked.is_due(tempo)
            {
                let due = asked.due(tempo);
                tokio::select! {
                    biased;
                    changed = self.changed() => changed?,
                    () = sleep_until(due) => {}
                }
                continue;
            }
            let asking = ask(self.clone(), want.clone());
            tokio::pin!(asking);
            let answer = loop {
                tokio::select! {
                    biased;
                    answer = &mut asking => break Some(answer?),
                    changed = self.changed() => {
                        changed?;
                        let interests = self.interests.borrow_and_update();
                        if wanted(&interests).as_ref() != Some(&want) {
                            break None;
                        }
                    }
                }
            };
            if let Some(answer) = answer {
                let asked = self.asked(&answer, every(&want), &mut retry);
                last = Some((want, asked));
            }
        }
    }

    /// As [`Desk::keep_fresh`], for each of a set of things by name, one after the other; what was never asked for goes
    /// first.
    pub(super) async fn keep_each_fresh<F>(
        mut self,
        wanted: impl Fn(&Interests) -> BTreeSet<String>,
        every: Option<Duration>,
        ask: impl Fn(Desk, String) -> F,
    ) -> Result<(), Closed>
    where
        F: Future<Output = Result<Result<(), Trouble>, Closed>>,
    {
        let mut refresh = self.interests.borrow().refresh;
        let mut last: HashMap<String, (Asked, Retry)> = HashMap::new();
        loop {
            let (want, tempo, refreshed) = {
                let interests = self.interests.borrow_and_update();
                let refreshed = std::mem::replace(&mut refresh, interests.refresh) != interests.refresh;
                (wanted(&interests), interests.tempo, refreshed)
            };
            if refreshed {
                last.clear();
            }
            // What is out of sight is remembered until it would be due, so that coming back costs nothing.
            last.retain(|name, (asked, _)| want.contains(name) || !asked.is_due(Tempo::Normal));
            if last.len() > REMEMBERED {
                last.retain(|name, _| want.contains(name));
            }
            let due = |name: &String| last.get(name).map(|(asked, _)| asked.due(tempo));
            let next = want.iter().find(|name| due(name).is_none());
            let next =
                next.or_else(|| want.iter().find(|name| due(name).flatten().is_some_and(|due| due <= instant())));
            let Some(name) = next.filter(|_| tempo != Tempo::Paused).cloned() else {
                let soonest =
                    want.iter().filter_map(|name| due(name).flatten()).min().filter(|_| tempo != Tempo::Paused);
                tokio::select! {
                    biased;
                    changed = self.changed() => changed?,
                    () = sleep_until(soonest) => {}
                }
                continue;
            };
            let answer = ask(self.clone(), name.clone()).await?;
            let mut retry = last.remove(&name).map(|(_, retry)| retry).unwrap_or_default();
            let asked = self.asked(&answer, every, &mut retry);
            last.insert(name, (asked, retry));
        }
    }

    fn asked(&self, answer: &Result<(), Trouble>, every: Option<Duration>, retry: &mut Retry) -> Asked {
        let wait = match answer {
            Ok(()) => {
                retry.answered();
                every.map(|every| self.interval(every))
            }
            Err(trouble) => Some(self.retry(retry, trouble, every.unwrap_or(Duration::from_secs(30)))),
        };
        Asked { when: instant(), wait }
    }

    /// Waits for other interests.
    pub(super) async fn changed(&mut self) -> Result<(), Closed> {
        self.interests.changed().await.map_err(|_| Closed)
    }
}

/// Waits until then, or for ever.
pub(super) async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
