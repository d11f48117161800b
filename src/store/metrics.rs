//! Series by key, bounded, and what they add up to over the window.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::model::series::{Metric, Series, SeriesKey, Statistic, Subject};
use crate::model::trouble::Trouble;
use crate::store::feed::Feed;
use crate::time::Moment;

/// Series kept at most; the least recently renewed go first.
const CAP: usize = 20_000;

/// Batches whose functions are remembered, for whoever asks what has changed.
const BATCHES: usize = 256;

/// Every series that we know.
#[derive(Debug, Default)]
pub struct Metrics {
    series: HashMap<SeriesKey, Feed<Series>>,
    settled: Option<Moment>,
    /// Functions of which any series is known: of ten thousand most are never measured.
    functions: BTreeSet<String>,
    /// Raised with each batch of points.
    revision: u64,
    /// The functions of the last batches, by revision.
    measured: VecDeque<(u64, Vec<String>)>,
}

/// One function (or the fleet) over the window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Sum of Invocations; `None` while unknown.
    pub invocations: Option<f64>,
    /// Sum of Errors.
    pub errors: f64,
    /// Sum of Throttles.
    pub throttles: f64,
    /// p50 of Duration, ms: mean of the buckets' values weighted by their invocations.
    pub p50: Option<f64>,
    /// p90 of Duration, ms, weighted likewise.
    pub p90: Option<f64>,
    /// p99 of Duration, ms, weighted likewise.
    pub p99: Option<f64>,
    /// Largest Duration, ms.
    pub maximum: Option<f64>,
    /// Largest ConcurrentExecutions.
    pub concurrency: Option<f64>,
}

impl Figures {
    /// Errors per invocation, 0 to 1.
    pub fn error_share(&self) -> f64 {
        share(self.errors, self.invocations.unwrap_or(0.0))
    }

    /// Throttles per attempt, 0 to 1: throttled attempts are in neither Invocations nor Errors.
    pub fn throttle_share(&self) -> f64 {
        share(self.throttles, self.invocations.unwrap_or(0.0) + self.throttles)
    }
}

/// A stage of an API over the window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StageFigures {
    /// Requests; `None` while unknown.
    pub count: Option<f64>,
    /// 4xx answers.
    pub errors_4xx: f64,
    /// 5xx answers.
    pub errors_5xx: f64,
    /// p50 of Latency, ms, weighted by requests.
    pub p50: Option<f64>,
    /// p99 of Latency, ms, weighted by requests.
    pub p99: Option<f64>,
    /// p50 of IntegrationLatency, ms, weighted by requests.
    pub integration_p50: Option<f64>,
    /// p99 of IntegrationLatency, ms, weighted by requests.
    pub integration_p99: Option<f64>,
    /// CacheHitCount.
    pub hits: f64,
    /// CacheMissCount.
    pub misses: f64,
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

impl Metrics {
    /// New points. The window asked for replaces what was known.
    pub fn accept(&mut self, series: Vec<(SeriesKey, Series)>, settled: Moment, now: Moment) {
        let mut functions: Vec<String> = Vec::new();
        for (key, points) in series {
            // The series of a function stand side by side.
            if let Subject::Function(name) = &key.subject
                && functions.last() != Some(name)
            {
                if !self.functions.contains(name) {
                    self.functions.insert(name.clone());
                }
                functions.push(name.clone());
            }
            self.series.entry(key).or_default().accept(Ok(points), now);
        }
        self.revision += 1;
        self.measured.push_back((self.revision, functions));
        if self.measured.len() > BATCHES {
            self.measured.pop_front();
        }
        self.settled = Some(settled);
        if self.series.len() > CAP {
            self.forget_oldest();
        }
    }

    /// These could not be had.
    pub fn fail(&mut self, keys: Vec<SeriesKey>, trouble: &Trouble, now: Moment) {
        for key in keys {
            self.series.entry(key).or_default().accept(Err(trouble.clone()), now);
        }
    }

