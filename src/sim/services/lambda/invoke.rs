//! Invoke: a client makes an invocation that is like any other from then on, in log, metrics and traces.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Answer, Target, constraint, target};
use crate::sim::services::Call;
use crate::sim::wire::{Response, Took, json as answer, set, whole};
use crate::sim::world::World;
use crate::sim::world::catalog::{Function, Trigger};
use crate::sim::world::change::What;
use crate::sim::world::dice::Dice;
use crate::sim::world::invocation::{Invocation, Outcome};
use crate::sim::world::narration;

/// Largest payload of a synchronous invoke, bytes.
const SYNCHRONOUS: usize = 6 * 1024 * 1024;
/// Largest payload of an asynchronous invoke, bytes.
const ASYNCHRONOUS: usize = 1024 * 1024;
/// X-Amz-Log-Result holds the last 4 KB of the log.
const TAIL: usize = 4096;

/// Invoke. A payload `{"fail": true}` makes the handler raise; `{"fail": "Kind: message"}` says what.
pub fn invoke(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let version = target.version(call)?;
    let kind = call.header("x-amz-invocation-type").unwrap_or("RequestResponse");
    if !matches!(kind, "RequestResponse" | "Event" | "DryRun") {
        let rule = "satisfy enum value set: [Event, RequestResponse, DryRun]";
        return Err(constraint(call, kind, "invocationType", rule));
    }
    let failure = failure(target.function, &payload(call, kind)?);
    if kind == "DryRun" {
        let mut response = answer(204, &Value::Null);
        set(&mut response, "x-amz-executed-version", &written(version));
        return Ok(response);
    }
    let invocation = happens(call, &target, kind == "Event", failure)?;
    if kind == "Event" {
        let mut response = whole(202, "application/json", Bytes::new());
        set(&mut response, "x-amzn-requestid", &invocation.request_id);
        return Ok(response);
    }
    if let Outcome::Throttled { reason } = invocation.outcome {
        let body = json!({"Type": "User", "message": "Rate Exceeded.", "Reason": reason});
        let mut response = answer(429, &body);
        set(&mut response, "x-amzn-errortype", "TooManyRequestsException");
        set(&mut response, "retry-after", "1");
        return Err(response);
    }
    Ok(answered(call, &target, &invocation))
}

/// The payload, checked: none is as good as `{}`.
fn payload(call: &Call<'_>, kind: &str) -> Result<Value, Response> {
    let body = call.request.body();
    let limit = if kind == "Event" { ASYNCHRONOUS } else { SYNCHRONOUS };
    if body.len() > limit {
        let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        return Err(call.error(413, "RequestEntityTooLargeException", &message));
    }
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("Could not parse request body into json: Could not parse payload into json: {error}");
        call.error(400, "InvalidRequestContentException", &message)
    })
}

/// What the payload asks to be raised, as the language of the function calls it.
fn failure(function: &Function, payload: &Value) -> Option<(String, String)> {
    let usual = if function.runtime.starts_with("nodejs") { "Error" } else { "Exception" };
    match payload.get("fail")? {
        Value::Bool(true) => Some((usual.to_owned(), "the payload asked for it".to_owned())),
        Value::String(text) => {
            let (kind, message) = text.split_once(": ").unwrap_or((usual, text));
            Some((kind.to_owned(), message.to_owned()))
        }
        _ => None,
    }
}

/// Lays the invoke over the world, and looks at what became of it.
fn happens(
    call: &Call<'_>,
    target: &Target<'_>,
    asynchronous: bool,
    failure: Option<(String, String)>,
) -> Result<Invocation, Response> {
    let serial = crate::sim::world::dice::hash_text(call.request_id);
    let what = What::Invoke {
        function: target.id,
        qualifier: target.qualifier.clone().filter(|qualifier| qualifier != "$LATEST"),
        asynchronous,
        failure,
        serial,
    };
    let at = call.world.change(call.now, what);
    let key = World::client_key(at, serial);
    call.world
        .invocation(target.id, key)
        .ok_or_else(|| call.error(500, "ServiceException", "The invocation was lost in the embedded account."))
}

