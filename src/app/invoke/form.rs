//! The form in which an invoke is prepared, and what its own keys do.

use ratatui_textarea::{CursorMove, TextArea};

use super::shelf::Shelf;
use super::templates;
use crate::app::App;
use crate::app::command::Action;
use crate::app::effect::{Change, Effect};
use crate::app::overlay::Overlay;
use crate::model::api::Protocol;
use crate::model::function::{Function, InvocationType};
use crate::text;

/// APIs whose routes are asked for, at most, to know which of them lead to the function.
const APIS: usize = 4;

/// Fields of the form, in the order of Tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// The payload.
    #[default]
    Payload,
    /// Alias, version or `$LATEST`.
    Qualifier,
    /// InvocationType.
    Kind,
}

/// An invoke being prepared.
#[derive(Debug)]
pub struct InvokeForm {
    /// FunctionName.
    pub function: String,
    /// Its time-out, s.
    pub timeout_s: u32,
    /// What may be invoked: `$LATEST`, aliases, versions.
    pub qualifiers: Vec<String>,
    /// The chosen one.
    pub qualifier: usize,
    /// InvocationType.
    pub kind: InvocationType,
    /// The payload.
    pub payload: TextArea<'static>,
    /// The field that listens.
    pub field: Field,
    /// Nobody has typed in it yet: what turns out to have been sent last may take the place of `{}`.
    pub untouched: bool,
    /// Where the payload stops being JSON: line and column from 1, and what is wrong.
    pub fault: Option<(usize, usize, String)>,
}

/// Payload sizes that Lambda takes: 6 MB for a request, 1 MB for an event.
fn limit(kind: InvocationType) -> usize {
    if kind == InvocationType::Event { 1024 * 1024 } else { 6 * 1024 * 1024 }
}

impl InvokeForm {
    /// A form for a function; the payload is what was sent last, or `{}`.
    pub fn new(function: &Function, qualifiers: Vec<String>, qualifier: Option<&str>, payload: &str) -> InvokeForm {
        let mut all = vec!["$LATEST".to_string()];
        all.extend(qualifiers);
        let chosen = qualifier.and_then(|wanted| all.iter().position(|known| known == wanted)).unwrap_or(0);
        let mut form = InvokeForm {
            function: function.name.clone(),
            timeout_s: function.timeout_s,
            qualifiers: all,
            qualifier: chosen,
            kind: InvocationType::RequestResponse,
            payload: TextArea::from(payload.lines()),
            field: Field::Payload,
            untouched: true,
            fault: None,
        };
        form.check();
        form
    }

    /// The payload as one text.
    pub fn text(&self) -> String {
        self.payload.lines().join("\n")
    }

    /// Another payload takes the place of what stands there; undo brings that back.
    pub fn put(&mut self, text: &str) {
        self.payload.select_all();
        self.payload.insert_str(text.replace("\r\n", "\n").trim_end_matches('\n'));
        self.payload.move_cursor(CursorMove::Top);
        self.field = Field::Payload;
        self.untouched = false;
        self.check();
    }

    /// Looks whether the payload is JSON; called at each edit.
    pub fn check(&mut self) {
        let text = self.text();
        self.fault = match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            _ if text.trim().is_empty() => None,
            Ok(_) if text.len() > limit(self.kind) => {
                Some((1, 1, format!("{} bytes, Lambda takes {}", text.len(), limit(self.kind))))
            }
            Ok(_) => None,
            Err(error) => {
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or(&message).to_string();
                Some((error.line(), error.column(), message))
            }
        };
    }

    /// The next field.
    pub fn next_field(&mut self) {
        self.field = match self.field {
            Field::Payload => Field::Qualifier,
            Field::Qualifier => Field::Kind,
            Field::Kind => Field::Payload,
        };
    }

    /// The next choice of the field that listens, where it is a choice.
    pub fn turn(&mut self, forward: bool) {
        match self.field {
            Field::Payload => {}
            Field::Qualifier => {
                let count = self.qualifiers.len();
                self.qualifier = (self.qualifier + if forward { 1 } else { count - 1 }) % count;
            }
            Field::Kind => {
                use InvocationType::{DryRun, Event, RequestResponse};
                let order = [RequestResponse, Event, DryRun];
                let at = order.iter().position(|kind| *kind == self.kind).unwrap_or(0);
                self.kind = order[(at + if forward { 1 } else { 2 }) % 3];
                self.check();
            }
        }
    }

    /// The change that it amounts to, unless the payload is not JSON.
    pub fn change(&self) -> Result<Change, String> {
        if let Some((line, column, what)) = &self.fault {
            return Err(format!("The payload is not JSON: line {line}, column {column}: {what}"));
        }
        let qualifier = &self.qualifiers[self.qualifier];
        Ok(Change::Invoke {
            function: self.function.clone(),
            qualifier: (qualifier != "$LATEST").then(|| qualifier.clone()),
            kind: self.kind,
            payload: self.text(),
            timeout_s: self.timeout_s,
        })
    }
}

