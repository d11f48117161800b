//! GetMetricData: statistics, expressions, order and pages.

use super::math::{self, Expression};
use super::reader::{Points, Reader};
use super::samples::Statistic;
use super::series::{self, Dimension};
use super::{Refusal, insights, page_start, page_token};
use crate::sim::services::Call;
use crate::sim::wire::Series as Asked;
use crate::sim::wire::document::Document;
use crate::sim::world::Millis;
use crate::sim::world::tally::MINUTE;
use std::collections::{BTreeMap, HashSet};

/// GetMetricData takes so many queries.
const QUERIES: usize = 500;
/// ... and answers with so many datapoints at most.
const POINTS: i64 = 100_800;

/// One MetricDataQuery, checked.
struct Query {
    id: String,
    label: Option<String>,
    returned: bool,
    what: What,
}

enum What {
    Stat { namespace: String, metric: String, dimensions: Vec<Dimension>, period: Millis, statistic: Statistic },
    Math(Expression),
    Insights { query: insights::Query, period: Millis },
}

/// One entry of MetricDataResults: its points, oldest first.
struct Entry {
    id: String,
    label: String,
    points: Points,
}

/// Answers GetMetricData, and says how many metrics that took.
pub fn get(call: &Call<'_>, input: &Document) -> Result<(Document, Asked), Refusal> {
    let queries = read_queries(input)?;
    let start = input.time("StartTime").ok_or_else(|| Refusal::invalid("The parameter StartTime is required."))?;
    let end = input.time("EndTime").ok_or_else(|| Refusal::invalid("The parameter EndTime is required."))?;
    if start >= end {
        return Err(Refusal::invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    let most = match input.int("MaxDatapoints") {
        None => POINTS,
        Some(most) if (1..=POINTS).contains(&most) => most,
        Some(_) => return Err(Refusal::invalid(format!("MaxDatapoints must be between 1 and {POINTS}."))),
    };
    let ascending = match input.text("ScanBy") {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(other) => return Err(Refusal::invalid(format!("ScanBy {other} is not one of its values."))),
    };
    let skip = page_start(input)?;
    let reader = Reader::new(call.world, call.now);
    let (mut entries, asked) = compute(call, &reader, &queries, start, end)?;
    if !ascending {
        entries.iter_mut().for_each(|entry| entry.points.reverse());
    }
    Ok((page(input, &entries, skip, most as usize), asked))
}

fn read_queries(input: &Document) -> Result<Vec<Query>, Refusal> {
    let queries = input.items("MetricDataQueries");
    if queries.is_empty() || queries.len() > QUERIES {
        return Err(Refusal::invalid(format!(
            "The collection MetricDataQueries must have a size of 1 to {QUERIES}, it has {}.",
            queries.len()
        )));
    }
    let mut ids = HashSet::new();
    let mut read = Vec::with_capacity(queries.len());
    for query in queries {
        let query = read_query(query)?;
        if !ids.insert(query.id.clone()) {
            return Err(Refusal::invalid("The values for parameter id in MetricDataQueries are not unique."));
        }
        read.push(query);
    }
    Ok(read)
}

fn read_query(query: &Document) -> Result<Query, Refusal> {
    let id = query.text("Id").unwrap_or_default().to_owned();
    let plain = id.len() <= 255 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plain || !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(Refusal::invalid(format!("The value {id:?} for parameter id is not matching [a-z][A-Za-z0-9_]*.")));
    }
    let what = match (query.get("MetricStat"), query.text("Expression")) {
        (Some(stat), None) => read_stat(stat)?,
        (None, Some(text)) if text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("SELECT")) => {
            let period = query.int("Period").map_or(Ok(MINUTE), read_period)?;
            let query = insights::Query::read(text).map_err(|why| bad_expression(&id, &why))?;
            What::Insights { query, period }
        }
        (None, Some(text)) => What::Math(math::read(text).map_err(|why| bad_expression(&id, &why))?),
        _ => return Err(Refusal::invalid(format!("{id}: exactly one of MetricStat and Expression must be given."))),
    };
    let label = query.text("Label").map(str::to_owned);
    Ok(Query { id, label, returned: query.boolean("ReturnData").unwrap_or(true), what })
}

fn bad_expression(id: &str, why: &str) -> Refusal {
    Refusal::invalid(format!("Error in expression '{id}': {why}"))
}

fn read_stat(stat: &Document) -> Result<What, Refusal> {
    let missing = |name: &str| Refusal::invalid(format!("The parameter MetricStat.{name} is required."));
    let metric = stat.get("Metric").ok_or_else(|| missing("Metric"))?;
    let name = stat.text("Stat").ok_or_else(|| missing("Stat"))?;
    let statistic = Statistic::named(name).ok_or_else(|| {
        Refusal::invalid(format!("The embedded account has no statistic {name}: the plain five and pNN only."))
    })?;
    let dimensions = metric.items("Dimensions").iter();
    let dimensions: Vec<Dimension> = dimensions
        .map(|d| (d.text("Name").unwrap_or_default().to_owned(), d.text("Value").unwrap_or_default().to_owned()))
        .collect();
    if dimensions.len() > 30 {
        return Err(Refusal::invalid("A metric has at most 30 dimensions."));
    }
    Ok(What::Stat {
        namespace: metric.text("Namespace").ok_or_else(|| missing("Metric.Namespace"))?.to_owned(),
        metric: metric.text("MetricName").ok_or_else(|| missing("Metric.MetricName"))?.to_owned(),
        dimensions,
        period: read_period(stat.int("Period").ok_or_else(|| missing("Period"))?)?,
        statistic,
    })
}

