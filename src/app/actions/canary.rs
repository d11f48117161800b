//! The canary of a REST API's stage: its share, its end, and its promotion. And tracing, which is one switch.

use super::form::{Field, Form, Purpose, Wish};
use crate::app::effect::{Change, Edit, Patch};
use crate::model::api::{Api, Canary, Deployment, Stage};

/// The canary of a stage.
#[derive(Clone, Debug)]
pub struct CanaryShare {
    /// API id.
    pub api: String,
    /// Its name.
    pub name: String,
    /// The stage as it is.
    pub stage: Stage,
    /// Deployments of the API, the newest first; none where they are not known.
    pub deployments: Vec<Deployment>,
}

impl CanaryShare {
    /// Of a stage.
    pub fn of(api: &Api, stage: &Stage, deployments: &[Deployment]) -> CanaryShare {
        CanaryShare {
            api: api.id.clone(),
            name: api.name.clone(),
            stage: stage.clone(),
            deployments: deployments.to_vec(),
        }
    }

    /// The form: its share, its deployment.
    pub fn form(self) -> Form {
        let canary = self.stage.canary.clone();
        let option = |deployment: &Deployment| {
            let at = deployment.created.map(|at| at.format(" of %Y-%m-%d").to_string()).unwrap_or_default();
            (format!("{}{at} {}", deployment.id, deployment.description), deployment.id.clone())
        };
        let mut options: Vec<(String, String)> = self.deployments.iter().map(option).collect();
        let now =
            canary.as_ref().and_then(|canary| canary.deployment.clone()).or_else(|| self.stage.deployment.clone());
        let now = now.unwrap_or_default();
        if !options.iter().any(|(_, id)| *id == now) {
            options.insert(0, (now.clone(), now.clone()));
        }
        let percent = canary.as_ref().map(|canary| canary.percent.to_string()).unwrap_or_default();
        let hint = if canary.is_some() { "0 to 100; empty ends the canary" } else { "0 to 100" };
        let fields = vec![
            Field::text("share of the requests, %", percent, hint),
            Field::choice("deployment", options, &now, "what these requests get"),
        ];
        let title = format!("Canary of {} {}", self.name, self.stage.name);
        Form::new(Purpose::Canary(Box::new(self)), title, vec![], fields)
    }

    fn change(&self, edit: Edit) -> Change {
        Change::UpdateStage { api: self.api.clone(), name: self.name.clone(), stage: self.stage.name.clone(), edit }
    }

    pub(super) fn wish(&self, values: &[&str]) -> Result<Wish, String> {
        let (percent, deployment) = (values[0].trim_end_matches('%').trim(), values[1]);
        let Some(canary) = &self.stage.canary else {
            if percent.is_empty() {
                return Err("type the share that the canary gets".into());
            }
            let percent = share(percent)?;
            let edit = Edit {
                what: "the canary".into(),
                from: "none".into(),
                to: format!("{percent}% to deployment {deployment}"),
                // The deployment comes first: without one there is no canary to give a share to.
                patches: vec![
                    Patch::replace("/canarySettings/deploymentId", deployment),
                    Patch::replace("/canarySettings/percentTraffic", percent.to_string()),
                ],
                undo: vec![Patch::remove("/canarySettings")],
            };
            let same = (self.stage.deployment.as_deref() == Some(deployment))
                .then(|| "the stage runs this very deployment: the canary gets the same".to_string());
            return Ok(Wish::of(self.change(edit)).warn(same));
        };
        let before = canary.deployment.as_deref().unwrap_or("?");
        if percent.is_empty() {
            let edit = Edit {
                what: "the canary".into(),
                from: format!("{}% to deployment {before}", canary.percent),
                to: "none".into(),
                patches: vec![Patch::remove("/canarySettings")],
                undo: made(canary),
            };
            return Ok(Wish::of(self.change(edit)).note("all requests go to the stage's own deployment again"));
        }
        let percent = share(percent)?;
        let (mut patches, mut undo) = (Vec::new(), Vec::new());
        if Some(deployment) != canary.deployment.as_deref() {
            patches.push(Patch::replace("/canarySettings/deploymentId", deployment));
            undo.extend(canary.deployment.as_ref().map(|id| Patch::replace("/canarySettings/deploymentId", id)));
        }
        if (percent - canary.percent).abs() > f64::EPSILON {
            patches.push(Patch::replace("/canarySettings/percentTraffic", percent.to_string()));
            undo.push(Patch::replace("/canarySettings/percentTraffic", canary.percent.to_string()));
        }
        if patches.is_empty() {
            return Err("nothing differs from what is set".into());
        }
        let edit = Edit {
            what: "the canary".into(),
            from: format!("{}% to deployment {before}", canary.percent),
            to: format!("{percent}% to deployment {deployment}"),
            patches,
            undo,
        };
        Ok(Wish::of(self.change(edit)))
    }

