//! Logs Insights: one query at a time over the chosen groups, its rows, and what it has cost.

pub mod estimate;
pub mod ready;
pub mod table;

use std::collections::VecDeque;

use crate::app::command::Action;
use crate::app::export::Contents;
use crate::app::interests::{InsightsQuery, Interests};
use crate::app::line::LineView;
use crate::app::overlay::Overlay;
use crate::app::query::QueryForm;
use crate::app::selected::Selected;
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::app::tabs::logs::{Logs, Panel};
use crate::model::insights::{self, Progress, Query, Row, Span, Status};
use crate::model::line;
use crate::model::log::{Level, LogGroup};
use crate::model::trouble::Trouble;
use crate::store::Store;
use crate::store::logs::Line;
use crate::time::Moment;
use estimate::Estimate;
use table::{Table, cell};

/// Queries remembered.
pub const REMEMBERED: usize = 50;
/// Lines of the panel that are no rows: frame, query, status, head of the table.
const CHROME: u16 = 2 + 1 + QUERY_LINES + 2;
/// Lines of the query that are shown above its rows.
pub const QUERY_LINES: u16 = 3;

/// The query that was run last.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its generation.
    pub generation: u64,
    /// What was asked.
    pub query: Query,
    /// When it was sent.
    pub started: Moment,
    /// When it ended, if it has.
    pub ended: Option<Moment>,
    /// How it stands; its rows are in the table.
    pub progress: Progress,
    /// Why it failed, and what part of it is at fault.
    pub failure: Option<(Trouble, Option<Span>)>,
    /// The user has agreed to more than the budget.
    pub approved: bool,
    /// It is to be stopped.
    pub stopping: bool,
    /// It is stopped because it has scanned more than the budget.
    pub over_budget: bool,
}

impl Run {
    /// It goes on, as far as we know.
    pub fn is_running(&self) -> bool {
        self.ended.is_none()
    }
}

/// The panel's state.
#[derive(Debug, Default)]
pub struct Insights {
    /// The query that was run last.
    pub run: Option<Run>,
    /// Its rows.
    pub table: Table,
    /// Queries that were run, the newest first, each once.
    pub history: VecDeque<String>,
    /// The history is kept on disk.
    pub is_kept: bool,
    generation: u64,
}

impl Insights {
    /// Rows of the table on screen.
    pub fn height(body: ratatui::layout::Rect) -> usize {
        usize::from(body.height.saturating_sub(CHROME)).max(1)
    }