/// A key of the form that is none of every form.
pub fn is_own(action: Action) -> bool {
    matches!(action, Action::Templates | Action::SavedPayloads | Action::Editor | Action::Answers)
}

impl App {
    /// Opens the form for what is selected, with the payload that was sent last.
    pub(in crate::app) fn open_invoke(&mut self) -> Vec<Effect> {
        let selected = self.selected();
        let Some(name) = selected.function.filter(|name| self.store.functions.get(name).is_some()) else {
            self.notices.say("Select a function first", self.now);
            return vec![];
        };
        self.open_invoke_of(&name, selected.qualifier.as_deref(), None)
    }

    /// Opens the form for a function: with that payload, else with the one that was sent last.
    pub(super) fn open_invoke_of(
        &mut self,
        name: &str,
        qualifier: Option<&str>,
        payload: Option<(&str, InvocationType)>,
    ) -> Vec<Effect> {
        let Some(function) = self.store.functions.get(name) else {
            self.notices.say(format!("{name} is not in the list of functions any more"), self.now);
            return vec![];
        };
        self.invokes.belong_to(&self.scope());
        let detail = self.store.details.get(name).and_then(|feed| feed.get());
        let qualifiers = detail.map(|detail| {
            let aliases = detail.aliases.iter().map(|alias| alias.name.clone());
            aliases.chain(detail.versions.iter().rev().map(|version| version.version.clone())).collect()
        });
        let mut qualifiers: Vec<String> = qualifiers.unwrap_or_default();
        // What is not known yet may still be asked for: the service knows.
        qualifiers.extend(qualifier.map(str::to_string).filter(|wanted| !qualifiers.contains(wanted)));
        qualifiers.retain(|qualifier| qualifier != "$LATEST");
        let last = self.invokes.library(name).and_then(|library| library.last.as_deref());
        let mut form = InvokeForm::new(function, qualifiers, qualifier, last.unwrap_or("{}"));
        if let Some((text, kind)) = payload {
            form.kind = kind;
            form.put(text);
        }
        self.overlays.push(Overlay::Invoke(Box::new(form)));
        self.look_up(name)
    }

