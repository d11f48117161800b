//! Where a log line leads: its function, its invocation, its trace.

use crate::app::selected::Selected;
use crate::model::line;
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
    let said = line::read(line.text);
    Selected {
        title: line.group.to_string(),
        function,
        request_id: said.request_id.or_else(|| line::uuid(line.text)).map(str::to_string),
        trace_id: said.trace_id.or_else(|| line::trace_id(line.text)).map(str::to_string),
        sampled: line::sampled(line.text),
        log_group: Some(line.group.to_string()),
        log_stream: Some(line.stream.to_string()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_a_group_of_ones_own_names_its_function() {
        assert_eq!(function_of_stream("2025/01/31/session-auth[$LATEST][abc]"), Some("session-auth"));
        assert_eq!(function_of_stream("2025/01/31/[$LATEST]abc"), None);
    }
}
