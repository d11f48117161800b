//! Stages and what they are set to.

use aws_sdk_apigateway::types::{MethodSetting, Stage as RestStage};
use aws_sdk_apigatewayv2::types::{RouteSettings, Stage as V2Stage};

use super::{GET, PAGES};
use crate::aws::Account;
use crate::aws::pages::Pages;
use crate::aws::reading::{moment, said, shown, sorted};
use crate::model::api::{Canary, MethodSettings, Protocol, Stage};
use crate::model::trouble::Trouble;

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
        cache_control_guarded: Some(from.require_authorization_for_cache_control()),
        cache_control_refusal: said(
            from.unauthorized_cache_control_header_strategy().map(|strategy| strategy.as_str()),
        ),
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
pub(super) fn method_key(key: &str) -> Option<String> {
    let (resource, method) = key.rsplit_once('/').unwrap_or(("", key));
    let resource = resource.replace("~1", "/").replace("~0", "~");
    let resource = resource.trim_start_matches('/');
    match (resource, method) {
        ("*", "*") => None,
        ("*", method) => Some(format!("{} *", shown(Some(method)))),
        (resource, method) => Some(format!("{} /{}", shown(Some(method)), shown(Some(resource)))),
    }
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
}
