//! Ten minutes of one function: its arrivals meet the pool of environments. Who finds no warm one starts cold, who finds
//! no concurrency is throttled. Each block is run from ten minutes before its start on, which is longer than an idle
//! environment lives, so that it has the same answer whenever it is asked for.

use std::collections::HashMap;

use super::arrivals::Arrival;
use super::catalog::FunctionId;
use super::dice::hash;
use super::fate;
use super::invocation::{Invocation, Outcome};
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

/// Lambda replaces the environments of a busy function now and then; here each function has its own interval, between
/// these two.
const RECYCLED_MS: (Millis, Millis) = (600_000, 1_500_000);

struct Environment {
    id: u64,
    free_at: Millis,
}

/// The environments of one version, on demand or provisioned.
#[derive(Default)]
struct Pool {
    environments: Vec<Environment>,
    /// How often they were all replaced.
    generation: i64,
    /// One died of idleness since.
    idled: bool,
}

impl Pool {
    /// The free environment that was used last: Lambda reuses the warmest.
    fn take(&mut self, at: Millis, idle: Millis, generation: i64) -> Option<usize> {
        if self.generation != generation {
            self.environments.clear();
            self.idled = false;
            self.generation = generation;
        }
        let before = self.environments.len();
        self.environments.retain(|one| one.free_at + idle > at);
        self.idled |= self.environments.len() < before;
        let free = self.environments.iter().enumerate().filter(|(_, one)| one.free_at <= at);
        free.max_by_key(|(_, one)| one.free_at).map(|(place, _)| place)
    }

    /// The id of a new environment. It is known by its place among those that live, so that every run of a block that
    /// sees it calls it the same; unless its place is that of one that died.
    fn fresh(&self, function: FunctionId, version: u32, arrival: u64) -> u64 {
        if self.idled {
            return hash(&[arrival, 10]);
        }
        let named = |place: u64| hash(&[function as u64, u64::from(version), place, self.generation as u64, 9]);
        let free = |id: &u64| self.environments.iter().all(|one| one.id != *id);
        (0..).map(named).find(free).unwrap_or(arrival)
    }
}

/// How often the environments of a function were replaced before a moment, and when last.
fn recycled(function: FunctionId, at: Millis) -> (i64, Millis) {
    let drawn = hash(&[function as u64, 16]);
    let (shortest, longest) = RECYCLED_MS;
    let interval = shortest + (drawn % (longest - shortest) as u64) as Millis;
    let phase = (drawn >> 32) as Millis % interval;
    let generation = (at - phase).div_euclid(interval);
    (generation, generation * interval + phase)
}

