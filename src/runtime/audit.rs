//! The audit file: each change of the account, before it is sent and after it was answered, one JSON document a line.

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

use crate::app::actions::reserve::SwitchedOff;
use crate::app::effect::{Change, Failure, Outcome};
use crate::model::identity::Identity;
use crate::time::Clock;

/// Appends to one file, which only its owner may read.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    clock: Clock,
    started: i64,
    entries: AtomicU64,
}

/// A change that is about to be made, and who makes it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The same in the intent and in its result; unique in the file.
    pub id: String,
    /// The change.
    pub change: Change,
    caller: Identity,
}

impl Audit {
    /// The file need not exist yet.
    pub fn new(path: PathBuf, clock: Clock) -> Audit {
        let started = clock.millis();
        Audit { path, clock, started, entries: AtomicU64::new(0) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives a change its number.
    pub fn entry(&self, change: Change, caller: &Identity) -> Entry {
        let number = self.entries.fetch_add(1, Ordering::Relaxed);
        // Two programs may share the file.
        let id = format!("{:x}-{:x}-{number}", self.started, std::process::id());
        Entry { id, change, caller: caller.clone() }
    }

    /// Before the request is sent: what, by whom, where. On the disk when this returns; nothing may be sent if it fails.
    pub fn intent(&self, entry: &Entry) -> io::Result<()> {
        let mut line = self.line("intent", entry);
        line.insert("account".into(), json!(entry.caller.scope.account));
        line.insert("region".into(), json!(entry.caller.scope.region));
        line.insert("caller".into(), json!(entry.caller.arn));
        for (name, value) in
            [("profile", &entry.caller.profile), ("endpoint", &entry.caller.endpoint), ("demo", &entry.caller.demo)]
        {
            if let Some(value) = value {
                line.insert(name.into(), json!(value));
            }
        }
        line.insert("action".into(), json!(entry.change.iam_action()));
        if let Ok(Value::Object(change)) = serde_json::to_value(&entry.change) {
            line.extend(change);
        }
        line.insert("command".into(), json!(without_payload(&entry.change).aws_command()));
        if let Change::Invoke { payload, .. } = &entry.change {
            line.insert(
                "payload".into(),
                json!({"bytes": payload.len(), "fnv1a": format!("{:016x}", fnv1a(payload.as_bytes()))}),
            );
        }
        self.append(line)?.sync_all()
    }

    /// After the request was answered, or was given up.
    pub fn result(&self, entry: &Entry, outcome: &Outcome, request_id: Option<&str>) -> io::Result<()> {
        let mut line = self.line("result", entry);
        let (result, why) = match outcome {
            Outcome::Invoked { result: Err(failure), .. } | Outcome::Changed { result: Err(failure), .. } => {
                told(failure)
            }
            Outcome::Failed(sentence) => ("unknown", Some(sentence.clone())),
            Outcome::Invoked { result: Ok(answer), .. } => ("ok", answer.function_error.clone()),
            Outcome::Changed { result: Ok(()), .. }
            | Outcome::Copied { .. }
            | Outcome::Exported { .. }
            | Outcome::InvokesRead { .. }
            | Outcome::Edited(_)
            | Outcome::Jq { .. } => ("ok", None),
        };
        line.insert("result".into(), json!(result));
        if let Some(why) = why {
            line.insert("why".into(), json!(why));
        }
        if let Some(id) = request_id {
            line.insert("requestId".into(), json!(id));
        }
        self.append(line)?.sync_all()
    }

    /// The program ends while the request is under way. Not waited for until it is on the disk: quitting is quick, and
    /// what is written survives the program, if not the machine.
    pub fn abandoned(&self, entry: &Entry) -> io::Result<()> {
        let mut line = self.line("result", entry);
        line.insert("result".into(), json!("unknown"));
        line.insert("why".into(), json!("the program ended before there was an answer"));
        self.append(line).map(drop)
    }

    fn line(&self, event: &str, entry: &Entry) -> Map<String, Value> {
        let mut line = Map::new();
        let now = self.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        line.insert("time".into(), json!(now));
        line.insert("event".into(), json!(event));
        line.insert("id".into(), json!(entry.id));
        line
    }

    /// One write to the end of the file, so that lines of two programs never mix.
    fn append(&self, line: Map<String, Value>) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        let mut bytes = serde_json::to_vec(&Value::Object(line))?;
        bytes.push(b'\n');
        file.write_all(&bytes)?;
        Ok(file)
    }
}

fn told(failure: &Failure) -> (&'static str, Option<String>) {
    match failure {
        Failure::ReadOnly(why) | Failure::Audit(why) => ("not sent", Some(why.clone())),
        Failure::Refused(trouble) => ("refused", Some(trouble.sentence())),
        Failure::Unknown(trouble) => ("unknown", Some(trouble.sentence())),
    }
}

/// A file is read from so far before its end: some thousand changes.
const READ: u64 = 4 << 20;

/// Functions that were switched off from here, in the order of time, each with what it had before: intents to reserve
/// nothing that were answered with `ok`. Nothing where there is no such file; lines that can't be read say nothing.
pub fn switched_off(path: &Path) -> Vec<SwitchedOff> {
    let Ok(mut file) = File::open(path) else { return vec![] };
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::new();
    if file.seek(SeekFrom::Start(length.saturating_sub(READ))).is_err() || file.read_to_end(&mut bytes).is_err() {
        return vec![];
    }
    let mut intended: HashMap<String, SwitchedOff> = HashMap::new();
    let mut found = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(line) = serde_json::from_slice::<Value>(line) else { continue };
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_string();
        match line["event"].as_str() {
            Some("intent") if line["change"] == "set-reserved-concurrency" && line["to"] == 0 => {
                let at = text("time").parse().unwrap_or_default();
                let from = line["from"].as_u64().and_then(|from| u32::try_from(from).ok());
                let (account, region, function) = (text("account"), text("region"), text("function"));
                intended.insert(text("id"), SwitchedOff { account, region, function, from, at });
            }
            Some("result") if line["result"] == "ok" => found.extend(intended.remove(&text("id"))),
            _ => {}
        }
    }
    found
}

