//! Cold starts among the invocations that are known: how many, how long, of which version, when; and what provisioned
//! concurrency would have saved of them.
//!
//! The replay takes the starts and durations as they were. `n` environments are kept ready; each invocation takes a
//! free one where there is one, as Lambda does, and else goes where it went in truth. A cold start is saved where its
//! invocation finds one. What the others would have met on fewer environments on demand nobody knows: it is taken as
//! it was, so a replay rather promises too much of the last few per cent.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::model::invocation::Invocation;
use crate::time::Moment;

/// Length of a bucket in time, s.
pub const BUCKET: i64 = 300;
/// Shares of the cold starts that are to be saved, each with the environments that it takes.
pub const SHARES: [f64; 3] = [0.5, 0.9, 0.99];

/// Median, 99th percentile and maximum of something, ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many there were.
    pub count: usize,
    /// Median.
    pub p50: f64,
    /// 99 of 100 took at most this.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

/// The value below which that share of `values` lies; sorts them. None of none.
pub fn percentile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let at = (share * values.len() as f64).ceil() as usize;
    values.get(at.clamp(1, values.len().max(1)) - 1).copied()
}

impl Spread {
    /// Of these values.
    pub fn of(mut values: Vec<f64>) -> Option<Spread> {
        Some(Spread {
            count: values.len(),
            p50: percentile(&mut values, 0.5)?,
            p99: percentile(&mut values, 0.99)?,
            max: values.last().copied()?,
        })
    }
}

/// Started, and how many of those cold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Invocations.
    pub started: usize,
    /// Cold starts among them.
    pub cold: usize,
}

impl Count {
    /// Share of cold starts, 0 to 1.
    pub fn share(self) -> f64 {
        if self.started > 0 { self.cold as f64 / self.started as f64 } else { 0.0 }
    }
}

/// What so many environments kept ready would have saved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// Share of the cold starts that was to be saved.
    pub share: f64,
    /// Environments: the fewest that save it.
    pub environments: u32,
    /// Cold starts that they save.
    pub saved: usize,
}

/// Cold starts of one function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColdStarts {
    /// All, and the cold ones.
    pub all: Count,
    /// First and last start.
    pub span: Option<(Moment, Moment)>,
    /// Init Duration.
    pub init: Option<Spread>,
    /// Restore Duration (SnapStart).
    pub restore: Option<Spread>,
    /// By version, the newest first; none where the log does not tell it.
    pub versions: Vec<(Option<String>, Count)>,
    /// By time, the oldest first: start of the bucket. Buckets without an invocation are left out.
    pub times: Vec<(Moment, Count)>,
    /// Most invocations at once.
    pub peak: u32,
    /// What keeping environments ready would have saved; one for each of [`SHARES`] that can be reached.
    pub kept: Vec<Kept>,
}

impl ColdStarts {
    /// Of invocations in any order.
    pub fn of(invocations: &[Invocation]) -> ColdStarts {
        let mut told = ColdStarts::default();
        let mut versions: BTreeMap<Option<String>, Count> = BTreeMap::new();
        let mut times: BTreeMap<i64, Count> = BTreeMap::new();
        let (mut inits, mut restores) = (Vec::new(), Vec::new());
        let mut runs = Vec::new();
        for invocation in invocations {
            let cold = invocation.init_ms.is_some() || invocation.restore_ms.is_some();
            let add = |count: &mut Count| {
                count.started += 1;
                count.cold += usize::from(cold);
            };
            add(&mut told.all);
            add(versions.entry(invocation.version.clone()).or_default());
            inits.extend(invocation.init_ms.filter(|_| invocation.restore_ms.is_none()));
            restores.extend(invocation.restore_ms);
            let Some(start) = invocation.start else { continue };
            add(times.entry(start.timestamp().div_euclid(BUCKET) * BUCKET).or_default());
            let ms = invocation.duration_ms.unwrap_or_default().clamp(0.0, 900_000.0) as i64;
            let begins = start.timestamp_millis();
            runs.push(Run { begins, ends: begins + ms.max(1), cold });
            told.span = Some(told.span.map_or((start, start), |(from, to)| (from.min(start), to.max(start))));
        }
        (told.init, told.restore) = (Spread::of(inits), Spread::of(restores));
        told.versions = versions.into_iter().collect();
        told.versions.sort_by_key(|(version, _)| Reverse(version.as_ref().and_then(|v| v.parse::<u64>().ok())));
        told.times = times
            .into_iter()
            .filter_map(|(at, count)| Moment::from_timestamp(at, 0).map(|moment| (moment, count)))
            .collect();
        runs.sort_by_key(|run| run.begins);
        told.peak = peak(&runs);
        told.kept = kept(&runs, told.peak);
        told
    }

    /// Cold starts for each month at the rate of the known invocations. None where they span less than a minute.
    pub fn cold_per_month(&self) -> Option<f64> {
        let (from, to) = self.span?;
        let seconds = (to - from).num_seconds();
        (seconds >= 60).then(|| self.all.cold as f64 / seconds as f64 * crate::model::cost::MONTH_HOURS * 3600.0)
    }
}

