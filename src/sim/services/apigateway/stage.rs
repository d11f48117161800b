//! A stage of a REST API at a moment: as it was at the start, with all that was done to it since.

use serde_json::{Map, Value, json};

use super::super::logs::access_format;
use super::{created, deployments, seconds, stage_tags, tags};
use crate::sim::world::catalog::ApiId;
use crate::sim::world::change::StagePatch;
use crate::sim::world::{Millis, World};

/// Amazon takes about four minutes to make a cache cluster; twenty seconds show the same states.
const CREATING_MS: Millis = 20_000;
const DELETING_MS: Millis = 15_000;
const FLUSHING_MS: Millis = 5_000;

/// A stage, in the words of UpdateStage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// stageName.
    pub name: String,
    /// deploymentId.
    pub deployment_id: String,
    /// description.
    pub description: String,
    /// clientCertificateId.
    pub certificate: Option<String>,
    /// documentationVersion.
    pub documentation: Option<String>,
    /// cacheClusterEnabled.
    pub cache_enabled: bool,
    /// cacheClusterSize; stays known when the cluster goes.
    pub cache_size: Option<String>,
    /// When the cluster was last asked to come, go or change its size; none: before the world began.
    pub cache_changed: Option<Millis>,
    /// When the cache was last flushed.
    pub flushed: Option<Millis>,
    /// tracingEnabled.
    pub traced: bool,
    /// webAclArn.
    pub web_acl: Option<String>,
    /// Stage variables.
    pub variables: Vec<(String, String)>,
    /// canarySettings, as they are shown.
    pub canary: Option<Map<String, Value>>,
    /// accessLogSettings.
    pub access_log: Option<AccessLog>,
    /// methodSettings by their keys: `*/*`, `~1orders~1{id}/GET`.
    pub methods: Vec<(String, MethodSettings)>,
    created: Millis,
    updated: Millis,
}

/// accessLogSettings.
#[derive(Clone, Debug, Default)]
pub struct AccessLog {
    /// destinationArn.
    pub destination: String,
    /// format.
    pub format: String,
}

/// One of the methodSettings.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodSettings {
    /// metricsEnabled.
    pub metrics: bool,
    /// loggingLevel: OFF, ERROR or INFO.
    pub logging: String,
    /// dataTraceEnabled.
    pub data_trace: bool,
    /// throttlingBurstLimit; -1 is none.
    pub burst: i64,
    /// throttlingRateLimit, requests per second; -1 is none.
    pub rate: f64,
    /// cachingEnabled.
    pub caching: bool,
    /// cacheTtlInSeconds.
    pub ttl: u32,
    /// cacheDataEncrypted.
    pub encrypted: bool,
    /// requireAuthorizationForCacheControl.
    pub authorization: bool,
    /// unauthorizedCacheControlHeaderStrategy.
    pub strategy: String,
}

impl Default for MethodSettings {
    /// What a method has that nobody touched: the limits of the account, no cache.
    fn default() -> Self {
        Self {
            metrics: false,
            logging: "OFF".into(),
            data_trace: false,
            burst: 5000,
            rate: 10_000.0,
            caching: false,
            ttl: 300,
            encrypted: false,
            authorization: true,
            strategy: "SUCCEED_WITH_RESPONSE_HEADER".into(),
        }
    }
}

impl Stage {
    /// The stage `place` of an API at `now`.
    pub fn at(world: &World, api: ApiId, place: usize, now: Millis) -> Self {
        let mut stage = Self::at_start(world, api, place);
        for (moment, patches) in world.stage_changes(api, &stage.name, now) {
            patches.iter().for_each(|patch| stage.apply(patch, moment));
        }
        stage
    }

