//! The atom: one invocation, as its log tells it.

use crate::time::Moment;

/// How an invocation ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Still running, or its REPORT is not here yet.
    #[default]
    Open,
    /// Returned normally.
    Ok,
    /// Raised, crashed, or ran out of memory.
    Error,
    /// Ran until its time-out.
    TimedOut,
}

/// One invocation, as far as its lines tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invocation {
    /// RequestId.
    pub request_id: String,
    /// First line seen.
    pub start: Option<Moment>,
    /// Version of START.
    pub version: Option<String>,
    /// Status.
    pub status: Status,
    /// Duration, ms.
    pub duration_ms: Option<f64>,
    /// Billed Duration, ms.
    pub billed_ms: Option<f64>,
    /// Memory Size, MB.
    pub memory_mb: Option<u32>,
    /// Max Memory Used, MB.
    pub memory_used_mb: Option<u32>,
    /// Init Duration, ms: a cold start.
    pub init_ms: Option<f64>,
    /// Restore Duration, ms: a SnapStart restore.
    pub restore_ms: Option<f64>,
    /// Error type.
    pub error_type: Option<String>,
    /// X-Ray trace id.
    pub trace_id: Option<String>,
}
