//! Functions: every function worst first, and one function's detail.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::{Interests, TailGroup};
use crate::app::selected::Selected;
use crate::app::step::{Jump, Step};
use crate::model::function::{Function, ProvisionedStatus};
use crate::model::series::{Metric, SeriesKey, Statistic, Subject};
use crate::store::Store;
use crate::store::metrics::{Figures, function_row};

/// Up to so many functions all are measured, so that the worst are found by themselves: 80 rows of six series fit one
/// GetMetricData call (500 queries). Beyond, only what is on screen is measured.
pub const MEASURED_ALL: usize = 80;

/// A column to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the columns' headings
pub enum Column {
    #[default]
    Worst,
    Name,
    Invocations,
    Errors,
    Throttles,
    P50,
    P99,
    Concurrency,
}

impl Column {
    const ALL: [Column; 8] = [
        Column::Worst,
        Column::Name,
        Column::Invocations,
        Column::Errors,
        Column::Throttles,
        Column::P50,
        Column::P99,
        Column::Concurrency,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Column::Worst => "worst",
            Column::Name => "name",
            Column::Invocations => "invocations",
            Column::Errors => "errors",
            Column::Throttles => "throttles",
            Column::P50 => "p50",
            Column::P99 => "p99",
            Column::Concurrency => "concurrency",
        }
    }
}

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

/// The tab's state.
#[derive(Debug, Default)]
pub struct Functions {
    /// Indices into the inventory, filtered and in order.
    pub order: Vec<usize>,
    /// Figures by function, taken when metrics come in, not at each frame.
    pub figures: HashMap<String, Figures>,
    /// How many functions there were when `order` was made.
    pub arranged: usize,
    /// Cursor in `order`.
    pub cursor: Cursor,
    /// Name of the selected function: the selection stays with it when the order changes.
    pub chosen: Option<String>,
    /// Column.
    pub column: Column,
    /// Turned round.
    pub reversed: bool,
    /// Filter.
    pub filter: String,
    /// The function whose detail is open.
    pub detail: Option<String>,
    /// Panel of the detail that listens.
    pub panel: Panel,
    /// Cursors of the detail's panels.
    pub cursors: [Cursor; 3],
}

/// Lines of the panel that are no rows: its frame and the column titles.
const TABLE_CHROME: u16 = 3;

