//! Which limit refuses the requests of a stage, in one sentence with its numbers; nothing where nothing is refused.
//!
//! The access log tells what was refused, of which method and key; limits that can't have refused these are out. Of those
//! left the one that is exceeded most is named: every request has to pass all of them. Without an access log the metrics
//! alone must show it: more came than a limit lets through, and about so many were answered 4xx.

use super::limits::{number, set_burst, set_rate};
use super::load::{Load, RECENT, account_load};
use super::{PlanLimit, Refusals, method_load, own_throttle, plans_of, refusals, routes, stage_level, stage_load};
use crate::model::api::{Api, ApiKey, Refused, Stage, UsagePlan};
use crate::store::Store;
use crate::text;
use crate::time::Moment;

/// Which limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The account's, over all APIs of the region.
    Account,
    /// The stage's default throttle.
    Stage,
    /// The throttle of one method: `GET /orders/{id}`.
    Method(String),
    /// A usage plan's rate, of each key: the plan's name.
    PlanRate(String),
    /// A usage plan's rate on one method: the plan's name, and the method.
    PlanMethod(String, String),
    /// A usage plan's quota: the plan's name.
    PlanQuota(String),
    /// None that is known.
    Unknown,
}

/// What refuses requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Which limit.
    pub cause: Cause,
    /// One sentence, with the numbers.
    pub sentence: String,
    /// Requests refused in the last 15 minutes: counted in the access log, or else at most so many (4xx).
    pub refused: f64,
    /// Of the requests, 0 to 1, where it is known.
    pub share: Option<f64>,
    /// The access log tells it; else the metrics only make it likely.
    pub counted: bool,
}

/// Fewer 4xx than this are no sign of a limit, and fewer refused requests are a burst here and there.
const ENOUGH: f64 = 10.0;
/// From this share of the requests on fewer are worth a word too.
const SHARE: f64 = 0.01;
/// Share of what was refused that must be a method's or a plan's for it to be meant.
const MOST: f64 = 0.5;

/// A limit that may be it.
struct Candidate {
    cause: Cause,
    /// How many times the limit is reached.
    ratio: f64,
    words: String,
}

/// Which limit refuses requests of a stage now; none where nothing is refused, or nothing is known of it.
pub fn verdict(store: &Store, api: &Api, stage: &Stage, now: Moment) -> Option<Verdict> {
    let load = stage_load(store, api, &stage.name, now);
    match refusals(store, api, stage) {
        known @ Refusals::Counted { refused, .. }
            if refused.refused == 0
                || (refused.refused as f64) < ENOUGH && known.share().is_none_or(|share| share < SHARE) =>
        {
            None
        }
        // What is too old to be the present.
        Refusals::Counted { refused, .. } if refused.to.is_some_and(|to| now - to > RECENT) => None,
        known @ Refusals::Counted { refused, requests } => {
            let share = known.share();
            let candidate = counted(store, api, stage, refused, load.as_ref(), now);
            let more = if refused.capped { "more than " } else { "" };
            let of = match (requests, share) {
                (Some(requests), Some(share)) => {
                    let requests = requests.max(refused.refused as f64);
                    format!(" of {} requests ({})", text::count(requests), text::percent(share))
                }
                _ => " requests".into(),
            };
            let sentence = format!(
                "{}/{} refused {more}{}{of} with 429 in the last 15m: {}",
                api.name, stage.name, refused.refused, candidate.words
            );
            Some(Verdict { cause: candidate.cause, sentence, refused: refused.refused as f64, share, counted: true })
        }
        Refusals::Unknown(why) => {
            let load = load.filter(|load| load.errors_4xx >= ENOUGH)?;
            let candidate = likely(store, api, stage, &load, now)?;
            let sentence = format!(
                "{}/{} answered {} of {} requests ({}) with 4xx in the last 15m, probably 429 ({why}): {}",
                api.name,
                stage.name,
                text::count(load.errors_4xx),
                text::count(load.requests),
                text::percent(load.errors_4xx / load.requests.max(1.0)),
                candidate.words
            );
            Some(Verdict { cause: candidate.cause, sentence, refused: load.errors_4xx, share: None, counted: false })
        }
    }
}

/// How many times a limit is reached.
fn ratio(load: f64, rate: Option<f64>, burst: Option<i32>) -> f64 {
    match (rate, burst) {
        (Some(0.0), _) | (_, Some(0)) => f64::INFINITY,
        (Some(rate), _) => load / rate,
        (None, _) => 0.0,
    }
}

/// As `2/s (burst 4)`.
fn limit(rate: Option<f64>, burst: Option<i32>) -> String {
    match (rate, burst) {
        (Some(rate), Some(burst)) => format!("{}/s (burst {burst})", number(rate)),
        (Some(rate), None) => format!("{}/s", number(rate)),
        (None, Some(burst)) => format!("burst {burst}"),
        (None, None) => "not set".into(),
    }
}

