//! Schedules that only keep a function warm: known by their name, or by what they leave in the log. A ping is answered
//! at once, so it is much shorter than what the function is there for, and it comes at a steady interval.

use crate::model::invocation::Invocation;
use crate::store::cold_starts::percentile;

/// Words in the name of a rule that say what it is for.
const NAMES: [&str; 4] = ["warm", "keepalive", "keep-alive", "ping"];
/// A ping takes at most this, ms ...
const SHORT_MS: f64 = 100.0;
/// ... and at most this share of the median of all, unless nothing but pings is known.
const SHORT_SHARE: f64 = 0.34;
/// Pings at the same time warm several environments: one knock, ms.
const TOGETHER_MS: i64 = 5_000;
/// So many knocks show an interval.
const ENOUGH: usize = 6;
/// Share of the intervals that must be alike.
const ALIKE: f64 = 0.8;

/// The name of a rule or schedule says that it keeps something warm.
pub fn named_so(rule: &str) -> bool {
    let rule = rule.to_lowercase();
    NAMES.iter().any(|name| rule.contains(name))
}

/// Short invocations at a steady interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    /// How many short invocations this rests on.
    pub count: usize,
    /// Interval, s.
    pub every_s: f64,
    /// Their median Duration, ms.
    pub p50_ms: f64,
    /// They are all that is known of the function.
    pub nothing_else: bool,
}

/// What of these invocations looks like pings, if anything does.
pub fn steady(invocations: &[Invocation]) -> Option<Steady> {
    let timed: Vec<(i64, f64)> = invocations
        .iter()
        .filter_map(|invocation| invocation.start.map(|at| at.timestamp_millis()).zip(invocation.duration_ms))
        .collect();
    let median = percentile(&mut timed.iter().map(|(_, ms)| *ms).collect::<Vec<_>>(), 0.5)?;
    let nothing_else = timed.iter().all(|(_, ms)| *ms <= SHORT_MS);
    let longest = if nothing_else { SHORT_MS } else { SHORT_MS.min(median * SHORT_SHARE) };
    let mut short: Vec<(i64, f64)> = timed.into_iter().filter(|(_, ms)| *ms <= longest).collect();
    short.sort_by_key(|(at, _)| *at);
    let mut knocks: Vec<i64> = Vec::new();
    for (at, _) in &short {
        if knocks.last().is_none_or(|last| at - last > TOGETHER_MS) {
            knocks.push(*at);
        }
    }
    if knocks.len() < ENOUGH {
        return None;
    }
    let gaps: Vec<f64> = knocks.windows(2).map(|two| (two[1] - two[0]) as f64 / 1000.0).collect();
    let every_s = percentile(&mut gaps.clone(), 0.5)?;
    let slack = (every_s * 0.1).max(3.0);
    let alike = gaps.iter().filter(|gap| (**gap - every_s).abs() <= slack).count();
    if every_s < 30.0 || (alike as f64) < ALIKE * gaps.len() as f64 {
        return None;
    }
    let p50_ms = percentile(&mut short.iter().map(|(_, ms)| *ms).collect::<Vec<_>>(), 0.5)?;
    Some(Steady { count: short.len(), every_s, p50_ms, nothing_else })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Moment;

    fn run(at_s: i64, ms: f64) -> Invocation {
        let start = Moment::from_timestamp(1_800_000_000 + at_s, 0);
        Invocation { start, duration_ms: Some(ms), ..Invocation::default() }
    }

    #[test]
    fn pings_stand_out_of_real_work_and_real_work_alone_is_none() {
        let work = (0..40).map(|k| run(k * 37 % 3_000, 300.0 + k as f64));
        let pings = (0..10).flat_map(|k| [run(k * 300 + 2, 3.0), run(k * 300 + 3, 2.0)]);
        let both: Vec<_> = work.clone().chain(pings).collect();
        let steady_pings = steady(&both).expect("pings every five minutes");
        assert_eq!((steady_pings.every_s, steady_pings.count, steady_pings.nothing_else), (300.0, 20, false));
        assert_eq!(steady(&work.collect::<Vec<_>>()), None);
        let quick: Vec<_> = (0..60_i64).map(|k| run(k * k * 7, 4.0)).collect();
        assert_eq!(steady(&quick), None, "short, and at no interval");
        assert_eq!(steady(&[]), None);
    }

    #[test]
    fn names_say_it() {
        assert!(named_so("KeepWarm-orders") && named_so("orders-ping") && !named_so("nightly-report"));
    }
}
