//! Logs: a tail of one or more groups in the order of time, read line by line, invocation by invocation, error by error.

mod anchor;
mod arrivals;
pub mod brush;
pub mod errors;
mod export;
pub mod histogram;
pub mod insights;
pub mod invocations;
pub mod jq;
mod jump;
pub mod lines;
mod look;
pub mod matching;
pub mod needle;
pub mod places;
mod pointers;
mod rows;
pub mod sources;
pub mod times;
pub mod wants;

use std::collections::BTreeMap;

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::Cursor;
use crate::app::interests::{Interests, Tail, TailGroup};
use crate::app::selected::Selected;
use crate::app::step::{LogTarget, Step};
use crate::model::log::{GROUPS_PER_LIVE_SESSION, Gap, LIVE_MINUTE, Level};
use crate::model::trouble::{Kind, Trouble};
use crate::store::Store;
use crate::text;
use crate::time::Moment;
use anchor::Anchor;
use brush::Brush;
use export::Pending;
use histogram::Histogram;
use insights::Insights;
use jq::Lens;
use lines::Context as Whereabouts;
pub use look::Look;
use matching::Shown;
use needle::Term;
use times::Times;
use wants::{Only, TraceLines};

/// What of the logs is on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Line by line.
    #[default]
    Lines,
    /// Invocation by invocation.
    Invocations,
    /// Error by error.
    Errors,
    /// Logs Insights.
    Insights,
}

impl Panel {
    /// All of them, in the order in which Tab goes through them.
    pub const ALL: [Panel; 4] = [Panel::Lines, Panel::Invocations, Panel::Errors, Panel::Insights];

    /// Its name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Panel::Lines => "Lines",
            Panel::Invocations => "Invocations",
            Panel::Errors => "Errors",
            Panel::Insights => "Insights",
        }
    }

    /// It shows what the indexes over the lines know.
    pub fn needs_indexes(self) -> bool {
        !matches!(self, Panel::Lines | Panel::Insights)
    }

    fn step(self, by: isize) -> Panel {
        let at = Panel::ALL.iter().position(|panel| *panel == self).unwrap_or_default();
        Panel::ALL[(at.cast_signed() + by).rem_euclid(Panel::ALL.len().cast_signed()).cast_unsigned()]
    }
}

/// How the live tail stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Live {
    /// The user wants it.
    pub wanted: bool,
    /// A session is open since then.
    pub since: Option<Moment>,
    /// Updates that were samples.
    pub sampled: u64,
}

/// The tab's state.
#[derive(Debug, Default)]
pub struct Logs {
    /// What is on screen.
    pub panel: Panel,
    /// Filter pattern that AWS applies.
    pattern: String,
    /// What is tailed.
    pub groups: Vec<TailGroup>,
    generation: u64,
    since_s: u64,
    /// Local filters, all of which a line has to pass; the last is the one being typed.
    pub filters: Vec<Term>,
    /// What is wrong with the filter being typed; the last good one stays in force.
    pub complaint: Option<String>,
    /// Only lines of at least this level.
    pub least: Option<Level>,
    /// Only lines of this stretch, ms since 1970, both included.
    pub range: Option<(i64, i64)>,
    /// Only lines of one invocation or of one error, and what that is called.
    pub only: Option<(Only, String)>,
    /// The list from which those were chosen.
    list: Option<Panel>,
    /// Lines that only go on with the one before are folded into it.
    pub folded: bool,
    /// Which lines are shown.
    pub shown: Shown,
    /// A jq expression over the JSON lines.
    pub lens: Option<Lens>,
    lenses: u64,
    /// Cursor in the rows shown.
    pub cursor: Cursor,
    /// The line that the cursor is to be on once the search has come to it.
    sought: Option<Anchor>,
    /// The cursor stays where it is when lines come.
    pub paused: bool,
    /// Lines that have come since the cursor left the end.
    pub unseen: usize,
    /// Wraps long lines.
    pub wrap: bool,
    /// First column shown of long lines.
    pub column: usize,
    /// Fields of JSON lines that have a column of their own: paths as `.detail.sku`.
    pub columns: Vec<String>,
    /// How times are told.
    pub times: Times,
    /// The filters that were in force before a line was looked at among its neighbours.
    context: Option<Whereabouts>,
    /// How the log looked when a jump had led here.
    arrival: Option<Look>,
    /// Lines by level in time.
    pub histogram: Histogram,
    /// A stretch is being chosen in the histogram.
    pub brush: Option<Brush>,
    /// Everything up to here has been read.
    pub read_to: Option<Moment>,
    /// What there was when the tail began has been read.
    pub caught_up: bool,
    /// Older lines are being asked for: those before this.
    older_than: Option<i64>,
    /// Scrolling back has read everything from here on, ms since 1970.
    read_from: Option<i64>,
    /// A stretch that is being read whole.
    pub fetching: Option<Gap>,
    /// The live tail.
    pub live: Live,
    /// Groups that can't be read, and why.
    pub troubles: BTreeMap<String, Trouble>,
    /// A moment to go to once it is loaded, ms since 1970.
    target: Option<i64>,
    /// What is to be written once it is complete.
    exporting: Option<Pending>,
    /// Events that came later than others do.
    pub late: u64,
    /// The list of invocations.
    pub invocations: invocations::Invocations,
    /// The list of errors.
    pub errors: errors::Errors,
    /// Logs Insights.
    pub insights: Insights,
    entered: bool,
    /// Chosen by the program, not by the user.
    pub by_itself: bool,
}

