//! What wants to run: requests at the APIs, batches, schedules, calls of other functions, and invokes of clients.

use std::collections::HashMap;

use super::block::{BLOCK, start_of};
use super::catalog::{ApiId, FunctionId, Protocol, Trigger};
use super::change::What;
use super::course;
use super::dice::{Dice, hash_text};
use super::fate::{self, key};
use super::gate::{Gate, Limit};
use super::invocation::{Cause, Invocation};
use super::sampling::{self, Reservoirs};
use super::{Millis, World};

/// Something that wants a function to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// Key of the invocation.
    pub key: u64,
    /// When it wants to.
    pub at: Millis,
    /// Alias or version.
    pub qualifier: Option<String>,
    /// Why.
    pub cause: Cause,
    /// Trace id.
    pub trace_id: String,
    /// Its trace is sampled.
    pub sampled: bool,
    /// A client wants it to fail so: (errorType, errorMessage).
    pub failure: Option<(String, String)>,
    /// How long its batch or event has waited, ms.
    pub waited: Millis,
    /// Which retry of an asynchronous event this is, and the key of the first attempt.
    pub retry: Option<(u8, u64)>,
}

impl Arrival {
    /// What brought an invocation about, for whoever runs it once more.
    pub fn of(one: &Invocation) -> Self {
        let number = || (one.version > 0).then(|| one.version.to_string());
        Self {
            key: one.key,
            at: one.start - one.init_ms.unwrap_or(0.0) as Millis,
            qualifier: one.alias.clone().or_else(number),
            cause: one.cause.clone(),
            trace_id: one.trace_id.clone(),
            sampled: one.sampled,
            failure: None,
            waited: Millis::from(one.waited_ms),
            retry: None,
        }
    }
}

/// A request at an API, before its function has run.
#[derive(Clone, Debug, PartialEq)]
pub struct Knock {
    /// Key of the request.
    pub key: u64,
    /// Index of the stage.
    pub stage: usize,
    /// Index of the route.
    pub route: usize,
    /// When it arrived.
    pub at: Millis,
    /// What the API makes of it.
    pub verdict: Verdict,
    /// Looked up in the cache.
    pub cacheable: bool,
    /// Went to the canary's deployment.
    pub canary: bool,
    /// Trace id.
    pub trace_id: String,
    /// Its trace is sampled.
    pub sampled: bool,
}

/// What an API makes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The function is invoked.
    Invoke,
    /// Answered from the cache.
    Cached,
    /// 429, for want of a token or of quota.
    Refused(Limit),
}

impl Knock {
    /// The limit that refused it, if one did.
    pub fn refused(&self) -> Option<Limit> {
        match self.verdict {
            Verdict::Refused(limit) => Some(limit),
            Verdict::Invoke | Verdict::Cached => None,
        }
    }
}

/// The day has a wave: mornings are quiet, evenings busy.
fn wave(world: &World, at: Millis) -> f64 {
    if world.scenario.flat {
        return 1.0;
    }
    let hours = (at.rem_euclid(86_400_000)) as f64 / 3_600_000.0;
    1.0 + 0.3 * (std::f64::consts::TAU * (hours - 14.0) / 24.0).cos()
}

/// `1-8hex-24hex` of a root.
pub fn trace_id(at: Millis, key: u64) -> String {
    let mut dice = Dice::of(&[key, 3]);
    format!("1-{:08x}-{:016x}{:08x}", at / 1000, dice.number(), dice.number() >> 32)
}

fn rate_bend(world: &World, function: FunctionId, at: Millis) -> f64 {
    fate::bends(world, function, at, None).filter_map(|bend| bend.rate).product()
}

/// Requests of an API in a block, in their order, before throttles and caches: pure hashing.
pub fn raw_knocks(world: &World, api: ApiId, block: i64) -> Vec<Knock> {
    let spec = &world.catalog.apis[api];
    let start = start_of(block);
    let mut knocks = Vec::new();
    for (route, row) in spec.routes.iter().enumerate() {
        for second in 0..BLOCK / 1000 {
            let at = start + second * 1000;
            let mut dice = Dice::of(&[world.seed, 10, hash_text(&spec.id), route as u64, (at / 1000) as u64]);
            let count = dice.poisson(row.rate * wave(world, at) * rate_bend(world, row.function, at));
            for _ in 0..count {
                let at = at + (dice.unit() * 1000.0) as Millis;
                let mut place = dice.unit();
                let stage = spec.stages.iter().position(|stage| {
                    place -= stage.share;
                    place < 0.0
                });
                let key = key(at, &[dice.number()]);
                knocks.push(Knock {
                    key,
                    stage: stage.unwrap_or(spec.stages.len() - 1),
                    route,
                    at,
                    verdict: Verdict::Invoke,
                    cacheable: false,
                    canary: false,
                    trace_id: trace_id(at, key),
                    sampled: false,
                });
            }
        }
    }
    knocks.sort_by_key(|knock| (knock.at, knock.key));
    knocks
}

