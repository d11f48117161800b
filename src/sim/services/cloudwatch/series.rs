//! Which metrics there are, under which dimensions, and what each one counts.

use super::samples::Samples;
use crate::sim::world::World;
use crate::sim::world::catalog::{Api, ApiId, Catalog, EventSourceMapping, Function, FunctionId, Protocol, Trigger};
use crate::sim::world::seen::Seen;
use crate::sim::world::tally::{FleetTally, QueueTally, Tally};

/// AWS/Lambda.
pub const LAMBDA: &str = "AWS/Lambda";
/// AWS/ApiGateway.
pub const API_GATEWAY: &str = "AWS/ApiGateway";

/// AWS/SQS.
pub const SQS: &str = "AWS/SQS";

/// A dimension: name and value.
pub type Dimension = (String, String);

/// A metric as a client names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Namespace.
    pub namespace: &'static str,
    /// MetricName.
    pub name: &'static str,
    /// Dimensions, in no order that counts.
    pub dimensions: Vec<Dimension>,
}

/// Where a metric's observations come from.
pub enum Series {
    /// All functions of the region.
    Fleet(fn(&FleetTally, &mut Samples)),
    /// One function, or its alias or version, or of an alias what one version executed.
    Function {
        /// The function.
        function: FunctionId,
        /// Alias or version.
        qualifier: Option<String>,
        /// ExecutedVersion, 0 being `$LATEST`.
        executed: Option<u32>,
        /// What is observed.
        read: fn(&Tally, &mut Samples),
    },
    /// A queue in front of an event source mapping.
    Queue {
        /// Index of the mapping.
        mapping: usize,
        /// What is observed.
        read: fn(&QueueTally, &mut Samples),
    },
    /// Requests: of all APIs of one name, for REST metrics know no ids.
    Api {
        /// The APIs.
        apis: Vec<ApiId>,
        /// Only of this stage.
        stage: Option<String>,
        /// Only of this route: method and path.
        route: Option<(String, String)>,
        /// What is observed.
        read: fn(&Api, &Seen, &mut Samples),
    },
}

type ReadTally = fn(&Tally, &mut Samples);
type ReadFleet = fn(&FleetTally, &mut Samples);
type ReadQueue = fn(&QueueTally, &mut Samples);
type ReadRequest = fn(&Api, &Seen, &mut Samples);

/// Metrics of a function, its aliases and its versions.
const FUNCTION: &[(&str, ReadTally)] = &[
    ("Invocations", |t, s| s.ones(t.invocations, t.invocations)),
    ("Errors", |t, s| s.ones(t.errors, t.invocations)),
    ("Throttles", |t, s| s.ones(t.throttles, t.invocations + t.throttles)),
    ("Duration", |t, s| s.all(&t.durations)),
    ("ConcurrentExecutions", |t, s| {
        if t.concurrency() > 0 {
            t.in_flight.iter().for_each(|n| s.one(f64::from(*n)));
        }
    }),
    ("ProvisionedConcurrencyInvocations", |t, s| s.ones(t.provisioned, on_provisioned(t))),
    ("ProvisionedConcurrencySpilloverInvocations", |t, s| s.ones(t.spillover, on_provisioned(t))),
    ("ProvisionedConcurrentExecutions", |t, s| {
        if on_provisioned(t) > 0 {
            s.one(f64::from(t.provisioned_in_flight));
        }
    }),
    ("ProvisionedConcurrencyUtilization", |t, s| {
        if let Some(share) = t.utilization().filter(|_| on_provisioned(t) > 0) {
            s.one(share);
        }
    }),
    ("AsyncEventsReceived", |t, s| s.ones(t.async_received, t.async_received)),
    ("AsyncEventsDropped", |t, s| s.ones(t.async_dropped, t.async_dropped)),
    ("AsyncEventAge", |t, s| s.all(&t.async_ages)),
    ("IteratorAge", |t, s| s.all(&t.iterator_ages)),
    ("DeadLetterErrors", |t, s| s.ones(t.dead_letter_errors, t.dead_letter_errors)),
    ("DestinationDeliveryFailures", |t, s| s.ones(t.undelivered, t.undelivered)),
];

/// What an alias with weights reports of each version that it leads to.
const EXECUTED: [&str; 4] = ["Invocations", "Errors", "Throttles", "Duration"];

