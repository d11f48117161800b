//! The same change as an `aws` command: to read before it is made, or to paste where it can't be made here.

use serde_json::{Map, Value, json};

use super::change::Change;
use super::patch::Patch;
use crate::model::api::MethodSettings;
use crate::model::function::Routing;

impl Change {
    /// The same as an `aws` command, to read or to paste.
    pub fn aws_command(&self) -> String {
        match self {
            Change::Invoke { function, qualifier, kind, payload, .. } => {
                let qualifier = qualifier.as_deref().map(|q| format!(" --qualifier {q}")).unwrap_or_default();
                format!(
                    "aws lambda invoke --function-name {function}{qualifier} --invocation-type {} --log-type Tail \
                     --cli-binary-format raw-in-base64-out --payload {} /dev/stdout",
                    kind.name(),
                    quoted(payload)
                )
            }
            Change::SetProvisionedConcurrency { function, qualifier, to, .. } => format!(
                "aws lambda put-provisioned-concurrency-config --function-name {function} --qualifier {qualifier} \
                 --provisioned-concurrent-executions {to}"
            ),
            Change::RemoveProvisionedConcurrency { function, qualifier, .. } => format!(
                "aws lambda delete-provisioned-concurrency-config --function-name {function} --qualifier {qualifier}"
            ),
            Change::SetReservedConcurrency { function, to: Some(to), .. } => format!(
                "aws lambda put-function-concurrency --function-name {function} --reserved-concurrent-executions {to}"
            ),
            Change::SetReservedConcurrency { function, to: None, .. } => {
                format!("aws lambda delete-function-concurrency --function-name {function}")
            }
            Change::MoveAlias { function, alias, to, revision, .. } => {
                let revision = revision.as_deref().map(|id| format!(" --revision-id {id}")).unwrap_or_default();
                format!(
                    "aws lambda update-alias --function-name {function} --name {alias} --function-version {} \
                     --routing-config {}{revision}",
                    to.version,
                    quoted(&routing(to).to_string())
                )
            }
            Change::SwitchEventSource { uuid, enabled, .. } => {
                let switch = if *enabled { "--enabled" } else { "--no-enabled" };
                format!("aws lambda update-event-source-mapping --uuid {uuid} {switch}")
            }
            Change::UpdateStage { api, stage, edit, .. } => format!(
                "aws apigateway update-stage --rest-api-id {api} --stage-name {stage} --patch-operations {}",
                operations(&edit.patches)
            ),
            Change::FlushStageCache { api, stage, .. } => {
                format!("aws apigateway flush-stage-cache --rest-api-id {api} --stage-name {stage}")
            }
            Change::UpdateRouteSettings { api, stage, route: None, to, .. } => format!(
                "aws apigatewayv2 update-stage --api-id {api} --stage-name {} --default-route-settings {}",
                quoted(stage),
                quoted(&route_settings(to.as_ref()).to_string())
            ),
            Change::UpdateRouteSettings { api, stage, route: Some(route), to: Some(to), .. } => format!(
                "aws apigatewayv2 update-stage --api-id {api} --stage-name {} --route-settings {}",
                quoted(stage),
                quoted(&json!({route: route_settings(Some(to))}).to_string())
            ),
            Change::UpdateRouteSettings { api, stage, route: Some(route), to: None, .. } => format!(
                "aws apigatewayv2 delete-route-settings --api-id {api} --stage-name {} --route-key {}",
                quoted(stage),
                quoted(route)
            ),
            Change::UpdateUsagePlan { plan, edit, .. } => format!(
                "aws apigateway update-usage-plan --usage-plan-id {plan} --patch-operations {}",
                operations(&edit.patches)
            ),
        }
    }
}

/// For a shell: as it is where that is safe, else within single quotes.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_string();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn operations(patches: &[Patch]) -> String {
    patches.iter().map(|patch| quoted(&patch.shorthand())).collect::<Vec<_>>().join(" ")
}

fn routing(to: &Routing) -> Value {
    let weights: Map<String, Value> =
        to.weights.iter().map(|(version, weight)| (version.clone(), json!(weight))).collect();
    json!({"AdditionalVersionWeights": weights})
}

fn route_settings(settings: Option<&MethodSettings>) -> Value {
    let mut fields = Map::new();
    let Some(settings) = settings else { return fields.into() };
    if let Some(rate) = settings.throttle_rate {
        fields.insert("ThrottlingRateLimit".into(), json!(rate));
    }
    if let Some(burst) = settings.throttle_burst {
        fields.insert("ThrottlingBurstLimit".into(), json!(burst));
    }
    if let Some(on) = settings.detailed_metrics {
        fields.insert("DetailedMetricsEnabled".into(), json!(on));
    }
    if let Some(level) = &settings.logging {
        fields.insert("LoggingLevel".into(), json!(level));
    }
    if let Some(on) = settings.data_trace {
        fields.insert("DataTraceEnabled".into(), json!(on));
    }
    fields.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::effect::Edit;

    #[test]
    fn commands_can_be_pasted_into_a_shell() {
        let change = Change::MoveAlias {
            function: "pay".into(),
            alias: "live".into(),
            from: Routing { version: "6".into(), weights: vec![] },
            to: Routing { version: "6".into(), weights: vec![("7".into(), 0.1)] },
            revision: Some("r-1".into()),
        };
        assert_eq!(
            change.aws_command(),
            "aws lambda update-alias --function-name pay --name live --function-version 6 --routing-config \
             '{\"AdditionalVersionWeights\":{\"7\":0.1}}' --revision-id r-1"
        );
        let edit = Edit {
            what: "cache TTL of GET /orders/{id}".into(),
            from: "300 s".into(),
            to: "60 s".into(),
            patches: vec![Patch::replace("/~1orders~1{id}/GET/caching/ttlInSeconds", "60")],
            undo: vec![],
        };
        let change = Change::UpdateStage { api: "k3".into(), name: "shop".into(), stage: "prod".into(), edit };
        assert_eq!(
            change.aws_command(),
            "aws apigateway update-stage --rest-api-id k3 --stage-name prod --patch-operations \
             'op=replace,path=/~1orders~1{id}/GET/caching/ttlInSeconds,value=60'"
        );
    }
}
