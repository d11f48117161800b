//! Logs.

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::interests::Interests;
use crate::app::selected::Selected;
use crate::app::step::Step;
use crate::store::Store;

/// The tab's state.
#[derive(Debug, Default)]
pub struct Logs {
    /// Local filter, as typed.
    pub filter: String,
}

impl Logs {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        Place::Logs
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

    /// Shows what another view points at.
    pub fn show(&mut self, _target: crate::app::step::LogTarget, _cx: &Context) {}

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
}
