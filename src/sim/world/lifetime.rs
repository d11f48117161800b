//! What happens to a function as a whole while the account lives: somebody updates it, or deletes it.

use super::catalog::FunctionId;
use super::change::What;
use super::{Millis, World};

impl World {
    /// Begins an update of the function's code or configuration that takes `for_ms`; returns the moment.
    pub fn begin_update(&self, function: FunctionId, at: Millis, for_ms: Millis) -> Millis {
        self.change(at, What::Update { function, for_ms })
    }

    /// LastUpdateStatus is InProgress.
    pub fn is_updating(&self, function: FunctionId, at: Millis) -> bool {
        self.settings(function).updates(at).any(|(_, until)| at < until)
    }

    /// How often the function was updated by then, beside what the catalog tells of, and when the last of these began.
    pub fn updates(&self, function: FunctionId, at: Millis) -> (usize, Option<Millis>) {
        let settings = self.settings(function);
        let began = settings.updates(at).map(|(from, _)| from);
        (settings.updates(at).count(), began.max())
    }

    /// Deletes the function with all its versions and aliases; returns the moment. What it did stays in logs and metrics.
    pub fn delete_function(&self, function: FunctionId, at: Millis) -> Millis {
        self.change(at, What::Delete { function })
    }

    /// The function is there, and was not deleted before.
    pub fn exists(&self, function: FunctionId, at: Millis) -> bool {
        self.settings(function).deleted().is_none_or(|deleted| at < deleted)
    }

    /// The functions that are there at a moment, in the order of their names.
    pub fn living_functions(&self, at: Millis) -> Vec<FunctionId> {
        // Deletions are few, and functions may be many: one look at the changes, not one for each function.
        let gone: Vec<FunctionId> = self.changes.with(|list| {
            let past = list.iter().take_while(|change| change.at <= at);
            past.filter(|change| matches!(change.what, What::Delete { .. }))
                .filter_map(super::change::Change::function)
                .collect()
        });
        (0..self.catalog.functions.len()).filter(|function| !gone.contains(function)).collect()
    }
}
