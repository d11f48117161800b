//! The form in which a Logs Insights query is written or chosen, the question before an expensive one, and what keys do
//! there.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui_textarea::{CursorMove, TextArea};

use super::App;
use super::command::Action;
use super::confirm::Button;
use super::cursor::{Cursor, Motion};
use super::effect::Effect;
use super::overlay::Overlay;
use super::tabs::logs::insights::Insights;
use super::tabs::logs::insights::ready::{ALL_LINES, READY};
use crate::model::insights::{Query, Span, price};
use crate::model::trouble::{Kind, Trouble};
use crate::text;
use crate::time::Moment;

/// A query that is not stopped within this is left to itself.
const PATIENCE: chrono::TimeDelta = chrono::TimeDelta::seconds(2);
/// Choices on screen.
pub const CHOICES_SHOWN: usize = 10;

/// A query to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name; for one that was run before, its first words.
    pub name: String,
    /// What it answers.
    pub sentence: String,
    /// The query.
    pub text: String,
}

/// A query being written.
#[derive(Debug)]
pub struct QueryForm {
    /// The query.
    pub text: TextArea<'static>,
    /// The list listens, not the text.
    pub on_list: bool,
    /// Ready queries, then those that were run, newest first.
    pub choices: Vec<Choice>,
    /// Cursor in the choices.
    pub cursor: Cursor,
    /// Why it can't be run, or what the service says of it.
    pub complaint: Option<String>,
    /// Sent as this generation, and no answer yet.
    pub sent: Option<u64>,
}

impl QueryForm {
    /// A form with the query that was run last; without one, the list of what there is.
    pub fn new<'a>(history: impl Iterator<Item = &'a String>, last: Option<&str>, infrequent: bool) -> QueryForm {
        let ready = READY.iter().map(|ready| Choice {
            name: ready.name.into(),
            sentence: ready.sentence.into(),
            text: ready.text.into(),
        });
        let run = history.filter(|text| READY.iter().all(|ready| ready.text != text.as_str())).map(|text| Choice {
            name: text.split_whitespace().collect::<Vec<_>>().join(" "),
            sentence: "Was run before.".into(),
            text: text.clone(),
        });
        let mut form = QueryForm {
            text: TextArea::default(),
            on_list: last.is_none(),
            choices: ready.chain(run).collect(),
            cursor: Cursor::default(),
            complaint: None,
            sent: None,
        };
        if infrequent {
            form.cursor.row = READY.iter().position(|ready| ready.name == ALL_LINES).unwrap_or(0);
        }
        let text = last.map_or_else(|| form.choices[form.cursor.row].text.clone(), str::to_string);
        form.put(&text);
        form
    }

    fn put(&mut self, text: &str) {
        self.text = TextArea::from(text.lines());
        self.complaint = None;
    }

    /// The query as one text.
    pub fn query(&self) -> String {
        self.text.lines().join("\n")
    }

    /// What the service has against it; the cursor goes where it is wrong.
    pub fn fail(&mut self, trouble: &Trouble, place: Option<Span>) {
        self.sent = None;
        let mut complaint = match trouble.kind {
            Kind::Invalid => trouble.message.clone(),
            _ => trouble.sentence(),
        };
        if let Some(place) = place {
            let before: String = self.query().chars().take(place.from).collect();
            let row = before.matches('\n').count();
            let column = before.chars().rev().take_while(|c| *c != '\n').count();
            complaint = format!("line {}, column {}: {complaint}", row + 1, column + 1);
            let limit = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
            self.text.move_cursor(CursorMove::Jump(limit(row), limit(column)));
            self.on_list = false;
        }
        self.complaint = Some(complaint);
    }
}

/// The question before a query that may scan more than the budget.
#[derive(Debug)]
pub struct ScanQuestion {
    /// The query.
    pub query: Query,
    /// What it may scan and cost, in sentences.
    pub lines: Vec<String>,
    /// The selected button.
    pub button: Button,
    /// When it came up: keys typed ahead were not meant for it.
    pub opened: Moment,
}

impl App {
    /// Leaves. A query that runs is stopped first: it would go on at the service's, and cost.
    pub(super) fn quit(&mut self) -> Vec<Effect> {
        if !self.logs.insights.is_running() || self.quitting.is_some() {
            return vec![Effect::Quit];
        }
        self.logs.insights.cancel();
        self.quitting = Some(self.now);
        self.notices.say("Stopping the query, which would go on and cost; once more leaves at once", self.now);
        vec![]
    }

    /// What was waited for before leaving has happened, or has taken too long.
    pub(super) fn has_parted(&self) -> bool {
        let late = |since| self.now - since >= PATIENCE;
        self.quitting.is_some_and(|since| !self.logs.insights.is_running() || late(since))
    }

