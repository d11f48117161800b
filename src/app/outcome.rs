//! What came of what we asked of the world: told, kept for the undo, watched where it takes its time.

use chrono::TimeDelta;

use super::App;
use super::actions::reserve::SwitchedOff;
use super::changes::sentence;
use super::command::Action;
use super::effect::{Change, Effect, Failure, Outcome, Target};
use super::overlay::{Choice, Chosen, Overlay};
use super::watch::Watch;
use crate::model::trouble::{Kind, Trouble};
use crate::store::limits;
use crate::text;

impl App {
    /// Something that we asked of the world has been done, or not.
    pub(super) fn performed(&mut self, outcome: Outcome) -> Vec<Effect> {
        let now = self.now;
        match outcome {
            Outcome::Invoked { change, result } => {
                self.pending.retain(|pending| *pending != change);
                let effects = self.keep_answer(&change, &result);
                if let Err(Failure::Refused(trouble)) = &result {
                    self.explain_refusal(&change, trouble);
                }
                let open = self.overlays.iter_mut().find_map(|overlay| match overlay {
                    Overlay::Answer(answer) if answer.change == change && answer.result.is_none() => Some(answer),
                    _ => None,
                });
                match open {
                    Some(answer) => answer.accept(result),
                    None => {
                        let how = match &result {
                            Ok(answer) => answer.function_error.clone().unwrap_or_else(|| "succeeded".into()),
                            Err(failure) => sentence(failure),
                        };
                        self.notices.say(format!("{}: {how}", change.sentence()), now);
                    }
                }
                return effects;
            }
            Outcome::Changed { change, result } => {
                self.pending.retain(|pending| *pending != change);
                // Look at once what has become of it.
                self.refresh += 1;
                match result {
                    Ok(()) => self.changed(change),
                    Err(failure) => self.not_changed(change, &failure),
                }
            }
            Outcome::Copied { what, bytes } => {
                self.notices.say(format!("Sent the {what} to the terminal's clipboard ({bytes} bytes)"), now);
            }
            Outcome::Exported { rows, bytes, path } => {
                let rows = if rows == 1 { "1 row".to_string() } else { format!("{rows} rows") };
                self.notices.say(format!("Wrote {rows}, {}, to {path}", text::bytes(bytes)), now);
            }
            Outcome::Jq { generation, results, trouble } => {
                self.with_tabs(|tabs, cx| tabs.logs.jq_answered(generation, results, trouble, cx));
            }
            Outcome::InvokesRead { drawer, result } => return self.read_invokes(&drawer, result),
            Outcome::Edited(result) => self.edited(result),
            Outcome::Failed(why) => self.notices.complain(why, now),
        }
        vec![]
    }

    /// An invoke was throttled: its reason names the limit, and the numbers are known here.
    fn explain_refusal(&mut self, change: &Change, trouble: &Trouble) {
        let (Kind::Throttled, Target::Function(function)) = (trouble.kind, change.target()) else { return };
        // The reason stands in brackets after what Lambda says.
        let reason = trouble.message.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        if let Some(verdict) = reason.and_then(|reason| limits::refusal(&self.store, function, reason, self.now)) {
            self.notices.complain(format!("{}. {}", verdict.sentence, verdict.remedy), self.now);
        }
    }

    /// A change has been accepted.
    fn changed(&mut self, change: Change) {
        let now = self.now;
        let watch = Watch::after(&change, now);
        let then = match (&watch, change.undo()) {
            (Some(_), _) => "it is watched until it is done".to_string(),
            (None, Some(_)) => format!("{} undoes it", self.keymap.chord(Action::Undo)),
            (None, None) => "done".to_string(),
        };
        self.notices.say(format!("{}: accepted; {then}", change.sentence()), now);
        self.watches.extend(watch);
        if let Change::SetReservedConcurrency { function, from, to: Some(0) } = &change {
            let scope = self.scope();
            self.switched_off.push(SwitchedOff {
                account: scope.account,
                region: scope.region,
                function: function.clone(),
                from: *from,
                at: now,
            });
        }
        if let Change::MoveAlias { function, alias, from, .. } = &change {
            self.led_before.insert((function.clone(), alias.clone()), from.clone());
        }
        // An undo uses up the change that it undoes.
        if self.undoable.last().and_then(Change::undo).as_ref().is_some_and(|undo| same(undo, &change)) {
            self.undoable.pop();
        } else if change.undo().is_some() {
            self.undoable.push(change);
        }
    }

    /// A change has not been made, or it is not known whether it has. What is only in the way for now can be waited for.
    fn not_changed(&mut self, change: Change, failure: &Failure) {
        let now = self.now;
        self.notices.complain(format!("{}: {}", change.sentence(), sentence(failure)), now);
        let Failure::Refused(trouble) = failure else { return };
        let stale = trouble.code.as_deref() == Some("PreconditionFailedException");
        let items = match trouble.kind {
            Kind::Conflict => vec![
                ("Wait until it is over, then ask me again".to_string(), Ok(Chosen::Wait(Box::new(change)))),
                ("Leave it as it is".to_string(), Ok(Chosen::Leave)),
            ],
            Kind::Throttled => {
                let wait = trouble.retry_after.and_then(|wait| TimeDelta::from_std(wait).ok());
                let wait = wait.unwrap_or(TimeDelta::seconds(20)).max(TimeDelta::seconds(1));
                let words = format!("Ask me again in {} s", wait.num_seconds());
                vec![
                    (words, Ok(Chosen::Later(Box::new(change), now + wait))),
                    ("Leave it as it is".to_string(), Ok(Chosen::Leave)),
                ]
            }
            _ if stale => {
                // It is not what it was when the form was opened: look at it first.
                self.refresh += 1;
                self.notices
                    .complain("Nothing was changed: somebody else has changed it meanwhile; look, then try again", now);
                return;
            }
            _ => return,
        };
        let what = match trouble.kind {
            Kind::Throttled => "Nothing was changed: too many requests",
            _ => "Nothing was changed: another change is in progress",
        };
        self.overlays.push(Overlay::Choice(Choice::new(format!("{what} ({})", change_name(&items)), items)));
    }
}

/// What the choices are about.
fn change_name(items: &[(String, Result<Chosen, String>)]) -> String {
    items
        .iter()
        .find_map(|(_, chosen)| match chosen {
            Ok(Chosen::Wait(change) | Chosen::Later(change, _)) => Some(change.name()),
            _ => None,
        })
        .unwrap_or_default()
}

/// The same change: the revision that it goes by does not count.
fn same(one: &Change, other: &Change) -> bool {
    let plain = |change: &Change| {
        let mut change = change.clone();
        if let Change::MoveAlias { revision, .. } = &mut change {
            *revision = None;
        }
        change
    };
    plain(one) == plain(other)
}
