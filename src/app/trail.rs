//! The way back: what was looked at before each jump, so that Esc returns to it as it was.

use super::tabs::{Context, Tab, logs, traces};
use super::{App, Tabs};

/// Looks that are remembered.
const LONGEST: usize = 16;

/// One look at one tab.
#[derive(Debug)]
pub struct Visit {
    /// The tab.
    pub tab: Tab,
    /// What was open in it: a function, a stage with its API; or how the log, or the traces, were looked at.
    seen: Seen,
}

#[derive(Debug)]
enum Seen {
    Nothing,
    Function(String),
    Traces(Box<traces::Look>),
    Stage(String, String),
    Logs(Box<logs::Look>),
}

impl App {
    /// Remembers what is on screen, for the way back.
    pub(super) fn remember(&mut self) {
        let tab = self.tab;
        let seen = match tab {
            Tab::Overview => None,
            Tab::Functions => self.functions.opened().map(str::to_string).map(Seen::Function),
            Tab::Logs => Some(Seen::Logs(Box::new(self.logs.look(&self.store)))),
            Tab::Traces => Some(Seen::Traces(Box::new(self.traces.look()))),
            Tab::Apis => self.apis.detail.clone().map(|(api, stage)| Seen::Stage(api, stage)),
        };
        self.trail.push(Visit { tab, seen: seen.unwrap_or(Seen::Nothing) });
        let more = self.trail.len().saturating_sub(LONGEST);
        self.trail.drain(..more);
    }

    /// Goes back to what was looked at before the last jump. Returns whether there was one.
    pub(super) fn go_back(&mut self) -> bool {
        let Some(visit) = self.trail.pop() else { return false };
        self.with_tabs(|tabs, cx| visit.seen.show(tabs, cx));
        self.tab = visit.tab;
        true
    }
}

impl Seen {
    fn show(self, tabs: &mut Tabs<'_>, cx: &Context) {
        match self {
            Seen::Nothing => {}
            Seen::Function(name) => tabs.functions.open(name),
            Seen::Traces(look) => tabs.traces.look_again(*look, cx),
            Seen::Stage(api, stage) => tabs.apis.show(&api, &stage, cx),
            Seen::Logs(look) => tabs.logs.look_again(*look, cx),
        }
    }
}
