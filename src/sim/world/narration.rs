//! What an invocation writes into its log, line by line.

mod json;
mod speech;
mod text;

use chrono::DateTime;

use super::catalog::{Function, FunctionId, LogFormat};
use super::dice::{Dice, hash_text};
use super::invocation::{Invocation, Outcome};
use super::{Millis, World};

/// One event of a log stream.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When it was written.
    pub timestamp: Millis,
    /// When CloudWatch Logs had it; some lines are late by seconds.
    pub ingestion: Millis,
    /// The text, without the line break at its end.
    pub message: String,
    /// Log stream.
    pub stream: String,
    /// Who wrote it; its log group is [`super::catalog::Function::log_group`].
    pub function: FunctionId,
}

/// The whole narration of an invocation, in the order of time; nothing for a throttled try.
///
/// Lines may lie before [`Invocation::start`] (INIT_START, by the Init Duration) and after it (by the Duration).
pub fn lines(world: &World, invocation: &Invocation) -> Vec<LogLine> {
    if matches!(invocation.outcome, Outcome::Throttled { .. }) {
        return Vec::new();
    }
    let function = &world.catalog.functions[invocation.function];
    let teller = Teller {
        function,
        invocation,
        dice: Dice::of(&[world.seed, invocation.key, 40]),
        region: &world.catalog.region,
        told: Vec::new(),
    };
    let told = match function.log_format {
        LogFormat::Text => teller.text(),
        LogFormat::Json => teller.json(),
    };
    let stream = stream(world, invocation);
    let mut dice = Dice::of(&[world.seed, invocation.key, 41]);
    told.into_iter()
        .map(|(timestamp, message)| {
            // Most lines are there within a second, a few are late: a tail that only looks forward would miss them.
            let late = if dice.chance(0.02) { 2_000 + dice.below(18_000) as Millis } else { 0 };
            let ingestion = timestamp + 120 + dice.below(700) as Millis + late;
            LogLine { timestamp, ingestion, message, stream: stream.clone(), function: invocation.function }
        })
        .collect()
}

/// The log stream of an invocation: `YYYY/MM/DD/[version]guid`, or `YYYY/MM/DD/function[version][guid]` in a group of one's own.
pub fn stream(world: &World, invocation: &Invocation) -> String {
    let function = &world.catalog.functions[invocation.function];
    let version = version(invocation);
    let day = moment(invocation.start).format("%Y/%m/%d");
    let mut dice = Dice::of(&[invocation.environment, 42]);
    let guid = format!("{}{}", dice.hex16(), dice.hex16());
    if function.log_group == format!("/aws/lambda/{}", function.name) {
        format!("{day}/[{version}]{guid}")
    } else {
        format!("{day}/{}[{version}][{guid}]", function.name)
    }
}

fn version(invocation: &Invocation) -> String {
    if invocation.version == 0 { "$LATEST".to_owned() } else { invocation.version.to_string() }
}

fn moment(at: Millis) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}

fn iso(at: Millis) -> String {
    moment(at).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

struct Teller<'a> {
    function: &'a Function,
    invocation: &'a Invocation,
    dice: Dice,
    region: &'a str,
    told: Vec<(Millis, String)>,
}

impl Teller<'_> {
    fn tell(&mut self, at: Millis, message: String) {
        self.told.push((at, message));
    }

    fn end(&self) -> Millis {
        self.invocation.start + self.invocation.duration_ms as Millis
    }

    /// Duration rounded up with the init, which is billed since August 2025; of a restore only a part is billed.
    fn billed(&self) -> u64 {
        match self.restore_ms() {
            Some(restore) => self.invocation.duration_ms.ceil() as u64 + Self::billed_restore(restore),
            None => (self.invocation.duration_ms + self.invocation.init_ms.unwrap_or(0.0)).ceil() as u64,
        }
    }

    /// The cold start, where SnapStart made a restore of it.
    fn restore_ms(&self) -> Option<f64> {
        self.invocation.init_ms.filter(|_| self.function.restores(self.invocation.version))
    }

    /// The runtime's load and its hooks are billed, the snapshot's way into memory is not.
    fn billed_restore(restore_ms: f64) -> u64 {
        (restore_ms * 0.3).ceil() as u64
    }

    /// Of the version that ran.
    fn runtime(&self) -> &str {
        self.function.runtime_of(self.invocation.version)
    }

    fn memory_mb(&self) -> u32 {
        self.function.memory_of(self.invocation.version)
    }

    fn runtime_version(&self) -> String {
        let runtime = self.runtime();
        if let Some(system) = runtime.strip_prefix("provided.") {
            return format!("provided:{system}.v{}", 20 + hash_text(runtime) % 30);
        }
        let (language, number) = runtime.split_at(runtime.find(|c: char| c.is_ascii_digit()).unwrap_or(runtime.len()));
        format!("{language}:{}.v{}", number.trim_end_matches(".x"), 20 + hash_text(runtime) % 30)
    }

    fn runtime_arn(&self) -> String {
        let mut dice = Dice::of(&[hash_text(self.runtime())]);
        let id: String = (0..4).map(|_| dice.hex16()).collect();
        format!("arn:aws:lambda:{}::runtime:{id}", self.region)
    }

    fn failure(&self) -> Option<(&str, &str)> {
        match &self.invocation.outcome {
            Outcome::Error { kind, message } => Some((kind, message)),
            _ => None,
        }
    }

    /// Older runtimes write time-outs and crashes as lines of their own, newer ones as the status of REPORT.
    fn old_style(&self) -> bool {
        matches!(self.runtime(), "nodejs18.x" | "python3.8" | "python3.9")
    }

    fn status(&self) -> Option<(&'static str, Option<&str>)> {
        match &self.invocation.outcome {
            Outcome::TimedOut => Some(("timeout", None)),
            Outcome::OutOfMemory => Some(("error", Some("Runtime.OutOfMemory"))),
            Outcome::Error { kind, .. } => Some(("error", Some(kind))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
