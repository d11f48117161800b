//! Concurrency: which limit refuses or holds back, a function that is switched off, the account's limit and when it is
//! reached.

use chrono::TimeDelta;

use super::Round;
use crate::model::finding::{About, Severity};
use crate::model::function::Function;
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::store::limits::{self, Cause};
use crate::store::metrics::Figures;
use crate::text;

/// From here on the account's concurrency is as good as used up.
const USED_UP: f64 = 0.98;

pub(super) fn account(round: &mut Round) {
    let Some(limit) =
        round.store.account.get().map(|account| f64::from(account.concurrency_limit)).filter(|l| *l > 0.0)
    else {
        return;
    };
    let most = |metric| round.store.metrics.get(&Subject::Fleet, metric, Statistic::Maximum).and_then(Series::maximum);
    let claimed = most(Metric::ClaimedAccountConcurrency).or_else(|| most(Metric::ConcurrentExecutions));
    let threshold = round.thresholds.concurrency_of_limit;
    if let Some(claimed) = claimed.filter(|claimed| claimed / limit >= threshold) {
        let severity = if claimed >= limit * USED_UP { Severity::Critical } else { Severity::Warning };
        let sentence = format!(
            "The account's concurrency reached {claimed:.0} of {limit:.0} ({}), limit {}",
            text::percent(claimed / limit),
            text::percent(threshold)
        );
        round.add("account-concurrency", severity, About::Account, "2", claimed, sentence);
    }
    if let Some(forecast) = limits::forecast(round.store, None, round.now).filter(|f| is_near(round, f)) {
        let sentence = format!(
            "The account's concurrency rises by {} a minute: {}",
            text::count(forecast.per_minute),
            forecast.sentence
        );
        round.add("forecast", Severity::Warning, About::Account, "2", forecast.per_minute, sentence);
    }
}

fn is_near(round: &Round, forecast: &limits::Forecast) -> bool {
    forecast.at - round.now <= TimeDelta::from_std(round.thresholds.forecast).unwrap_or(TimeDelta::MAX)
}

/// What refuses or holds back a function; where nothing does, when something will.
pub(super) fn limits(round: &mut Round, function: &Function, figures: &Figures) {
    let name = &function.name;
    // What holds back is only known of functions that were looked at.
    let verdict = if figures.throttles >= 1.0 || round.store.details.contains_key(name) {
        limits::verdict(round.store, name, round.now)
    } else {
        None
    };
    let Some(verdict) = verdict else {
        let reserve = function.reserved.flatten().filter(|reserve| *reserve > 0);
        let forecast = reserve.and_then(|_| limits::forecast(round.store, Some(name), round.now));
        if let Some(forecast) = forecast.filter(|forecast| is_near(round, forecast)) {
            let rises = text::count(forecast.per_minute);
            let sentence = format!("{name} needs {rises} more at once each minute: {}", forecast.sentence);
            round.tell("forecast", Severity::Warning, name, "m", forecast.per_minute, sentence);
        }
        return;
    };
    let much = figures.throttle_share() >= round.thresholds.throttle_share;
    let (check, severity) = match verdict.cause {
        Cause::Spillover => ("spillover", Severity::Warning),
        Cause::EventSourceMaximum => ("held-back", Severity::Warning),
        _ if verdict.over => ("throttles", Severity::Warning),
        _ if much => ("throttles", Severity::Critical),
        _ => ("throttles", Severity::Warning),
    };
    round.tell(check, severity, name, verdict.next_key, verdict.weight, verdict.sentence);
}

/// Functions with a reserve of 0, unless they are told of as refusing.
pub(super) fn switched_off(round: &mut Round) {
    let off = round.store.functions.all().iter().filter(|function| function.reserved == Some(Some(0)));
    for function in off {
        if round.found.iter().any(|found| found.check == "throttles" && found.about.is_function(&function.name)) {
            continue;
        }
        let sentence = format!(
            "{} is switched off: its reserved concurrency is 0. By whom and since when Lambda does not say",
            function.name
        );
        round.tell("switched-off", Severity::Warning, &function.name, "Enter", 0.0, sentence);
    }
}
