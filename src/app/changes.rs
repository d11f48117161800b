//! From a wish to a change: forms, the one door, what comes back, undo.

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use super::App;
use super::command::Action;
use super::confirm::{Button, Confirmation};
use super::effect::{Change, Effect, Failure};
use super::invoke::{Answer, Field};
use super::overlay::Overlay;
use super::provision::{ProvisionForm, dollars_per_hour};
use crate::config::Writes;
use crate::model::function::InvocationType;
use crate::text;

impl App {
    pub(super) fn open_provision(&mut self) {
        let selected = self.selected();
        let Some(function) = selected.function.as_deref().and_then(|name| self.store.functions.get(name)) else {
            self.notices.say("Select a function first", self.now);
            return;
        };
        let Some(detail) = self.store.details.get(&function.name).and_then(|feed| feed.get()) else {
            // The aliases are not known yet: the detail asks for them.
            let name = function.name.clone();
            self.notices.say(format!("Asking for the aliases of {name}; press the key again"), self.now);
            self.jump(super::step::Jump::Function(name));
            return;
        };
        let form = ProvisionForm::new(function, detail, self.store.account.get(), selected.qualifier.as_deref());
        match form {
            Ok(form) => self.overlays.push(Overlay::Provision(Box::new(form))),
            Err(why) => self.notices.say(why, self.now),
        }
    }

    pub(super) fn ask_undo(&mut self) {
        match self.undoable.last().and_then(Change::undo) {
            Some(change) => {
                let changed = self.changed_meanwhile(&change);
                self.ask_with(change, changed.into_iter().map(|line| (true, line)).collect());
            }
            None => self.notices.say("There is no change to undo", self.now),
        }
    }

    /// What an undo would overwrite: somebody has changed it since, as far as is known.
    fn changed_meanwhile(&self, undo: &Change) -> Option<String> {
        let detail = |function: &str| self.store.details.get(function).and_then(|feed| feed.get());
        let differs = |known: String, left: String| {
            (known != left).then(|| format!("it has been changed since: it is {known} now, and was left at {left}"))
        };
        let number = |value: Option<u32>| value.map_or("none".to_string(), |value| value.to_string());
        match undo {
            Change::SetReservedConcurrency { function, from, .. } => {
                differs(number(self.store.functions.get(function)?.reserved?), number(*from))
            }
            Change::MoveAlias { function, alias, from, .. } => {
                let known = detail(function)?.aliases.iter().find(|known| known.name == *alias)?;
                differs(known.routing().words(), from.words())
            }
            Change::SetProvisionedConcurrency { function, qualifier, from, .. } => {
                let known = detail(function)?.provisioned.iter().find(|known| known.qualifier == *qualifier);
                differs(number(known.map(|config| config.requested)), number(*from))
            }
            Change::RemoveProvisionedConcurrency { function, qualifier, from } => {
                let known = detail(function)?.provisioned.iter().find(|known| known.qualifier == *qualifier);
                differs(number(known.map(|config| config.requested)), number(Some(*from)))
            }
            Change::SwitchEventSource { function, uuid, enabled, .. } => {
                let known = detail(function)?.mappings.iter().find(|known| known.uuid == *uuid)?;
                (known.enabled() == *enabled).then(|| format!("it is {} already", known.state))
            }
            _ => None,
        }
    }

    /// The one door, with warnings.
    pub(super) fn ask(&mut self, change: Change, warnings: Vec<String>) {
        self.ask_with(change, warnings.into_iter().map(|warning| (true, warning)).collect());
    }

