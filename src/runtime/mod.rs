//! Where time passes: the loop, and the performing of effects.
//!
//! [`dashboard`] is the whole life of the program on a terminal: take it, draw the first frame (before the account and
//! TLS exist: what is slow to have must not be in the way of what is quick to show), then connect, poll and loop until
//! something ends it, and give the terminal back.

pub mod audit;
mod dashboard;
pub mod editor;
mod export;
pub mod history;
pub mod jq;
pub mod payloads;
mod perform;
mod session;
mod signals;
pub mod start;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use ratatui::Frame;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::app::effect::Effect;
use crate::app::interests::Interests;
use crate::app::message::Message;
use crate::term::{self, Input};
use crate::time::Clock;
use audit::Audit;
pub use dashboard::Dashboard;
pub use perform::{Browser, Hands, Remote, Writes};
pub use session::{Session, World};

/// Keys that may wait while a frame is drawn; a terminal holds the rest.
const INPUTS: usize = 1024;
/// Messages that may wait; then the pollers do.
const MESSAGES: usize = 256;

/// What runs here: a state that messages change, and a frame that shows it.
pub trait Program {
    /// Takes in what happened, and says what is to be done about it.
    fn update(&mut self, message: Message) -> Vec<Effect>;
    /// What is worth polling now.
    fn interests(&self) -> Interests;
    /// There is work that may be done in slices while nothing else happens: each [`Message::Slice`] does one.
    fn is_busy(&self) -> bool {
        false
    }
    /// Shows the state.
    fn draw(&self, frame: &mut Frame<'_>);
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The user quit.
    Quit,
    /// A signal asked for it; its number.
    Signal(i32),
    /// The terminal has gone.
    Gone,
}

impl Ending {
    /// As shells have it: 128 and the signal; a terminal that goes is a hang-up, whether or not the signal came through.
    pub fn exit_code(self) -> u8 {
        match self {
            Ending::Quit => 0,
            Ending::Signal(number) => u8::try_from(128 + number).unwrap_or(u8::MAX),
            Ending::Gone => 128 + 1,
        }
    }
}

/// What the runtime needs to know from the configuration.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The clock.
    pub clock: Clock,
    /// Take the mouse from the start.
    pub mouse: bool,
    /// May the account be changed.
    pub writes: Writes,
    /// May a browser be opened.
    pub browser: Browser,
    /// Where the audit file is; changes are refused without one.
    pub audit: Option<PathBuf>,
    /// Where Logs Insights queries are kept, if anywhere.
    pub queries: Option<PathBuf>,
    /// Folder in which payloads and answers of invokes are kept, if any.
    pub invokes: Option<PathBuf>,
    /// The editor's command line, where there is one.
    pub editor: Option<String>,
    /// Where a crash leaves its report, if anywhere.
    pub crashes: Option<PathBuf>,
}

/// The two channels between the loop and whoever polls, and the word to stop.
#[derive(Clone, Debug)]
pub struct Wires {
    /// Up: what was learnt. Bounded, so that a flood slows whoever makes it.
    pub messages: mpsc::Sender<Message>,
    /// Down: what is worth asking.
    pub interests: watch::Receiver<Interests>,
    /// Cancelled at the end.
    pub end: CancellationToken,
}

/// Runs the program on the terminal until it ends. `connect` is called once the first frame is on the screen; it finds the
/// account, starts its pollers on the wires, and hands over the account for the changes that the user makes, or tells its
/// trouble on the wires and hands over nothing.
///
/// Errors when there is no terminal, or the system gives no thread. The terminal is left in every case.
pub fn dashboard<P, A, C, F>(program: P, setup: Setup, connect: C) -> io::Result<Ending>
where
    P: Program,
    A: Remote,
    C: FnOnce(Wires) -> F,
    F: Future<Output = Option<A>> + Send + 'static,
{
    term::install_panic_hook(setup.crashes.clone());
    // Two threads for pollers and effects. The loop stays on this one, with a clock of its own: nothing that they do can
    // keep it waiting, and a second that passes wakes nobody else.
    let tasks = Builder::new_multi_thread().worker_threads(2).thread_name("tasks").enable_all().build()?;
    let looping = Builder::new_current_thread().enable_time().build()?;
    let (hear, inputs) = mpsc::channel(INPUTS);
    // Before the terminal is taken: a signal must not find it taken and nobody listening.
    tasks.block_on(async { signals::listen(hear.clone()) })?;
    let terminal = term::enter(setup.mouse)?;
    let mut session = Session::new(program, terminal, setup.clock.clone()).with_editor(setup.editor.clone());
    session.begin();
    let ended = looping.block_on(run(&mut session, setup, connect, tasks.handle().clone(), hear, inputs));
    term::leave();
    // Calls in flight are not waited for: what they would tell, nobody is there to see. Nor is the state taken apart, piece
    // by piece: the system takes its memory back at once.
    tasks.shutdown_background();
    std::mem::forget(session);
    ended
}

async fn run<P, A, C, F>(
    session: &mut Session<P, term::Screen<term::Tty>>,
    setup: Setup,
    connect: C,
    tasks: Handle,
    hear: mpsc::Sender<Input>,
    inputs: mpsc::Receiver<Input>,
) -> io::Result<Ending>
where
    P: Program,
    A: Remote,
    C: FnOnce(Wires) -> F,
    F: Future<Output = Option<A>> + Send + 'static,
{
    term::listen(hear)?;
    let (tell, messages) = mpsc::channel(MESSAGES);
    let (publish, interests) = watch::channel(session.program().interests());
    let (connected, account) = watch::channel(None);
    let end = CancellationToken::new();
    let connecting = connect(Wires { messages: tell.clone(), interests, end: end.clone() });
    tasks.spawn(async move {
        connected.send_replace(connecting.await);
        connected.closed().await;
    });
    let audit = setup.audit.map(|path| Arc::new(Audit::new(path, setup.clock.clone())));
    let hands = Hands::new(account, tell, setup.writes, setup.browser, audit, setup.clock, tasks);
    let hands = hands.keeping_queries(setup.queries).keeping_invokes(setup.invokes);
    let ending = session.run(inputs, messages, publish, hands).await;
    end.cancel();
    Ok(ending)
}
