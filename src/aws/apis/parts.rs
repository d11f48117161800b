//! What an API has beside its stages: deployments, authorizers, and the domains that lead to it.

use super::routes::function_in;
use super::{PER_PAGE, Page};
use crate::aws::Account;
use crate::aws::reading::{moment, said, shown};
use crate::model::api::{Authorizer, Deployment, Domain, Protocol};
use crate::model::trouble::Trouble;

/// The last page has no token, or an empty one.
pub(super) fn next(token: Option<&str>) -> Option<String> {
    token.filter(|token| !token.is_empty()).map(str::to_string)
}

/// A page of GetDeployments.
pub async fn deployments(
    account: &Account,
    api: &str,
    protocol: Protocol,
    at: Option<String>,
) -> Result<Page<Deployment>, Trouble> {
    if protocol == Protocol::Rest {
        let part = "apigateway:GET /restapis/*/deployments";
        let request = account.apigateway().get_deployments().rest_api_id(api).limit(PER_PAGE).set_position(at);
        let output = request.send().await.map_err(|error| account.trouble(part, &error))?;
        let found = output.items().iter().map(|from| Deployment {
            id: shown(from.id()),
            description: shown(from.description()),
            created: moment(from.created_date()),
            failed: None,
        });
        return Ok((found.collect(), next(output.position())));
    }
    let part = "apigateway:GET /apis/*/deployments";
    let request = account.apigatewayv2().get_deployments().api_id(api).set_next_token(at);
    let output = request.send().await.map_err(|error| account.trouble(part, &error))?;
    let found = output.items().iter().map(|from| {
        let failed = from.deployment_status().filter(|status| status.as_str() == "FAILED");
        let automatic = from.auto_deployed().unwrap_or_default() && from.description().is_none();
        Deployment {
            id: shown(from.deployment_id()),
            description: if automatic { "made by auto deploy".into() } else { shown(from.description()) },
            created: moment(from.created_date()),
            failed: failed.map(|_| shown(from.deployment_status_message())),
        }
    });
    Ok((found.collect(), next(output.next_token())))
}

/// A page of GetAuthorizers.
pub async fn authorizers(
    account: &Account,
    api: &str,
    protocol: Protocol,
    at: Option<String>,
) -> Result<Page<Authorizer>, Trouble> {
    if protocol == Protocol::Rest {
        let part = "apigateway:GET /restapis/*/authorizers";
        let request = account.apigateway().get_authorizers().rest_api_id(api).limit(PER_PAGE).set_position(at);
        let output = request.send().await.map_err(|error| account.trouble(part, &error))?;
        let found = output.items().iter().map(|from| Authorizer {
            id: shown(from.id()),
            name: shown(from.name()),
            kind: shown(from.r#type().map(|kind| kind.as_str())),
            ttl_s: from.authorizer_result_ttl_in_seconds(),
            function: from.authorizer_uri().and_then(function_in),
        });
        return Ok((found.collect(), next(output.position())));
    }
    let part = "apigateway:GET /apis/*/authorizers";
    let request = account.apigatewayv2().get_authorizers().api_id(api).set_next_token(at);
    let output = request.send().await.map_err(|error| account.trouble(part, &error))?;
    let found = output.items().iter().map(|from| Authorizer {
        id: shown(from.authorizer_id()),
        name: shown(from.name()),
        kind: shown(from.authorizer_type().map(|kind| kind.as_str())),
        ttl_s: from.authorizer_result_ttl_in_seconds(),
        function: from.authorizer_uri().and_then(function_in),
    });
    Ok((found.collect(), next(output.next_token())))
}

/// A page of GetDomainNames: names. Both versions list the account's domains; v2 leaves out edge-optimized ones.
pub async fn domain_names(account: &Account, protocol: Protocol, at: Option<String>) -> Result<Page<String>, Trouble> {
    let part = "apigateway:GET /domainnames";
    if protocol == Protocol::Rest {
        let request = account.apigateway().get_domain_names().limit(PER_PAGE).set_position(at);
        let output = request.send().await.map_err(|error| account.trouble(part, &error))?;
        let names = output.items().iter().filter_map(|domain| said(domain.domain_name()));
        return Ok((names.collect(), next(output.position())));
    }
    let output = account.apigatewayv2().get_domain_names().set_next_token(at).send().await;
    let output = output.map_err(|error| account.trouble(part, &error))?;
    let names = output.items().iter().filter_map(|domain| said(domain.domain_name()));
    Ok((names.collect(), next(output.next_token())))
}

/// A page of what a domain leads to, with the id of the API: GetBasePathMappings for REST APIs, GetApiMappings else.
pub async fn mappings(
    account: &Account,
    protocol: Protocol,
    domain: &str,
    at: Option<String>,
) -> Result<Page<(String, Domain)>, Trouble> {
    let of = |path: Option<&str>, stage: Option<&str>| Domain {
        name: domain.to_string(),
        // v1 writes the root so.
        base_path: shown(path.filter(|path| *path != "(none)")),
        stage: shown(stage),
    };
    if protocol == Protocol::Rest {
        let part = "apigateway:GET /domainnames/*/basepathmappings";
        let request = account.apigateway().get_base_path_mappings().domain_name(domain).limit(PER_PAGE);
        let output = request.set_position(at).send().await.map_err(|error| account.trouble(part, &error))?;
        let found = output.items().iter().map(|from| (shown(from.rest_api_id()), of(from.base_path(), from.stage())));
        return Ok((found.collect(), next(output.position())));
    }
    let part = "apigateway:GET /domainnames/*/apimappings";
    let request = account.apigatewayv2().get_api_mappings().domain_name(domain).set_next_token(at);
    let output = request.send().await.map_err(|error| account.trouble(part, &error))?;
    let found = output.items().iter().map(|from| (shown(from.api_id()), of(from.api_mapping_key(), from.stage())));
    Ok((found.collect(), next(output.next_token())))
}