/// What is asked for, as far as a cache tells answers apart: few popular things.
fn cache_key(knock: &Knock) -> u64 {
    let mut dice = Dice::of(&[knock.key, 5]);
    // Half of the requests go to a handful of things, the rest to a long tail.
    if dice.chance(0.5) { dice.below(6) as u64 } else { 10 + dice.below(400) as u64 }
}

/// Requests of an API in a block with what the API makes of them. Token buckets and the cache are run from the block
/// before on, which is longer than any burst, and as long as the longest TTL in use.
pub fn knocks(world: &World, api: ApiId, block: i64) -> Vec<Knock> {
    // The account's limit is shared by all APIs: where it is small, they are looked at together.
    let apis: Vec<ApiId> =
        if world.scenario.api_account.is_some() { (0..world.catalog.apis.len()).collect() } else { vec![api] };
    let mut all: Vec<(ApiId, Knock)> = Vec::new();
    let mut states: HashMap<(ApiId, usize), Vec<(Millis, super::change::StageState)>> = HashMap::new();
    for &api in &apis {
        for stage in 0..world.catalog.apis[api].stages.len() {
            states.insert((api, stage), world.stage_timeline(api, stage, start_of(block + 1)));
        }
        for block in [block - 1, block] {
            all.extend(raw_knocks(world, api, block).into_iter().map(|knock| (api, knock)));
        }
    }
    all.sort_by_key(|(_, knock)| (knock.at, knock.key));
    let mut gate = Gate::new(world, block);
    let mut filled: HashMap<(ApiId, usize, usize, u64), Millis> = HashMap::new();
    let mut reservoirs = Reservoirs::default();
    let mut rules = HashMap::new();
    all.retain_mut(|(of, knock)| {
        let spec = &world.catalog.apis[*of];
        let row = &spec.routes[knock.route];
        let timeline = &states[&(*of, knock.stage)];
        let state = &timeline.iter().rev().find(|(from, _)| *from <= knock.at).unwrap_or(&timeline[0]).1;
        if state.deleted {
            return false;
        }
        let wanted = *of == api && knock.at >= start_of(block);
        knock.canary = state.canary.is_some_and(|percent| Dice::of(&[knock.key, 8]).chance(percent / 100.0));
        if let Some(limit) = gate.admit(*of, knock, state) {
            knock.verdict = Verdict::Refused(limit);
            return wanted;
        }
        if spec.protocol == Protocol::Rest
            && let Some(ttl) = state.ttl_of(&row.path, &row.method)
        {
            knock.cacheable = true;
            let place = (*of, knock.stage, knock.route, cache_key(knock));
            let since = filled
                .get(&place)
                .copied()
                .filter(|at| state.flushed.is_none_or(|flushed| *at >= flushed || knock.at < flushed));
            match since {
                Some(at) if knock.at - at < Millis::from(ttl) * 1000 => knock.verdict = Verdict::Cached,
                _ => {
                    filled.insert(place, knock.at);
                }
            }
        }
        if state.traced && *of == api {
            let place = (knock.stage, knock.route);
            let rule = *rules.entry(place).or_insert_with(|| world.sampling_rule(api, knock.stage, knock.route));
            knock.sampled = reservoirs.sample(world.seed, rule, knock.stage, knock.at, knock.key);
        }
        wanted
    });
    all.into_iter().map(|(_, knock)| knock).collect()
}

/// What the source of a mapping has for its function in `t0..t1`: the moment of each batch, and a number that tells it
/// apart; about `most` of them.
pub fn offered(
    world: &World,
    function: FunctionId,
    mapping: usize,
    (t0, t1): (Millis, Millis),
    most: usize,
) -> Vec<(Millis, u64)> {
    let triggers = world.catalog.functions[function].triggers.iter().enumerate();
    let found = triggers.filter_map(|(number, trigger)| match trigger {
        Trigger::Mapping { mapping: one, rate } if *one == mapping => Some((number, *rate)),
        _ => None,
    });
    let mut offered = Vec::new();
    for (number, rate) in found {
        for second in t0.div_euclid(1000)..=(t1 - 1).div_euclid(1000) {
            if offered.len() >= most {
                break;
            }
            let at = second * 1000;
            let mut dice = Dice::of(&[world.seed, 11, world.names[function], number as u64, second as u64]);
            for _ in 0..dice.poisson(rate * wave(world, at) * rate_bend(world, function, at)) {
                let at = at + (dice.unit() * 1000.0) as Millis;
                let number = dice.number();
                if (t0..t1).contains(&at) {
                    offered.push((at, number));
                }
            }
        }
    }
    offered
}

