//! The tabs: what each shows, what is selected in it, and what it wants polled.

pub mod apis;
pub mod functions;
pub mod logs;
pub mod overview;
pub mod traces;

use ratatui::layout::Rect;

use crate::config::Config;
use crate::store::Store;
use crate::time::{Moment, TimeWindow};

/// Which tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the command table has a sentence for each
pub enum Tab {
    #[default]
    Overview,
    Functions,
    Logs,
    Traces,
    Apis,
}

impl Tab {
    /// All of them, in the order of their keys.
    pub const ALL: [Tab; 5] = [Tab::Overview, Tab::Functions, Tab::Logs, Tab::Traces, Tab::Apis];

    /// Its name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Tab::Overview => "Overview",
            Tab::Functions => "Functions",
            Tab::Logs => "Logs",
            Tab::Traces => "Traces",
            Tab::Apis => "APIs",
        }
    }
}

/// What a tab may look at when it acts.
pub struct Context<'a> {
    /// What we know.
    pub store: &'a Store,
    /// The configuration.
    pub config: &'a Config,
    /// The present.
    pub now: Moment,
    /// The time window.
    pub window: TimeWindow,
    /// Where the tab is drawn: decides how far a page is and what is on screen.
    pub body: Rect,
}

/// What has been learnt, as far as a tab may have to derive something anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// Functions were added, removed or changed.
    Functions,
    /// Points of metrics.
    Metrics,
    /// Log lines.
    Logs,
    /// Traces.
    Traces,
    /// APIs, stages or routes.
    Apis,
    /// Anything else.
    Other,
}
