//! What API Gateway writes of a request: one access line, and the execution log where it is on.

use super::access_format;
use super::event::Key;
use super::source::Sink;
use crate::sim::services::apigateway;
use crate::sim::world::catalog::{Api, ApiId, Protocol, Route};
use crate::sim::world::change::StagePatch;
use crate::sim::world::dice::{Dice, hash, hash_text};
use crate::sim::world::gate::Limit;
use crate::sim::world::invocation::{ApiRequest, Outcome};
use crate::sim::world::plans::{self, KEYS};
use crate::sim::world::{Millis, World};
use chrono::DateTime;
use std::borrow::Cow;

/// Log streams over which API Gateway spreads the lines of a stage.
const SHARDS: u64 = 4;

/// Which of its logs API Gateway writes.
#[derive(Clone, Copy, Debug)]
pub enum Log<'a> {
    /// The access log, as its format was over time.
    Access(&'a Formats),
    /// The execution log, as its level was over time.
    Execution(&'a Levels),
}

/// The format of a stage's access log, from moment to moment; none while it was off or went elsewhere.
#[derive(Clone, Debug)]
pub struct Formats(Vec<(Millis, Option<String>)>);

impl Formats {
    /// What the stage (by its index) began with and what UpdateStage has made of it.
    pub fn of(world: &World, api: ApiId, stage: usize) -> Formats {
        let spec = &world.catalog.apis[api];
        let stage = &spec.stages[stage];
        let Some(group) = &stage.access_log_group else {
            return Formats(Vec::new());
        };
        let mut current = (true, access_format::of(spec).to_owned());
        let mut formats = vec![(Millis::MIN, Some(current.1.clone()))];
        for (at, patches) in world.stage_changes(api, &stage.name, Millis::MAX) {
            for patch in patches {
                let value = patch.value.filter(|_| patch.op != "remove").unwrap_or_default();
                match patch.path.as_str() {
                    "/accessLogSettings" => current.0 = false,
                    "/accessLogSettings/destinationArn" => {
                        current.0 = value.trim_end_matches(":*").ends_with(&format!(":log-group:{group}"));
                    }
                    "/accessLogSettings/format" => current.1 = value.trim_end().to_owned(),
                    _ => continue,
                }
                formats.push((at, Some(current.1.clone()).filter(|format| current.0 && !format.is_empty())));
            }
        }
        Formats(formats)
    }

    fn at(&self, moment: Millis) -> Option<&str> {
        self.0.iter().rfind(|(since, _)| *since <= moment).and_then(|(_, format)| format.as_deref())
    }
}

/// The level of a stage's execution log, from moment to moment.
#[derive(Clone, Debug)]
pub struct Levels(Vec<(Millis, Level)>);

/// The level of all methods, and those of single methods.
#[derive(Clone, Debug)]
struct Level {
    all: String,
    own: Vec<(String, String)>,
}

impl Levels {
    /// What the stage (by its index) began with and what UpdateStage has made of it.
    pub fn of(world: &World, api: ApiId, stage: usize) -> Levels {
        let spec = &world.catalog.apis[api];
        let stage = &spec.stages[stage];
        // The settings of a method of a REST API are whole: they begin as a copy of the stage's.
        let whole = spec.protocol == Protocol::Rest;
        let copies = stage.overrides.iter().filter(|_| whole);
        let own = copies.map(|own| (method_key(&own.path, &own.method), stage.logging.to_owned())).collect();
        let mut level = Level { all: stage.logging.to_owned(), own };
        let mut levels = vec![(Millis::MIN, level.clone())];
        for (at, patches) in world.stage_changes(api, &stage.name, Millis::MAX) {
            patches.iter().for_each(|patch| level.apply(patch, whole));
            levels.push((at, level.clone()));
        }
        Levels(levels)
    }

    /// It was on at some time: the group exists.
    pub fn ever_on(&self) -> bool {
        self.0.iter().any(|(_, level)| level.all != "OFF" || level.own.iter().any(|(_, own)| own != "OFF"))
    }

    /// `OFF`, `ERROR` or `INFO`.
    fn at(&self, moment: Millis, route: &Route) -> &str {
        let Some((_, level)) = self.0.iter().rfind(|(since, _)| *since <= moment) else {
            return "OFF";
        };
        let key = method_key(&route.path, &route.method);
        level.own.iter().find(|(known, _)| *known == key).map_or(&level.all, |(_, own)| own)
    }
}

impl Level {
    fn apply(&mut self, patch: &StagePatch, whole: bool) {
        let value = patch.value.clone().unwrap_or_else(|| "OFF".to_owned());
        match patch.path.trim_start_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            ["*", "*", group, name] if (*group, *name) == ("logging", "loglevel") => {
                self.all = value;
            }
            [path, method] if patch.op == "remove" => {
                let key = method_key(path, method);
                self.own.retain(|(known, _)| *known != key);
            }
            [path, method, group, name] => {
                let (key, sets) = (method_key(path, method), (*group, *name) == ("logging", "loglevel"));
                let known = self.own.iter().position(|(known, _)| *known == key);
                if known.is_none() && (sets || whole) {
                    self.own.push((key, self.all.clone()));
                }
                if sets {
                    let place = known.unwrap_or(self.own.len() - 1);
                    self.own[place].1 = value;
                }
            }
            _ => {}
        }
    }
}

