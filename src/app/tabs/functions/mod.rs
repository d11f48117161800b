//! Functions: every function worst first, and one function's detail.

mod arranging;
mod attributes;
pub mod chooser;
pub mod columns;
pub mod detail;
pub mod filter;
pub mod groups;
mod known;
pub mod order;
pub mod ranking;
mod score;
pub mod words;

use std::collections::{BTreeSet, HashMap};

use super::Context;
use crate::app::command::{Action, Place};
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::Interests;
use crate::app::overlay::{Choice, Chosen, Overlay};
use crate::app::selected::Selected;
use crate::app::step::Step;
use crate::config;
use crate::model::series::{Metric, Statistic};
use crate::store::Store;
use crate::store::feed::Standing;
use crate::store::metrics::Figures;
use chooser::{Chooser, Choosing};
use columns::Column;
use detail::Detail;
use filter::Filter;
use groups::{GroupBy, Groups, Row};
use known::Apis;
pub use known::{Facts, Known};
use order::Sort;
use ranking::Ranked;
pub use score::{IN_SHORT, SENTENCES, score};

/// GetMetricData takes so many queries: where all functions fit into one call all are measured, so that the worst are
/// found by themselves. Beyond, only what is on screen is.
pub const PER_CALL: usize = 500;
/// Up to so many functions the overview measures all of them: 80 rows of six series fit one call.
pub const MEASURED_ALL: usize = 80;
/// APIs whose routes are read for the sake of this table: each takes calls of its own, of which API Gateway answers few.
const APIS_READ: usize = 50;

/// The tab's state.
#[derive(Debug, Default)]
pub struct Functions {
    /// Places in the inventory, filtered and in order.
    pub order: Vec<usize>,
    /// The same under the heads of groups, where they are grouped.
    pub groups: Option<Groups>,
    /// What is derived of each function, by its place in the inventory.
    facts: Vec<Facts>,
    /// Figures by function, taken when metrics come in, not at each frame.
    figures: HashMap<String, Figures>,
    /// How many functions there were when `order` was made.
    pub arranged: usize,
    /// Cursor in the rows.
    pub cursor: Cursor,
    /// Name of the selected function: the selection stays with it when the order changes.
    pub chosen: Option<String>,
    /// Key of the selected group, where its head is selected.
    chosen_group: Option<String>,
    /// Columns after the name, in their order.
    pub columns: Vec<Column>,
    /// Columns that are scrolled out on the left.
    pub first_column: usize,
    /// By what it is sorted.
    pub sort: Sort,
    /// Turned round.
    pub reversed: bool,
    /// Filter, as it was typed.
    pub filter: String,
    read: Filter,
    /// Of how many functions a word of the filter could not be decided.
    undecided: Vec<usize>,
    /// Which APIs lead to which function, where something asks for it.
    apis: Apis,
    /// The ranking that is shown.
    pub ranked: Option<Ranked>,
    rankings_asked: u64,
    /// The user has asked for something that names tags.
    wants_tags: bool,
    /// The function whose detail is open.
    pub detail: Option<Detail>,
    /// What was known when `order` was made.
    seen: arranging::Seen,
}

/// Lines of the panel that are no rows: its frame and the column titles.
const TABLE_CHROME: u16 = 3;

impl Functions {
    /// A table as the configuration wants it.
    pub fn new(wanted: &config::Functions) -> Functions {
        // Names that are none are told where the configuration is read.
        let columns = wanted.columns.iter().filter_map(|name| Column::named(name)).filter(|c| *c != Column::Name);
        let mut once: Vec<Column> = Vec::new();
        for column in columns {
            if !once.contains(&column) {
                once.push(column);
            }
        }
        Functions { columns: once, sort: Sort::named(&wanted.sort).unwrap_or_default(), ..Functions::default() }
    }

    /// Where keys listen.
    pub fn place(&self) -> Place {
        if self.detail.is_some() { Place::Function } else { Place::Functions }
    }

    /// Rows of the table on screen.
    pub fn height(body: ratatui::layout::Rect) -> usize {
        usize::from(body.height.saturating_sub(TABLE_CHROME)).max(1)
    }

    /// Rows, the heads of groups among them.
    pub fn rows(&self) -> usize {
        self.groups.as_ref().map_or(self.order.len(), |groups| groups.rows.len())
    }

    /// One row.
    pub fn row(&self, at: usize) -> Option<Row> {
        match &self.groups {
            Some(groups) => groups.rows.get(at).copied(),
            None => self.order.get(at).copied().map(Row::Function),
        }
    }

    /// What is derived of the function at this place in the inventory.
    pub fn facts(&self, at: usize) -> Option<&Facts> {
        self.facts.get(at)
    }

    /// What is wrong with the filter, as far as it was typed.
    pub fn complaint(&self) -> Option<&str> {
        self.read.complaints.first().map(String::as_str)
    }

    /// Of which word of the filter it is not known for how many functions whether they meet it: those are left out.
    pub fn undecided(&self) -> impl Iterator<Item = (&str, usize)> {
        self.read.undecided(&self.undecided)
    }

