//! The Errors panel: what is loaded of the log, error by error, each told by its fingerprint.

use ratatui::layout::Rect;

use super::wants::Only;
use super::{Logs, Panel, export};
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::export::Contents;
use crate::app::selected::Selected;
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::store::Store;
use crate::store::errors::{Errors as Index, Group};
use crate::time::Moment;

/// Lines of the panel that are no rows: its frame, the two lines over the list, the column titles.
const CHROME: u16 = 5;
/// Rows that the sample of the selected error takes, where there is room.
pub const SAMPLE: u16 = 6;
/// From this height on there is room.
const TALL: u16 = 18;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// How many, the most first.
    #[default]
    Count,
    /// Last seen, the newest first.
    Last,
    /// First seen, the newest first.
    First,
    /// Type and message.
    Name,
}

impl Column {
    const ALL: [Column; 4] = [Column::Count, Column::Last, Column::First, Column::Name];

    /// Its name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Column::Count => "count",
            Column::Last => "last seen",
            Column::First => "first seen",
            Column::Name => "error",
        }
    }

    fn next(self) -> Column {
        let at = Column::ALL.iter().position(|column| *column == self).unwrap_or_default();
        Column::ALL[(at + 1) % Column::ALL.len()]
    }
}

/// The panel's state.
#[derive(Debug, Default)]
pub struct Errors {
    /// Filter, as typed.
    pub filter: String,
    /// What the list is sorted by.
    pub column: Column,
    /// Turned round.
    pub reversed: bool,
    /// Cursor in the list.
    pub cursor: Cursor,
    hashes: Vec<u64>,
    /// What was first seen after this is new, ms since 1970.
    pub since: Option<i64>,
    made: Option<u64>,
    at: Option<Moment>,
}

impl Errors {
    /// None yet; what is first seen after this moment is new.
    pub fn since(moment: Moment) -> Errors {
        Errors { since: Some(moment.timestamp_millis()), ..Errors::default() }
    }

    /// Rows of the list.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Nothing is in the list.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether the selected error's sample is shown below the list.
    pub fn has_sample(body: Rect) -> bool {
        body.height >= TALL
    }

    /// Rows on screen.
    pub fn height(body: Rect) -> usize {
        let sample = if Self::has_sample(body) { SAMPLE } else { 0 };
        usize::from(body.height.saturating_sub(CHROME + sample)).max(1)
    }

