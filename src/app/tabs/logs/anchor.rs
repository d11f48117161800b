//! The line that the cursor is on, kept while rows come, go and are searched for.

use super::Logs;
use crate::app::cursor::Motion;
use crate::app::tabs::Context;
use crate::store::logs::{Arrival, LogStore};

/// A line, by its place in the store, and how far down the screen it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) place: usize,
    above: usize,
}

impl Anchor {
    /// The oldest line, at the top of the screen.
    pub(super) const OLDEST: Anchor = Anchor { place: 0, above: 0 };

    /// The same line after others have come and gone; the oldest in its stead, if it has gone itself.
    pub(super) fn moved(self, arrival: &Arrival) -> Anchor {
        arrival.moved(self.place).map_or(Anchor::OLDEST, |place| Anchor { place, ..self })
    }

    /// The same line after another was taken out of the store.
    pub(super) fn without(self, place: usize) -> Anchor {
        Anchor { place: self.place - usize::from(self.place > place), ..self }
    }
}

impl Logs {
    /// The line that the cursor is on, or is to be on once the search has come to it.
    pub(super) fn anchor(&self, store: &LogStore) -> Option<Anchor> {
        let here = || self.place_at(self.cursor.row, store).map(|place| self.anchor_at(place));
        self.sought.or_else(here)
    }

    /// The same where lines have come that the rows do not know of yet.
    pub(super) fn anchor_before(&self, arrival: &Arrival, store: &LogStore) -> Option<Anchor> {
        let was_empty = arrival.cut == 0 && store.len() + arrival.dropped == arrival.inserted.len();
        if self.lens.is_none() && self.shown.is_unfiltered() && !was_empty {
            // All lines were rows: also one that has gone since.
            return self.sought.or(Some(self.anchor_at(self.cursor.row)));
        }
        self.anchor(store).filter(|_| !was_empty)
    }

    fn anchor_at(&self, place: usize) -> Anchor {
        Anchor { place, above: self.cursor.row.saturating_sub(self.cursor.first) }
    }

    /// Puts the cursor on a line, or on the next that is shown. A line that the search has not come to yet is kept in mind,
    /// and the cursor put there when it has.
    pub(super) fn hold(&mut self, anchor: Option<Anchor>, store: &LogStore) {
        let Some(anchor) = anchor else { return };
        self.cursor.row = self.row_at(anchor.place).min(self.rows(store).saturating_sub(1));
        self.cursor.first = self.cursor.row.saturating_sub(anchor.above);
        let is_decided = self.shown.decided() <= anchor.place
            && self.lens.as_ref().is_none_or(|lens| lens.has_decided(anchor.place));
        self.sought = (!is_decided).then_some(anchor);
    }

    /// Puts the cursor on the line at a place, or the next that is shown, a third down the screen.
    pub(super) fn centre(&mut self, place: usize, cx: &Context) {
        self.hold(Some(Anchor { place, above: self.height(cx.body) / 3 }), &cx.store.logs);
    }

    /// Puts the cursor on the first row, however far the search has come.
    pub(super) fn go_to_top(&mut self, cx: &Context) {
        self.hold(Some(Anchor::OLDEST), &cx.store.logs);
        self.settle(cx);
    }

    /// The user moves the cursor: wherever it was to be put, it is his now.
    pub(super) fn take_cursor(&mut self) {
        (self.sought, self.target) = (None, None);
    }

    /// Puts the cursor where it belongs after lines have come or gone.
    pub(super) fn settle(&mut self, cx: &Context) {
        self.reach_target(cx);
        let rows = self.rows(&cx.store.logs);
        let height = self.height(cx.body);
        if !self.paused {
            self.take_cursor();
            self.cursor.go(Motion::Last, rows, height);
            self.unseen = 0;
        }
        self.cursor.fit(rows, height);
    }
}
