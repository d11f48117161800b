//! Refused: which limit did it.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::concurrency::pool_at;
use super::facts::{Bucket, Facts};
use super::fit::{self, Fit};
use super::words::{counted, lasting, named, of_the_last, rate, whole};
use super::{Cause, REQUESTS_PER_UNIT, Share, Verdict};
use crate::model::series::{Metric, Statistic, Subject};
use crate::text;
use crate::time::Moment;

/// Refusals further apart than this are different episodes; the newest is told of.
const APART: TimeDelta = TimeDelta::minutes(15);
/// Without a refusal for so long in settled buckets, it is over.
const OVER: TimeDelta = TimeDelta::minutes(10);
/// A second cause is named from this share of the refusals on.
const SECOND: f64 = 0.2;
/// A pool has one culprit where a function uses so much of it.
const CULPRIT: f64 = 0.3;

/// What one cause has done.
#[derive(Default)]
struct Tally {
    refused: f64,
    /// Of it, in buckets in which the limit was reached.
    proved: f64,
    reached: usize,
    worst: Option<(Bucket, Fit)>,
}

/// The newest episode.
struct Episode {
    buckets: Vec<Bucket>,
    since: Moment,
    end: Moment,
    refused: f64,
    ran: f64,
    over: bool,
}

/// Why invocations were refused; none where none were.
pub fn throttled(facts: &Facts, now: Moment) -> Option<Verdict> {
    let episode = Episode::newest(facts)?;
    let off = facts.reserved == Some(Some(0.0));
    let mut causes: BTreeMap<Cause, Tally> = BTreeMap::new();
    for bucket in &episode.buckets {
        let fit = fit::best(facts, bucket);
        let tally = causes.entry(fit.map_or(Cause::Unknown, |fit| fit.cause)).or_default();
        tally.refused += bucket.throttles;
        let Some(fit) = fit else { continue };
        tally.proved += if fit.reached { bucket.throttles } else { 0.0 };
        tally.reached += usize::from(fit.reached);
        let worse =
            tally.worst.is_none_or(|(worst, of_it)| (fit.reached, bucket.throttles) > (of_it.reached, worst.throttles));
        if worse {
            tally.worst = Some((*bucket, fit));
        }
    }
    let total = episode.refused;
    let (&cause, tally) =
        causes.iter().max_by(|(_, a), (_, b)| a.proved.total_cmp(&b.proved).then(a.refused.total_cmp(&b.refused)))?;
    let cause = if off { Cause::Off } else { cause };
    let second = causes
        .iter()
        .filter(|(other, tally)| **other != cause && tally.proved >= SECOND * total)
        .max_by(|a, b| a.1.proved.total_cmp(&b.1.proved))
        .map(|(other, _)| *other)
        .filter(|_| !off);
    let at = episode.buckets.iter().max_by(|a, b| a.throttles.total_cmp(&b.throttles)).map(|bucket| bucket.start);
    let certain = off || (facts.reserved.is_some() && tally.proved >= 0.5 * total && cause != Cause::Unknown);
    let telling = Telling { facts, episode: &episode, tally, certain };
    let mut sentence = telling.sentence(cause);
    if let Some(second) = second {
        sentence.push_str(&format!("; in other minutes it is the {}", second.words().trim_start_matches("the ")));
    }
    if episode.over {
        let end = episode.end + facts.step();
        sentence.push_str(&format!("; over for {}", lasting(now - end)));
    }
    let mut figures = vec![
        ("refused".to_string(), whole(total)),
        ("of the attempts".to_string(), text::percent(total / (total + episode.ran))),
    ];
    figures.extend(telling.figures());
    Some(Verdict {
        cause,
        second,
        sentence,
        figures,
        weight: total,
        since: Some(episode.since),
        at,
        over: episode.over,
        certain,
        next_key: if cause == Cause::Off { "Enter" } else { "m" },
        remedy: telling.remedy(cause),
    })
}