/// One key for a method however a path spells it.
fn method_key(path: &str, method: &str) -> String {
    format!("{}/{method}", path.replace("~1", "/").replace("~0", "~").trim_start_matches('/'))
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
        Log::Execution(levels) => {
            execution_lines(world, api, request, levels.at(request.start, &api.routes[request.route]))
        }
        Log::Access(formats) => match formats.at(request.start) {
            Some(format) => vec![(end, access_line(format, api, &api.routes[request.route], request, &mut dice))],
            None => Vec::new(),
        },
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

fn access_line(format: &str, api: &Api, route: &Route, request: &ApiRequest, dice: &mut Dice) -> String {
    let stage = &api.stages[request.stage].name;
    let time = || DateTime::from_timestamp_millis(request.start).unwrap_or_default();
    let length = (40 + dice.below(4_000)).to_string();
    let rest = api.protocol == Protocol::Rest;
    let event = match route.path.as_str() {
        "$connect" => "CONNECT",
        "$disconnect" => "DISCONNECT",
        _ => "MESSAGE",
    };
    let value = |name: &str| -> Option<Cow<'_, str>> {
        Some(match (name, api.protocol) {
            ("requestId" | "extendedRequestId", _) => request.request_id.as_str().into(),
            ("apiId", _) => api.id.as_str().into(),
            ("stage", _) => stage.into(),
            ("identity.sourceIp", _) => client_ip(request).into(),
            ("identity.apiKeyId", Protocol::Rest) => {
                apigateway::plans::key_id(KEYS[plans::client(route, request.key)?].name).into()
            }
            ("requestTime", _) => time().format("%d/%b/%Y:%H:%M:%S +0000").to_string().into(),
            ("requestTimeEpoch", _) => request.start.to_string().into(),
            ("status", _) => request.status.to_string().into(),
            ("responseLatency", _) => format!("{:.0}", request.latency_ms).into(),
            ("integrationLatency" | "integration.latency", _) => format!("{:.0}", request.integration_ms?).into(),
            ("responseLength", _) => length.as_str().into(),
            ("xrayTraceId", _) => request.trace_id.as_str().into(),
            ("error.message", _) => error(api, request)?.0.into(),
            ("error.messageString", _) => format!("\"{}\"", error(api, request)?.0).into(),
            ("error.responseType", Protocol::Rest | Protocol::Http) => error(api, request)?.1.into(),
            ("httpMethod", Protocol::Rest | Protocol::Http) => route.method.as_str().into(),
            ("protocol", Protocol::Rest | Protocol::Http) => "HTTP/1.1".into(),
            ("path", Protocol::Rest) => format!("/{stage}{}", path(route, request)).into(),
            ("path", Protocol::Http) => path(route, request).into(),
            ("resourcePath", Protocol::Rest) => route.path.as_str().into(),
            ("routeKey", Protocol::Http) => format!("{} {}", route.method, route.path).into(),
            ("routeKey", Protocol::WebSocket) => route.path.as_str().into(),
            ("eventType", Protocol::WebSocket) => event.into(),
            ("isCanaryRequest", _) if rest => request.canary.to_string().into(),
            _ => return None,
        })
    };
    access_format::fill(format, value)
}

