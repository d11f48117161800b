//! Invoke: the form that builds one, and the answer to it.

use ratatui_textarea::TextArea;

use super::cursor::Cursor;
use super::effect::{Change, Failure};
use crate::model::function::{Function, InvocationType, InvokeAnswer};

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
            fault: None,
        };
        form.check();
        form
    }

    /// The payload as one text.
    pub fn text(&self) -> String {
        self.payload.lines().join("\n")
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

/// What came of an invoke, to look at.
#[derive(Debug)]
pub struct Answer {
    /// The invoke.
    pub change: Change,
    /// What came of it; `None` while it runs.
    pub result: Option<Result<InvokeAnswer, Failure>>,
    /// When it was sent.
    pub sent: crate::time::Moment,
    /// Lines of the response, pretty-printed where it is JSON.
    pub response: Vec<String>,
    /// Lines of the log of that very invocation.
    pub log: Vec<String>,
    /// Duration, billed duration and the rest of its REPORT line.
    pub report: Option<crate::model::invocation::Invocation>,
    /// Scroll position over all lines.
    pub cursor: Cursor,
}

impl Answer {
    /// An invoke that has been sent.
    pub fn waiting(change: Change, now: crate::time::Moment) -> Answer {
        Answer {
            change,
            result: None,
            sent: now,
            response: vec![],
            log: vec![],
            report: None,
            cursor: Cursor::default(),
        }
    }

    /// The answer is here.
    pub fn accept(&mut self, result: Result<InvokeAnswer, Failure>) {
        if let Ok(answer) = &result {
            self.response = pretty(&answer.payload);
            let tail = answer.log_tail.as_deref().unwrap_or_default();
            self.log = tail.lines().map(|line| crate::text::safe(line).into_owned()).collect();
            self.report = tail.lines().rev().find_map(crate::model::invocation::read_report);
        }
        self.result = Some(result);
    }
}

/// A payload as lines: JSON indented, anything else as it is, made safe; beyond 256 KiB cut with a word about it.
fn pretty(payload: &[u8]) -> Vec<String> {
    const SHOWN: usize = 256 * 1024;
    let text = String::from_utf8_lossy(payload);
    let text = match serde_json::from_slice::<serde_json::Value>(payload) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.into_owned()),
        Err(_) => text.into_owned(),
    };
    let mut end = text.len().min(SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut lines: Vec<String> = text[..end].lines().map(|line| crate::text::safe(line).into_owned()).collect();
    if end < text.len() {
        lines.push(format!("… {} more", crate::text::bytes((text.len() - end) as u64)));
    }
    lines
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
    fn a_response_that_is_no_json_is_shown_safely() {
        assert_eq!(pretty(b"\x1b[2Jhi"), vec!["␛[2Jhi"]);
        assert_eq!(pretty(br#"{"a":1}"#), vec!["{", "  \"a\": 1", "}"]);
    }
}
