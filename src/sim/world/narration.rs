//! What an invocation writes into its log, line by line.

use super::catalog::FunctionId;
use super::invocation::Invocation;
use super::{Millis, World};

/// One event of a log stream.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When it was written.
    pub timestamp: Millis,
    /// When CloudWatch Logs had it; some lines are late by seconds.
    pub ingestion: Millis,
    /// The text, without the line break at its end.
    pub message: String,
    /// Log stream.
    pub stream: String,
    /// Who wrote it; its log group is [`super::catalog::Function::log_group`].
    pub function: FunctionId,
}

/// The whole narration of an invocation, in the order of time; nothing for a throttled try.
///
/// Lines may lie before [`Invocation::start`] (INIT_START, by the Init Duration) and after it (by the Duration).
pub fn lines(world: &World, invocation: &Invocation) -> Vec<LogLine> {
    let _ = (world, invocation);
    Vec::new()
}

/// The log stream of an invocation: `YYYY/MM/DD/[version]guid`, or `YYYY/MM/DD/function[version][guid]` in a group of one's own.
pub fn stream(world: &World, invocation: &Invocation) -> String {
    let _ = (world, invocation);
    String::new()
}
