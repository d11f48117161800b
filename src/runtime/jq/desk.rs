//! What is under way of jq: one expression at a time, the batches of lines that wait for it, and its process.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::worker::{End, Process, Worker};
use crate::app::effect::{JqResult, Outcome};
use crate::app::message::Message;
use crate::jq::Answer;

/// Batches that may wait.
const WAITING: usize = 64;
/// Lines after which what has been found so far is told.
const TOLD: usize = 512;

type Lines = Vec<(u64, String)>;

/// Takes lines, and answers in messages.
#[derive(Clone)]
pub struct Desk {
    program: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    generation: u64,
    expression: String,
    waiting: VecDeque<Lines>,
    /// A thread is at work.
    busy: bool,
    /// The process between two batches.
    idle: Option<Worker>,
    /// The process at work, to be ended when nobody wants its answers any more.
    process: Option<Process>,
    /// Why this generation gets no more answers.
    given_up: Option<String>,
}

impl State {
    fn stop(&mut self) {
        self.waiting.clear();
        self.idle = None;
        self.given_up = None;
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }
}

impl Desk {
    /// A desk whose processes are this program.
    pub fn new(program: PathBuf) -> Desk {
        Desk { program, state: Arc::default() }
    }

    /// Takes lines for an expression. A later generation ends whatever an earlier one still does, an earlier one is too late;
    /// an empty expression ends the process and asks for nothing.
    pub fn accept(
        &self,
        (generation, expression, lines): (u64, String, Lines),
        messages: &mpsc::Sender<Message>,
        tasks: &Handle,
    ) -> Option<Outcome> {
        let mut state = self.state();
        if generation < state.generation {
            return None;
        }
        if generation > state.generation || state.expression != expression {
            state.stop();
            (state.generation, state.expression) = (generation, expression);
        }
        if state.expression.is_empty() || lines.is_empty() {
            return None;
        }
        if let Some(trouble) = state.given_up.clone() {
            return Some(Outcome::Jq { generation, results: vec![], trouble: Some(trouble) });
        }
        if state.waiting.len() == WAITING {
            let refused = |(line, _)| (line, Err("too many lines are waiting for jq".to_string()));
            return Some(Outcome::Jq { generation, results: lines.into_iter().map(refused).collect(), trouble: None });
        }
        state.waiting.push_back(lines);
        if !state.busy {
            state.busy = true;
            let (desk, messages) = (self.clone(), messages.clone());
            tasks.spawn_blocking(move || while desk.turn(&messages) {});
        }
        None
    }

    /// Nobody wants answers any more.
    pub fn close(&self) {
        let mut state = self.state();
        state.generation = u64::MAX;
        state.stop();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One batch; false when there is none.
    fn turn(&self, messages: &mpsc::Sender<Message>) -> bool {
        let mut state = self.state();
        let Some(lines) = state.waiting.pop_front() else {
            state.busy = false;
            return false;
        };
        let generation = state.generation;
        let started = match state.idle.take() {
            Some(worker) => Ok(worker),
            None => {
                let expression = state.expression.clone();
                drop(state);
                let started = Worker::start(&self.program, &expression);
                state = self.state();
                started
            }
        };
        if state.generation != generation {
            return true;
        }
        let mut worker = match started {
            Ok(worker) => worker,
            Err(end) => {
                drop(state);
                self.give_up(generation, vec![], &end, messages);
                return true;
            }
        };
        state.process = Some(worker.process());
        drop(state);
        for part in lines.chunks(TOLD) {
            let (answers, end) = worker.run(&part.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>());
            let mut results: Vec<_> = part.iter().map(|(line, _)| *line).zip(answers.iter().map(result)).collect();
            if let Some(end) = end {
                results.extend(part.get(answers.len()).map(|(line, _)| (*line, Err(end.clause()))));
                self.give_up(generation, results, &end, messages);
                return true;
            }
            if !self.tell(generation, results, None, messages) {
                return true;
            }
        }
        let mut state = self.state();
        if state.generation == generation {
            state.process = None;
            state.idle = Some(worker);
        }
        true
    }

    /// Says what was found and why there is no more, once; this generation is over.
    fn give_up(&self, generation: u64, results: Vec<(u64, JqResult)>, end: &End, messages: &mpsc::Sender<Message>) {
        let trouble = end.clause();
        let mut state = self.state();
        if state.generation != generation {
            return;
        }
        state.stop();
        state.given_up = Some(trouble.clone());
        drop(state);
        self.tell(generation, results, Some(trouble), messages);
    }

    /// Says what was found, unless nobody wants to know; false then.
    fn tell(
        &self,
        generation: u64,
        results: Vec<(u64, JqResult)>,
        trouble: Option<String>,
        messages: &mpsc::Sender<Message>,
    ) -> bool {
        let wanted = self.state().generation == generation;
        wanted && messages.blocking_send(Message::Performed(Outcome::Jq { generation, results, trouble })).is_ok()
    }
}

fn result(answer: &Answer) -> JqResult {
    match answer {
        Answer::NoJson(why) => Err(format!("no JSON: {why}")),
        Answer::Outputs(outputs) => match &outputs.error {
            Some(error) => Err(error.clone()),
            None => Ok(outputs.display()),
        },
    }
}
