//! What happened: the only thing that ever reaches the state.

use crossterm::event::{KeyEvent, MouseEvent};

use super::effect::Outcome;
use crate::model::alarm::Alarm;
use crate::model::api::{Api, ApiAccount, ApiDetail, Refused, Route, Stage, UsagePlan};
use crate::model::function::{AccountSettings, Function, FunctionDetail};
use crate::model::identity::Identity;
use crate::model::insights::{Progress, Span};
use crate::model::invocation::Invocation;
use crate::model::log::{Gap, LogEvent, LogGroup};
use crate::model::series::{Series, SeriesKey};
use crate::model::service_graph::ServiceGraph;
use crate::model::tags::Tagged;
use crate::model::trace::{Trace, TraceSummary};
use crate::model::tracing::Tracing;
use crate::model::trouble::Trouble;
use crate::time::Moment;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A key was pressed (or repeats; releases are dropped at the terminal).
    Key(KeyEvent),
    /// Text was pasted as one piece.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has a new size: columns, rows.
    Resize(u16, u16),
    /// The terminal gained (true) or lost the focus.
    Focus(bool),
    /// A second has passed: the present, and what polling has cost so far.
    Second(Moment, Traffic),
    /// Nothing else is happening: a slice of what takes long may be done, some milliseconds of it.
    Slice,
    /// A poller or a fetch has something to tell.
    News(News),
    /// An effect has been carried out, or has failed.
    Performed(Outcome),
    /// Something to tell the user from outside the account: a broken config file, a theme that can't be read.
    Notice(String),
}

