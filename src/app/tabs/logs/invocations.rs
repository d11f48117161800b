//! The Invocations panel: what is loaded of the log, invocation by invocation.

use ratatui::layout::Rect;

use super::wants::Only;
use super::{Logs, Panel, export};
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::export::Contents;
use crate::app::selected::Selected;
use crate::app::step::{LogTarget, Step};
use crate::app::tabs::Context;
use crate::model::invocation::Status;
use crate::store::Store;
use crate::store::invocations::{Filter, Invocations as Index, Key, Measure, Row, Summary};
use crate::time::Moment;

/// Lines of the panel that are no rows: its frame, the two lines over the list, the column titles.
const CHROME: u16 = 5;
/// Rows of a list by anything but time: whoever looks for the slowest does not read on for hours.
const RANKED: usize = 2_000;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// Start, the newest first.
    #[default]
    Start,
    /// Duration, the longest first.
    Duration,
    /// Init or restore, the longest first.
    Init,
    /// Share of the memory that was used, the largest first.
    Memory,
    /// Failures first.
    Status,
}

impl Column {
    const ALL: [Column; 5] = [Column::Start, Column::Duration, Column::Init, Column::Memory, Column::Status];

    /// Its name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Column::Start => "start",
            Column::Duration => "duration",
            Column::Init => "init",
            Column::Memory => "memory",
            Column::Status => "status",
        }
    }

    fn next(self) -> Column {
        let at = Column::ALL.iter().position(|column| *column == self).unwrap_or_default();
        Column::ALL[(at + 1) % Column::ALL.len()]
    }

    /// What the index orders by; it has the newest first by itself.
    fn measure(self) -> Option<Measure> {
        match self {
            Column::Start => None,
            Column::Duration => Some(Measure::Duration),
            Column::Init => Some(Measure::Init),
            Column::Memory => Some(Measure::Memory),
            Column::Status => Some(Measure::Failure),
        }
    }
}

/// The panel's state.
#[derive(Debug, Default)]
pub struct Invocations {
    /// Filter, as typed.
    pub filter: String,
    /// What the list is sorted by.
    pub column: Column,
    /// Turned round.
    pub reversed: bool,
    /// Only those that ran in this stretch, ms since 1970, both ends included.
    pub stretch: Option<(i64, i64)>,
    /// Cursor in the list.
    pub cursor: Cursor,
    keys: Vec<Key>,
    /// All of those that the filter takes, in numbers.
    pub summary: Summary,
    /// The list is cut: only the first by its order are in it.
    pub cut: bool,
    made: Option<u64>,
    at: Option<Moment>,
}

impl Invocations {
    /// Rows of the list.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Nothing is in the list.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Rows on screen.
    pub fn height(body: Rect) -> usize {
        usize::from(body.height.saturating_sub(CHROME)).max(1)
    }

