//! A stage of an HTTP or WebSocket API at a moment, and what UpdateStage makes of it.
//!
//! The list of changes keeps them in the words of API Gateway v1, so that the world reads one language.

use serde_json::{Map, Value, json};

use super::super::apigateway::{bad_request, created, deployments, not_found, stage_tags, tags};
use super::super::logs::access_format;
use super::route_key;
use crate::sim::wire::Response;
use crate::sim::wire::form::iso;
use crate::sim::world::catalog::{Api, ApiId, Protocol};
use crate::sim::world::change::StagePatch;
use crate::sim::world::{Millis, World};

/// A stage as UpdateStage sees it.
pub struct Stage {
    protocol: Protocol,
    name: String,
    description: String,
    auto_deploy: bool,
    deployment_id: String,
    variables: Vec<(String, String)>,
    access_log: Option<(String, String)>,
    default: RouteSettings,
    /// By patch path, as `/~1orders/GET`, with the route key.
    routes: Vec<(String, String, RouteSettings)>,
    created: Millis,
    updated: Millis,
}

#[derive(Clone, Debug, Default)]
struct RouteSettings {
    detailed_metrics: Option<bool>,
    burst: Option<u32>,
    rate: Option<f64>,
    data_trace: Option<bool>,
    logging: Option<String>,
}

impl RouteSettings {
    fn set(&mut self, group: &str, name: &str, value: &str) {
        match (group, name) {
            ("metrics", "enabled") => self.detailed_metrics = Some(value == "true"),
            ("throttling", "burstLimit") => self.burst = value.parse().ok(),
            ("throttling", "rateLimit") => self.rate = value.parse().ok(),
            ("logging", "dataTrace") => self.data_trace = Some(value == "true"),
            ("logging", "loglevel") => self.logging = Some(value.to_owned()),
            _ => {}
        }
    }

    fn json(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("detailedMetricsEnabled".into(), self.detailed_metrics.unwrap_or(false).into());
        if let Some(burst) = self.burst {
            shown.insert("throttlingBurstLimit".into(), burst.into());
        }
        if let Some(rate) = self.rate {
            shown.insert("throttlingRateLimit".into(), json!(rate));
        }
        if let Some(data_trace) = self.data_trace {
            shown.insert("dataTraceEnabled".into(), data_trace.into());
        }
        if let Some(logging) = &self.logging {
            shown.insert("loggingLevel".into(), logging.as_str().into());
        }
        Value::Object(shown)
    }
}

impl Stage {
    /// The stage `place` of an API at `now`.
    pub fn at(world: &World, id: ApiId, place: usize, now: Millis) -> Self {
        let api = &world.catalog.apis[id];
        let start = &api.stages[place];
        let socket = api.protocol == Protocol::WebSocket;
        let since = created(world, &format!("{}/{}", api.id, start.name));
        let mut stage = Self {
            protocol: api.protocol,
            name: start.name.clone(),
            description: format!("{} stage", start.name),
            auto_deploy: !socket,
            deployment_id: deployments(api).swap_remove(0).id,
            variables: start.variables.clone(),
            access_log: start.access_log_group.as_ref().map(|group| {
                let catalog = &world.catalog;
                let arn = format!("arn:aws:logs:{}:{}:log-group:{group}", catalog.region, catalog.account_id);
                (arn, access_format::of(api).to_owned())
            }),
            default: RouteSettings {
                detailed_metrics: Some(start.detailed_metrics),
                burst: start.throttle.map(|(_, burst)| burst),
                rate: start.throttle.map(|(rate, _)| rate),
                data_trace: socket.then_some(false),
                logging: socket.then(|| start.logging.to_owned()),
            },
            routes: Vec::new(),
            created: since,
            updated: since,
        };
        for own in &start.overrides {
            let path = patch_path(&own.path, &own.method);
            let settings = RouteSettings {
                burst: own.throttle.map(|(_, burst)| burst),
                rate: own.throttle.map(|(rate, _)| rate),
                ..RouteSettings::default()
            };
            let key = if own.method.is_empty() { own.path.clone() } else { format!("{} {}", own.method, own.path) };
            stage.routes.push((path, key, settings));
        }
        for (moment, patches) in world.stage_changes(id, &start.name, now) {
            stage.updated = moment;
            patches.iter().for_each(|patch| stage.apply(api, patch));
        }
        stage
    }

    fn apply(&mut self, api: &Api, patch: &StagePatch) {
        let value = patch.value.clone().unwrap_or_default();
        let steps: Vec<&str> = patch.path.trim_start_matches('/').split('/').collect();
        match steps.as_slice() {
            ["description"] => self.description = value,
            ["autoDeploy"] => self.auto_deploy = value == "true",
            ["deploymentId"] => self.deployment_id = value,
            ["variables", name] => {
                self.variables.retain(|(known, _)| known != name);
                self.variables.push(((*name).to_owned(), value));
            }
            ["accessLogSettings", "destinationArn"] => self.access_log.get_or_insert_default().0 = value,
            ["accessLogSettings", "format"] => self.access_log.get_or_insert_default().1 = value,
            ["*", "*", group, name] => self.default.set(group, name, &value),
            [_, _] if patch.op == "remove" => self.routes.retain(|(path, _, _)| *path != patch.path),
            [path, method, group, name] => {
                let path = format!("/{path}/{method}");
                let place = self.routes.iter().position(|(known, _, _)| *known == path);
                let place = place.unwrap_or_else(|| {
                    let key = api.routes.iter().find(|route| patch_path(&route.path, &route.method) == path);
                    self.routes.push((path.clone(), key.map(route_key).unwrap_or_default(), RouteSettings::default()));
                    self.routes.len() - 1
                });
                self.routes[place].2.set(group, name, &value);
            }
            _ => {}
        }
    }

