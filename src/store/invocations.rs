//! Invocations: an index over log lines by request id, made while lines arrive, in whatever order they do.
//!
//! A line is attributed by the request id that it gives. Lines that give none belong to the invocation that was running on
//! their stream at that moment, if it was the only one; INIT_START, INIT_REPORT and RESTORE_REPORT belong to the next
//! that starts on it. An asynchronous invoke that is tried again has the same request id: each START is an invocation of
//! its own, as the metrics count it. Attempts that ran on one stream share the count of the lines that give their id,
//! since nothing in such a line says which of them wrote it.
//!
//! What is known depends on the lines alone and not on the order in which they came, nor on others that came and were
//! dropped again, until the cap is reached: then the oldest invocations go first, are counted, and what comes of a time
//! before them is passed over.

mod attempt;
mod choosing;
mod digits;
mod failing;
mod forgetting;
mod hash;
mod leaving;
mod names;
mod retries;
mod stream;
mod summary;
mod table;
mod timeline;

use std::collections::HashMap;

use crate::model::invocation::Status;
use crate::model::line::{self, Figures, Kind, RequestId, Said, TraceId};
use crate::model::log::Level;
use attempt::{Attempt, Evidence, NONE, Others, Report, bits};
pub use choosing::{Filter, Measure};
use failing::Failing;
use names::Names;
use stream::{Loose, Stream};
pub use summary::Summary;
use timeline::Timeline;

/// Invocations kept at most.
pub const KEPT: usize = 200_000;
/// Lines without a request id of which the moment is kept.
const LOOSE: usize = 1_000_000;
/// Attempts of one request id: Lambda makes three at most, a log may claim anything.
const ATTEMPTS: usize = 16;
/// Lines of one request id that tell of a failure.
const EVIDENCE: usize = 8;

/// Which invocation: its place in the index and what must stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    slot: u32,
    /// Its request id.
    pub request: RequestId,
}

/// One invocation as it is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// Which.
    pub key: Key,
    /// The function, or the log group where the log says no function.
    pub function: &'a str,
    /// Version that ran; none before START has come.
    pub version: Option<&'a str>,
    /// Which of the store's sources: the log stream.
    pub source: u16,
    /// START, or what REPORT says of it, or the first line, ms since 1970.
    pub start: i64,
    /// REPORT, or the last line, ms since 1970.
    pub end: i64,
    /// How it ended.
    pub status: Status,
    /// A line says that its runtime was killed.
    pub killed: bool,
    /// Duration, ms.
    pub duration_ms: Option<f64>,
    /// Billed Duration, ms.
    pub billed_ms: Option<u32>,
    /// Memory Size, MB.
    pub memory_mb: Option<u32>,
    /// Max Memory Used, MB.
    pub memory_used_mb: Option<u32>,
    /// Init Duration, ms: a cold start.
    pub init_ms: Option<f32>,
    /// Restore Duration, ms: a SnapStart restore, a cold start too.
    pub restore_ms: Option<f32>,
    /// Trace id.
    pub trace_id: Option<TraceId>,
    /// Type of the error that it ended with.
    pub error_type: Option<&'a str>,
    /// Lines of it.
    pub lines: u32,
    /// Lines of level ERROR that the function wrote.
    pub errors: u32,
    /// Of an invoke that was tried again: the how manieth, from 1.
    pub attempt: usize,
    /// ... of how many that are known.
    pub attempts: usize,
}

/// The lines of one invocation, to be told from all others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lines {
    /// Its request id.
    pub request: RequestId,
    /// Which of the store's sources.
    pub source: u16,
    /// The first moment, its init included, ms since 1970.
    pub from: i64,
    /// The last moment, itself included, ms since 1970.
    pub to: i64,
    /// No other invocation ran on the stream meanwhile: lines without a request id are its own.
    pub alone: bool,
}

