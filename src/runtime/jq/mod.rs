//! jq expressions, run in a process of their own: the only thing that can be made to stop whatever it is doing.

mod child;
mod desk;
mod worker;

use std::time::Duration;

pub use child::serve;
pub use desk::Desk;
pub use worker::{End, Worker, program};

/// How long an expression may take for one line.
pub const DEADLINE: Duration = Duration::from_secs(1);
/// Address space that an expression may take, with that of our own binary, bytes.
pub const MEMORY: u64 = 512 << 20;
/// Lines go over in batches of at most so many; all of a batch is read before the first answer.
const BATCH_LINES: usize = 512;
/// ... or of so many bytes, unless a single line is longer.
const BATCH_BYTES: usize = 1 << 20;
/// Longest answer for one line, bytes.
const LONGEST_ANSWER: usize = 4 << 20;
/// Exit code of a process whose expression did not end in time.
const OVERDUE: u8 = 3;
/// First argument of such a process; the second is the expression.
pub const SUBCOMMAND: &str = "jq-worker";
