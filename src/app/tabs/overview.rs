//! Overview: is anything wrong, what, since when, where to look.

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::Interests;
use crate::app::selected::Selected;
use crate::app::step::{Jump, Step};
use crate::app::tabs::functions::{MEASURED_ALL, score};
use crate::model::finding::{About, Finding};
use crate::model::series::{Metric, SeriesKey, Statistic, Subject};
use crate::store::Store;
use crate::store::metrics::{Figures, StageFigures, function_row, stage_row};

/// APIs whose stages the Overview looks at; with more of them the APIs tab is the place.
const APIS: usize = 6;
/// Rows of the two lists of the worst.
pub const WORST: usize = 12;

/// Panels, in the order of Tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Findings.
    #[default]
    Findings,
    /// Alarms that are not OK.
    Alarms,
    /// Worst functions.
    Functions,
    /// Worst stages.
    Stages,
}

const PANELS: [Panel; 4] = [Panel::Findings, Panel::Alarms, Panel::Functions, Panel::Stages];

/// The tab's state.
#[derive(Debug, Default)]
pub struct Overview {
    /// Everything that is wrong, the worst first.
    pub findings: Vec<Finding>,
    /// The worst functions with their figures.
    pub functions: Vec<(String, Figures)>,
    /// The worst stages: API id, API name, stage, figures.
    pub stages: Vec<(String, String, String, StageFigures)>,
    /// The panel that listens.
    pub panel: Panel,
    /// Cursors of the panels.
    pub cursors: [Cursor; 4],
}

impl Overview {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        Place::Overview
    }

    /// Something new is known: find what is wrong anew.
    pub fn learn(&mut self, learnt: Learnt, cx: &Context) {
        if matches!(learnt, Learnt::Logs | Learnt::Traces) {
            return;
        }
        self.findings = crate::app::findings::all(cx.store, &cx.config.thresholds);
        let store = cx.store;
        let mut functions: Vec<(f64, String, Figures)> = store
            .functions
            .all()
            .iter()
            .filter_map(|function| {
                let figures = store.metrics.figures(&Subject::Function(function.name.clone()));
                figures.invocations.map(|_| (score(&figures, function), function.name.clone(), figures))
            })
            .collect();
        functions.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        self.functions = functions.into_iter().take(WORST).map(|(_, name, figures)| (name, figures)).collect();
        let mut stages: Vec<_> = stage_subjects(store)
            .map(|(api, name, stage, subject)| (api, name, stage, store.metrics.stage_figures(&subject)))
            .filter(|(.., figures)| figures.count.is_some())
            .collect();
        let badness = |f: &StageFigures| f.errors_5xx * 10.0 + f.errors_4xx + f.count.unwrap_or(0.0) * 1e-6;
        stages.sort_by(|a, b| badness(&b.3).total_cmp(&badness(&a.3)));
        stages.truncate(WORST);
        self.stages = stages;
        for panel in PANELS {
            let rows = self.rows(panel, store);
            self.cursors[panel as usize].fit(rows, 1);
        }
    }

    /// Rows of a panel.
    pub fn rows(&self, panel: Panel, store: &Store) -> usize {
        match panel {
            Panel::Findings => self.findings.len(),
            Panel::Alarms => store.alarms.get().map_or(0, Vec::len),
            Panel::Functions => self.functions.len(),
            Panel::Stages => self.stages.len(),
        }
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if let Some(motion) = Motion::of(action) {
            let rows = self.rows(self.panel, cx.store);
            self.cursors[self.panel as usize].go(motion, rows, 5);
            return vec![];
        }
        let step = |by: usize, panel: Panel| PANELS[(panel as usize + by) % PANELS.len()];
        match action {
            Action::NextPanel | Action::Right => self.panel = step(1, self.panel),
            Action::PreviousPanel | Action::Left => self.panel = step(PANELS.len() - 1, self.panel),
            Action::Open | Action::SeeMetrics => {
                let selected = self.selected(cx.store);
                if let Some(function) = selected.function {
                    return vec![Step::Go(Jump::Function(function))];
                }
                if let Some((api, stage)) = selected.stage {
                    return vec![Step::Go(Jump::Stage(api, stage))];
                }
            }
            _ => {}
        }
        vec![]
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        let row = self.cursors[self.panel as usize].row;
        match self.panel {
            Panel::Findings => {
                let Some(finding) = self.findings.get(row) else { return Selected::default() };
                let condition = match finding.check {
                    "errors" => Some("fault = true"),
                    "throttles" => Some("throttle = true"),
                    _ => None,
                };
                match &finding.about {
                    About::Function(name) => Selected { condition, ..Selected::function(name) },
                    About::Stage(api, stage) => Selected::stage(api, stage),
                    About::Account => Selected::default(),
                }
            }
            Panel::Alarms => {
                let Some(alarm) = store.alarms.get().and_then(|alarms| alarms.get(row)) else {
                    return Selected::default();
                };
                let mut selected = alarm.function.as_deref().map(Selected::function).unwrap_or_default();
                selected.title.clone_from(&alarm.name);
                selected.alarm = Some(alarm.name.clone());
                selected.at = alarm.since;
                selected.copy = Some(("alarm name".into(), alarm.name.clone()));
                selected
            }
            Panel::Functions => self.functions.get(row).map(|(name, _)| Selected::function(name)).unwrap_or_default(),
            Panel::Stages => {
                self.stages.get(row).map(|(api, _, stage, _)| Selected::stage(api, stage)).unwrap_or_default()
            }
        }
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        wanted.inventory = true;
        wanted.account_settings = true;
        wanted.alarms = true;
        wanted.apis = true;
        wanted.series.extend(fleet());
        let functions = cx.store.functions.all();
        if functions.len() <= MEASURED_ALL {
            let all = functions.iter().map(|function| Subject::Function(function.name.clone()));
            wanted.series.extend(all.flat_map(|subject| function_row(&subject)));
        } else {
            // Too many to measure: those that an alarm names, as many as one call carries.
            let alarmed = cx.store.alarms.get().into_iter().flatten().filter_map(|alarm| alarm.function.as_ref());
            for name in alarmed.take(40) {
                wanted.series.extend(function_row(&Subject::Function(name.clone())));
            }
        }
        for api in cx.store.apis.get().into_iter().flatten().take(APIS) {
            wanted.stages.insert(api.id.clone());
        }
        for (.., subject) in stage_subjects(cx.store) {
            wanted.series.extend(stage_row(&subject));
        }
    }
}

/// The account-level series: one call a minute, whatever the size of the account.
pub fn fleet() -> Vec<SeriesKey> {
    let mut series = function_row(&Subject::Fleet).to_vec();
    for metric in [Metric::ClaimedAccountConcurrency, Metric::UnreservedConcurrentExecutions] {
        series.push(SeriesKey::new(Subject::Fleet, metric, Statistic::Maximum));
    }
    series
}

/// Stages of the first APIs: API id, API name, stage, subject of their metrics.
pub fn stage_subjects(store: &Store) -> impl Iterator<Item = (String, String, String, Subject)> {
    store.apis.get().into_iter().flatten().take(APIS).flat_map(|api| {
        let stages = store.stages.get(&api.id).and_then(|feed| feed.get()).into_iter().flatten();
        stages.map(|stage| (api.id.clone(), api.name.clone(), stage.name.clone(), stage_subject(api, &stage.name)))
    })
}

pub use crate::store::gateway::stage_subject;
