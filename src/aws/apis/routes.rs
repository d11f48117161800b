//! Methods and routes with what is behind each.

use std::collections::HashMap;

use super::{GET, PAGES, PER_PAGE};
use crate::aws::Account;
use crate::aws::pages::Pages;
use crate::aws::reading::{said, shown};
use crate::model::api::{Protocol, Route};
use crate::model::trouble::Trouble;

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

/// The function in an integration's URI: `...:lambda:path/2015-03-31/functions/ARN/invocations`, or the ARN itself.
pub(super) fn function_in(uri: &str) -> Option<String> {
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
