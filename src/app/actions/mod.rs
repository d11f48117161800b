//! What can be done to whatever is selected: from a key to a form, or straight to the one door.

pub mod alias;
pub mod cache;
pub mod canary;
pub mod form;
pub mod menu;
pub mod method;
pub mod plan;
pub mod reserve;
pub mod route;
pub mod source;

use alias::AliasMove;
use cache::CacheCluster;
use canary::CanaryShare;
use form::{Form, Wish};
use method::MethodSetting;
use plan::PlanLimits;
use reserve::Reserve;
use route::RouteSetting;
use source::Sources;

use super::App;
use super::command::Action;
use super::effect::Change;
use super::overlay::{Choice, Chosen, Overlay};
use super::selected::Selected;
use crate::model::api::{Api, Protocol, Stage};
use crate::model::function::{Alias, Function, FunctionDetail, ProvisionedConcurrency};
use crate::model::series::Subject;
use crate::store::Store;
use crate::store::triggers::{self, Kind};
use crate::time::Moment;

/// What has to be read before an action can begin.
#[derive(Clone, Debug, PartialEq)]
pub enum Needed {
    /// The detail of a function.
    Function(String),
    /// The deployments of an API.
    Deployments(String),
    /// Usage plans.
    Plans,
}

/// An action that begins as soon as what it needs is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The action.
    pub action: Action,
    /// What it is for.
    pub selected: Selected,
    /// What it needs.
    pub needed: Needed,
    /// When the key was pressed.
    pub since: Moment,
}

/// Where a key leads.
enum Way {
    Form(Box<Form>),
    Ask(Box<Wish>),
}

/// Why it leads nowhere (yet).
enum Obstacle {
    Unknown(Needed),
    Refused(String),
    /// Several could be meant.
    Which(&'static str, Vec<(String, Selected)>),
}

impl From<String> for Obstacle {
    fn from(why: String) -> Obstacle {
        Obstacle::Refused(why)
    }
}

impl From<&str> for Obstacle {
    fn from(why: &str) -> Obstacle {
        Obstacle::Refused(why.into())
    }
}

impl App {
    /// Begins an action on what is selected.
    pub(super) fn begin(&mut self, action: Action) {
        let selected = self.selected();
        self.begin_on(action, selected);
    }

    pub(super) fn begin_on(&mut self, action: Action, selected: Selected) {
        match self.way(action, &selected) {
            Ok(Way::Form(form)) => self.overlays.push(Overlay::Form(form)),
            Ok(Way::Ask(wish)) => self.ask_with(wish.change, wish.notes),
            Err(Obstacle::Refused(why)) => self.notices.say(why, self.now),
            Err(Obstacle::Which(what, found)) => {
                let item = |(name, selected)| (name, Ok(Chosen::Begin(action, Box::new(selected))));
                self.overlays.push(Overlay::Choice(Choice::new(what, found.into_iter().map(item).collect())));
            }
            Err(Obstacle::Unknown(needed)) => {
                let what = match &needed {
                    Needed::Function(name) => name.clone(),
                    Needed::Deployments(_) => "the deployments".into(),
                    Needed::Plans => "the usage plans".into(),
                };
                self.notices.say(format!("Reading {what} first, then it goes on"), self.now);
                self.expected = Some(Expected { action, selected, needed, since: self.now });
            }
        }
    }

    /// Something has been read: an action that waited for it goes on, unless something else has come up meanwhile.
    pub(super) fn go_on(&mut self) {
        let Some(expected) = &self.expected else { return };
        let stale = self.now - expected.since > chrono::TimeDelta::seconds(30);
        if stale || !self.overlays.is_empty() {
            self.expected = None;
            return;
        }
        let failed = match &expected.needed {
            Needed::Function(name) => self.store.details.get(name).and_then(|feed| feed.trouble().cloned()),
            Needed::Deployments(api) => self.store.api_details.get(api).and_then(|feed| feed.trouble().cloned()),
            Needed::Plans => self.store.usage_plans.trouble().cloned(),
        };
        let known = match &expected.needed {
            Needed::Function(name) => self.detail_of(name).is_some(),
            Needed::Deployments(api) => self.store.api_details.get(api).is_some_and(|feed| feed.get().is_some()),
            Needed::Plans => self.store.usage_plans.get().is_some(),
        };
        if known {
            let Some(expected) = self.expected.take() else { return };
            self.begin_on(expected.action, expected.selected);
        } else if let Some(trouble) = failed {
            self.expected = None;
            self.notices.complain(format!("It does not go on: {}", trouble.sentence()), self.now);
        }
    }

