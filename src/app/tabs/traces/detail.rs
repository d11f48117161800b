//! The detail of a span: what it was, how its time went, what it carried, row by row.

use serde_json::{Map, Value};

use crate::app::cursor::{Cursor, Motion};
use crate::app::line::LineView;
use crate::app::overlay::Overlay;
use crate::app::step::Step;
use crate::model::expression::Literal;
use crate::model::log::Level;
use crate::model::trace::{Span, Trace, Waterfall};
use crate::store::logs::Line;
use crate::store::waterfall::{Gap, document, gaps};
use crate::text;

/// Rows of metadata and the like at most; Enter shows the document whole.
const TREE: usize = 2_000;
/// Frames of one stack.
const FRAMES: usize = 60;
/// Gaps that are told, the longest.
const GAPS: usize = 3;

/// What a row is about: decides how it is drawn and what its keys do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A fact.
    #[default]
    Fact,
    /// What went wrong.
    Failure,
    /// A frame of a stack, a line of a tree.
    Under,
    /// What is odd about the span.
    Note,
    /// An annotation: traces can be filtered by it.
    Annotation,
    /// The id of another trace: Enter opens it.
    Link,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What it is.
    pub name: String,
    /// Its value, made safe for one row.
    pub value: String,
    /// What it is about.
    pub kind: Kind,
    /// The value of an annotation, for a filter expression; its key is [`Row::name`].
    pub literal: Option<Literal>,
}

/// The detail of the selected span.
#[derive(Debug, Default)]
pub struct Detail {
    /// Its rows.
    pub rows: Vec<Row>,
    /// Cursor in the rows.
    pub cursor: Cursor,
    /// Which span they are of: trace, the size of its documents, place.
    of: Option<(String, usize, usize)>,
}

impl Detail {
    /// Shows a span; the same again costs nothing.
    pub(super) fn show(&mut self, trace: &Trace, waterfall: &Waterfall, at: Option<usize>) {
        let bytes = trace.documents.iter().map(|(_, document)| document.len()).sum();
        let of = at.map(|at| (trace.id.clone(), bytes, at));
        if of == self.of && of.is_some() {
            return;
        }
        self.of = of;
        self.cursor = Cursor::default();
        self.rows = at.map(|at| rows(trace, waterfall, at)).unwrap_or_default();
    }

