//! APIs: every stage with what it lets in, what it caches and what it costs, and one stage's detail.

pub mod deployments;
pub mod detail;
pub mod limits;
pub mod methods;
pub mod rows;
pub mod settings;
pub mod sort;

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::Interests;
use crate::app::selected::Selected;
use crate::app::step::Step;
use crate::store::Store;
use crate::store::gateway::stage_subject;
use crate::store::metrics::stage_row;
use crate::time::Moment;
pub use detail::Panel;
use rows::Row;
use sort::Column;

/// GetMetricData takes 500 queries: rows beyond are not measured until they are scrolled to.
const QUERIES: usize = 500;

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
    pub cursors: [Cursor; 5],
    /// What is looked for in the detail's panel.
    pub search: String,
    /// The method that the charts are of; none is the whole stage.
    pub chart_of: Option<String>,
    /// What the table is sorted by.
    pub column: Column,
    /// Turned round.
    pub reversed: bool,
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
            // Numbers move rows only where the filter or the order asks for numbers.
            Learnt::Metrics if !self.filter.is_empty() || self.column != Column::Name => self.arrange(cx),
            _ => {}
        }
    }

    /// Filters anew, keeping the selection on its stage.
    pub fn arrange(&mut self, cx: &Context) {
        self.rows = rows::all(cx.store, &self.filter);
        sort::sort(&mut self.rows, cx.store, self.column, self.reversed, cx.now);
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
            Action::Sort => {
                self.column = self.column.next();
                self.arrange(cx);
            }
            Action::SortReverse => {
                self.reversed = !self.reversed;
                self.arrange(cx);
            }
            Action::Back if !self.filter.is_empty() => {
                self.filter.clear();
                self.arrange(cx);
            }
            _ => {}
        }
        vec![]
    }

    /// What is selected.
    pub fn selected(&self, store: &Store, now: Moment) -> Selected {
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
        if let Some(url) = settings::invoke_url(store, api, &stage) {
            selected.copy = Some(("invoke URL".into(), url));
        }
        if self.detail.is_none() { selected } else { self.selected_in_detail(store, now, selected, api) }
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        wanted.apis = true;
        if self.detail.is_some() {
            self.interests_of_detail(cx, wanted);
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