    fn way(&self, action: Action, selected: &Selected) -> Result<Way, Obstacle> {
        let form = |form: Form| Ok(Way::Form(Box::new(form)));
        let ask = |wish: Wish| Ok(Way::Ask(Box::new(wish)));
        match action {
            Action::Reserve => form(self.reserve(selected)?.form()),
            Action::SwitchOff => self.switch(selected),
            Action::RemoveProvision => self.unprovision(selected),
            Action::MoveAlias => {
                let (function, detail) = self.function_known(selected)?;
                which_alias(detail, selected)?;
                form(AliasMove::of(&function.name, detail, self.alias_meant(detail, selected))?.form())
            }
            Action::RollBack => {
                let (function, detail) = self.function_known(selected)?;
                which_alias(detail, selected)?;
                let alias = AliasMove::of(&function.name, detail, self.alias_meant(detail, selected))?;
                let before = self.led_before.get(&(function.name.clone(), alias.alias.name.clone()));
                ask(alias.back(before)?)
            }
            Action::SwitchEventSource => {
                let (function, detail) = self.function_known(selected)?;
                form(Sources::of(&function.name, detail)?.form())
            }
            Action::StageCache => {
                let (api, stage) = self.rest_stage(selected, "only REST APIs have a cache")?;
                form(CacheCluster::of(api, stage).form())
            }
            Action::FlushCache => {
                let (api, stage) = self.rest_stage(selected, "only REST APIs have a cache")?;
                ask(CacheCluster::of(api, stage).flush()?)
            }
            Action::MethodSettings => {
                let (api, stage) = self.stage_known(selected)?;
                let route = selected.route.as_deref();
                if api.protocol == Protocol::Rest {
                    form(MethodSetting::of(api, stage, route).form())
                } else {
                    form(RouteSetting::of(api, stage, route).form())
                }
            }
            Action::SwitchTracing => {
                let (api, stage) = self.rest_stage(selected, "only REST APIs trace")?;
                ask(canary::tracing(api, stage))
            }
            Action::ShiftCanary => form(self.canary(selected)?.form()),
            Action::PromoteCanary => ask(self.canary(selected)?.promote()?),
            Action::PlanLimits => form(self.plan(selected)?.form()),
            _ => Err("nothing is known of this action".into()),
        }
    }

    fn detail_of(&self, function: &str) -> Option<&FunctionDetail> {
        self.store.details.get(function).and_then(|feed| feed.get())
    }

    fn function_known(&self, selected: &Selected) -> Result<(&Function, &FunctionDetail), Obstacle> {
        let name = selected.function.as_deref().ok_or("Select a function first")?;
        let function =
            self.store.functions.get(name).ok_or_else(|| format!("{name} is not in the list of functions"))?;
        let detail = self.detail_of(name).ok_or_else(|| Obstacle::Unknown(Needed::Function(name.to_string())))?;
        Ok((function, detail))
    }

