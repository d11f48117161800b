//! X-Ray: the traces of the account, summarised, in full, and as a graph of its services.

mod calls;
mod destination;
mod draw;
mod evaluate;
mod filter;
mod graph;
mod handler;
mod lexicon;
mod retrieval;
mod sampling;
mod scan;
mod span;
pub mod span_log;
mod summary;
mod trace;

pub use retrieval::Retrievals;

use serde_json::{Value, json};

use super::{Call, page};
use crate::sim::wire::{Response, error_json, json as answer};
use crate::sim::world::{Millis, World};
use graph::{Graph, Statistics};
use trace::{Trace, hex};

/// Longer windows are refused.
const LONGEST_WINDOW_MS: Millis = 6 * 3_600_000;
/// Services in a page of a graph.
const SERVICES_IN_A_PAGE: usize = 20;

/// Answers one call.
pub fn handle(call: &Call<'_>) -> Response {
    match operation(call) {
        Ok(body) => answer(200, &body),
        Err(refusal) => refusal,
    }
}

fn operation(call: &Call<'_>) -> Result<Value, Response> {
    let body = call.json()?;
    match call.operation {
        "GetTraceSummaries" => scan::summaries(call, &body),
        "BatchGetTraces" => batch(call, &body),
        "GetServiceGraph" => service_graph(call, &body),
        "GetTraceGraph" => trace_graph(call, &body),
        "GetTimeSeriesServiceStatistics" => time_series(call, &body),
        "GetGroups" => Ok(json!({"Groups": groups(call.world).iter().map(Group::json).collect::<Vec<_>>()})),
        "GetGroup" => {
            let group = group(call.world, &body)?.ok_or_else(|| invalid("GroupName or GroupARN must be specified"))?;
            Ok(json!({"Group": group.json()}))
        }
        "GetTraceSegmentDestination" => Ok(destination::get(call)),
        "UpdateTraceSegmentDestination" => destination::update(call, &body),
        "GetIndexingRules" => Ok(destination::rules(call)),
        "UpdateIndexingRule" => destination::update_rule(call, &body),
        "GetSamplingRules" => Ok(sampling::rules(call)),
        "GetSamplingStatisticSummaries" => sampling::statistics(call, &body),
        "StartTraceRetrieval" => retrieval::start(call, &body),
        "ListRetrievedTraces" => retrieval::list(call, &body),
        "CancelTraceRetrieval" => retrieval::cancel(call, &body),
        "GetRetrievedTracesGraph" => retrieval::graph(call, &body),
        _ => Err(super::unknown_operation(call)),
    }
}

/// Why a call is not served, as the response that says so.
type Refusal = Response;

/// 404, of what Transaction Search keeps.
fn missing(message: &str) -> Refusal {
    error_json(404, "ResourceNotFoundException", message)
}

/// 400, the only other error that X-Ray has beside throttling.
fn invalid(message: &str) -> Response {
    error_json(400, "InvalidRequestException", message)
}

/// A group: traces that its expression picks.
struct Group {
    name: &'static str,
    expression: Option<&'static str>,
    arn: String,
}

impl Group {
    fn json(&self) -> Value {
        let mut shown = json!({
            "GroupName": self.name,
            "GroupARN": self.arn,
            "InsightsConfiguration": {"InsightsEnabled": false, "NotificationsEnabled": false},
        });
        if let Some(expression) = self.expression {
            shown["FilterExpression"] = expression.into();
        }
        shown
    }
}

fn groups(world: &World) -> Vec<Group> {
    let known = [
        ("Default", None),
        ("slow-or-failing", Some("fault = true OR responsetime > 2")),
        ("checkout", Some("service(\"checkout-api\") OR http.url CONTAINS \"/checkout\"")),
    ];
    let catalog = &world.catalog;
    let arn = |name: &str| {
        let id = super::apigateway::code(name, 26).to_uppercase();
        format!("arn:aws:xray:{}:{}:group/{name}/{id}", catalog.region, catalog.account_id)
    };
    known.into_iter().map(|(name, expression)| Group { name, expression, arn: arn(name) }).collect()
}

/// The group that a request names, if any.
fn group(world: &World, body: &Value) -> Result<Option<Group>, Response> {
    let (name, arn) = (body["GroupName"].as_str(), body["GroupARN"].as_str());
    if name.is_none() && arn.is_none() {
        return Ok(None);
    }
    let found = groups(world).into_iter().find(|group| name == Some(group.name) || arn == Some(&group.arn));
    found.map(Some).ok_or_else(|| invalid("Group not found"))
}

/// Whether the group picks a trace; no group picks all.
fn in_group(group: Option<&Group>, trace: &Trace) -> bool {
    let expression = group.and_then(|group| group.expression);
    expression.is_none_or(|expression| {
        filter::parse(expression).is_ok_and(|filter| evaluate::picks(&filter, trace, &|_| None))
    })
}

/// The expression of a group by its name, for `group.name = "…"`.
fn group_filter(world: &World, name: &str) -> Option<filter::Filter> {
    let group = groups(world).into_iter().find(|group| group.name == name)?;
    // The default group has no expression: it picks everything.
    filter::parse(group.expression.unwrap_or("duration >= 0")).ok()
}

/// One trace as it is known at `now`; none when it was not sampled, is not there, or went to the logs alone.
fn find(world: &World, id: &str, now: Millis) -> Option<Trace> {
    let found = world.trace(id).filter(|found| found.sampled() && world.in_xray(id, found.start()))?;
    draw::draw(world, &found)?.at(now as f64)
}

