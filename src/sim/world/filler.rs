//! Functions that fill an account up: many, small, and called by the clock only, so that what they did in a minute is a
//! matter of arithmetic.

use super::Millis;
use super::catalog::{Character, Function, LogFormat, Trigger};
use super::dice::Dice;

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
        name,
    }
}

/// A filler by its name's shape.
pub fn is_filler(name: &str) -> bool {
    name.starts_with("svc-")
}
