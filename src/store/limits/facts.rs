//! What is known of a function and its account, and what was measured in one bucket of time.

use chrono::TimeDelta;

use crate::model::function::FunctionDetail;
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::store::Store;
use crate::time::Moment;

/// A function with its limits.
pub struct Facts<'a> {
    pub store: &'a Store,
    pub name: &'a str,
    pub subject: Subject,
    pub detail: Option<&'a FunctionDetail>,
    /// Its reserve. Outer `None`: not known.
    pub reserved: Option<Option<f64>>,
    /// What is provisioned of it, in all.
    pub provisioned: f64,
    /// The account's limit.
    pub account: Option<f64>,
    /// Of it, what nobody has reserved.
    pub unreserved: Option<f64>,
    /// Seconds per bucket.
    pub period: i64,
    /// Begin of the newest complete bucket.
    pub settled: Moment,
}

/// One bucket of a function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    pub start: Moment,
    pub throttles: f64,
    pub invocations: f64,
    pub concurrency: Option<f64>,
    /// Concurrency of the bucket before, 0 where the function did nothing in it; none where that is not known.
    pub before: Option<f64>,
    /// ClaimedAccountConcurrency.
    pub claimed: Option<f64>,
    /// UnreservedConcurrentExecutions.
    pub unreserved: Option<f64>,
    /// Provisioned environments in use, of all aliases.
    pub on_provisioned: Option<f64>,
    /// Typical duration, ms.
    pub duration: Option<f64>,
    /// Attempts per second of the whole region, where measured.
    pub fleet_rate: Option<f64>,
}

impl<'a> Facts<'a> {
    /// None where the function is not known or nothing was ever measured.
    pub fn of(store: &'a Store, name: &'a str) -> Option<Facts<'a>> {
        let function = store.functions.get(name)?;
        let detail = store.details.get(name).and_then(|feed| feed.get());
        let settled = store.metrics.settled()?;
        let subject = Subject::Function(name.to_string());
        let own = |metric, statistic| store.metrics.get(&subject, metric, statistic);
        let period = own(Metric::Throttles, Statistic::Sum)
            .or_else(|| own(Metric::Invocations, Statistic::Sum))
            .map_or(60, |series| series.period)
            .max(1);
        // What was throttled before the reserve was changed was throttled by the one before.
        let throttled = own(Metric::Throttles, Statistic::Sum)
            .and_then(|series| series.points.iter().rev().find(|(_, value)| *value > 0.0))
            .map(|(start, _)| *start);
        let held = throttled.and_then(|at| store.reserves.get(name)?.iter().find(|(changed, _)| *changed > at));
        let now = function.reserved.or_else(|| detail.map(|detail| detail.reserved));
        let reserved = held.map(|(_, before)| *before).or(now);
        let account = store.account.get().filter(|account| account.concurrency_limit > 0);
        Some(Facts {
            store,
            name,
            detail,
            reserved: reserved.map(|reserved| reserved.map(f64::from)),
            provisioned: detail.map_or(0.0, |detail| detail.provisioned.iter().map(|p| f64::from(p.allocated)).sum()),
            account: account.map(|account| f64::from(account.concurrency_limit)),
            unreserved: account.map(|account| f64::from(account.unreserved)),
            period: i64::from(period),
            settled,
            subject,
        })
    }

    /// One of its series.
    pub fn own(&self, metric: Metric, statistic: Statistic) -> Option<&'a Series> {
        self.store.metrics.get(&self.subject, metric, statistic)
    }

    /// The length of a bucket.
    pub fn step(&self) -> TimeDelta {
        TimeDelta::seconds(self.period)
    }

    /// How many buckets there are from one to another, both included.
    pub fn buckets(&self, first: Moment, last: Moment) -> usize {
        usize::try_from((last - first).num_seconds() / self.period).unwrap_or(0) + 1
    }

    /// What was measured in the bucket that begins then.
    pub fn bucket(&self, start: Moment) -> Bucket {
        let own = |metric, statistic, at| self.own(metric, statistic).and_then(|series| series.at(at));
        let fleet = |metric, statistic| {
            self.store.metrics.get(&Subject::Fleet, metric, statistic).and_then(|series| series.at(start))
        };
        let concurrency = |at| own(Metric::ConcurrentExecutions, Statistic::Maximum, at);
        let earlier = start - self.step();
        let idle = [Metric::Invocations, Metric::Throttles]
            .into_iter()
            .all(|metric| self.own(metric, Statistic::Sum).is_some_and(|series| is_quiet(series, earlier)));
        let mut on_provisioned = None;
        for provisioned in self.detail.iter().flat_map(|detail| &detail.provisioned) {
            let subject = Subject::Qualifier { function: self.name.into(), qualifier: provisioned.qualifier.clone() };
            let series = self.store.metrics.get(&subject, Metric::ProvisionedConcurrentExecutions, Statistic::Maximum);
            if let Some(used) = series.and_then(|series| series.at(start)) {
                on_provisioned = Some(on_provisioned.unwrap_or(0.0) + used);
            }
        }
        Bucket {
            start,
            throttles: own(Metric::Throttles, Statistic::Sum, start).unwrap_or(0.0),
            invocations: own(Metric::Invocations, Statistic::Sum, start).unwrap_or(0.0),
            concurrency: concurrency(start),
            before: concurrency(earlier).or(idle.then_some(0.0)),
            claimed: fleet(Metric::ClaimedAccountConcurrency, Statistic::Maximum),
            unreserved: fleet(Metric::UnreservedConcurrentExecutions, Statistic::Maximum),
            on_provisioned,
            duration: own(Metric::Duration, Statistic::Percentile(50), start),
            fleet_rate: fleet(Metric::Invocations, Statistic::Sum)
                .zip(fleet(Metric::Throttles, Statistic::Sum))
                .map(|(ran, refused)| (ran + refused) / self.period as f64),
        }
    }
}

/// Between its first and its last point a series has none here: a function that is not called reports nothing. Outside
/// of them nobody knows.
fn is_quiet(series: &Series, at: Moment) -> bool {
    let within =
        series.points.first().zip(series.points.last()).is_some_and(|(first, last)| first.0 < at && at < last.0);
    within && series.at(at).is_none_or(|value| value == 0.0)
}

impl Bucket {
    /// Attempts per second.
    pub fn rate(&self, period: i64) -> f64 {
        (self.invocations + self.throttles) / period as f64
    }
}