/// The segments of a trace, each with its id.
fn documents(trace: &Trace) -> Vec<Value> {
    let document =
        |segment: &trace::Segment| json!({"Id": hex(segment.id), "Document": segment.document(&trace.id).to_string()});
    trace.segments.iter().map(document).collect()
}

fn trace_ids(body: &Value) -> Result<Vec<String>, Response> {
    let Value::Array(listed) = &body["TraceIds"] else { return Err(invalid("TraceIds must be specified")) };
    let mut ids = Vec::new();
    for id in listed {
        let id = id.as_str().unwrap_or_default();
        if !well_formed(id) {
            return Err(invalid(&format!("Invalid trace id: {id}")));
        }
        ids.push(id.to_owned());
    }
    Ok(ids)
}

/// `1-8hex-24hex`.
fn well_formed(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    let hexadecimal =
        |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    matches!(parts.as_slice(), ["1", second, rest] if hexadecimal(second, 8) && hexadecimal(rest, 24))
}

fn batch(call: &Call<'_>, body: &Value) -> Result<Value, Response> {
    if body["NextToken"].is_string() {
        return Err(invalid("NextToken is not implemented"));
    }
    let ids = trace_ids(body)?;
    if ids.len() > 5 {
        return Err(invalid("Exceeding maximum query size: 5"));
    }
    let mut traces = Vec::new();
    let mut unprocessed = Vec::new();
    for id in ids {
        let Some(trace) = find(call.world, &id, call.now) else {
            unprocessed.push(id);
            continue;
        };
        traces.push(json!({
            "Id": trace.id,
            "Duration": trace.duration_s(),
            "LimitExceeded": false,
            "Segments": documents(&trace),
        }));
    }
    Ok(json!({"Traces": traces, "UnprocessedTraceIds": unprocessed}))
}

fn service_graph(call: &Call<'_>, body: &Value) -> Result<Value, Response> {
    let window = scan::window(body)?;
    let group = group(call.world, body)?;
    let mut graph = Graph::default();
    scan::sample(call, window, &mut |trace, weight| {
        if in_group(group.as_ref(), &trace) {
            graph.add(&trace, weight);
        }
    });
    let scope = format!("graph {} {} {}", window.0, window.1, group.as_ref().map_or("", |group| group.name));
    let mut shown = page_of_services(call, body, &scope, &graph)?;
    shown["StartTime"] = (window.0 as f64 / 1000.0).into();
    shown["EndTime"] = (window.1 as f64 / 1000.0).into();
    shown["ContainsOldGroupVersions"] = false.into();
    Ok(shown)
}

fn trace_graph(call: &Call<'_>, body: &Value) -> Result<Value, Response> {
    let ids = trace_ids(body)?;
    let mut graph = Graph::default();
    for trace in ids.iter().filter_map(|id| find(call.world, id, call.now)) {
        graph.add(&trace, 1.0);
    }
    page_of_services(call, body, &format!("trace graph {}", ids.join(" ")), &graph)
}

fn page_of_services(call: &Call<'_>, body: &Value, scope: &str, graph: &Graph) -> Result<Value, Response> {
    let services = graph.services(&call.world.catalog.account_id);
    let (services, next) = page::of(scope, services, body["NextToken"].as_str(), SERVICES_IN_A_PAGE)
        .ok_or_else(|| invalid("Invalid NextToken"))?;
    let mut shown = json!({"Services": services});
    if let Some(next) = next {
        shown["NextToken"] = next.into();
    }
    Ok(shown)
}

fn time_series(call: &Call<'_>, body: &Value) -> Result<Value, Response> {
    let window = scan::window(body)?;
    let group = group(call.world, body)?;
    let period = match body["Period"].as_i64() {
        None => 60,
        Some(period @ (60 | 300)) => period,
        Some(_) => return Err(invalid("Period must be 60 or 300")),
    };
    let expression = body["EntitySelectorExpression"].as_str();
    if expression.is_some_and(|text| text.chars().count() > 500) {
        return Err(invalid("EntitySelectorExpression must have at most 500 characters"));
    }
    let selected = expression.map(filter::parse).transpose().map_err(|mistake| invalid(&mistake.to_string()))?;
    let period_ms = period * 1000;
    let mut series = std::collections::BTreeMap::<Millis, Statistics>::new();
    scan::sample(call, window, &mut |trace, weight| {
        if in_group(group.as_ref(), &trace) {
            for segment in evaluate::entities(selected.as_ref(), &trace) {
                let bucket = (segment.start_ms as Millis).div_euclid(period_ms) * period_ms;
                series.entry(bucket).or_default().add(segment, weight);
            }
        }
    });
    let is_edge = matches!(selected, Some(filter::Filter::Edge(..)));
    let entries = series.into_iter().map(|(bucket, statistics)| {
        let key = if is_edge { "EdgeSummaryStatistics" } else { "ServiceSummaryStatistics" };
        json!({"Timestamp": bucket / 1000, key: statistics.json(), "ResponseTimeHistogram": statistics.histogram()})
    });
    Ok(json!({"TimeSeriesServiceStatistics": entries.collect::<Vec<_>>(), "ContainsOldGroupVersions": false}))
}

#[cfg(test)]
mod tests;
