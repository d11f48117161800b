//! What a function tells of itself: the subsegment around its handler, its exceptions, its overheads.

use serde_json::{Map, Value, json};

use super::trace::{Exception, Segment};
use crate::sim::world::catalog::Function;
use crate::sim::world::dice::{Dice, hash, hash_text};
use crate::sim::world::invocation::{Cause, Invocation, Outcome};

/// Annotations of the new layout, ms.
pub fn overheads(invocation: &Invocation) -> Vec<(String, Value)> {
    let mut dice = Dice::of(&[invocation.key, 0x0f]);
    let response = (invocation.duration_ms * (0.93 + 0.05 * dice.unit()) * 1000.0).round() / 1000.0;
    let small = |dice: &mut Dice| (dice.unit() * 900.0).round() / 1000.0;
    vec![
        ("aws.responseLatency".into(), json!(response)),
        ("aws.responseDuration".into(), json!(small(&mut dice))),
        ("aws.runtimeOverhead".into(), json!(small(&mut dice))),
        ("aws.extensionOverhead".into(), json!(0.0)),
    ]
}

/// The subsegment around the handler that Powertools' tracer makes in Python and Node.js.
pub fn powertools(invocation: &Invocation, function: &Function, start_ms: f64, end_ms: f64) -> Option<Segment> {
    let name = if function.runtime.starts_with("python") {
        format!("## {}", function.handler.rsplit('.').next().unwrap_or("lambda_handler"))
    } else if function.runtime.starts_with("nodejs") {
        format!("## {}", function.handler.rsplit('/').next().unwrap_or("index.handler"))
    } else {
        return None;
    };
    // One customer, one order: the same for every function of the trace.
    let mut dice = Dice::of(&[hash_text(&invocation.trace_id), 0x9077]);
    // POWERTOOLS_SERVICE_NAME, which also names the metadata's namespace.
    let service =
        function.tags.iter().find(|(key, _)| key == "service").map_or(function.name.as_str(), |(_, value)| value);
    let mut annotations: Vec<(String, Value)> =
        vec![("ColdStart".into(), invocation.init_ms.is_some().into()), ("Service".into(), service.into())];
    let customer = matches!(invocation.cause, Cause::Api { .. } | Cause::Function { .. });
    if customer {
        let tier = *dice.pick(&["standard", "standard", "standard", "silver", "gold"]);
        annotations.push(("customer_tier".into(), tier.into()));
        annotations.push(("order_id".into(), invocation.subject().into()));
        annotations.push(("items".into(), (1 + dice.below(9)).into()));
    }
    let mut metadata = Map::new();
    if invocation.outcome == Outcome::Success {
        let response = json!({"statusCode": 200, "body": {"ok": true, "took_ms": invocation.duration_ms.round()}});
        metadata.insert(service.to_owned(), json!({format!("{} response", &name[3..]): response}));
    } else if let Outcome::Error { kind, message } = &invocation.outcome {
        metadata
            .insert(service.to_owned(), json!({format!("{} error", &name[3..]): {"type": kind, "message": message}}));
    }
    let margin = (end_ms - start_ms) * 0.01;
    Some(Segment {
        id: hash(&[invocation.key, 0x9077]),
        name,
        start_ms: start_ms + margin,
        end_ms: end_ms - margin,
        annotations,
        metadata,
        ..Segment::default()
    })
}

/// Who asked, where the function knows it.
pub fn user(invocation: &Invocation, annotations: &[(String, Value)]) -> Option<String> {
    let known = annotations.iter().any(|(key, _)| key == "customer_tier");
    known.then(|| format!("customer-{}", 1000 + Dice::of(&[hash_text(&invocation.trace_id)]).below(9000)))
}

/// The block `cause` of a failed invocation.
pub fn exceptions(invocation: &Invocation, function: &Function) -> Vec<Exception> {
    let exception = |kind: &str, message: String, stack| Exception {
        id: hash(&[invocation.key, 0xe0]),
        kind: kind.to_owned(),
        message,
        remote: false,
        stack,
    };
    match &invocation.outcome {
        Outcome::Error { kind, message } => vec![exception(kind, message.clone(), stack(function, invocation.key))],
        Outcome::TimedOut => {
            let message = format!(
                "{} Task timed out after {}.00 seconds",
                invocation.request_id,
                function.timeout_of(invocation.version)
            );
            vec![exception("Sandbox.Timedout", message, Vec::new())]
        }
        Outcome::OutOfMemory => {
            let message =
                format!("RequestId: {} Error: Runtime exited with error: signal: killed", invocation.request_id);
            vec![exception("Runtime.ExitError", message, Vec::new())]
        }
        Outcome::Success | Outcome::Throttled { .. } => Vec::new(),
    }
}

fn stack(function: &Function, key: u64) -> Vec<(String, u32, String)> {
    let mut dice = Dice::of(&[key, 0x57ac]);
    let (file, frames): (String, [&str; 3]) = match function.runtime.get(..4) {
        Some("pyth") => (
            format!("/var/task/{}.py", function.handler.split('.').next().unwrap_or("app")),
            ["lambda_handler", "handle", "charge"],
        ),
        Some("node") => (
            format!("/var/task/{}.js", function.handler.split('.').next().unwrap_or("index")),
            ["Runtime.handler", "handle", "charge"],
        ),
        Some("java") => ("Handler.java".into(), ["handleRequest", "handle", "charge"]),
        _ => ("main".into(), ["handler", "handle", "charge"]),
    };
    let line = |dice: &mut Dice| u32::try_from(20 + dice.below(200)).unwrap_or(20);
    frames.iter().rev().map(|label| (file.clone(), line(&mut dice), (*label).to_owned())).collect()
}
