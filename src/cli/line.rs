//! A log line's level and invocation, as the headless output names them.

use crate::model::line;

/// What a line says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// As `ERROR`; none where the line says nothing.
    pub level: Option<&'static str>,
    /// Request id.
    pub request_id: Option<String>,
}

/// Reads a line. Where no request id stands in its place, the first UUID near the beginning is taken for one.
pub fn read(message: &str) -> Said {
    let said = line::read(message);
    let request_id = said.request_id.or_else(|| {
        let head = &message[..message.floor_char_boundary(LOOKED_AT)];
        if said.json { None } else { line::uuid(head) }
    });
    Said { level: said.severity.map(line::Severity::name), request_id: request_id.map(str::to_string) }
}

/// An id stands in front.
const LOOKED_AT: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8c2a1f3e-5b6d-4e7f-8a9b-0c1d2e3f4a5b";

    fn said(level: Option<&'static str>, id: bool) -> Said {
        Said { level, request_id: id.then(|| ID.to_string()) }
    }

    #[test]
    fn lines_of_every_runtime_say_their_level_and_request() {
        for (line, expected) in [
            (format!("2026-11-21T04:00:00.123Z\t{ID}\tINFO\thello\n"), said(Some("INFO"), true)),
            (format!("[ERROR]\t2026-11-21T04:00:00.123Z\t{ID}\tboom"), said(Some("ERROR"), true)),
            (format!("2026-11-21T04:00:00.123Z {ID} Task timed out after 3.00 seconds"), said(Some("ERROR"), true)),
            (format!("START RequestId: {ID} Version: $LATEST"), said(None, true)),
            (format!("REPORT RequestId: {ID}\tDuration: 5 ms\tStatus: timeout"), said(Some("ERROR"), true)),
            (format!("REPORT RequestId: {ID}\tDuration: 5 ms"), said(None, true)),
            (format!(r#"{{"level":"warn","requestId":"{ID}","message":"x"}}"#), said(Some("WARN"), true)),
            (format!(r#"{{"severity":"CRITICAL","function_request_id":"{ID}"}}"#), said(Some("FATAL"), true)),
            (
                format!(r#"{{"type":"platform.report","record":{{"requestId":"{ID}","status":"timeout"}}}}"#),
                said(Some("ERROR"), true),
            ),
            ("an error that is no level".to_string(), said(None, false)),
            (r#"{"level":5,"requestId":7}"#.to_string(), said(None, false)),
            ("{broken".to_string(), said(None, false)),
            (String::new(), said(None, false)),
        ] {
            assert_eq!(read(&line), expected, "{line}");
        }
    }

    #[test]
    fn any_line_is_read() {
        for line in [
            "日本語\u{0}",
            "RequestId:",
            "RequestId: 日",
            &"é".repeat(1000),
            &"[".repeat(100_000),
            &"{\"a\":".repeat(10_000),
        ] {
            read(line);
        }
    }
}
