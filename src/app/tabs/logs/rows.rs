//! Which lines are rows, by what filters, and where the cursor is among them.

use super::jq::Lens;
use super::matching::{Only, Wants};
use super::needle::Term;
use super::{Logs, Panel};
use crate::app::cursor::Motion;
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

    pub(super) fn renew_lens(&mut self, store: &LogStore) {
        if let Some(lens) = &mut self.lens {
            lens.renew(&self.shown, store);
        }
    }

    /// A jq expression over the JSON lines; an empty one takes it away.
    pub fn set_jq(&mut self, expression: &str, cx: &Context) {
        let expression = expression.trim();
        self.lenses += 1;
        self.lens = (!expression.is_empty()).then(|| Lens::new(expression, self.lenses));
        self.arrange(cx);
    }

    /// Lines that the expression has not seen yet.
    pub fn ask_jq(&mut self, store: &LogStore) -> Option<Effect> {
        let lens = self.lens.as_mut()?;
        lens.ask(&self.shown, store)
    }

    /// The expression has answered.
    pub fn jq_answered(
        &mut self,
        generation: u64,
        results: Vec<(u64, JqResult)>,
        trouble: Option<String>,
        cx: &Context,
    ) {
        let place = self.place_at(self.cursor.row, &cx.store.logs);
        let Some(lens) = &mut self.lens else { return };
        if !lens.answered(generation, results, trouble) {
            return;
        }
        lens.renew(&self.shown, &cx.store.logs);
        if let Some(place) = place {
            self.cursor.row = self.row_at(place);
        }
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
        self.cursor.go(Motion::First, self.rows(&cx.store.logs), self.height(cx.body));
    }

    /// What a line must be to be shown.
    pub(super) fn wants(&self, store: &Store) -> Wants {
        Wants {
            terms: self.filters.iter().filter(|term| term.needle.is_some()).cloned().collect(),
            least: self.least,
            range: self.range,
            folded: self.folded && store.logs.continuing() > 0,
            json: self.lens.is_some(),
            only: self.only.as_ref().map(|(only, _)| only.clone()),
        }
    }

    /// A search is under way: there are lines that have not been looked at.
    pub fn is_searching(&self, store: &Store) -> bool {
        self.shown.progress(&store.logs).is_some()
    }

    /// Looks at some more of them.
    pub fn search_on(&mut self, cx: &Context) {
        let place = self.place_at(self.cursor.row, &cx.store.logs);
        let above = self.cursor.row.saturating_sub(self.cursor.first);
        self.shown.work(&cx.store.logs);
        self.renew_lens(&cx.store.logs);
        if let Some(place) = place {
            self.cursor.row = self.row_at(place);
            self.cursor.first = self.cursor.row.saturating_sub(above);
        }
        self.settle(cx);
        if !self.is_searching(cx.store) {
            self.histogram.renew(&self.shown, self.range, cx);
        }
        self.follow_lists(cx);
    }

    /// Puts the cursor where it belongs after lines have come or gone.
    pub(super) fn settle(&mut self, cx: &Context) {
        let rows = self.rows(&cx.store.logs);
        let height = self.height(cx.body);
        if let Some(target) = self.target
            && (cx.store.logs.newest().is_some_and(|newest| newest >= target) || self.read_to.is_some())
            && rows > 0
        {
            self.centre(cx.store.logs.place_of(target), cx);
            self.target = None;
        }
        if !self.paused {
            self.cursor.go(Motion::Last, rows, height);
            self.unseen = 0;
        }
        self.cursor.fit(rows, height);
    }

    /// Puts the cursor on the line at a place, or the next that is shown, a third down the screen.
    pub(super) fn centre(&mut self, place: usize, cx: &Context) {
        let rows = self.rows(&cx.store.logs);
        self.cursor.row = self.row_at(place).min(rows.saturating_sub(1));
        self.cursor.first = self.cursor.row.saturating_sub(self.height(cx.body) / 3);
    }

    /// What is wanted has changed.
    pub fn arrange(&mut self, cx: &Context) {
        let store = &cx.store.logs;
        let place = self.place_at(self.cursor.row, store);
        self.shown.set(self.wants(cx.store), store);
        self.renew_lens(store);
        if let Some(place) = place {
            self.cursor.row = self.row_at(place);
        }
        self.settle(cx);
        self.histogram.renew(&self.shown, self.range, cx);
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
