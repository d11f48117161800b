//! What comes against the limits: requests a second of a method, a stage, and the whole account, and how many of them were
//! refused.

use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;

use super::{method_subject, stage_subject};
use crate::model::api::{Api, Refused, Stage};
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::model::trouble::{Kind, Trouble};
use crate::store::Store;
use crate::store::feed::Standing;
use crate::store::metrics::StageFigures;
use crate::time::Moment;

/// The present, as far as limits go: the last minutes.
pub(super) const RECENT: TimeDelta = TimeDelta::minutes(15);

/// Requests of the last fifteen minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Requests a second in the busiest bucket.
    pub peak: f64,
    /// When that bucket begins.
    pub peak_at: Moment,
    /// Requests a second in the newest bucket that is complete.
    pub latest: f64,
    /// Requests.
    pub requests: f64,
    /// 4xx answers, 429 among them.
    pub errors_4xx: f64,
    /// Requests by bucket, oldest first, and how many seconds each is long.
    pub(super) buckets: Vec<f64>,
    pub(super) period: f64,
}

impl Load {
    /// Share of a rate that is not used in the busiest bucket; below 0 where it was more than that.
    pub fn headroom(&self, rate: f64) -> f64 {
        if rate > 0.0 { 1.0 - self.peak / rate } else { -1.0 }
    }

    /// Requests over what a token bucket of this size lets through.
    pub(super) fn excess(&self, rate: f64, burst: f64) -> f64 {
        let over: f64 = self.buckets.iter().map(|count| (count - rate * self.period).max(0.0)).sum();
        (over - burst).max(0.0)
    }
}

fn recent(series: Option<&Series>, now: Moment) -> impl Iterator<Item = (Moment, f64)> {
    let points = series.map(|series| series.points.as_slice()).unwrap_or_default();
    points.iter().filter(move |(at, value)| *at >= now - RECENT && value.is_finite()).copied()
}

fn load(store: &Store, subjects: &[Subject], now: Moment) -> Option<Load> {
    let mut counts: BTreeMap<Moment, f64> = BTreeMap::new();
    let (mut errors_4xx, mut period) = (0.0, None);
    for subject in subjects {
        let Some(count) = store.metrics.get(subject, Metric::Count, Statistic::Sum) else { continue };
        period = period.max(Some(count.period));
        for (at, value) in recent(Some(count), now) {
            *counts.entry(at).or_default() += value;
        }
        let errors = store.metrics.get(subject, Metric::Error4xx, Statistic::Sum);
        errors_4xx += recent(errors, now).map(|(_, value)| value).sum::<f64>();
    }
    let period = f64::from(period?.max(1));
    let busiest = counts.iter().max_by(|a, b| a.1.total_cmp(b.1));
    let settled = store.metrics.settled().unwrap_or(now);
    let latest = counts.range(..=settled).next_back().filter(|(at, _)| settled - **at < TimeDelta::minutes(5));
    Some(Load {
        peak: busiest.map_or(0.0, |(_, count)| count / period),
        peak_at: busiest.map_or(now, |(at, _)| *at),
        latest: latest.map_or(0.0, |(_, count)| count / period),
        requests: counts.values().sum(),
        errors_4xx,
        buckets: counts.into_values().collect(),
        period,
    })
}

/// What comes to a stage; none while its metrics are not known.
pub fn stage_load(store: &Store, api: &Api, stage: &str, now: Moment) -> Option<Load> {
    load(store, &[stage_subject(api, stage)], now)
}

/// Detailed metrics tell of single methods.
pub fn method_metrics(stage: &Stage, key: &str) -> bool {
    let own = super::own(stage, key).and_then(|own| own.detailed_metrics);
    own.or(stage.defaults.detailed_metrics).unwrap_or_default()
}

