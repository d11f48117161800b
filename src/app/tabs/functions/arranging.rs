//! Which functions stand in the table, and where: made anew when something else is wanted or known, and only merged
//! while the first round of the listing comes in.

use std::collections::HashSet;

use super::Functions;
use super::groups::Row;
use super::known::{Apis, Facts, Known, apis_by_function};
use super::order::Sorter;
use crate::app::tabs::{Context, Learnt};
use crate::model::series::Subject;
use crate::store::Store;
use crate::time::Moment;

/// What was known when the order was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    arrangement: u64,
    edits: u64,
    tags: Option<Moment>,
    ranking: Option<Moment>,
    details: Option<Moment>,
    /// Batches of points.
    measured: u64,
}

impl Seen {
    /// What is known now, but for points.
    fn now(store: &Store, measured: u64) -> Seen {
        Seen {
            arrangement: store.functions.arrangement,
            edits: store.functions.edits,
            tags: store.tags.as_of(),
            ranking: store.ranking.as_of(),
            details: store.details.values().filter_map(crate::store::feed::Feed::as_of).max(),
            measured,
        }
    }
}

impl Functions {
    /// Something new is known.
    pub fn learn(&mut self, learnt: Learnt, cx: &Context) {
        if let Some(detail) = &mut self.detail {
            detail.learn(cx);
        }
        match learnt {
            Learnt::Functions => {
                let seen = Seen::now(cx.store, self.seen.measured);
                if seen == self.seen && cx.store.functions.all().len() >= self.facts.len() && !self.facts.is_empty() {
                    self.take_in_pages(cx);
                } else {
                    self.arrange(cx);
                }
            }
            Learnt::Metrics if self.measure(cx) => self.arrange(cx),
            Learnt::Apis if self.needs_apis() => self.arrange(cx),
            _ => {}
        }
    }

    /// Takes the figures of those that were measured since the last time. False where none was.
    fn measure(&mut self, cx: &Context) -> bool {
        if self.is_displaced(cx.store) {
            self.arrange(cx);
        }
        self.derive(cx);
        let metrics = &cx.store.metrics;
        let since = std::mem::replace(&mut self.seen.measured, metrics.revision());
        let functions = &cx.store.functions;
        let mut take = |name: &str| {
            let figures = metrics.figures(&Subject::Function(name.to_string()));
            if figures.invocations.is_none() {
                return false;
            }
            if let Some(at) = functions.place(name)
                && let Some(facts) = self.facts.get_mut(at)
            {
                *facts = Facts::of(&functions.all()[at], figures);
            }
            self.figures.insert(name.to_string(), figures);
            true
        };
        match metrics.measured_since(since) {
            Some(names) => {
                let once: HashSet<&str> = names.collect();
                let mut any = false;
                for name in once {
                    any |= take(name);
                }
                any
            }
            None => {
                let all: HashSet<&str> = metrics.functions().collect();
                all.into_iter().for_each(|name| {
                    take(name);
                });
                true
            }
        }
    }

    /// Functions have changed places since the order was made, or are fewer: its rows mean others now.
    pub fn is_displaced(&self, store: &Store) -> bool {
        self.seen.arrangement != store.functions.arrangement || store.functions.all().len() < self.arranged
    }

    /// Derives what is to be derived of each function once. Those of a further page are put behind the others.
    fn derive(&mut self, cx: &Context) {
        let functions = cx.store.functions.all();
        if self.seen.arrangement != cx.store.functions.arrangement || self.facts.len() > functions.len() {
            self.seen.arrangement = cx.store.functions.arrangement;
            self.facts.clear();
            // Of what is not there any more no figures are kept.
            self.figures.retain(|name, _| cx.store.functions.place(name).is_some());
        }
        let of = |function| {
            let function: &crate::model::function::Function = function;
            Facts::of(function, self.figures.get(&function.name).copied().unwrap_or_default())
        };
        let new: Vec<Facts> = functions[self.facts.len()..].iter().map(of).collect();
        self.facts.extend(new);
    }

