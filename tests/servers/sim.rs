//! `slsdash sim` as a process of its own, for clients that we did not write.

use super::program::{Home, slsdash};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// The embedded account behind a real socket, until dropped.
#[derive(Debug)]
pub struct Sim {
    /// Where it answers: `http://127.0.0.1:PORT`.
    pub url: String,
    process: Child,
}

impl Sim {
    /// The seed that all tests share.
    pub const SEED: &'static str = "7";

    /// Starts the real binary on a free port and waits for the line that says it listens.
    pub fn start(scenario: &str) -> Sim {
        let home = Home::new();
        let mut process = slsdash(&home)
            .args(["sim", "--port", "0", "--scenario", scenario, "--seed", Sim::SEED])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary under test was built");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("stdout was asked to be a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the pipe to a child can be read");
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            let _ = process.kill();
            panic!("`slsdash sim` did not say `listening on URL` first, but {line:?}: {:?}", process.wait());
        };
        Sim { url: url.to_owned(), process }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
