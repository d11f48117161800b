//! Reading lines: moving among them, errors, neighbours, gaps, filters.

use ratatui::layout::Rect;

use super::Logs;
use super::needle::Term;
use super::wants::Only;
use crate::app::command::Action;
use crate::app::cursor::Motion;
use crate::app::line::LineView;
use crate::app::overlay::Overlay;
use crate::app::step::Step;
use crate::app::tabs::Context as View;
use crate::model::log::Level;
use crate::store::Store;
use crate::store::logs::Line;

/// Lines of the panel that are no rows: its frame and the status line.
const CHROME: u16 = 3;
/// Rows that the histogram takes, its time line included.
pub const HISTOGRAM: u16 = 5;
/// Columns of one step to the side.
const STEP: usize = 16;

/// Fields that can have a column of their own.
const COLUMNS: usize = 8;

/// What was in force before a line was looked at among its neighbours.
#[derive(Debug)]
pub struct Context {
    filters: Vec<Term>,
    least: Option<Level>,
    range: Option<(i64, i64)>,
    only: Option<(Only, String)>,
}

impl Logs {
    /// Rows on screen.
    pub fn height(&self, body: Rect) -> usize {
        let histogram = if self.histogram.shown { HISTOGRAM } else { 0 };
        let header = u16::from(!self.columns.is_empty());
        usize::from(body.height.saturating_sub(CHROME + histogram + header)).max(1)
    }

    pub(super) fn act_on_lines(&mut self, action: Action, cx: &View) -> Vec<Step> {
        let store = &cx.store.logs;
        let rows = self.rows(store);
        let height = self.height(cx.body);
        if let Some(motion) = Motion::of(action) {
            if motion == Motion::Last {
                self.paused = false;
            } else {
                self.paused = true;
                let upwards = matches!(motion, Motion::First | Motion::By(..0) | Motion::Pages(..0));
                // While a search goes on, the first row is not the oldest.
                let at_top = self.cursor.row == 0 && !self.is_searching(cx.store);
                if upwards && at_top && self.older_than.is_none() {
                    // Where nothing was found there may be something still further back.
                    let loaded = store.oldest().unwrap_or_else(|| cx.now.timestamp_millis());
                    self.older_than = Some(self.read_from.map_or(loaded, |read| read.min(loaded)));
                }
            }
            self.take_cursor();
            self.cursor.go(motion, rows, height);
            self.settle(cx);
            return vec![];
        }
        match action {
            Action::Follow => {
                self.paused = !self.paused;
                self.settle(cx);
            }
            Action::Wrap => self.wrap = !self.wrap,
            Action::Left => self.column = self.column.saturating_sub(STEP),
            Action::Right => self.column = (self.column + STEP).min(1 << 16),
            Action::Times => self.times = self.times.next(),
            Action::Fold => {
                self.folded = !self.folded;
                self.arrange(cx);
                let text = match (self.folded, self.looks_for_text()) {
                    (false, _) => "Stack traces are unfolded",
                    (true, false) => "Stack traces are folded",
                    (true, true) => "Stack traces are folded again when no text is looked for",
                };
                return vec![Step::Say(text.into())];
            }
            Action::LevelUp => {
                self.least = match self.least {
                    None => Some(Level::Info),
                    Some(Level::Info) => Some(Level::Warn),
                    Some(Level::Warn) => Some(Level::Error),
                    _ => None,
                };
                self.arrange(cx);
            }
            Action::NextError => return self.go_to_error(true, cx),
            Action::PreviousError => return self.go_to_error(false, cx),
            Action::NextOfInvocation => return self.go_in_invocation(true, cx),
            Action::PreviousOfInvocation => return self.go_in_invocation(false, cx),
            Action::InContext => return self.look_around(cx),
            Action::Histogram => self.show_histogram(!self.histogram.shown, cx),
            Action::Brush => return self.begin_brush(cx),
            Action::Open => {
                let place = self.place_at(self.cursor.row, store);
                if let Some(gap) = place.and_then(|place| store.gap_at(place)) {
                    self.fetching = Some(gap.clone());
                    self.paused = true;
                    self.target = None;
                    return vec![Step::Say("Reading what is missing".into())];
                }
                if let Some(line) = place.and_then(|place| store.line(place)) {
                    self.paused = true;
                    let view = LineView::new(&line);
                    return vec![Step::Show(Box::new(Overlay::Line(Box::new(view))))];
                }
            }
            Action::Back => self.leave(cx),
            _ => {}
        }
        vec![]
    }

