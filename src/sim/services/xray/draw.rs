//! Draws a trace of the world as the segments that its services would have sent.

use serde_json::{Map, Value, json};

use super::super::logs::api_log;
use super::handler;
use super::trace::{Failure, Http, Segment, Sender, Trace};
use crate::sim::world::catalog::{Catalog, Function, Protocol};
use crate::sim::world::dice::{Dice, hash};
use crate::sim::world::invocation::{ApiRequest, Cause, Invocation, Outcome};
use crate::sim::world::{self, World};

/// What Lambda's service does before the function runs, ms.
pub const SERVICE_BEFORE_MS: f64 = 3.0;
/// What it does after it, ms.
pub const SERVICE_AFTER_MS: f64 = 2.0;

/// The trace as X-Ray has it once all is over; none when nobody along its way sends segments.
pub fn draw(world: &World, trace: &world::Trace) -> Option<Trace> {
    let pen = Pen { world, catalog: &world.catalog, trace };
    let mut segments = Vec::new();
    let mut gate = None;
    if let Some(request) = &trace.request {
        let stage = pen.stage(request);
        gate = stage.as_ref().and_then(|stage| stage.subsegments.first()).map(|call| call.id);
        segments.extend(stage);
    }
    for invocation in &trace.invocations {
        let parent = match &invocation.cause {
            Cause::Api { .. } => gate,
            Cause::Function { caller, invocation: key, .. } => {
                // A caller that is not traced passes the trace on but sends nothing to hang it on.
                let caller = &world.catalog.functions[*caller];
                // The retries of an event hang under the same call as its first attempt.
                let same = |one: &&Invocation| one.attempt == 0 && one.request_id == invocation.request_id;
                let first = trace.invocations.iter().find(same).map_or(invocation.key, |one| one.key);
                caller.traced.then(|| invoke_id(*key, first))
            }
            Cause::Mapping(_) | Cause::Schedule | Cause::Client => None,
        };
        pen.invocation(invocation, parent, &mut segments);
    }
    if segments.is_empty() { None } else { Some(Trace { id: trace.id.clone(), segments }) }
}

/// Id of the segment `AWS::Lambda::Function`, the one that a REPORT line names.
fn segment_id(invocation: &Invocation) -> u64 {
    u64::from_str_radix(&invocation.segment(), 16).expect("it is sixteen hexadecimal digits")
}

/// Id of the segment `AWS::Lambda`.
pub fn service_id(invocation: &Invocation) -> u64 {
    hash(&[invocation.key, 0x1a])
}

/// The caller's subsegment under which a called function hangs.
pub fn invoke_id(caller: u64, callee: u64) -> u64 {
    hash(&[caller, callee, 0x1b])
}

/// Draws one trace.
pub struct Pen<'a> {
    pub(super) world: &'a World,
    pub(super) catalog: &'a Catalog,
    pub(super) trace: &'a world::Trace,
}

