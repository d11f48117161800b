//! Lines of text: the platform's own, those of the runtimes' loggers, and whatever a function prints.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr2};

use super::{Kind, Said, Severity, object, request};

/// A level stands among the first words of a line, a request id among the first that are no prose.
const WORDS: usize = 6;
/// ... and those among its first bytes.
const HEAD: usize = 256;

/// Reads a line that is no object.
pub(super) fn read(text: &str) -> Said<'_> {
    if let Some(said) = platform(text) {
        return said;
    }
    let mut said = Said::default();
    // Python's runtime tells what was raised without a time: its logger would write tabs.
    if text.starts_with("[ERROR] ") {
        said.severity = Some(Severity::Error);
        if memmem::find(text.as_bytes(), b"Traceback (most recent call last)").is_some() {
            said.kind = Kind::Raised;
        }
        return said;
    }
    let (rest, prose) = header(text, &mut said);
    match said.severity {
        Some(Severity::Error | Severity::Fatal) => {
            // Node.js: `TIME\tREQUEST\tERROR\tInvoke Error \t{…}`; of a rejection nobody awaited the runtime dies.
            let tells = ["Invoke Error ", "Uncaught Exception ", "Unhandled Promise Rejection "];
            if tells.iter().any(|tell| rest.starts_with(tell)) {
                said.kind = Kind::Raised;
            }
        }
        Some(Severity::Info) | None => {
            // Whoever prints an object through console.log means the level within.
            if rest.starts_with('{')
                && let Some(within) = object::read(rest)
            {
                said.severity = within.severity.or(said.severity);
                if said.request.is_none() {
                    (said.request_id, said.request) = (within.request_id, within.request);
                }
                said.trace_id = said.trace_id.or(within.trace_id);
            } else if said.severity.is_none() {
                trouble(text, rest, prose, &mut said);
            }
        }
        _ => {}
    }
    said
}

static STATUS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Status: "));
static TRACE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("TraceId: "));

/// The line if the platform wrote it. What `aws logs tail` and the like print has a time in front.
fn platform(text: &str) -> Option<Said<'_>> {
    let bytes = text.as_bytes();
    let text = if bytes.first()?.is_ascii_digit() {
        let behind = bytes[..bytes.len().min(32)].iter().position(|byte| matches!(byte, b' ' | b'\t'))?;
        text[behind..].trim_start()
    } else {
        text
    };
    let (kind, rest) = own(text)?;
    let mut said = Said { kind, ..Said::default() };
    if matches!(kind, Kind::Start | Kind::End | Kind::Report | Kind::RuntimeExited) {
        let id = rest.trim_start();
        said.take_request(id.get(..36).unwrap_or_default());
    }
    match kind {
        Kind::Report | Kind::InitReport | Kind::RestoreReport => {
            if STATUS.find(rest.as_bytes()).is_some() {
                said.severity = Some(Severity::Error);
            }
            if let Some(at) = TRACE.find(rest.as_bytes()) {
                said.trace_id = request::trace_id(&rest[at..]);
            }
        }
        Kind::Platform => said.trace_id = request::trace_id(rest),
        Kind::RuntimeExited => {
            if !rest.contains("Error: ") && !rest.contains("Process exited before") {
                return None;
            }
            said.severity = Some(Severity::Error);
        }
        _ => {}
    }
    Some(said)
}

/// What the platform begins a line with, and what follows.
fn own(text: &str) -> Option<(Kind, &str)> {
    let after = |beginning: &str, kind| text.strip_prefix(beginning).map(|rest| (kind, rest));
    // Tabs may have become blanks on the way to a screen.
    let named = |name: &str| {
        let rest = text.strip_prefix(name)?;
        (rest.starts_with(['\t', ' ']) && rest.trim_start().starts_with("Name:")).then_some((Kind::Extension, rest))
    };
    match text.as_bytes().first()? {
        b'S' => after("START RequestId:", Kind::Start),
        b'E' => after("END RequestId:", Kind::End).or_else(|| named("EXTENSION")),
        b'R' => after("REPORT RequestId:", Kind::Report)
            .or_else(|| after("RESTORE_START", Kind::RestoreStart))
            .or_else(|| after("RESTORE_REPORT", Kind::RestoreReport))
            .or_else(|| after("RequestId: ", Kind::RuntimeExited)),
        b'I' => after("INIT_START ", Kind::InitStart).or_else(|| after("INIT_REPORT ", Kind::InitReport)),
        b'L' => named("LOGS"),
        b'T' => named("TELEMETRY"),
        b'X' => after("XRAY TraceId:", Kind::Platform),
        _ => None,
    }
}

