//! One function's detail.

use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::{Interests, TailGroup};
use crate::app::selected::Selected;
use crate::app::step::{Jump, Step};
use crate::app::tabs::Context;
use crate::model::function::{Function, ProvisionedStatus};
use crate::model::series::{Metric, SeriesKey, Statistic, Subject};
use crate::store::Store;
use crate::store::metrics::function_row;

/// Panels of the detail, in the order of Tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Aliases and versions with their provisioned concurrency.
    #[default]
    Qualifiers,
    /// Recent invocations.
    Invocations,
    /// Configuration.
    Configuration,
}

/// The open function.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// FunctionName.
    pub name: String,
    /// Panel that listens.
    pub panel: Panel,
    /// Cursors of the panels.
    pub cursors: [Cursor; 3],
}

impl Detail {
    /// Opens it.
    pub fn of(name: String) -> Detail {
        Detail { name, ..Detail::default() }
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if let Some(motion) = Motion::of(action) {
            let rows = self.rows_of(self.panel, cx.store);
            self.cursors[self.panel as usize].go(motion, rows, 5);
            return vec![];
        }
        match action {
            Action::NextPanel | Action::Right => {
                self.panel = match self.panel {
                    Panel::Qualifiers => Panel::Invocations,
                    Panel::Invocations => Panel::Configuration,
                    Panel::Configuration => Panel::Qualifiers,
                }
            }
            Action::PreviousPanel | Action::Left => {
                self.panel = match self.panel {
                    Panel::Qualifiers => Panel::Configuration,
                    Panel::Invocations => Panel::Qualifiers,
                    Panel::Configuration => Panel::Invocations,
                }
            }
            Action::Open => {
                let selected = self.selected(cx.store);
                if let (Some(function), Some(request)) = (selected.function, selected.request_id) {
                    return vec![Step::Go(Jump::Logs(crate::app::step::LogTarget {
                        functions: vec![function],
                        filter: Some(request),
                        at: selected.at.map(|at| at.timestamp_millis()),
                        ..Default::default()
                    }))];
                }
            }
            _ => {}
        }
        vec![]
    }

    /// Rows of a panel of the detail.
    pub fn rows_of(&self, panel: Panel, store: &Store) -> usize {
        let name = &self.name;
        match panel {
            Panel::Qualifiers => qualifiers(store, name).len(),
            Panel::Invocations => store.invocations.get(name).and_then(|feed| feed.get()).map_or(0, Vec::len),
            Panel::Configuration => {
                store.functions.get(name).map_or(0, |function| configuration(function, store).len())
            }
        }
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        let name = &self.name;
        let mut selected = Selected::function(name);
        match self.panel {
            Panel::Qualifiers => {
                selected.qualifier = qualifiers(store, name)
                    .get(self.cursors[0].row)
                    .map(|row| row.name.clone())
                    .filter(|q| q != "$LATEST");
            }
            Panel::Invocations => {
                let invocations = store.invocations.get(name).and_then(|feed| feed.get());
                if let Some(invocation) = invocations.and_then(|all| all.get(self.cursors[1].row)) {
                    selected.request_id = Some(invocation.request_id.clone());
                    selected.trace_id.clone_from(&invocation.trace_id);
                    selected.at = invocation.start;
                    selected.copy = Some(("request id".into(), invocation.request_id.clone()));
                }
            }
            Panel::Configuration => {
                if let Some(function) = store.functions.get(name)
                    && let Some((what, value)) = configuration(function, store).into_iter().nth(self.cursors[2].row)
                {
                    selected.copy = Some((what, value));
                }
            }
        }
        selected
    }

    /// What should be polled while it is shown.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        let name = &self.name;
        let subject = Subject::Function(name.clone());
        wanted.series.extend(function_row(&subject));
        wanted.detail = Some(name.clone());
        if let Some(function) = cx.store.functions.get(name) {
            let shared = cx.store.functions.is_shared_group(&function.log_group);
            wanted.invocations = Some((
                name.clone(),
                TailGroup { name: function.log_group.clone(), function: shared.then(|| name.clone()) },
            ));
        }
        let Some(detail) = cx.store.details.get(name).and_then(|feed| feed.get()) else { return };
        wanted.watch_provisioning = detail.provisioned.iter().any(|pc| pc.status == ProvisionedStatus::InProgress);
        for provisioned in &detail.provisioned {
            let subject = Subject::Qualifier { function: name.clone(), qualifier: provisioned.qualifier.clone() };
            for (metric, statistic) in [
                (Metric::ProvisionedConcurrencyUtilization, Statistic::Maximum),
                (Metric::ProvisionedConcurrencyInvocations, Statistic::Sum),
                (Metric::ProvisionedConcurrencySpilloverInvocations, Statistic::Sum),
            ] {
                wanted.series.insert(SeriesKey::new(subject.clone(), metric, statistic));
            }
        }
    }
}

