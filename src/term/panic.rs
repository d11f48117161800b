//! What a panic leaves behind: the terminal as it was, one sentence, a file for the report; never a half-dead screen.

use std::backtrace::Backtrace;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::time::Clock;

/// Exit code of a panic, as Rust's own.
const PANICKED: i32 = 101;

static PANICKING: AtomicBool = AtomicBool::new(false);

/// From now on a panic in any thread or task restores the terminal, says where it happened, writes a crash file (mode
/// 0600) into `folder` if there is one, and ends the program with code 101. The screen can't go on: whatever panicked may
/// have been half way through its state.
pub fn install_panic_hook(folder: Option<PathBuf>) {
    panic::set_hook(Box::new(move |info| {
        if PANICKING.swap(true, Ordering::SeqCst) {
            // Another thread is panicking already and will end the program; this one must not end it too early.
            std::thread::park_timeout(std::time::Duration::from_secs(2));
            end();
        }
        super::leave();
        let report = report(info);
        let _ = io::stderr().write_all(report.as_bytes());
        if let Some(folder) = &folder {
            let told = match file(folder, &report) {
                Ok(path) => format!("A report is in {}\n", path.display()),
                Err(error) => format!("No report could be written to {}: {error}\n", folder.display()),
            };
            let _ = io::stderr().write_all(told.as_bytes());
        }
        end();
    }));
}

#[expect(clippy::disallowed_methods, reason = "a panic ends the program here, before the terminal is drawn on again")]
fn end() -> ! {
    std::process::exit(PANICKED)
}

/// Message, place and thread. What a message quotes may have come from AWS, so control characters are spelt out.
fn report(info: &PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("a panic without words");
    let safe: String = message
        .chars()
        .flat_map(|c| if c.is_control() && c != '\n' { c.escape_default().collect() } else { vec![c] })
        .collect();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or("unnamed").to_string();
    format!("slsdash {} has failed at {place} (thread {thread}): {safe}\n", env!("CARGO_PKG_VERSION"))
}

fn file(folder: &Path, report: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("crash-{}.txt", Clock::system().now().format("%Y%m%dT%H%M%S%3fZ")));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    write!(file, "{report}\n{}\n", Backtrace::force_capture())?;
    Ok(path)
}