/// What came against a limit, in words.
fn against(whose: &str, peak: Option<f64>, rate: Option<f64>, burst: Option<i32>) -> String {
    if rate == Some(0.0) || burst == Some(0) {
        return "so every request is refused".into();
    }
    match (peak, rate) {
        (Some(peak), Some(rate)) if peak > rate => format!("{whose} had {}/s in the busiest minute", number(peak)),
        (Some(peak), _) => format!("{whose} had {}/s in the busiest minute, in bursts above it", number(peak)),
        (None, _) => format!("how much {whose} had is not known"),
    }
}

fn top(counts: &[(String, u64)]) -> Option<(&str, f64)> {
    let all: u64 = counts.iter().map(|(_, n)| n).sum();
    counts.first().map(|(name, n)| (name.as_str(), *n as f64 / all.max(1) as f64))
}

/// Of what the log tells.
fn counted(store: &Store, api: &Api, stage: &Stage, refused: &Refused, load: Option<&Load>, now: Moment) -> Candidate {
    if let Some(candidate) = quota(store, api, stage, Some(refused)) {
        return candidate;
    }
    let peak = load.map(|load| load.peak);
    let mut candidates = Vec::new();
    candidates.extend(plans(store, api, stage, refused, peak));
    let of_methods = |wanted: bool| -> u64 {
        refused.routes.iter().filter(|(key, _)| own_throttle(stage, key) == wanted).map(|(_, n)| n).sum()
    };
    let (with_own, without) = (of_methods(true), of_methods(false));
    let all = (with_own + without) as f64;
    if all == 0.0 || without as f64 >= all * MOST {
        candidates.extend(stage_default(stage, peak));
    }
    if with_own as f64 > all * MOST {
        candidates.extend(method(store, api, stage, refused, now));
    }
    candidates.extend(account(store, now));
    let worst = candidates.into_iter().max_by(|a, b| a.ratio.total_cmp(&b.ratio));
    worst.unwrap_or_else(|| Candidate {
        cause: Cause::Unknown,
        ratio: 0.0,
        words: "no limit is known that explains it (GetAccount and GetUsagePlans tell)".into(),
    })
}

fn stage_default(stage: &Stage, peak: Option<f64>) -> Option<Candidate> {
    let (rate, burst) = (set_rate(stage.defaults.throttle_rate), set_burst(stage.defaults.throttle_burst));
    (rate.is_some() || burst.is_some()).then(|| Candidate {
        cause: Cause::Stage,
        ratio: ratio(peak.unwrap_or(0.0), rate, burst),
        words: format!("the stage's throttle is {}, {}", limit(rate, burst), against("it", peak, rate, burst)),
    })
}

/// The method with a throttle of its own of which most was refused.
fn method(store: &Store, api: &Api, stage: &Stage, refused: &Refused, now: Moment) -> Option<Candidate> {
    let (key, n) = refused.routes.iter().find(|(key, _)| own_throttle(stage, key))?;
    let (rate, burst) = stage_level(stage, key);
    let (rate, burst) = (rate.map(|(rate, _)| rate), burst.map(|(burst, _)| burst));
    let peak = method_load(store, api, stage, key, now).map(|load| load.peak);
    // What is refused comes on top of what a limit that bites lets through.
    let at_least = rate.unwrap_or(0.0) + *n as f64 / RECENT.num_seconds() as f64;
    Some(Candidate {
        cause: Cause::Method(key.clone()),
        ratio: ratio(peak.unwrap_or(at_least), rate, burst).max(1.0),
        words: format!(
            "the throttle of {key} is {}, {n} of them were its{}",
            limit(rate, burst),
            peak.map(|_| format!("; {}", against("it", peak, rate, burst))).unwrap_or_default()
        ),
    })
}

fn name_of<'a>(plan: &'a UsagePlan, id: &'a str) -> &'a str {
    plan.keys.iter().find(|key| key.id == id).map_or(id, |key| key.name.as_str())
}

/// Usage plans whose rate may be it.
fn plans(store: &Store, api: &Api, stage: &Stage, refused: &Refused, peak: Option<f64>) -> Vec<Candidate> {
    let keyed = |key: &str| routes(store, &api.id).iter().any(|route| route.key == key && route.api_key);
    let mut candidates = Vec::new();
    for PlanLimit { plan, stage: of } in plans_of(store, api, &stage.name) {
        let share = match top(&refused.keys) {
            Some((id, share)) if plan.keys.iter().any(|key| key.id == id) => Some((Some(id), share)),
            Some(_) => None,
            // The log does not tell the key: only what needs one can be meant.
            None => top(&refused.routes).filter(|(key, _)| keyed(key)).map(|(_, share)| (None, share)),
        };
        let Some((key, share)) = share.filter(|(_, share)| *share >= MOST) else { continue };
        let whose = match key {
            Some(id) => format!("key {}", name_of(plan, id)),
            None => "its keys".into(),
        };
        let load = peak.map(|peak| peak * share);
        let own = top(&refused.routes).filter(|(_, share)| *share >= MOST).and_then(|(route, _)| {
            of.throttles.iter().find(|(known, _)| known == route).map(|(known, throttle)| (known, *throttle))
        });
        if let Some((route, throttle)) = own {
            let (rate, burst) = (set_rate(throttle.rate), set_burst(throttle.burst));
            let words = format!(
                "usage plan {} lets each key have {} of {route}, {}",
                plan.name,
                limit(rate, burst),
                against(&whose, load, rate, burst)
            );
            let cause = Cause::PlanMethod(plan.name.clone(), route.clone());
            candidates.push(Candidate { cause, ratio: ratio(load.unwrap_or(0.0), rate, burst), words });
        }
        if let Some(throttle) = plan.throttle {
            let (rate, burst) = (set_rate(throttle.rate), set_burst(throttle.burst));
            let words = format!(
                "usage plan {} lets each key have {}, {}",
                plan.name,
                limit(rate, burst),
                against(&whose, load, rate, burst)
            );
            let cause = Cause::PlanRate(plan.name.clone());
            candidates.push(Candidate { cause, ratio: ratio(load.unwrap_or(0.0), rate, burst), words });
        }
    }
    candidates
}

