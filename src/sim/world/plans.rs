//! Usage plans: what they allow, who belongs to them, and what each API key has used.

mod quota;

use chrono::{DateTime, NaiveDate};

pub use quota::{Period, Quota};

use super::catalog::{Catalog, Protocol, Route};
use super::change::{StagePatch, What};
use super::dice::{Dice, hash_text};
use super::{Millis, World, arrivals, block};

/// How many usage plans there are.
pub const COUNT: usize = 2;
/// Milliseconds in a day.
const DAY: Millis = 86_400_000;
/// Requests are known one by one from so long before the birth of the world on; what was before is arithmetic.
const HISTORY: Millis = 3 * 3_600_000;

/// An API key.
pub struct Key {
    /// Name.
    pub name: &'static str,
    /// The usage plan that it belongs to, by its index.
    pub plan: usize,
    /// Share of the requests with a key that carry this one, 0 to 1.
    share: f64,
}

/// All API keys.
pub const KEYS: [Key; 3] = [
    Key { name: "acme-feed", plan: 0, share: 0.6 },
    Key { name: "globex-feed", plan: 0, share: 0.1 },
    Key { name: "initech-orders", plan: 1, share: 0.3 },
];

/// Name, description, rate, burst, quota of a month, throttle of the first method with a key.
type Row = (&'static str, &'static str, f64, u32, u64, (f64, u32));

const PLANS: [Row; COUNT] = [
    ("partner-basic", "Partners who read the catalogue", 20.0, 40, 2_000_000, (5.0, 10)),
    ("partner-gold", "Partners who place orders", 200.0, 400, 5_000_000, (50.0, 100)),
];

/// A stage that a plan covers, with the throttles of single methods.
#[derive(Clone, Debug, PartialEq)]
pub struct Covered {
    /// apiId.
    pub api: String,
    /// stage.
    pub stage: String,
    /// throttle: `/inventory/GET`, rate per second, burst.
    pub methods: Vec<(String, f64, u32)>,
}

impl Covered {
    /// The throttle of a method, if it has one here.
    pub fn method(&self, path: &str, method: &str) -> Option<(f64, u32)> {
        let found = self.methods.iter().find(|(key, ..)| key.strip_prefix(path) == Some(&format!("/{method}")));
        found.map(|(_, rate, burst)| (*rate, *burst))
    }
}

/// A usage plan at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanState {
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// productCode.
    pub product: Option<String>,
    /// throttle: rate per second and burst, of each key.
    pub throttle: Option<(f64, u32)>,
    /// quota of each key.
    pub quota: Option<Quota>,
    /// apiStages.
    pub stages: Vec<Covered>,
}

impl PlanState {
    /// The plan at the start of the world.
    fn at_start(catalog: &Catalog, plan: usize) -> Self {
        let (name, description, rate, burst, limit, (method_rate, method_burst)) = PLANS[plan];
        let stages = catalog.apis.iter().filter(|api| api.protocol == Protocol::Rest).filter_map(|api| {
            let route = api.routes.iter().find(|route| route.api_key)?;
            // One method may be dearer than the rest: its throttle stands beside the plan's.
            let methods = vec![(format!("{}/{}", route.path, route.method), method_rate, method_burst)];
            Some(Covered { api: api.id.clone(), stage: api.stages.first()?.name.clone(), methods })
        });
        Self {
            name: name.to_owned(),
            description: description.to_owned(),
            product: None,
            throttle: Some((rate, burst)),
            quota: Some(Quota { limit, offset: 0, period: Period::Month }),
            stages: stages.collect(),
        }
    }

    /// The covered stage of that API, if it is one.
    pub fn stage(&self, api: &str, stage: &str) -> Option<&Covered> {
        self.stages.iter().find(|one| one.api == api && one.stage == stage)
    }

