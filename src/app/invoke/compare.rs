//! Two answers side by side: their figures, and a line diff of their responses.

use similar::{Algorithm, DiffOp};

use super::library::Record;
use crate::app::cursor::Cursor;
use crate::text;

/// Equal lines shown before and after a difference.
const AROUND: usize = 3;
/// Lines of a response that are compared: of so many that have nothing in common a diff takes some 50 ms.
const COMPARED: usize = 3_000;

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// In both.
    Both,
    /// In the older answer only.
    Older,
    /// In the newer answer only.
    Newer,
    /// In neither: a word about what is left out.
    Aside,
}

/// Two answers of one function, compared.
#[derive(Debug)]
pub struct Comparison {
    /// FunctionName.
    pub function: String,
    /// Figures: name, of the older answer, of the newer.
    pub figures: Vec<(&'static str, String, String)>,
    /// Lines of the responses.
    pub lines: Vec<(Side, String)>,
    /// Lines that only one of them has.
    pub differences: usize,
    /// First line on screen.
    pub cursor: Cursor,
}

impl Comparison {
    /// Compares two answers, whichever order they come in.
    pub fn new(function: &str, one: &Record, other: &Record, time: impl Fn(&Record) -> String) -> Comparison {
        let (older, newer) = if one.sent <= other.sent { (one, other) } else { (other, one) };
        let mut figures = vec![("sent", time(older), time(newer))];
        figures.extend(FIGURES.iter().filter_map(|(name, of)| match (of(older), of(newer)) {
            (None, None) => None,
            (older, newer) => Some((*name, older.unwrap_or_else(none), newer.unwrap_or_else(none))),
        }));
        let lines = diff(&response(older), &response(newer));
        let differences = lines.iter().filter(|(side, _)| matches!(side, Side::Older | Side::Newer)).count();
        let function = function.to_string();
        Comparison { function, figures, lines, differences, cursor: Cursor::default() }
    }
}

fn none() -> String {
    "-".into()
}

type Figure = fn(&Record) -> Option<String>;

/// What is told of each beside its response.
const FIGURES: &[(&str, Figure)] = &[
    ("qualifier", |record| Some(record.qualifier.clone().unwrap_or_else(|| "$LATEST".into()))),
    ("type", |record| Some(record.kind.name().into())),
    ("payload", |record| Some(text::bytes(record.payload_bytes))),
    ("status", |record| {
        Some(match &record.result {
            Ok(told) => match &told.function_error {
                Some(error) => format!("{} FunctionError {error}", told.status),
                None => told.status.to_string(),
            },
            Err(why) => why.clone(),
        })
    }),
    ("version", |record| record.result.as_ref().ok()?.executed_version.clone()),
    ("duration", |record| record.report()?.duration_ms.map(text::millis)),
    ("billed", |record| record.report()?.billed_ms.map(text::millis)),
    ("start", |record| record.report().map(|report| super::answer::start(&report))),
    ("memory used", |record| record.report()?.memory_used_mb.map(|used| format!("{used} MB"))),
    ("round trip", |record| Some(text::millis(record.result.as_ref().ok()?.round_trip_ms as f64))),
    ("response", |record| Some(text::bytes(record.result.as_ref().ok()?.response_bytes))),
];

/// The lines of a response: JSON indented and with its keys in the order of the alphabet, so that only what it says is
/// compared; anything else as it is.
fn response(record: &Record) -> Vec<String> {
    let Ok(told) = &record.result else { return vec![] };
    let Some(whole) = &told.response else {
        return vec![format!("({} were not kept)", text::bytes(told.response_bytes))];
    };
    let sorted = serde_json::from_str::<serde_json::Value>(whole).ok().and_then(|mut value| {
        value.sort_all_objects();
        serde_json::to_string_pretty(&value).ok()
    });
    let shown = sorted.as_deref().unwrap_or(whole);
    let mut lines: Vec<String> = shown.lines().take(COMPARED).map(str::to_string).collect();
    let more = shown.lines().skip(COMPARED).count();
    if more > 0 {
        lines.push(format!("({more} more lines are not compared)"));
    }
    lines
}

fn diff(older: &[String], newer: &[String]) -> Vec<(Side, String)> {
    let ops = similar::capture_diff_slices(Algorithm::Myers, older, newer);
    let mut lines = Vec::new();
    for (at, op) in ops.iter().enumerate() {
        match op {
            DiffOp::Equal { old_index, len, .. } => {
                let (first, last) = (at == 0, at + 1 == ops.len());
                same(&older[*old_index..old_index + len], first, last, &mut lines);
            }
            op => {
                let gone = older[op.old_range()].iter().map(|line| (Side::Older, line));
                let come = newer[op.new_range()].iter().map(|line| (Side::Newer, line));
                lines.extend(gone.chain(come).map(|(side, line)| (side, text::safe(line).into_owned())));
            }
        }
    }
    lines
}

/// Lines that both have: those next to a difference, and how many are left out between them.
fn same(equal: &[String], first: bool, last: bool, lines: &mut Vec<(Side, String)>) {
    let before = if first { 0 } else { AROUND };
    let after = if last { 0 } else { AROUND };
    let shown = |line: &String| (Side::Both, text::safe(line).into_owned());
    if equal.len() <= before + after + 1 || (first && last) {
        lines.extend(equal.iter().map(shown));
        return;
    }
    lines.extend(equal[..before].iter().map(shown));
    lines.push((Side::Aside, format!("… {} equal lines", equal.len() - before - after)));
    lines.extend(equal[equal.len() - after..].iter().map(shown));
}

#[cfg(test)]
mod tests {
    use super::super::library::tests::record;
    use super::*;