    /// As GetStage shows it.
    pub fn json(&self) -> Value {
        let mut shown = json!({
            "autoDeploy": self.auto_deploy,
            "createdDate": iso(self.created),
            "defaultRouteSettings": self.default.json(),
            "deploymentId": self.deployment_id,
            "description": self.description,
            "lastUpdatedDate": iso(self.updated),
            "routeSettings": Value::Object(self.routes.iter().map(|(_, key, settings)| (key.clone(), settings.json())).collect()),
            "stageName": self.name,
            "stageVariables": Value::Object(self.variables.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()),
            "tags": tags(&stage_tags(&self.name)),
        });
        if let Some((arn, format)) = &self.access_log {
            shown["accessLogSettings"] = json!({"destinationArn": arn, "format": format});
        }
        if self.auto_deploy && self.protocol == Protocol::Http {
            let message = format!("Successfully deployed stage with deployment ID '{}'", self.deployment_id);
            shown["lastDeploymentStatusMessage"] = message.into();
        }
        shown
    }
}

/// Where the settings of a route are patched, as `/~1orders~1{id}/GET`.
fn patch_path(path: &str, method: &str) -> String {
    format!("/{}/{method}", path.replace('~', "~0").replace('/', "~1"))
}

/// The patch path of the route with that key; none if the API has no such route.
pub fn path_of_route(api: &Api, key: &str) -> Option<String> {
    let route = api.routes.iter().find(|route| route_key(route) == key)?;
    Some(patch_path(&route.path, &route.method))
}

/// The body of UpdateStage as patch operations; an error answers what is wrong with it.
pub fn patches(api: &Api, body: &Value) -> Result<Vec<StagePatch>, Response> {
    let Value::Object(body) = body else {
        return Err(bad_request("Invalid request input"));
    };
    let mut list = Vec::new();
    let mut replace = |path: String, value: String| {
        list.push(StagePatch { op: "replace".into(), path, value: Some(value) });
    };
    for (key, value) in body {
        match (key.as_str(), value) {
            (_, Value::Null) => {}
            ("description", Value::String(text)) => replace("/description".into(), text.clone()),
            ("autoDeploy", Value::Bool(truth)) => {
                if api.protocol == Protocol::WebSocket && *truth {
                    return Err(bad_request("AutoDeploy is not supported on protocolType WEBSOCKET"));
                }
                replace("/autoDeploy".into(), truth.to_string());
            }
            ("deploymentId", Value::String(id)) => {
                if !deployments(api).iter().any(|known| known.id == *id) {
                    return Err(not_found("Invalid deployment identifier specified"));
                }
                replace("/deploymentId".into(), id.clone());
            }
            ("stageVariables", Value::Object(variables)) => {
                for (name, value) in variables {
                    let Value::String(value) = value else {
                        return Err(wrong(key));
                    };
                    replace(format!("/variables/{name}"), value.clone());
                }
            }
            ("accessLogSettings", Value::Object(settings)) => {
                for (name, value) in settings {
                    let ("destinationArn" | "format", Value::String(value)) = (name.as_str(), value) else {
                        return Err(wrong(key));
                    };
                    replace(format!("/accessLogSettings/{name}"), value.clone());
                }
            }
            ("defaultRouteSettings", Value::Object(settings)) => {
                for (path, value) in route_settings(api, "/*/*", settings)? {
                    replace(path, value);
                }
            }
            ("routeSettings", Value::Object(routes)) => {
                for (route, settings) in routes {
                    let path = path_of_route(api, route).ok_or_else(|| {
                        not_found(&format!("Unable to find Route by key {route} within the provided RouteSettings"))
                    })?;
                    let Value::Object(settings) = settings else {
                        return Err(wrong(key));
                    };
                    for (path, value) in route_settings(api, &path, settings)? {
                        replace(path, value);
                    }
                }
            }
            ("clientCertificateId", Value::String(_)) => {}
            _ => return Err(wrong(key)),
        }
    }
    Ok(list)
}

fn route_settings(api: &Api, path: &str, settings: &Map<String, Value>) -> Result<Vec<(String, String)>, Response> {
    let mut found = Vec::new();
    for (name, value) in settings {
        let logs = matches!(name.as_str(), "loggingLevel" | "dataTraceEnabled");
        if logs && api.protocol == Protocol::Http && !value.is_null() {
            return Err(bad_request("Execution logs are not supported on protocolType HTTP"));
        }
        let (step, text) = match (name.as_str(), value) {
            (_, Value::Null) => continue,
            ("detailedMetricsEnabled", Value::Bool(truth)) => ("metrics/enabled", truth.to_string()),
            ("dataTraceEnabled", Value::Bool(truth)) => ("logging/dataTrace", truth.to_string()),
            ("loggingLevel", Value::String(level)) if ["OFF", "ERROR", "INFO"].contains(&level.as_str()) => {
                ("logging/loglevel", level.clone())
            }
            ("throttlingBurstLimit", Value::Number(limit)) if limit.as_u64().is_some_and(|n| n <= 1 << 31) => {
                ("throttling/burstLimit", limit.to_string())
            }
            ("throttlingRateLimit", Value::Number(limit)) if limit.as_f64().is_some_and(|n| n >= 0.0) => {
                ("throttling/rateLimit", limit.to_string())
            }
            _ => return Err(wrong(name)),
        };
        found.push((format!("{path}/{step}"), text));
    }
    Ok(found)
}

fn wrong(name: &str) -> Response {
    bad_request(&format!("Invalid value for {name}"))
}
