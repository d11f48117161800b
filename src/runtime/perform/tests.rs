//! Changes, the one door they go through, and what the audit file keeps of them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::sync::Semaphore;

use super::*;
use crate::app::export::{Contents, Export};

/// Counts what it is asked to do, and answers when it is let.
#[derive(Clone)]
struct Service {
    calls: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
    audit: PathBuf,
}

impl Remote for Service {
    async fn carry_out(&self, change: Change) -> (Outcome, Option<String>) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        assert!(std::fs::read_to_string(&self.audit).unwrap().contains("intent"), "sent before it was written down");
        self.gate.acquire().await.unwrap().forget();
        (Outcome::Changed { change, result: Ok(()) }, Some("req-1".into()))
    }

    fn traffic(&self, _: Moment) -> Traffic {
        Traffic { calls: 3, ..Traffic::default() }
    }
}

fn change(to: u32) -> Change {
    Change::SetProvisionedConcurrency { function: "checkout".into(), qualifier: "live".into(), from: None, to }
}

struct Scene {
    hands: Hands<Service>,
    service: Service,
    messages: mpsc::Receiver<Message>,
    audit: PathBuf,
    _account: watch::Sender<Option<Service>>,
    _folder: tempfile::TempDir,
}

fn scene(writes: Writes, audit: Option<&Path>) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let path = audit.map_or_else(|| folder.path().join("audit.jsonl"), Path::to_path_buf);
    let service = Service { calls: Arc::default(), gate: Arc::new(Semaphore::new(0)), audit: path.clone() };
    let (account, connected) = watch::channel(Some(service.clone()));
    let (tell, messages) = mpsc::channel(8);
    let file = Arc::new(Audit::new(path.clone(), Clock::system()));
    let browser = Browser::Elsewhere("this is an ssh session".into());
    let hands = Hands::new(connected, tell, writes, browser, Some(file), Clock::system(), Handle::current());
    Scene { hands, service, messages, audit: path, _account: account, _folder: folder }
}

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_change_is_written_down_sent_once_written_down_and_told() {
    let mut scene = scene(Writes::Allowed, None);
    scene.service.gate.add_permits(1);
    assert_eq!(scene.hands.perform(Effect::Change(change(5))), None);
    let told = scene.messages.recv().await.unwrap();
    assert_eq!(told, Message::Performed(Outcome::Changed { change: change(5), result: Ok(()) }));
    assert_eq!(scene.service.calls.load(Ordering::SeqCst), 1);
    let lines = lines(&scene.audit);
    assert_eq!([&lines[0]["event"], &lines[1]["event"]], ["intent", "result"]);
    assert_eq!(lines[1]["result"], "ok");
    assert_eq!(lines[1]["requestId"], "req-1");
}

