//! What feeds a function: event source mappings, and asynchronous events that get old or lost.

use super::Round;
use crate::model::finding::Severity;
use crate::model::function::{EventSourceMapping, Function, FunctionDetail};
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::text;

pub(super) fn all(round: &mut Round, function: &Function, detail: &FunctionDetail) {
    for mapping in &detail.mappings {
        state(round, function, mapping);
    }
    iterator_age(round, function, detail);
    asynchronous(round, function, detail);
}

fn what(mapping: &EventSourceMapping) -> String {
    let kind = match mapping.service() {
        "sqs" => "queue ",
        "kinesis" => "stream ",
        "dynamodb" => "table ",
        _ => "",
    };
    format!("{kind}{}", mapping.source_name())
}

fn state(round: &mut Round, function: &Function, mapping: &EventSourceMapping) {
    let name = &function.name;
    let because = |text: &str| if text.is_empty() { String::new() } else { format!(" ({text})") };
    if !mapping.enabled() {
        let sentence = format!(
            "{name} is not fed: its mapping of {} is {}{}",
            what(mapping),
            mapping.state,
            because(&mapping.reason)
        );
        round.tell("mapping-off", Severity::Notice, name, "Enter", 0.5, sentence);
    } else if mapping.last_result.starts_with("PROBLEM") || mapping.state == "Failed" {
        let told = if mapping.state == "Failed" { &mapping.reason } else { &mapping.last_result };
        let sentence = format!("{name}: its mapping of {} is in trouble: {}", what(mapping), text::safe_line(told));
        round.tell("mapping-trouble", Severity::Warning, name, "l", 1.0, sentence);
    }
}

/// A time in milliseconds, to the minute.
fn lasting(ms: f64) -> String {
    text::span(std::time::Duration::from_secs_f64((ms / 1000.0).max(0.0)))
}

fn of(round: &Round, function: &Function, metric: Metric, statistic: Statistic) -> Option<Series> {
    round.store.metrics.get(&Subject::Function(function.name.clone()), metric, statistic).cloned()
}

fn iterator_age(round: &mut Round, function: &Function, detail: &FunctionDetail) {
    let most = of(round, function, Metric::IteratorAge, Statistic::Maximum).and_then(|series| series.maximum());
    let limit = round.thresholds.iterator_age;
    let Some(age) = most.filter(|age| *age >= limit.as_secs_f64() * 1000.0) else { return };
    let streams: Vec<&EventSourceMapping> = detail.mappings.iter().filter(|mapping| mapping.is_stream()).collect();
    let source = match streams.as_slice() {
        [one] => what(one),
        _ => "its streams".into(),
    };
    let sentence = format!(
        "{} reads {source} late: the oldest record read was {} old, limit {}",
        function.name,
        lasting(age),
        text::span(limit)
    );
    round.tell("iterator-age", Severity::Critical, &function.name, "m", age, sentence);
}

fn asynchronous(round: &mut Round, function: &Function, detail: &FunctionDetail) {
    let name = &function.name;
    let total = |metric| of(round, function, metric, Statistic::Sum).map_or(0.0, |series| series.total());
    let dropped = total(Metric::AsyncEventsDropped);
    let undelivered = total(Metric::DestinationDeliveryFailures);
    let dead = total(Metric::DeadLetterErrors);
    let received = total(Metric::AsyncEventsReceived);
    if dropped >= 1.0 {
        let of = if received >= dropped {
            format!(" ({} of those received)", text::percent(dropped / received))
        } else {
            String::new()
        };
        let kept = detail.asynchronous.as_ref().and_then(|config| config.on_failure.as_deref());
        let kept = kept.or(function.dead_letter.as_deref());
        let fate = match kept {
            Some(_) if undelivered + dead >= 1.0 => {
                "; some could not be delivered to what keeps failures, they are lost".to_string()
            }
            Some(arn) => format!("; they went to {}", arn.rsplit(':').next().unwrap_or(arn)),
            None => "; nothing keeps them, they are lost".into(),
        };
        let sentence = format!("{name} dropped {} asynchronous events{of}{fate}", text::count(dropped));
        round.tell("async-dropped", Severity::Critical, name, "l", dropped, sentence);
    }
    for (failures, check, whither) in [
        (undelivered, "destination-failures", "its destination"),
        (dead, "dead-letter-errors", "its dead-letter target"),
    ] {
        if failures >= 1.0 {
            let sentence = format!(
                "{name} could not deliver {} asynchronous events to {whither}: permission or size; limit 0",
                text::count(failures)
            );
            round.tell(check, Severity::Critical, name, "l", failures, sentence);
        }
    }
    let age = of(round, function, Metric::AsyncEventAge, Statistic::Maximum).and_then(|series| series.maximum());
    let limit = round.thresholds.async_age;
    if let Some(age) = age.filter(|age| *age >= limit.as_secs_f64() * 1000.0) {
        let sentence =
            format!("Asynchronous events of {name} waited up to {}, limit {}", text::millis(age), text::span(limit));
        round.tell("async-age", Severity::Warning, name, "m", age, sentence);
    }
}
