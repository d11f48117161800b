//! The process that runs an expression, from outside: lines in, answers out, and how it ended if it did.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::{BATCH_BYTES, BATCH_LINES, DEADLINE, LONGEST_ANSWER, MEMORY, OVERDUE, SUBCOMMAND};
use crate::jq::Answer;

/// This program, to be started again. On Linux also after its file has been replaced by a newer one.
pub fn program() -> PathBuf {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() {
        return own;
    }
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("slsdash"))
}

/// A process that runs one expression.
pub struct Worker {
    process: Process,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

/// Why a process answers no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The expression can't be read; why, with the column.
    Unreadable(String),
    /// It was still busy with a line, or with compiling, at the deadline.
    Overdue,
    /// It ended in the middle of a line: no memory, no stack.
    Exhausted,
    /// It can't be started, or can't be spoken with.
    Broken(String),
}

impl End {
    /// As a clause, to be followed by `on the line of …`: `the jq expression did not end within 1 s`.
    pub fn clause(&self) -> String {
        match self {
            End::Unreadable(why) => format!("the jq expression can't be read: {why}"),
            End::Overdue => format!("the jq expression did not end within {} s", DEADLINE.as_secs()),
            End::Exhausted => {
                format!("the jq expression took more than {} MiB of memory, or called itself too deep", MEMORY >> 20)
            }
            End::Broken(why) => format!("the process for jq expressions is not there: {why}"),
        }
    }
}

/// A handle by which another thread can end the process.
#[derive(Clone)]
pub struct Process(Arc<Mutex<Child>>);

impl Process {
    /// Ends it, whatever it is doing.
    pub fn kill(&self) {
        let mut child = self.lock();
        let _ = child.kill();
        let _ = child.wait();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Child> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.kill();
    }
}

impl Worker {
    /// Starts `program` for an expression. Blocks until the expression is compiled.
    pub fn start(program: &Path, expression: &str) -> Result<Worker, End> {
        let broken = |error: io::Error| End::Broken(error.to_string());
        // Without our environment: `env` in an expression must not find credentials there.
        let mut child = Command::new(program)
            .args([SUBCOMMAND, expression])
            .env_clear()
            // Ctrl-C is for us to hear, and not for it to die of.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(broken)?;
        let missing = || End::Broken("no pipes".to_string());
        let to = child.stdin.take().ok_or_else(missing)?;
        let from = BufReader::with_capacity(1 << 16, child.stdout.take().ok_or_else(missing)?);
        let mut worker = Worker { process: Process(Arc::new(Mutex::new(child))), to, from };
        let greeting = worker.frame().map_err(|error| worker.end(&error))?;
        match serde_json::from_slice::<Result<(), String>>(&greeting) {
            Ok(Ok(())) => Ok(worker),
            Ok(Err(why)) => Err(End::Unreadable(why)),
            Err(error) => Err(End::Broken(error.to_string())),
        }
    }

    /// A handle by which it can be ended.
    pub fn process(&self) -> Process {
        self.process.clone()
    }

    /// Runs the expression on each line. Fewer answers than lines come with the reason; it concerns the line after the last
    /// answer, and the process has ended. Blocks.
    pub fn run(&mut self, lines: &[&str]) -> (Vec<Answer>, Option<End>) {
        let mut answers = Vec::with_capacity(lines.len());
        let mut rest = lines;
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(size_of_batch(rest));
            rest = after;
            if let Err(error) = self.exchange(batch, &mut answers) {
                return (answers, Some(self.end(&error)));
            }
        }
        (answers, None)
    }

    fn exchange(&mut self, batch: &[&str], answers: &mut Vec<Answer>) -> io::Result<()> {
        let length = |number: usize| u32::try_from(number).map(u32::to_le_bytes).map_err(io::Error::other);
        let mut bytes = Vec::with_capacity(batch.iter().map(|line| line.len() + 4).sum::<usize>() + 4);
        bytes.extend(length(batch.len())?);
        for line in batch {
            bytes.extend(length(line.len())?);
            bytes.extend(line.as_bytes());
        }
        self.to.write_all(&bytes)?;
        for _ in batch {
            let frame = self.frame()?;
            answers.push(serde_json::from_slice(&frame)?);
        }
        Ok(())
    }

    fn frame(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.from.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_ANSWER {
            return Err(io::Error::other("it does not speak as it should"));
        }
        let mut bytes = vec![0; length];
        self.from.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// What an error on a pipe means.
    fn end(&self, error: &io::Error) -> End {
        let gone = matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe);
        let mut child = self.process.lock();
        if !gone {
            let _ = child.kill();
            let _ = child.wait();
            return End::Broken(error.to_string());
        }
        // Both pipes are closed by the process's end only.
        match child.wait() {
            Ok(status) if status.code() == Some(OVERDUE.into()) => End::Overdue,
            // A signal: the allocator's and the stack's ways out both abort.
            Ok(status) if status.code().is_none() => End::Exhausted,
            Ok(status) => End::Broken(status.to_string()),
            Err(error) => End::Broken(error.to_string()),
        }
    }
}

fn size_of_batch(lines: &[&str]) -> usize {
    let mut bytes = 0;
    let fits = lines.iter().take(BATCH_LINES).take_while(|line| {
        bytes += line.len();
        bytes <= BATCH_BYTES
    });
    fits.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_small_and_never_empty() {
        let long = "x".repeat(BATCH_BYTES + 1);
        assert_eq!(size_of_batch(&[&long, "a"]), 1);
        assert_eq!(size_of_batch(&["a", &long]), 1);
        assert_eq!(size_of_batch(&["a"; BATCH_LINES + 5]), BATCH_LINES);
    }

    #[test]
    fn what_is_no_worker_is_no_worker() {
        for program in ["/nonexistent/program", "/bin/false", "/bin/echo"] {
            assert!(matches!(Worker::start(Path::new(program), "."), Err(End::Broken(_))), "{program}");
        }
    }
}
