//! CloudWatch metrics: series keys as MetricDataQueries, and the points that come back.

use aws_sdk_cloudwatch::types::{Dimension, Metric as SdkMetric, MetricDataQuery, MetricStat, ScanBy, StatusCode};
use chrono::TimeDelta;

use super::Account;
use super::pages::Pages;
use super::reading::{ceiling, floor, instant, moment, shown};
use crate::model::series::{Metric, Series, SeriesKey, Statistic, Subject};
use crate::model::trouble::{Kind, Trouble};
use crate::time::Moment;

/// GetMetricData takes 500 queries.
pub const PER_CALL: usize = 500;
/// One call holds 100,800 points; all that fits into a window is far less than this many pages.
const PAGES: usize = 50;
/// Up to five statistics of one metric in one call are billed as one metric.
const STATISTICS_PER_METRIC: usize = 5;

/// What one call for series brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Points of each series that was answered, oldest first; none where there was no data.
    pub series: Vec<(SeriesKey, Series)>,
    /// Series for which CloudWatch had an error of its own, and the error.
    pub failed: Option<(Vec<SeriesKey>, Trouble)>,
}

/// Asks for at most [`PER_CALL`] series from `start` to `end`, both aligned to the period outwards. Sort the keys of a
/// larger set before cutting it: statistics of one metric are billed once only where they stand in the same call.
pub async fn measure(
    account: &Account,
    keys: &[SeriesKey],
    start: Moment,
    end: Moment,
    period: u32,
) -> Result<Measured, Trouble> {
    debug_assert!(keys.len() <= PER_CALL, "GetMetricData takes 500 queries");
    if keys.is_empty() {
        return Ok(Measured::default());
    }
    let (from, to) = (floor(start, i64::from(period)), ceiling(end, i64::from(period)));
    let request = account
        .cloudwatch()
        .get_metric_data()
        .set_metric_data_queries(Some(queries(keys, period)))
        .start_time(instant(from))
        .end_time(instant(to))
        .scan_by(ScanBy::TimestampAscending);
    let billed = billed(keys);
    let mut points: Vec<Vec<(Moment, f64)>> = vec![Vec::new(); keys.len()];
    let mut refused: Vec<(usize, String)> = Vec::new();
    let (mut pages, mut token) = (Pages::up_to(PAGES), None);
    loop {
        account.meter().asked_for_metrics(billed, account.clock().now());
        let output = request.clone().set_next_token(token).send().await;
        let output = output.map_err(|error| account.trouble("cloudwatch:GetMetricData", &error))?;
        for result in output.metric_data_results() {
            let Some(index) = result.id().and_then(index_of).filter(|index| *index < keys.len()) else { continue };
            let times = result.timestamps().iter().filter_map(|time| moment(Some(time)));
            points[index].extend(times.zip(result.values().iter().copied()).filter(|(_, value)| value.is_finite()));
            if matches!(result.status_code(), Some(StatusCode::InternalError | StatusCode::Forbidden)) {
                let why = result.messages().first().map(|message| shown(message.value())).unwrap_or_default();
                refused.push((index, why));
            }
        }
        token = pages.follow(output.next_token());
        if token.is_none() {
            break;
        }
    }
    let mut measured = Measured::default();
    let (mut failed, mut why) = (Vec::new(), String::new());
    for (index, (key, mut points)) in keys.iter().zip(points).enumerate() {
        if let Some((_, message)) = refused.iter().find(|(refused, _)| *refused == index)
            && points.is_empty()
        {
            failed.push(key.clone());
            why.clone_from(message);
            continue;
        }
        // Some servers ignore ScanBy, and pages may overlap.
        points.sort_by_key(|(time, _)| *time);
        points.dedup_by_key(|(time, _)| *time);
        measured.series.push((key.clone(), Series { period, points }));
    }
    if !failed.is_empty() {
        let message = if why.is_empty() { "CloudWatch could not compute some series".to_string() } else { why };
        measured.failed = Some((failed, Trouble::new(Kind::Other, "cloudwatch:GetMetricData", message)));
    }
    Ok(measured)
}

/// Start of the newest bucket that is complete: Lambda sends once a minute, so the running bucket and what ended less
/// than a minute ago are provisional.
pub fn settled(now: Moment, period: u32) -> Moment {
    floor(now - TimeDelta::seconds(60 + i64::from(period)), i64::from(period))
}

