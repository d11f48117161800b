//! What invokes a function, as far as it is known: event source mappings, API routes, whoever its resource policy lets
//! in, its URL, callers that traces show; and what becomes of asynchronous events.

use crate::model::function::{EventSourceMapping, FunctionDetail, Grant};
use crate::model::invocation::Invocation;
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::model::service_graph::{CLIENT, ServiceGraph};
use crate::store::Store;
use crate::store::keep_warm::{Steady, named_so, steady};
use crate::text;

/// What kind of trigger it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An event source mapping.
    Mapping,
    /// A route or method of an API.
    Api,
    /// An EventBridge rule or schedule.
    Schedule,
    /// Such a one that only keeps it warm.
    KeepWarm,
    /// Somebody else that the resource policy lets in.
    Grant,
    /// The function's own URL.
    Url,
    /// A service or function that calls it in traces.
    Caller,
    /// What becomes of asynchronous events.
    Asynchronous,
}

impl Kind {
    /// Its name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Mapping => "source",
            Kind::Api => "api",
            Kind::Schedule => "schedule",
            Kind::KeepWarm => "keep-warm",
            Kind::Grant => "may invoke",
            Kind::Url => "url",
            Kind::Caller => "caller",
            Kind::Asynchronous => "async",
        }
    }
}

/// How it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing to say.
    #[default]
    Plain,
    /// Switched off, or on its way there.
    Off,
    /// Something is wrong, or falls behind.
    Wrong,
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// What kind.
    pub kind: Option<Kind>,
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub words: String,
    /// How it stands.
    pub state: State,
    /// Its ARN, URL or id, to be copied.
    pub id: String,
    /// The function that it is, where it is one.
    pub function: Option<String>,
    /// The event source mapping's UUID, where it is one.
    pub uuid: Option<String>,
}

fn trigger(kind: Kind, name: impl Into<String>, words: impl Into<String>, id: &str) -> Trigger {
    Trigger { kind: Some(kind), name: name.into(), words: words.into(), id: id.into(), ..Trigger::default() }
}

/// Messages that have waited this long say that a queue is not kept up with, s; of a stream, its records.
const LATE_S: f64 = 300.0;

/// Everything that is known to invoke `function`, in the order of the screen. `invocations` are those that are known: they
/// betray a keep-warm rule.
pub fn of(store: &Store, function: &str, invocations: &[Invocation]) -> Vec<Trigger> {
    let Some(detail) = store.details.get(function).and_then(|feed| feed.get()) else { return vec![] };
    let mut all: Vec<Trigger> = detail.mappings.iter().map(|mapping| source(store, function, mapping)).collect();
    let routes = routes(store, function);
    let routed: Vec<String> = routes.iter().map(|(api, _)| api.clone()).collect();
    all.extend(routes.into_iter().map(|(_, trigger)| trigger));
    let pings = steady(invocations);
    for grant in &detail.grants {
        all.extend(granted(store, grant, &routed, pings.as_ref()));
    }
    if let Some(url) = &detail.url {
        all.push(trigger(Kind::Url, "function URL", url.clone(), url));
    }
    if let Some(graph) = store.graph.get() {
        all.extend(callers(graph, function, store));
    }
    all.extend(asynchronous(store, function, detail));
    all
}

fn latest(store: &Store, subject: &Subject, metric: Metric) -> Option<f64> {
    store.metrics.get(subject, metric, Statistic::Maximum).and_then(Series::last)
}

