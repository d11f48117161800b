//! Apis.

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::interests::Interests;
use crate::app::selected::Selected;
use crate::app::step::Step;
use crate::store::Store;

/// The tab's state.
#[derive(Debug, Default)]
pub struct Apis {
    /// Local filter, as typed.
    pub filter: String,
}

impl Apis {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        Place::Apis
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

    /// Shows a stage.
    pub fn show(&mut self, _api: &str, _stage: &str, _cx: &Context) {}

    /// Esc has something to leave here.
    pub fn can_leave(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Groups that a stage logs to.
    pub fn log_groups(&self, _store: &Store, _api: &str, _stage: &str) -> Vec<String> {
        vec![]
    }
}
