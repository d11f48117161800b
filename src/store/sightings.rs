//! What was seen to change between two looks: a function's configuration, and where its aliases lead. Lambda keeps no
//! history of either: what happened before the dashboard looked is not known.

use std::collections::VecDeque;

use crate::model::diff::{Difference, between};
use crate::model::function::{Alias, Function};
use crate::time::Moment;

/// Changes kept at most, of all functions.
const KEPT: usize = 500;

/// What changed.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The configuration or the code of `$LATEST`.
    Configuration(Vec<Difference>),
    /// An alias leads elsewhere: alias, where it led, where it leads; none where there was, or is, no such alias.
    Alias(String, Option<String>, Option<String>),
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// FunctionName.
    pub function: String,
    /// When it was seen, or when AWS says that it was made.
    pub at: Moment,
    /// What changed.
    pub what: What,
    /// RevisionId of what it became, so that two ways of seeing it tell of it once.
    revision: String,
}

impl Sighting {
    /// In words: `time-out 10 s -> 30 s, memory ...`, `live 7 -> 8`.
    pub fn words(&self) -> String {
        let none = || "none".to_string();
        match &self.what {
            What::Configuration(differences) => {
                differences.iter().map(Difference::words).collect::<Vec<_>>().join(", ")
            }
            What::Alias(name, from, to) => {
                format!("{name} {} -> {}", from.clone().unwrap_or_else(none), to.clone().unwrap_or_else(none))
            }
        }
    }
}

/// Everything that was seen to change, the oldest first.
#[derive(Debug, Default)]
pub struct Sightings {
    all: VecDeque<Sighting>,
}

impl Sightings {
    /// Two looks at one function.
    pub fn compare(&mut self, old: &Function, new: &Function, now: Moment) {
        if old.revision == new.revision || old.revision.is_empty() || new.revision.is_empty() {
            return;
        }
        // An older look that arrives late is no change back.
        if old.last_modified.zip(new.last_modified).is_some_and(|(old, new)| new < old) {
            return;
        }
        let differences = between(old, new);
        let known = self.all.iter().any(|seen| seen.function == new.name && seen.revision == new.revision);
        if !differences.is_empty() && !known {
            // LastModified is when it was made, as long as it moved with the revision.
            let made = new.last_modified.filter(|at| old.last_modified.is_none_or(|before| *at > before));
            self.push(Sighting {
                function: new.name.clone(),
                at: made.unwrap_or(now).min(now),
                what: What::Configuration(differences),
                revision: new.revision.clone(),
            });
        }
    }

    /// Two looks at the aliases of one function.
    pub fn compare_aliases(&mut self, function: &str, old: &[Alias], new: &[Alias], now: Moment) {
        let mut moved = |name: &str, from: Option<String>, to: Option<String>| {
            self.push(Sighting {
                function: function.to_string(),
                at: now,
                what: What::Alias(name.to_string(), from, to),
                revision: String::new(),
            });
        };
        for alias in new {
            let before = old.iter().find(|old| old.name == alias.name);
            if before.is_none_or(|before| before.routing() != alias.routing()) {
                moved(&alias.name, before.map(|before| before.routing().words()), Some(alias.routing().words()));
            }
        }
        for gone in old.iter().filter(|old| new.iter().all(|alias| alias.name != old.name)) {
            moved(&gone.name, Some(gone.routing().words()), None);
        }
    }

    fn push(&mut self, sighting: Sighting) {
        if self.all.len() >= KEPT {
            self.all.pop_front();
        }
        self.all.push_back(sighting);
    }

    /// Those of one function, the newest first.
    pub fn of<'a>(&'a self, function: &'a str) -> impl Iterator<Item = &'a Sighting> {
        self.all.iter().rev().filter(move |seen| seen.function == function)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: i64) -> Moment {
        Moment::from_timestamp(1_800_000_000 + seconds, 0).expect("a valid moment")
    }

    #[test]
    fn a_change_is_told_once_whoever_sees_it_and_an_old_look_is_none() {
        let old = Function { name: "pay".into(), revision: "a".into(), timeout_s: 10, ..Function::default() };
        let new = Function { revision: "b".into(), timeout_s: 30, last_modified: Some(moment(5)), ..old.clone() };
        let mut seen = Sightings::default();
        seen.compare(&old, &old, moment(9));
        seen.compare(&old, &new, moment(10));
        seen.compare(&old, &new, moment(20));
        let stale = Function { last_modified: Some(moment(1)), ..old.clone() };
        seen.compare(&new, &stale, moment(30));
        let told: Vec<_> = seen.of("pay").map(|seen| (seen.at, seen.words())).collect();
        assert_eq!(told, [(moment(5), "time-out 10 s -> 30 s".to_string())]);
        assert_eq!(seen.of("other").count(), 0);
    }

    #[test]
    fn aliases_that_move_appear_or_go_are_told() {
        let alias = |name: &str, version: &str, weights: &[(&str, f64)]| Alias {
            name: name.into(),
            version: version.into(),
            weights: weights.iter().map(|(version, weight)| ((*version).to_string(), *weight)).collect(),
            ..Alias::default()
        };
        let mut seen = Sightings::default();
        let old = [alias("live", "7", &[]), alias("old", "3", &[])];
        let new = [alias("live", "7", &[("8", 0.1)]), alias("test", "8", &[])];
        seen.compare_aliases("pay", &old, &new, moment(0));
        seen.compare_aliases("pay", &new, &new, moment(1));
        let told: Vec<_> = seen.of("pay").map(Sighting::words).collect();
        assert_eq!(told, ["old 3 -> none", "test none -> 8", "live 7 -> 7 90%, 8 10%"]);
    }
}
