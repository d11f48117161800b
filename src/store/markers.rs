//! What happened to a function in a stretch of time, for its charts: versions published, aliases moved, its configuration
//! changed, provisioned concurrency set.

use crate::store::Store;
use crate::store::sightings::What;
use crate::time::Moment;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// When.
    pub at: Moment,
    /// V(ersion published), A(lias moved), C(onfiguration changed), P(rovisioned concurrency set).
    pub letter: char,
    /// What, in words.
    pub words: String,
}

/// What is known to have happened to a function from `from` to `to`, the oldest first. Versions and times of last change
/// come from AWS; moves of aliases only from what was seen between two looks.
pub fn of(store: &Store, function: &str, from: Moment, to: Moment) -> Vec<Marker> {
    let mut markers = Vec::new();
    let mut add = |at: Option<Moment>, letter: char, words: String| {
        if let Some(at) = at.filter(|at| (from..=to).contains(at)) {
            markers.push(Marker { at, letter, words });
        }
    };
    let detail = store.details.get(function).and_then(|feed| feed.get());
    let mut told = None;
    for seen in store.sightings.of(function) {
        let letter = match &seen.what {
            What::Configuration(_) => {
                told = told.max(Some(seen.at));
                'C'
            }
            What::Alias(..) => 'A',
        };
        add(Some(seen.at), letter, seen.words());
    }
    let configuration = detail.and_then(|detail| detail.configuration.as_deref());
    let changed = configuration.or_else(|| store.functions.get(function)).and_then(|function| function.last_modified);
    // Where it was seen what changed, that says more than that something did.
    if changed > told {
        add(changed, 'C', "$LATEST last changed: code or configuration".into());
    }
    if let Some(detail) = detail {
        for version in &detail.versions {
            let about =
                if version.description.is_empty() { String::new() } else { format!(": {}", version.description) };
            add(version.last_modified, 'V', format!("version {} published{about}", version.version));
        }
        for set in &detail.provisioned {
            let words = format!("provisioned concurrency of {} set to {}", set.qualifier, set.requested);
            add(set.last_modified, 'P', words);
        }
    }
    markers.sort_by_key(|marker| (marker.at, marker.letter));
    markers
}

/// The one nearest to a moment.
pub fn nearest(markers: &[Marker], at: Moment) -> Option<&Marker> {
    markers.iter().min_by_key(|marker| (marker.at - at).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::function::{Alias, Function, FunctionDetail, ProvisionedConcurrency, ProvisionedStatus, Version};

    fn moment(seconds: i64) -> Moment {
        Moment::from_timestamp(1_800_000_000 + seconds, 0).expect("a valid moment")
    }

    #[test]
    fn what_happened_in_the_window_stands_in_its_order() {
        let mut store = Store::default();
        let version = |name: &str, at| Version {
            version: name.into(),
            last_modified: Some(moment(at)),
            description: "fix".into(),
            ..Version::default()
        };
        let detail = FunctionDetail {
            versions: vec![version("7", -9_000), version("8", 100)],
            provisioned: vec![ProvisionedConcurrency {
                qualifier: "live".into(),
                requested: 5,
                allocated: 0,
                available: 0,
                status: ProvisionedStatus::InProgress,
                last_modified: Some(moment(300)),
            }],
            configuration: Some(Box::new(Function { last_modified: Some(moment(90)), ..Function::default() })),
            ..FunctionDetail::default()
        };
        store.detail_mut("pay").accept(Ok(detail), moment(400));
        let alias = |version: &str| Alias { name: "live".into(), version: version.into(), ..Alias::default() };
        store.sightings.compare_aliases("pay", &[alias("7")], &[alias("8")], moment(200));
        let markers = of(&store, "pay", moment(0), moment(400));
        assert_eq!(markers.iter().map(|marker| marker.letter).collect::<String>(), "CVAP");
        assert_eq!(markers[1].words, "version 8 published: fix");
        assert_eq!(nearest(&markers, moment(210)).map(|marker| marker.words.as_str()), Some("live 7 -> 8"));
        assert_eq!(nearest(&[], moment(0)), None);
    }
}
