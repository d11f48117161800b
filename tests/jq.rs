//! jq expressions, in a process of the real binary: what they answer, and what becomes of those that never end.

use std::path::Path;
use std::time::Instant;

use slsdash::app::effect::{Change, Effect, JqResult, Outcome};
use slsdash::app::message::{Message, Traffic};
use slsdash::jq::{Answer as Seen, Outputs};
use slsdash::runtime::jq::{End, Worker};
use slsdash::runtime::{Browser, Hands, Remote, World, Writes};
use slsdash::time::{Clock, Moment};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use crate::servers::{Answer, Sim};

const PROGRAM: &str = env!("CARGO_BIN_EXE_slsdash");

fn worker(expression: &str) -> Worker {
    Worker::start(Path::new(PROGRAM), expression).unwrap_or_else(|end| panic!("{expression}: {end:?}"))
}

fn outputs(values: &[&str]) -> Seen {
    Seen::Outputs(Outputs { values: values.iter().map(ToString::to_string).collect(), ..Outputs::default() })
}

#[test]
fn lines_of_any_size_and_number_are_answered_in_their_order() {
    let long = format!("{{\"a\":\"{}\"}}", "é\\n".repeat(300_000));
    let mut lines = vec!["{\"a\":1}", "no json", "", &long, "{\"a\":\"\\u0000\\n\"}"];
    lines.extend(std::iter::repeat_n("{\"a\":12345678901234567890}", 2000));
    let (answers, end) = worker(".a | if type == \"string\" then length else . end").run(&lines);
    assert_eq!(end, None);
    assert_eq!(answers.len(), lines.len());
    assert_eq!(answers[0], outputs(&["1"]));
    assert!(matches!(answers[1], Seen::NoJson(_)) && matches!(answers[2], Seen::NoJson(_)));
    assert_eq!(answers[3], outputs(&["600000"]));
    assert_eq!(answers[4], outputs(&["2"]));
    assert!(answers[5..].iter().all(|answer| *answer == outputs(&["12345678901234567890"])));
}

#[test]
fn nothing_of_our_environment_is_in_reach() {
    assert_eq!(worker("env").run(&["null"]).0, [outputs(&["{}"])]);
}