impl Lines {
    /// Whether a line is one of them; `request` is what [`Said::request`] gives.
    pub fn belongs(&self, source: u16, timestamp: i64, request: Option<RequestId>) -> bool {
        if source != self.source || !(self.from..=self.to).contains(&timestamp) {
            return false;
        }
        match request {
            Some(request) => request == self.request,
            None => self.alone,
        }
    }
}

/// The index.
#[derive(Debug, Default)]
pub struct Invocations {
    attempts: Vec<Attempt>,
    free: Vec<u32>,
    /// The first attempt of each request id; others follow it.
    heads: HashMap<RequestId, u32, hash::Secret>,
    /// Failures that lines with a request id tell of, by the first attempt on their stream.
    evidence: HashMap<u32, Vec<Evidence>>,
    streams: Vec<Option<Box<Stream>>>,
    dirty: Vec<u16>,
    loose: usize,
    names: Names,
    order: Timeline,
    /// Everything before this is forgotten.
    horizon: i64,
    forgotten: u64,
    generation: u64,
    moving: Moving,
    failing: Failing,
    kept: usize,
}

/// Which way lines have gone since the index was last brought up to date: what comes and what goes is at different ends of
/// time, and whoever looked at all between them would look at everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Moving {
    #[default]
    Settled,
    In,
    Out,
}

impl Invocations {
    /// An empty index of at most [`KEPT`] invocations.
    pub fn new() -> Invocations {
        Invocations::of(KEPT)
    }

    fn of(kept: usize) -> Invocations {
        Invocations { kept, horizon: i64::MIN, ..Invocations::default() }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        let generation = self.generation + 1;
        let mut failing = std::mem::take(&mut self.failing);
        failing.start_over();
        *self = Invocations { generation, failing, ..Invocations::of(self.kept.max(1)) };
    }

    /// Takes in a line of the store's source number `source`, once. The names of its group and stream are looked at
    /// where the source is new. [`Invocations::settle`] must follow before anything is asked.
    pub fn accept(&mut self, source: u16, group: &str, stream: &str, timestamp: i64, text: &str, said: &Said<'_>) {
        if timestamp < self.horizon {
            return;
        }
        let place = usize::from(source);
        if place >= self.streams.len() {
            self.streams.resize_with(place + 1, || None);
        }
        let names = &mut self.names;
        let known = self.streams[place].get_or_insert_with(|| Box::new(Stream::of(group, stream, names)));
        known.platform |= said.kind.is_platform();
        if !known.is_lambda() {
            return;
        }
        if self.moving == Moving::Out {
            self.settle();
        }
        self.moving = Moving::In;
        match said.request() {
            Some(request) => self.take(source, request, timestamp, text, said),
            None => self.take_loose(source, timestamp, text, said),
        }
    }

    /// A line that gives no request id.
    fn take_loose(&mut self, source: u16, timestamp: i64, text: &str, said: &Said<'_>) {
        let Some(stream) = self.streams.get_mut(usize::from(source)).and_then(Option::as_mut) else { return };
        if stream.dirty.is_none() {
            self.dirty.push(source);
        }
        match said.kind {
            Kind::InitStart | Kind::InitReport | Kind::RestoreStart | Kind::RestoreReport => {
                stream.take_init(timestamp, said.kind, line::figures(text, said).duration_ms);
            }
            _ => {
                let (told, error) = told_by(text, said);
                let error = error.map_or(0, |error| self.names.number(error));
                stream.take_loose(timestamp, told, error);
                self.loose += 1;
            }
        }
    }

