//! The world: one account as a function of (scenario, seed, time), with what its user changed laid over it.

mod arrivals;
mod backlog;
mod block;
pub mod catalog;
pub mod change;
mod course;
mod crowd;
pub mod destination;
pub mod dice;
mod environment;
pub mod extras;
mod fate;
mod filler;
pub mod gate;
pub mod invocation;
mod lifetime;
mod limits;
pub mod mapping;
mod memory;
pub mod messages;
pub mod narration;
pub mod plans;
mod requests;
mod retries;
pub mod sampling;
pub mod scenario;
pub mod seen;
mod settings;
mod shop;
mod stages;
pub mod tally;
mod totals;
mod traces;

use std::sync::Arc;

use arrivals::{Arrival, Knock};
use catalog::{ApiId, Catalog, FunctionId};
use change::{AliasState, Change, Changes, Provisioned, What};
use dice::hash_text;
use invocation::{ApiRequest, Invocation};
use memory::Memory;
use scenario::Scenario;
use settings::Settings;
use tally::{FleetTally, Tally};

/// Milliseconds since 1970, the unit of every moment in the world.
pub type Millis = i64;

/// Account-wide limit of concurrent executions, where the scenario names no other.
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
    callees: Vec<Vec<(FunctionId, f64, bool)>>,
    /// Of each function its name, hashed.
    names: Vec<u64>,
    /// Of each function the bends of the scenario that are about it.
    bent: Vec<Vec<usize>>,
    /// Sampling rules, by priority.
    sampling: Vec<sampling::Rule>,
    /// Functions that are no fillers.
    own: Vec<FunctionId>,
    fillers: Vec<filler::Timetable>,
    settings: Memory<(FunctionId, usize), Settings>,
    knocks: Memory<(ApiId, i64, usize), Vec<Knock>>,
    seen: seen::SeenMinutes,
    /// Of each API key what it got through, by block.
    counted: Memory<(i64, usize), Vec<u64>>,
    /// Of each API key whose quota the scenario uses up when the period began, and what was used before.
    exhausted: Memory<(usize, usize), Vec<u64>>,
    arrivals: Memory<(FunctionId, i64, usize), Vec<Arrival>>,
    waiting: Memory<(FunctionId, i64, usize), Vec<Arrival>>,
    planned: Memory<(FunctionId, i64, usize), Vec<Invocation>>,
    blocks: Memory<(FunctionId, i64, usize), Vec<Invocation>>,
    tallies: Memory<(FunctionId, Millis, Option<String>, usize), Tally>,
    fleet: Memory<(Millis, usize), FleetTally>,
    nothing: Arc<Tally>,
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

impl Trace {
    /// When its root began.
    pub fn start(&self) -> Millis {
        let request = self.request.as_ref().map(|request| request.start);
        request.or_else(|| self.invocations.first().map(|root| root.start)).unwrap_or(0)
    }

    /// Somebody along its way was told to send segments.
    pub fn sampled(&self) -> bool {
        self.request.as_ref().is_some_and(|request| request.sampled) || self.invocations.iter().any(|one| one.sampled)
    }
}

/// A handler begins at most so long after its arrival: the longest init.
const LONGEST_INIT: Millis = 30_000;

