//! A form of few fields: what a setting is now, what it shall be, and what that means, said while it is typed.

use crossterm::event::Event;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use super::alias::AliasMove;
use super::cache::CacheCluster;
use super::canary::CanaryShare;
use super::method::MethodSetting;
use super::plan::PlanLimits;
use super::reserve::Reserve;
use super::route::RouteSetting;
use super::source::Sources;
use crate::app::effect::Change;

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it is, as `rate, requests/s`.
    pub label: String,
    /// Its value.
    pub entry: Entry,
    /// How it is now, or what it may be.
    pub hint: String,
}

/// How a field is filled in.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Typed.
    Text(Input),
    /// Chosen: what is shown with what it means.
    Choice {
        /// Shown, and the value.
        options: Vec<(String, String)>,
        /// The chosen one.
        at: usize,
    },
}

impl Field {
    /// A field to type in.
    pub fn text(label: &str, value: impl Into<String>, hint: impl Into<String>) -> Field {
        Field { label: label.into(), entry: Entry::Text(Input::new(value.into())), hint: hint.into() }
    }

    /// A field to choose in; `value` is chosen at first.
    pub fn choice(label: &str, options: Vec<(String, String)>, value: &str, hint: impl Into<String>) -> Field {
        let at = options.iter().position(|(_, known)| known == value).unwrap_or(0);
        Field { label: label.into(), entry: Entry::Choice { options, at }, hint: hint.into() }
    }

    /// On or off.
    pub fn switch(label: &str, on: bool, hint: impl Into<String>) -> Field {
        let options = [("on", "true"), ("off", "false")].map(|(shown, value)| (shown.into(), value.into())).to_vec();
        Field::choice(label, options, if on { "true" } else { "false" }, hint)
    }

    /// Its value.
    pub fn value(&self) -> &str {
        match &self.entry {
            Entry::Text(input) => input.value().trim(),
            Entry::Choice { options, at } => options.get(*at).map_or("", |(_, value)| value),
        }
    }
}

/// What a form amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// The change.
    pub change: Change,
    /// What there is to know before it is made; those that warn are marked.
    pub notes: Vec<(bool, String)>,
}

impl Wish {
    /// A change that needs no word.
    pub fn of(change: Change) -> Wish {
        Wish { change, notes: vec![] }
    }

    /// Adds a plain line.
    pub fn note(mut self, line: impl Into<String>) -> Wish {
        self.notes.push((false, line.into()));
        self
    }

    /// Adds a warning where there is one.
    pub fn warn(mut self, line: Option<String>) -> Wish {
        self.notes.extend(line.map(|line| (true, line)));
        self
    }
}

/// What a form is for: knows how things are, and what the values of its fields amount to.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// Reserved concurrency.
    Reserve(Reserve),
    /// Where an alias leads.
    Alias(AliasMove),
    /// Event source mappings.
    Source(Sources),
    /// The cache cluster of a stage.
    Cache(CacheCluster),
    /// Settings of a method of a REST API, or of all its methods.
    Method(MethodSetting),
    /// Settings of a route of an HTTP or WebSocket API, or of all its routes.
    Route(RouteSetting),
    /// The canary of a stage.
    Canary(Box<CanaryShare>),
    /// A usage plan's limits.
    Plan(PlanLimits),
}

/// A form of few fields.
#[derive(Clone, Debug)]
pub struct Form {
    /// What it is for.
    pub purpose: Purpose,
    /// Its title.
    pub title: String,
    /// What there is to know beforehand.
    pub about: Vec<String>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The field that listens.
    pub at: usize,
    /// Fields that still have what they began with: typing replaces that, moving in it keeps it.
    pub fresh: Vec<bool>,
}

impl Form {
    /// A form, its first field listening.
    pub fn new(purpose: Purpose, title: String, about: Vec<String>, fields: Vec<Field>) -> Form {
        let fresh = vec![true; fields.len()];
        Form { purpose, title, about, fields, at: 0, fresh }
    }

    /// What it amounts to; or why it can't be: nothing is typed yet, or nothing would change.
    pub fn wish(&self) -> Result<Wish, String> {
        let values: Vec<&str> = self.fields.iter().map(Field::value).collect();
        match &self.purpose {
            Purpose::Reserve(reserve) => reserve.wish(&values),
            Purpose::Alias(alias) => alias.wish(&values),
            Purpose::Source(sources) => sources.wish(&values),
            Purpose::Cache(cache) => cache.wish(&values),
            Purpose::Method(method) => method.wish(&values),
            Purpose::Route(route) => route.wish(&values),
            Purpose::Canary(canary) => canary.wish(&values),
            Purpose::Plan(plan) => plan.wish(&values),
        }
    }

    /// The function whose detail it rests on.
    pub fn function(&self) -> Option<&str> {
        match &self.purpose {
            Purpose::Reserve(reserve) => Some(&reserve.function),
            Purpose::Alias(alias) => Some(&alias.function),
            Purpose::Source(sources) => Some(&sources.function),
            _ => None,
        }
    }

    /// The next field, or the one before.
    pub fn step(&mut self, forward: bool) {
        let count = self.fields.len().max(1);
        self.at = (self.at + if forward { 1 } else { count - 1 }) % count;
    }

    /// The next option of a field that is a choice; says whether it is one.
    pub fn turn(&mut self, forward: bool) -> bool {
        let Some(Field { entry: Entry::Choice { options, at }, .. }) = self.fields.get_mut(self.at) else {
            return false;
        };
        let count = options.len().max(1);
        *at = (*at + if forward { 1 } else { count - 1 }) % count;
        true
    }

    /// An edit of a field that is typed.
    pub fn edit(&mut self, event: &Event) {
        let Some(Field { entry: Entry::Text(input), .. }) = self.fields.get_mut(self.at) else { return };
        let was = input.value().to_string();
        input.handle_event(event);
        let fresh = std::mem::take(&mut self.fresh[self.at]);
        // One more letter at the end of what stood there is a new value.
        if let (true, Some(typed)) = (fresh, input.value().strip_prefix(was.as_str()))
            && !typed.is_empty()
        {
            *input = Input::new(typed.to_string());
        }
    }

    /// Text that was pasted.
    pub fn paste(&mut self, text: &str) {
        if let Some(Field { entry: Entry::Text(input), .. }) = self.fields.get_mut(self.at) {
            if std::mem::take(&mut self.fresh[self.at]) {
                *input = Input::default();
            }
            for letter in text.chars().filter(|letter| !letter.is_control()) {
                input.handle(tui_input::InputRequest::InsertChar(letter));
            }
        }
    }
}

/// A whole number of at least nothing, or why not.
pub fn whole(label: &str, text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{label}: {text:?} is no whole number"))
}
