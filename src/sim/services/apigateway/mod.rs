//! API Gateway v1: REST APIs with their resources, stages, usage plans and keys.
//!
//! Dates are seconds since 1970, lists are called `item`, pages are asked for by `position` and `limit`.

mod certificates;
pub mod domains;
mod patch;
mod plan_patch;
pub mod plans;
pub mod resources;
pub mod stage;

use serde_json::{Value, json};

use super::{Call, page};
use crate::sim::wire::{Response, error_json, json as answer};
use crate::sim::world::catalog::{Api, ApiId, Protocol};
use crate::sim::world::change::StagePatch;
use crate::sim::world::dice::{Dice, hash_text};
use crate::sim::world::{Millis, World};
use stage::Stage;

/// Answers one call.
pub fn handle(call: &Call<'_>) -> Response {
    operation(call).unwrap_or_else(|refusal| refusal)
}

fn operation(call: &Call<'_>) -> Result<Response, Response> {
    let world = call.world;
    let found = match call.operation {
        "GetAccount" => json!({
            "cloudwatchRoleArn": format!("arn:aws:iam::{}:role/apigateway-logs", world.catalog.account_id),
            "throttleSettings": account_throttle(world),
            "features": ["UsagePlans"],
            "apiKeyVersion": "4",
        }),
        "GetRestApis" => {
            let rest = world.catalog.apis.iter().filter(|api| api.protocol == Protocol::Rest);
            list(call, rest.map(|api| rest_api(world, api)).collect())?
        }
        "GetRestApi" => rest_api(world, &world.catalog.apis[api(call)?]),
        "GetResources" => {
            let api = &world.catalog.apis[api(call)?];
            let embed = embeds_methods(call)?;
            list(call, resources::all(world, api, embed))?
        }
        "GetResource" => {
            let api = &world.catalog.apis[api(call)?];
            let all = resources::all(world, api, embeds_methods(call)?);
            let one = all.into_iter().find(|resource| resource["id"] == call.label("resourceId"));
            one.ok_or_else(|| not_found("Invalid Resource identifier specified"))?
        }
        "GetStages" => {
            let id = api(call)?;
            let wanted = call.query("deploymentId");
            let stages = world.stages_of(id, call.now).map(|place| Stage::at(world, id, place, call.now));
            let stages = stages.filter(|stage| wanted.as_ref().is_none_or(|wanted| *wanted == stage.deployment_id));
            json!({"item": stages.map(|stage| stage.json(call.now)).collect::<Vec<_>>()})
        }
        "GetStage" => {
            let (id, place) = stage_of(call)?;
            Stage::at(world, id, place, call.now).json(call.now)
        }
        "UpdateStage" => update_stage(call)?,
        "FlushStageCache" => return flush(call),
        "FlushStageAuthorizersCache" => {
            stage_of(call)?;
            return Ok(answer(202, &Value::Null));
        }
        "GetDeployments" => {
            let api = &world.catalog.apis[api(call)?];
            list(call, deployments(api).iter().map(Deployment::json).collect())?
        }
        "GetDeployment" => {
            let api = &world.catalog.apis[api(call)?];
            let known = deployments(api);
            let one = known.iter().find(|known| known.id == call.label("deploymentId"));
            one.map(Deployment::json).ok_or_else(|| not_found("Invalid Deployment identifier specified"))?
        }
        "GetAuthorizers" => {
            let api = &world.catalog.apis[api(call)?];
            list(call, resources::authorizers(world, api))?
        }
        "GetUsagePlans" => list(call, plans::all(call))?,
        "GetUsagePlan" => plans::one(call)?,
        "UpdateUsagePlan" => plans::update(call)?,
        "GetUsagePlanKeys" => list(call, plans::keys_of_plan(call)?)?,
        "GetUsage" => plans::usage(call)?,
        "GetApiKeys" => list(call, plans::keys(call))?,
        "GetApiKey" => plans::key(call)?,
        "GetDomainNames" => list(call, domains::all(world))?,
        "GetBasePathMappings" => list(call, domains::mappings(call)?)?,
        "GetClientCertificates" => list(call, certificates::all(world))?,
        "GetClientCertificate" => certificates::one(call)?,
        _ => return Ok(super::unknown_operation(call)),
    };
    Ok(answer(200, &found))
}