    /// Removes provisioned concurrency: of what is under the cursor, or of the one that has some.
    fn unprovision(&self, selected: &Selected) -> Result<Way, Obstacle> {
        let (function, detail) = self.function_known(selected)?;
        let named = selected.qualifier.as_deref();
        let of: Vec<_> =
            detail.provisioned.iter().filter(|config| named.is_none_or(|name| config.qualifier == name)).collect();
        match of.as_slice() {
            [] => {
                let name = named.map(|name| format!(":{name}")).unwrap_or_default();
                Err(format!("{}{name} has no provisioned concurrency", function.name).into())
            }
            [config] => Ok(Way::Ask(Box::new(Wish::of(Change::RemoveProvisionedConcurrency {
                function: function.name.clone(),
                qualifier: config.qualifier.clone(),
                from: config.requested,
            })))),
            several => {
                let one = |config: &&ProvisionedConcurrency| {
                    let selected = Selected { qualifier: Some(config.qualifier.clone()), ..selected.clone() };
                    (format!("{}, {} provisioned", config.qualifier, config.requested), selected)
                };
                Err(Obstacle::Which("Which alias or version", several.iter().map(one).collect()))
            }
        }
    }

    /// The alias under the cursor; of a version, the alias that leads to it.
    fn alias_meant<'a>(&self, detail: &'a FunctionDetail, selected: &'a Selected) -> Option<&'a str> {
        let qualifier = selected.qualifier.as_deref()?;
        if detail.aliases.iter().any(|alias| alias.name == qualifier) {
            return Some(qualifier);
        }
        let leads = detail.aliases.iter().find(|alias| alias.version == qualifier);
        Some(leads.map_or(qualifier, |alias| alias.name.as_str()))
    }

    fn reserve(&self, selected: &Selected) -> Result<Reserve, Obstacle> {
        let (function, detail) = self.function_known(selected)?;
        let used = self.store.metrics.figures(&Subject::Function(function.name.clone())).concurrency;
        let invokers = invokers(&self.store, &function.name);
        Ok(Reserve::of(function, detail, self.store.account.get(), used, invokers))
    }

    /// The kill switch, either way.
    fn switch(&self, selected: &Selected) -> Result<Way, Obstacle> {
        let reserve = self.reserve(selected)?;
        if reserve.now != Some(0) {
            return Ok(Way::Ask(Box::new(reserve.to(Some(0))?)));
        }
        let scope = self.scope();
        let known = self.switched_off.iter().rev().find(|known| {
            known.function == reserve.function && known.account == scope.account && known.region == scope.region
        });
        match known {
            Some(known) => {
                let at = known.at.format("%Y-%m-%d %H:%M UTC");
                let wish = reserve.to(known.from)?.note(format!("what it had when it was switched off, {at}"));
                Ok(Way::Ask(Box::new(wish)))
            }
            None => {
                let mut form = reserve.form();
                form.about.insert(0, "it was not switched off from here: what it had before is not known".into());
                Ok(Way::Form(Box::new(form)))
            }
        }
    }

    fn stage_known(&self, selected: &Selected) -> Result<(&Api, &Stage), Obstacle> {
        let (id, name) = selected.stage.as_ref().ok_or("Select a stage first")?;
        let api = self.store.api(id).ok_or_else(|| format!("API {id} is not there (any more)"))?;
        let stages = self.store.stages.get(id).and_then(|feed| feed.get());
        let stage = stages.and_then(|stages| stages.iter().find(|stage| stage.name == *name));
        Ok((api, stage.ok_or_else(|| format!("stage {name} of {} is not there (any more)", api.name))?))
    }

    fn rest_stage(&self, selected: &Selected, otherwise: &str) -> Result<(&Api, &Stage), Obstacle> {
        let (api, stage) = self.stage_known(selected)?;
        if api.protocol == Protocol::Rest {
            Ok((api, stage))
        } else {
            Err(format!("{} is no REST API: {otherwise}", api.name).into())
        }
    }

    fn canary(&self, selected: &Selected) -> Result<CanaryShare, Obstacle> {
        let (api, stage) = self.rest_stage(selected, "only REST APIs have canaries")?;
        let detail = self.store.api_details.get(&api.id).and_then(|feed| feed.get());
        let detail = detail.ok_or_else(|| Obstacle::Unknown(Needed::Deployments(api.id.clone())))?;
        Ok(CanaryShare::of(api, stage, &detail.deployments))
    }