    fn forget_oldest(&mut self) {
        let mut ages: Vec<_> = self.series.iter().map(|(key, feed)| (feed.as_of(), key.clone())).collect();
        ages.sort();
        for (_, key) in ages.into_iter().take(self.series.len() - CAP * 9 / 10) {
            self.series.remove(&key);
        }
        let names = self.series.keys().filter_map(|key| match &key.subject {
            Subject::Function(name) => Some(name.clone()),
            _ => None,
        });
        self.functions = names.collect();
    }

    /// Functions that were measured in this window, by name.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(String::as_str)
    }

    /// Forgets everything: another window has another period.
    pub fn clear(&mut self) {
        self.series.clear();
        self.functions.clear();
        self.settled = None;
        self.measured.clear();
        self.revision += 1;
    }

    /// How many batches of points have come.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Functions of which points have come since a revision, some of them twice; none where that is not known any more.
    pub fn measured_since(&self, revision: u64) -> Option<impl Iterator<Item = &str>> {
        let missing = usize::try_from(self.revision.checked_sub(revision)?).ok()?;
        let skipped = self.measured.len().checked_sub(missing)?;
        Some(self.measured.iter().skip(skipped).flat_map(|(_, functions)| functions.iter().map(String::as_str)))
    }

    /// One series with its standing.
    pub fn feed(&self, key: &SeriesKey) -> Option<&Feed<Series>> {
        self.series.get(key)
    }

    /// The points of one series.
    pub fn get(&self, subject: &Subject, metric: Metric, statistic: Statistic) -> Option<&Series> {
        self.series.get(&SeriesKey::new(subject.clone(), metric, statistic)).and_then(Feed::get)
    }

    /// Newest bucket that is complete; later ones are provisional.
    pub fn settled(&self) -> Option<Moment> {
        self.settled
    }

    fn total(&self, subject: &Subject, metric: Metric) -> Option<f64> {
        self.get(subject, metric, Statistic::Sum).map(Series::total)
    }

    fn weighted(&self, subject: &Subject, metric: Metric, percentile: u8, weight: Metric) -> Option<f64> {
        let values = self.get(subject, metric, Statistic::Percentile(percentile))?;
        let weights = self.get(subject, weight, Statistic::Sum);
        let (mut sum, mut mass) = (0.0, 0.0);
        for (moment, value) in &values.points {
            let weight = weights.and_then(|weights| weights.at(*moment)).unwrap_or(1.0).max(1.0);
            sum += value * weight;
            mass += weight;
        }
        (mass > 0.0).then(|| sum / mass)
    }

    /// What a function, an alias or the fleet did over the window.
    pub fn figures(&self, subject: &Subject) -> Figures {
        Figures {
            invocations: self.total(subject, Metric::Invocations),
            errors: self.total(subject, Metric::Errors).unwrap_or(0.0),
            throttles: self.total(subject, Metric::Throttles).unwrap_or(0.0),
            p50: self.weighted(subject, Metric::Duration, 50, Metric::Invocations),
            p90: self.weighted(subject, Metric::Duration, 90, Metric::Invocations),
            p99: self.weighted(subject, Metric::Duration, 99, Metric::Invocations),
            maximum: self.get(subject, Metric::Duration, Statistic::Maximum).and_then(Series::maximum),
            concurrency: self.get(subject, Metric::ConcurrentExecutions, Statistic::Maximum).and_then(Series::maximum),
        }
    }

    /// What a stage did over the window.
    pub fn stage_figures(&self, subject: &Subject) -> StageFigures {
        StageFigures {
            count: self.total(subject, Metric::Count),
            errors_4xx: self.total(subject, Metric::Error4xx).unwrap_or(0.0),
            errors_5xx: self.total(subject, Metric::Error5xx).unwrap_or(0.0),
            p50: self.weighted(subject, Metric::Latency, 50, Metric::Count),
            p99: self.weighted(subject, Metric::Latency, 99, Metric::Count),
            integration_p50: self.weighted(subject, Metric::IntegrationLatency, 50, Metric::Count),
            integration_p99: self.weighted(subject, Metric::IntegrationLatency, 99, Metric::Count),
            hits: self.total(subject, Metric::CacheHitCount).unwrap_or(0.0),
            misses: self.total(subject, Metric::CacheMissCount).unwrap_or(0.0),
        }
    }
}

