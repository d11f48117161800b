//! Traces of an account that sends its segments to CloudWatch Logs (Transaction Search): X-Ray retrieves them by id, and the
//! log group `aws/spans` has every one of their spans.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_xray::types::{RetrievalStatus, TraceFormatType};
use chrono::TimeDelta;

use super::Account;
use super::logs::{self, Wanted};
use super::pages::Pages;
use super::reading::{instant, shown};
use crate::model::trace::{Source, Trace, started, w3c_id};
use crate::model::trouble::{Kind, Trouble};
use crate::time::Moment;

/// StartTraceRetrieval takes so many ids.
pub const IDS_PER_RETRIEVAL: usize = 100;
/// The log group of all spans.
pub const SPANS: &str = "aws/spans";
/// ListRetrievedTraces is asked again after this long, while the retrieval runs.
const PATIENCE: [u64; 6] = [200, 300, 500, 1000, 1500, 2000];
/// A retrieval that takes longer is given up; the service itself would go on for an hour.
const LONGEST: TimeDelta = TimeDelta::seconds(30);
/// How long after its beginning a trace may still grow: Lambda's longest time-out, and what comes late.
const GROWS: TimeDelta = TimeDelta::minutes(20);
/// Pages of five traces, or of a hundred spans of one.
const PAGES: usize = 200;

/// Retrieves traces by id; those that nothing is known of are left out. Spans come as X-Ray's segments where the service can
/// give them so.
pub async fn retrieve(account: &Account, ids: &[String]) -> Result<Vec<Trace>, Trouble> {
    let (start, end) = around(account, ids);
    let output = account
        .xray()
        .start_trace_retrieval()
        .set_trace_ids(Some(ids.iter().take(IDS_PER_RETRIEVAL).cloned().collect()))
        .start_time(instant(start))
        .end_time(instant(end))
        .send()
        .await;
    let output = output.map_err(|error| account.trouble("xray:StartTraceRetrieval", &error))?;
    let token = shown(output.retrieval_token());
    let deadline = account.clock().now() + LONGEST;
    for wait in PATIENCE.iter().chain(std::iter::repeat(&2000)) {
        match list(account, &token).await? {
            (RetrievalStatus::Complete, traces) => {
                account.meter().read_traces(traces.len() as u64, account.clock().now());
                return Ok(traces);
            }
            (RetrievalStatus::Scheduled | RetrievalStatus::Running, _) if account.clock().now() < deadline => {
                tokio::time::sleep(Duration::from_millis(*wait)).await;
            }
            (status @ (RetrievalStatus::Scheduled | RetrievalStatus::Running), _) => {
                // Nobody waits for it any more; whether it ends is of no interest.
                let cancelled = account.xray().cancel_trace_retrieval().retrieval_token(&token).send().await;
                let _ = cancelled.map_err(|error| account.trouble("xray:CancelTraceRetrieval", &error));
                return Err(failed(&status));
            }
            (status, _) => return Err(failed(&status)),
        }
    }
    Ok(Vec::new())
}

fn failed(status: &RetrievalStatus) -> Trouble {
    let message = format!("the retrieval is {}", status.as_str());
    Trouble::new(Kind::Other, "xray:ListRetrievedTraces", message)
}

/// All pages of what has been retrieved, as far as the retrieval has come.
async fn list(account: &Account, token: &str) -> Result<(RetrievalStatus, Vec<Trace>), Trouble> {
    let (mut pages, mut next) = (Pages::up_to(PAGES), None);
    let mut traces: BTreeMap<String, Trace> = BTreeMap::new();
    loop {
        let output = account
            .xray()
            .list_retrieved_traces()
            .retrieval_token(token)
            .trace_format(TraceFormatType::Xray)
            .set_next_token(next)
            .send()
            .await;
        let output = output.map_err(|error| account.trouble("xray:ListRetrievedTraces", &error))?;
        let status = output.retrieval_status().cloned().unwrap_or(RetrievalStatus::Running);
        // A trace of many spans goes over several pages.
        for found in output.traces() {
            let id = crate::model::trace::xray_id(&shown(found.id()));
            let trace = traces.entry(id.clone()).or_insert_with(|| Trace {
                id,
                duration: found.duration().filter(|seconds| seconds.is_finite()),
                source: Source::Retrieval,
                ..Trace::default()
            });
            let spans = found.spans().iter();
            trace.documents.extend(spans.map(|s| (shown(s.id()), s.document().unwrap_or_default().to_string())));
        }
        next = pages.follow(output.next_token());
        if next.is_none() || status != RetrievalStatus::Complete {
            let cut = pages.cut();
            let traces = traces.into_values().map(|trace| Trace { limit_exceeded: cut, ..trace });
            return Ok((status, traces.collect()));
        }
    }
}

/// One trace from the log group of all spans. Errors: also where there is no span of it.
pub async fn from_spans(account: &Account, id: &str) -> Result<Trace, Trouble> {
    let (start, end) = around(account, &[id.to_string()]);
    let wanted = Wanted {
        group: SPANS.to_string(),
        pattern: format!("{{ $.traceId = \"{}\" }}", w3c_id(id)),
        from: start.timestamp_millis(),
        to: Some(end.timestamp_millis()),
        ..Wanted::default()
    };
    let mut trace = Trace { id: id.to_string(), source: Source::Spans, ..Trace::default() };
    let (mut pages, mut next) = (Pages::up_to(PAGES), None);
    loop {
        let (events, token) = logs::page(account, &wanted, next).await?;
        trace.documents.extend(events.into_iter().map(|event| (event.id, event.message)));
        next = pages.follow(token.as_deref());
        if next.is_none() {
            break;
        }
    }
    trace.limit_exceeded = pages.cut();
    match trace.documents.is_empty() {
        true => Err(Trouble::new(Kind::Missing, "logs:FilterLogEvents", format!("no span of {id} is in {SPANS}"))),
        false => Ok(trace),
    }
}

/// The time that traces of these ids may have spans in: their ids tell when they began.
fn around(account: &Account, ids: &[String]) -> (Moment, Moment) {
    let now = account.clock().now();
    let starts = ids.iter().filter_map(|id| started(id));
    let first = starts.clone().min().unwrap_or(now - TimeDelta::hours(6));
    let last = starts.max().unwrap_or(now);
    (first - TimeDelta::minutes(1), (last + GROWS).min(now.max(last + TimeDelta::minutes(1))))
}
