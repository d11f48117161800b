//! The resources of a REST API with their methods and integrations, and its authorizers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::code;
use crate::sim::world::World;
use crate::sim::world::catalog::{Api, Route, Trigger};

/// Identifier of the resource at a path.
pub fn id(api: &Api, path: &str) -> String {
    let length = if path == "/" { 10 } else { 6 };
    code(&format!("{}/resource{path}", api.id), length)
}

/// All resources, by path; methods in full with `embed`, else only their names.
pub fn all(world: &World, api: &Api, embed: bool) -> Vec<Value> {
    let mut paths: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    paths.insert("/", Vec::new());
    for route in &api.routes {
        for (place, _) in route.path.match_indices('/').skip(1) {
            paths.entry(&route.path[..place]).or_default();
        }
        paths.entry(&route.path).or_default().push(route);
    }
    paths.into_iter().map(|(path, routes)| resource(world, api, path, &routes, embed)).collect()
}

fn resource(world: &World, api: &Api, path: &str, routes: &[&Route], embed: bool) -> Value {
    let mut shown = Map::new();
    shown.insert("id".into(), id(api, path).into());
    if path != "/" {
        let (parent, part) = path.rsplit_once('/').unwrap_or(("", path));
        shown.insert("parentId".into(), id(api, if parent.is_empty() { "/" } else { parent }).into());
        shown.insert("pathPart".into(), part.into());
    }
    shown.insert("path".into(), path.into());
    if !routes.is_empty() {
        let methods = routes.iter().map(|route| {
            let method = if embed { method(world, api, route) } else { json!({}) };
            (route.method.clone(), method)
        });
        shown.insert("resourceMethods".into(), Value::Object(methods.collect()));
    }
    Value::Object(shown)
}

fn method(world: &World, api: &Api, route: &Route) -> Value {
    let mut shown = json!({
        "httpMethod": route.method,
        "authorizationType": "NONE",
        "apiKeyRequired": route.api_key,
        "methodIntegration": {
            "type": "AWS_PROXY",
            // The method by which API Gateway calls Lambda is POST, whatever the client's is.
            "httpMethod": "POST",
            "uri": integration_uri(world, api, route),
            "connectionType": "INTERNET",
            "passthroughBehavior": "WHEN_NO_MATCH",
            "contentHandling": "CONVERT_TO_TEXT",
            "timeoutInMillis": 29_000,
            "cacheNamespace": id(api, &route.path),
            "cacheKeyParameters": [],
            "responseTransferMode": "BUFFERED",
        },
    });
    if let Some(by) = authorizer_of(route) {
        shown["authorizationType"] = if by == Authorizer::UserPool { "COGNITO_USER_POOLS" } else { "CUSTOM" }.into();
        shown["authorizerId"] = authorizer_id(api, by).into();
    }
    shown
}

/// Who says whether a request may pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Authorizer {
    /// A Cognito user pool.
    UserPool,
    /// A Lambda function that is shown a token. Its own invocations are not modelled: they are answered from its cache.
    Lambda,
}

/// Whoever changes something has to say who they are, and so has who reads orders; clients with an API key are known by it.
fn authorizer_of(route: &Route) -> Option<Authorizer> {
    match route.method.as_str() {
        _ if route.api_key => None,
        "GET" if route.path.starts_with("/orders") => Some(Authorizer::Lambda),
        "GET" | "ANY" | "OPTIONS" | "HEAD" => None,
        _ => Some(Authorizer::UserPool),
    }
}

fn authorizer_id(api: &Api, by: Authorizer) -> String {
    let name = if by == Authorizer::UserPool { "authorizer" } else { "authorizer/lambda" };
    code(&format!("{}/{name}", api.id), 6)
}

/// `arn:aws:apigateway:…:lambda:path/…/invocations` of the function that authorizes.
pub fn authorizer_uri(world: &World) -> String {
    let catalog = &world.catalog;
    let function = catalog.function_named("session-auth").map_or_else(String::new, |id| catalog.function_arn(id));
    format!("arn:aws:apigateway:{}:lambda:path/2015-03-31/functions/{function}/invocations", catalog.region)
}

/// The authorizers of an API, as far as its methods need them.
pub fn authorizers(world: &World, api: &Api) -> Vec<Value> {
    let catalog = &world.catalog;
    let needs = |by: Authorizer| api.routes.iter().any(|route| authorizer_of(route) == Some(by));
    let mut shown = Vec::new();
    if needs(Authorizer::UserPool) {
        let pool = format!(
            "arn:aws:cognito-idp:{0}:{1}:userpool/{0}_{2}",
            catalog.region,
            catalog.account_id,
            code("pool", 9)
        );
        shown.push(json!({
            "id": authorizer_id(api, Authorizer::UserPool),
            "name": "customers",
            "type": "COGNITO_USER_POOLS",
            "providerARNs": [pool],
            "authType": "cognito_user_pools",
            "identitySource": "method.request.header.Authorization",
            "authorizerResultTtlInSeconds": 300,
        }));
    }
    if needs(Authorizer::Lambda) {
        shown.push(json!({
            "id": authorizer_id(api, Authorizer::Lambda),
            "name": "order-token",
            "type": "TOKEN",
            "authType": "custom",
            "authorizerUri": authorizer_uri(world),
            "identitySource": "method.request.header.Authorization",
            "identityValidationExpression": "^Bearer [-0-9a-zA-Z._]+$",
            "authorizerResultTtlInSeconds": 300,
        }));
    }
    shown
}

/// The Lambda function behind a route, as an integration names it: with its alias where there is one.
pub fn function_arn(world: &World, api: &Api, route: &Route) -> String {
    let catalog = &world.catalog;
    let arn = catalog.function_arn(route.function);
    let qualifier = catalog.functions[route.function].triggers.iter().find_map(|trigger| match trigger {
        Trigger::Api { api: of, route: place, qualifier } => {
            let found = &api.routes[*place];
            let same = catalog.apis[*of].id == api.id && found.path == route.path && found.method == route.method;
            if same { qualifier.as_ref() } else { None }
        }
        _ => None,
    });
    match qualifier {
        Some(qualifier) => format!("{arn}:{qualifier}"),
        None => arn,
    }
}

/// `arn:aws:apigateway:…:lambda:path/…/invocations`.
pub fn integration_uri(world: &World, api: &Api, route: &Route) -> String {
    let region = &world.catalog.region;
    format!(
        "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{}/invocations",
        function_arn(world, api, route)
    )
}
