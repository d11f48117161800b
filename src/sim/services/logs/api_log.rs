//! What API Gateway writes of a request: one access line, and the execution log where it is on.

use super::event::Key;
use super::source::Sink;
use crate::sim::world::catalog::{Api, ApiId, Protocol, Route};
use crate::sim::world::dice::{Dice, hash, hash_text};
use crate::sim::world::invocation::{ApiRequest, Outcome};
use crate::sim::world::{Millis, World};
use chrono::DateTime;
use serde_json::json;

/// Log streams over which API Gateway spreads the lines of a stage.
const SHARDS: u64 = 4;

/// Which of its logs API Gateway writes.
#[derive(Clone, Copy, Debug)]
pub enum Log<'a> {
    /// The access log.
    Access,
    /// The execution log, as its level was over time.
    Execution(&'a Levels),
}

/// The level of a stage's execution log, from moment to moment.
#[derive(Clone, Debug)]
pub struct Levels(Vec<(Millis, String)>);

impl Levels {
    /// What the stage (by its index) began with and what UpdateStage has made of it.
    pub fn of(world: &World, api: ApiId, stage: usize) -> Levels {
        let stage = &world.catalog.apis[api].stages[stage];
        let mut levels = vec![(Millis::MIN, stage.logging.to_owned())];
        for (at, patches) in world.stage_changes(api, &stage.name, Millis::MAX) {
            let patch = patches.into_iter().rfind(|patch| patch.path == "/*/*/logging/loglevel");
            levels.extend(patch.map(|patch| (at, patch.value.unwrap_or_else(|| "OFF".to_owned()))));
        }
        Levels(levels)
    }

    /// It was on at some time: the group exists.
    pub fn ever_on(&self) -> bool {
        self.0.iter().any(|(_, level)| level != "OFF")
    }

    /// `OFF`, `ERROR` or `INFO`.
    fn at(&self, moment: Millis) -> &str {
        self.0.iter().rfind(|(since, _)| *since <= moment).map_or("OFF", |(_, level)| level)
    }
}

/// The lines of a request, in the order of time.
pub fn lines(world: &World, request: &ApiRequest, log: Log<'_>, sink: &mut Sink<'_>) {
    let execution = matches!(log, Log::Execution(_));
    let api = &world.catalog.apis[request.api];
    let mut dice = Dice::of(&[world.seed, request.key, u64::from(execution)]);
    let end = request.start + request.latency_ms.round() as Millis;
    // Access lines come in batches; one in a hundred is late.
    let delay = 400 + dice.below(1_200) as Millis + if dice.chance(0.01) { 9_000 } else { 0 };
    let stream = stream(world, request);
    let texts = match log {
        Log::Execution(levels) => execution_lines(world, api, request, levels.at(request.start)),
        Log::Access => vec![(end, access_line(api, &api.routes[request.route], request, &mut dice))],
    };
    for (index, (timestamp, message)) in texts.into_iter().enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        // Two logs of one request must not share an eventId.
        let atom = hash(&[request.key, u64::from(execution)]);
        sink(Key { timestamp, ingestion: end + delay, atom, index }, stream.clone(), message);
    }
}

/// The log stream of a request: the same in both logs.
pub fn stream(world: &World, request: &ApiRequest) -> String {
    let api = &world.catalog.apis[request.api];
    let shard = request.key % SHARDS;
    let place = [hash_text(&api.id), request.stage as u64, shard];
    format!("{:016x}{:016x}", hash(&place), hash(&[place[0], place[1], place[2], 1]))
}

/// The path that the caller asked for: parameters filled in. The trace of the request shows the same.
pub fn path(route: &Route, request: &ApiRequest) -> String {
    let mut path = String::new();
    let mut rest = route.path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        path.push_str(&format!("{:08x}", request.key as u32));
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    path + rest
}

/// Who asked.
pub fn client_ip(request: &ApiRequest) -> String {
    let mut dice = Dice::of(&[request.key, hash_text("client")]);
    format!("{}.{}", dice.pick(&["203.0.113", "198.51.100", "192.0.2"]), 1 + dice.below(254))
}