/// What pollers learn. Each says what it is about, so that an answer can't land in the wrong place.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// GetCallerIdentity.
    Identity(Result<Identity, Trouble>),
    /// GetAccountSettings.
    AccountSettings(Result<AccountSettings, Trouble>),
    /// A page of ListFunctions; the first page of a round replaces nothing until the round is complete.
    FunctionsPage {
        /// What this page holds.
        functions: Vec<Function>,
        /// Number of the page within its round, from 0.
        page: usize,
        /// This was the last page.
        last: bool,
    },
    /// ListFunctions failed.
    FunctionsFailed(Trouble),
    /// What the per-function calls said.
    FunctionDetail(String, Result<FunctionDetail, Trouble>),
    /// Recent invocations of a function, read from the REPORT lines of its log, newest first.
    Invocations(String, Result<Vec<Invocation>, Trouble>),
    /// ReservedConcurrentExecutions of single functions, asked for as they came into view.
    Reserved(Vec<(String, Option<u32>)>),
    /// GetMetricData: each series asked for, with its points (none where there was no data).
    Series {
        /// Points by key.
        series: Vec<(SeriesKey, Series)>,
        /// Newest bucket that is complete; later ones are provisional.
        settled: Moment,
    },
    /// GetMetricData failed for these series.
    SeriesFailed(Vec<SeriesKey>, Trouble),
    /// DescribeAlarms.
    Alarms(Result<Vec<Alarm>, Trouble>),
    /// DescribeLogGroups.
    LogGroups(Result<Vec<LogGroup>, Trouble>),
    /// Events of the groups that are tailed, in the order of arrival.
    LogEvents {
        /// The tail's generation, so that a late batch of an abandoned tail is recognised.
        tail: u64,
        /// New events only (already de-duplicated by id).
        events: Vec<LogEvent>,
        /// How far the tail has read: everything up to here has been seen.
        read_to: Moment,
        /// Every group that can be read has been read to its end at least once: what there was is here.
        caught_up: bool,
    },
    /// Older events, asked for by scrolling back.
    OlderLogEvents {
        /// The tail's generation.
        tail: u64,
        /// Events, oldest first.
        events: Vec<LogEvent>,
        /// Everything from here on has been seen.
        read_from: Moment,
    },
    /// Events of these groups and this stretch are missing, and nobody is about to read them.
    LogGap {
        /// The tail's generation.
        tail: u64,
        /// Where.
        gap: Gap,
    },
    /// A stretch that was asked for has been read: new events only, oldest first.
    LogsFetched {
        /// The tail's generation.
        tail: u64,
        /// What was asked for.
        asked: Gap,
        /// Events that were not known yet.
        events: Vec<LogEvent>,
        /// What is missing of it still.
        rest: Option<Gap>,
    },
    /// How the live tail stands: it is open since then, or is not (any more).
    Live {
        /// The tail's generation.
        tail: u64,
        /// Since when it is open; none while there is no session.
        since: Option<Moment>,
        /// Updates so far that were samples of what there was.
        sampled: u64,
    },
    /// A group can't be tailed (or can again: `None`).
    TailTrouble {
        /// The tail's generation.
        tail: u64,
        /// Name of the group.
        group: String,
        /// Why, or `None` when it goes on.
        trouble: Option<Trouble>,
    },
    /// How a Logs Insights query stands, with the rows so far.
    Insights {
        /// The query's generation.
        generation: u64,
        /// How it stands.
        progress: Progress,
    },
    /// A Logs Insights query did not begin, or was lost.
    InsightsFailed {
        /// The query's generation.
        generation: u64,
        /// Why.
        trouble: Trouble,
        /// What part of the query is at fault.
        place: Option<Span>,
    },
    /// GetTraceSummaries: the newest summaries of the window, newest first, and whether more pages existed than were read.
    Traces {
        /// Filter expression that was sent.
        filter: String,
        /// Summaries by id, new or changed.
        summaries: Vec<TraceSummary>,
        /// Everything of the window up to here has been read.
        read_to: Moment,
        /// The window held more traces than the cap.
        capped: bool,
        /// Traces that X-Ray looked at for this, beyond what was told before.
        scanned: u64,
    },
    /// GetTraceSummaries of just before and just after a moment.
    TracesAround(Moment, Result<Vec<TraceSummary>, Trouble>),
    /// GetTraceSummaries failed.
    TracesFailed(Trouble),
    /// One whole trace.
    Trace(String, Result<Trace, Trouble>),
    /// GetServiceGraph of the window.
    ServiceGraph(Result<ServiceGraph, Trouble>),
    /// GetServiceGraph of the window before.
    ServiceGraphBefore(Result<ServiceGraph, Trouble>),
    /// Sampling rules, groups, and where segments go.
    Tracing(Tracing),
    /// GetRestApis and GetApis together. REST and v2 may fail apart: then the other's are shown with the trouble.
    Apis {
        /// What could be had.
        apis: Vec<Api>,
        /// What could not.
        trouble: Option<Trouble>,
    },
    /// GetStages of one API.
    Stages(String, Result<Vec<Stage>, Trouble>),
    /// Methods or routes of one API.
    Routes(String, Result<Vec<Route>, Trouble>),
    /// GetAccount of API Gateway.
    ApiAccount(Result<ApiAccount, Trouble>),
    /// Deployments, authorizers and domains of one API.
    ApiDetail(String, Result<ApiDetail, Trouble>),
    /// GetUsagePlans with their keys and usage.
    UsagePlans(Result<Vec<UsagePlan>, Trouble>),
    /// Requests that a stage refused, counted from its access log: API id, stage, count.
    Refused(String, String, Result<Refused, Trouble>),
    /// Tags by ARN, a whole round of the tagging API.
    Tags(Result<Vec<Tagged>, Trouble>),
    /// Functions ranked by Metrics Insights: function and value, the largest first.
    Ranking {
        /// What was asked.
        generation: u64,
        /// What came: FunctionName and value.
        answer: Result<Vec<(String, f64)>, Trouble>,
    },
    /// A service throttles us; pollers of it have slowed down. `until` is when it is asked next.
    Throttled {
        /// As `logs`.
        service: &'static str,
        /// Next try.
        until: Moment,
    },
}

/// What polling costs, counted where requests leave the program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Calls made in the last sixty seconds.
    pub calls_per_minute: u32,
    /// Calls made since the start.
    pub calls: u64,
    /// Metrics asked of GetMetricData since the start (up to five statistics of one metric count once).
    pub metrics: u64,
    /// Estimated price of polling, US$ per hour, from the last minutes.
    pub dollars_per_hour: f64,
    /// Throttled answers since the start.
    pub throttles: u64,
    /// Calls without an answer yet.
    pub in_flight: u32,
}
