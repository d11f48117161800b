//! What a log line says of itself: its level and the invocation that wrote it.
//!
//! Lambda writes text as `TIME\tREQUEST\tLEVEL\tMESSAGE` (Node.js), `[LEVEL]\tTIME\tREQUEST\tMESSAGE` (Python), its own
//! lines as `REPORT RequestId: REQUEST`, and with the JSON format an object; everything else is the application's own.

use serde_json::Value;

/// What a line says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// As `ERROR`; none where the line says nothing.
    pub level: Option<&'static str>,
    /// Request id.
    pub request_id: Option<String>,
}

const LEVELS: [(&str, &str); 12] = [
    ("TRACE", "TRACE"),
    ("DEBUG", "DEBUG"),
    ("INFO", "INFO"),
    ("NOTICE", "INFO"),
    ("WARN", "WARN"),
    ("WARNING", "WARN"),
    ("ERROR", "ERROR"),
    ("ERR", "ERROR"),
    ("SEVERE", "ERROR"),
    ("FATAL", "FATAL"),
    ("CRITICAL", "FATAL"),
    ("PANIC", "FATAL"),
];

/// Fields in which request ids stand: Lambda's own, Powertools', and what people write.
const REQUEST_FIELDS: [&str; 7] = [
    "requestId",
    "AWSRequestId",
    "aws_request_id",
    "awsRequestId",
    "function_request_id",
    "request_id",
    "lambda_request_id",
];

/// Only the first part of a line is looked at: levels and ids stand in front.
const LOOKED_AT: usize = 400;

/// Reads a line.
pub fn read(message: &str) -> Said {
    let message = message.trim_start();
    if message.starts_with('{')
        && let Ok(Value::Object(object)) = serde_json::from_str::<Value>(message.trim_end())
    {
        return read_object(&object);
    }
    let head: String = message.chars().take(LOOKED_AT).collect();
    Said { level: level_in(&head), request_id: request_in(&head) }
}

fn read_object(object: &serde_json::Map<String, Value>) -> Said {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_string);
    let record = object.get("record").and_then(Value::as_object);
    let request_id = REQUEST_FIELDS
        .iter()
        .find_map(|field| text(object.get(*field)).or_else(|| text(record.and_then(|record| record.get(*field)))))
        .filter(|id| is_request_id(id));
    let level =
        ["level", "logLevel", "severity", "log.level", "levelname"].iter().find_map(|field| text(object.get(*field)));
    let failed = object.get("type").and_then(Value::as_str) == Some("platform.report")
        && record
            .and_then(|record| record.get("status"))
            .and_then(Value::as_str)
            .is_some_and(|status| status != "success");
    let level = level.and_then(|level| known(&level)).or(if failed { Some("ERROR") } else { None });
    Said { level, request_id }
}

fn known(word: &str) -> Option<&'static str> {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphabetic());
    LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, level)| *level)
}

fn level_in(head: &str) -> Option<&'static str> {
    if let Some(rest) = head.strip_prefix("REPORT RequestId:") {
        return rest.contains("Status: ").then_some("ERROR");
    }
    if ["START RequestId:", "END RequestId:", "INIT_START ", "INIT_REPORT ", "EXTENSION\t", "XRAY TraceId:"]
        .iter()
        .any(|own| head.starts_with(own))
    {
        return None;
    }
    if head.contains("Task timed out after ") || head.contains("Runtime exited ") || head.starts_with("Traceback ") {
        return Some("ERROR");
    }
    // Capitals only: `error` in the middle of a sentence is no level.
    head.split([' ', '\t', '\n', '|']).filter(|word| !word.is_empty()).take(6).find_map(|word| {
        let bare = word.trim_matches(|c: char| matches!(c, '[' | ']' | ':' | '(' | ')' | ','));
        if bare.bytes().all(|byte| byte.is_ascii_uppercase()) { known(bare) } else { None }
    })
}

fn request_in(head: &str) -> Option<String> {
    let after = head.find("RequestId:").map(|at| &head[at + "RequestId:".len()..]);
    if let Some(id) = after.and_then(|rest| rest.split_whitespace().next()).filter(|id| is_request_id(id)) {
        return Some(id.to_string());
    }
    head.split(|c: char| !(c.is_ascii_hexdigit() || c == '-')).find(|word| is_request_id(word)).map(str::to_string)
}

/// A UUID.
fn is_request_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

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