    /// Esc: the neighbours, then the filter on top, then the level, then the stretch.
    fn leave(&mut self, cx: &View) {
        let anchor = self.anchor(&cx.store.logs);
        if let Some(context) = self.context.take() {
            self.filters = context.filters;
            self.least = context.least;
            self.range = context.range;
            self.only = context.only;
        } else if self.lens.take().is_some() {
            self.lenses += 1;
        } else if self.filters.pop().is_some() {
            self.complaint = None;
        } else if self.least.take().is_none() && self.range.take().is_none() {
            self.only = None;
            // Back to the list that these lines were chosen from.
            self.panel = self.list.take().unwrap_or_default();
        }
        self.arrange_around(anchor, cx);
    }

    /// The line under the cursor.
    pub fn line<'a>(&self, store: &'a Store) -> Option<Line<'a>> {
        self.place_at(self.cursor.row, &store.logs).and_then(|place| store.logs.line(place))
    }

    /// Gives a field of JSON lines a column of its own (true), or takes it away. Errors: there are enough.
    pub fn toggle_column(&mut self, path: &str) -> Result<bool, String> {
        if let Some(at) = self.columns.iter().position(|column| column == path) {
            self.columns.remove(at);
            return Ok(false);
        }
        if self.columns.len() == COLUMNS {
            return Err(format!("{COLUMNS} columns are enough; take one away first"));
        }
        self.columns.push(path.to_string());
        Ok(true)
    }

    fn go_to_error(&mut self, forward: bool, cx: &View) -> Vec<Step> {
        let store = &cx.store.logs;
        let rows = self.rows(store);
        let is_error = |row: &usize| self.place_at(*row, store).is_some_and(|place| store.level(place) == Level::Error);
        let found = if forward {
            (self.cursor.row + 1..rows).find(is_error)
        } else {
            (0..self.cursor.row.min(rows)).rev().find(is_error)
        };
        self.go_to_found(found, "error", cx)
    }

    /// The next line of the same invocation, by its request id.
    fn go_in_invocation(&mut self, forward: bool, cx: &View) -> Vec<Step> {
        /// A search by key stops after so many lines: an invocation's are near each other.
        const FAR: usize = 200_000;
        let store = &cx.store.logs;
        let rows = self.rows(store);
        let id = self.selected(cx.store).request_id;
        let Some(id) = id else { return vec![Step::Say("This line carries no request id".into())] };
        let finder = memchr::memmem::Finder::new(id.as_bytes());
        let is_of = |row: &usize| {
            let line = self.place_at(*row, store).and_then(|place| store.line(place));
            line.is_some_and(|line| finder.find(line.text.as_bytes()).is_some())
        };
        let found = if forward {
            (self.cursor.row + 1..rows).take(FAR).find(is_of)
        } else {
            (0..self.cursor.row.min(rows)).rev().take(FAR).find(is_of)
        };
        self.go_to_found(found, "line of this invocation", cx)
    }

    fn go_to_found(&mut self, found: Option<usize>, what: &str, cx: &View) -> Vec<Step> {
        let Some(row) = found else {
            let within = if self.is_searching(cx.store) { "has been searched so far" } else { "is loaded" };
            return vec![Step::Say(format!("No further {what} in what {within}"))];
        };
        self.paused = true;
        self.take_cursor();
        self.cursor.row = row;
        self.cursor.fit(self.rows(&cx.store.logs), self.height(cx.body));
        vec![]
    }

    /// Drops what filters there are and keeps the line; once more brings them back.
    fn look_around(&mut self, cx: &View) -> Vec<Step> {
        if self.context.is_some() {
            self.leave(cx);
            return vec![];
        }
        if self.filters.is_empty() && self.least.is_none() && self.range.is_none() && self.only.is_none() {
            return vec![Step::Say("Nothing is filtered: these are its neighbours".into())];
        }
        let place = self.anchor(&cx.store.logs).map(|anchor| anchor.place);
        self.context = Some(Context {
            filters: std::mem::take(&mut self.filters),
            least: self.least.take(),
            range: self.range.take(),
            only: self.only.take(),
        });
        self.paused = true;
        self.arrange(cx);
        if let Some(place) = place {
            self.centre(place, cx);
        }
        vec![Step::Say("In context; c brings the filter back".into())]
    }

    /// The filters wait while a line is looked at among its neighbours.
    pub fn is_in_context(&self) -> bool {
        self.context.is_some()
    }
}