    /// Applies one operation of UpdateUsagePlan that has been checked.
    pub fn apply(&mut self, patch: &StagePatch) {
        let value = patch.value.clone().unwrap_or_default();
        let removes = patch.op == "remove";
        let rate = || value.parse::<f64>().unwrap_or(0.0);
        let burst = || value.parse::<u32>().unwrap_or(0);
        let path = patch.path.trim_start_matches('/');
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["name"] => self.name = value,
            ["description"] => self.description = value,
            ["productCode"] => self.product = Some(value).filter(|_| !removes),
            ["throttle"] if removes => self.throttle = None,
            ["throttle", "rateLimit"] => self.throttle = Some((rate(), self.throttle.map_or(0, |(_, burst)| burst))),
            ["throttle", "burstLimit"] => self.throttle = Some((self.throttle.map_or(0.0, |(rate, _)| rate), burst())),
            ["quota"] if removes => self.quota = None,
            ["quota", name] => {
                let empty = Quota { limit: 0, offset: 0, period: Period::Month };
                let quota = self.quota.get_or_insert(empty);
                match *name {
                    "limit" => quota.limit = value.parse().unwrap_or(0),
                    "offset" => quota.offset = value.parse().unwrap_or(0),
                    _ => quota.period = Period::named(&value).unwrap_or(quota.period),
                }
            }
            ["apiStages"] => {
                let Some((api, stage)) = value.split_once(':') else {
                    return;
                };
                self.stages.retain(|one| one.api != api || one.stage != stage);
                if !removes {
                    let covered = Covered { api: api.to_owned(), stage: stage.to_owned(), methods: Vec::new() };
                    self.stages.push(covered);
                }
            }
            ["apiStages", stage, "throttle", rest @ ..] => {
                let Some((api, stage)) = stage.split_once(':') else {
                    return;
                };
                let found = self.stages.iter_mut().find(|one| one.api == api && one.stage == stage);
                let Some(covered) = found else { return };
                match rest {
                    [] => covered.methods.clear(),
                    [method @ .., name @ ("rateLimit" | "burstLimit")] => {
                        let key = method_key(method);
                        let place = covered.methods.iter().position(|(known, ..)| *known == key).unwrap_or_else(|| {
                            covered.methods.push((key, 0.0, 0));
                            covered.methods.len() - 1
                        });
                        match *name {
                            "rateLimit" => covered.methods[place].1 = rate(),
                            _ => covered.methods[place].2 = burst(),
                        }
                    }
                    method => {
                        let key = method_key(method);
                        covered.methods.retain(|(known, ..)| *known != key);
                    }
                }
            }
            _ => {}
        }
    }
}

/// `/pets/{id}/GET` of the steps of a path, however they are spelt: `~1pets~1{id}`, `GET`, or as it is.
pub fn method_key(steps: &[&str]) -> String {
    let key = steps.join("/").replace("~1", "/").replace("~0", "~");
    format!("/{}", key.trim_start_matches('/'))
}

/// The API key (its index) that a request carries where its route wants one.
pub fn client(route: &Route, request: u64) -> Option<usize> {
    if !route.api_key {
        return None;
    }
    let mut place = Dice::of(&[request, 0x6b]).unit();
    let found = KEYS.iter().position(|key| {
        place -= key.share;
        place < 0.0
    });
    Some(found.unwrap_or(KEYS.len() - 1))
}

fn date(day: i64) -> NaiveDate {
    DateTime::from_timestamp_millis(day * DAY).unwrap_or_default().date_naive()
}

fn number(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis().div_euclid(DAY)
}

impl World {
    /// A usage plan (by its index) from each moment on at which it changed, the first from the beginning.
    pub fn plan_timeline(&self, plan: usize, until: Millis) -> Vec<(Millis, PlanState)> {
        let mut state = PlanState::at_start(&self.catalog, plan);
        let mut steps: Vec<(Millis, Vec<StagePatch>)> = Vec::new();
        for bend in self.scenario.plan.iter().filter(|bend| bend.plan == PLANS[plan].0) {
            let patch = StagePatch { op: "replace".into(), path: bend.path.clone(), value: Some(bend.value.clone()) };
            steps.push((self.minute(bend.minute), vec![patch]));
        }
        self.changes_with(|list| {
            steps.extend(list.iter().filter_map(|change| match &change.what {
                What::Plan { plan: changed, patch } if *changed == plan => Some((change.at, patch.clone())),
                _ => None,
            }));
        });
        steps.retain(|(at, _)| *at <= until);
        steps.sort_by_key(|(at, _)| *at);
        let mut timeline = vec![(Millis::MIN, state.clone())];
        for (at, patches) in steps {
            patches.iter().for_each(|patch| state.apply(patch));
            timeline.push((at, state.clone()));
        }
        timeline
    }

