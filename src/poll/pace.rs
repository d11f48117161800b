//! How long to wait: intervals, back-off and budget. Pure; time is handed in.

use std::time::Duration;

use tokio::time::Instant;

use crate::app::interests::Tempo;
use crate::model::trouble::{Kind, Trouble};

/// How often each noun is asked for while it is of interest, and how much that may cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// Series on screen.
    pub metrics: Duration,
    /// ListFunctions, account settings, names of log groups.
    pub inventory: Duration,
    /// Alarms.
    pub alarms: Duration,
    /// The tail.
    pub tail: Duration,
    /// How far back the tail reads again each time, for events that came in late.
    pub overlap: Duration,
    /// Calls of FilterLogEvents a second; none is our share of what the region grants.
    pub filter_rate: Option<f64>,
    /// The trace list, in increments.
    pub traces: Duration,
    /// Summaries that the trace list holds: what is older is not read.
    pub traces_cap: usize,
    /// APIs and their routes.
    pub apis: Duration,
    /// Stages on screen.
    pub stages: Duration,
    /// The open detail of a function.
    pub detail: Duration,
    /// Provisioned concurrency that is being allocated.
    pub provisioning: Duration,
    /// Ceiling of what metrics may cost, US$ per hour: beyond it they are asked for less often. None is no ceiling.
    pub dollars_per_hour: Option<f64>,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            metrics: Duration::from_secs(60),
            inventory: Duration::from_secs(15 * 60),
            alarms: Duration::from_secs(60),
            tail: Duration::from_secs(2),
            overlap: Duration::from_secs(30),
            filter_rate: None,
            traces: Duration::from_secs(30),
            traces_cap: 1000,
            apis: Duration::from_secs(15 * 60),
            stages: Duration::from_secs(60),
            detail: Duration::from_secs(30),
            provisioning: Duration::from_secs(2),
            dollars_per_hour: None,
        }
    }
}

/// What is denied is asked for again after this long, or on `refresh`.
pub(super) const DENIED: Duration = Duration::from_secs(300);
/// Longest back-off of a service that throttles.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);
/// Shortest.
const SHORTEST_BACK_OFF: Duration = Duration::from_secs(1);
/// Longest wait for a network, or for somebody to sign in again: it must be noticed soon that it is back.
const LONGEST_OUTAGE: Duration = Duration::from_secs(60);
/// With nobody looking, everything is asked for so many times less often.
const IDLE: u32 = 4;

/// Numbers that look random: so that many dashboards do not ask in step. The same seed gives the same numbers.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    #[cfg(test)]
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// From a seed that is different in each run.
    pub(super) fn of_this_run() -> Dice {
        use std::hash::{BuildHasher, RandomState};
        Dice(RandomState::new().hash_one(0))
    }

    /// At least 0, less than 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let n = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((n ^ (n >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: Duration, high: Duration) -> Duration {
        low + high.saturating_sub(low).mul_f64(self.roll())
    }
}

/// The time until the next asking, with a tenth of jitter.
pub(super) fn interval(base: Duration, dice: &mut Dice) -> Duration {
    dice.between(base.mul_f64(0.95), base.mul_f64(1.05))
}

/// The same at this tempo. None: not at all, while paused.
pub(super) fn at_tempo(wait: Duration, tempo: Tempo) -> Option<Duration> {
    match tempo {
        Tempo::Normal => Some(wait),
        Tempo::Idle => Some(wait * IDLE),
        Tempo::Paused => None,
    }
}

/// Back-off of a service that throttles, shared by all who ask it. Decorrelated jitter: each wait lies between the
/// shortest and three times the last one.
#[derive(Clone, Debug, Default)]
pub(super) struct BackOff {
    last: Duration,
    until: Option<Instant>,
}

