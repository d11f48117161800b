//! The atom: one invocation. Metrics count it, log lines narrate it, a trace draws it, an API request lets it in.

use super::Millis;
use super::catalog::{ApiId, FunctionId};
use super::dice::{Dice, hash_text};
use super::gate::Limit;

/// One try to run a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The function.
    pub function: FunctionId,
    /// Stable over any order of asking: (function, block, place in the block) hashed.
    pub key: u64,
    /// RequestId, a UUID.
    pub request_id: String,
    /// Trace id, `1-8hex-24hex`; shared with the request or invocation that caused it.
    pub trace_id: String,
    /// The trace is sampled: by a rule at the stage that it came through, else 1 per second and 5 %, as Lambda does.
    pub sampled: bool,
    /// When the handler began (or when it was refused).
    pub start: Millis,
    /// Published version that ran, 0 = `$LATEST`.
    pub version: u32,
    /// Alias through which it was invoked.
    pub alias: Option<String>,
    /// Init Duration in ms where this was a cold start; the duration of the restore where SnapStart made it one.
    pub init_ms: Option<f64>,
    /// Ran on provisioned concurrency; `Some(false)` is spillover.
    pub provisioned: Option<bool>,
    /// Duration, ms, without init.
    pub duration_ms: f64,
    /// Max Memory Used, MB.
    pub memory_used_mb: u32,
    /// Number of the execution environment within its function: one log stream each.
    pub environment: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What asked for it.
    pub cause: Cause,
    /// How long its batch waited for its turn, or its event for this attempt, ms.
    pub waited_ms: u32,
    /// 0, or which retry of an asynchronous event this is.
    pub attempt: u8,
}

impl Invocation {
    /// Id of its segment `AWS::Lambda::Function`: the log names it, the trace holds it.
    pub fn segment(&self) -> String {
        Dice::of(&[self.key, 43]).hex16()
    }

    /// What it is about, as an order or a cart: the same in every log and segment of its trace.
    pub fn subject(&self) -> String {
        Dice::of(&[hash_text(&self.trace_id)]).hex16()[..8].to_owned()
    }
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Returned normally.
    Success,
    /// The handler raised.
    Error {
        /// errorType, as `PaymentDeclined`.
        kind: String,
        /// errorMessage.
        message: String,
    },
    /// Ran until the function's time-out.
    TimedOut,
    /// The runtime was killed for want of memory.
    OutOfMemory,
    /// Never ran.
    Throttled {
        /// Reason of the 429, as `ReservedFunctionConcurrentInvocationLimitExceeded`.
        reason: &'static str,
    },
}

/// What asked for an invocation.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// A request through an API.
    Api {
        /// The API.
        api: ApiId,
        /// Index of the stage.
        stage: usize,
        /// Index of the route.
        route: usize,
        /// Key of the [`ApiRequest`].
        request: u64,
    },
    /// An event source mapping.
    Mapping(usize),
    /// A schedule.
    Schedule,
    /// Another invocation, by its key.
    Function {
        /// The calling function.
        caller: FunctionId,
        /// Its invocation's key.
        invocation: u64,
        /// InvocationType Event.
        asynchronous: bool,
    },
    /// A client of the account called Invoke.
    Client,
}

/// One request to an API.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiRequest {
    /// Stable over any order of asking.
    pub key: u64,
    /// The API.
    pub api: ApiId,
    /// Index of the stage.
    pub stage: usize,
    /// Index of the route.
    pub route: usize,
    /// When it arrived.
    pub start: Millis,
    /// Status answered to the caller.
    pub status: u16,
    /// Latency, ms.
    pub latency_ms: f64,
    /// IntegrationLatency, ms; none when the integration was not called.
    pub integration_ms: Option<f64>,
    /// Answered from the stage cache (`Some(true)`), looked up in vain (`Some(false)`), or not cacheable.
    pub cache_hit: Option<bool>,
    /// Request id of the API, a UUID.
    pub request_id: String,
    /// Trace id.
    pub trace_id: String,
    /// Its trace is sampled.
    pub sampled: bool,
    /// The limit that refused it with 429.
    pub refused: Option<Limit>,
    /// Went to the canary's deployment.
    pub canary: bool,
}
