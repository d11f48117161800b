//! The log group `aws/spans`: a record for each span of every trace whose segments go to CloudWatch Logs.

use std::ops::Range;

use super::draw::draw;
use super::span;
use crate::sim::services::logs::event::Key;
use crate::sim::world::destination::Destination;
use crate::sim::world::dice::{Dice, hash};
use crate::sim::world::{Millis, World};

/// logGroupName.
pub const GROUP: &str = "aws/spans";
/// Its only log stream.
pub const STREAM: &str = "default";

/// What Lambda still does after a function has returned.
const AFTER_MS: Millis = 10;

/// All records with a timestamp in `window` of traces whose roots began in `starts`. Records bear the time at which their
/// span began.
///
/// Lambda's service sends its segment when it begins and again when it ends, so its span is there twice.
pub fn records(world: &World, starts: Range<Millis>, window: &Range<Millis>, sink: &mut dyn FnMut(Key, String)) {
    for trace in world.traces(starts.start, starts.end) {
        let requested = trace.request.iter().map(|request| request.start + request.latency_ms.ceil() as Millis);
        let ran = trace.invocations.iter().map(|one| one.start + one.duration_ms.ceil() as Millis + AFTER_MS);
        let over = requested.chain(ran).max().unwrap_or(0);
        if over < window.start || world.destination(trace.start()) != Destination::CloudWatchLogs {
            continue;
        }
        let Some(drawn) = draw(world, &trace) else { continue };
        span::each(&drawn, &mut |span| {
            let part = span.part;
            let timestamp = part.start_ms as Millis;
            if !window.contains(&timestamp) {
                return;
            }
            let mut dice = Dice::of(&[part.id, 0x10]);
            let mut put = |ended: bool, at: f64| {
                let ingestion = at.ceil() as Millis + 600 + dice.below(1_800) as Millis;
                let key = Key { timestamp, ingestion, atom: hash(&[part.id, u64::from(ended)]), index: 0 };
                sink(key, span.document(&drawn.id, &world.catalog, !ended).to_string());
            };
            if part.origin.as_deref() == Some("AWS::Lambda") {
                put(false, part.start_ms);
            }
            put(true, part.end_ms);
        });
    }
}
