//! Usage plans, the API keys that belong to them, and what each key has used.

use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Value, json};

use super::{DAY, bad_request, code, created, not_found, seconds};
use crate::sim::services::Call;
use crate::sim::wire::Response;
use crate::sim::world::catalog::{Api, Protocol};
use crate::sim::world::dice::{Dice, hash_text};
use crate::sim::world::{Millis, World};

struct Plan {
    name: &'static str,
    description: &'static str,
    rate: f64,
    burst: u32,
    /// Requests in a month.
    quota: u64,
    keys: &'static [&'static str],
}

const PLANS: [Plan; 2] = [
    Plan {
        name: "partner-basic",
        description: "Partners who read the catalogue",
        rate: 20.0,
        burst: 40,
        quota: 500_000,
        keys: &["acme-feed", "globex-feed"],
    },
    Plan {
        name: "partner-gold",
        description: "Partners who place orders",
        rate: 200.0,
        burst: 400,
        quota: 5_000_000,
        keys: &["initech-orders"],
    },
];

impl Plan {
    fn id(&self) -> String {
        code(&format!("plan/{}", self.name), 6)
    }

    fn json(&self, world: &World) -> Value {
        let stages: Vec<Value> = keyed_apis(world)
            .filter_map(|api| {
                let stage = api.stages.first()?;
                // One method may be dearer than the rest: its throttle stands beside the plan's.
                let route = api.routes.iter().find(|route| route.api_key).or(api.routes.first())?;
                let own = json!({"burstLimit": self.burst / 4, "rateLimit": self.rate / 4.0});
                let key = format!("{}/{}", route.path, route.method);
                Some(json!({"apiId": api.id, "stage": stage.name, "throttle": {key: own}}))
            })
            .collect();
        json!({
            "id": self.id(),
            "name": self.name,
            "description": self.description,
            "apiStages": stages,
            "throttle": {"burstLimit": self.burst, "rateLimit": self.rate},
            "quota": {"limit": self.quota, "offset": 0, "period": "MONTH"},
            "tags": {},
        })
    }
}

/// REST APIs with a method that requires a key; where there is none, the first REST API.
fn keyed_apis(world: &World) -> impl Iterator<Item = &Api> {
    let rest = || world.catalog.apis.iter().filter(|api| api.protocol == Protocol::Rest);
    let any = rest().any(|api| api.routes.iter().any(|route| route.api_key));
    rest().filter(move |api| !any || api.routes.iter().any(|route| route.api_key)).take(if any {
        usize::MAX
    } else {
        1
    })
}

/// All usage plans.
pub fn all(world: &World) -> Vec<Value> {
    PLANS.iter().map(|plan| plan.json(world)).collect()
}

fn plan(call: &Call<'_>) -> Result<&'static Plan, Response> {
    let found = PLANS.iter().find(|plan| plan.id() == call.label("usagePlanId"));
    found.ok_or_else(|| not_found("Invalid Usage Plan ID specified"))
}

/// The usage plan that the path names.
pub fn one(call: &Call<'_>) -> Result<Value, Response> {
    Ok(plan(call)?.json(call.world))
}

/// The keys of the plan that the path names.
pub fn keys_of_plan(call: &Call<'_>) -> Result<Vec<Value>, Response> {
    let plan = plan(call)?;
    let wanted = call.query("name").unwrap_or_default();
    let named = plan.keys.iter().filter(|name| name.starts_with(&wanted));
    Ok(named.map(|name| json!({"id": key_id(name), "type": "API_KEY", "name": name})).collect())
}

fn key_id(name: &str) -> String {
    code(&format!("key/{name}"), 10)
}

fn key_json(world: &World, name: &str, with_value: bool) -> Value {
    let stages: Vec<String> = keyed_apis(world)
        .filter_map(|api| api.stages.first().map(|stage| format!("{}/{}", api.id, stage.name)))
        .collect();
    let since = created(world, name);
    let mut shown = json!({
        "id": key_id(name),
        "name": name,
        "enabled": true,
        "createdDate": seconds(since),
        "lastUpdatedDate": seconds(since),
        "stageKeys": stages,
    });
    if with_value {
        shown["value"] = code(&format!("value/{name}"), 40).into();
    }
    shown
}

/// API keys whose names begin as asked; with their values only on demand.
pub fn keys(call: &Call<'_>) -> Vec<Value> {
    let wanted = call.query("name").unwrap_or_default();
    let with_values = call.query("includeValues").is_some_and(|text| text == "true");
    let names = PLANS.iter().flat_map(|plan| plan.keys);
    names.filter(|name| name.starts_with(&wanted)).map(|name| key_json(call.world, name, with_values)).collect()
}

/// The API key that the path names.
pub fn key(call: &Call<'_>) -> Result<Value, Response> {
    let wanted = call.label("apiKey");
    let name = PLANS.iter().flat_map(|plan| plan.keys).find(|name| key_id(name) == wanted);
    let name = name.ok_or_else(|| not_found("Invalid API Key identifier specified"))?;
    Ok(key_json(call.world, name, call.query("includeValue").is_some_and(|text| text == "true")))
}

/// Used and remaining requests of each key, day by day.
pub fn usage(call: &Call<'_>) -> Result<Value, Response> {
    let plan = plan(call)?;
    let start = day(call, "startDate")?;
    let end = day(call, "endDate")?;
    if start > end {
        return Err(bad_request("Invalid date range: startDate must not be after endDate"));
    }
    if (end - start).num_days() > 90 {
        return Err(bad_request("Invalid date range: at most 90 days can be asked for"));
    }
    let wanted = call.query("keyId");
    let mut values = Map::new();
    for name in plan.keys {
        let id = key_id(name);
        if wanted.as_ref().is_some_and(|wanted| *wanted != id) {
            continue;
        }
        let days: Vec<Value> = start
            .iter_days()
            .take_while(|day| *day <= end)
            .map(|day| {
                let before: u64 = first_of_month(day)
                    .iter_days()
                    .take_while(|past| *past < day)
                    .map(|past| used(plan, name, past, call.now))
                    .sum();
                let used = used(plan, name, day, call.now);
                json!([used, plan.quota.saturating_sub(before + used)])
            })
            .collect();
        values.insert(id, days.into());
    }
    Ok(json!({
        "usagePlanId": plan.id(),
        "startDate": start.to_string(),
        "endDate": end.to_string(),
        "values": values,
    }))
}

fn day(call: &Call<'_>, name: &str) -> Result<NaiveDate, Response> {
    let text = call.query(name).unwrap_or_default();
    NaiveDate::parse_from_str(&text, "%Y-%m-%d")
        .map_err(|_| bad_request(&format!("Invalid {name} '{text}': must be a date as yyyy-MM-dd")))
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// Requests of a key on a day; of today only what has been so far.
fn used(plan: &Plan, key: &str, day: NaiveDate, now: Millis) -> u64 {
    let begins = day.and_hms_opt(0, 0, 0).map_or(0, |moment| moment.and_utc().timestamp_millis());
    let so_far = ((now - begins) as f64 / DAY as f64).clamp(0.0, 1.0);
    let mut dice = Dice::of(&[hash_text(key), u64::from(day.num_days_from_ce().unsigned_abs())]);
    let daily = plan.quota as f64 / 30.0 * (0.45 + 0.4 * dice.unit()) / plan.keys.len() as f64;
    (daily * so_far) as u64
}
