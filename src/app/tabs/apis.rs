//! APIs: every stage with what it lets in, what it caches and what it costs, and one stage's detail.

pub mod rows;
pub mod settings;

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::Interests;
use crate::app::selected::Selected;
use crate::app::step::{Jump, Step};
use crate::app::tabs::overview::stage_subject;
use crate::model::api::{Api, MethodSettings, Route, Stage};
use crate::model::series::{Metric, SeriesKey, Statistic};
use crate::store::Store;
use crate::store::metrics::stage_row;
use rows::Row;

/// GetMetricData takes 500 queries: rows beyond are not measured until they are scrolled to.
const QUERIES: usize = 500;

/// Panels of the detail, in the order of Tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// What the stage is set to.
    #[default]
    Settings,
    /// Methods or routes and the function behind each.
    Routes,
    /// Settings of single methods.
    Overrides,
}

/// All panels.
pub const PANELS: [Panel; 3] = [Panel::Settings, Panel::Routes, Panel::Overrides];

/// The tab's state.
#[derive(Debug, Default)]
pub struct Apis {
    /// Local filter, as typed.
    pub filter: String,
    /// Rows of the table, filtered and in order.
    pub rows: Vec<Row>,
    /// Cursor in `rows`.
    pub cursor: Cursor,
    /// The selected row: the selection stays with it when rows come and go.
    pub chosen: Option<Row>,
    /// The stage whose detail is open.
    pub detail: Option<(String, String)>,
    /// Panel of the detail that listens.
    pub panel: Panel,
    /// Cursors of the detail's panels.
    pub cursors: [Cursor; 3],
}

/// Lines of the panel that are no rows: its frame, the column titles and the line below the table.
const TABLE_CHROME: u16 = 4;

