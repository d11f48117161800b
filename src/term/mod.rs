//! The terminal: enter, leave, suspend, listen; the only writer of escapes.
//!
//! Whoever took the terminal may end in many ways: by a key, a signal, a panic in any thread. Each of them comes through
//! [`leave`], which may be called as often as one likes and puts back what [`enter`] found. Nothing here asks the terminal
//! a question and waits for the answer: some never answer.

mod input;
mod keys;
mod panic;
mod screen;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Signal, getpid, getsid, kill_current_process_group};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};

pub use input::{Input, listen};
pub use panic::install_panic_hook;
pub use screen::{CLIPBOARD_BYTES, Device, Screen, Surface};

/// The screen that the program really draws on.
pub type Display = ratatui::Terminal<Screen<Tty>>;

/// Alternate screen, cleared; no cursor; pastes come in one piece; focus is told.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[H\x1b[2J\x1b[?25l\x1b[?2004h\x1b[?1004h";
/// Everything that [`ENTER`], [`MOUSE_ON`] or a frame cut short may have left behind.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[?1049l\x1b[?25h";
/// Presses, drags and the wheel, in the notation that has no limit of columns. Not every motion (`?1003`): that would
/// wake the program whenever the hand rests on the mouse.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// What is beyond this is not drawn: a pseudo-terminal may claim 65,535 x 65,535 cells.
const LARGEST: (u16, u16) = (1024, 512);

/// The modes that we found, for as long as the terminal is ours.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

/// Held while a frame is written, so that nothing of it comes after the terminal was given back.
static WRITING: Mutex<()> = Mutex::new(());

/// The terminal that the program was started on: takes bytes, knows its size.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tty;

/// Takes the terminal: raw mode, alternate screen, mouse if wanted. Errors when standard output or input is none.
pub fn enter(mouse: bool) -> io::Result<Display> {
    take(mouse)?;
    ratatui::Terminal::new(Screen::new(Tty, mouse)).inspect_err(|_| leave())
}

fn take(mouse: bool) -> io::Result<()> {
    let line = Line::open()?;
    let found = tcgetattr(&line)?;
    let mut raw = found.clone();
    raw.make_raw();
    tcsetattr(&line, OptionalActions::Now, &raw)?;
    if let Some(mut slot) = found_modes() {
        // Taken again after a stop: what the shell set meanwhile is not what we found.
        slot.get_or_insert(found);
    }
    send(ENTER)?;
    if mouse { send(MOUSE_ON) } else { Ok(()) }
}

/// Gives the terminal back as it was found. Does nothing when it is not ours.
pub fn leave() {
    leave_within(None);
}

/// Like [`leave`], but gives up writing when the terminal takes no bytes for so long.
pub fn leave_within(patience: Option<Duration>) {
    let Some(found) = found_modes().as_deref_mut().and_then(Option::take) else { return };
    // A frame that is being written comes first; one that the terminal does not take is not waited for.
    let tries = patience.unwrap_or(Duration::from_millis(20)).as_millis();
    let frame = (0..tries).find_map(|_| try_lock(&WRITING).or_else(pause));
    if patience.is_none_or(writable) {
        let _ = send(LEAVE); // a terminal that has gone can't be put back
    }
    if let Ok(line) = Line::open() {
        let _ = tcsetattr(&line, OptionalActions::Now, &found);
    }
    drop(frame);
}

fn found_modes() -> Option<MutexGuard<'static, Option<Termios>>> {
    try_lock(&FOUND)
}

/// `None` when it is held, perhaps by the caller: a panic must not wait for itself.
fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(guard)) => Some(guard.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn pause<T>() -> Option<T> {
    std::thread::sleep(Duration::from_millis(1));
    None
}

/// Columns and rows. A terminal that says 0 does not know (a bare pseudo-terminal, a serial line): 80x24 then.
pub fn size() -> io::Result<(u16, u16)> {
    let size = tcgetwinsize(rustix::stdio::stdout())?;
    let known = |value: u16, default: u16, largest: u16| if value == 0 { default } else { value.min(largest) };
    Ok((known(size.ws_col, 80, LARGEST.0), known(size.ws_row, 24, LARGEST.1)))
}

/// Standard output is a pipe that nobody reads any more, or a terminal that has gone.
pub fn nobody_reads_output() -> bool {
    let output = rustix::stdio::stdout();
    let mut fds = [PollFd::new(&output, PollFlags::empty())];
    let gone = PollFlags::ERR | PollFlags::HUP;
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|_| fds[0].revents().intersects(gone))
}

/// Gives the terminal back and stops the whole job, as Ctrl-Z does outside raw mode. It may return before the stop reaches
/// this thread: only SIGCONT tells that the job goes on.
fn stop() -> io::Result<()> {
    // A session's leader has no shell behind it that could continue it.
    if getsid(None)? == getpid() {
        return Err(io::Error::other("there is no shell to go back to"));
    }
    leave();
    // Not SIGTSTP: that one is caught, to get here.
    Ok(kill_current_process_group(Signal::STOP)?)
}

/// Stops the whole job while somebody else has the terminal: there is nothing to give back.
pub fn stop_lent() {
    // Without a shell the editor was not stopped either, and nobody could continue us.
    if getsid(None).is_ok_and(|leader| leader != getpid()) {
        let _ = kill_current_process_group(Signal::STOP);
    }
}

/// Writes all of it to standard output, in one write(2) unless the terminal takes less.
fn send(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => bytes = &bytes[taken..],
            Err(Errno::INTR) => {}
            // Another program that shares the terminal may have made it non-blocking for all.
            Err(Errno::AGAIN) => {
                poll(&mut [PollFd::from_borrowed_fd(rustix::stdio::stdout(), PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn writable(patience: Duration) -> bool {
    let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(patience.subsec_nanos()) };
    let mut output = [PollFd::from_borrowed_fd(rustix::stdio::stdout(), PollFlags::OUT)];
    poll(&mut output, Some(&wait)).is_ok_and(|_| output[0].revents() == PollFlags::OUT)
}

/// Where keys come from: standard input, or the controlling terminal when that is a file or a pipe.
enum Line {
    Input(BorrowedFd<'static>),
    Controlling(File),
}

impl Line {
    fn open() -> io::Result<Line> {
        let input = rustix::stdio::stdin();
        if isatty(input) {
            return Ok(Line::Input(input));
        }
        File::options().read(true).write(true).open("/dev/tty").map(Line::Controlling)
    }
}

impl AsFd for Line {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Line::Input(fd) => *fd,
            Line::Controlling(file) => file.as_fd(),
        }
    }
}

impl Write for Tty {
    /// What comes after the terminal was given back, while a panic ends the program, is dropped.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = found_modes().is_none_or(|found| found.is_some());
        if ours { send(bytes).map(|()| bytes.len()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Device for Tty {
    fn size(&self) -> io::Result<(u16, u16)> {
        size()
    }

    fn stop(&mut self) -> io::Result<()> {
        stop()
    }

    fn lend(&mut self) -> io::Result<()> {
        input::rest();
        leave();
        Ok(())
    }

    fn retake(&mut self, mouse: bool) -> io::Result<()> {
        let taken = take(mouse);
        // Only then: what was typed before is read by who had the terminal.
        input::go_on();
        taken
    }
}