#[test]
fn an_expression_that_never_ends_is_ended_at_its_line() {
    let begun = Instant::now();
    let mut never = worker("if . == 3 then def f: f; f else . end");
    let (answers, end) = never.run(&["1", "2", "3", "4"]);
    assert_eq!(answers, [outputs(&["1"]), outputs(&["2"])]);
    assert_eq!(end, Some(End::Overdue));
    assert!((1..10).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert!(!matches!(never.run(&["1"]), (_, None)), "it has ended");
}

#[test]
fn an_expression_that_eats_all_memory_or_stack_is_ended_at_its_line() {
    for hungry in [
        "[range(infinite)]",
        "def f: \"x\" + f; f",
        "[limit(9999999; repeat(\"x\" * 1000))]",
        "reduce range(9999999) as $i (null; [.])",
    ] {
        let (answers, end) = worker(&format!("if . == 2 then {hungry} else . end")).run(&["1", "2"]);
        assert_eq!(answers, [outputs(&["1"])], "{hungry}");
        assert!(matches!(end, Some(End::Exhausted | End::Overdue)), "{hungry}: {end:?}");
    }
}

#[test]
fn what_is_no_expression_is_told_with_its_place() {
    let Err(end) = Worker::start(Path::new(PROGRAM), ".a | slect(.b)") else { panic!("it starts") };
    assert_eq!(end.clause(), "the jq expression can't be read: column 6: there is no function `slect` of 1 arguments");
}

/// An account that nobody asks anything.
#[derive(Clone)]
struct Nobody;

impl Remote for Nobody {
    async fn carry_out(&self, change: Change) -> (Outcome, Option<String>) {
        (Outcome::Changed { change, result: Ok(()) }, None)
    }

    fn traffic(&self, _: Moment) -> Traffic {
        Traffic::default()
    }
}

struct Scene {
    hands: Hands<Nobody>,
    messages: mpsc::Receiver<Message>,
    _account: watch::Sender<Option<Nobody>>,
}

fn scene() -> Scene {
    let (account, connected) = watch::channel(Some(Nobody));
    let (tell, messages) = mpsc::channel(8);
    let browser = Browser::Elsewhere("this is a test".into());
    let hands = Hands::new(connected, tell, Writes::Allowed, browser, None, Clock::system(), Handle::current());
    Scene { hands: hands.with_program(PROGRAM.into()), messages, _account: account }
}

impl Scene {
    fn ask(&mut self, generation: u64, expression: &str, lines: &[(u64, &str)]) -> Option<Outcome> {
        let lines = lines.iter().map(|(number, text)| (*number, text.to_string())).collect();
        let effect = Effect::Jq { generation, expression: expression.into(), lines };
        assert!(!effect.is_mutation());
        self.hands.perform(effect)
    }

    async fn told(&mut self) -> (u64, Vec<(u64, JqResult)>, Option<String>) {
        match self.messages.recv().await {
            Some(Message::Performed(Outcome::Jq { generation, results, trouble })) => (generation, results, trouble),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn lines_are_answered_by_their_numbers() {
    let mut scene = scene();
    let lines = [(7, r#"{"level":"ERROR","n":5}"#), (8, r#"{"level":"INFO"}"#), (9, "[1]"), (11, "{broken")];
    assert_eq!(scene.ask(1, "select(.level == \"ERROR\") | .level, .n", &lines), None);
    let (generation, results, trouble) = scene.told().await;
    assert_eq!((generation, trouble), (1, None));
    assert_eq!(results[..2], [(7, Ok(Some("ERROR  5".into()))), (8, Ok(None))]);
    assert!(matches!(&results[2..], [(9, Err(_)), (11, Err(no))] if no.starts_with("no JSON")), "{results:?}");
    // The process is kept for the next lines of the same generation.
    scene.ask(1, "select(.level == \"ERROR\") | .level, .n", &[(12, r#"{"level":"ERROR"}"#)]);
    assert_eq!(scene.told().await, (1, vec![(12, Ok(Some("ERROR  null".into())))], None));
}

#[tokio::test]
async fn an_endless_expression_is_given_up_with_its_line() {
    let mut scene = scene();
    let lines = [(1, "1"), (2, "2"), (3, "3")];
    scene.ask(4, "if . == 2 then def f: f; f else . end", &lines);
    let (generation, results, trouble) = scene.told().await;
    let sentence = "the jq expression did not end within 1 s".to_string();
    assert_eq!(generation, 4);
    assert_eq!(results, [(1, Ok(Some("1".into()))), (2, Err(sentence.clone()))]);
    assert_eq!(trouble.as_deref(), Some(sentence.as_str()));
    // Asked again it says so at once, without another second.
    let again = scene.ask(4, "if . == 2 then def f: f; f else . end", &lines);
    assert_eq!(again, Some(Outcome::Jq { generation: 4, results: vec![], trouble: Some(sentence) }));
}

#[tokio::test]
async fn a_later_generation_ends_the_one_before() {
    let mut scene = scene();
    let begun = Instant::now();
    scene.ask(1, "def f: f; f", &[(1, "1")]);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    scene.ask(2, ".", &[(2, "5")]);
    assert_eq!(scene.ask(1, "def f: f; f", &[(1, "1")]), None);
    assert_eq!(scene.told().await, (2, vec![(2, Ok(Some("5".into())))], None));
    assert!(begun.elapsed().as_millis() < 900, "the deadline of the first was waited for");
    // A wrong expression is told, and an empty one asks for nothing.
    scene.ask(3, ".a |", &[(1, "1")]);
    let (_, results, trouble) = scene.told().await;
    assert_eq!(results, []);
    assert!(trouble.is_some_and(|trouble| trouble.contains("column")));
    assert_eq!(scene.ask(4, "", &[(1, "1")]), None);
    assert!(scene.messages.try_recv().is_err());
}

#[test]
fn logs_through_a_jq_expression() {
    let sim = Sim::start("shop");
    let logs =
        |more: &[&str]| Answer::of(&sim.url, &[&["logs", "order*", "keep-warm", "--since", "10m"], more].concat());
    let all = logs(&["-o", "json"]).json_lines();
    let json = |event: &&serde_json::Value| {
        let message = event["message"].as_str().unwrap();
        serde_json::from_str::<serde_json::Value>(message).is_ok_and(|value| value.is_object())
    };
    let expected = all.iter().filter(json).count();
    assert!(expected > 0 && expected < all.len(), "{expected} of {} lines are JSON", all.len());

    let seen = logs(&["-o", "json", "--jq", "., 12345678901234567890"]);
    let events = seen.json_lines();
    assert!(events.len().abs_diff(expected) * 50 < expected, "{} events, {expected} before", events.len());
    let first = &events[0];
    let message: serde_json::Value = serde_json::from_str(first["message"].as_str().unwrap()).unwrap();
    assert_eq!(first["jq"][0], message);
    assert!(seen.stdout().contains(",12345678901234567890]}"));
    assert!(seen.stderr().contains("no JSON"), "{seen}");

    let text = logs(&["--jq", "keys[0]"]);
    assert_eq!(text.code(), 0, "{text}");
    assert!(text.stdout().lines().all(|line| !line.is_empty() && !line.contains(['"', ' '])), "{text}");

    let wrong = logs(&["--jq", ".a | | .b"]);
    assert_eq!((wrong.code(), wrong.stdout()), (252, String::new()), "{wrong}");
    assert!(wrong.stderr().contains("column 6"), "{wrong}");
    let endless = logs(&["--jq", "def f: f; f"]);
    assert_eq!(endless.code(), 255, "{endless}");
    assert!(endless.stderr().contains("did not end within 1 s on the line of 20"), "{endless}");
}