    /// A line that gives a request id.
    fn take(&mut self, source: u16, request: RequestId, at: i64, text: &str, said: &Said<'_>) {
        let head = self.head(request, source, at);
        let error = said.level() == Level::Error && !said.kind.is_platform();
        let one = &mut self.attempts[head as usize];
        let before = one.first;
        one.first = one.first.min(at);
        one.last = one.last.max(at);
        one.lines = one.lines.saturating_add(1);
        one.errors = one.errors.saturating_add(u32::from(error));
        if let Some(trace) = said.trace() {
            one.trace = one.trace.max(trace.0);
        }
        let one = *one;
        if one.first < before && !one.is_anchored() {
            let attempts = &self.attempts;
            self.order.moved(head, before, one.first, |slot| attempts[slot as usize].request.0);
        }
        if one.failed || one.others == Others::Here {
            // How many errors were logged makes a difference to who counts failures.
            self.look_at_siblings(head);
        }
        match said.kind {
            Kind::Start => {
                let version = line::figures(text, said).version.map_or(0, |version| self.names.number(version));
                self.start(head, at, version);
            }
            Kind::Report => {
                let told = line::figures(text, said);
                if said.json && told.memory_mb.is_none() && told.billed_ms.is_none() {
                    self.share(source);
                }
                let report = self.report_of(at, &told);
                self.report(head, report);
            }
            Kind::End => {
                let one = &mut self.attempts[head as usize];
                one.ends = one.ends.saturating_add(1);
            }
            _ => {
                if let Some(evidence) = self.evidence_of(at, text, said) {
                    self.tell(head, evidence);
                }
            }
        }
    }

    /// What a line tells of a failure, beside what REPORT does.
    fn evidence_of(&mut self, at: i64, text: &str, said: &Said<'_>) -> Option<Evidence> {
        let (bits, error) = match said.kind {
            Kind::RuntimeDone => {
                let told = line::figures(text, said);
                told.status?;
                let report = self.report_of(at, &told);
                (report.bits, report.error)
            }
            Kind::TimedOut => (bits::TIMED_OUT, 0),
            Kind::RuntimeExited => (if is_killed(text) { bits::KILLED } else { bits::EXITED }, 0),
            Kind::Raised => (bits::FAILED, error_type(text).map_or(0, |error| self.names.number(error))),
            _ => return None,
        };
        Some(Evidence { at, bits, error })
    }

    /// Managed Instances run several requests at once, and their REPORT tells a duration alone. There an attempt without an
    /// end runs on, whatever starts meanwhile.
    fn share(&mut self, source: u16) {
        if let Some(stream) = self.streams.get_mut(usize::from(source)).and_then(Option::as_mut)
            && !std::mem::replace(&mut stream.shared, true)
        {
            self.touch(source, i64::MIN, i64::MAX);
        }
    }

    /// The first attempt of a request id on a stream.
    fn known_head(&self, request: RequestId, source: u16) -> Option<u32> {
        let mut all = self.chain(request);
        // Beyond so many streams they are told apart no more.
        let near = all.by_ref().take(ATTEMPTS).find(|slot| self.attempts[*slot as usize].source == source);
        near.or_else(|| all.next())
    }

    /// The same, made where there is none.
    fn head(&mut self, request: RequestId, source: u16, at: i64) -> u32 {
        if let Some(known) = self.known_head(request, source) {
            return known;
        }
        let slot = self.allot(Attempt { request, source, first: at, last: at, ..Attempt::default() });
        if let Some(first) = self.heads.insert(request, slot) {
            self.attempts[slot as usize].next = first;
            self.tell_apart(request);
        }
        self.order.push(at, slot);
        slot
    }

