//! Why a trace, or a log, is not to be found: in words that say what to do.

use chrono::TimeDelta;

use crate::app::step::TraceTarget;
use crate::model::trace::started;
use crate::model::tracing::Tracing;
use crate::store::Store;
use crate::time::Moment;

/// How long X-Ray keeps a trace. Source: its endpoints and quotas page.
const KEPT: TimeDelta = TimeDelta::days(30);
/// A trace may take so long to appear.
const LATE: TimeDelta = TimeDelta::seconds(60);

/// Why X-Ray does not have a trace.
pub fn why_no_trace(target: &TraceTarget, store: &Store, now: Moment) -> String {
    if target.sampled == Some(false) {
        return "it was not sampled: its log says Sampled=0. Only sampled requests are kept, by default one a second and 5 % \
                of the others"
            .into();
    }
    let began = started(&target.id).or(target.at);
    if began.is_some_and(|began| now - began > KEPT) {
        return "it is older than 30 days, which is as long as X-Ray keeps traces".into();
    }
    if began.is_some_and(|began| now - began < LATE) {
        return "it is less than a minute old and may still be on its way; it is asked for again".into();
    }
    let untraced = target.function.as_deref().and_then(|name| store.functions.get(name)).filter(|f| !f.traced);
    if let Some(function) = untraced {
        return format!(
            "{} is not traced (TracingConfig is PassThrough): it sends segments only where its caller's request was sampled",
            function.name
        );
    }
    match store.tracing.get().map(Tracing::is_transaction_search) {
        Some(true) => "neither a retrieval nor the log group aws/spans has it".into(),
        _ => "the request was most likely not sampled: by default one a second and 5 % of the others are".into(),
    }
}

/// Why a log can't be shown at all; none where nothing speaks against it.
pub fn why_no_log(function: &str, at: Option<Moment>, store: &Store, now: Moment) -> Option<String> {
    let group = store.functions.get(function)?.log_group.clone();
    let groups = store.log_groups.get()?;
    let Some(known) = groups.iter().find(|known| known.name == group) else {
        return Some(format!(
            "There is no log group {group}: it was deleted, {function} never ran, or may not write logs"
        ));
    };
    let age = now - at?;
    let kept = TimeDelta::days(i64::from(known.retention_days?));
    (age > kept).then(|| format!("{group} keeps {} days; this is older", kept.num_days()))
}
