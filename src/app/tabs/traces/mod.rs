//! Traces: the list of the window, the service map, statistics, sampling; and the waterfall of one trace.

pub mod detail;
pub mod list;
mod look;
pub mod map;
mod missing;
pub mod open;
mod pointers;
mod quick;
pub mod sampling;
pub mod statistics;
mod words;

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::Cursor;
use crate::app::interests::{Interests, TraceQuery};
use crate::app::step::{Step, TraceTarget};
use crate::model::expression::{self, Known};
use crate::store::Store;
use crate::time::Moment;
use list::List;
pub use look::Look;
use map::Map;
pub use missing::{why_no_log, why_no_trace};
use open::Open;
pub use pointers::NOT_READ;
use sampling::Sampling;
use statistics::Statistics;

/// What of the traces is on screen, while none is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Trace by trace.
    #[default]
    List,
    /// Who calls whom.
    Map,
    /// Groups and sampling rules.
    Sampling,
    /// What traces have in common.
    Statistics,
}

impl Panel {
    /// All of them, in the order in which Tab goes through them: last the one that costs something to look at.
    pub const ALL: [Panel; 4] = [Panel::List, Panel::Map, Panel::Sampling, Panel::Statistics];

    /// Its name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Panel::List => "List",
            Panel::Map => "Map",
            Panel::Statistics => "Statistics",
            Panel::Sampling => "Sampling",
        }
    }

    fn step(self, by: isize) -> Panel {
        let at = Panel::ALL.iter().position(|panel| *panel == self).unwrap_or_default();
        Panel::ALL[(at.cast_signed() + by).rem_euclid(Panel::ALL.len().cast_signed()).cast_unsigned()]
    }
}

/// The tab's state.
#[derive(Debug, Default)]
pub struct Traces {
    /// What is on screen.
    pub panel: Panel,
    /// Trace by trace.
    pub list: List,
    /// The trace that is open, over whatever panel.
    pub open: Option<Open>,
    /// Who calls whom.
    pub map: Map,
    /// What traces have in common.
    pub statistics: Statistics,
    /// Groups and sampling rules.
    pub sampling: Sampling,
    /// The list in store is of another expression or window.
    pub outdated: bool,
    /// Raised whenever what was listed is dropped.
    pub generation: u64,
    /// The expression under which a jump had led to the list.
    arrival: Option<String>,
    /// ... and the stretch of time of which it showed them.
    arrived_in: Option<(Moment, Moment)>,
}