    /// The canary becomes the stage: its deployment and its variables, and no share any more, as the documentation of
    /// canary releases has it.
    pub fn promote(&self) -> Result<Wish, String> {
        let Some(canary) = &self.stage.canary else {
            return Err(format!("{} {} has no canary to promote", self.name, self.stage.name));
        };
        let Some(deployment) = &canary.deployment else {
            return Err("the canary names no deployment".into());
        };
        let mut patches = vec![Patch::replace("/canarySettings/percentTraffic", "0.0")];
        let mut undo = Vec::new();
        if !canary.variables.is_empty() {
            patches.push(Patch::copy("/canarySettings/stageVariableOverrides", "/variables"));
            for (name, _) in &canary.variables {
                let before = self.stage.variables.iter().find(|(known, _)| known == name);
                undo.push(match before {
                    Some((_, value)) => Patch::replace(format!("/variables/{name}"), value),
                    None => Patch::remove(format!("/variables/{name}")),
                });
            }
        }
        patches.push(Patch::copy("/canarySettings/deploymentId", "/deploymentId"));
        undo.extend(self.stage.deployment.as_ref().map(|id| Patch::replace("/deploymentId", id)));
        undo.push(Patch::replace("/canarySettings/percentTraffic", canary.percent.to_string()));
        let edit = Edit {
            what: "the deployment".into(),
            from: self.stage.deployment.clone().unwrap_or_else(|| "?".into()),
            to: format!("{deployment}, that of the canary"),
            patches,
            undo,
        };
        let variables = canary.variables.len();
        let mut wish = Wish::of(self.change(edit)).note(format!(
            "all requests get what {}% got until now; the canary stays with a share of 0",
            canary.percent
        ));
        if variables > 0 {
            wish = wish.note(format!("{variables} stage variables of the canary become the stage's"));
        }
        Ok(wish)
    }
}

/// What makes a canary as it was.
fn made(canary: &Canary) -> Vec<Patch> {
    let mut patches = Vec::new();
    patches.extend(canary.deployment.as_ref().map(|id| Patch::replace("/canarySettings/deploymentId", id)));
    patches.push(Patch::replace("/canarySettings/percentTraffic", canary.percent.to_string()));
    if canary.use_stage_cache {
        patches.push(Patch::replace("/canarySettings/useStageCache", "true"));
    }
    let variable = |(name, value): &(String, String)| {
        Patch::replace(format!("/canarySettings/stageVariableOverrides/{name}"), value)
    };
    patches.extend(canary.variables.iter().map(variable));
    patches
}

fn share(text: &str) -> Result<f64, String> {
    let percent: f64 = text.parse().map_err(|_| format!("share: {text:?} is no number"))?;
    if (0.0..=100.0).contains(&percent) {
        Ok(percent)
    } else {
        Err(format!("share: {percent}% does not lie between 0 and 100"))
    }
}

