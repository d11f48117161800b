//! Metrics: all series on screen in as few calls as they fit into, together once per interval.
//!
//! Each asking brings the whole window: CloudWatch bills the metric and not its points, and a window that is always
//! whole needs no merging. A series that comes into view between two rounds is asked for at once, without those that
//! are still fresh, and joins the next round.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::desk::{Closed, Desk, sleep_until};
use super::pace::{Budget, Retry, at_tempo};
use crate::app::interests::Tempo;
use crate::app::message::News;
use crate::aws::metrics::{Measured, PER_CALL, billed, measure, settled};
use crate::model::series::SeriesKey;
use crate::model::trouble::Trouble;
use crate::time::{TimeWindow, instant};

/// US$ per metric asked for.
const PRICE: f64 = 0.01 / 1000.0;
/// What scrolls by within this time is asked for together: a held key is no reason for thirty calls a second.
const GATHER: Duration = Duration::from_millis(250);
/// Series out of sight that are remembered as fresh.
const REMEMBERED: usize = 20_000;
/// CloudWatch takes up to a few minutes to have everything of a window that has ended.
const LATE: TimeDelta = TimeDelta::minutes(10);

/// What is known of the freshness of series.
struct Rounds {
    window: TimeWindow,
    refresh: u64,
    /// When each was asked for last; also while the answer is on its way.
    asked: HashMap<SeriesKey, Instant>,
    /// The next round.
    due: Instant,
    /// Nothing before this, after a failure.
    hold: Option<Instant>,
    /// The last asking for newcomers.
    gathered: Option<Instant>,
    budget: Budget,
}

/// What to do now.
#[derive(Debug, PartialEq)]
enum Step {
    /// Ask for these.
    Ask(Vec<SeriesKey>),
    /// Look again then; none: when the interests change.
    Wait(Option<Instant>),
}

impl Rounds {
    fn new(window: TimeWindow, refresh: u64, ceiling: Option<f64>, now: Instant) -> Rounds {
        Rounds {
            window,
            refresh,
            asked: HashMap::new(),
            due: now,
            hold: None,
            gathered: None,
            budget: Budget::new(ceiling, now),
        }
    }

    /// Other interests: another window makes everything old, and so does `refresh`.
    fn turn_to(&mut self, window: TimeWindow, refresh: u64, now: Instant) {
        if self.window != window || self.refresh != refresh {
            self.asked.clear();
            self.due = now;
            self.gathered = None;
            if self.refresh != refresh {
                self.hold = None;
            }
        }
        (self.window, self.refresh) = (window, refresh);
    }

    fn step(&mut self, wanted: &BTreeSet<SeriesKey>, every: Option<Duration>, tempo: Tempo, now: Instant) -> Step {
        let Some(wait) = at_tempo(every.unwrap_or(Duration::MAX / 8), tempo) else { return Step::Wait(None) };
        if wanted.is_empty() {
            return Step::Wait(None);
        }
        if let Some(hold) = self.hold.filter(|hold| *hold > now) {
            return Step::Wait(Some(hold));
        }
        let round = self.due <= now;
        let missing: Vec<SeriesKey> = if round {
            wanted.iter().cloned().collect()
        } else {
            wanted.iter().filter(|key| !self.asked.contains_key(key)).cloned().collect()
        };
        if missing.is_empty() {
            return Step::Wait(every.map(|_| self.due));
        }
        if let Some(gathered) = self.gathered.filter(|gathered| !round && *gathered + GATHER > now) {
            return Step::Wait(Some(gathered + GATHER));
        }
        match self.budget.open_at(now) {
            Some(open) if open <= now => {}
            other => return Step::Wait(other),
        }
        self.budget.spend(billed(&missing) as f64 * PRICE);
        if round {
            self.due = now.checked_add(wait).unwrap_or(now + Duration::from_secs(86_400));
            self.asked.clear();
        }
        if self.asked.len() > REMEMBERED {
            self.asked.retain(|key, _| wanted.contains(key));
        }
        self.gathered = Some(now);
        self.asked.extend(missing.iter().map(|key| (key.clone(), now)));
        Step::Ask(missing)
    }

    fn failed(&mut self, keys: &[SeriesKey], hold: Instant) {
        for key in keys {
            self.asked.remove(key);
        }
        self.hold = Some(hold);
    }
}

