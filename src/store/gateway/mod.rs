//! What API Gateway lets in and what it refuses: the limits that really apply to a method, what comes against them, which of
//! them bites, and what is answered from the cache. Pure: everything is worked out from what is known.

mod caching;
mod limits;
mod load;
mod verdict;

pub use caching::{Caching, cache_cost, caching};
pub use limits::{
    Effective, Limit, Origin, PlanLimit, effective, number, of_stage, own_throttle, plans_of, set_burst, set_rate,
    stage_level,
};
pub use load::{Load, Refusals, account_load, method_figures, method_load, method_metrics, refusals, stage_load};
pub use verdict::{Cause, Verdict, verdict};

use crate::model::api::{Api, MethodSettings, Protocol, Route, Stage};
use crate::model::series::Subject;
use crate::store::Store;
use crate::store::metrics::StageFigures;

/// The subject of a stage's metrics.
pub fn stage_subject(api: &Api, stage: &str) -> Subject {
    let stage = stage.to_string();
    match api.protocol {
        Protocol::Rest => Subject::RestStage { api: api.name.clone(), stage },
        Protocol::Http => Subject::HttpStage { api: api.id.clone(), stage },
        Protocol::WebSocket => Subject::WebSocketStage { api: api.id.clone(), stage },
    }
}

/// The subject of a method's or route's metrics, where there can be such: WebSocket routes have none, and neither has
/// `$default`.
pub fn method_subject(api: &Api, stage: &str, key: &str) -> Option<Subject> {
    let (method, resource) = Route::parts(key)?;
    let (stage, method, resource) = (stage.to_string(), method.to_string(), resource.to_string());
    match api.protocol {
        Protocol::Rest => Some(Subject::RestMethod { api: api.name.clone(), stage, method, resource }),
        Protocol::Http => Some(Subject::HttpRoute { api: api.id.clone(), stage, method, resource }),
        Protocol::WebSocket => None,
    }
}

/// A stage by its API's id and its name.
pub fn stage<'a>(store: &'a Store, api: &str, stage: &str) -> Option<&'a Stage> {
    stages(store, api).iter().find(|known| known.name == stage)
}

/// Known stages of an API.
pub fn stages<'a>(store: &'a Store, api: &str) -> &'a [Stage] {
    store.stages.get(api).and_then(|feed| feed.get()).map(Vec::as_slice).unwrap_or_default()
}

/// Known methods or routes of an API.
pub fn routes<'a>(store: &'a Store, api: &str) -> &'a [Route] {
    store.routes.get(api).and_then(|feed| feed.get()).map(Vec::as_slice).unwrap_or_default()
}

/// Settings of a method of its own, where it has any.
pub fn own<'a>(stage: &'a Stage, key: &str) -> Option<&'a MethodSettings> {
    stage.overrides.iter().find(|(known, _)| known == key).map(|(_, settings)| settings)
}

/// What a stage did over the window.
pub fn figures(store: &Store, api: &Api, stage: &str) -> StageFigures {
    store.metrics.stage_figures(&stage_subject(api, stage))
}

/// How many REST APIs report under this stage's metrics: v1 metrics are keyed by the API's name, without the characters
/// that are not ASCII, and not by its id. An API whose stages are not known may have this stage.
pub fn sharing(store: &Store, api: &Api, stage: &str) -> usize {
    sharing_with(store, api, stage, |_| true)
}

/// The same of one method: an API whose methods are known and that has no such method does not report under it.
pub fn sharing_method(store: &Store, api: &Api, stage: &str, key: &str) -> usize {
    sharing_with(store, api, stage, |other| {
        let known = store.routes.get(other).and_then(|feed| feed.get());
        known.is_none_or(|routes| routes.iter().any(|route| route.key == key))
    })
}

fn sharing_with(store: &Store, api: &Api, stage: &str, may: impl Fn(&str) -> bool) -> usize {
    if api.protocol != Protocol::Rest {
        return 1;
    }
    let key = |name: &str| name.chars().filter(char::is_ascii).collect::<String>();
    let mine = key(&api.name);
    let others = store.apis.get().into_iter().flatten().filter(|other| {
        other.id != api.id
            && other.protocol == Protocol::Rest
            && key(&other.name) == mine
            && store
                .stages
                .get(&other.id)
                .and_then(|feed| feed.get())
                .is_none_or(|stages| stages.iter().any(|other| other.name == stage))
            && may(&other.id)
    });
    1 + others.count()
}

#[cfg(test)]
mod tests;