/// Metrics of a queue. SQS tells ages in seconds.
const QUEUE: &[(&str, ReadQueue)] = &[
    ("ApproximateAgeOfOldestMessage", |t, s| s.one((t.oldest_ms / 1000) as f64)),
    ("ApproximateNumberOfMessagesVisible", |t, s| s.one(f64::from(t.visible))),
    ("ApproximateNumberOfMessagesNotVisible", |t, s| s.one(f64::from(t.in_flight))),
    ("NumberOfMessagesSent", |t, s| s.ones(t.sent, t.sent)),
    ("NumberOfMessagesReceived", |t, s| s.ones(t.received, t.received)),
];

/// Metrics of the whole region, without dimensions.
const FLEET: &[(&str, ReadFleet)] = &[
    ("Invocations", |t, s| s.ones(t.invocations, t.invocations)),
    ("Errors", |t, s| s.ones(t.errors, t.invocations)),
    ("Throttles", |t, s| s.ones(t.throttles, t.invocations + t.throttles)),
    ("Duration", |t, s| s.all(&t.durations)),
    ("ConcurrentExecutions", |t, s| busy(t, t.concurrency, s)),
    ("UnreservedConcurrentExecutions", |t, s| busy(t, t.unreserved, s)),
    ("ClaimedAccountConcurrency", |t, s| busy(t, t.claimed, s)),
    ("ProvisionedConcurrencyInvocations", |t, s| s.ones(t.provisioned, t.provisioned + t.spillover)),
    ("ProvisionedConcurrencySpilloverInvocations", |t, s| s.ones(t.spillover, t.provisioned + t.spillover)),
    ("ProvisionedConcurrentExecutions", |t, s| {
        if t.provisioned + t.spillover > 0 {
            s.one(f64::from(t.provisioned_in_flight));
        }
    }),
    ("AsyncEventsReceived", |t, s| s.ones(t.async_received, t.async_received)),
    ("AsyncEventsDropped", |t, s| s.ones(t.async_dropped, t.async_dropped)),
    ("AsyncEventAge", |t, s| s.all(&t.async_ages)),
    ("IteratorAge", |t, s| s.all(&t.iterator_ages)),
    ("DestinationDeliveryFailures", |t, s| s.ones(t.undelivered, t.undelivered)),
];

const REST: &[(&str, ReadRequest)] = &[
    ("Count", |_, _, s| s.one(1.0)),
    ("4XXError", |_, r, s| s.ones(u32::from(r.status / 100 == 4), 1)),
    ("5XXError", |_, r, s| s.ones(u32::from(r.status / 100 == 5), 1)),
    ("Latency", |_, r, s| s.one(r.latency_ms())),
    ("IntegrationLatency", |_, r, s| r.integration_ms().into_iter().for_each(|ms| s.one(ms))),
    ("CacheHitCount", |_, r, s| r.cache_hit.into_iter().for_each(|hit| s.ones(u32::from(hit), 1))),
    ("CacheMissCount", |_, r, s| r.cache_hit.into_iter().for_each(|hit| s.ones(u32::from(!hit), 1))),
];

const HTTP: &[(&str, ReadRequest)] = &[
    ("Count", |_, _, s| s.one(1.0)),
    ("4xx", |_, r, s| s.ones(u32::from(r.status / 100 == 4), 1)),
    ("5xx", |_, r, s| s.ones(u32::from(r.status / 100 == 5), 1)),
    ("Latency", |_, r, s| s.one(r.latency_ms())),
    ("IntegrationLatency", |_, r, s| r.integration_ms().into_iter().for_each(|ms| s.one(ms))),
    // Bytes that come and go: no request here has a body to count, so the time that it took stands for it.
    ("DataProcessed", |_, r, s| s.one((512.0 + 8.0 * r.latency_ms()).round())),
];

const WEB_SOCKET: &[(&str, ReadRequest)] = &[
    ("ConnectCount", |a, r, s| s.ones(u32::from(path(a, r) == "$connect"), u32::from(path(a, r) == "$connect"))),
    ("MessageCount", |a, r, s| s.ones(u32::from(!path(a, r).contains("connect")), 1)),
    ("ClientError", |_, r, s| s.ones(u32::from(r.status / 100 == 4), 1)),
    ("ExecutionError", |_, r, s| s.ones(u32::from(r.status == 500), 1)),
    ("IntegrationError", |_, r, s| s.ones(u32::from(r.status > 500), 1)),
    ("IntegrationLatency", |_, r, s| r.integration_ms().into_iter().for_each(|ms| s.one(ms))),
];

