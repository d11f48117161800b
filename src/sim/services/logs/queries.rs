//! StartQuery, GetQueryResults, StopQuery, DescribeQueries: Insights queries, a slice of work each time someone asks.

use super::event::Key;
use super::groups::{self, Group};
use super::input::{Input, Refusal};
use super::insights::{self, Run};
use super::scan::{Range, Scan};
use super::source::Source;
use super::token;
use crate::sim::services::Call;
use crate::sim::wire::{Response, json as json_response, set};
use crate::sim::world::dice::Dice;
use crate::sim::world::{Millis, World};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Groups of one query.
const MAX_GROUPS: usize = 50;
/// Queries remembered, with their rows; the oldest go.
const KEPT: usize = 30;
/// Rows on one page of results.
const PAGE_ROWS: i64 = 10_000;
/// Events read each time that the results are asked for.
const SLICE: usize = 20_000;
/// Results are kept for seven days.
const KEPT_MS: Millis = 7 * 24 * 3_600_000;

/// The queries that clients have started.
#[derive(Default)]
pub struct Queries(Mutex<Vec<Query>>);

struct Query {
    id: String,
    text: String,
    started: Millis,
    groups: Vec<Group>,
    from: Millis,
    to: Millis,
    run: Run,
    /// The last event read.
    read: Option<Key>,
    status: &'static str,
    asked: u64,
}

impl Queries {
    fn lock(&self) -> MutexGuard<'_, Vec<Query>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Query {
    /// Reads some more events, newest first.
    fn advance(&mut self, world: &World) {
        let sources: Vec<(usize, Source)> = self
            .groups
            .iter()
            .enumerate()
            .flat_map(|(n, g)| g.sources.iter().map(move |source| (n, *source)))
            .collect();
        let logs: Vec<String> =
            self.groups.iter().map(|group| format!("{}:{}", world.catalog.account_id, group.name)).collect();
        let range = Range {
            sources: &sources,
            from: self.from,
            to: self.to,
            descending: true,
            after: self.read,
            streams: &|_| true,
        };
        // What comes in after the query began is not in its result.
        let mut events = Scan::new(world, self.started, range);
        for _ in 0..SLICE {
            let Some(event) = events.next() else {
                self.status = "Complete";
                return;
            };
            self.read = Some(event.key);
            let log = &logs[event.group];
            self.run.feed(event, log);
            if self.run.is_satisfied() {
                self.status = "Complete";
                return;
            }
        }
    }
}

/// Times of queries are in seconds; a client that sends milliseconds asks for the year 50,000.
fn seconds(input: &Input, name: &str) -> Result<Millis, Refusal> {
    let number = input.number(name, 0..=i64::MAX)?;
    let number = number.ok_or_else(|| Refusal::constraint(name, "null", "Member must not be null"))?;
    Ok(number.saturating_mul(1000))
}

/// StartQuery.
pub fn start(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    let (from, to) = (seconds(input, "startTime")?, seconds(input, "endTime")?);
    let text = input.required("queryString")?;
    let limit = input.number("limit", 1..=insights::MAX_ROWS as i64)?;
    if let Some(other) = input.text("queryLanguage")?.filter(|language| *language != "CWLI") {
        return Err(Refusal::invalid(format!("The embedded account does not understand the query language {other}.")));
    }
    if from > to {
        return Err(Refusal::invalid("End time should not be before start time"));
    }
    let mut names = input.texts("logGroupNames", MAX_GROUPS)?;
    names.extend(input.text("logGroupName")?);
    let identifiers = input.texts("logGroupIdentifiers", MAX_GROUPS)?;
    if names.is_empty() == identifiers.is_empty() {
        return Err(Refusal::invalid("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers is needed."));
    }
    let groups: Vec<Group> = names
        .into_iter()
        .chain(identifiers)
        .map(|identifier| groups::find_by_identifier(call.world, identifier))
        .collect::<Result<_, _>>()?;
    let query = match insights::parse(text) {
        Ok(query) => query,
        Err(malformed) => return Ok(malformed_query(&malformed)),
    };
    let mut queries = call.queries.lock();
    let serial = queries.last().map_or(0, |query| query.asked) + 1;
    let id = Dice::of(&[call.world.seed, call.now.cast_unsigned(), serial, queries.len() as u64]).uuid();
    if queries.len() >= KEPT {
        queries.remove(0);
    }
    queries.push(Query {
        id: id.clone(),
        text: text.to_owned(),
        started: call.now,
        groups,
        from,
        to,
        run: Run::new(query, limit.map(|limit| limit as usize)),
        read: None,
        status: "Scheduled",
        asked: serial,
    });
    Ok(call.ok(&json!({ "queryId": id })))
}

