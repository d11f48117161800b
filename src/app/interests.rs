//! What is worth polling: computed from the state, never kept.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::App;
use super::overlay::Overlay;
use super::tabs::Tab;
use crate::model::insights::Query;
use crate::model::log::Gap;
use crate::model::series::SeriesKey;
use crate::time::{Moment, TimeWindow};

/// What the pollers should keep fresh. Nothing that is not on screen is in here.
#[derive(Clone, Debug, PartialEq)]
pub struct Interests {
    /// The window of metrics and traces.
    pub window: TimeWindow,
    /// The function inventory (ListFunctions). Always wanted once, and renewed at its own slow pace.
    pub inventory: bool,
    /// Series to keep fresh.
    pub series: BTreeSet<SeriesKey>,
    /// The function whose detail is open.
    pub detail: Option<String>,
    /// Poll that detail fast, because provisioned concurrency is being allocated.
    pub watch_provisioning: bool,
    /// The function whose recent invocations are on screen, with the group that its REPORT lines are in.
    pub invocations: Option<(String, TailGroup)>,
    /// Functions on screen whose reserved concurrency is not known yet.
    pub reserved: BTreeSet<String>,
    /// Account limits of Lambda.
    pub account_settings: bool,
    /// Alarms.
    pub alarms: bool,
    /// Names of log groups, for the palette.
    pub log_groups: bool,
    /// The tail.
    pub tail: Option<Tail>,
    /// The Logs Insights query that runs.
    pub insights: Option<InsightsQuery>,
    /// The trace list.
    pub traces: Option<TraceQuery>,
    /// The trace that is open.
    pub trace: Option<String>,
    /// Traces of just before and just after a moment, for statistics: filter expression and moment.
    pub traces_around: Option<(String, Moment)>,
    /// Traces that are wanted whole, for statistics; each is read once.
    pub whole_traces: BTreeSet<String>,
    /// The service graph of the window.
    pub service_graph: bool,
    /// That of the window before, to compare with.
    pub service_graph_before: bool,
    /// Sampling rules, groups, and where segments go.
    pub tracing: bool,
    /// The API inventory.
    pub apis: bool,
    /// APIs whose stages are on screen.
    pub stages: BTreeSet<String>,
    /// APIs whose methods or routes are on screen.
    pub routes: BTreeSet<String>,
    /// APIs whose deployments, authorizers and domains are on screen.
    pub api_details: BTreeSet<String>,
    /// Usage plans, with their keys and what is used of their quotas.
    pub usage_plans: bool,
    /// A change of this API's stage is under way (a cache is being made): its stages are looked at every few seconds.
    pub watch_stages: Option<String>,
    /// The stage whose refused requests (429) are counted from its access log: API id and stage name.
    pub refused: Option<RefusedQuery>,
    /// Tags of functions and APIs (Resource Groups Tagging API).
    pub tags: bool,
    /// The functions of the region are ranked by Metrics Insights, which is priced by what it looks at: asked once per
    /// generation.
    pub ranking: Option<Ranking>,
    /// Something of the open function is being changed (an event source mapping, an update): its detail is looked at
    /// every few seconds.
    pub watch_detail: bool,
    /// How eagerly.
    pub tempo: Tempo,
    /// Raised by `r`: everything of interest is asked for again at once.
    pub refresh: u64,
}

/// How eagerly to poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tempo {
    /// As configured.
    #[default]
    Normal,
    /// Nobody has touched a key for long, or the terminal is out of focus: four times slower.
    Idle,
    /// Paused by the user: not at all.
    Paused,
}

/// What to tail.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Tail {
    /// Generation: raised whenever groups or filter change, so that late batches are recognised.
    pub generation: u64,
    /// Names of the groups with the stream prefix that picks one function out of a shared group.
    pub groups: Vec<TailGroup>,
    /// Filter pattern sent to the server.
    pub pattern: String,
    /// How far back to begin, s.
    pub since_s: u64,
    /// Following (true) or paused: then only older pages are fetched.
    pub follow: bool,
    /// Everything older than this (ms since 1970) is not loaded; fetch the page before it. Set by scrolling to the top.
    pub older_than: Option<i64>,
    /// A stretch to read whole: a gap to fill, or a moment that the user went to.
    pub fetch: Option<Gap>,
    /// Through Live Tail (priced by the minute) instead of FilterLogEvents.
    pub live: bool,
}

