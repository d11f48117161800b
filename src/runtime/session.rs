//! The loop: one owner of the program's state, one place where it changes, one where it is drawn.

use std::collections::VecDeque;
use std::time::Duration;

use ratatui::Terminal;
use tokio::sync::{mpsc, watch};
use tokio::task::yield_now;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::{Ending, Program, editor};
use crate::app::effect::{Effect, Outcome};
use crate::app::interests::Interests;
use crate::app::message::{Message, Traffic};
use crate::term::{Input, Surface};
use crate::time::{self, Clock};

/// Data is drawn thirty times a second at most; keys at once.
const FRAME: Duration = Duration::from_millis(33);
/// So many inputs that have piled up are taken in before a frame is drawn: a held key must not queue frames.
const BURST: usize = 256;

/// What is outside the loop: where effects go that concern neither the screen nor the loop.
pub trait World {
    /// Carries out a change, opens a page, or writes a file. What can be told at once is returned; the rest comes as a message.
    fn perform(&mut self, effect: Effect) -> Option<Outcome>;
    /// What polling has cost so far.
    fn traffic(&self) -> Traffic;
    /// A message is about to reach the program.
    fn overhear(&mut self, _message: &Message) {}
    /// The loop has ended; what is under way is being left.
    fn part(&mut self) {}
}

/// A program on a surface, and what remains to be drawn of it.
pub struct Session<P, B: Surface> {
    program: P,
    terminal: Terminal<B>,
    clock: Clock,
    /// The program has changed since the last frame.
    dirty: bool,
    /// Stopped, and not continued yet: the terminal is somebody else's.
    stopped: bool,
    drawn: Instant,
    ending: Option<Ending>,
    /// Effects that concern the world; they wait until there is one.
    waiting: VecDeque<Effect>,
    /// The editor's command line.
    editor: Option<String>,
}

impl<P: Program, B: Surface> Session<P, B> {
    /// Nothing drawn yet.
    pub fn new(program: P, terminal: Terminal<B>, clock: Clock) -> Session<P, B> {
        let drawn = time::instant();
        let waiting = VecDeque::new();
        Session { program, terminal, clock, dirty: true, stopped: false, drawn, ending: None, waiting, editor: None }
    }

    /// The same with an editor's command line.
    pub fn with_editor(self, editor: Option<String>) -> Session<P, B> {
        Session { editor, ..self }
    }

    /// The program.
    pub fn program(&self) -> &P {
        &self.program
    }

    /// The terminal.
    pub fn terminal(&self) -> &Terminal<B> {
        &self.terminal
    }

    /// The program and its terminal, after the end.
    pub fn into_parts(self) -> (P, Terminal<B>) {
        (self.program, self.terminal)
    }

    /// The first frame: needs neither threads nor a world.
    pub fn begin(&mut self) {
        self.tell_size();
        self.accept(Message::Second(self.clock.now(), Traffic::default()));
        self.draw();
    }

