//! The figures of a line that the platform wrote: REPORT, INIT_REPORT, RESTORE_REPORT, START, in text or JSON.

use memchr::memchr_iter;

use super::object::{Value, members};
use super::{Kind, Said};

/// What a line of the platform tells; what it does not tell is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures<'a> {
    /// RequestId as it is written.
    pub request_id: Option<&'a str>,
    /// Version of START, `functionVersion` of `platform.initStart`.
    pub version: Option<&'a str>,
    /// Runtime Version of INIT_START, as `python:3.12.v18`.
    pub runtime: Option<&'a str>,
    /// Duration, ms; of an init or restore report the duration of that.
    pub duration_ms: Option<f64>,
    /// Billed Duration, ms.
    pub billed_ms: Option<f64>,
    /// Memory Size, MB.
    pub memory_mb: Option<u32>,
    /// Max Memory Used, MB.
    pub memory_used_mb: Option<u32>,
    /// Init Duration, ms: a cold start.
    pub init_ms: Option<f64>,
    /// Restore Duration, ms: a SnapStart restore.
    pub restore_ms: Option<f64>,
    /// Billed Restore Duration, ms.
    pub billed_restore_ms: Option<f64>,
    /// Status other than success: `timeout`, `error`, `failure`.
    pub status: Option<&'a str>,
    /// Error Type.
    pub error_type: Option<&'a str>,
    /// Phase of an init: `init`, `invoke`, `snap-start`.
    pub phase: Option<&'a str>,
    /// Trace id as it is written.
    pub trace_id: Option<&'a str>,
}

/// Reads the figures of a line of the platform.
pub fn figures<'a>(text: &'a str, said: &Said<'a>) -> Figures<'a> {
    if said.json { of_object(text, said.kind) } else { of_text(text, said.kind) }
}

/// Fields are separated by tabs in the log and by blanks in the documentation, so both are taken: what a colon follows
/// is a name, what follows the colon its value.
fn of_text(text: &str, kind: Kind) -> Figures<'_> {
    let mut told = Figures::default();
    for colon in memchr_iter(b':', text.as_bytes()) {
        let name = &text[..colon];
        let rest = text[colon + 1..].trim_start();
        let word = || {
            let end = rest.find([' ', '\t', '\n', '\r']).unwrap_or(rest.len());
            (end > 0).then(|| &rest[..end])
        };
        let number = || {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            rest[..end].parse::<f64>().ok()
        };
        match name.as_bytes().last() {
            Some(b'n') if name.ends_with("Duration") => {
                let place = if name.ends_with("Billed Restore Duration") {
                    &mut told.billed_restore_ms
                } else if name.ends_with("Billed Duration") {
                    &mut told.billed_ms
                } else if name.ends_with("Init Duration") {
                    if kind == Kind::InitReport { &mut told.duration_ms } else { &mut told.init_ms }
                } else if name.ends_with("Restore Duration") {
                    if kind == Kind::RestoreReport { &mut told.duration_ms } else { &mut told.restore_ms }
                } else {
                    &mut told.duration_ms
                };
                *place = place.or_else(number);
            }
            Some(b'n') if name.ends_with("Runtime Version") => told.runtime = word(),
            Some(b'n') if name.ends_with(" Version") => told.version = word(),
            Some(b'e') if name.ends_with("Memory Size") => told.memory_mb = number().map(|mb| mb as u32),
            Some(b'd') if name.ends_with("Max Memory Used") => told.memory_used_mb = number().map(|mb| mb as u32),
            Some(b'd') if name.ends_with("RequestId") => told.request_id = told.request_id.or_else(word),
            Some(b'd') if name.ends_with("TraceId") => told.trace_id = word(),
            Some(b's') if name.ends_with("Status") => told.status = word().filter(|status| *status != "success"),
            Some(b'e') if name.ends_with("Error Type") => told.error_type = word(),
            Some(b'e') if name.ends_with("Phase") => told.phase = word(),
            _ => {}
        }
    }
    told
}

fn of_object(text: &str, kind: Kind) -> Figures<'_> {
    let mut told = Figures::default();
    for member in members(text.trim_start()) {
        match member.value {
            Value::Text(value) => match member.key {
                "requestId" if member.depth == 2 => told.request_id = Some(value),
                "version" | "functionVersion" if member.depth == 2 => told.version = Some(value),
                "runtimeVersion" => told.runtime = Some(value),
                "status" if member.depth == 2 => told.status = (value != "success").then_some(value),
                "errorType" if member.depth == 2 => told.error_type = Some(value),
                "phase" => told.phase = Some(value),
                "value" => {
                    // `Root=1-…;Parent=…;Sampled=1`
                    told.trace_id = value.split(';').find_map(|part| part.strip_prefix("Root="));
                }
                _ => {}
            },
            Value::Bare(value) => {
                let number = || value.parse::<f64>().ok();
                match member.key {
                    // `spans` of `platform.runtimeDone` have durations of their own.
                    "durationMs" if member.depth == 3 => told.duration_ms = told.duration_ms.or_else(number),
                    "billedDurationMs" => told.billed_ms = number(),
                    "memorySizeMB" => told.memory_mb = number().map(|mb| mb as u32),
                    "maxMemoryUsedMB" => told.memory_used_mb = number().map(|mb| mb as u32),
                    "initDurationMs" => told.init_ms = number(),
                    "restoreDurationMs" => told.restore_ms = number(),
                    "billedRestoreDurationMs" => told.billed_restore_ms = number(),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    if kind == Kind::RestoreReport {
        told.duration_ms = told.duration_ms.or(told.restore_ms);
    }
    told
}
