//! The tab by its keys and by what pollers tell it.

mod files;
mod folds;
mod jumps;
mod large;
mod lens;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::effect::{Effect, Outcome};
use crate::app::interests::Tail;
use crate::app::keymap::Keymap;
use crate::app::message::{Message, News};
use crate::app::{App, Origin};
use crate::config::Config;
use crate::model::function::Function;
use crate::model::log::{Gap, LogEvent, Missed};
use crate::time::Clock;

/// 2026-11-21 03:00:00.
const NOW: i64 = 1_795_230_000_000;

struct Journey(App);

impl Journey {
    /// The log of function `a`, with a line a second of the last so many.
    fn with(lines: i64) -> Journey {
        let now = crate::time::Moment::from_timestamp_millis(NOW).expect("a moment");
        let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), Clock::from(now), (120, 20));
        let function = Function { name: "a".into(), log_group: "/aws/lambda/a".into(), ..Function::default() };
        app.update(Message::News(News::FunctionsPage { functions: vec![function], page: 0, last: true }));
        let mut journey = Journey(app);
        journey.keys("2l");
        journey.told((0..lines).map(|n| line(NOW - (lines - n) * 1000, &format!("line {n}"))).collect());
        journey
    }

    fn press(&mut self, code: KeyCode) -> &mut Self {
        self.0.update(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        self
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.chars() {
            let modifiers = if key.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            self.0.update(Message::Key(KeyEvent::new(KeyCode::Char(key), modifiers)));
        }
        self
    }

    fn tail(&self) -> Tail {
        self.0.interests().tail.expect("a tail is wanted")
    }

    fn news(&mut self, news: News) {
        self.0.update(Message::News(news));
        self.0.learn_now();
    }

    fn told(&mut self, events: Vec<LogEvent>) {
        let (tail, read_to) = (self.tail().generation, self.0.now);
        self.news(News::LogEvents { tail, events, read_to, caught_up: true });
    }

    fn rows(&self) -> Vec<String> {
        let (shown, store) = (&self.0.logs.shown, &self.0.store.logs);
        (0..shown.len(store))
            .filter_map(|row| store.line(shown.place(row, store)?).map(|line| line.text.to_string()))
            .collect()
    }

    fn selected(&self) -> String {
        self.rows()[self.0.logs.cursor.row].clone()
    }

    /// Lets what takes many slices come to its end.
    fn work(&mut self) -> &mut Self {
        while self.0.is_busy() {
            self.0.update(Message::Slice);
        }
        self
    }

    /// The text under the cursor, without making a list of all.
    fn under_cursor(&self) -> String {
        let (logs, store) = (&self.0.logs, &self.0.store.logs);
        let place = logs.place_at(logs.cursor.row, store).expect("a row under the cursor");
        store.line(place).expect("a line").text.to_string()
    }

    fn last_said(&self) -> String {
        self.0.notices.toasts.last().map(|toast| toast.text.clone()).unwrap_or_default()
    }
}

fn line(timestamp: i64, message: &str) -> LogEvent {
    LogEvent {
        group: "/aws/lambda/a".into(),
        stream: "s".into(),
        timestamp,
        ingestion: timestamp,
        message: message.into(),
        ..LogEvent::default()
    }
}

#[test]
fn the_log_of_the_selected_function_is_tailed_and_shown() {
    let mut journey = Journey::with(1);
    let tail = journey.tail();
    assert_eq!(tail.groups[0].name, "/aws/lambda/a");
    assert!(tail.follow && !tail.live);
    assert_eq!(journey.rows(), ["line 0"]);
    let (read_to, tail) = (journey.0.now, tail.generation + 1);
    journey.news(News::LogEvents { tail, events: vec![line(NOW, "another")], read_to, caught_up: true });
    assert_eq!(journey.rows(), ["line 0"], "lines of another tail are not shown in this one");
}

#[test]
fn filters_stack_and_are_left_one_by_one() {
    let mut journey = Journey::with(100);
    journey.keys("/1").press(KeyCode::Enter);
    assert_eq!(journey.rows().len(), 19);
    journey.keys("&!line 1").press(KeyCode::Enter);
    assert_eq!(
        journey.rows(),
        ["line 21", "line 31", "line 41", "line 51", "line 61", "line 71", "line 81", "line 91"]
    );
    journey.keys("&/[5-9]1/").press(KeyCode::Enter);
    assert_eq!(journey.rows().len(), 5);
    journey.keys("&/(/");
    assert!(journey.0.logs.complaint.is_some());
    assert_eq!(journey.rows().len(), 5, "the last good filters stay in force");
    journey.press(KeyCode::Esc).press(KeyCode::Esc);
    assert_eq!(journey.rows().len(), 8);
    journey.press(KeyCode::Esc).press(KeyCode::Esc);
    assert_eq!(journey.rows().len(), 100);
}