impl BackOff {
    /// Throttled once more: when to ask next. Answers of calls that left before the back-off began do not deepen it.
    pub(super) fn throttled(&mut self, asked: Option<Duration>, now: Instant, dice: &mut Dice) -> Instant {
        if let Some(until) = self.until.filter(|until| *until > now) {
            return until;
        }
        let high = (self.last * 3).clamp(SHORTEST_BACK_OFF * 2, LONGEST_BACK_OFF);
        self.last = dice.between(SHORTEST_BACK_OFF.max(self.last.mul_f64(0.75)), high).min(LONGEST_BACK_OFF);
        let until = now + self.last.max(asked.unwrap_or_default());
        self.until = Some(until);
        until
    }

    /// An answer came: all is well again.
    pub(super) fn answered(&mut self, now: Instant) {
        if self.until.is_none_or(|until| until <= now) {
            *self = BackOff::default();
        }
    }

    /// Not before this.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }
}

/// How one poller goes on after a failure.
#[derive(Clone, Debug, Default)]
pub(super) struct Retry {
    last: Duration,
}

impl Retry {
    /// The wait after this failure of something that is asked for at this interval.
    pub(super) fn after(&mut self, trouble: &Trouble, interval: Duration, dice: &mut Dice) -> Duration {
        match trouble.kind {
            Kind::Denied | Kind::Invalid => DENIED,
            // The service's own back-off is waited for besides.
            Kind::Throttled => interval.min(LONGEST_OUTAGE),
            Kind::Missing | Kind::Conflict => interval.clamp(Duration::from_secs(10), LONGEST_OUTAGE),
            Kind::Expired | Kind::NoCredentials | Kind::Network | Kind::ClockSkew | Kind::Garbled | Kind::Other => {
                let longest = interval.clamp(Duration::from_secs(10), LONGEST_OUTAGE);
                let high = (self.last * 3).clamp(SHORTEST_BACK_OFF * 2, longest);
                self.last = dice.between(SHORTEST_BACK_OFF.max(self.last.mul_f64(0.75)), high).min(longest);
                self.last
            }
        }
    }

    /// An answer came.
    pub(super) fn answered(&mut self) {
        self.last = Duration::ZERO;
    }
}

/// A ceiling on what is spent: what is not spent is saved for five minutes, and a purchase may overdraw once, so that
/// even a dear one comes to pass in the end.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    dollars_per_second: Option<f64>,
    saved: f64,
    since: Instant,
}

impl Budget {
    const SAVED_FOR: f64 = 300.0;

    pub(super) fn new(dollars_per_hour: Option<f64>, now: Instant) -> Budget {
        let dollars_per_second = dollars_per_hour.map(|dollars| dollars.max(0.0) / 3600.0);
        Budget { dollars_per_second, saved: dollars_per_second.unwrap_or_default() * Self::SAVED_FOR, since: now }
    }

    /// When something may be bought: now, later, or (with a ceiling of zero) never.
    pub(super) fn open_at(&mut self, now: Instant) -> Option<Instant> {
        let Some(rate) = self.dollars_per_second else { return Some(now) };
        self.saved = (self.saved + rate * (now - self.since).as_secs_f64()).min(rate * Self::SAVED_FOR);
        self.since = now;
        if self.saved > 0.0 {
            Some(now)
        } else if rate > 0.0 {
            Some(now + Duration::from_secs_f64((-self.saved / rate).clamp(0.001, 86_400.0)))
        } else {
            None
        }
    }

    /// So much was spent.
    pub(super) fn spend(&mut self, dollars: f64) {
        if self.dollars_per_second.is_some() {
            self.saved -= dollars;
        }
    }
}

/// Room between the calls of one service, so that ours are never more than a share of its quota; a few may come at once
/// after a rest.
#[derive(Clone, Debug)]
pub(super) struct Spacing {
    apart: Duration,
    burst: u32,
    /// When all room that was taken will have passed.
    taken: Option<Instant>,
}

impl Spacing {
    pub(super) fn new(apart: Duration, burst: u32) -> Spacing {
        Spacing { apart, burst, taken: None }
    }

    /// Calls a second.
    pub(super) fn rate(&self) -> f64 {
        1.0 / self.apart.as_secs_f64()
    }

