//! Signals become inputs; and when the loop does not heed one that ends the program, it ends all the same.

use std::io;
use std::time::Duration;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::editor;
use crate::term::{self, Input};

/// What the loop has to heed a signal before the program ends without it.
const PATIENCE: Duration = Duration::from_millis(30);

const ENDING: [Signal; 4] = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT];

/// Begins to listen. Must be called on a runtime; errors when a handler can't be installed.
pub(super) fn listen(inputs: mpsc::Sender<Input>) -> io::Result<()> {
    for ending in ENDING {
        let mut ending_signal = signal(SignalKind::from_raw(ending.as_raw()))?;
        let inputs = inputs.clone();
        tokio::spawn(async move {
            ending_signal.recv().await;
            // Ctrl-C and Ctrl-\ in an editor are for the editor.
            while editor::is_open() && [Signal::INT, Signal::QUIT].contains(&ending) {
                ending_signal.recv().await;
            }
            let _ = inputs.try_send(Input::Terminate(ending.as_raw()));
            tokio::time::sleep(PATIENCE).await;
            give_up(ending);
        });
    }
    let mut stop = signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?;
    let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
    let mut resized = signal(SignalKind::window_change())?;
    tokio::spawn(async move {
        loop {
            let input = tokio::select! {
                // An editor that stops has the terminal back already, and its shell waits for this process to stop too.
                _ = stop.recv() => if editor::is_open() {
                    term::stop_lent();
                    continue;
                } else {
                    Input::Stop
                },
                _ = continued.recv() => Input::Continued,
                _ = resized.recv() => match term::size() {
                    Ok((columns, rows)) => Input::Resize(columns, rows),
                    Err(_) => Input::Gone,
                },
            };
            if inputs.send(input).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// The loop hangs: in a write to a terminal that takes nothing, or in an endless frame. The terminal is still put back.
#[expect(clippy::disallowed_methods, reason = "the loop, which would return to main, does not answer")]
fn give_up(signal: Signal) {
    term::leave_within(Some(Duration::from_millis(5)));
    editor::abandon();
    std::process::exit(128 + signal.as_raw());
}