    /// Filters and sorts anew, keeping the selection on its function.
    pub fn arrange(&mut self, cx: &Context) {
        let functions = cx.store.functions.all();
        self.derive(cx);
        self.seen = Seen::now(cx.store, self.seen.measured);
        self.arranged = functions.len();
        let apis = if self.needs_apis() { apis_by_function(cx.store) } else { Apis::new() };
        let known = Known::in_store(cx.store, cx.now, Some(&apis));
        self.undecided = self.read.counts();
        let ranked = self.ranked.as_ref().map(|ranked| ranked.names(cx.store).unwrap_or_default());
        let mut order = match ranked {
            Some(names) => {
                let mut places: Vec<usize> =
                    names.iter().filter_map(|(name, _)| cx.store.functions.place(name)).collect();
                if self.reversed {
                    places.reverse();
                }
                places
            }
            None => (0..functions.len()).collect(),
        };
        if !self.read.is_empty() {
            let (read, facts, undecided) = (&self.read, &self.facts, &mut self.undecided);
            order.retain(|&at| read.takes(&functions[at], &facts[at], &known, undecided));
        }
        if self.ranked.is_none() {
            self.sorter(functions, &known).sort(&mut order);
        }
        self.order = order;
        self.regroup(cx, &known);
        self.apis = apis;
    }

    /// A further page of the first round: sorted by itself and merged.
    fn take_in_pages(&mut self, cx: &Context) {
        let functions = cx.store.functions.all();
        let from = self.arranged;
        self.derive(cx);
        self.arranged = functions.len();
        if self.ranked.is_some() {
            return self.arrange(cx);
        }
        let apis = std::mem::take(&mut self.apis);
        let known = Known::in_store(cx.store, cx.now, Some(&apis));
        let mut coming: Vec<usize> = (from..functions.len()).collect();
        let (read, facts, undecided) = (&self.read, &self.facts, &mut self.undecided);
        coming.retain(|&at| read.takes(&functions[at], &facts[at], &known, undecided));
        let mut order = std::mem::take(&mut self.order);
        self.sorter(functions, &known).merge(&mut order, coming);
        self.order = order;
        self.regroup(cx, &known);
        self.apis = apis;
    }

    fn sorter<'a>(&'a self, functions: &'a [crate::model::function::Function], known: &'a Known<'a>) -> Sorter<'a> {
        Sorter { functions, facts: &self.facts, known, sort: &self.sort, reversed: self.reversed }
    }

    fn regroup(&mut self, cx: &Context, known: &Known) {
        if let Some(groups) = &mut self.groups {
            groups.arrange(&self.order, cx.store.functions.all(), &self.facts, known);
        }
        self.keep_selection(cx);
    }

    /// The selection stays with its function, and as far as possible at its place on the screen. One that was deleted
    /// leaves it to its neighbour.
    fn keep_selection(&mut self, cx: &Context) {
        let row = match (&self.chosen_group, &self.chosen, &self.groups) {
            (Some(key), _, Some(groups)) => groups.row_of(key),
            (_, Some(name), _) => cx.store.functions.place(name).and_then(|at| self.row_of(at)),
            _ => None,
        };
        if let Some(row) = row {
            let on_screen = self.cursor.row.saturating_sub(self.cursor.first);
            self.cursor.row = row;
            self.cursor.first = row.saturating_sub(on_screen);
        }
        self.cursor.fit(self.rows(), Self::height(cx.body));
        if self.detail.is_none() && self.chosen.as_ref().is_some_and(|name| cx.store.functions.is_gone(name)) {
            self.remember(cx.store);
        }
    }

    /// The row of the function at this place in the inventory.
    fn row_of(&self, at: usize) -> Option<usize> {
        match &self.groups {
            None => self.order.iter().position(|&one| one == at),
            Some(groups) => groups.rows.iter().position(|row| *row == Row::Function(at)),
        }
    }

    /// Takes note of what is selected.
    pub(super) fn remember(&mut self, store: &Store) {
        let name = |at: usize| store.functions.all().get(at).map(|function| function.name.clone());
        (self.chosen, self.chosen_group) = match (self.row(self.cursor.row), &self.groups) {
            (Some(Row::Function(at)), _) => (name(at), None),
            (Some(Row::Head(at)), Some(groups)) => (None, groups.heads.get(at).map(|head| head.key.clone())),
            _ => (None, None),
        };
    }
}