    /// Runs until something ends it. Cancelling is safe: no step of it is half done at an await.
    pub async fn run<W: World>(
        &mut self,
        mut inputs: mpsc::Receiver<Input>,
        mut messages: mpsc::Receiver<Message>,
        interests: watch::Sender<Interests>,
        mut world: W,
    ) -> Ending {
        let mut second = interval_at(self.next_second(), Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let ending = loop {
            self.settle(&mut world);
            if let Some(ending) = self.ending {
                break ending;
            }
            tokio::select! {
                biased;
                input = inputs.recv() => {
                    self.hear(input.unwrap_or(Input::Gone), &mut inputs, &mut world);
                    self.frame(&interests);
                }
                () = sleep_until(self.drawn + FRAME), if self.dirty && !self.stopped => self.frame(&interests),
                _ = second.tick() => {
                    let now = self.clock.now();
                    self.accept(Message::Second(now, world.traffic()));
                }
                Some(message) = messages.recv() => {
                    world.overhear(&message);
                    self.accept(message);
                    // A flood of messages must not keep a search from ending.
                    if self.program.is_busy() {
                        self.accept(Message::Slice);
                    }
                }
                () = yield_now(), if self.program.is_busy() && !self.stopped => self.accept(Message::Slice),
            }
        };
        world.part();
        ending
    }

    /// Takes in what has piled up, in order; of several sizes only the last.
    fn hear<W: World>(&mut self, first: Input, inputs: &mut mpsc::Receiver<Input>, world: &mut W) {
        let mut next = Some(first);
        let mut resized = None;
        let mut heard = 0;
        while let Some(input) = next {
            match input {
                Input::Key(key) => self.accept(Message::Key(key)),
                Input::Paste(text) => self.accept(Message::Paste(text)),
                Input::Mouse(mouse) => self.accept(Message::Mouse(mouse)),
                Input::Focus(here) => self.accept(Message::Focus(here)),
                Input::Resize(columns, rows) => resized = Some((columns, rows)),
                Input::Stop => self.suspend(),
                // Also after a stop that could not be caught: the shell had the terminal meanwhile.
                Input::Continued => {
                    self.stopped = false;
                    let retaken = self.terminal.backend_mut().retake();
                    self.gone_if(retaken.is_err());
                    self.redraw();
                }
                Input::Terminate(signal) => self.ending = Some(Ending::Signal(signal)),
                Input::Gone => self.ending = self.ending.or(Some(Ending::Gone)),
            }
            self.settle(world);
            if self.ending.is_some() {
                return;
            }
            heard += 1;
            next = if heard < BURST { inputs.try_recv().ok() } else { None };
        }
        if let Some((columns, rows)) = resized {
            self.terminal.backend_mut().resized(columns, rows);
            // Anew even if the size is what it was: a terminal that was smaller for a moment has lost the rest.
            self.redraw();
        }
    }

    fn accept(&mut self, message: Message) {
        self.dirty = true;
        for effect in self.program.update(message) {
            if let Some(outcome) = self.perform(effect) {
                self.accept(Message::Performed(outcome));
            }
        }
    }

    /// Does what concerns the screen or the loop; the rest waits for [`Session::settle`].
    fn perform(&mut self, effect: Effect) -> Option<Outcome> {
        match effect {
            Effect::Quit => self.ending = Some(Ending::Quit),
            Effect::Redraw => self.redraw(),
            Effect::Suspend => self.suspend(),
            Effect::CaptureMouse(on) => {
                let captured = self.terminal.backend_mut().capture_mouse(on);
                self.gone_if(captured.is_err());
            }
            Effect::Copy { what, text } => {
                return Some(match self.terminal.backend_mut().copy(&text) {
                    Ok(bytes) => Outcome::Copied { what, bytes },
                    Err(error) => Outcome::Failed(format!("The {what} was not copied: {error}")),
                });
            }
            Effect::Edit(text) => return Some(Outcome::Edited(self.edit(&text))),
            Effect::Change(_)
            | Effect::OpenUrl(_)
            | Effect::Export(_)
            | Effect::KeepQueries(_)
            | Effect::KeepSnoozes(_)
            | Effect::ReadInvokes(_)
            | Effect::KeepInvoke { .. }
            | Effect::Jq { .. } => {
                self.waiting.push_back(effect);
            }
        }
        None
    }

    fn settle<W: World>(&mut self, world: &mut W) {
        while let Some(effect) = self.waiting.pop_front() {
            if let Some(outcome) = world.perform(effect) {
                self.accept(Message::Performed(outcome));
            }
        }
    }

    fn suspend(&mut self) {
        match self.terminal.backend_mut().suspend() {
            Ok(()) => self.stopped = true,
            Err(error) => self.accept(Message::Performed(Outcome::Failed(format!("Not suspended: {error}")))),
        }
    }

    /// Hands the terminal to the editor and waits for its end: nothing else could be shown or heard meanwhile.
    fn edit(&mut self, text: &str) -> Result<Option<String>, String> {
        let command = editor::command(self.editor.as_deref())?;
        let lent = self.terminal.backend_mut().lend();
        let edited = match lent {
            Ok(()) => editor::edit(&command, text, &std::env::temp_dir()),
            Err(error) => Err(format!("The terminal can't be lent to an editor: {error}")),
        };
        let retaken = self.terminal.backend_mut().retake();
        self.gone_if(retaken.is_err());
        self.redraw();
        edited
    }

    /// Everything anew: the terminal may show anything by now, and may have another size.
    fn redraw(&mut self) {
        let cleared = self.terminal.clear();
        self.gone_if(cleared.is_err());
        self.tell_size();
    }

    fn tell_size(&mut self) {
        match self.terminal.size() {
            Ok(size) => self.accept(Message::Resize(size.width, size.height)),
            Err(_) => self.gone_if(true),
        }
    }

    fn frame(&mut self, interests: &watch::Sender<Interests>) {
        if !self.dirty || self.stopped {
            return;
        }
        self.draw();
        let wanted = self.program.interests();
        interests.send_if_modified(|known| {
            let changed = *known != wanted;
            if changed {
                *known = wanted;
            }
            changed
        });
    }

    fn draw(&mut self) {
        self.dirty = false;
        let drawn = self.terminal.draw(|frame| self.program.draw(frame)).map(drop);
        self.gone_if(drawn.is_err());
        self.drawn = time::instant();
    }

    /// A terminal that takes nothing is none.
    fn gone_if(&mut self, failed: bool) {
        if failed {
            self.ending = self.ending.or(Some(Ending::Gone));
        }
    }

    /// When the clock's next second begins, so that what is shown of it never lags.
    fn next_second(&self) -> Instant {
        let passed = self.clock.millis().rem_euclid(1000);
        time::instant() + Duration::from_millis(1000 - passed.unsigned_abs())
    }
}

#[cfg(test)]
mod tests;
