//! What an invocation would do if it ran: a hash of its key, bent by the scenario. It depends on nothing else, so that a
//! caller can know how its callee will fare before the callee has been computed.

use super::catalog::{Character, FunctionId, Trigger};
use super::dice::{Dice, hash};
use super::invocation::Outcome;
use super::scenario::Bend;
use super::{Millis, World};

/// What an invocation would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate {
    /// How it would end.
    pub outcome: Outcome,
    /// Duration, ms, its synchronous calls included.
    pub duration_ms: f64,
    /// Init Duration, ms, should it start cold.
    pub init_ms: f64,
    /// Max Memory Used, MB.
    pub memory_used_mb: u32,
    /// The functions that it calls, each with the key of the invocation and the moment.
    pub calls: Vec<Call>,
}

/// A restore by SnapStart takes so much of the init that it spares.
const RESTORED: f64 = 0.15;

/// A function that an invocation calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call {
    /// The callee.
    pub function: FunctionId,
    /// Key of its invocation.
    pub key: u64,
    /// When it is called.
    pub at: Millis,
    /// InvocationType Event.
    pub asynchronous: bool,
    /// 0 for the call itself; Lambda makes the others when that failed.
    pub attempt: u8,
}

/// A key: the second of the arrival in the upper bits, so that whoever has the key knows where to look.
pub fn key(at: Millis, parts: &[u64]) -> u64 {
    ((at / 1000) as u64) << 24 | (hash(parts) & 0xff_ffff)
}

/// The second that a key belongs to, in ms.
pub fn second_of(key: u64) -> Millis {
    ((key >> 24) * 1000) as Millis
}

/// The bends that hold for a function at a moment.
pub fn bends(world: &World, function: FunctionId, at: Millis, version: Option<u32>) -> impl Iterator<Item = &Bend> {
    world.bent[function]
        .iter()
        .map(|place| &world.scenario.bend[*place])
        .filter(move |bend| bend.version.is_none_or(|wanted| Some(wanted) == version) && bend.holds(at, world.born))
}

/// What the invocation `key` of `function` would do, running as `version` from `at` on.
pub fn of(world: &World, function: FunctionId, key: u64, at: Millis, version: u32) -> Fate {
    let spec = &world.catalog.functions[function];
    let character = &spec.character;
    let mut dice = Dice::of(&[world.seed, world.names[function], key, 1]);
    let (mut duration, mut spread, mut init, mut memory) = (1.0, 1.0, 1.0, 1.0);
    let trouble = world.scenario.trouble;
    let (mut errors, mut timeouts, mut oom) =
        (character.error_share * trouble, character.timeout_share * trouble, character.oom_share * trouble);
    let mut raised: Option<(&str, &str)> = None;
    for bend in bends(world, function, at, Some(version)) {
        duration *= bend.duration.unwrap_or(1.0);
        spread *= bend.spread.unwrap_or(1.0);
        init *= bend.init.unwrap_or(1.0);
        memory *= bend.memory.unwrap_or(1.0);
        errors = bend.error_share.unwrap_or(errors);
        timeouts = bend.timeout_share.unwrap_or(timeouts);
        oom = bend.oom_share.unwrap_or(oom);
        if bend.init_fails {
            (errors, timeouts, oom) = (1.0, 0.0, 0.0);
        }
        if let (Some(kind), Some(message)) = (&bend.error_kind, &bend.error_message) {
            raised = Some((kind, message));
        }
    }
    if spec.restores(version) {
        init *= RESTORED;
    }
    let (timeout_ms, memory_mb) = (f64::from(spec.timeout_of(version)) * 1000.0, spec.memory_of(version));
    let roll = dice.unit();
    let own = dice.log_normal(character.duration_p50_ms * duration, character.spread * spread).max(1.0);
    let init_ms = dice.log_normal(character.init_p50_ms * init, 0.22).max(20.0);
    let used = f64::from(character.memory_used_mb) * memory * (0.92 + 0.16 * dice.unit());
    let mut memory_used_mb = (used as u32).clamp(30, memory_mb);
    let mut outcome = Outcome::Success;
    let mut own_ms = own;
    if roll < timeouts {
        outcome = Outcome::TimedOut;
    } else if roll < timeouts + oom {
        outcome = Outcome::OutOfMemory;
        memory_used_mb = memory_mb;
    } else if roll < timeouts + oom + errors {
        let (kind, message) = raised.unwrap_or_else(|| raise(character, &mut dice));
        outcome = Outcome::Error { kind: kind.to_owned(), message: message.to_owned() };
        own_ms = own * (0.3 + 0.6 * dice.unit());
    }
    let (calls, waited, failed) = calls(world, function, key, at, own_ms);
    let mut duration_ms = own_ms + waited;
    if let (Outcome::Success, Some((callee, why))) = (&outcome, failed) {
        outcome = Outcome::Error { kind: "UpstreamError".into(), message: format!("{callee} failed: {why}") };
    }
    if outcome == Outcome::TimedOut || duration_ms >= timeout_ms {
        outcome = Outcome::TimedOut;
        duration_ms = timeout_ms;
    }
    let end = at + duration_ms as Millis;
    let calls = calls.into_iter().filter(|call| call.at < end).collect();
    Fate {
        outcome,
        duration_ms: (duration_ms * 100.0).round() / 100.0,
        init_ms: (init_ms * 100.0).round() / 100.0,
        memory_used_mb,
        calls,
    }
}