    /// The one door: shows what will happen, with Cancel selected. Lines that warn are marked.
    pub(super) fn ask_with(&mut self, change: Change, notes: Vec<(bool, String)>) {
        if let Some(why) = &self.origin.read_only {
            self.notices.complain(format!("{} - refused: {why}", change.sentence()), self.now);
            return;
        }
        if self.pending.contains(&change) {
            self.notices.say("The same change is under way already", self.now);
            return;
        }
        let scope = self.scope();
        let mut lines = vec![(false, format!("in account {} {}", or_unknown(&scope.account), scope.region))];
        lines.extend(notes);
        lines.extend(self.costs(&change));
        lines.push((false, change.aws_command()));
        let name = (self.origin.writes == Writes::ConfirmByName).then(|| (change.name(), Input::default()));
        self.overlays.push(Overlay::Confirm(Box::new(Confirmation {
            change,
            lines,
            button: Button::default(),
            name,
            opened: self.now,
        })));
    }

    /// What a change costs or saves, and what else there is to know of its kind.
    fn costs(&self, change: &Change) -> Vec<(bool, String)> {
        let mut lines = Vec::new();
        match change {
            Change::Invoke { payload, kind, .. } => {
                let kept = if *kind == InvocationType::DryRun { " (nothing runs)" } else { "" };
                lines.push((
                    false,
                    format!("payload {} as {}{kept}; never retried", text::bytes(payload.len() as u64), kind.name()),
                ));
            }
            Change::SetProvisionedConcurrency { function: name, qualifier, from, to } => {
                lines.extend(self.auto_scaled(name, qualifier).map(|line| (true, line)));
                if let Some(function) = self.store.functions.get(name) {
                    let arm = function.architecture == "arm64";
                    let cost = dollars_per_hour(*to, function.memory_mb, arm);
                    let before = dollars_per_hour(from.unwrap_or(0), function.memory_mb, arm);
                    lines.push((
                        false,
                        format!(
                            "costs about {} an hour whether used or not ({} a month), now {} an hour",
                            text::dollars(cost),
                            text::dollars(cost * 730.0),
                            text::dollars(before)
                        ),
                    ));
                }
            }
            Change::RemoveProvisionedConcurrency { function: name, qualifier, from } => {
                lines.extend(self.auto_scaled(name, qualifier).map(|line| (true, line)));
                if let Some(function) = self.store.functions.get(name) {
                    let saved = dollars_per_hour(*from, function.memory_mb, function.architecture == "arm64");
                    lines.push((false, format!("saves about {} an hour; cold starts come back", text::dollars(saved))));
                }
            }
            _ => {}
        }
        lines
    }

    /// Application Auto Scaling sets this provisioned concurrency: its target tracking keeps alarms of a telling name,
    /// `TargetTracking-function:NAME:ALIAS-AlarmHigh-UUID`. A scheduled action leaves no such trace.
    fn auto_scaled(&self, function: &str, qualifier: &str) -> Option<String> {
        let prefix = format!("TargetTracking-function:{function}:{qualifier}-");
        let tracked = self.store.alarms.get()?.iter().any(|alarm| alarm.name.starts_with(&prefix));
        tracked.then(|| {
            "Application Auto Scaling manages this provisioned concurrency: it will set its own number again"
                .to_string()
        })
    }