/// One invocation: when it began and ended, ms since 1970.
struct Run {
    begins: i64,
    ends: i64,
    cold: bool,
}

fn peak(runs: &[Run]) -> u32 {
    let mut busy: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
    let mut most = 0;
    for run in runs {
        while busy.peek().is_some_and(|Reverse(ends)| *ends <= run.begins) {
            busy.pop();
        }
        busy.push(Reverse(run.ends));
        most = most.max(busy.len());
    }
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// Cold starts that find one of `n` environments free.
fn saved(runs: &[Run], n: u32) -> usize {
    let mut busy: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
    let mut saved = 0;
    for run in runs {
        while busy.peek().is_some_and(|Reverse(ends)| *ends <= run.begins) {
            busy.pop();
        }
        if busy.len() < n as usize {
            busy.push(Reverse(run.ends));
            saved += usize::from(run.cold);
        }
    }
    saved
}

/// The fewest environments for each share. More than were busy at once save nothing more.
fn kept(runs: &[Run], peak: u32) -> Vec<Kept> {
    let cold = runs.iter().filter(|run| run.cold).count();
    let mut kept = Vec::new();
    let mut wanted = SHARES.iter().copied().peekable();
    for environments in 1..=peak {
        if cold == 0 || wanted.peek().is_none() {
            break;
        }
        let saved = saved(runs, environments);
        while let Some(share) = wanted.next_if(|share| saved as f64 >= share * cold as f64) {
            kept.push(Kept { share, environments, saved });
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Option<Moment> {
        Moment::from_timestamp_millis(1_800_000_000_000 + ms)
    }

    fn run(start_ms: i64, duration_ms: f64, init_ms: Option<f64>) -> Invocation {
        Invocation { start: at(start_ms), duration_ms: Some(duration_ms), init_ms, ..Invocation::default() }
    }

    #[test]
    fn cold_starts_are_counted_by_version_and_by_time() {
        let mut all = vec![run(0, 50.0, Some(400.0)), run(1_000, 40.0, None), run(400_000, 45.0, Some(900.0))];
        all[2].version = Some("8".into());
        all[0].version = Some("7".into());
        all.push(Invocation { restore_ms: Some(120.0), version: Some("8".into()), ..run(401_000, 30.0, None) });
        let told = ColdStarts::of(&all);
        assert_eq!(told.all, Count { started: 4, cold: 3 });
        let init = told.init.expect("inits are known");
        assert_eq!((init.count, init.p50, init.p99, init.max), (2, 400.0, 900.0, 900.0));
        assert_eq!(told.restore.map(|restore| restore.p50), Some(120.0));
        let versions: Vec<_> = told.versions.iter().map(|(version, count)| (version.as_deref(), *count)).collect();
        assert_eq!(
            versions,
            [
                (Some("8"), Count { started: 2, cold: 2 }),
                (Some("7"), Count { started: 1, cold: 1 }),
                (None, Count { started: 1, cold: 0 })
            ]
        );
        assert_eq!(told.times.iter().map(|(_, count)| count.started).collect::<Vec<_>>(), [2, 2]);
        assert_eq!(told.cold_per_month().map(f64::round), Some((3.0 / 401.0 * 730.0 * 3600.0_f64).round()));
        assert_eq!(ColdStarts::of(&[]), ColdStarts::default());
    }

    #[test]
    fn a_burst_of_ten_takes_ten_and_one_after_the_other_takes_one() {
        let burst: Vec<_> = (0..10).map(|k| run(k, 1_000.0, Some(300.0))).collect();
        let told = ColdStarts::of(&burst);
        assert_eq!(told.peak, 10);
        let kept: Vec<_> = told.kept.iter().map(|kept| (kept.environments, kept.saved)).collect();
        assert_eq!(kept, [(5, 5), (9, 9), (10, 10)]);
        let row: Vec<_> = (0..10).map(|k| run(k * 5_000, 1_000.0, Some(300.0))).collect();
        let told = ColdStarts::of(&row);
        assert_eq!(told.kept.iter().map(|kept| kept.environments).collect::<Vec<_>>(), [1, 1, 1]);
        let warm: Vec<_> = (0..10).map(|k| run(k, 1_000.0, None)).collect();
        assert_eq!(ColdStarts::of(&warm).kept, []);
    }

    proptest! {
        #[test]
        fn as_many_as_were_busy_at_once_save_all(
            runs in prop::collection::vec((0i64..60_000, 1.0f64..5_000.0, any::<bool>()), 1..80)
        ) {
            let all: Vec<_> = runs.iter().map(|(start, ms, cold)| run(*start, *ms, cold.then_some(100.0))).collect();
            let told = ColdStarts::of(&all);
            if told.all.cold > 0 {
                let last = told.kept.last().expect("all can be saved");
                prop_assert_eq!(told.kept.len(), SHARES.len());
                prop_assert!(last.environments <= told.peak && last.saved <= told.all.cold);
            }
        }
    }
}
