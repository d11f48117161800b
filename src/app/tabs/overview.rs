//! Overview: is anything wrong, what, since when, where to look.

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::{Cursor, Motion};
use crate::app::findings;
use crate::app::findings::snooze::{Nap, Snoozes};
use crate::app::interests::Interests;
use crate::app::overlay::{Choice, Chosen, Overlay};
use crate::app::selected::Selected;
use crate::app::step::{Jump, Step};
use crate::app::tabs::functions::{MEASURED_ALL, score};
use crate::model::finding::{About, Finding};
use crate::model::identity::Scope;
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
    /// Findings that are not to be seen for a while.
    pub snoozes: Snoozes,
    /// How many of what is found now they hide.
    pub asleep: usize,
    /// The finding that the choice on top is about: the list may change below it.
    drowsy: Option<Finding>,
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
        self.find(cx);
        let store = cx.store;
        // Of ten thousand functions most are never measured.
        let measured = store.metrics.functions().filter_map(|name| store.functions.get(name));
        let mut functions: Vec<(f64, String, Figures)> = measured
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

    fn find(&mut self, cx: &Context) {
        let found = findings::all(cx.store, &cx.config.thresholds, cx.now);
        let known = cx.store.metrics.settled().is_some();
        (self.findings, self.asleep) = self.snoozes.hide(found, &scope(cx.store), known, cx.now);
        self.cursors[Panel::Findings as usize].fit(self.findings.len(), 1);
    }

    /// Puts to sleep what the choice was about.
    pub fn snooze(&mut self, nap: Nap, cx: &Context) {
        if let Some(finding) = self.drowsy.take() {
            self.snoozes.put(&scope(cx.store), &finding, nap, cx.now);
            self.find(cx);
        }
    }

    /// Wakes one of those that sleep, or all.
    pub fn wake(&mut self, at: Option<usize>, cx: &Context) {
        self.snoozes.wake(&scope(cx.store), at);
        self.find(cx);
    }

    fn ask_snooze(&mut self) -> Step {
        let row = self.cursors[Panel::Findings as usize].row;
        let Some(finding) = self.findings.get(row).filter(|_| self.panel == Panel::Findings) else {
            return Step::Say("Select a finding first".into());
        };
        self.drowsy = Some(finding.clone());
        let items = Nap::ALL.map(|nap| (nap.words().0.to_string(), Ok(Chosen::Snooze(nap))));
        Step::Show(Box::new(Overlay::Choice(Choice::new("Snooze the finding", items.into()))))
    }

    fn show_snoozed(&self, cx: &Context) -> Step {
        let scope = scope(cx.store);
        let mut items: Vec<(String, Result<Chosen, String>)> = self
            .snoozes
            .of(&scope)
            .enumerate()
            .map(|(at, snooze)| (snooze.name(), Ok(Chosen::Wake(Some(at), snooze.comes_back(cx.now)))))
            .collect();
        if items.is_empty() {
            return Step::Say("No finding is snoozed".into());
        }
        if items.len() > 1 {
            items.push(("all of them".into(), Ok(Chosen::Wake(None, "wake all".into()))));
        }
        Step::Show(Box::new(Overlay::Choice(Choice::new("Snoozed findings: Enter wakes", items))))
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
            Action::Snooze => return vec![self.ask_snooze()],
            Action::Snoozed => return vec![self.show_snoozed(cx)],
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
        // Which limit refuses them can't be told without their reserve.
        let refused = self.functions.iter().filter(|(_, figures)| figures.throttles >= 1.0);
        for (name, _) in refused {
            if cx.store.functions.get(name).is_some_and(|function| function.reserved.is_none()) {
                wanted.reserved.insert(name.clone());
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

/// Whose findings they are; empty while nobody has told.
fn scope(store: &Store) -> Scope {
    store.identity.get().map(|identity| identity.scope.clone()).unwrap_or_default()
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
