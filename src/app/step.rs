//! What a tab wants done beyond itself.

use super::effect::Effect;
use super::overlay::Overlay;

/// One thing that a tab cannot do alone.
#[derive(Debug)]
pub enum Step {
    /// Ask the world.
    Do(Effect),
    /// Go to another view.
    Go(Jump),
    /// Put something over the view.
    Show(Box<Overlay>),
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
    /// One trace.
    Trace(String),
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
}