fn on_provisioned(t: &Tally) -> u32 {
    if t.provisioned_available.is_some() { t.provisioned + t.spillover } else { 0 }
}

fn busy(t: &FleetTally, value: u32, s: &mut Samples) {
    if t.invocations > 0 {
        s.one(f64::from(value));
    }
}

fn path<'a>(api: &'a Api, request: &Seen) -> &'a str {
    api.routes.get(usize::from(request.route)).map_or("", |route| &route.path)
}

fn api_metrics(protocol: Protocol) -> &'static [(&'static str, ReadRequest)] {
    match protocol {
        Protocol::Rest => REST,
        Protocol::Http => HTTP,
        Protocol::WebSocket => WEB_SOCKET,
    }
}

fn reader<T: Copy>(table: &[(&'static str, T)], name: &str) -> Option<T> {
    table.iter().find(|(n, _)| *n == name).map(|(_, read)| *read)
}

/// Finds what a client names. None where there is no such metric: it has no data, which is no error.
pub fn find(catalog: &Catalog, namespace: &str, name: &str, dimensions: &[Dimension]) -> Option<Series> {
    let value = |name: &str| dimensions.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let only = |names: &[&str]| dimensions.len() == names.len() && names.iter().all(|name| value(name).is_some());
    match namespace {
        LAMBDA if dimensions.is_empty() => reader(FLEET, name).map(Series::Fleet),
        LAMBDA => {
            let read = reader(FUNCTION, name)?;
            let wanted = value("FunctionName")?;
            let function = catalog.function_named(wanted).filter(|id| catalog.functions[*id].name == wanted)?;
            let qualified = |resource: &str| resource.strip_prefix(wanted)?.strip_prefix(':').map(str::to_owned);
            let (qualifier, executed) = if only(&["FunctionName"]) {
                (None, None)
            } else if only(&["FunctionName", "Resource"]) {
                (Some(qualified(value("Resource")?)?), None)
            } else if only(&["FunctionName", "Resource", "ExecutedVersion"]) {
                let version = value("ExecutedVersion")?;
                let executed = if version == "$LATEST" { 0 } else { version.parse().ok()? };
                (Some(qualified(value("Resource")?)?), Some(executed))
            } else {
                return None;
            };
            Some(Series::Function { function, qualifier, executed, read })
        }
        SQS => {
            let (read, name) = (reader(QUEUE, name)?, value("QueueName").filter(|_| only(&["QueueName"]))?);
            let mapping = catalog.mappings.iter().position(|mapping| mapping.queue() == Some(name))?;
            Some(Series::Queue { mapping, read })
        }
        API_GATEWAY => {
            let by_name = |api: &Api| api.protocol == Protocol::Rest && Some(api.name.as_str()) == value("ApiName");
            let by_id = |api: &Api| api.protocol != Protocol::Rest && Some(api.id.as_str()) == value("ApiId");
            let key = if value("ApiName").is_some() { "ApiName" } else { "ApiId" };
            let same = |(id, api): (ApiId, &Api)| (by_name(api) || by_id(api)).then_some(id);
            let apis: Vec<ApiId> = catalog.apis.iter().enumerate().filter_map(same).collect();
            let read = reader(api_metrics(catalog.apis[*apis.first()?].protocol), name)?;
            let stage = value("Stage").map(str::to_owned);
            let route = match (value("Method"), value("Resource"), value("Route")) {
                (Some(method), Some(path), None) if only(&[key, "Stage", "Method", "Resource"]) => {
                    Some((method.to_owned(), path.to_owned()))
                }
                (None, None, Some(path)) if only(&[key, "Stage", "Route"]) => Some((String::new(), path.to_owned())),
                (None, None, None) if only(&[key]) || only(&[key, "Stage"]) => None,
                _ => return None,
            };
            Some(Series::Api { apis, stage, route, read })
        }
        _ => None,
    }
}

/// Every metric of the account, as ListMetrics tells them: those that have or may have had data in two weeks.
pub fn every<'a>(world: &'a World, namespace: Option<&str>) -> Box<dyn Iterator<Item = Metric> + 'a> {
    let wanted = |name: &str| namespace.is_none_or(|namespace| namespace == name);
    let fleet = FLEET.iter().map(|(name, _)| Metric { namespace: LAMBDA, name, dimensions: Vec::new() });
    let functions = (0..world.catalog.functions.len()).flat_map(|id| of_function(world, id));
    let apis = (0..world.catalog.apis.len()).flat_map(|id| of_api(world, id));
    let queues = world.catalog.mappings.iter().filter_map(EventSourceMapping::queue).flat_map(of_queue);
    let lambda = wanted(LAMBDA).then(|| fleet.chain(functions));
    let apis = wanted(API_GATEWAY).then_some(apis);
    let queues = wanted(SQS).then_some(queues);
    Box::new(lambda.into_iter().flatten().chain(apis.into_iter().flatten()).chain(queues.into_iter().flatten()))
}

