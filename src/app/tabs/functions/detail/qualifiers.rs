//! Aliases and versions: where each leads, whether that is there, and how the versions of a weighted alias compare.

use crate::model::function::{Alias, FunctionDetail};
use crate::model::series::{Metric, SeriesKey, Statistic, Subject};
use crate::store::Store;
use crate::text;

/// What a row of the panel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An alias.
    Alias,
    /// The versions of the weighted alias above, compared.
    Comparison,
    /// A published version.
    Version,
}

/// A row of the panel.
#[derive(Clone, Debug, PartialEq)]
pub struct QualifierRow {
    /// Alias or version.
    pub name: String,
    /// What it points to; what is compared.
    pub points_to: String,
    /// The same in as few words as possible.
    pub short: String,
    /// What it is.
    pub kind: Kind,
    /// It leads to a version that is not there.
    pub broken: bool,
}

/// Weighted aliases that are compared at most: eight series each.
const COMPARED: usize = 8;

/// Aliases first, each weighted one with its versions compared, then versions, the newest first.
pub fn qualifiers(store: &Store, function: &str) -> Vec<QualifierRow> {
    let Some(detail) = store.details.get(function).and_then(|feed| feed.get()) else { return vec![] };
    let mut rows = Vec::new();
    for alias in &detail.aliases {
        let missing = missing(detail, alias);
        let mut points_to = format!("version {}", alias.version);
        for (version, weight) in &alias.weights {
            points_to.push_str(&format!(", {} to {version}", text::percent(*weight)));
        }
        if let Some(version) = &missing {
            points_to = match alias.weights.is_empty() {
                true => format!("version {version}, which is not there"),
                false => format!("{points_to}; {version} is not there"),
            };
        }
        rows.push(QualifierRow {
            name: alias.name.clone(),
            points_to,
            short: alias.routing().words(),
            kind: Kind::Alias,
            broken: missing.is_some(),
        });
        if let Some(words) = comparison(store, function, detail, alias) {
            rows.push(QualifierRow {
                name: alias.name.clone(),
                points_to: words,
                short: String::new(),
                kind: Kind::Comparison,
                broken: false,
            });
        }
    }
    rows.extend(detail.versions.iter().rev().map(|version| QualifierRow {
        name: version.version.clone(),
        points_to: version.description.clone(),
        short: version.description.clone(),
        kind: Kind::Version,
        broken: false,
    }));
    rows
}

/// A version that an alias leads to and that is not among those that are there. Where versions could not be listed,
/// nothing is known to be missing.
fn missing(detail: &FunctionDetail, alias: &Alias) -> Option<String> {
    let unknown = detail.missing.iter().any(|one| one.operation.ends_with("ListVersionsByFunction"));
    let there = |version: &str| version == "$LATEST" || detail.versions.iter().any(|one| one.version == version);
    let all = std::iter::once(&alias.version).chain(alias.weights.iter().map(|(version, _)| version));
    all.filter(|_| !unknown).find(|version| !version.is_empty() && !there(version)).cloned()
}

/// The versions between which an alias divides its invocations, the newer first; none where it leads to one only.
pub fn weighted(detail: &FunctionDetail, alias: &str) -> Option<Vec<String>> {
    let alias = detail.aliases.iter().find(|known| known.name == alias)?;
    if alias.weights.is_empty() {
        return None;
    }
    let mut versions: Vec<String> = std::iter::once(alias.version.clone())
        .chain(alias.weights.iter().map(|(version, _)| version.clone()))
        .collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.parse::<u64>().unwrap_or(u64::MAX)));
    Some(versions)
}

fn executed(function: &str, alias: &str, version: &str) -> Subject {
    Subject::ExecutedVersion { function: function.into(), alias: alias.into(), version: version.into() }
}

/// `8: 3.1% errors, p99 840ms; 7: 0.2%, 410ms`.
fn comparison(store: &Store, function: &str, detail: &FunctionDetail, alias: &Alias) -> Option<String> {
    let versions = weighted(detail, &alias.name)?;
    let mut first = true;
    let told: Vec<String> = versions
        .iter()
        .map(|version| {
            let figures = store.metrics.figures(&executed(function, &alias.name, version));
            let Some(count) = figures.invocations else { return format!("{version}: not known yet") };
            if count <= 0.0 {
                return format!("{version}: no invocation in the window");
            }
            let (errors, p99) = if std::mem::take(&mut first) { (" errors", "p99 ") } else { ("", "") };
            let took = figures.p99.map_or("-".to_string(), text::millis);
            format!(
                "{version}: {}{errors}, {p99}{took} of {}",
                text::percent(figures.error_share()),
                text::count(count)
            )
        })
        .collect();
    Some(told.join("; "))
}

/// The series that the comparisons take.
pub(super) fn series(detail: &FunctionDetail) -> Vec<SeriesKey> {
    let compared = detail.aliases.iter().filter_map(|alias| Some((alias, weighted(detail, &alias.name)?)));
    let mut series = Vec::new();
    for (alias, versions) in compared.take(COMPARED) {
        for version in versions {
            let subject = executed(&detail.name, &alias.name, &version);
            let key = |metric, statistic| SeriesKey::new(subject.clone(), metric, statistic);
            series.extend([
                key(Metric::Invocations, Statistic::Sum),
                key(Metric::Errors, Statistic::Sum),
                key(Metric::Duration, Statistic::Percentile(99)),
            ]);
        }
    }
    series
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::function::Version;
    use crate::model::series::Series;
    use crate::time::Moment;

    fn detail() -> FunctionDetail {
        let version = |name: &str| Version { version: name.into(), ..Version::default() };
        FunctionDetail {
            name: "pay".into(),
            aliases: vec![
                Alias {
                    name: "live".into(),
                    version: "7".into(),
                    weights: vec![("8".into(), 0.1)],
                    ..Alias::default()
                },
                Alias { name: "old".into(), version: "3".into(), ..Alias::default() },
            ],
            versions: vec![version("7"), version("8")],
            ..FunctionDetail::default()
        }
    }

    #[test]
    fn two_versions_of_an_alias_compare_in_one_line_and_a_missing_version_is_said() {
        let mut store = Store::default();
        let now = Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment");
        store.detail_mut("pay").accept(Ok(detail()), now);
        let rows = qualifiers(&store, "pay");
        let names: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.kind)).collect();
        let (alias, compared, version) = (Kind::Alias, Kind::Comparison, Kind::Version);
        assert_eq!(names, [("live", alias), ("live", compared), ("old", alias), ("8", version), ("7", version)]);
        assert_eq!(rows[1].points_to, "8: not known yet; 7: not known yet");
        assert!(rows[2].broken && rows[2].points_to == "version 3, which is not there", "{:?}", rows[2]);
        assert!(!rows[0].broken);
        let values = [100.0, 3.1, 840.0, 900.0, 1.8, 410.0];
        let measured = series(&detail()).into_iter().zip(values);
        let measured = measured.map(|(key, value)| (key, Series { period: 60, points: vec![(now, value)] }));
        store.metrics.accept(measured.collect(), now, now);
        let compared = &qualifiers(&store, "pay")[1].points_to;
        assert_eq!(compared, "8: 3.1% errors, p99 840ms of 100; 7: 0.2%, 410ms of 900");
    }
}