fn source(store: &Store, function: &str, mapping: &EventSourceMapping) -> Trigger {
    let name = mapping.source_name();
    let mut words = vec![mapping.state.clone()];
    let mut late = false;
    if mapping.service() == "sqs" {
        let queue = Subject::Queue(name.to_string());
        if let Some(visible) = latest(store, &queue, Metric::ApproximateNumberOfMessagesVisible) {
            words.push(format!("{} waiting", text::count(visible)));
        }
        match latest(store, &queue, Metric::ApproximateAgeOfOldestMessage) {
            Some(age) => {
                late = age >= LATE_S;
                words.push(format!("oldest {}", text::age(age as i64)));
            }
            None => words.push("age of its messages not known yet".into()),
        }
    } else if matches!(mapping.service(), "kinesis" | "dynamodb" | "kafka") {
        match latest(store, &Subject::Function(function.to_string()), Metric::IteratorAge) {
            Some(ms) => {
                late = ms >= LATE_S * 1000.0;
                words.push(format!("iterator age {}", text::millis(ms)));
            }
            None => words.push("iterator age not known yet".into()),
        }
    }
    let window = if mapping.window_s > 0 { format!(" within {} s", mapping.window_s) } else { String::new() };
    words.push(format!("batch {}{window}", mapping.batch_size));
    if let Some(most) = mapping.maximum_concurrency {
        words.push(format!("at most {most} at once"));
    }
    if let Some(factor) = mapping.parallelization.filter(|factor| *factor > 1) {
        words.push(format!("{factor} batches a shard"));
    }
    match mapping.retries {
        Some(-1) => words.push("retries until the records expire".into()),
        Some(times) => words.push(format!("{times} retries")),
        None => {}
    }
    if let Some(target) = &mapping.on_failure {
        words.push(format!("failures to {}", short(target)));
    }
    if let Some(qualifier) = &mapping.qualifier {
        words.push(format!("to {qualifier}"));
    }
    let last = mapping.last_result.as_str();
    let failing = !matches!(last, "" | "OK" | "No records processed");
    if !last.is_empty() {
        words.push(format!("last: {last}"));
    }
    if !mapping.reason.is_empty() && !mapping.enabled() {
        words.push(mapping.reason.clone());
    }
    let state = match (mapping.enabled(), failing || late) {
        (false, _) => State::Off,
        (true, true) => State::Wrong,
        (true, false) => State::Plain,
    };
    let name = format!("{} {name}", mapping.service());
    let known = trigger(Kind::Mapping, name.trim(), words.join(", "), &mapping.source);
    Trigger { state, uuid: Some(mapping.uuid.clone()), ..known }
}

/// Routes that are known to lead to it, each with the id of its API.
fn routes(store: &Store, function: &str) -> Vec<(String, Trigger)> {
    let mut found = Vec::new();
    for (api, feed) in &store.routes {
        for route in feed.get().into_iter().flatten().filter(|route| route.function.as_deref() == Some(function)) {
            let name = store.api(api).map_or(api.as_str(), |api| api.name.as_str());
            let to = route.qualifier.as_ref().map(|qualifier| format!(" to {qualifier}")).unwrap_or_default();
            let words = format!("{}{to}, {}", route.key, route.integration);
            found.push((api.clone(), trigger(Kind::Api, name, words, api)));
        }
    }
    found.sort_by(|a, b| (&a.1.name, &a.1.words).cmp(&(&b.1.name, &b.1.words)));
    found
}

/// The id of the API in a grant's source, `arn:aws:execute-api:REGION:ACCOUNT:ID/STAGE/METHOD/PATH`.
pub fn api_of(grant: &Grant) -> Option<&str> {
    let source = grant.source.as_deref()?;
    (source.split(':').nth(2) == Some("execute-api")).then(|| source.split(':').nth(5)?.split('/').next()).flatten()
}

fn granted(store: &Store, grant: &Grant, routed: &[String], pings: Option<&Steady>) -> Option<Trigger> {
    let source = grant.source.as_deref().unwrap_or_default();
    let on = grant.qualifier.as_ref().map(|qualifier| format!(" on {qualifier}")).unwrap_or_default();
    if let Some(api) = api_of(grant) {
        if routed.iter().any(|known| known == api) {
            return None;
        }
        let name = store.api(api).map_or(api, |api| api.name.as_str());
        let asked = store.routes.get(api).and_then(|feed| feed.get()).is_some();
        let words =
            if asked { "may invoke it, and no route leads here" } else { "may invoke it; routes not known yet" };
        return Some(trigger(Kind::Api, name, format!("{words}{on}"), source));
    }
    let service = grant.principal.split('.').next().unwrap_or_default();
    if matches!(service, "events" | "scheduler") {
        return Some(schedule(grant, source, &on, pings));
    }
    let name = if source.is_empty() { grant.principal.clone() } else { format!("{service} {}", short(source)) };
    let words = match (grant.principal.as_str(), source.is_empty()) {
        ("*", true) => "anybody may invoke it: the statement has no condition on the source".to_string(),
        (_, true) => format!("may invoke it, whatever the source{on}"),
        (principal, false) => format!("{principal} may invoke it{on}"),
    };
    let state = if grant.principal == "*" && source.is_empty() { State::Wrong } else { State::Plain };
    Some(Trigger { state, ..trigger(Kind::Grant, name, words, source) })
}

