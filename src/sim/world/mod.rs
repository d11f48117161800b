//! The world: one account as a function of (scenario, seed, time), with what its user changed laid over it.

pub mod catalog;
pub mod change;
pub mod dice;
pub mod invocation;
pub mod narration;
pub mod scenario;
pub mod tally;

use std::sync::Arc;

use catalog::{ApiId, Catalog, FunctionId};
use change::{AliasState, Change, Changes, Provisioned, StagePatch, StageState, What};
use invocation::{ApiRequest, Invocation};
use scenario::Scenario;
use tally::{FleetTally, Tally};

/// Milliseconds since 1970, the unit of every moment in the world.
pub type Millis = i64;

/// Account-wide limit of concurrent executions.
pub const ACCOUNT_CONCURRENCY: u32 = 1000;

/// One account. Shared freely between tasks: questions take no lock for long, and changes are appended.
pub struct World {
    /// What stands still.
    pub catalog: Catalog,
    /// What bends.
    pub scenario: Scenario,
    /// Decides every chance.
    pub seed: u64,
    /// The moment from which scenarios count.
    pub born: Millis,
    changes: Changes,
}

/// Everything that one request or invocation at the root brought about.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// `1-8hex-24hex`.
    pub id: String,
    /// The API request at the root; none where a queue, stream, schedule or client began it.
    pub request: Option<ApiRequest>,
    /// All its invocations, in the order of their starts; throttled tries are among them.
    pub invocations: Vec<Invocation>,
}

impl World {
    /// Makes the account: at `born`, three hours of history exist at once. `functions` beyond the catalog's own are
    /// fillers. The error names the known scenarios.
    pub fn new(scenario: &str, seed: u64, functions: usize, born: Millis) -> Result<Self, String> {
        let scenario = Scenario::named(scenario)?;
        let _ = functions;
        let catalog = Catalog {
            account_id: "411122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            functions: Vec::new(),
            apis: Vec::new(),
            mappings: Vec::new(),
            alarms: Vec::new(),
        };
        Ok(Self { catalog, scenario, seed, born, changes: Changes::default() })
    }

    /// Invocations of a function that began in `t0..t1`, by start; throttled tries are among them.
    pub fn invocations(&self, function: FunctionId, t0: Millis, t1: Millis) -> Vec<Invocation> {
        let _ = (function, t0, t1);
        Vec::new()
    }

    /// One invocation by its key.
    pub fn invocation(&self, function: FunctionId, key: u64) -> Option<Invocation> {
        let _ = (function, key);
        None
    }

    /// Invocations that this one caused (of other functions), by start.
    pub fn children(&self, parent: &Invocation) -> Vec<Invocation> {
        let _ = parent;
        Vec::new()
    }

    /// Requests of an API that arrived in `t0..t1`, all stages, in their order.
    pub fn api_requests(&self, api: ApiId, t0: Millis, t1: Millis) -> Vec<ApiRequest> {
        let _ = (api, t0, t1);
        Vec::new()
    }

    /// One request by its key.
    pub fn api_request(&self, api: ApiId, key: u64) -> Option<ApiRequest> {
        let _ = (api, key);
        None
    }

    /// The invocation that a request caused; none where it was throttled or answered from the cache.
    pub fn invocation_of_request(&self, request: &ApiRequest) -> Option<Invocation> {
        let _ = request;
        None
    }

    /// The trace of that id, sampled or not. Its id holds the second of its root, so only that second is searched.
    pub fn trace(&self, id: &str) -> Option<Trace> {
        let _ = id;
        None
    }

    /// The sampled traces whose roots began in `t0..t1`, by start.
    pub fn traces(&self, t0: Millis, t1: Millis) -> Vec<Trace> {
        let _ = (t0, t1);
        Vec::new()
    }

    /// What happened to a function in the minute that begins at `minute` (rounded down); with a qualifier, only what came
    /// through that alias or ran as that version.
    pub fn tally(&self, function: FunctionId, minute: Millis, qualifier: Option<&str>) -> Arc<Tally> {
        let _ = (function, minute, qualifier);
        Arc::new(Tally::default())
    }

    /// Like [`World::tally`], of an alias, and of these only what one version executed (dimension ExecutedVersion).
    pub fn tally_executed(&self, function: FunctionId, minute: Millis, alias: &str, version: u32) -> Arc<Tally> {
        let _ = (function, minute, alias, version);
        Arc::new(Tally::default())
    }

    /// All functions together in the minute that begins at `minute`.
    pub fn fleet_tally(&self, minute: Millis) -> Arc<FleetTally> {
        let _ = minute;
        Arc::new(FleetTally::default())
    }

    /// Aliases of a function at a moment.
    pub fn aliases(&self, function: FunctionId, at: Millis) -> Vec<AliasState> {
        let _ = (function, at);
        Vec::new()
    }

    /// ReservedConcurrentExecutions at a moment.
    pub fn reserved(&self, function: FunctionId, at: Millis) -> Option<u32> {
        let _ = (function, at);
        None
    }

    /// Provisioned concurrency of an alias or version at a moment.
    pub fn provisioned(&self, function: FunctionId, qualifier: &str, at: Millis) -> Option<Provisioned> {
        let _ = (function, qualifier, at);
        None
    }

    /// All provisioned concurrency of a function at a moment.
    pub fn all_provisioned(&self, function: FunctionId, at: Millis) -> Vec<Provisioned> {
        let _ = (function, at);
        Vec::new()
    }

    /// UnreservedConcurrentExecutions: the account's limit less all that is reserved or provisioned beside reserves.
    pub fn unreserved(&self, at: Millis) -> u32 {
        let _ = at;
        ACCOUNT_CONCURRENCY
    }

    /// All changes so far, in their order.
    pub fn changes(&self) -> Vec<Change> {
        self.changes.with(<[Change]>::to_vec)
    }

    /// Lays a change over the world, effective from `at` on.
    pub fn change(&self, at: Millis, what: What) {
        self.changes.push(at, what);
    }

    /// Records what UpdateStage or FlushStageCache did, effective from `at` on.
    pub fn record_stage_change(&self, api: ApiId, stage: &str, patch: Vec<StagePatch>, at: Millis) {
        self.change(at, What::Stage { api, stage: stage.to_owned(), patch });
    }

    /// All that was done to a stage up to `at`, scenario included, in its order, with the moments.
    pub fn stage_changes(&self, api: ApiId, stage: &str, at: Millis) -> Vec<(Millis, Vec<StagePatch>)> {
        self.changes.with(|list| {
            list.iter()
                .filter(|change| change.at <= at)
                .filter_map(|change| match &change.what {
                    What::Stage { api: a, stage: s, patch } if *a == api && s == stage => {
                        Some((change.at, patch.clone()))
                    }
                    _ => None,
                })
                .collect()
        })
    }

    /// The settings of a stage (its index in the catalog) that bend its traffic, at a moment.
    pub fn stage(&self, api: ApiId, stage: usize, at: Millis) -> StageState {
        let mut state = StageState::at_start(&self.catalog, api, stage);
        for (moment, patch) in self.stage_changes(api, &self.catalog.apis[api].stages[stage].name, at) {
            patch.iter().for_each(|one| state.apply(one, moment));
        }
        state
    }
}
