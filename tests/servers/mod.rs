//! Servers that we did not write, and our own as its own process: started on first use, shared by all tests of this process, gone with it.
//!
//! Each server runs under `tests/python/lifeline.py`: it ends when the pipe to its stdin closes, which the kernel does for us however
//! this process ends. So no static needs a destructor, and a killed test run leaves nothing running.

mod environment;
mod program;
mod seeded;
mod sim;

pub use environment::Environment;
pub use program::{Answer, Home, slsdash};
pub use seeded::{Seeded, ministack, moto, moto_to_change};
pub use sim::Sim;

use std::path::PathBuf;

/// A file beside the tests' Python sources.
pub fn python_source(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(name)
}

/// The last lines of a text, for the message of a failure.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
