//! `slsdash trace`: one trace, its segments as a tree or as the documents that came.
//!
//! ```text
//! 1-68f0a1b2-0123456789abcdef01234567  1.24s
//!       0ms   1.24s  shop-public/prod  AWS::ApiGateway::Stage  fault
//!      12ms   1.20s    checkout-api  AWS::Lambda::Function  fault
//!      30ms    84ms      DynamoDB  aws
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::failure::{Failure, OK};
use super::occasion::Occasion;
use super::output::{Output, complain};
use super::{TextFormat, TraceArgs};
use crate::aws::traces;
use crate::model::trace::Trace;
use crate::text;

/// A trace has at most 10,000 segments; a document may hold itself as its own ancestor.
const DEEPEST: usize = 64;

/// Prints it.
pub async fn run(occasion: &Occasion, arguments: &TraceArgs) -> Result<u8, Failure> {
    let account = occasion.connect().await?;
    let trace = traces::trace(&account, arguments.id.trim()).await?;
    let (segments, broken) = read(&trace);
    if broken > 0 {
        complain(&format!("{broken} of {} segments can't be read as JSON", trace.documents.len()));
    }
    if trace.limit_exceeded {
        complain("X-Ray left segments out: the trace is larger than it keeps");
    }
    let duration = duration(&trace, &segments);
    let mut output = Output::new();
    match arguments.output.output {
        TextFormat::Json => output.document(&json!({"id": trace.id, "duration": duration, "segments": segments}))?,
        TextFormat::Text => {
            let took = duration.map(|seconds| text::millis(seconds * 1000.0)).unwrap_or_default();
            output.line(&format!("{}  {took}", trace.id))?;
            for line in tree(&segments) {
                output.line(&line)?;
            }
        }
    }
    output.flush()?;
    Ok(OK)
}

fn read(trace: &Trace) -> (Vec<Value>, usize) {
    let mut segments: Vec<Value> = Vec::new();
    for (_, document) in &trace.documents {
        // Documents nested deeper than serde_json's limit are an error, never a stack overflow.
        segments.extend(serde_json::from_str::<Value>(document).ok().filter(Value::is_object));
    }
    segments.sort_by(|a, b| start(a).total_cmp(&start(b)));
    let broken = trace.documents.len() - segments.len();
    (segments, broken)
}

fn start(segment: &Value) -> f64 {
    segment["start_time"].as_f64().unwrap_or(f64::MAX)
}

/// Some servers say 0 where the segments know better.
fn duration(trace: &Trace, segments: &[Value]) -> Option<f64> {
    if let Some(told) = trace.duration.filter(|told| *told > 0.0) {
        return Some(told);
    }
    let first = segments.iter().filter_map(|segment| segment["start_time"].as_f64()).fold(f64::INFINITY, f64::min);
    let last = segments.iter().filter_map(|segment| segment["end_time"].as_f64()).fold(f64::NEG_INFINITY, f64::max);
    // To the millisecond, as X-Ray has it.
    (last >= first).then(|| ((last - first) * 1000.0).round() / 1000.0)
}

fn tree(segments: &[Value]) -> Vec<String> {
    let mut under: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for segment in segments {
        collect_ids(segment, &mut ids, 0);
    }
    let mut roots = Vec::new();
    for segment in segments {
        match segment["parent_id"].as_str() {
            Some(parent) if ids.contains(parent) && segment["id"] != *parent => {
                under.entry(parent).or_default().push(segment);
            }
            _ => roots.push(segment),
        }
    }
    let origin = segments.iter().map(start).fold(f64::MAX, f64::min);
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    // Segments whose parents are each other have no root: they follow as roots of their own.
    for segment in roots.into_iter().chain(segments) {
        draw(segment, 0, origin, &under, &mut seen, &mut lines);
    }
    lines
}