/// A rule or schedule. Whether it has a schedule expression or an event pattern, only EventBridge knows.
fn schedule(grant: &Grant, source: &str, on: &str, pings: Option<&Steady>) -> Trigger {
    let name = if source.is_empty() { grant.principal.as_str() } else { short(source) };
    let seen = pings.map(|pings| {
        format!(
            "{} invocations of about {} every {} in the log",
            pings.count,
            text::millis(pings.p50_ms),
            text::span(std::time::Duration::from_secs_f64(pings.every_s.round().max(0.0)))
        )
    });
    let (kind, why) = match (named_so(name), seen) {
        (true, Some(seen)) => (Kind::KeepWarm, format!("by its name, and {seen}")),
        (true, None) => (Kind::KeepWarm, "by its name".to_string()),
        // A function that does nothing else has a schedule, not somebody who keeps it warm.
        (false, Some(seen)) if pings.is_some_and(|pings| pings.nothing_else) => (Kind::Schedule, seen),
        (false, Some(seen)) => (Kind::KeepWarm, format!("perhaps: {seen}, much shorter than the rest")),
        (false, None) => (Kind::Schedule, "an EventBridge rule or schedule; its timetable is not read".to_string()),
    };
    trigger(kind, name, format!("{why}{on}"), source)
}

fn callers(graph: &ServiceGraph, function: &str, store: &Store) -> Vec<Trigger> {
    let mut found: Vec<Trigger> = Vec::new();
    let called: Vec<i32> = graph.nodes.iter().filter(|node| is_function(node, function)).map(|node| node.id).collect();
    for node in graph.nodes.iter().filter(|node| !is_function(node, function)) {
        for edge in node.edges.iter().filter(|edge| called.contains(&edge.to)) {
            let kind = node.kind.strip_prefix("AWS::").unwrap_or(&node.kind);
            let name = if node.kind == CLIENT { "clients" } else { node.name.as_str() };
            let words = format!(
                "{kind}: {} sampled calls in the window, {} faults",
                text::count(edge.statistics.total as f64),
                text::percent(edge.statistics.fault_share())
            );
            let known = store.functions.get(&node.name).map(|function| function.name.clone());
            found.push(Trigger { function: known, ..trigger(Kind::Caller, name, words, &node.name) });
        }
    }
    found
}

fn is_function(node: &crate::model::service_graph::ServiceNode, function: &str) -> bool {
    node.name == function && node.kind.starts_with("AWS::Lambda")
}

fn asynchronous(store: &Store, function: &str, detail: &FunctionDetail) -> Vec<Trigger> {
    let subject = Subject::Function(function.to_string());
    let sum = |metric| store.metrics.get(&subject, metric, Statistic::Sum).map(Series::total);
    let mut found = Vec::new();
    let config = detail.asynchronous.clone().unwrap_or_default();
    let retries = config.retries.map_or("2 retries (default)".to_string(), |n| format!("{n} retries"));
    let age =
        config.maximum_age_s.map_or("kept 6h (default)".to_string(), |s| format!("kept {}", text::age(i64::from(s))));
    let mut words = vec![retries, age];
    if let Some(received) = sum(Metric::AsyncEventsReceived) {
        words.push(format!("{} received", text::count(received)));
    }
    if let Some(age) = latest(store, &subject, Metric::AsyncEventAge) {
        words.push(format!("age {}", text::millis(age)));
    }
    let dropped = sum(Metric::AsyncEventsDropped).unwrap_or(0.0);
    if dropped > 0.0 {
        words.push(format!("{} dropped", text::count(dropped)));
    }
    let state = if dropped > 0.0 { State::Wrong } else { State::Plain };
    found.push(Trigger { state, ..trigger(Kind::Asynchronous, "events", words.join(", "), "") });
    let lost = [
        ("on success", &config.on_success, None),
        ("on failure", &config.on_failure, sum(Metric::DestinationDeliveryFailures)),
        ("dead letters", &dead_letters(store, function, detail), sum(Metric::DeadLetterErrors)),
    ];
    let mut caught = false;
    for (what, target, failures) in lost {
        let Some(target) = target else { continue };
        caught |= what != "on success";
        let failures = failures.filter(|failures| *failures > 0.0);
        let words = match failures {
            Some(failures) => format!("{}, {} could not be delivered", short(target), text::count(failures)),
            None => short(target).to_string(),
        };
        let state = if failures.is_some() { State::Wrong } else { State::Plain };
        found.push(Trigger { state, ..trigger(Kind::Asynchronous, what, words, target) });
    }
    if !caught {
        let words = "nowhere: no destination on failure and no dead-letter queue; what fails three times is lost";
        found.push(trigger(Kind::Asynchronous, "failures go", words, ""));
    }
    found
}

fn dead_letters(store: &Store, function: &str, detail: &FunctionDetail) -> Option<String> {
    let known = detail.configuration.as_deref().or_else(|| store.functions.get(function))?;
    known.dead_letter.clone()
}

/// The last part of an ARN, which names it.
fn short(arn: &str) -> &str {
    arn.rsplit([':', '/']).find(|part| !part.is_empty() && *part != "*").unwrap_or(arn)
}

#[cfg(test)]
mod tests;