/// The series of a row of the function table: five metrics, six statistics.
pub fn function_row(subject: &Subject) -> [SeriesKey; 6] {
    [
        (Metric::Invocations, Statistic::Sum),
        (Metric::Errors, Statistic::Sum),
        (Metric::Throttles, Statistic::Sum),
        (Metric::Duration, Statistic::Percentile(50)),
        (Metric::Duration, Statistic::Percentile(99)),
        (Metric::ConcurrentExecutions, Statistic::Maximum),
    ]
    .map(|(metric, statistic)| SeriesKey::new(subject.clone(), metric, statistic))
}

/// The series of a row of the stage table. v2 has no cache, WebSocket has other names: the aws layer leaves out what a
/// kind of API does not have.
pub fn stage_row(subject: &Subject) -> Vec<SeriesKey> {
    let mut wanted = vec![
        (Metric::Count, Statistic::Sum),
        (Metric::Error4xx, Statistic::Sum),
        (Metric::Error5xx, Statistic::Sum),
        (Metric::Latency, Statistic::Percentile(50)),
        (Metric::Latency, Statistic::Percentile(99)),
    ];
    if matches!(subject, Subject::RestStage { .. }) {
        wanted.extend([(Metric::CacheHitCount, Statistic::Sum), (Metric::CacheMissCount, Statistic::Sum)]);
    }
    wanted.into_iter().map(|(metric, statistic)| SeriesKey::new(subject.clone(), metric, statistic)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn percentiles_of_the_window_weigh_busy_minutes_more() {
        let start = Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment");
        let subject = Subject::Function("checkout".into());
        let series = |values: [f64; 2]| Series {
            period: 60,
            points: vec![(start, values[0]), (start + TimeDelta::seconds(60), values[1])],
        };
        let mut metrics = Metrics::default();
        let key = |metric, statistic| SeriesKey::new(subject.clone(), metric, statistic);
        metrics.accept(
            vec![
                (key(Metric::Invocations, Statistic::Sum), series([90.0, 10.0])),
                (key(Metric::Errors, Statistic::Sum), series([0.0, 5.0])),
                (key(Metric::Duration, Statistic::Percentile(99)), series([100.0, 1100.0])),
            ],
            start,
            start,
        );
        let figures = metrics.figures(&subject);
        assert_eq!(figures.invocations, Some(100.0));
        assert_eq!(figures.p99, Some(200.0));
        assert_eq!(figures.error_share(), 0.05);
        assert_eq!(metrics.figures(&Subject::Fleet).invocations, None);
    }

    #[test]
    fn who_was_measured_is_known_for_a_while() {
        let start = Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment");
        let mut metrics = Metrics::default();
        let key = |name: &str| SeriesKey::new(Subject::Function(name.into()), Metric::Errors, Statistic::Sum);
        let seen = metrics.revision();
        for name in ["a", "b"] {
            metrics.accept(vec![(key(name), Series::default())], start, start);
        }
        let since = |metrics: &Metrics, seen| {
            metrics.measured_since(seen).map(|names| names.map(str::to_string).collect::<Vec<_>>())
        };
        assert_eq!(since(&metrics, seen), Some(vec!["a".to_string(), "b".into()]));
        assert_eq!(since(&metrics, seen + 1), Some(vec!["b".to_string()]));
        assert_eq!(since(&metrics, metrics.revision()), Some(vec![]));
        for _ in 0..BATCHES {
            metrics.accept(vec![(key("c"), Series::default())], start, start);
        }
        assert_eq!(since(&metrics, seen), None, "too long ago");
        let seen = metrics.revision();
        metrics.clear();
        assert_eq!(since(&metrics, seen), None, "everything was forgotten");
    }
}