/// What CloudWatch bills for one call with these keys.
pub fn billed(keys: &[SeriesKey]) -> u64 {
    let mut statistics: std::collections::HashMap<(&Subject, &'static str), usize> = std::collections::HashMap::new();
    for key in keys {
        *statistics.entry((&key.subject, name(&key.subject, key.metric))).or_default() += 1;
    }
    statistics.values().map(|n| n.div_ceil(STATISTICS_PER_METRIC) as u64).sum()
}

fn queries(keys: &[SeriesKey], period: u32) -> Vec<MetricDataQuery> {
    let period = i32::try_from(period).unwrap_or(i32::MAX);
    keys.iter()
        .enumerate()
        .map(|(index, key)| {
            let metric = SdkMetric::builder()
                .namespace(namespace(&key.subject))
                .metric_name(name(&key.subject, key.metric))
                .set_dimensions(Some(dimensions(&key.subject)))
                .build();
            let stat = MetricStat::builder().metric(metric).period(period).stat(stat(key.statistic)).build();
            // An id must begin with a lower-case letter.
            MetricDataQuery::builder().id(format!("q{index}")).metric_stat(stat).return_data(true).build()
        })
        .collect()
}

fn index_of(id: &str) -> Option<usize> {
    id.strip_prefix('q')?.parse().ok()
}

fn namespace(subject: &Subject) -> &'static str {
    match subject {
        Subject::Fleet | Subject::Function(_) | Subject::Qualifier { .. } | Subject::ExecutedVersion { .. } => {
            "AWS/Lambda"
        }
        Subject::Queue(_) => "AWS/SQS",
        Subject::RestStage { .. }
        | Subject::HttpStage { .. }
        | Subject::WebSocketStage { .. }
        | Subject::RestMethod { .. }
        | Subject::HttpRoute { .. } => "AWS/ApiGateway",
    }
}

fn dimensions(subject: &Subject) -> Vec<Dimension> {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    match subject {
        // Without dimensions: all functions of the region.
        Subject::Fleet => Vec::new(),
        Subject::Function(name) => vec![dimension("FunctionName", name)],
        Subject::Qualifier { function, qualifier } => {
            vec![dimension("FunctionName", function), dimension("Resource", &format!("{function}:{qualifier}"))]
        }
        Subject::ExecutedVersion { function, alias, version } => vec![
            dimension("FunctionName", function),
            dimension("Resource", &format!("{function}:{alias}")),
            dimension("ExecutedVersion", version),
        ],
        Subject::Queue(name) => vec![dimension("QueueName", name)],
        Subject::RestStage { api, stage } => vec![dimension("ApiName", &ascii(api)), dimension("Stage", stage)],
        Subject::RestMethod { api, stage, method, resource } => vec![
            dimension("ApiName", &ascii(api)),
            dimension("Stage", stage),
            dimension("Method", method),
            dimension("Resource", resource),
        ],
        Subject::HttpRoute { api, stage, method, resource } => vec![
            dimension("ApiId", api),
            dimension("Stage", stage),
            dimension("Method", method),
            dimension("Resource", resource),
        ],
        Subject::HttpStage { api, stage } | Subject::WebSocketStage { api, stage } => {
            vec![dimension("ApiId", api), dimension("Stage", stage)]
        }
    }
}

/// CloudWatch gets the name without its non-ASCII characters.
fn ascii(api: &str) -> String {
    api.chars().filter(char::is_ascii).collect()
}

fn stat(statistic: Statistic) -> String {
    match statistic {
        Statistic::Sum => "Sum".into(),
        Statistic::Average => "Average".into(),
        Statistic::Maximum => "Maximum".into(),
        Statistic::SampleCount => "SampleCount".into(),
        Statistic::Percentile(p) => format!("p{p}"),
    }
}

