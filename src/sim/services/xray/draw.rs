//! Draws a trace of the world as the segments that its services would have sent.

use serde_json::{Map, Value, json};

use super::super::logs::api_log;
use super::trace::{Exception, Failure, Http, Segment, Trace};
use crate::sim::world::catalog::{Catalog, Downstream, Function, Protocol};
use crate::sim::world::dice::{Dice, hash, hash_text};
use crate::sim::world::invocation::{ApiRequest, Cause, Invocation, Outcome};
use crate::sim::world::{self, World};

/// What Lambda's service does before and after the function runs, ms.
const SERVICE_BEFORE_MS: f64 = 3.0;
const SERVICE_AFTER_MS: f64 = 2.0;
/// How long a caller waits for Lambda to take an event.
const EVENT_TAKEN_MS: f64 = 18.0;

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
                caller.traced.then(|| invoke_id(*key, invocation.key))
            }
            Cause::Mapping(_) | Cause::Schedule | Cause::Client => None,
        };
        pen.invocation(invocation, parent, &mut segments);
    }
    if segments.is_empty() { None } else { Some(Trace { id: trace.id.clone(), segments }) }
}

/// Id of the segment `AWS::Lambda::Function`, the one that a REPORT line names.
pub fn segment_id(invocation: &Invocation) -> u64 {
    hash(&[invocation.key, 0x5e6])
}

fn service_id(invocation: &Invocation) -> u64 {
    hash(&[invocation.key, 0x1a])
}

/// The caller's subsegment under which a called function hangs.
fn invoke_id(caller: u64, callee: u64) -> u64 {
    hash(&[caller, callee, 0x1b])
}

