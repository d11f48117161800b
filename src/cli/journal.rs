//! The program's own log: a file in the state folder, never the terminal.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::failure::Failure;

/// How much is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Level {
    /// What failed.
    Error,
    /// And what is odd.
    Warn,
    /// And what happened.
    Info,
    /// And why.
    Debug,
    /// And everything else.
    Trace,
}

/// Begins to write `slsdash.log` in `folder`, readable for its owner only.
///
/// Errors: there is no home, or the file can't be written; it was asked for, so its lack is not passed over.
pub fn start(level: Level, folder: Option<&Path>) -> Result<(), Failure> {
    let folder = folder.ok_or_else(|| Failure::environment("--log: there is no home folder; set XDG_STATE_HOME"))?;
    let path = folder.join("slsdash.log");
    let file = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .and_then(|()| OpenOptions::new().append(true).create(true).mode(0o600).open(&path))
        .map_err(|error| Failure::environment(format!("--log: {} can't be written: {error}", path.display())))?;
    // The SDK and its HTTP stack would write requests with their credentials at any level below WARN.
    let level = format!("{level:?}").to_lowercase();
    let most = if level == "error" { "error" } else { "warn" };
    let filter = EnvFilter::new(format!("{most},slsdash={level}"));
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).init();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "slsdash starts");
    Ok(())
}
