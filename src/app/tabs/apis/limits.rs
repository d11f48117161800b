//! What a stage lets in, in lines: what was refused, the account, the stage, its methods, and the usage plans with what
//! each key has used.

use super::settings::{Setting, Tone};
use crate::model::api::{Api, ApiKey, Protocol, Stage, UsagePlan};
use crate::store::Store;
use crate::store::feed::Standing;
use crate::store::gateway::{self, Load, PlanLimit, Refusals};
use crate::text;
use crate::time::Moment;

/// Methods, or keys, of the refused requests that are named.
const NAMED: usize = 5;
/// From this share of a limit on it is worth a second look.
const NEAR: f64 = 0.8;

/// A rate and a burst as they are written: `20/s, burst 40`.
pub fn throttle_words(rate: Option<f64>, burst: Option<i32>) -> String {
    match (gateway::set_rate(rate), gateway::set_burst(burst)) {
        (Some(rate), Some(burst)) => format!("{}/s, burst {burst}", gateway::number(rate)),
        (Some(rate), None) => format!("{}/s", gateway::number(rate)),
        (None, Some(burst)) => format!("burst {burst}"),
        (None, None) => "not set".into(),
    }
}

/// All lines.
pub fn all(store: &Store, api: &Api, stage: &Stage, now: Moment) -> Vec<Setting> {
    let mut lines = vec![refused(store, api, stage)];
    let load = gateway::stage_load(store, api, &stage.name, now);
    lines.push(account(store, now));
    lines.push(of_stage(stage, load.as_ref(), now));
    for (key, own) in stage.overrides.iter().filter(|(key, _)| gateway::own_throttle(stage, key)) {
        let (rate, burst) = (own.throttle_rate, own.throttle_burst);
        let load = gateway::method_load(store, api, stage, key, now);
        let mut line = limit(key, throttle_words(rate, burst), gateway::set_rate(rate), load.as_ref(), now);
        line.route = Some(key.clone());
        lines.push(line);
    }
    plans(&mut lines, store, api, stage);
    by(&mut lines, store, api, stage);
    lines
}

fn refused(store: &Store, api: &Api, stage: &Stage) -> Setting {
    let figures = gateway::figures(store, api, &stage.name);
    let refusals = gateway::refusals(store, api, stage);
    match &refusals {
        Refusals::Counted { refused, requests } => {
            let of = requests.filter(|n| *n > 0.0).map(|n| format!(" of {}", text::count(n))).unwrap_or_default();
            let share = refusals.share().filter(|share| *share > 0.0);
            let share = share.map(|share| format!(" ({})", text::percent(share))).unwrap_or_default();
            let more = if refused.capped { "more than " } else { "" };
            let words = format!("{more}{}{of} requests refused in the last 15m{share}", refused.refused);
            Setting::new("429", words, if refused.refused > 0 { Tone::Warning } else { Tone::Plain })
        }
        Refusals::Unknown(why) => {
            let share = figures.count.filter(|count| *count > 0.0).map(|count| figures.errors_4xx / count);
            let share = share.map(|share| format!("4xx {}, ", text::percent(share))).unwrap_or_default();
            Setting::new("429", format!("{share}429 unknown: {why}"), Tone::Quiet)
        }
    }
}

/// A limit with what came against it.
fn limit(what: &str, words: String, rate: Option<f64>, load: Option<&Load>, now: Moment) -> Setting {
    let mut line = Setting::new(what, words, Tone::Plain);
    let (Some(rate), Some(load)) = (rate, load) else { return line };
    if rate == 0.0 {
        line.value.push_str(": every request is refused");
        line.tone = Tone::Warning;
        return line;
    }
    let (room, ago) = (load.headroom(rate), text::age((now - load.peak_at).num_seconds()));
    let peak = format!("peak {}/s {ago} ago", gateway::number(load.peak));
    line.value.push_str(&if load.requests == 0.0 {
        "; no request in the last 15m".to_string()
    } else if room < 0.0 {
        format!("; {} over it, {peak}", text::percent(-room))
    } else {
        format!("; headroom {}, {peak}", text::percent(room))
    });
    line.bar = Some(load.peak / rate);
    if load.peak / rate >= NEAR {
        line.tone = Tone::Warning;
    }
    line
}

fn account(store: &Store, now: Moment) -> Setting {
    match (store.api_account.get(), store.api_account.trouble()) {
        (Some(limits), _) => {
            let words = throttle_words(limits.rate, limits.burst);
            limit(
                "account, all",
                words,
                gateway::set_rate(limits.rate),
                gateway::account_load(store, now).as_ref(),
                now,
            )
        }
        (None, Some(trouble)) => Setting::new("account", trouble.sentence(), Tone::Warning),
        (None, None) => Setting::new("account", "waiting for GetAccount", Tone::Quiet),
    }
}

