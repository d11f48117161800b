//! Traces.

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::interests::Interests;
use crate::app::selected::Selected;
use crate::app::step::Step;
use crate::store::Store;

/// The tab's state.
#[derive(Debug, Default)]
pub struct Traces {
    /// Local filter, as typed.
    pub filter: String,
}

impl Traces {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        Place::Traces
    }

    /// Something new is known.
    pub fn learn(&mut self, _learnt: Learnt, _cx: &Context) {}

    /// The local filter has changed.
    pub fn arrange(&mut self, _cx: &Context) {}

    /// A key's meaning.
    pub fn act(&mut self, _action: Action, _cx: &Context) -> Vec<Step> {
        vec![]
    }

    /// What is selected.
    pub fn selected(&self, _store: &Store) -> Selected {
        Selected::default()
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, _cx: &Context, _wanted: &mut Interests) {}

    /// Shows the traces that a filter expression takes.
    pub fn show(&mut self, _filter: String, _cx: &Context) {}

    /// Opens one trace.
    pub fn open(&mut self, _id: String, _cx: &Context) {}

    /// Another time window: what was listed is gone.
    pub fn window_changed(&mut self, _cx: &Context) {}

    /// Esc has something to leave here.
    pub fn can_leave(&self) -> bool {
        !self.filter.is_empty()
    }

    /// The filter that AWS applies.
    pub fn expression(&self) -> &str {
        ""
    }

    /// Another filter for AWS to apply; says what is wrong with it.
    pub fn set_expression(&mut self, _text: String, _cx: &Context) -> Result<(), String> {
        Ok(())
    }

    /// A trace is open.
    pub fn is_open(&self) -> bool {
        false
    }

    /// Closes the open trace.
    pub fn close(&mut self) {}
}