    pub(super) fn form_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
        match (self.overlays.last_mut(), action) {
            (_, Some(Action::Back)) => {
                self.overlays.pop();
            }
            (Some(Overlay::Form(form)), action) => match (action, key.code) {
                (Some(Action::Send), _) | (_, KeyCode::Enter) => match form.wish() {
                    Ok(wish) => self.ask_with(wish.change, wish.notes),
                    Err(why) => self.notices.say(why, self.now),
                },
                (Some(Action::SwitchField), _) | (_, KeyCode::Down) => form.step(true),
                (_, KeyCode::Up | KeyCode::BackTab) => form.step(false),
                (_, KeyCode::Left) if form.turn(false) => {}
                (_, KeyCode::Right | KeyCode::Char(' ')) if form.turn(true) => {}
                _ => form.edit(&Event::Key(key)),
            },
            (Some(Overlay::Invoke(form)), Some(Action::SwitchField)) => form.next_field(),
            (Some(Overlay::Invoke(form)), Some(Action::Send)) => match form.change() {
                Ok(change) => self.ask(change, vec![]),
                Err(why) => self.notices.say(why, self.now),
            },
            (Some(Overlay::Invoke(form)), _) => match form.field {
                Field::Payload => {
                    if form.payload.input(key) {
                        form.untouched = false;
                        form.check();
                    }
                }
                _ => match key.code {
                    KeyCode::Left | KeyCode::Up => form.turn(false),
                    KeyCode::Right | KeyCode::Down | KeyCode::Char(' ') => form.turn(true),
                    _ => {}
                },
            },
            (Some(Overlay::Provision(form)), Some(Action::SwitchField)) => form.on_number = !form.on_number,
            (Some(Overlay::Provision(form)), action) => {
                if action == Some(Action::Send) || key.code == KeyCode::Enter {
                    let warnings = form.warnings();
                    match form.change() {
                        Ok(change) => self.ask(change, warnings),
                        Err(why) => self.notices.say(why, self.now),
                    }
                    return vec![];
                }
                match key.code {
                    KeyCode::Up => form.turn(false),
                    KeyCode::Down => form.turn(true),
                    KeyCode::Char(c) if !c.is_ascii_digit() => {}
                    _ if form.on_number => {
                        form.number.handle_event(&Event::Key(key));
                    }
                    KeyCode::Left => form.turn(false),
                    KeyCode::Right => form.turn(true),
                    _ => {}
                }
            }
            _ => {}
        }
        vec![]
    }

    pub(super) fn confirmation_key(&mut self, key: KeyEvent, action: Option<Action>) -> Vec<Effect> {
        let now = self.now;
        let Some(Overlay::Confirm(confirmation)) = self.overlays.last_mut() else { return vec![] };
        match action {
            Some(Action::Back) => {
                self.overlays.pop();
            }
            _ if confirmation.is_deaf(now) => {}
            Some(Action::SwitchField) => confirmation.button = other(confirmation.button),
            Some(Action::Confirm) => {
                if confirmation.button == Button::Cancel {
                    self.overlays.pop();
                } else if confirmation.may_go() {
                    return self.go();
                } else {
                    let name = confirmation.change.name();
                    self.notices.say(format!("This profile wants the name typed: {name}"), now);
                }
            }
            _ => match (key.code, &mut confirmation.name) {
                (KeyCode::Left | KeyCode::Right, _) => confirmation.button = other(confirmation.button),
                (_, Some((_, typed))) => {
                    typed.handle_event(&Event::Key(key));
                }
                _ => {}
            },
        }
        vec![]
    }

    /// Through the door.
    fn go(&mut self) -> Vec<Effect> {
        let Some(Overlay::Confirm(confirmation)) = self.overlays.pop() else { return vec![] };
        let change = confirmation.change;
        if matches!(self.overlays.last(), Some(Overlay::Invoke(_) | Overlay::Provision(_) | Overlay::Form(_))) {
            self.overlays.pop();
        }
        let mut effects = self.invoke_sent(&change);
        if let Change::Invoke { .. } = &change {
            self.overlays.push(Overlay::Answer(Box::new(Answer::waiting(change.clone(), self.now))));
        } else {
            self.notices.say(format!("{} …", change.sentence()), self.now);
        }
        self.pending.push(change.clone());
        effects.push(Effect::Change(change));
        effects
    }
}

fn other(button: Button) -> Button {
    if button == Button::Cancel { Button::Go } else { Button::Cancel }
}

fn or_unknown(account: &str) -> &str {
    if account.is_empty() { "(unknown)" } else { account }
}

/// What a failure means to whoever asked.
pub fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::ReadOnly(why) => format!("refused here: {why}"),
        Failure::Audit(why) => format!("not sent, because the audit file can't be written: {why}"),
        Failure::Refused(trouble) => trouble.sentence(),
        Failure::Unknown(trouble) => {
            format!(
                "UNKNOWN whether it happened: the connection broke after it was sent ({}); it is not sent again",
                trouble.message
            )
        }
    }
}
