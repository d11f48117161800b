//! API Gateway v2: HTTP and WebSocket APIs with their stages, routes and integrations.
//!
//! Dates are ISO 8601, lists are called `items`, pages are asked for by `nextToken` and `maxResults` (a text).

mod stage;

use serde_json::{Value, json};

use super::apigateway::{api_tags, bad_request, code, created, deployments, domains, not_found, tags};
use super::{Call, page};
use crate::sim::wire::form::iso;
use crate::sim::wire::{Response, json as answer};
use crate::sim::world::World;
use crate::sim::world::catalog::{Api, ApiId, Protocol, Route};
use crate::sim::world::change::StagePatch;
use stage::Stage;

/// Items in a page when the client does not say.
const PAGE: usize = 10;

/// Answers one call.
pub fn handle(call: &Call<'_>) -> Response {
    operation(call).unwrap_or_else(|refusal| refusal)
}

fn operation(call: &Call<'_>) -> Result<Response, Response> {
    let world = call.world;
    let found = match call.operation {
        "GetApis" => {
            let apis = world.catalog.apis.iter().filter(|api| api.protocol != Protocol::Rest);
            list(call, apis.map(|api| api_json(world, api)).collect())?
        }
        "GetApi" => api_json(world, &world.catalog.apis[api(call)?]),
        "GetStages" => {
            let id = api(call)?;
            let stages = world.stages_of(id, call.now).map(|place| Stage::at(world, id, place, call.now).json());
            list(call, stages.collect())?
        }
        "GetStage" => {
            let (id, place) = stage_of(call)?;
            Stage::at(world, id, place, call.now).json()
        }
        "UpdateStage" => {
            let (id, place) = stage_of(call)?;
            let api = &world.catalog.apis[id];
            let patches = stage::patches(api, &call.json()?)?;
            if !patches.is_empty() {
                world.record_stage_change(id, &api.stages[place].name, patches, call.now);
            }
            Stage::at(world, id, place, call.now).json()
        }
        "DeleteRouteSettings" => return delete_route_settings(call),
        "GetRoutes" => {
            let api = &world.catalog.apis[api(call)?];
            list(call, api.routes.iter().map(|route| route_json(api, route)).collect())?
        }
        "GetIntegrations" => {
            let api = &world.catalog.apis[api(call)?];
            let mut functions: Vec<usize> = api.routes.iter().map(|route| route.function).collect();
            functions.sort_unstable();
            functions.dedup();
            list(call, functions.into_iter().map(|function| integration(world, api, function)).collect())?
        }
        "GetDeployments" => {
            let api = &world.catalog.apis[api(call)?];
            list(call, deployments_json(api))?
        }
        "GetAuthorizers" => {
            let api = &world.catalog.apis[api(call)?];
            list(call, authorizers(world, api))?
        }
        "GetDomainNames" => list(call, domains::all_v2(world))?,
        "GetDomainName" => domains::one_v2(call)?,
        "GetApiMappings" => list(call, domains::api_mappings(call)?)?,
        _ => return Ok(super::unknown_operation(call)),
    };
    Ok(answer(200, &found))
}

fn list(call: &Call<'_>, items: Vec<Value>) -> Result<Value, Response> {
    let limit = match call.query("maxResults") {
        None => PAGE,
        Some(text) => match text.parse::<usize>() {
            Ok(limit @ 1..=500) => limit,
            _ => {
                return Err(bad_request("Invalid maxResults specified: must be a whole number from 1 to 500"));
            }
        },
    };
    let scope = format!("v2 {} {}", call.operation, call.request.uri().path());
    let sent = call.query("nextToken");
    let (items, next) = page::of(&scope, items, sent.as_deref(), limit)
        .ok_or_else(|| bad_request("Invalid nextToken parameter specified"))?;
    let mut body = json!({"items": items});
    if let Some(next) = next {
        body["nextToken"] = next.into();
    }
    Ok(body)
}

/// The API that the path names; a REST API is not one of these.
fn api(call: &Call<'_>) -> Result<ApiId, Response> {
    let id = call.label("apiId");
    let catalog = &call.world.catalog;
    let found = catalog.api_of_id(id).filter(|found| catalog.apis[*found].protocol != Protocol::Rest);
    found.ok_or_else(|| not_found(&format!("Invalid API identifier specified {}:{id}", catalog.account_id)))
}

fn stage_of(call: &Call<'_>) -> Result<(ApiId, usize), Response> {
    let id = api(call)?;
    let place = call.world.catalog.apis[id].stage_named(call.label("stageName"));
    let place = place.filter(|place| call.world.has_stage(id, *place, call.now));
    Ok((id, place.ok_or_else(|| not_found("Invalid stage identifier specified"))?))
}

fn delete_route_settings(call: &Call<'_>) -> Result<Response, Response> {
    let (id, place) = stage_of(call)?;
    let api = &call.world.catalog.apis[id];
    let key = call.label("routeKey");
    let path = stage::path_of_route(api, key)
        .ok_or_else(|| not_found(&format!("Unable to find Route by key {key} within the provided RouteSettings")))?;
    let patch = StagePatch { op: "remove".into(), path, value: None };
    call.world.record_stage_change(id, &api.stages[place].name, vec![patch], call.now);
    Ok(answer(204, &Value::Null))
}

