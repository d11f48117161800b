//! The atom: one invocation, as its log tells it.

use crate::model::line::{self, Figures, Kind};
use crate::time::Moment;

/// How an invocation ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Still running, or its REPORT is not here yet.
    #[default]
    Open,
    /// Returned normally.
    Ok,
    /// The handler raised, or the init failed.
    Error,
    /// The runtime ended before the handler did.
    Crashed,
    /// The runtime was killed for want of memory.
    OutOfMemory,
    /// Ran until its time-out.
    TimedOut,
}

impl Status {
    /// All of them, in their order.
    pub const ALL: [Status; 6] =
        [Status::Open, Status::Ok, Status::Error, Status::Crashed, Status::OutOfMemory, Status::TimedOut];

    /// It ended, and not normally.
    pub fn is_failure(self) -> bool {
        !matches!(self, Status::Open | Status::Ok)
    }

    /// What a REPORT tells. Lambda calls a killed runtime `Runtime.ExitError` on older runtimes, whatever killed it: one
    /// that had all its memory in use was killed for that.
    pub fn of(told: &Figures<'_>) -> Status {
        let full = told.memory_mb.is_some_and(|size| size > 0 && told.memory_used_mb >= Some(size));
        match (told.status, told.error_type) {
            (Some("timeout"), _) | (_, Some("Sandbox.Timedout")) => Status::TimedOut,
            (_, Some("Runtime.OutOfMemory")) => Status::OutOfMemory,
            (_, Some("Runtime.ExitError")) if full => Status::OutOfMemory,
            (_, Some("Runtime.ExitError" | "Extension.Crash")) => Status::Crashed,
            (None, None) => Status::Ok,
            _ => Status::Error,
        }
    }
}

/// One invocation, as far as its lines tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invocation {
    /// RequestId.
    pub request_id: String,
    /// First line seen.
    pub start: Option<Moment>,
    /// Version of START.
    pub version: Option<String>,
    /// Status.
    pub status: Status,
    /// Duration, ms.
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
    /// Error type.
    pub error_type: Option<String>,
    /// X-Ray trace id.
    pub trace_id: Option<String>,
}

/// Reads the REPORT line of a text log, or a `platform.report` of a JSON log.
pub fn read_report(line: &str) -> Option<Invocation> {
    let said = line::read(line);
    if said.kind != Kind::Report {
        return None;
    }
    let told = line::figures(line, &said);
    Some(Invocation {
        request_id: told.request_id?.to_string(),
        status: Status::of(&told),
        duration_ms: told.duration_ms,
        billed_ms: told.billed_ms,
        memory_mb: told.memory_mb,
        memory_used_mb: told.memory_used_mb,
        init_ms: told.init_ms,
        restore_ms: told.restore_ms,
        billed_restore_ms: told.billed_restore_ms,
        error_type: told.error_type.map(str::to_string),
        trace_id: told.trace_id.map(str::to_string),
        ..Invocation::default()
    })
}

/// The version that a log stream is of: streams are named `2026/11/21/[7]0a1b...`, in a shared group
/// `2026/11/21/name[7]0a1b...`.
pub fn version_of_stream(stream: &str) -> Option<&str> {
    let (_, rest) = stream.split_once('[')?;
    let (version, _) = rest.split_once(']')?;
    let is_one = version == "$LATEST" || (!version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()));
    is_one.then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_says_which_version_writes_it() {
        assert_eq!(version_of_stream("2026/11/21/[$LATEST]0a1b"), Some("$LATEST"));
        assert_eq!(version_of_stream("2026/11/21/pay[17]0a1b"), Some("17"));
        assert_eq!(version_of_stream("2026/11/21/own-name"), None);
        assert_eq!(version_of_stream("[x]"), None);
    }

    #[test]
    fn a_report_reads_with_tabs_and_with_blanks() {
        let tabs = "REPORT RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95\tDuration: 15.74 ms\tBilled Duration: 147 ms\t\
                    Memory Size: 128 MB\tMax Memory Used: 56 MB\tInit Duration: 130.49 ms\t\n\
                    XRAY TraceId: 1-5e34a614-10bdxmplf1fb44f07bc535a1\tSegmentId: 07f5xmpl2d1f6f85\tSampled: true\t";
        let blanks = tabs.replace('\t', " ");
        for line in [tabs, &blanks] {
            let report = read_report(line).expect("a REPORT line");
            assert_eq!(report.request_id, "8f507cfc-xmpl-4697-b07a-ac58fc914c95");
            assert_eq!(report.duration_ms, Some(15.74));
            assert_eq!(report.billed_ms, Some(147.0));
            assert_eq!(report.memory_used_mb, Some(56));
            assert_eq!(report.init_ms, Some(130.49));
            assert_eq!(report.status, Status::Ok);
            assert_eq!(report.trace_id.as_deref(), Some("1-5e34a614-10bdxmplf1fb44f07bc535a1"));
        }
    }

    #[test]
    fn a_time_out_says_so_in_the_new_style() {
        let report = read_report(
            "REPORT RequestId: a1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\tStatus: timeout",
        )
        .expect("a REPORT line");
        assert_eq!(report.status, Status::TimedOut);
        let report =
            read_report("REPORT RequestId: a1\tDuration: 3.00 ms\tStatus: error\tError Type: Runtime.ExitError")
                .expect("a REPORT line");
        assert_eq!(report.error_type.as_deref(), Some("Runtime.ExitError"));
    }

    #[test]
    fn the_json_format_reads_too() {
        let line = r#"{"time":"2023-11-01T00:00:00Z","type":"platform.report","record":{"requestId":"79b4f56e","metrics":{"durationMs":101.51,"billedDurationMs":300,"memorySizeMB":512,"maxMemoryUsedMB":33,"initDurationMs":116.67},"status":"success","tracing":{"value":"Root=1-2-3;Parent=4;Sampled=1"}}}"#;
        let report = read_report(line).expect("a platform.report");
        assert_eq!(report.init_ms, Some(116.67));
        assert_eq!(report.trace_id.as_deref(), Some("1-2-3"));
        assert_eq!(read_report(r#"{"type":"platform.start"}"#), None);
        assert_eq!(read_report("START RequestId: x"), None);
    }
}
