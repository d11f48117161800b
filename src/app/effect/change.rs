//! A change of the account, or an invoke: what goes through the one door.

use serde::Serialize;

use super::patch::Edit;
use crate::model::api::MethodSettings;
use crate::model::function::{InvocationType, Routing};

/// A change of the account, or an invoke. Each knows what was, so that it can be undone.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// Invoke a function. Never retried.
    Invoke {
        /// FunctionName.
        function: String,
        /// Alias or version; `None` is `$LATEST`.
        qualifier: Option<String>,
        /// InvocationType.
        #[serde(serialize_with = "invocation_type_name")]
        kind: InvocationType,
        /// The payload; the audit file gets its length and hash only.
        #[serde(skip)]
        payload: String,
        /// The function's time-out, s: how long the answer may take.
        timeout_s: u32,
    },
    /// PutProvisionedConcurrencyConfig.
    SetProvisionedConcurrency {
        /// FunctionName.
        function: String,
        /// Alias or version.
        qualifier: String,
        /// ProvisionedConcurrentExecutions before, `None` if there was none.
        from: Option<u32>,
        /// ProvisionedConcurrentExecutions asked for.
        to: u32,
    },
    /// DeleteProvisionedConcurrencyConfig.
    RemoveProvisionedConcurrency {
        /// FunctionName.
        function: String,
        /// Alias or version.
        qualifier: String,
        /// What there was.
        from: u32,
    },
    /// PutFunctionConcurrency, or DeleteFunctionConcurrency for none. 0 switches the function off.
    SetReservedConcurrency {
        /// FunctionName.
        function: String,
        /// ReservedConcurrentExecutions before, `None` if there was none.
        from: Option<u32>,
        /// ReservedConcurrentExecutions from now on, `None` for no reserve.
        to: Option<u32>,
    },
    /// UpdateAlias: another version, or other weights.
    MoveAlias {
        /// FunctionName.
        function: String,
        /// Alias.
        alias: String,
        /// Where it leads.
        from: Routing,
        /// Where it will lead.
        to: Routing,
        /// RevisionId that the alias must still have; none where whatever it is now is overwritten.
        revision: Option<String>,
    },
    /// UpdateEventSourceMapping: Enabled.
    SwitchEventSource {
        /// FunctionName.
        function: String,
        /// UUID.
        uuid: String,
        /// The source in short, as `queue orders`.
        source: String,
        /// On (true) or off from now on.
        enabled: bool,
    },
    /// UpdateStage of a REST API.
    UpdateStage {
        /// API id.
        api: String,
        /// Its name.
        name: String,
        /// stageName.
        stage: String,
        /// What is edited.
        edit: Edit,
    },
    /// FlushStageCache.
    FlushStageCache {
        /// API id.
        api: String,
        /// Its name.
        name: String,
        /// stageName.
        stage: String,
    },
    /// UpdateStage of an HTTP or WebSocket API: settings of a route, or of all routes.
    UpdateRouteSettings {
        /// API id.
        api: String,
        /// Its name.
        name: String,
        /// StageName.
        stage: String,
        /// Route key; none for DefaultRouteSettings.
        route: Option<String>,
        /// Settings before; none where the route had none of its own.
        from: Option<MethodSettings>,
        /// Settings from now on, the whole of them; none takes the route's own away (DeleteRouteSettings).
        to: Option<MethodSettings>,
    },
    /// UpdateUsagePlan.
    UpdateUsagePlan {
        /// usagePlanId.
        plan: String,
        /// Its name.
        name: String,
        /// What is edited.
        edit: Edit,
    },
}