/// What API Gateway itself said where the answer is not the function's: `$context.error.message` and `.responseType`.
fn error(api: &Api, request: &ApiRequest) -> Option<(&'static str, &'static str)> {
    if let Some(limit) = request.refused {
        return Some((limit.message(), limit.response_type()));
    }
    let rest = api.protocol == Protocol::Rest;
    match request.status {
        504 => Some(("Endpoint request timed out", "INTEGRATION_TIMEOUT")),
        503 if !rest => Some(("Service Unavailable", "INTEGRATION_FAILURE")),
        500.. if rest => Some(("Internal server error", "DEFAULT_5XX")),
        500.. => Some(("Internal Server Error", "INTEGRATION_FAILURE")),
        _ => None,
    }
}

/// The lines about keys and usage plans, before anything else is done; true where they end the request.
fn plan_lines(world: &World, api: &Api, route: &Route, request: &ApiRequest) -> Vec<(bool, String)> {
    let stage = &api.stages[request.stage].name;
    let at = format!("API Stage {}/{stage}", api.id);
    let Some(key) = plans::client(route, request.key) else {
        return vec![
            (false, format!("Verifying Usage Plan for request: {}. API Key:  {at}", request.request_id)),
            (
                false,
                format!(
                    "API Key  authorized because method '{} {}' does not require API Key. Request will not contribute to throttle or quota limits",
                    route.method, route.path
                ),
            ),
            (false, format!("Usage Plan check succeeded for API Key  and {at}")),
        ];
    };
    // Keys are masked but for their last six characters.
    let value = apigateway::plans::key_value(KEYS[key].name);
    let masked = format!("**********{}", &value[value.len() - 6..]);
    let mut lines =
        vec![(false, format!("Verifying Usage Plan for request: {}. API Key: {masked} {at}", request.request_id))];
    let plan = world.plan(KEYS[key].plan, request.start);
    let of_plan = format!("Key {masked} associated with UsagePlan Id {}", apigateway::plans::id(KEYS[key].plan));
    let exceeded = |what: &str, (rate, burst): (f64, u32)| {
        format!("{what} limit exceeded for {of_plan} and {at}. Key throttle limit: {rate} Key burst limit: {burst}")
    };
    match request.refused {
        Some(Limit::Plan) => lines.push((true, exceeded("Key throttle", plan.throttle.unwrap_or_default()))),
        Some(Limit::PlanMethod) => {
            let own = plan.stage(&api.id, stage).and_then(|covered| covered.method(&route.path, &route.method));
            lines.push((true, exceeded("Method throttle", own.unwrap_or_default())));
        }
        Some(Limit::Quota) => {
            let limit = plan.quota.map_or(0, |quota| quota.limit);
            lines.push((true, format!("Key quota limit exceeded for {of_plan} and {at}. Key quota limit: {limit}")));
        }
        _ => {
            lines.push((false, format!("Usage Plan check succeeded for API Key {masked} and {at}")));
        }
    }
    lines
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
    if api.protocol == Protocol::Rest {
        for (always, text) in plan_lines(world, api, route, request) {
            say(start, always, text);
        }
    }
    if let Some(limit) = request.refused {
        if matches!(limit, Limit::Method | Limit::Stage | Limit::Account) {
            say(start, true, "Rate limit exceeded: request was throttled".to_owned());
        }
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