impl Apis {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        Place::Apis
    }

    /// Rows of the table on screen.
    pub fn height(body: ratatui::layout::Rect) -> usize {
        usize::from(body.height.saturating_sub(TABLE_CHROME)).max(1)
    }

    /// Something new is known.
    pub fn learn(&mut self, learnt: Learnt, cx: &Context) {
        match learnt {
            Learnt::Apis | Learnt::Other => self.arrange(cx),
            // Numbers move rows only where the filter asks for numbers.
            Learnt::Metrics if !self.filter.is_empty() => self.arrange(cx),
            _ => {}
        }
    }

    /// Filters anew, keeping the selection on its stage.
    pub fn arrange(&mut self, cx: &Context) {
        self.rows = rows::all(cx.store, &self.filter);
        if let Some(chosen) = &self.chosen {
            // Stages that have come in stand where the API stood that was waiting for them.
            let place = self.rows.iter().position(|row| row == chosen);
            let place = place.or_else(|| self.rows.iter().position(|row| row.api == chosen.api));
            if let Some(at) = place {
                let on_screen = self.cursor.row.saturating_sub(self.cursor.first);
                self.cursor.row = at;
                self.cursor.first = at.saturating_sub(on_screen);
            }
        }
        self.cursor.fit(self.rows.len(), Self::height(cx.body));
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if self.detail.is_some() {
            return self.act_in_detail(action, cx);
        }
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.rows.len(), Self::height(cx.body));
            self.chosen = self.rows.get(self.cursor.row).filter(|_| self.cursor.row > 0).cloned();
            return vec![];
        }
        match action {
            Action::Open | Action::SeeMetrics => {
                let Some(row) = self.rows.get(self.cursor.row).cloned() else { return vec![] };
                match row.stage {
                    Some(stage) => self.open(row.api, stage),
                    None => return vec![Step::Say("This API has no stage to look into (yet)".into())],
                }
            }
            Action::Back if !self.filter.is_empty() => {
                self.filter.clear();
                self.arrange(cx);
            }
            _ => {}
        }
        vec![]
    }

    fn open(&mut self, api: String, stage: String) {
        let opened = (api, stage);
        if self.detail.as_ref() != Some(&opened) {
            self.cursors = [Cursor::default(); 3];
            self.panel = Panel::Settings;
        }
        self.chosen = Some(Row { api: opened.0.clone(), stage: Some(opened.1.clone()) });
        self.detail = Some(opened);
    }

    fn act_in_detail(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if let Some(motion) = Motion::of(action) {
            let rows = self.rows_of(self.panel, cx.store);
            self.cursors[self.panel as usize].go(motion, rows, 5);
            return vec![];
        }
        let step = |by: usize, panel: Panel| PANELS[(panel as usize + by) % PANELS.len()];
        match action {
            Action::Back => {
                self.close();
                self.arrange(cx);
            }
            Action::NextPanel | Action::Right => self.panel = step(1, self.panel),
            Action::PreviousPanel | Action::Left => self.panel = step(PANELS.len() - 1, self.panel),
            Action::Open if self.panel == Panel::Routes => {
                return match self.selected(cx.store).function {
                    Some(function) => vec![Step::Go(Jump::Function(function))],
                    None if self.rows_of(Panel::Routes, cx.store) == 0 => vec![],
                    None => vec![Step::Say("No function is behind this route".into())],
                };
            }
            _ => {}
        }
        vec![]
    }

    /// A stage's detail is open.
    pub fn is_open(&self) -> bool {
        self.detail.is_some()
    }

    /// Back to the table.
    pub fn close(&mut self) {
        self.detail = None;
    }

    /// Rows of a panel of the detail.
    pub fn rows_of(&self, panel: Panel, store: &Store) -> usize {
        match panel {
            Panel::Settings => self.settings(store).len(),
            Panel::Routes => self.routes(store).len(),
            Panel::Overrides => self.overrides(store).len(),
        }
    }

    /// The open API and its stage, as far as known.
    pub fn opened<'a>(&self, store: &'a Store) -> Option<(&'a Api, &'a Stage)> {
        let (api, stage) = self.detail.as_ref()?;
        Some((store.api(api)?, rows::stage(store, api, stage)?))
    }

    /// Settings of the open stage.
    pub fn settings(&self, store: &Store) -> Vec<settings::Setting> {
        self.opened(store).map(|(api, stage)| settings::all(store, api, stage)).unwrap_or_default()
    }

    /// Methods or routes of the open API.
    pub fn routes<'a>(&self, store: &'a Store) -> &'a [Route] {
        let routes = self.detail.as_ref().and_then(|(api, _)| store.routes.get(api)).and_then(|feed| feed.get());
        routes.map(Vec::as_slice).unwrap_or_default()
    }

    /// Settings of single methods of the open stage.
    pub fn overrides<'a>(&self, store: &'a Store) -> &'a [(String, MethodSettings)] {
        self.opened(store).map(|(_, stage)| stage.overrides.as_slice()).unwrap_or_default()
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        let row = self.rows.get(self.cursor.row).cloned();
        let Some((id, stage)) = self.detail.clone().or_else(|| row.as_ref().and_then(Row::pair)) else {
            // An API without stages has its id and nothing to follow.
            let Some(row) = row else { return Selected::default() };
            let title = store.api(&row.api).map_or(row.api.clone(), |api| api.name.clone());
            return Selected { title, copy: Some(("API id".into(), row.api)), ..Selected::default() };
        };
        let mut selected = Selected::stage(&id, &stage);
        let Some(api) = store.api(&id) else { return selected };
        selected.title = format!("{} {stage}", api.name);
        let url = settings::invoke_url(store, api, &stage);
        if let Some(url) = &url {
            selected.copy = Some(("invoke URL".into(), url.clone()));
        }
        if self.detail.is_none() {
            return selected;
        }
        match self.panel {
            Panel::Settings => {
                let setting = self.settings(store).into_iter().nth(self.cursors[0].row);
                if let Some(copy) = setting.and_then(|setting| setting.copy) {
                    selected.copy = Some(copy);
                }
            }
            Panel::Routes => {
                if let Some(route) = self.routes(store).get(self.cursors[1].row) {
                    selected.title = format!("{} {stage} {}", api.name, route.key);
                    selected.function.clone_from(&route.function);
                    let path = route.key.split_once(' ').map(|(_, path)| path).filter(|path| path.starts_with('/'));
                    if let (Some(url), Some(path)) = (url, path) {
                        selected.copy =
                            Some(("URL of the route".into(), format!("{}{path}", url.trim_end_matches('/'))));
                    }
                }
            }
            Panel::Overrides => {}
        }
        selected
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        wanted.apis = true;
        if let Some((id, stage)) = &self.detail {
            wanted.stages.insert(id.clone());
            wanted.routes.insert(id.clone());
            if let Some(api) = cx.store.api(id) {
                let subject = stage_subject(api, stage);
                wanted.series.extend(stage_row(&subject));
                let percentile = Statistic::Percentile(99);
                wanted.series.insert(SeriesKey::new(subject, Metric::IntegrationLatency, percentile));
            }
            return;
        }
        if !self.filter.is_empty() {
            // The filter can't take what is not known, and what is not shown would never be asked for: a screen of them.
            let unknown =
                cx.store.apis.get().into_iter().flatten().filter(|api| !cx.store.stages.contains_key(&api.id));
            wanted.stages.extend(unknown.take(Self::height(cx.body)).map(|api| api.id.clone()));
        }
        for row in &self.rows[self.cursor.visible(self.rows.len(), Self::height(cx.body))] {
            wanted.stages.insert(row.api.clone());
            if let (Some(api), Some(stage)) = (cx.store.api(&row.api), &row.stage) {
                let series = stage_row(&stage_subject(api, stage));
                if wanted.series.len() + series.len() <= QUERIES {
                    wanted.series.extend(series);
                }
            }
        }
    }

    /// Shows a stage.
    pub fn show(&mut self, api: &str, stage: &str, cx: &Context) {
        self.open(api.to_string(), stage.to_string());
        self.arrange(cx);
    }

    /// Esc has something to leave here.
    pub fn can_leave(&self) -> bool {
        self.is_open() || !self.filter.is_empty()
    }

    /// Groups that a stage logs to.
    pub fn log_groups(&self, store: &Store, api: &str, stage: &str) -> Vec<String> {
        match (store.api(api), rows::stage(store, api, stage)) {
            (Some(api), Some(stage)) => settings::log_groups(api, stage),
            _ => vec![],
        }
    }
}