struct Pen<'a> {
    world: &'a World,
    catalog: &'a Catalog,
    trace: &'a world::Trace,
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
                "xray": {"sampling_rule_name": "Default"},
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
        let exceptions = exceptions(invocation, function);
        let failure = if failed { Failure::fault() } else { Failure::default() };
        let mut calls = self.calls(invocation, function, inferred);
        let handler = powertools(invocation, function, start_ms, end_ms);
        let annotations = handler.as_ref().map(|handler| handler.annotations.clone()).unwrap_or_default();
        if let Some(mut handler) = handler {
            handler.failure = failure;
            handler.exceptions = exceptions.clone();
            handler.subsegments = calls;
            calls = vec![handler];
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
            user: user(invocation, &annotations),
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
            segment.annotations = overheads(invocation);
            if let Some(init_ms) = invocation.init_ms {
                segment.start_ms -= init_ms;
                segment.subsegments.push(step("Init", 0x11, start_ms - init_ms, start_ms));
            }
            segment.exceptions = exceptions;
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
            body.subsegments = calls;
            for part in &mut body.subsegments {
                part.end_ms = part.end_ms.min(body.end_ms);
            }
            segment.subsegments.push(body);
            segment.subsegments.push(step("Overhead", 0x13, end_ms - overhead, end_ms));
        }
        segment
    }

    /// What the function called: services, each with an inferred segment, and other functions, which send their own.
    fn calls(&self, invocation: &Invocation, function: &Function, inferred: &mut Vec<Segment>) -> Vec<Segment> {
        let start_ms = invocation.start as f64;
        let end_ms = start_ms + invocation.duration_ms * 0.97;
        let mut calls = Vec::new();
        let mut from = start_ms + invocation.duration_ms * 0.03;
        let last = function.character.downstream.len().wrapping_sub(1);
        for (place, downstream) in function.character.downstream.iter().enumerate() {
            let mut dice = Dice::of(&[invocation.key, 0xd0, place as u64]);
            let mut to = (from + invocation.duration_ms * downstream.share * (0.8 + 0.4 * dice.unit())).min(end_ms);
            let blamed = place == last && blames_downstream(invocation);
            if blamed && invocation.outcome == Outcome::TimedOut {
                to = end_ms;
            }
            let mut call = self.call(invocation, downstream, place, &mut dice);
            (call.start_ms, call.end_ms) = (from, to);
            if blamed {
                blame(&mut call, invocation, downstream);
            }
            inferred.push(infer(&call, downstream));
            calls.push(call);
            from = (to + 1.0).min(end_ms);
        }
        let children = self.trace.invocations.iter().filter_map(|child| match child.cause {
            Cause::Function { invocation: key, asynchronous, .. } if key == invocation.key => {
                Some((child, asynchronous))
            }
            _ => None,
        });
        for (child, asynchronous) in children {
            calls.push(self.invoke(invocation, child, asynchronous));
        }
        calls.sort_by(|one, other| one.start_ms.total_cmp(&other.start_ms));
        calls
    }

    fn call(&self, invocation: &Invocation, downstream: &Downstream, place: usize, dice: &mut Dice) -> Segment {
        let id = hash(&[invocation.key, 0xca11, place as u64]);
        let length = 40 + dice.below(900) as u64;
        if downstream.origin == "remote" {
            let url = format!("https://{}/v1/{}", downstream.name, downstream.operation.to_lowercase());
            return Segment {
                id,
                name: downstream.name.clone(),
                namespace: Some("remote"),
                http: Http {
                    method: Some(method_of(&downstream.operation).to_owned()),
                    url: Some(url),
                    status: Some(200),
                    content_length: Some(length),
                    ..Http::default()
                },
                ..Segment::default()
            };
        }
        let region = &self.catalog.region;
        let mut aws = object(json!({
            "operation": downstream.operation,
            "region": region,
            "request_id": dice.uuid(),
            "retries": 0,
            "resource_names": [downstream.name],
        }));
        let account = &self.catalog.account_id;
        let detail = match service_name(&downstream.origin) {
            "DynamoDB" => Some(("table_name", downstream.name.clone())),
            "SQS" => Some(("queue_url", format!("https://sqs.{region}.amazonaws.com/{account}/{}", downstream.name))),
            "SNS" => Some(("topic_arn", format!("arn:aws:sns:{region}:{account}:{}", downstream.name))),
            "S3" => Some(("bucket_name", downstream.name.clone())),
            _ => None,
        };
        if let Some((key, value)) = detail {
            aws.insert(key.into(), value.into());
        }
        Segment {
            id,
            name: service_name(&downstream.origin).to_owned(),
            namespace: Some("aws"),
            http: Http { status: Some(200), content_length: Some(length), ..Http::default() },
            aws,
            ..Segment::default()
        }
    }

    fn invoke(&self, caller: &Invocation, callee: &Invocation, asynchronous: bool) -> Segment {
        let function = &self.catalog.functions[callee.function];
        let handed_ms = callee.start as f64 - callee.init_ms.unwrap_or(0.0) - SERVICE_BEFORE_MS;
        let (from, to) = if asynchronous {
            // The event was taken before the callee began, and within the caller's own time.
            let latest = caller.start as f64 + caller.duration_ms;
            let to = handed_ms.min(latest);
            ((to - EVENT_TAKEN_MS).max(caller.start as f64), to)
        } else {
            (handed_ms - 2.0, callee.start as f64 + callee.duration_ms + SERVICE_AFTER_MS + 1.0)
        };
        let refused = matches!(callee.outcome, Outcome::Throttled { .. });
        let status = if refused {
            429
        } else if asynchronous {
            202
        } else {
            200
        };
        let unhandled = !asynchronous && !refused && callee.outcome != Outcome::Success;
        Segment {
            id: invoke_id(caller.key, callee.key),
            name: "Lambda".into(),
            start_ms: from,
            end_ms: to.max(from),
            namespace: Some("aws"),
            http: Http { status: Some(status), ..Http::default() },
            aws: object(json!({
                "operation": "Invoke",
                "region": self.catalog.region,
                "function_name": function.name,
                "invocation_type": if asynchronous { "Event" } else { "RequestResponse" },
                "request_id": callee.request_id,
                "resource_names": [function.name],
            })),
            failure: if unhandled { Failure::fault() } else { Failure::of_status(status) },
            ..Segment::default()
        }
    }
}