/// Reads what loggers put in front: time, level, request id. Returns what follows, and whether prose was met.
fn header<'a>(text: &'a str, said: &mut Said<'a>) -> (&'a str, bool) {
    let bytes = text.as_bytes();
    let end = bytes.len().min(HEAD);
    let (mut at, mut prose, mut rest) = (0, false, 0);
    for _ in 0..WORDS {
        while at < end && matches!(bytes[at], b' ' | b'\t' | b'|') {
            at += 1;
        }
        let start = at;
        while at < end && !matches!(bytes[at], b' ' | b'\t' | b'|' | b'\n' | b'\r') {
            at += 1;
        }
        let word = &bytes[start..at];
        if word.is_empty() {
            break;
        }
        if !prose && word.len() == 36 && said.take_request(&text[start..at]) {
            rest = at;
        } else if let Some(severity) = level_of(word, prose, at < bytes.len() && bytes[at] == b'\t') {
            said.severity = Some(severity);
            rest = at;
            if said.request_id.is_some() {
                break;
            }
        } else if !prose && is_header(word) {
            rest = at;
        } else {
            prose = true;
            if said.severity.is_some() {
                break;
            }
        }
    }
    (text.get(rest..).unwrap_or_default().trim_start_matches([' ', '\t', '|', ':']), prose)
}

/// `error` in the middle of a sentence is no level: small letters count only where a logger marks them as one.
fn level_of(word: &[u8], prose: bool, tab_follows: bool) -> Option<Severity> {
    if word.len() < 3 || word.len() > 14 {
        return if word.starts_with(b"level=") { Severity::of_any_case(&word[6..]) } else { None };
    }
    let marked = matches!(word[0], b'[' | b'(') || matches!(word[word.len() - 1], b':' | b']');
    let inner = trim(word);
    if inner.iter().all(u8::is_ascii_uppercase) {
        return Severity::of_capitals(inner);
    }
    if let Some(level) = word.strip_prefix(b"level=") {
        return Severity::of_any_case(trim(level));
    }
    if !prose && (marked || tab_follows) { Severity::of_any_case(inner) } else { None }
}

fn trim(mut word: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = word
        && matches!(first, b'[' | b'(' | b'"')
    {
        word = rest;
    }
    while let [rest @ .., last] = word
        && matches!(last, b']' | b')' | b':' | b',' | b'"')
    {
        word = rest;
    }
    word
}

/// A time, a process number, or the letter that Ruby's logger begins with.
fn is_header(word: &[u8]) -> bool {
    word[0].is_ascii_digit()
        || matches!(word, [b'[' | b'#', next, ..] if next.is_ascii_digit())
        || matches!(word, [b'A'..=b'Z', b','])
        || word == b"undefined"
        || word.starts_with(b"time=")
        || word.starts_with(b"ts=")
}

/// What Ruby's and PHP's runtimes say before they tell what the handler raised.
const RAISED: [&str; 3] =
    ["Error raised from handler method", "Critical exception from handler", "Init error when loading handler"];

/// `TIME REQUEST Task timed out after 3.00 seconds` and nothing else: a function may speak of time-outs too.
fn is_time_out(text: &str, rest: &str, said: &Said<'_>) -> bool {
    let time = text.as_bytes().get(..20);
    let timed =
        time.is_some_and(|time| time[..4].iter().all(u8::is_ascii_digit) && time[4] == b'-' && time[10] == b'T');
    let seconds = rest.strip_prefix("Task timed out after ").and_then(|rest| rest.trim_end().strip_suffix(" seconds"));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let told = seconds.and_then(|seconds| seconds.split_once('.')).is_some_and(|(a, b)| number(a) && number(b));
    timed && told && said.request_id.is_some()
}

/// Lines without a level that tell of a failure all the same; `rest` is what follows time and request id.
fn trouble(text: &str, rest: &str, prose: bool, said: &mut Said<'_>) {
    if is_time_out(text, rest, said) {
        said.kind = Kind::TimedOut;
    } else if ["Runtime exited ", "Process exited before completing request"].iter().any(|tell| {
        // A line that the request id was cut from still begins like one.
        text.trim_start_matches("Error: ").starts_with(tell)
    }) {
        said.kind = Kind::RuntimeExited;
    } else if RAISED.iter().any(|tell| text.starts_with(tell)) || raised_in_java(text) {
        said.kind = Kind::Raised;
    } else if !(prose && has_trace(text)
        || text.starts_with("Traceback (most recent call last)")
        || text.starts_with("panic: ")
        || text.starts_with("fatal error: ")
        || text.starts_with("Unknown application error occurred"))
    {
        return;
    }
    said.severity = Some(Severity::Error);
}

/// Java's runtime writes `MESSAGE: CLASS`, a line feed, and the trace that begins with the class.
fn raised_in_java(text: &str) -> bool {
    let Some(end) = memchr(b'\n', text.as_bytes()) else { return false };
    let first = text[..end].trim_end();
    let class = first.rsplit([' ', ':']).next().unwrap_or_default();
    class.contains('.') && !class.ends_with('.') && class.len() > 8 && text[end + 1..].starts_with(class)
}

/// Frames of a stack follow the first line.
fn has_trace(text: &str) -> bool {
    let Some(end) = memchr2(b'\n', b'\r', text.as_bytes()) else { return false };
    text[end + 1..].split(['\n', '\r']).take(4).any(|line| {
        let line = line.trim_start();
        line.starts_with("at ")
            || line.starts_with("File \"")
            || line.starts_with("goroutine ")
            || line.starts_with("Caused by: ")
            || line.contains(".go:")
            || line.contains(".rb:")
            || line.contains(".rs:")
    })
}
