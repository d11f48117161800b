//! The throttle that really applies to a method: of all that are set, the least.
//!
//! API Gateway documents an order (usage plan, method, stage, account); every request has to pass all of them, and so the
//! least one is what limits. A method with a throttle of its own does not count against its stage's: that one replaces it.

use crate::model::api::{Api, MethodSettings, PlanStage, Protocol, Stage, UsagePlan};
use crate::store::Store;

/// Where a limit comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// GetAccount: all APIs of the region together.
    Account,
    /// The stage's default for its methods.
    Stage,
    /// The method's own settings in the stage.
    Method,
    /// A usage plan, of each API key by itself.
    Plan(String),
    /// A usage plan's throttle of this method, of each API key by itself.
    PlanMethod(String),
}

impl Origin {
    /// As in `rate 2/s from the stage`.
    pub fn words(&self) -> String {
        match self {
            Origin::Account => "from the account".into(),
            Origin::Stage => "from the stage".into(),
            Origin::Method => "of the method".into(),
            Origin::Plan(plan) => format!("of plan {plan}, each key"),
            Origin::PlanMethod(plan) => format!("of plan {plan} for the method, each key"),
        }
    }

    /// In a column: `account`, `stage`, `method`, `plan partner`.
    pub fn short(&self) -> String {
        match self {
            Origin::Account => "account".into(),
            Origin::Stage => "stage".into(),
            Origin::Method => "method".into(),
            Origin::Plan(plan) | Origin::PlanMethod(plan) => format!("plan {plan}"),
        }
    }
}

/// A number with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit<T> {
    /// Requests a second, or at once.
    pub value: T,
    /// Whose it is.
    pub from: Origin,
}

/// What applies to a method; none where nothing is set, or the account's limit is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effective {
    /// Requests a second.
    pub rate: Option<Limit<f64>>,
    /// Requests at once.
    pub burst: Option<Limit<i32>>,
}

impl Effective {
    /// A rate or a burst of nothing refuses every request.
    pub fn is_closed(&self) -> bool {
        self.rate.as_ref().is_some_and(|rate| rate.value == 0.0) || self.burst.as_ref().is_some_and(|b| b.value == 0)
    }

    /// In one sentence: `rate 2/s from the stage, burst 5 of plan partner, each key`.
    pub fn sentence(&self) -> String {
        let rate = self.rate.as_ref().map(|rate| format!("rate {}/s {}", number(rate.value), rate.from.words()));
        let burst = self.burst.as_ref().map(|burst| format!("burst {} {}", burst.value, burst.from.words()));
        let closed = self.is_closed().then(|| "every request is refused with 429".to_string());
        let words: Vec<String> = [closed, rate, burst].into_iter().flatten().collect();
        if words.is_empty() { "no limit is known".into() } else { words.join(", ") }
    }

    fn least(&mut self, rate: Option<f64>, burst: Option<i32>, from: &Origin) {
        if let Some(value) = set_rate(rate)
            && self.rate.as_ref().is_none_or(|known| value < known.value)
        {
            self.rate = Some(Limit { value, from: from.clone() });
        }
        if let Some(value) = set_burst(burst)
            && self.burst.as_ref().is_none_or(|known| value < known.value)
        {
            self.burst = Some(Limit { value, from: from.clone() });
        }
    }
}

/// A usage plan's limit on a stage or on one of its methods, of each key by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanLimit<'a> {
    /// The plan.
    pub plan: &'a UsagePlan,
    /// What it says of this stage.
    pub stage: &'a PlanStage,
}

/// A rate as people write it: `0.5`, `20`, `10000`.
pub fn number(rate: f64) -> String {
    if rate < 100.0 { format!("{}", (rate * 100.0).round() / 100.0) } else { format!("{rate:.0}") }
}

/// A rate that is set: AWS writes -1 where it is not.
pub fn set_rate(rate: Option<f64>) -> Option<f64> {
    rate.filter(|rate| *rate >= 0.0 && rate.is_finite())
}

/// A burst that is set.
pub fn set_burst(burst: Option<i32>) -> Option<i32> {
    burst.filter(|burst| *burst >= 0)
}

/// Usage plans that a stage belongs to. HTTP APIs have none.
pub fn plans_of<'a>(store: &'a Store, api: &Api, stage: &str) -> Vec<PlanLimit<'a>> {
    if api.protocol == Protocol::Http {
        return vec![];
    }
    let plans = store.usage_plans.get().into_iter().flatten();
    let of = plans.filter_map(|plan| {
        let stage = plan.stages.iter().find(|known| known.api == api.id && known.stage == stage)?;
        Some(PlanLimit { plan, stage })
    });
    of.collect()
}

/// A limit, where there is one, and where it comes from.
type Sourced<T> = Option<(T, Origin)>;

/// The rate and burst that the stage itself sets for a method: its own where it has one, else the stage's default. API
/// Gateway copies the stage's throttle into a method that has other settings of its own: that is still the stage's.
pub fn stage_level(stage: &Stage, key: &str) -> (Sourced<f64>, Sourced<i32>) {
    let of = |settings: &MethodSettings| (set_rate(settings.throttle_rate), set_burst(settings.throttle_burst));
    let own = super::own(stage, key).map(of).unwrap_or_default();
    let default = of(&stage.defaults);
    if own == default {
        return (default.0.map(|rate| (rate, Origin::Stage)), default.1.map(|burst| (burst, Origin::Stage)));
    }
    let rate = own.0.map(|rate| (rate, Origin::Method)).or(default.0.map(|rate| (rate, Origin::Stage)));
    let burst = own.1.map(|burst| (burst, Origin::Method)).or(default.1.map(|burst| (burst, Origin::Stage)));
    (rate, burst)
}

/// The method has a throttle of its own in the stage.
pub fn own_throttle(stage: &Stage, key: &str) -> bool {
    let (rate, burst) = stage_level(stage, key);
    rate.is_some_and(|(_, from)| from == Origin::Method) || burst.is_some_and(|(_, from)| from == Origin::Method)
}

/// What applies to the stage's methods that have nothing of their own, for callers without a key.
pub fn of_stage(store: &Store, stage: &Stage) -> Effective {
    let mut effective = Effective::default();
    effective.least(stage.defaults.throttle_rate, stage.defaults.throttle_burst, &Origin::Stage);
    if let Some(account) = store.api_account.get() {
        effective.least(account.rate, account.burst, &Origin::Account);
    }
    effective
}

/// What really applies to a method or route. `needs_key`: usage plans count for requests with a key only.
pub fn effective(store: &Store, api: &Api, stage: &Stage, key: &str, needs_key: bool) -> Effective {
    let mut effective = Effective::default();
    if needs_key {
        for PlanLimit { plan, stage } in plans_of(store, api, &stage.name) {
            let own = stage.throttles.iter().find(|(known, _)| known == key).map(|(_, throttle)| *throttle);
            if let Some(throttle) = own {
                effective.least(throttle.rate, throttle.burst, &Origin::PlanMethod(plan.name.clone()));
            }
            if let Some(throttle) = plan.throttle {
                effective.least(throttle.rate, throttle.burst, &Origin::Plan(plan.name.clone()));
            }
        }
    }
    let (rate, burst) = stage_level(stage, key);
    if let Some((rate, from)) = rate {
        effective.least(Some(rate), None, &from);
    }
    if let Some((burst, from)) = burst {
        effective.least(None, Some(burst), &from);
    }
    if let Some(account) = store.api_account.get() {
        effective.least(account.rate, account.burst, &Origin::Account);
    }
    effective
}
