//! `slsdash apis`: every API with its stages, and what each stage caches, throttles, logs and traces.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::failure::{Failure, OK, code_of};
use super::occasion::Occasion;
use super::output::{Output, complain};
use super::table::Table;
use super::{TableFormat, TableOutput};
use crate::aws::apis;
use crate::model::api::{Api, MethodSettings, Protocol, Stage};
use crate::model::trouble::Trouble;
use crate::time::Moment;

/// API Gateway answers 10 requests a second for the whole account, deployments included: half of them at most.
const PAUSE: Duration = Duration::from_millis(200);

/// Prints them.
pub async fn run(occasion: &Occasion, arguments: &TableOutput) -> Result<u8, Failure> {
    let account = occasion.connect().await?;
    let (found, trouble) = apis::all(&account).await;
    let mut troubles: Vec<Trouble> = trouble.into_iter().collect();
    // Nothing at all could be had: that is a failure and no empty list.
    if found.is_empty()
        && let Some(trouble) = troubles.pop()
    {
        return Err(trouble.into());
    }
    let mut with_stages = Vec::new();
    for api in found {
        if account.endpoint().is_none() {
            tokio::time::sleep(PAUSE).await;
        }
        let stages = apis::stages(&account, &api.id, api.protocol).await.unwrap_or_else(|trouble| {
            troubles.push(trouble);
            Vec::new()
        });
        with_stages.push((api, stages));
    }
    let mut output = Output::new();
    match arguments.output {
        TableFormat::Json => output.document(&json!({"apis": with_stages.iter().map(api).collect::<Vec<_>>()}))?,
        TableFormat::Table => output.table(&table(&with_stages))?,
    }
    output.flush()?;
    troubles.iter().for_each(|trouble| complain(&trouble.sentence()));
    Ok(troubles.iter().map(code_of).max().unwrap_or(OK))
}

fn iso(moment: Option<Moment>) -> Option<String> {
    moment.map(|moment| moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

fn api((api, stages): &(Api, Vec<Stage>)) -> Value {
    json!({
        "id": api.id,
        "name": api.name,
        "protocolType": api.protocol.name(),
        "endpointTypes": api.endpoint_types,
        "description": api.description,
        "createdDate": iso(api.created),
        "apiEndpoint": api.endpoint,
        "stages": stages.iter().map(|one| stage(one, api.protocol)).collect::<Vec<_>>(),
    })
}

fn stage(stage: &Stage, protocol: Protocol) -> Value {
    let mut document = json!({
        "stageName": stage.name,
        "deploymentId": stage.deployment,
        "description": stage.description,
        "tracingEnabled": stage.tracing,
        "throttlingRateLimit": stage.defaults.throttle_rate,
        "throttlingBurstLimit": stage.defaults.throttle_burst,
        // Names only: their values may be secrets.
        "stageVariables": stage.variables.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "accessLogDestinationArn": stage.access_log,
        "lastUpdatedDate": iso(stage.last_updated),
    });
    let Some(fields) = document.as_object_mut() else { return document };
    if protocol == Protocol::Rest {
        fields.insert("cacheClusterEnabled".into(), json!(stage.cache_enabled));
        fields.insert("cacheClusterSize".into(), json!(stage.cache_size));
        fields.insert("cacheClusterStatus".into(), json!(stage.cache_status));
        fields.insert("canaryPercentTraffic".into(), json!(stage.canary.as_ref().map(|canary| canary.percent)));
        fields.insert("webAclArn".into(), json!(stage.web_acl));
        fields.insert("clientCertificateId".into(), json!(stage.client_certificate));
        fields.insert("methodSettings".into(), method_settings(stage));
    } else {
        fields.insert("autoDeploy".into(), json!(stage.auto_deploy));
        fields.insert("defaultRouteSettings".into(), settings(&stage.defaults));
        let routes: Map<String, Value> =
            stage.overrides.iter().map(|(route, given)| (route.clone(), settings(given))).collect();
        fields.insert("routeSettings".into(), Value::Object(routes));
    }
    document
}

/// Keyed as API Gateway does: `*/*` for all methods, `orders~1{id}/GET` for one.
fn method_settings(stage: &Stage) -> Value {
    let mut methods = Map::new();
    if stage.defaults != MethodSettings::default() {
        methods.insert("*/*".into(), settings(&stage.defaults));
    }
    for (key, given) in &stage.overrides {
        methods.insert(method_key(key), settings(given));
    }
    Value::Object(methods)
}

fn method_key(key: &str) -> String {
    let Some((verb, path)) = key.split_once(' ') else { return key.to_string() };
    match path.trim_start_matches('/') {
        "" => format!("~1/{verb}"),
        path => format!("{}/{verb}", path.replace('/', "~1")),
    }
}

/// What is said; fields of which API Gateway says nothing are left out.
fn settings(settings: &MethodSettings) -> Value {
    let all = json!({
        "throttlingRateLimit": settings.throttle_rate,
        "throttlingBurstLimit": settings.throttle_burst,
        "cachingEnabled": settings.caching,
        "cacheTtlInSeconds": settings.cache_ttl_s,
        "cacheDataEncrypted": settings.cache_encrypted,
        "loggingLevel": settings.logging,
        "dataTraceEnabled": settings.data_trace,
        "metricsEnabled": settings.detailed_metrics,
    });
    match all {
        Value::Object(fields) => Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

fn table(apis: &[(Api, Vec<Stage>)]) -> Table {
    let mut table =
        Table::new(&["API", "ID", "KIND", "STAGE", "CACHE", ">RATE/S", ">BURST", "LOGGING", "TRACING", ">OVERRIDES"]);
    let number = |number: Option<String>| number.unwrap_or_else(|| "-".into());
    for (api, stages) in apis {
        let name = |stage: &str| vec![api.name.clone(), api.id.clone(), api.protocol.name().into(), stage.to_string()];
        if stages.is_empty() {
            let nothing = ["-", "-", "-", "-", "-", "-"].map(str::to_string);
            table.row([name("-"), nothing.to_vec()].concat());
        }
        for stage in stages {
            let cache = match (stage.cache_enabled, &stage.cache_size, &stage.cache_status) {
                (false, ..) => "-".into(),
                (true, size, Some(status)) if status != "AVAILABLE" => format!("{} GB {status}", number(size.clone())),
                (true, size, _) => format!("{} GB", number(size.clone())),
            };
            let rest = vec![
                cache,
                number(stage.defaults.throttle_rate.map(|rate| rate.to_string())),
                number(stage.defaults.throttle_burst.map(|burst| burst.to_string())),
                stage.defaults.logging.clone().unwrap_or_else(|| "-".into()),
                if stage.tracing { "on".into() } else { "off".into() },
                stage.overrides.len().to_string(),
            ];
            table.row([name(&stage.name), rest].concat());
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_keyed_as_api_gateway_does() {
        assert_eq!(method_key("POST /checkout"), "checkout/POST");
        assert_eq!(method_key("GET /orders/{id}"), "orders~1{id}/GET");
        assert_eq!(method_key("GET /"), "~1/GET");
        assert_eq!(method_key("$default"), "$default");
    }

    #[test]
    fn what_api_gateway_does_not_say_is_not_made_up() {
        let given = MethodSettings { throttle_rate: Some(5.0), caching: Some(false), ..MethodSettings::default() };
        assert_eq!(settings(&given), json!({"throttlingRateLimit": 5.0, "cachingEnabled": false}));
    }
}