    /// A query runs.
    pub fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(Run::is_running)
    }

    /// Runs a query, in place of the one before.
    pub fn begin(&mut self, query: Query, approved: bool, now: Moment) -> u64 {
        self.generation += 1;
        self.history.retain(|text| *text != query.text);
        self.history.push_front(query.text.clone());
        self.history.truncate(REMEMBERED);
        self.table = Table::default();
        self.run = Some(Run {
            generation: self.generation,
            query,
            started: now,
            ended: None,
            progress: Progress::default(),
            failure: None,
            approved,
            stopping: false,
            over_budget: false,
        });
        self.generation
    }

    /// Another account: what was found in the one before goes, what was asked stays to be asked again.
    pub fn wipe(&mut self) {
        self.run = None;
        self.table = Table::default();
    }

    /// Stops the query; the rows so far stay.
    pub fn cancel(&mut self) {
        if let Some(run) = self.run.as_mut().filter(|run| run.is_running()) {
            run.stopping = true;
        }
    }

    /// How the query stands.
    pub fn accept(&mut self, generation: u64, mut progress: Progress, budget: u64, now: Moment) {
        let Some(run) = self.run.as_mut().filter(|run| run.generation == generation) else { return };
        let rows = std::mem::take(&mut progress.rows);
        if progress.status.has_ended() {
            run.ended = run.ended.or(Some(now));
        } else if progress.statistics.bytes > budget && !run.approved {
            // Nobody was asked, because less was expected: the budget is a ceiling.
            run.over_budget = true;
            run.stopping = true;
        }
        // A query that is cancelled tells none of its rows any more.
        if progress.status != Status::Cancelled || !rows.is_empty() {
            self.table.set(rows);
        }
        run.progress = progress;
    }

    /// The query did not begin, or was lost.
    pub fn fail(&mut self, generation: u64, trouble: Trouble, place: Option<Span>, now: Moment) {
        if let Some(run) = self.run.as_mut().filter(|run| run.generation == generation) {
            run.ended = run.ended.or(Some(now));
            run.failure = Some((trouble, place));
        }
    }

    /// What it is worth asking, whatever is on screen: a query goes on when its tab is left.
    pub fn interests(&self, wanted: &mut Interests) {
        wanted.insights = self
            .run
            .as_ref()
            .filter(|run| run.is_running() && !run.stopping)
            .map(|run| InsightsQuery { generation: run.generation, query: run.query.clone() });
    }

    /// A key's meaning. None leaves the panel.
    pub fn act(&mut self, action: Action, groups: &[String], cx: &Context) -> Option<Vec<Step>> {
        if self.table.act(action, Self::height(cx.body)) {
            return Some(vec![]);
        }
        match action {
            Action::Insights => return Some(vec![self.open_form(groups, cx)]),
            Action::Open => {
                return Some(vec![match self.table.selected() {
                    Some(row) => Step::Show(Box::new(Overlay::Line(Box::new(whole(row, self.run.as_ref()))))),
                    None => self.open_form(groups, cx),
                }]);
            }
            Action::Back if self.run.as_ref().is_some_and(|run| run.is_running() && !run.stopping) => self.cancel(),
            Action::Back if !self.table.filter.is_empty() => {
                self.table.filter.clear();
                self.table.arrange();
            }
            Action::Back => return None,
            _ => {}
        }
        Some(vec![])
    }

    /// The form in which a query is written.
    pub fn open_form(&self, groups: &[String], cx: &Context) -> Step {
        let infrequent = !infrequent(groups, cx.store).is_empty();
        // What was asked of other groups may mean nothing where no field is discovered.
        let last = self.run.as_ref().filter(|run| !infrequent || run.query.groups == groups);
        let last = last.map(|run| run.query.text.as_str());
        let form = QueryForm::new(self.history.iter(), last, infrequent);
        Step::Show(Box::new(Overlay::Query(Box::new(form))))
    }

    /// Where the selected row leads.
    pub fn selected(&self, store: &Store) -> Selected {
        self.table.selected().map(|row| points_at(row, self.run.as_ref(), store)).unwrap_or_default()
    }

    /// The rows shown, for a file.
    pub fn contents(&self) -> Contents {
        let (columns, rows) = self.table.cells();
        Contents::Table { columns, rows }
    }

    /// The query over these groups and the time window, or why there can be none.
    ///
    /// # Errors
    /// A sentence for the form.
    pub fn query(text: &str, groups: &[String], cx: &Context) -> Result<Query, String> {
        // The limit of StartQuery; what else is wrong with a query, the service says.
        const LONGEST: usize = 10_000;
        let text = text.trim();
        if text.is_empty() {
            return Err("there is no query yet".into());
        }
        if text.chars().count() > LONGEST {
            return Err(format!("{} characters, AWS takes {LONGEST}", text.chars().count()));
        }
        if groups.is_empty() {
            return Err("no log group is chosen".into());
        }
        if groups.len() > insights::GROUPS {
            return Err(format!("{} log groups are chosen, a query takes {}", groups.len(), insights::GROUPS));
        }
        let (from, to) = cx.window.bounds(cx.now);
        Ok(Query { groups: groups.to_vec(), text: text.into(), from: from.timestamp(), to: to.timestamp() })
    }

    /// What a query will scan; nothing where the groups are not known.
    pub fn estimate(&self, groups: &[String], cx: &Context) -> Option<Estimate> {
        let (from, to) = cx.window.bounds(cx.now);
        let (from, to, now) = (from.timestamp(), to.timestamp(), cx.now.timestamp());
        cx.store.log_groups.get().map(|known| estimate::estimate(groups, known, (from, to), now))
    }
}

