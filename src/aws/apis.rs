//! API Gateway, both versions: the inventory, stages with their settings, and the routes with what is behind them.

use std::collections::HashMap;

use aws_sdk_apigateway::types::{MethodSetting, RestApi, Stage as RestStage};
use aws_sdk_apigatewayv2::types::{Api as V2Api, ProtocolType, RouteSettings, Stage as V2Stage};

use super::Account;
use super::pages::Pages;
use super::reading::{moment, said, shown, sorted};
use crate::model::api::{Api, ApiAccount, Canary, MethodSettings, Protocol, Route, Stage};
use crate::model::trouble::Trouble;

/// API Gateway gives at most 500 at a time; a region takes 600 APIs, an API 300 resources.
const PER_PAGE: i32 = 500;
const PAGES: usize = 50;
/// The IAM action of every read.
const GET: &str = "apigateway:GET";

/// GetRestApis and GetApis together. Where one of them fails the other's are given all the same, with the trouble.
pub async fn all(account: &Account) -> (Vec<Api>, Option<Trouble>) {
    let (mut apis, mut trouble) = (Vec::new(), None);
    for part in [rest_apis(account).await, v2_apis(account).await] {
        match part {
            Ok(part) => apis.extend(part),
            Err(error) => trouble = trouble.or(Some(error)),
        }
    }
    apis.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
    (apis, trouble)
}

async fn rest_apis(account: &Account) -> Result<Vec<Api>, Trouble> {
    let (mut pages, mut position, mut apis) = (Pages::up_to(PAGES), None, Vec::new());
    loop {
        let output = account.apigateway().get_rest_apis().limit(PER_PAGE).set_position(position).send().await;
        let output = output.map_err(|error| account.trouble(GET, &error))?;
        apis.extend(output.items().iter().map(rest_api));
        position = pages.follow(output.position());
        if position.is_none() {
            return Ok(apis);
        }
    }
}

async fn v2_apis(account: &Account) -> Result<Vec<Api>, Trouble> {
    let (mut pages, mut token, mut apis) = (Pages::up_to(PAGES), None, Vec::new());
    loop {
        let request = account.apigatewayv2().get_apis().max_results(PER_PAGE.to_string()).set_next_token(token);
        let output = request.send().await.map_err(|error| account.trouble(GET, &error))?;
        apis.extend(output.items().iter().map(v2_api));
        token = pages.follow(output.next_token());
        if token.is_none() {
            return Ok(apis);
        }
    }
}

/// GetStages of one API, by name.
pub async fn stages(account: &Account, api: &str, protocol: Protocol) -> Result<Vec<Stage>, Trouble> {
    let mut stages: Vec<Stage> = if protocol == Protocol::Rest {
        let output = account.apigateway().get_stages().rest_api_id(api).send().await;
        let output = output.map_err(|error| account.trouble(GET, &error))?;
        output.item().iter().map(rest_stage).collect()
    } else {
        let (mut pages, mut token, mut stages) = (Pages::up_to(PAGES), None, Vec::new());
        loop {
            let request = account.apigatewayv2().get_stages().api_id(api).set_next_token(token);
            let output = request.send().await.map_err(|error| account.trouble(GET, &error))?;
            stages.extend(output.items().iter().map(v2_stage));
            token = pages.follow(output.next_token());
            if token.is_none() {
                break stages;
            }
        }
    };
    stages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(stages)
}

/// Methods of a REST API (one GetResources with its methods), or routes of the others, with what is behind each.
pub async fn routes(account: &Account, api: &str, protocol: Protocol) -> Result<Vec<Route>, Trouble> {
    let mut routes = match protocol {
        Protocol::Rest => methods(account, api).await?,
        _ => v2_routes(account, api).await?,
    };
    routes.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(routes)
}

