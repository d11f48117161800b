//! One function's detail: its panels, and what each wants to know.

pub mod charts;
mod cold_starts;
mod concurrency;
mod configuration;
mod cost;
mod layout;
pub mod qualifiers;
pub mod row;
mod triggers;

use ratatui::layout::Rect;

use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::{Interests, TailGroup};
use crate::app::selected::Selected;
use crate::app::step::{Jump, LogTarget, Step};
use crate::app::tabs::Context;
use crate::model::function::{Function, FunctionDetail, ProvisionedStatus};
use crate::model::series::{Metric, SeriesKey, Statistic, Subject};
use crate::model::trouble::Kind;
use crate::store::Store;
use crate::store::cold_starts::ColdStarts;
use crate::store::limits::{self, Verdict};
use crate::store::metrics::function_row;
use crate::text;
use crate::time::Moment;
use configuration::LATEST;
pub use layout::shown;
use qualifiers::qualifiers;
use row::Row;

/// Panels of the detail, in the order of Tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Metrics over the window.
    #[default]
    Charts,
    /// Aliases and versions with their provisioned concurrency.
    Qualifiers,
    /// Limits, and who uses them.
    Concurrency,
    /// Recent invocations.
    Invocations,
    /// Cold starts among those.
    ColdStarts,
    /// What invokes it.
    Triggers,
    /// Memory and money.
    Cost,
    /// Configuration, and how it differs.
    Configuration,
}

impl Panel {
    /// All of them.
    pub const ALL: [Panel; 8] = [
        Panel::Charts,
        Panel::Qualifiers,
        Panel::Concurrency,
        Panel::Invocations,
        Panel::ColdStarts,
        Panel::Triggers,
        Panel::Cost,
        Panel::Configuration,
    ];

    /// Its name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Panel::Charts => "Charts",
            Panel::Qualifiers => "Aliases",
            Panel::Concurrency => "Concurrency",
            Panel::Invocations => "Invocations",
            Panel::ColdStarts => "Cold starts",
            Panel::Triggers => "Triggers",
            Panel::Cost => "Cost",
            Panel::Configuration => "Configuration",
        }
    }

    fn step(self, by: isize) -> Panel {
        let count = Panel::ALL.len().cast_signed();
        Panel::ALL[((self as usize).cast_signed() + by).rem_euclid(count).cast_unsigned()]
    }
}

/// What is derived of the invocations, as of when those came.
#[derive(Clone, Debug, Default)]
struct Derived {
    as_of: Option<Moment>,
    cold: ColdStarts,
}

/// The open function.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// FunctionName.
    pub name: String,
    /// Panel that listens.
    pub panel: Panel,
    /// Cursors of the panels.
    pub cursors: [Cursor; Panel::ALL.len()],
    /// Alias or version that the charts are of, where it is not the whole function.
    pub narrowed: Option<String>,
    /// A moment in the bucket that the crosshair is on.
    pub crosshair: Option<Moment>,
    /// The first chart on screen, where there is no room for all.
    pub first_chart: usize,
    /// Two configurations to be compared: `$LATEST`, versions or aliases.
    pub compared: Option<(String, String)>,
    /// The row of the qualifiers that is selected: it stays so when rows come and go.
    pinned: Option<(String, qualifiers::Kind)>,
    /// What the comparison began from.
    about: Option<String>,
    derived: Derived,
}

/// What stands over the panels where something is wrong with the function as a whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Headline {
    /// It is not there any more.
    Gone(String),
    /// A limit bites.
    Limit(Verdict),
}

impl Headline {
    /// What it says.
    pub fn words(&self) -> &str {
        match self {
            Headline::Gone(words) => words,
            Headline::Limit(verdict) => &verdict.sentence,
        }
    }

    /// Lines that it takes: a sentence that does not fit gets a second one.
    pub fn rows(&self, body: Rect) -> u16 {
        // Beside its words there are a blank, the mark, and another blank.
        if text::width(self.words()) + 3 > usize::from(body.width) && body.height >= 16 { 2 } else { 1 }
    }
}

