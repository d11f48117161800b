//! Functions that fill an account up: many, small, and called by the clock only, so that what they did in a minute is a
//! matter of arithmetic.

use super::Millis;
use super::catalog::{Character, Function, FunctionId, LogFormat, Trigger};
use super::dice::{Dice, hash_text};
use super::tally::MINUTE;

const TRADES: [&str; 12] = [
    "reporting",
    "cleanup",
    "export",
    "sync",
    "webhook",
    "notify",
    "audit",
    "billing",
    "metrics",
    "archive",
    "index",
    "backup",
];
const RUNTIMES: [&str; 6] = ["python3.13", "nodejs22.x", "python3.12", "nodejs20.x", "java21", "provided.al2023"];
/// Seconds between two runs: from a quarter of an hour to six hours.
const EVERY: [u32; 5] = [900, 1800, 3600, 7200, 21_600];

/// The filler with that number.
pub fn function(number: usize, born: Millis) -> Function {
    let mut dice = Dice::of(&[number as u64, 13]);
    let name = format!("svc-{number:05}-{}", dice.pick(&TRADES));
    let runtime = *dice.pick(&RUNTIMES);
    let memory_mb = *dice.pick(&[128, 256, 512, 1024]);
    let every_s = *dice.pick(&EVERY);
    let days = 1 + dice.below(400) as Millis;
    Function {
        runtime: runtime.to_owned(),
        handler: "index.handler".to_owned(),
        description: String::new(),
        memory_mb,
        timeout_s: 30,
        architecture: "arm64",
        log_format: if dice.chance(0.5) { LogFormat::Json } else { LogFormat::Text },
        log_group: format!("/aws/lambda/{name}"),
        traced: false,
        versions: vec![1],
        aliases: Vec::new(),
        environment: vec![("LOG_LEVEL".to_owned(), "INFO".to_owned())],
        tags: vec![("team".to_owned(), "platform".to_owned())],
        reserved: None,
        last_modified: born - days * 86_400_000,
        triggers: vec![Trigger::Schedule { rule: format!("{name}-schedule"), every_s }],
        character: Character {
            duration_p50_ms: 40.0 + 400.0 * dice.unit(),
            spread: 0.4,
            init_p50_ms: 250.0,
            error_share: if dice.chance(0.02) { 0.1 } else { 0.0 },
            timeout_share: 0.0,
            oom_share: 0.0,
            memory_used_mb: memory_mb * 6 / 10,
            downstream: Vec::new(),
            errors: &[("Error", "unexpected end of input")],
            says: &["run finished in {ms} ms, {n} rows"],
        },
        extras: super::extras::Extras::default(),
        name,
    }
}

/// When a filler runs: each `every` ms, `phase` ms after a whole number of them.
pub struct Timetable {
    /// The filler.
    pub function: FunctionId,
    /// Key of its runs hashes this.
    pub rule: u64,
    every: Millis,
    phase: Millis,
}

impl Timetable {
    /// The run that falls into the minute, if one does: no filler runs twice in one.
    pub fn tick(&self, minute: Millis) -> Option<Millis> {
        let at = minute + (self.phase - minute).rem_euclid(self.every);
        (at < minute + MINUTE).then_some(at)
    }
}

/// The timetables of all fillers among the functions.
pub fn timetables(functions: &[Function]) -> Vec<Timetable> {
    let of = |(function, spec): (FunctionId, &Function)| match spec.triggers.first() {
        Some(Trigger::Schedule { rule, every_s }) if is_filler(&spec.name) => {
            let (rule, every) = (hash_text(rule), Millis::from(*every_s) * 1000);
            Some(Timetable { function, rule, every, phase: (rule % every as u64) as Millis })
        }
        _ => None,
    };
    functions.iter().enumerate().filter_map(of).collect()
}

/// A filler by its name's shape.
pub fn is_filler(name: &str) -> bool {
    name.starts_with("svc-")
}
