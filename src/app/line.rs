//! One log line, read: a tree where it is JSON, its text where it is not.

mod copies;
mod rows;

use super::App;
use super::command::Action;
use super::cursor::{Cursor, Motion};
use super::effect::Effect;
use super::overlay::{Help, Overlay, Prompt, PromptKind};
use super::step::Jump;
use super::tabs::Tab;
use super::tabs::logs::Panel;
use crate::model::expression::{self, Literal};
use crate::model::json::{self, Broken, Document, Kind, Label};
use crate::store::logs::Line;
pub use copies::{Copies, Subject, What};
pub use rows::{Row, Rows, indent};

/// Columns of one step to the side.
const STEP: usize = 16;
/// A filter made of a value has at most so many bytes.
const FILTER: usize = 200;

/// One log line, whole.
#[derive(Debug)]
pub struct LineView {
    /// Where it is from, and its text.
    pub subject: Subject,
    /// Its values, where it is JSON, or ends in JSON.
    pub document: Option<Document>,
    /// What stands before the JSON.
    pub head: String,
    /// Where it was going to be JSON, and is not.
    pub broken: Option<Broken>,
    /// What of it can be seen, row by row.
    pub rows: Rows,
    /// The selected row.
    pub cursor: Cursor,
    /// First column shown.
    pub column: usize,
    /// Wraps what is too long for a row.
    pub wrap: bool,
    /// What is looked for in it.
    pub find: String,
}

/// Columns and rows that the popup may take on a screen of this size, its frame included.
pub fn popup_size((columns, rows): (u16, u16)) -> (u16, u16) {
    (columns.saturating_sub(4).min(200), rows.saturating_sub(3).max(4))
}

impl LineView {
    /// A line to look at; it is laid out when the size of the screen is known, see [`LineView::fit`].
    pub fn new(line: &Line<'_>) -> LineView {
        let text = line.text.trim_end();
        let (head, read) = read(text);
        let (document, broken) = match read {
            Ok(document) => (Some(document), None),
            // `[ERROR] …` begins like JSON and was never meant to be.
            Err(broken) => (None, Some(broken).filter(|broken| broken.values > 1)),
        };
        LineView {
            subject: Subject::new(line),
            rows: Rows::new(document.as_ref()),
            head: head.to_string(),
            // Prose is read as a whole, a tree is read by its shape.
            wrap: document.is_none(),
            document,
            broken,
            cursor: Cursor::default(),
            column: 0,
            find: String::new(),
        }
    }

    /// Goes to the next value, or the one before, that has what is looked for, in its key or in itself; from where it is, round the
    /// end. Looking on from the selected one includes it. False where nothing has it.
    pub(super) fn seek(&mut self, step: isize) -> bool {
        let (Some(document), false) = (&self.document, self.find.is_empty()) else { return false };
        let text = self.find.to_lowercase();
        let has = |at: usize| {
            let key = matches!(document.label(at), Label::Key(key) if key.to_lowercase().contains(&text));
            key || !document.node(at).kind.is_container() && document.plain(at).to_lowercase().contains(&text)
        };
        let (count, here) = (document.len().cast_signed(), self.node().cast_signed());
        let from = if step == 0 { 0 } else { 1 };
        let turn = if step < 0 { -1 } else { 1 };
        let places = (from..count + from).map(|n| (here + n * turn).rem_euclid(count).cast_unsigned());
        let Some(found) = places.into_iter().find(|at| has(*at)) else { return false };
        let mut above = document.node(found).parent as usize;
        while above > 0 {
            self.rows.set_open(above, true);
            above = document.node(above).parent as usize;
        }
        self.rows.set_open(0, true);
        self.lay_out();
        self.cursor.row = self.rows.row_of(found);
        self.cursor.fit(self.rows.len(), self.rows.height);
        true
    }

    /// The screen may have another size than when the rows were laid out.
    pub fn fit(&mut self, size: (u16, u16)) {
        let (columns, rows) = popup_size(size);
        self.rows.height = usize::from(rows.saturating_sub(2)).max(1);
        let columns = usize::from(columns.saturating_sub(4)).max(8);
        if self.rows.columns != columns || self.rows.wrap != self.wrap {
            (self.rows.columns, self.rows.wrap) = (columns, self.wrap);
            self.lay_out();
        }
        self.cursor.fit(self.rows.len(), self.rows.height);
    }

    fn lay_out(&mut self) {
        let node = self.node();
        let text = if self.document.is_some() { &self.head } else { &self.subject.text };
        self.rows.lay_out(self.document.as_ref(), text);
        self.cursor.row = self.rows.row_of(node);
        self.cursor.fit(self.rows.len(), self.rows.height);
    }

    /// The selected value; 0 is the whole.
    pub fn node(&self) -> usize {
        self.rows.get(self.cursor.row).map_or(0, |row| row.node as usize)
    }

    /// Path of the selected value, where the line is JSON.
    pub fn path(&self) -> Option<String> {
        self.document.as_ref().map(|document| document.path(self.node()))
    }

