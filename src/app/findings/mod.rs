//! The checks: each a condition, its sentence with the number and the limit, and the key that leads on.
//!
//! One file per family. Of ten thousand functions only those that were measured or looked at are gone through; the
//! inventory itself is only looked at for what stands in it (runtimes, a reserve of 0).

mod accidents;
mod concurrency;
mod functions;
mod provisioned;
pub mod runtimes;
pub mod snooze;
mod stages;
#[cfg(test)]
mod tests;
mod triggers;
mod usage;

use crate::config::Thresholds;
use crate::model::finding::{About, Finding, Severity};
use crate::model::series::Subject;
use crate::store::Store;
use crate::time::Moment;

/// Fewer invocations than this make no share worth a finding.
const ENOUGH: f64 = 10.0;

/// What the checks look at, and what they have found.
struct Round<'a> {
    store: &'a Store,
    thresholds: &'a Thresholds,
    now: Moment,
    found: Vec<Finding>,
}

/// Everything that is wrong, the worst first.
pub fn all(store: &Store, thresholds: &Thresholds, now: Moment) -> Vec<Finding> {
    let mut round = Round { store, thresholds, now, found: Vec::new() };
    concurrency::account(&mut round);
    for name in store.metrics.functions() {
        let Some(function) = store.functions.get(name) else { continue };
        let figures = store.metrics.figures(&Subject::Function(name.to_string()));
        functions::errors(&mut round, function, &figures);
        functions::duration(&mut round, function, &figures);
        concurrency::limits(&mut round, function, &figures);
    }
    for (name, feed) in &store.details {
        let (Some(function), Some(detail)) = (store.functions.get(name), feed.get()) else { continue };
        provisioned::all(&mut round, function, detail);
        triggers::all(&mut round, function, detail);
        accidents::all(&mut round, function, detail);
    }
    for (name, feed) in &store.invocations {
        let (Some(function), Some(invocations)) = (store.functions.get(name), feed.get()) else { continue };
        usage::all(&mut round, function, invocations);
    }
    concurrency::switched_off(&mut round);
    runtimes::all(&mut round);
    stages::all(&mut round);
    let mut found = round.found;
    // By name last: what is found in the order of a hash map must not jump about.
    found.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then(b.weight.total_cmp(&a.weight))
            .then_with(|| a.about.cmp(&b.about))
            .then_with(|| a.sentence.cmp(&b.sentence))
    });
    found
}

impl Round<'_> {
    fn add(
        &mut self,
        check: &'static str,
        severity: Severity,
        about: About,
        next_key: &'static str,
        weight: f64,
        sentence: String,
    ) {
        self.found.push(Finding { check, severity, about, sentence, next_key, weight });
    }

    /// The same of a function.
    fn tell(
        &mut self,
        check: &'static str,
        severity: Severity,
        function: &str,
        next_key: &'static str,
        weight: f64,
        sentence: String,
    ) {
        self.add(check, severity, About::Function(function.to_string()), next_key, weight, sentence);
    }
}
