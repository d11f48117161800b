//! moto and MiniStack, each filled with the same shop, with a manifest of what a right reader must find there.

use super::{Environment, tail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::process::{Child, Stdio};
use std::sync::OnceLock;

/// A running server with a shop in it.
#[derive(Debug)]
pub struct Seeded {
    /// Where it answers: `http://127.0.0.1:PORT`.
    pub url: String,
    /// What `tests/python/seed.py` put there and what it adds up to.
    pub manifest: Value,
    /// Held, never waited for: the server ends when our end of its stdin closes.
    _process: Child,
}

/// The shop on moto: X-Ray and API Gateway at their best, but no percentiles, no real invokes and no provisioned concurrency.
pub fn moto() -> &'static Seeded {
    static STARTED: OnceLock<Seeded> = OnceLock::new();
    STARTED.get_or_init(|| Seeded::start("moto", Environment::moto(), "moto_cbor.py"))
}

/// The same on a server of its own, which tests may change: others read totals and settings of theirs.
pub fn moto_to_change() -> &'static Seeded {
    static STARTED: OnceLock<Seeded> = OnceLock::new();
    STARTED.get_or_init(|| Seeded::start("moto", Environment::moto(), "moto_cbor.py"))
}

/// The shop on MiniStack: real invokes with their logs, percentiles and provisioned concurrency, but no X-Ray at all.
pub fn ministack() -> &'static Seeded {
    static STARTED: OnceLock<Seeded> = OnceLock::new();
    STARTED.get_or_init(|| Seeded::start("ministack", Environment::ministack(), "ministack_server.py"))
}

impl Seeded {
    fn start(name: &str, environment: &Environment, script: &str) -> Seeded {
        // Files without a name: gone with the last process that holds them.
        let log = tempfile::tempfile().expect("a temporary file can be made");
        let mut process = environment
            .script(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.try_clone().expect("a file can be held twice"))
            .spawn()
            .unwrap_or_else(|error| panic!("{script} could not be started: {error}"));
        let said = || tail(&beginning_of(&log), 40);
        let mut line = String::new();
        let stdout = process.stdout.take().expect("stdout was asked to be a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the pipe to a child can be read");
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("{script} ended before it listened, after {line:?}:\n{}", said()))
            .to_owned();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let manifest = folder.path().join("manifest.json");
        // boto3 fills both servers: it lives in the environment of moto.
        let seeding = Environment::moto()
            .script("seed.py")
            .arg(&url)
            .arg(&manifest)
            .output()
            .unwrap_or_else(|error| panic!("seed.py could not be started: {error}"));
        assert!(
            seeding.status.success(),
            "seed.py could not fill {name} at {url} ({}):\n{}\nwhat {name} said:\n{}",
            seeding.status,
            tail(&String::from_utf8_lossy(&seeding.stderr), 25),
            said()
        );
        let text = std::fs::read_to_string(&manifest).expect("a seed that succeeds leaves its manifest");
        Seeded { url, manifest: serde_json::from_str(&text).expect("the manifest is JSON"), _process: process }
    }
}

/// What a server wrote so far, up to a limit; the place where it goes on writing stays.
fn beginning_of(log: &std::fs::File) -> String {
    let mut bytes = vec![0; 256 * 1024];
    let read = log.read_at(&mut bytes, 0).unwrap_or(0);
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

/// What the manifest says of one function.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeededFunction {
    pub runtime: String,
    pub memory_size: u64,
    pub timeout: u64,
    /// Over the whole seeded history.
    pub invocations: u64,
    pub errors: u64,
    pub throttles: u64,
    pub reserved: Option<u64>,
    pub provisioned: Option<SeededProvisioned>,
}

/// Provisioned concurrency of one alias.
#[derive(Debug, serde::Deserialize)]
pub struct SeededProvisioned {
    pub qualifier: String,
    pub requested: u64,
}

/// What the manifest says of one trace.
#[derive(Debug, serde::Deserialize)]
pub struct SeededTrace {
    pub id: String,
    pub fault: bool,
    pub function: String,
    /// Seconds, from the first segment's start to the last one's end.
    pub duration: f64,
}

/// What the manifest says of one log group.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeededGroup {
    pub events: usize,
    /// Events with the word ERROR in them.
    #[serde(rename = "withERROR")]
    pub with_error: usize,
}

impl Seeded {
    /// The account's twelve digits.
    pub fn account(&self) -> String {
        self.part("account")
    }

    /// Every function by name.
    pub fn functions(&self) -> BTreeMap<String, SeededFunction> {
        self.part("functions")
    }

    /// Requests over the whole seeded history by API and stage, as `shop-public prod`.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.part("requests")
    }

    /// Every trace, in no order.
    pub fn traces(&self) -> Vec<SeededTrace> {
        self.part("traces")
    }

    /// Every log group by name.
    pub fn log_groups(&self) -> BTreeMap<String, SeededGroup> {
        self.part("logGroups")
    }

    /// Writes one line into a log group (made if need be), through boto3.
    pub fn say(&self, group: &str, message: &str) {
        self.run_say(group, message, &[]);
    }

    /// Writes so many numbered lines over a few seconds, some of them late by up to 20 s.
    pub fn say_many(&self, group: &str, message: &str, lines: usize) {
        self.run_say(group, message, &[lines.to_string()]);
    }

    fn run_say(&self, group: &str, message: &str, more: &[String]) {
        // An argument may hold no NUL; JSON spells it out.
        let json = Value::from(message).to_string();
        let said = Environment::moto()
            .script("say.py")
            .args([&self.url, group, "2026/11/21/[$LATEST]of-the-tests", &json])
            .args(more)
            .output()
            .unwrap_or_else(|error| panic!("say.py could not be started: {error}"));
        assert!(said.status.success(), "{}", tail(&String::from_utf8_lossy(&said.stderr), 25));
    }

    fn part<T: serde::de::DeserializeOwned>(&self, name: &str) -> T {
        serde_json::from_value(self.manifest[name].clone())
            .unwrap_or_else(|error| panic!("the manifest's {name} is not as the tests read it: {error}"))
    }
}