#[test]
fn the_cursor_stays_on_its_line_whatever_comes() {
    let mut journey = Journey::with(50);
    journey.keys("kkk");
    assert_eq!(journey.selected(), "line 46");
    journey.told(vec![line(NOW, "new"), line(NOW - 40_500, "late")]);
    assert_eq!(journey.selected(), "line 46");
    assert_eq!(journey.0.logs.unseen, 2);
    journey.keys("G");
    assert_eq!((journey.selected().as_str(), journey.0.logs.unseen), ("new", 0));
    journey.told(vec![line(NOW + 1, "newer")]);
    assert_eq!(journey.selected(), "newer");
}

#[test]
fn a_line_is_seen_among_its_neighbours_and_the_filter_comes_back() {
    let mut journey = Journey::with(100);
    journey.keys("/42").press(KeyCode::Enter).keys("k");
    assert_eq!(journey.selected(), "line 42");
    journey.keys("c");
    assert_eq!((journey.rows().len(), journey.selected().as_str()), (100, "line 42"));
    let row = journey.0.logs.cursor.row - journey.0.logs.cursor.first;
    assert!((2..12).contains(&row), "not at an edge: row {row}");
    journey.keys("c");
    assert_eq!((journey.rows().len(), journey.selected().as_str()), (1, "line 42"));
}

#[test]
fn a_gap_is_marked_and_filled() {
    let mut journey = Journey::with(3);
    let tail = journey.tail().generation;
    let gap = Gap { group: None, from: NOW - 1500, to: NOW - 1200, why: Missed::Sampled };
    journey.news(News::LogGap { tail, gap: gap.clone() });
    assert!(journey.rows()[2].starts_with("gap of "), "{:?}", journey.rows());
    journey.keys("kk").press(KeyCode::Down).press(KeyCode::Enter);
    assert_eq!(journey.tail().fetch.as_ref(), Some(&gap));
    let rest = Gap { from: NOW - 1300, why: Missed::TooMuch, ..gap.clone() };
    let events = vec![line(NOW - 1400, "was missing")];
    journey.news(News::LogsFetched { tail, asked: gap, events, rest: Some(rest) });
    assert_eq!(journey.tail().fetch, None);
    let rows = journey.rows();
    assert_eq!((rows[2].as_str(), rows.len()), ("was missing", 5));
    assert!(rows[3].contains("too much"), "{rows:?}");
}

#[test]
fn a_jump_to_an_older_time_reads_it_and_marks_what_lies_between() {
    let mut journey = Journey::with(3);
    journey.keys("a-2500ms").press(KeyCode::Enter);
    assert_eq!(journey.selected(), "line 1", "it is loaded, so the cursor goes there");
    journey.keys("a01:00").press(KeyCode::Enter);
    let asked = journey.tail().fetch.expect("something to read");
    assert!(asked.from < NOW - 2 * 3_600_000 && asked.to > NOW - 2 * 3_600_000);
    let tail = journey.tail().generation;
    let events = vec![line(NOW - 2 * 3_600_000, "long ago")];
    journey.news(News::LogsFetched { tail, asked, events, rest: None });
    assert_eq!(journey.selected(), "long ago");
    assert!(journey.rows()[1].contains("not loaded"), "{:?}", journey.rows());
    journey.keys("anonsense").press(KeyCode::Enter);
    assert!(matches!(journey.0.overlays.last(), Some(crate::app::overlay::Overlay::Prompt(_))));
}

#[test]
fn a_stretch_of_the_histogram_is_zoomed_into() {
    let mut journey = Journey::with(100);
    journey.keys("b");
    let counted: u32 = journey.0.logs.histogram.buckets.iter().map(|bucket| bucket.total()).sum();
    assert_eq!(counted, 100);
    journey.press(KeyCode::Home).keys(" ").press(KeyCode::Right).press(KeyCode::Right).press(KeyCode::Enter);
    let rows = journey.rows();
    assert!(rows.len() < 10 && rows[0] == "line 0", "{rows:?}");
    journey.press(KeyCode::Esc);
    assert_eq!(journey.rows().len(), 100);
}

#[test]
fn frames_of_a_stack_are_folded_into_its_head_and_counted() {
    let mut journey = Journey::with(1);
    let trace = ["Error: boom", "    at a (a.js:1)", "    at b (b.js:2)"];
    journey.told(trace.iter().zip(0..).map(|(text, n)| line(NOW + n, text)).collect());
    assert_eq!(journey.rows(), ["line 0", "Error: boom"]);
    let store = &journey.0.store.logs;
    assert_eq!(store.followers(1), 2);
    journey.keys(" ");
    assert_eq!(journey.rows().len(), 4);
}