    /// A key in the form.
    pub(super) fn query_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
        let Some(Overlay::Query(form)) = self.overlays.last_mut() else { return vec![] };
        match action {
            Some(Action::Back) => {
                self.overlays.pop();
            }
            Some(Action::SwitchField) => form.on_list = !form.on_list,
            Some(Action::Send) => {
                if form.on_list {
                    let text = form.choices[form.cursor.row].text.clone();
                    form.put(&text);
                }
                return self.ask_insights();
            }
            _ if form.on_list => {
                let motion = match key.code {
                    KeyCode::Up | KeyCode::Char('k') => Motion::By(-1),
                    KeyCode::Down | KeyCode::Char('j') => Motion::By(1),
                    KeyCode::PageUp => Motion::Pages(-1),
                    KeyCode::PageDown => Motion::Pages(1),
                    KeyCode::Home | KeyCode::Char('g') => Motion::First,
                    KeyCode::End | KeyCode::Char('G') => Motion::Last,
                    KeyCode::Enter => {
                        form.on_list = false;
                        return vec![];
                    }
                    _ => return vec![],
                };
                form.cursor.go(motion, form.choices.len(), CHOICES_SHOWN);
                let text = form.choices[form.cursor.row].text.clone();
                form.put(&text);
            }
            _ => {
                if form.text.input(key) {
                    form.complaint = None;
                }
            }
        }
        vec![]
    }

    /// The query of the form is wanted: sent, unless it may cost more than was allowed for.
    fn ask_insights(&mut self) -> Vec<Effect> {
        let Some(Overlay::Query(form)) = self.overlays.last() else { return vec![] };
        if form.sent.is_some() {
            return vec![];
        }
        let (groups, text) = (self.logs.group_names(), form.query());
        let query = match Insights::query(&text, &groups, &self.context()) {
            Ok(query) => query,
            Err(why) => {
                if let Some(Overlay::Query(form)) = self.overlays.last_mut() {
                    form.complaint = Some(why);
                }
                return vec![];
            }
        };
        let budget = self.config.logs.insights_budget;
        let estimate = self.logs.insights.estimate(&groups, &self.context()).unwrap_or_default();
        // The same query over the same groups may have shown already what it takes.
        let seen = self
            .logs
            .insights
            .run
            .as_ref()
            .filter(|run| run.over_budget && run.query.text == query.text && run.query.groups == query.groups);
        let seen = seen.map(|run| run.progress.statistics.bytes);
        if estimate.evenly <= budget && seen.is_none() {
            return self.run_insights(query, false);
        }
        let mut lines = vec![format!(
            "It may scan about {} ({}): more than the budget of {}.",
            gigabytes(estimate.evenly.max(seen.unwrap_or(0))),
            cost(estimate.evenly.max(seen.unwrap_or(0))),
            gigabytes(budget)
        )];
        if let Some(seen) = seen {
            lines.push(format!("It was stopped when it had scanned {}.", gigabytes(seen)));
        }
        lines.push(format!(
            "Its groups hold {} ({}) in all; it never scans more.",
            gigabytes(estimate.most),
            cost(estimate.most)
        ));
        lines.push("Fewer groups or a shorter time window make it cheaper.".into());
        let question = ScanQuestion { query, lines, button: Button::default(), opened: self.now };
        self.overlays.push(Overlay::Scan(Box::new(question)));
        vec![]
    }

    fn run_insights(&mut self, query: Query, approved: bool) -> Vec<Effect> {
        let generation = self.logs.insights.begin(query, approved, self.now);
        if let Some(Overlay::Query(form)) = self.overlays.last_mut() {
            form.sent = Some(generation);
            form.complaint = None;
        }
        let history = &self.logs.insights;
        if history.is_kept { vec![Effect::KeepQueries(history.history.iter().cloned().collect())] } else { vec![] }
    }

    /// A key in the question before an expensive query.
    pub(super) fn scan_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
        let now = self.now;
        let Some(Overlay::Scan(question)) = self.overlays.last_mut() else { return vec![] };
        let deaf = super::confirm::is_deaf(question.opened, now);
        let turn = action == Some(Action::SwitchField) || matches!(key.code, KeyCode::Left | KeyCode::Right);
        if action == Some(Action::Back) {
            self.overlays.pop();
        } else if deaf {
            return vec![];
        } else if turn {
            question.button = if question.button == Button::Cancel { Button::Go } else { Button::Cancel };
        } else if action == Some(Action::Confirm) {
            let Some(Overlay::Scan(question)) = self.overlays.pop() else { return vec![] };
            if question.button == Button::Go {
                return self.run_insights(question.query, true);
            }
        }
        vec![]
    }

    /// The query of the form runs, or does not: the form closes, or says why.
    pub(super) fn note_query(&mut self, generation: u64, failure: Option<(&Trouble, Option<Span>)>) {
        let waits = |overlay: &Overlay| matches!(overlay, Overlay::Query(form) if form.sent == Some(generation));
        let Some(at) = self.overlays.iter().position(waits) else { return };
        match (failure, &mut self.overlays[at]) {
            (Some((trouble, place)), Overlay::Query(form)) => form.fail(trouble, place),
            _ => drop(self.overlays.remove(at)),
        }
    }
}

/// US$ for so many bytes; what is not nothing never reads as nothing.
pub fn cost(bytes: u64) -> String {
    let dollars = price(bytes);
    if dollars > 0.0 && dollars < 0.0001 { "under $0.0001".into() } else { text::dollars(dollars) }
}

/// Gigabytes as AWS bills them: `1.2 GB`, `340 MB`.
pub fn gigabytes(bytes: u64) -> String {
    match bytes as f64 {
        b if b < 999_500.0 => format!("{:.0} kB", b / 1e3),
        b if b < 999_500_000.0 => format!("{:.0} MB", b / 1e6),
        b if b < 99_950_000_000.0 => format!("{:.1} GB", b / 1e9),
        b => format!("{:.0} GB", b / 1e9),
    }
}
