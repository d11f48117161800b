//! One stage's detail: its panels, what is selected in them, and what they want polled.

use super::settings::{self, Setting};
use super::{Apis, deployments, limits, methods, rows};
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::{Interests, RefusedQuery};
use crate::app::selected::Selected;
use crate::app::step::{Jump, Step};
use crate::app::tabs::Context;
use crate::model::api::{Api, Protocol, Route, Stage};
use crate::model::series::{Metric, SeriesKey, Statistic, Subject};
use crate::store::Store;
use crate::store::gateway;
use crate::store::metrics::stage_row;
use crate::time::Moment;

/// Panels of the detail, in the order of Tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// What the stage is set to.
    #[default]
    Settings,
    /// Methods or routes with what is behind each, and what applies to it.
    Methods,
    /// What limits it: account, stage, usage plans and their keys.
    Limits,
    /// Charts of the stage, or of one method.
    Charts,
    /// Deployments, authorizers, domains.
    Deployments,
}

impl Panel {
    /// All, in their order.
    pub const ALL: [Panel; 5] = [Panel::Settings, Panel::Methods, Panel::Limits, Panel::Charts, Panel::Deployments];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Panel::Settings => "Settings",
            Panel::Methods => "Methods",
            Panel::Limits => "Limits",
            Panel::Charts => "Charts",
            Panel::Deployments => "Deployments",
        }
    }

    fn step(self, by: usize) -> Panel {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

/// Stages whose requests are added up against the account's limit.
const ADDED_UP: usize = 50;
/// GetMetricData takes 500 queries.
const QUERIES: usize = 500;

impl Apis {
    /// Opens a stage.
    pub(super) fn open(&mut self, api: String, stage: String) {
        let opened = (api, stage);
        if self.detail.as_ref() != Some(&opened) {
            self.cursors = [Cursor::default(); 5];
            self.panel = Panel::Settings;
            self.chart_of = None;
            self.search.clear();
        }
        self.chosen = Some(rows::Row { api: opened.0.clone(), stage: Some(opened.1.clone()) });
        self.detail = Some(opened);
    }

    pub(super) fn act_in_detail(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if let Some(motion) = Motion::of(action) {
            let rows = self.rows_of(self.panel, cx.store, cx.now);
            self.cursors[self.panel as usize].go(motion, rows, Self::page(cx));
            return vec![];
        }
        match action {
            Action::Back if !self.search.is_empty() => self.set_search(String::new()),
            Action::Back if self.panel == Panel::Charts && self.chart_of.is_some() => {
                self.chart_of = None;
                self.panel = Panel::Methods;
            }
            Action::Back => {
                self.close();
                self.arrange(cx);
            }
            Action::NextPanel | Action::Right => self.go_to(self.panel.step(1)),
            Action::PreviousPanel | Action::Left => self.go_to(self.panel.step(Panel::ALL.len() - 1)),
            Action::SeeMetrics => return self.see_charts(cx),
            Action::Open => return self.enter(cx),
            _ => {}
        }
        vec![]
    }

    fn go_to(&mut self, panel: Panel) {
        self.panel = panel;
        self.search.clear();
        self.chart_of = None;
    }

    fn page(cx: &Context) -> usize {
        usize::from(cx.body.height.saturating_sub(4)).max(1)
    }

    fn enter(&mut self, cx: &Context) -> Vec<Step> {
        let selected = self.selected(cx.store, cx.now);
        match (self.panel, selected.function, selected.route) {
            (Panel::Methods | Panel::Deployments, Some(function), _) => vec![Step::Go(Jump::Function(function))],
            (Panel::Methods, None, Some(_)) => vec![Step::Say("No function is behind this method".into())],
            (Panel::Limits, _, Some(route)) => {
                self.go_to(Panel::Methods);
                let at = self.method_keys(cx.store).iter().position(|key| *key == route);
                self.cursors[Panel::Methods as usize].row = at.unwrap_or_default();
                vec![]
            }
            _ => vec![],
        }
    }

    /// Charts of the method under the cursor, where it has any; else those of the stage.
    fn see_charts(&mut self, cx: &Context) -> Vec<Step> {
        let route = self.selected(cx.store, cx.now).route.filter(|_| self.panel != Panel::Charts);
        let Some((api, stage)) = self.opened(cx.store) else { return vec![] };
        let mut said = vec![];
        let mut chart_of = None;
        if let Some(route) = route {
            if gateway::method_metrics(stage, &route) && gateway::method_subject(api, &stage.name, &route).is_some() {
                chart_of = Some(route);
            } else {
                let why = match api.protocol {
                    Protocol::WebSocket => "A WebSocket API has no metrics of single routes",
                    _ => "Detailed metrics are off for this method",
                };
                said.push(Step::Say(format!("{why}: these are the stage's charts")));
            }
        }
        self.go_to(Panel::Charts);
        self.chart_of = chart_of;
        said
    }

    /// Looks for a text in the panel.
    pub fn set_search(&mut self, text: String) {
        self.search = text;
        self.cursors[self.panel as usize] = Cursor::default();
    }

    /// Esc has something to drop in the detail before it leaves it: a search, the charts of a method.
    pub fn holds_back(&self) -> bool {
        self.is_open() && (!self.search.is_empty() || (self.panel == Panel::Charts && self.chart_of.is_some()))
    }

    /// A stage's detail is open.
    pub fn is_open(&self) -> bool {
        self.detail.is_some()
    }

    /// Back to the table.
    pub fn close(&mut self) {
        self.detail = None;
        self.search.clear();
    }

    /// Rows of a panel of the detail.
    pub fn rows_of(&self, panel: Panel, store: &Store, now: Moment) -> usize {
        match panel {
            Panel::Methods => self.method_keys(store).len(),
            Panel::Charts => 0,
            _ => self.lines(panel, store, now).len(),
        }
    }

    /// The open API and its stage, as far as known.
    pub fn opened<'a>(&self, store: &'a Store) -> Option<(&'a Api, &'a Stage)> {
        let (api, stage) = self.detail.as_ref()?;
        Some((store.api(api)?, rows::stage(store, api, stage)?))
    }

    /// Lines of a panel that has such, those with the text that is looked for.
    pub fn lines(&self, panel: Panel, store: &Store, now: Moment) -> Vec<Setting> {
        let Some((api, stage)) = self.opened(store) else { return vec![] };
        let mut lines = match panel {
            Panel::Settings => settings::all(store, api, stage),
            Panel::Limits => limits::all(store, api, stage, now),
            Panel::Deployments => deployments::all(store, api, stage, now),
            Panel::Methods | Panel::Charts => vec![],
        };
        if panel == self.panel && !self.search.is_empty() {
            lines.retain(|line| self.finds(&line.what) || self.finds(&line.value));
        }
        lines
    }

    /// Keys of the methods, those with the text that is looked for: in the key, or in the function behind it.
    pub fn method_keys<'a>(&self, store: &'a Store) -> Vec<&'a str> {
        let Some((api, stage)) = self.opened(store) else { return vec![] };
        let mut keys = methods::keys(store, api, stage);
        if self.panel == Panel::Methods && !self.search.is_empty() {
            let routes = gateway::routes(store, &api.id);
            let behind = |key: &str| {
                let route = routes.iter().find(|route| route.key == key);
                route.is_some_and(|route| {
                    route.function.as_deref().is_some_and(|name| self.finds(name)) || self.finds(&route.integration)
                })
            };
            keys.retain(|key| self.finds(key) || behind(key));
        }
        keys
    }

    fn finds(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.search.to_lowercase())
    }

    /// What the charts are of: a method, or the stage.
    pub fn charted(&self, store: &Store) -> Option<Subject> {
        let (id, name) = self.detail.as_ref()?;
        let api = store.api(id)?;
        let of_method = self.chart_of.as_deref().and_then(|key| gateway::method_subject(api, name, key));
        Some(of_method.unwrap_or_else(|| gateway::stage_subject(api, name)))
    }

    /// What is selected in the open stage.
    pub(super) fn selected_in_detail(&self, store: &Store, now: Moment, mut selected: Selected, api: &Api) -> Selected {
        let Some((_, name)) = &self.detail else { return selected };
        let row = self.cursors[self.panel as usize].row;
        match self.panel {
            Panel::Settings | Panel::Limits | Panel::Deployments => {
                let Some(line) = self.lines(self.panel, store, now).into_iter().nth(row) else { return selected };
                selected.copy = line.copy.or(selected.copy);
                selected.function = line.function;
                if let Some(plan) = &line.plan {
                    let plans = store.usage_plans.get().into_iter().flatten();
                    let named = plans.into_iter().find(|known| known.id == *plan).map(|plan| plan.name.as_str());
                    selected.title = format!("usage plan {}", named.unwrap_or(plan));
                }
                (selected.route, selected.plan) = (line.route, line.plan);
            }
            Panel::Methods => {
                let Some(key) = self.method_keys(store).get(row).copied() else { return selected };
                selected.title = format!("{} {name} {key}", api.name);
                selected.route = Some(key.to_string());
                if let Some(route) = gateway::routes(store, &api.id).iter().find(|route| route.key == key) {
                    selected.function.clone_from(&route.function);
                    // A stage variable is no qualifier that could be looked at.
                    selected.qualifier = route.qualifier.clone().filter(|qualifier| !qualifier.starts_with('$'));
                }
                let url = settings::invoke_url(store, api, name);
                if let (Some(url), Some((_, path))) = (url, Route::parts(key)) {
                    let url = format!("{}{path}", url.trim_end_matches('/'));
                    selected.copy = Some(("URL of the route".into(), url));
                }
            }
            Panel::Charts => selected.route.clone_from(&self.chart_of),
        }
        selected
    }

    /// What should be polled while a stage is open.
    pub(super) fn interests_of_detail(&self, cx: &Context, wanted: &mut Interests) {
        let Some((id, name)) = &self.detail else { return };
        wanted.stages.insert(id.clone());
        wanted.routes.insert(id.clone());
        wanted.api_details.insert(id.clone());
        let Some(api) = cx.store.api(id) else { return };
        wanted.usage_plans = api.protocol != Protocol::Http;
        let subject = gateway::stage_subject(api, name);
        wanted.series.extend(charted(&subject));
        wanted.series.extend(self.charted(cx.store).into_iter().flat_map(|subject| charted(&subject)));
        let Some((_, stage)) = self.opened(cx.store) else { return };
        wanted.watch_stages = changing(stage).then(|| id.clone());
        let refuses = cx.store.metrics.stage_figures(&subject).errors_4xx > 0.0;
        if refuses || self.panel == Panel::Limits {
            wanted.refused = refused_query(id, stage);
        }
        match self.panel {
            Panel::Methods => {
                let keys = self.method_keys(cx.store);
                let mut cursor = self.cursors[Panel::Methods as usize];
                cursor.fit(keys.len(), Self::page(cx));
                for key in &keys[cursor.visible(keys.len(), Self::page(cx))] {
                    let subject = gateway::method_subject(api, name, key);
                    if let Some(subject) = subject.filter(|_| gateway::method_metrics(stage, key)) {
                        let row = method_row(&subject);
                        if wanted.series.len() + row.len() <= QUERIES {
                            wanted.series.extend(row);
                        }
                    }
                }
            }
            Panel::Limits => {
                for (key, own) in &stage.overrides {
                    let subject = gateway::method_subject(api, name, key);
                    let limited = settings::throttled(own) && gateway::method_metrics(stage, key);
                    if let Some(subject) = subject.filter(|_| limited && wanted.series.len() + 2 <= QUERIES) {
                        wanted.series.extend(requests(&subject));
                    }
                }
                let apis = cx.store.apis.get().into_iter().flatten();
                let stages = apis.flat_map(|api| {
                    rows::stages(cx.store, &api.id).iter().map(|stage| gateway::stage_subject(api, &stage.name))
                });
                for subject in stages.take(ADDED_UP) {
                    if wanted.series.len() + 2 <= QUERIES {
                        wanted.series.extend(requests(&subject));
                    }
                }
            }
            _ => {}
        }
    }
}