fn collect_ids<'a>(segment: &'a Value, ids: &mut BTreeSet<&'a str>, depth: usize) {
    ids.extend(segment["id"].as_str());
    if depth < DEEPEST {
        segment["subsegments"].as_array().into_iter().flatten().for_each(|inner| collect_ids(inner, ids, depth + 1));
    }
}

fn draw<'a>(
    segment: &'a Value,
    depth: usize,
    origin: f64,
    under: &BTreeMap<&str, Vec<&'a Value>>,
    seen: &mut BTreeSet<*const Value>,
    lines: &mut Vec<String>,
) {
    if !seen.insert(std::ptr::from_ref(segment)) || depth > DEEPEST {
        return;
    }
    let offset = text::millis(((start(segment) - origin) * 1000.0).max(0.0));
    let took = match (segment["start_time"].as_f64(), segment["end_time"].as_f64()) {
        (Some(start), Some(end)) => text::millis(((end - start) * 1000.0).max(0.0)),
        _ => "open".into(),
    };
    let name = segment["name"].as_str().unwrap_or("?");
    let kind = segment["origin"].as_str().or_else(|| segment["namespace"].as_str()).unwrap_or_default();
    let mut line = format!("{offset:>8} {took:>7}  {}{name}  {kind}", "  ".repeat(depth));
    for flag in ["fault", "error", "throttle", "inferred", "in_progress"] {
        if segment[flag].as_bool() == Some(true) {
            line.push_str("  ");
            line.push_str(flag);
        }
    }
    if let Some(status) = segment["http"]["response"]["status"].as_i64() {
        line.push_str(&format!("  {status}"));
    }
    lines.push(text::safe_line(line.trim_end()).into_owned());
    for exception in segment["cause"]["exceptions"].as_array().into_iter().flatten() {
        let kind = exception["type"].as_str().unwrap_or("exception");
        let message = exception["message"].as_str().unwrap_or_default();
        let line = format!("{:>16}  {}  {kind}: {message}", "", "  ".repeat(depth));
        lines.push(text::safe_line(&line).into_owned());
    }
    let inner = segment["subsegments"].as_array().into_iter().flatten();
    let joined = segment["id"].as_str().and_then(|id| under.get(id)).into_iter().flatten().copied();
    let mut children: Vec<&Value> = inner.chain(joined).collect();
    children.sort_by(|a, b| start(a).total_cmp(&start(b)));
    for child in children {
        draw(child, depth + 1, origin, under, seen, lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_stand_below_their_parents_with_their_offsets() {
        let segments = [
            json!({"id": "a", "name": "stage", "start_time": 100.0, "end_time": 101.0, "fault": true,
                   "subsegments": [{"id": "b", "name": "call", "start_time": 100.1, "end_time": 100.9}]}),
            json!({"id": "c", "parent_id": "b", "name": "handler", "start_time": 100.2, "end_time": 100.8,
                   "cause": {"exceptions": [{"type": "Boom", "message": "no\u{1b}"}]}}),
        ];
        let lines = tree(&segments);
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert!(lines[0].contains("stage") && lines[0].ends_with("fault"), "{lines:#?}");
        assert!(lines[2].contains("      handler") && lines[2].contains("200ms"), "{lines:#?}");
        assert!(lines[3].contains("Boom: no␛"), "{lines:#?}");
    }

    #[test]
    fn parents_in_a_circle_and_missing_times_end() {
        let segments = [
            json!({"id": "a", "parent_id": "b", "name": "one"}),
            json!({"id": "b", "parent_id": "a", "name": "two"}),
            json!({"id": "c", "parent_id": "c", "name": "three", "start_time": "soon"}),
        ];
        assert_eq!(tree(&segments).len(), 3);
    }

    #[test]
    fn a_duration_of_nothing_is_computed_from_the_segments() {
        let trace = Trace { duration: Some(0.0), ..Trace::default() };
        let segments = [json!({"start_time": 10.0, "end_time": 11.25}), json!({"start_time": 10.5})];
        assert_eq!(duration(&trace, &segments), Some(1.25));
        assert_eq!(duration(&trace, &[]), None);
    }
}