pub(super) async fn poll(mut desk: Desk) -> Result<(), Closed> {
    let mut retry = Retry::default();
    let mut rounds = {
        let interests = desk.interests.borrow();
        Rounds::new(interests.window, interests.refresh, desk.pace.dollars_per_hour, instant())
    };
    let mut calls = FuturesUnordered::new();
    loop {
        let (wanted, tempo) = {
            let interests = desk.interests.borrow_and_update();
            rounds.turn_to(interests.window, interests.refresh, instant());
            (interests.series.clone(), interests.tempo)
        };
        let over = rounds.window.end.is_some_and(|end| end + LATE < desk.clock.now());
        let every = (!over).then(|| desk.interval(desk.pace.metrics));
        let wake = match rounds.step(&wanted, every, tempo, instant()) {
            Step::Ask(keys) => {
                for keys in keys.chunks(PER_CALL) {
                    calls.push(call(desk.clone(), keys.to_vec(), rounds.window, rounds.refresh));
                }
                continue;
            }
            Step::Wait(wake) => wake,
        };
        tokio::select! {
            biased;
            changed = desk.changed() => changed?,
            Some((keys, window, refresh, answer)) = calls.next() => {
                // What was asked for another window is of no use for this one.
                if window != rounds.window {
                    continue;
                }
                desk.note("cloudwatch", &answer).await?;
                let failure = match answer {
                    Ok(measured) => {
                        retry.answered();
                        let settled = settled(desk.clock.now(), window.period());
                        desk.tell(News::Series { series: measured.series, settled }).await?;
                        measured.failed
                    }
                    Err(trouble) => Some((keys, trouble)),
                };
                if let Some((keys, trouble)) = failure {
                    if refresh == rounds.refresh {
                        let wait = desk.retry(&mut retry, &trouble, desk.pace.metrics);
                        rounds.failed(&keys, instant() + wait);
                    }
                    desk.tell(News::SeriesFailed(keys, trouble)).await?;
                }
            }
            () = sleep_until(wake) => {}
        }
    }
}

async fn call(
    desk: Desk,
    keys: Vec<SeriesKey>,
    window: TimeWindow,
    refresh: u64,
) -> (Vec<SeriesKey>, TimeWindow, u64, Result<Measured, Trouble>) {
    desk.pass("cloudwatch", 1).await;
    let (start, end) = window.bounds(desk.clock.now());
    let answer = measure(&desk.account, &keys, start, end, window.period()).await;
    (keys, window, refresh, answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::series::{Metric, Statistic, Subject};

    const MINUTE: Duration = Duration::from_secs(60);

    fn keys(range: std::ops::Range<usize>) -> BTreeSet<SeriesKey> {
        let key = |n| SeriesKey::new(Subject::Function(format!("f{n:04}")), Metric::Errors, Statistic::Sum);
        range.map(key).collect()
    }

    fn hour() -> TimeWindow {
        TimeWindow::last(Duration::from_secs(3600))
    }

    fn asked(step: Step) -> usize {
        match step {
            Step::Ask(keys) => keys.len(),
            Step::Wait(_) => 0,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_is_asked_for_at_once_and_alone() {
        let start = instant();
        let mut rounds = Rounds::new(hour(), 0, None, start);
        let mut step = |wanted: &BTreeSet<SeriesKey>, after: u64| {
            rounds.step(wanted, Some(MINUTE), Tempo::Normal, start + Duration::from_millis(after))
        };
        assert_eq!(asked(step(&keys(0..40), 0)), 40);
        assert_eq!(step(&keys(0..40), 1), Step::Wait(Some(start + MINUTE)));
        assert_eq!(asked(step(&keys(1..41), 5_000)), 1);
        assert_eq!(step(&keys(2..42), 5_100), Step::Wait(Some(start + Duration::from_millis(5_250))));
        assert_eq!(asked(step(&keys(5..45), 5_250)), 4);
        assert_eq!(asked(step(&keys(0..40), 6_000)), 0, "still fresh");
        assert_eq!(asked(step(&keys(0..40), 60_000)), 40, "one round for all");
        assert_eq!(asked(step(&BTreeSet::new(), 180_000)), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn another_window_or_a_refresh_makes_everything_old_and_a_pause_stops_it() {
        let start = instant();
        let mut rounds = Rounds::new(hour(), 0, None, start);
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(asked(rounds.step(&keys(0..3), Some(MINUTE), Tempo::Normal, at(0))), 3);
        rounds.turn_to(hour().longer(), 0, at(10));
        assert_eq!(asked(rounds.step(&keys(0..3), Some(MINUTE), Tempo::Normal, at(10))), 3);
        rounds.turn_to(hour().longer(), 1, at(20));
        assert_eq!(rounds.step(&keys(0..3), Some(MINUTE), Tempo::Paused, at(20)), Step::Wait(None));
        assert_eq!(asked(rounds.step(&keys(0..3), Some(MINUTE), Tempo::Idle, at(20))), 3);
        assert_eq!(rounds.step(&keys(0..3), Some(MINUTE), Tempo::Idle, at(60_020)), Step::Wait(Some(at(240_020))));
        rounds.failed(&[keys(0..1).pop_first().expect("a key")], at(100_000));
        assert_eq!(rounds.step(&keys(0..3), Some(MINUTE), Tempo::Normal, at(90_000)), Step::Wait(Some(at(100_000))));
        assert_eq!(asked(rounds.step(&keys(0..3), Some(MINUTE), Tempo::Normal, at(100_000))), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_ceiling_stretches_the_rounds() {
        let start = instant();
        // 500 metrics a minute are US$ 0.30 an hour; a third of that is allowed.
        let mut rounds = Rounds::new(hour(), 0, Some(0.1), start);
        let (mut now, mut metrics) = (start, 0);
        while now < start + MINUTE * 600 {
            match rounds.step(&keys(0..500), Some(MINUTE), Tempo::Normal, now) {
                Step::Ask(keys) => metrics += keys.len(),
                Step::Wait(wake) => now = wake.expect("a time").max(now + Duration::from_millis(1)),
            }
        }
        let dollars = metrics as f64 * PRICE;
        assert!((0.9..1.1).contains(&dollars), "ten hours cost {dollars}");
    }
}