    /// A usage plan at a moment.
    pub fn plan(&self, plan: usize, at: Millis) -> PlanState {
        self.plan_timeline(plan, at).pop().map_or_else(|| PlanState::at_start(&self.catalog, plan), |(_, state)| state)
    }

    /// When a client last changed a usage plan, whichever it was.
    pub fn plan_changed(&self, until: Millis) -> Option<Millis> {
        let mut last = None;
        self.changes_with(|list| {
            let plans = list.iter().filter(|change| matches!(change.what, What::Plan { .. }) && change.at <= until);
            last = plans.map(|change| change.at).next_back();
        });
        last
    }

    /// The first block whose requests are counted one by one.
    fn first_counted(&self) -> i64 {
        block::of(self.born - HISTORY)
    }

    /// Requests a day that carry a key, on average.
    fn daily(&self, key: usize) -> f64 {
        let routes = self.catalog.apis.iter().flat_map(|api| &api.routes).filter(|route| route.api_key);
        routes.map(|route| route.rate).sum::<f64>() * KEYS[key].share * 86_400.0
    }

    /// Requests of a key on a day, as far as the day lies before all that is known one by one.
    fn before(&self, key: usize, day: i64) -> u64 {
        let first = block::start_of(self.first_counted());
        let plain = |day: i64| {
            let part = ((first - day * DAY) as f64 / DAY as f64).clamp(0.0, 1.0);
            let mut dice = Dice::of(&[hash_text(KEYS[key].name), day.unsigned_abs()]);
            self.daily(key) * part * (0.9 + 0.2 * dice.unit())
        };
        let Some(target) = self.exhausts(key) else {
            return plain(day) as u64;
        };
        // What this key has used of the running period is given; its days share in it.
        let (begins, last) = (target.begins, first.div_euclid(DAY));
        if day < begins || day > last.max(begins) {
            return plain(day) as u64;
        }
        let sum = (begins..=last).map(plain).sum::<f64>();
        if sum < 1.0 {
            return if day == begins { target.used } else { 0 };
        }
        let up_to = |day: i64| ((begins..=day).map(plain).sum::<f64>() / sum * target.used as f64).round() as u64;
        up_to(day) - if day == begins { 0 } else { up_to(day - 1) }
    }

    /// What the scenario wants a key to have used when the account begins to count, so that its quota ends on time.
    fn exhausts(&self, key: usize) -> Option<Exhausted> {
        let bend = self.scenario.quota.iter().find(|bend| bend.key == KEYS[key].name)?;
        let found = self.exhausted.get((key, 0), || {
            let end = self.minute(bend.minute);
            let Some(quota) = PlanState::at_start(&self.catalog, KEYS[key].plan).quota else {
                return Vec::new();
            };
            let begins = number(quota.begins(date(end.div_euclid(DAY))));
            let from = self.first_counted().max(block::of(begins * DAY));
            let mut wanted = 0;
            for (api, spec) in self.catalog.apis.iter().enumerate() {
                if spec.routes.iter().any(|route| route.api_key) {
                    for block in from..=block::of(end) {
                        let all = arrivals::raw_knocks(self, api, block);
                        let own = |knock: &&arrivals::Knock| client(&spec.routes[knock.route], knock.key) == Some(key);
                        wanted += all.iter().filter(own).filter(|knock| knock.at < end).count() as u64;
                    }
                }
            }
            vec![begins.unsigned_abs(), quota.limit.saturating_sub(wanted)]
        });
        Some(Exhausted { begins: *found.first()? as i64, used: *found.get(1)? })
    }