#[tokio::test]
async fn nothing_is_sent_or_written_when_writing_is_off() {
    let mut scene = scene(Writes::Refused("--read-only".into()), None);
    let outcome = scene.hands.perform(Effect::Change(change(5)));
    let refused = Err(Failure::ReadOnly("--read-only".into()));
    assert_eq!(outcome, Some(Outcome::Changed { change: change(5), result: refused }));
    assert!(!scene.audit.exists());
    assert_eq!(scene.service.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_written_down() {
    let mut scene = scene(Writes::Allowed, Some(Path::new("/dev/full")));
    scene.hands.perform(Effect::Change(change(5)));
    let told = scene.messages.recv().await.unwrap();
    assert!(matches!(told, Message::Performed(Outcome::Changed { result: Err(Failure::Audit(_)), .. })), "{told:?}");
    assert_eq!(scene.service.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_same_change_is_not_sent_while_it_is_under_way() {
    let mut scene = scene(Writes::Allowed, None);
    assert_eq!(scene.hands.perform(Effect::Change(change(5))), None);
    let again = scene.hands.perform(Effect::Change(change(5)));
    assert!(
        matches!(&again, Some(Outcome::Changed { result: Err(Failure::Refused(trouble)), .. }) if trouble.kind == Kind::Conflict)
    );
    assert_eq!(scene.hands.perform(Effect::Change(change(6))), None);
    scene.service.gate.add_permits(2);
    scene.messages.recv().await.unwrap();
    scene.messages.recv().await.unwrap();
    assert_eq!(scene.service.calls.load(Ordering::SeqCst), 2);
    scene.service.gate.add_permits(1);
    assert_eq!(scene.hands.perform(Effect::Change(change(5))), None);
    scene.messages.recv().await.unwrap();
}

#[tokio::test]
async fn what_is_left_under_way_is_written_down_as_unknown() {
    let mut scene = scene(Writes::Allowed, None);
    scene.hands.perform(Effect::Change(change(5)));
    while scene.service.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    scene.hands.part();
    let lines = lines(&scene.audit);
    assert_eq!(lines[1]["result"], "unknown");
    assert_eq!(lines[0]["id"], lines[1]["id"]);
}

#[tokio::test]
async fn a_page_that_cannot_be_opened_is_named() {
    let mut scene = scene(Writes::Allowed, None);
    let url = "https://console.aws.amazon.com/lambda";
    let Some(Outcome::Failed(sentence)) = scene.hands.perform(Effect::OpenUrl(url.into())) else { panic!("no word") };
    assert!(sentence.contains(url) && sentence.contains("ssh"));
}

#[tokio::test]
async fn a_file_of_the_users_own_is_written_though_writing_is_off() {
    let mut scene = scene(Writes::Refused("--read-only".into()), None);
    let path = scene.audit.with_file_name("lines.log");
    let contents = Contents::Text { rows: 2, text: "one\ntwo\n".into() };
    let export = Export { path: path.to_string_lossy().into_owned(), contents };
    assert_eq!(scene.hands.perform(Effect::Export(Box::new(export))), None);
    let told = scene.messages.recv().await.unwrap();
    let path = path.to_string_lossy().into_owned();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    assert_eq!(told, Message::Performed(Outcome::Exported { rows: 2, bytes: 8, path }));
}

#[tokio::test]
async fn queries_are_kept_where_there_is_a_place_for_them() {
    let Scene { hands, audit, mut messages, _folder, .. } = scene(Writes::Allowed, None);
    let path = audit.with_file_name("queries.json");
    let mut hands = hands.keeping_queries(Some(path.clone()));
    hands.perform(Effect::KeepQueries(vec!["limit 1".into()]));
    hands.perform(Effect::KeepSnoozes(vec!["{}".into()]));
    drop(hands);
    // The last sender goes with the task that writes.
    assert_eq!(messages.recv().await, None);
    assert_eq!(history::read(&path), ["limit 1"]);
    assert_eq!(history::read(&path.with_file_name(history::SNOOZES)), ["{}"]);
}

#[tokio::test]
async fn what_is_kept_of_invokes_is_read_after_it_was_written() {
    use crate::app::invoke::library::{Drawer, Entry, Limits};
    let Scene { hands, mut messages, _folder: folder, .. } = scene(Writes::Refused("--read-only".into()), None);
    let mut hands = hands.keeping_invokes(Some(folder.path().join("invokes")));
    let drawer = Drawer { account: "111122223333".into(), region: "eu-west-1".into(), function: "checkout".into() };
    let limits = Limits { answers: 1, bytes: 1 << 20 };
    for text in ["1", "2"] {
        let (drawer, entry) = (drawer.clone(), Box::new(Entry::Last(text.into())));
        assert_eq!(hands.perform(Effect::KeepInvoke { drawer, entry, limits }), None);
    }
    assert_eq!(hands.perform(Effect::ReadInvokes(drawer.clone())), None);
    let Some(Message::Performed(Outcome::InvokesRead { drawer: of, result: Ok(Some(library)) })) =
        messages.recv().await
    else {
        panic!("it was kept")
    };
    assert_eq!((of, library.last.as_deref()), (drawer, Some("2")));
}
