//! What is folded, and what is never hidden.

use crossterm::event::KeyCode;

use super::{Journey, NOW, line};
use crate::model::log::LogEvent;

fn told(texts: &[&str]) -> Journey {
    let mut journey = Journey::with(0);
    journey.told(texts.iter().zip(0..).map(|(text, n)| line(NOW + n, text)).collect());
    journey.work();
    journey
}

#[test]
fn a_frame_is_found_by_its_text() {
    let mut journey = told(&["Error: boom", "    at handler (a.js:1)", "    at other (b.js:2)", "done"]);
    assert_eq!(journey.rows(), ["Error: boom", "done"]);
    journey.keys("/handler").press(KeyCode::Enter);
    assert_eq!(journey.rows(), ["    at handler (a.js:1)"]);
    journey.press(KeyCode::Esc);
    assert_eq!(journey.rows(), ["Error: boom", "done"]);
}

#[test]
fn an_indented_line_is_no_frame() {
    let journey = told(&["    alone", "the list:", "    first", "    second"]);
    assert_eq!(journey.rows().len(), 4, "{:?}", journey.rows());
}

#[test]
fn what_comes_between_an_error_and_its_frames_unfolds_them() {
    let mut journey = told(&["Error: boom", "done"]);
    journey.told(vec![line(NOW, "    at f (a.js:1)")]);
    assert_eq!(journey.rows(), ["Error: boom", "done"]);
    let other = LogEvent { stream: "another".into(), ingestion: NOW, ..line(NOW - 1, "before") };
    journey.told(vec![other.clone()]);
    journey.work();
    assert_eq!(journey.rows(), ["before", "Error: boom", "done"]);
    // An older line of another stream has nothing to do with it, one between them has.
    let mut journey = told(&["Error: boom"]);
    journey.told(vec![line(NOW + 5, "    at f (a.js:1)")]);
    assert_eq!(journey.rows(), ["Error: boom"]);
    journey.told(vec![LogEvent { timestamp: NOW + 2, ingestion: NOW + 2, ..other }]);
    assert_eq!(journey.rows(), ["Error: boom", "before", "    at f (a.js:1)"], "else it would be counted nowhere");
}