#[test]
fn the_live_tail_is_asked_for_by_a_key_and_left_by_it() {
    let mut journey = Journey::with(1);
    journey.keys("L");
    assert!(journey.tail().live);
    journey.keys("L");
    assert!(!journey.tail().live);
}

#[test]
fn globs_and_parts_of_names_choose_many_groups() {
    let mut journey = Journey::with(1);
    let functions = ["orders-api", "orders-worker", "payments"].map(|name| Function {
        name: name.into(),
        log_group: format!("/aws/lambda/{name}"),
        ..Function::default()
    });
    journey.news(News::FunctionsPage { functions: functions.to_vec(), page: 0, last: true });
    journey.keys(":logs orders-* paym").press(KeyCode::Enter);
    let groups: Vec<String> = journey.tail().groups.into_iter().map(|group| group.name).collect();
    assert_eq!(groups, ["/aws/lambda/orders-api", "/aws/lambda/orders-worker", "/aws/lambda/payments"]);
}

#[test]
fn jq_stands_in_place_of_the_lines_that_it_says_something_of() {
    let mut journey = Journey::with(3);
    journey.told((0..5).map(|n| line(NOW + n, &format!(r#"{{"n":{n}}}"#))).collect());
    journey.keys("J");
    for key in "select(.n > 2)".chars() {
        journey.press(KeyCode::Char(key));
    }
    let effects = journey.0.update(Message::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
    let [Effect::Jq { generation, expression, lines }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((expression.as_str(), lines.len()), ("select(.n > 2)", 5), "lines that are no JSON are not sent");
    let says = |text: &str| text.contains('3') || text.contains('4');
    let results = lines.iter().map(|(number, text)| (*number, Ok(says(text).then(|| text.clone())))).collect();
    let outcome = Outcome::Jq { generation: *generation, results, trouble: None };
    assert!(journey.0.update(Message::Performed(outcome)).is_empty(), "nothing is left to ask for");
    assert_eq!(journey.0.logs.rows(&journey.0.store.logs), 2);
    journey.told(vec![line(NOW + 9, r#"{"n":9}"#)]);
    assert_eq!(journey.0.logs.rows(&journey.0.store.logs), 2, "a line has to be asked for first");
    journey.press(KeyCode::Esc);
    assert_eq!(journey.rows().len(), 9);
}

#[test]
fn a_jq_expression_that_never_ends_is_told_with_its_line() {
    let mut journey = Journey::with(0);
    journey.told((0..5).map(|n| line(NOW + n, &format!(r#"{{"n":{n}}}"#))).collect());
    journey.keys("J");
    for key in "def f: f; f".chars() {
        journey.press(KeyCode::Char(key));
    }
    let effects = journey.0.update(Message::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
    let [Effect::Jq { generation, lines, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    let results = vec![(lines[0].0, Err("it did not end".to_string()))];
    let outcome = Outcome::Jq { generation: *generation, results, trouble: Some("it did not end".into()) };
    assert!(journey.0.update(Message::Performed(outcome)).is_empty(), "it is not asked again");
    assert_eq!(journey.0.logs.lens.as_ref().and_then(|lens| lens.blamed), Some(NOW + 4), "the newest line goes first");
}

#[test]
fn the_way_back_leads_to_the_filter_and_the_line_that_one_came_from() {
    let mut journey = Journey::with(40);
    let id = "8f507cfc-1234-4697-b07a-ac58fc914c95";
    journey.told(vec![line(NOW - 20_500, &format!("RequestId: {id} Error: x")), line(NOW - 20_400, "line 21 again")]);
    journey.keys("/Error").press(KeyCode::Enter).keys("k");
    assert!(journey.selected().contains("Error: x"));
    // Into the invocation and straight back: the filter of the jump is no step of its own.
    journey.keys("l");
    assert_eq!(journey.0.logs.filters[0].text, id);
    journey.press(KeyCode::Esc);
    let texts: Vec<String> = journey.0.logs.filters.iter().map(|term| term.text.clone()).collect();
    assert_eq!((texts, journey.selected()), (vec!["Error".to_string()], format!("RequestId: {id} Error: x")));
    // What is changed there is taken back first.
    journey.keys("l&Error").press(KeyCode::Enter).press(KeyCode::Esc);
    assert_eq!(journey.0.logs.filters.len(), 1, "still in the invocation");
    assert_eq!(journey.0.logs.filters[0].text, id);
    journey.press(KeyCode::Esc);
    assert_eq!(journey.0.logs.filters[0].text, "Error");
}
