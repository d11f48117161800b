//! Logs that take many slices to search: the cursor stays on its line meanwhile.

use super::{Journey, NOW, line};
use crate::app::message::News;
use crate::model::log::{Gap, Missed};
use crossterm::event::KeyCode;

/// Lines of a kilobyte: several slices.
const LINES: i64 = 8_000;

/// Line 77 of so many, of which every hundredth is marked.
fn journey() -> Journey {
    let mut journey = Journey::with(0);
    let filler = "x".repeat(1000);
    let text = |n: i64| if n % 100 == 77 { format!("marked {n} {filler}") } else { format!("plain {n} {filler}") };
    journey.told((0..LINES).map(|n| line(NOW - (LINES - n) * 1000, &text(n))).collect());
    journey
}

fn is_on(journey: &Journey, start: &str) {
    let text = journey.under_cursor();
    assert!(text.starts_with(start), "{}", &text[..text.len().min(40)]);
}

fn above(journey: &Journey) -> usize {
    journey.0.logs.cursor.row - journey.0.logs.cursor.first
}

/// On the oldest of the lines that a filter found.
fn on_the_oldest_hit() -> Journey {
    let mut journey = journey();
    journey.keys("/marked").press(KeyCode::Enter);
    journey.work().press(KeyCode::Home);
    is_on(&journey, "marked 77 ");
    journey
}

fn with_a_frame(mut journey: Journey) -> Journey {
    journey.told(vec![line(NOW - 2, "Error: x"), line(NOW - 1, "    at f (a.js:1)")]);
    journey.work();
    journey
}

#[test]
fn a_line_among_its_neighbours_is_the_same_line() {
    let mut journey = with_a_frame(on_the_oldest_hit());
    journey.keys("c").work();
    is_on(&journey, "marked 77 ");
    assert!((2..8).contains(&above(&journey)), "a third down the screen: row {}", above(&journey));
    journey.keys("c").work();
    is_on(&journey, "marked 77 ");
}

#[test]
fn going_there_and_back_before_the_search_is_through_loses_nothing() {
    let mut journey = with_a_frame(on_the_oldest_hit());
    journey.keys("cccc").work();
    is_on(&journey, "marked 77 ");
    journey.keys("c");
    journey.told(vec![line(NOW, "new"), line(NOW - LINES * 1000 - 5, "late")]);
    journey.work();
    is_on(&journey, "marked 77 ");
}

#[test]
fn leaving_a_filter_keeps_the_line_and_its_row_of_the_screen() {
    let mut journey = with_a_frame(on_the_oldest_hit());
    journey.press(KeyCode::Down).press(KeyCode::Down);
    let before = above(&journey);
    journey.press(KeyCode::Esc).work();
    is_on(&journey, "marked 277 ");
    assert_eq!(above(&journey), before);
}

#[test]
fn typing_a_filter_keeps_the_line() {
    let mut journey = on_the_oldest_hit();
    journey.keys("&").keys("77 x").press(KeyCode::Enter);
    journey.work();
    is_on(&journey, "marked 77 ");
    journey.press(KeyCode::Esc).work();
    is_on(&journey, "marked 77 ");
    journey.keys("v").work();
    is_on(&journey, "marked 77 ");
}

#[test]
fn moving_the_cursor_ends_the_search_for_its_line() {
    let mut journey = with_a_frame(on_the_oldest_hit());
    journey.keys("c").press(KeyCode::Down);
    let text = journey.under_cursor();
    journey.work();
    assert_eq!(journey.under_cursor(), text);
}

#[test]
fn filling_a_gap_keeps_the_line() {
    let mut journey = with_a_frame(journey());
    let tail = journey.tail().generation;
    let gap = Gap { group: None, from: NOW - 3_500, to: NOW - 3_200, why: Missed::Sampled };
    journey.news(News::LogGap { tail, gap: gap.clone() });
    journey.press(KeyCode::Home).press(KeyCode::Down);
    is_on(&journey, "plain 1 ");
    let events = vec![line(NOW - 3_400, "was missing")];
    journey.news(News::LogsFetched { tail, asked: gap, events, rest: None });
    is_on(&journey, "plain 1 ");
    journey.work();
    is_on(&journey, "plain 1 ");
}

#[test]
fn the_first_frame_of_all_keeps_the_line() {
    let mut journey = journey();
    journey.press(KeyCode::Home).press(KeyCode::Down);
    let rows = journey.0.logs.rows(&journey.0.store.logs);
    journey.told(vec![line(NOW - 2, "Error: x"), line(NOW - 1, "    at f (a.js:1)")]);
    is_on(&journey, "plain 1 ");
    assert!(!journey.0.is_busy(), "nothing is searched anew for it");
    assert_eq!(journey.0.logs.rows(&journey.0.store.logs), rows + 1);
}

#[test]
fn the_first_row_of_a_stretch_is_the_first_when_all_is_searched() {
    let mut journey = with_a_frame(journey());
    journey.keys("b");
    journey.work().press(KeyCode::Home).keys(" ").press(KeyCode::End).press(KeyCode::Enter);
    journey.work();
    is_on(&journey, "plain 0 ");
}

#[test]
fn a_keystroke_counts_a_slice_of_the_histogram_and_what_comes_only_itself() {
    use super::super::histogram::SLICE;
    let mut journey = Journey::with(0);
    for n in 0..3 {
        let events = (0..SLICE as i64).map(|k| line(NOW - 9_000_000 + n * 1_000_000 + k, "x"));
        journey.told(events.collect());
    }
    let sum = |journey: &Journey| {
        journey.0.logs.histogram.buckets.iter().map(|bucket| bucket.total() as usize).sum::<usize>()
    };
    // The key of the histogram, and then one that has all counted anew.
    journey.keys("H");
    assert_eq!(sum(&journey), SLICE);
    journey.work();
    assert_eq!(sum(&journey), 3 * SLICE);
    journey.keys("v");
    assert!(sum(&journey) <= SLICE, "{}", sum(&journey));
    journey.told(vec![line(NOW - 1, "[ERROR] x")]);
    assert!(sum(&journey) <= 2 * SLICE + 1, "{}", sum(&journey));
    journey.work();
    assert_eq!(sum(&journey), 3 * SLICE + 1);
}
