//! Ten minutes of one function: its arrivals meet the pool of environments. Who finds no warm one starts cold, who finds
//! no concurrency is throttled. Each block is run from ten minutes before its start on, which is longer than an idle
//! environment lives, so that it has the same answer whenever it is asked for.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::arrivals::Arrival;
use super::backlog::{self, Line};
use super::catalog::FunctionId;
use super::crowd::Crowd;
use super::dice::Dice;
use super::environment::{Pool, Reserve};
use super::fate::{self, Fate};
use super::invocation::{Invocation, Outcome};
use super::limits::Limits;
use super::settings::Settings;
use super::{Millis, World};

/// Length of a block, ms.
pub const BLOCK: Millis = 600_000;
/// Blocks that are run before the one that is asked for.
const LEAD: i64 = 1;
/// An idle environment lives so long, where no scenario says otherwise.
const IDLE_MS: Millis = 420_000;

/// Reasons of a TooManyRequestsException, as Lambda writes them.
const RESERVE: &str = "ReservedFunctionConcurrentInvocationLimitExceeded";
const RESERVE_RATE: &str = "ReservedFunctionInvocationRateLimitExceeded";
const RATE: &str = "FunctionInvocationRateLimitExceeded";
const POOL: &str = "ConcurrentInvocationLimitExceeded";

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
        beside: BinaryHeap::new(),
        limits: Limits::default(),
        crowd: Crowd::around(world, function, start_of(block - LEAD), start_of(block + 1)),
        on_demand: HashMap::new(),
        provisioned: HashMap::new(),
    };
    for lead in (1..=LEAD).rev() {
        run.before(block - lead);
    }
    let mut out = Vec::new();
    let mut line = Line::at_start_of(world, function, block);
    for arrival in world.arrivals(function, block).iter() {
        match &mut line {
            Some(line) => {
                run.turns(line, arrival.at, &mut out);
                if backlog::wants(arrival) { line.join(arrival) } else { out.push(run.meet(arrival)) }
            }
            None => out.push(run.meet(arrival)),
        }
    }
    if let Some(line) = &mut line {
        run.turns(line, start_of(block + 1), &mut out);
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
    /// Of these, what runs beside provisioned concurrency.
    beside: BinaryHeap<Reverse<Millis>>,
    limits: Limits,
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
    /// A block before the one that is asked for. Where batches wait, when they had their turn is known from the block itself.
    fn before(&mut self, block: i64) {
        if self.world.hands(self.function, block).is_none() {
            for arrival in self.world.arrivals(self.function, block).iter() {
                self.meet(arrival);
            }
            return;
        }
        let planned = self.world.planned(self.function, block);
        let ran = planned.iter().filter(|one| !matches!(one.outcome, Outcome::Throttled { .. }));
        let mut arrivals: Vec<Arrival> = ran.map(Arrival::of).collect();
        arrivals.sort_by_key(|one| (one.at, one.key));
        for arrival in &arrivals {
            self.meet(arrival);
        }
    }

    /// The batches whose turn comes before `until`.
    fn turns(&mut self, line: &mut Line, until: Millis, out: &mut Vec<Invocation>) {
        while let Some(arrival) = line.turn(until) {
            let invocation = self.meet(&arrival);
            line.took(&invocation);
            out.push(invocation);
        }
    }

    /// What becomes of an arrival. Arrivals come in the order of time.
    fn meet(&mut self, arrival: &Arrival) -> Invocation {
        let at = arrival.at;
        for heap in [&mut self.busy, &mut self.beside] {
            while heap.peek().is_some_and(|Reverse(until)| *until <= at) {
                heap.pop();
            }
        }
        let version = self.settings.version(arrival.qualifier.as_deref(), arrival.key, at);
        let mut invocation = Invocation {
            function: self.function,
            key: arrival.key,
            request_id: Dice::of(&[arrival.retry.map_or(arrival.key, |(_, first)| first), 12]).uuid(),
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
            waited_ms: u32::try_from(arrival.waited).unwrap_or(0),
            attempt: arrival.retry.map_or(0, |(attempt, _)| attempt),
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
        self.limits.begin(at);
        self.busy.push(Reverse(until));
        if seat.provisioned != Some(true) {
            self.beside.push(Reverse(until));
        }
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
        if reserved == Some(0) {
            return Err(RESERVE);
        }
        if self.limits.too_often(at, reserved.unwrap_or(world.scenario.account_concurrency)) {
            return Err(if reserved.is_some() { RESERVE_RATE } else { RATE });
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
        // What is provisioned has been set aside already, from the function's reserve or from the account's pool; the rest
        // takes from what is left of it.
        let full = match reserved {
            Some(reserved) => self.beside.len() >= reserved.saturating_sub(self.set_aside(at)) as usize,
            None => self.crowd.leaves_no_room(world, arrival, self.busy.len()),
        };
        if full {
            return Err(if reserved.is_some() { RESERVE } else { POOL });
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
        // No reason of its own is told for this: it is the concurrency that can't be had so soon.
        if !unknown && self.limits.too_fast(at) {
            return Err(if reserved.is_some() { RESERVE } else { POOL });
        }
        let environment = pool.add(self.function, version, arrival.key, at);
        if !unknown {
            self.limits.grow(at);
        }
        Ok(Seat { environment, cold: !unknown, provisioned: spillover })
    }

    /// Provisioned environments of all aliases and versions together.
    fn set_aside(&self, at: Millis) -> u32 {
        let names = self.settings.provisioned_qualifiers();
        let all = names.iter().filter_map(|name| self.world.provisioned_by(&self.settings, self.function, name, at));
        all.map(|config| config.available).sum()
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
