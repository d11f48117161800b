//! The atom: one invocation, as its log tells it.

use crate::time::Moment;

/// How an invocation ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Still running, or its REPORT is not here yet.
    #[default]
    Open,
    /// Returned normally.
    Ok,
    /// Raised, crashed, or ran out of memory.
    Error,
    /// Ran until its time-out.
    TimedOut,
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
    /// Error type.
    pub error_type: Option<String>,
    /// X-Ray trace id.
    pub trace_id: Option<String>,
}

/// Reads the REPORT line of a text log, or a `platform.report` of a JSON log. Fields are separated by tabs in the log
/// and by blanks in the documentation, so both are taken.
pub fn read_report(line: &str) -> Option<Invocation> {
    let line = line.trim_end();
    if line.starts_with('{') {
        return read_platform_report(line);
    }
    let rest = line.strip_prefix("REPORT RequestId:")?.trim_start();
    let (request_id, rest) = rest.split_once([' ', '\t', '\n']).unwrap_or((rest, ""));
    let number = |name: &str| {
        let mut from = 0;
        loop {
            let at = from + rest[from..].find(name)?;
            // `Duration:` also ends `Billed Duration:` and `Init Duration:`.
            let alone = name != "Duration:" || rest[..at].trim_end().is_empty() || rest[..at].ends_with(['\t', '\n']);
            if alone {
                let text = rest[at + name.len()..].trim_start();
                let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
                return text[..end].parse::<f64>().ok();
            }
            from = at + name.len();
        }
    };
    let word = |name: &str| {
        let at = rest.find(name)?;
        rest[at + name.len()..].split_whitespace().next().map(str::to_string)
    };
    let status = match word("Status:").as_deref() {
        Some("timeout") => Status::TimedOut,
        Some(_) => Status::Error,
        None => Status::Ok,
    };
    Some(Invocation {
        request_id: request_id.to_string(),
        status,
        duration_ms: number("Duration:"),
        billed_ms: number("Billed Duration:"),
        memory_mb: number("Memory Size:").map(|mb| mb as u32),
        memory_used_mb: number("Max Memory Used:").map(|mb| mb as u32),
        init_ms: number("Init Duration:"),
        restore_ms: number("Restore Duration:"),
        error_type: word("Error Type:"),
        trace_id: word("XRAY TraceId:"),
        ..Invocation::default()
    })
}

fn read_platform_report(line: &str) -> Option<Invocation> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    if event.get("type")? != "platform.report" {
        return None;
    }
    let record = event.get("record")?;
    let metric = |name: &str| record.pointer(&format!("/metrics/{name}")).and_then(serde_json::Value::as_f64);
    Some(Invocation {
        request_id: record.get("requestId")?.as_str()?.to_string(),
        status: match record.get("status").and_then(serde_json::Value::as_str) {
            Some("timeout") => Status::TimedOut,
            Some("error" | "failure") => Status::Error,
            _ => Status::Ok,
        },
        duration_ms: metric("durationMs"),
        billed_ms: metric("billedDurationMs"),
        memory_mb: metric("memorySizeMB").map(|mb| mb as u32),
        memory_used_mb: metric("maxMemoryUsedMB").map(|mb| mb as u32),
        init_ms: metric("initDurationMs"),
        restore_ms: metric("restoreDurationMs"),
        error_type: record.get("errorType").and_then(serde_json::Value::as_str).map(str::to_string),
        trace_id: record
            .pointer("/tracing/value")
            .and_then(serde_json::Value::as_str)
            .and_then(|value| value.split(';').find_map(|part| part.strip_prefix("Root=")))
            .map(str::to_string),
        ..Invocation::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