fn api_json(world: &World, api: &Api) -> Value {
    let region = &world.catalog.region;
    let (scheme, selection) = match api.protocol {
        Protocol::WebSocket => ("wss", "$request.body.action"),
        _ => ("https", "$request.method $request.path"),
    };
    let mut shown = json!({
        "apiEndpoint": format!("{scheme}://{}.execute-api.{region}.amazonaws.com", api.id),
        "apiId": api.id,
        "apiKeySelectionExpression": "$request.header.x-api-key",
        "createdDate": iso(created(world, &api.id)),
        "description": format!("{} of the shop", api.name),
        "disableExecuteApiEndpoint": false,
        "ipAddressType": "ipv4",
        "name": api.name,
        "protocolType": if api.protocol == Protocol::WebSocket { "WEBSOCKET" } else { "HTTP" },
        "routeSelectionExpression": selection,
        "tags": tags(&api_tags(api)),
    });
    if api.protocol == Protocol::Http {
        shown["corsConfiguration"] = json!({
            "allowCredentials": false,
            "allowHeaders": ["authorization", "content-type"],
            "allowMethods": ["*"],
            "allowOrigins": ["https://shop.example.com"],
            "maxAge": 300,
        });
    }
    shown
}

/// `GET /orders/{id}`, or the bare name of a WebSocket route.
pub fn route_key(route: &Route) -> String {
    if route.method.is_empty() { route.path.clone() } else { format!("{} {}", route.method, route.path) }
}

fn route_json(api: &Api, route: &Route) -> Value {
    let mut shown = json!({
        "apiKeyRequired": route.api_key,
        "authorizationType": "NONE",
        "routeId": code(&format!("{}/{}", api.id, route_key(route)), 7),
        "routeKey": route_key(route),
        "target": format!("integrations/{}", integration_id(api, route.function)),
    });
    if let Some(kind) = authorizer_of(api, route) {
        shown["authorizationType"] = if kind == "JWT" { "JWT" } else { "CUSTOM" }.into();
        shown["authorizerId"] = authorizer_id(api, kind).into();
    }
    shown
}

fn integration_id(api: &Api, function: usize) -> String {
    code(&format!("{}/integration/{function}", api.id), 7)
}

fn integration(world: &World, api: &Api, function: usize) -> Value {
    // The route decides whether the integration names an alias; routes of one function agree.
    let route = api.routes.iter().find(|route| route.function == function);
    let arn = route.map_or_else(
        || world.catalog.function_arn(function),
        |route| super::apigateway::resources::function_arn(world, api, route),
    );
    let region = &world.catalog.region;
    let mut shown = json!({
        "connectionType": "INTERNET",
        "integrationId": integration_id(api, function),
        "integrationMethod": "POST",
        "integrationType": "AWS_PROXY",
        "timeoutInMillis": 29_000,
    });
    if api.protocol == Protocol::WebSocket {
        let uri = format!("arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations");
        shown["integrationUri"] = uri.into();
        shown["passthroughBehavior"] = "WHEN_NO_MATCH".into();
        shown["integrationResponseSelectionExpression"] = "${integration.response.statuscode}".into();
    } else {
        shown["integrationUri"] = arn.into();
        shown["payloadFormatVersion"] = "2.0".into();
        shown["timeoutInMillis"] = 30_000.into();
    }
    shown
}

/// Type of the authorizer that a route has: a JWT for whoever changes something, a Lambda function for what is made for one
/// customer and for whoever connects.
fn authorizer_of(api: &Api, route: &Route) -> Option<&'static str> {
    match (api.protocol, route.method.as_str(), route.path.as_str()) {
        (Protocol::WebSocket, _, "$connect") | (Protocol::Http, "GET", "/recommendations") => Some("REQUEST"),
        (Protocol::Http, method, _) if !route.api_key && !matches!(method, "GET" | "ANY") => Some("JWT"),
        _ => None,
    }
}

fn authorizer_id(api: &Api, kind: &str) -> String {
    let name = if kind == "JWT" { "authorizer" } else { "authorizer/lambda" };
    code(&format!("{}/{name}", api.id), 6)
}

fn authorizers(world: &World, api: &Api) -> Vec<Value> {
    let needs = |kind| api.routes.iter().any(|route| authorizer_of(api, route) == Some(kind));
    let region = &world.catalog.region;
    let mut shown = Vec::new();
    if needs("JWT") {
        shown.push(json!({
            "authorizerId": authorizer_id(api, "JWT"),
            "authorizerType": "JWT",
            "identitySource": ["$request.header.Authorization"],
            "jwtConfiguration": {
                "audience": [code("audience", 26)],
                "issuer": format!("https://cognito-idp.{region}.amazonaws.com/{region}_{}", code("pool", 9)),
            },
            "name": "customers",
        }));
    }
    if needs("REQUEST") {
        let mut one = json!({
            "authorizerId": authorizer_id(api, "REQUEST"),
            "authorizerType": "REQUEST",
            "authorizerUri": super::apigateway::resources::authorizer_uri(world),
            "name": "session",
        });
        if api.protocol == Protocol::Http {
            one["authorizerPayloadFormatVersion"] = "2.0".into();
            one["authorizerResultTtlInSeconds"] = 300.into();
            one["enableSimpleResponses"] = true.into();
            one["identitySource"] = json!(["$request.header.Authorization"]);
        } else {
            one["identitySource"] = json!(["route.request.querystring.token"]);
        }
        shown.push(one);
    }
    shown
}

fn deployments_json(api: &Api) -> Vec<Value> {
    let shown = deployments(api).into_iter().map(|deployment| {
        json!({
            "autoDeployed": api.protocol == Protocol::Http,
            "createdDate": iso(deployment.made()),
            "deploymentId": deployment.id,
            "deploymentStatus": "DEPLOYED",
            "description": deployment.description,
        })
    });
    shown.collect()
}