    /// Another filter.
    pub fn set_filter(&mut self, text: String, cx: &Context) {
        self.read = Filter::read(&text);
        self.wants_tags |= self.read.needs_tags();
        self.filter = text;
        self.arrange(cx);
    }

    /// Other columns.
    pub fn set_columns(&mut self, columns: Vec<Column>) {
        self.columns = columns;
        self.first_column = self.first_column.min(self.columns.len().saturating_sub(1));
    }

    /// Carries out what a key in the list of columns asks.
    pub fn choose_columns(&mut self, choosing: Choosing, cx: &Context) {
        match choosing {
            Choosing::Columns(columns) => self.set_columns(columns),
            Choosing::Sort(sort) => {
                self.reversed = self.sort == sort && !self.reversed;
                self.sort = sort;
            }
            Choosing::Reverse => self.reversed = !self.reversed,
            Choosing::Nothing => return,
        }
        self.arrange(cx);
    }

    /// Groups, or does not any more.
    pub fn group(&mut self, by: Option<GroupBy>, cx: &Context) {
        self.groups = by.map(Groups::by);
        self.chosen_group = None;
        self.arrange(cx);
    }

    /// Esc has something to leave here.
    pub fn can_leave(&self) -> bool {
        self.detail.is_some() || !self.filter.is_empty() || self.ranked.is_some()
    }

    /// Another window, another account: figures of the old one mean nothing.
    pub fn forget_figures(&mut self) {
        self.figures.clear();
        self.facts.clear();
        self.seen = arranging::Seen::default();
    }

    fn needs_apis(&self) -> bool {
        self.read.needs_apis()
            || self.columns.contains(&Column::Api)
            || self.sort.column() == Some(&Column::Api)
            || self.groups.as_ref().is_some_and(|groups| *groups.by.column() == Column::Api)
    }

    fn needs_tags(&self) -> bool {
        let grouped = self.groups.as_ref().map(|groups| groups.by.column());
        let sorted = self.sort.column();
        self.wants_tags || self.columns.iter().chain(grouped).chain(sorted).any(Column::needs_tags)
    }