/// Payloads carry what a file must not keep.
fn without_payload(change: &Change) -> Change {
    let mut change = change.clone();
    if let Change::Invoke { payload, .. } = &mut change {
        *payload = "...".into();
    }
    change
}

/// Tells whether two payloads were the same; not a secret's keeper.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::function::InvocationType;
    use crate::model::trouble::{Kind, Trouble};

    fn lines(path: &Path) -> Vec<Value> {
        std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn invoke() -> Change {
        Change::Invoke {
            function: "checkout".into(),
            qualifier: Some("live".into()),
            kind: InvocationType::RequestResponse,
            payload: r#"{"card":"4111"}"#.into(),
            timeout_s: 3,
        }
    }

    #[test]
    fn intent_and_result_share_an_id_and_the_payload_stays_out() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path().join("state/audit.jsonl"), Clock::system());
        let caller = Identity { arn: "arn:aws:iam::123456789012:user/me".into(), ..Identity::default() };
        let entry = audit.entry(invoke(), &caller);
        audit.intent(&entry).unwrap();
        let refused = Failure::Refused(Trouble::new(Kind::Denied, "lambda:InvokeFunction", "not for you"));
        let outcome = Outcome::Invoked { change: invoke(), result: Err(refused) };
        audit.result(&entry, &outcome, Some("abc-1")).unwrap();

        let lines = lines(audit.path());
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["event"], "intent");
        assert_eq!(lines[0]["change"], "invoke");
        assert_eq!(lines[0]["function"], "checkout");
        assert_eq!(lines[0]["caller"], "arn:aws:iam::123456789012:user/me");
        assert_eq!(lines[0]["payload"]["bytes"], 15);
        assert_eq!(lines[1]["result"], "refused");
        assert_eq!(lines[1]["requestId"], "abc-1");
        assert_eq!(lines[0]["id"], lines[1]["id"]);
        assert!(!std::fs::read_to_string(audit.path()).unwrap().contains("4111"));
    }

    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path().join("state/audit.jsonl"), Clock::system());
        audit.intent(&audit.entry(invoke(), &Identity::default())).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(audit.path()), 0o600);
        assert_eq!(mode(&folder.path().join("state")), 0o700);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error() {
        let audit = Audit::new("/dev/null/audit.jsonl".into(), Clock::system());
        assert!(audit.intent(&audit.entry(invoke(), &Identity::default())).is_err());
        let full = Audit::new("/dev/full".into(), Clock::system());
        assert!(full.intent(&full.entry(invoke(), &Identity::default())).is_err());
    }
}
