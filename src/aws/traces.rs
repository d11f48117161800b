//! X-Ray: summaries and whole traces.

use aws_sdk_xray::types::{AnnotationValue, TimeRangeType, Trace as SdkTrace, TraceSummary as SdkSummary};
use chrono::TimeDelta;

use super::Account;
use super::pages::Pages;
use super::reading::{instant, moment, said, shown};
use super::{retrieval, tracing};
use crate::model::trace::{Source, Trace, TraceSummary, started, xray_id};
use crate::model::tracing::Destination;
use crate::model::trouble::{Kind, Trouble};
use crate::time::Moment;

/// GetTraceSummaries and GetServiceGraph take no longer window.
pub const LONGEST_WINDOW: TimeDelta = TimeDelta::hours(6);
/// BatchGetTraces takes five ids.
pub const IDS_PER_CALL: usize = 5;

/// A page of GetTraceSummaries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SummaryPage {
    /// Summaries in AWS's order: the newest page first.
    pub summaries: Vec<TraceSummary>,
    /// Token of the next page.
    pub next: Option<String>,
    /// TracesProcessedCount: how many the whole query has looked at, and bills; told on the first page.
    pub scanned: u64,
}

/// The windows, newest first, that together cover `start` to `end` and are each short enough for X-Ray.
pub fn windows(start: Moment, end: Moment) -> Vec<(Moment, Moment)> {
    let mut windows = Vec::new();
    let mut end = end;
    while end > start {
        let begin = start.max(end - LONGEST_WINDOW);
        windows.push((begin, end));
        end = begin;
    }
    windows
}

/// Which traces a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Belongs {
    /// Those that began in it.
    #[default]
    Begun,
    /// Those that were updated in it: new ones, and older ones that have grown or ended.
    Updated,
}

/// One page of GetTraceSummaries. The window may be at most six hours long. Every trace scanned is billed.
pub async fn page(
    account: &Account,
    filter: &str,
    belongs: Belongs,
    (start, end): (Moment, Moment),
    token: Option<String>,
) -> Result<SummaryPage, Trouble> {
    let first = token.is_none();
    let output = account
        .xray()
        .get_trace_summaries()
        .start_time(instant(start))
        .end_time(instant(end))
        .time_range_type(match belongs {
            Belongs::Begun => TimeRangeType::TraceId,
            Belongs::Updated => TimeRangeType::Event,
        })
        .set_filter_expression(Some(filter.trim().to_string()).filter(|filter| !filter.is_empty()))
        .set_next_token(token)
        .send()
        .await;
    let output = output.map_err(|error| account.trouble("xray:GetTraceSummaries", &error))?;
    // The count is that of the whole query, and told again on each of its pages.
    let scanned = output.traces_processed_count().and_then(|count| u64::try_from(count).ok());
    let scanned = if first { scanned.unwrap_or(output.trace_summaries().len() as u64) } else { 0 };
    if first {
        account.meter().read_traces(scanned, account.clock().now());
    }
    Ok(SummaryPage {
        summaries: output.trace_summaries().iter().map(summary).collect(),
        next: output.next_token().filter(|token| !token.is_empty()).map(str::to_string),
        scanned,
    })
}

/// Summaries from `start` to `end`, newest first, at most `cap` of them; and whether there would have been more.
pub async fn summaries(
    account: &Account,
    filter: &str,
    start: Moment,
    end: Moment,
    cap: usize,
) -> Result<(Vec<TraceSummary>, bool), Trouble> {
    let mut found: Vec<TraceSummary> = Vec::new();
    let mut capped = false;
    for (start, end) in windows(start, end) {
        let (mut pages, mut token) = (Pages::up_to(cap.max(1)), None);
        loop {
            let page = page(account, filter, Belongs::Begun, (start, end), token).await?;
            found.extend(page.summaries);
            token = pages.follow(page.next.as_deref());
            if token.is_none() || found.len() >= cap {
                break;
            }
        }
        if found.len() >= cap && token.is_some() || found.len() > cap || pages.cut() {
            capped = true;
            break;
        }
    }
    found.sort_by(|a, b| b.start.cmp(&a.start).then_with(|| b.id.cmp(&a.id)));
    found.dedup_by(|a, b| a.id == b.id);
    found.truncate(cap);
    Ok((found, capped))
}

/// Whole traces, five a call; ids that X-Ray does not have are left out.
pub async fn batch(account: &Account, ids: &[String]) -> Result<Vec<Trace>, Trouble> {
    let mut traces = Vec::new();
    for ids in ids.chunks(IDS_PER_CALL) {
        let output = account.xray().batch_get_traces().set_trace_ids(Some(ids.to_vec())).send().await;
        let output = output.map_err(|error| account.trouble("xray:BatchGetTraces", &error))?;
        account.meter().read_traces(output.traces().len() as u64, account.clock().now());
        traces.extend(output.traces.unwrap_or_default().into_iter().map(whole));
    }
    Ok(traces)
}