fn access_line(api: &Api, route: &Route, request: &ApiRequest, dice: &mut Dice) -> String {
    let stage = &api.stages[request.stage].name;
    let time = DateTime::from_timestamp_millis(request.start).unwrap_or_default();
    let mut line = json!({
        "requestId": request.request_id,
        "ip": client_ip(request),
        "requestTime": time.format("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "requestTimeEpoch": request.start,
        "stage": stage,
        "status": request.status.to_string(),
        "responseLatency": format!("{:.0}", request.latency_ms),
        "integrationLatency": request.integration_ms.map_or("-".to_owned(), |ms| format!("{ms:.0}")),
        "responseLength": (40 + dice.below(4_000)).to_string(),
        "xrayTraceId": request.trace_id,
    });
    let more = match api.protocol {
        Protocol::Rest => json!({
            "httpMethod": route.method,
            "resourcePath": route.path,
            "path": format!("/{stage}{}", path(route, request)),
            "protocol": "HTTP/1.1",
        }),
        Protocol::Http => json!({
            "httpMethod": route.method,
            "routeKey": format!("{} {}", route.method, route.path),
            "path": path(route, request),
            "protocol": "HTTP/1.1",
        }),
        Protocol::WebSocket => json!({
            "routeKey": route.path,
            "eventType": match route.path.as_str() {
                "$connect" => "CONNECT",
                "$disconnect" => "DISCONNECT",
                _ => "MESSAGE",
            },
        }),
    };
    if let (Some(line), serde_json::Value::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
    line.to_string()
}

/// Execution log: every step at INFO, what went wrong at ERROR.
fn execution_lines(world: &World, api: &Api, request: &ApiRequest, level: &str) -> Vec<(Millis, String)> {
    if level == "OFF" {
        return Vec::new();
    }
    let route = &api.routes[request.route];
    let id = &request.request_id;
    let end = request.start + request.latency_ms.round() as Millis;
    let back = request.integration_ms.map(|ms| request.start + (ms.round() as Millis).min(end - request.start));
    let function = &world.catalog.functions[route.function].name;
    let (region, account) = (&world.catalog.region, &world.catalog.account_id);
    let uri = format!(
        "https://lambda.{region}.amazonaws.com/2015-03-31/functions/arn:aws:lambda:{region}:{account}:function:{function}/invocations"
    );
    let info = level == "INFO";
    let mut lines: Vec<(Millis, String)> = Vec::new();
    let mut say = |at: Millis, always: bool, text: String| {
        if info || always {
            lines.push((at, format!("({id}) {text}")));
        }
    };
    let start = request.start;
    say(start, false, format!("Extended Request Id: {:011x}=", request.key >> 20));
    if request.status == 429 {
        say(start, true, "Rate limit exceeded: request was throttled".to_owned());
        say(end, true, "Method completed with status: 429".to_owned());
        return lines;
    }
    say(start, false, format!("Starting execution for request: {id}"));
    say(start, false, format!("HTTP Method: {}, Resource Path: {}", route.method, path(route, request)));
    if request.cache_hit == Some(true) {
        say(start, false, "Cache hit: responding from the stage cache".to_owned());
    }
    if let Some(back) = back {
        say(start, false, format!("Endpoint request URI: {uri}"));
        say(start, false, format!("Sending request to {uri}"));
        let waited = request.integration_ms.unwrap_or(0.0);
        if request.status == 504 {
            say(back, true, "Execution failed due to a timeout error".to_owned());
        } else {
            say(back, false, format!("Received response. Status: 200, Integration latency: {waited:.0} ms"));
        }
        let invocation = world.invocation_of_request(request).filter(|_| request.status >= 500);
        if let Some(invocation) = invocation {
            let why = match &invocation.outcome {
                Outcome::Error { kind, message } => format!("{kind}: {message}"),
                Outcome::TimedOut => "Task timed out".to_owned(),
                Outcome::OutOfMemory => "Runtime.ExitError".to_owned(),
                Outcome::Throttled { reason } => (*reason).to_owned(),
                Outcome::Success => "malformed Lambda proxy response".to_owned(),
            };
            say(
                back,
                true,
                format!(
                    "Lambda execution failed with status 200 due to customer function error: {why}. Lambda request id: {}",
                    invocation.request_id
                ),
            );
        }
    }
    say(end, request.status >= 400, format!("Method completed with status: {}", request.status));
    lines
}