fn invocation_type_name<S: serde::Serializer>(kind: &InvocationType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

/// What a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A function, by its name.
    Function(&'a str),
    /// A stage: API id and stage name.
    Stage(&'a str, &'a str),
    /// A usage plan, by its id.
    Plan(&'a str),
}

fn number(value: Option<u32>) -> String {
    value.map_or("none".into(), |value| value.to_string())
}

impl Change {
    /// What is about to happen, as `Set provisioned concurrency of checkout-api:live from 5 to 10`.
    pub fn sentence(&self) -> String {
        match self {
            Change::Invoke { function, qualifier, kind, .. } => {
                let qualifier = qualifier.as_deref().map(|q| format!(":{q}")).unwrap_or_default();
                match kind {
                    InvocationType::RequestResponse => format!("Invoke {function}{qualifier}"),
                    InvocationType::Event => format!("Queue an asynchronous invoke of {function}{qualifier}"),
                    InvocationType::DryRun => format!("Dry-run an invoke of {function}{qualifier}"),
                }
            }
            Change::SetProvisionedConcurrency { function, qualifier, from, to } => {
                format!("Set provisioned concurrency of {function}:{qualifier} from {} to {to}", number(*from))
            }
            Change::RemoveProvisionedConcurrency { function, qualifier, from } => {
                format!("Remove provisioned concurrency of {function}:{qualifier}, now {from}")
            }
            Change::SetReservedConcurrency { function, from, to: Some(0) } => {
                format!("Switch {function} off: reserved concurrency from {} to 0", number(*from))
            }
            Change::SetReservedConcurrency { function, from: Some(0), to } => {
                format!("Switch {function} on again: reserved concurrency from 0 to {}", number(*to))
            }
            Change::SetReservedConcurrency { function, from, to: Some(to) } => {
                format!("Set reserved concurrency of {function} from {} to {to}", number(*from))
            }
            Change::SetReservedConcurrency { function, from, to: None } => {
                format!("Remove reserved concurrency of {function}, now {}", number(*from))
            }
            Change::MoveAlias { function, alias, from, to, .. } => {
                format!("Move {function}:{alias} from version {} to version {}", from.words(), to.words())
            }
            Change::SwitchEventSource { function, source, enabled, .. } => {
                let verb = if *enabled { "Enable" } else { "Disable" };
                format!("{verb} the event source mapping of {source} to {function}")
            }
            Change::UpdateStage { name, stage, edit, .. } => {
                format!("Change {} of {name} {stage} from {} to {}", edit.what, edit.from, edit.to)
            }
            Change::FlushStageCache { name, stage, .. } => format!("Flush the cache of {name} {stage}"),
            Change::UpdateRouteSettings { name, stage, route, from, to, .. } => {
                let what = route.as_deref().unwrap_or("all routes");
                let words = |settings: &Option<MethodSettings>| {
                    settings.as_ref().map_or("none of its own".into(), MethodSettings::words)
                };
                let (from, to) = (words(from), words(to));
                format!("Change the settings of {what} of {name} {stage} from {from} to {to}")
            }
            Change::UpdateUsagePlan { name, edit, .. } => {
                format!("Change {} of usage plan {name} from {} to {}", edit.what, edit.from, edit.to)
            }
        }
    }

    /// IAM action that it needs.
    pub fn iam_action(&self) -> &'static str {
        match self {
            Change::Invoke { .. } => "lambda:InvokeFunction",
            Change::SetProvisionedConcurrency { .. } => "lambda:PutProvisionedConcurrencyConfig",
            Change::RemoveProvisionedConcurrency { .. } => "lambda:DeleteProvisionedConcurrencyConfig",
            Change::SetReservedConcurrency { to: Some(_), .. } => "lambda:PutFunctionConcurrency",
            Change::SetReservedConcurrency { to: None, .. } => "lambda:DeleteFunctionConcurrency",
            Change::MoveAlias { .. } => "lambda:UpdateAlias",
            Change::SwitchEventSource { .. } => "lambda:UpdateEventSourceMapping",
            Change::UpdateStage { .. } | Change::UpdateUsagePlan { .. } => "apigateway:PATCH",
            Change::UpdateRouteSettings { to: Some(_), .. } => "apigateway:PATCH",
            Change::UpdateRouteSettings { to: None, .. } | Change::FlushStageCache { .. } => "apigateway:DELETE",
        }
    }

    /// The change that restores what was, where there is one.
    pub fn undo(&self) -> Option<Change> {
        Some(match self {
            // What ran has run, and what was thrown away is gone.
            Change::Invoke { .. } | Change::FlushStageCache { .. } => return None,
            Change::SetProvisionedConcurrency { function, qualifier, from: Some(from), to } => {
                Change::SetProvisionedConcurrency {
                    function: function.clone(),
                    qualifier: qualifier.clone(),
                    from: Some(*to),
                    to: *from,
                }
            }
            Change::SetProvisionedConcurrency { function, qualifier, from: None, to } => {
                Change::RemoveProvisionedConcurrency {
                    function: function.clone(),
                    qualifier: qualifier.clone(),
                    from: *to,
                }
            }
            Change::RemoveProvisionedConcurrency { function, qualifier, from } => Change::SetProvisionedConcurrency {
                function: function.clone(),
                qualifier: qualifier.clone(),
                from: None,
                to: *from,
            },
            Change::SetReservedConcurrency { function, from, to } => {
                Change::SetReservedConcurrency { function: function.clone(), from: *to, to: *from }
            }
            Change::MoveAlias { function, alias, from, to, .. } => Change::MoveAlias {
                function: function.clone(),
                alias: alias.clone(),
                from: to.clone(),
                to: from.clone(),
                // The move itself has made another revision.
                revision: None,
            },
            Change::SwitchEventSource { function, uuid, source, enabled } => Change::SwitchEventSource {
                function: function.clone(),
                uuid: uuid.clone(),
                source: source.clone(),
                enabled: !enabled,
            },
            Change::UpdateStage { api, name, stage, edit } => Change::UpdateStage {
                api: api.clone(),
                name: name.clone(),
                stage: stage.clone(),
                edit: edit.reversed(),
            },
            Change::UpdateRouteSettings { api, name, stage, route, from, to } => Change::UpdateRouteSettings {
                api: api.clone(),
                name: name.clone(),
                stage: stage.clone(),
                route: route.clone(),
                from: to.clone(),
                to: from.clone(),
            },
            Change::UpdateUsagePlan { plan, name, edit } => {
                Change::UpdateUsagePlan { plan: plan.clone(), name: name.clone(), edit: edit.reversed() }
            }
        })
    }

    /// What it is about.
    pub fn target(&self) -> Target<'_> {
        match self {
            Change::Invoke { function, .. }
            | Change::SetProvisionedConcurrency { function, .. }
            | Change::RemoveProvisionedConcurrency { function, .. }
            | Change::SetReservedConcurrency { function, .. }
            | Change::MoveAlias { function, .. }
            | Change::SwitchEventSource { function, .. } => Target::Function(function),
            Change::UpdateStage { api, stage, .. }
            | Change::FlushStageCache { api, stage, .. }
            | Change::UpdateRouteSettings { api, stage, .. } => Target::Stage(api, stage),
            Change::UpdateUsagePlan { plan, .. } => Target::Plan(plan),
        }
    }

    /// The name that has to be typed where the profile wants it: the function's, `API/stage`, or the plan's.
    pub fn name(&self) -> String {
        match self {
            Change::UpdateStage { name, stage, .. }
            | Change::FlushStageCache { name, stage, .. }
            | Change::UpdateRouteSettings { name, stage, .. } => format!("{name}/{stage}"),
            Change::UpdateUsagePlan { name, .. } => name.clone(),
            other => match other.target() {
                Target::Function(name) | Target::Plan(name) => name.to_string(),
                Target::Stage(api, stage) => format!("{api}/{stage}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::effect::Patch;

    fn every() -> Vec<Change> {
        let function = || "pay".to_string();
        let edit = || Edit {
            what: "tracing".into(),
            from: "off".into(),
            to: "on".into(),
            patches: vec![Patch::replace("/tracingEnabled", "true")],
            undo: vec![Patch::replace("/tracingEnabled", "false")],
        };
        let routing = |version: &str| Routing { version: version.into(), weights: vec![] };
        let (api, name, stage) = (|| "k3v9".to_string(), || "shop".to_string(), || "prod".to_string());
        vec![
            Change::SetProvisionedConcurrency { function: function(), qualifier: "live".into(), from: Some(1), to: 2 },
            Change::SetProvisionedConcurrency { function: function(), qualifier: "live".into(), from: None, to: 2 },
            Change::RemoveProvisionedConcurrency { function: function(), qualifier: "live".into(), from: 2 },
            Change::SetReservedConcurrency { function: function(), from: None, to: Some(0) },
            Change::SetReservedConcurrency { function: function(), from: Some(5), to: None },
            Change::MoveAlias {
                function: function(),
                alias: "live".into(),
                from: routing("6"),
                to: Routing { version: "6".into(), weights: vec![("7".into(), 0.1)] },
                revision: None,
            },
            Change::SwitchEventSource {
                function: function(),
                uuid: "u".into(),
                source: "queue orders".into(),
                enabled: false,
            },
            Change::UpdateStage { api: api(), name: name(), stage: stage(), edit: edit() },
            Change::UpdateRouteSettings {
                api: api(),
                name: name(),
                stage: stage(),
                route: Some("GET /x".into()),
                from: None,
                to: Some(MethodSettings { throttle_rate: Some(1.0), ..MethodSettings::default() }),
            },
            Change::UpdateUsagePlan { plan: "p".into(), name: "gold".into(), edit: edit() },
        ]
    }

    #[test]
    fn an_undo_of_an_undo_is_the_change_itself() {
        for change in every() {
            let undo = change.undo().expect("it can be undone");
            assert_ne!(undo, change);
            assert_eq!(undo.undo(), Some(change));
        }
    }

    #[test]
    fn the_audit_file_tells_what_was_and_what_is_to_be() {
        let move_alias = serde_json::to_value(&every()[5]).expect("it can be written");
        assert_eq!(move_alias["change"], "move-alias");
        assert_eq!(move_alias["to"]["weights"][0][0], "7");
        let stage = serde_json::to_value(&every()[7]).expect("it can be written");
        assert_eq!(stage["edit"]["undo"][0]["path"], "/tracingEnabled");
    }

    #[test]
    fn switching_off_is_called_by_its_name() {
        let off = &every()[3];
        assert_eq!(off.sentence(), "Switch pay off: reserved concurrency from none to 0");
        let on = off.undo().expect("it can be undone");
        assert_eq!(on.sentence(), "Switch pay on again: reserved concurrency from 0 to none");
        assert_eq!(on.iam_action(), "lambda:DeleteFunctionConcurrency");
        assert_eq!(every()[7].name(), "shop/prod");
    }
}
