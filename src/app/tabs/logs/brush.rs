//! The histogram on the screen, and the brush that chooses a stretch of it.

use super::Logs;
use super::matching::Taken;
use crate::app::command::Action;
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::store::logs::{Arrival, LogStore};

/// A stretch of buckets being chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brush {
    /// The bucket that the brush is on.
    pub at: usize,
    /// The other end, once it is set.
    pub anchor: Option<usize>,
}

impl Brush {
    /// The buckets chosen, first and last.
    pub fn buckets(&self) -> (usize, usize) {
        let anchor = self.anchor.unwrap_or(self.at);
        (anchor.min(self.at), anchor.max(self.at))
    }
}

impl Logs {
    /// What the histogram is of, ms since 1970: the stretch that is looked at, or else all that is loaded. The same while a
    /// search goes on, and the same for one filter and another.
    fn stretch(&self, store: &LogStore) -> Option<(i64, i64)> {
        let (oldest, newest) = (store.oldest()?, store.newest()?);
        let of_lines = || self.shown.wants().stretch().map(|(from, to)| (from.max(oldest), to.min(newest)));
        self.range.or_else(of_lines).or(Some((oldest, newest)))
    }

    /// Whatever changes the buckets, the brush stays on its moments.
    fn with_histogram(&mut self, change: impl FnOnce(&mut Logs)) {
        let before = |bucket| self.histogram.stretch(bucket).0;
        let moments = self.brush.map(|brush| (before(brush.at), brush.anchor.map(before)));
        change(self);
        if let (Some(brush), Some((at, anchor))) = (&mut self.brush, moments) {
            brush.at = self.histogram.bucket(at);
            brush.anchor = anchor.map(|at| self.histogram.bucket(at));
        }
    }

    /// Other rows: all is counted anew.
    pub(super) fn recount(&mut self, cx: &Context) {
        self.with_histogram(|logs| {
            logs.histogram.restart(&cx.store.logs);
            logs.count_on(cx);
        });
    }

    /// Counts some more of the rows, on the screen as wide as it is.
    pub(super) fn count_on(&mut self, cx: &Context) {
        if !self.histogram.shown {
            return;
        }
        let store = &cx.store.logs;
        let stretch = self.stretch(store);
        self.with_histogram(|logs| {
            logs.histogram.resize(usize::from(cx.body.width.saturating_sub(4)));
            logs.histogram.cover(stretch, store);
            logs.histogram.count_on(&logs.shown, store);
        });
    }

    /// Rows have come and gone with lines.
    pub(super) fn count_in(&mut self, arrival: &Arrival, taken: &Taken, store: &LogStore) {
        let stretch = self.stretch(store);
        self.with_histogram(|logs| logs.histogram.take_in(arrival, taken, stretch, store));
    }

    /// A line was taken out of the store.
    pub(super) fn count_without(&mut self, place: usize, taken: &Taken, store: &LogStore) {
        let stretch = self.stretch(store);
        self.with_histogram(|logs| logs.histogram.lose(place, taken, stretch, store));
    }

    /// Shows the histogram, or takes it away.
    pub(super) fn show_histogram(&mut self, shown: bool, cx: &Context) {
        if shown != self.histogram.shown {
            self.histogram.shown = shown;
            self.recount(cx);
        }
        self.settle(cx);
    }

    pub(super) fn begin_brush(&mut self, cx: &Context) -> Vec<Step> {
        self.show_histogram(true, cx);
        if self.histogram.buckets.is_empty() {
            return vec![Step::Say("No line, and so nothing to choose from".into())];
        }
        self.brush = Some(Brush { at: self.histogram.buckets.len() - 1, anchor: None });
        vec![]
    }

    pub(super) fn act_on_brush(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        let last = self.histogram.buckets.len().saturating_sub(1);
        let Some(brush) = &mut self.brush else { return vec![] };
        brush.at = brush.at.min(last);
        match action {
            Action::Left => brush.at = brush.at.saturating_sub(1),
            Action::Right => brush.at = (brush.at + 1).min(last),
            Action::PageUp | Action::Up => brush.at = brush.at.saturating_sub(10),
            Action::PageDown | Action::Down => brush.at = (brush.at + 10).min(last),
            Action::First => brush.at = 0,
            Action::Last => brush.at = last,
            Action::BrushEnd => brush.anchor = if brush.anchor.is_some() { None } else { Some(brush.at) },
            Action::Open => {
                let (from, to) = brush.buckets();
                self.range = Some((self.histogram.stretch(from).0, self.histogram.stretch(to).1));
                self.brush = None;
                self.paused = true;
                self.arrange(cx);
                self.go_to_top(cx);
            }
            Action::Back => self.brush = None,
            _ => {}
        }
        vec![]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brush_has_two_ends_in_any_order() {
        assert_eq!(Brush { at: 3, anchor: None }.buckets(), (3, 3));
        assert_eq!(Brush { at: 3, anchor: Some(9) }.buckets(), (3, 9));
    }
}