fn of_stage(stage: &Stage, load: Option<&Load>, now: Moment) -> Setting {
    let (rate, burst) = (stage.defaults.throttle_rate, stage.defaults.throttle_burst);
    let words = throttle_words(rate, burst);
    if words == "not set" {
        return Setting::new("stage", "not set: only the account's applies", Tone::Quiet);
    }
    limit("stage", words, gateway::set_rate(rate), load, now)
}

fn plans(lines: &mut Vec<Setting>, store: &Store, api: &Api, stage: &Stage) {
    if api.protocol == Protocol::Http {
        lines.push(Setting::new("usage plans", "none: HTTP APIs have neither plans nor API keys", Tone::Quiet));
        return;
    }
    let plans = gateway::plans_of(store, api, &stage.name);
    if plans.is_empty() {
        lines.push(match store.usage_plans.standing() {
            Standing::Waiting => Setting::new("usage plans", "waiting for them", Tone::Quiet),
            Standing::Live(_) => Setting::new("usage plans", "none holds this stage", Tone::Quiet),
            Standing::Stale(_, trouble) | Standing::Failed(trouble) => {
                Setting::new("usage plans", trouble.sentence(), Tone::Warning)
            }
        });
    }
    for PlanLimit { plan, stage } in plans {
        let about = |line: Setting| Setting { plan: Some(plan.id.clone()), ..line };
        let throttle = plan.throttle.unwrap_or_default();
        let throttle = throttle_words(throttle.rate, throttle.burst);
        let quota = plan.quota.as_ref().map(|quota| format!("{} a {}", quota.limit, quota.period));
        let words = match (throttle.as_str(), quota) {
            ("not set", Some(quota)) => format!("{quota}, of each key"),
            ("not set", None) => "neither throttle nor quota".into(),
            (_, Some(quota)) => format!("{throttle}; {quota}, of each key"),
            (_, None) => format!("{throttle} of each key; no quota"),
        };
        let mut line = about(Setting::new(format!("plan {}", plan.name), words, Tone::Plain));
        line.copy = Some(("usage plan id".into(), plan.id.clone()));
        lines.push(line);
        for (key, throttle) in &stage.throttles {
            let words = format!("{} of each key", throttle_words(throttle.rate, throttle.burst));
            let line = Setting::new(format!("  {key}"), words, Tone::Plain);
            lines.push(Setting { route: Some(key.clone()), ..about(line) });
        }
        lines.extend(plan.keys.iter().map(|key| about(of_key(plan, key))));
        for trouble in &plan.missing {
            lines.push(about(Setting::new("  not known", trouble.sentence(), Tone::Warning)));
        }
    }
}

fn of_key(plan: &UsagePlan, key: &ApiKey) -> Setting {
    let off = if key.enabled == Some(false) { "switched off: every request with it is refused; " } else { "" };
    let mut line = Setting::new(format!("  key {}", key.name), String::new(), Tone::Plain);
    line.copy = Some(("API key id".into(), key.id.clone()));
    line.value = match (&plan.quota, key.used, key.left) {
        (Some(quota), Some(used), Some(left)) => {
            let share = if quota.limit > 0 { 1.0 - left as f64 / quota.limit as f64 } else { 1.0 };
            line.bar = Some(share);
            if share >= NEAR {
                line.tone = Tone::Warning;
            }
            let left = if left <= 0 { "none left: refused with 429".into() } else { format!("{left} left") };
            format!("{off}used {used} of {} this {}, {left}", quota.limit, quota.period)
        }
        (Some(_), ..) => format!("{off}what it has used is not known"),
        (None, ..) => format!("{off}no quota"),
    };
    if key.enabled == Some(false) {
        line.tone = Tone::Warning;
    }
    line
}

/// Of whose requests the refused were.
fn by(lines: &mut Vec<Setting>, store: &Store, api: &Api, stage: &Stage) {
    let Refusals::Counted { refused, .. } = gateway::refusals(store, api, stage) else { return };
    let name = |id: &str| {
        let keys = gateway::plans_of(store, api, &stage.name).into_iter().flat_map(|limit| &limit.plan.keys);
        keys.into_iter().find(|key| key.id == id).map_or(id.to_string(), |key| format!("key {}", key.name))
    };
    let parts: [(&str, &[(String, u64)]); 3] =
        [("refused as", &refused.kinds), ("refused of", &refused.routes), ("refused to", &refused.keys)];
    for (what, counts) in parts {
        for (value, n) in counts.iter().take(NAMED) {
            let words = match what {
                "refused to" => name(value),
                _ => value.clone(),
            };
            let mut line = Setting::new(what, format!("{words}: {n}"), Tone::Plain);
            if what == "refused of" {
                line.route = Some(value.clone());
            }
            lines.push(line);
        }
        if counts.len() > NAMED {
            lines.push(Setting::new(what, format!("and {} more", counts.len() - NAMED), Tone::Quiet));
        }
    }
}