async fn methods(account: &Account, api: &str) -> Result<Vec<Route>, Trouble> {
    let request = account.apigateway().get_resources().rest_api_id(api).limit(PER_PAGE).embed("methods");
    let (mut pages, mut position, mut routes) = (Pages::up_to(PAGES), None, Vec::new());
    loop {
        let output = request.clone().set_position(position).send().await;
        let output = output.map_err(|error| account.trouble(GET, &error))?;
        for resource in output.items() {
            for (verb, method) in resource.resource_methods().into_iter().flatten() {
                let integration = method.method_integration();
                let kind = integration.and_then(|integration| integration.r#type());
                routes.push(Route {
                    key: format!("{} {}", shown(Some(verb)), shown(resource.path())),
                    integration: shown(kind.map(|kind| kind.as_str())),
                    function: integration.and_then(|integration| integration.uri()).and_then(function_in),
                    qualifier: integration.and_then(|integration| integration.uri()).and_then(qualifier_in),
                    uri: said(integration.and_then(|integration| integration.uri())),
                    timeout_ms: integration.map(|integration| integration.timeout_in_millis()).filter(|ms| *ms > 0),
                    authorization: shown(method.authorization_type()),
                    authorizer: said(method.authorizer_id()),
                    api_key: method.api_key_required().unwrap_or_default(),
                });
            }
        }
        position = pages.follow(output.position());
        if position.is_none() {
            return Ok(routes);
        }
    }
}

async fn v2_routes(account: &Account, api: &str) -> Result<Vec<Route>, Trouble> {
    // A route names its integration by id only: `integrations/abc123`.
    let mut behind: HashMap<String, Route> = HashMap::new();
    let (mut pages, mut token) = (Pages::up_to(PAGES), None);
    loop {
        let request = account.apigatewayv2().get_integrations().api_id(api).set_next_token(token);
        let output = request.send().await.map_err(|error| account.trouble(GET, &error))?;
        for integration in output.items() {
            let kind = shown(integration.integration_type().map(|kind| kind.as_str()));
            let uri = integration.integration_uri();
            let route = Route {
                integration: kind,
                function: uri.and_then(function_in),
                qualifier: uri.and_then(qualifier_in),
                uri: said(uri),
                timeout_ms: integration.timeout_in_millis(),
                ..Route::default()
            };
            behind.insert(shown(integration.integration_id()), route);
        }
        token = pages.follow(output.next_token());
        if token.is_none() {
            break;
        }
    }
    let (mut pages, mut token, mut routes) = (Pages::up_to(PAGES), None, Vec::new());
    loop {
        let request = account.apigatewayv2().get_routes().api_id(api).set_next_token(token);
        let output = request.send().await.map_err(|error| account.trouble(GET, &error))?;
        for route in output.items() {
            let target = route.target().and_then(|target| target.strip_prefix("integrations/")).unwrap_or_default();
            routes.push(Route {
                key: shown(route.route_key()),
                authorization: shown(route.authorization_type().map(|kind| kind.as_str())),
                authorizer: said(route.authorizer_id()),
                api_key: route.api_key_required().unwrap_or_default(),
                ..behind.get(target).cloned().unwrap_or_default()
            });
        }
        token = pages.follow(output.next_token());
        if token.is_none() {
            return Ok(routes);
        }
    }
}

/// GetAccount: what the data plane lets through before it throttles everybody.
pub async fn limits(account: &Account) -> Result<ApiAccount, Trouble> {
    let output = account.apigateway().get_account().send().await.map_err(|error| account.trouble(GET, &error))?;
    let throttle = output.throttle_settings();
    Ok(ApiAccount {
        rate: throttle.map(|throttle| throttle.rate_limit()),
        burst: throttle.map(|throttle| throttle.burst_limit()),
    })
}

fn rest_api(from: &RestApi) -> Api {
    let types = from.endpoint_configuration().map(|endpoint| endpoint.types()).unwrap_or_default();
    Api {
        id: shown(from.id()),
        name: shown(from.name()),
        protocol: Protocol::Rest,
        endpoint_types: types.iter().map(|kind| shown(Some(kind.as_str()))).collect(),
        description: shown(from.description()),
        created: moment(from.created_date()),
        endpoint: None,
        tags: sorted(from.tags(), |value| shown(Some(value))),
    }
}

fn v2_api(from: &V2Api) -> Api {
    Api {
        id: shown(from.api_id()),
        name: shown(from.name()),
        protocol: match from.protocol_type() {
            Some(ProtocolType::Websocket) => Protocol::WebSocket,
            _ => Protocol::Http,
        },
        endpoint_types: vec!["REGIONAL".into()],
        description: shown(from.description()),
        created: moment(from.created_date()),
        endpoint: said(from.api_endpoint()),
        tags: sorted(from.tags(), |value| shown(Some(value))),
    }
}

fn rest_stage(from: &RestStage) -> Stage {
    let mut defaults = MethodSettings::default();
    let mut overrides = Vec::new();
    for (key, settings) in from.method_settings().into_iter().flatten() {
        match method_key(key) {
            None => defaults = method_settings(settings),
            Some(key) => overrides.push((key, method_settings(settings))),
        }
    }
    overrides.sort_by(|(a, _), (b, _)| a.cmp(b));
    Stage {
        name: shown(from.stage_name()),
        deployment: said(from.deployment_id()),
        description: shown(from.description()),
        cache_enabled: from.cache_cluster_enabled(),
        cache_size: said(from.cache_cluster_size().map(|size| size.as_str())),
        cache_status: said(from.cache_cluster_status().map(|status| status.as_str())),
        tracing: from.tracing_enabled(),
        defaults,
        overrides,
        variables: sorted(from.variables(), |value| shown(Some(value))),
        access_log: said(from.access_log_settings().and_then(|log| log.destination_arn())),
        access_log_format: said(from.access_log_settings().and_then(|log| log.format())),
        canary: from.canary_settings().map(|canary| Canary {
            percent: canary.percent_traffic(),
            deployment: said(canary.deployment_id()),
            variables: sorted(canary.stage_variable_overrides(), |value| shown(Some(value))),
            use_stage_cache: canary.use_stage_cache(),
        }),
        web_acl: said(from.web_acl_arn()),
        client_certificate: said(from.client_certificate_id()),
        auto_deploy: false,
        last_updated: moment(from.last_updated_date()),
    }
}

fn v2_stage(from: &V2Stage) -> Stage {
    let mut overrides: Vec<(String, MethodSettings)> = sorted(from.route_settings(), route_settings);
    overrides.sort_by(|(a, _), (b, _)| a.cmp(b));
    Stage {
        name: shown(from.stage_name()),
        deployment: said(from.deployment_id()),
        description: shown(from.description()),
        defaults: from.default_route_settings().map(route_settings).unwrap_or_default(),
        overrides,
        variables: sorted(from.stage_variables(), |value| shown(Some(value))),
        access_log: said(from.access_log_settings().and_then(|log| log.destination_arn())),
        access_log_format: said(from.access_log_settings().and_then(|log| log.format())),
        client_certificate: said(from.client_certificate_id()),
        auto_deploy: from.auto_deploy().unwrap_or_default(),
        last_updated: moment(from.last_updated_date()),
        ..Stage::default()
    }
}

fn method_settings(from: &MethodSetting) -> MethodSettings {
    MethodSettings {
        // Below zero: not set at this level.
        throttle_rate: Some(from.throttling_rate_limit()).filter(|rate| *rate >= 0.0),
        throttle_burst: Some(from.throttling_burst_limit()).filter(|burst| *burst >= 0),
        caching: Some(from.caching_enabled()),
        cache_ttl_s: Some(from.cache_ttl_in_seconds()),
        cache_encrypted: Some(from.cache_data_encrypted()),
        logging: said(from.logging_level()),
        data_trace: Some(from.data_trace_enabled()),
        detailed_metrics: Some(from.metrics_enabled()),
    }
}

fn route_settings(from: &RouteSettings) -> MethodSettings {
    MethodSettings {
        throttle_rate: from.throttling_rate_limit(),
        throttle_burst: from.throttling_burst_limit(),
        logging: said(from.logging_level().map(|level| level.as_str())),
        data_trace: from.data_trace_enabled(),
        detailed_metrics: from.detailed_metrics_enabled(),
        ..MethodSettings::default()
    }
}

/// The method that a key of methodSettings is about, as `GET /orders/{id}`; none for all methods. The resource comes as
/// `orders/{id}`, as `/orders/{id}`, as `~1orders~1{id}`, or in a mixture of these.
fn method_key(key: &str) -> Option<String> {
    let (resource, method) = key.rsplit_once('/').unwrap_or(("", key));
    let resource = resource.replace("~1", "/").replace("~0", "~");
    let resource = resource.trim_start_matches('/');
    match (resource, method) {
        ("*", "*") => None,
        ("*", method) => Some(format!("{} *", shown(Some(method)))),
        (resource, method) => Some(format!("{} /{}", shown(Some(method)), shown(Some(resource)))),
    }
}

/// The function in an integration's URI: `...:lambda:path/2015-03-31/functions/ARN/invocations`, or the ARN itself.
fn function_in(uri: &str) -> Option<String> {
    let arn = uri.split_once("/functions/").map_or(uri, |(_, rest)| rest);
    let arn = arn.trim_end_matches("/invocations").trim_end_matches("/response-streaming-invocations");
    let (_, rest) = arn.split_once(":function:")?;
    said(rest.split([':', '/']).next())
}

/// The alias or version that an integration's URI names, or the stage variable that does.
fn qualifier_in(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once(":function:")?;
    let rest = rest.split('/').next()?;
    said(rest.split_once(':').map(|(_, qualifier)| qualifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_settings_are_read_in_every_spelling() {
        for key in ["checkout/POST", "/checkout/POST", "~1checkout/POST"] {
            assert_eq!(method_key(key).as_deref(), Some("POST /checkout"), "{key}");
        }
        for key in ["orders~1{id}/GET", "~1orders~1{id}/GET", "/orders/{id}/GET", "orders/{id}/GET"] {
            assert_eq!(method_key(key).as_deref(), Some("GET /orders/{id}"), "{key}");
        }
        assert_eq!(method_key("*/*"), None);
        assert_eq!(method_key("~1/GET").as_deref(), Some("GET /"));
        assert_eq!(method_key("/GET").as_deref(), Some("GET /"));
        assert_eq!(method_key("*/POST").as_deref(), Some("POST *"));
    }

    #[test]
    fn the_function_behind_an_integration_is_found() {
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders-api";
        let uri = format!("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}:live/invocations");
        assert_eq!(function_in(&uri).as_deref(), Some("orders-api"));
        assert_eq!(function_in(arn).as_deref(), Some("orders-api"));
        assert_eq!(function_in(&format!("{arn}:${{stageVariables.alias}}")).as_deref(), Some("orders-api"));
        assert_eq!(qualifier_in(&uri).as_deref(), Some("live"));
        assert_eq!(qualifier_in(arn), None);
        assert_eq!(
            qualifier_in(&format!("{arn}:${{stageVariables.alias}}/invocations")).as_deref(),
            Some("${stageVariables.alias}")
        );
        assert_eq!(function_in("https://example.com/functions/x"), None);
        assert_eq!(function_in("arn:aws:apigateway:eu-west-1:dynamodb:action/PutItem"), None);
    }
}
