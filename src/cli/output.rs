//! Standard output as data, standard error as messages; nothing that a terminal could obey in either.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use serde::Serialize;

use super::table::Table;
use crate::{term, text};

/// Standard output, buffered; flushed when a command has said all it has to say, or pauses.
pub struct Output {
    to: BufWriter<StdoutLock<'static>>,
    /// Columns of the terminal, where there is one.
    pub columns: Option<usize>,
}

impl Output {
    /// Standard output.
    pub fn new() -> Output {
        let terminal = io::stdout().is_terminal();
        let columns = terminal.then(|| term::size().map(|(columns, _)| usize::from(columns)).unwrap_or(80));
        Output { to: BufWriter::with_capacity(1 << 16, io::stdout().lock()), columns }
    }

    /// A line of text, made safe and never cut.
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.to, "{}", text::safe(line))
    }

    /// A table, its lines cut to the width of the terminal.
    pub fn table(&mut self, table: &Table) -> io::Result<()> {
        for line in table.lines() {
            match self.columns {
                Some(columns) => writeln!(self.to, "{}", text::cut(&line, columns))?,
                None => writeln!(self.to, "{line}")?,
            }
        }
        Ok(())
    }

    /// A JSON document over several lines.
    pub fn document(&mut self, document: &impl Serialize) -> io::Result<()> {
        writeln!(self.to, "{}", safe_json(serde_json::to_string_pretty(document)?))
    }

    /// A JSON document on a line of its own.
    pub fn json_line(&mut self, document: &impl Serialize) -> io::Result<()> {
        writeln!(self.to, "{}", safe_json(serde_json::to_string(document)?))
    }

    /// The same, with one field more where there is one: of JSON texts, whose numbers keep all their digits.
    pub fn json_line_with(
        &mut self,
        document: &impl Serialize,
        name: &str,
        texts: Option<&[String]>,
    ) -> io::Result<()> {
        let mut json = serde_json::to_string(document)?;
        if let (Some(texts), Some('}')) = (texts, json.pop()) {
            json.push_str(&format!(",\"{name}\":[{}]", texts.join(",")));
        }
        writeln!(self.to, "{}", safe_json(json + "}"))
    }

    /// Text of ours, as it is.
    pub fn plain(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())
    }

    /// Everything so far goes out.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A message on standard error; nothing for an empty one.
#[allow(clippy::print_stderr)] // messages of headless commands
pub fn complain(message: &str) {
    if !message.is_empty() {
        eprintln!("slsdash: {}", text::safe(message));
    }
}

/// A line on standard error that somebody else said, as a function's log: without our name before it.
#[allow(clippy::print_stderr)] // beside the data on standard output
pub fn pass_on(line: &str) {
    eprintln!("{}", text::safe(line));
}

/// JSON leaves C1 controls and bidirectional marks as they are; within its strings they can be spelt out.
fn safe_json(json: String) -> String {
    let harmful = |c: char| c != '\n' && !c.is_ascii() && text::safe(c.encode_utf8(&mut [0; 4])).contains('\u{fffd}');
    if !json.chars().any(|c| harmful(c) || c == '\u{7f}') {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if c != '\u{fffd}' && harmful(c) || c == '\u{7f}' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_spells_out_what_a_terminal_obeys_and_stays_the_same_document() {
        let value = serde_json::json!({"message": "a\u{1b}[31m\u{9b}31m\u{202e}\u{7f}é日\u{fffd}\u{e0041}"});
        let json = safe_json(serde_json::to_string(&value).unwrap());
        assert!(json.chars().all(|c| !c.is_control() && c != '\u{202e}' && c != '\u{e0041}'), "{json}");
        assert!(json.contains("é日"));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }
}
