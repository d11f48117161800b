//! The Invocations panel: what is loaded of the log, invocation by invocation.

use ratatui::layout::Rect;

use super::wants::Only;
use super::{Logs, Panel, export};
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::export::Contents;
use crate::app::selected::Selected;
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::model::invocation::Status;
use crate::store::Store;
use crate::store::invocations::{Invocations as Index, Key, Row, Summary};
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

    fn rank(self, row: &Row<'_>) -> f64 {
        match self {
            Column::Start => row.start as f64,
            Column::Duration => row.duration_ms.unwrap_or(-1.0),
            Column::Init => row.init_ms.or(row.restore_ms).map_or(-1.0, f64::from),
            Column::Memory => match (row.memory_used_mb, row.memory_mb) {
                (Some(used), Some(size)) if size > 0 => f64::from(used) / f64::from(size),
                _ => -1.0,
            },
            // Those that returned normally and yet logged errors come before those that did not.
            Column::Status if row.status == Status::Ok => f64::from(u8::from(row.errors > 0)),
            Column::Status if row.status.is_failure() => 2.0 + f64::from(row.status as u8),
            Column::Status => 0.5,
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
        let words: Vec<String> = self.filter.to_lowercase().split_whitespace().map(str::to_string).collect();
        self.keys = if words.is_empty() {
            index.keys().collect()
        } else {
            index.rows().filter(|row| passes(row, &words)).map(|row| row.key).collect()
        };
        self.summary = if words.is_empty() { index.summary(None) } else { index.summary_of(&self.keys) };
        self.cut = false;
        if self.column != Column::Start {
            self.rank(index);
        } else if self.reversed {
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

    /// Orders by the column; of very many only the first.
    fn rank(&mut self, index: &Index) {
        let mut ranked: Vec<(f64, i64, Key)> = self
            .keys
            .iter()
            .filter_map(|key| index.row(*key))
            .map(|row| (self.column.rank(&row), row.start, row.key))
            .collect();
        let turned = self.reversed;
        let order = move |a: &(f64, i64, Key), b: &(f64, i64, Key)| {
            let by_rank = if turned { a.0.total_cmp(&b.0) } else { b.0.total_cmp(&a.0) };
            by_rank.then(b.1.cmp(&a.1))
        };
        if ranked.len() > RANKED {
            ranked.select_nth_unstable_by(RANKED, order);
            ranked.truncate(RANKED);
            self.cut = true;
        }
        ranked.sort_by(order);
        self.keys = ranked.into_iter().map(|(.., key)| key).collect();
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

/// A row passes where each word is in its function, version, status, error type or ids; `!word` where it is in none.
fn passes(row: &Row<'_>, words: &[String]) -> bool {
    let id = row.key.request.to_string();
    let trace = row.trace_id.map(|trace| trace.to_string()).unwrap_or_default();
    let cold = if row.init_ms.is_some() || row.restore_ms.is_some() { "cold" } else { "warm" };
    let told = format!(
        "{} {} {} {} {cold} {id} {trace}",
        row.function,
        row.version.map(|version| format!("v{version}")).unwrap_or_default(),
        word(row.status),
        row.error_type.unwrap_or_default(),
    )
    .to_lowercase();
    words.iter().all(|word| match word.strip_prefix('!') {
        Some(not) => not.is_empty() || !told.contains(not),
        None => told.contains(word.as_str()),
    })
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
            Action::Back => self.panel = Panel::Lines,
            _ => {}
        }
        vec![]
    }
}