    /// What the columns and the filter read beside the functions themselves.
    pub fn known<'a>(&'a self, store: &'a Store, now: crate::time::Moment) -> Known<'a> {
        Known::in_store(store, now, self.needs_apis().then_some(&self.apis))
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        if let Some(detail) = &mut self.detail {
            if action == Action::Back {
                if detail.can_leave() {
                    detail.leave();
                } else {
                    self.detail = None;
                }
                return vec![];
            }
            return detail.act(action, cx);
        }
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.rows(), Self::height(cx.body));
            self.remember(cx.store);
            // At rest on the first row the cursor stays there, so that the worst function is always in sight.
            if self.cursor.row == 0 {
                (self.chosen, self.chosen_group) = (None, None);
            }
            return vec![];
        }
        match action {
            Action::Open | Action::SeeMetrics => match self.row(self.cursor.row) {
                Some(Row::Function(at)) => {
                    if let Some(function) = cx.store.functions.all().get(at) {
                        self.open(function.name.clone());
                    }
                }
                Some(Row::Head(_)) => self.fold(cx),
                None => {}
            },
            Action::Fold if self.groups.is_some() => self.fold(cx),
            Action::Fold => return vec![Step::Say("Nothing is grouped: b groups by stack, API or tag".into())],
            Action::Sort => self.sort_by_next(cx),
            Action::SortReverse => {
                self.reversed = !self.reversed;
                self.arrange(cx);
            }
            Action::Left => self.first_column = self.first_column.saturating_sub(1),
            Action::Right => self.first_column = (self.first_column + 1).min(self.columns.len().saturating_sub(1)),
            Action::Columns => {
                self.wants_tags = true;
                return vec![Step::Show(Box::new(Overlay::Columns(Box::new(Chooser::of(self, cx.store)))))];
            }
            Action::GroupBy => {
                self.wants_tags = true;
                return vec![Step::Show(Box::new(Overlay::Choice(self.groupings(cx.store))))];
            }
            Action::Rank => return vec![Self::rankings(cx)],
            Action::Back if !self.filter.is_empty() => self.set_filter(String::new(), cx),
            Action::Back if self.ranked.is_some() => {
                self.ranked = None;
                self.arrange(cx);
            }
            _ => {}
        }
        vec![]
    }

    /// The open function has something that Esc leaves before it is left itself.
    pub fn is_inside_detail(&self) -> bool {
        self.detail.as_ref().is_some_and(Detail::can_leave)
    }

    /// Logs and traces are wanted of the moment under the crosshair.
    pub fn has_moment(&self) -> bool {
        self.detail.as_ref().is_some_and(Detail::has_moment)
    }

    fn sort_by_next(&mut self, cx: &Context) {
        let columns = self.columns.iter().filter(|column| **column != Column::Trend).cloned();
        let mut sorts = vec![Sort::Worst, Sort::By(Column::Name)];
        sorts.extend(columns.map(Sort::By));
        let at = sorts.iter().position(|sort| *sort == self.sort).unwrap_or(0);
        self.sort = sorts.swap_remove((at + 1) % sorts.len());
        self.reversed = false;
        self.arrange(cx);
    }

    /// Folds or unfolds the group that is selected, or of what is.
    fn fold(&mut self, cx: &Context) {
        let row = self.cursor.row;
        let Some(groups) = &mut self.groups else { return };
        let Some(key) = groups.head_of(row).map(|head| head.key.clone()) else { return };
        groups.toggle(&key);
        (self.chosen, self.chosen_group) = (None, Some(key));
        self.arrange(cx);
    }

    /// What could be grouped by.
    pub fn groupings(&self, store: &Store) -> Choice {
        let item = |by: GroupBy, about: &str| {
            let name = by.name();
            (name, Ok(Chosen::Group(Some(by), about.to_string())))
        };
        let mut items: Vec<(String, Result<Chosen, String>)> = vec![
            ("nothing".to_string(), Ok(Chosen::Group(None, "one list of all functions".into()))),
            item(GroupBy::stack(), "CloudFormation stack, by its tag"),
            item(GroupBy::api(), "APIs that lead to a function"),
        ];
        match (store.tags.get(), store.tags.trouble()) {
            (Some(_), _) => {
                let keys = chooser::tag_keys(store);
                items.extend(keys.iter().map(|key| item(GroupBy::tag(key), "the value of this tag")));
            }
            (None, Some(trouble)) => items.push(("a tag".to_string(), Err(trouble.sentence()))),
            (None, None) => items.push(("a tag".to_string(), Err("the tags are being read, a moment".to_string()))),
        }
        Choice::new(GROUP_BY, items)
    }

    /// Opens a function's detail.
    pub fn open(&mut self, name: String) {
        self.chosen = Some(name.clone());
        self.chosen_group = None;
        if self.detail.as_ref().is_none_or(|detail| detail.name != name) {
            self.detail = Some(Detail::of(name));
        }
    }

    /// The function whose detail is open.
    pub fn opened(&self) -> Option<&str> {
        self.detail.as_ref().map(|detail| detail.name.as_str())
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        if let Some(detail) = &self.detail {
            return detail.selected(store);
        }
        match (self.row(self.cursor.row), &self.groups) {
            (Some(Row::Function(at)), _) => {
                store.functions.all().get(at).map(|function| Selected::function(&function.name)).unwrap_or_default()
            }
            (Some(Row::Head(at)), Some(groups)) => {
                groups.heads.get(at).map_or_else(Selected::default, |head| Selected {
                    title: format!("{} {}", groups.by.name(), head.key),
                    copy: Some((groups.by.name(), head.key.clone())),
                    ..Selected::default()
                })
            }
            _ => Selected::default(),
        }
    }

    /// How it stands: the inventory's standing, or that of the ranking that is shown instead.
    pub fn standing<'a>(&self, store: &'a Store) -> Standing<'a> {
        match &self.ranked {
            Some(ranked) => ranked.standing(store),
            None => store.functions.standing(),
        }
    }

    /// The series that a row takes: those of the columns shown, of what sorts and of what is filtered by.
    pub fn series(&self) -> BTreeSet<(Metric, Statistic)> {
        let mut wanted: BTreeSet<(Metric, Statistic)> = columns::base().iter().copied().collect();
        let worst = (self.sort == Sort::Worst).then_some(&Column::P99);
        let needed = self.columns.iter().chain(self.sort.column()).chain(worst).chain(self.read.columns());
        wanted.extend(needed.flat_map(Column::series).copied());
        wanted
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, cx: &Context, wanted: &mut Interests) {
        wanted.inventory = true;
        wanted.account_settings = true;
        if let Some(detail) = &self.detail {
            detail.interests(cx, wanted);
            return;
        }
        let functions = cx.store.functions.all();
        let series = self.series();
        let in_a_call = PER_CALL / series.len().max(1);
        let mut measure = |name: &str| wanted.series.extend(columns::keys(name, series.iter().copied()));
        if functions.len() <= in_a_call {
            functions.iter().for_each(|function| measure(&function.name));
        } else if self.ranked.is_some() {
            let ranked = self.order.iter().take(in_a_call).filter_map(|&at| functions.get(at));
            ranked.for_each(|function| measure(&function.name));
        }
        let visible = self.cursor.visible(self.rows(), Self::height(cx.body));
        for at in visible.filter_map(|row| self.row(row)) {
            let Row::Function(at) = at else { continue };
            let Some(function) = functions.get(at) else { continue };
            measure(&function.name);
            if function.reserved.is_none() {
                wanted.reserved.insert(function.name.clone());
            }
        }
        wanted.tags |= self.needs_tags();
        if self.needs_apis() {
            wanted.apis = true;
            let apis = cx.store.apis.get().into_iter().flatten();
            wanted.routes.extend(apis.take(APIS_READ).map(|api| api.id.clone()));
        }
    }
}

/// Title of the choice of what to group by.
pub const GROUP_BY: &str = "Group functions by";