/// What comes to a method; none where detailed metrics are off, or not known yet.
pub fn method_load(store: &Store, api: &Api, stage: &Stage, key: &str, now: Moment) -> Option<Load> {
    if !method_metrics(stage, key) {
        return None;
    }
    load(store, &[method_subject(api, &stage.name, key)?], now)
}

/// What a method did over the window; none where detailed metrics are off, or not known yet.
pub fn method_figures(store: &Store, api: &Api, stage: &Stage, key: &str) -> Option<StageFigures> {
    let subject = method_subject(api, &stage.name, key).filter(|_| method_metrics(stage, key))?;
    Some(store.metrics.stage_figures(&subject)).filter(|figures| figures.count.is_some())
}

/// What comes to all stages whose metrics are known: at least so much counts against the account's limit.
pub fn account_load(store: &Store, now: Moment) -> Option<Load> {
    let mut subjects = HashSet::new();
    for api in store.apis.get()? {
        for stage in super::stages(store, &api.id) {
            // REST APIs of one name are one subject: they must not count twice.
            subjects.insert(stage_subject(api, &stage.name));
        }
    }
    load(store, &subjects.into_iter().collect::<Vec<_>>(), now)
}

/// How many requests a stage refused with 429.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusals<'a> {
    /// Counted in the access log.
    Counted {
        /// The count.
        refused: &'a Refused,
        /// Requests of the same time, as far as the metrics know.
        requests: Option<f64>,
    },
    /// Not known, and why.
    Unknown(String),
}

impl Refusals<'_> {
    /// Share of the requests, 0 to 1, where it is known.
    pub fn share(&self) -> Option<f64> {
        let Refusals::Counted { refused, requests } = self else { return None };
        if refused.refused == 0 {
            // In a part of the log: that says nothing of the rest.
            return (!refused.capped).then_some(0.0);
        }
        // The log is ahead of the metrics.
        requests.filter(|requests| *requests > 0.0).map(|requests| (refused.refused as f64 / requests).min(1.0))
    }
}

fn short(trouble: &Trouble) -> String {
    if trouble.message.contains("INFREQUENT_ACCESS") {
        // FilterLogEvents refuses these groups: only Logs Insights reads them, at its price.
        return "the access log is of class INFREQUENT_ACCESS".into();
    }
    match trouble.kind {
        Kind::Denied | Kind::Throttled => {
            format!("{} is {}", trouble.operation, if trouble.kind == Kind::Denied { "denied" } else { "throttled" })
        }
        _ => trouble.sentence(),
    }
}

/// The refused requests of a stage, or why they are not known.
pub fn refusals<'a>(store: &'a Store, api: &Api, stage: &Stage) -> Refusals<'a> {
    let feed = store.refused.get(&(api.id.clone(), stage.name.clone()));
    let unknown = |why: &str| Refusals::Unknown(why.to_string());
    if let Some(refused) = feed.and_then(|feed| feed.get()) {
        let count = store.metrics.get(&stage_subject(api, &stage.name), Metric::Count, Statistic::Sum);
        let within = |at: Moment| {
            let period = TimeDelta::seconds(count.map_or(60, |series| i64::from(series.period)));
            refused.from.is_none_or(|from| at + period > from) && refused.to.is_none_or(|to| at <= to)
        };
        let points = count.map(|series| series.points.iter().filter(|(at, _)| within(*at)).map(|(_, n)| *n));
        return Refusals::Counted { refused, requests: points.map(Iterator::sum) };
    }
    match (&stage.access_log, feed.map(|feed| feed.standing())) {
        (None, _) => unknown("no access log"),
        (Some(arn), _) if !arn.contains(":log-group:") => unknown("the access log goes to a stream"),
        (_, Some(Standing::Failed(trouble) | Standing::Stale(_, trouble))) => Refusals::Unknown(short(trouble)),
        _ if stage.access_log_format.as_deref().and_then(crate::model::access_log::Format::read).is_none() => {
            unknown("the access log's format has no $context.status")
        }
        _ => unknown("the access log is not read yet"),
    }
}
