//! Changes of API Gateway: patch operations for the first version, whole settings for the second.

use aws_sdk_apigateway::types::{Op as SdkOp, PatchOperation};
use aws_sdk_apigatewayv2::types::{LoggingLevel, RouteSettings};
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::operation::RequestId;

use super::{Answered, CHANGE, CONNECT, failure, once, sent};
use crate::app::effect::{Change, Op, Patch};
use crate::aws::Account;
use crate::aws::reading::said;
use crate::model::api::MethodSettings;

/// Makes a change of an API's stage or of a usage plan.
pub(super) async fn change(account: &Account, change: &Change) -> Answered {
    let (v1, v2) = (account.apigateway(), account.apigatewayv2());
    match change {
        Change::UpdateStage { api, stage, edit, .. } => {
            let request = v1.update_stage().rest_api_id(api).stage_name(stage);
            let request = request.set_patch_operations(Some(operations(&edit.patches)));
            sent!(account, change, aws_sdk_apigateway, request)
        }
        Change::FlushStageCache { api, stage, .. } => {
            sent!(account, change, aws_sdk_apigateway, v1.flush_stage_cache().rest_api_id(api).stage_name(stage))
        }
        Change::UpdateUsagePlan { plan, edit, .. } => {
            let request = v1.update_usage_plan().usage_plan_id(plan);
            let request = request.set_patch_operations(Some(operations(&edit.patches)));
            sent!(account, change, aws_sdk_apigateway, request)
        }
        Change::UpdateRouteSettings { api, stage, route, to: Some(to), .. } => {
            let request = v2.update_stage().api_id(api).stage_name(stage);
            let request = match route {
                None => request.default_route_settings(settings(to)),
                Some(route) => request.route_settings(route, settings(to)),
            };
            sent!(account, change, aws_sdk_apigatewayv2, request)
        }
        // All routes without a setting of their own are what an empty default says.
        Change::UpdateRouteSettings { api, stage, route: None, to: None, .. } => {
            let request = v2.update_stage().api_id(api).stage_name(stage);
            let request = request.default_route_settings(RouteSettings::builder().build());
            sent!(account, change, aws_sdk_apigatewayv2, request)
        }
        Change::UpdateRouteSettings { api, stage, route: Some(route), to: None, .. } => {
            let request = v2.delete_route_settings().api_id(api).stage_name(stage).route_key(route);
            sent!(account, change, aws_sdk_apigatewayv2, request)
        }
        other => unreachable!("{} is no change of API Gateway's", other.sentence()),
    }
}

fn operations(patches: &[Patch]) -> Vec<PatchOperation> {
    let operation = |patch: &Patch| {
        let op = match patch.op {
            Op::Replace => SdkOp::Replace,
            Op::Remove => SdkOp::Remove,
            Op::Copy => SdkOp::Copy,
        };
        PatchOperation::builder()
            .op(op)
            .path(&patch.path)
            .set_value(patch.value.clone())
            .set_from(patch.from.clone())
            .build()
    };
    patches.iter().map(operation).collect()
}

fn settings(from: &MethodSettings) -> RouteSettings {
    RouteSettings::builder()
        .set_throttling_rate_limit(from.throttle_rate)
        .set_throttling_burst_limit(from.throttle_burst)
        .set_detailed_metrics_enabled(from.detailed_metrics)
        .set_logging_level(from.logging.as_deref().map(LoggingLevel::from))
        .set_data_trace_enabled(from.data_trace)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_keep_their_order_and_their_words() {
        let patches = [
            Patch::replace("/canarySettings/percentTraffic", "0.0"),
            Patch::copy("/canarySettings/deploymentId", "/deploymentId"),
            Patch::remove("/~1orders/GET"),
        ];
        let sent = operations(&patches);
        assert_eq!(sent[0].value(), Some("0.0"));
        assert_eq!((sent[1].from(), sent[1].path()), (Some("/canarySettings/deploymentId"), Some("/deploymentId")));
        assert_eq!((sent[2].op().map(SdkOp::as_str), sent[2].value()), (Some("remove"), None));
    }

    #[test]
    fn a_route_is_set_as_a_whole() {
        let wanted =
            MethodSettings { throttle_rate: Some(5.0), logging: Some("ERROR".into()), ..MethodSettings::default() };
        let sent = settings(&wanted);
        assert_eq!(sent.throttling_rate_limit(), Some(5.0));
        assert_eq!(sent.logging_level(), Some(&LoggingLevel::Error));
        assert_eq!(sent.throttling_burst_limit(), None);
    }
}