/// A cluster that is being made, taken away or flushed.
fn changing(stage: &Stage) -> bool {
    stage.cache_status.as_deref().is_some_and(|status| status.ends_with("_IN_PROGRESS"))
}

/// Whose access log tells of refused requests; none where it can't.
pub fn refused_query(api: &str, stage: &Stage) -> Option<RefusedQuery> {
    let group = stage.access_log.as_deref().and_then(settings::group_of)?;
    let format = stage.access_log_format.clone()?;
    crate::model::access_log::Format::read(&format)?;
    Some(RefusedQuery { api: api.to_string(), stage: stage.name.clone(), group, format })
}

/// The series of the charts: those of a row, and both latencies at p50 and p99.
fn charted(subject: &Subject) -> Vec<SeriesKey> {
    let mut series = stage_row(subject);
    if matches!(subject, Subject::RestMethod { .. }) {
        for metric in [Metric::CacheHitCount, Metric::CacheMissCount] {
            series.push(SeriesKey::new(subject.clone(), metric, Statistic::Sum));
        }
    }
    for percentile in [50, 99] {
        let statistic = Statistic::Percentile(percentile);
        series.push(SeriesKey::new(subject.clone(), Metric::IntegrationLatency, statistic));
    }
    series
}

/// The series of a row of the methods.
fn method_row(subject: &Subject) -> [SeriesKey; 4] {
    [
        (Metric::Count, Statistic::Sum),
        (Metric::Error4xx, Statistic::Sum),
        (Metric::Error5xx, Statistic::Sum),
        (Metric::Latency, Statistic::Percentile(99)),
    ]
    .map(|(metric, statistic)| SeriesKey::new(subject.clone(), metric, statistic))
}

fn requests(subject: &Subject) -> [SeriesKey; 2] {
    [Metric::Count, Metric::Error4xx].map(|metric| SeriesKey::new(subject.clone(), metric, Statistic::Sum))
}