impl World {
    /// Makes the account: at `born`, three hours of history exist at once. `functions` beyond the catalog's own are
    /// fillers. The error names the known scenarios.
    pub fn new(scenario: &str, seed: u64, functions: usize, born: Millis) -> Result<Self, String> {
        let scenario = Scenario::named(scenario)?;
        let mut catalog = shop::catalog(functions, born);
        for deploy in &scenario.deploy {
            if let Some(function) = catalog.function_named(&deploy.function) {
                let versions = &mut catalog.functions[function].versions;
                if !versions.contains(&deploy.version) {
                    versions.push(deploy.version);
                }
            }
        }
        let functions = &catalog.functions;
        let about = |function: &catalog::Function| {
            let bends = scenario.bend.iter().enumerate();
            bends.filter(|(_, bend)| bend.function == "*" || bend.function == function.name).map(|(i, _)| i).collect()
        };
        Ok(Self {
            callees: fate::callees(functions),
            names: functions.iter().map(|function| hash_text(&function.name)).collect(),
            bent: functions.iter().map(about).collect(),
            own: (0..functions.len()).filter(|id| !filler::is_filler(&functions[*id].name)).collect(),
            fillers: filler::timetables(functions),
            sampling: sampling::rules(&scenario),
            catalog,
            scenario,
            seed,
            born,
            changes: Changes::default(),
            settings: Memory::new(20_000),
            knocks: Memory::new(30_000),
            seen: Memory::new(seen::KEPT),
            counted: Memory::new(40_000),
            exhausted: Memory::new(100),
            arrivals: Memory::new(40_000),
            waiting: Memory::new(10_000),
            planned: Memory::new(40_000),
            // Of the few functions that call others.
            blocks: Memory::new(20_000),
            tallies: Memory::new(20_000),
            fleet: Memory::new(1_000),
            nothing: Arc::new(Tally::default()),
        })
    }

    /// How many changes were made before `at`: answers about that time hold as long as this does.
    fn generation(&self, at: Millis) -> usize {
        self.changes.with(|list| list.partition_point(|change| change.at < at))
    }

    fn changes_with(&self, read: impl FnOnce(&[Change])) {
        self.changes.with(read);
    }

    fn callees(&self, caller: FunctionId) -> &[(FunctionId, f64, bool)] {
        &self.callees[caller]
    }

    fn knocks(&self, api: ApiId, block: i64) -> Arc<Vec<Knock>> {
        let generation = self.generation(block::start_of(block + 1));
        self.knocks.get((api, block, generation), || arrivals::knocks(self, api, block))
    }

    fn arrivals(&self, function: FunctionId, block: i64) -> Arc<Vec<Arrival>> {
        let generation = self.generation(block::start_of(block + 1));
        self.arrivals.get((function, block, generation), || arrivals::of(self, function, block))
    }

    /// A block before anybody knows what became of the calls that its invocations made.
    fn planned(&self, function: FunctionId, block: i64) -> Arc<Vec<Invocation>> {
        let generation = self.generation(block::start_of(block + 1));
        self.planned.get((function, block, generation), || block::run(self, function, block))
    }

    fn block(&self, function: FunctionId, block: i64) -> Arc<Vec<Invocation>> {
        if self.callees[function].is_empty() {
            return self.planned(function, block);
        }
        // What was called at the end of the block may still be at work in the next.
        let generation = self.generation(block::start_of(block + 2));
        self.blocks.get((function, block, generation), || course::settle(self, &self.planned(function, block)))
    }

    /// Invocations of a function that began in `t0..t1`, by start; throttled tries are among them.
    pub fn invocations(&self, function: FunctionId, t0: Millis, t1: Millis) -> Vec<Invocation> {
        let mut found = Vec::new();
        self.each_invocation(function, t0, t1, |one| found.push(one.clone()));
        found.sort_by_key(|one| (one.start, one.key));
        found
    }

    /// The same one by one, by key, for whoever needs few of many.
    pub fn each_invocation(&self, function: FunctionId, t0: Millis, t1: Millis, mut visit: impl FnMut(&Invocation)) {
        if t1 <= t0 {
            return;
        }
        for block in block::of(t0 - LONGEST_INIT)..=block::of(t1 - 1) {
            let all = self.block(function, block);
            // Keys begin with a second, and what has waited for an Init starts later than its key says.
            let from = all.partition_point(|one| fate::second_of(one.key) < t0 - LONGEST_INIT - 1000);
            let near = all[from..].iter().take_while(|one| fate::second_of(one.key) <= t1);
            near.filter(|one| (t0..t1).contains(&one.start)).for_each(&mut visit);
        }
    }

