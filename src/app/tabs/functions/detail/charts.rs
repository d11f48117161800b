//! The charts of the open function: which there are, of what series, and the crosshair that goes through their buckets.

use chrono::TimeDelta;

use super::Detail;
use super::qualifiers::weighted;
use crate::app::command::Action;
use crate::app::step::{Jump, LogTarget, Step};
use crate::app::tabs::Context;
use crate::model::expression;
use crate::model::function::EventSourceMapping;
use crate::model::series::{Metric, Series, SeriesKey, Statistic, Subject};
use crate::store::Store;
use crate::time::Moment;

/// How the values of a chart are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count.
    Count,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
}

/// The part that a curve plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // four colours without a meaning, and two with one
pub enum Ink {
    First,
    Second,
    Third,
    Fourth,
    Wrong,
    Throttled,
}

const INKS: [Ink; 4] = [Ink::First, Ink::Second, Ink::Third, Ink::Fourth];

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its series.
    pub key: SeriesKey,
    /// Its name in the legend.
    pub name: String,
    /// Its part.
    pub ink: Ink,
}

/// One chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Its title.
    pub title: String,
    /// Its curves.
    pub curves: Vec<Curve>,
    /// How its values are written.
    pub unit: Unit,
    /// Limits, each with its name.
    pub limits: Vec<(f64, &'static str)>,
}

/// Queues whose age is drawn at most.
const QUEUES: usize = 4;
/// Buckets of a large step of the crosshair.
const STRIDE: i64 = 10;

impl Detail {
    /// What the first charts are of: the function, or the alias or version that was chosen.
    pub fn subject(&self) -> Subject {
        match &self.narrowed {
            Some(qualifier) => Subject::Qualifier { function: self.name.clone(), qualifier: qualifier.clone() },
            None => Subject::Function(self.name.clone()),
        }
    }

    /// The charts that there are to draw.
    pub fn charts(&self, store: &Store) -> Vec<Chart> {
        let subject = self.subject();
        let of_subject = [self.invocations(&subject), self.duration(&subject, store), self.in_use(&subject, store)];
        match &self.narrowed {
            // Where an alias is divided between versions, it is for the sake of comparing them.
            Some(qualifier) => self.versions(qualifier, store).into_iter().chain(of_subject).collect(),
            None => of_subject.into_iter().chain(self.sources(store)).collect(),
        }
    }

    fn invocations(&self, subject: &Subject) -> Chart {
        let curve = |metric, name: &str, ink| curve(subject, metric, Statistic::Sum, name, ink);
        let curves = vec![
            curve(Metric::Invocations, "inv", Ink::First),
            curve(Metric::Errors, "err", Ink::Wrong),
            curve(Metric::Throttles, "thr", Ink::Throttled),
        ];
        Chart { title: "invocations".into(), curves, unit: Unit::Count, limits: vec![] }
    }

    fn duration(&self, subject: &Subject, store: &Store) -> Chart {
        let percentile = |p, name: &str, ink| curve(subject, Metric::Duration, Statistic::Percentile(p), name, ink);
        let curves = vec![
            percentile(50, "p50", Ink::Third),
            percentile(90, "p90", Ink::First),
            percentile(99, "p99", Ink::Second),
            curve(subject, Metric::Duration, Statistic::Maximum, "max", Ink::Fourth),
        ];
        let timeout = self.function(store).map(|function| (f64::from(function.timeout_s) * 1000.0, "t/o"));
        Chart { title: "duration".into(), curves, unit: Unit::Millis, limits: timeout.into_iter().collect() }
    }

    fn in_use(&self, subject: &Subject, store: &Store) -> Chart {
        let mut curves = vec![curve(subject, Metric::ConcurrentExecutions, Statistic::Maximum, "used", Ink::Fourth)];
        let mut limits = Vec::new();
        if self.narrowed.is_none() {
            let reserved = store.functions.get(&self.name).and_then(|function| function.reserved.flatten());
            limits.extend(reserved.map(|reserved| (f64::from(reserved), "resv")));
        }
        let provisioned = self.provisioned(store);
        if provisioned > 0 {
            let metric = Metric::ProvisionedConcurrentExecutions;
            curves.push(curve(subject, metric, Statistic::Maximum, "on prov", Ink::First));
            limits.push((f64::from(provisioned), "prov"));
        }
        Chart { title: "concurrency".into(), curves, unit: Unit::Count, limits }
    }

