//! Effects become tasks, and tasks messages. Here, and nowhere else, a change is refused when writing is off.

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::audit::{Audit, Entry};
use super::jq::{self, Desk};
use super::payloads::{Cabinet, Task};
use super::session::World;
use super::{export, history};
use crate::app::effect::{Change, Effect, Failure, Outcome};
use crate::app::message::{Message, News, Traffic};
use crate::model::identity::Identity;
use crate::model::trouble::{Kind, Trouble};
use crate::time::{Clock, Moment};

/// The account, as far as the runtime needs one.
pub trait Remote: Clone + Send + Sync + 'static {
    /// Makes the change, once, and says what became of it; with the request id where the service told one.
    fn carry_out(&self, change: Change) -> impl Future<Output = (Outcome, Option<String>)> + Send;
    /// What requests have amounted to.
    fn traffic(&self, now: Moment) -> Traffic;
}

/// May the account be changed?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Yes.
    Allowed,
    /// No; by what, as a sentence.
    Refused(String),
}

/// May a browser be opened?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Browser {
    /// Yes.
    Here,
    /// No, or not where the user sits; why, as `this is an ssh session`.
    Elsewhere(String),
}

/// Carries out effects in the background.
pub struct Hands<A> {
    /// `None` until it is connected.
    account: watch::Receiver<Option<A>>,
    messages: mpsc::Sender<Message>,
    writes: Writes,
    browser: Browser,
    audit: Option<Arc<Audit>>,
    /// Where Logs Insights queries are kept; snoozed findings beside them.
    queries: Option<PathBuf>,
    /// Where payloads and answers of invokes are kept.
    invokes: Cabinet,
    clock: Clock,
    /// Who we are, as far as STS has told.
    caller: Identity,
    under_way: Arc<Mutex<Vec<Entry>>>,
    /// Where tasks run: not on the loop's thread.
    tasks: Handle,
    /// Expressions on log lines.
    jq: Desk,
}

impl<A: Remote> Hands<A> {
    /// Hands that act on `account` as soon as there is one, on the threads of `tasks`, and answer on `messages`.
    pub fn new(
        account: watch::Receiver<Option<A>>,
        messages: mpsc::Sender<Message>,
        writes: Writes,
        browser: Browser,
        audit: Option<Arc<Audit>>,
        clock: Clock,
        tasks: Handle,
    ) -> Hands<A> {
        let under_way = Arc::default();
        let jq = Desk::new(jq::program());
        let (queries, invokes) = (None, Cabinet::default());
        Hands {
            account,
            messages,
            writes,
            browser,
            audit,
            queries,
            invokes,
            clock,
            caller: Identity::default(),
            under_way,
            tasks,
            jq,
        }
    }

    /// The same hands, but jq expressions run in processes of `program`: a test is not the program itself.
    pub fn with_program(self, program: PathBuf) -> Hands<A> {
        Hands { jq: Desk::new(program), ..self }
    }

    /// The same, and Logs Insights queries are kept in that file, snoozed findings beside it.
    pub fn keeping_queries(self, path: Option<PathBuf>) -> Hands<A> {
        Hands { queries: path, ..self }
    }

    /// The same, and payloads and answers of invokes are kept in that folder.
    pub fn keeping_invokes(self, folder: Option<PathBuf>) -> Hands<A> {
        Hands { invokes: Cabinet::new(folder), ..self }
    }

    fn file(&self, task: Task) {
        self.invokes.ask(task);
        let (invokes, messages) = (self.invokes.clone(), self.messages.clone());
        self.tasks.spawn_blocking(move || {
            if let Some(outcome) = invokes.work() {
                let _ = messages.blocking_send(Message::Performed(outcome));
            }
        });
    }

    /// Begins a change, or says why not.
    fn begin(&self, change: Change) -> Result<(), Failure> {
        if let Writes::Refused(by) = &self.writes {
            return Err(Failure::ReadOnly(by.clone()));
        }
        let refused = |kind, why: &str| Failure::Refused(Trouble::new(kind, change.iam_action(), why));
        let Some(account) = self.account.borrow().clone() else {
            return Err(refused(Kind::Other, "the account is not connected yet"));
        };
        let audit = self.audit.clone().ok_or_else(|| Failure::Audit("there is no place for the audit file".into()))?;
        let mut under_way = lock(&self.under_way);
        if under_way.iter().any(|entry| entry.change == change) {
            return Err(refused(Kind::Conflict, "the same change is still under way"));
        }
        let entry = audit.entry(change, &self.caller);
        under_way.push(entry.clone());
        self.tasks.spawn(carry_out(entry, account, audit, self.messages.clone(), self.under_way.clone()));
        Ok(())
    }

