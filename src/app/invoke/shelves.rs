//! What the program knows of kept invokes, function by function, and how it stands with their files.

use std::collections::HashMap;

use super::library::{Drawer, Entry, Library, Limits, Record};
use crate::app::App;
use crate::app::effect::{Change, Effect, Failure};
use crate::app::overlay::Overlay;
use crate::config::Keep;
use crate::model::function::InvokeAnswer;
use crate::model::identity::Scope;
use crate::time::Moment;

/// Functions of which something is held in memory at most; files stay.
const HELD: usize = 64;

/// Kept invokes of the account that is looked at.
#[derive(Debug, Default)]
pub struct Shelves {
    /// There is a folder for the files.
    pub on_disk: bool,
    /// Whose they are.
    scope: Scope,
    libraries: HashMap<String, Library>,
    /// Functions in the order in which they were last asked for.
    order: Vec<String>,
    /// Functions whose file is being read; what is kept meanwhile makes the answer an old one.
    asked: Vec<String>,
    /// Invokes under way, with the moment at which each was sent.
    sent: Vec<(Change, Moment)>,
}

impl Shelves {
    /// What is kept of a function.
    pub fn library(&self, function: &str) -> Option<&Library> {
        self.libraries.get(function)
    }

    fn library_mut(&mut self, function: &str) -> &mut Library {
        self.order.retain(|known| known != function);
        self.order.push(function.to_string());
        if self.order.len() > HELD {
            let oldest = self.order.remove(0);
            self.libraries.remove(&oldest);
        }
        self.libraries.entry(function.to_string()).or_default()
    }

    /// Another account's payloads must never be sent in this one.
    pub(super) fn belong_to(&mut self, scope: &Scope) {
        if self.scope != *scope {
            // What was noted before the account was known is this account's.
            if !self.scope.account.is_empty() {
                self.libraries.clear();
                self.order.clear();
            }
            self.scope = scope.clone();
        }
    }
}

impl App {
    fn limits(&self) -> Limits {
        let invoke = &self.config.invoke;
        Limits { answers: invoke.answers, bytes: invoke.cap }
    }

    /// The file of a function's invokes, where there is one: the account must be known, and keeping not switched off.
    fn drawer(&self, function: &str) -> Option<Drawer> {
        let Scope { account, region } = self.scope();
        let kept = self.invokes.on_disk && self.config.invoke.keep != Keep::Nothing && !account.is_empty();
        kept.then(|| Drawer { account, region, function: function.to_string() })
    }

    /// A word about payloads that do not outlast the program, where they don't.
    pub(super) fn kept_where(&self) -> &'static str {
        match (self.config.invoke.keep, self.invokes.on_disk, self.scope().account.is_empty()) {
            (Keep::Nothing, ..) => ", until the program ends: [invoke] keep is \"nothing\"",
            (_, false, _) => ", until the program ends: there is no folder for it",
            (_, _, true) => ", until the program ends: the account is not known yet",
            _ => "",
        }
    }

    /// Asks for what is kept of a function.
    pub(super) fn look_up(&mut self, function: &str) -> Vec<Effect> {
        self.invokes.belong_to(&self.scope());
        let Some(drawer) = self.drawer(function) else { return vec![] };
        self.invokes.asked.push(function.to_string());
        vec![Effect::ReadInvokes(drawer)]
    }

    /// Keeps one thing of a function: here, and on disk where that is wanted.
    pub(super) fn keep(&mut self, function: &str, entry: Entry) -> Vec<Effect> {
        let limits = self.limits();
        self.invokes.belong_to(&self.scope());
        self.invokes.asked.retain(|asked| asked != function);
        let library = self.invokes.library_mut(function);
        library.take(entry.clone(), limits);
        for overlay in &mut self.overlays {
            match overlay {
                Overlay::Answers(answers) if answers.function == function => answers.renew(&library.answers),
                _ => {}
            }
        }
        if matches!(entry, Entry::Answer(_)) && self.config.invoke.keep != Keep::Answers {
            return vec![];
        }
        let effect = |drawer| Effect::KeepInvoke { drawer, entry: Box::new(entry), limits };
        self.drawer(function).map(effect).into_iter().collect()
    }

    /// What is kept of a function has been read.
    pub(in crate::app) fn read_invokes(
        &mut self,
        drawer: &Drawer,
        result: Result<Option<Library>, String>,
    ) -> Vec<Effect> {
        let scope = Scope { account: drawer.account.clone(), region: drawer.region.clone() };
        if self.scope() != scope {
            return vec![];
        }
        let Some(at) = self.invokes.asked.iter().position(|asked| *asked == drawer.function) else {
            return self.look_up(&drawer.function);
        };
        self.invokes.asked.remove(at);
        match result {
            Ok(Some(mut library)) => {
                let limits = self.limits();
                let last = library.last.clone();
                // Answers of this run may not be on disk: keeping them may be switched off, or have failed.
                let known = self.invokes.library(&drawer.function).map(|known| known.answers.clone());
                for answer in known.into_iter().flatten().rev() {
                    if library.answers.iter().all(|kept| kept.sent != answer.sent) {
                        library.take(Entry::Answer(Box::new(answer)), limits);
                    }
                }
                *self.invokes.library_mut(&drawer.function) = library;
                for overlay in &mut self.overlays {
                    match overlay {
                        Overlay::Invoke(form) if form.function == drawer.function && form.untouched => {
                            if let Some(last) = &last {
                                let field = form.field;
                                form.put(last);
                                (form.field, form.untouched) = (field, true);
                            }
                        }
                        _ => {}
                    }
                }
            }
            Ok(None) => {}
            Err(why) => self.notices.complain(why, self.now),
        }
        vec![]
    }

    /// An invoke goes through the door: its payload is kept, and its answer waited for.
    pub(in crate::app) fn invoke_sent(&mut self, change: &Change) -> Vec<Effect> {
        let Change::Invoke { function, payload, .. } = change else { return vec![] };
        self.invokes.sent.push((change.clone(), self.now));
        self.keep(function, Entry::Last(payload.clone()))
    }

    /// An invoke was answered, or has failed.
    pub(in crate::app) fn keep_answer(
        &mut self,
        change: &Change,
        result: &Result<InvokeAnswer, Failure>,
    ) -> Vec<Effect> {
        let at = self.invokes.sent.iter().position(|(sent, _)| sent == change);
        let sent = at.map_or(self.now, |at| self.invokes.sent.remove(at).1);
        match (change, Record::of(change, sent, result)) {
            (Change::Invoke { function, .. }, Some(record)) => self.keep(function, Entry::Answer(Box::new(record))),
            _ => vec![],
        }
    }
}