impl Episode {
    fn newest(facts: &Facts) -> Option<Episode> {
        let throttles = facts.own(Metric::Throttles, Statistic::Sum)?;
        let hits: Vec<Moment> =
            throttles.points.iter().filter(|(_, value)| *value >= 0.5).map(|(start, _)| *start).collect();
        let end = *hits.last()?;
        let apart = APART.max(facts.step() * 3);
        let first = hits.windows(2).rposition(|pair| pair[1] - pair[0] > apart).map_or(0, |at| at + 1);
        let buckets: Vec<Bucket> = hits[first..].iter().map(|start| facts.bucket(*start)).collect();
        let since = hits[first];
        let over = facts.settled - end >= OVER.max(facts.step() * 3);
        let end = if over { end } else { end.max(facts.settled) };
        let ran = facts.own(Metric::Invocations, Statistic::Sum).map_or(0.0, |series| {
            series.points.iter().filter(|(at, _)| (since..=end).contains(at)).map(|(_, value)| value).sum()
        });
        let refused = buckets.iter().map(|bucket| bucket.throttles).sum();
        Some(Episode { buckets, since, end, refused, ran, over })
    }
}

struct Telling<'a> {
    facts: &'a Facts<'a>,
    episode: &'a Episode,
    tally: &'a Tally,
    certain: bool,
}

