//! All functions of a region ranked by one metric: a Metrics Insights query, sent through GetMetricData.

use aws_sdk_cloudwatch::types::{MetricDataQuery, MetricDataResult, ScanBy, StatusCode};
use chrono::TimeDelta;

use super::Account;
use super::pages::Pages;
use super::reading::{ceiling, floor, instant, shown};
use crate::model::series::Metric;
use crate::model::trouble::{Kind, Trouble};
use crate::time::Moment;

/// How many functions come back.
const RANKED: usize = 100;
/// One page holds far more points than a ranking has.
const PAGES: usize = 10;
/// Metrics Insights looks back three hours at most (model of GetMetricData; the user guide says two weeks for graphs).
const REACH: TimeDelta = TimeDelta::hours(3);

/// How the points of a function become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fold {
    Sum,
    Maximum,
    Average,
}

/// Name of the metric, the function of the query, and what its points amount to. Percentiles it does not know.
fn asked(metric: Metric) -> Option<(&'static str, &'static str, Fold)> {
    Some(match metric {
        Metric::Invocations => ("Invocations", "SUM", Fold::Sum),
        Metric::Errors => ("Errors", "SUM", Fold::Sum),
        Metric::Throttles => ("Throttles", "SUM", Fold::Sum),
        Metric::Duration => ("Duration", "AVG", Fold::Average),
        Metric::ConcurrentExecutions => ("ConcurrentExecutions", "MAX", Fold::Maximum),
        _ => return None,
    })
}

fn query(name: &str, function: &str) -> String {
    format!(
        "SELECT {function}({name}) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName \
         ORDER BY {function}() DESC LIMIT {RANKED}"
    )
}

/// The functions with the largest values between two moments, the largest first; those without any points, or with
/// nothing but zeros, are left out. `looks_at` metrics are billed: one for each function that has the metric.
///
/// Errors: those of GetMetricData, and a metric that can't be ranked by.
pub async fn rank(
    account: &Account,
    metric: Metric,
    looks_at: u64,
    (start, end): (Moment, Moment),
    period: u32,
) -> Result<Vec<(String, f64)>, Trouble> {
    const ACTION: &str = "cloudwatch:GetMetricData";
    let Some((name, function, fold)) = asked(metric) else {
        return Err(Trouble::new(Kind::Invalid, ACTION, "this metric is no metric of functions"));
    };
    let seconds = i64::from(period);
    let expression = MetricDataQuery::builder()
        .id("q0")
        .expression(query(name, function))
        .period(i32::try_from(period).unwrap_or(i32::MAX))
        .return_data(true)
        .build();
    let request = account
        .cloudwatch()
        .get_metric_data()
        .metric_data_queries(expression)
        .start_time(instant(floor(start.max(end - REACH), seconds)))
        .end_time(instant(ceiling(end, seconds)))
        .scan_by(ScanBy::TimestampAscending);
    // One query is billed once, however many pages its answer has.
    account.meter().asked_for_metrics(looks_at, account.clock().now());
    let (mut pages, mut token) = (Pages::up_to(PAGES), None);
    let mut values: Vec<(String, Vec<f64>)> = Vec::new();
    loop {
        let output = request.clone().set_next_token(token).send().await;
        let output = output.map_err(|error| account.trouble(ACTION, &error))?;
        for result in output.metric_data_results() {
            if matches!(result.status_code(), Some(StatusCode::InternalError | StatusCode::Forbidden)) {
                return Err(Trouble::new(Kind::Other, ACTION, why(result)));
            }
            let label = shown(result.label());
            let points = result.values().iter().copied().filter(|value| value.is_finite());
            match values.iter_mut().find(|(known, _)| *known == label) {
                Some((_, known)) => known.extend(points),
                None => values.push((label, points.collect())),
            }
        }
        token = pages.follow(output.next_token());
        if token.is_none() {
            break;
        }
    }
    let mut ranked: Vec<(String, f64)> = values
        .into_iter()
        .map(|(name, points)| (name, folded(&points, fold)))
        .filter(|(name, value)| !name.is_empty() && *value > 0.0)
        .collect();
    // Equals stand as CloudWatch has them.
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(ranked)
}

fn folded(points: &[f64], fold: Fold) -> f64 {
    let sum: f64 = points.iter().sum();
    match fold {
        Fold::Sum => sum,
        Fold::Maximum => points.iter().copied().fold(0.0, f64::max),
        Fold::Average if points.is_empty() => 0.0,
        Fold::Average => sum / points.len() as f64,
    }
}

fn why(result: &MetricDataResult) -> String {
    let message = result.messages().first().map(|message| shown(message.value())).unwrap_or_default();
    if message.is_empty() { "CloudWatch could not rank the functions".into() } else { message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_names_the_schema_and_the_order() {
        assert_eq!(
            query("Errors", "SUM"),
            "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName ORDER BY SUM() DESC LIMIT 100"
        );
        assert_eq!(asked(Metric::Latency), None);
        assert_eq!(folded(&[1.0, 3.0], Fold::Average), 2.0);
        assert_eq!(folded(&[], Fold::Average), 0.0);
        assert_eq!(folded(&[1.0, 3.0], Fold::Maximum), 3.0);
    }
}