    pub(super) fn go(&mut self, motion: Motion, height: usize) {
        self.cursor.go(motion, self.rows.len(), height);
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&Row> {
        self.rows.get(self.cursor.row)
    }
}

/// The document of a span as it came, to be read as a tree.
pub(super) fn whole(trace: &Trace, span: &Span) -> Option<Step> {
    let text = document(trace, span)?;
    let view = LineView::new(&Line {
        timestamp: (span.start * 1000.0) as i64,
        level: Level::Info,
        group: &format!("segment {} of trace {}", text::safe_line(&span.id), trace.id),
        stream: "",
        text: &text,
    });
    Some(Step::Show(Box::new(Overlay::Line(Box::new(view)))))
}

fn rows(trace: &Trace, waterfall: &Waterfall, at: usize) -> Vec<Row> {
    let Some(span) = waterfall.spans.get(at) else { return Vec::new() };
    let mut page = Page::default();
    times(&mut page, waterfall, at, span);
    for oddity in &span.odd {
        page.push("note", oddity.sentence(), Kind::Note);
    }
    let read = document(trace, span).and_then(|text| serde_json::from_str::<Value>(&text).ok());
    match read {
        Some(Value::Object(fields)) if fields.contains_key("spanId") => page.otel(&fields),
        Some(Value::Object(fields)) => page.segment(&fields, span),
        _ => page.push("note", "its document can't be read again", Kind::Note),
    }
    for link in &span.links {
        let kind = link.kind.as_deref().unwrap_or("linked trace");
        page.push(&format!("{kind} trace"), &link.trace_id, Kind::Link);
    }
    page.push("segment", &text::safe_line(&span.id), Kind::Fact);
    page.rows
}

fn times(page: &mut Page, waterfall: &Waterfall, at: usize, span: &Span) {
    let ms = |seconds: f64| text::millis(seconds * 1000.0);
    let total = (waterfall.end - waterfall.start).max(1e-9);
    let after = ms((span.start - waterfall.start).max(0.0));
    let length = match span.duration() {
        Some(seconds) => format!("{}, {} of the trace", ms(seconds), text::percent(seconds / total)),
        None => "in progress".into(),
    };
    page.push("duration", &format!("{length}, from {after} on"), Kind::Fact);
    let own = format!("{} in which nothing below it ran", ms(span.own));
    let waited = match span.critical {
        critical if critical > 0.0 => format!("; the answer waited {} for it", ms(critical)),
        _ => "; the answer did not wait for it".into(),
    };
    page.push("own time", &format!("{own}{waited}"), Kind::Fact);
    if let Some(part) = span.part() {
        page.push("part", part, Kind::Fact);
    }
    if span.has_children() {
        let mut gaps = gaps(waterfall, at);
        let told = |gap: &Gap| gap.after.is_some() || gap.before.is_some();
        gaps.retain(|gap| told(gap) && gap.length() > total * 0.02 && gap.length() > 0.001);
        gaps.sort_by(|a, b| b.length().total_cmp(&a.length()));
        for gap in gaps.iter().take(GAPS) {
            let name = |at: usize| waterfall.spans.get(at).map(|span| span.name.clone()).unwrap_or_default();
            let place = match (gap.after.map(name), gap.before.map(name)) {
                (None, Some(first)) => format!("before {first}"),
                (Some(last), None) => format!("after {last}"),
                (Some(one), Some(other)) => format!("between {one} and {other}"),
                (None, None) => "throughout".into(),
            };
            page.push("gap", &format!("{} {place}: nothing is told of it", ms(gap.length())), Kind::Note);
        }
    }
}

/// Rows in the making.
#[derive(Default)]
struct Page {
    rows: Vec<Row>,
}

impl Page {
    fn push(&mut self, name: &str, value: &str, kind: Kind) {
        let value = text::safe_line(value).into_owned();
        self.rows.push(Row { name: text::safe_line(name).into_owned(), value, kind, literal: None });
    }

    fn fact(&mut self, name: &str, value: Option<&Value>) {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            self.push(name, &plain(value), Kind::Fact);
        }
    }

    /// Values of a block, each under its own name, but for those that were told already.
    fn block(&mut self, of: &str, value: Option<&Value>, told: &[&str]) {
        match value {
            Some(Value::Object(fields)) => {
                for (key, value) in fields.iter().filter(|(key, _)| !told.contains(&key.as_str())) {
                    match value {
                        Value::Object(_) | Value::Array(_) => self.tree(&format!("{of}.{key}"), value),
                        _ => self.push(&format!("{of}.{key}"), &plain(value), Kind::Fact),
                    }
                }
            }
            Some(value) if !value.is_null() => self.push(of, &plain(value), Kind::Fact),
            _ => {}
        }
    }

    fn tree(&mut self, name: &str, value: &Value) {
        let short = value.to_string();
        if short.len() <= 60 {
            self.push(name, &short, Kind::Fact);
            return;
        }
        let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
        for (at, line) in pretty.lines().take(TREE).enumerate() {
            self.push(if at == 0 { name } else { "" }, line, if at == 0 { Kind::Fact } else { Kind::Under });
        }
        if pretty.lines().nth(TREE).is_some() {
            self.push("", "… Enter shows all of it", Kind::Note);
        }
    }

    fn annotation(&mut self, key: &str, value: &Value) {
        let literal = match value {
            Value::String(text) => Some(Literal::Text(text.clone())),
            Value::Number(number) => number.as_f64().map(Literal::Number),
            Value::Bool(is) => Some(Literal::Truth(*is)),
            _ => None,
        };
        let value = match named_annotation(key) {
            Some(means) => format!("{} ms, {means}", plain(value)),
            None => plain(value),
        };
        self.push(key, &value, Kind::Annotation);
        if let Some(row) = self.rows.last_mut() {
            row.literal = literal;
        }
    }

