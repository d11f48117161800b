//! Custom domain names, which both versions of the service list, and what they lead to.

use serde_json::{Value, json};

use super::{code, not_found};
use crate::sim::services::Call;
use crate::sim::wire::Response;
use crate::sim::world::World;
use crate::sim::world::catalog::{Api, Protocol};

/// A domain name: name, certificate, whether REST APIs are behind it.
const DOMAINS: [(&str, &str, bool); 2] = [
    ("api.shop.example.com", "0b6fd1de-4a7e-4e6c-9f4f-3d5a1c2b7e90", true),
    ("www.shop.example.com", "c4a1f0d2-7b11-4c58-9a3e-61f2d8e0b7a4", false),
];

const ZONE: &str = "ZLY8HYME6SFDD";

fn regional_name(world: &World, name: &str) -> String {
    format!("d-{}.execute-api.{}.amazonaws.com", code(name, 10), world.catalog.region)
}

fn certificate(world: &World, id: &str) -> String {
    format!("arn:aws:acm:{}:{}:certificate/{id}", world.catalog.region, world.catalog.account_id)
}

/// As v1 lists them: those that REST APIs are behind.
pub fn all(world: &World) -> Vec<Value> {
    let rest = DOMAINS.iter().filter(|(.., rest)| *rest);
    rest.map(|(name, id, _)| {
        json!({
            "domainName": name,
            "regionalDomainName": regional_name(world, name),
            "regionalHostedZoneId": ZONE,
            "regionalCertificateArn": certificate(world, id),
            "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"},
            "domainNameStatus": "AVAILABLE",
            "securityPolicy": "TLS_1_2",
        })
    })
    .collect()
}

/// As v2 lists them: all.
pub fn all_v2(world: &World) -> Vec<Value> {
    DOMAINS.iter().map(|(name, id, _)| v2(world, name, id)).collect()
}

fn v2(world: &World, name: &str, id: &str) -> Value {
    json!({
        "domainName": name,
        "domainNameArn": format!("arn:aws:apigateway:{}::/domainnames/{name}", world.catalog.region),
        "apiMappingSelectionExpression": "$request.basepath",
        "domainNameConfigurations": [{
            "apiGatewayDomainName": regional_name(world, name),
            "certificateArn": certificate(world, id),
            "domainNameStatus": "AVAILABLE",
            "endpointType": "REGIONAL",
            "hostedZoneId": ZONE,
            "ipAddressType": "ipv4",
            "securityPolicy": "TLS_1_2",
        }],
        "routingMode": "API_MAPPING_ONLY",
        "tags": {},
    })
}

/// The domain that the path names, as v2 shows it.
pub fn one_v2(call: &Call<'_>) -> Result<Value, Response> {
    let (name, id, _) = named(call)?;
    Ok(v2(call.world, name, id))
}

fn named(call: &Call<'_>) -> Result<(&'static str, &'static str, bool), Response> {
    let found = DOMAINS.iter().find(|(name, ..)| *name == call.label("domainName"));
    found.copied().ok_or_else(|| not_found("Invalid domain name identifier specified"))
}

/// What the domain leads to: base path (empty: the root), API, stage. A stage that is gone leads nowhere.
fn targets<'a>(call: &Call<'a>, rest: bool) -> Vec<(String, &'a Api, &'a str)> {
    let world = call.world;
    let apis = world.catalog.apis.iter().enumerate();
    let behind = apis.filter(|(_, api)| match api.protocol {
        Protocol::Rest => rest,
        Protocol::Http => !rest,
        Protocol::WebSocket => false,
    });
    behind
        .enumerate()
        .filter_map(|(place, (id, api))| {
            let stage = world.stages_of(id, call.now).next()?;
            let base = if place == 0 { String::new() } else { api.name.clone() };
            Some((base, api, api.stages[stage].name.as_str()))
        })
        .collect()
}

/// GetBasePathMappings.
pub fn mappings(call: &Call<'_>) -> Result<Vec<Value>, Response> {
    let (.., rest) = named(call)?;
    if !rest {
        return Err(not_found("Invalid domain name identifier specified"));
    }
    let shown = targets(call, rest).into_iter().map(|(base, api, stage)| {
        let base = if base.is_empty() { "(none)".to_owned() } else { base };
        json!({"basePath": base, "restApiId": api.id, "stage": stage})
    });
    Ok(shown.collect())
}

/// GetApiMappings.
pub fn api_mappings(call: &Call<'_>) -> Result<Vec<Value>, Response> {
    let (name, _, rest) = named(call)?;
    let shown = targets(call, rest).into_iter().map(|(base, api, stage)| {
        let id = code(&format!("{name}/mapping/{base}"), 6);
        json!({"apiId": api.id, "apiMappingId": id, "apiMappingKey": base, "stage": stage})
    });
    Ok(shown.collect())
}
