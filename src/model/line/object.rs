//! Members of a JSON line, read where they stand: no tree is built, and a line that was cut off is read as far as it goes.

use memchr::memchr2;

use super::{Kind, Said, Severity, request};

/// A value, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// What stands between the quotation marks, escapes untouched.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Bare(&'a str),
    /// An object; its members follow, one level deeper.
    Object,
    /// An array; the members of objects in it follow, two levels deeper.
    Array,
}

/// A member of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// 1 in the outermost object.
    pub depth: usize,
    /// Its name, escapes untouched.
    pub key: &'a str,
    /// Its value.
    pub value: Value<'a>,
    /// Where the value begins: an array or object can be read on from there.
    pub at: usize,
}

/// The members of a document in the order in which they are written.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Bytes outside of strings that may still be looked at: a line of a million brackets says nothing.
    patience: usize,
}

/// What a line says of itself stands among so many bytes that are not text within quotation marks.
const PATIENCE: usize = 4096;

/// Members of the document that a text begins with.
pub fn members(text: &str) -> Members<'_> {
    Members { text, at: 0, depth: 0, patience: PATIENCE }
}

impl<'a> Members<'a> {
    /// The text from behind an opening quotation mark to the closing one, and the place behind that.
    fn string(&self, open: usize) -> Option<(&'a str, usize)> {
        let bytes = self.text.as_bytes();
        let mut at = open + 1;
        loop {
            let found = at + memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes[found] == b'"' {
                return Some((&self.text[open + 1..found], found + 1));
            }
            at = found + 2;
        }
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            at += 1;
        }
        at
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        let bytes = self.text.as_bytes();
        while self.patience > 0 {
            self.patience -= 1;
            match bytes.get(self.at)? {
                b'"' => {
                    let (key, behind) = self.string(self.at)?;
                    let colon = self.skip_blanks(behind);
                    if bytes.get(colon) != Some(&b':') {
                        // An element of an array.
                        self.at = behind;
                        continue;
                    }
                    let at = self.skip_blanks(colon + 1);
                    let depth = self.depth;
                    let value = match bytes.get(at)? {
                        b'"' => {
                            let (text, behind) = self.string(at)?;
                            self.at = behind;
                            Value::Text(text)
                        }
                        b'{' => {
                            self.at = at;
                            Value::Object
                        }
                        b'[' => {
                            self.at = at;
                            Value::Array
                        }
                        _ => {
                            let end = bytes[at..].iter().position(|byte| b",}] \n\r\t".contains(byte));
                            self.at = end.map_or(bytes.len(), |end| at + end);
                            Value::Bare(&self.text[at..self.at])
                        }
                    };
                    return Some(Member { depth, key, value, at });
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
        }
        None
    }
}

/// Reads an object; none where the line has no members at all.
pub fn read(text: &str) -> Option<Said<'_>> {
    let mut said = Said { json: true, ..Said::default() };
    let mut platform = false;
    let (mut found, mut failed, mut level_rank) = (false, false, usize::MAX);
    for member in members(text) {
        found = true;
        match (member.depth, member.value) {
            (1, Value::Text(value)) => match member.key {
                "type" if value.starts_with("platform.") => {
                    platform = true;
                    said.kind = kind_of(value);
                }
                "requestId"
                | "AWSRequestId"
                | "aws_request_id"
                | "awsRequestId"
                | "function_request_id"
                | "request_id"
                | "lambda_request_id"
                    if said.request_id.is_none() && request::is_uuid(value.as_bytes()) =>
                {
                    said.request_id = Some(value);
                }
                "xray_trace_id" | "xrayTraceId" if said.trace_id.is_none() => said.trace_id = request::trace_id(value),
                "errorType" | "errorMessage" | "exception" | "exception_name" => failed = true,
                key => level_rank = take_level(&mut said, key, level_rank, || Severity::of_any_case(value.as_bytes())),
            },
            (1, Value::Bare(value)) => {
                level_rank = take_level(&mut said, member.key, level_rank, || numbered(value));
            }
            (1, Value::Array) if matches!(member.key, "stackTrace" | "stack_trace") => failed = true,
            (2, Value::Text(value)) if platform => match member.key {
                "requestId" if request::is_uuid(value.as_bytes()) => said.request_id = Some(value),
                "status" if value != "success" => failed = true,
                _ => {}
            },
            (3, Value::Text(value)) if platform && member.key == "value" => {
                said.trace_id = value.strip_prefix("Root=").and_then(request::trace_id);
            }
            _ => {}
        }
    }
    if failed && said.severity.is_none() {
        said.severity = Some(Severity::Error);
    }
    found.then_some(said)
}

/// The fields in which levels stand, the best first.
const LEVELS: [&str; 8] = ["level", "log_level", "logLevel", "severity", "log.level", "levelname", "LogLevel", "Level"];

fn take_level(said: &mut Said<'_>, key: &str, rank: usize, read: impl FnOnce() -> Option<Severity>) -> usize {
    if !matches!(key.as_bytes().first(), Some(b'l' | b's' | b'L')) {
        return rank;
    }
    match LEVELS.iter().position(|field| *field == key).filter(|own| *own < rank) {
        Some(own) => match read() {
            Some(severity) => {
                said.severity = Some(severity);
                own
            }
            None => rank,
        },
        None => rank,
    }
}

/// The numbers of pino and bunyan.
fn numbered(value: &str) -> Option<Severity> {
    Some(match value {
        "10" => Severity::Trace,
        "20" => Severity::Debug,
        "30" => Severity::Info,
        "40" => Severity::Warn,
        "50" => Severity::Error,
        "60" => Severity::Fatal,
        _ => return None,
    })
}

fn kind_of(name: &str) -> Kind {
    match &name["platform.".len()..] {
        "start" => Kind::Start,
        "end" => Kind::End,
        "report" => Kind::Report,
        "runtimeDone" => Kind::RuntimeDone,
        "initStart" => Kind::InitStart,
        "initReport" => Kind::InitReport,
        "restoreStart" => Kind::RestoreStart,
        "restoreReport" => Kind::RestoreReport,
        "extension" | "telemetrySubscription" | "logsSubscription" => Kind::Extension,
        "logsDropped" => Kind::LogsDropped,
        _ => Kind::Platform,
    }
}
