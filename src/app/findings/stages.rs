//! Stages that answer 5xx, and stages that refuse requests: which limit does.

use super::{ENOUGH, Round};
use crate::app::tabs::overview::{stage_subject, stage_subjects};
use crate::model::api::Api;
use crate::model::finding::{About, Severity};
use crate::store::gateway;
use crate::text;

pub(super) fn all(round: &mut Round) {
    let store = round.store;
    for (id, name, stage, _) in stage_subjects(store) {
        let Some(api) = store.api(&id) else { continue };
        refused(round, api, &stage);
        let figures = store.metrics.stage_figures(&stage_subject(api, &stage));
        let Some(count) = figures.count.filter(|count| *count >= ENOUGH) else { continue };
        let (share, thresholds) = (figures.errors_5xx / count, round.thresholds);
        if share < thresholds.fault_share {
            continue;
        }
        let (severity, limit) = if share >= thresholds.fault_share_critical {
            (Severity::Critical, thresholds.fault_share_critical)
        } else {
            (Severity::Warning, thresholds.fault_share)
        };
        let sentence = format!(
            "{name} {stage} answers 5xx to {} of its requests ({}), limit {}",
            text::percent(share),
            text::count(figures.errors_5xx),
            text::percent(limit)
        );
        round.add("stage-5xx", severity, About::Stage(id, stage), "m", figures.errors_5xx, sentence);
    }
}

/// Requests that are answered 429, with the limit that refuses them.
fn refused(round: &mut Round, api: &Api, name: &str) {
    let stages = round.store.stages.get(&api.id).and_then(|feed| feed.get());
    let Some(stage) = stages.and_then(|stages| stages.iter().find(|stage| stage.name == name)) else { return };
    let Some(verdict) = gateway::verdict(round.store, api, stage, round.now) else { return };
    let many = verdict.share.is_some_and(|share| share >= round.thresholds.throttle_share);
    // What the metrics only make likely is no alarm.
    let severity = if many && verdict.counted { Severity::Critical } else { Severity::Warning };
    let about = About::Stage(api.id.clone(), name.to_string());
    round.add("stage-429", severity, about, "Enter", verdict.refused, verdict.sentence);
}
