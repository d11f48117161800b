//! What a function called in the course of an invocation: the subsegments, and the segments that X-Ray infers from them.

use serde_json::json;

use super::draw::{Pen, SERVICE_AFTER_MS, SERVICE_BEFORE_MS, invoke_id, object, service_id};
use super::trace::{Exception, Failure, Http, Link, Segment};
use crate::sim::world::catalog::{Downstream, Function};
use crate::sim::world::dice::{Dice, hash};
use crate::sim::world::invocation::{Cause, Invocation, Outcome};
use crate::sim::world::messages;

/// X-Ray links a segment to no more traces than this.
const MAX_LINKS: usize = 20;

/// Id of the call of a service: the one with that number among those of its function.
fn call_id(invocation: u64, place: usize) -> u64 {
    hash(&[invocation, 0xca11, place as u64])
}

/// How long a caller waits for Lambda to take an event.
const EVENT_TAKEN_MS: f64 = 18.0;

impl Pen<'_> {
    /// What the function called: services, each with an inferred segment, and other functions, which send their own.
    pub fn calls(&self, invocation: &Invocation, function: &Function, inferred: &mut Vec<Segment>) -> Vec<Segment> {
        let start_ms = invocation.start as f64;
        let end_ms = start_ms + invocation.duration_ms * 0.97;
        let mut calls = Vec::new();
        let mut from = start_ms + invocation.duration_ms * 0.03;
        let last = function.character.downstream.len().wrapping_sub(1);
        // The call that the error names, or else the last.
        let named = match &invocation.outcome {
            Outcome::Error { message, .. } => {
                function.character.downstream.iter().position(|called| message.contains(&called.name))
            }
            _ => None,
        };
        let suspect = named.unwrap_or(last);
        // An error of a function that was called and waited for is told by that function.
        let callee_failed = self.trace.invocations.iter().any(|child| {
            matches!(child.cause, Cause::Function { invocation: key, asynchronous: false, .. } if key == invocation.key)
                && child.outcome != Outcome::Success
        });
        for (place, downstream) in function.character.downstream.iter().enumerate() {
            let mut dice = Dice::of(&[invocation.key, 0xd0, place as u64]);
            let mut to = (from + invocation.duration_ms * downstream.share * (0.8 + 0.4 * dice.unit())).min(end_ms);
            let blamed = place == suspect && !callee_failed && blames_downstream(invocation);
            if blamed && invocation.outcome == Outcome::TimedOut {
                to = end_ms;
            }
            let mut call = self.call(invocation, downstream, place, &mut dice);
            (call.start_ms, call.end_ms) = (from, to);
            if blamed {
                blame(&mut call, invocation, downstream);
            }
            inferred.push(infer(&call, downstream));
            calls.push(call);
            from = (to + 1.0).min(end_ms);
        }
        let children = self.trace.invocations.iter().filter_map(|child| match child.cause {
            // Retries of an event are Lambda's doing, not the caller's.
            Cause::Function { invocation: key, asynchronous, .. } if key == invocation.key && child.attempt == 0 => {
                Some((child, asynchronous))
            }
            _ => None,
        });
        for (child, asynchronous) in children {
            calls.push(self.invoke(invocation, child, asynchronous));
        }
        calls.sort_by(|one, other| one.start_ms.total_cmp(&other.start_ms));
        calls
    }

    /// The messages that a batch received, where whoever sent them is traced.
    pub fn received(&self, batch: &Invocation) -> Vec<Link> {
        let Some(queue) = self.world.queue_of(batch) else { return Vec::new() };
        let link = |sender: &Invocation| {
            let function = &self.catalog.functions[sender.function];
            let place = function.character.downstream.iter().position(|call| is_queue(call, queue))?;
            (sender.sampled && function.traced).then(|| self.link(sender, batch, queue, "parent", place))
        };
        self.world.senders(batch).iter().filter_map(link).take(MAX_LINKS).collect()
    }

    /// The batches that received what an invocation sent, where they are traced.
    pub fn sent(&self, sender: &Invocation, function: &Function) -> Vec<Link> {
        let mut links = Vec::new();
        for (place, call) in function.character.downstream.iter().enumerate() {
            if is_queue(call, &call.name)
                && let Some(batch) = self.world.receiver(sender, &call.name)
                && batch.sampled
                && self.catalog.functions[batch.function].traced
            {
                links.push(self.link(sender, &batch, &call.name, "child", place));
            }
        }
        links
    }

    fn link(
        &self,
        sender: &Invocation,
        batch: &Invocation,
        queue: &str,
        reference: &'static str,
        place: usize,
    ) -> Link {
        let (trace, id) = match reference {
            "parent" => (&sender.trace_id, call_id(sender.key, place)),
            _ => (&batch.trace_id, service_id(batch)),
        };
        Link {
            trace: trace.clone(),
            id,
            reference,
            queue: queue.to_owned(),
            receiver: self.catalog.functions[batch.function].name.clone(),
            sent_ms: messages::sent(sender) as f64,
            received_ms: messages::received(batch) as f64,
        }
    }

    fn call(&self, invocation: &Invocation, downstream: &Downstream, place: usize, dice: &mut Dice) -> Segment {
        let id = call_id(invocation.key, place);
        let length = 40 + dice.below(900) as u64;
        if downstream.origin == "remote" {
            let url = format!("https://{}/v1/{}", downstream.name, downstream.operation.to_lowercase());
            return Segment {
                id,
                name: downstream.name.clone(),
                namespace: Some("remote"),
                http: Http {
                    method: Some(method_of(&downstream.operation).to_owned()),
                    url: Some(url),
                    status: Some(200),
                    content_length: Some(length),
                    ..Http::default()
                },
                ..Segment::default()
            };
        }
        let region = &self.catalog.region;
        let mut aws = object(json!({
            "operation": downstream.operation,
            "region": region,
            "request_id": dice.uuid(),
            "retries": 0,
            "resource_names": [downstream.name],
        }));
        let account = &self.catalog.account_id;
        let detail = match service_name(&downstream.origin) {
            "DynamoDB" => Some(("table_name", downstream.name.clone())),
            "SQS" => Some(("queue_url", format!("https://sqs.{region}.amazonaws.com/{account}/{}", downstream.name))),
            "SNS" => Some(("topic_arn", format!("arn:aws:sns:{region}:{account}:{}", downstream.name))),
            "S3" => Some(("bucket_name", downstream.name.clone())),
            _ => None,
        };
        if let Some((key, value)) = detail {
            aws.insert(key.into(), value.into());
        }
        Segment {
            id,
            name: service_name(&downstream.origin).to_owned(),
            namespace: Some("aws"),
            http: Http { status: Some(200), content_length: Some(length), ..Http::default() },
            aws,
            ..Segment::default()
        }
    }

    fn invoke(&self, caller: &Invocation, callee: &Invocation, asynchronous: bool) -> Segment {
        let function = &self.catalog.functions[callee.function];
        let handed_ms = callee.start as f64 - callee.init_ms.unwrap_or(0.0) - SERVICE_BEFORE_MS;
        let (from, to) = if asynchronous {
            // The event was taken before the callee began, and within the caller's own time.
            let latest = caller.start as f64 + caller.duration_ms;
            let to = handed_ms.min(latest);
            ((to - EVENT_TAKEN_MS).max(caller.start as f64), to)
        } else {
            (
                (handed_ms - 2.0).max(caller.start as f64),
                callee.start as f64 + callee.duration_ms + SERVICE_AFTER_MS + 1.0,
            )
        };
        let refused = matches!(callee.outcome, Outcome::Throttled { .. });
        let status = if refused {
            429
        } else if asynchronous {
            202
        } else {
            200
        };
        let unhandled = !asynchronous && !refused && callee.outcome != Outcome::Success;
        Segment {
            id: invoke_id(caller.key, callee.key),
            name: "Lambda".into(),
            start_ms: from,
            end_ms: to.max(from),
            namespace: Some("aws"),
            http: Http { status: Some(status), ..Http::default() },
            aws: object(json!({
                "operation": "Invoke",
                "region": self.catalog.region,
                "function_name": function.name,
                "invocation_type": if asynchronous { "Event" } else { "RequestResponse" },
                "request_id": callee.request_id,
                "resource_names": [function.name],
            })),
            failure: if unhandled { Failure::fault() } else { Failure::of_status(status) },
            ..Segment::default()
        }
    }
}

