//! Not refused, and yet not fast: waiting for an event source's hands, or spilling over what is provisioned.

use chrono::TimeDelta;

use super::facts::Facts;
use super::words::{counted, lasting, of_the_last, whole};
use super::{Cause, Verdict};
use crate::model::function::EventSourceMapping;
use crate::model::series::{Metric, Series, Statistic, Subject};
use crate::text;
use crate::time::Moment;

/// A message or record that waits less than this is not held back.
const WAITS: TimeDelta = TimeDelta::seconds(60);
/// How far back the present reaches, in buckets.
const LATELY: usize = 10;
/// Buckets at the maximum that make it a state rather than an accident.
const STEADY: usize = 3;
/// A stream falls behind where its iterator's age grows by this share of the time that passes.
const FALLS_BEHIND: f64 = 0.2;
/// Spilled over of the alias's invocations, from which it is told.
const SPILLS: f64 = 0.01;

/// What holds it back; none where nothing does.
pub fn held(facts: &Facts, now: Moment) -> Option<Verdict> {
    let mappings = || facts.detail.iter().flat_map(|detail| &detail.mappings).filter(|mapping| mapping.enabled());
    let queue = mappings().filter(|mapping| mapping.service() == "sqs").filter_map(|mapping| queue(facts, mapping));
    let stream = mappings().filter(|mapping| mapping.is_stream()).filter_map(|mapping| stream(facts, mapping));
    let worst = |verdicts: Vec<Verdict>| verdicts.into_iter().max_by(|a, b| a.weight.total_cmp(&b.weight));
    worst(queue.collect()).or_else(|| worst(stream.collect())).or_else(|| spillover(facts, now))
}

/// The settled buckets of the last minutes.
fn lately<'a>(facts: &Facts, series: &'a Series) -> Vec<&'a (Moment, f64)> {
    let from = facts.settled - facts.step() * (LATELY as i32 - 1);
    series.points.iter().filter(|(at, _)| (from..=facts.settled).contains(at)).collect()
}