    /// A row of the list.
    pub fn row<'a>(&self, place: usize, index: &'a Index) -> Option<Row<'a>> {
        index.row(*self.keys.get(place)?)
    }

    /// A jump leads to the list of a stretch, or to something else: then the list is whole again.
    pub fn narrow(&mut self, target: &LogTarget, cx: &Context) {
        let stretch = target.stretch().filter(|_| target.invocations);
        if target.invocations {
            self.filter.clear();
        }
        if target.invocations || self.stretch != stretch {
            self.stretch = stretch;
            self.arrange(cx);
        }
    }

    /// Follows the index, four times a second at most: the order of 200,000 costs some milliseconds.
    pub fn follow(&mut self, cx: &Context) {
        // Where the clock stands still there are no quarters of a second.
        let due = self.at.is_none_or(|at| cx.now == at || (cx.now - at).num_milliseconds().abs() >= 250);
        if self.made != Some(cx.store.logs.invocations.generation()) && due {
            self.arrange(cx);
        }
    }

    /// Makes the list anew; the cursor stays on its invocation, or on the newest.
    pub fn arrange(&mut self, cx: &Context) {
        let index = &cx.store.logs.invocations;
        let chosen = self.keys.get(self.cursor.row).copied().filter(|_| self.cursor.row > 0);
        let above = self.cursor.row - self.cursor.first.min(self.cursor.row);
        let filter = Filter::read(&self.filter, index, word);
        index.choose(filter.as_ref(), &mut self.keys);
        if let Some((from, to)) = self.stretch {
            self.keys.retain(|key| index.row(*key).is_some_and(|row| row.start <= to && row.end >= from));
        }
        self.summary =
            if filter.is_none() && self.stretch.is_none() { index.summary(None) } else { index.summary_of(&self.keys) };
        self.cut = match self.column.measure() {
            Some(measure) => index.rank(&mut self.keys, measure, self.reversed, RANKED),
            None => false,
        };
        if self.column == Column::Start && self.reversed {
            self.keys.reverse();
        }
        if let Some(row) = chosen.and_then(|key| self.keys.iter().position(|known| *known == key)) {
            self.cursor.row = row;
            self.cursor.first = row.saturating_sub(above);
        }
        self.cursor.fit(self.keys.len(), Self::height(cx.body));
        self.made = Some(index.generation());
        self.at = Some(cx.now);
    }

    /// The rows of the list, for a file.
    pub fn contents(&self, store: &Store) -> Contents {
        const COLUMNS: [&str; 19] = [
            "timestamp",
            "functionName",
            "version",
            "requestId",
            "status",
            "errorType",
            "durationMs",
            "billedDurationMs",
            "initDurationMs",
            "restoreDurationMs",
            "memorySizeMB",
            "maxMemoryUsedMB",
            "lines",
            "errorLines",
            "attempt",
            "attempts",
            "traceId",
            "logGroupName",
            "logStreamName",
        ];
        let rows = self.keys.iter().filter_map(|key| store.logs.invocations.row(*key)).map(|row| {
            let (group, stream) = store.logs.names_of(row.source);
            let cells: [Option<String>; COLUMNS.len()] = [
                Some(export::time(row.start)),
                Some(row.function.to_string()),
                row.version.map(str::to_string),
                Some(row.key.request.to_string()),
                Some(word(row.status).to_string()),
                row.error_type.map(str::to_string),
                row.duration_ms.map(|ms| ms.to_string()),
                row.billed_ms.map(|ms| ms.to_string()),
                row.init_ms.map(|ms| ms.to_string()),
                row.restore_ms.map(|ms| ms.to_string()),
                row.memory_mb.map(|size| size.to_string()),
                row.memory_used_mb.map(|size| size.to_string()),
                Some(row.lines.to_string()),
                Some(row.errors.to_string()),
                Some(row.attempt.to_string()),
                Some(row.attempts.to_string()),
                row.trace_id.map(|trace| trace.to_string()),
                Some(group.to_string()),
                Some(stream.to_string()),
            ];
            cells.into()
        });
        Contents::Table { columns: COLUMNS.map(str::to_string).into(), rows: rows.collect() }
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        let Some(row) = self.row(self.cursor.row, &store.logs.invocations) else { return Selected::default() };
        let id = row.key.request.to_string();
        let (group, _) = store.logs.names_of(row.source);
        let function = store.functions.get(row.function).map(|function| function.name.clone());
        Selected {
            title: format!("{} {}", row.function, &id[..8]),
            function: function.or_else(|| Some(row.function.to_string())),
            qualifier: row.version.filter(|version| *version != "$LATEST").map(str::to_string),
            trace_id: row.trace_id.map(|trace| trace.to_string()),
            log_group: Some(group.to_string()),
            at: Moment::from_timestamp_millis(row.start),
            copy: Some(("request id".into(), id.clone())),
            request_id: Some(id),
            ..Selected::default()
        }
    }
}

/// A status as the screen names it.
pub fn word(status: Status) -> &'static str {
    match status {
        Status::Open => "running",
        Status::Ok => "ok",
        Status::Error => "error",
        Status::Crashed => "crashed",
        Status::OutOfMemory => "out of memory",
        Status::TimedOut => "time-out",
    }
}

impl Logs {
    pub(super) fn act_on_invocations(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        let panel = &mut self.invocations;
        let height = Invocations::height(cx.body);
        if let Some(motion) = Motion::of(action) {
            panel.cursor.go(motion, panel.keys.len(), height);
            return vec![];
        }
        match action {
            Action::Open | Action::SeeLogs => {
                let index = &cx.store.logs.invocations;
                let Some(row) = panel.row(panel.cursor.row, index) else { return vec![] };
                let Some(lines) = index.only(row.key) else { return vec![] };
                let title = format!("invocation {} of {}", &row.key.request.to_string()[..8], row.function);
                self.show_only(Only::Invocation(lines), title, cx);
            }
            Action::Sort | Action::SortReverse => {
                if action == Action::Sort {
                    (panel.column, panel.reversed) = (panel.column.next(), false);
                } else {
                    panel.reversed = !panel.reversed;
                }
                panel.cursor = Cursor::default();
                panel.arrange(cx);
            }
            Action::NextError | Action::PreviousError => {
                let index = &cx.store.logs.invocations;
                let failed = |row: &usize| panel.row(*row, index).is_some_and(|row| row.status.is_failure());
                let found = if action == Action::NextError {
                    (panel.cursor.row + 1..panel.keys.len()).find(failed)
                } else {
                    (0..panel.cursor.row.min(panel.keys.len())).rev().find(failed)
                };
                let Some(row) = found else {
                    return vec![Step::Say("No further failed invocation in the list".into())];
                };
                panel.cursor.row = row;
                panel.cursor.fit(panel.keys.len(), height);
            }
            Action::Back if !panel.filter.is_empty() => {
                panel.filter.clear();
                panel.arrange(cx);
            }
            Action::Back if panel.stretch.is_some() => {
                panel.stretch = None;
                panel.arrange(cx);
            }
            Action::Back => self.panel = Panel::Lines,
            _ => {}
        }
        vec![]
    }
}
