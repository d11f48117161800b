//! What a log line says of itself: who wrote it, how serious it is, which invocation and which trace it belongs to.
//!
//! The one reader of lines. Lambda's platform writes `START RequestId: …` or, with the JSON format, objects of type
//! `platform.start`; runtimes write `TIME\tREQUEST\tLEVEL\tMESSAGE` (Node.js, .NET), `[LEVEL]\tTIME\tREQUEST\tMESSAGE`
//! (Python), `SEVERITY, [TIME #PID] LEVEL REQUEST -- : MESSAGE` (Ruby) or an object; everything else is the
//! application's own. Nothing is allocated and no document is built: a line is read when it arrives, by the million.

pub mod figures;
pub mod object;
mod plain;
mod request;

pub use figures::{Figures, figures};
pub use request::{RequestId, TraceId, sampled, trace_id, uuid};

use crate::model::log::Level;

/// Who wrote a line and why; text and JSON lines of one meaning are of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The application, or a library in it.
    #[default]
    App,
    /// START, `platform.start`.
    Start,
    /// END.
    End,
    /// REPORT, `platform.report`.
    Report,
    /// `platform.runtimeDone`: the handler has returned.
    RuntimeDone,
    /// INIT_START, `platform.initStart`.
    InitStart,
    /// INIT_REPORT, `platform.initReport`; text logs have it where the init failed, or with SnapStart and provisioned
    /// concurrency.
    InitReport,
    /// RESTORE_START, `platform.restoreStart`.
    RestoreStart,
    /// RESTORE_REPORT, `platform.restoreReport`.
    RestoreReport,
    /// EXTENSION, LOGS, TELEMETRY, `platform.extension`, `platform.telemetrySubscription`.
    Extension,
    /// `platform.logsDropped`: the function wrote faster than Lambda could take it.
    LogsDropped,
    /// Any other line of the platform.
    Platform,
    /// `Task timed out after 3.00 seconds`: older runtimes tell a time-out in a line of its own.
    TimedOut,
    /// `Error: Runtime exited …` and `Process exited before completing request`.
    RuntimeExited,
    /// The runtime tells what the handler raised: `[ERROR] KeyError: …`, `Invoke Error`, `Error raised from handler`.
    Raised,
}

impl Kind {
    /// Written by the platform, not by the function.
    pub fn is_platform(self) -> bool {
        !matches!(self, Kind::App | Kind::Raised)
    }
}

/// A level as loggers name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// TRACE.
    Trace,
    /// DEBUG.
    Debug,
    /// INFO, NOTICE.
    Info,
    /// WARN, WARNING.
    Warn,
    /// ERROR, SEVERE.
    Error,
    /// FATAL, CRITICAL, PANIC.
    Fatal,
}

impl Severity {
    /// As `ERROR`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Trace => "TRACE",
            Severity::Debug => "DEBUG",
            Severity::Info => "INFO",
            Severity::Warn => "WARN",
            Severity::Error => "ERROR",
            Severity::Fatal => "FATAL",
        }
    }

    /// A level word in capitals, as `WARNING`.
    pub fn of_capitals(word: &[u8]) -> Option<Severity> {
        Some(match word {
            b"TRACE" => Severity::Trace,
            b"DEBUG" => Severity::Debug,
            b"INFO" | b"NOTICE" => Severity::Info,
            b"WARN" | b"WARNING" => Severity::Warn,
            b"ERROR" | b"ERR" | b"SEVERE" => Severity::Error,
            b"FATAL" | b"CRITICAL" | b"PANIC" => Severity::Fatal,
            _ => return None,
        })
    }

    /// A level word in any case, with the short names of .NET (`fail`, `crit`, `dbug`, `trce`).
    pub fn of_any_case(word: &[u8]) -> Option<Severity> {
        let mut capitals = [0; 12];
        let capitals = capitals.get_mut(..word.len())?;
        capitals.copy_from_slice(word);
        capitals.make_ascii_uppercase();
        match &*capitals {
            b"FAIL" => Some(Severity::Error),
            b"CRIT" | b"EMERGENCY" | b"ALERT" => Some(Severity::Fatal),
            b"DBUG" | b"VERBOSE" => Some(Severity::Debug),
            b"TRCE" => Some(Severity::Trace),
            b"INFORMATION" => Some(Severity::Info),
            known => Severity::of_capitals(known),
        }
    }
}

/// What a line says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// Who wrote it and why.
    pub kind: Kind,
    /// Its level; none where it says none. Lines that tell of a failure are errors whatever they say.
    pub severity: Option<Severity>,
    /// Request id, where one stands in the place that loggers give it; [`uuid`] finds any other.
    pub request_id: Option<&'a str>,
    request: Option<RequestId>,
    /// Trace id, `1-8hex-24hex`, where the platform wrote it or it stands beside the request id; [`trace_id`] finds any
    /// other.
    pub trace_id: Option<&'a str>,
    /// An object.
    pub json: bool,
}

impl<'a> Said<'a> {
    /// The request id in sixteen bytes.
    pub fn request(&self) -> Option<RequestId> {
        self.request
    }

    /// Takes a word for the request id if it is one and none is known; whether it is one.
    fn take_request(&mut self, word: &'a str) -> bool {
        let Some(number) = request::number(word.as_bytes()) else { return false };
        if self.request.is_none() {
            (self.request_id, self.request) = (Some(word), Some(RequestId(number)));
        }
        true
    }

    /// How serious the line is.
    pub fn level(&self) -> Level {
        match self.severity {
            Some(Severity::Error | Severity::Fatal) => Level::Error,
            _ if self.kind.is_platform() => Level::Platform,
            Some(Severity::Warn) => Level::Warn,
            Some(Severity::Trace | Severity::Debug) => Level::Debug,
            Some(Severity::Info) | None => Level::Info,
        }
    }

    /// The trace id in sixteen bytes.
    pub fn trace(&self) -> Option<TraceId> {
        self.trace_id.and_then(TraceId::read)
    }
}

/// Reads a line.
pub fn read(text: &str) -> Said<'_> {
    let start = text.trim_start();
    if start.starts_with('{')
        && let Some(said) = object::read(start)
    {
        return said;
    }
    plain::read(start)
}

/// How serious a line is.
pub fn level(text: &str) -> Level {
    let start = text.trim_start();
    let said = if start.starts_with('{') { object::read_level(start) } else { None };
    said.unwrap_or_else(|| plain::read(start)).level()
}

#[cfg(test)]
mod tests;
