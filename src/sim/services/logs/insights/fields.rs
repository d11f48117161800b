//! The fields that Insights discovers in an event: its own, those of Lambda's text lines, and those of a JSON document.

use super::expression::Datum;
use crate::sim::services::logs::event::Event;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// `@ptr` of an event, which GetLogRecord takes: opaque, here the eventId.
pub(super) fn pointer(event: &Event) -> String {
    STANDARD.encode(event.key.id())
}

/// A field whose name begins with `@`. `log` is what `@log` shows: account id, colon, group.
pub(super) fn system(event: &Event, log: &str, name: &str) -> Option<Datum> {
    let text = |text: &str| Some(Datum::Text(text.to_owned()));
    match name {
        "@timestamp" => Some(Datum::Time(event.key.timestamp)),
        "@ingestionTime" => Some(Datum::Time(event.key.ingestion)),
        "@message" => text(&event.message),
        "@logStream" => text(&event.stream),
        "@log" => text(log),
        "@ptr" => Some(Datum::Text(pointer(event))),
        "@type" => text(kind(&event.message)?),
        "@requestId" => text(request_id(&event.message)?),
        "@duration" => report(&event.message, "Duration", 1.0),
        "@billedDuration" => report(&event.message, "Billed Duration", 1.0),
        "@initDuration" => report(&event.message, "Init Duration", 1.0),
        // In bytes, a megabyte being a million: hence the `/ 1000 / 1000` of AWS's own sample queries.
        "@memorySize" => report(&event.message, "Memory Size", 1e6),
        "@maxMemoryUsed" => report(&event.message, "Max Memory Used", 1e6),
        "@xrayTraceId" => text(report_text(&event.message, "XRAY TraceId")?),
        "@xraySegmentId" => text(report_text(&event.message, "SegmentId")?),
        _ => None,
    }
}

fn kind(message: &str) -> Option<&'static str> {
    ["START", "END", "REPORT"]
        .into_iter()
        .find(|kind| message.strip_prefix(kind).is_some_and(|rest| rest.starts_with(" RequestId: ")))
}

/// Of Lambda's own lines, and of the lines of the text runtimes: a column parted by tabs that is a UUID.
fn request_id(message: &str) -> Option<&str> {
    if let Some(kind) = kind(message) {
        return message[kind.len() + " RequestId: ".len()..].split_whitespace().next();
    }
    message.split('\t').take(3).find(|column| is_uuid(column))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn report_text<'a>(message: &'a str, label: &str) -> Option<&'a str> {
    kind(message).filter(|kind| *kind == "REPORT")?;
    message.split(['\t', '\n']).find_map(|column| column.strip_prefix(label)?.strip_prefix(": ")).map(str::trim)
}

fn report(message: &str, label: &str, unit: f64) -> Option<Datum> {
    let value: f64 = report_text(message, label)?.split(' ').next()?.parse().ok()?;
    Some(Datum::Number(value * unit))
}

/// The JSON in a message: Insights takes the first fragment, wherever it begins.
pub(super) fn document(message: &str) -> Option<Value> {
    let begin = message.find('{')?;
    let mut documents = serde_json::Deserializer::from_str(&message[begin..]).into_iter::<Value>();
    documents.next()?.ok()
}

/// What stands at `record.metrics.durationMs` or `items.0.id`; a key that holds dots itself comes first, at any depth, as
/// in `attributes.http.status_code`.
fn within<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let at = |key: &str| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    };
    let parts = || name.match_indices('.').map(|(dot, _)| (&name[..dot], &name[dot + 1..]));
    at(name).or_else(|| parts().find_map(|(key, rest)| within(at(key)?, rest)))
}

/// A field of a document, by its name or path.
pub(super) fn of_document(document: &Value, name: &str) -> Option<Datum> {
    match within(document, name)? {
        Value::Null => None,
        Value::String(text) => Some(Datum::Text(text.clone())),
        Value::Number(number) => number.as_f64().map(Datum::Number),
        Value::Bool(holds) => Some(Datum::Number(f64::from(u8::from(*holds)))),
        other => Some(Datum::Text(other.to_string())),
    }
}