    /// Takes room for so many calls: when they may be made.
    pub(super) fn take(&mut self, calls: u32, now: Instant) -> Instant {
        let taken = self.taken.map_or(now, |taken| taken.max(now));
        self.taken = Some(taken + self.apart * calls);
        let ahead = taken - now;
        now + ahead.saturating_sub(self.apart * self.burst.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::instant;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn intervals_have_jitter_and_follow_the_tempo() {
        let mut dice = Dice::new(1);
        for _ in 0..1000 {
            let wait = interval(seconds(60), &mut dice);
            assert!(wait >= seconds(57) && wait <= seconds(63));
        }
        let at = |tempo| at_tempo(seconds(60), tempo);
        assert_eq!([at(Tempo::Normal), at(Tempo::Idle)], [Some(seconds(60)), Some(seconds(240))]);
        assert_eq!(at(Tempo::Paused), None);
    }

    #[tokio::test(start_paused = true)]
    async fn back_off_grows_to_five_minutes_and_is_forgotten_at_an_answer() {
        let (mut back_off, mut dice, mut now) = (BackOff::default(), Dice::new(7), instant());
        let first = back_off.throttled(None, now, &mut dice);
        assert!(first - now >= seconds(1) && first - now <= seconds(2));
        assert_eq!(back_off.throttled(None, now, &mut dice), first, "calls in flight do not deepen it");
        let mut waits = Vec::new();
        for _ in 0..40 {
            let until = back_off.throttled(None, now, &mut dice);
            waits.push(until - now);
            now = until;
        }
        assert!(waits.iter().all(|wait| *wait <= seconds(300)));
        assert!(waits[30..].iter().all(|wait| *wait >= seconds(60)), "{waits:?}");
        back_off.answered(now);
        assert_eq!(back_off.until(), None);
        let asked = back_off.throttled(Some(seconds(90)), now, &mut dice);
        assert_eq!(asked - now, seconds(90));
    }

    #[test]
    fn what_heals_by_itself_is_asked_for_soon_and_what_is_denied_is_not() {
        let (mut retry, mut dice) = (Retry::default(), Dice::new(3));
        let trouble = |kind| Trouble::new(kind, "x:Y", "no");
        assert_eq!(retry.after(&trouble(Kind::Denied), seconds(60), &mut dice), seconds(300));
        let waits: Vec<_> = (0..30).map(|_| retry.after(&trouble(Kind::Network), seconds(900), &mut dice)).collect();
        assert!(waits[0] <= seconds(2) && waits.iter().all(|wait| *wait <= seconds(60)), "{waits:?}");
        retry.answered();
        assert!(retry.after(&trouble(Kind::Expired), seconds(900), &mut dice) <= seconds(2));
        assert_eq!(retry.after(&trouble(Kind::Missing), seconds(2), &mut dice), seconds(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_budget_is_a_ceiling() {
        let mut now = instant();
        let mut budget = Budget::new(Some(3.6), now);
        let (start, mut spent) = (now, 0.0);
        while now - start < seconds(36_000) {
            let at = budget.open_at(now).expect("a time");
            if at > now {
                now = at;
                continue;
            }
            budget.spend(0.5);
            spent += 0.5;
            now += seconds(1);
        }
        assert!((30.0..37.0).contains(&spent), "{spent}");
        assert_eq!(Budget::new(Some(0.0), now).open_at(now), None);
        assert_eq!(Budget::new(None, now).open_at(now), Some(now));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_keep_their_distance() {
        let half = Duration::from_millis(500);
        let (mut spacing, now) = (Spacing::new(half, 1), instant());
        assert_eq!(spacing.take(1, now), now);
        assert_eq!(spacing.take(2, now), now + half);
        assert_eq!(spacing.take(1, now), now + 3 * half);
        assert_eq!(spacing.take(1, now + seconds(9)), now + seconds(9));
        let mut spacing = Spacing::new(half, 4);
        let waits: Vec<u32> =
            (0..8).map(|_| ((spacing.take(1, now) - now).as_millis() / half.as_millis()) as u32).collect();
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 3, 4]);
    }
}
