//! A pseudo-terminal with a screen that can be read, and a program in it.
//!
//! Nothing here sleeps: a wait ends when the screen shows what was waited for, or fails at its deadline with the last screen.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{ChildKiller, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use regex::Regex;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::servers::Home;

/// How long anything may take here before it is a failure: debug builds on a busy machine are slow, not stuck.
const PATIENCE: Duration = Duration::from_secs(20);

/// Modes that are switched, the cursor, colours and attributes, clearing, the clipboard. Not among them: anything that asks.
static OURS: LazyLock<Regex> = LazyLock::new(|| {
    let modes = r"\x1b\[\?(1049|25|2004|1004|1000|1002|1006|2026)[hl]";
    let drawing = r"\x1b\[\d*(;\d+)?H|\x1b\[[\d;:]*m|\x1b\[2J";
    let clipboard = r"\x1b\]52;c;[A-Za-z0-9+/=]*\x1b\\";
    Regex::new(&format!("{modes}|{drawing}|{clipboard}")).expect("a regular expression")
});

/// A program in a terminal of its own, killed when dropped.
pub struct Terminal {
    line: Option<Line>,
    shared: Arc<Shared>,
    pid: Pid,
    killer: Box<dyn ChildKiller + Send + Sync>,
    ended: Receiver<(ExitStatus, Instant)>,
    /// The modes of the line before the program came.
    modes: String,
    _home: Option<Home>,
}

/// Both ends of the pseudo-terminal. Ours holds the far end too, so that its modes can be read after the program's end.
struct Line {
    master: Box<dyn MasterPty + Send>,
    _slave: Box<dyn SlavePty + Send>,
    writer: Box<dyn Write + Send>,
    reader: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Option<Seen>>,
    changed: Condvar,
}

struct Seen {
    parser: vt100::Parser,
    /// All that was written.
    bytes: Vec<u8>,
    /// The reader shall let go of the terminal with the next bytes.
    let_go: bool,
}

/// How a program ended.
#[derive(Debug)]
pub struct End {
    /// Its exit code.
    pub code: u32,
    /// The signal that killed it, by its name, where it did not exit by itself.
    pub killed_by: Option<String>,
    /// Since the wait for it began.
    pub after: Duration,
    /// The wait was over at this moment.
    pub at: Instant,
}

