//! Logs: a tail of one or more groups in the order of time.

mod export;
pub mod matching;
mod pointers;

use super::{Context, Learnt};
use crate::app::command::{Action, Place};
use crate::app::cursor::{Cursor, Motion};
use crate::app::interests::{Interests, Tail, TailGroup};
use crate::app::overlay::{LineView, Overlay};
use crate::app::selected::Selected;
use crate::app::step::{LogTarget, Step};
use crate::model::log::Level;
use crate::model::trouble::Trouble;
use crate::store::Store;
use crate::time::Moment;
use matching::Shown;
use std::collections::BTreeMap;

/// Lines of the panel that are no rows: its frame and the status line.
const CHROME: u16 = 3;
/// Columns of one step to the side.
const STEP: usize = 16;

/// The tab's state.
#[derive(Debug, Default)]
pub struct Logs {
    /// Local filter, as typed.
    pub filter: String,
    /// Filter pattern that AWS applies.
    pattern: String,
    /// What is tailed.
    pub groups: Vec<TailGroup>,
    generation: u64,
    since_s: u64,
    /// Which lines are shown.
    pub shown: Shown,
    /// Only lines of at least this level.
    pub least: Option<Level>,
    /// Cursor in the rows shown.
    pub cursor: Cursor,
    /// Stays on the newest line.
    pub paused: bool,
    /// Wraps long lines.
    pub wrap: bool,
    /// First column shown of long lines.
    pub column: usize,
    /// Everything up to here has been read.
    pub read_to: Option<Moment>,
    /// Older lines are being asked for: those before this.
    older_than: Option<i64>,
    /// Nothing older than this exists, or is within reach.
    exhausted: bool,
    /// Groups that can't be read, and why.
    pub troubles: BTreeMap<String, Trouble>,
    /// A moment to go to once it is loaded.
    target: Option<i64>,
    arrivals: Vec<(Moment, usize)>,
    /// Lines a second, over the last ten.
    pub rate: f64,
    entered: bool,
    /// Chosen by the program, not by the user.
    pub by_itself: bool,
}

impl Logs {
    /// Where keys listen.
    pub fn place(&self) -> Place {
        Place::Logs
    }

    /// Rows on screen.
    pub fn height(body: ratatui::layout::Rect) -> usize {
        usize::from(body.height.saturating_sub(CHROME)).max(1)
    }

    /// Begins another tail: late batches of the one before are told by its generation.
    fn begin(&mut self, groups: Vec<TailGroup>, cx: &Context) {
        let same = groups == self.groups;
        self.groups = groups;
        if !same {
            self.pattern.clear();
        }
        self.generation += 1;
        self.since_s = cx.config.logs.lookback.as_secs();
        self.cursor = Cursor::default();
        self.paused = false;
        self.column = 0;
        self.read_to = None;
        self.older_than = None;
        self.exhausted = false;
        self.troubles.clear();
        self.target = None;
        self.arrivals.clear();
        self.rate = 0.0;
        self.shown = Shown::default();
    }

    /// The generation of the tail, as its batches carry it.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Something new is known.
    pub fn learn(&mut self, learnt: Learnt, cx: &Context) {
        match learnt {
            Learnt::Functions | Learnt::Metrics if self.entered && self.groups.is_empty() => self.choose(cx),
            Learnt::Logs(from) => {
                self.shown.extend(from, &cx.store.logs);
                self.settle(cx);
            }
            Learnt::Other => self.settle(cx),
            _ => {}
        }
    }

    /// The tab is shown, with `function` the one selected elsewhere.
    pub fn enter(&mut self, function: Option<String>, cx: &Context) {
        self.entered = true;
        if self.groups.is_empty() {
            match function {
                Some(function) => {
                    let groups = self.groups_of(&[function], &[], cx.store);
                    self.begin(groups, cx);
                }
                None => self.choose(cx),
            }
        }
    }

    /// With nothing chosen, the log of the worst function is worth more than an empty screen.
    fn choose(&mut self, cx: &Context) {
        let functions = cx.store.functions.all();
        let figures = |name: &str| cx.store.metrics.figures(&crate::model::series::Subject::Function(name.to_string()));
        let worst = functions.iter().max_by(|a, b| {
            let score = |f: &crate::model::function::Function| crate::app::tabs::functions::score(&figures(&f.name), f);
            score(a).total_cmp(&score(b)).then_with(|| b.name.cmp(&a.name))
        });
        if let Some(function) = worst.map(|function| function.name.clone()) {
            let groups = self.groups_of(&[function], &[], cx.store);
            self.begin(groups, cx);
            self.by_itself = true;
        }
    }