fn of_queue(queue: &str) -> impl Iterator<Item = Metric> {
    let dimensions = vec![("QueueName".to_owned(), queue.to_owned())];
    QUEUE.iter().map(move |(name, _)| Metric { namespace: SQS, name, dimensions: dimensions.clone() })
}

fn of_function(world: &World, id: FunctionId) -> Vec<Metric> {
    let function = &world.catalog.functions[id];
    let names = |provisioned: bool| {
        FUNCTION.iter().map(|(name, _)| *name).filter(move |name| has(world, function, name, provisioned))
    };
    let plain = vec![("FunctionName".to_owned(), function.name.clone())];
    let any_provisioned = function.aliases.iter().any(|alias| alias.provisioned.is_some());
    let mut metrics: Vec<Metric> =
        names(any_provisioned).map(|name| Metric { namespace: LAMBDA, name, dimensions: plain.clone() }).collect();
    for alias in &function.aliases {
        let mut dimensions = plain.clone();
        dimensions.push(("Resource".to_owned(), format!("{}:{}", function.name, alias.name)));
        for name in names(alias.provisioned.is_some()) {
            metrics.push(Metric { namespace: LAMBDA, name, dimensions: dimensions.clone() });
        }
        for version in world.weighted(id, &alias.name) {
            let mut dimensions = dimensions.clone();
            dimensions.push(("ExecutedVersion".to_owned(), version.to_string()));
            let metric = |name| Metric { namespace: LAMBDA, name, dimensions: dimensions.clone() };
            metrics.extend(EXECUTED.map(metric));
        }
    }
    metrics
}

/// Whether a function ever reports a metric: iterator age needs a stream, asynchronous events someone who sends them.
fn has(world: &World, function: &Function, name: &str, provisioned: bool) -> bool {
    let asynchronous = || {
        let sends = |trigger: &Trigger| {
            matches!(trigger, Trigger::Schedule { .. } | Trigger::Function { asynchronous: true, .. })
        };
        function.triggers.iter().any(sends)
    };
    let stream = || {
        let streams = |trigger: &Trigger| match trigger {
            Trigger::Mapping { mapping, .. } => {
                world.catalog.mappings.get(*mapping).is_some_and(|mapping| !mapping.source_arn.contains(":sqs:"))
            }
            _ => false,
        };
        function.triggers.iter().any(streams)
    };
    match name {
        "IteratorAge" => stream(),
        name if name.starts_with("Async") => asynchronous(),
        name if name.starts_with("Provisioned") => provisioned,
        "DeadLetterErrors" => false,
        "DestinationDeliveryFailures" => {
            world.scenario.asynchronous.iter().any(|one| one.function == function.name && one.destination_fails)
        }
        _ => true,
    }
}

fn of_api(world: &World, id: ApiId) -> Vec<Metric> {
    let api = &world.catalog.apis[id];
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let root = if api.protocol == Protocol::Rest { text("ApiName", &api.name) } else { text("ApiId", &api.id) };
    let mut sets = vec![vec![root.clone()]];
    for (place, stage) in api.stages.iter().enumerate() {
        let in_stage = vec![root.clone(), text("Stage", &stage.name)];
        sets.push(in_stage.clone());
        for route in &api.routes {
            if world.ever_detailed(id, place, &route.path, &route.method) {
                let mut set = in_stage.clone();
                if api.protocol == Protocol::WebSocket {
                    set.push(text("Route", &route.path));
                } else {
                    set.extend([text("Method", &route.method), text("Resource", &route.path)]);
                }
                sets.push(set);
            }
        }
    }
    let metric =
        |dimensions: &Vec<Dimension>, name| Metric { namespace: API_GATEWAY, name, dimensions: dimensions.clone() };
    sets.iter().flat_map(|set| api_metrics(api.protocol).iter().map(move |(name, _)| metric(set, name))).collect()
}