    fn plan(&self, selected: &Selected) -> Result<PlanLimits, Obstacle> {
        let plans = self.store.usage_plans.get().ok_or(Obstacle::Unknown(Needed::Plans))?;
        if let Some(id) = &selected.plan {
            let plan = plans.iter().find(|plan| plan.id == *id).ok_or("this usage plan is not there (any more)")?;
            return Ok(PlanLimits { plan: plan.clone() });
        }
        let (api, stage) = selected.stage.as_ref().ok_or("Select a stage or a usage plan first")?;
        let of_stage = |plan: &&crate::model::api::UsagePlan| {
            plan.stages.iter().any(|known| known.api == *api && known.stage == *stage)
        };
        let found: Vec<_> = plans.iter().filter(of_stage).collect();
        match found.as_slice() {
            [] => Err("no usage plan holds for this stage".into()),
            [plan] => Ok(PlanLimits { plan: (*plan).clone() }),
            several => {
                let one = |plan: &&crate::model::api::UsagePlan| {
                    (plan.name.clone(), Selected { plan: Some(plan.id.clone()), ..selected.clone() })
                };
                Err(Obstacle::Which("Which usage plan", several.iter().map(one).collect()))
            }
        }
    }

    /// What the form on top, or an action that waits, has to be read for.
    pub(super) fn action_interests(&self, wanted: &mut super::interests::Interests) {
        match self.expected.as_ref().map(|expected| &expected.needed) {
            Some(Needed::Function(name)) => wanted.detail = Some(name.clone()),
            Some(Needed::Deployments(api)) => {
                wanted.api_details.insert(api.clone());
            }
            Some(Needed::Plans) => wanted.usage_plans = true,
            None => {}
        }
        for overlay in &self.overlays {
            if let Overlay::Form(form) = overlay
                && let Some(function) = form.function()
            {
                wanted.detail = Some(function.to_string());
            }
        }
    }
}

/// Lines at most of what stops with a function: one behind fifty routes is told by the first ones.
const INVOKERS: usize = 8;

/// What invokes a function, as far as is known, in a line each.
fn invokers(store: &Store, function: &str) -> Vec<String> {
    let invocations =
        store.invocations.get(function).and_then(|feed| feed.get()).map(Vec::as_slice).unwrap_or_default();
    let mut lines: Vec<String> = triggers::of(store, function, invocations)
        .into_iter()
        .filter(|trigger| trigger.kind != Some(Kind::Asynchronous))
        .map(|trigger| format!("{}: {}", trigger.name, trigger.words))
        .collect();
    if lines.len() > INVOKERS {
        let more = lines.len() - INVOKERS + 1;
        lines.truncate(INVOKERS - 1);
        lines.push(format!("{more} more: see the triggers of the function"));
    }
    lines
}

/// Of several aliases one has to be named: by the cursor, or by whoever is asked.
fn which_alias(detail: &FunctionDetail, selected: &Selected) -> Result<(), Obstacle> {
    if selected.qualifier.is_some() || detail.aliases.len() < 2 {
        return Ok(());
    }
    let one = |alias: &Alias| {
        let selected = Selected { qualifier: Some(alias.name.clone()), ..selected.clone() };
        (format!("{}, now version {}", alias.name, alias.routing().words()), selected)
    };
    Err(Obstacle::Which("Which alias", detail.aliases.iter().map(one).collect()))
}

impl FunctionDetail {
    /// What a change that was accepted has made of it.
    pub(super) fn take_over_change(&mut self, change: &Change) {
        match change {
            Change::SetReservedConcurrency { to, .. } => self.reserved = *to,
            Change::MoveAlias { alias, to, .. } => {
                for known in self.aliases.iter_mut().filter(|known| known.name == *alias) {
                    known.version.clone_from(&to.version);
                    known.weights.clone_from(&to.weights);
                    // The move has made another revision, which is not known.
                    known.revision.clear();
                }
            }
            _ => {}
        }
    }
}
