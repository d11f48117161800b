//! Asynchronous events that failed are tried again: after a minute, and after two more. Each attempt has the request id of
//! the first. An event whose last attempt failed is dropped, by way of the destination for failures where there is one.
//!
//! Only functions that the scenario names are told so; elsewhere an event has one attempt. That an event was throttled
//! does not bring it back here, as it does in Lambda for up to six hours.

use super::catalog::FunctionId;
use super::fate::{self, Call, key};
use super::invocation::Outcome;
use super::scenario::Asynchronous;
use super::{Millis, World};

/// MaximumRetryAttempts of a function whose configuration of asynchronous invocation nobody changed here.
const USUAL: u8 = 1;
/// How long Lambda waits before the first and before the second retry of a function that returned an error, ms.
const WAITS: [Millis; 2] = [60_000, 120_000];

impl World {
    /// What the scenario says of a function's asynchronous events.
    pub fn asynchronous(&self, function: FunctionId) -> Option<&Asynchronous> {
        let name = &self.catalog.functions[function].name;
        self.scenario.asynchronous.iter().find(|one| one.function == *name)
    }

    /// MaximumRetryAttempts of a function.
    pub fn event_retries(&self, function: FunctionId) -> u8 {
        self.asynchronous(function).map_or(USUAL, |one| one.retries.min(2))
    }

    /// How long after its first attempt the last one of an event may come, ms.
    pub(super) fn retry_span(&self, function: FunctionId) -> Millis {
        let Some(asynchronous) = self.asynchronous(function) else { return 0 };
        let longest = Millis::from(self.catalog.functions[function].timeout_s) * 1000;
        WAITS.iter().take(usize::from(asynchronous.retries)).map(|wait| wait + longest).sum()
    }
}

/// The attempts after the first one of an event.
pub fn of(world: &World, first: &Call) -> Vec<Call> {
    let mut attempts = Vec::new();
    let Some(asynchronous) = world.asynchronous(first.function) else { return attempts };
    let settings = world.settings(first.function);
    let mut call = *first;
    for wait in WAITS.iter().take(usize::from(asynchronous.retries)) {
        let version = settings.version(world.default_qualifier(call.function), call.key, call.at);
        let fate = fate::of(world, call.function, call.key, call.at, version);
        if fate.outcome == Outcome::Success {
            break;
        }
        let at = call.at + fate.duration_ms as Millis + wait;
        let attempt = call.attempt + 1;
        call = Call { key: key(at, &[first.key, u64::from(attempt), 19]), at, attempt, ..*first };
        attempts.push(call);
    }
    attempts
}