/// Whole traces by id, wherever this account keeps them: X-Ray, or the spans in CloudWatch Logs where Transaction Search
/// sends them there. Ids that are nowhere are left out.
pub async fn whole_traces(account: &Account, ids: &[String]) -> Result<Vec<Trace>, Trouble> {
    let ids: Vec<String> = ids.iter().map(|id| xray_id(id)).collect();
    let mut found = batch(account, &ids).await?;
    let missing: Vec<String> = ids.into_iter().filter(|id| found.iter().all(|trace| trace.id != *id)).collect();
    if missing.is_empty() || !searches(account).await? {
        return Ok(found);
    }
    for ids in missing.chunks(retrieval::IDS_PER_RETRIEVAL) {
        found.extend(retrieval::retrieve(account, ids).await?);
    }
    Ok(found)
}

/// One whole trace. Errors: also where it is nowhere to be found (any more, or yet).
pub async fn trace(account: &Account, id: &str) -> Result<Trace, Trouble> {
    let id = xray_id(id);
    if let Some(found) = batch(account, std::slice::from_ref(&id)).await?.into_iter().next() {
        return Ok(found);
    }
    if !searches(account).await? {
        let message = format!("X-Ray has no trace {}", crate::text::safe_line(&id));
        let mut trouble = Trouble::new(Kind::Missing, "xray:BatchGetTraces", message);
        trouble.remedy = Some("only sampled requests are kept, and those for 30 days".into());
        return Err(trouble);
    }
    match retrieval::retrieve(account, std::slice::from_ref(&id)).await {
        Ok(found) => match found.into_iter().find(|trace| !trace.documents.is_empty()) {
            Some(found) => Ok(found),
            None => retrieval::from_spans(account, &id).await,
        },
        // Whoever may read the log group needs no retrieval.
        Err(trouble) if trouble.lasts() || trouble.kind == Kind::Other => {
            retrieval::from_spans(account, &id).await.map_err(|_| trouble)
        }
        Err(trouble) => Err(trouble),
    }
}

/// The account sends its segments to CloudWatch Logs. Who may not ask is taken not to.
async fn searches(account: &Account) -> Result<bool, Trouble> {
    match tracing::destination(account).await {
        Ok(to) => Ok(to.destination == Destination::CloudWatchLogs),
        Err(trouble) if trouble.lasts() => Ok(false),
        // Whether the trace is there is not known, then.
        Err(trouble) => Err(trouble),
    }
}

fn summary(from: &SdkSummary) -> TraceSummary {
    let http = from.http();
    let mut annotations: Vec<(String, String)> = Vec::new();
    for (key, values) in from.annotations().into_iter().flatten() {
        for value in values.iter().filter_map(|value| value.annotation_value()) {
            annotations.push((shown(Some(key)), annotation(value)));
        }
    }
    annotations.sort();
    annotations.dedup();
    TraceSummary {
        id: shown(from.id()),
        start: moment(from.start_time()).or_else(|| from.id().and_then(started)),
        duration: from.duration().filter(|seconds| seconds.is_finite()),
        response_time: from.response_time().filter(|seconds| seconds.is_finite()),
        fault: from.has_fault().unwrap_or_default(),
        error: from.has_error().unwrap_or_default(),
        throttle: from.has_throttle().unwrap_or_default(),
        partial: from.is_partial().unwrap_or_default(),
        method: said(http.and_then(|http| http.http_method())),
        url: said(http.and_then(|http| http.http_url())),
        status: http.and_then(|http| http.http_status()).and_then(|status| u16::try_from(status).ok()),
        entry_point: said(from.entry_point().and_then(|service| service.name())),
        entry_type: said(from.entry_point().and_then(|service| service.r#type())),
        users: from.users().iter().filter_map(|user| said(user.user_name())).collect(),
        services: from.service_ids().iter().map(|service| shown(service.name())).collect(),
        annotations,
        searched: String::new(),
    }
}

fn annotation(value: &AnnotationValue) -> String {
    match value {
        AnnotationValue::BooleanValue(value) => value.to_string(),
        AnnotationValue::NumberValue(value) => value.to_string(),
        AnnotationValue::StringValue(value) => shown(Some(value)),
        _ => String::new(),
    }
}

fn whole(from: SdkTrace) -> Trace {
    let segments = from.segments.unwrap_or_default().into_iter();
    Trace {
        id: shown(from.id.as_deref()),
        duration: from.duration.filter(|seconds| seconds.is_finite()),
        limit_exceeded: from.limit_exceeded.unwrap_or_default(),
        source: Source::XRay,
        documents: segments.map(|s| (shown(s.id.as_deref()), s.document.unwrap_or_default())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_asked_for_in_windows_of_six_hours() {
        let end = Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment");
        let windows = windows(end - TimeDelta::hours(13), end);
        let hours: Vec<i64> = windows.iter().map(|(from, to)| (*to - *from).num_hours()).collect();
        assert_eq!(hours, [6, 6, 1]);
        assert_eq!((windows[0].1, windows[2].0), (end, end - TimeDelta::hours(13)));
        assert!(windows.windows(2).all(|pair| pair[0].0 == pair[1].1));
        assert!(super::windows(end, end).is_empty());
    }

    #[test]
    fn a_summary_without_start_has_it_in_its_id() {
        let summary = summary(&SdkSummary::builder().id("1-5f84c7a5-e7d1852db8c4fd35d88bf49a").build());
        assert_eq!(summary.start.map(|start| start.timestamp()), Some(0x5f84_c7a5));
    }
}
