//! The Triggers panel: what invokes the function, with its state and lag, and what becomes of asynchronous events.

use super::Detail;
use super::row::{Row, Tone};
use crate::model::function::FunctionDetail;
use crate::store::Store;
use crate::store::triggers::{self, Kind, State, Trigger};

/// APIs whose routes are asked for at most.
const APIS: usize = 3;

impl Detail {
    /// What is known to invoke it.
    pub fn triggers(&self, store: &Store) -> Vec<Trigger> {
        let invocations = store.invocations.get(&self.name).and_then(|feed| feed.get());
        triggers::of(store, &self.name, invocations.map(Vec::as_slice).unwrap_or_default())
    }

    /// The lines of the panel.
    pub fn trigger_rows(&self, store: &Store) -> Vec<Row> {
        let all = self.triggers(store);
        let mut rows: Vec<Row> = all.into_iter().map(row).collect();
        if !rows.is_empty() && store.graph.get().is_none() {
            rows.push(Row::note("callers by traces are known once the service map was looked at (4, Tab)"));
        }
        rows
    }

    /// The event source mapping under the cursor, by its UUID.
    pub fn selected_mapping(&self, store: &Store) -> Option<String> {
        if self.panel != super::Panel::Triggers {
            return None;
        }
        self.triggers(store).into_iter().nth(self.cursors[self.panel as usize].row)?.uuid
    }
}

fn row(trigger: Trigger) -> Row {
    let tone = match trigger.state {
        State::Plain => Tone::Plain,
        State::Off => Tone::Warning,
        State::Wrong => Tone::Critical,
    };
    let kind = trigger.kind.map_or("", Kind::name);
    // A caller's name may be long, and what it is called is what one looks for.
    Row {
        what: kind.to_string(),
        value: format!("{}: {}", trigger.name, trigger.words),
        tone,
        copy: Some(trigger.id).filter(|id| !id.is_empty()),
        function: trigger.function,
        share: None,
    }
}

/// APIs that may invoke it, whose routes say with which one they do.
pub(super) fn apis(detail: &FunctionDetail) -> impl Iterator<Item = String> {
    let mut ids: Vec<String> = detail.grants.iter().filter_map(triggers::api_of).map(str::to_string).collect();
    ids.sort();
    ids.dedup();
    ids.into_iter().take(APIS)
}
