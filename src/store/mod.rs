//! What we know of the account: facts with their standing, bounded, indexed by what the screen asks for.

pub mod cold_starts;
pub mod cost;
pub mod errors;
pub mod feed;
pub mod gateway;
pub mod graph_layout;
pub mod inventory;
pub mod invocations;
pub mod keep_warm;
pub mod limits;
pub mod logs;
pub mod markers;
pub mod metrics;
pub mod sightings;
pub mod trace_statistics;
pub mod traces;
pub mod triggers;
pub mod waterfall;

use std::collections::HashMap;

use crate::model::alarm::Alarm;
use crate::model::api::{Api, ApiAccount, ApiDetail, Refused, Route, Stage, UsagePlan};
use crate::model::function::{AccountSettings, FunctionDetail};
use crate::model::identity::Identity;
use crate::model::invocation::Invocation;
use crate::model::log::LogGroup;
use crate::model::service_graph::ServiceGraph;
use crate::model::tracing::Tracing;
use crate::time::Moment;
use feed::Feed;
use inventory::Inventory;
use logs::LogStore;
use metrics::Metrics;
use sightings::Sightings;
use traces::Traces;

/// Per-function details kept at most.
const DETAILS: usize = 64;

/// What we know of one account and region.
#[derive(Debug, Default)]
pub struct Store {
    /// Whose account it is.
    pub identity: Feed<Identity>,
    /// Account limits of Lambda.
    pub account: Feed<AccountSettings>,
    /// Functions.
    pub functions: Inventory,
    /// What per-function calls told, by name.
    pub details: HashMap<String, Feed<FunctionDetail>>,
    /// Reserves that were changed from here, by function: when, and what there was before. What was throttled earlier was
    /// throttled by that.
    pub reserves: HashMap<String, Vec<(Moment, Option<u32>)>>,
    /// Series.
    pub metrics: Metrics,
    /// Alarms, the worst first.
    pub alarms: Feed<Vec<Alarm>>,
    /// Log groups.
    pub log_groups: Feed<Vec<LogGroup>>,
    /// Lines of the tail.
    pub logs: LogStore,
    /// Traces of the window.
    pub traces: Traces,
    /// Services and how they call each other.
    pub graph: Feed<ServiceGraph>,
    /// The same of the window before.
    pub graph_before: Feed<ServiceGraph>,
    /// How the account traces.
    pub tracing: Feed<Tracing>,
    /// APIs of all kinds.
    pub apis: Feed<Vec<Api>>,
    /// Stages by API id.
    pub stages: HashMap<String, Feed<Vec<Stage>>>,
    /// Methods or routes by API id.
    pub routes: HashMap<String, Feed<Vec<Route>>>,
    /// Limits of API Gateway's data plane.
    pub api_account: Feed<ApiAccount>,
    /// Deployments, authorizers and domains by API id.
    pub api_details: HashMap<String, Feed<ApiDetail>>,
    /// Usage plans.
    pub usage_plans: Feed<Vec<UsagePlan>>,
    /// Refused requests by API id and stage.
    pub refused: HashMap<(String, String), Feed<Refused>>,
    /// Tags by ARN, of functions and of APIs (`arn:aws:apigateway:REGION::/restapis/ID`).
    pub tags: Feed<HashMap<String, Vec<(String, String)>>>,
    /// The last ranking by Metrics Insights, with its generation.
    pub ranking: Feed<(u64, Vec<(String, f64)>)>,
    /// Recent invocations of functions whose detail is or was open, newest first.
    pub invocations: HashMap<String, Feed<Vec<Invocation>>>,
    /// What was seen to change between two looks at functions.
    pub sightings: Sightings,
    /// Services that throttle us, and when they are asked next.
    pub throttled: HashMap<&'static str, Moment>,
}

impl Store {
    /// A function's detail has something new to say.
    pub fn detail_mut(&mut self, function: &str) -> &mut Feed<FunctionDetail> {
        if self.details.len() >= DETAILS && !self.details.contains_key(function) {
            let oldest = self.details.iter().min_by_key(|(_, feed)| feed.as_of()).map(|(name, _)| name.clone());
            if let Some(oldest) = oldest {
                self.details.remove(&oldest);
            }
        }
        self.details.entry(function.to_string()).or_default()
    }

    /// Two looks at a function's detail: what is different in the newer one is kept as seen.
    pub fn compare_detail(&mut self, new: &FunctionDetail, now: Moment) {
        let old = self.details.get(&new.name).and_then(Feed::get);
        if let Some(configuration) = &new.configuration {
            let known = old.and_then(|old| old.configuration.as_deref()).or_else(|| self.functions.get(&new.name));
            if let Some(known) = known {
                self.sightings.compare(known, configuration, now);
            }
        }
        // Where aliases could not be had, their absence says nothing.
        let whole = |detail: &FunctionDetail| !detail.missing.iter().any(|one| one.operation.ends_with("ListAliases"));
        if let Some(old) = old.filter(|old| whole(old) && whole(new)) {
            self.sightings.compare_aliases(&new.name, &old.aliases, &new.aliases, now);
        }
    }

    /// An API by its id.
    pub fn api(&self, id: &str) -> Option<&Api> {
        self.apis.get()?.iter().find(|api| api.id == id)
    }

    /// Forgets everything: another account's data must never stand under this one's name.
    pub fn wipe(&mut self) {
        let mut logs = std::mem::take(&mut self.logs);
        logs.clear();
        *self = Store { logs, ..Store::default() };
    }
}