/// Series of an open function at most: one GetMetricData call takes 500 queries.
const SERIES: usize = 480;

impl Detail {
    /// Opens it.
    pub fn of(name: String) -> Detail {
        Detail { name, ..Detail::default() }
    }

    /// Something new is known.
    pub fn learn(&mut self, cx: &Context) {
        self.derive(cx);
        if let Some((name, kind)) = &self.pinned {
            let rows = qualifiers(cx.store, &self.name);
            if let Some(at) = rows.iter().position(|row| row.name == *name && row.kind == *kind) {
                self.cursors[Panel::Qualifiers as usize].row = at;
            }
        }
        let (rows, height) = (self.count(self.panel, cx), self.height(cx));
        self.cursors[self.panel as usize].fit(rows, height);
    }

    fn known<'a>(&self, store: &'a Store) -> Option<&'a FunctionDetail> {
        store.details.get(&self.name).and_then(|feed| feed.get())
    }

    /// The function as it was last seen: its own answer is newer than the inventory.
    pub fn function<'a>(&self, store: &'a Store) -> Option<&'a Function> {
        self.known(store).and_then(|detail| detail.configuration.as_deref()).or_else(|| store.functions.get(&self.name))
    }

    /// Whether AWS knows no such function any more: deleted or renamed while it was open.
    pub fn is_gone(&self, store: &Store) -> bool {
        let missing = store.details.get(&self.name).and_then(|feed| feed.trouble());
        let asked = missing.is_some_and(|trouble| trouble.kind == Kind::Missing);
        asked || (store.functions.complete() && store.functions.get(&self.name).is_none())
    }

    /// The one line over everything: that the function is gone, or why it is throttled; none where all is well.
    pub fn headline(&self, cx: &Context) -> Option<Headline> {
        if self.is_gone(cx.store) {
            let feed = cx.store.details.get(&self.name);
            let known = feed.and_then(|feed| feed.get()).is_some() || self.function(cx.store).is_some();
            let rest = if known { ": what is shown is what was last known" } else { "" };
            return Some(Headline::Gone(format!("{} is not there any more, deleted or renamed{rest}", self.name)));
        }
        limits::verdict(cx.store, &self.name, cx.now).map(Headline::Limit)
    }

    /// Where the panels are drawn: below the line of their names, and the headline if there is one.
    pub fn room(&self, cx: &Context) -> Rect {
        let headline = self.headline(cx).map_or(0, |headline| headline.rows(cx.body));
        let taken = (1 + headline).min(cx.body.height);
        Rect { y: cx.body.y + taken, height: cx.body.height - taken, ..cx.body }
    }

    /// Esc has something to leave in here.
    pub fn can_leave(&self) -> bool {
        self.compared.is_some() || self.crosshair.is_some() || self.narrowed.is_some()
    }

    /// Leaves it: the comparison, the crosshair, the one alias or version, whichever comes first.
    pub fn leave(&mut self) {
        if self.compared.take().is_none() && self.crosshair.take().is_none() {
            self.narrowed = None;
        }
    }

    /// The crosshair is on and has the keys: logs and traces are wanted of its moment.
    pub fn has_moment(&self) -> bool {
        self.panel == Panel::Charts && self.crosshair.is_some()
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        match action {
            Action::NextPanel => self.panel = self.panel.step(1),
            Action::PreviousPanel => self.panel = self.panel.step(-1),
            _ if self.panel == Panel::Charts => return self.act_on_charts(action, cx),
            Action::Open => return self.open(cx),
            Action::Compare => return self.compare(cx),
            _ => {
                if let Some(motion) = Motion::of(action) {
                    let (rows, height) = (self.count(self.panel, cx), self.height(cx));
                    self.cursors[self.panel as usize].go(motion, rows, height);
                    if self.panel == Panel::Qualifiers {
                        let row = qualifiers(cx.store, &self.name).into_iter().nth(self.cursor().row);
                        self.pinned = row.map(|row| (row.name, row.kind));
                    }
                }
            }
        }
        vec![]
    }

    fn open(&mut self, cx: &Context) -> Vec<Step> {
        match self.panel {
            Panel::Qualifiers => {
                let selected = qualifiers(cx.store, &self.name).into_iter().nth(self.cursor().row);
                let name = selected.map(|row| row.name).filter(|name| self.narrowed.as_ref() != Some(name));
                let say = match &name {
                    Some(name) => format!("The charts are of {}:{name} only; Enter again, of all of it", self.name),
                    None => format!("The charts are of all of {} again", self.name),
                };
                (self.narrowed, self.first_chart) = (name, 0);
                vec![Step::Say(say)]
            }
            Panel::Invocations => {
                let selected = self.selected(cx.store);
                let (Some(function), Some(request)) = (selected.function, selected.request_id) else { return vec![] };
                vec![Step::Go(Jump::Logs(LogTarget {
                    functions: vec![function],
                    filter: Some(request),
                    at: selected.at.map(|at| at.timestamp_millis()),
                    ..LogTarget::default()
                }))]
            }
            _ => {
                let row = self.rows(self.panel, cx, &utc).into_iter().nth(self.cursor().row);
                let function = row.and_then(|row| row.function).filter(|function| *function != self.name);
                function.map(|function| Step::Go(Jump::Function(function))).into_iter().collect()
            }
        }
    }

    fn compare(&mut self, cx: &Context) -> Vec<Step> {
        let about = match self.panel {
            Panel::Qualifiers => {
                // Another row begins anew.
                self.compared = None;
                qualifiers(cx.store, &self.name).into_iter().nth(self.cursor().row).map(|row| row.name)
            }
            Panel::Configuration => self.about.clone(),
            _ => None,
        };
        let about = about.unwrap_or_else(|| LATEST.to_string());
        if let Err(why) = self.compare_next(&about, cx.store) {
            return vec![Step::Say(why)];
        }
        self.about = Some(about);
        self.panel = Panel::Configuration;
        self.cursors[Panel::Configuration as usize] = Cursor::default();
        vec![]
    }

    fn cursor(&self) -> Cursor {
        self.cursors[self.panel as usize]
    }

    /// Rows of the panel that listens on screen.
    fn height(&self, cx: &Context) -> usize {
        let place = shown(self.panel, self.room(cx)).into_iter().find(|(panel, _)| *panel == self.panel);
        place.map_or(1, |(_, place)| usize::from(place.height.saturating_sub(2)).max(1))
    }

    /// The lines of a panel that tells things in words. `clock` writes a time of day.
    pub fn rows(&self, panel: Panel, cx: &Context, clock: &dyn Fn(Moment) -> String) -> Vec<Row> {
        match panel {
            Panel::Concurrency => self.concurrency_rows(cx, clock),
            Panel::ColdStarts => self.cold_start_rows(cx.store, clock),
            Panel::Triggers => self.trigger_rows(cx.store),
            Panel::Cost => self.cost_rows(cx),
            Panel::Configuration => self.configuration_rows(cx.store, clock),
            Panel::Charts | Panel::Qualifiers | Panel::Invocations => vec![],
        }
    }

    fn count(&self, panel: Panel, cx: &Context) -> usize {
        match panel {
            Panel::Charts => 0,
            Panel::Qualifiers => qualifiers(cx.store, &self.name).len(),
            Panel::Invocations => cx.store.invocations.get(&self.name).and_then(|feed| feed.get()).map_or(0, Vec::len),
            _ => self.rows(panel, cx, &utc).len(),
        }
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        let name = &self.name;
        let mut selected = Selected::function(name);
        match self.panel {
            Panel::Charts => {
                selected.qualifier.clone_from(&self.narrowed);
                selected.at = self.crosshair;
            }
            Panel::Qualifiers => {
                selected.qualifier = qualifiers(store, name)
                    .get(self.cursor().row)
                    .map(|row| row.name.clone())
                    .filter(|qualifier| qualifier != LATEST);
            }
            Panel::Invocations => {
                let invocations = store.invocations.get(name).and_then(|feed| feed.get());
                if let Some(invocation) = invocations.and_then(|all| all.get(self.cursor().row)) {
                    selected.request_id = Some(invocation.request_id.clone());
                    selected.trace_id.clone_from(&invocation.trace_id);
                    selected.at = invocation.start;
                    selected.copy = Some(("request id".into(), invocation.request_id.clone()));
                }
            }
            Panel::Triggers | Panel::Configuration | Panel::ColdStarts => {
                let rows = match self.panel {
                    Panel::Triggers => self.trigger_rows(store),
                    Panel::ColdStarts => self.cold_start_rows(store, &utc),
                    _ => self.configuration_rows(store, &utc),
                };
                if let Some(row) = rows.into_iter().nth(self.cursor().row).filter(|row| !row.value.is_empty()) {
                    let what = if row.what.is_empty() { "line".into() } else { row.what };
                    selected.copy = Some((what, row.copy.unwrap_or(row.value)));
                }
            }
            Panel::Concurrency | Panel::Cost => {}
        }
        selected
    }

    /// What should be polled while it is shown: only what the panels on screen need.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        let name = &self.name;
        wanted.detail = Some(name.clone());
        let panels: Vec<Panel> = shown(self.panel, self.room(cx)).into_iter().map(|(panel, _)| panel).collect();
        let has = |some: &[Panel]| panels.iter().any(|panel| some.contains(panel));
        let mut series: Vec<SeriesKey> = function_row(&Subject::Function(name.clone())).into();
        // The line over the panels says which limit bites, whatever panel is on screen.
        series.extend(limits::wanted(cx.store, name));
        if has(&[Panel::Charts]) {
            series.extend(self.chart_series(cx.store));
        }
        let own = |metric, statistic| SeriesKey::new(Subject::Function(name.clone()), metric, statistic);
        if has(&[Panel::Cost]) {
            series.push(own(Metric::Duration, Statistic::Average));
        }
        if has(&[Panel::Triggers]) {
            series.extend(
                [Metric::AsyncEventsReceived, Metric::DeadLetterErrors, Metric::DestinationDeliveryFailures]
                    .map(|metric| own(metric, Statistic::Sum)),
            );
        }
        if let Some(function) = self.function(cx.store)
            && has(&[Panel::Invocations, Panel::ColdStarts, Panel::Triggers, Panel::Cost])
        {
            let shared = cx.store.functions.is_shared_group(&function.log_group);
            wanted.invocations = Some((
                name.clone(),
                TailGroup { name: function.log_group.clone(), function: shared.then(|| name.clone()) },
            ));
        }
        if let Some(detail) = self.known(cx.store) {
            wanted.watch_provisioning = detail.provisioned.iter().any(|pc| pc.status == ProvisionedStatus::InProgress);
            if has(&[Panel::Qualifiers, Panel::Concurrency]) {
                series.extend(provisioned_series(detail));
                series.extend(qualifiers::series(detail));
            }
            if has(&[Panel::Triggers]) {
                wanted.apis = true;
                wanted.routes.extend(triggers::apis(detail));
            }
        }
        wanted.series.extend(series.into_iter().take(SERIES));
    }
}

fn provisioned_series(detail: &FunctionDetail) -> Vec<SeriesKey> {
    let mut series = Vec::new();
    for provisioned in &detail.provisioned {
        let subject = Subject::Qualifier { function: detail.name.clone(), qualifier: provisioned.qualifier.clone() };
        for (metric, statistic) in [
            (Metric::ProvisionedConcurrencyUtilization, Statistic::Maximum),
            (Metric::ProvisionedConcurrencyInvocations, Statistic::Sum),
            (Metric::ProvisionedConcurrencySpilloverInvocations, Statistic::Sum),
            (Metric::ProvisionedConcurrentExecutions, Statistic::Maximum),
        ] {
            series.push(SeriesKey::new(subject.clone(), metric, statistic));
        }
    }
    series
}

/// Where only the number of lines or their values count, and not how times are written.
fn utc(at: Moment) -> String {
    at.format("%H:%M").to_string()
}
