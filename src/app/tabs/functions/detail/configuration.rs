//! The Configuration panel: the function as it is, what was seen to change, and two configurations compared.

use super::Detail;
use super::row::{Row, Tone};
use crate::model::diff::between;
use crate::model::function::{Function, FunctionDetail};
use crate::store::Store;
use crate::store::sightings::Sighting;
use crate::text;
use crate::time::Moment;

/// `$LATEST`.
pub const LATEST: &str = "$LATEST";
/// Changes that were seen and are shown at most.
const SEEN: usize = 5;

impl Detail {
    /// The lines of the panel: of a comparison, where one was asked for. `clock` writes a time of day.
    pub fn configuration_rows(&self, store: &Store, clock: &dyn Fn(Moment) -> String) -> Vec<Row> {
        if let Some((from, to)) = &self.compared {
            return self.comparison_rows(from, to, store);
        }
        let Some(function) = self.function(store) else { return vec![] };
        let mut rows: Vec<Row> = store
            .sightings
            .of(&self.name)
            .take(SEEN)
            .map(|seen: &Sighting| Row::new(format!("changed {}", clock(seen.at)), seen.words()).tone(Tone::Warning))
            .collect();
        rows.extend(configuration(function, store).into_iter().map(|(what, value)| Row::new(what, value)));
        rows
    }

    fn comparison_rows(&self, from: &str, to: &str, store: &Store) -> Vec<Row> {
        let mut rows = vec![Row::heading(format!("{from} -> {to}"))];
        match (self.configuration_of(from, store), self.configuration_of(to, store)) {
            (Ok((a, from)), Ok((b, to))) => {
                let differences = between(a, b);
                if differences.is_empty() {
                    let value = format!("{from} and {to} are alike in everything that is known of them");
                    rows.push(Row::new("alike", value).tone(Tone::Good));
                }
                rows.extend(differences.into_iter().map(|one| {
                    let value = format!("{} -> {}", one.from, one.to);
                    Row::new(one.attribute, value).tone(Tone::Warning)
                }));
                rows.push(Row::note("values of environment variables are not read: only names and lengths compare"));
            }
            (Err(why), _) | (_, Err(why)) => rows.push(Row::new("not compared", why).tone(Tone::Critical)),
        }
        rows
    }

    /// The configuration of `$LATEST`, of a version, or of the version that an alias leads to, with that version's name.
    fn configuration_of<'a>(&'a self, name: &'a str, store: &'a Store) -> Result<(&'a Function, &'a str), String> {
        let unknown = || "the versions are not known yet".to_string();
        if name == LATEST {
            return self.function(store).map(|function| (function, LATEST)).ok_or_else(unknown);
        }
        let detail = self.known(store).ok_or_else(unknown)?;
        let alias = detail.aliases.iter().find(|alias| alias.name == name);
        let version = alias.map_or(name, |alias| alias.version.as_str());
        if version == LATEST {
            return self.configuration_of(LATEST, store);
        }
        let found = detail.versions.iter().find(|known| known.version == version);
        found
            .map(|known| (&known.configuration, known.version.as_str()))
            .ok_or_else(|| format!("version {version} is not there"))
    }

    /// The next comparison: from whatever is selected among aliases and versions, else of each alias with `$LATEST`.
    pub(super) fn compare_next(&mut self, about: &str, store: &Store) -> Result<(), String> {
        let Some(detail) = self.known(store) else { return Err("The versions are not known yet".into()) };
        let all = comparisons(detail, about);
        if all.is_empty() {
            return Err("Nothing to compare with: no published version and no alias".into());
        }
        let at = self.compared.as_ref().and_then(|compared| all.iter().position(|pair| pair == compared));
        self.compared = match at {
            Some(at) => all.get(at + 1).cloned(),
            None => all.first().cloned(),
        };
        Ok(())
    }
}

/// What `about` may be compared with, as (from, to): a version with the one before it, then with what each alias leads to,
/// then with `$LATEST`; an alias with `$LATEST`; `$LATEST` with each alias and with the newest version.
pub fn comparisons(detail: &FunctionDetail, about: &str) -> Vec<(String, String)> {
    let latest = || LATEST.to_string();
    let place = detail.versions.iter().position(|version| version.version == about);
    if let Some(place) = place {
        let mut all = Vec::new();
        if let Some(before) = place.checked_sub(1).and_then(|at| detail.versions.get(at)) {
            all.push((before.version.clone(), about.to_string()));
        }
        let others = detail.aliases.iter().filter(|alias| alias.version != about);
        all.extend(others.map(|alias| (alias.name.clone(), about.to_string())));
        all.push((about.to_string(), latest()));
        return all;
    }
    if detail.aliases.iter().any(|alias| alias.name == about) {
        return vec![(about.to_string(), latest())];
    }
    let mut all: Vec<_> = detail.aliases.iter().map(|alias| (alias.name.clone(), latest())).collect();
    all.extend(detail.versions.last().map(|version| (version.version.clone(), latest())));
    all
}

