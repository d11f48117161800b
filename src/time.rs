//! Clocks and the time window: the only place that reads a clock.

#![expect(clippy::disallowed_methods, reason = "this is where clocks are read")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, Local, Offset, TimeDelta, Utc};

/// A moment on the wall clock, always UTC; the view turns it into local time.
pub type Moment = DateTime<Utc>;

/// Where the program reads the time. Tests pin it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Clock {
        Clock(Arc::new(Utc::now))
    }

    /// Starts at `origin` and advances with tokio's clock, so that a paused runtime pauses it too.
    pub fn from(origin: Moment) -> Clock {
        let start = tokio::time::Instant::now();
        Clock(Arc::new(move || origin + TimeDelta::from_std(start.elapsed()).unwrap_or(TimeDelta::MAX)))
    }

    /// Tells whatever `read` says: a clock that is set by hand.
    pub fn reading(read: impl Fn() -> Moment + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(read))
    }

    /// Now.
    pub fn now(&self) -> Moment {
        (self.0)()
    }

    /// Now, in milliseconds since 1970.
    pub fn millis(&self) -> i64 {
        self.now().timestamp_millis()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// This machine's distance from UTC at `moment`.
pub fn local_offset(moment: Moment) -> FixedOffset {
    moment.with_timezone(&Local).offset().fix()
}

/// A monotonic reading, for durations that a clock set by hand must not bend.
pub fn monotonic() -> Instant {
    Instant::now()
}

/// A reading of tokio's clock, for deadlines: it stands still while a test pauses it.
pub fn instant() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// The span of time that every tab looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeWindow {
    /// How long.
    pub length: Duration,
    /// Where it ends; `None` follows now.
    pub end: Option<Moment>,
}

impl TimeWindow {
    /// The choices that `w` steps through, in minutes.
    pub const CHOICES: [u64; 8] = [5, 15, 30, 60, 3 * 60, 6 * 60, 12 * 60, 24 * 60];

    /// The last `length`, following now.
    pub fn last(length: Duration) -> TimeWindow {
        TimeWindow { length, end: None }
    }

    /// First and last moment, given the present.
    pub fn bounds(&self, now: Moment) -> (Moment, Moment) {
        let end = self.end.unwrap_or(now);
        (end - TimeDelta::from_std(self.length).unwrap_or(TimeDelta::MAX), end)
    }

    /// Period of a metric in seconds, chosen so that a chart gets about 60 to 180 buckets. CloudWatch wants multiples
    /// of 60, and keeps minutes for 15 days only, far beyond any window offered here.
    pub fn period(&self) -> u32 {
        match self.length.as_secs() {
            0..=10_800 => 60,
            10_801..=43_200 => 300,
            _ => 900,
        }
    }

    /// The next longer choice, or this one if there is none.
    pub fn longer(&self) -> TimeWindow {
        let minutes = self.length.as_secs() / 60;
        let next = Self::CHOICES.into_iter().find(|&choice| choice > minutes).unwrap_or(minutes);
        TimeWindow { length: Duration::from_secs(next * 60), ..*self }
    }

    /// The next shorter choice, or this one if there is none.
    pub fn shorter(&self) -> TimeWindow {
        let minutes = self.length.as_secs() / 60;
        let next = Self::CHOICES.into_iter().rev().find(|&choice| choice < minutes).unwrap_or(minutes);
        TimeWindow { length: Duration::from_secs(next * 60), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_steps_through_its_choices_and_stops_at_the_ends() {
        let hour = TimeWindow::last(Duration::from_secs(3600));
        assert_eq!(hour.longer().length.as_secs(), 3 * 3600);
        assert_eq!(hour.shorter().length.as_secs(), 30 * 60);
        assert_eq!(TimeWindow::last(Duration::from_secs(86_400)).longer().length.as_secs(), 86_400);
        assert_eq!(TimeWindow::last(Duration::from_secs(300)).shorter().length.as_secs(), 300);
    }

    #[test]
    fn periods_are_multiples_of_sixty_and_give_few_enough_buckets() {
        for minutes in TimeWindow::CHOICES {
            let window = TimeWindow::last(Duration::from_secs(minutes * 60));
            assert_eq!(window.period() % 60, 0);
            assert!(minutes * 60 / u64::from(window.period()) <= 180);
        }
    }
}
