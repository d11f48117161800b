//! `slsdash`: the command line does what was asked, and says how it went.

use std::process::ExitCode;

#[allow(clippy::disallowed_methods)] // the arguments are main's to read
fn main() -> ExitCode {
    ExitCode::from(slsdash::cli::run(std::env::args_os()))
}
