//! Usage plans, the API keys that belong to them, and what each key has used.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{DAY, bad_request, code, created, not_found, plan_patch, read_patches, seconds};
use crate::sim::services::Call;
use crate::sim::wire::{Response, error_json, set};
use crate::sim::world::change::What;
use crate::sim::world::plans::{COUNT, KEYS, PlanState};
use crate::sim::world::{Millis, World};

/// UpdateUsagePlan: one request every 20 seconds, in the whole account (quotas of API Gateway).
const UPDATE_EVERY: Millis = 20_000;

/// Identifier of a plan, by its index.
pub fn id(plan: usize) -> String {
    code(&format!("plan/{plan}"), 6)
}

fn plan_json(plan: usize, state: &PlanState) -> Value {
    let stages = state.stages.iter().map(|covered| {
        let mut shown = json!({"apiId": covered.api, "stage": covered.stage});
        if !covered.methods.is_empty() {
            let methods = covered.methods.iter().map(|(key, rate, burst)| {
                let own = json!({"burstLimit": burst, "rateLimit": rate});
                (key.clone(), own)
            });
            shown["throttle"] = Value::Object(methods.collect());
        }
        shown
    });
    let mut shown = json!({
        "id": id(plan),
        "name": state.name,
        "description": state.description,
        "apiStages": stages.collect::<Vec<_>>(),
        "tags": {},
    });
    if let Some((rate, burst)) = state.throttle {
        shown["throttle"] = json!({"burstLimit": burst, "rateLimit": rate});
    }
    if let Some(quota) = &state.quota {
        shown["quota"] = json!({"limit": quota.limit, "offset": quota.offset, "period": quota.period.name()});
    }
    if let Some(product) = &state.product {
        shown["productCode"] = product.as_str().into();
    }
    shown
}

/// All usage plans; with `keyId` only those that the key belongs to.
pub fn all(call: &Call<'_>) -> Vec<Value> {
    let wanted = call.query("keyId");
    let has = |plan: usize| {
        wanted.as_ref().is_none_or(|wanted| KEYS.iter().any(|key| key.plan == plan && key_id(key.name) == *wanted))
    };
    (0..COUNT).filter(|plan| has(*plan)).map(|plan| plan_json(plan, &call.world.plan(plan, call.now))).collect()
}

fn plan(call: &Call<'_>) -> Result<usize, Response> {
    let found = (0..COUNT).find(|plan| id(*plan) == call.label("usagePlanId"));
    found.ok_or_else(|| not_found("Invalid Usage Plan ID specified"))
}

/// The usage plan that the path names.
pub fn one(call: &Call<'_>) -> Result<Value, Response> {
    let plan = plan(call)?;
    Ok(plan_json(plan, &call.world.plan(plan, call.now)))
}

/// UpdateUsagePlan: all operations or none.
pub fn update(call: &Call<'_>) -> Result<Value, Response> {
    let plan = plan(call)?;
    let operations = read_patches(&call.json()?)?;
    if call.world.plan_changed(call.now).is_some_and(|last| call.now - last < UPDATE_EVERY) {
        let mut refusal = error_json(429, "TooManyRequestsException", "Too Many Requests");
        set(&mut refusal, "retry-after", "20");
        return Err(refusal);
    }
    let mut state = call.world.plan(plan, call.now);
    for one in &operations {
        plan_patch::check(call.world, &state, one).map_err(|message| bad_request(&message))?;
        state.apply(one);
    }
    plan_patch::check_whole(&state).map_err(|message| bad_request(&message))?;
    if !operations.is_empty() {
        call.world.change(call.now, What::Plan { plan, patch: operations });
    }
    Ok(plan_json(plan, &call.world.plan(plan, call.now)))
}

/// The keys of the plan that the path names.
pub fn keys_of_plan(call: &Call<'_>) -> Result<Vec<Value>, Response> {
    let plan = plan(call)?;
    let wanted = call.query("name").unwrap_or_default();
    let named = KEYS.iter().filter(|key| key.plan == plan && key.name.starts_with(&wanted));
    Ok(named.map(|key| json!({"id": key_id(key.name), "type": "API_KEY", "name": key.name})).collect())
}

