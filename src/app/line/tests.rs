//! Lines of every kind, folded, filtered and copied by their keys.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::app::keymap::Keymap;
use crate::app::message::{Message, News};
use crate::app::{App, Origin};
use crate::config::Config;
use crate::model::function::Function;
use crate::model::log::{Level, LogEvent};
use crate::time::Clock;

const LINE: &str = r#"{"level":"ERROR","detail":{"items":[{"sku":"A-1","deep":{"x":[1]}},{"sku":"/b"}]},"stack":"TypeError: x\n  at a\n  at b","n":12345678901234567890}"#;

/// The log of a function with these lines, its last one open.
fn reading(lines: &[&str]) -> App {
    let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), Clock::system(), (120, 40));
    let function = Function { name: "a".into(), log_group: "/aws/lambda/a".into(), ..Function::default() };
    app.update(Message::News(News::FunctionsPage { functions: vec![function], page: 0, last: true }));
    press(&mut app, "2l");
    let tail = app.interests().tail.expect("a tail is wanted").generation;
    let now = app.now;
    let events = lines.iter().enumerate().map(|(at, text)| LogEvent {
        id: at.to_string(),
        timestamp: now.timestamp_millis() + at as i64,
        message: (*text).into(),
        group: "/aws/lambda/a".into(),
        stream: "2026/11/21/[$LATEST]0a".into(),
        ..LogEvent::default()
    });
    app.update(Message::News(News::LogEvents { tail, events: events.collect(), read_to: now, caught_up: true }));
    app.update(Message::Second(now, app.traffic.clone()));
    key(&mut app, KeyCode::Enter);
    app
}

