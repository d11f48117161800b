//! The shop's APIs: two REST, one HTTP, one WebSocket, with their stages and routes.

use super::super::catalog::{Api, Catalog, MethodOverride, Protocol, Route, Stage, Trigger};
use super::id;

/// A route: (method, path, function, alias of the integration, requests per second, API key).
type Row = (&'static str, &'static str, &'static str, Option<&'static str>, f64, bool);

const SHOP: [Row; 9] = [
    ("POST", "/checkout", "checkout-api", Some("live"), 0.50, false),
    ("GET", "/orders", "orders-api", Some("live"), 0.60, false),
    ("POST", "/orders", "orders-api", Some("live"), 0.20, false),
    ("GET", "/orders/{id}", "orders-api", Some("live"), 0.80, false),
    ("GET", "/cart/{id}", "cart-api", Some("live"), 1.40, false),
    ("PUT", "/cart/{id}/items", "cart-api", Some("live"), 0.70, false),
    ("DELETE", "/cart/{id}", "cart-api", Some("live"), 0.10, false),
    ("GET", "/catalog/search", "catalog-search", Some("live"), 2.40, false),
    ("GET", "/catalog/items/{id}", "catalog-items", Some("live"), 2.80, false),
];

const PARTNER: [Row; 3] = [
    ("GET", "/inventory", "inventory-query", None, 0.40, true),
    ("POST", "/shipments", "shipment-webhook", None, 0.25, true),
    ("GET", "/shipments/{id}", "shipment-webhook", None, 0.10, true),
];

const STOREFRONT: [Row; 4] = [
    ("GET", "/home", "storefront-render", Some("live"), 0.90, false),
    ("POST", "/session", "session-auth", None, 0.70, false),
    ("GET", "/recommendations", "recommend", Some("live"), 0.60, false),
    ("ANY", "/{proxy+}", "storefront-render", Some("live"), 0.20, false),
];

const LIVE: [Row; 3] = [
    ("", "$connect", "ws-connect", None, 0.06, false),
    ("", "$disconnect", "ws-connect", None, 0.06, false),
    ("", "sendmessage", "ws-message", None, 0.40, false),
];

/// Adds the APIs and makes them triggers of their functions.
pub fn add(catalog: &mut Catalog) {
    let apis = [
        ("k3v9q2m7ta", "shop-api", Protocol::Rest, "REGIONAL", shop_stages(), SHOP.as_slice()),
        ("p8d4x1s6hb", "partner-api", Protocol::Rest, "EDGE", partner_stages(), PARTNER.as_slice()),
        ("h5c2n8w3zf", "storefront", Protocol::Http, "REGIONAL", storefront_stages(), STOREFRONT.as_slice()),
        ("w7j6r4y1ge", "order-events", Protocol::WebSocket, "REGIONAL", vec![stage("live", 1.0)], LIVE.as_slice()),
    ];
    for (api, (id_, name, protocol, endpoint_type, stages, rows)) in apis.into_iter().enumerate() {
        let mut routes = Vec::new();
        for (route, (method, path, function, alias, rate, api_key)) in rows.iter().enumerate() {
            let function = id(catalog, function);
            catalog.functions[function].triggers.push(Trigger::Api { api, route, qualifier: alias.map(str::to_owned) });
            routes.push(Route {
                method: (*method).to_owned(),
                path: (*path).to_owned(),
                function,
                rate: *rate,
                api_key: *api_key,
            });
        }
        catalog.apis.push(Api { id: id_.to_owned(), name: name.to_owned(), protocol, endpoint_type, stages, routes });
    }
}

fn stage(name: &str, share: f64) -> Stage {
    Stage {
        name: name.to_owned(),
        share,
        cache: None,
        traced: false,
        throttle: None,
        overrides: Vec::new(),
        logging: "OFF",
        detailed_metrics: false,
        access_log_group: None,
        variables: Vec::new(),
        guarded: false,
        canary_percent: None,
    }
}

fn method(path: &str, method: &str, throttle: Option<(f64, u32)>, cache: Option<(bool, u32)>) -> MethodOverride {
    MethodOverride { path: path.to_owned(), method: method.to_owned(), throttle, cache, metrics: None }
}

fn shop_stages() -> Vec<Stage> {
    let prod = Stage {
        cache: Some("0.5"),
        traced: true,
        throttle: Some((200.0, 400)),
        overrides: vec![
            method("/catalog/search", "GET", None, Some((true, 60))),
            method("/catalog/items/{id}", "GET", None, Some((true, 300))),
            method("/checkout", "POST", Some((20.0, 40)), None),
        ],
        logging: "ERROR",
        detailed_metrics: true,
        access_log_group: Some("/aws/apigateway/shop-api-access".to_owned()),
        variables: vec![("alias".to_owned(), "live".to_owned()), ("table".to_owned(), "orders".to_owned())],
        guarded: true,
        ..stage("prod", 0.95)
    };
    let staging = Stage {
        throttle: Some((10.0, 20)),
        logging: "INFO",
        variables: vec![("alias".to_owned(), "staging".to_owned())],
        ..stage("staging", 0.05)
    };
    vec![prod, staging]
}

fn partner_stages() -> Vec<Stage> {
    vec![Stage {
        traced: true,
        throttle: Some((2.0, 10)),
        logging: "INFO",
        detailed_metrics: true,
        access_log_group: Some("/aws/apigateway/partner-api-access".to_owned()),
        canary_percent: Some(10.0),
        ..stage("v1", 1.0)
    }]
}

fn storefront_stages() -> Vec<Stage> {
    let main = Stage {
        throttle: Some((500.0, 1000)),
        detailed_metrics: true,
        access_log_group: Some("/aws/apigateway/storefront-access".to_owned()),
        ..stage("$default", 0.92)
    };
    vec![main, Stage { throttle: Some((20.0, 40)), ..stage("beta", 0.08) }]
}
