//! Going to a moment that is not loaded yet, and what is dropped meanwhile.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Journey, NOW, line};
use crate::app::message::{Message, News};
use crate::app::step::{Jump, LogTarget};
use crate::model::log::LogEvent;
use crate::time::Moment;

const HOUR: i64 = 3_600_000;

impl Journey {
    fn page(&mut self, events: Vec<LogEvent>, read_to: i64, caught_up: bool) {
        let tail = self.tail().generation;
        let read_to = Moment::from_timestamp_millis(read_to).expect("a moment");
        self.news(News::LogEvents { tail, events, read_to, caught_up });
    }
}

#[test]
fn a_jump_waits_for_its_minute_whatever_the_tail_brings_before() {
    let mut journey = Journey::with(3);
    journey.keys("a01:00").press(KeyCode::Enter);
    let asked = journey.tail().fetch.expect("something to read");
    journey.told(vec![line(NOW, "of the tail")]);
    journey.told(vec![line(NOW + 1, "of the tail")]);
    let tail = journey.tail().generation;
    let at = NOW - 2 * HOUR;
    let events = vec![line(at - 30_000, "before"), line(at, "long ago"), line(at + 30_000, "after")];
    journey.news(News::LogsFetched { tail, asked, events, rest: None });
    assert_eq!(journey.selected(), "long ago");
    journey.told(vec![line(NOW + 2, "of the tail")]);
    assert_eq!(journey.selected(), "long ago");
}

#[test]
fn a_moment_that_another_view_points_at_is_reached_page_by_page() {
    let mut journey = Journey::with(3);
    let at = NOW - HOUR;
    let target = LogTarget { functions: vec!["a".into()], at: Some(at), ..LogTarget::default() };
    journey.0.jump(Jump::Logs(target));
    journey.0.update(Message::Second(journey.0.now, journey.0.traffic.clone()));
    let page = |n: i64| (0..50).map(|k| line(at + (n - 2) * 50_000 + k * 1000, &format!("{}", n * 50 + k))).collect();
    for n in 0..2 {
        journey.page(page(n), NOW - 2 * HOUR, false);
    }
    journey.page(page(2), NOW - 2 * HOUR, false);
    assert_eq!(journey.selected(), "100");
    // Another group has a line that is nearer; and then all is known.
    journey.page(vec![line(at - 1, "not yet"), line(at, "first"), line(at + 500, "later")], at + 1, false);
    assert_eq!(journey.selected(), "100", "of the same moment, it came first");
    journey.page(page(3), NOW, true);
    assert_eq!(journey.selected(), "100");
    journey.told(vec![line(NOW, "new")]);
    assert_eq!(journey.selected(), "100");
}

#[test]
fn whoever_moves_on_is_not_taken_back() {
    let mut journey = Journey::with(3);
    journey.keys("a01:00").press(KeyCode::Enter).press(KeyCode::Up);
    let asked = journey.tail().fetch.expect("something to read");
    let selected = journey.selected();
    let tail = journey.tail().generation;
    let events = vec![line(NOW - 2 * HOUR, "long ago")];
    journey.news(News::LogsFetched { tail, asked, events, rest: None });
    assert_eq!(journey.selected(), selected);
}

#[test]
fn on_a_line_that_is_dropped_the_cursor_goes_to_the_oldest() {
    for keys in ["", "/line\n"] {
        let mut journey = Journey::with(0);
        journey.0.store.logs = crate::store::logs::LogStore::new(200_000);
        let text = |n: i64| format!("line {n} {}", "x".repeat(100));
        journey.told((0..1_000).map(|n| line(NOW - 10_000_000 + n * 1000, &text(n))).collect());
        for key in keys.chars() {
            let code = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
            journey.0.update(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        }
        journey.press(KeyCode::Home);
        for _ in 0..300 {
            journey.press(KeyCode::Down);
        }
        assert!(journey.under_cursor().starts_with("line 300 "));
        journey.told((0..1_400).map(|n| line(NOW - 5_000_000 + n * 1000, &text(2_000 + n))).collect());
        assert!(journey.0.store.logs.dropped > 400, "{}", journey.0.store.logs.dropped);
        assert_eq!(journey.0.logs.cursor.row, 0, "{keys:?}");
        journey.told(vec![line(NOW, "new")]);
        assert_eq!(journey.0.logs.cursor.row, 0, "{keys:?}: it stays there");
    }
}