    fn at_start(world: &World, api: ApiId, place: usize) -> Self {
        let api = &world.catalog.apis[api];
        let start = &api.stages[place];
        let all = MethodSettings {
            metrics: start.detailed_metrics,
            logging: start.logging.to_owned(),
            burst: start.throttle.map_or(5000, |(_, burst)| i64::from(burst)),
            rate: start.throttle.map_or(10_000.0, |(rate, _)| rate),
            ..MethodSettings::default()
        };
        let mut methods = vec![("*/*".to_owned(), all.clone())];
        for own in &start.overrides {
            let mut settings = all.clone();
            if let Some((rate, burst)) = own.throttle {
                (settings.rate, settings.burst) = (rate, i64::from(burst));
            }
            if let Some((enabled, ttl)) = own.cache {
                (settings.caching, settings.ttl) = (enabled, ttl);
            }
            methods.push((key(&own.path, &own.method), settings));
        }
        let releases = deployments(api);
        let canary = start.canary_percent.map(|percent| {
            let overrides = json!({"release": "canary"});
            let fields = json!({"percentTraffic": percent, "deploymentId": releases[0].id, "useStageCache": false,
                "stageVariableOverrides": overrides});
            fields.as_object().cloned().unwrap_or_default()
        });
        let since = created(world, &format!("{}/{}", api.id, start.name));
        Self {
            name: start.name.clone(),
            // While a canary runs, the rest of the traffic is still on the release before.
            deployment_id: releases[usize::from(canary.is_some())].id.clone(),
            description: format!("{} stage", start.name),
            certificate: start.guarded.then(super::certificates::id),
            web_acl: start.guarded.then(|| {
                let (region, account) = (&world.catalog.region, &world.catalog.account_id);
                format!(
                    "arn:aws:wafv2:{region}:{account}:regional/webacl/shop-edge/7f3c1b7a-5a0e-4f0e-8b1d-2c9e6d4a1f55"
                )
            }),
            documentation: None,
            cache_enabled: start.cache.is_some(),
            cache_size: start.cache.map(str::to_owned),
            cache_changed: None,
            flushed: None,
            traced: start.traced,
            variables: start.variables.clone(),
            canary,
            access_log: start.access_log_group.as_ref().map(|group| AccessLog {
                destination: format!(
                    "arn:aws:logs:{}:{}:log-group:{group}",
                    world.catalog.region, world.catalog.account_id
                ),
                format: access_format::of(api).to_owned(),
            }),
            methods,
            created: since,
            updated: since,
        }
    }

    /// Applies one operation that has been checked.
    pub fn apply(&mut self, patch: &StagePatch, at: Millis) {
        self.updated = at;
        let value = patch.value.clone().unwrap_or_default();
        let removes = patch.op == "remove";
        let truth = value.eq_ignore_ascii_case("true");
        let steps: Vec<&str> = patch.path.trim_start_matches('/').split('/').collect();
        match steps.as_slice() {
            ["cache", "data"] if patch.op == "flush" => self.flushed = Some(at),
            ["deploymentId"] if patch.op == "copy" => {
                let canary = self.canary.as_ref().and_then(|canary| canary.get("deploymentId"));
                if let Some(id) = canary.and_then(Value::as_str) {
                    self.deployment_id = id.to_owned();
                }
            }
            ["variables"] if patch.op == "copy" => {
                let overrides = self.canary.as_ref().and_then(|canary| canary.get("stageVariableOverrides"));
                let overrides = overrides.and_then(Value::as_object).cloned().unwrap_or_default();
                for (name, value) in overrides {
                    self.variables.retain(|(known, _)| *known != name);
                    self.variables.push((name, value.as_str().unwrap_or_default().to_owned()));
                }
            }
            ["deploymentId"] => self.deployment_id = value,
            ["description"] => self.description = value,
            ["clientCertificateId"] => self.certificate = Some(value).filter(|id| !id.is_empty()),
            ["documentationVersion"] => self.documentation = Some(value).filter(|version| !version.is_empty()),
            ["tracingEnabled"] => self.traced = truth,
            ["cacheClusterEnabled"] => {
                if self.cache_enabled != truth {
                    self.cache_changed = Some(at);
                }
                self.cache_enabled = truth;
                if truth && self.cache_size.is_none() {
                    self.cache_size = Some("0.5".into());
                }
            }
            ["cacheClusterSize"] => {
                if self.cache_enabled && self.cache_size.as_ref() != Some(&value) {
                    self.cache_changed = Some(at);
                }
                self.cache_size = Some(value);
            }
            ["variables", name] => {
                let name = unescape(name);
                self.variables.retain(|(known, _)| *known != name);
                if !removes {
                    self.variables.push((name, value));
                }
            }
            ["canarySettings"] if removes => self.canary = None,
            ["canarySettings", rest @ ..] => self.apply_canary(rest, &value, removes),
            ["accessLogSettings"] if removes => self.access_log = None,
            ["accessLogSettings", "destinationArn"] => {
                self.access_log.get_or_insert_default().destination = if removes { String::new() } else { value };
            }
            ["accessLogSettings", "format"] => {
                self.access_log.get_or_insert_default().format = if removes { String::new() } else { value };
            }
            [path, method] if removes => {
                let key = key_of_steps(path, method);
                self.methods.retain(|(known, _)| *known != key);
            }
            [path, method, group, name] => {
                let settings = self.method(&key_of_steps(path, method));
                settings.set(group, name, &value);
            }
            _ => {}
        }
    }

