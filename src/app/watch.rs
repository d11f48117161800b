//! Changes that take their time (a cache, provisioned concurrency, an event source mapping) are watched until they are done;
//! and so is what stands in the way of a change, which is then asked about again.

use chrono::TimeDelta;

use super::App;
use super::effect::{Change, Op, Target};
use super::interests::Interests;
use crate::model::function::ProvisionedStatus;
use crate::store::Store;
use crate::text;
use crate::time::Moment;

/// Given up after so long: API Gateway takes some minutes for a cache, Lambda for provisioned concurrency.
const PATIENCE: TimeDelta = TimeDelta::minutes(30);

/// What is watched.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    /// The cache of a stage: API id, stage.
    Cache(String, String),
    /// An event source mapping: function, UUID.
    Source(String, String),
    /// Provisioned concurrency: function, qualifier.
    Provisioned(String, String),
    /// Whatever is being changed of a function.
    Function(String),
    /// The clock.
    Until(Moment),
}

/// Something that is watched until it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// What.
    pub watched: Watched,
    /// What it is called, as `the cache of shop-api prod`.
    pub what: String,
    /// Since when.
    pub since: Moment,
    /// How it stands, in AWS's words, where that has been seen.
    pub standing: Option<String>,
    /// The change to ask about when it is over.
    pub then: Option<Change>,
}

/// How something stands.
#[derive(Clone, Debug, PartialEq)]
enum Standing {
    /// Nothing has been read since it began.
    Unknown,
    /// Under way.
    Busy(String),
    /// Over, in AWS's words.
    Done(String),
    /// Over, and not as wanted.
    Failed(String),
}

impl Watch {
    /// What a change that was accepted leaves to be watched.
    pub fn after(change: &Change, now: Moment) -> Option<Watch> {
        let (watched, what) = match change {
            Change::UpdateStage { api, name, stage, edit }
                if edit.patches.iter().any(|patch| patch.op != Op::Copy && patch.path.starts_with("/cacheCluster")) =>
            {
                (Watched::Cache(api.clone(), stage.clone()), format!("the cache of {name} {stage}"))
            }
            Change::FlushStageCache { api, name, stage } => {
                (Watched::Cache(api.clone(), stage.clone()), format!("the cache of {name} {stage}"))
            }
            Change::SwitchEventSource { function, uuid, source, .. } => {
                (Watched::Source(function.clone(), uuid.clone()), format!("the mapping of {source}"))
            }
            Change::SetProvisionedConcurrency { function, qualifier, .. } => (
                Watched::Provisioned(function.clone(), qualifier.clone()),
                format!("provisioned concurrency of {function}:{qualifier}"),
            ),
            _ => return None,
        };
        Some(Watch { watched, what, since: now, standing: None, then: None })
    }

    /// What stands in the way of a change: what it is about is being changed by somebody.
    pub fn before(change: Change, now: Moment) -> Watch {
        let watched = match change.target() {
            Target::Function(name) => Watched::Function(name.to_string()),
            Target::Stage(api, stage) => Watched::Cache(api.to_string(), stage.to_string()),
            Target::Plan(_) => Watched::Until(now + TimeDelta::seconds(20)),
        };
        Watch { watched, what: change.name(), since: now, standing: None, then: Some(change) }
    }

    /// A change to ask about later.
    pub fn until(change: Change, moment: Moment, now: Moment) -> Watch {
        Watch { watched: Watched::Until(moment), what: change.name(), since: now, standing: None, then: Some(change) }
    }