/// The segment that X-Ray derives from a call, as the callee sends none.
fn infer(call: &Segment, downstream: &Downstream) -> Segment {
    Segment {
        id: hash(&[call.id, 0x1f]),
        parent: Some(call.id),
        inferred: true,
        namespace: None,
        origin: if downstream.origin == "remote" { None } else { Some(downstream.origin.clone()) },
        exceptions: Vec::new(),
        subsegments: Vec::new(),
        ..call.clone()
    }
}

/// A failure that comes from what the function called last: a time-out, or an error that says so.
fn blames_downstream(invocation: &Invocation) -> bool {
    match &invocation.outcome {
        Outcome::TimedOut => true,
        Outcome::Error { kind, message } => {
            let words = format!("{kind} {message}").to_lowercase();
            [
                "timeout",
                "timed out",
                "unavailable",
                "throughput",
                "throttl",
                "connect",
                "gateway",
                "upstream",
                "declined",
            ]
            .iter()
            .any(|word| words.contains(word))
        }
        _ => false,
    }
}

fn blame(call: &mut Segment, invocation: &Invocation, downstream: &Downstream) {
    let Outcome::Error { kind, message } = &invocation.outcome else {
        // Nobody answered before the function was stopped.
        call.http.status = None;
        call.http.content_length = None;
        call.failure = Failure::fault();
        return;
    };
    let words = format!("{kind} {message}").to_lowercase();
    let status = if words.contains("throughput") || words.contains("throttl") {
        // DynamoDB says 400 to a throttled request; X-Ray still calls it a throttle.
        if service_name(&downstream.origin) == "DynamoDB" { 400 } else { 429 }
    } else if words.contains("declined") {
        402
    } else {
        503
    };
    call.http.status = Some(status);
    call.failure = Failure::of_status(status);
    call.failure.throttle |= status == 400;
    call.exceptions = vec![Exception {
        id: hash(&[call.id, 0xe]),
        kind: kind.clone(),
        message: message.clone(),
        remote: true,
        stack: Vec::new(),
    }];
}

/// `AWS::DynamoDB::Table` is called DynamoDB by the SDKs.
fn service_name(origin: &str) -> &str {
    match origin.split("::").nth(1) {
        Some("Events") => "EventBridge",
        Some(name) => name,
        None => origin,
    }
}

fn method_of(operation: &str) -> &str {
    if ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(&operation) { operation } else { "POST" }
}

/// Runtimes of late 2024 and after send the new layout.
fn new_layout(runtime: &str) -> bool {
    ["nodejs22", "nodejs24", "python3.13", "python3.14", "java25", "provided"]
        .iter()
        .any(|new| runtime.starts_with(new))
}

/// Annotations of the new layout, ms.
fn overheads(invocation: &Invocation) -> Vec<(String, Value)> {
    let mut dice = Dice::of(&[invocation.key, 0x0f]);
    let response = (invocation.duration_ms * (0.93 + 0.05 * dice.unit()) * 1000.0).round() / 1000.0;
    let small = |dice: &mut Dice| (dice.unit() * 900.0).round() / 1000.0;
    vec![
        ("aws.responseLatency".into(), json!(response)),
        ("aws.responseDuration".into(), json!(small(&mut dice))),
        ("aws.runtimeOverhead".into(), json!(small(&mut dice))),
        ("aws.extensionOverhead".into(), json!(0.0)),
    ]
}