    fn apply_canary(&mut self, steps: &[&str], value: &str, removes: bool) {
        let deployment = &self.deployment_id;
        // A canary that nobody gave a deployment serves the stage's own.
        let canary = self.canary.get_or_insert_with(|| {
            let fields = json!({"percentTraffic": 0.0, "deploymentId": deployment, "useStageCache": false});
            fields.as_object().cloned().unwrap_or_default()
        });
        match steps {
            ["percentTraffic"] => {
                canary.insert("percentTraffic".into(), json!(value.parse::<f64>().unwrap_or(0.0)));
            }
            ["deploymentId"] => {
                canary.insert("deploymentId".into(), value.into());
            }
            ["useStageCache"] => {
                canary.insert("useStageCache".into(), value.eq_ignore_ascii_case("true").into());
            }
            ["stageVariableOverrides"] if removes => {
                canary.remove("stageVariableOverrides");
            }
            ["stageVariableOverrides", name] => {
                let overrides = canary.entry("stageVariableOverrides").or_insert_with(|| json!({}));
                if let Value::Object(overrides) = overrides {
                    if removes {
                        overrides.remove(&unescape(name));
                    } else {
                        overrides.insert(unescape(name), value.into());
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether a method, as a path spells it, has settings of its own.
    pub fn has_method(&self, path: &str, method: &str) -> bool {
        let key = key_of_steps(path, method);
        self.methods.iter().any(|(known, _)| *known == key)
    }

    /// The settings under a key; a method that had none of its own begins with those of the stage.
    fn method(&mut self, key: &str) -> &mut MethodSettings {
        let place = self.methods.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
            let all = self.methods.iter().find(|(known, _)| known == "*/*");
            let settings = all.map(|(_, settings)| settings.clone()).unwrap_or_default();
            self.methods.push((key.to_owned(), settings));
            self.methods.len() - 1
        });
        &mut self.methods[place].1
    }

    /// cacheClusterStatus.
    pub fn cache_status(&self, now: Millis) -> &'static str {
        let within = |since: Option<Millis>, length: Millis| since.is_some_and(|since| now < since + length);
        match self.cache_enabled {
            true if within(self.cache_changed, CREATING_MS) => "CREATE_IN_PROGRESS",
            true if within(self.flushed, FLUSHING_MS) => "FLUSH_IN_PROGRESS",
            true => "AVAILABLE",
            false if within(self.cache_changed, DELETING_MS) => "DELETE_IN_PROGRESS",
            false => "NOT_AVAILABLE",
        }
    }

    /// As GetStage shows it.
    pub fn json(&self, now: Millis) -> Value {
        let mut shown = Map::new();
        shown.insert("deploymentId".into(), self.deployment_id.as_str().into());
        let mut optional = |key: &str, value: &Option<String>| {
            if let Some(value) = value {
                shown.insert(key.to_owned(), value.as_str().into());
            }
        };
        optional("clientCertificateId", &self.certificate);
        optional("documentationVersion", &self.documentation);
        optional("cacheClusterSize", &self.cache_size);
        optional("webAclArn", &self.web_acl);
        shown.insert("stageName".into(), self.name.as_str().into());
        if !self.description.is_empty() {
            shown.insert("description".into(), self.description.as_str().into());
        }
        shown.insert("cacheClusterEnabled".into(), self.cache_enabled.into());
        shown.insert("cacheClusterStatus".into(), self.cache_status(now).into());
        let methods = self.methods.iter().map(|(key, settings)| (key.clone(), settings.json())).collect();
        shown.insert("methodSettings".into(), Value::Object(methods));
        if !self.variables.is_empty() {
            let variables = self.variables.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            shown.insert("variables".into(), Value::Object(variables));
        }
        if let Some(log) = self.access_log.as_ref().filter(|log| !log.destination.is_empty() || !log.format.is_empty())
        {
            let log = json!({"format": log.format, "destinationArn": log.destination});
            shown.insert("accessLogSettings".into(), log);
        }
        if let Some(canary) = &self.canary {
            shown.insert("canarySettings".into(), Value::Object(canary.clone()));
        }
        shown.insert("tracingEnabled".into(), self.traced.into());
        shown.insert("tags".into(), tags(&stage_tags(&self.name)));
        shown.insert("createdDate".into(), seconds(self.created));
        shown.insert("lastUpdatedDate".into(), seconds(self.updated));
        Value::Object(shown)
    }
}

impl MethodSettings {
    fn set(&mut self, group: &str, name: &str, value: &str) {
        let truth = value.eq_ignore_ascii_case("true");
        match (group, name) {
            ("metrics", "enabled") => self.metrics = truth,
            ("logging", "dataTrace") => self.data_trace = truth,
            ("logging", "loglevel") => self.logging = value.to_owned(),
            ("throttling", "burstLimit") => self.burst = value.parse().unwrap_or(self.burst),
            ("throttling", "rateLimit") => self.rate = value.parse().unwrap_or(self.rate),
            ("caching", "enabled") => self.caching = truth,
            ("caching", "ttlInSeconds") => self.ttl = value.parse().unwrap_or(self.ttl),
            ("caching", "dataEncrypted") => self.encrypted = truth,
            ("caching", "requireAuthorizationForCacheControl") => self.authorization = truth,
            ("caching", "unauthorizedCacheControlHeaderStrategy") => self.strategy = value.to_owned(),
            _ => {}
        }
    }

    fn json(&self) -> Value {
        json!({
            "metricsEnabled": self.metrics,
            "loggingLevel": self.logging,
            "dataTraceEnabled": self.data_trace,
            "throttlingBurstLimit": self.burst,
            "throttlingRateLimit": self.rate,
            "cachingEnabled": self.caching,
            "cacheTtlInSeconds": self.ttl,
            "cacheDataEncrypted": self.encrypted,
            "requireAuthorizationForCacheControl": self.authorization,
            "unauthorizedCacheControlHeaderStrategy": self.strategy,
        })
    }
}

/// Key of a method in methodSettings: `~1checkout/POST`, `~1orders~1{id}/GET`, `~1/GET` for the root, as in the examples of
/// the AWS CLI's get-stage, get-stages and update-stage.
fn key(path: &str, method: &str) -> String {
    if path == "*" {
        return format!("*/{method}");
    }
    let inner = path.trim_start_matches('/').replace('~', "~0").replace('/', "~1");
    format!("~1{inner}/{method}")
}

/// The key that a patch path means: `/~1checkout/POST/…` and `/checkout/POST/…` are the same method.
fn key_of_steps(path: &str, method: &str) -> String {
    key(&unescape(path), method)
}

/// Undoes the escapes of a JSON pointer.
fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_has_one_key_however_the_patch_spells_it() {
        assert_eq!(key("/checkout", "POST"), "~1checkout/POST");
        assert_eq!(key("/orders/{id}", "GET"), "~1orders~1{id}/GET");
        assert_eq!(key("/", "GET"), "~1/GET");
        assert_eq!(key_of_steps("~1orders~1{id}", "GET"), "~1orders~1{id}/GET");
        assert_eq!(key_of_steps("checkout", "POST"), "~1checkout/POST");
        assert_eq!(key_of_steps("*", "*"), "*/*");
    }
}
