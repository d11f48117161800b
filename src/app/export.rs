//! What is written to a file of the user's own: rows with named columns, or text, in the format that the file's name
//! asks for.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value};

use crate::text;
use crate::time::Moment;

/// A file to be written. Never replaces one that is there: then a number goes into its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// Where, as the user gave it; its extension chooses the [`Format`].
    pub path: String,
    /// What.
    pub contents: Contents,
}

/// What is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// Rows of a table; a cell may be absent.
    Table {
        /// Names of the columns.
        columns: Vec<String>,
        /// Cells, as many as columns.
        rows: Vec<Vec<Option<String>>>,
    },
    /// Lines of text, whatever the extension.
    Text {
        /// How many rows they stand for, to be told.
        rows: usize,
        /// The lines, each with its line feed.
        text: String,
    },
}

/// How rows become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line of names, then RFC 4180.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Cells with a tab between them.
    Text,
}

impl Format {
    /// The format of a file of that name: `.csv`, `.jsonl` (`.ndjson`, `.json`), anything else is text.
    pub fn of(path: &str) -> Format {
        let extension = Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Format::Csv,
            "jsonl" | "ndjson" | "json" => Format::JsonLines,
            _ => Format::Text,
        }
    }
}

/// A name that says what is in it and of when: `insights-2026-11-21T031200Z.csv`; no colon, which some systems refuse.
pub fn file_name(stem: &str, at: Moment, extension: &str) -> String {
    format!("{stem}-{}.{extension}", at.format("%Y-%m-%dT%H%M%SZ"))
}

impl Contents {
    /// Rows, as they are told.
    pub fn rows(&self) -> usize {
        match self {
            Contents::Table { rows, .. } => rows.len(),
            Contents::Text { rows, .. } => *rows,
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn write(&self, format: Format, to: &mut impl Write) -> io::Result<()> {
        let (columns, rows) = match self {
            Contents::Text { text, .. } => {
                return text.split_inclusive('\n').try_for_each(|line| to.write_all(harmless(line).as_bytes()));
            }
            Contents::Table { columns, rows } => (columns, rows),
        };
        if format == Format::Csv {
            let names: Vec<String> = columns.iter().map(|name| quoted(&harmless(name))).collect();
            writeln!(to, "{}", names.join(","))?;
        }
        for row in rows {
            match format {
                Format::Csv => {
                    let cells: Vec<String> = row.iter().map(|cell| csv(cell.as_deref().unwrap_or_default())).collect();
                    writeln!(to, "{}", cells.join(","))?;
                }
                Format::JsonLines => {
                    let present = columns.iter().zip(row).filter_map(|(name, cell)| Some((name, cell.as_ref()?)));
                    let object: Map<String, Value> =
                        present.map(|(name, cell)| (name.clone(), Value::String(cell.clone()))).collect();
                    writeln!(to, "{}", escaped(&Value::Object(object).to_string()))?;
                }
                Format::Text => {
                    let cells: Vec<Cow<'_, str>> =
                        row.iter().map(|cell| harmless(cell.as_deref().unwrap_or_default())).collect();
                    writeln!(to, "{}", cells.join("\t"))?;
                }
            }
        }
        Ok(())
    }
}

/// Whoever prints the file to a terminal must not be obeyed by it; tabs and line feeds stay.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | 0x20..0x7f)) {
        return Cow::Borrowed(cell);
    }
    let columns: Vec<Cow<'_, str>> = cell.split('\t').map(text::safe).collect();
    Cow::Owned(columns.join("\t"))
}

/// JSON escapes C0 by itself; what else a terminal obeys is escaped here, so that nothing of it is lost.
fn escaped(json: &str) -> Cow<'_, str> {
    let obeyed = |c: char| matches!(c, '\x7f'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !json.contains(obeyed) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if obeyed(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// One cell. A spreadsheet takes what begins with one of these signs for a formula, and log lines are hostile; numbers
/// may begin with a minus.
fn csv(cell: &str) -> String {
    let cell = harmless(cell);
    let formula = cell.starts_with(['=', '+', '-', '@', '\t']) && cell.parse::<f64>().is_err();
    if formula { quoted(&format!("'{cell}")) } else { quoted(&cell) }
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\'']) || cell.starts_with(' ') || cell.ends_with(' ') {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format) -> String {
        let cell = |text: &str| Some(text.to_string());
        let contents = Contents::Table {
            columns: vec!["@timestamp".into(), "a,b".into()],
            rows: vec![
                vec![cell("2026-11-21"), cell("plain")],
                vec![cell("=1+1"), cell("-4.5")],
                vec![None, cell("say \"hi\"\n\x1b[2J\u{9b}1m")],
                vec![cell("@SUM(A1)"), cell("a\tb")],
            ],
        };
        let mut bytes = Vec::new();
        contents.write(format, &mut bytes).expect("a vector takes everything");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn csv_gives_a_spreadsheet_no_formula_and_a_terminal_no_escape() {
        assert_eq!(
            written(Format::Csv),
            "@timestamp,\"a,b\"\n2026-11-21,plain\n\"'=1+1\",-4.5\n,\"say \"\"hi\"\"\n␛[2J\u{fffd}1m\"\n\"'@SUM(A1)\",a\tb\n"
        );
    }

    #[test]
    fn json_lines_lose_nothing() {
        let lines = written(Format::JsonLines);
        assert!(!lines.contains(['\x1b', '\u{9b}']));
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[2]["a,b"], "say \"hi\"\n\x1b[2J\u{9b}1m");
        assert!(rows[2].get("@timestamp").is_none());
    }

    #[test]
    fn the_extension_chooses_the_format() {
        let formats = ["x.csv", "x.JSONL", "a.b/x", "x.log"].map(Format::of);
        assert_eq!(formats, [Format::Csv, Format::JsonLines, Format::Text, Format::Text]);
        assert!(written(Format::Text).starts_with("2026-11-21\tplain\n"));
        let at = Moment::from_timestamp(1_795_230_720, 0).expect("a moment");
        assert_eq!(file_name("insights", at, "csv"), "insights-2026-11-21T031200Z.csv");
    }
}