/// The configuration as (what, value) lines; values of environment variables are never known here.
pub fn configuration(function: &Function, store: &Store) -> Vec<(String, String)> {
    let detail = store.details.get(&function.name).and_then(|feed| feed.get());
    let mut rows = vec![
        ("runtime".to_string(), format!("{} {}", function.runtime, function.architecture)),
        ("handler".into(), function.handler.clone()),
        ("memory".into(), format!("{} MB", function.memory_mb)),
        ("time-out".into(), format!("{} s", function.timeout_s)),
        ("ephemeral storage".into(), format!("{} MB", function.storage_mb)),
        ("code".into(), format!("{} {}", function.package, text::bytes(function.code_size))),
    ];
    let mut add = |what: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            rows.push((what.to_string(), value));
        }
    };
    add("state", detail.and_then(|d| d.state.clone()).or_else(|| function.state.clone()));
    let reason = function.last_update_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let update = detail.and_then(|d| d.last_update.clone()).or_else(|| function.last_update.clone());
    add("last update", update.map(|update| format!("{update}{reason}")));
    add("last modified", function.last_modified.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string()));
    add("reserved concurrency", detail.map(|d| d.reserved.map_or("none".into(), |n| n.to_string())));
    add("code sha256", Some(function.sha256.clone()));
    add("log group", Some(function.log_group.clone()));
    add("log format", Some(if function.json_logs { "JSON" } else { "Text" }.into()));
    add("X-Ray tracing", Some(if function.traced { "Active" } else { "PassThrough" }.into()));
    add("SnapStart", function.snap_start.then(|| "PublishedVersions".into()));
    add("VPC", function.vpc.clone());
    add("dead letters", function.dead_letter.clone());
    add("role", Some(function.role.clone()));
    add("arn", Some(function.arn.clone()));
    add("description", Some(function.description.clone()));
    for layer in &function.layers {
        rows.push(("layer".into(), layer.clone()));
    }
    for (key, value) in detail.into_iter().flat_map(|detail| &detail.tags) {
        rows.push((format!("tag {key}"), value.clone()));
    }
    for (name, length) in &function.environment {
        rows.push((format!("env {name}"), format!("{} ({length} characters, masked)", "•".repeat(8))));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::function::{Alias, Version};

    #[test]
    fn a_version_compares_with_the_one_before_with_what_aliases_lead_to_and_with_latest() {
        let version = |name: &str, timeout_s| Version {
            version: name.into(),
            configuration: Function { timeout_s, ..Function::default() },
            ..Version::default()
        };
        let alias =
            |name: &str, version: &str| Alias { name: name.into(), version: version.into(), ..Alias::default() };
        let detail = FunctionDetail {
            name: "pay".into(),
            versions: vec![version("7", 10), version("8", 30)],
            aliases: vec![alias("live", "7"), alias("gone", "2")],
            configuration: Some(Box::new(Function { name: "pay".into(), timeout_s: 30, ..Function::default() })),
            ..FunctionDetail::default()
        };
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        let with = comparisons(&detail, "8");
        assert_eq!(with, [pair("7", "8"), pair("live", "8"), pair("gone", "8"), pair("8", LATEST)]);
        let mut store = Store::default();
        store.detail_mut("pay").accept(Ok(detail), Moment::from_timestamp(0, 0).expect("a valid moment"));
        let mut open = Detail::of("pay".into());
        let clock = |at: Moment| at.format("%H:%M").to_string();
        let told = |open: &Detail| -> Vec<String> {
            let rows = open.configuration_rows(&store, &clock);
            rows.iter().map(|row| format!("{} {}", row.what, row.value)).collect()
        };
        open.compare_next("8", &store).expect("there is something to compare");
        assert_eq!(told(&open)[..2], ["7 -> 8 ", "time-out 10 s -> 30 s"]);
        open.compare_next("8", &store).expect("there is more");
        assert_eq!(told(&open)[..2], ["live -> 8 ", "time-out 10 s -> 30 s"]);
        open.compare_next("8", &store).expect("there is more");
        assert!(told(&open)[1].contains("version 2 is not there"), "{:?}", told(&open));
        open.compare_next("8", &store).expect("there is more");
        assert!(told(&open)[1].starts_with("alike"), "{:?}", told(&open));
        open.compare_next("8", &store).expect("and then none");
        assert_eq!(open.compared, None);
    }
}