    /// Environments that are available on what the charts are of.
    fn provisioned(&self, store: &Store) -> u32 {
        let all = self.known(store).map(|detail| detail.provisioned.as_slice()).unwrap_or_default();
        let of = |qualifier: &str| self.narrowed.as_deref().is_none_or(|wanted| wanted == qualifier);
        all.iter().filter(|one| of(&one.qualifier)).map(|one| one.available).sum()
    }

    /// Charts of what brings events, as far as there is such a thing.
    fn sources(&self, store: &Store) -> Vec<Chart> {
        let subject = Subject::Function(self.name.clone());
        let sum = |metric| store.metrics.get(&subject, metric, Statistic::Sum).map_or(0.0, Series::total);
        let mut charts = Vec::new();
        let mut add = |title: &str, curves: Vec<Curve>, unit| {
            charts.push(Chart { title: title.into(), curves, unit, limits: vec![] });
        };
        let known = self.known(store);
        let configured = known.is_some_and(|detail| detail.asynchronous.is_some());
        if configured || sum(Metric::AsyncEventsReceived) + sum(Metric::AsyncEventsDropped) > 0.0 {
            let age = curve(&subject, Metric::AsyncEventAge, Statistic::Maximum, "oldest", Ink::Second);
            add("async age", vec![age], Unit::Millis);
            let event = |metric, name: &str, ink| curve(&subject, metric, Statistic::Sum, name, ink);
            let events = vec![
                event(Metric::AsyncEventsReceived, "in", Ink::First),
                event(Metric::AsyncEventsDropped, "dropped", Ink::Wrong),
            ];
            add("async events", events, Unit::Count);
        }
        let mappings = known.map(|detail| detail.mappings.as_slice()).unwrap_or_default();
        if mappings.iter().any(|mapping| matches!(mapping.service(), "kinesis" | "dynamodb" | "kafka")) {
            let age = curve(&subject, Metric::IteratorAge, Statistic::Maximum, "", Ink::Second);
            add("iterator age", vec![age], Unit::Millis);
        }
        let queues = mappings.iter().filter(|mapping| mapping.service() == "sqs").map(EventSourceMapping::source_name);
        let ages: Vec<Curve> = queues
            .zip(INKS)
            .take(QUEUES)
            .map(|(name, ink)| {
                let queue = Subject::Queue(name.to_string());
                curve(&queue, Metric::ApproximateAgeOfOldestMessage, Statistic::Maximum, name, ink)
            })
            .collect();
        if !ages.is_empty() {
            add("queue age", ages, Unit::Seconds);
        }
        charts
    }

    /// Of a weighted alias, its versions beside each other.
    fn versions(&self, alias: &str, store: &Store) -> Vec<Chart> {
        let Some(versions) = self.known(store).and_then(|detail| weighted(detail, alias)) else { return vec![] };
        let curves = |metric, statistic| -> Vec<Curve> {
            let subject = |version: &String| Subject::ExecutedVersion {
                function: self.name.clone(),
                alias: alias.to_string(),
                version: version.clone(),
            };
            let of = versions.iter().zip(INKS);
            of.map(|(version, ink)| curve(&subject(version), metric, statistic, &format!("v{version}"), ink)).collect()
        };
        let chart = |title: &str, curves, unit| Chart { title: title.into(), curves, unit, limits: vec![] };
        vec![
            chart("errors by version", curves(Metric::Errors, Statistic::Sum), Unit::Count),
            chart("p99 by version", curves(Metric::Duration, Statistic::Percentile(99)), Unit::Millis),
            chart("invocations by version", curves(Metric::Invocations, Statistic::Sum), Unit::Count),
        ]
    }

