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

/// Bytes of a text that are looked at one by one.
const SHORT: usize = 24;

/// Members of the document that a text begins with.
pub fn members(text: &str) -> Members<'_> {
    Members { text, at: 0, depth: 0, patience: PATIENCE }
}

impl<'a> Members<'a> {
    /// The text from behind an opening quotation mark to the closing one, and the place behind that.
    fn string(&self, open: usize) -> Option<(&'a str, usize)> {
        let bytes = self.text.as_bytes();
        let mut at = open + 1;
        // Names and most values are short: a look at each byte is cheaper than a search.
        for (place, byte) in bytes.get(at..)?.iter().take(SHORT).enumerate() {
            match byte {
                b'"' => return Some((&self.text[at..at + place], at + place + 1)),
                b'\\' => break,
                _ => {}
            }
        }
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
    // What is left of a line of the application when both are known is what it is about; only a trace id may still stand
    // beside the request id.
    read_until(text, |said, rest| said.request.is_some() && !rest.trim_start_matches([',', ' ']).starts_with("\"xray"))
}

/// The same, of which only the level is wanted: nothing behind it is read.
pub(super) fn read_level(text: &str) -> Option<Said<'_>> {
    read_until(text, |_, _| true)
}

/// Reads members until the level is known and what is known of the rest is `enough`, given what is left to read.
fn read_until<'a>(text: &'a str, enough: impl Fn(&Said<'a>, &str) -> bool) -> Option<Said<'a>> {
    let mut said = Said { json: true, ..Said::default() };
    let mut platform = false;
    let (mut found, mut failed, mut rank) = (false, false, NO_LEVEL);
    let mut all = members(text);
    while let Some(member) = all.next() {
        found = true;
        let key = member.key.as_bytes();
        if member.depth == 1 {
            match member.value {
                Value::Text(value) => match (key.len(), key.first()) {
                    (4, Some(b't')) if key == b"type" && value.starts_with("platform.") => {
                        platform = true;
                        said.kind = kind_of(value);
                    }
                    (9.., Some(b'r' | b'A' | b'a' | b'f' | b'l')) if is_request(member.key) => {
                        said.take_request(value);
                    }
                    (12 | 13, Some(b'x')) if matches!(key, b"xray_trace_id" | b"xrayTraceId") => {
                        said.trace_id = request::trace_id(value);
                    }
                    (9.., Some(b'e')) if is_failure(member.key) => failed = true,
                    (_, Some(b'l' | b's' | b'L')) => {
                        rank = take_level(&mut said, member.key, rank, || Severity::of_any_case(value.as_bytes()));
                    }
                    _ => {}
                },
                Value::Bare(value) if matches!(key.first(), Some(b'l' | b's' | b'L')) => {
                    rank = take_level(&mut said, member.key, rank, || numbered(value));
                }
                Value::Array if matches!(member.key, "stackTrace" | "stack_trace") => failed = true,
                _ => {}
            }
            if rank == 0 && !platform && enough(&said, &text[all.at..]) {
                break;
            }
        } else if platform && let Value::Text(value) = member.value {
            match (member.depth, member.key) {
                (2, "requestId") => {
                    said.take_request(value);
                }
                (2, "status") if value != "success" => failed = true,
                (3, "value") => said.trace_id = value.strip_prefix("Root=").and_then(request::trace_id),
                _ => {}
            }
        }
    }
    if failed && said.severity.is_none() {
        said.severity = Some(Severity::Error);
    }
    found.then_some(said)
}

/// Lambda's own name of the field, Powertools', and what people write.
fn is_request(key: &str) -> bool {
    matches!(
        key,
        "requestId"
            | "AWSRequestId"
            | "aws_request_id"
            | "awsRequestId"
            | "function_request_id"
            | "request_id"
            | "lambda_request_id"
    )
}

fn is_failure(key: &str) -> bool {
    matches!(key, "errorType" | "errorMessage" | "exception" | "exception_name")
}

/// The fields in which levels stand, the best first.
const LEVELS: [&str; 8] = ["level", "log_level", "logLevel", "severity", "log.level", "levelname", "LogLevel", "Level"];
const NO_LEVEL: usize = usize::MAX;

fn take_level(said: &mut Said<'_>, key: &str, rank: usize, read: impl FnOnce() -> Option<Severity>) -> usize {
    let Some(own) = LEVELS.iter().position(|field| *field == key).filter(|own| *own < rank) else { return rank };
    match read() {
        Some(severity) => {
            said.severity = Some(severity);
            own
        }
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