    fn compare(one: &Record, other: &Record) -> Comparison {
        Comparison::new("checkout", one, other, |record| record.sent.to_rfc3339())
    }

    fn one_sided(comparison: &Comparison) -> Vec<(Side, &str)> {
        let lines = comparison.lines.iter().filter(|(side, _)| matches!(side, Side::Older | Side::Newer));
        lines.map(|(side, line)| (*side, line.trim())).collect()
    }

    #[test]
    fn the_order_of_keys_is_no_difference_and_the_older_stands_first() {
        let one = record(1, "{}", r#"{"b":1,"a":[{"y":1,"x":2}]}"#);
        let other = record(2, "{}", r#"{"a":[{"x":2,"y":1}],"b":1}"#);
        let same = compare(&other, &one);
        assert_eq!((same.differences, same.lines.len()), (0, 9), "{:?}", same.lines);
        let third = record(3, "{}", r#"{"a":[{"x":3,"y":1}],"b":1}"#);
        let changed = compare(&third, &one);
        assert_eq!(one_sided(&changed), [(Side::Older, "\"x\": 2,"), (Side::Newer, "\"x\": 3,")]);
        assert!(changed.figures[0].1 < changed.figures[0].2, "{:?}", changed.figures);
    }

    #[test]
    fn long_stretches_of_equal_lines_are_counted() {
        let numbers = |special: usize| {
            let all: Vec<usize> = (0..100).map(|n| if n == 50 { special } else { n }).collect();
            serde_json::to_string(&all).expect("numbers")
        };
        let comparison = compare(&record(1, "", &numbers(7777)), &record(2, "", &numbers(8888)));
        let asides: Vec<&str> =
            comparison.lines.iter().filter(|line| line.0 == Side::Aside).map(|line| line.1.as_str()).collect();
        assert_eq!(asides, ["… 48 equal lines", "… 47 equal lines"]);
        assert_eq!(one_sided(&comparison), [(Side::Older, "7777,"), (Side::Newer, "8888,")]);
    }

    #[test]
    fn figures_that_neither_has_are_left_out_and_a_failure_is_its_sentence() {
        let failed = Record { result: Err("denied".into()), ..record(2, "{}", "") };
        let comparison = compare(&record(1, "{}", "1"), &failed);
        let figure = |name: &str| comparison.figures.iter().find(|figure| figure.0 == name);
        assert_eq!(figure("status").map(|f| (f.1.as_str(), f.2.as_str())), Some(("200", "denied")));
        assert_eq!(figure("round trip").map(|f| f.2.as_str()), Some("-"));
        assert_eq!(figure("duration"), None);
    }

    #[test]
    fn a_response_that_is_no_json_is_compared_as_it_is_and_shown_safely() {
        let comparison = compare(&record(1, "", "a\n\u{1b}[2J"), &record(2, "", "a"));
        assert_eq!(one_sided(&comparison), [(Side::Older, "␛[2J")]);
    }
}