    fn look(&self, store: &Store, now: Moment) -> Standing {
        let detail = |function: &str| {
            let feed = store.details.get(function)?;
            // What was read before it began tells nothing.
            let fresh = feed.as_of().is_some_and(|at| at > self.since);
            fresh.then(|| feed.get()).flatten()
        };
        match &self.watched {
            Watched::Until(moment) if now >= *moment => Standing::Done("time is up".into()),
            Watched::Until(_) => Standing::Busy("waiting".into()),
            Watched::Cache(api, stage) => {
                let Some(feed) = store.stages.get(api).filter(|feed| feed.as_of().is_some_and(|at| at > self.since))
                else {
                    return Standing::Unknown;
                };
                let Some(stages) = feed.get() else { return Standing::Unknown };
                match stages.iter().find(|known| known.name == *stage) {
                    None => Standing::Failed("the stage is not there any more".into()),
                    Some(stage) => match stage.cache_status.as_deref().unwrap_or("NOT_AVAILABLE") {
                        status if status.ends_with("_IN_PROGRESS") => Standing::Busy(status.into()),
                        status => Standing::Done(status.into()),
                    },
                }
            }
            Watched::Source(function, uuid) => {
                let Some(detail) = detail(function) else { return Standing::Unknown };
                match detail.mappings.iter().find(|mapping| mapping.uuid == *uuid) {
                    None => Standing::Failed("the mapping is not there any more".into()),
                    Some(mapping) if mapping.in_transition() => Standing::Busy(mapping.state.clone()),
                    Some(mapping) => Standing::Done(mapping.state.clone()),
                }
            }
            Watched::Provisioned(function, qualifier) => {
                let Some(detail) = detail(function) else { return Standing::Unknown };
                match detail.provisioned.iter().find(|config| config.qualifier == *qualifier) {
                    None => Standing::Failed("it is not there any more".into()),
                    Some(config) => match &config.status {
                        ProvisionedStatus::InProgress => {
                            Standing::Busy(format!("{} of {} allocated", config.allocated, config.requested))
                        }
                        ProvisionedStatus::Ready => Standing::Done(format!("READY, {} available", config.available)),
                        ProvisionedStatus::Failed(why) => Standing::Failed(format!("FAILED: {why}")),
                    },
                }
            }
            Watched::Function(function) => {
                let Some(detail) = detail(function) else { return Standing::Unknown };
                let busy = |what: &Option<String>, words: &[&str]| {
                    what.clone().filter(|state| words.contains(&state.as_str()))
                };
                let update =
                    busy(&detail.last_update, &["InProgress"]).map(|state| format!("LastUpdateStatus {state}"));
                let state = busy(&detail.state, &["Pending", "Deleting"]);
                let mapping = detail.mappings.iter().find(|mapping| mapping.in_transition());
                let mapping = mapping.map(|mapping| format!("{} is {}", mapping.source_name(), mapping.state));
                let provisioning = detail.provisioned.iter().any(|pc| pc.status == ProvisionedStatus::InProgress);
                let provisioning = provisioning.then(|| "provisioned concurrency IN_PROGRESS".to_string());
                match update.or(state).or(mapping).or(provisioning) {
                    Some(busy) => Standing::Busy(busy),
                    None => Standing::Done("nothing is in progress any more".into()),
                }
            }
        }
    }

    /// Keeps fresh what it looks at.
    fn interests(&self, wanted: &mut Interests) {
        match &self.watched {
            Watched::Cache(api, _) => {
                wanted.stages.insert(api.clone());
                wanted.watch_stages = Some(api.clone());
            }
            Watched::Source(function, _) | Watched::Function(function) | Watched::Provisioned(function, _) => {
                // What is open on screen comes first; both are looked at in turn where they differ.
                if wanted.detail.as_ref().is_none_or(|detail| detail == function) {
                    wanted.detail = Some(function.clone());
                    match self.watched {
                        Watched::Provisioned(..) => wanted.watch_provisioning = true,
                        _ => wanted.watch_detail = true,
                    }
                }
            }
            Watched::Until(_) => {}
        }
    }
}

impl App {
    /// What is watched, for the header: what, for how long, how it stands.
    pub fn watching(&self) -> Option<String> {
        let watch = self.watches.first()?;
        let more = self.watches.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let standing = watch.standing.as_deref().unwrap_or("waiting for news");
        let age = text::age((self.now - watch.since).num_seconds());
        Some(format!("{}: {standing}, {age}{more}", watch.what))
    }

    pub(super) fn watch_interests(&self, wanted: &mut Interests) {
        for watch in &self.watches {
            watch.interests(wanted);
        }
    }

    /// Looks at what is watched; called when something new is known, and each second.
    pub(super) fn look_after(&mut self) {
        let now = self.now;
        let mut over = Vec::new();
        for (at, watch) in self.watches.iter_mut().enumerate() {
            match watch.look(&self.store, now) {
                Standing::Unknown if now - watch.since < PATIENCE => {}
                Standing::Busy(standing) if now - watch.since < PATIENCE => watch.standing = Some(standing),
                standing => over.push((at, standing)),
            }
        }
        for (at, standing) in over.into_iter().rev() {
            // A question comes up only where no other one is open: it waits.
            if self.watches[at].then.is_some() && matches!(standing, Standing::Done(_)) && !self.overlays.is_empty() {
                continue;
            }
            let watch = self.watches.remove(at);
            self.concluded(watch, standing);
        }
    }