impl Traces {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        match (&self.open, self.panel) {
            (Some(_), _) => Place::Trace,
            (None, Panel::List) if self.list.brush.is_some() => Place::Histogram,
            (None, Panel::List) => Place::Traces,
            (None, Panel::Map) => Place::ServiceMap,
            (None, Panel::Statistics) => Place::TraceStatistics,
            (None, Panel::Sampling) => Place::Sampling,
        }
    }

    /// Something new is known.
    pub fn learn(&mut self, learnt: Learnt, cx: &Context) {
        if !matches!(learnt, Learnt::Traces | Learnt::Other) {
            return;
        }
        self.list.arrange(cx);
        if let Some(open) = &mut self.open {
            open.settle(cx);
        }
        match self.panel {
            Panel::Map => self.map.arrange(cx),
            Panel::Statistics => self.statistics.enter(&self.list, cx),
            Panel::List | Panel::Sampling => {}
        }
    }

    /// Filters and sorts anew.
    pub fn arrange(&mut self, cx: &Context) {
        self.list.arrange(cx);
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if let Some(open) = &mut self.open {
            return match open.act(action, cx) {
                Some(steps) => steps,
                None => {
                    self.open = None;
                    vec![]
                }
            };
        }
        match action {
            Action::NextPanel => return self.go_to(self.panel.step(1), cx),
            Action::PreviousPanel => return self.go_to(self.panel.step(-1), cx),
            Action::QuickFilter => return vec![self.quick_filters(cx)],
            Action::LoadMore => return self.statistics.more(&self.list, cx),
            _ => {}
        }
        let inner = self.panel == Panel::List && self.list_can_leave();
        match (action, self.panel) {
            (Action::Back, Panel::List) if inner => self.list.act(action, cx),
            // The expression is of all panels, and the last thing to go.
            (Action::Back, Panel::List) => {
                if !self.list.expression.is_empty() {
                    self.change_expression(String::new());
                }
                vec![]
            }
            (Action::Back, _) => self.go_to(Panel::List, cx),
            (_, Panel::List) => self.list.act(action, cx),
            (_, Panel::Map) => self.map.act(action, cx),
            (Action::Sort, Panel::Statistics) => {
                self.statistics.next_route(&self.list, cx);
                vec![]
            }
            (_, Panel::Statistics) => self.statistics.act(action, cx),
            (_, Panel::Sampling) => self.sampling.act(action, cx),
        }
    }

    fn go_to(&mut self, panel: Panel, cx: &Context) -> Vec<Step> {
        self.panel = panel;
        match panel {
            Panel::Map => self.map.arrange(cx),
            Panel::Statistics => self.statistics.enter(&self.list, cx),
            Panel::List | Panel::Sampling => {}
        }
        vec![]
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        wanted.inventory = true;
        // Segments of API Gateway are named by APIs, and where traces are to be found decides how they are looked for.
        wanted.apis = true;
        wanted.tracing = true;
        if let Some(open) = &self.open {
            // What was never sampled is nowhere: that need not be asked.
            if open.target.sampled != Some(false) {
                wanted.trace = Some(open.id().to_string());
            }
            return;
        }
        match self.panel {
            Panel::Map => {
                wanted.service_graph = true;
                wanted.service_graph_before = self.map.compares;
            }
            Panel::List | Panel::Statistics => wanted.traces = Some(self.query()),
            Panel::Sampling => {}
        }
        if self.panel == Panel::Statistics {
            let missing = self.statistics.wanted.iter().filter(|id| cx.store.traces.whole(id).is_none());
            wanted.whole_traces = missing.cloned().collect();
            wanted.traces_around = self.statistics.around(cx).map(|at| (self.list.expression.clone(), at));
        }
    }

    fn query(&self) -> TraceQuery {
        TraceQuery { filter: self.list.expression.clone(), generation: self.generation }
    }

    /// Shows the traces that a filter expression takes.
    pub fn show(&mut self, expression: String, cx: &Context) {
        self.open = None;
        self.panel = Panel::List;
        self.list.filter.clear();
        self.list.range = None;
        self.list.stretch = None;
        self.list.brush = None;
        self.change_expression(expression);
        self.list.cursor = Cursor::default();
        self.arrange(cx);
    }

    /// The list that a jump leads to.
    pub fn arrive(&mut self, expression: String, cx: &Context) {
        self.arrival = Some(expression.clone());
        self.arrived_in = None;
        self.show(expression, cx);
    }

    /// The list that a jump leads to, only of a stretch of time.
    pub fn arrive_at(&mut self, expression: String, stretch: (Moment, Moment), cx: &Context) {
        self.arrive(expression, cx);
        self.list.stretch = Some(stretch);
        self.arrived_in = Some(stretch);
        self.arrange(cx);
    }

    /// Opens one trace.
    pub fn open(&mut self, target: TraceTarget, cx: &Context) {
        let same = self.open.as_ref().is_some_and(|open| open.target == target);
        if !same {
            self.open = Some(Open::new(target));
        }
        if let Some(open) = &mut self.open {
            open.settle(cx);
        }
    }

    /// Another time window: what is in it stays, what it has more of is read.
    pub fn window_changed(&mut self, cx: &Context) {
        self.statistics.clear();
        self.list.arrange(cx);
    }

    fn list_can_leave(&self) -> bool {
        let list = &self.list;
        list.brush.is_some() || list.range.is_some() || list.stretch.is_some() || !list.filter.is_empty()
    }

    /// Esc has something to leave here.
    pub fn can_leave(&self) -> bool {
        self.open.is_some() || self.panel != Panel::List || self.list_can_leave() || !self.list.expression.is_empty()
    }

    /// Esc leads back by the way that the open trace was jumped to, and not through what is in it.
    pub fn is_open(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !open.can_leave())
    }

    /// The filter expression that AWS applies.
    pub fn expression(&self) -> &str {
        &self.list.expression
    }

    fn change_expression(&mut self, text: String) {
        if text != self.list.expression {
            self.list.expression = text;
            self.list.cursor = Cursor::default();
            self.statistics.clear();
            self.outdated = true;
        }
    }

    /// Another filter expression; what is wrong in it is not sent.
    pub fn set_expression(&mut self, text: &str, cx: &Context) -> Result<(), String> {
        let text = text.trim().to_string();
        expression::check(&text)
            .map_err(|mistake| format!("at {}: {}", text[..mistake.at].chars().count() + 1, mistake.what))?;
        self.show(text, cx);
        Ok(())
    }

    /// One more condition for the traces listed.
    pub fn narrow(&mut self, condition: &str, cx: &Context) {
        let text = expression::and(&self.list.expression, condition);
        self.show(text, cx);
    }

    /// The filter expression for the annotation that is selected in the detail.
    pub fn annotation_filter(&self) -> Option<String> {
        let row = self.open.as_ref()?.detail.selected()?;
        Some(expression::annotation_is(&row.name, row.literal.as_ref()?))
    }

    /// Gives the selected annotation a column in the list, or takes it away: whether it has one now.
    pub fn toggle_column(&mut self) -> Option<(String, bool)> {
        let row = self.open.as_ref()?.detail.selected()?;
        let name = row.literal.is_some().then(|| row.name.clone())?;
        let has_one = self.toggle_annotation(&name);
        Some((name, has_one))
    }

    /// Gives an annotation a column in the list, or takes it away: whether it has one now.
    pub fn toggle_annotation(&mut self, name: &str) -> bool {
        match self.list.annotations.iter().position(|known| known == name) {
            Some(at) => {
                self.list.annotations.remove(at);
                false
            }
            None => {
                self.list.annotations.push(name.to_string());
                true
            }
        }
    }

    /// Another moment to compare the time before and after it.
    pub fn set_moment(&mut self, moment: Moment, cx: &Context) {
        self.statistics.set_moment(moment, &self.list, cx);
    }

    /// Closes the open trace.
    pub fn close(&mut self) {
        self.open = None;
    }
}

