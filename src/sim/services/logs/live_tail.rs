//! StartLiveTail: a stream of what comes in, a frame each second.

use super::event::Event;
use super::filter_pattern::{self, Pattern};
use super::groups::{self, Group};
use super::input::{Input, Refusal};
use super::scan::{Range, Scan};
use super::source::Source;
use crate::sim::faults::{Fault, Faults};
use crate::sim::services::{Call, Service};
use crate::sim::wire::{Response, frames, stream};
use crate::sim::world::{Millis, World};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{MissedTickBehavior, interval};

/// By this name faults befall a session that is open.
const UPDATE: &str = "LiveTailUpdate";
const MAX_GROUPS: usize = 10;
const MAX_STREAMS: usize = 100;
/// Events of one sessionUpdate; of more the service gives a sample.
const MAX_EVENTS: usize = 500;
/// Updates that wait for a slow reader, as in the service; then the oldest would be dropped, here the stream waits.
const BUFFERED: usize = 10;
/// A session ends after three hours.
const SESSION_MS: Millis = 3 * 3_600_000;
/// Lines come in at most so long after they were written.
const LATEST_MS: Millis = 60_000;

struct Session {
    world: Arc<World>,
    groups: Vec<Group>,
    sources: Vec<(usize, Source)>,
    names: Vec<String>,
    prefixes: Vec<String>,
    pattern: Pattern,
}

/// Answers with the stream; a task feeds it until the reader goes or three hours are over.
pub fn start(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    let identifiers = input.texts("logGroupIdentifiers", MAX_GROUPS)?;
    let names = input.texts("logStreamNames", MAX_STREAMS)?;
    let prefixes = input.texts("logStreamNamePrefixes", MAX_STREAMS)?;
    let source = input.text("logEventFilterPattern")?.unwrap_or_default();
    if identifiers.is_empty() {
        return Err(Refusal::constraint(
            "logGroupIdentifiers",
            "[]",
            "Member must have length greater than or equal to 1",
        ));
    }
    if let Some(name) = identifiers.iter().find(|identifier| !identifier.starts_with("arn:")) {
        return Err(Refusal::invalid(format!("The log group identifier {name} must be an ARN.")));
    }
    if !names.is_empty() && !prefixes.is_empty() {
        return Err(Refusal::invalid("logStreamNames and logStreamNamePrefixes can not be specified together."));
    }
    if identifiers.len() > 1 && !(names.is_empty() && prefixes.is_empty()) {
        return Err(Refusal::invalid("Log streams can be specified for a single log group only."));
    }
    let pattern = filter_pattern::parse(source).map_err(Refusal::invalid)?;
    let groups: Vec<Group> = identifiers
        .iter()
        .map(|identifier| groups::find_by_identifier(call.world, identifier))
        .collect::<Result<_, _>>()?;
    for group in &groups {
        groups::must_be_standard(group, "StartLiveTail")?;
    }
    let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let sources =
        groups.iter().enumerate().flat_map(|(n, group)| group.sources.iter().map(move |source| (n, *source))).collect();
    let session = Session {
        world: call.world.clone(),
        groups,
        sources,
        names: owned(&names),
        prefixes: owned(&prefixes),
        pattern,
    };
    let begin = json!({
        "requestId": call.request_id,
        "sessionId": call.request_id,
        "logGroupIdentifiers": identifiers,
        "logStreamNames": names,
        "logStreamNamePrefixes": prefixes,
        "logEventFilterPattern": source,
    });
    let (sender, receiver) = channel(BUFFERED);
    // The SDK's `send` returns with the first frame, so these two wait in the channel before anyone reads.
    for frame in [frames::initial_response(), frames::event("sessionStart", &begin)] {
        sender.try_send(frame).expect("the channel is empty and takes ten frames");
    }
    let (clock, faults, now) = (call.clock.clone(), call.faults.clone(), call.now);
    tokio::spawn(async move { feed(&session, || clock(), &faults, now, &sender).await });
    Ok(stream(receiver))
}

async fn feed(session: &Session, clock: impl Fn() -> Millis, faults: &Faults, start: Millis, sender: &Sender<Bytes>) {
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    seconds.tick().await;
    let mut seen = start;
    loop {
        tokio::select! {
            _ = sender.closed() => return,
            _ = seconds.tick() => {}
        }
        let now = clock();
        if now - start >= SESSION_MS {
            let over = frames::exception("SessionTimeoutException", "The session has timed out after 3 hours.");
            let _ = sender.send(over).await;
            return;
        }
        let mut update = frames::event("sessionUpdate", &session.update(seen, now));
        match faults.draw(Service::Logs, UPDATE).1 {
            None | Some(Fault::Latency(_)) => {}
            Some(Fault::Hang) => return sender.closed().await,
            Some(Fault::Drop | Fault::Truncate) => {
                // The connection breaks in the middle of a frame.
                update.truncate(update.len() / 2);
                let _ = sender.send(update).await;
                return;
            }
            Some(_) => {
                let over = frames::exception("SessionStreamingException", "The session was interrupted.");
                let _ = sender.send(over).await;
                return;
            }
        }
        seen = seen.max(now);
        if sender.send(update).await.is_err() {
            return;
        }
    }
}

impl Session {
    /// What came in after `seen` and up to `now`.
    fn update(&self, seen: Millis, now: Millis) -> Value {
        let passes = |stream: &str| {
            (self.names.is_empty() || self.names.iter().any(|name| name == stream))
                && (self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| stream.starts_with(prefix.as_str())))
        };
        let range = Range {
            sources: &self.sources,
            from: seen - LATEST_MS,
            to: now,
            descending: false,
            after: None,
            streams: &passes,
        };
        let mut events: Vec<Event> = Scan::new(&self.world, now, range)
            .filter(|event| event.key.ingestion > seen && self.pattern.matches(&event.message))
            .collect();
        let sampled = events.len() > MAX_EVENTS;
        if sampled {
            let all = events.len();
            let mut number = 0;
            // Evenly over the second, not its beginning.
            events.retain(|_| {
                number += 1;
                number * MAX_EVENTS / all != (number - 1) * MAX_EVENTS / all
            });
        }
        let results: Vec<Value> = events
            .iter()
            .map(|event| {
                let name = &self.groups[event.group].name;
                json!({
                    "logStreamName": event.stream,
                    "logGroupIdentifier": format!("{}:{name}", self.world.catalog.account_id),
                    "message": event.message,
                    "timestamp": event.key.timestamp,
                    "ingestionTime": event.key.ingestion,
                })
            })
            .collect();
        json!({ "sessionMetadata": { "sampled": sampled }, "sessionResults": results })
    }
}
