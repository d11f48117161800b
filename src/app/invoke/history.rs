//! What came of invokes before: a list, newest first, to look at, to send once more, to compare.

use super::answer::Answer;
use super::compare::Comparison;
use super::library::Record;
use crate::app::App;
use crate::app::command::Action;
use crate::app::cursor::{Cursor, Motion};
use crate::app::effect::{Change, Effect};
use crate::app::overlay::Overlay;
use crate::model::function::InvocationType;
use crate::text;
use crate::time::Moment;

/// Rows that the list is taken to show when paging.
const PAGE: usize = 10;

/// The answers of one function.
#[derive(Debug)]
pub struct Answers {
    /// FunctionName.
    pub function: String,
    /// The answers, newest first.
    pub records: Vec<Record>,
    /// Selected answer.
    pub cursor: Cursor,
    /// When the marked one was sent: the other side of a comparison.
    pub marked: Option<Moment>,
}

impl Answers {
    /// The one under the cursor.
    pub fn selected(&self) -> Option<&Record> {
        self.records.get(self.cursor.row)
    }

    /// The marked one and the selected one; without a mark, the selected one and the one before it.
    fn pair(&self) -> Result<(&Record, &Record), &'static str> {
        let selected = self.selected().ok_or("There is no answer yet")?;
        let other = match self.marked {
            Some(at) => self.records.iter().find(|record| record.sent == at),
            None => self.records.get(self.cursor.row + 1),
        };
        let other = other.ok_or("There is none before it: mark the one to compare with")?;
        if other.sent == selected.sent {
            Err("The marked answer is this very one: select another")
        } else {
            Ok((other, selected))
        }
    }
}

impl Answers {
    /// There is another one: the cursor stays on the answer that it is on.
    pub(super) fn renew(&mut self, records: &[Record]) {
        let sent = self.selected().map(|record| record.sent);
        self.records = records.to_vec();
        let row = self.records.iter().position(|record| Some(record.sent) == sent);
        self.cursor.row = row.unwrap_or(0);
        self.cursor.fit(self.records.len(), PAGE);
    }
}

impl App {
    /// Opens the answers of a function.
    pub(super) fn open_answers(&mut self, function: &str) {
        let records = self.invokes.library(function).map(|library| library.answers.clone()).unwrap_or_default();
        if records.is_empty() {
            self.notices.say(format!("No answer of {function} is kept yet"), self.now);
            return;
        }
        // Coming back to it from an answer must not pile up.
        self.overlays.retain(|overlay| !matches!(overlay, Overlay::Answers(_)));
        let answers = Answers { function: function.to_string(), records, cursor: Cursor::default(), marked: None };
        self.overlays.push(Overlay::Answers(Box::new(answers)));
    }

    /// A key in the list of answers.
    pub(in crate::app) fn answers_key(&mut self, action: Action) -> Vec<Effect> {
        let offset = self.offset;
        let Some(Overlay::Answers(answers)) = self.overlays.last_mut() else { return vec![] };
        if let Some(motion) = Motion::of(action) {
            answers.cursor.go(motion, answers.records.len(), PAGE);
            return vec![];
        }
        let function = answers.function.clone();
        let selected = answers.selected().cloned();
        match (action, selected) {
            (Action::Back, _) => {
                self.overlays.pop();
            }
            (Action::Quit, _) => return self.quit(),
            (Action::Open, Some(record)) => {
                self.overlays.push(Overlay::Answer(Box::new(Answer::kept(&function, &record))));
            }
            (Action::Mark, Some(record)) => {
                answers.marked = (answers.marked != Some(record.sent)).then_some(record.sent);
            }
            (Action::Compare, _) => match answers.pair() {
                Ok((one, other)) => {
                    let time =
                        |record: &Record| record.sent.with_timezone(&offset).format("%Y-%m-%d %H:%M:%S").to_string();
                    let comparison = Comparison::new(&function, one, other, time);
                    self.overlays.push(Overlay::Comparison(Box::new(comparison)));
                }
                Err(why) => self.notices.say(why, self.now),
            },
            (Action::Rerun, Some(record)) => match record.change(&function) {
                Some(change) => self.ask(change, vec![]),
                None => self.say_not_kept(record.payload_bytes),
            },
            (Action::EditPayload, Some(record)) => match record.payload {
                Some(payload) => return self.edit_again(&function, record.qualifier.as_deref(), &payload, record.kind),
                None => self.say_not_kept(record.payload_bytes),
            },
            _ => {}
        }
        vec![]
    }

    /// A key of its own while an answer is open; none means that it is as in any popup.
    pub(in crate::app) fn answer_key(&mut self, action: Action) -> Option<Vec<Effect>> {
        let Some(Overlay::Answer(answer)) = self.overlays.last_mut() else { return None };
        let Change::Invoke { function, qualifier, kind, payload, .. } = answer.change.clone() else { return None };
        let lost = answer.result.is_some() && payload.is_empty() && !answer.payload.is_empty();
        match action {
            Action::Answers => self.open_answers(&function),
            Action::Rerun | Action::EditPayload if lost => {
                self.notices.say("Its payload was too large to be kept", self.now);
            }
            Action::Rerun if answer.result.is_none() => self.notices.say("It has not been answered yet", self.now),
            Action::Rerun => {
                let change = answer.change.clone();
                self.ask(change, vec![]);
            }
            Action::EditPayload => return Some(self.edit_again(&function, qualifier.as_deref(), &payload, kind)),
            _ => return None,
        }
        Some(vec![])
    }

    /// A key while two answers are compared.
    pub(in crate::app) fn comparison_key(&mut self, action: Action) -> Vec<Effect> {
        let height = usize::from(self.size.1);
        let Some(Overlay::Comparison(comparison)) = self.overlays.last_mut() else { return vec![] };
        if let Some(motion) = Motion::of(action) {
            let rows = comparison.lines.len() + comparison.figures.len() + 2;
            comparison.cursor.go(motion, rows, height.saturating_sub(5));
            return vec![];
        }
        match action {
            Action::Back | Action::Open => {
                self.overlays.pop();
            }
            Action::Quit => return self.quit(),
            _ => {}
        }
        vec![]
    }

    /// The form with a payload of before, in the place of what lies over the view.
    fn edit_again(
        &mut self,
        function: &str,
        qualifier: Option<&str>,
        payload: &str,
        kind: InvocationType,
    ) -> Vec<Effect> {
        self.overlays
            .retain(|overlay| !matches!(overlay, Overlay::Answers(_) | Overlay::Answer(_) | Overlay::Invoke(_)));
        self.open_invoke_of(function, qualifier, Some((payload, kind)))
    }

    fn say_not_kept(&mut self, bytes: u64) {
        let size = text::bytes(bytes);
        self.notices.say(format!("Its payload of {size} was too large to be kept"), self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::super::library::tests::{moment, record};
    use super::*;

    #[test]
    fn an_answer_is_compared_with_the_marked_one_else_with_the_one_before() {
        let records = vec![record(3, "", ""), record(2, "", ""), record(1, "", "")];
        let mut answers = Answers { function: "checkout".into(), records, cursor: Cursor::default(), marked: None };
        let sent = |answers: &Answers| answers.pair().map(|(one, other)| (one.sent, other.sent));
        assert_eq!(sent(&answers), Ok((moment(2), moment(3))));
        answers.marked = Some(moment(1));
        assert_eq!(sent(&answers), Ok((moment(1), moment(3))));
        answers.cursor.row = 2;
        assert!(sent(&answers).is_err());
        answers.marked = None;
        assert!(sent(&answers).is_err(), "there is none before the oldest");
    }
}