impl Logs {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        match self.panel {
            Panel::Lines if self.brush.is_some() => Place::Histogram,
            Panel::Lines => Place::Logs,
            Panel::Invocations => Place::Invocations,
            Panel::Errors => Place::Errors,
            Panel::Insights => Place::Insights,
        }
    }

    /// Begins another tail: late batches of the one before are told by its generation.
    fn begin(&mut self, groups: Vec<TailGroup>, cx: &Context) {
        let same = groups == self.groups;
        *self = Logs {
            panel: self.panel,
            pattern: if same { std::mem::take(&mut self.pattern) } else { String::new() },
            filters: if same { std::mem::take(&mut self.filters) } else { Vec::new() },
            groups,
            generation: self.generation + 1,
            since_s: cx.config.logs.lookback.as_secs(),
            folded: true,
            wrap: self.wrap,
            columns: std::mem::take(&mut self.columns),
            times: self.times,
            histogram: Histogram::new(self.histogram.shown),
            live: Live { wanted: same && self.live.wanted, ..Live::default() },
            lens: if same { self.lens.take().map(|lens| Lens::new(&lens.expression, self.lenses + 1)) } else { None },
            lenses: self.lenses + 1,
            errors: errors::Errors::since(cx.now),
            insights: std::mem::take(&mut self.insights),
            entered: self.entered,
            exporting: self.exporting.take().map(Pending::of_other_rows),
            ..Logs::default()
        };
    }

    /// The generation of the tail, as its batches carry it.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Something new is known.
    pub fn learn(&mut self, learnt: Learnt, cx: &Context) {
        match learnt {
            Learnt::Functions | Learnt::Metrics if self.entered && self.groups.is_empty() => self.choose(cx),
            // Also where nothing was learnt but that the screen has another size.
            Learnt::Logs | Learnt::Other => {
                self.settle(cx);
                self.count_on(cx);
                self.follow_lists(cx);
            }
            _ => {}
        }
    }

    /// The tab is shown, with `function` the one selected elsewhere.
    pub fn enter(&mut self, function: Option<String>, cx: &Context) {
        self.entered = true;
        if self.groups.is_empty() {
            match function {
                Some(function) => {
                    let groups = sources::groups_of(&[function], &[], cx.store);
                    self.begin(groups, cx);
                }
                None => self.choose(cx),
            }
        }
    }

    /// With nothing chosen, the log of the worst function is worth more than an empty screen.
    fn choose(&mut self, cx: &Context) {
        if let Some(function) = sources::worst_function(cx.store) {
            let groups = sources::groups_of(&[function], &[], cx.store);
            self.begin(groups, cx);
            self.by_itself = true;
        }
    }

    /// The store has been emptied for this tail.
    pub fn cleared(&mut self, cx: &Context) {
        self.shown = Shown::default();
        self.shown.set(self.wants(cx.store), &cx.store.logs);
        if let Some(lens) = self.lens.take() {
            self.lenses += 1;
            self.lens = Some(Lens::new(&lens.expression, self.lenses));
        }
        self.recount(cx);
        (self.cursor, self.sought) = (Cursor::default(), None);
        self.unseen = 0;
    }

    /// Another panel is on screen.
    fn turn_to(&mut self, panel: Panel, cx: &Context) {
        self.panel = panel;
        self.follow_lists(cx);
    }

    /// The list on screen follows what is known.
    fn follow_lists(&mut self, cx: &Context) {
        match self.panel {
            Panel::Invocations => self.invocations.follow(cx),
            Panel::Errors => self.errors.follow(cx),
            _ => {}
        }
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        match action {
            Action::NextPanel => self.turn_to(self.panel.step(1), cx),
            Action::PreviousPanel => self.turn_to(self.panel.step(-1), cx),
            Action::LiveTail => return self.toggle_live(),
            Action::Insights if self.panel != Panel::Insights => return self.open_insights(cx),
            _ => {
                return match self.panel {
                    Panel::Lines if self.brush.is_some() => self.act_on_brush(action, cx),
                    Panel::Lines => self.act_on_lines(action, cx),
                    Panel::Invocations => self.act_on_invocations(action, cx),
                    Panel::Errors => self.act_on_errors(action, cx),
                    Panel::Insights => self.act_on_insights(action, cx),
                };
            }
        }
        vec![]
    }

    fn toggle_live(&mut self) -> Vec<Step> {
        self.live = Live { wanted: !self.live.wanted, ..Live::default() };
        let text = if self.live.wanted {
            let price = text::dollars(LIVE_MINUTE * self.live_sessions() as f64);
            format!("Live Tail: {price} a minute after 1,800 free minutes a month, three hours at a time; L ends it")
        } else {
            "Back to FilterLogEvents, which costs nothing".into()
        };
        vec![Step::Say(text)]
    }

    /// Live Tail sessions that the groups take; each is priced.
    pub fn live_sessions(&self) -> usize {
        self.groups.len().div_ceil(GROUPS_PER_LIVE_SESSION)
    }

    /// Shows what another view points at. The lines of another tail are dropped by whoever holds the store.
    pub fn show(&mut self, target: &LogTarget, cx: &Context) {
        let groups = sources::groups_of(&target.functions, &target.groups, cx.store);
        let reach = target.at.map(|at| ((cx.now.timestamp_millis() - at) / 1000).max(0).unsigned_abs() + 120);
        let near_enough = reach.is_none_or(|reach| reach <= self.since_s);
        if groups != self.groups || !near_enough || !self.pattern.is_empty() {
            self.pattern.clear();
            self.begin(groups, cx);
        }
        if let Some(reach) = reach {
            self.since_s = self.since_s.max(reach);
        }
        self.by_itself = false;
        self.entered = true;
        self.panel = if target.invocations { Panel::Invocations } else { Panel::Lines };
        self.invocations.narrow(target, cx);
        self.filters.clear();
        self.complaint = None;
        if let Some(filter) = &target.filter {
            self.filters.extend(Term::read(filter));
        }
        self.least = None;
        self.range = target.stretch();
        self.brush = None;
        self.lens = None;
        self.only = TraceLines::of(target)
            .map(|lines| (Only::Trace(lines), format!("trace {}", target.trace.as_deref().unwrap_or_default())));
        self.context = None;
        self.target = target.at;
        self.paused = target.at.is_some();
        self.arrange(cx);
        self.arrival = Some(self.look(cx.store));
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        match self.panel {
            Panel::Lines => {}
            Panel::Invocations => return self.invocations.selected(store),
            Panel::Errors => return self.errors.selected(store),
            Panel::Insights => return self.insights.selected(store),
        }
        let place = self.place_at(self.cursor.row, &store.logs);
        let line = place.filter(|place| store.logs.gap_at(*place).is_none()).and_then(|place| store.logs.line(place));
        if let Some(line) = line {
            return pointers::of(&line, store);
        }
        let mut selected = Selected::default();
        if let Some(group) = self.groups.first() {
            let writer = || store.functions.of_log_group(&group.name).map(|function| function.name.clone());
            selected.function = group.function.clone().or_else(writer);
            selected.log_group = Some(group.name.clone());
            selected.title.clone_from(&group.name);
        }
        selected
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        wanted.inventory = true;
        // What the service refuses may be for the class of a group: the form of a query should know it before it opens.
        wanted.log_groups |= self.panel == Panel::Insights || self.troubles.values().any(|t| t.kind == Kind::Invalid);
        if self.groups.is_empty() {
            return;
        }
        wanted.tail = Some(Tail {
            generation: self.generation,
            groups: self.groups.clone(),
            pattern: self.pattern.clone(),
            since_s: self.since_s,
            follow: !self.holds_back(cx.store),
            older_than: self.older_than,
            fetch: self.fetching.clone(),
            live: self.live.wanted,
        });
    }

    /// The tail goes on also while the cursor rests: what comes is counted. But at the cap it would push out the very lines
    /// that are being read; then it waits in the log group until it is followed again.
    pub fn holds_back(&self, store: &Store) -> bool {
        self.paused && store.logs.is_full() && self.cursor.row < self.rows(&store.logs) / 2
    }

    /// Esc has something to leave here.
    pub fn can_leave(&self) -> bool {
        self.brush.is_some()
            || self.context.is_some()
            || !self.filters.is_empty()
            || self.least.is_some()
            || self.range.is_some()
            || self.lens.is_some()
            || self.only.is_some()
            || self.panel != Panel::Lines
    }

    /// The filter pattern that AWS applies.
    pub fn expression(&self) -> &str {
        &self.pattern
    }

    /// Older lines are on their way.
    pub fn is_loading_older(&self) -> bool {
        self.older_than.is_some()
    }

    /// Another filter pattern for AWS to apply; says what is wrong with it.
    pub fn set_expression(&mut self, text: &str, cx: &Context) -> Result<(), String> {
        // The limit of the API; what else is wrong with a pattern, the service says.
        if text.len() > 1024 {
            return Err(format!("{} characters, AWS takes 1024", text.len()));
        }
        let groups = self.groups.clone();
        self.begin(groups, cx);
        self.pattern = text.trim().to_string();
        self.arrange(cx);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