    /// Requests that each key got through, from the first that are known up to the beginning of a block.
    fn counted(&self, block: i64) -> std::sync::Arc<Vec<u64>> {
        // Each block needs the one before: they are asked for in their order, so that nothing goes deep.
        for earlier in (self.first_counted()..block).step_by(16) {
            self.counted_in_order(earlier);
        }
        self.counted_in_order(block)
    }

    fn counted_in_order(&self, block: i64) -> std::sync::Arc<Vec<u64>> {
        let generation = self.generation(block::start_of(block));
        self.counted.get((block, generation), || {
            if block <= self.first_counted() {
                return vec![0; KEYS.len()];
            }
            let mut counts = self.counted_in_order(block - 1).to_vec();
            self.count(block - 1, Millis::MAX, &mut counts);
            counts
        })
    }

    /// Adds what each key got through in a block before `until`.
    fn count(&self, block: i64, until: Millis, counts: &mut [u64]) {
        for (api, spec) in self.catalog.apis.iter().enumerate() {
            if spec.routes.iter().any(|route| route.api_key) {
                let all = self.knocks(api, block);
                for knock in all.iter().filter(|knock| knock.at < until && knock.refused().is_none()) {
                    if let Some(key) = client(&spec.routes[knock.route], knock.key) {
                        counts[key] += 1;
                    }
                }
            }
        }
    }

    /// Requests of a key that were let in on a day (counted since 1970), up to `now`.
    pub fn used_on(&self, key: usize, day: i64, now: Millis) -> u64 {
        let from = block::of(day * DAY).max(self.first_counted());
        let end = now.min((day + 1) * DAY);
        let mut used = if day * DAY > now { 0 } else { self.before(key, day) };
        if end > block::start_of(from) {
            let last = block::of(end);
            let mut counts = self.counted(last).to_vec();
            self.count(last, end, &mut counts);
            used += counts[key] - self.counted(from)[key];
        }
        used
    }

    /// The same of a whole period: from the day that it begins with, up to a day and up to `now`.
    pub fn used_by(&self, key: usize, quota: &Quota, day: i64, now: Millis) -> u64 {
        (number(quota.begins(date(day)))..=day).map(|day| self.used_on(key, day, now)).sum()
    }

    /// What a key has used of its quota at the beginning of a block.
    pub(super) fn quota_used(&self, key: usize, quota: &Quota, at: Millis) -> u64 {
        let day = at.div_euclid(DAY);
        let begins = number(quota.begins(date(day)));
        let before: u64 = (begins..=day).map(|day| self.before(key, day)).sum();
        let from = block::of(begins * DAY).max(self.first_counted());
        let counted = if block::of(at) > from { self.counted(block::of(at))[key] - self.counted(from)[key] } else { 0 };
        before + counted
    }

    /// Whether a key may come near its quota by the end of a block; counting is spared where it can't.
    pub(super) fn quota_near(&self, key: usize, timeline: &[(Millis, PlanState)], block: i64) -> bool {
        if block < self.first_counted() {
            return false;
        }
        let day = block::start_of(block).div_euclid(DAY);
        let bends = self.scenario.bend.iter().filter_map(|bend| bend.rate).map(|rate| rate.max(1.0)).product::<f64>();
        timeline.iter().filter_map(|(_, plan)| plan.quota.as_ref()).any(|quota| {
            let before: u64 = (number(quota.begins(date(day)))..=day).map(|day| self.before(key, day)).sum();
            let seconds = (block::start_of(block + 1) - block::start_of(self.first_counted())) as f64 / 1000.0;
            let most = self.daily(key) / 86_400.0 * 1.5 * bends * seconds + 1000.0;
            before as f64 + most >= quota.limit as f64
        })
    }
}

/// What a key used before it was counted.
struct Exhausted {
    /// First day of the period, counted since 1970.
    begins: i64,
    /// Requests since then.
    used: u64,
}

#[cfg(test)]
mod tests;