/// Everything that wants `function` to run in a block, in its order.
pub fn of(world: &World, function: FunctionId, block: i64) -> Vec<Arrival> {
    let spec = &world.catalog.functions[function];
    let (start, end) = (start_of(block), start_of(block + 1));
    let mut arrivals = Vec::new();
    let mut reservoirs = Reservoirs::default();
    for trigger in &spec.triggers {
        let mut root = |at: Millis, key: u64, cause: Cause, qualifier: Option<String>| Arrival {
            key,
            at,
            qualifier,
            cause,
            trace_id: trace_id(at, key),
            sampled: spec.traced && reservoirs.sample(world.seed, (0, &sampling::DEFAULT), 0, at, key),
            failure: None,
            waited: 0,
            retry: None,
        };
        match trigger {
            Trigger::Api { api, route, qualifier } => {
                for knock in world.knocks(*api, block).iter() {
                    if knock.route == *route && knock.verdict == Verdict::Invoke {
                        let at = knock.at + 4;
                        arrivals.push(Arrival {
                            key: key(at, &[knock.key, 6]),
                            at,
                            qualifier: qualifier.clone(),
                            cause: Cause::Api { api: *api, stage: knock.stage, route: *route, request: knock.key },
                            trace_id: knock.trace_id.clone(),
                            sampled: knock.sampled,
                            failure: None,
                            waited: 0,
                            retry: None,
                        });
                    }
                }
            }
            Trigger::Mapping { mapping, .. } => {
                let pauses = world.pauses(*mapping, end);
                let paused = |at: Millis| {
                    pauses.iter().any(|pause| pause.from <= at && pause.until.is_none_or(|until| at < until))
                };
                for (at, number) in offered(world, function, *mapping, (start, end), usize::MAX) {
                    if !paused(at) {
                        arrivals.push(root(at, key(at, &[number]), Cause::Mapping(*mapping), None));
                    }
                }
                for held in pauses.iter().flat_map(|pause| world.held(function, *mapping, pause, end)) {
                    if let Some(at) = held.handed_over.filter(|at| (start..end).contains(at)) {
                        let arrival = root(at, key(at, &[held.number, 18]), Cause::Mapping(*mapping), None);
                        arrivals.push(Arrival { waited: at - held.came, ..arrival });
                    }
                }
            }
            Trigger::Schedule { rule, every_s } => {
                let every = Millis::from(*every_s) * 1000;
                let phase = (hash_text(rule) % every as u64) as Millis;
                let mut at = start + (phase - start).rem_euclid(every);
                while at < end {
                    let key = key(at, &[hash_text(rule)]);
                    arrivals.push(root(
                        at,
                        key,
                        Cause::Schedule,
                        world.scheduled_qualifier(function).map(str::to_owned),
                    ));
                    at += every;
                }
            }
            Trigger::Function { caller, asynchronous, .. } => {
                let qualifier = world.default_qualifier(function).map(str::to_owned);
                // A caller that began earlier may still be at work.
                let back = Millis::from(world.catalog.functions[*caller].timeout_s) * 1000 + world.retry_span(function);
                for parent in world.planned_invocations(*caller, start - back, end) {
                    let course = course::of(world, &parent, Some(function));
                    let mut first = (0, 0);
                    for call in course.calls.iter().filter(|call| call.function == function) {
                        if call.attempt == 0 {
                            first = (call.at, call.key);
                        }
                        if (start..end).contains(&call.at) {
                            arrivals.push(Arrival {
                                key: call.key,
                                at: call.at,
                                qualifier: qualifier.clone(),
                                cause: Cause::Function {
                                    caller: *caller,
                                    invocation: parent.key,
                                    asynchronous: *asynchronous,
                                },
                                trace_id: parent.trace_id.clone(),
                                sampled: parent.sampled,
                                failure: None,
                                waited: call.at - first.0,
                                retry: (call.attempt > 0).then_some((call.attempt, first.1)),
                            });
                        }
                    }
                }
            }
        }
    }
    world.changes_with(|changes| {
        for change in changes.iter().filter(|change| (start..end).contains(&change.at)) {
            if let What::Invoke { function: f, qualifier, failure, serial, .. } = &change.what
                && *f == function
            {
                let key = client_key(change.at, *serial);
                arrivals.push(Arrival {
                    key,
                    at: change.at,
                    qualifier: qualifier.clone(),
                    cause: Cause::Client,
                    trace_id: trace_id(change.at, key),
                    sampled: spec.traced,
                    failure: failure.clone(),
                    waited: 0,
                    retry: None,
                });
            }
        }
    });
    if let Some(deleted) = world.settings(function).deleted() {
        arrivals.retain(|arrival| arrival.at < deleted);
    }
    arrivals.sort_by_key(|arrival| (arrival.at, arrival.key));
    arrivals
}

/// Key of the invocation that a client's Invoke made.
pub fn client_key(at: Millis, serial: u64) -> u64 {
    key(at, &[serial, 7])
}