/// X-Ray tracing of a REST API's stage, the other way round.
pub fn tracing(api: &Api, stage: &Stage) -> Wish {
    let words = |on: bool| if on { "on" } else { "off" };
    let patch = |on: bool| vec![Patch::replace("/tracingEnabled", on.to_string())];
    let edit = Edit {
        what: "X-Ray tracing".into(),
        from: words(stage.tracing).into(),
        to: words(!stage.tracing).into(),
        patches: patch(!stage.tracing),
        undo: patch(stage.tracing),
    };
    let change = Change::UpdateStage { api: api.id.clone(), name: api.name.clone(), stage: stage.name.clone(), edit };
    let wish = Wish::of(change);
    if stage.tracing {
        wish.note("traces then begin at the functions, where those are traced")
    } else {
        wish.note("X-Ray bills traces that are recorded; sampling rules decide how many")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::api::Protocol;

    fn api() -> Api {
        Api {
            id: "k3".into(),
            name: "shop".into(),
            protocol: Protocol::Rest,
            endpoint_types: vec![],
            description: String::new(),
            created: None,
            endpoint: None,
            tags: vec![],
        }
    }

    fn canary(canary: Option<Canary>) -> CanaryShare {
        let stage = Stage {
            name: "prod".into(),
            deployment: Some("d1".into()),
            variables: vec![("table".into(), "a".into())],
            canary,
            ..Stage::default()
        };
        let deployments = ["d2", "d1"].map(|id| Deployment { id: id.into(), ..Deployment::default() });
        CanaryShare::of(&api(), &stage, &deployments)
    }

    fn words(wish: &Wish) -> (Vec<String>, Vec<String>) {
        let Change::UpdateStage { edit, .. } = &wish.change else { panic!("a stage") };
        let words = |patches: &[Patch]| patches.iter().map(Patch::shorthand).collect();
        (words(&edit.patches), words(&edit.undo))
    }

    #[test]
    fn a_canary_is_made_shifted_and_ended() {
        let none = canary(None);
        let made = none.wish(&["10", "d2"]).expect("a canary");
        assert_eq!(words(&made).0[0], "op=replace,path=/canarySettings/deploymentId,value=d2");
        assert_eq!(words(&made).1, ["op=remove,path=/canarySettings"]);
        let some = canary(Some(Canary { percent: 10.0, deployment: Some("d2".into()), ..Canary::default() }));
        let more = some.wish(&["50", "d2"]).expect("a shift");
        assert_eq!(words(&more).0, ["op=replace,path=/canarySettings/percentTraffic,value=50"]);
        let ended = some.wish(&["", "d2"]).expect("an end");
        assert_eq!(words(&ended).0, ["op=remove,path=/canarySettings"]);
        assert_eq!(words(&ended).1.len(), 2, "deployment and share come back");
        assert!(some.wish(&["120", "d2"]).is_err() && some.wish(&["10", "d2"]).is_err());
    }

    #[test]
    fn a_promotion_takes_over_and_can_be_taken_back() {
        let variables = vec![("table".to_string(), "b".to_string()), ("new".to_string(), "x".to_string())];
        let some = Canary { percent: 10.0, deployment: Some("d2".into()), variables, ..Canary::default() };
        let (forward, back) = words(&canary(Some(some)).promote().expect("a promotion"));
        assert_eq!(
            forward,
            [
                "op=replace,path=/canarySettings/percentTraffic,value=0.0",
                "op=copy,path=/variables,from=/canarySettings/stageVariableOverrides",
                "op=copy,path=/deploymentId,from=/canarySettings/deploymentId",
            ]
        );
        assert_eq!(
            back,
            [
                "op=replace,path=/variables/table,value=a",
                "op=remove,path=/variables/new",
                "op=replace,path=/deploymentId,value=d1",
                "op=replace,path=/canarySettings/percentTraffic,value=10",
            ]
        );
        assert!(canary(None).promote().is_err());
    }
}