/// throttleSettings of the account: 10,000 requests a second and a burst of 5,000 unless its scenario has it otherwise.
fn account_throttle(world: &World) -> Value {
    let limit = world.scenario.api_account.as_ref();
    json!({"burstLimit": limit.map_or(5000, |limit| limit.burst), "rateLimit": limit.map_or(10_000.0, |limit| limit.rate)})
}

/// Tags of an API, of both versions.
pub fn api_tags(api: &Api) -> Vec<(String, String)> {
    let pairs =
        [("aws:cloudformation:stack-name", "shop-edge"), ("iac", "cdk"), ("service", &api.name), ("team", "shop")];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Tags of a stage, of both versions.
pub fn stage_tags(stage: &str) -> Vec<(String, String)> {
    vec![("env".to_owned(), stage.trim_start_matches('$').to_owned())]
}

/// Tags as an object.
pub fn tags(pairs: &[(String, String)]) -> Value {
    Value::Object(pairs.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect())
}

/// A page of a v1 listing: 25 items unless asked otherwise, 500 at most.
fn list(call: &Call<'_>, items: Vec<Value>) -> Result<Value, Response> {
    let limit = match call.query("limit") {
        None => 25,
        Some(text) => match text.parse::<usize>() {
            Ok(limit @ 1..=500) => limit,
            _ => {
                return Err(bad_request("Invalid limit: must be a whole number from 1 to 500"));
            }
        },
    };
    let scope = format!("v1 {} {}", call.operation, call.request.uri().path());
    let position = call.query("position");
    let (items, next) = page::of(&scope, items, position.as_deref(), limit)
        .ok_or_else(|| bad_request("Invalid position parameter specified"))?;
    let mut body = json!({"item": items});
    if let Some(next) = next {
        body["position"] = next.into();
    }
    Ok(body)
}

fn embeds_methods(call: &Call<'_>) -> Result<bool, Response> {
    match call.query("embed").as_deref() {
        None => Ok(false),
        Some("methods") => Ok(true),
        Some(_) => Err(bad_request("Invalid embed value specified. Must be one of: [methods]")),
    }
}

/// The REST API that the path names; an HTTP or WebSocket API is not one.
fn api(call: &Call<'_>) -> Result<ApiId, Response> {
    let id = call.label("restApiId");
    let catalog = &call.world.catalog;
    catalog
        .api_of_id(id)
        .filter(|found| catalog.apis[*found].protocol == Protocol::Rest)
        .ok_or_else(|| not_found(&format!("Invalid API identifier specified {}:{id}", catalog.account_id)))
}

fn stage_of(call: &Call<'_>) -> Result<(ApiId, usize), Response> {
    let id = api(call)?;
    let place = call.world.catalog.apis[id].stage_named(call.label("stageName"));
    let place = place.filter(|place| call.world.has_stage(id, *place, call.now));
    Ok((id, place.ok_or_else(|| not_found("Invalid Stage identifier specified"))?))
}

fn rest_api(world: &World, api: &Api) -> Value {
    json!({
        "id": api.id,
        "name": api.name,
        "description": format!("{} of the shop", api.name),
        "createdDate": seconds(created(world, &api.id)),
        "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": [api.endpoint_type], "ipAddressType": "ipv4"},
        "tags": tags(&api_tags(api)),
        "disableExecuteApiEndpoint": false,
        "rootResourceId": resources::id(api, "/"),
        "apiStatus": "AVAILABLE",
    })
}

fn update_stage(call: &Call<'_>) -> Result<Value, Response> {
    let (id, place) = stage_of(call)?;
    let body = call.json()?;
    let operations = read_patches(&body)?;
    let api = &call.world.catalog.apis[id];
    let mut stage = Stage::at(call.world, id, place, call.now);
    for one in &operations {
        let known = |deployment: &str| deployments(api).iter().any(|known| known.id == deployment);
        patch::check(&stage, one, known, call.now).map_err(|refusal| match refusal {
            patch::Refusal::Bad(message) => bad_request(&message),
            patch::Refusal::Conflict => error_json(
                409,
                "ConflictException",
                "Unable to complete operation due to concurrent modification. Please try again later.",
            ),
        })?;
        stage.apply(one, call.now);
    }
    if !operations.is_empty() {
        call.world.record_stage_change(id, &api.stages[place].name, operations, call.now);
    }
    Ok(Stage::at(call.world, id, place, call.now).json(call.now))
}