/// AWS's name of the metric; the three kinds of API each have their own.
fn name(subject: &Subject, metric: Metric) -> &'static str {
    let web_socket = matches!(subject, Subject::WebSocketStage { .. });
    let http = matches!(subject, Subject::HttpStage { .. } | Subject::HttpRoute { .. });
    match metric {
        Metric::Invocations => "Invocations",
        Metric::Errors => "Errors",
        Metric::Throttles => "Throttles",
        Metric::Duration => "Duration",
        Metric::ConcurrentExecutions => "ConcurrentExecutions",
        Metric::UnreservedConcurrentExecutions => "UnreservedConcurrentExecutions",
        Metric::ClaimedAccountConcurrency => "ClaimedAccountConcurrency",
        Metric::ProvisionedConcurrentExecutions => "ProvisionedConcurrentExecutions",
        Metric::ProvisionedConcurrencyInvocations => "ProvisionedConcurrencyInvocations",
        Metric::ProvisionedConcurrencySpilloverInvocations => "ProvisionedConcurrencySpilloverInvocations",
        Metric::ProvisionedConcurrencyUtilization => "ProvisionedConcurrencyUtilization",
        Metric::AsyncEventAge => "AsyncEventAge",
        Metric::AsyncEventsReceived => "AsyncEventsReceived",
        Metric::AsyncEventsDropped => "AsyncEventsDropped",
        Metric::DeadLetterErrors => "DeadLetterErrors",
        Metric::DestinationDeliveryFailures => "DestinationDeliveryFailures",
        Metric::IteratorAge => "IteratorAge",
        Metric::ApproximateAgeOfOldestMessage => "ApproximateAgeOfOldestMessage",
        Metric::ApproximateNumberOfMessagesVisible => "ApproximateNumberOfMessagesVisible",
        Metric::Count if web_socket => "MessageCount",
        Metric::Count => "Count",
        Metric::Error4xx if web_socket => "ClientError",
        Metric::Error4xx if http => "4xx",
        Metric::Error4xx => "4XXError",
        Metric::Error5xx if web_socket => "ExecutionError",
        Metric::Error5xx if http => "5xx",
        Metric::Error5xx => "5XXError",
        Metric::Latency if !web_socket => "Latency",
        Metric::Latency | Metric::IntegrationLatency => "IntegrationLatency",
        Metric::CacheHitCount => "CacheHitCount",
        Metric::CacheMissCount => "CacheMissCount",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(subject: Subject, metric: Metric, statistic: Statistic) -> SeriesKey {
        SeriesKey::new(subject, metric, statistic)
    }

    #[test]
    fn five_statistics_of_a_metric_are_billed_once() {
        let duration = |p| key(Subject::Fleet, Metric::Duration, Statistic::Percentile(p));
        assert_eq!(billed(&[duration(50), duration(90), duration(99)]), 1);
        assert_eq!(billed(&(1..=6).map(duration).collect::<Vec<_>>()), 2);
        let other = key(Subject::Function("a".into()), Metric::Duration, Statistic::Average);
        assert_eq!(billed(&[duration(50), other, key(Subject::Fleet, Metric::Errors, Statistic::Sum)]), 3);
    }

    #[test]
    fn each_kind_of_subject_has_its_names_and_dimensions() {
        let stage = |make: fn(String, String) -> Subject| make("api".into(), "prod".into());
        let rest = stage(|api, stage| Subject::RestStage { api, stage });
        let http = stage(|api, stage| Subject::HttpStage { api, stage });
        let socket = stage(|api, stage| Subject::WebSocketStage { api, stage });
        assert_eq!([&rest, &http, &socket].map(|s| name(s, Metric::Error5xx)), ["5XXError", "5xx", "ExecutionError"]);
        assert_eq!(
            [&rest, &http].map(|s| dimensions(s)[0].name().map(str::to_string)),
            [Some("ApiName".into()), Some("ApiId".into())]
        );
        let qualifier = Subject::Qualifier { function: "pay".into(), qualifier: "live".into() };
        assert_eq!(dimensions(&qualifier)[1].value(), Some("pay:live"));
        let queries = queries(&[key(Subject::Fleet, Metric::Duration, Statistic::Percentile(99))], 60);
        let stat = queries[0].metric_stat().expect("a metric stat");
        assert_eq!((queries[0].id(), stat.stat(), stat.period()), (Some("q0"), Some("p99"), Some(60)));
    }

    #[test]
    fn the_running_bucket_and_the_one_before_are_provisional() {
        let moment = |seconds| Moment::from_timestamp(seconds, 0).expect("a valid moment");
        assert_eq!(settled(moment(6000 + 30), 60), moment(6000 - 120));
        assert_eq!(settled(moment(6000), 60), moment(6000 - 120));
        assert_eq!(settled(moment(6000 + 90), 300), moment(6000 - 300));
    }
}
