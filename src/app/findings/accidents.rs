//! What a detail tells that is broken by configuration: an alias that leads nowhere, a function that can't run.

use super::Round;
use crate::model::finding::Severity;
use crate::model::function::{Function, FunctionDetail};
use crate::text;

pub(super) fn all(round: &mut Round, function: &Function, detail: &FunctionDetail) {
    let name = &function.name;
    let is_there = |version: &str| version == "$LATEST" || detail.versions.iter().any(|known| known.version == version);
    // Without any version the list was most likely not to be had.
    for alias in detail.aliases.iter().filter(|_| !detail.versions.is_empty()) {
        let versions = std::iter::once(&alias.version).chain(alias.weights.iter().map(|(version, _)| version));
        for version in versions.filter(|version| !is_there(version)) {
            let sentence = format!("{name}:{} leads to version {version}, which is not there", alias.name);
            round.tell("alias-astray", Severity::Critical, name, "Enter", 1.0, sentence);
        }
    }
    let state = detail.state.as_deref().or(function.state.as_deref()).unwrap_or_default();
    if matches!(state, "Failed" | "Inactive") {
        let sentence = match state {
            "Failed" => format!("{name} can't be invoked: its state is Failed"),
            _ => format!("{name} is Inactive: Lambda took its resources back, the next invocation waits for them"),
        };
        let severity = if state == "Failed" { Severity::Critical } else { Severity::Notice };
        round.tell("state", severity, name, "Enter", 1.0, sentence);
    }
    let configuration = detail.configuration.as_deref().unwrap_or(function);
    let update = detail.last_update.as_deref().or(configuration.last_update.as_deref());
    if update == Some("Failed") {
        let reason = configuration.last_update_reason.as_deref().unwrap_or("no reason given");
        let sentence = format!("The last update of {name} failed: {}", text::safe_line(reason));
        round.tell("update-failed", Severity::Warning, name, "Enter", 1.0, sentence);
    }
}
