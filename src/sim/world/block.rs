//! Ten minutes of one function: its arrivals meet the pool of environments. Who finds no warm one starts cold, who finds
//! no concurrency is throttled. Each block is run from ten minutes before its start on, which is longer than an idle
//! environment lives, so that it has the same answer whenever it is asked for.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::arrivals::Arrival;
use super::catalog::FunctionId;
use super::crowd::Crowd;
use super::dice::Dice;
use super::environment::{Pool, Reserve};
use super::fate::{self, Fate};
use super::invocation::{Invocation, Outcome};
use super::settings::Settings;
use super::{Millis, World};

/// Length of a block, ms.
pub const BLOCK: Millis = 600_000;
/// Blocks that are run before the one that is asked for.
const LEAD: i64 = 1;
/// An idle environment lives so long, where no scenario says otherwise.
const IDLE_MS: Millis = 420_000;

/// The block that a moment lies in.
pub fn of(at: Millis) -> i64 {
    at.div_euclid(BLOCK)
}

/// The first moment of a block.
pub fn start_of(block: i64) -> Millis {
    block * BLOCK
}

/// The invocations of a block, by key; throttled tries among them.
pub fn run(world: &World, function: FunctionId, block: i64) -> Vec<Invocation> {
    let own = start_of(block);
    let mut run = Run {
        world,
        function,
        settings: world.settings(function),
        begin: start_of(block - LEAD),
        own,
        busy: BinaryHeap::new(),
        crowd: Crowd::around(world, function, start_of(block - LEAD), start_of(block + 1)),
        on_demand: HashMap::new(),
        provisioned: HashMap::new(),
    };
    let mut out = Vec::new();
    for lead in (0..=LEAD).rev() {
        for arrival in world.arrivals(function, block - lead).iter() {
            let invocation = run.meet(arrival);
            if arrival.at >= own {
                out.push(invocation);
            }
        }
    }
    // Whoever has a key finds its invocation fast.
    out.sort_unstable_by_key(|one| one.key);
    out
}

/// A function at work.
struct Run<'a> {
    world: &'a World,
    function: FunctionId,
    settings: Arc<Settings>,
    begin: Millis,
    own: Millis,
    /// The ends of what is in flight.
    busy: BinaryHeap<Reverse<Millis>>,
    crowd: Crowd,
    on_demand: HashMap<u32, Pool>,
    provisioned: HashMap<u32, Reserve>,
}

/// Where an invocation runs.
struct Seat {
    environment: u64,
    /// It had to be made first.
    cold: bool,
    provisioned: Option<bool>,
}

impl Run<'_> {
    /// What becomes of an arrival. Arrivals come in the order of time.
    fn meet(&mut self, arrival: &Arrival) -> Invocation {
        let at = arrival.at;
        while self.busy.peek().is_some_and(|Reverse(until)| *until <= at) {
            self.busy.pop();
        }
        let version = self.settings.version(arrival.qualifier.as_deref(), arrival.key, at);
        let mut invocation = Invocation {
            function: self.function,
            key: arrival.key,
            request_id: Dice::of(&[arrival.key, 12]).uuid(),
            trace_id: arrival.trace_id.clone(),
            sampled: arrival.sampled,
            start: at,
            version,
            alias: arrival.qualifier.clone().filter(|q| q.parse::<u32>().is_err() && q != "$LATEST"),
            init_ms: None,
            provisioned: None,
            duration_ms: 0.0,
            memory_used_mb: 0,
            environment: 0,
            outcome: Outcome::Success,
            cause: arrival.cause.clone(),
        };
        let seat = match self.seat(arrival, version) {
            Ok(seat) => seat,
            Err(reason) => {
                invocation.outcome = Outcome::Throttled { reason };
                return invocation;
            }
        };
        let mut doom = fate::of(self.world, self.function, arrival.key, at, version);
        if seat.cold {
            let init_ms = doom.init_ms;
            invocation.init_ms = Some(init_ms);
            invocation.start = at + init_ms as Millis;
            // What it calls is called later, too.
            doom = fate::of(self.world, self.function, arrival.key, invocation.start, version);
        }
        if let Some((kind, message)) = &arrival.failure {
            doom.outcome = Outcome::Error { kind: kind.clone(), message: message.clone() };
        }
        let until = invocation.start + doom.duration_ms as Millis;
        self.busy.push(Reverse(until));
        self.occupy(version, &seat, until, &doom);
        invocation.provisioned = seat.provisioned;
        invocation.environment = seat.environment;
        invocation.duration_ms = doom.duration_ms;
        invocation.memory_used_mb = doom.memory_used_mb;
        invocation.outcome = doom.outcome;
        invocation
    }

    /// The environment that an arrival gets, or why there is no concurrency left for it.
    fn seat(&mut self, arrival: &Arrival, version: u32) -> Result<Seat, &'static str> {
        let (world, at) = (self.world, arrival.at);
        let reserved = self.settings.reserved(at);
        if reserved.is_some_and(|reserved| self.busy.len() >= reserved as usize) {
            return Err("ReservedFunctionConcurrentInvocationLimitExceeded");
        }
        let config = arrival.qualifier.as_deref();
        let config = config.and_then(|name| world.provisioned_by(&self.settings, self.function, name, at));
        let available = config.map_or(0, |config| config.available);
        if available > 0
            && let Some(environment) =
                self.provisioned.entry(version).or_default().take(at, available, self.function, version)
        {
            return Ok(Seat { environment, cold: false, provisioned: Some(true) });
        }
        // What is provisioned has been set aside already; the rest takes from the account's pool.
        if reserved.is_none() && self.crowd.leaves_no_room(world, arrival, self.busy.len()) {
            return Err("ConcurrentInvocationLimitExceeded");
        }
        let idle = fate::bends(world, self.function, at, Some(version))
            .filter_map(|bend| bend.idle_s)
            .fold(IDLE_MS, |shortest, seconds| shortest.min((seconds * 1000.0) as Millis));
        let pool = self.on_demand.entry(version).or_default();
        let since = pool.renew(self.function, at);
        let spillover = (available > 0).then_some(false);
        if let Some(environment) = pool.take(at, idle) {
            return Ok(Seat { environment, cold: false, provisioned: spillover });
        }
        // So early in the run nobody can tell whether a warm environment was left from before.
        let unknown = at - self.begin < idle && at < self.own && since < self.begin;
        let environment = pool.add(self.function, version, arrival.key, at);
        Ok(Seat { environment, cold: !unknown, provisioned: spillover })
    }

    fn occupy(&mut self, version: u32, seat: &Seat, until: Millis, doom: &Fate) {
        if seat.provisioned == Some(true) {
            self.provisioned.entry(version).or_default().occupy(seat.environment, until);
            return;
        }
        // Lambda does not reuse an environment that timed out or crashed.
        let survives = !matches!(doom.outcome, Outcome::TimedOut | Outcome::OutOfMemory);
        self.on_demand.entry(version).or_default().occupy(seat.environment, survives.then_some(until));
    }
}