fn malformed_query(malformed: &insights::Malformed) -> Response {
    let code = "MalformedQueryException";
    let location = json!({ "startCharOffset": malformed.start, "endCharOffset": malformed.end });
    let body = json!({
        "__type": code,
        "message": malformed.message,
        "queryCompileError": { "location": location, "message": malformed.message },
    });
    let mut response = json_response(400, &body);
    set(&mut response, "content-type", "application/x-amz-json-1.1");
    set(&mut response, "x-amzn-errortype", code);
    response
}

/// GetQueryResults: Running at first, with what is known so far, in the end Complete.
pub fn results(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    let id = input.required("queryId")?;
    let most = input.number("maxItems", 1..=PAGE_ROWS)?.unwrap_or(PAGE_ROWS) as usize;
    let skip: usize = match input.text("nextToken")? {
        None => 0,
        Some(token) => token::open(call.world.seed, id, call.now, token)
            .and_then(|place| place.parse().ok())
            .ok_or_else(groups::invalid_token)?,
    };
    let mut queries = call.queries.lock();
    let query = queries
        .iter_mut()
        .find(|query| query.id == id && call.now - query.started <= KEPT_MS)
        .ok_or_else(|| Refusal::not_found(format!("Query with ID {id} does not exist.")))?;
    match query.status {
        // The first to ask learns only that it runs.
        "Scheduled" => query.status = "Running",
        "Running" => query.advance(call.world),
        _ => {}
    }
    let all = query.run.rows();
    let count = all.len();
    let rows: Vec<Value> = all
        .into_iter()
        .skip(skip)
        .take(most)
        .map(|row| row.into_iter().map(|(field, value)| json!({ "field": field, "value": value })).collect())
        .collect();
    let mut body = json!({
        "queryLanguage": "CWLI",
        "results": rows,
        "status": query.status,
        "statistics": {
            "recordsMatched": query.run.matched as f64,
            "recordsScanned": query.run.scanned as f64,
            "bytesScanned": query.run.bytes as f64,
            "estimatedRecordsSkipped": 0.0,
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": query.groups.len() as f64,
        },
    });
    if skip + most < count {
        body["nextToken"] = token::seal(call.world.seed, id, call.now, &(skip + most).to_string()).into();
    }
    Ok(call.ok(&body))
}

/// StopQuery.
pub fn stop(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    let id = input.required("queryId")?;
    let mut queries = call.queries.lock();
    let query = queries
        .iter_mut()
        .find(|query| query.id == id)
        .ok_or_else(|| Refusal::not_found(format!("Query with ID {id} does not exist.")))?;
    if !matches!(query.status, "Scheduled" | "Running") {
        return Err(Refusal::invalid(format!("Query with ID {id} has ended already.")));
    }
    query.status = "Cancelled";
    Ok(call.ok(&json!({ "success": true })))
}

/// DescribeQueries, newest first.
pub fn describe(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    let group = input.text("logGroupName")?;
    let status = input.text("status")?;
    let most = input.number("maxResults", 1..=1000)?.unwrap_or(1000) as usize;
    let queries: Vec<Value> = call
        .queries
        .lock()
        .iter()
        .rev()
        .filter(|query| status.is_none_or(|status| query.status == status))
        .filter_map(|query| {
            let named = query.groups.iter().find(|one| group.is_none_or(|name| one.name == name))?;
            Some(json!({
                "queryId": query.id,
                "queryString": query.text,
                "queryLanguage": "CWLI",
                "status": query.status,
                "createTime": query.started,
                "logGroupName": named.name,
            }))
        })
        .take(most)
        .collect();
    Ok(call.ok(&json!({ "queries": queries })))
}
