//! `slsdash trace`: one trace, drawn as a waterfall, or as the documents that came.
//!
//! ```text
//! 1-68f0a1b2-0123456789abcdef01234567  1.24s
//!       0ms   1.24s  [##============]  shop-public/prod  AWS::ApiGateway::Stage  fault  502
//!      12ms   1.20s  [ #######======]    checkout-api  AWS::Lambda::Function  fault
//!      30ms    84ms  [  #           ]      DynamoDB  aws
//! ```
//!
//! `#` is what a span did itself, `=` what it waited for.

use serde_json::{Value, json};

use super::failure::{Failure, OK};
use super::occasion::Occasion;
use super::output::{Output, complain};
use super::{TextFormat, TraceArgs};
use crate::aws::traces;
use crate::model::trace::{Span, Trace, Waterfall};
use crate::store::waterfall::{self, gaps};
use crate::text;

/// Columns of the bars.
const BARS: usize = 32;

/// Prints it.
pub async fn run(occasion: &Occasion, arguments: &TraceArgs) -> Result<u8, Failure> {
    let account = occasion.connect().await?;
    let trace = traces::trace(&account, arguments.id.trim()).await?;
    let waterfall = waterfall::read(&trace);
    waterfall.notes().iter().for_each(|note| complain(note));
    if trace.limit_exceeded {
        complain("segments were left out: the trace is larger than is kept");
    }
    let duration = duration(&trace, &waterfall);
    let mut output = Output::new();
    match arguments.output.output {
        TextFormat::Json => {
            let segments = documents(&trace);
            output.document(&json!({"id": trace.id, "duration": duration, "segments": segments}))?;
        }
        TextFormat::Text => {
            let took = duration.map(|seconds| text::millis(seconds * 1000.0)).unwrap_or_default();
            output.line(&format!("{}  {took}", trace.id))?;
            for line in lines(&waterfall) {
                output.line(&line)?;
            }
        }
    }
    output.flush()?;
    Ok(OK)
}

/// The documents as received, the earliest first; what can't be read has been complained of.
fn documents(trace: &Trace) -> Vec<Value> {
    let mut segments: Vec<Value> = Vec::new();
    for (_, document) in &trace.documents {
        // Documents nested deeper than serde_json's limit are an error, never a stack overflow.
        segments.extend(serde_json::from_str::<Value>(document).ok().filter(Value::is_object));
    }
    let start = |segment: &Value| {
        let nanos = segment["startTimeUnixNano"].as_f64().map(|nanos| nanos / 1e9);
        segment["start_time"].as_f64().or(nanos).unwrap_or(f64::MAX)
    };
    segments.sort_by(|a, b| start(a).total_cmp(&start(b)));
    segments
}

/// Some servers say 0 where the segments know better.
fn duration(trace: &Trace, waterfall: &Waterfall) -> Option<f64> {
    if let Some(told) = trace.duration.filter(|told| *told > 0.0) {
        return Some(told);
    }
    // To the millisecond, as X-Ray has it.
    let seconds = ((waterfall.end - waterfall.start) * 1000.0).round() / 1000.0;
    waterfall.spans.iter().any(|span| span.end.is_some()).then_some(seconds)
}

fn lines(waterfall: &Waterfall) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, span) in waterfall.spans.iter().enumerate() {
        let offset = text::millis(((span.start - waterfall.start) * 1000.0).max(0.0));
        let took = span.duration().map_or("open".into(), |seconds| text::millis(seconds * 1000.0));
        let indent = "  ".repeat(span.depth.min(BARS));
        let bar = bar(waterfall, at, span);
        let mut line = format!("{offset:>8} {took:>7}  [{bar}]  {indent}{}  {}", span.name, span.origin);
        for (is, flag) in [
            (span.fault, "fault"),
            (span.error, "error"),
            (span.throttle, "throttle"),
            (span.inferred, "inferred"),
            (span.end.is_none(), "in_progress"),
        ] {
            if is {
                line.push_str("  ");
                line.push_str(flag);
            }
        }
        let more = [&span.operation, &span.resource].into_iter().flatten().filter(|word| **word != span.name);
        more.for_each(|word| line.push_str(&format!("  {word}")));
        if let Some(status) = span.status {
            line.push_str(&format!("  {status}"));
        }
        lines.push(text::safe_line(line.trim_end()).into_owned());
        if let Some(exception) = &span.exception {
            let pad = " ".repeat(BARS + 22);
            let line = format!("{pad}{indent}{}: {}", exception.kind, exception.message);
            lines.push(text::safe_line(&line).into_owned());
        }
    }
    lines
}

fn bar(waterfall: &Waterfall, at: usize, span: &Span) -> String {
    let total = (waterfall.end - waterfall.start).max(1e-9);
    let column = |time: f64| ((time - waterfall.start) / total * BARS as f64).clamp(0.0, BARS as f64);
    let columns = |from: f64, to: f64| {
        let first = (column(from).floor() as usize).min(BARS - 1);
        first..(column(to).round() as usize).clamp(first + 1, BARS)
    };
    let mut bar = vec![' '; BARS];
    let end = span.end.unwrap_or(waterfall.end);
    bar[columns(span.start, end)].fill(if span.has_children() { '=' } else { '#' });
    if span.has_children() {
        for gap in gaps(waterfall, at).iter().filter(|gap| gap.length() >= total / BARS as f64 / 2.0) {
            bar[columns(gap.from, gap.to)].fill('#');
        }
    }
    bar.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(documents: &[Value]) -> Trace {
        let documents = documents.iter().map(|document| (String::new(), document.to_string())).collect();
        Trace { documents, ..Trace::default() }
    }

    #[test]
    fn segments_stand_below_their_parents_with_their_offsets() {
        let trace = trace(&[
            json!({"id": "a", "name": "stage", "start_time": 100.0, "end_time": 101.0, "fault": true,
                   "subsegments": [{"id": "b", "name": "call", "start_time": 100.1, "end_time": 100.9}]}),
            json!({"id": "c", "parent_id": "b", "name": "handler", "start_time": 100.2, "end_time": 100.8,
                   "cause": {"exceptions": [{"type": "Boom", "message": "no\u{1b}"}]}}),
        ]);
        let lines = lines(&waterfall::read(&trace));
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert!(lines[0].contains("[###=") && lines[0].contains("stage") && lines[0].ends_with("fault"), "{lines:#?}");
        assert!(lines[2].contains("      handler") && lines[2].contains("200ms"), "{lines:#?}");
        assert!(lines[3].contains("Boom: no␛"), "{lines:#?}");
    }

    #[test]
    fn a_duration_of_nothing_is_computed_from_the_segments() {
        let known = trace(&[
            json!({"id": "a", "name": "a", "start_time": 10.0, "end_time": 11.25}),
            json!({"id": "b", "name": "b", "start_time": 10.5, "in_progress": true}),
        ]);
        assert_eq!(duration(&known, &waterfall::read(&known)), Some(1.25));
        let empty = trace(&[]);
        assert_eq!(duration(&empty, &waterfall::read(&empty)), None);
    }
}