    fn allot(&mut self, one: Attempt) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.attempts[slot as usize] = one;
                slot
            }
            None => {
                self.attempts.push(one);
                (self.attempts.len() - 1) as u32
            }
        }
    }

    fn report_of(&mut self, at: i64, told: &Figures<'_>) -> Report {
        let whole = |ms: Option<f64>| ms.map_or(u32::MAX, |ms| ms as u32);
        let restored = if told.restore_ms.is_some() && told.init_ms.is_none() { bits::RESTORED } else { 0 };
        let small = |mb: Option<u32>| mb.map_or(0, |mb| mb.min(u32::from(u16::MAX)) as u16);
        Report {
            at,
            duration_ms: told.duration_ms.filter(|ms| (0.0..1e12).contains(ms)).unwrap_or(f64::NAN),
            billed_ms: whole(told.billed_ms),
            memory_mb: small(told.memory_mb),
            memory_used_mb: small(told.memory_used_mb),
            init_ms: told.init_ms.or(told.restore_ms).map_or(f32::NAN, |ms| ms as f32),
            bits: restored
                | match Status::of(told) {
                    Status::Open | Status::Ok => 0,
                    Status::Error => bits::FAILED,
                    Status::Crashed => bits::EXITED,
                    Status::OutOfMemory => bits::OUT_OF_MEMORY,
                    Status::TimedOut => bits::TIMED_OUT,
                },
            error: told.error_type.map_or(0, |error| self.names.number(error)),
        }
    }

    /// What happened on a stream between two moments must be looked at again.
    fn touch(&mut self, source: u16, from: i64, to: i64) {
        if let Some(stream) = self.streams.get_mut(usize::from(source)).and_then(Option::as_mut)
            && stream.touch(from, to)
        {
            self.dirty.push(source);
        }
    }

    /// It is up to date with what was taken in.
    pub fn is_settled(&self) -> bool {
        self.moving == Moving::Settled
    }

    /// Brings the index up to date with what was taken in; cheap where nothing was.
    pub fn settle(&mut self) {
        if self.is_settled() {
            return;
        }
        self.moving = Moving::Settled;
        self.generation += 1;
        for source in std::mem::take(&mut self.dirty) {
            if let Some(stream) = self.streams.get_mut(usize::from(source)).and_then(Option::as_mut) {
                stream.settle(&mut self.attempts, &mut self.failing);
            }
        }
        let attempts = &self.attempts;
        self.order.settle(|slot| attempts[slot as usize].start(), |slot| attempts[slot as usize].request.0);
        if self.order.len() > self.kept {
            self.forget();
        }
        if self.loose > LOOSE {
            self.loose = self.streams.iter_mut().flatten().map(|stream| stream.keep_half()).sum();
        }
    }

    fn head_of(&self, request: RequestId, source: u16) -> Option<u32> {
        self.chain(request).find(|slot| self.attempts[*slot as usize].source == source)
    }

    /// All attempts of a request id.
    fn chain(&self, request: RequestId) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.heads.get(&request).copied();
        std::iter::from_fn(move || {
            let slot = at?;
            let next = self.attempts[slot as usize].next;
            at = (next != NONE).then_some(next);
            Some(slot)
        })
    }

    /// The attempts of the same request id on the same stream, itself included.
    fn siblings(&self, slot: u32) -> impl Iterator<Item = u32> + '_ {
        let Attempt { request, source, .. } = self.attempts[slot as usize];
        self.chain(request).filter(move |other| self.attempts[*other as usize].source == source)
    }
}

/// The type of what was raised, where a line tells it: `KeyError` of `[ERROR] KeyError: 'order'`, or `errorType`.
fn error_type(text: &str) -> Option<&str> {
    if let Some(rest) = text.trim_start().strip_prefix("[ERROR] ") {
        let end = rest.find([':', '\n', '\r', ' ']).unwrap_or(rest.len());
        return (end > 0).then(|| &rest[..end]);
    }
    let at = memchr::memmem::find(text.as_bytes(), b"errorType")?;
    let rest = text.get(at + "errorType".len()..)?.trim_start_matches(['"', ':', ' ']);
    let end = rest.find('"')?;
    (end > 0 && end < 200).then(|| &rest[..end])
}

/// What a line that gives no request id tells, and the type of the error where it tells one.
fn told_by<'a>(text: &'a str, said: &Said<'_>) -> (Loose, Option<&'a str>) {
    match said.kind {
        Kind::App if said.level() == Level::Error => (Loose::Error, None),
        Kind::Raised => (Loose::Raised, error_type(text)),
        Kind::TimedOut => (Loose::TimedOut, None),
        Kind::RuntimeExited => (if is_killed(text) { Loose::Killed } else { Loose::Exited }, None),
        _ => (Loose::Plain, None),
    }
}

fn is_killed(text: &str) -> bool {
    text.contains("signal: killed")
}

#[cfg(test)]
mod tests;
