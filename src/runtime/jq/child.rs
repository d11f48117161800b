//! The process in which an expression runs: batches of lines come in, an answer for each line goes out.
//!
//! It limits its own memory, and ends itself when a line takes too long: so nothing is left running for ever, not even when
//! the program that started it has died.

use std::io::{self, BufReader, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::{DEADLINE, LONGEST_ANSWER, MEMORY, OVERDUE};
use crate::jq::{Answer, Expression, Outputs};

/// The deadline is looked at so many times before it is over.
const LOOKS: u32 = 8;

/// Answers lines until there are no more. Errors when a pipe breaks; whoever reads the answers has gone then.
pub fn serve(expression: &str, input: impl Read, mut output: impl Write) -> io::Result<()> {
    limit();
    let lines = Arc::new(AtomicU64::new(0));
    let watched = lines.clone();
    let watch = thread::Builder::new().name("deadline".into()).spawn(move || watch(&watched))?;
    let progress = Progress { lines, watch: watch.thread().clone() };
    progress.begin();
    let compiled = Expression::compile(expression);
    progress.end();
    let greeting: Result<(), &String> = compiled.as_ref().map(|_| ());
    send(&mut output, &serde_json::to_vec(&greeting)?)?;
    let Ok(expression) = compiled else { return Ok(()) };
    let mut input = BufReader::with_capacity(1 << 16, input);
    while let Some(lines) = batch(&mut input)? {
        for line in lines {
            progress.begin();
            let answer = answer(&expression, &line)?;
            progress.end();
            send(&mut output, &answer)?;
        }
    }
    Ok(())
}

/// Where a system has no such limit, the deadline is what is left.
fn limit() {
    let limit = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    let _ = setrlimit(Resource::As, limit(MEMORY));
    // Nobody wants the memory of an expression on disk.
    let _ = setrlimit(Resource::Core, limit(0));
}

fn answer(expression: &Expression, line: &[u8]) -> io::Result<Vec<u8>> {
    let answer = serde_json::to_vec(&expression.run(&String::from_utf8_lossy(line)))?;
    if answer.len() <= LONGEST_ANSWER {
        return Ok(answer);
    }
    let error = format!("what it makes of this line is larger than {} MiB", LONGEST_ANSWER >> 20);
    Ok(serde_json::to_vec(&Answer::Outputs(Outputs { error: Some(error), ..Outputs::default() }))?)
}

/// A frame: its length (4 bytes, least first), then its bytes.
fn send(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(bytes.len() + 4);
    frame.extend(length.to_le_bytes());
    frame.extend(bytes);
    // In one piece, and at once: an answer that is given stays given when the next line ends this process.
    output.write_all(&frame)?;
    output.flush()
}

/// A batch: the number of lines, then each as a frame; none at the end of the input.
fn batch(input: &mut impl Read) -> io::Result<Option<Vec<Vec<u8>>>> {
    let mut number = [0; 4];
    if let Err(error) = input.read_exact(&mut number) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let mut lines = Vec::new();
    for _ in 0..u32::from_le_bytes(number) {
        let mut length = [0; 4];
        input.read_exact(&mut length)?;
        let mut line = vec![0; u32::from_le_bytes(length) as usize];
        input.read_exact(&mut line)?;
        lines.push(line);
    }
    Ok(Some(lines))
}

/// Counts beginnings and ends: an odd number is a line under way.
struct Progress {
    lines: Arc<AtomicU64>,
    watch: Thread,
}

impl Progress {
    fn begin(&self) {
        self.lines.fetch_add(1, Ordering::Release);
        self.watch.unpark();
    }

    fn end(&self) {
        self.lines.fetch_add(1, Ordering::Release);
    }
}

/// Ends the process when one line has taken as long as it may; sleeps while there is none.
#[allow(clippy::disallowed_methods)] // this process has no terminal to give back, and its main thread can't return
fn watch(lines: &AtomicU64) {
    let (mut seen, mut looks) = (0, 0);
    loop {
        let now = lines.load(Ordering::Acquire);
        if now.is_multiple_of(2) {
            thread::park();
            continue;
        }
        looks = if now == seen { looks + 1 } else { 0 };
        seen = now;
        if looks >= LOOKS {
            std::process::exit(OVERDUE.into());
        }
        thread::sleep(DEADLINE / LOOKS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_read_whole_or_not_at_all() {
        let bytes = [&[2, 0, 0, 0][..], &[1, 0, 0, 0], b"a", &[0, 0, 0, 0]].concat();
        assert_eq!(batch(&mut bytes.as_slice()).unwrap(), Some(vec![b"a".to_vec(), vec![]]));
        assert!(batch(&mut &bytes[..9]).is_err());
        assert_eq!(batch(&mut &[][..]).unwrap(), None);
    }

    #[test]
    fn an_answer_too_long_to_be_read_is_an_error_of_its_line() {
        let expression = Expression::compile("[range(1000000)] | tostring").unwrap();
        let answer: Answer = serde_json::from_slice(&answer(&expression, b"null").unwrap()).unwrap();
        assert!(matches!(answer, Answer::Outputs(Outputs { error: Some(error), .. }) if error.contains("4 MiB")));
    }
}