fn answered(call: &Call<'_>, target: &Target<'_>, invocation: &Invocation) -> Response {
    let payload = said(target.function, invocation);
    let mut response = whole(200, "application/json", payload.to_string());
    set(&mut response, "x-amzn-requestid", &invocation.request_id);
    set(&mut response, "x-amz-executed-version", &written(invocation.version));
    if invocation.outcome != Outcome::Success {
        set(&mut response, "x-amz-function-error", "Unhandled");
    }
    let sampled = u8::from(invocation.sampled);
    set(&mut response, "x-amzn-trace-id", &format!("Root={};Sampled={sampled}", invocation.trace_id));
    if call.header("x-amz-log-type").is_some_and(|kind| kind.eq_ignore_ascii_case("tail")) {
        set(&mut response, "x-amz-log-result", &tail(call.world, invocation));
    }
    // Whoever waits for the answer waits as long as the function runs.
    let end = invocation.start + invocation.duration_ms as i64;
    let took = u64::try_from(end - call.now).unwrap_or_default();
    response.extensions_mut().insert(Took(Duration::from_millis(took)));
    response
}

fn written(version: u32) -> String {
    if version == 0 { "$LATEST".to_owned() } else { version.to_string() }
}

/// The end of the invocation's own log, Base64.
fn tail(world: &World, invocation: &Invocation) -> String {
    let mut text = String::new();
    for line in narration::lines(world, invocation) {
        text.push_str(line.message.trim_end_matches('\n'));
        text.push('\n');
    }
    let bytes = text.as_bytes();
    STANDARD.encode(&bytes[bytes.len().saturating_sub(TAIL)..])
}

/// What the function answers: an error document, or something of the shape that its trigger expects.
fn said(function: &Function, invocation: &Invocation) -> Value {
    let id = &invocation.request_id;
    match &invocation.outcome {
        Outcome::Error { kind, message } => raised(function, id, kind, message),
        Outcome::TimedOut => json!({
            "errorType": "Sandbox.Timedout",
            "errorMessage": format!("RequestId: {id} Error: Task timed out after {}.00 seconds", function.timeout_of(invocation.version)),
        }),
        Outcome::OutOfMemory => json!({
            "errorType": "Runtime.OutOfMemory",
            "errorMessage": format!("RequestId: {id} Error: Runtime exited with error: signal: killed"),
        }),
        Outcome::Success | Outcome::Throttled { .. } => {
            let mut dice = Dice::of(&[invocation.key, 60]);
            let reference = &dice.hex16()[..8];
            let served = function.triggers.iter().any(|trigger| matches!(trigger, Trigger::Api { .. }));
            let fed = function.triggers.iter().any(|trigger| matches!(trigger, Trigger::Mapping { .. }));
            if served {
                let body = json!({"id": reference, "status": "ok", "items": 1 + dice.below(9)});
                json!({"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body.to_string()})
            } else if fed {
                json!({"batchItemFailures": []})
            } else {
                json!({"status": "ok", "reference": reference, "tookMs": invocation.duration_ms.round() as u64})
            }
        }
    }
}

/// An error as the runtime of the language writes it.
fn raised(function: &Function, id: &str, kind: &str, message: &str) -> Value {
    if function.runtime.starts_with("python") {
        let file = function.name.replace('-', "_");
        let trace = [format!("  File \"/var/task/{file}.py\", line 48, in handler\n    raise {kind}(\"{message}\")\n")];
        json!({"errorMessage": message, "errorType": kind, "requestId": id, "stackTrace": trace})
    } else if function.runtime.starts_with("nodejs") {
        let trace =
            [format!("{kind}: {message}"), "    at Runtime.handler (file:///var/task/dist/index.mjs:31:11)".to_owned()];
        json!({"errorType": kind, "errorMessage": message, "trace": trace})
    } else {
        json!({"errorMessage": message, "errorType": kind, "stackTrace": ["shop.Handler.handleRequest(Handler.java:57)"]})
    }
}