    /// As [`World::invocations`], before anybody knows what became of the calls that they made.
    fn planned_invocations(&self, function: FunctionId, t0: Millis, t1: Millis) -> Vec<Invocation> {
        let blocks = block::of(t0 - LONGEST_INIT)..=block::of(t1 - 1);
        let all = blocks.flat_map(|block| {
            let all = self.planned(function, block);
            all.iter().filter(|one| (t0..t1).contains(&one.start)).cloned().collect::<Vec<_>>()
        });
        all.collect()
    }

    /// One invocation by its key.
    pub fn invocation(&self, function: FunctionId, key: u64) -> Option<Invocation> {
        let first = block::of(fate::second_of(key));
        // A call that waited for another one's cold start may come a block later than its key says.
        let last = block::of(fate::second_of(key) + LONGEST_INIT);
        (first..=last).find_map(|block| {
            let all = self.block(function, block);
            all.binary_search_by_key(&key, |one| one.key).ok().map(|place| all[place].clone())
        })
    }

    /// Invocations that this one caused (of other functions), by start.
    pub fn children(&self, parent: &Invocation) -> Vec<Invocation> {
        let calls = course::of(self, parent, None).calls;
        let mut children: Vec<_> = calls.iter().filter_map(|call| self.invocation(call.function, call.key)).collect();
        children.sort_by_key(|one| (one.start, one.key));
        children
    }

    /// Key of the invocation that a client's Invoke at `at` makes.
    pub fn client_key(at: Millis, serial: u64) -> u64 {
        arrivals::client_key(at, serial)
    }

    /// What happened to a function in the minute that begins at `minute` (rounded down); with a qualifier, only what came
    /// through that alias or ran as that version.
    pub fn tally(&self, function: FunctionId, minute: Millis, qualifier: Option<&str>) -> Arc<Tally> {
        let minute = minute - minute.rem_euclid(tally::MINUTE);
        if self.rests(function, minute) {
            return self.nothing.clone();
        }
        let generation = self.generation(block::start_of(block::of(minute) + 1));
        let place = (function, minute, qualifier.map(str::to_owned), generation);
        self.tallies.get(place, || totals::tally(self, function, minute, qualifier, None))
    }

    /// A filler that nobody touched runs by its timetable, and for less than a minute.
    fn rests(&self, function: FunctionId, minute: Millis) -> bool {
        let Ok(place) = self.fillers.binary_search_by_key(&function, |timetable| timetable.function) else {
            return false;
        };
        let timetable = &self.fillers[place];
        let idle = timetable.tick(minute).is_none() && timetable.tick(minute - tally::MINUTE).is_none();
        idle && self.changes.untouched(function)
    }

    /// Like [`World::tally`], of an alias, and of these only what one version executed (dimension ExecutedVersion).
    pub fn tally_executed(&self, function: FunctionId, minute: Millis, alias: &str, version: u32) -> Arc<Tally> {
        let minute = minute - minute.rem_euclid(tally::MINUTE);
        let generation = self.generation(block::start_of(block::of(minute) + 1));
        let place = (function, minute, Some(format!("{alias} {version}")), generation);
        self.tallies.get(place, || totals::tally(self, function, minute, Some(alias), Some(version)))
    }

    /// All functions together in the minute that begins at `minute`.
    pub fn fleet_tally(&self, minute: Millis) -> Arc<FleetTally> {
        let minute = minute - minute.rem_euclid(tally::MINUTE);
        let generation = self.generation(block::start_of(block::of(minute) + 1));
        self.fleet.get((minute, generation), || totals::fleet(self, minute))
    }

    /// The alias that other functions of the account call: `live` where there is one.
    fn default_qualifier(&self, function: FunctionId) -> Option<&str> {
        self.catalog.functions[function]
            .aliases
            .iter()
            .find(|alias| alias.name == "live")
            .map(|alias| alias.name.as_str())
    }

    /// The alias that schedules call: `live` where SnapStart, which leaves `$LATEST` alone, is to be of use.
    pub fn scheduled_qualifier(&self, function: FunctionId) -> Option<&str> {
        let starts_fast = self.catalog.functions[function].extras.snap_start;
        self.default_qualifier(function).filter(|_| starts_fast)
    }

