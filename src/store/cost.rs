//! What a function costs and whether its memory fits: from the metrics of the window, and from the REPORT lines that
//! are known. Each figure says on what it rests; what is not known is none.

use crate::model::cost::{MONTH_HOURS, PER_REQUEST, dollars_per_hour, gb_seconds, prices};
use crate::model::function::Function;
use crate::model::invocation::Invocation;
use crate::model::series::{Metric, Statistic, Subject};
use crate::store::cold_starts::percentile;
use crate::store::metrics::Metrics;

/// So many invocations must be known before a smaller size is proposed.
pub const ENOUGH: usize = 50;
/// A smaller size leaves this much above the most that was ever used.
const HEADROOM: f64 = 1.25;
/// From here on a smaller size is worth a word: the 99th percentile of what is used is below this share.
const ROOMY: f64 = 0.6;
/// From here on memory is nearly used up.
const TIGHT: f64 = 0.9;
/// Lambda gives a whole vCPU at this size, and less in proportion below.
pub const WHOLE_CPU_MB: u32 = 1769;
/// The smallest size, and what sizes are told in, MB.
const STEP_MB: u32 = 64;
const LEAST_MB: u32 = 128;

/// Memory of the known invocations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// Memory Size, MB.
    pub size: u32,
    /// Most that was used, MB.
    pub max: u32,
    /// 99 of 100 used at most this, MB.
    pub p99: u32,
    /// Invocations that this rests on.
    pub known: usize,
}

impl Memory {
    /// Most used, of the size.
    pub fn share(&self) -> f64 {
        f64::from(self.max) / f64::from(self.size.max(1))
    }

    /// Nearly used up.
    pub fn is_tight(&self) -> bool {
        self.share() >= TIGHT
    }

    /// A smaller size that would hold what was used, if there is one and enough is known.
    pub fn smaller(&self) -> Option<u32> {
        let roomy = f64::from(self.p99) < ROOMY * f64::from(self.size);
        let wanted = (f64::from(self.max) * HEADROOM / f64::from(STEP_MB)).ceil() as u32 * STEP_MB;
        let wanted = wanted.max(LEAST_MB);
        (self.known >= ENOUGH && roomy && wanted < self.size).then_some(wanted)
    }
}

/// What it costs, US$ at the list price.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Memory of the known invocations that ran at the present size.
    pub memory: Option<Memory>,
    /// Mean Duration and mean Billed Duration of the known invocations, ms, and how many they are.
    pub billed: Option<(f64, f64, usize)>,
    /// 1,000 invocations: requests and Billed Duration as known invocations have it.
    pub per_thousand: Option<f64>,
    /// Invocations of the window, and their mean Duration, ms: what the month rests on.
    pub measured: Option<(f64, f64)>,
    /// GB-seconds a month at the rate of the window.
    pub gb_seconds: Option<f64>,
    /// A month at the rate of the window: requests.
    pub requests_month: Option<f64>,
    /// A month at the rate of the window: duration.
    pub duration_month: Option<f64>,
    /// A month of what is provisioned now, used or not.
    pub provisioned_month: f64,
    /// What the smaller size would save of the duration, a month: only if durations stayed as they are.
    pub saving_month: Option<f64>,
}

impl Cost {
    /// Of one function. `provisioned` environments are kept ready; `seconds` is how long the window is.
    pub fn of(
        function: &Function,
        invocations: &[Invocation],
        metrics: &Metrics,
        provisioned: u32,
        seconds: f64,
    ) -> Cost {
        let price = prices(&function.architecture);
        let memory = memory(function.memory_mb, invocations);
        let billed = billed(invocations);
        let per_thousand =
            billed.map(|(_, ms, _)| 1000.0 * (PER_REQUEST + gb_seconds(function.memory_mb, ms) * price.on_demand));
        let measured = measured(&function.name, metrics);
        let month = |rate: f64| if seconds > 0.0 { rate / seconds * MONTH_HOURS * 3600.0 } else { 0.0 };
        // Billed is each millisecond begun: half of one more than the Duration in the mean.
        let gb_seconds = measured
            .map(|(count, ms)| month(count) * gb_seconds(function.memory_mb, if count > 0.0 { ms + 0.5 } else { 0.0 }));
        let duration_month = gb_seconds.map(|gb_seconds| gb_seconds * price.on_demand);
        let smaller = memory.and_then(|memory| memory.smaller());
        let saving_month = smaller
            .zip(duration_month)
            .map(|(smaller, month)| month * (1.0 - f64::from(smaller) / f64::from(function.memory_mb.max(1))));
        let arm = function.architecture == "arm64";
        Cost {
            memory,
            billed,
            per_thousand,
            measured,
            gb_seconds,
            requests_month: measured.map(|(count, _)| month(count) * PER_REQUEST),
            duration_month,
            provisioned_month: dollars_per_hour(provisioned, function.memory_mb, arm) * MONTH_HOURS,
            saving_month,
        }
    }

