//! What is known of each function beside its configuration: figures, tags, APIs, what was read of it when it was open.

use std::borrow::Cow;
use std::collections::HashMap;

use super::columns::Reading;
use super::score::score;
use crate::model::function::{Function, FunctionDetail};
use crate::store::Store;
use crate::store::metrics::Figures;
use crate::time::Moment;

/// What is derived of a function once, and not at each comparison.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Its name in lower case.
    pub lower: String,
    /// What it did over the window.
    pub figures: Figures,
    /// How bad that is.
    pub score: f64,
}

impl Facts {
    /// The facts of a function with these figures.
    pub fn of(function: &Function, figures: Figures) -> Facts {
        Facts { lower: function.name.to_lowercase(), score: score(&figures, function), figures }
    }
}

/// Names of the APIs that lead to a function, by its name.
pub type Apis = HashMap<String, String>;

/// What a column or a filter may look at.
pub struct Known<'a> {
    store: &'a Store,
    /// The present.
    pub now: Moment,
    /// Names of the APIs by function, where something asks for them.
    apis: Option<&'a Apis>,
}

impl<'a> Known<'a> {
    /// What the store has, and which API leads where.
    pub fn in_store(store: &'a Store, now: Moment, apis: Option<&'a Apis>) -> Known<'a> {
        Known { store, now, apis }
    }

    /// What was read when the function was open.
    pub fn detail(&self, name: &str) -> Option<&'a FunctionDetail> {
        if self.store.details.is_empty() {
            return None;
        }
        self.store.details.get(name)?.get()
    }

    /// Tags of all functions have come.
    pub fn has_tags(&self) -> bool {
        self.store.tags.get().is_some()
    }

    /// A tag of a function.
    pub fn tag(&self, function: &'a Function, key: &str) -> Reading<'a> {
        let tags = match self.store.tags.get() {
            Some(tags) => tags.get(&function.arn),
            None => match self.detail(&function.name) {
                Some(detail) => Some(&detail.tags),
                None => return Reading::Unknown,
            },
        };
        let value = tags.into_iter().flatten().find(|(known, _)| known == key);
        value.map_or(Reading::Absent, |(_, value)| Reading::Text(Cow::Borrowed(value)))
    }

    /// Names of the APIs that lead to a function.
    pub fn apis_of(&self, name: &str) -> Reading<'a> {
        match self.apis {
            Some(apis) => match apis.get(name) {
                Some(names) => Reading::Text(Cow::Borrowed(names)),
                // An API whose routes are not read yet may lead there.
                None if self.store.apis.get().is_none() => Reading::Unknown,
                None => Reading::Absent,
            },
            None => Reading::Unknown,
        }
    }

    /// Cold starts of the invocations that were read, 0 to 1.
    pub fn cold_share(&self, name: &str) -> Option<f64> {
        let invocations = self.store.invocations.get(name)?.get()?;
        let cold = invocations.iter().filter(|one| one.init_ms.is_some() || one.restore_ms.is_some()).count();
        (!invocations.is_empty()).then(|| cold as f64 / invocations.len() as f64)
    }

    /// The most memory that an invocation used of the function's size, 0 to 1.
    pub fn memory_used(&self, function: &Function) -> Option<f64> {
        let invocations = self.store.invocations.get(&function.name)?.get()?;
        let used = invocations.iter().filter_map(|one| one.memory_used_mb).max()?;
        (function.memory_mb > 0).then(|| f64::from(used) / f64::from(function.memory_mb))
    }
}

/// Which APIs lead to which function, as far as their routes were read.
pub fn apis_by_function(store: &Store) -> Apis {
    let mut found: HashMap<&str, Vec<&str>> = HashMap::new();
    for (id, routes) in &store.routes {
        let name = store.api(id).map_or(id.as_str(), |api| api.name.as_str());
        for function in routes.get().into_iter().flatten().filter_map(|route| route.function.as_deref()) {
            let names = found.entry(function).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let joined = found.into_iter().map(|(function, mut names)| {
        names.sort_unstable();
        (function.to_string(), names.join(", "))
    });
    joined.collect()
}
