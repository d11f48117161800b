//! What an error is told by: its type, its message without what differs, and where in the function it came from.

use memchr::memchr2;

use super::mask::masked;
use super::minutes::Minutes;
use super::trace::own_frame;
use super::{Group, Place};
use crate::model::invocation::Status;
use crate::model::line::object::{Member, Value, members};
use crate::model::line::{Kind, Said, figures};

/// Bytes of a message that tell one error from another.
const MESSAGE: usize = 240;
/// Bytes of a text in which type and trace are looked for.
const LOOKED_AT: usize = 16 << 10;

/// What an error is told by, as it stands in the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint<'a> {
    /// As `KeyError`; empty where nothing tells.
    pub error_type: &'a str,
    /// The message.
    pub message: &'a str,
    /// The frame of the stack that is the function's own; empty where there is none.
    pub frame: &'a str,
    /// Belongs to the function that wrote it, whatever others write.
    pub(super) local: bool,
}

/// Reads what an error is told by.
pub fn fingerprint<'a>(text: &'a str, said: &Said<'a>) -> Fingerprint<'a> {
    let text = text.trim();
    let text = &text[..text.floor_char_boundary(LOOKED_AT)];
    if matches!(said.kind, Kind::InitReport | Kind::RestoreReport) {
        let told = figures(text, said);
        let name = if said.kind == Kind::InitReport { "INIT_REPORT" } else { "RESTORE_REPORT" };
        return Fingerprint {
            error_type: told.error_type.unwrap_or(name),
            message: if told.status == Some("timeout") { "init timed out" } else { "init failed" },
            frame: "",
            local: true,
        };
    }
    if said.json {
        return of_object(text);
    }
    let body = body(text, said);
    if body.starts_with('{') {
        let told = of_object(body);
        if !told.message.is_empty() || !told.error_type.is_empty() {
            return told;
        }
    }
    of_text(body)
}

/// What follows time, level and request id.
fn body<'a>(text: &'a str, said: &Said<'a>) -> &'a str {
    let mut rest = text;
    for _ in 0..6 {
        let trimmed = rest.trim_start_matches([' ', '\t', '|', '-']);
        let end = trimmed.find([' ', '\t', '\n', '|']).unwrap_or(trimmed.len());
        let word = &trimmed[..end];
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_level =
            |word: &str| word.len() > 2 && crate::model::line::Severity::of_any_case(word.as_bytes()).is_some();
        let marked = word.starts_with('[') || trimmed[end..].starts_with('\t') || bare == word;
        let header = Some(word) == said.request_id
            || word.starts_with(|c: char| c.is_ascii_digit())
            || word.starts_with('[') && bare.starts_with(|c: char| c.is_ascii_digit())
            || word == "undefined"
            || marked
                && is_level(bare)
                && (word.starts_with('[') || bare.bytes().all(|b| b.is_ascii_uppercase()) || bare.len() == 4);
        if !header {
            rest = trimmed;
            break;
        }
        rest = &trimmed[end..];
    }
    let rest = rest.trim_start();
    ["Invoke Error", "Uncaught Exception", "Unhandled Promise Rejection", "Error raised from handler method"]
        .iter()
        .find_map(|tell| rest.strip_prefix(tell))
        .unwrap_or(rest)
        .trim_start()
}

fn of_text(body: &str) -> Fingerprint<'_> {
    let end = memchr2(b'\n', b'\r', body.as_bytes()).unwrap_or(body.len());
    let (first, rest) = (body[..end].trim_end(), &body[end..]);
    let frame = own_frame(rest.split(['\n', '\r']));
    if let Some(told) = typed(first, !frame.is_empty()) {
        return Fingerprint { frame, ..told };
    }
    // Java's runtime: `MESSAGE: CLASS`, then the trace that begins with the class. Python's logger: a message, the trace,
    // then `TYPE: MESSAGE` in the last line.
    let second = rest.trim_start().split(['\n', '\r']).next().unwrap_or_default();
    let last = rest.trim_end().rsplit(['\n', '\r']).next().unwrap_or_default();
    let told = if rest.contains("Traceback (most recent") { typed(last, true) } else { typed(second, false) };
    match told.filter(|_| !frame.is_empty()) {
        Some(told) if first.ends_with(told.error_type) => Fingerprint { frame, ..told },
        Some(told) => Fingerprint { frame, message: first, ..told },
        None => {
            Fingerprint { error_type: "", message: first.strip_prefix("panic: ").unwrap_or(first), frame, local: false }
        }
    }
}

/// `TYPE: MESSAGE` or `TYPE` alone; `traced` says that a trace follows, so that any name may be a type.
fn typed(line: &str, traced: bool) -> Option<Fingerprint<'_>> {
    let line = line.strip_prefix("Exception in thread \"main\" ").unwrap_or(line);
    let line = line.strip_prefix("Uncaught ").unwrap_or(line);
    let (name, message) = match line.split_once(':') {
        Some((name, message)) => (name.trim_end(), message.trim()),
        None => (line, ""),
    };
    // Node.js: `Error [ERR_MODULE_NOT_FOUND]: …`
    let plain = name.split(" [").next().unwrap_or_default();
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '<' | '>' | '`');
    let is_name = !plain.is_empty()
        && plain.len() <= 120
        && plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && plain.chars().all(letters);
    let tells = ["Error", "Exception", "Fault", "Failure", "Timeout", "Interrupt", "Expired", "Declined", "Denied"];
    let error_like = tells.iter().any(|end| plain.ends_with(end)) && plain != "Error raised";
    (is_name && (error_like || traced)).then_some(Fingerprint { error_type: name, message, frame: "", local: false })
}