impl Functions {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        if self.detail.is_some() { Place::Function } else { Place::Functions }
    }

    /// Rows of the table on screen.
    pub fn height(body: ratatui::layout::Rect) -> usize {
        usize::from(body.height.saturating_sub(TABLE_CHROME)).max(1)
    }

    /// Something new is known.
    pub fn learn(&mut self, learnt: Learnt, cx: &Context) {
        match learnt {
            Learnt::Functions => self.arrange(cx),
            Learnt::Metrics => {
                for function in cx.store.functions.all() {
                    let figures = cx.store.metrics.figures(&Subject::Function(function.name.clone()));
                    if figures.invocations.is_some() {
                        self.figures.insert(function.name.clone(), figures);
                    }
                }
                self.arrange(cx);
            }
            _ => {}
        }
    }

    /// Filters and sorts anew, keeping the selection on its function.
    pub fn arrange(&mut self, cx: &Context) {
        let functions = cx.store.functions.all();
        self.arranged = functions.len();
        let filter = Filter::read(&self.filter);
        let none = Figures::default();
        self.order = (0..functions.len())
            .filter(|&at| filter.takes(&functions[at], self.figures.get(&functions[at].name).unwrap_or(&none)))
            .collect();
        let column = self.column;
        let reversed = self.reversed;
        let figures = &self.figures;
        let key = |at: usize| figures.get(&functions[at].name).unwrap_or(&none);
        self.order.sort_by(|&a, &b| {
            let (x, y) = (key(a), key(b));
            let by = match column {
                Column::Worst => score(y, &functions[b]).total_cmp(&score(x, &functions[a])),
                Column::Name => Ordering::Equal,
                Column::Invocations => y.invocations.unwrap_or(-1.0).total_cmp(&x.invocations.unwrap_or(-1.0)),
                Column::Errors => y.errors.total_cmp(&x.errors),
                Column::Throttles => y.throttles.total_cmp(&x.throttles),
                Column::P50 => y.p50.unwrap_or(-1.0).total_cmp(&x.p50.unwrap_or(-1.0)),
                Column::P99 => y.p99.unwrap_or(-1.0).total_cmp(&x.p99.unwrap_or(-1.0)),
                Column::Concurrency => y.concurrency.unwrap_or(-1.0).total_cmp(&x.concurrency.unwrap_or(-1.0)),
            };
            let by = if reversed { by.reverse() } else { by };
            by.then_with(|| {
                let names = functions[a].name.cmp(&functions[b].name);
                if reversed && column == Column::Name { names.reverse() } else { names }
            })
        });
        if let Some(at) =
            self.chosen.as_ref().and_then(|name| self.order.iter().position(|&at| functions[at].name == *name))
        {
            // The selection stays with its function, and as far as possible at its place on the screen.
            let on_screen = self.cursor.row.saturating_sub(self.cursor.first);
            self.cursor.row = at;
            self.cursor.first = at.saturating_sub(on_screen);
        }
        self.cursor.fit(self.order.len(), Self::height(cx.body));
    }

    fn remember(&mut self, store: &Store) {
        self.chosen = self.order.get(self.cursor.row).map(|&at| store.functions.all()[at].name.clone());
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if self.detail.is_some() {
            return self.act_in_detail(action, cx);
        }
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.order.len(), Self::height(cx.body));
            // At rest on the first row the cursor stays there, so that the worst function is always in sight.
            self.remember(cx.store);
            if self.cursor.row == 0 {
                self.chosen = None;
            }
            return vec![];
        }
        match action {
            Action::Open | Action::SeeMetrics => {
                self.remember(cx.store);
                if let Some(name) = self.order.get(self.cursor.row).map(|&at| cx.store.functions.all()[at].name.clone())
                {
                    self.open(name);
                }
            }
            Action::Sort | Action::SortReverse => {
                if action == Action::Sort {
                    let at = Column::ALL.iter().position(|column| *column == self.column).unwrap_or(0);
                    self.column = Column::ALL[(at + 1) % Column::ALL.len()];
                    self.reversed = false;
                } else {
                    self.reversed = !self.reversed;
                }
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

    /// Opens a function's detail.
    pub fn open(&mut self, name: String) {
        if self.detail.as_ref() != Some(&name) {
            self.cursors = [Cursor::default(); 3];
            self.panel = Panel::Qualifiers;
        }
        self.chosen = Some(name.clone());
        self.detail = Some(name);
    }

    fn act_in_detail(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if let Some(motion) = Motion::of(action) {
            let rows = self.rows_of(self.panel, cx.store);
            self.cursors[self.panel as usize].go(motion, rows, 5);
            return vec![];
        }
        match action {
            Action::Back => self.detail = None,
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
        let Some(name) = &self.detail else { return 0 };
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
        let Some(name) = &self.detail else {
            let row = self.order.get(self.cursor.row).and_then(|&at| store.functions.all().get(at));
            return row.map(|function| Selected::function(&function.name)).unwrap_or_default();
        };
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

    /// What should be polled while this tab is shown.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        wanted.inventory = true;
        wanted.account_settings = true;
        let Some(name) = &self.detail else {
            let functions = cx.store.functions.all();
            if functions.len() <= MEASURED_ALL {
                let all = functions.iter().map(|function| Subject::Function(function.name.clone()));
                wanted.series.extend(all.flat_map(|subject| function_row(&subject)));
            }
            for at in self.order[self.cursor.visible(self.order.len(), Self::height(cx.body))].iter().copied() {
                let function = &functions[at];
                wanted.series.extend(function_row(&Subject::Function(function.name.clone())));
                if function.reserved.is_none() {
                    wanted.reserved.insert(function.name.clone());
                }
            }
            return;
        };
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

/// How bad a function is: errors and throttles weigh by their number and their share, a p99 near the time-out counts,
/// and volume breaks ties, so that of two healthy functions the busier stands first.
pub fn score(figures: &Figures, function: &Function) -> f64 {
    let Some(invocations) = figures.invocations else { return -1.0 };
    let failing = figures.errors * (1.0 + 10.0 * figures.error_share());
    let throttled = figures.throttles * (1.0 + 10.0 * figures.throttle_share());
    let slow = match figures.p99 {
        Some(p99) if function.timeout_s > 0 => {
            let share = p99 / (f64::from(function.timeout_s) * 1000.0);
            if share > 0.8 { invocations * share * 0.1 } else { 0.0 }
        }
        _ => 0.0,
    };
    failing + throttled + slow + invocations * 1e-6
}

/// A filter: words that must all be met. `runtime:nodejs18`, `err>1` (per cent), `p99>500` (ms), `inv>0`, `thr>0`, `mem>512`,
/// anything else is part of the name.
struct Filter<'a> {
    words: Vec<Word<'a>>,
}

enum Word<'a> {
    Name(String),
    Not(String),
    Attribute(&'a str, String),
    Number(&'a str, bool, f64),
}

impl<'a> Filter<'a> {
    fn read(text: &'a str) -> Filter<'a> {
        let words = text.split_whitespace().map(|word| {
            if let Some((name, value)) = word.split_once(':').filter(|(_, value)| !value.is_empty()) {
                return Word::Attribute(name, value.to_lowercase());
            }
            for (sign, more) in [('>', true), ('<', false)] {
                if let Some((name, number)) = word.split_once(sign)
                    && let Ok(number) = number.parse()
                {
                    return Word::Number(name, more, number);
                }
            }
            match word.strip_prefix('!') {
                Some(rest) if !rest.is_empty() => Word::Not(rest.to_lowercase()),
                _ => Word::Name(word.to_lowercase()),
            }
        });
        Filter { words: words.collect() }
    }

    fn takes(&self, function: &Function, figures: &Figures) -> bool {
        self.words.iter().all(|word| match word {
            Word::Name(part) => function.name.to_lowercase().contains(part.as_str()),
            Word::Not(part) => !function.name.to_lowercase().contains(part.as_str()),
            Word::Attribute(name, value) => match *name {
                "runtime" => function.runtime.contains(value.as_str()),
                "arch" => function.architecture.contains(value.as_str()),
                "package" => function.package.to_lowercase() == *value,
                "state" => function.state.as_deref().unwrap_or("").to_lowercase().contains(value.as_str()),
                _ => false,
            },
            Word::Number(name, more, number) => {
                let value = match *name {
                    "err" => Some(figures.error_share() * 100.0),
                    "thr" => Some(figures.throttles),
                    "inv" => figures.invocations,
                    "p50" => figures.p50,
                    "p99" => figures.p99,
                    "conc" => figures.concurrency,
                    "mem" => Some(f64::from(function.memory_mb)),
                    "timeout" => Some(f64::from(function.timeout_s)),
                    _ => None,
                };
                value.is_some_and(|value| if *more { value > *number } else { value < *number })
            }
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_functions_stand_before_busy_ones_and_unknown_ones_last() {
        let function = Function { timeout_s: 10, ..Function::default() };
        let figures = |invocations, errors, p99| Figures {
            invocations: Some(invocations),
            errors,
            p99: Some(p99),
            ..Figures::default()
        };
        let failing = score(&figures(100.0, 10.0, 50.0), &function);
        let busy = score(&figures(10_000.0, 0.0, 50.0), &function);
        let slow = score(&figures(1_000.0, 0.0, 9_500.0), &function);
        assert!(failing > busy && slow > busy && busy > score(&Figures::default(), &function));
    }

    #[test]
    fn filters_read_names_attributes_and_numbers() {
        let function =
            Function { name: "orders-api".into(), runtime: "nodejs18.x".into(), memory_mb: 512, ..Function::default() };
        let figures = Figures { invocations: Some(100.0), errors: 2.0, ..Figures::default() };
        for (text, takes) in [
            ("ord", true),
            ("runtime:nodejs18 err>1", true),
            ("err>3", false),
            ("!orders", false),
            ("mem<1024 ord", true),
            ("p99>10", false),
            ("nonsense:x", false),
            ("", true),
        ] {
            assert_eq!(Filter::read(text).takes(&function, &figures), takes, "{text}");
        }
    }
}