/// The invocations of a block, by key; throttled tries among them.
pub fn run(world: &World, function: FunctionId, block: i64) -> Vec<Invocation> {
    let settings = world.settings(function);
    let begin = start_of(block - LEAD);
    let own = start_of(block);
    let mut pools: HashMap<(u32, bool), Pool> = HashMap::new();
    let mut busy: Vec<Millis> = Vec::new();
    let mut out = Vec::new();
    for lead in (0..=LEAD).rev() {
        for arrival in world.arrivals(function, block - lead).iter() {
            let at = arrival.at;
            busy.retain(|until| *until > at);
            let version = settings.version(arrival.qualifier.as_deref(), arrival.key, at);
            let reserved = settings.reserved(at);
            if let Some(reserved) = reserved
                && busy.len() >= reserved as usize
            {
                if at >= own {
                    out.push(throttled(
                        function,
                        arrival,
                        version,
                        "ReservedFunctionConcurrentInvocationLimitExceeded",
                    ));
                }
                continue;
            }
            let mut doom = fate::of(world, function, arrival.key, at, version);
            if let Some((kind, message)) = &arrival.failure {
                doom.outcome = Outcome::Error { kind: kind.clone(), message: message.clone() };
            }
            let idle = fate::bends(world, function, at, Some(version))
                .filter_map(|bend| bend.idle_s)
                .fold(IDLE_MS, |shortest, seconds| shortest.min((seconds * 1000.0) as Millis));
            let provisioned =
                arrival.qualifier.as_deref().and_then(|q| world.provisioned_by(&settings, function, q, at));
            let available = provisioned.as_ref().map_or(0, |config| config.available as usize);
            let mut on_provisioned = None;
            let mut init_ms = None;
            let environment;
            let mut start = at;
            if available > 0 {
                let pool = pools.entry((version, true)).or_default();
                pool.environments.retain(|one| one.free_at > at || one.id < available as u64);
                for id in 0..available as u64 {
                    if pool.environments.iter().all(|one| one.id != id) {
                        pool.environments.push(Environment { id, free_at: at });
                    }
                }
            }
            let place = if available > 0 {
                let pool = pools.entry((version, true)).or_default();
                pool.environments
                    .iter()
                    .enumerate()
                    .filter(|(_, one)| one.free_at <= at)
                    .min_by_key(|(_, one)| one.id)
                    .map(|(p, _)| p)
            } else {
                None
            };
            if let Some(place) = place {
                let one = &mut pools.entry((version, true)).or_default().environments[place];
                on_provisioned = Some(true);
                environment = hash(&[function as u64, u64::from(version), one.id, 8]);
                one.free_at = start + doom.duration_ms as Millis;
            } else {
                if available > 0 {
                    on_provisioned = Some(false);
                }
                let pool = pools.entry((version, false)).or_default();
                let (generation, since) = recycled(function, at);
                let place = match pool.take(at, idle, generation) {
                    Some(place) => place,
                    None => {
                        // So early in the run nobody can tell whether a warm environment was left from before.
                        let unknown = at - begin < idle && at < own && since < begin;
                        if !unknown {
                            init_ms = Some(doom.init_ms);
                        }
                        let id = pool.fresh(function, version, arrival.key);
                        pool.environments.push(Environment { id, free_at: at });
                        pool.environments.len() - 1
                    }
                };
                if init_ms.is_some() {
                    start += doom.init_ms as Millis;
                }
                let one = &mut pool.environments[place];
                environment = one.id;
                one.free_at = start + doom.duration_ms as Millis;
                if matches!(doom.outcome, Outcome::TimedOut | Outcome::OutOfMemory) {
                    // Lambda does not reuse an environment that timed out or crashed.
                    one.free_at = Millis::MIN / 2;
                }
            }
            let until = start + doom.duration_ms as Millis;
            busy.push(until);
            if at >= own {
                out.push(Invocation {
                    function,
                    key: arrival.key,
                    request_id: super::dice::Dice::of(&[arrival.key, 12]).uuid(),
                    trace_id: arrival.trace_id.clone(),
                    sampled: arrival.sampled,
                    start,
                    version,
                    alias: arrival.qualifier.clone().filter(|q| q.parse::<u32>().is_err() && q != "$LATEST"),
                    init_ms,
                    provisioned: on_provisioned,
                    duration_ms: doom.duration_ms,
                    memory_used_mb: doom.memory_used_mb,
                    environment,
                    outcome: doom.outcome,
                    cause: arrival.cause.clone(),
                });
            }
        }
    }
    // Whoever has a key finds its invocation fast.
    out.sort_unstable_by_key(|one| one.key);
    out
}

fn throttled(function: FunctionId, arrival: &Arrival, version: u32, reason: &'static str) -> Invocation {
    Invocation {
        function,
        key: arrival.key,
        request_id: super::dice::Dice::of(&[arrival.key, 12]).uuid(),
        trace_id: arrival.trace_id.clone(),
        sampled: arrival.sampled,
        start: arrival.at,
        version,
        alias: arrival.qualifier.clone().filter(|q| q.parse::<u32>().is_err() && q != "$LATEST"),
        init_ms: None,
        provisioned: None,
        duration_ms: 0.0,
        memory_used_mb: 0,
        environment: 0,
        outcome: Outcome::Throttled { reason },
        cause: arrival.cause.clone(),
    }
}