impl Terminal {
    /// Starts the binary under test with a home of its own and no credentials but an emulator's.
    pub fn start(arguments: &[&str], columns: u16, rows: u16, environment: &[(&str, &str)]) -> Terminal {
        let home = Home::new();
        let mut all = home.environment();
        all.extend(environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut terminal = Terminal::program(Path::new(env!("CARGO_BIN_EXE_slsdash")), arguments, columns, rows, &all);
        terminal._home = Some(home);
        terminal
    }

    /// Starts any program, with exactly this environment.
    pub fn program(
        path: &Path,
        arguments: &[&str],
        columns: u16,
        rows: u16,
        environment: &[(String, String)],
    ) -> Terminal {
        let pair = native_pty_system().openpty(cells(columns, rows)).expect("a pseudo-terminal can be had");
        let mut command = CommandBuilder::new(path);
        command.args(arguments);
        command.env_clear();
        for (name, value) in environment {
            command.env(name, value);
        }
        command.cwd(env!("CARGO_TARGET_TMPDIR"));
        let modes = modes(&*pair.master);
        let mut child = pair.slave.spawn_command(command).expect("the program can be started");
        let pid = child.process_id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("it has a pid");
        let killer = child.clone_killer();
        let (tell, ended) = mpsc::channel();
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                let _ = tell.send((status, Instant::now()));
            }
        });

        let parser = vt100::Parser::new(emulated(rows), emulated(columns), 0);
        let shared = Arc::new(Shared::default());
        *shared.seen.lock().unwrap() = Some(Seen { parser, bytes: Vec::new(), let_go: false });
        let reader = pair.master.try_clone_reader().expect("the pseudo-terminal can be read");
        let reader = thread::spawn({
            let shared = shared.clone();
            move || watch(reader, &shared)
        });
        let writer = pair.master.take_writer().expect("the pseudo-terminal can be written to");
        let line = Some(Line { master: pair.master, _slave: pair.slave, writer, reader });
        Terminal { line, shared, pid, killer, ended, modes, _home: None }
    }

    /// What the screen shows, line by line.
    pub fn screen(&self) -> String {
        self.with(|seen| seen.parser.screen().contents())
    }

    /// Everything that was written to it so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.with(|seen| seen.bytes.clone())
    }

    /// Types: characters as they are; `\r` is Enter, `\x1b` Esc.
    pub fn send(&mut self, keys: &str) {
        let line = self.line.as_mut().expect("the terminal is still there");
        line.writer.write_all(keys.as_bytes()).expect("the pseudo-terminal takes keys");
        line.writer.flush().expect("the pseudo-terminal takes keys");
    }

    /// Waits until the text is on the screen, and returns the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait(&format!("{text:?} on the screen"), |screen| screen.contains(text))
    }

    /// Waits until the text is no longer on the screen.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> String {
        self.wait(&format!("{text:?} gone from the screen"), |screen| !screen.contains(text))
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub fn wait(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        self.wait_within(PATIENCE, what, holds)
    }

    /// Waits until the screen is as it should be, for so long at most.
    #[track_caller]
    pub fn wait_within(&self, patience: Duration, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let (screen, held) = self.watch_until(patience, |seen| {
            let screen = seen.parser.screen().contents();
            let held = holds(&screen);
            (screen, held)
        });
        assert!(held, "not within {patience:?}: {what}. The last screen:\n{screen}\n");
        screen
    }

    /// Waits until these bytes have been written so many times.
    #[track_caller]
    pub fn wait_for_times(&self, times: usize, bytes: &[u8]) {
        let (screen, held) = self.watch_until(PATIENCE, |seen| {
            let found = seen.bytes.windows(bytes.len()).filter(|window| *window == bytes).count();
            (seen.parser.screen().contents(), found >= times)
        });
        assert!(held, "not written {times} times: {:?}. The last screen:\n{screen}\n", String::from_utf8_lossy(bytes));
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.with(|seen| seen.parser.screen_mut().set_size(emulated(rows), emulated(columns)));
        let line = self.line.as_ref().expect("the terminal is still there");
        line.master.resize(cells(columns, rows)).expect("a pseudo-terminal takes any size");
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("the program is there to be signalled");
    }

    /// Sends a signal to the program and all that share its process group, as the terminal's driver does.
    pub fn signal_group(&self, signal: Signal) {
        kill_process_group(self.pid, signal).expect("the program is there to be signalled");
    }

    /// Waits until the system says that the program is in this state: `T` is stopped.
    #[track_caller]
    pub fn wait_state(&self, state: char) {
        let path = format!("/proc/{}/stat", self.pid.as_raw_nonzero());
        let deadline = Instant::now() + PATIENCE;
        loop {
            let stat = std::fs::read_to_string(&path).unwrap_or_default();
            let now = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
            if now == Some(state) {
                return;
            }
            assert!(Instant::now() < deadline, "state {now:?}, not {state}. The last screen:\n{}\n", self.screen());
            thread::yield_now();
        }
    }

    /// Processor time that the program has used so far, in ticks of 10 ms.
    pub fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid.as_raw_nonzero())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum()
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub fn wait_end(&self) -> End {
        let from = Instant::now();
        match self.ended.recv_timeout(PATIENCE) {
            Ok((status, at)) => End {
                code: status.exit_code(),
                killed_by: status.signal().map(str::to_owned),
                after: at.saturating_duration_since(from),
                at,
            },
            Err(_) => panic!("it did not end within {PATIENCE:?}. The last screen:\n{}\n", self.screen()),
        }
    }

    /// After the end: the terminal is as it was before the program came.
    #[track_caller]
    pub fn assert_restored(&self) {
        self.assert_modes();
        // The last bytes may still be on their way.
        let left = |seen: &Seen| {
            let screen = seen.parser.screen();
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
                && closed(&seen.bytes, b"\x1b[?1004h", b"\x1b[?1004l")
                && closed(&seen.bytes, b"\x1b[?2026h", b"\x1b[?2026l")
        };
        let (screen, restored) = self.watch_until(PATIENCE, |seen| (seen.parser.screen().contents(), left(seen)));
        assert!(restored, "the terminal is not as it was. The last screen:\n{screen}\n");
    }

    /// All that was written is text and sequences that we mean to write: nothing of a log line, a name or an error has got
    /// through as an escape.
    #[track_caller]
    pub fn assert_only_ours(&self) {
        let bytes = self.bytes();
        let text = String::from_utf8_lossy(&bytes);
        let rest = OURS.replace_all(&text, "");
        let foreign = rest.char_indices().find(|(_, c)| c.is_control() && !matches!(c, '\r' | '\n'));
        if let Some((at, _)) = foreign {
            let around: String = rest[at..].chars().take(40).collect();
            panic!("not ours: {around:?}. The last screen:\n{}\n", self.screen());
        }
    }

    /// Waits for the end, and holds it to its code and to a terminal that is as it was.
    #[track_caller]
    pub fn assert_ends(&self, code: u32) -> End {
        let end = self.wait_end();
        assert_eq!((end.code, &end.killed_by), (code, &None), "the last screen:\n{}\n", self.screen());
        self.assert_restored();
        self.assert_only_ours();
        end
    }

    /// From the next bytes on nobody reads what is written: a frozen window, a connection that has stalled.
    pub fn stop_reading(&self) {
        self.with(|seen| seen.let_go = true);
    }

    /// After the end: the modes of the line are as they were, whatever the screen shows.
    #[track_caller]
    pub fn assert_modes(&self) {
        let line = self.line.as_ref().expect("the terminal is still there");
        assert_eq!(modes(&*line.master), self.modes, "the modes of the line");
    }

    /// The window is closed, the connection lost. Returns when the terminal has gone. The program must be writing something
    /// now and then: that is when the reader lets go.
    pub fn vanish(&mut self) {
        self.with(|seen| seen.let_go = true);
        let Line { master, _slave, writer, reader } = self.line.take().expect("the terminal is still there");
        reader.join().expect("the reader lets go");
        drop((writer, master, _slave));
    }

    fn with<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(self.seen().as_mut().expect("it is there from the start"))
    }

    fn seen(&self) -> MutexGuard<'_, Option<Seen>> {
        self.shared.seen.lock().expect("the reader does not panic")
    }

    /// Looks at each change until `look` says yes, or time is up; what it saw last.
    fn watch_until<T>(&self, patience: Duration, look: impl Fn(&Seen) -> (T, bool)) -> (T, bool) {
        let deadline = Instant::now() + patience;
        let mut seen = self.seen();
        loop {
            let (last, held) = look(seen.as_ref().expect("it is there from the start"));
            let left = deadline.saturating_duration_since(Instant::now());
            if held || left.is_zero() {
                return (last, held);
            }
            seen = self.shared.changed.wait_timeout(seen, left).expect("the reader does not panic").0;
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Stopped or hung, it goes.
        let _ = self.killer.kill();
        let _ = kill_process(self.pid, Signal::KILL);
    }
}

fn watch(mut reader: Box<dyn Read + Send>, shared: &Shared) {
    let mut bytes = [0; 65_536];
    // The end of a pseudo-terminal is an error on Linux, and no bytes elsewhere.
    while let Ok(length @ 1..) = reader.read(&mut bytes) {
        let mut seen = shared.seen.lock().expect("nobody panics with it");
        let Some(seen) = seen.as_mut() else { return };
        seen.parser.process(&bytes[..length]);
        seen.bytes.extend_from_slice(&bytes[..length]);
        shared.changed.notify_all();
        if seen.let_go {
            return;
        }
    }
}

/// What was switched on is off again, or never was on.
fn closed(bytes: &[u8], on: &[u8], off: &[u8]) -> bool {
    let last = |what: &[u8]| bytes.windows(what.len()).rposition(|window| window == what);
    match (last(on), last(off)) {
        (Some(on), off) => off.is_some_and(|off| off > on),
        (None, _) => true,
    }
}

/// The emulator has a cell at least, and not the four thousand million that a line may claim.
fn emulated(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells.min(500)).unwrap_or(NonZeroU16::MIN)
}

fn cells(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("the modes of a pseudo-terminal can be read"))
}