    fn segment(&mut self, fields: &Map<String, Value>, span: &Span) {
        let at = |pointer: &str| {
            pointer.split('/').skip(1).try_fold(None::<&Value>, |found, key| match found {
                None => fields.get(key).map(Some),
                Some(value) => value.get(key).map(Some),
            })
        };
        let at = |pointer: &str| at(pointer).flatten();
        for (key, name) in [("fault", "fault: 5xx"), ("throttle", "throttle: 429"), ("error", "error: 4xx")] {
            if fields.get(key) == Some(&Value::Bool(true)) {
                self.push("failed", name, Kind::Failure);
            }
        }
        self.exceptions(fields.get("cause"), span);
        self.fact("origin", at("/origin"));
        self.fact("namespace", at("/namespace"));
        if fields.get("inferred") == Some(&Value::Bool(true)) {
            self.push("inferred", "X-Ray made this from the call above it; the service sent nothing", Kind::Fact);
        }
        let request = [at("/http/request/method"), at("/http/request/url")].into_iter().flatten().map(plain);
        let request = request.collect::<Vec<_>>().join(" ");
        if !request.is_empty() {
            self.push("request", &request, Kind::Fact);
        }
        self.fact("status", at("/http/response/status"));
        self.block("http", at("/http/request"), &["method", "url"]);
        self.block("http", at("/http/response"), &["status"]);
        for (name, pointer) in [
            ("operation", "/aws/operation"),
            ("request id", "/aws/request_id"),
            ("retries", "/aws/retries"),
            ("table", "/aws/table_name"),
            ("queue", "/aws/queue_url"),
            ("function", "/aws/function_arn"),
            ("region", "/aws/region"),
            ("user", "/user"),
            ("resource", "/resource_arn"),
        ] {
            self.fact(name, at(pointer));
        }
        let told = ["operation", "request_id", "retries", "table_name", "queue_url", "function_arn", "region"];
        self.block("aws", fields.get("aws"), &told);
        self.block("sql", fields.get("sql"), &[]);
        self.block("service", fields.get("service"), &[]);
        if let Some(Value::Object(annotations)) = fields.get("annotations") {
            annotations.iter().for_each(|(key, value)| self.annotation(key, value));
        }
        if let Some(Value::Object(metadata)) = fields.get("metadata") {
            metadata.iter().for_each(|(namespace, value)| self.tree(&format!("metadata {namespace}"), value));
        }
        let known = [
            "id",
            "name",
            "start_time",
            "end_time",
            "in_progress",
            "trace_id",
            "parent_id",
            "type",
            "fault",
            "error",
            "throttle",
            "cause",
            "origin",
            "namespace",
            "inferred",
            "http",
            "aws",
            "user",
            "resource_arn",
            "sql",
            "service",
            "annotations",
            "metadata",
            "subsegments",
            "links",
        ];
        for (key, value) in fields.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            self.tree(key, value);
        }
    }

    /// Exceptions, each before the one that caused it.
    fn exceptions(&mut self, cause: Option<&Value>, span: &Span) {
        let all: &[Value] = cause.and_then(|cause| cause["exceptions"].as_array()).map_or(&[], Vec::as_slice);
        if let (true, Some(Value::String(id))) = (all.is_empty(), cause) {
            // The exception itself stands in the segment in which it was thrown.
            let told = span.exception.as_ref().map(|told| format!("{}: {}", told.kind, told.message));
            self.push("exception", &told.unwrap_or_else(|| format!("{id}, of another segment")), Kind::Failure);
        }
        let caused: Vec<&str> = all.iter().filter_map(|one| one["cause"].as_str()).collect();
        let is_first = |one: &&Value| one["id"].as_str().is_none_or(|id| !caused.contains(&id));
        let mut told: Vec<*const Value> = Vec::new();
        for first in all.iter().filter(is_first).chain(all) {
            let (mut next, mut name) = (Some(first), "exception");
            while let Some(one) = next.filter(|one| !told.contains(&std::ptr::from_ref(*one))) {
                told.push(std::ptr::from_ref(one));
                self.exception(name, one);
                name = "caused by";
                next = one["cause"].as_str().and_then(|id| all.iter().find(|other| other["id"] == id));
            }
        }
    }

    fn exception(&mut self, name: &str, one: &Value) {
        let word = |key: &str| one[key].as_str().unwrap_or_default();
        let remote = if one["remote"] == true { " (thrown by the service that was called)" } else { "" };
        let what = [word("type"), word("message")].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>();
        self.push(name, &format!("{}{remote}", what.join(": ")), Kind::Failure);
        let stack = one["stack"].as_array().map(Vec::as_slice).unwrap_or_default();
        for frame in stack.iter().take(FRAMES) {
            let word = |key: &str| frame[key].as_str().unwrap_or_default();
            let line = frame["line"].as_i64().map(|line| format!(":{line}")).unwrap_or_default();
            self.push("", &format!("at {} ({}{line})", word("label"), word("path")), Kind::Under);
        }
        let left_out = stack.len().saturating_sub(FRAMES) as u64 + one["truncated"].as_u64().unwrap_or(0);
        if left_out > 0 {
            self.push("", &format!("… {left_out} more frames"), Kind::Under);
        }
    }

    fn otel(&mut self, fields: &Map<String, Value>) {
        for event in fields.get("events").and_then(Value::as_array).into_iter().flatten() {
            let attributes = &event["attributes"];
            let is_exception = event["name"] == "exception";
            let word = |key: &str| attributes[key].as_str().unwrap_or_default();
            if is_exception {
                let what = format!("{}: {}", word("exception.type"), word("exception.message"));
                self.push("exception", &what, Kind::Failure);
                for line in word("exception.stacktrace").lines().take(FRAMES) {
                    self.push("", line.trim(), Kind::Under);
                }
            } else {
                self.tree(&format!("event {}", plain(&event["name"])), attributes);
            }
        }
        self.fact("kind", fields.get("kind"));
        let attributes = fields.get("attributes").and_then(Value::as_object);
        let keys = attributes.and_then(|all| all.get("aws.xray.annotation_keys")?.as_array());
        let annotations: Vec<&str> = keys.into_iter().flatten().filter_map(Value::as_str).collect();
        for (key, value) in attributes.into_iter().flatten().filter(|(key, _)| *key != "aws.xray.annotation_keys") {
            if annotations.contains(&key.as_str()) {
                self.annotation(key, value);
            } else {
                self.tree(key, value);
            }
        }
        let resource = fields.get("resource").and_then(|resource| resource["attributes"].as_object());
        resource.into_iter().flatten().for_each(|(key, value)| self.tree(&format!("resource {key}"), value));
        let known = [
            "traceId",
            "spanId",
            "parentSpanId",
            "name",
            "kind",
            "startTimeUnixNano",
            "endTimeUnixNano",
            "durationNano",
            "attributes",
            "resource",
            "events",
            "links",
        ];
        for (key, value) in fields.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            self.tree(key, value);
        }
    }
}

/// Lambda's own annotations, which its newer segments have instead of an `Overhead` subsegment. Documents write them with a
/// colon, the documentation with a point.
fn named_annotation(key: &str) -> Option<&'static str> {
    Some(match key.strip_prefix("aws:").or_else(|| key.strip_prefix("aws."))? {
        "responseLatency" => "until the first byte of the answer",
        "responseDuration" => "from the first byte of the answer to the last",
        "runtimeOverhead" => "the runtime took after the answer",
        "extensionOverhead" => "extensions took after the answer",
        _ => return None,
    })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}
