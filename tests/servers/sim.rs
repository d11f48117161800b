//! `slsdash sim` as a process of its own, for clients that we did not write.

use super::Environment;
use super::program::Home;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// The embedded account behind a real socket, until dropped.
#[derive(Debug)]
pub struct Sim {
    /// Where it answers: `http://127.0.0.1:PORT`.
    pub url: String,
    process: Child,
    _home: Home,
}

impl Sim {
    /// The seed that all tests share.
    pub const SEED: &'static str = "7";

    /// Starts the real binary on a free port and waits for the line that says it listens.
    pub fn start(scenario: &str) -> Sim {
        let home = Home::new();
        let mut process = Environment::moto()
            .script("lifeline.py")
            .arg(env!("CARGO_BIN_EXE_slsdash"))
            .args(["sim", "--port", "0", "--scenario", scenario, "--seed", Sim::SEED])
            .env_clear()
            .envs(home.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("lifeline.py could not be started: {error}"));
        let mut line = String::new();
        let stdout = process.stdout.take().expect("stdout was asked to be a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the pipe to a child can be read");
        let Some(url) = line.trim().strip_prefix("listening on ").map(str::to_owned) else {
            drop(process.stdin.take());
            panic!("`slsdash sim` did not say `listening on URL` first, but {line:?}: {:?}", process.wait());
        };
        Sim { url, process, _home: home }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // The lifeline ends itself and the binary when its stdin does.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
