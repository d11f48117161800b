//! CloudWatch Logs Insights: a query begun, looked at, stopped. It is billed by what it scans, so nothing here tries twice.

use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::operation::start_query::StartQueryError;
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};

use super::Account;
use crate::model::insights::{Progress, Query, ROWS, Row, Span, Statistics, Status};
use crate::model::trouble::{Kind, Trouble};
use crate::text::safe;

/// Bytes of text that the rows of one query may hold: 10,000 events of a megabyte each would be too many.
const BYTES: usize = 64 << 20;

/// StartQuery: gives the query's id, or why there is none and, where the query is at fault, what part of it.
pub async fn start(account: &Account, query: &Query) -> Result<String, (Trouble, Option<Span>)> {
    const ACTION: &str = "logs:StartQuery";
    let output = account
        .logs()
        .start_query()
        .set_log_group_names(Some(query.groups.clone()))
        .query_string(&query.text)
        .start_time(query.from)
        .end_time(query.to)
        .limit(i32::try_from(ROWS).unwrap_or(i32::MAX))
        .send()
        .await
        .map_err(|error| {
            let trouble = account.trouble(ACTION, &error);
            let place = error.as_service_error().and_then(place);
            (trouble, place)
        })?;
    match output.query_id {
        Some(id) if !id.is_empty() => Ok(id),
        _ => Err((Trouble::new(Kind::Garbled, ACTION, "it began, and has no id"), None)),
    }
}

/// What part of the query is at fault, where the service says.
fn place(error: &StartQueryError) -> Option<Span> {
    let StartQueryError::MalformedQueryException(malformed) = error else { return None };
    let location = malformed.query_compile_error()?.location()?;
    let offset = |offset: Option<i32>| offset.and_then(|offset| usize::try_from(offset).ok());
    let from = offset(location.start_char_offset())?;
    Some(Span { from, to: offset(location.end_char_offset()).unwrap_or(from).max(from + 1) })
}

/// GetQueryResults: the rows so far and what was scanned for them.
pub async fn progress(account: &Account, id: &str) -> Result<Progress, Trouble> {
    let output = account.logs().get_query_results().query_id(id).send().await;
    output.map(read).map_err(|error| account.trouble("logs:GetQueryResults", &error))
}

fn read(output: GetQueryResultsOutput) -> Progress {
    // Numbers of the service are doubles, and never below nothing.
    let count = |n: f64| n.max(0.0) as u64;
    let statistics = output.statistics().map_or_else(Statistics::default, |statistics| Statistics {
        bytes: count(statistics.bytes_scanned()),
        scanned: count(statistics.records_scanned()),
        matched: count(statistics.records_matched()),
    });
    let status = match output.status() {
        Some(QueryStatus::Scheduled) => Status::Scheduled,
        Some(QueryStatus::Running) => Status::Running,
        Some(QueryStatus::Complete) => Status::Complete,
        Some(QueryStatus::Failed) => Status::Failed,
        Some(QueryStatus::Cancelled) => Status::Cancelled,
        Some(QueryStatus::Timeout) => Status::TimedOut,
        _ => Status::Unknown,
    };
    let mut cut = output.next_token().is_some_and(|token| !token.is_empty());
    let (mut rows, mut held) = (Vec::new(), 0);
    for fields in output.results.unwrap_or_default() {
        let row = row(fields);
        held += row.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        if held > BYTES || rows.len() == ROWS {
            cut = true;
            break;
        }
        rows.push(row);
    }
    Progress { status, statistics, rows, cut }
}

fn row(fields: Vec<ResultField>) -> Row {
    let pair = |field: ResultField| Some((safe(&field.field?).into_owned(), field.value.unwrap_or_default()));
    fields.into_iter().filter_map(pair).collect()
}

/// StopQuery. A query that has ended meanwhile is as good as stopped.
pub async fn stop(account: &Account, id: &str) -> Result<(), Trouble> {
    let output = account.logs().stop_query().query_id(id).send().await;
    match output.map_err(|error| account.trouble("logs:StopQuery", &error)) {
        Err(trouble) if trouble.kind != Kind::Invalid => Err(trouble),
        _ => Ok(()),
    }
}
