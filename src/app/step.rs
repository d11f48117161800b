//! What a tab wants done beyond itself.

use super::effect::Effect;
use super::overlay::{Chosen, Overlay};
use crate::time::Moment;

/// One thing that a tab cannot do alone.
#[derive(Debug)]
pub enum Step {
    /// Ask the world.
    Do(Effect),
    /// Go to another view.
    Go(Jump),
    /// Put something over the view.
    Show(Box<Overlay>),
    /// Do what was chosen.
    Choose(Chosen),
    /// Tell the user.
    Say(String),
}

/// Another view, with what it should show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jump {
    /// A function's detail.
    Function(String),
    /// The tail of these.
    Logs(LogTarget),
    /// The trace list under a filter expression.
    Traces(String),
    /// The same, only of those that began in a stretch of time, both ends included.
    TracesAt(String, Moment, Moment),
    /// One trace.
    Trace(TraceTarget),
    /// A stage: API id, stage.
    Stage(String, String),
}

/// What to show of the logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogTarget {
    /// Functions whose groups are wanted.
    pub functions: Vec<String>,
    /// Groups by name.
    pub groups: Vec<String>,
    /// Local filter, as a request id or a trace id.
    pub filter: Option<String>,
    /// Show this moment (ms since 1970) instead of following.
    pub at: Option<i64>,
    /// Only so many ms from `at` on; 0: no such limit.
    pub length_ms: u32,
    /// The list of invocations, not the lines.
    pub invocations: bool,
    /// Only lines of this trace: those of `requests`, and those that name it.
    pub trace: Option<String>,
    /// Request ids of the trace's invocations.
    pub requests: Vec<String>,
    /// The stage through which it came: its execution log is wanted too.
    pub stage: Option<(String, String)>,
}

/// Which trace, and what is known of it: where to look in it, and why it may not be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceTarget {
    /// Trace id, in X-Ray's form.
    pub id: String,
    /// The invocation that is looked for.
    pub request_id: Option<String>,
    /// Its function.
    pub function: Option<String>,
    /// When it was.
    pub at: Option<Moment>,
    /// Whether it was sampled, where a log line says so.
    pub sampled: Option<bool>,
}

impl LogTarget {
    /// The stretch that alone is wanted, ms since 1970, both ends included.
    pub fn stretch(&self) -> Option<(i64, i64)> {
        self.at.filter(|_| self.length_ms > 0).map(|at| (at, at + i64::from(self.length_ms) - 1))
    }
}

impl TraceTarget {
    /// A trace of which nothing else is known.
    pub fn of(id: &str) -> TraceTarget {
        TraceTarget { id: id.to_string(), ..TraceTarget::default() }
    }
}