impl Telling<'_> {
    fn sentence(&self, cause: Cause) -> String {
        let name = self.facts.name;
        let is = if self.episode.over { "was" } else { "is" };
        let refused = self.refused();
        let probably = if self.certain { "" } else { "probably " };
        let doubt = self.doubt();
        let worst = self.tally.worst;
        match (cause, worst) {
            (Cause::Off, _) => {
                format!("{name} is switched off: its reserved concurrency is 0, {refused}")
            }
            (Cause::Reserved, Some((bucket, fit))) => {
                let all = self.facts.provisioned >= fit.limit && self.facts.provisioned > 0.0;
                let provisioned = if all { " (all of it provisioned)" } else { "" };
                let enough = needed(&bucket, &fit)
                    .filter(|_| fit.reached)
                    .map_or(String::new(), |needed| format!("; about {} would have been enough", whole(needed)));
                format!(
                    "{name} {is} {probably}throttled by its reserved concurrency: {} of {} in use{provisioned} {}, \
                     {refused}{enough}{doubt}",
                    whole(fit.used),
                    whole(fit.limit),
                    self.how_often(),
                )
            }
            (Cause::AccountPool, Some((bucket, fit))) => self.pool_sentence(&bucket, &fit, is, probably) + &doubt,
            (Cause::ScalingRate, Some((bucket, _))) => {
                let grows = if self.episode.over { "grew" } else { "grows" };
                format!(
                    "{name} {probably}{grows} faster than 1,000 new environments per 10 s: its concurrency rose from {} to {} in \
                     {}, {refused}{doubt}",
                    whole(bucket.before.unwrap_or(0.0)),
                    whole(bucket.concurrency.unwrap_or(0.0)),
                    if self.facts.period == 60 { "one minute".into() } else { lasting(self.facts.step()) },
                )
            }
            (Cause::RequestRate, Some((bucket, fit))) => {
                let units = fit.limit / REQUESTS_PER_UNIT;
                let of = if self.facts.reserved.flatten().is_some() { "its reserve" } else { "the account" };
                let in_use = bucket.concurrency.map_or(String::new(), |used| {
                    format!(", though only {} of {} were in use", whole(used), whole(units))
                });
                let in_use = if bucket.concurrency.is_some_and(|used| used < units) { in_use } else { String::new() };
                format!(
                    "{name} {is} {probably}throttled by the request rate of {of}: {} requests/s against 10 x {} = {}{in_use}, \
                     {refused}{doubt}",
                    rate(fit.used),
                    whole(units),
                    whole(fit.limit),
                )
            }
            _ => format!("{name} {is} throttled by a limit that the figures don't show: {refused}{}", self.unseen()),
        }
    }

    fn pool_sentence(&self, bucket: &Bucket, fit: &Fit, is: &str, probably: &str) -> String {
        let (facts, refused) = (self.facts, self.refused());
        let name = facts.name;
        let limit = facts.unreserved.unwrap_or(fit.limit);
        let users: Vec<(String, f64)> = pool_at(facts.store, bucket.start)
            .into_iter()
            .filter(|(_, _, share)| matches!(share, Share::Unreserved(_) | Share::NotKnown(_)))
            .map(|(name, used, _)| (name, used))
            .collect();
        let culprit = users.first().filter(|(_, used)| *used >= CULPRIT * limit);
        match culprit {
            Some((culprit, used)) if culprit == name => {
                let others = self.others_refused(bucket.start);
                let others: Vec<&str> = others.iter().map(String::as_str).collect();
                let whom = match others.as_slice() {
                    [] => String::new(),
                    [one] => format!("{one} is refused too, "),
                    more => format!("{} are refused too, ", named(more)),
                };
                let uses = if self.episode.over { "used" } else { "uses" };
                let own = if whom.is_empty() { String::new() } else { " of its own".into() };
                format!(
                    "{name} {probably}{uses} up the account's pool: {} of the {} unreserved, {whom}{refused}{own}",
                    whole(*used),
                    whole(limit)
                )
            }
            Some((culprit, used)) => format!(
                "{name} {is} {probably}throttled by the account's pool: {culprit} uses {} of the {} unreserved, {}, {refused}",
                whole(*used),
                whole(limit),
                self.how_often(),
            ),
            None => {
                let (in_use, of) = match bucket.unreserved {
                    Some(used) => (used, format!("of the {} unreserved in use", whole(limit))),
                    None => (fit.used, format!("of the account's {} claimed", whole(fit.limit))),
                };
                let most = users.first().map_or("who uses them is not measured here".to_string(), |(name, used)| {
                    format!("{name} uses most of what is measured, {}", whole(*used))
                });
                format!(
                    "{name} {is} {probably}throttled by the account's pool: {} {of} {}, {refused}; {most}",
                    whole(in_use),
                    self.how_often()
                )
            }
        }
    }

    /// Functions without a reserve that were refused in the same bucket.
    fn others_refused(&self, at: Moment) -> Vec<String> {
        let store = self.facts.store;
        let mut others: Vec<(f64, String)> = store
            .metrics
            .functions()
            .filter(|name| *name != self.facts.name)
            .filter(|name| store.functions.get(name).is_some_and(|f| f.reserved.flatten().is_none()))
            .filter_map(|name| {
                let subject = Subject::Function(name.to_string());
                let refused = store.metrics.get(&subject, Metric::Throttles, Statistic::Sum)?.at(at)?;
                (refused >= 0.5).then(|| (refused, name.to_string()))
            })
            .collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        others.into_iter().map(|(_, name)| name).collect()
    }

    fn how_often(&self) -> String {
        let all = self.facts.buckets(self.episode.since, self.episode.end);
        let count = if self.tally.reached > 0 { self.tally.reached } else { self.episode.buckets.len() };
        of_the_last(count, all, self.facts.period)
    }

    fn refused(&self) -> String {
        let Episode { refused, ran, .. } = self.episode;
        let attempts = counted(*refused, "attempt", "attempts");
        format!("{attempts} refused ({})", text::percent(refused / (refused + ran)))
    }

    fn doubt(&self) -> String {
        match (self.certain, self.facts.reserved, self.tally.reached) {
            (true, ..) => String::new(),
            (_, None, _) => "; whether it has a reserve is not known yet".into(),
            (_, _, 0) => "; bursts shorter than a minute don't show in these figures".into(),
            _ => "; in the other minutes no limit shows".into(),
        }
    }

    /// What was not reached, and what can't be seen.
    fn unseen(&self) -> String {
        let facts = self.facts;
        let most = |read: fn(&Bucket) -> Option<f64>| {
            self.episode
                .buckets
                .iter()
                .filter_map(read)
                .fold(None, |most: Option<f64>, value| Some(most.map_or(value, |most| most.max(value))))
        };
        let mut parts = Vec::new();
        match (facts.reserved, most(|bucket| bucket.concurrency)) {
            (Some(Some(reserve)), Some(used)) => {
                parts.push(format!("at most {} of {} reserved in use", whole(used), whole(reserve)));
            }
            (Some(Some(_)), None) => parts.push("its concurrency is not measured".into()),
            (None, _) => parts.push("whether it has a reserve is not known yet".into()),
            (Some(None), _) => match (facts.account, most(|bucket| bucket.claimed.or(bucket.unreserved))) {
                (None, _) => parts.push("the account's limit is not known".into()),
                (_, None) => parts.push("the account's concurrency is not measured".into()),
                (Some(limit), Some(used)) => {
                    parts.push(format!("at most {} of the account's {} in use", whole(used), whole(limit)));
                }
            },
        }
        if self.episode.over {
            parts.push("a limit may have been changed since".into());
        }
        parts.iter().map(|part| format!("; {part}")).collect()
    }

    fn figures(&self) -> Vec<(String, String)> {
        let facts = self.facts;
        let mut figures = Vec::new();
        match facts.reserved {
            Some(Some(reserve)) => figures.push(("reserved".to_string(), whole(reserve))),
            Some(None) => figures.push(("reserved".into(), "none".into())),
            None => figures.push(("reserved".into(), "not known".into())),
        }
        if let Some((bucket, fit)) = &self.tally.worst {
            if let Some(used) = bucket.concurrency {
                figures.push(("in use at most".into(), whole(used)));
            }
            if fit.cause == Cause::AccountPool {
                figures.push(("pool in use".into(), format!("{} of {}", whole(fit.used), whole(fit.limit))));
            }
            figures.push(("requests/s".into(), rate(bucket.rate(facts.period))));
            if let Some(needed) = needed(bucket, fit) {
                figures.push(("needed about".into(), whole(needed)));
            }
        }
        figures
    }

    fn remedy(&self, cause: Cause) -> String {
        let needed = self.tally.worst.and_then(|(bucket, fit)| needed(&bucket, &fit));
        match cause {
            Cause::Off => "Remove the reserve or set it above 0, if it is meant to run".into(),
            Cause::Reserved => match needed {
                Some(needed) => format!("Raise its reserve to {} or more, or make it faster", whole(needed)),
                None => "Raise its reserve, or make it faster".into(),
            },
            Cause::AccountPool => {
                "Give the function that uses most a reserve as its ceiling, or this one a reserve of its own, or \
                                   ask AWS for a higher limit"
                    .into()
            }
            Cause::ScalingRate => {
                "Provisioned concurrency before the burst, or a queue in front that spreads it".into()
            }
            Cause::RequestRate => match needed {
                Some(needed) => format!("Raise its reserve to {}: ten requests a second for each", whole(needed)),
                None => "Spread the requests, or batch them".into(),
            },
            _ => "Look at the callers' errors: the Reason of a 429 names the limit".into(),
        }
    }
}

/// What would have been enough in this bucket: of concurrency, what ran scaled to what wanted to; of a rate, a tenth of it.
fn needed(bucket: &Bucket, fit: &Fit) -> Option<f64> {
    match fit.cause {
        Cause::Reserved if bucket.invocations > 0.0 && fit.limit > 0.0 => {
            let attempts = bucket.invocations + bucket.throttles;
            Some((fit.limit * attempts / bucket.invocations).ceil().max(fit.limit + 1.0))
        }
        Cause::RequestRate => Some((fit.used / REQUESTS_PER_UNIT).ceil().max(1.0)),
        _ => None,
    }
}