    /// The store has been emptied for this tail.
    pub fn cleared(&mut self, cx: &Context) {
        self.shown = Shown::default();
        self.shown.set(&self.filter, self.least, &cx.store.logs);
        self.cursor = Cursor::default();
    }

    /// Puts the cursor where it belongs after lines have come or gone.
    fn settle(&mut self, cx: &Context) {
        let rows = self.shown.len(&cx.store.logs);
        let height = Self::height(cx.body);
        if let Some(target) = self.target
            && (cx.store.logs.newest().is_some_and(|newest| newest >= target) || self.read_to.is_some())
        {
            let place = cx.store.logs.place_of(target);
            self.cursor.row = self.shown.row_of(place).min(rows.saturating_sub(1));
            self.cursor.first = self.cursor.row.saturating_sub(height / 3);
            if rows > 0 {
                self.target = None;
            }
        }
        if !self.paused {
            self.cursor.go(Motion::Last, rows, height);
        }
        self.cursor.fit(rows, height);
    }

    /// A batch has come: how fast they come, and how far the tail has read.
    pub fn note_batch(&mut self, lines: usize, read_to: Moment, now: Moment) {
        self.read_to = Some(read_to);
        self.arrivals.push((now, lines));
        self.arrivals.retain(|(at, _)| (now - *at).num_seconds() < 10);
        self.rate = self.arrivals.iter().map(|(_, lines)| *lines as f64).sum::<f64>() / 10.0;
    }

    /// Older lines have come: the cursor stays on its line.
    pub fn note_older(&mut self, added: usize, shown_before: usize, cx: &Context) {
        self.older_than = None;
        self.exhausted = added == 0;
        self.shown.extend(0, &cx.store.logs);
        let more = self.shown.len(&cx.store.logs).saturating_sub(shown_before);
        self.cursor.row += more;
        self.cursor.first += more;
        self.settle(cx);
    }

    /// The local filter or the level has changed.
    pub fn arrange(&mut self, cx: &Context) {
        let store = &cx.store.logs;
        let place = self.shown.place(self.cursor.row, store);
        self.shown.set(&self.filter, self.least, store);
        if let Some(place) = place {
            self.cursor.row = self.shown.row_of(place);
        }
        self.settle(cx);
    }

    /// A key's meaning.
    pub fn act(&mut self, action: Action, cx: &Context) -> Vec<Step> {
        let store = &cx.store.logs;
        let rows = self.shown.len(store);
        let height = Self::height(cx.body);
        if let Some(motion) = Motion::of(action) {
            if motion == Motion::Last {
                self.paused = false;
            } else {
                self.paused = true;
                let upwards = matches!(motion, Motion::First | Motion::By(..0) | Motion::Pages(..0));
                if upwards && self.cursor.row == 0 && !self.exhausted && self.older_than.is_none() {
                    self.older_than = store.oldest().or_else(|| Some(cx.now.timestamp_millis()));
                }
            }
            self.cursor.go(motion, rows, height);
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
            Action::LevelUp => {
                self.least = match self.least {
                    None => Some(Level::Info),
                    Some(Level::Info) => Some(Level::Warn),
                    Some(Level::Warn) => Some(Level::Error),
                    _ => None,
                };
                self.arrange(cx);
            }
            Action::NextError | Action::PreviousError => {
                let forward = action == Action::NextError;
                let is_error =
                    |row: &usize| self.shown.place(*row, store).is_some_and(|place| store.level(place) == Level::Error);
                let found = if forward {
                    (self.cursor.row + 1..rows).find(is_error)
                } else {
                    (0..self.cursor.row.min(rows)).rev().find(is_error)
                };
                match found {
                    Some(row) => {
                        self.paused = true;
                        self.cursor.row = row;
                        self.cursor.fit(rows, height);
                    }
                    None => return vec![Step::Say("No further error in what is loaded".into())],
                }
            }
            Action::Open => {
                let line = self.shown.place(self.cursor.row, store).and_then(|place| store.line(place));
                if let Some(line) = line {
                    self.paused = true;
                    return vec![Step::Show(Box::new(Overlay::Line(LineView::new(&line))))];
                }
            }
            Action::Back if !self.filter.is_empty() || self.least.is_some() => {
                self.filter.clear();
                self.least = None;
                self.arrange(cx);
            }
            _ => {}
        }
        vec![]
    }

    fn groups_of(&self, functions: &[String], groups: &[String], store: &Store) -> Vec<TailGroup> {
        let mut wanted: Vec<TailGroup> = functions
            .iter()
            .map(|name| match store.functions.get(name) {
                Some(function) => {
                    let shared = store.functions.is_shared_group(&function.log_group);
                    TailGroup { name: function.log_group.clone(), function: shared.then(|| name.clone()) }
                }
                None => TailGroup { name: format!("/aws/lambda/{name}"), function: None },
            })
            .collect();
        wanted.extend(groups.iter().map(|name| TailGroup { name: name.clone(), function: None }));
        wanted
    }