/// The call sends a message to that queue.
fn is_queue(call: &Downstream, queue: &str) -> bool {
    call.origin == "AWS::SQS::Queue" && call.name == queue
}

/// The segment that X-Ray derives from a call, as the callee sends none.
fn infer(call: &Segment, downstream: &Downstream) -> Segment {
    Segment {
        id: hash(&[call.id, 0x1f]),
        parent: Some(call.id),
        inferred: true,
        namespace: None,
        origin: if downstream.origin == "remote" { None } else { Some(downstream.origin.clone()) },
        exceptions: Vec::new(),
        subsegments: Vec::new(),
        ..call.clone()
    }
}

/// A failure that comes from what the function called last: a time-out, or an error that says so.
fn blames_downstream(invocation: &Invocation) -> bool {
    match &invocation.outcome {
        Outcome::TimedOut => true,
        Outcome::Error { kind, message } => {
            let words = format!("{kind} {message}").to_lowercase();
            [
                "timeout",
                "timed out",
                "unavailable",
                "throughput",
                "throttl",
                "connect",
                "gateway",
                "upstream",
                "answered 5",
                "declined",
            ]
            .iter()
            .any(|word| words.contains(word))
        }
        _ => false,
    }
}

fn blame(call: &mut Segment, invocation: &Invocation, downstream: &Downstream) {
    let Outcome::Error { kind, message } = &invocation.outcome else {
        // Nobody answered before the function was stopped.
        call.http.status = None;
        call.http.content_length = None;
        call.failure = Failure::fault();
        return;
    };
    let words = format!("{kind} {message}").to_lowercase();
    let status = if words.contains("throughput") || words.contains("throttl") {
        // DynamoDB says 400 to a throttled request; X-Ray still calls it a throttle.
        if service_name(&downstream.origin) == "DynamoDB" { 400 } else { 429 }
    } else if words.contains("declined") {
        402
    } else {
        503
    };
    call.http.status = Some(status);
    call.failure = Failure::of_status(status);
    call.failure.throttle |= status == 400;
    call.exceptions = vec![Exception {
        id: hash(&[call.id, 0xe]),
        kind: kind.clone(),
        message: message.clone(),
        remote: true,
        stack: Vec::new(),
    }];
}

/// `AWS::DynamoDB::Table` is called DynamoDB by the SDKs.
fn service_name(origin: &str) -> &str {
    match origin.split("::").nth(1) {
        Some("Events") => "EventBridge",
        Some(name) => name,
        None => origin,
    }
}

fn method_of(operation: &str) -> &str {
    if ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(&operation) { operation } else { "POST" }
}