    /// A month in all, where it is known.
    pub fn month(&self) -> Option<f64> {
        Some(self.requests_month? + self.duration_month? + self.provisioned_month)
    }
}

/// Of invocations at the present size: what ran before a change says nothing about it.
fn memory(size: u32, invocations: &[Invocation]) -> Option<Memory> {
    let at_this_size = invocations.iter().filter(|invocation| invocation.memory_mb.is_none_or(|mb| mb == size));
    let mut used: Vec<f64> = at_this_size.filter_map(|invocation| invocation.memory_used_mb).map(f64::from).collect();
    let p99 = percentile(&mut used, 0.99)?;
    let max = used.last().copied()?;
    Some(Memory { size, max: max as u32, p99: p99 as u32, known: used.len() })
}

fn billed(invocations: &[Invocation]) -> Option<(f64, f64, usize)> {
    let both = invocations.iter().filter_map(|invocation| invocation.duration_ms.zip(invocation.billed_ms));
    let (ran, billed, count) = both.fold((0.0, 0.0, 0_usize), |(a, b, n), (ran, billed)| (a + ran, b + billed, n + 1));
    (count > 0).then(|| (ran / count as f64, billed / count as f64, count))
}

fn measured(name: &str, metrics: &Metrics) -> Option<(f64, f64)> {
    let subject = Subject::Function(name.to_string());
    let invocations = metrics.get(&subject, Metric::Invocations, Statistic::Sum)?;
    let means = metrics.get(&subject, Metric::Duration, Statistic::Average)?;
    let (mut ms, mut count) = (0.0, 0.0);
    for (at, mean) in &means.points {
        let weight = invocations.at(*at).unwrap_or(0.0);
        ms += mean * weight;
        count += weight;
    }
    Some((invocations.total(), if count > 0.0 { ms / count } else { 0.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::series::{Series, SeriesKey};
    use crate::time::Moment;

    fn invocation(used: u32, ms: f64) -> Invocation {
        Invocation {
            memory_mb: Some(1024),
            memory_used_mb: Some(used),
            duration_ms: Some(ms),
            billed_ms: Some(ms.ceil()),
            ..Invocation::default()
        }
    }

    fn metrics(invocations: f64, mean_ms: f64) -> Metrics {
        let at = Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment");
        let key = |metric, statistic| SeriesKey::new(Subject::Function("pay".into()), metric, statistic);
        let series = |value| Series { period: 60, points: vec![(at, value)] };
        let mut metrics = Metrics::default();
        metrics.accept(
            vec![
                (key(Metric::Invocations, Statistic::Sum), series(invocations)),
                (key(Metric::Duration, Statistic::Average), series(mean_ms)),
            ],
            at,
            at,
        );
        metrics
    }

    #[test]
    fn a_month_at_the_present_rate_and_a_thousand_of_them() {
        let function = Function { name: "pay".into(), memory_mb: 1024, ..Function::default() };
        let known: Vec<_> = (0..60).map(|k| invocation(200 + k, 99.5)).collect();
        let cost = Cost::of(&function, &known, &metrics(3600.0, 99.5), 0, 3600.0);
        // One a second, each of 0.1 GB-seconds.
        assert_eq!(cost.gb_seconds.map(f64::round), Some(262_800.0));
        assert!((cost.month().expect("known") - (262_800.0 * 0.000_016_666_7 + 2.628 * 0.2)).abs() < 0.01);
        assert!((cost.per_thousand.expect("known") - 1000.0 * (0.000_000_2 + 0.1 * 0.000_016_666_7)).abs() < 1e-9);
        let memory = cost.memory.expect("known");
        assert_eq!((memory.max, memory.p99, memory.known), (259, 259, 60));
        assert_eq!(memory.smaller(), Some(384));
        assert!((cost.saving_month.expect("known") - cost.duration_month.expect("known") * 0.625).abs() < 1e-9);
        assert_eq!(cost.provisioned_month, 0.0);
    }

    #[test]
    fn what_is_not_known_is_none_and_a_tight_function_is_not_made_smaller() {
        let function = Function { name: "pay".into(), memory_mb: 1024, ..Function::default() };
        let none = Cost::of(&function, &[], &Metrics::default(), 2, 3600.0);
        assert_eq!((none.memory, none.per_thousand, none.month()), (None, None, None));
        assert!((none.provisioned_month - 2.0 * 0.015 * 730.0).abs() < 0.01);
        let tight = Memory { size: 1024, max: 950, p99: 940, known: 500 };
        assert!(tight.is_tight() && tight.smaller().is_none());
        let few = Memory { size: 1024, max: 100, p99: 100, known: 5 };
        assert_eq!(few.smaller(), None, "five invocations prove nothing");
        let other_size: Vec<_> = (0..60).map(|_| invocation(200, 10.0)).collect();
        let grown = Function { memory_mb: 2048, ..function };
        assert_eq!(Cost::of(&grown, &other_size, &Metrics::default(), 0, 60.0).memory, None);
    }
}