    /// Writes lines into a file of the program's own state, where there is a place for it.
    fn keep(&self, path: Option<PathBuf>, what: &'static str, lines: Vec<String>) {
        let Some(path) = path else { return };
        let messages = self.messages.clone();
        self.tasks.spawn_blocking(move || {
            if let Err(error) = history::keep(&path, &lines) {
                let notice = format!("The {what} are not kept in {}: {error}", path.display());
                let _ = messages.blocking_send(Message::Notice(notice));
            }
        });
    }

    fn open(&self, url: String) -> Option<Outcome> {
        if let Browser::Elsewhere(why) = &self.browser {
            return Some(Outcome::Failed(format!("No browser is opened, because {why}: {url}")));
        }
        let messages = self.messages.clone();
        self.tasks.spawn_blocking(move || {
            if let Err(error) = webbrowser::open(&url) {
                let failed = Outcome::Failed(format!("No browser could be opened ({error}): {url}"));
                let _ = messages.blocking_send(Message::Performed(failed));
            }
        });
        None
    }
}

impl<A: Remote> World for Hands<A> {
    fn perform(&mut self, effect: Effect) -> Option<Outcome> {
        match effect {
            Effect::Change(change) => self.begin(change.clone()).err().map(|failure| not_done(change, failure)),
            Effect::OpenUrl(url) => self.open(url),
            Effect::Export(export) => {
                let messages = self.messages.clone();
                self.tasks.spawn_blocking(move || {
                    let _ = messages.blocking_send(Message::Performed(export::write(&export)));
                });
                None
            }
            Effect::Jq { generation, expression, lines } => {
                self.jq.accept((generation, expression, lines), &self.messages, &self.tasks)
            }
            Effect::KeepQueries(queries) => {
                self.keep(self.queries.clone(), "queries", queries);
                None
            }
            Effect::KeepSnoozes(snoozes) => {
                let path = self.queries.as_ref().map(|path| path.with_file_name(history::SNOOZES));
                self.keep(path, "snoozed findings", snoozes);
                None
            }
            Effect::ReadInvokes(drawer) => {
                self.file(Task::Read(drawer));
                None
            }
            Effect::KeepInvoke { drawer, entry, limits } => {
                self.file(Task::Keep(drawer, entry, limits));
                None
            }
            // The loop's own.
            Effect::Edit(_)
            | Effect::Copy { .. }
            | Effect::Suspend
            | Effect::Redraw
            | Effect::CaptureMouse(_)
            | Effect::Quit => None,
        }
    }

    fn traffic(&self) -> Traffic {
        self.account.borrow().as_ref().map(|account| account.traffic(self.clock.now())).unwrap_or_default()
    }

    fn overhear(&mut self, message: &Message) {
        if let Message::News(News::Identity(Ok(identity))) = message {
            self.caller = identity.clone();
        }
    }

    /// What was sent and not yet answered may have happened: the audit file says so.
    fn part(&mut self) {
        self.jq.close();
        self.invokes.finish();
        let Some(audit) = &self.audit else { return };
        for entry in lock(&self.under_way).drain(..) {
            let _ = audit.abandoned(&entry);
        }
    }
}

async fn carry_out<A: Remote>(
    entry: Entry,
    account: A,
    audit: Arc<Audit>,
    messages: mpsc::Sender<Message>,
    under_way: Arc<Mutex<Vec<Entry>>>,
) {
    let change = entry.change.clone();
    let intent = on_disk({
        let (audit, entry) = (audit.clone(), entry.clone());
        move || audit.intent(&entry)
    });
    let outcome = match intent.await {
        Err(error) => not_done(change, Failure::Audit(error)),
        Ok(()) => {
            let (outcome, request) = account.carry_out(change).await;
            let result = on_disk({
                let (audit, entry, outcome) = (audit.clone(), entry.clone(), outcome.clone());
                move || audit.result(&entry, &outcome, request.as_deref())
            });
            if let Err(error) = result.await {
                let notice = format!("The audit file has the intent, but not the result: {error}");
                let _ = messages.send(Message::Notice(notice)).await;
            }
            outcome
        }
    };
    lock(&under_way).retain(|other| other.id != entry.id);
    let _ = messages.send(Message::Performed(outcome)).await;
}

/// A file may be slow: on a thread that may wait.
async fn on_disk(write: impl FnOnce() -> std::io::Result<()> + Send + 'static) -> Result<(), String> {
    match tokio::task::spawn_blocking(write).await {
        Ok(written) => written.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn not_done(change: Change, failure: Failure) -> Outcome {
    match change {
        Change::Invoke { .. } => Outcome::Invoked { change, result: Err(failure) },
        _ => Outcome::Changed { change, result: Err(failure) },
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