fn key(app: &mut App, code: KeyCode) -> Vec<Effect> {
    app.update(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    keys.chars().flat_map(|c| key(app, KeyCode::Char(c))).collect()
}

fn view(app: &App) -> &LineView {
    match app.overlays.last() {
        Some(Overlay::Line(view)) => view,
        other => panic!("{other:?}"),
    }
}

/// The paths of all rows.
fn paths(app: &App) -> Vec<String> {
    let view = view(app);
    let document = view.document.as_ref().expect("it is JSON");
    let row = |row: usize| view.rows.get(row).map(|row| document.path(row.node as usize)).expect("a row");
    (0..view.rows.len()).map(row).collect()
}

fn go(app: &mut App, path: &str) {
    let row = paths(app).iter().position(|row| row == path).unwrap_or_else(|| panic!("{path} is not to be seen"));
    key(app, KeyCode::Home);
    press(app, &"j".repeat(row));
    assert_eq!(view(app).path().as_deref(), Some(path));
}

#[test]
fn a_json_line_is_a_tree_that_folds() {
    let mut app = reading(&[LINE]);
    let first = [".level", ".detail", ".detail.items", ".detail.items[0]", ".detail.items[1]"];
    let stack = [".stack", ".stack", ".stack", ".stack", ".n"];
    assert_eq!(paths(&app), [&first[..], &stack].concat(), "what is deep is folded, a text has its lines below");
    go(&mut app, ".detail.items[0]");
    press(&mut app, " ");
    assert!(paths(&app).contains(&".detail.items[0].deep".to_string()));
    key(&mut app, KeyCode::Left);
    assert_eq!(paths(&app).len(), 10);
    key(&mut app, KeyCode::Left);
    assert_eq!(view(&app).path().as_deref(), Some(".detail.items"));
    press(&mut app, "-");
    assert_eq!(paths(&app), [".level", ".detail", ".stack", ".n"]);
    assert_eq!(view(&app).path().as_deref(), Some(".detail"), "the cursor goes to where its value is folded into");
    press(&mut app, "+");
    assert!(paths(&app).contains(&".detail.items[0].deep.x[0]".to_string()));
    key(&mut app, KeyCode::Esc);
    assert!(app.overlays.is_empty());
}

#[test]
fn the_selected_value_is_copied_as_it_is() {
    let mut app = reading(&[LINE]);
    for (path, copied) in [
        (".n", "12345678901234567890"),
        (".level", "ERROR"),
        (".stack", "TypeError: x\n  at a\n  at b"),
        (".detail.items[1]", r#"{"sku":"/b"}"#),
    ] {
        go(&mut app, path);
        let effect = Effect::Copy { what: path.into(), text: copied.into() };
        assert_eq!(press(&mut app, "y"), [effect]);
    }
}

#[test]
fn the_choice_of_copies_has_them_all() {
    let mut app = reading(&[LINE]);
    go(&mut app, ".level");
    let at = app.store.logs.newest().expect("a line");
    let copied = |app: &mut App, row: usize| {
        press(app, "Y");
        press(app, &"j".repeat(row));
        match key(app, KeyCode::Enter).as_slice() {
            [Effect::Copy { what, text }] => (what.clone(), text.clone()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(copied(&mut app, 0), ("whole line".into(), LINE.into()));
    assert_eq!(copied(&mut app, 1), ("value".into(), "ERROR".into()));
    assert_eq!(copied(&mut app, 2), ("path of the value".into(), ".level".into()));
    let (_, indented) = copied(&mut app, 3);
    assert!(
        indented.starts_with("{\n  \"level\": \"ERROR\",\n") && indented.contains("12345678901234567890"),
        "{indented}"
    );
    let (_, link) = copied(&mut app, 5);
    assert!(
        link.ends_with(&format!(
            "$252Faws$252Flambda$252Fa/log-events/2026$252F11$252F21$252F$255B$2524LATEST$255D0a$3Fstart$3D{at}"
        )),
        "{link}"
    );
    // What is not there says why, and the choice stays open.
    press(&mut app, "Y");
    press(&mut app, "jjjj");
    assert_eq!(key(&mut app, KeyCode::Enter), []);
    assert!(matches!(app.overlays.last(), Some(Overlay::Copies(_))));
    key(&mut app, KeyCode::Esc);
    // In the list the line alone is known.
    key(&mut app, KeyCode::Esc);
    assert_eq!(copied(&mut app, 0).1, LINE);
    assert!(app.overlays.is_empty());
}

#[test]
fn a_value_becomes_a_filter() {
    let mut app =
        reading(&["{\"level\":\"INFO\",\"path\":\"/a\"}", "{\"n\":1,\"detail\":{\"sku\":\"/b \\\"c\\\"\"}}", LINE]);
    key(&mut app, KeyCode::Esc);
    key(&mut app, KeyCode::Up);
    key(&mut app, KeyCode::Enter);
    go(&mut app, ".detail");
    press(&mut app, "=");
    assert!(app.logs.filters.is_empty(), "an object is no text to look for");
    go(&mut app, ".detail.sku");
    press(&mut app, "=");
    assert!(app.overlays.is_empty());
    for _ in 0..3 {
        app.update(Message::Second(app.now, app.traffic.clone()));
    }
    assert_eq!(app.logs.filter(), r#"/"sku"\s*:\s*"/b \\"c\\""/"#);
    assert_eq!(app.logs.shown.len(&app.store.logs), 1, "the line itself is shown, as it stands there with its escapes");
}

#[test]
fn a_field_becomes_a_column_and_none() {
    let mut app = reading(&[LINE]);
    go(&mut app, ".detail.items[1]");
    press(&mut app, "C");
    go(&mut app, ".n");
    press(&mut app, "C");
    assert_eq!(app.logs.columns, [".detail.items[1]", ".n"]);
    press(&mut app, "C");
    assert_eq!(app.logs.columns, [".detail.items[1]"]);
    for n in 0..7 {
        assert_eq!(app.logs.toggle_column(&format!(".x{n}")), Ok(true));
    }
    assert!(app.logs.toggle_column(".more").is_err());
}

#[test]
fn keys_of_the_list_lead_on_from_the_line() {
    let mut app = reading(&[
        "{\"requestId\":\"8c2a1f3e-5b6d-4e7f-8a9b-0c1d2e3f4a5b\",\"xray_trace_id\":\"1-68f0a1b2-0123456789abcdef01234567\"}",
    ]);
    press(&mut app, "?");
    assert!(
        matches!(app.overlays.last(), Some(Overlay::Help(help)) if help.place == Some(crate::app::command::Place::Line))
    );
    key(&mut app, KeyCode::Esc);
    press(&mut app, "t");
    assert!(app.overlays.is_empty());
    assert_eq!(app.tab, Tab::Traces);
}

fn alone(text: &str) -> LineView {
    let line = Line { timestamp: 0, level: Level::Info, group: "/aws/lambda/a", stream: "s", text };
    let mut view = LineView::new(&line);
    view.fit((80, 24));
    view
}

#[test]
fn what_is_no_json_is_its_text() {
    let trace = "Error: x\n    at handler (/var/task/index.js:3:1)\n    at run";
    let view = alone(trace);
    assert!(view.document.is_none() && view.broken.is_none());
    assert_eq!(view.rows.len(), 3);
    let wide = alone(&"word ".repeat(100));
    assert!(wide.rows.len() > 5, "prose wraps");
    let mut wide = wide;
    wide.act(Action::Wrap);
    assert_eq!(wide.rows.len(), 1);
    for text in ["", "12", "null", "[ERROR] x", "{}", "[]", "{broken"] {
        let view = alone(text);
        assert!(view.document.is_none() && view.broken.is_none(), "{text}");
    }
}

#[test]
fn broken_json_is_text_and_says_where_it_breaks() {
    let view = alone(r#"{"a":1,"b":[1,2,"#);
    let broken = view.broken.as_ref().expect("it was meant to be JSON");
    assert_eq!((broken.at, broken.expected), (16, "a value"));
    assert_eq!(view.rows.len(), 1);
}

#[test]
fn json_behind_the_words_of_a_runtime_is_a_tree_too() {
    let view = alone("2026-11-21T04:00:00.123Z    8c2a1f3e    INFO    {\"a\":1,\"b\":2}");
    assert!(view.document.is_some());
    assert!(view.head.ends_with("INFO"));
    assert_eq!(view.rows.len(), 3);
}

#[test]
fn long_lines_cost_what_is_seen_of_them() {
    let keys: Vec<String> = (0..100_000).map(|n| format!("\"k{n}\":{{\"v\":{n}}}")).collect();
    let text = format!("{{{}}}", keys.join(","));
    let begun = crate::time::monotonic();
    let mut view = alone(&text);
    assert_eq!(view.rows.len(), 200_000);
    view.act(Action::FoldAll);
    assert_eq!(view.rows.len(), 100_000);
    view.act(Action::Last);
    assert_eq!(view.path().as_deref(), Some(".k99999"));
    // Unoptimised, on a busy machine; optimised it is some twenty times faster.
    assert!(begun.elapsed().as_millis() < 3000, "{:?}", begun.elapsed());
    let mut long = alone(&format!("{{\"a\":\"{}\"}}", "é".repeat(500_000)));
    assert_eq!(long.rows.len(), 1);
    long.act(Action::Wrap);
    assert!(long.rows.len() > 5000);
    long.act(Action::Last);
    assert_eq!(long.path().as_deref(), Some(".a"));
}

#[test]
fn a_text_is_found_in_a_document_wherever_it_is_folded() {
    let text = r#"{"a":{"b":[1,{"deep":"Needle"}]},"needle":2,"c":"x"}"#;
    let mut view = LineView::new(&Line { timestamp: 0, level: Level::Info, group: "g", stream: "s", text });
    view.fit((120, 40));
    view.fold_all(false);
    view.find = "needle".into();
    assert!(view.seek(0));
    assert_eq!(view.path().as_deref(), Some(".a.b[1].deep"));
    assert!(view.seek(1));
    assert_eq!(view.path().as_deref(), Some(".needle"));
    assert!(view.seek(1), "round the end");
    assert_eq!(view.path().as_deref(), Some(".a.b[1].deep"));
    assert!(view.seek(-1));
    assert_eq!(view.path().as_deref(), Some(".needle"));
    view.find = "nowhere".into();
    assert!(!view.seek(1));
}