/// A queue's mapping at its MaximumConcurrency while messages wait.
fn queue(facts: &Facts, mapping: &EventSourceMapping) -> Option<Verdict> {
    let maximum = f64::from(mapping.maximum_concurrency?);
    let concurrency = facts.own(Metric::ConcurrentExecutions, Statistic::Maximum)?;
    let recent = lately(facts, concurrency);
    let full = recent.iter().filter(|(_, used)| *used >= maximum).count();
    if full < STEADY || full * 2 < recent.len() {
        return None;
    }
    let subject = Subject::Queue(mapping.source_name().to_string());
    let of_queue = |metric| facts.store.metrics.get(&subject, metric, Statistic::Maximum);
    let age = of_queue(Metric::ApproximateAgeOfOldestMessage).map(|series| lately(facts, series));
    let waiting = of_queue(Metric::ApproximateNumberOfMessagesVisible).map(|series| lately(facts, series));
    // The newest that is settled; an empty list is no news of an empty queue.
    let newest = |points: &Option<Vec<&(Moment, f64)>>| points.as_ref().and_then(|points| points.last().map(|p| p.1));
    let (age_now, waiting_now) = (newest(&age), newest(&waiting));
    if age_now.is_some_and(|age| age < WAITS.as_seconds_f64()) || waiting_now.is_some_and(|count| count < 1.0) {
        return None;
    }
    let mut run = concurrency.points.iter().rev().skip_while(|(at, _)| *at > facts.settled);
    let since = run.by_ref().take_while(|(_, used)| *used >= maximum).last().map(|(at, _)| *at);
    let at = age.iter().flatten().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| *at).or(since);
    let alone = facts.detail.is_some_and(|d| d.mappings.iter().filter(|m| m.enabled()).count() == 1);
    let used = recent.last().map_or(maximum, |(_, used)| *used).max(maximum);
    let (name, source) = (facts.name, mapping.source_name());
    let wait = match (age_now, waiting_now) {
        (Some(age), Some(count)) => format!(
            "{}, the oldest {} old",
            counted(count, "message waits", "messages wait"),
            lasting(TimeDelta::milliseconds((age * 1000.0) as i64))
        ),
        (Some(age), None) => {
            format!("the oldest message is {} old", lasting(TimeDelta::milliseconds((age * 1000.0) as i64)))
        }
        (None, Some(count)) => counted(count, "message waits", "messages wait"),
        (None, None) => "how long messages wait is not measured".into(),
    };
    let certain = alone && (age_now.is_some() || waiting_now.is_some());
    let probably = if certain { "" } else { "probably " };
    let mut figures = vec![
        ("MaximumConcurrency".to_string(), whole(maximum)),
        ("in use".into(), whole(used)),
        ("queue".into(), source.to_string()),
    ];
    figures.extend(
        age_now.map(|age| ("oldest message".to_string(), lasting(TimeDelta::milliseconds((age * 1000.0) as i64)))),
    );
    figures.extend(waiting_now.map(|count| ("messages waiting".to_string(), whole(count))));
    let reserve = facts.reserved.flatten();
    let remedy = match reserve.filter(|reserve| *reserve <= maximum) {
        Some(reserve) => format!(
            "Raise the mapping's MaximumConcurrency above {}, and the reserve of {} with it; or make it faster",
            whole(maximum),
            whole(reserve)
        ),
        None => format!("Raise the mapping's MaximumConcurrency above {}, or make it faster", whole(maximum)),
    };
    Some(Verdict {
        cause: Cause::EventSourceMaximum,
        second: None,
        sentence: format!(
            "{name} is not throttled but {probably}held back: the mapping of queue {source} allows {} at once, {} in use {}, {wait}",
            whole(maximum),
            whole(used),
            of_the_last(full, LATELY, facts.period),
        ),
        figures,
        weight: waiting_now.or(age_now).unwrap_or(1.0),
        since,
        at,
        over: false,
        certain,
        next_key: "Enter",
        remedy,
    })
}

/// A stream whose iterator gets older: its shards are read one batch at a time.
fn stream(facts: &Facts, mapping: &EventSourceMapping) -> Option<Verdict> {
    let ages = lately(facts, facts.own(Metric::IteratorAge, Statistic::Maximum)?);
    let ((first, young), (last, old)) = (**ages.first()?, **ages.last()?);
    let passed = (last - first).as_seconds_f64();
    let grown = (old - young) / 1000.0;
    if ages.len() < STEADY || old < WAITS.as_seconds_f64() * 1000.0 || grown < FALLS_BEHIND * passed {
        return None;
    }
    let total = |metric| {
        let points = facts.own(metric, Statistic::Sum).map(|series| lately(facts, series));
        points.map(|points| points.iter().map(|(_, value)| value).sum::<f64>())
    };
    let failing = total(Metric::Errors).zip(total(Metric::Invocations)).is_some_and(|(bad, all)| bad > 0.05 * all);
    let factor = mapping.parallelization.unwrap_or(1);
    let in_use = facts
        .own(Metric::ConcurrentExecutions, Statistic::Maximum)
        .and_then(|series| lately(facts, series).last().map(|p| p.1));
    let since = facts
        .own(Metric::IteratorAge, Statistic::Maximum)
        .into_iter()
        .flat_map(|series| series.points.iter().rev())
        .skip_while(|(at, _)| *at > facts.settled)
        .take_while(|(_, age)| *age >= WAITS.as_seconds_f64() * 1000.0)
        .last()
        .map(|(at, _)| *at);
    let source = mapping.source_name();
    let behind = lasting(TimeDelta::milliseconds(old as i64));
    let why = match (failing, in_use) {
        (true, _) => "batches fail, and a shard waits for the batch that is tried again".to_string(),
        (false, Some(in_use)) => format!(
            "{}, for each shard takes {factor} (ParallelizationFactor)",
            counted(in_use, "batch is worked on at once", "batches are worked on at once")
        ),
        (false, None) => format!("each shard takes {} at once", counted(f64::from(factor), "batch", "batches")),
    };
    let pace = (grown / passed * 60.0).max(0.0);
    Some(Verdict {
        cause: Cause::EventSourceMaximum,
        second: None,
        sentence: format!(
            "{} is not throttled but falls behind its stream {source}: the oldest record read is {behind} old and gets {pace:.0} s \
             older each minute, probably because {why}",
            facts.name
        ),
        figures: vec![
            ("iterator age".into(), behind),
            ("older each minute".into(), format!("{pace:.0} s")),
            ("ParallelizationFactor".into(), factor.to_string()),
        ],
        weight: old / 1000.0,
        since,
        at: Some(last),
        over: false,
        // How many shards there are is not asked.
        certain: false,
        next_key: if failing { "l" } else { "m" },
        remedy: if failing {
            "Split failing batches (BisectBatchOnFunctionError), limit their retries, or give failures a destination"
                .into()
        } else {
            "Raise the ParallelizationFactor (up to 10), add shards, or make it faster".into()
        },
    })
}

