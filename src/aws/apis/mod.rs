//! API Gateway, both versions: the inventory, stages with their settings, routes with what is behind them, deployments,
//! authorizers, domains, and usage plans.
//!
//! Ten calls a second are all that an account has for everything, and they can't be raised. What takes a call for each of
//! many things (domains, usage plans) is given page by page, so that whoever asks keeps the distance.

mod parts;
mod plans;
mod routes;
mod stages;

use aws_sdk_apigateway::types::RestApi;
use aws_sdk_apigatewayv2::types::{Api as V2Api, ProtocolType};

use super::Account;
use super::pages::Pages;
use super::reading::{moment, said, shown, sorted};
use crate::model::api::{Api, ApiAccount, Protocol};
use crate::model::trouble::Trouble;
pub use parts::{authorizers, deployments, domain_names, mappings};
pub use plans::{keys_of_plan, switched_off, usage, usage_plans};
pub use routes::routes;
pub use stages::stages;

/// A page of a listing, and where the next one begins.
pub type Page<T> = (Vec<T>, Option<String>);

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
