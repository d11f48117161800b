//! One attempt to run a function, in 144 bytes.

use crate::model::invocation::Status;
use crate::model::line::RequestId;

/// No place, no successor.
pub const NONE: u32 = u32::MAX;
/// No moment.
pub const NEVER: i64 = i64::MIN;

/// What lines tell of how an attempt ended; the more there are, the surer.
pub mod bits {
    /// The handler raised, or REPORT says `error`.
    pub const FAILED: u8 = 1;
    /// The runtime ended by itself.
    pub const EXITED: u8 = 2;
    /// The runtime was killed.
    pub const KILLED: u8 = 4;
    /// REPORT says so.
    pub const OUT_OF_MEMORY: u8 = 8;
    /// REPORT or a line of its own says so.
    pub const TIMED_OUT: u8 = 16;
    /// Its init was a restore of SnapStart; this tells nothing of its end.
    pub const RESTORED: u8 = 32;
}

/// A line that tells of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// When.
    pub at: i64,
    /// [`bits`].
    pub bits: u8,
    /// Error type, as the index numbers names.
    pub error: u16,
}

/// What a REPORT tells.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// When; [`NEVER`] without one.
    pub at: i64,
    pub duration_ms: f64,
    pub billed_ms: u32,
    pub memory_mb: u16,
    pub memory_used_mb: u16,
    /// Of the init or the restore, of which there is one at most.
    pub init_ms: f32,
    pub error: u16,
    pub bits: u8,
}

impl Default for Report {
    fn default() -> Report {
        Report {
            at: NEVER,
            duration_ms: f64::NAN,
            billed_ms: u32::MAX,
            memory_mb: 0,
            memory_used_mb: 0,
            init_ms: f32::NAN,
            error: 0,
            bits: 0,
        }
    }
}

impl Report {
    /// It is of an attempt before the one that started then. Within a millisecond only the Duration tells.
    pub fn is_before(&self, started: i64) -> bool {
        self.at < started || self.at == started && self.duration_ms >= 2.0
    }
}

/// One attempt.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub request: RequestId,
    /// Zero where none is known.
    pub trace: u128,
    /// START; [`NEVER`] before it has come.
    pub started: i64,
    pub report: Report,
    /// First line of the request id on this stream; of several attempts the first holds this and the counts.
    pub first: i64,
    pub last: i64,
    pub lines: u32,
    pub errors: u32,
    pub ends: u16,
    pub version: u16,
    pub source: u16,
    /// The next attempt of the same request id, on whatever stream.
    pub next: u32,
    /// What lines with the request id tell of its end: the last error, and all [`bits`].
    pub told_at: i64,
    pub told_error: u16,
    pub told: u8,
    /// What lines without one add; made anew whenever something changes around it.
    pub loose: FromLoose,
    /// Forgotten.
    pub gone: bool,
    /// What failed as it was last told: [`super::failing::Failing`] looks at it.
    pub failed: bool,
    /// Other attempts of its request id.
    pub others: Others,
}

/// Where there are other attempts of a request id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    #[default]
    None,
    /// On other streams alone.
    Elsewhere,
    /// On the same stream: the first of them holds what is counted for all.
    Here,
}

/// What lines without a request id add to an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FromLoose {
    pub lines: u32,
    pub errors: u32,
    /// INIT_START or RESTORE_START; [`NEVER`] without one.
    pub init_at: i64,
    pub init_ms: f32,
    pub error: u16,
    pub bits: u8,
    /// No other attempt ran on the stream meanwhile.
    pub alone: bool,
}

impl Default for FromLoose {
    fn default() -> FromLoose {
        FromLoose { lines: 0, errors: 0, init_at: NEVER, init_ms: f32::NAN, error: 0, bits: 0, alone: true }
    }
}

impl Default for Attempt {
    fn default() -> Attempt {
        Attempt {
            request: RequestId(0),
            trace: 0,
            started: NEVER,
            report: Report::default(),
            first: i64::MAX,
            last: NEVER,
            lines: 0,
            errors: 0,
            ends: 0,
            version: 0,
            source: 0,
            next: NONE,
            told_at: NEVER,
            told_error: 0,
            told: 0,
            loose: FromLoose::default(),
            gone: false,
            failed: false,
            others: Others::None,
        }
    }
}

impl Attempt {
    /// The platform has told of it.
    pub fn is_anchored(&self) -> bool {
        self.started != NEVER || self.report.at != NEVER
    }

    /// START, or what REPORT says of it, or the first line.
    pub fn start(&self) -> i64 {
        if self.started != NEVER {
            self.started
        } else if self.report.at != NEVER {
            let taken = if self.report.duration_ms.is_nan() { 0.0 } else { self.report.duration_ms };
            self.report.at.saturating_sub(taken as i64)
        } else {
            self.first
        }
    }

    /// Which it is: its start where the platform has told of it.
    pub fn anchor(&self) -> Option<i64> {
        self.is_anchored().then(|| self.start())
    }

    /// Some line tells that it failed.
    pub fn fails(&self) -> bool {
        (self.report.bits | self.told | self.loose.bits) & !bits::RESTORED != 0
    }

    /// A line tells of its end.
    pub fn hear(&mut self, evidence: Evidence) {
        self.told |= evidence.bits;
        let later = (evidence.at, evidence.error) > (self.told_at, self.told_error);
        if evidence.error != 0 && (self.told_error == 0 || later) {
            (self.told_at, self.told_error) = (evidence.at, evidence.error);
        }
    }

    /// Forgets what lines told of its end.
    pub fn unhear(&mut self) {
        (self.told_at, self.told_error, self.told) = (NEVER, 0, 0);
    }

    /// Init and restore, ms. What a REPORT does not count as init was made ready before, by provisioned concurrency.
    pub fn init(&self) -> (Option<f32>, Option<f32>) {
        let (ms, bits) = if self.report.at != NEVER {
            (self.report.init_ms, self.report.bits)
        } else {
            (self.loose.init_ms, self.loose.bits)
        };
        match (ms.is_nan(), bits & bits::RESTORED != 0) {
            (true, _) => (None, None),
            (false, false) => (Some(ms), None),
            (false, true) => (None, Some(ms)),
        }
    }

    /// How it ended; `ended` says that an END came where no REPORT did.
    pub fn status(&self, ended: bool) -> Status {
        let bits = self.report.bits | self.told | self.loose.bits;
        let reported = self.report.at != NEVER;
        // What is killed close to its memory size was killed for it, though the last reading is a little below.
        let full = u32::from(self.report.memory_used_mb) * 100 >= u32::from(self.report.memory_mb) * 95;
        let exhausted = !reported || full && self.report.memory_mb > 0;
        if bits & bits::TIMED_OUT != 0 {
            Status::TimedOut
        } else if bits & bits::OUT_OF_MEMORY != 0 || bits & bits::KILLED != 0 && exhausted {
            Status::OutOfMemory
        } else if bits & (bits::EXITED | bits::KILLED) != 0 {
            Status::Crashed
        } else if bits & bits::FAILED != 0 {
            Status::Error
        } else if reported || ended {
            Status::Ok
        } else {
            Status::Open
        }
    }
}
