//! The answer to an invoke, to look at: one that has just come, or one of the history.

use super::library::Record;
use crate::app::cursor::Cursor;
use crate::app::effect::{Change, Failure};
use crate::model::function::InvokeAnswer;
use crate::model::invocation::Invocation;
use crate::text;
use crate::time::Moment;

/// What came of an invoke.
#[derive(Debug)]
pub struct Answer {
    /// The invoke.
    pub change: Change,
    /// What came of it, or why nothing did; `None` while it runs.
    pub result: Option<Result<InvokeAnswer, String>>,
    /// When it was sent.
    pub sent: Moment,
    /// Lines of the response, pretty-printed where it is JSON.
    pub response: Vec<String>,
    /// Lines of the log of that very invocation.
    pub log: Vec<String>,
    /// Duration, billed duration and the rest of its REPORT line.
    pub report: Option<Invocation>,
    /// Lines of the payload.
    pub payload: Vec<String>,
    /// Scroll position over all lines.
    pub cursor: Cursor,
}

impl Answer {
    /// An invoke that has been sent.
    pub fn waiting(change: Change, now: Moment) -> Answer {
        let payload = match &change {
            Change::Invoke { payload, .. } => pretty(payload.as_bytes()),
            _ => vec![],
        };
        Answer {
            change,
            result: None,
            sent: now,
            response: vec![],
            log: vec![],
            report: None,
            payload,
            cursor: Cursor::default(),
        }
    }

    /// One of the history.
    pub fn kept(function: &str, record: &Record) -> Answer {
        let change = record.change(function).unwrap_or_else(|| Change::Invoke {
            function: function.to_string(),
            qualifier: record.qualifier.clone(),
            kind: record.kind,
            payload: String::new(),
            timeout_s: record.timeout_s,
        });
        let mut answer = Answer::waiting(change, record.sent);
        if record.payload.is_none() {
            answer.payload = vec![not_kept(record.payload_bytes)];
        }
        match &record.result {
            Ok(told) => {
                answer.accept(Ok(InvokeAnswer {
                    status: told.status,
                    function_error: told.function_error.clone(),
                    executed_version: told.executed_version.clone(),
                    request_id: told.request_id.clone(),
                    log_tail: told.log_tail.clone(),
                    payload: told.response.clone().unwrap_or_default().into_bytes(),
                    round_trip_ms: told.round_trip_ms,
                }));
                if told.response.is_none() {
                    answer.response = vec![not_kept(told.response_bytes)];
                }
            }
            Err(why) => answer.result = Some(Err(why.clone())),
        }
        answer
    }

    /// The answer is here.
    pub fn accept(&mut self, result: Result<InvokeAnswer, Failure>) {
        if let Ok(answer) = &result {
            self.response = pretty(&answer.payload);
            let tail = answer.log_tail.as_deref().unwrap_or_default();
            self.log = tail.lines().map(|line| text::safe(line).into_owned()).collect();
            self.report = tail.lines().rev().find_map(crate::model::invocation::read_report);
        }
        self.result = Some(result.map_err(|failure| sentence(&failure)));
    }

    /// Lines to scroll over: those of the texts, and what stands between them.
    pub fn rows(&self) -> usize {
        self.response.len() + self.log.len() + self.payload.len() + 12
    }
}

/// How an invocation began: `cold, init 1.2s`, `restored in 340ms` or `warm`.
pub fn start(report: &Invocation) -> String {
    match (report.init_ms, report.restore_ms) {
        (_, Some(restore)) => format!("restored in {}", text::millis(restore)),
        (Some(init), None) => format!("cold, init {}", text::millis(init)),
        (None, None) => "warm".into(),
    }
}

fn not_kept(bytes: u64) -> String {
    format!("({} were not kept: too large)", text::bytes(bytes))
}

/// What a failure means to whoever asked.
pub fn sentence(failure: &Failure) -> String {
    crate::app::changes::sentence(failure)
}

/// A payload as lines: JSON indented, anything else as it is, made safe; beyond 256 KiB cut with a word about it.
fn pretty(payload: &[u8]) -> Vec<String> {
    const SHOWN: usize = 256 * 1024;
    let text = String::from_utf8_lossy(payload);
    let text = match serde_json::from_slice::<serde_json::Value>(payload) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.into_owned()),
        Err(_) => text.into_owned(),
    };
    let mut end = text.len().min(SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut lines: Vec<String> = text[..end].lines().map(|line| text::safe(line).into_owned()).collect();
    if end < text.len() {
        lines.push(format!("… {} more", text::bytes((text.len() - end) as u64)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::library::tests::record;
    use super::*;

    #[test]
    fn a_response_that_is_no_json_is_shown_safely() {
        assert_eq!(pretty(b"\x1b[2Jhi"), vec!["␛[2Jhi"]);
        assert_eq!(pretty(br#"{"a":1}"#), vec!["{", "  \"a\": 1", "}"]);
    }

    #[test]
    fn an_answer_of_the_history_shows_what_was_kept_and_says_what_was_not() {
        let mut kept = record(1, r#"{"id":7}"#, "[1]");
        if let Ok(told) = &mut kept.result {
            told.log_tail = Some(
                "REPORT RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95\tDuration: 15.74 ms\tBilled Duration: 147 ms\t\
                 Memory Size: 128 MB\tMax Memory Used: 56 MB\tInit Duration: 130.49 ms\t"
                    .into(),
            );
        }
        let answer = Answer::kept("checkout", &kept);
        assert_eq!(answer.payload, ["{", "  \"id\": 7", "}"]);
        assert_eq!(answer.response, ["[", "  1", "]"]);
        assert_eq!(answer.report.as_ref().map(start).as_deref(), Some("cold, init 130ms"));
        let large = Record { payload: None, payload_bytes: 5 << 20, ..kept };
        assert_eq!(Answer::kept("checkout", &large).payload, ["(5.0 MiB were not kept: too large)"]);
    }
}