    /// The selected value as text, where the line is JSON.
    pub fn value(&self) -> Option<String> {
        self.document.as_ref().map(|document| document.plain(self.node()).into_owned())
    }

    /// The annotation that is selected, of a segment's document: its key and its value.
    fn annotation(&self) -> Option<(String, Literal)> {
        let document = self.document.as_ref()?;
        let node = self.node();
        let above = document.node(node).parent as usize;
        let (Label::Key(key), Label::Key(holder)) = (document.label(node), document.label(above)) else { return None };
        if holder != "annotations" {
            return None;
        }
        let value = document.plain(node).into_owned();
        let literal = match document.node(node).kind {
            Kind::String => Literal::Text(value),
            Kind::Number => Literal::Number(value.parse().ok()?),
            Kind::Bool => Literal::Truth(value == "true"),
            _ => return None,
        };
        Some((key.into_owned(), literal))
    }

    /// What the local filter has to be for lines in which this field has this value: as both stand in the line, escapes and
    /// all. A value without a field, in a list, is looked for by itself.
    pub fn as_filter(&self) -> Option<String> {
        let document = self.document.as_ref()?;
        let node = self.node();
        if document.node(node).kind.is_container() {
            return None;
        }
        let raw = document.raw(node);
        if let Some(key) = document.raw_key(node) {
            let value = &raw[..raw.floor_char_boundary(FILTER)];
            // A number ends where another could not go on; what was cut ends nowhere.
            let end = if value.len() == raw.len() && !raw.starts_with('"') { r"(?:[,}\]\s]|$)" } else { "" };
            return Some(format!(r"/{}\s*:\s*{}{end}/", regex::escape(key), regex::escape(value)));
        }
        let raw = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw);
        let text = &raw[..raw.floor_char_boundary(FILTER)];
        // At the beginning of a filter these two mean something else.
        let escaped = || format!("/{}/", regex::escape(text));
        (!text.is_empty()).then(|| if text.starts_with(['/', '!']) { escaped() } else { text.to_string() })
    }

    /// Folds the selected value, or unfolds it. False where there is nothing to fold.
    fn toggle(&mut self) -> bool {
        let node = self.node();
        let Some(open) = self.rows.folding(self.document.as_ref(), node) else { return false };
        self.rows.set_open(node, !open);
        self.lay_out();
        true
    }

    fn left(&mut self) {
        let node = self.node();
        if self.column > 0 {
            self.column = self.column.saturating_sub(STEP);
        } else if self.rows.folding(self.document.as_ref(), node) == Some(true) {
            self.toggle();
        } else if let Some(parent) = self.document.as_ref().map(|document| document.node(node).parent as usize)
            && parent > 0
        {
            self.cursor.row = self.rows.row_of(parent);
            self.cursor.fit(self.rows.len(), self.rows.height);
        }
    }

    fn right(&mut self) {
        if self.rows.folding(self.document.as_ref(), self.node()) == Some(false) {
            self.toggle();
        } else if !self.wrap {
            self.column = (self.column + STEP).min(1 << 20);
        }
    }

    fn fold_all(&mut self, open: bool) {
        self.rows.set_all(open);
        self.lay_out();
    }

    /// Moves, folds, scrolls; false where the action means nothing to a line.
    fn act(&mut self, action: Action) -> bool {
        if let Some(motion) = Motion::of(action) {
            self.cursor.go(motion, self.rows.len(), self.rows.height);
            return true;
        }
        match action {
            Action::Open | Action::Fold => return self.toggle(),
            Action::Left => self.left(),
            Action::Right => self.right(),
            Action::FoldAll => self.fold_all(false),
            Action::UnfoldAll => self.fold_all(true),
            Action::Wrap => {
                self.wrap = !self.wrap;
                self.column = 0;
                self.rows.wrap = self.wrap;
                self.lay_out();
            }
            _ => return false,
        }
        true
    }
}

/// The JSON in a line, with what stands before it: as `TIME REQUEST INFO {…}`, in which Node.js logs an object.
fn read(text: &str) -> (&str, Result<Document, Broken>) {
    let whole = Document::read(text);
    match &whole {
        Ok(document) if document.node(0).kind.is_container() && document.len() > 1 => return ("", whole),
        Err(broken) if broken.values > 1 => return ("", whole),
        _ => {}
    }
    let tail = json::begins(text).filter(|at| *at > 0).map(|at| (at, Document::read(&text[at..])));
    match tail {
        Some((at, Ok(document))) if document.len() > 1 => (text[..at].trim_end(), Ok(document)),
        // A number or a word alone is JSON too, but no tree.
        _ => ("", whole.and(Err(Broken { at: 0, expected: "", values: 0 }))),
    }
}

