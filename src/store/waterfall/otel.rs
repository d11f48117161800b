//! An OpenTelemetry span, as Transaction Search keeps it in `aws/spans` and ListRetrievedTraces gives it: what X-Ray would have
//! told as a segment or subsegment.

use serde_json::Value;

use super::Part;
use crate::model::trace::{Exception, Link, Oddity, Span, xray_id};
use crate::text;

/// The spans of a document; none where it is no OpenTelemetry.
pub fn read(document: &str) -> Option<Vec<Part>> {
    // A segment has neither key. Reading it whole to find that out would cost what reading it costs.
    if !document.contains("\"spanId\"") && !document.contains("\"span_id\"") {
        return None;
    }
    let value: Value = serde_json::from_str(document).ok()?;
    let mut parts = Vec::new();
    match &value {
        Value::Array(spans) => parts.extend(spans.iter().filter_map(|span| part(span, None))),
        Value::Object(object) if object.contains_key("resourceSpans") => {
            for resource in list(&value["resourceSpans"]) {
                for scope in list(&resource["scopeSpans"]) {
                    parts.extend(
                        list(&scope["spans"]).iter().filter_map(|span| part(span, Some(&resource["resource"]))),
                    );
                }
            }
        }
        _ => parts.extend(part(&value, None)),
    }
    (!parts.is_empty()).then_some(parts)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// An attribute, in an object of values as AWS keeps them, or in the list of typed pairs of OTLP's own JSON.
fn attribute<'a>(attributes: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().find_map(|key| match attributes {
        Value::Object(map) => map.get(*key),
        Value::Array(pairs) => {
            let pair = pairs.iter().find(|pair| pair["key"] == *key)?;
            pair["value"].as_object()?.values().next()
        }
        _ => None,
    })
}

fn word(attributes: &Value, keys: &[&str]) -> Option<String> {
    let value = attribute(attributes, keys)?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    Some(text::safe_line(&text).into_owned()).filter(|text| !text.is_empty())
}

/// Nanoseconds since 1970, as a number or in quotes, as seconds.
fn seconds(value: &Value) -> Option<f64> {
    let nanos = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    Some(nanos / 1e9).filter(|seconds| seconds.is_finite() && *seconds > 0.0)
}

fn number(attributes: &Value, keys: &[&str]) -> Option<u16> {
    let value = attribute(attributes, keys)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).and_then(|number| u16::try_from(number).ok())
}

fn part(value: &Value, resource: Option<&Value>) -> Option<Part> {
    let first = |keys: &[&str]| keys.iter().find_map(|key| value.get(*key)).unwrap_or(&Value::Null);
    let id = first(&["spanId", "span_id"]).as_str()?.to_string();
    let start = seconds(first(&["startTimeUnixNano", "start_time_unix_nano"]))?;
    let attributes = &value["attributes"];
    let resource = &resource.unwrap_or(&value["resource"])["attributes"];
    let mut odd = Vec::new();
    let end = match seconds(first(&["endTimeUnixNano", "end_time_unix_nano"])) {
        Some(end) if end < start => {
            odd.push(Oddity::Backwards);
            Some(start)
        }
        end => end,
    };
    let status = number(attributes, &["http.response.status_code", "http.status_code"]);
    let said = |key: &str| attribute(attributes, &[key]).and_then(Value::as_bool);
    let failed = match &value["status"]["code"] {
        Value::String(code) => code.eq_ignore_ascii_case("error") || code == "STATUS_CODE_ERROR",
        code => code.as_u64() == Some(2),
    };
    // X-Ray's own word first. Without it as AWS's exporter does it: a status in the four hundreds is the caller's error, any
    // other failure is a fault. Spans with a 502 and no status of their own occur.
    let error = said("aws.xray.error").unwrap_or_else(|| status.is_some_and(|status| (400..500).contains(&status)));
    let throttle = said("aws.xray.throttle").unwrap_or(status == Some(429));
    let fault =
        said("aws.xray.fault").unwrap_or_else(|| status.is_some_and(|status| status >= 500) || failed && !error);
    let events = list(&value["events"]).iter();
    let mut exceptions = events.filter(|event| event["name"] == "exception").map(|event| Exception {
        id: None,
        kind: word(&event["attributes"], &["exception.type"]).unwrap_or_default(),
        message: word(&event["attributes"], &["exception.message"]).unwrap_or_default(),
    });
    // Spans made from segments keep what they were: `segment` or `subsegment`, and the name.
    let was = &value["_aws"]["xray"];
    let kind = value["kind"].as_str().unwrap_or_default().trim_start_matches("SPAN_KIND_");
    let parent = first(&["parentSpanId", "parent_span_id"]).as_str().filter(|id| !id.is_empty());
    let is_segment = match was["type"].as_str() {
        Some(kind) => kind == "segment",
        None => matches!(kind, "SERVER" | "CONSUMER") || parent.is_none(),
    };
    let text = |value: &Value| Some(text::safe_line(value.as_str()?).into_owned()).filter(|text| !text.is_empty());
    let name = text(&value["name"]).unwrap_or_default();
    // Of Lambda's two segments one is the service's and one the function's, and their spans are named so.
    let lambda = [("/LambdaService", "AWS::Lambda"), ("/LambdaExecutionEnvironment", "AWS::Lambda::Function")];
    let lambda = lambda.into_iter().find(|(end, _)| is_segment && name.ends_with(end));
    let lambda = lambda.map(|(_, origin)| origin.to_string());
    let of_lambda = || {
        let platform = word(resource, &["cloud.platform"]).is_some_and(|platform| platform == "aws_lambda");
        (is_segment && platform).then(|| "AWS::Lambda::Function".to_string())
    };
    // The span of a service goes by the service's name, as X-Ray's segments do.
    let service = || word(resource, &["service.name"]).or_else(|| word(attributes, &["aws.local.service"]));
    let links = list(&value["links"]).iter().filter_map(|link| {
        let id = link.get("traceId").or_else(|| link.get("trace_id"))?.as_str()?;
        let span = link.get("spanId").or_else(|| link.get("span_id")).and_then(Value::as_str);
        Some(Link { trace_id: xray_id(id), span_id: span.unwrap_or_default().to_string(), kind: None })
    });
    let origin = lambda
        .or_else(|| word(attributes, &["aws.xray.origin"]))
        .or_else(|| word(resource, &["aws.xray.origin"]))
        .or_else(of_lambda)
        .or_else(|| text(&was["namespace"]))
        .or_else(|| word(attributes, &["rpc.system", "db.system", "messaging.system"]))
        .unwrap_or_else(|| if kind == "CLIENT" { "remote".into() } else { String::new() });
    let named = text(&was["name"]).or_else(|| is_segment.then(service).flatten());
    let span = Span {
        name: named.or_else(|| Some(name).filter(|name| !name.is_empty())).unwrap_or_else(|| "(no name)".into()),
        origin,
        start,
        end,
        fault,
        error,
        throttle,
        inferred: was["inferred"] == true,
        is_segment,
        status,
        operation: word(attributes, &["aws.operation", "aws.remote.operation", "rpc.method"]),
        resource: word(
            attributes,
            &["aws.table_name", "aws.remote.resource.identifier", "db.name", "messaging.destination.name"],
        ),
        request_id: word(attributes, &["aws.request_id", "faas.invocation_id", "faas.execution"]),
        exception: exceptions.next(),
        links: links.collect(),
        odd,
        id,
        ..Span::default()
    };
    Some(Part { parent: parent.map(str::to_string), cause: None, span })
}
