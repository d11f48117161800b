//! What API Gateway lets in: token buckets of usage plans, methods, stages and the account, and the quotas of the plans.
//!
//! Order of AWS's developer guide ("Throttle requests to your REST APIs"): limits per client or method of a usage plan,
//! limits per method of the stage, the account's limit. The first that has no token names the refusal, and a request
//! that is refused takes no token anywhere.

use std::collections::HashMap;

use super::arrivals::Knock;
use super::catalog::ApiId;
use super::change::StageState;
use super::plans::{self, KEYS, PlanState};
use super::{Millis, World, block};

/// The limit that refused a request with 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// A method's throttle within a usage plan.
    PlanMethod,
    /// A usage plan's throttle.
    Plan,
    /// A usage plan's quota is used up.
    Quota,
    /// A method's own throttle of its stage.
    Method,
    /// The throttle of all methods of the stage.
    Stage,
    /// The account's data plane limit.
    Account,
}

impl Limit {
    /// `$context.error.responseType`: the type of the gateway response.
    pub fn response_type(self) -> &'static str {
        if self == Limit::Quota { "QUOTA_EXCEEDED" } else { "THROTTLED" }
    }

    /// `$context.error.message`: what these gateway responses say by default.
    pub fn message(self) -> &'static str {
        if self == Limit::Quota { "Limit Exceeded" } else { "Too Many Requests" }
    }
}

/// What a bucket belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// The route's own of one API key.
    KeyMethod(usize, ApiId, usize),
    Key(usize),
    Method(ApiId, usize, usize),
    Stage(ApiId, usize),
    Account,
}

/// Runs over the requests of a block and of the one before it, in their order.
pub struct Gate<'a> {
    world: &'a World,
    block: i64,
    buckets: HashMap<Place, (f64, Millis)>,
    plans: Vec<Vec<(Millis, PlanState)>>,
    /// Of each key what it has used, at the block that the number counts from; none where its quota is out of reach.
    meters: Vec<Option<(i64, u64)>>,
}

impl<'a> Gate<'a> {
    /// The gate for `block`; it begins with full buckets a block earlier.
    pub fn new(world: &'a World, block: i64) -> Self {
        let until = block::start_of(block + 1);
        let plans: Vec<_> = (0..plans::COUNT).map(|plan| world.plan_timeline(plan, until)).collect();
        let meters = (0..KEYS.len()).map(|key| world.quota_near(key, &plans[KEYS[key].plan], block).then_some((0, 0)));
        Self { world, block, buckets: HashMap::new(), meters: meters.collect(), plans }
    }

    /// Lets a request in, or names the limit that refuses it.
    pub fn admit(&mut self, api: ApiId, knock: &Knock, state: &StageState) -> Option<Limit> {
        let spec = &self.world.catalog.apis[api];
        let row = &spec.routes[knock.route];
        let stage = &spec.stages[knock.stage].name;
        let key = plans::client(row, knock.key);
        let mut limits: [Option<(Limit, Place, f64, u32)>; 4] = [None; 4];
        let mut quota = None;
        if let Some(key) = key {
            let timeline = &self.plans[KEYS[key].plan];
            let plan = &timeline.iter().rev().find(|(from, _)| *from <= knock.at).unwrap_or(&timeline[0]).1;
            if let Some(covered) = plan.stage(&spec.id, stage) {
                if let Some((rate, burst)) = covered.method(&row.path, &row.method) {
                    limits[0] = Some((Limit::PlanMethod, Place::KeyMethod(key, api, knock.route), rate, burst));
                }
                if let Some((rate, burst)) = plan.throttle {
                    limits[1] = Some((Limit::Plan, Place::Key(key), rate, burst));
                }
                quota = plan.quota.clone().filter(|_| self.meters[key].is_some()).map(|quota| (key, quota));
            }
        }
        // A method's own throttle has a bucket of its own, the stage's is shared by all its methods.
        if let Some((rate, burst)) = state.own_throttle(&row.path, &row.method) {
            limits[2] = Some((Limit::Method, Place::Method(api, knock.stage, knock.route), rate, burst));
        } else if let Some((rate, burst)) = state.throttle {
            limits[2] = Some((Limit::Stage, Place::Stage(api, knock.stage), rate, burst));
        }
        if let Some(account) = &self.world.scenario.api_account {
            limits[3] = Some((Limit::Account, Place::Account, account.rate, account.burst));
        }
        for (number, one) in limits.iter().enumerate() {
            // Quotas stand between the limits of the plan and those of the stage.
            if number == 2
                && let Some((key, quota)) = &quota
                && self.used(*key, quota, knock.at) >= quota.limit
            {
                return Some(Limit::Quota);
            }
            let Some((limit, place, rate, burst)) = *one else {
                continue;
            };
            if rate.is_infinite() || burst == u32::MAX {
                continue;
            }
            let (tokens, last) = self.buckets.entry(place).or_insert((f64::from(burst), knock.at));
            *tokens = (*tokens + (knock.at - *last) as f64 / 1000.0 * rate).min(f64::from(burst));
            *last = knock.at;
            if *tokens < 1.0 {
                return Some(limit);
            }
        }
        for (_, place, ..) in limits.iter().flatten() {
            if let Some((tokens, _)) = self.buckets.get_mut(place) {
                *tokens -= 1.0;
            }
        }
        if let Some((key, _)) = quota
            && let Some((_, used)) = &mut self.meters[key]
        {
            *used += 1;
        }
        None
    }

    /// What a key has used of its quota by the request at `at`.
    fn used(&mut self, key: usize, quota: &plans::Quota, at: Millis) -> u64 {
        let current = block::of(at).clamp(self.block - 1, self.block);
        match &mut self.meters[key] {
            Some((from, used)) if *from == current => *used,
            meter => {
                let used = self.world.quota_used(key, quota, block::start_of(current));
                *meter = Some((current, used));
                used
            }
        }
    }
}

#[cfg(test)]
mod tests;
