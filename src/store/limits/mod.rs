//! Which limit bites: why a function is throttled or held back, in one sentence with its numbers.
//!
//! What is decided here is decided minute by minute, in the buckets in which something was refused: over a whole window
//! every limit looks far away. CloudWatch keeps ConcurrentExecutions as a maximum per minute, and a burst within a minute
//! may hide below it: where the figures reach no limit, the verdict says so (`certain` is false).

mod concurrency;
mod facts;
mod fit;
mod forecast;
mod held;
mod refusal;
#[cfg(test)]
mod tests;
mod throttled;
mod wanted;
mod words;

pub use concurrency::{Concurrency, Provisioned, Share, concurrency, pool};
pub use forecast::{Forecast, forecast};
pub use refusal::refusal;
pub use wanted::wanted;

use crate::store::Store;
use crate::time::Moment;

/// Execution environments that Lambda adds to one function in ten seconds at most.
pub const SCALING_RATE: f64 = 1_000.0;
/// Requests a second that Lambda takes for each unit of concurrency: of the function's reserve, or of the account.
pub const REQUESTS_PER_UNIT: f64 = 10.0;
/// Concurrency that an account always keeps unreserved.
pub const KEPT_UNRESERVED: u32 = 100;

/// The limit that refuses or holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Reserved concurrency 0: switched off.
    Off,
    /// The function's reserved concurrency.
    Reserved,
    /// The account's concurrency that nobody has reserved.
    AccountPool,
    /// 1,000 new environments per 10 s.
    ScalingRate,
    /// Ten requests a second per unit of concurrency.
    RequestRate,
    /// Provisioned concurrency is used up: nothing is refused, but it starts cold.
    Spillover,
    /// A mapping at its MaximumConcurrency, or a stream whose shards are read one batch at a time: nothing is refused, but
    /// it waits.
    EventSourceMaximum,
    /// The rate at which a caller may ask (CallerRateLimitExceeded): only a refusal of one's own invoke shows it.
    CallerRate,
    /// Refused, and no known limit was reached.
    Unknown,
}

impl Cause {
    /// In two or three words, as `reserved concurrency`.
    pub fn words(self) -> &'static str {
        match self {
            Cause::Off => "switched off",
            Cause::Reserved => "reserved concurrency",
            Cause::AccountPool => "the account's pool",
            Cause::ScalingRate => "scaling rate",
            Cause::RequestRate => "request rate",
            Cause::Spillover => "spillover",
            Cause::EventSourceMaximum => "event source",
            Cause::CallerRate => "caller's rate",
            Cause::Unknown => "cause not known",
        }
    }

    /// Invocations are refused; otherwise they only wait or start cold.
    pub fn refuses(self) -> bool {
        !matches!(self, Cause::Spillover | Cause::EventSourceMaximum)
    }

    /// What the `Reason` of a TooManyRequestsException says.
    pub fn of_reason(reason: &str) -> Option<Cause> {
        Some(match reason {
            "ReservedFunctionConcurrentInvocationLimitExceeded" => Cause::Reserved,
            "ConcurrentInvocationLimitExceeded" => Cause::AccountPool,
            "ReservedFunctionInvocationRateLimitExceeded" | "FunctionInvocationRateLimitExceeded" => Cause::RequestRate,
            "CallerRateLimitExceeded" => Cause::CallerRate,
            _ => return None,
        })
    }
}

/// Why a function is throttled or held back.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The limit that bites most.
    pub cause: Cause,
    /// Another that bites in other minutes; the sentence names it too.
    pub second: Option<Cause>,
    /// One sentence with its numbers, without its full stop.
    pub sentence: String,
    /// (what, value), for a table: `reserved` `3`.
    pub figures: Vec<(String, String)>,
    /// Attempts refused, invocations spilled over or messages waiting: larger is worse.
    pub weight: f64,
    /// Begin of the first minute of this episode.
    pub since: Option<Moment>,
    /// Begin of the worst minute: where logs and traces tell most.
    pub at: Option<Moment>,
    /// It is over: the last settled minutes show nothing of it.
    pub over: bool,
    /// The figures reach the limit; otherwise it is what fits best.
    pub certain: bool,
    /// Key that leads on: `m` metrics, `l` logs, `Enter` detail.
    pub next_key: &'static str,
    /// What would help, a sentence without its full stop.
    pub remedy: String,
}

/// Why a function is throttled or held back; none where it is not, or where nothing is known yet. What refuses now comes
/// before what holds back, and that before what has refused.
pub fn verdict(store: &Store, function: &str, now: Moment) -> Option<Verdict> {
    let facts = facts::Facts::of(store, function)?;
    let refused = throttled::throttled(&facts, now);
    match refused {
        Some(refused) if !refused.over => Some(refused),
        past => held::held(&facts, now).filter(|held| !held.over || past.is_none()).or(past),
    }
}