    /// Shows what another view points at. The lines of another tail are dropped by whoever holds the store.
    pub fn show(&mut self, target: LogTarget, cx: &Context) {
        let groups = self.groups_of(&target.functions, &target.groups, cx.store);
        let reach = target.at.map(|at| ((cx.now.timestamp_millis() - at) / 1000).max(0) as u64 + 120);
        let near_enough = reach.is_none_or(|reach| reach <= self.since_s);
        if groups != self.groups || !near_enough || !self.pattern.is_empty() {
            self.begin(groups, cx);
        }
        if let Some(reach) = reach {
            self.since_s = self.since_s.max(reach);
        }
        self.by_itself = false;
        self.filter = target.filter.unwrap_or_default();
        self.least = None;
        self.target = target.at;
        self.paused = target.at.is_some();
        self.arrange(cx);
    }

    /// What is selected.
    pub fn selected(&self, store: &Store) -> Selected {
        let Some(line) = self.shown.place(self.cursor.row, &store.logs).and_then(|place| store.logs.line(place)) else {
            let mut selected = Selected::default();
            if let Some(group) = self.groups.first() {
                selected.function = group
                    .function
                    .clone()
                    .or_else(|| store.functions.of_log_group(&group.name).map(|function| function.name.clone()));
                selected.log_group = Some(group.name.clone());
                selected.title.clone_from(&group.name);
            }
            return selected;
        };
        pointers::of(&line, store)
    }

    /// What should be polled while this tab is shown.
    pub fn interests(&self, _cx: &Context, wanted: &mut Interests) {
        wanted.inventory = true;
        if self.groups.is_empty() {
            return;
        }
        wanted.tail = Some(Tail {
            generation: self.generation,
            groups: self.groups.clone(),
            pattern: self.pattern.clone(),
            since_s: self.since_s,
            follow: !self.paused,
            older_than: self.older_than,
            fetch: None,
            live: false,
        });
    }

    /// Esc has something to leave here.
    pub fn can_leave(&self) -> bool {
        !self.filter.is_empty() || self.least.is_some()
    }

    /// The filter pattern that AWS applies.
    pub fn expression(&self) -> &str {
        &self.pattern
    }

    /// Older lines are on their way.
    pub fn is_loading_older(&self) -> bool {
        self.older_than.is_some()
    }

    /// Another filter pattern for AWS to apply; says what is wrong with it.
    pub fn set_expression(&mut self, text: &str, cx: &Context) -> Result<(), String> {
        // The limit of the API; what else is wrong with a pattern, the service says.
        if text.len() > 1024 {
            return Err(format!("{} characters, AWS takes 1024", text.len()));
        }
        let groups = self.groups.clone();
        let filter = std::mem::take(&mut self.filter);
        self.begin(groups, cx);
        self.filter = filter;
        self.pattern = text.trim().to_string();
        self.arrange(cx);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::app::keymap::Keymap;
    use crate::app::message::{Message, News};
    use crate::app::{App, Origin};
    use crate::config::Config;
    use crate::model::function::Function;
    use crate::model::log::LogEvent;
    use crate::time::Clock;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    fn press(app: &mut App, key: char) {
        app.update(Message::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE)));
    }

    #[test]
    fn the_log_of_the_selected_function_is_tailed_and_shown() {
        let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), Clock::system(), (120, 40));
        let function = Function { name: "a".into(), log_group: "/aws/lambda/a".into(), ..Function::default() };
        app.update(Message::News(News::FunctionsPage { functions: vec![function], page: 0, last: true }));
        press(&mut app, '2');
        press(&mut app, 'l');
        let tail = app.interests().tail.expect("a tail is wanted");
        assert_eq!(tail.groups[0].name, "/aws/lambda/a");
        assert!(tail.follow);
        let now = app.now;
        let event = LogEvent { timestamp: now.timestamp_millis(), message: "hello".into(), ..LogEvent::default() };
        let news = News::LogEvents { tail: tail.generation, events: vec![event], read_to: now };
        app.update(Message::News(news.clone()));
        assert_eq!(app.store.logs.len(), 1);
        let News::LogEvents { events, read_to, .. } = news else { return };
        app.update(Message::News(News::LogEvents { tail: tail.generation + 1, events, read_to }));
        assert_eq!(app.store.logs.len(), 1, "lines of another tail are not shown in this one");
    }
}