impl App {
    /// A key while a line is read.
    pub(super) fn line_key(&mut self, action: Action) -> Vec<Effect> {
        let size = self.size;
        let place = self.place();
        let Some(Overlay::Line(view)) = self.overlays.last_mut() else { return vec![] };
        view.fit(size);
        if view.act(action) {
            return vec![];
        }
        match action {
            // Prose has nothing to go into: Enter closes what Enter opened.
            Action::Open if view.document.is_none() => {
                self.overlays.pop();
            }
            Action::Back => {
                self.overlays.pop();
            }
            Action::Quit => return self.quit(),
            Action::Filter if view.document.is_some() => {
                let before = view.find.clone();
                self.overlays.push(Overlay::Prompt(Prompt::new(PromptKind::Find, before)));
            }
            Action::NextMatch | Action::PreviousMatch => {
                let step = if action == Action::NextMatch { 1 } else { -1 };
                if !view.seek(step) {
                    self.notices.say("Nothing to find: / looks for something", self.now);
                }
            }
            Action::Help => self.overlays.push(Overlay::Help(Help { place: Some(place), cursor: Cursor::default() })),
            Action::Copy => {
                let (what, text) = match (view.path(), view.value()) {
                    (Some(path), Some(value)) => (path, value),
                    _ => ("log line".to_string(), view.subject.text.clone()),
                };
                return vec![Effect::Copy { what, text: crate::text::safe(&text).into_owned() }];
            }
            Action::CopyMenu => {
                let copies = Copies::new(view.subject.clone(), view.path().zip(view.value()));
                self.overlays.push(Overlay::Copies(Box::new(copies)));
            }
            Action::FilterByValue if self.logs.panel == Panel::Insights => {
                if let Some(value) = view.value() {
                    self.overlays.pop();
                    self.with_tabs(|tabs, cx| tabs.logs.set_typed_filter(&value, cx));
                }
            }
            // Of a segment's document annotations are what traces can be filtered by.
            Action::FilterByValue | Action::ToggleColumn if self.tab == Tab::Traces => match view.annotation() {
                Some((key, _)) if action == Action::ToggleColumn => {
                    let said = match self.traces.toggle_annotation(&key) {
                        true => format!("{key} is a column of the list now"),
                        false => format!("{key} is no column any more"),
                    };
                    self.notices.say(said, self.now);
                }
                Some((key, literal)) => {
                    self.overlays.pop();
                    self.jump(Jump::Traces(expression::annotation_is(&key, &literal)));
                    self.notices.say("Only traces with that annotation; Esc goes back", self.now);
                }
                None => self.notices.say("Select an annotation: traces can be filtered by it", self.now),
            },
            Action::FilterByValue => match view.as_filter() {
                Some(text) if self.tab == Tab::Logs => {
                    self.overlays.pop();
                    self.with_tabs(|tabs, cx| {
                        tabs.logs.stack_filter();
                        tabs.logs.set_filter(&text, cx);
                    });
                    self.notices.say("Only lines with that value; Esc drops the filter", self.now);
                }
                _ => self.notices.say("Select a field with a value of its own", self.now),
            },
            Action::ToggleColumn => match view.path().filter(|path| path != ".") {
                Some(path) => {
                    let said = match self.logs.toggle_column(&path) {
                        Ok(true) => format!("{path} is a column of the list now"),
                        Ok(false) => format!("{path} is no column any more"),
                        Err(why) => why,
                    };
                    self.notices.say(said, self.now);
                }
                None => self.notices.say("Select a field of a JSON line", self.now),
            },
            // The line in the list below is the same.
            Action::SeeTraces | Action::SeeLogs | Action::SeeMetrics | Action::Console => {
                self.overlays.pop();
                return self.act(action);
            }
            _ => {}
        }
        vec![]
    }

    /// The screen has a size for the lines that are read on it.
    pub(super) fn fit_lines(&mut self) {
        for overlay in &mut self.overlays {
            if let Overlay::Line(view) = overlay {
                view.fit(self.size);
            }
        }
    }

    /// What can be copied of the line under the cursor of the list.
    pub(super) fn open_copies(&mut self) {
        match self.logs.line(&self.store).map(|line| Subject::new(&line)) {
            Some(subject) => self.overlays.push(Overlay::Copies(Box::new(Copies::new(subject, None)))),
            None => self.notices.say("Nothing to copy here", self.now),
        }
    }

    /// A key while the choice of copies is open.
    pub(super) fn copies_key(&mut self, action: Action) -> Vec<Effect> {
        let scope = self.scope();
        let Some(Overlay::Copies(copies)) = self.overlays.last_mut() else { return vec![] };
        if let Some(motion) = Motion::of(action) {
            copies.cursor.go(motion, copies.items.len(), copies.items.len());
            return vec![];
        }
        match action {
            Action::Back => {
                self.overlays.pop();
            }
            Action::Quit => return self.quit(),
            Action::Open => match copies.chosen(&scope) {
                Ok((what, text)) => {
                    self.overlays.pop();
                    return vec![Effect::Copy { what, text: crate::text::safe(&text).into_owned() }];
                }
                Err(why) => self.notices.say(format!("Not here: {why}"), self.now),
            },
            _ => {}
        }
        vec![]
    }
}

/// What a value is drawn as.
impl Row {
    /// The kind of its value, where it has one.
    pub fn kind(&self, view: &LineView) -> Option<Kind> {
        view.document.as_ref().map(|document| document.node(self.node as usize).kind)
    }
}

#[cfg(test)]
mod tests;