    fn settings(&self, function: FunctionId) -> Arc<Settings> {
        let generation = self.changes.with(<[Change]>::len);
        self.settings.get((function, generation), || {
            Settings::of(&self.catalog, &self.scenario, &self.changes, self.born, function)
        })
    }

    fn minute(&self, minute: f64) -> Millis {
        self.born + (minute * 60_000.0) as Millis
    }

    /// Versions that an alias shared out its traffic to at any time, in their order.
    pub fn weighted(&self, function: FunctionId, alias: &str) -> Vec<u32> {
        let place = self.catalog.functions[function].aliases.iter().position(|one| one.name == alias);
        place.map_or_else(Vec::new, |place| self.settings(function).weighted(place))
    }

    /// Aliases of a function at a moment.
    pub fn aliases(&self, function: FunctionId, at: Millis) -> Vec<AliasState> {
        self.settings(function).aliases(at)
    }

    /// ReservedConcurrentExecutions at a moment.
    pub fn reserved(&self, function: FunctionId, at: Millis) -> Option<u32> {
        self.settings(function).reserved(at)
    }

    /// Provisioned concurrency of an alias or version at a moment.
    pub fn provisioned(&self, function: FunctionId, qualifier: &str, at: Millis) -> Option<Provisioned> {
        self.provisioned_by(&self.settings(function), function, qualifier, at)
    }

    /// All provisioned concurrency of a function at a moment.
    pub fn all_provisioned(&self, function: FunctionId, at: Millis) -> Vec<Provisioned> {
        let settings = self.settings(function);
        let names = settings.provisioned_qualifiers();
        names.into_iter().filter_map(|name| self.provisioned_by(&settings, function, name, at)).collect()
    }

    fn provisioned_by(
        &self,
        settings: &Settings,
        function: FunctionId,
        qualifier: &str,
        at: Millis,
    ) -> Option<Provisioned> {
        let mut config = settings.provisioned(qualifier, at)?;
        // What stands from the start was made when the function was.
        config.last_modified = config.last_modified.max(self.catalog.functions[function].last_modified);
        let version = settings.version(Some(qualifier), 0, at);
        let done = config.allocated > 0;
        if done && fate::bends(self, function, at, Some(version)).any(|bend| bend.init_fails) {
            config.status = "FAILED";
            config.reason = Some("FUNCTION_ERROR_INIT_FAILURE");
            config.allocated = 0;
            config.available = 0;
        }
        Some(config)
    }

    /// UnreservedConcurrentExecutions: the account's limit less all that is reserved or provisioned beside reserves.
    pub fn unreserved(&self, at: Millis) -> u32 {
        let taken: u32 = self
            .shop_functions()
            .map(|function| match self.reserved(function, at) {
                Some(reserved) => reserved,
                None => self.all_provisioned(function, at).iter().map(|config| config.requested).sum(),
            })
            .sum();
        self.scenario.account_concurrency.saturating_sub(taken)
    }

    /// The functions that are no fillers, and the fillers that a client changed or invoked.
    fn shop_functions(&self) -> impl Iterator<Item = FunctionId> + '_ {
        self.own.iter().copied().chain(self.changed_fillers())
    }

    fn changed_fillers(&self) -> Vec<FunctionId> {
        let mut changed: Vec<FunctionId> = self.changes.with(|list| list.iter().filter_map(Change::function).collect());
        changed.sort_unstable();
        changed.dedup();
        changed.retain(|function| filler::is_filler(&self.catalog.functions[*function].name));
        changed
    }

    /// All changes so far, in their order.
    pub fn changes(&self) -> Vec<Change> {
        self.changes.with(<[Change]>::to_vec)
    }

    /// Lays a change over the world, effective from `at` on, or from the latest change on where that is later. Returns
    /// the moment.
    pub fn change(&self, at: Millis, what: What) -> Millis {
        self.changes.push(at, what)
    }
}

#[cfg(test)]
mod tests;
