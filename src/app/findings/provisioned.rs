//! Provisioned concurrency that failed, or that idles.

use super::Round;
use crate::model::finding::Severity;
use crate::model::function::{Function, FunctionDetail, ProvisionedStatus};
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::text;

pub(super) fn all(round: &mut Round, function: &Function, detail: &FunctionDetail) {
    for config in &detail.provisioned {
        let name = format!("{}:{}", function.name, config.qualifier);
        if let ProvisionedStatus::Failed(reason) = &config.status {
            let sentence = format!("Provisioned concurrency of {name} failed: {reason}");
            round.tell("provisioned-failed", Severity::Critical, &function.name, "Enter", 1.0, sentence);
            continue;
        }
        let subject = Subject::Qualifier { function: function.name.clone(), qualifier: config.qualifier.clone() };
        let utilization = round
            .store
            .metrics
            .get(&subject, Metric::ProvisionedConcurrencyUtilization, Statistic::Maximum)
            .and_then(Series::maximum);
        let limit = round.thresholds.provisioned_low;
        if let Some(used) = utilization.filter(|used| *used < limit) {
            let sentence = format!(
                "Provisioned concurrency of {name} is at most {} used, of {}; limit {}",
                text::percent(used),
                config.requested,
                text::percent(limit)
            );
            let weight = f64::from(config.requested);
            round.tell("provisioned-idle", Severity::Notice, &function.name, "Enter", weight, sentence);
        }
    }
}
