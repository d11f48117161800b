//! Where a log line leads: its function, its invocation, its trace.

use crate::app::selected::Selected;
use crate::store::Store;
use crate::store::logs::Line;
use crate::time::Moment;

/// What a line points at.
pub fn of(line: &Line<'_>, store: &Store) -> Selected {
    let function = store
        .functions
        .of_log_group(line.group)
        .map(|function| function.name.clone())
        .or_else(|| function_of_stream(line.stream).map(str::to_string))
        .or_else(|| line.group.strip_prefix("/aws/lambda/").map(str::to_string));
    Selected {
        title: line.group.to_string(),
        function,
        request_id: request_id(line.text).map(str::to_string),
        trace_id: trace_id(line.text).map(str::to_string),
        log_group: Some(line.group.to_string()),
        at: Moment::from_timestamp_millis(line.timestamp),
        copy: Some(("log line".into(), line.text.to_string())),
        ..Selected::default()
    }
}

/// The function in a stream of a group of one's own: `2025/01/31/function[version][guid]`.
fn function_of_stream(stream: &str) -> Option<&str> {
    let last = stream.rsplit('/').next()?;
    let (name, _) = last.split_once('[')?;
    (!name.is_empty()).then_some(name)
}

/// The first UUID of a line: Lambda and its loggers write the request id before anything else.
pub fn request_id(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let shape = |at: usize| {
        bytes[at..at + 36].iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    };
    // A dash at its ninth place is rare enough to look for first.
    let mut from = 8;
    while let Some(found) = memchr::memchr(b'-', bytes.get(from..)?) {
        let dash = from + found;
        if dash >= 8 && dash + 28 <= bytes.len() && shape(dash - 8) {
            return text.get(dash - 8..dash + 28);
        }
        from = dash + 1;
    }
    None
}

/// A trace id, `1-8hex-24hex`, anywhere in the line.
pub fn trace_id(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    memchr::memmem::find_iter(bytes, b"1-").find_map(|at| {
        let id = text.get(at..at + 35)?;
        let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let alone = at == 0 || !bytes[at - 1].is_ascii_alphanumeric() && bytes[at - 1] != b'-';
        (alone && hex(&id[2..10]) && id.as_bytes()[10] == b'-' && hex(&id[11..])).then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_where_lambda_writes_them() {
        let id = "8f507cfc-1234-4697-b07a-ac58fc914c95";
        for line in [
            format!("START RequestId: {id} Version: $LATEST"),
            format!("2024-10-27T19:17:45.586Z\t{id}\tINFO\tx"),
            format!(r#"{{"requestId":"{id}"}}"#),
        ] {
            assert_eq!(request_id(&line), Some(id), "{line}");
        }
        assert_eq!(request_id("2024-10-27T19:17:45.586Z no id - here"), None);
        assert_eq!(
            trace_id("REPORT x\nXRAY TraceId: 1-5e34a614-10bd0bd0f1fb44f07bc535a1\tSegmentId: 07f5"),
            Some("1-5e34a614-10bd0bd0f1fb44f07bc535a1")
        );
        assert_eq!(trace_id("version 1-2"), None);
        assert_eq!(function_of_stream("2025/01/31/session-auth[$LATEST][abc]"), Some("session-auth"));
        assert_eq!(function_of_stream("2025/01/31/[$LATEST]abc"), None);
    }
}