/// The subsegment around the handler that Powertools' tracer makes in Python and Node.js.
fn powertools(invocation: &Invocation, function: &Function, start_ms: f64, end_ms: f64) -> Option<Segment> {
    let name = if function.runtime.starts_with("python") {
        format!("## {}", function.handler.rsplit('.').next().unwrap_or("lambda_handler"))
    } else if function.runtime.starts_with("nodejs") {
        format!("## {}", function.handler.rsplit('/').next().unwrap_or("index.handler"))
    } else {
        return None;
    };
    let mut dice = Dice::of(&[invocation.key, 0x9077]);
    let mut annotations: Vec<(String, Value)> = vec![
        ("ColdStart".into(), invocation.init_ms.is_some().into()),
        ("Service".into(), function.name.as_str().into()),
    ];
    let customer = matches!(invocation.cause, Cause::Api { .. } | Cause::Function { .. });
    if customer {
        let tier = *dice.pick(&["standard", "standard", "standard", "silver", "gold"]);
        annotations.push(("customer_tier".into(), tier.into()));
        annotations.push(("order_id".into(), format!("ord-{:06}", 100_000 + dice.below(900_000)).into()));
        annotations.push(("items".into(), (1 + dice.below(9)).into()));
    }
    let mut metadata = Map::new();
    if invocation.outcome == Outcome::Success {
        let response = json!({"statusCode": 200, "body": {"ok": true, "took_ms": invocation.duration_ms.round()}});
        metadata.insert(function.name.clone(), json!({format!("{} response", &name[3..]): response}));
    } else if let Outcome::Error { kind, message } = &invocation.outcome {
        metadata.insert(
            function.name.clone(),
            json!({format!("{} error", &name[3..]): {"type": kind, "message": message}}),
        );
    }
    let margin = (end_ms - start_ms) * 0.01;
    Some(Segment {
        id: hash(&[invocation.key, 0x9077]),
        name,
        start_ms: start_ms + margin,
        end_ms: end_ms - margin,
        annotations,
        metadata,
        ..Segment::default()
    })
}

/// Who asked, where the function knows it.
fn user(invocation: &Invocation, annotations: &[(String, Value)]) -> Option<String> {
    let known = annotations.iter().any(|(key, _)| key == "customer_tier");
    known.then(|| format!("customer-{}", 1000 + Dice::of(&[hash_text(&invocation.trace_id)]).below(9000)))
}

fn exceptions(invocation: &Invocation, function: &Function) -> Vec<Exception> {
    let exception = |kind: &str, message: String, stack| Exception {
        id: hash(&[invocation.key, 0xe0]),
        kind: kind.to_owned(),
        message,
        remote: false,
        stack,
    };
    match &invocation.outcome {
        Outcome::Error { kind, message } => vec![exception(kind, message.clone(), stack(function, invocation.key))],
        Outcome::TimedOut => {
            let message = format!("{} Task timed out after {}.00 seconds", invocation.request_id, function.timeout_s);
            vec![exception("Sandbox.Timedout", message, Vec::new())]
        }
        Outcome::OutOfMemory => {
            let message =
                format!("RequestId: {} Error: Runtime exited with error: signal: killed", invocation.request_id);
            vec![exception("Runtime.ExitError", message, Vec::new())]
        }
        Outcome::Success | Outcome::Throttled { .. } => Vec::new(),
    }
}

fn stack(function: &Function, key: u64) -> Vec<(String, u32, String)> {
    let mut dice = Dice::of(&[key, 0x57ac]);
    let (file, frames): (String, [&str; 3]) = match function.runtime.get(..4) {
        Some("pyth") => (
            format!("/var/task/{}.py", function.handler.split('.').next().unwrap_or("app")),
            ["lambda_handler", "handle", "charge"],
        ),
        Some("node") => (
            format!("/var/task/{}.js", function.handler.split('.').next().unwrap_or("index")),
            ["Runtime.handler", "handle", "charge"],
        ),
        Some("java") => ("Handler.java".into(), ["handleRequest", "handle", "charge"]),
        _ => ("main".into(), ["handler", "handle", "charge"]),
    };
    let line = |dice: &mut Dice| u32::try_from(20 + dice.below(200)).unwrap_or(20);
    frames.iter().rev().map(|label| (file.clone(), line(&mut dice), (*label).to_owned())).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
