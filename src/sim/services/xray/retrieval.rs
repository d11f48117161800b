//! Retrievals of Transaction Search: traces looked up in the log group of spans, which takes a moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::graph::Graph;
use super::trace::{Trace, hex};
use super::{Refusal, draw, invalid, missing, scan, span};
use crate::sim::services::{Call, page};
use crate::sim::world::destination::Destination;
use crate::sim::world::dice::{Dice, hash_text};
use crate::sim::world::{Millis, World};

/// Trace ids of one retrieval.
const MAX_IDS: usize = 100;
/// Traces in a page.
const PAGE: usize = 5;
/// Retrievals remembered; the oldest go.
const KEPT: usize = 50;
/// It is looked for from then on, and found then, at the latest.
const RUNNING_MS: Millis = 150;
const COMPLETE_MS: Millis = 600;
/// What was retrieved can be read for an hour.
const TIMEOUT_MS: Millis = 3_600_000;

/// Traces, each under the id by which it was asked for.
type Found = Vec<(String, Trace)>;

/// The retrievals that clients have started.
#[derive(Default)]
pub struct Retrievals(Mutex<Vec<Retrieval>>);

struct Retrieval {
    token: String,
    started: Millis,
    /// As they were asked for.
    ids: Vec<String>,
    window: (Millis, Millis),
    /// How often its result was asked for: each asking moves it on, so that it ends by a clock that stands, too.
    asked: u32,
    cancelled: bool,
}

impl Retrievals {
    fn lock(&self) -> MutexGuard<'_, Vec<Retrieval>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Retrieval {
    fn status(&self, now: Millis) -> &'static str {
        let waited = now - self.started;
        match self.asked {
            _ if self.cancelled => "CANCELLED",
            _ if waited >= TIMEOUT_MS => "TIMEOUT",
            asked if asked > 2 || waited >= COMPLETE_MS => "COMPLETE",
            asked if asked > 1 || waited >= RUNNING_MS => "RUNNING",
            _ => "SCHEDULED",
        }
    }

    /// What it found: of the traces asked for those that went to the logs.
    fn found(&self, world: &World, now: Millis) -> Found {
        let found = |id: &String| {
            let known = world.trace(&span::xray(id)?).filter(crate::sim::world::Trace::sampled)?;
            let within = (self.window.0..=self.window.1).contains(&known.start());
            let logged = world.destination(known.start()) == Destination::CloudWatchLogs;
            let drawn = draw::draw(world, &known).filter(|_| within && logged)?;
            Some((id.clone(), drawn.at(now as f64)?))
        };
        self.ids.iter().filter_map(found).collect()
    }
}

fn must_be_on(call: &Call<'_>) -> Result<(), Refusal> {
    let off = "Transaction Search is not enabled in this account: segments go to X-Ray";
    if call.world.has_spans() { Ok(()) } else { Err(invalid(off)) }
}

/// StartTraceRetrieval.
pub fn start(call: &Call<'_>, body: &Value) -> Result<Value, Refusal> {
    must_be_on(call)?;
    let Value::Array(listed) = &body["TraceIds"] else { return Err(invalid("TraceIds must be specified")) };
    if listed.is_empty() || listed.len() > MAX_IDS {
        return Err(invalid(&format!("TraceIds must have between 1 and {MAX_IDS} members")));
    }
    let mut ids = Vec::new();
    for id in listed {
        let id = id.as_str().unwrap_or_default();
        span::xray(id).ok_or_else(|| invalid(&format!("Invalid trace id: {id}")))?;
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    let (start, end) = scan::times(body)?;
    let (now, asked) = (call.now.cast_unsigned(), hash_text(&ids.concat()));
    let token = Dice::of(&[call.world.seed, now, hash_text(call.request_id), asked]).uuid();
    let mut all = call.retrievals.lock();
    let retrieval =
        Retrieval { token: token.clone(), started: call.now, ids, window: (start, end), asked: 0, cancelled: false };
    all.push(retrieval);
    if all.len() > KEPT {
        all.remove(0);
    }
    Ok(json!({"RetrievalToken": token}))
}

/// Runs `read` on the retrieval that the body names, and its status.
fn with<T>(call: &Call<'_>, body: &Value, read: impl FnOnce(&mut Retrieval, &'static str) -> T) -> Result<T, Refusal> {
    must_be_on(call)?;
    let token = body["RetrievalToken"].as_str().ok_or_else(|| invalid("RetrievalToken must be specified"))?;
    let mut all = call.retrievals.lock();
    let found = all.iter_mut().find(|one| one.token == token);
    let retrieval = found.ok_or_else(|| missing("The specified retrieval token does not exist"))?;
    let status = retrieval.status(call.now);
    Ok(read(retrieval, status))
}

/// The traces of a retrieval, none before it is complete, and its status.
fn result(call: &Call<'_>, body: &Value) -> Result<(Found, &'static str), Refusal> {
    with(call, body, |retrieval, _| {
        retrieval.asked = retrieval.asked.saturating_add(1);
        let status = retrieval.status(call.now);
        let found = if status == "COMPLETE" { retrieval.found(call.world, call.now) } else { Vec::new() };
        (found, status)
    })
}

/// ListRetrievedTraces.
pub fn list(call: &Call<'_>, body: &Value) -> Result<Value, Refusal> {
    let format = match body["TraceFormat"].as_str() {
        None | Some("XRAY") => "XRAY",
        Some("OTEL") => "OTEL",
        Some(other) => return Err(invalid(&format!("Invalid TraceFormat: {other}"))),
    };
    let (found, status) = result(call, body)?;
    let scope = format!("retrieved {} {format}", body["RetrievalToken"]);
    let (found, next) =
        page::of(&scope, found, body["NextToken"].as_str(), PAGE).ok_or_else(|| invalid("Invalid NextToken"))?;
    let traces: Vec<Value> = found
        .iter()
        .map(|(id, trace)| {
            let spans = if format == "OTEL" { spans(trace, call) } else { super::documents(trace) };
            json!({"Id": id, "Duration": trace.duration_s(), "Spans": spans})
        })
        .collect();
    let mut shown = json!({"RetrievalStatus": status, "TraceFormat": format, "Traces": traces});
    if let Some(next) = next {
        shown["NextToken"] = next.into();
    }
    Ok(shown)
}

fn spans(trace: &Trace, call: &Call<'_>) -> Vec<Value> {
    let mut spans = Vec::new();
    span::each(trace, &mut |span| {
        let document = span.document(&trace.id, &call.world.catalog, false).to_string();
        spans.push(json!({"Id": hex(span.part.id), "Document": document}));
    });
    spans
}

/// CancelTraceRetrieval.
pub fn cancel(call: &Call<'_>, body: &Value) -> Result<Value, Refusal> {
    with(call, body, |retrieval, status| retrieval.cancelled |= matches!(status, "SCHEDULED" | "RUNNING"))?;
    Ok(json!({}))
}

/// GetRetrievedTracesGraph.
pub fn graph(call: &Call<'_>, body: &Value) -> Result<Value, Refusal> {
    let (found, status) = result(call, body)?;
    let mut graph = Graph::default();
    for (_, trace) in &found {
        graph.add(trace, 1.0);
    }
    let scope = format!("retrieved graph {}", body["RetrievalToken"]);
    let mut shown = super::page_of_services(call, body, &scope, &graph)?;
    if let Some(Value::Array(services)) = shown.get_mut("Services") {
        services.iter_mut().for_each(|service| *service = json!({"Service": service.take(), "Links": []}));
    }
    shown["RetrievalStatus"] = status.into();
    Ok(shown)
}