    fn concluded(&mut self, watch: Watch, standing: Standing) {
        let took = text::age((self.now - watch.since).num_seconds());
        match (standing, watch.then) {
            (Standing::Done(words), None) => {
                self.notices.say(format!("Done: {} is {words}, after {took}", watch.what), self.now);
            }
            (Standing::Done(words), Some(change)) => {
                let note = (false, format!("waited {took}: {words}"));
                self.ask_with(change, vec![note]);
            }
            (Standing::Failed(words), _) => {
                self.notices.complain(format!("{}: {words}, after {took}", watch.what), self.now);
            }
            (Standing::Busy(words), _) => {
                self.notices
                    .complain(format!("{} is still {words} after {took}; no longer watched", watch.what), self.now);
            }
            (Standing::Unknown, _) => {
                let why = "could not be looked at any more";
                self.notices.complain(format!("{} {why} for {took}; no longer watched", watch.what), self.now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::effect::{Edit, Patch};
    use crate::model::api::Stage;
    use crate::model::function::{EventSourceMapping, FunctionDetail};

    fn at(seconds: i64) -> Moment {
        Moment::from_timestamp(1_800_000_000 + seconds, 0).expect("a valid moment")
    }

    #[test]
    fn a_cache_is_watched_from_news_that_are_younger_than_the_change() {
        let edit = Edit {
            what: "the cache cluster".into(),
            from: "off".into(),
            to: "0.5 GB".into(),
            patches: vec![Patch::replace("/cacheClusterEnabled", "true")],
            undo: vec![],
        };
        let change =
            Change::UpdateStage { api: "k3".into(), name: "shop".into(), stage: "prod".into(), edit: edit.clone() };
        let watch = Watch::after(&change, at(0)).expect("a cache takes minutes");
        let mut store = Store::default();
        let stage = |status: &str| {
            Ok(vec![Stage { name: "prod".into(), cache_status: Some(status.into()), ..Stage::default() }])
        };
        store.stages.entry("k3".into()).or_default().accept(stage("NOT_AVAILABLE"), at(-5));
        assert_eq!(watch.look(&store, at(1)), Standing::Unknown);
        store.stages.entry("k3".into()).or_default().accept(stage("CREATE_IN_PROGRESS"), at(5));
        assert_eq!(watch.look(&store, at(5)), Standing::Busy("CREATE_IN_PROGRESS".into()));
        store.stages.entry("k3".into()).or_default().accept(stage("AVAILABLE"), at(200));
        assert_eq!(watch.look(&store, at(200)), Standing::Done("AVAILABLE".into()));
        store.stages.entry("k3".into()).or_default().accept(Ok(vec![]), at(210));
        assert!(matches!(watch.look(&store, at(210)), Standing::Failed(_)));
        let other = Edit { patches: vec![Patch::replace("/tracingEnabled", "true")], ..edit };
        let change = Change::UpdateStage { api: "k3".into(), name: "shop".into(), stage: "prod".into(), edit: other };
        assert_eq!(Watch::after(&change, at(0)), None, "that is done at once");
    }

    #[test]
    fn what_is_in_the_way_of_a_change_is_named() {
        let change = Change::SetReservedConcurrency { function: "pay".into(), from: None, to: Some(5) };
        let watch = Watch::before(change, at(0));
        let mut store = Store::default();
        let mut detail = FunctionDetail { last_update: Some("InProgress".into()), ..FunctionDetail::default() };
        store.detail_mut("pay").accept(Ok(detail.clone()), at(1));
        assert_eq!(watch.look(&store, at(1)), Standing::Busy("LastUpdateStatus InProgress".into()));
        detail.last_update = Some("Successful".into());
        detail.mappings = vec![EventSourceMapping { state: "Disabling".into(), ..EventSourceMapping::default() }];
        store.detail_mut("pay").accept(Ok(detail.clone()), at(2));
        assert!(matches!(watch.look(&store, at(2)), Standing::Busy(_)));
        detail.mappings.clear();
        store.detail_mut("pay").accept(Ok(detail), at(3));
        assert!(matches!(watch.look(&store, at(3)), Standing::Done(_)));
    }
}