    /// A row of the list.
    pub fn row<'a>(&self, place: usize, index: &'a Index) -> Option<&'a Group> {
        index.group(*self.hashes.get(place)?)
    }

    /// It was not there when this tail began, and is now.
    pub fn is_new(&self, group: &Group) -> bool {
        self.since.is_some_and(|since| group.is_new(since))
    }

    /// Follows the index, four times a second at most.
    pub fn follow(&mut self, cx: &Context) {
        // Where the clock stands still there are no quarters of a second.
        let due = self.at.is_none_or(|at| cx.now == at || (cx.now - at).num_milliseconds().abs() >= 250);
        if self.made != Some(cx.store.logs.errors.generation()) && due {
            self.arrange(cx);
        }
    }

    /// Makes the list anew; the cursor stays on its error.
    pub fn arrange(&mut self, cx: &Context) {
        let index = &cx.store.logs.errors;
        let chosen = self.hashes.get(self.cursor.row).copied().filter(|_| self.cursor.row > 0);
        let words: Vec<String> = self.filter.to_lowercase().split_whitespace().map(str::to_string).collect();
        let mut groups: Vec<&Group> = index.groups().filter(|group| passes(group, &words)).collect();
        groups.sort_by(|a, b| {
            let order = match self.column {
                Column::Count => b.count.cmp(&a.count),
                Column::Last => b.last.cmp(&a.last),
                Column::First => b.first.cmp(&a.first),
                Column::Name => (&a.error_type, &a.message).cmp(&(&b.error_type, &b.message)),
            };
            let order = if self.reversed { order.reverse() } else { order };
            order.then(b.last.cmp(&a.last)).then(a.hash.cmp(&b.hash))
        });
        self.hashes = groups.into_iter().map(|group| group.hash).collect();
        if let Some(row) = chosen.and_then(|hash| self.hashes.iter().position(|known| *known == hash)) {
            self.cursor.row = row;
        }
        self.cursor.fit(self.hashes.len(), Self::height(cx.body));
        self.made = Some(index.generation());
        self.at = Some(cx.now);
    }

    /// The rows of the list, for a file.
    pub fn contents(&self, store: &Store) -> Contents {
        const COLUMNS: [&str; 9] =
            ["errorType", "message", "frame", "count", "firstSeen", "lastSeen", "functions", "logGroupName", "sample"];
        let groups = self.hashes.iter().filter_map(|hash| store.logs.errors.group(*hash));
        let rows = groups.map(|group| {
            let functions: Vec<String> =
                group.functions.iter().map(|(name, count)| format!("{name} {count}")).collect();
            let (log_group, _) = store.logs.names_of(group.at.source);
            let cells: [String; COLUMNS.len()] = [
                group.error_type.clone(),
                group.message.clone(),
                group.frame.clone(),
                group.count.to_string(),
                export::time(group.first),
                export::time(group.last),
                functions.join("; "),
                log_group.to_string(),
                group.sample.clone(),
            ];
            cells.map(|cell| Some(cell).filter(|cell| !cell.is_empty())).into()
        });
        Contents::Table { columns: COLUMNS.map(str::to_string).into(), rows: rows.collect() }
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        let Some(group) = self.row(self.cursor.row, &store.logs.errors) else { return Selected::default() };
        let function = group.functions.iter().max_by_key(|(_, count)| *count).map(|(name, _)| name.clone());
        let index = &store.logs.invocations;
        let key = index.of_line(group.at.source, group.at.timestamp, group.at.request);
        let row = key.and_then(|key| index.row(key));
        let (log_group, _) = store.logs.names_of(group.at.source);
        Selected {
            title: title(group),
            function,
            request_id: row.map(|row| row.key.request.to_string()),
            trace_id: row.and_then(|row| row.trace_id).map(|trace| trace.to_string()),
            log_group: Some(log_group.to_string()),
            at: Moment::from_timestamp_millis(group.last),
            copy: Some(("error".into(), if group.sample.is_empty() { title(group) } else { group.sample.clone() })),
            ..Selected::default()
        }
    }
}

/// An error in a few words.
pub fn title(group: &Group) -> String {
    match (group.error_type.as_str(), group.message.as_str()) {
        ("", message) => message.to_string(),
        (name, "") => name.to_string(),
        (name, message) => format!("{name}: {message}"),
    }
}

/// A group passes where each word is in its type, message, frame or functions; `!word` where it is in none.
fn passes(group: &Group, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut told = format!("{} {} {}", group.error_type, group.message, group.frame).to_lowercase();
    for (function, _) in &group.functions {
        told.push(' ');
        told.push_str(&function.to_lowercase());
    }
    words.iter().all(|word| match word.strip_prefix('!') {
        Some(not) => not.is_empty() || !told.contains(not),
        None => told.contains(word.as_str()),
    })
}

impl Logs {
    pub(super) fn act_on_errors(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        let panel = &mut self.errors;
        let height = Errors::height(cx.body);
        if let Some(motion) = Motion::of(action) {
            panel.cursor.go(motion, panel.hashes.len(), height);
            return vec![];
        }
        match action {
            Action::Open | Action::SeeLogs => {
                let Some(group) = panel.row(panel.cursor.row, &cx.store.logs.errors) else { return vec![] };
                let (hash, name) = (group.hash, format!("error {}", title(group)));
                self.show_only(Only::Error(hash), name, cx);
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