    /// A key's meaning in the charts.
    pub(super) fn act_on_charts(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        match action {
            Action::Left => self.move_crosshair(-1, cx),
            Action::Right => self.move_crosshair(1, cx),
            Action::PageUp => self.move_crosshair(-STRIDE, cx),
            Action::PageDown => self.move_crosshair(STRIDE, cx),
            Action::First => self.crosshair = Some(buckets(cx).0),
            Action::Last => self.crosshair = Some(buckets(cx).1),
            Action::Up => self.first_chart = self.first_chart.saturating_sub(1),
            Action::Down => {
                let last = self.charts(cx.store).len().saturating_sub(1);
                self.first_chart = (self.first_chart + 1).min(last);
            }
            Action::Open if self.crosshair.is_none() => self.move_crosshair(0, cx),
            Action::Open | Action::SeeLogs => return self.logs_of_moment(action == Action::Open, cx),
            Action::SeeTraces => return self.traces_of_moment(cx),
            _ => {}
        }
        vec![]
    }

    /// The first press puts it on the newest bucket that is complete.
    fn move_crosshair(&mut self, by: i64, cx: &Context) {
        let (first, last) = buckets(cx);
        let period = TimeDelta::seconds(i64::from(cx.window.period()));
        self.crosshair = Some(match self.crosshair {
            None => settled(cx).clamp(first, last),
            Some(at) => {
                let at = floor(at, cx) + period * i32::try_from(by).unwrap_or(0);
                at.clamp(first, last)
            }
        });
    }

    /// First and last millisecond of the bucket under the crosshair.
    fn stretch(&self, cx: &Context) -> Option<(Moment, Moment)> {
        let from = floor(self.crosshair?, cx);
        Some((from, from + TimeDelta::seconds(i64::from(cx.window.period())) - TimeDelta::milliseconds(1)))
    }

    fn logs_of_moment(&self, invocations: bool, cx: &Context) -> Vec<Step> {
        let Some((from, _)) = self.stretch(cx) else { return vec![] };
        vec![Step::Go(Jump::Logs(LogTarget {
            functions: vec![self.name.clone()],
            at: Some(from.timestamp_millis()),
            length_ms: cx.window.period() * 1000,
            invocations,
            ..LogTarget::default()
        }))]
    }

    fn traces_of_moment(&self, cx: &Context) -> Vec<Step> {
        let Some((from, to)) = self.stretch(cx) else { return vec![] };
        let mut steps = vec![Step::Go(Jump::TracesAt(expression::service_is(&self.name), from, to))];
        if self.function(cx.store).is_some_and(|function| !function.traced) {
            let name = &self.name;
            steps.push(Step::Say(format!(
                "{name} is not traced (TracingConfig is PassThrough): only callers' traces show it"
            )));
        }
        steps
    }

    /// Series of the charts.
    pub(super) fn chart_series(&self, store: &Store) -> Vec<SeriesKey> {
        let mut series: Vec<SeriesKey> =
            self.charts(store).into_iter().flat_map(|chart| chart.curves).map(|curve| curve.key).collect();
        // Whether there are asynchronous events, only their count tells.
        let subject = Subject::Function(self.name.clone());
        series.push(SeriesKey::new(subject, Metric::AsyncEventsReceived, Statistic::Sum));
        series
    }
}

fn curve(subject: &Subject, metric: Metric, statistic: Statistic, name: &str, ink: Ink) -> Curve {
    Curve { key: SeriesKey::new(subject.clone(), metric, statistic), name: name.to_string(), ink }
}

/// The start of the bucket that a moment is in.
pub(super) fn floor(at: Moment, cx: &Context) -> Moment {
    let period = i64::from(cx.window.period());
    Moment::from_timestamp(at.timestamp().div_euclid(period) * period, 0).unwrap_or(at)
}

/// First and last bucket of the window.
fn buckets(cx: &Context) -> (Moment, Moment) {
    let (from, to) = cx.window.bounds(cx.now);
    let period = TimeDelta::seconds(i64::from(cx.window.period()));
    let last = floor(to, cx);
    ((floor(from, cx) + period).min(last), last)
}

fn settled(cx: &Context) -> Moment {
    let period = i64::from(cx.window.period());
    let newest = cx.store.metrics.settled().unwrap_or(cx.now - TimeDelta::seconds(60 + period));
    floor(newest, cx)
}