impl Logs {
    /// Names of the groups that are chosen, each once.
    pub fn group_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.groups.iter().map(|group| group.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// To the panel; where nothing was asked of these groups yet, to the form. What runs is shown first: a query takes
    /// the place of the one before.
    pub(super) fn open_insights(&mut self, cx: &Context) -> Vec<Step> {
        self.panel = Panel::Insights;
        let groups = self.group_names();
        match &self.insights.run {
            Some(run) if run.is_running() || run.query.groups == groups => vec![],
            _ => vec![self.insights.open_form(&groups, cx)],
        }
    }

    pub(super) fn act_on_insights(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        let groups = self.group_names();
        self.insights.act(action, &groups, cx).unwrap_or_else(|| {
            self.panel = Panel::Lines;
            vec![]
        })
    }

    /// The filter of the panel on screen.
    pub fn typed_filter(&self) -> &str {
        match self.panel {
            Panel::Insights => &self.insights.table.filter,
            Panel::Invocations => &self.invocations.filter,
            Panel::Errors => &self.errors.filter,
            _ => self.filter(),
        }
    }

    /// Another filter for the panel on screen.
    pub fn set_typed_filter(&mut self, text: &str, cx: &Context) {
        match self.panel {
            Panel::Insights => {
                self.insights.table.filter = text.to_string();
                self.insights.table.arrange();
            }
            Panel::Invocations => {
                self.invocations.filter = text.to_string();
                self.invocations.arrange(cx);
            }
            Panel::Errors => {
                self.errors.filter = text.to_string();
                self.errors.arrange(cx);
            }
            _ => self.set_filter(text, cx),
        }
    }
}

/// Those of the groups that only Insights can read.
pub fn infrequent<'a>(groups: &'a [String], store: &Store) -> Vec<&'a str> {
    let known = store.log_groups.get();
    let is = |name: &String| {
        let group = known.and_then(|known| known.iter().find(|group: &&LogGroup| group.name == *name));
        group.is_some_and(|group| group.class == "INFREQUENT_ACCESS")
    };
    groups.iter().filter(|name| is(name)).map(String::as_str).collect()
}

/// A row in whole, as a document: a value that is JSON itself unfolds.
fn document(row: &Row) -> String {
    let value = |text: &str| {
        let json = serde_json::from_str::<serde_json::Value>(text).ok();
        json.filter(|value| value.is_object() || value.is_array()).unwrap_or_else(|| text.into())
    };
    let object: serde_json::Map<String, serde_json::Value> =
        row.iter().filter(|(name, _)| name != "@ptr").map(|(name, text)| (name.clone(), value(text))).collect();
    crate::text::safe(&serde_json::Value::Object(object).to_string()).into_owned()
}

/// The group of a row: `@log` is `123456789012:/aws/lambda/name`.
fn group(row: &Row, run: Option<&Run>) -> Option<String> {
    let log = cell(row, "@log").map(|log| log.split_once(':').map_or(log, |(_, name)| name).to_string());
    log.or_else(|| run.filter(|run| run.query.groups.len() == 1).map(|run| run.query.groups[0].clone()))
}

fn whole(row: &Row, run: Option<&Run>) -> LineView {
    LineView::new(&Line {
        timestamp: time(row).map_or(0, |at| at.timestamp_millis()),
        level: Level::Info,
        group: &group(row, run).unwrap_or_default(),
        stream: cell(row, "@logStream").unwrap_or_default(),
        text: &document(row),
    })
}

fn time(row: &Row) -> Option<Moment> {
    cell(row, "@timestamp").and_then(insights::moment)
}

fn points_at(row: &Row, run: Option<&Run>, store: &Store) -> Selected {
    let first = |names: &[&str]| names.iter().find_map(|name| cell(row, name)).map(str::to_string);
    let message = cell(row, "@message").unwrap_or_default();
    let group = group(row, run);
    let function = group.as_deref().and_then(|group| store.functions.of_log_group(group)).map(|f| f.name.clone());
    let request_id = first(&["@requestId", "request", "requestId", "record.requestId", "function_request_id"]);
    let trace_id = first(&["@xrayTraceId", "xrayTraceId", "xray_trace_id", "traceId"]);
    Selected {
        title: group.clone().unwrap_or_else(|| "row".into()),
        // One of both: the group of a function is its own.
        log_group: if function.is_some() { None } else { group },
        function,
        request_id: request_id.or_else(|| line::uuid(message).map(str::to_string)),
        trace_id: trace_id.or_else(|| line::trace_id(message).map(str::to_string)),
        at: time(row),
        copy: Some(("row".into(), document(row))),
        ..Selected::default()
    }
}

#[cfg(test)]
mod tests;