/// Milliseconds of a Period. Lambda and API Gateway report by the minute, so finer periods hold the same.
fn read_period(seconds: i64) -> Result<Millis, Refusal> {
    match seconds {
        1 | 5 | 10 | 20 | 30 => Ok(MINUTE),
        s if s > 0 && s % 60 == 0 => Ok(s * 1000),
        s => Err(Refusal::invalid(format!("Invalid Period {s}: it must be 1, 5, 10, 20, 30 or a multiple of 60."))),
    }
}

fn compute(
    call: &Call<'_>,
    reader: &Reader<'_>,
    queries: &[Query],
    start: Millis,
    end: Millis,
) -> Result<(Vec<Entry>, Asked), Refusal> {
    let mut points: BTreeMap<&str, Points> = BTreeMap::new();
    let mut many: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
    // One metric is billed once for up to five of its statistics in a call.
    let mut billed: BTreeMap<(&str, &str, &[Dimension]), usize> = BTreeMap::new();
    let mut analysed = 0;
    for query in queries {
        match &query.what {
            What::Stat { namespace, metric, dimensions, period, statistic } => {
                let series = series::find(&call.world.catalog, namespace, metric, dimensions);
                let series: Vec<_> = series.iter().collect();
                points.insert(&query.id, reader.points(&series, *statistic, *period, start, end));
                *billed.entry((namespace, metric, dimensions)).or_default() += 1;
            }
            What::Insights { query: select, period } => {
                let found = select.run(call.world, reader, *period, start, end);
                analysed += found.analysed;
                let label = |group: String| if group.is_empty() { query.id.clone() } else { group };
                let entry = |(group, points)| Entry { id: query.id.clone(), label: label(group), points };
                many.insert(&query.id, found.groups.into_iter().map(entry).collect());
            }
            What::Math(_) => {}
        }
    }
    let formulas: BTreeMap<&str, &Expression> = queries
        .iter()
        .filter_map(|query| match &query.what {
            What::Math(expression) => Some((query.id.as_str(), expression)),
            _ => None,
        })
        .collect();
    let mut entries = Vec::new();
    for query in queries.iter().filter(|query| query.returned) {
        let own = match &query.what {
            What::Insights { .. } => {
                entries.extend(many.remove(query.id.as_str()).unwrap_or_default());
                continue;
            }
            What::Stat { .. } => points.get(query.id.as_str()).cloned().unwrap_or_default(),
            What::Math(expression) => {
                math::evaluate(expression, &formulas, &points).map_err(|why| bad_expression(&query.id, &why))?
            }
        };
        let label = query.label.clone().unwrap_or_else(|| match &query.what {
            What::Stat { metric, .. } => metric.clone(),
            _ => query.id.clone(),
        });
        entries.push(Entry { id: query.id.clone(), label, points: own });
    }
    let stats = queries.iter().filter(|query| matches!(query.what, What::Stat { .. })).count();
    let billed = billed.values().map(|statistics| statistics.div_ceil(5)).sum::<usize>();
    Ok((entries, Asked { queries: stats + analysed, billed: billed + analysed }))
}

/// One page: at most `most` datapoints after the first `skip`, over all entries in their order.
fn page(input: &Document, entries: &[Entry], skip: usize, most: usize) -> Document {
    let total: usize = entries.iter().map(|entry| entry.points.len()).sum();
    let end = total.min(skip + most);
    let mut results = Vec::new();
    let mut place = 0;
    for entry in entries {
        let (first, last) = (place, place + entry.points.len());
        place = last;
        let (from, to) = (first.max(skip), last.min(end));
        // An entry without points is told on the first page; the others where they have some.
        if from >= to && !(entry.points.is_empty() && skip == 0) {
            continue;
        }
        let points = entry.points.get(from - first..to.max(from) - first).unwrap_or_default();
        results.push(Document::map([
            ("Id", entry.id.clone().into()),
            ("Label", entry.label.clone().into()),
            ("Timestamps", Document::List(points.iter().map(|(at, _)| Document::Time(*at)).collect())),
            ("Values", Document::list(points.iter().map(|(_, value)| *value))),
            ("StatusCode", if last > end { "PartialData" } else { "Complete" }.into()),
        ]));
    }
    let next = if end < total { page_token(input, end) } else { Document::Null };
    Document::map([
        ("MetricDataResults", Document::List(results)),
        ("Messages", Document::List(Vec::new())),
        ("NextToken", next),
    ])
}
