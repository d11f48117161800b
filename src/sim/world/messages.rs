//! Messages between functions: what one sent to a queue, and the batch in which another received it.
//!
//! Batches arrive at the rate of their mapping, whoever sends. A batch holds what was sent since the batch before it, so that
//! each message is received once, and by the next batch after it was sent.

use super::catalog::{FunctionId, Trigger};
use super::invocation::{Cause, Invocation, Outcome};
use super::{Millis, World};

/// A message waits no longer for its batch.
const LONGEST_WAIT: Millis = 60_000;
/// What one batch is told to have received.
const MOST: usize = 10;
const QUEUE: &str = "AWS::SQS::Queue";

/// When an invocation's messages were sent: they are the last that it does.
pub fn sent(sender: &Invocation) -> Millis {
    sender.start + sender.duration_ms.ceil() as Millis
}

/// When a batch was received, before any init.
pub fn received(batch: &Invocation) -> Millis {
    batch.start - batch.init_ms.unwrap_or(0.0).ceil() as Millis
}

impl World {
    /// The queue that a batch came from; none where a stream, or no mapping at all, brought it.
    pub fn queue_of(&self, batch: &Invocation) -> Option<&str> {
        match batch.cause {
            Cause::Mapping(mapping) => self.queue(mapping),
            _ => None,
        }
    }

    fn queue(&self, mapping: usize) -> Option<&str> {
        self.catalog.mappings[mapping].queue()
    }

    /// The batches of a mapping received in `t0..=t1`, in their order.
    fn batches(&self, function: FunctionId, mapping: usize, t0: Millis, t1: Millis) -> Vec<Invocation> {
        let mut found = self.invocations(function, t0, t1 + super::LONGEST_INIT);
        found.retain(|one| {
            one.cause == Cause::Mapping(mapping)
                && !matches!(one.outcome, Outcome::Throttled { .. })
                && (t0..=t1).contains(&received(one))
        });
        found.sort_by_key(|one| (received(one), one.key));
        found
    }

    /// The invocations that sent the messages of a batch.
    pub fn senders(&self, batch: &Invocation) -> Vec<Invocation> {
        let (Cause::Mapping(mapping), Some(queue)) = (&batch.cause, self.queue_of(batch)) else { return Vec::new() };
        let until = received(batch);
        let before = self.batches(batch.function, *mapping, until - LONGEST_WAIT, until);
        let before = before.iter().rfind(|one| (received(one), one.key) < (until, batch.key));
        let since = before.map_or(until - LONGEST_WAIT, received);
        let mut found = Vec::new();
        for &id in &self.own {
            let function = &self.catalog.functions[id];
            if function.character.downstream.iter().any(|call| call.origin == QUEUE && call.name == queue) {
                let longest = Millis::from(function.timeout_s) * 1000;
                let all = self.invocations(id, since - longest, until);
                let due = |one: &Invocation| since < sent(one) && sent(one) <= until;
                found.extend(all.into_iter().filter(|one| one.outcome == Outcome::Success && due(one)));
            }
        }
        found.sort_by_key(|one| (sent(one), one.key));
        found.truncate(MOST);
        found
    }

    /// The batch in which the messages were received that an invocation sent to a queue of that name.
    pub fn receiver(&self, sender: &Invocation, queue: &str) -> Option<Invocation> {
        if sender.outcome != Outcome::Success {
            return None;
        }
        let at = sent(sender);
        let mappings = (0..self.catalog.mappings.len()).filter(|mapping| self.queue(*mapping) == Some(queue));
        let feeds = |mapping: usize| {
            let function = self.catalog.mappings[mapping].function;
            let triggers = &self.catalog.functions[function].triggers;
            let fed = |trigger: &Trigger| matches!(trigger, Trigger::Mapping { mapping: one, .. } if *one == mapping);
            triggers.iter().any(fed).then_some((function, mapping))
        };
        let found = mappings.filter_map(feeds).filter_map(|(function, mapping)| {
            self.batches(function, mapping, at, at + LONGEST_WAIT).into_iter().next()
        });
        found.min_by_key(|one| (received(one), one.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BORN: Millis = 1_795_000_000_000;

    #[test]
    fn each_message_is_received_once_by_the_next_batch() {
        let world = World::new("calm", 7, 0, BORN).unwrap();
        let function = |name: &str| world.catalog.function_named(name).unwrap();
        let (checkout, worker) = (function("checkout-api"), function("order-worker"));
        let mut pairs = 0;
        for sender in world.invocations(checkout, BORN - 300_000, BORN - 120_000) {
            let Some(batch) = world.receiver(&sender, "orders") else {
                assert_ne!(sender.outcome, Outcome::Success);
                continue;
            };
            assert!(batch.function == worker && received(&batch) >= sent(&sender));
            assert!(world.senders(&batch).iter().any(|one| one.key == sender.key), "{sender:?}\n{batch:?}");
            pairs += 1;
        }
        assert!(pairs > 30, "{pairs}");
        let mut keys = Vec::new();
        for batch in world.invocations(worker, BORN - 300_000, BORN - 120_000) {
            keys.extend(world.senders(&batch).into_iter().map(|one| one.key));
        }
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count, "no message twice");
    }
}
