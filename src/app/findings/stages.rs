//! Stages that answer 5xx.

use super::{ENOUGH, Round};
use crate::app::tabs::overview::{stage_subject, stage_subjects};
use crate::model::finding::{About, Severity};
use crate::text;

pub(super) fn all(round: &mut Round) {
    let store = round.store;
    for (id, name, stage, _) in stage_subjects(store) {
        let Some(api) = store.api(&id) else { continue };
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
