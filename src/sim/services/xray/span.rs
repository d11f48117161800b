//! A trace as the spans that X-Ray makes of its segments where they go to CloudWatch Logs.
//!
//! The shape is that of the records in `aws/spans`: attributes are a flat map of dotted names, times are whole nanoseconds
//! that went through seconds in floating point, and `_aws.xray` keeps what OpenTelemetry has no word for. Only what a service
//! or an OpenTelemetry SDK sends knows its service; what the X-Ray SDK sends from within a function does not.

use serde_json::{Map, Value, json};

use super::trace::{Exception, Link, Segment, Sender, Trace, hex, micros};
use crate::sim::world::catalog::Catalog;

/// A segment or subsegment on its way to become a span.
pub struct Span<'a> {
    /// Itself.
    pub part: &'a Segment,
    /// The segment that it is, or is in.
    owner: &'a Segment,
    /// What it hangs on.
    parent: Option<u64>,
}

/// Every span of a trace. What X-Ray inferred is none: the service that was called sent nothing.
pub fn each<'a>(trace: &'a Trace, visit: &mut dyn FnMut(&Span<'a>)) {
    for owner in trace.segments.iter().filter(|segment| !segment.inferred) {
        inside(owner, owner, owner.parent, visit);
    }
}

fn inside<'a>(part: &'a Segment, owner: &'a Segment, parent: Option<u64>, visit: &mut dyn FnMut(&Span<'a>)) {
    visit(&Span { part, owner, parent });
    for one in &part.subsegments {
        inside(one, owner, Some(part.id), visit);
    }
}

/// The id of a trace as W3C writes it: 32 digits.
pub fn w3c(trace: &str) -> String {
    trace.trim_start_matches("1-").replace('-', "")
}

/// The id of a trace as X-Ray writes it; none where `id` is neither.
pub fn xray(id: &str) -> Option<String> {
    if super::well_formed(id) {
        return Some(id.to_owned());
    }
    let plain = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| format!("1-{}-{}", &id[..8], &id[8..]).to_lowercase())
}

/// Milliseconds as the nanoseconds that come of seconds in floating point.
fn nanos(ms: f64) -> u64 {
    (micros(ms) * 1e9) as u64
}