fn raise(character: &Character, dice: &mut Dice) -> (&'static str, &'static str) {
    if character.errors.is_empty() { ("Error", "unexpected") } else { *dice.pick(character.errors) }
}

/// The functions called, how long the synchronous ones take, and the first that fails.
fn calls(
    world: &World,
    caller: FunctionId,
    parent: u64,
    at: Millis,
    own_ms: f64,
) -> (Vec<Call>, f64, Option<(String, String)>) {
    let mut calls = Vec::new();
    let mut cursor = own_ms * 0.3;
    let mut waited = 0.0;
    let mut failed = None;
    for &(callee, share, asynchronous) in world.callees(caller) {
        let mut dice = Dice::of(&[world.seed, parent, callee as u64, 2]);
        if !dice.chance(share) {
            continue;
        }
        let start = at + cursor as Millis + if asynchronous { 15 + dice.below(60) as Millis } else { 2 };
        let child = key(start, &[parent, callee as u64]);
        calls.push(Call { function: callee, key: child, at: start, asynchronous, attempt: 0 });
        if asynchronous {
            cursor += 4.0;
            waited += 4.0;
            continue;
        }
        let qualifier = world.default_qualifier(callee);
        let version = world.settings(callee).version(qualifier, child, start);
        let fate = of(world, callee, child, start, version);
        waited += fate.duration_ms + 4.0;
        cursor += fate.duration_ms + 4.0;
        if failed.is_none() {
            let why = match fate.outcome {
                Outcome::Error { kind, .. } => Some(kind),
                Outcome::TimedOut => Some("Sandbox.Timedout".to_string()),
                Outcome::OutOfMemory => Some("Runtime.OutOfMemory".to_string()),
                _ => None,
            };
            if let Some(why) = why {
                failed = Some((world.catalog.functions[callee].name.clone(), why));
                // What would have come after the failed call does not happen.
                break;
            }
        }
    }
    (calls, waited, failed)
}

/// Callees of each function: (callee, share, asynchronous), in the order of the catalog.
pub fn callees(functions: &[super::catalog::Function]) -> Vec<Vec<(FunctionId, f64, bool)>> {
    let mut table = vec![Vec::new(); functions.len()];
    for (callee, function) in functions.iter().enumerate() {
        for trigger in &function.triggers {
            if let Trigger::Function { caller, share, asynchronous } = trigger {
                table[*caller].push((callee, *share, *asynchronous));
            }
        }
    }
    // What is waited for comes first: a caller hands off its asynchronous work when the rest has succeeded.
    for row in &mut table {
        row.sort_by_key(|(.., asynchronous)| *asynchronous);
    }
    table
}
