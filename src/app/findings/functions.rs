//! What a function's own figures tell: errors, and durations near the time-out.

use super::{ENOUGH, Round};
use crate::model::finding::Severity;
use crate::model::function::Function;
use crate::store::metrics::Figures;
use crate::text;

pub(super) fn errors(round: &mut Round, function: &Function, figures: &Figures) {
    let (share, thresholds) = (figures.error_share(), round.thresholds);
    if figures.invocations.is_none_or(|count| count < ENOUGH) || share < thresholds.error_share {
        return;
    }
    let (severity, limit) = if share >= thresholds.error_share_critical {
        (Severity::Critical, thresholds.error_share_critical)
    } else {
        (Severity::Warning, thresholds.error_share)
    };
    let sentence = format!(
        "{} fails: {} of its invocations ({} errors), limit {}",
        function.name,
        text::percent(share),
        text::count(figures.errors),
        text::percent(limit)
    );
    round.tell("errors", severity, &function.name, "l", figures.errors, sentence);
}

/// p99 of the duration near the time-out, or at it: what takes that long is ended by Lambda.
pub(super) fn duration(round: &mut Round, function: &Function, figures: &Figures) {
    let timeout = f64::from(function.timeout_s) * 1000.0;
    let limit = round.thresholds.duration_of_timeout;
    let Some(p99) = figures.p99.filter(|p99| timeout > 0.0 && p99 / timeout >= limit) else { return };
    let (check, severity, sentence) = if p99 >= timeout * 0.999 {
        (
            "time-outs",
            Severity::Warning,
            format!(
                "{} runs into its time-out: p99 is {} of {}",
                function.name,
                text::millis(p99),
                text::millis(timeout)
            ),
        )
    } else {
        (
            "duration",
            Severity::Warning,
            format!(
                "{} nears its time-out: p99 {} of {}, limit {}",
                function.name,
                text::millis(p99),
                text::millis(timeout),
                text::percent(limit)
            ),
        )
    };
    round.tell(check, severity, &function.name, "t", p99 / timeout, sentence);
}