fn of_object(text: &str) -> Fingerprint<'_> {
    let mut told = Fingerprint::default();
    let (mut plain, mut stack) = ("", "");
    // Members of `message`, `error`, `err` and `exception` tell what members of the line itself do not.
    let mut within = false;
    for Member { depth, key, value, at } in members(text) {
        if depth == 1 {
            within = value == Value::Object && matches!(key, "message" | "error" | "err" | "exception" | "exc_info");
        } else if depth != 2 || !within {
            continue;
        }
        match (key, value) {
            ("errorType" | "exception_name" | "error.type" | "exception.type" | "exceptionType", Value::Text(name)) => {
                told.error_type = name;
            }
            ("type" | "name" | "class", Value::Text(name)) if depth == 2 && told.error_type.is_empty() => {
                told.error_type = name;
            }
            ("errorMessage" | "error.message" | "exception.message", Value::Text(message)) => told.message = message,
            ("message" | "msg" | "error" | "err", Value::Text(message)) if plain.is_empty() || depth == 2 => {
                plain = message;
            }
            ("stackTrace" | "stack_trace" | "stack" | "trace" | "exception" | "exc_info", Value::Text(lines)) => {
                stack = lines;
            }
            ("stackTrace" | "stack_trace" | "stack", Value::Array) => {
                let end = text[at..].find("]}").map_or(text.len(), |end| at + end);
                stack = &text[at..end];
            }
            _ => {}
        }
    }
    if told.message.is_empty() {
        told.message = plain;
    }
    // Line feeds are written as `\n`, and elements of an array stand between quotation marks.
    let lines = stack.split("\\n").flat_map(|line| line.split('\n'));
    told.frame = own_frame(lines.flat_map(|line| line.split("\",\"")).flat_map(|line| line.split("\", \"")));
    if told.frame.is_empty() {
        told.frame = labelled(stack);
    }
    told.message = told.message.split("\\n").next().unwrap_or_default();
    if told.error_type.is_empty()
        && let Some(typed) = typed(told.message, false)
    {
        told.error_type = typed.error_type;
        told.message = typed.message;
    }
    if told.message.is_empty() && told.error_type.is_empty() {
        told.message = text;
    }
    told
}

/// Go's runtime: `[{"path":"main.go","line":63,"label":"handle"},…]`, the innermost first.
fn labelled(stack: &str) -> &str {
    let own = |frame: &&str| {
        frame.contains("\"label\"")
            && !["\"runtime/", "\"reflect/", "aws-lambda-go"].iter().any(|foreign| frame.contains(foreign))
    };
    stack.split("},{").take(40).find(own).unwrap_or_default().trim_matches(['[', ']', '{', '}'])
}

/// FNV-1a: the same in each session and on each machine.
struct Hash(u64);

impl Hash {
    fn new() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }

    fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn end(&mut self) {
        self.text("\u{1f}");
    }
}

/// The hash of how the platform ended invocations of a function.
pub fn of_platform(function: &str, status: Status, error: &str) -> u64 {
    let mut hash = Hash::new();
    hash.text(function);
    hash.end();
    // The types that go with these differ by the age of the runtime.
    hash.text(match status {
        Status::TimedOut => "timed out",
        Status::OutOfMemory => "out of memory",
        Status::Crashed => "crashed",
        _ => error,
    });
    hash.0
}

impl Fingerprint<'_> {
    /// What tells the error from others, in the log of a function.
    pub fn hash_in(&self, function: &str) -> u64 {
        let mut hash = Hash::new();
        if self.local {
            hash.text(function);
        }
        hash.end();
        hash.text(self.error_type);
        hash.end();
        masked(self.message, MESSAGE, |part| hash.text(part));
        hash.end();
        masked(self.frame, MESSAGE, |part| hash.text(part));
        hash.0
    }

    /// The message without what differs.
    pub fn masked(&self) -> String {
        let mut message = String::new();
        masked(self.message, MESSAGE, |part| message.push_str(part));
        message
    }

    /// A group that has no line yet.
    pub(super) fn group(&self, hash: u64, sample: &str, at: Place) -> Group {
        let safe = |text: &str| crate::text::safe_line(text).into_owned();
        let frame = &self.frame[..self.frame.floor_char_boundary(MESSAGE)];
        Group {
            hash,
            error_type: safe(&self.error_type[..self.error_type.floor_char_boundary(120)]),
            message: safe(self.masked().trim()),
            frame: safe(frame),
            sample: crate::text::safe(sample).into_owned(),
            at,
            faded: false,
            functions: Vec::new(),
            count: 0,
            first: i64::MAX,
            last: i64::MIN,
            seen: i64::MAX,
            minutes: Minutes::default(),
            places: Vec::new(),
            platform: false,
        }
    }
}
