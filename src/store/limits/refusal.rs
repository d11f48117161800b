//! What the refusal of one's own invoke tells: its reason names the limit itself.

use super::facts::Facts;
use super::words::whole;
use super::{Cause, Verdict};
use crate::store::Store;
use crate::time::Moment;

/// The verdict that a TooManyRequestsException gives by its `Reason`; none for a reason that is not known.
pub fn refusal(store: &Store, function: &str, reason: &str, now: Moment) -> Option<Verdict> {
    let mut cause = Cause::of_reason(reason)?;
    let facts = Facts::of(store, function);
    let reserve = facts.as_ref().and_then(|facts| facts.reserved.flatten());
    let account = store.account.get().map(|account| f64::from(account.concurrency_limit));
    let of = |limit: Option<f64>| limit.map_or(String::new(), |limit| format!(" of {}", whole(limit)));
    if cause == Cause::Reserved && reserve == Some(0.0) {
        cause = Cause::Off;
    }
    let (sentence, remedy) = match cause {
        Cause::Off => (format!("{function} is switched off: its reserved concurrency is 0"), "Set its reserve above 0"),
        Cause::Reserved => (
            format!("{function} was refused by its reserved concurrency{}", of(reserve)),
            "Raise its reserve, or try again",
        ),
        Cause::AccountPool => (
            format!("{function} was refused by the account's concurrency{}, or because it grows too fast", of(account)),
            "Try again; look who uses the pool",
        ),
        Cause::RequestRate => (
            format!("{function} was refused by its request rate: 10 a second per unit of its concurrency"),
            "Raise its reserve, or spread the requests",
        ),
        _ => (
            "Your own calls of Lambda come too fast (CallerRateLimitExceeded); the function is not at its limit"
                .to_string(),
            "Wait a few seconds",
        ),
    };
    Some(Verdict {
        cause,
        second: None,
        sentence,
        figures: vec![("Reason".into(), reason.into())],
        weight: 1.0,
        since: None,
        at: Some(now),
        over: false,
        certain: true,
        next_key: "m",
        remedy: remedy.into(),
    })
}
