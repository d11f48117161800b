//! Listening to the terminal, on a thread of its own: so that no key waits for anything else, and a terminal that goes
//! away is noticed at once.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;

use super::Line;
use super::keys::Keys;

/// What comes from outside: from the terminal, and from the system about it.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted: lines end in `\n`, no other control characters.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The focus came (true) or went.
    Focus(bool),
    /// The terminal has so many columns and rows now.
    Resize(u16, u16),
    /// Somebody asks us to stop for a while (SIGTSTP).
    Stop,
    /// We were stopped, and may go on (SIGCONT).
    Continued,
    /// A signal asks us to end; its number.
    Terminate(i32),
    /// The terminal has gone.
    Gone,
}

/// The thread that listens, as far as others may hold it up: keys that are meant for an editor must not be read here.
static LISTENER: Mutex<Listener> = Mutex::new(Listener { bell: None, wanted: false, rests: false });
static CHANGED: Condvar = Condvar::new();

/// How long the thread may take to hear the bell; it has gone with its terminal if it does not.
const PATIENCE: Duration = Duration::from_millis(500);

struct Listener {
    /// Wakes it from poll(2).
    bell: Option<PipeWriter>,
    /// It is to rest.
    wanted: bool,
    /// It rests.
    rests: bool,
}

fn listener() -> MutexGuard<'static, Listener> {
    LISTENER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads no key until [`go_on`]; returns once that is so.
pub(super) fn rest() {
    let mut listener = listener();
    listener.wanted = true;
    let rung = listener.bell.as_mut().is_some_and(|bell| bell.write_all(&[1]).is_ok());
    if rung {
        let waited = CHANGED.wait_timeout_while(listener, PATIENCE, |listener| !listener.rests);
        drop(waited);
    }
}

/// Reads keys again.
pub(super) fn go_on() {
    listener().wanted = false;
    CHANGED.notify_all();
}

/// The bell has rung: rests for as long as that is wanted.
fn heed(ring: &mut PipeReader) {
    let _ = ring.read(&mut [0; 16]);
    let mut listener = listener();
    listener.rests = true;
    CHANGED.notify_all();
    let mut listener = CHANGED.wait_while(listener, |listener| listener.wanted).unwrap_or_else(PoisonError::into_inner);
    listener.rests = false;
}

/// Starts the thread that listens; it ends when the terminal goes or nobody takes what it hears. It sleeps in poll(2), which
/// tells of bytes and of a hang-up alike, and has no timeout unless a sequence is half read.
///
/// Errors when there is no terminal to listen to, or no thread to be had.
pub fn listen(inputs: mpsc::Sender<Input>) -> io::Result<()> {
    let line = Line::open()?;
    let (mut ring, bell) = io::pipe()?;
    listener().bell = Some(bell);
    thread::Builder::new().name("input".into()).spawn(move || {
        let mut keys = Keys::default();
        loop {
            let heard = match hear(&line, &mut ring, &mut keys) {
                Ok(heard) => heard,
                // The terminal has gone, or is as good as gone: without keys nobody can quit.
                Err(_) => vec![Input::Gone],
            };
            let gone = heard.last() == Some(&Input::Gone);
            for input in heard {
                if inputs.blocking_send(input).is_err() {
                    return;
                }
            }
            if gone {
                return;
            }
        }
    })?;
    Ok(())
}

fn hear(line: &Line, ring: &mut PipeReader, keys: &mut Keys) -> io::Result<Vec<Input>> {
    let mut watched =
        [PollFd::from_borrowed_fd(line.as_fd(), PollFlags::IN), PollFd::from_borrowed_fd(ring.as_fd(), PollFlags::IN)];
    let patience = keys.patience().map(timespec);
    match poll(&mut watched, patience.as_ref()) {
        Ok(0) => return Ok(keys.give_up().into_iter().collect()),
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let [here, rung] = watched.map(|fd| !fd.revents().is_empty());
    if rung {
        heed(ring);
        return Ok(Vec::new());
    }
    if !here {
        return Ok(Vec::new());
    }
    let mut bytes = [0; 4096];
    match rustix::io::read(line, &mut bytes) {
        // The end of a terminal's input, in raw mode, is the end of the terminal.
        Ok(0) => Ok(vec![Input::Gone]),
        Ok(length) => Ok(keys.feed(&bytes[..length])),
        Err(Errno::INTR | Errno::AGAIN) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX), tv_nsec: duration.subsec_nanos().into() }
}