impl Pen<'_> {
    /// The segment of a traced stage; HTTP and WebSocket APIs send none.
    fn stage(&self, request: &ApiRequest) -> Option<Segment> {
        let api = &self.catalog.apis[request.api];
        if api.protocol != Protocol::Rest || !self.world.stage(request.api, request.stage, request.start).traced {
            return None;
        }
        let stage = &api.stages[request.stage].name;
        let route = &api.routes[request.route];
        let region = &self.catalog.region;
        let mut dice = Dice::of(&[request.key, 0x57]);
        let start_ms = request.start as f64;
        let end_ms = start_ms + request.latency_ms;
        let agents = [
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 Shop/7.3",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
            "okhttp/4.12.0",
            "partner-feed/2.1",
        ];
        let mut segment = Segment {
            id: hash(&[request.key, 0xa91]),
            name: format!("{}/{stage}", api.name),
            start_ms,
            end_ms,
            origin: Some("AWS::ApiGateway::Stage".into()),
            http: Http {
                method: Some(route.method.clone()),
                url: Some(format!(
                    "https://{}.execute-api.{region}.amazonaws.com/{stage}{}",
                    api.id,
                    api_log::path(route, request)
                )),
                user_agent: Some((*dice.pick(&agents)).to_owned()),
                client_ip: Some(api_log::client_ip(request)),
                status: Some(request.status),
                content_length: Some(0),
            },
            aws: object(json!({
                "account_id": self.catalog.account_id,
                "xray": {"sampling_rule_name": self.world.sampling_rule(request.api, request.stage, request.route).1.name},
                "api_gateway": {
                    "account_id": self.catalog.account_id,
                    "rest_api_id": api.id,
                    "stage": stage,
                    "request_id": request.request_id,
                },
            })),
            failure: Failure::of_status(request.status),
            annotations: vec![
                ("aws:api_id".into(), api.id.as_str().into()),
                ("aws:api_stage".into(), stage.as_str().into()),
            ],
            metadata: object(json!({"default": {
                "extended_request_id": format!("{}=", &dice.hex16()[..15]),
                "request_id": request.request_id,
            }})),
            resource_arn: Some(format!("arn:aws:apigateway:{region}::/restapis/{}/stages/{stage}", api.id)),
            ..Segment::default()
        };
        if let Some(integration) = request.integration_ms {
            let function = &self.catalog.functions[route.function];
            let refused =
                self.trace.invocations.first().is_some_and(|i| matches!(i.outcome, Outcome::Throttled { .. }));
            let status = if refused { 429 } else { 200 };
            let began = start_ms + (request.latency_ms - integration).max(0.0) * 0.6;
            segment.subsegments.push(Segment {
                id: hash(&[request.key, 0x1ab]),
                name: "Lambda".into(),
                start_ms: began,
                end_ms: (began + integration).min(end_ms),
                namespace: Some("aws"),
                http: Http {
                    method: Some("POST".into()),
                    url: Some(format!(
                        "https://lambda.{region}.amazonaws.com/2015-03-31/functions/{}/invocations",
                        self.catalog.function_arn(route.function)
                    )),
                    status: Some(status),
                    ..Http::default()
                },
                aws: object(json!({
                    "function_name": function.name,
                    "region": region,
                    "operation": "Invoke",
                    "resource_names": [function.name],
                })),
                // 504: the stage gave up on a function that still runs.
                failure: if request.status == 504 { Failure::fault() } else { Failure::of_status(status) },
                ..Segment::default()
            });
        }
        Some(segment)
    }

    /// The two segments of a function, and the inferred ones of what it called.
    fn invocation(&self, invocation: &Invocation, parent: Option<u64>, segments: &mut Vec<Segment>) {
        let function = &self.catalog.functions[invocation.function];
        if !function.traced {
            return;
        }
        let arn = self.catalog.function_arn(invocation.function);
        let start_ms = invocation.start as f64;
        let init_ms = invocation.init_ms.unwrap_or(0.0);
        let mut service = Segment {
            id: service_id(invocation),
            parent,
            name: function.name.clone(),
            start_ms: start_ms - init_ms - SERVICE_BEFORE_MS,
            end_ms: start_ms + invocation.duration_ms + SERVICE_AFTER_MS,
            origin: Some("AWS::Lambda".into()),
            http: Http { status: Some(200), ..Http::default() },
            aws: object(json!({
                "account_id": self.catalog.account_id,
                "request_id": invocation.request_id,
                "function_arn": arn,
                "resource_names": [function.name],
            })),
            resource_arn: Some(arn.clone()),
            links: self.received(invocation),
            ..Segment::default()
        };
        if let Outcome::Throttled { .. } = invocation.outcome {
            service.start_ms = start_ms;
            service.end_ms = start_ms + SERVICE_BEFORE_MS;
            service.http.status = Some(429);
            service.failure = Failure::of_status(429);
            segments.push(service);
            return;
        }
        if invocation.outcome != Outcome::Success {
            service.failure = Failure::fault();
        }
        let mut inferred = Vec::new();
        let body = self.function(invocation, function, &arn, &mut inferred);
        segments.push(service);
        segments.push(body);
        segments.append(&mut inferred);
    }

    fn function(
        &self,
        invocation: &Invocation,
        function: &Function,
        arn: &str,
        inferred: &mut Vec<Segment>,
    ) -> Segment {
        let start_ms = invocation.start as f64;
        let end_ms = start_ms + invocation.duration_ms;
        let failed = invocation.outcome != Outcome::Success;
        let exceptions = handler::exceptions(invocation, function);
        let failure = if failed { Failure::fault() } else { Failure::default() };
        let mut calls = self.calls(invocation, function, inferred);
        let links = self.sent(invocation, function);
        let handler = handler::powertools(invocation, function, start_ms, end_ms);
        let annotations = handler.as_ref().map(|handler| handler.annotations.clone()).unwrap_or_default();
        if let Some(mut handler) = handler {
            handler.failure = failure;
            handler.exceptions = exceptions.clone();
            handler.start_ms = calls.iter().map(|call| call.start_ms).fold(handler.start_ms, f64::min);
            handler.subsegments = calls;
            handler.sent_by(Sender::XRaySdk);
            calls = vec![handler];
        } else {
            calls.iter_mut().for_each(|call| call.sent_by(Sender::OpenTelemetry));
        }
        let mut segment = Segment {
            id: segment_id(invocation),
            parent: Some(service_id(invocation)),
            name: function.name.clone(),
            start_ms,
            end_ms,
            origin: Some("AWS::Lambda::Function".into()),
            aws: object(json!({
                "account_id": self.catalog.account_id,
                "function_arn": arn,
                "resource_names": [function.name],
                "cloudwatch_logs": [{"log_group": function.log_group}],
            })),
            failure,
            resource_arn: Some(arn.to_owned()),
            user: handler::user(invocation, &annotations),
            ..Segment::default()
        };
        let step = |name: &str, salt: u64, from: f64, to: f64| Segment {
            id: hash(&[invocation.key, salt]),
            name: name.into(),
            start_ms: from,
            end_ms: to,
            aws: object(json!({"function_arn": arn})),
            ..Segment::default()
        };
        if new_layout(&function.runtime) {
            // No Invocation, no Overhead: what the function did hangs on the segment itself.
            segment.annotations = handler::overheads(invocation);
            if let Some(init_ms) = invocation.init_ms {
                segment.start_ms -= init_ms;
                segment.subsegments.push(step("Init", 0x11, start_ms - init_ms, start_ms));
            }
            segment.exceptions = exceptions;
            segment.links = links;
            segment.subsegments.append(&mut calls);
        } else {
            if let Some(init_ms) = invocation.init_ms {
                // It lies before the segment that holds it, as Lambda sends it.
                segment.subsegments.push(step("Initialization", 0x11, start_ms - init_ms, start_ms - 0.5));
            }
            let overhead = (invocation.duration_ms * 0.02).min(30.0);
            let mut body = step("Invocation", 0x12, start_ms, end_ms - overhead);
            body.failure = failure;
            body.exceptions = exceptions;
            body.links = links;
            body.subsegments = calls;
            for part in &mut body.subsegments {
                part.end_ms = part.end_ms.min(body.end_ms);
            }
            segment.subsegments.push(body);
            segment.subsegments.push(step("Overhead", 0x13, end_ms - overhead, end_ms));
        }
        segment
    }
}

