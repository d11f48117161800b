//! Files of what the panels show.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Journey, NOW, line};
use crate::app::effect::Effect;
use crate::app::export::{Contents, Export, Format};
use crate::app::message::Message;
use crate::app::tabs::logs::Panel;

impl Journey {
    fn effects(&mut self, keys: &str) -> Vec<Effect> {
        let code = |c| if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
        let shift = |c: char| if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        let keys = keys.chars().map(|c| KeyEvent::new(code(c), shift(c)));
        keys.flat_map(|key| self.0.update(Message::Key(key))).collect()
    }
}

fn file(effects: &[Effect]) -> &Export {
    let [Effect::Export(export)] = effects else { panic!("{effects:?}") };
    export
}

fn text(export: &Export) -> String {
    let mut bytes = Vec::new();
    export.contents.write(Format::of(&export.path), &mut bytes).expect("a vector takes everything");
    String::from_utf8(bytes).expect("text")
}

fn large() -> Journey {
    let mut journey = Journey::with(0);
    let filler = "x".repeat(1000);
    journey.told((0..8_000).map(|n| line(NOW - 9_000_000 + n * 1000, &format!("line {n} {filler}"))).collect());
    journey
}

#[test]
fn a_file_waits_for_the_search() {
    let mut journey = large();
    journey.effects("/line\n");
    assert!(journey.0.is_busy());
    assert_eq!(journey.effects("X\n"), []);
    assert!(journey.last_said().contains("have been searched"), "{}", journey.last_said());
    let mut effects = Vec::new();
    while effects.is_empty() {
        assert!(journey.0.is_busy());
        effects = journey.0.update(Message::Slice);
    }
    assert_eq!(file(&effects).contents.rows(), 8_000);
    assert_eq!(journey.0.update(Message::Slice), []);
}

#[test]
fn a_file_of_what_is_not_shown_any_more_is_not_written() {
    let mut journey = large();
    journey.effects("/line\nX\n");
    assert_eq!(journey.effects("/s"), []);
    assert!(journey.last_said().contains("something else is shown"), "{}", journey.last_said());
    while journey.0.is_busy() {
        assert_eq!(journey.0.update(Message::Slice), []);
    }
}

#[test]
fn folded_frames_are_written_with_their_head() {
    let mut journey = Journey::with(1);
    let trace = ["Error: boom", "    at f (a.js:1)", "    at g (b.js:2)"];
    journey.told(trace.iter().zip(0..).map(|(text, n)| line(NOW + n, text)).collect());
    assert_eq!(journey.rows().len(), 2);
    let effects = journey.effects("X\n");
    assert_eq!(file(&effects).contents.rows(), 4);
    assert!(text(file(&effects)).contains("at g (b.js:2)"));
}

#[test]
fn invocations_and_errors_are_written_as_tables() {
    let mut journey = Journey::with(0);
    let id = "8f507cfc-1234-4697-b07a-ac58fc914c95";
    journey.told(vec![
        line(NOW, &format!("START RequestId: {id} Version: 7")),
        line(NOW + 1, &format!("2026-11-21T03:00:00.001Z\t{id}\tERROR\tKeyError: 'sku', \"x\"")),
        line(
            NOW + 5,
            &format!("REPORT RequestId: {id}\tDuration: 5.25 ms\tBilled Duration: 6 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB"),
        ),
    ]);
    journey.press(KeyCode::Tab);
    assert_eq!(journey.0.logs.panel, Panel::Invocations);
    assert_eq!(journey.effects("X\n"), [], "the lines are yet to be read");
    let effects = journey.0.update(Message::Slice);
    let invocations = file(&effects);
    assert!(invocations.path.starts_with("./invocations-") && invocations.path.ends_with(".csv"));
    let Contents::Table { columns, rows } = &invocations.contents else { panic!("{:?}", invocations.contents) };
    let cell = |name: &str| rows[0][columns.iter().position(|column| column == name).expect(name)].clone();
    assert_eq!(rows.len(), 1);
    assert_eq!(cell("requestId").as_deref(), Some(id));
    assert_eq!((cell("durationMs").as_deref(), cell("billedDurationMs").as_deref()), (Some("5.25"), Some("6")));
    assert_eq!((cell("version").as_deref(), cell("initDurationMs")), (Some("7"), None));
    assert!(text(invocations).starts_with("timestamp,functionName,version,requestId,"));

    journey.press(KeyCode::Tab);
    assert_eq!(journey.0.logs.panel, Panel::Errors);
    let effects = journey.effects("X.json\n");
    let errors = file(&effects);
    let written = text(errors);
    let row: serde_json::Value = serde_json::from_str(written.lines().next().expect("a row")).expect("JSON");
    assert_eq!((row["errorType"].as_str(), row["count"].as_str()), (Some("KeyError"), Some("1")), "{written}");
}