/// One group of a tail.
#[derive(Clone, Debug, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct TailGroup {
    /// logGroupName.
    pub name: String,
    /// The function whose lines are wanted, where the group is shared by several (its streams are then named
    /// `YYYY/MM/DD/<function>[version]...`).
    pub function: Option<String>,
}

/// A Logs Insights query; stopped when it is of no interest any more.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InsightsQuery {
    /// Generation: one is begun once.
    pub generation: u64,
    /// What is asked.
    pub query: Query,
}

/// What to ask of GetTraceSummaries.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TraceQuery {
    /// Filter expression; empty for all.
    pub filter: String,
    /// Raised whenever what was listed is dropped: it must be read again, whatever had been read before.
    pub generation: u64,
}

/// Whose refused requests are to be counted.
#[derive(Clone, Debug, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct RefusedQuery {
    /// API id.
    pub api: String,
    /// Stage.
    pub stage: String,
    /// The access log's group.
    pub group: String,
    /// Its format: tells where the status stands in a line.
    pub format: String,
}

/// A ranking of all functions by one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// Raised whenever it is asked for (again).
    pub generation: u64,
    /// The metric; its usual statistic is taken (Sum, Maximum, Average).
    pub metric: crate::model::series::Metric,
    /// Metrics that it looks at, as far as is known: one for each function, and what it costs.
    pub looks_at: u64,
}

impl Default for Interests {
    fn default() -> Self {
        Interests {
            window: TimeWindow::last(std::time::Duration::from_secs(3600)),
            inventory: false,
            series: BTreeSet::new(),
            detail: None,
            watch_provisioning: false,
            invocations: None,
            reserved: BTreeSet::new(),
            account_settings: false,
            alarms: false,
            log_groups: false,
            tail: None,
            insights: None,
            traces: None,
            trace: None,
            traces_around: None,
            whole_traces: BTreeSet::new(),
            service_graph: false,
            service_graph_before: false,
            tracing: false,
            apis: false,
            stages: BTreeSet::new(),
            routes: BTreeSet::new(),
            api_details: BTreeSet::new(),
            usage_plans: false,
            watch_stages: None,
            refused: None,
            tags: false,
            ranking: None,
            watch_detail: false,
            tempo: Tempo::Normal,
            refresh: 0,
        }
    }
}

impl App {
    /// What is worth polling: only what is on screen.
    pub fn interests(&self) -> Interests {
        let mut wanted = Interests { window: self.window, refresh: self.refresh, ..Interests::default() };
        let cx = self.context();
        match self.tab {
            Tab::Overview => self.overview.interests(&cx, &mut wanted),
            Tab::Functions => self.functions.interests(&cx, &mut wanted),
            Tab::Logs => self.logs.interests(&cx, &mut wanted),
            Tab::Traces => self.traces.interests(&cx, &mut wanted),
            Tab::Apis => self.apis.interests(&cx, &mut wanted),
        }
        self.logs.insights.interests(&mut wanted);
        self.functions.ranking_interest(&self.store, &mut wanted);
        for overlay in &self.overlays {
            match overlay {
                Overlay::Palette(palette) => {
                    wanted.log_groups = true;
                    wanted.apis = true;
                    wanted.stages.extend(palette.sought.iter().cloned());
                }
                Overlay::Invoke(form) => {
                    wanted.detail = Some(form.function.clone());
                    let apis = self.apis_behind(&form.function);
                    wanted.apis |= !apis.is_empty();
                    wanted.stages.extend(apis.iter().cloned());
                    wanted.routes.extend(apis);
                }
                Overlay::Provision(form) => {
                    wanted.detail = Some(form.function.clone());
                    // Alarms tell whether Application Auto Scaling sets it.
                    wanted.alarms = true;
                }
                _ => {}
            }
        }
        self.action_interests(&mut wanted);
        self.watch_interests(&mut wanted);
        let idle =
            self.now - self.last_input > TimeDelta::from_std(self.config.poll.idle_after).unwrap_or(TimeDelta::MAX);
        wanted.tempo = match (self.paused, idle || !self.focused) {
            (true, _) => Tempo::Paused,
            (false, true) => Tempo::Idle,
            (false, false) => Tempo::Normal,
        };
        wanted
    }
}