impl Span<'_> {
    /// The record. `in_progress`: as it was sent when it began.
    pub fn document(&self, trace: &str, catalog: &Catalog, in_progress: bool) -> Value {
        let part = self.part;
        let in_progress = in_progress || part.in_progress;
        let (start, end) = (nanos(part.start_ms), nanos(part.end_ms));
        let mut span = Map::new();
        span.insert("resource".into(), self.resource(catalog));
        if part.sender == Sender::OpenTelemetry {
            span.insert("scope".into(), self.scope());
        }
        span.insert("traceId".into(), w3c(trace).into());
        span.insert("spanId".into(), hex(part.id).into());
        if let Some(parent) = self.parent {
            span.insert("parentSpanId".into(), hex(parent).into());
        }
        if part.sender == Sender::OpenTelemetry {
            // Sampled, and its parent may be remote.
            span.insert("flags".into(), 257.into());
        }
        span.insert("name".into(), self.name().into());
        span.insert("kind".into(), self.kind().into());
        span.insert("startTimeUnixNano".into(), start.into());
        if in_progress {
            span.insert("endTimeUnixNano".into(), Value::Null);
        } else {
            span.insert("endTimeUnixNano".into(), end.into());
            span.insert("durationNano".into(), end.saturating_sub(start).into());
        }
        span.insert("attributes".into(), self.attributes(in_progress).into());
        let failed = !in_progress && !part.failure.none();
        if !in_progress && !part.exceptions.is_empty() {
            let events: Vec<Value> = part.exceptions.iter().map(|one| self.event(one, start)).collect();
            span.insert("events".into(), events.into());
        }
        // Who sent a message can't know who will receive it.
        let senders = part.links.iter().filter(|link| link.reference == "parent");
        let link =
            |link: &Link| json!({"traceId": w3c(&link.trace), "spanId": hex(link.id), "attributes": link.attributes()});
        let links: Vec<Value> = senders.map(link).collect();
        if !links.is_empty() {
            span.insert("links".into(), links.into());
        }
        span.insert("status".into(), json!({"code": if failed { "ERROR" } else { "UNSET" }}));
        if part.sender != Sender::OpenTelemetry {
            span.insert("_aws".into(), json!({"xray": self.rest(in_progress)}));
        }
        Value::Object(span)
    }

    fn is_segment(&self) -> bool {
        self.part.id == self.owner.id
    }

    fn kind(&self) -> &'static str {
        match self.part.namespace {
            _ if self.is_segment() => "SERVER",
            Some(_) => "CLIENT",
            None => "INTERNAL",
        }
    }

    /// The service itself: an API without its stage, a function.
    fn service(&self) -> &str {
        let name = self.owner.name.as_str();
        if self.is_stage() { name.split_once('/').map_or(name, |(api, _)| api) } else { name }
    }

    fn is_stage(&self) -> bool {
        self.owner.origin.as_deref() == Some("AWS::ApiGateway::Stage")
    }

    fn stage(&self) -> &str {
        self.owner.name.split_once('/').map_or("", |(_, stage)| stage)
    }

    /// What the service was asked for: `GET /orders`, or a function's handler.
    fn operation(&self) -> String {
        if !self.is_stage() {
            return format!("{}/FunctionHandler", self.service());
        }
        let http = &self.owner.http;
        let url = http.url.as_deref().unwrap_or_default();
        let path = url.split_once("amazonaws.com").map_or(url, |(_, path)| path);
        let path = path.strip_prefix(&format!("/{}", self.stage())).unwrap_or(path);
        format!("{} {path}", http.method.as_deref().unwrap_or_default())
    }

    fn environment(&self) -> String {
        if self.is_stage() { format!("api-gateway:{}", self.stage()) } else { "lambda:default".to_owned() }
    }

    fn name(&self) -> String {
        let part = self.part;
        let operation = part.aws.get("operation").and_then(Value::as_str);
        match (part.origin.as_deref(), part.namespace) {
            (Some("AWS::Lambda"), _) => format!("{}/LambdaService", part.name),
            (Some("AWS::Lambda::Function"), _) => format!("{}/LambdaExecutionEnvironment", part.name),
            _ if self.is_segment() => self.operation(),
            (_, Some("aws")) => format!("{}.{}", part.name, operation.unwrap_or_default()),
            (_, Some(_)) if part.sender == Sender::OpenTelemetry => part.http.method.clone().unwrap_or_default(),
            (_, None) if part.sender == Sender::Service => format!("{}/LambdaExecutionEnvironment", part.name),
            _ => part.name.clone(),
        }
    }

    fn resource(&self, catalog: &Catalog) -> Value {
        if self.part.sender == Sender::XRaySdk {
            return if self.part.namespace == Some("aws") {
                json!({"attributes": {"cloud.provider": "aws"}})
            } else {
                json!({})
            };
        }
        let mut known = json!({
            "cloud.provider": "aws",
            "cloud.platform": if self.is_stage() { "aws_api_gateway" } else { "aws_lambda" },
            "cloud.account.id": catalog.account_id,
            "cloud.resource_id": self.owner.resource_arn,
            "service.name": self.service(),
        });
        if self.is_stage() {
            known["aws.api_gateway.rest_api_id"] = self.owner.aws["api_gateway"]["rest_api_id"].clone();
            known["aws.api_gateway.stage"] = self.stage().into();
        }
        if self.part.sender == Sender::OpenTelemetry {
            known["cloud.region"] = catalog.region.as_str().into();
            known["faas.name"] = self.service().into();
            known["telemetry.sdk.name"] = "opentelemetry".into();
            known["telemetry.sdk.version"] = "1.49.0".into();
        }
        json!({"attributes": known})
    }

    fn scope(&self) -> Value {
        let library = if self.part.namespace == Some("aws") { "aws-sdk" } else { "http-client" };
        json!({"name": format!("io.opentelemetry.{library}"), "version": "2.15.0"})
    }

    fn attributes(&self, in_progress: bool) -> Map<String, Value> {
        let part = self.part;
        let mut found = Map::new();
        let mut put = |key: &str, value: Value| {
            found.insert(key.to_owned(), value);
        };
        if let Some(origin) = &part.origin {
            put("aws.xray.origin", origin.as_str().into());
        }
        if let Some(arn) = &part.resource_arn {
            put("cloud.resource_id", arn.as_str().into());
            put("aws.resource_arn", arn.as_str().into());
        }
        if in_progress {
            put("aws.xray.inprogress", true.into());
            return found;
        }
        self.who(&mut put);
        for (flag, set) in
            [("error", part.failure.error), ("throttle", part.failure.throttle), ("fault", part.failure.fault)]
        {
            if set {
                put(&format!("aws.xray.{flag}"), true.into());
            }
        }
        if let Some(user) = &part.user {
            put("enduser.id", user.as_str().into());
        }
        self.http(&mut put);
        flat("aws", &part.aws, &mut put);
        if !part.annotations.is_empty() {
            let keys: Vec<&str> = part.annotations.iter().map(|(key, _)| key.as_str()).collect();
            put("aws.xray.annotation_keys", json!(keys));
        }
        for (key, value) in &part.annotations {
            put(key, value.clone());
        }
        for (namespace, value) in &part.metadata {
            put(&format!("aws.xray.metadata.{namespace}"), value.to_string().into());
        }
        found
    }

    /// Who calls whom, in the words of Application Signals.
    fn who(&self, put: &mut dyn FnMut(&str, Value)) {
        let part = self.part;
        let known = part.sender != Sender::XRaySdk;
        let (service, environment) = if known {
            (self.service().to_owned(), self.environment())
        } else {
            ("UnknownService".to_owned(), "generic:default".to_owned())
        };
        put("aws.local.service", service.into());
        put("aws.local.environment", environment.into());
        put("PlatformType", if known && !self.is_stage() { "AWS::Lambda".into() } else { "Generic".into() });
        if part.namespace.is_none() {
            if self.is_segment() {
                put("aws.local.operation", self.operation().into());
                put("aws.span.kind", "LOCAL_ROOT".into());
            }
            return;
        }
        let operation = if known { self.operation() } else { "UnmappedOperation".to_owned() };
        put("aws.local.operation", operation.into());
        put("aws.span.kind", "CLIENT".into());
        put("telemetry.extended", "true".into());
        let text = |key: &str| part.aws.get(key).and_then(Value::as_str);
        if part.namespace == Some("remote") {
            let url = part.http.url.as_deref().unwrap_or_default();
            let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
            let method = part.http.method.as_deref().unwrap_or_default();
            put("aws.remote.service", part.name.as_str().into());
            put("aws.remote.operation", format!("{method} /{path}").into());
            return;
        }
        let operation = text("operation").unwrap_or_default();
        put("rpc.system", "aws-api".into());
        put("rpc.service", part.name.as_str().into());
        put("rpc.method", operation.into());
        let callee = text("function_name");
        put("aws.remote.service", callee.map_or_else(|| format!("AWS::{}", part.name), str::to_owned).into());
        put("aws.remote.operation", operation.into());
        let resource = [
            ("AWS::DynamoDB::Table", text("table_name")),
            ("AWS::SQS::Queue", text("queue_url").and_then(|url| url.rsplit('/').next())),
            ("AWS::SNS::Topic", text("topic_arn").and_then(|arn| arn.rsplit(':').next())),
            ("AWS::S3::Bucket", text("bucket_name")),
        ];
        if let Some((kind, Some(name))) = resource.into_iter().find(|(_, name)| name.is_some()) {
            put("aws.remote.resource.type", kind.into());
            put("aws.remote.resource.identifier", name.into());
        }
    }

    /// The names of now and those of before, as the service writes both.
    fn http(&self, put: &mut dyn FnMut(&str, Value)) {
        let http = &self.part.http;
        for (names, value) in [
            (["http.method", "http.request.method"], &http.method),
            (["http.url", "url.full"], &http.url),
            (["http.user_agent", "user_agent.original"], &http.user_agent),
            (["http.client_ip", "client.address"], &http.client_ip),
        ] {
            if let Some(value) = value {
                names.into_iter().for_each(|name| put(name, value.as_str().into()));
            }
        }
        if let Some(status) = http.status {
            put("http.status_code", status.into());
            put("http.response.status_code", status.into());
        }
        if let Some(length) = http.content_length {
            put("http.response_content_length", length.into());
        }
    }

    fn event(&self, exception: &Exception, start: u64) -> Value {
        let mut stack = format!("{}: {}\n", exception.kind, exception.message);
        for (path, line, label) in &exception.stack {
            stack.push_str(&format!("\tat {label} ({path}:{line})\n"));
        }
        let mut known = json!({
            "exception.type": exception.kind,
            "exception.message": exception.message,
            "exception.stacktrace": stack,
        });
        if self.part.sender == Sender::OpenTelemetry {
            known["exception.escaped"] = false.into();
        } else {
            known["aws.xray.exception.id"] = hex(exception.id).into();
            known["aws.xray.exception.remote"] = exception.remote.into();
            known["aws.xray.exception.truncated"] = 0.into();
            known["aws.xray.exception.skipped"] = 0.into();
        }
        json!({"timeUnixNano": start, "name": "exception", "attributes": known})
    }

    /// `_aws.xray`: what OpenTelemetry has no word for.
    fn rest(&self, in_progress: bool) -> Value {
        let part = self.part;
        let kind = if self.is_segment() { "segment" } else { "subsegment" };
        let mut rest = json!({"name": part.name, "type": kind});
        if let Some(namespace) = part.namespace {
            rest["namespace"] = namespace.into();
        }
        if let Some(cause) = part.exceptions.first().filter(|_| !in_progress) {
            rest["cause.message"] = cause.message.as_str().into();
        }
        rest
    }
}

/// The fields of a block under dotted names.
fn flat(prefix: &str, block: &Map<String, Value>, put: &mut dyn FnMut(&str, Value)) {
    for (key, value) in block {
        let name = format!("{prefix}.{key}");
        match value {
            Value::Object(inner) => flat(&name, inner, put),
            Value::Array(items) if items.iter().any(Value::is_object) => put(&name, value.to_string().into()),
            other => put(&name, other.clone()),
        }
    }
}
