//! What lies over a view: a stack of popups, the top one listening.

use std::borrow::Cow;

use tui_input::Input;

use super::actions::form::Form;
use super::command::{Action, Place};
use super::completion::Completion;
use super::confirm::Confirmation;
use super::cursor::Cursor;
use super::effect::Change;
use super::findings::snooze::Nap;
use super::invoke::compare::Comparison;
use super::invoke::history::Answers;
use super::invoke::shelf::Shelf;
use super::invoke::{Answer, InvokeForm};
use super::line::{Copies, LineView};
use super::palette::Palette;
use super::provision::ProvisionForm;
use super::query::{QueryForm, ScanQuestion};
use super::selected::Selected;
use super::tabs::functions::chooser::Chooser;
use super::tabs::functions::groups::GroupBy;
use crate::model::series::Metric;
use crate::time::Moment;

/// A popup.
#[derive(Debug)]
pub enum Overlay {
    /// The keys that work here.
    Help(Help),
    /// Every error seen.
    Errors(Cursor),
    /// What can be done to the selection.
    Menu(Menu),
    /// Anything by name.
    Palette(Palette),
    /// A line of text for the view below.
    Prompt(Prompt),
    /// One log line, whole.
    Line(Box<LineView>),
    /// One of several things, each with what it does.
    Choice(Choice),
    /// The columns of the function table.
    Columns(Box<Chooser>),
    /// What can be copied of a line.
    Copies(Box<Copies>),
    /// The payload editor.
    Invoke(Box<InvokeForm>),
    /// The answer to an invoke.
    Answer(Box<Answer>),
    /// Payloads to choose from.
    Shelf(Box<Shelf>),
    /// Answers of before.
    Answers(Box<Answers>),
    /// Two answers compared.
    Comparison(Box<Comparison>),
    /// The provisioned concurrency form.
    Provision(Box<ProvisionForm>),
    /// A setting being changed.
    Form(Box<Form>),
    /// A Logs Insights query being written.
    Query(Box<QueryForm>),
    /// The question before a query that may scan more than the budget.
    Scan(Box<ScanQuestion>),
    /// The one door.
    Confirm(Box<Confirmation>),
}

/// The help of one place.
#[derive(Debug, Default)]
pub struct Help {
    /// The place that it was opened in.
    pub place: Option<Place>,
    /// Scroll position.
    pub cursor: Cursor,
}

/// A list of actions for the selection.
#[derive(Debug, Default)]
pub struct Menu {
    /// What they are for.
    pub title: String,
    /// Each action with the reason why it can't be done now, if there is one: shown, not hidden.
    pub items: Vec<(Action, Option<String>)>,
    /// Selected item.
    pub cursor: Cursor,
}

/// Which line of text is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// The local filter of the view, applied as it is typed.
    Filter,
    /// The filter that AWS applies, sent on Enter.
    Expression,
    /// The name of a file to write.
    Export,
    /// A moment to go to, on Enter.
    Time,
    /// A jq expression over the JSON lines, on Enter.
    Jq,
    /// What is looked for in the document below, as it is typed.
    Find,
    /// A name for the payload in the form.
    PayloadName,
}

/// A line of text for the view below.
#[derive(Debug)]
pub struct Prompt {
    /// Which.
    pub kind: PromptKind,
    /// The text.
    pub input: Input,
    /// What it was before, for Esc.
    pub before: String,
    /// Why it can't be taken, as typed so far.
    pub complaint: Option<String>,
    /// What could come next, where that is known.
    pub completion: Option<Box<Completion>>,
}

impl Prompt {
    /// A prompt that begins with a text.
    pub fn new(kind: PromptKind, before: String) -> Prompt {
        Prompt { kind, input: Input::new(before.clone()), before, complaint: None, completion: None }
    }

    /// What could come next, after an edit.
    pub fn complete(&mut self) {
        if let Some(completion) = &mut self.completion {
            completion.renew(&self.input);
        }
    }
}

/// What a choice does.
#[derive(Clone, Debug, PartialEq)]
pub enum Chosen {
    /// Lists the traces that this filter expression takes; empty for all.
    Expression(String),
    /// Lists those of the traces listed that this takes too.
    Narrow(String),
    /// Groups functions, or does not any more; what that is.
    Group(Option<GroupBy>, String),
    /// Ranks all functions by this metric; what that takes and costs.
    Rank(Metric, String),
    /// Waits until what is in the way of this change is over, and asks about it again.
    Wait(Box<Change>),
    /// Asks about this change again, then.
    Later(Box<Change>, Moment),
    /// Leaves everything as it is.
    Leave,
    /// Begins an action on this.
    Begin(Action, Box<Selected>),
    /// Hides the finding that was asked about for so long.
    Snooze(Nap),
    /// Wakes one of the snoozed findings by its place, or all of them; what it is said to do.
    Wake(Option<usize>, String),
}

impl Chosen {
    /// The expression, or what it does.
    pub fn text(&self) -> &str {
        match self {
            Chosen::Wait(_) | Chosen::Later(..) | Chosen::Leave | Chosen::Begin(..) => "",
            Chosen::Expression(text)
            | Chosen::Narrow(text)
            | Chosen::Group(_, text)
            | Chosen::Rank(_, text)
            | Chosen::Wake(_, text) => text,
            Chosen::Snooze(nap) => nap.words().1,
        }
    }
}

/// One of several things, each with what it does, or with the reason why it can't be done: shown, not hidden.
#[derive(Debug)]
pub struct Choice {
    /// What is chosen.
    pub title: Cow<'static, str>,
    /// The things by name.
    pub items: Vec<(String, Result<Chosen, String>)>,
    /// Selected item.
    pub cursor: Cursor,
}

impl Choice {
    /// A choice, its first item selected.
    pub fn new(title: impl Into<Cow<'static, str>>, items: Vec<(String, Result<Chosen, String>)>) -> Choice {
        Choice { title: title.into(), items, cursor: Cursor::default() }
    }
}

impl Overlay {
    /// Where its keys listen.
    pub fn place(&self) -> Place {
        match self {
            Overlay::Help(_)
            | Overlay::Errors(_)
            | Overlay::Menu(_)
            | Overlay::Choice(_)
            | Overlay::Comparison(_)
            | Overlay::Copies(_) => Place::Popup,
            Overlay::Line(_) => Place::Line,
            Overlay::Shelf(_) => Place::Payloads,
            Overlay::Answer(_) => Place::Answer,
            Overlay::Answers(_) => Place::Answers,
            Overlay::Invoke(_) => Place::Payload,
            Overlay::Columns(_) => Place::Columns,
            Overlay::Palette(_) | Overlay::Prompt(_) => Place::Prompt,
            Overlay::Provision(_) | Overlay::Form(_) | Overlay::Query(_) => Place::Form,
            Overlay::Confirm(_) | Overlay::Scan(_) => Place::Confirmation,
        }
    }
}