/// What is known of the account, for the completion of filter expressions.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    services: Vec<String>,
    urls: Vec<String>,
    methods: Vec<String>,
    users: Vec<String>,
    groups: Vec<String>,
    annotations: Vec<(String, Vec<String>)>,
}

/// Values of one kind that are offered at most.
const VALUES: usize = 200;

impl Vocabulary {
    /// All that summaries, the graph, the inventory and the groups tell.
    pub fn of(store: &Store) -> Vocabulary {
        let mut known = Vocabulary::default();
        let put = |list: &mut Vec<String>, value: &str| {
            if list.len() < VALUES && !value.is_empty() && !list.iter().any(|known| known == value) {
                list.push(value.to_string());
            }
        };
        for node in store.graph.get().into_iter().flat_map(|graph| &graph.nodes) {
            put(&mut known.services, &node.name);
        }
        for summary in store.traces.all() {
            summary.services.iter().for_each(|name| put(&mut known.services, name));
            summary.url.iter().for_each(|url| put(&mut known.urls, url));
            summary.method.iter().for_each(|method| put(&mut known.methods, method));
            summary.users.iter().for_each(|user| put(&mut known.users, user));
            for (key, value) in &summary.annotations {
                let at = known.annotations.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
                    known.annotations.push((key.clone(), Vec::new()));
                    known.annotations.len() - 1
                });
                put(&mut known.annotations[at].1, value);
            }
        }
        for function in store.functions.all().iter().filter(|function| function.traced) {
            put(&mut known.services, &function.name);
        }
        for group in store.tracing.get().into_iter().flat_map(|tracing| &tracing.groups) {
            put(&mut known.groups, &group.name);
        }
        known.services.sort();
        known
    }

    /// As the completion takes it.
    pub fn known(&self) -> Known<'_> {
        Known {
            services: &self.services,
            urls: &self.urls,
            methods: &self.methods,
            users: &self.users,
            groups: &self.groups,
            annotations: &self.annotations,
            ..Known::default()
        }
    }
}