/// Runtimes of late 2024 and after send the new layout.
fn new_layout(runtime: &str) -> bool {
    ["nodejs22", "nodejs24", "python3.13", "python3.14", "java25", "provided"]
        .iter()
        .any(|new| runtime.starts_with(new))
}

/// The fields of a JSON object.
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Every trace of some minutes, each as its documents.
    fn documents(scenario: &str) -> Vec<(world::Trace, Vec<Value>)> {
        let born = 1_795_000_000_000;
        let world = World::new(scenario, 11, 0, born).expect("the scenario exists");
        let traces = world.traces(born - 240_000, born - 60_000);
        assert!(traces.len() > 50, "{} traces", traces.len());
        let mut drawn = Vec::new();
        for trace in traces {
            if let Some(segments) = draw(&world, &trace) {
                let documents = segments.segments.iter().map(|segment| segment.document(&segments.id)).collect();
                drawn.push((trace, documents));
            }
        }
        drawn
    }

    fn walk<'a>(document: &'a Value, inside: Option<&'a Value>, visit: &mut impl FnMut(&'a Value, Option<&'a Value>)) {
        visit(document, inside);
        for part in document["subsegments"].as_array().into_iter().flatten() {
            walk(part, Some(document), visit);
        }
    }

    #[test]
    fn every_document_has_what_the_format_requires_and_its_parent_exists() {
        let scenarios = ["calm", "outage", "throttle", "coldstart", "deploy"];
        for (trace, documents) in scenarios.into_iter().flat_map(documents) {
            let mut ids = BTreeMap::new();
            for document in &documents {
                walk(document, None, &mut |part, inside| {
                    let id = part["id"].as_str().expect("an id");
                    assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
                    assert!(ids.insert(id, part).is_none(), "{id} twice in {}", trace.id);
                    assert!(part["name"].as_str().is_some_and(|name| !name.is_empty() && name.len() <= 200));
                    let (start, end) = (part["start_time"].as_f64(), part["end_time"].as_f64());
                    assert!(start <= end && start > Some(1e9), "{part}");
                    // A millisecond of tolerance; an initialization comes before the segment that holds it.
                    let before = ["Init", "Initialization"].contains(&part["name"].as_str().unwrap_or_default());
                    if let Some(inside) = inside {
                        let within = before
                            || inside["start_time"].as_f64().expect("checked") <= start.expect("checked") + 0.001;
                        assert!(within, "{part}\nbegins before\n{inside}");
                        let ends = end.expect("checked") <= inside["end_time"].as_f64().expect("checked") + 0.001;
                        assert!(ends || part["aws"]["invocation_type"] == "Event", "{part}\nends after\n{inside}");
                    }
                });
                assert_eq!(document["trace_id"], trace.id.as_str());
            }
            let roots = documents.iter().filter(|document| document["parent_id"].is_null()).count();
            assert_eq!(roots, 1, "one root in {}: {documents:#?}", trace.id);
            for document in &documents {
                let Some(parent) = document["parent_id"].as_str() else { continue };
                let parent = ids.get(parent).unwrap_or_else(|| panic!("no parent of {document}"));
                let (start, began) = (document["start_time"].as_f64(), parent["start_time"].as_f64());
                assert!(start >= began.map(|began| began - 0.010), "{document}\nbegins before\n{parent}");
            }
        }
    }

    #[test]
    fn what_failed_is_faulted_and_says_why() {
        let mut failed = 0;
        for (trace, documents) in documents("outage") {
            for invocation in &trace.invocations {
                let id = invocation.segment();
                let Some(document) = documents.iter().find(|document| document["id"] == id.as_str()) else { continue };
                let wrong = invocation.outcome != Outcome::Success;
                assert_eq!(document["fault"] == true, wrong, "{document}");
                if wrong {
                    failed += 1;
                    assert!(document.to_string().contains("\"exceptions\":[{"), "{document}");
                }
            }
        }
        assert!(failed > 0, "an outage has failures");
    }

    #[test]
    fn both_layouts_of_lambda_segments_occur() {
        let (mut old, mut new, mut cold, mut inferred, mut asynchronous) = (0, 0, 0, 0, 0);
        for (_, documents) in documents("coldstart") {
            for document in &documents {
                let mut names = Vec::new();
                walk(document, None, &mut |part, _| {
                    names.push(part["name"].as_str().unwrap_or_default());
                    asynchronous += usize::from(part["aws"]["invocation_type"] == "Event");
                });
                inferred += usize::from(document["inferred"] == true);
                if document["origin"] != "AWS::Lambda::Function" {
                    continue;
                }
                if names.contains(&"Invocation") {
                    old += 1;
                    assert!(names.contains(&"Overhead") && !names.contains(&"Init"));
                } else {
                    new += 1;
                    assert!(document["annotations"]["aws.responseLatency"].is_number(), "{document}");
                }
                cold += usize::from(names.contains(&"Init") || names.contains(&"Initialization"));
            }
        }
        assert!(old > 0 && new > 0 && cold > 0 && inferred > 0 && asynchronous > 0);
    }
}
