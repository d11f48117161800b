//! `slsdash traces`: the traces of the window, newest first.

use std::time::Duration;

use serde_json::{Value, json};

use super::failure::{Failure, OK};
use super::occasion::Occasion;
use super::output::{Output, complain};
use super::table::Table;
use super::{TableFormat, TracesArgs};
use crate::aws::traces;
use crate::model::expression;
use crate::model::trace::TraceSummary;
use crate::text;
use crate::time::Moment;

/// Without `--since`.
const SINCE: Duration = Duration::from_secs(15 * 60);

/// Prints them.
pub async fn run(occasion: &Occasion, arguments: &TracesArgs) -> Result<u8, Failure> {
    let filter = arguments.filter.as_deref().unwrap_or_default().trim();
    expression::check(filter).map_err(|mistake| {
        Failure::usage(format!("--filter, at {}: {}", filter[..mistake.at].chars().count() + 1, mistake.what))
    })?;
    let account = occasion.connect().await?;
    let (start, end) = occasion.window(SINCE);
    let cap = occasion.loaded.config.traces.cap;
    let (found, capped) = traces::summaries(&account, filter, start, end, cap).await?;
    let mut output = Output::new();
    match arguments.output.output {
        TableFormat::Json => {
            output.document(&json!({"traces": found.iter().map(document).collect::<Vec<_>>()}))?;
        }
        TableFormat::Table => output.table(&table(&found))?,
    }
    output.flush()?;
    if capped {
        complain(&format!(
            "there are more than {cap} traces - narrow them with --since or --filter, or raise traces.cap"
        ));
    }
    Ok(OK)
}

fn iso(moment: Moment) -> String {
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn document(trace: &TraceSummary) -> Value {
    let mut annotations = serde_json::Map::new();
    for (key, value) in &trace.annotations {
        // X-Ray gives a list: an annotation may have another value in each segment.
        let values = annotations.entry(key.clone()).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(json!(value));
        }
    }
    json!({
        "id": trace.id,
        "startTime": trace.start.map(iso),
        "duration": trace.duration,
        "responseTime": trace.response_time,
        "hasFault": trace.fault,
        "hasError": trace.error,
        "hasThrottle": trace.throttle,
        "isPartial": trace.partial,
        "http": {"httpMethod": trace.method, "httpURL": trace.url, "httpStatus": trace.status},
        "entryPoint": trace.entry_point,
        "annotations": annotations,
    })
}

fn table(traces: &[TraceSummary]) -> Table {
    let mut table =
        Table::new(&["ID", "START", ">DURATION", ">RESPONSE", "OUTCOME", ">STATUS", "METHOD", "ENTRY", "URL"]);
    let seconds = |seconds: Option<f64>| seconds.map_or_else(|| "-".into(), |seconds| text::millis(seconds * 1000.0));
    for trace in traces {
        let outcome = match trace {
            TraceSummary { fault: true, .. } => "fault",
            TraceSummary { throttle: true, .. } => "throttle",
            TraceSummary { error: true, .. } => "error",
            TraceSummary { partial: true, .. } => "partial",
            _ => "ok",
        };
        table.row(vec![
            trace.id.clone(),
            trace.start.map(iso).unwrap_or_default(),
            seconds(trace.duration),
            seconds(trace.response_time),
            outcome.into(),
            trace.status.map(|status| status.to_string()).unwrap_or_default(),
            trace.method.clone().unwrap_or_default(),
            trace.entry_point.clone().or_else(|| trace.services.first().cloned()).unwrap_or_default(),
            trace.url.clone().unwrap_or_default(),
        ]);
    }
    table
}
