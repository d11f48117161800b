//! Stack traces as the languages print them: where in the function's own code an error came from.

/// Lines of a trace that are looked at.
const LINES: usize = 80;

/// Frames of the runtime, of the language and of what is not the function's own.
const FOREIGN: [&str; 22] = [
    "/var/runtime/",
    "/var/lang/",
    "/opt/",
    "/node_modules/",
    "/site-packages/",
    "node:internal",
    "(internal/",
    "node:events",
    "<frozen ",
    "at java.",
    "at javax.",
    "at jdk.",
    "at sun.",
    "at java.base/",
    "at com.amazonaws.services.lambda.runtime",
    "at lambdainternal.",
    "at System.",
    "at Microsoft.",
    "at Amazon.Lambda.",
    "runtime.",
    "reflect.",
    "github.com/aws/aws-lambda-go",
];

/// The frame of a trace that tells most: the innermost of the function's own, or the innermost at all. Python writes the
/// innermost last, the others first. `lines` are lines of the text that may be frames.
pub fn own_frame<'a>(lines: impl Iterator<Item = &'a str>) -> &'a str {
    let (mut first, mut own_first, mut own_last, mut python) = ("", "", "", "");
    for line in lines.take(LINES) {
        let frame = line.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == ',' || c == '[');
        // As JSON writes a tab.
        let frame = frame.trim_start_matches("\\t").trim_matches('\\').trim();
        let is_python = frame.starts_with("File \"") || frame.starts_with("File \\\"");
        if !is_python && !is_frame(frame) {
            continue;
        }
        if is_python {
            python = frame;
        }
        if first.is_empty() {
            first = frame;
        }
        if !FOREIGN.iter().any(|foreign| frame.contains(foreign)) {
            if own_first.is_empty() {
                own_first = frame;
            }
            own_last = frame;
        }
    }
    if !python.is_empty() {
        return if own_last.is_empty() { python } else { own_last };
    }
    if own_first.is_empty() { first } else { own_first }
}

/// `at …` of JavaScript, Java and .NET; `/path/file.go:12` of Go, `/path/file.rb:3:in` of Ruby.
fn is_frame(line: &str) -> bool {
    if let Some(rest) = line.strip_prefix("at ") {
        return rest.contains('(') || rest.contains(':') || rest.contains('/');
    }
    line.starts_with('/') && (line.contains(".go:") || line.contains(".rb:") || line.contains(".rs:"))
}