/// A quota that is used up, where the log does not contradict it.
fn quota(store: &Store, api: &Api, stage: &Stage, refused: Option<&Refused>) -> Option<Candidate> {
    let is_quota = |kind: &str| kind == "QUOTA_EXCEEDED";
    let told = refused.and_then(|refused| top(&refused.kinds)).map(|(kind, _)| is_quota(kind));
    if told == Some(false) {
        return None;
    }
    let plans = plans_of(store, api, &stage.name);
    let empty = |key: &&ApiKey| key.left.is_some_and(|left| left <= 0);
    let meant = |key: &&ApiKey| match refused.and_then(|refused| top(&refused.keys)) {
        Some((id, _)) => key.id == id,
        None => true,
    };
    let found = plans.iter().find_map(|limit| {
        let plan = limit.plan;
        plan.keys.iter().filter(empty).find(meant).map(|key| (plan, key))
    });
    // The log says so, and usage is told late.
    let found = found.or_else(|| {
        let told = told == Some(true);
        plans
            .iter()
            .filter(|limit| told && limit.plan.quota.is_some())
            .find_map(|limit| limit.plan.keys.iter().find(meant).map(|key| (limit.plan, key)))
    });
    let words = match found {
        Some((plan, key)) => {
            let quota = plan.quota.as_ref()?;
            let used = key.used.map_or("all".to_string(), |used| used.to_string());
            format!(
                "key {} has used {used} of the {} requests that usage plan {} grants a {}",
                key.name, quota.limit, plan.name, quota.period
            )
        }
        None if told == Some(true) => "a usage plan's quota is used up (which is not known yet)".into(),
        None => return None,
    };
    let cause = Cause::PlanQuota(found.map(|(plan, _)| plan.name.clone()).unwrap_or_default());
    Some(Candidate { cause, ratio: f64::INFINITY, words })
}

fn account(store: &Store, now: Moment) -> Option<Candidate> {
    let limits = store.api_account.get()?;
    let (rate, burst) = (set_rate(limits.rate), set_burst(limits.burst));
    let peak = account_load(store, now).map(|load| load.peak);
    (rate.is_some() || burst.is_some()).then(|| Candidate {
        cause: Cause::Account,
        ratio: ratio(peak.unwrap_or(0.0), rate, burst),
        words: format!(
            "the account's throttle is {}, {}",
            limit(rate, burst),
            against("all APIs together", peak, rate, burst)
        ),
    })
}

/// Without a log: what came over a limit must be about what was answered 4xx.
fn likely(store: &Store, api: &Api, stage: &Stage, load: &Load, now: Moment) -> Option<Candidate> {
    if let Some(candidate) = quota(store, api, stage, None) {
        return Some(candidate);
    }
    let explains = |load: &Load, rate: Option<f64>, burst: Option<i32>| {
        let rate = if burst == Some(0) { Some(0.0) } else { rate };
        let excess = load.excess(rate?, f64::from(burst.unwrap_or(0)));
        (excess >= ENOUGH && load.errors_4xx >= excess * MOST).then_some(excess)
    };
    let mut found: Vec<(f64, Candidate)> = Vec::new();
    let defaults = &stage.defaults;
    if let Some(excess) = explains(load, set_rate(defaults.throttle_rate), set_burst(defaults.throttle_burst)) {
        found.extend(stage_default(stage, Some(load.peak)).map(|candidate| (excess, candidate)));
    }
    for (key, own) in stage.overrides.iter().filter(|(key, _)| own_throttle(stage, key)) {
        let (rate, burst) = (set_rate(own.throttle_rate), set_burst(own.throttle_burst));
        let Some(of_method) = method_load(store, api, stage, key, now) else { continue };
        if let Some(excess) = explains(&of_method, rate, burst) {
            let came = against("it", Some(of_method.peak), rate, burst);
            let words = format!("the throttle of {key} is {}, {came}", limit(rate, burst));
            found.push((excess, Candidate { cause: Cause::Method(key.clone()), ratio: 1.0, words }));
        }
    }
    if let (Some(limits), Some(all)) = (store.api_account.get(), account_load(store, now))
        && let Some(excess) = explains(&all, set_rate(limits.rate), set_burst(limits.burst))
    {
        found.extend(account(store, now).map(|candidate| (excess, candidate)));
    }
    found.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}