/// Provisioned concurrency that is not enough: what comes beyond it starts cold.
fn spillover(facts: &Facts, now: Moment) -> Option<Verdict> {
    let mut worst: Option<Verdict> = None;
    for provisioned in facts.detail.iter().flat_map(|detail| &detail.provisioned) {
        let qualifier = &provisioned.qualifier;
        let subject = Subject::Qualifier { function: facts.name.into(), qualifier: qualifier.clone() };
        let sum = |metric| facts.store.metrics.get(&subject, metric, Statistic::Sum);
        let Some(spills) = sum(Metric::ProvisionedConcurrencySpilloverInvocations) else { continue };
        let spilled = spills.total();
        let warm = sum(Metric::ProvisionedConcurrencyInvocations).map_or(0.0, Series::total);
        let all = sum(Metric::Invocations).map_or(warm + spilled, Series::total).max(spilled);
        if spilled < 1.0 || spilled / all < SPILLS {
            continue;
        }
        let hits: Vec<&(Moment, f64)> = spills.points.iter().filter(|(_, value)| *value >= 0.5).collect();
        let last = hits.last().map_or(facts.settled, |(at, _)| *at);
        let over = facts.settled - last >= TimeDelta::minutes(10).max(facts.step() * 3);
        let count = provisioned.available.max(provisioned.allocated);
        let mut sentence = format!(
            "{} of the invocations of {}:{qualifier} spilled over its {count} provisioned: {} that may have started cold",
            text::percent(spilled / all),
            facts.name,
            whole(spilled),
        );
        if over {
            sentence.push_str(&format!("; over for {}", lasting(now - last - facts.step())));
        }
        let used = facts.store.metrics.get(&subject, Metric::ConcurrentExecutions, Statistic::Maximum);
        let verdict = Verdict {
            cause: Cause::Spillover,
            second: None,
            sentence,
            figures: vec![
                ("provisioned".into(), count.to_string()),
                ("spilled over".into(), whole(spilled)),
                ("of the invocations".into(), text::percent(spilled / all)),
            ],
            weight: spilled,
            since: hits.first().map(|(at, _)| *at),
            at: hits.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| *at),
            over,
            certain: true,
            next_key: "Enter",
            remedy: match used.and_then(Series::maximum).filter(|most| *most > f64::from(count)) {
                Some(most) => format!("Provision {} for {qualifier}, the most that ran at once", whole(most)),
                None => format!("Provision more than {count} for {qualifier}"),
            },
        };
        if worst.as_ref().is_none_or(|worst| verdict.weight > worst.weight) {
            worst = Some(verdict);
        }
    }
    worst
}
