//! Deployments, authorizers and domains of an API, in lines: which deployment the open stage runs, and since when.

use super::settings::{Setting, Tone};
use crate::model::api::{Api, Stage};
use crate::store::Store;
use crate::store::feed::Standing;
use crate::store::gateway;
use crate::text;
use crate::time::Moment;

/// All lines.
pub fn all(store: &Store, api: &Api, stage: &Stage, now: Moment) -> Vec<Setting> {
    let mut lines = Vec::new();
    let feed = store.api_details.get(&api.id);
    let Some(detail) = feed.and_then(|feed| feed.get()) else {
        lines.push(match feed.map_or(Standing::Waiting, |feed| feed.standing()) {
            Standing::Failed(trouble) | Standing::Stale(_, trouble) => {
                Setting::new("deployments", trouble.sentence(), Tone::Warning)
            }
            _ => Setting::new("deployments", "waiting for them", Tone::Quiet),
        });
        return lines;
    };
    for trouble in &detail.missing {
        lines.push(Setting::new("not known", trouble.sentence(), Tone::Warning));
    }
    for deployment in &detail.deployments {
        let mut words = deployment.created.map_or("at an unknown time".to_string(), |at| {
            format!("{} ({} ago)", at.format("%Y-%m-%d %H:%M UTC"), text::age((now - at).num_seconds()))
        });
        if !deployment.description.is_empty() {
            words.push_str(&format!(" {}", deployment.description));
        }
        let runs = runs(store, api, stage, &deployment.id);
        let mut tone = if runs.is_empty() { Tone::Quiet } else { Tone::Plain };
        if let Some(why) = &deployment.failed {
            words.push_str(&format!(": FAILED {why}"));
            tone = Tone::Warning;
        }
        let value = if runs.is_empty() { words } else { format!("{runs}; {words}") };
        let mut line = Setting::new(format!("deploy {}", deployment.id), value, tone);
        line.copy = Some(("deployment id".into(), deployment.id.clone()));
        lines.push(line);
    }
    if detail.deployments.is_empty() {
        lines.push(Setting::new("deployments", "none", Tone::Quiet));
    }
    for authorizer in &detail.authorizers {
        let ttl = match authorizer.ttl_s {
            Some(0) => ", asked for each request".into(),
            Some(ttl) => format!(", answers kept for {ttl} s"),
            None => String::new(),
        };
        let by = authorizer.function.as_deref().map(|function| format!(" {function}")).unwrap_or_default();
        let used = gateway::routes(store, &api.id).iter();
        let used = used.filter(|route| route.authorizer.as_deref() == Some(authorizer.id.as_str())).count();
        let value = format!("{}{by}{ttl}, of {used} methods", authorizer.kind);
        let mut line = Setting::new(format!("auth {}", authorizer.name), value, Tone::Plain);
        line.function.clone_from(&authorizer.function);
        line.copy = Some(("authorizer id".into(), authorizer.id.clone()));
        lines.push(line);
    }
    if detail.authorizers.is_empty() {
        lines.push(Setting::new("authorizers", "none", Tone::Quiet));
    }
    for domain in &detail.domains {
        let here = domain.stage == stage.name;
        let to = if here { "leads to this stage".to_string() } else { format!("leads to stage {}", domain.stage) };
        let tone = if here { Tone::Plain } else { Tone::Quiet };
        let address = format!("https://{}/{}", domain.name, domain.base_path);
        let mut line = Setting::new("domain", format!("{address} {to}"), tone);
        line.copy = Some(("address".into(), address));
        lines.push(line);
    }
    if detail.domains.is_empty() {
        lines.push(Setting::new("domains", "none", Tone::Quiet));
    }
    lines
}

/// Which stages run a deployment: this one first, with its canary's share.
fn runs(store: &Store, api: &Api, stage: &Stage, id: &str) -> String {
    let mut words = Vec::new();
    let share = stage.canary.as_ref().map(|canary| canary.percent);
    if stage.deployment.as_deref() == Some(id) {
        words.push(match share {
            Some(share) => format!("this stage runs it, {}%", 100.0 - share),
            None => "this stage runs it".into(),
        });
    }
    if let Some(canary) = stage.canary.as_ref().filter(|canary| canary.deployment.as_deref() == Some(id)) {
        words.push(format!("its canary, {}%", canary.percent));
    }
    let others = gateway::stages(store, &api.id).iter();
    let others = others.filter(|other| other.name != stage.name && other.deployment.as_deref() == Some(id));
    words.extend(others.map(|other| format!("stage {}", other.name)));
    words.join(", ")
}