/// Identifier of an API key, `$context.identity.apiKeyId`.
pub fn key_id(name: &str) -> String {
    code(&format!("key/{name}"), 10)
}

/// Value of an API key: what its owner sends.
pub fn key_value(name: &str) -> String {
    code(&format!("value/{name}"), 40)
}

fn key_json(world: &World, place: usize, now: Millis, with_value: bool) -> Value {
    let key = &KEYS[place];
    let plan = world.plan(key.plan, now);
    let stages: Vec<String> = plan.stages.iter().map(|covered| format!("{}/{}", covered.api, covered.stage)).collect();
    let since = created(world, key.name);
    let mut shown = json!({
        "id": key_id(key.name),
        "name": key.name,
        "enabled": true,
        "createdDate": seconds(since),
        "lastUpdatedDate": seconds(since),
        "stageKeys": stages,
    });
    if with_value {
        shown["value"] = key_value(key.name).into();
    }
    shown
}

/// API keys whose names begin as asked; with their values only on demand.
pub fn keys(call: &Call<'_>) -> Vec<Value> {
    let wanted = call.query("name").unwrap_or_default();
    let with_values = call.query("includeValues").is_some_and(|text| text == "true");
    let places = (0..KEYS.len()).filter(|place| KEYS[*place].name.starts_with(&wanted));
    places.map(|place| key_json(call.world, place, call.now, with_values)).collect()
}

/// The API key that the path names.
pub fn key(call: &Call<'_>) -> Result<Value, Response> {
    let wanted = call.label("apiKey");
    let place = (0..KEYS.len()).find(|place| key_id(KEYS[*place].name) == wanted);
    let place = place.ok_or_else(|| not_found("Invalid API Key identifier specified"))?;
    let with_value = call.query("includeValue").is_some_and(|text| text == "true");
    Ok(key_json(call.world, place, call.now, with_value))
}

/// Used and remaining requests of each key, day by day.
pub fn usage(call: &Call<'_>) -> Result<Value, Response> {
    let plan = plan(call)?;
    let start = day(call, "startDate")?;
    let end = day(call, "endDate")?;
    if start > end {
        return Err(bad_request("Invalid date range: startDate must not be after endDate"));
    }
    if end - start > 90 {
        return Err(bad_request("Invalid date range: at most 90 days can be asked for"));
    }
    let wanted = call.query("keyId");
    let world = call.world;
    let quota = world.plan(plan, call.now).quota;
    let mut values = Map::new();
    for (place, key) in KEYS.iter().enumerate().filter(|(_, key)| key.plan == plan) {
        let id = key_id(key.name);
        if wanted.as_ref().is_some_and(|wanted| *wanted != id) {
            continue;
        }
        let days = (start..=end).map(|day| {
            let used = world.used_on(place, day, call.now);
            // Without a quota there is nothing that could remain.
            let left = quota
                .as_ref()
                .map_or(0, |quota| quota.limit.saturating_sub(world.used_by(place, quota, day, call.now)));
            json!([used, left])
        });
        values.insert(id, days.collect());
    }
    Ok(json!({
        "usagePlanId": id(plan),
        "startDate": call.query("startDate"),
        "endDate": call.query("endDate"),
        "values": values,
    }))
}

/// A day of the query, counted since 1970.
fn day(call: &Call<'_>, name: &str) -> Result<i64, Response> {
    let text = call.query(name).unwrap_or_default();
    let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d")
        .map_err(|_| bad_request(&format!("Invalid {name} '{text}': must be a date as yyyy-MM-dd")))?;
    let moment = date.and_hms_opt(0, 0, 0).map_or(0, |moment| moment.and_utc().timestamp_millis());
    Ok(moment.div_euclid(DAY))
}
