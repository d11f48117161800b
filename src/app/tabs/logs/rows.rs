//! Which lines are rows, and by what filters.

use super::anchor::Anchor;
use super::jq::Lens;
use super::needle::Term;
use super::wants::{Only, Wants};
use super::{Logs, Panel};
use crate::app::effect::{Effect, JqResult};
use crate::app::tabs::Context;
use crate::store::Store;
use crate::store::logs::LogStore;

impl Logs {
    /// Rows there are.
    pub fn rows(&self, store: &LogStore) -> usize {
        self.lens.as_ref().map_or_else(|| self.shown.len(store), Lens::len)
    }

    /// Place in the store of a row.
    pub fn place_at(&self, row: usize, store: &LogStore) -> Option<usize> {
        match &self.lens {
            Some(lens) => lens.place(row),
            None => self.shown.place(row, store),
        }
    }

    /// The first row at or after a place.
    pub(super) fn row_at(&self, place: usize) -> usize {
        self.lens.as_ref().map_or_else(|| self.shown.row_of(place), |lens| lens.row_of(place))
    }

    /// A jq expression over the JSON lines; an empty one takes it away.
    pub fn set_jq(&mut self, expression: &str, cx: &Context) {
        let anchor = self.anchor(&cx.store.logs);
        let expression = expression.trim();
        self.lenses += 1;
        self.lens = (!expression.is_empty()).then(|| Lens::new(expression, self.lenses));
        self.arrange_around(anchor, cx);
    }

    /// Lines that the expression has not seen yet.
    pub fn ask_jq(&mut self, store: &LogStore) -> Option<Effect> {
        self.lens.as_mut()?.ask(store)
    }

    /// The expression has answered.
    pub fn jq_answered(
        &mut self,
        generation: u64,
        results: Vec<(u64, JqResult)>,
        trouble: Option<String>,
        cx: &Context,
    ) {
        let anchor = self.anchor(&cx.store.logs);
        let Some(lens) = &mut self.lens else { return };
        if !lens.answered(generation, results, trouble, &cx.store.logs) {
            return;
        }
        self.hold(anchor, &cx.store.logs);
        self.settle(cx);
    }

    /// Shows the lines of one invocation or of one error only; `title` says what that is.
    pub fn show_only(&mut self, only: Only, title: String, cx: &Context) {
        self.list = Some(self.panel).filter(|panel| *panel != Panel::Lines);
        self.panel = Panel::Lines;
        (self.least, self.range, self.lens) = (None, None, None);
        self.filters.clear();
        self.only = Some((only, title));
        self.paused = true;
        self.arrange(cx);
        self.go_to_top(cx);
    }

    /// What a line must be to be shown.
    pub(super) fn wants(&self, store: &Store) -> Wants {
        // Whoever looks for a text looks for it in frames too, and no frame is JSON.
        let folded = self.folded && !self.looks_for_text() && self.lens.is_none();
        Wants {
            terms: self.filters.iter().filter(|term| term.needle.is_some()).cloned().collect(),
            folded: folded && store.logs.continuing() > 0,
            least: self.least,
            range: self.range,
            json: self.lens.is_some(),
            only: self.only.as_ref().map(|(only, _)| only.clone()),
        }
    }

    /// A filter looks for something in the texts.
    pub(super) fn looks_for_text(&self) -> bool {
        self.filters.iter().any(|term| term.needle.is_some())
    }

    /// A search is under way: there are lines that have not been looked at.
    pub fn is_searching(&self, store: &Store) -> bool {
        self.shown.progress(&store.logs).is_some()
    }

    /// There is something to be done in slices.
    pub fn is_at_work(&self, store: &Store) -> bool {
        self.is_searching(store) || self.histogram.progress(&store.logs).is_some()
    }

    /// Looks at some more lines.
    pub fn search_on(&mut self, cx: &Context) {
        let store = &cx.store.logs;
        let anchor = self.anchor(store);
        self.shown.work(store);
        if let Some(lens) = &mut self.lens {
            lens.extend(&self.shown, store);
        }
        self.hold(anchor, store);
        self.settle(cx);
        self.count_on(cx);
        self.follow_lists(cx);
    }

    /// What is wanted has changed.
    pub fn arrange(&mut self, cx: &Context) {
        self.arrange_around(self.anchor(&cx.store.logs), cx);
    }

    /// The same, where the line that the cursor was on is not to be told from the rows any more.
    pub(super) fn arrange_around(&mut self, anchor: Option<Anchor>, cx: &Context) {
        let store = &cx.store.logs;
        self.shown.set(self.wants(cx.store), store);
        if let Some(lens) = &mut self.lens {
            lens.restart(&self.shown, store);
        }
        self.hold(anchor, store);
        self.settle(cx);
        self.recount(cx);
        self.exports_other_rows();
    }

    /// The filter being typed.
    pub fn filter(&self) -> &str {
        self.filters.last().map(|term| term.text.as_str()).unwrap_or_default()
    }

    /// Another text for the filter being typed.
    pub fn set_filter(&mut self, text: &str, cx: &Context) {
        match Term::read(text) {
            Ok(term) => {
                self.complaint = None;
                self.filters.pop();
                if !text.is_empty() {
                    self.filters.push(term);
                }
                self.arrange(cx);
            }
            Err(complaint) => self.complaint = Some(complaint),
        }
    }

    /// One more filter, on top of those in force.
    pub fn stack_filter(&mut self) {
        if self.filters.last().is_some_and(|term| !term.text.is_empty()) {
            self.filters.push(Term { text: String::new(), needle: None });
        }
    }
}