fn read_patches(body: &Value) -> Result<Vec<StagePatch>, Response> {
    let none = Vec::new();
    let listed = match &body["patchOperations"] {
        Value::Null => &none,
        Value::Array(listed) => listed,
        _ => return Err(bad_request("Invalid request input")),
    };
    let text = |one: &Value, key: &str| one[key].as_str().map(str::to_owned);
    let mut read = Vec::new();
    for one in listed {
        let op = text(one, "op").unwrap_or_default();
        if !["add", "remove", "replace", "copy", "move", "test"].contains(&op.as_str()) {
            return Err(bad_request(
                "Invalid patch operation specified. Must be one of: [add, remove, replace, copy, move, test]",
            ));
        }
        // A copy takes its value from elsewhere in the stage; the list of changes has no room for `from`.
        let value = text(one, "value").or_else(|| text(one, "from"));
        read.push(StagePatch { op, path: text(one, "path").unwrap_or_default(), value });
    }
    Ok(read)
}

fn flush(call: &Call<'_>) -> Result<Response, Response> {
    let (id, place) = stage_of(call)?;
    let stage = Stage::at(call.world, id, place, call.now);
    if !matches!(stage.cache_status(call.now), "AVAILABLE" | "FLUSH_IN_PROGRESS") {
        return Err(bad_request("Cache cluster not available for this stage"));
    }
    let patch = StagePatch { op: "flush".into(), path: "/cache/data".into(), value: None };
    call.world.record_stage_change(id, &call.world.catalog.apis[id].stages[place].name, vec![patch], call.now);
    Ok(answer(202, &Value::Null))
}

/// A release of an API.
pub struct Deployment {
    /// deploymentId.
    pub id: String,
    /// description.
    pub description: String,
    /// Days before the account was a year old.
    days: Millis,
}

impl Deployment {
    /// createdDate.
    pub fn made(&self) -> Millis {
        FOUNDED + (380 - self.days) * DAY
    }

    fn json(&self) -> Value {
        json!({"id": self.id, "description": self.description, "createdDate": seconds(self.made())})
    }
}

/// Deployments of an API, the newest first.
pub fn deployments(api: &Api) -> Vec<Deployment> {
    let days = [3, 17, 64];
    days.iter()
        .enumerate()
        .map(|(place, days)| Deployment {
            id: code(&format!("{}/deployment/{place}", api.id), 6),
            description: format!("release 2026.{}", 11 - place),
            days: *days,
        })
        .collect()
}

/// 2025-10-17: things of the account that carry a date were made within the year after.
pub const FOUNDED: Millis = 1_760_659_200_000;
/// Milliseconds in a day.
pub const DAY: Millis = 86_400_000;

/// When a thing was made: some day of the account's first year, the same for one name.
pub fn created(world: &World, name: &str) -> Millis {
    let mut dice = Dice::of(&[hash_text(name), 0xc0]);
    let moment = FOUNDED + (dice.unit() * 300.0 * DAY as f64) as Millis;
    moment.min(world.born - DAY)
}

/// Seconds since 1970.
pub fn seconds(moment: Millis) -> Value {
    json!(moment / 1000)
}

/// An identifier as API Gateway makes them: small letters and digits.
pub fn code(name: &str, length: usize) -> String {
    let mut dice = Dice::of(&[hash_text(name)]);
    (0..length).map(|_| char::from(*dice.pick(b"abcdefghijklmnopqrstuvwxyz0123456789"))).collect()
}

/// 404.
pub fn not_found(message: &str) -> Response {
    error_json(404, "NotFoundException", message)
}

/// 400.
pub fn bad_request(message: &str) -> Response {
    error_json(400, "BadRequestException", message)
}

#[cfg(test)]
mod tests;