    /// A key of the form that does not type.
    pub(in crate::app) fn payload_action(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Invoke(form)) = self.overlays.last() else { return vec![] };
        let (function, payload) = (form.function.clone(), form.text());
        match action {
            Action::Templates => {
                let offers = templates::offer(&self.facts(&function));
                self.overlays.push(Overlay::Shelf(Box::new(Shelf::of_templates(&function, offers))));
            }
            Action::SavedPayloads => {
                let shelf = Shelf::of_saved(&function, self.invokes.library(&function));
                self.overlays.push(Overlay::Shelf(Box::new(shelf)));
            }
            Action::Editor => return vec![Effect::Edit(payload)],
            Action::Answers => self.open_answers(&function),
            _ => {}
        }
        vec![]
    }

    /// A name was typed: the payload of the form is kept under it.
    pub(in crate::app) fn save_payload(&mut self, name: &str) -> Vec<Effect> {
        let name = text::safe_line(name.trim()).into_owned();
        let form = self.overlays.iter().rev().find_map(|overlay| match overlay {
            Overlay::Invoke(form) => Some((form.function.clone(), form.text())),
            _ => None,
        });
        let Some((function, payload)) = form else { return vec![] };
        let refusal = self.invokes.library(&function).and_then(|library| library.refuses(&name));
        let refusal = refusal.or_else(|| name.is_empty().then(|| "a name, please".to_string()));
        if let (Some(why), Some(Overlay::Prompt(prompt))) = (refusal, self.overlays.last_mut()) {
            prompt.complaint = Some(why);
            return vec![];
        }
        self.overlays.pop();
        let kept = self.kept_where();
        self.notices.say(format!("Saved as {name}{kept}"), self.now);
        let saved = super::library::Saved { name, text: payload, at: self.now };
        self.keep(&function, super::library::Entry::Saved(saved))
    }

    /// The editor has ended.
    pub(in crate::app) fn edited(&mut self, result: Result<Option<String>, String>) {
        let now = self.now;
        let form = self.overlays.iter_mut().rev().find_map(|overlay| match overlay {
            Overlay::Invoke(form) => Some(form),
            _ => None,
        });
        match (result, form) {
            (Ok(Some(text)), Some(form)) => form.put(&text),
            (Ok(_), _) => self.notices.say("The payload is as it was", now),
            (Err(why), _) => self.notices.complain(why, now),
        }
    }

    /// APIs whose routes the templates want to know: those that may invoke the function, as far as its policy tells.
    pub(in crate::app) fn apis_behind(&self, function: &str) -> Vec<String> {
        let detail = self.store.details.get(function).and_then(|feed| feed.get());
        let granted = detail.into_iter().flat_map(|detail| &detail.grants).filter_map(templates::granted_api);
        let mut apis: Vec<String> = granted.map(|(api, ..)| api.to_string()).collect();
        apis.sort();
        apis.dedup();
        apis.truncate(APIS);
        apis
    }

    fn facts<'a>(&'a self, function: &'a str) -> templates::Facts<'a> {
        let apis = self.store.apis.get().map(Vec::as_slice).unwrap_or_default();
        let routes = apis.iter().flat_map(|api| {
            let routes = self.store.routes.get(&api.id).and_then(|feed| feed.get());
            let leading = routes.into_iter().flatten().filter(|route| route.function.as_deref() == Some(function));
            let stage = self.store.stages.get(&api.id).and_then(|feed| feed.get()?.first());
            let stage =
                stage.map_or(if api.protocol == Protocol::Rest { "prod" } else { "$default" }, |stage| &stage.name);
            leading.map(move |route| (api, stage, route.key.as_str()))
        });
        templates::Facts {
            scope: self.scope(),
            function,
            now: self.now,
            detail: self.store.details.get(function).and_then(|feed| feed.get()),
            apis,
            routes: routes.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(payload: &str) -> InvokeForm {
        let function = Function { name: "checkout".into(), timeout_s: 10, ..Function::default() };
        InvokeForm::new(&function, vec!["live".into()], Some("live"), payload)
    }

    #[test]
    fn bad_json_is_told_where() {
        let form = form("{\n  \"a\": 1,\n  oops\n}");
        let (line, column, _) = form.fault.clone().expect("oops is not JSON");
        assert_eq!((line, column), (3, 3));
        assert!(form.change().expect_err("nothing is sent").contains("line 3"));
    }

    #[test]
    fn the_qualifier_and_the_kind_turn_round() {
        let mut form = form("{}");
        assert_eq!(form.qualifiers[form.qualifier], "live");
        form.next_field();
        form.turn(true);
        assert_eq!(form.qualifiers[form.qualifier], "$LATEST");
        form.next_field();
        form.turn(false);
        assert_eq!(form.kind, InvocationType::DryRun);
        let Change::Invoke { qualifier, .. } = form.change().expect("{} is JSON") else { panic!("an invoke") };
        assert_eq!(qualifier, None);
    }

    #[test]
    fn another_payload_takes_the_place_and_undo_brings_back_what_was() {
        let mut form = form("{\"typed\": 1}");
        form.put("[1,\r\n2]\n");
        assert_eq!((form.text().as_str(), form.untouched), ("[1,\n2]", false));
        form.payload.undo();
        form.payload.undo();
        assert_eq!(form.text(), "{\"typed\": 1}");
    }
}