/// A row of the qualifier panel.
#[derive(Clone, Debug, PartialEq)]
pub struct QualifierRow {
    /// Alias or version.
    pub name: String,
    /// What it points to.
    pub points_to: String,
    /// It is an alias.
    pub alias: bool,
}

/// Aliases first, then versions, the newest first.
pub fn qualifiers(store: &Store, function: &str) -> Vec<QualifierRow> {
    let Some(detail) = store.details.get(function).and_then(|feed| feed.get()) else { return vec![] };
    let mut rows: Vec<QualifierRow> = detail
        .aliases
        .iter()
        .map(|alias| {
            let mut points_to = format!("version {}", alias.version);
            for (version, weight) in &alias.weights {
                points_to.push_str(&format!(", {} to {version}", crate::text::percent(*weight)));
            }
            QualifierRow { name: alias.name.clone(), points_to, alias: true }
        })
        .collect();
    rows.extend(detail.versions.iter().rev().map(|version| QualifierRow {
        name: version.version.clone(),
        points_to: version.description.clone(),
        alias: false,
    }));
    rows
}

/// The configuration as (what, value) lines; values of environment variables are never known here.
pub fn configuration(function: &Function, store: &Store) -> Vec<(String, String)> {
    let detail = store.details.get(&function.name).and_then(|feed| feed.get());
    let mut rows = vec![
        ("runtime".to_string(), format!("{} {}", function.runtime, function.architecture)),
        ("handler".into(), function.handler.clone()),
        ("memory".into(), format!("{} MB", function.memory_mb)),
        ("time-out".into(), format!("{} s", function.timeout_s)),
        ("ephemeral storage".into(), format!("{} MB", function.storage_mb)),
        ("code".into(), format!("{} {}", function.package, crate::text::bytes(function.code_size))),
    ];
    let mut add = |what: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            rows.push((what.to_string(), value));
        }
    };
    add("state", detail.and_then(|d| d.state.clone()).or_else(|| function.state.clone()));
    add("last update", detail.and_then(|d| d.last_update.clone()).or_else(|| function.last_update.clone()));
    add("last modified", function.last_modified.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string()));
    add("reserved concurrency", detail.map(|d| d.reserved.map_or("none".into(), |n| n.to_string())));
    add("log group", Some(function.log_group.clone()));
    add("log format", Some(if function.json_logs { "JSON" } else { "Text" }.into()));
    add("X-Ray tracing", Some(if function.traced { "Active" } else { "PassThrough" }.into()));
    add("SnapStart", function.snap_start.then(|| "PublishedVersions".into()));
    add("VPC", function.vpc.clone());
    add("dead letters", function.dead_letter.clone());
    add("role", Some(function.role.clone()));
    add("arn", Some(function.arn.clone()));
    add("description", Some(function.description.clone()));
    for layer in &function.layers {
        rows.push(("layer".into(), layer.clone()));
    }
    if let Some(detail) = detail {
        for mapping in &detail.mappings {
            let source = mapping.source.rsplit(':').next().unwrap_or(&mapping.source);
            let kind = mapping.source.split(':').nth(2).unwrap_or("");
            let cap = mapping.maximum_concurrency.map(|n| format!(", at most {n} at once")).unwrap_or_default();
            rows.push((
                "trigger".into(),
                format!("{kind} {source}: {}, batch {}{cap}", mapping.state, mapping.batch_size),
            ));
        }
        if let Some(config) = &detail.asynchronous {
            let retries = config.retries.map_or("2 (default)".into(), |n| n.to_string());
            let age = config.maximum_age_s.map_or("6h (default)".into(), |s| format!("{s} s"));
            rows.push(("asynchronous".into(), format!("{retries} retries, maximum age {age}")));
            for (what, target) in [("on success", &config.on_success), ("on failure", &config.on_failure)] {
                if let Some(target) = target {
                    rows.push((what.into(), target.clone()));
                }
            }
        }
        for (key, value) in &detail.tags {
            rows.push((format!("tag {key}"), value.clone()));
        }
    }
    for (name, length) in &function.environment {
        rows.push((format!("env {name}"), format!("{} ({length} characters, masked)", "•".repeat(8))));
    }
    rows
}
