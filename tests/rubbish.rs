//! What a log may hold and nobody wrote on purpose: the tab shows it, searches it and never falls over it.

use slsdash::app::message::{Message, News};
use slsdash::model::function::Function;
use slsdash::model::log::LogEvent;

use crate::frames::Scene;

fn rubbish() -> Vec<String> {
    let keys: Vec<String> = (0..100_000).map(|n| format!(r#""k{n}":{n}"#)).collect();
    let frames: String = (0..10_000).map(|n| format!("\n    at f{n} (/var/task/a.js:{n}:1)")).collect();
    vec![
        "x".repeat(1 << 20),
        format!("{{{}}}", keys.join(",")),
        "[".repeat(200_000),
        "{\"a\":".repeat(100_000),
        r#"{"level":"ERROR","message":"#.to_string(),
        format!("e{}", "\u{301}".repeat(500_000)),
        "👨‍👩‍👧‍👦".repeat(50_000),
        "日本語".repeat(10_000),
        "\x1b]52;c;aGk=\x07\x1b[2J\u{9b}31m\u{202e}\0\x7f".to_string(),
        "\r\n\r\n\t\t\n".to_string(),
        String::new(),
        format!("Error: deep{frames}"),
        "REPORT RequestId: \u{0}\tDuration: NaN ms\tMemory Size: 99999999999999999999 MB".to_string(),
        "START RequestId: Version:".to_string(),
        r#"{"type":"platform.report","record":{"requestId":7,"metrics":[],"status":{}}}"#.to_string(),
        "[ERROR]\t\t\tTraceback (most recent call last):".to_string(),
    ]
}

async fn scene() -> Scene {
    let mut scene = Scene::of("calm", (120, 40)).await;
    let function = Function { name: "a".into(), log_group: "/aws/lambda/a".into(), ..Function::default() };
    let functions = News::FunctionsPage { functions: vec![function], page: 0, last: true };
    scene.app.update(Message::News(functions));
    scene.press(&["3"]);
    let now = scene.app.now.timestamp_millis();
    let tail = scene.app.interests().tail.expect("a tail is wanted").generation;
    let events = rubbish().into_iter().enumerate().map(|(n, message)| LogEvent {
        id: format!("{n}"),
        group: "/aws/lambda/\x1b[31mred".into(),
        stream: "2026/11/21/[$LATEST]\u{202e}".into(),
        // Clocks of functions are wrong by as much as they like.
        timestamp: [now - 5_000, now, now + 86_400_000, 0, -5, i64::MAX][n % 6],
        ingestion: now,
        message,
    });
    let events = events.collect();
    let read_to = scene.app.now;
    scene.app.update(Message::News(News::LogEvents { tail, events, read_to, caught_up: true }));
    scene.app.update(Message::Second(read_to, Default::default()));
    scene
}

fn look(scene: &mut Scene, doing: &str) {
    for (columns, rows) in [(120, 40), (80, 24), (40, 10)] {
        scene.resize(columns, rows);
        for cell in scene.frame().content() {
            let symbol = cell.symbol();
            assert!(!symbol.chars().any(char::is_control), "{doing}: {symbol:?} on the screen");
            assert!(symbol.len() <= 64, "{doing}: a cell of {} bytes", symbol.len());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_a_log_holds_is_shown_and_survived() {
    let mut scene = scene().await;
    look(&mut scene, "following");
    for keys in [
        &["g"][..],
        &["W"],
        &["G"],
        &["W", "right", "right"],
        &["T"],
        &["T"],
        &["H"],
        &["b", "left", "space", "home", "enter"],
        &["esc"],
        &["v"],
        &["e"],
        &["E", "n", "N"],
        &["v", "v", "v", "space"],
        &["/", "/(a*)*b/", "enter"],
        &["&", "!x", "enter"],
        &["&", "/(/", "enter"],
        &["c", "c", "esc", "esc", "esc"],
        &["a", "-9999h", "enter"],
        &["tab"],
        &["down", "s", "enter"],
        &["esc", "tab"],
        &["down", "enter"],
        &["esc", "3", "esc", "esc", "esc"],
    ] {
        scene.press(keys);
        look(&mut scene, &keys.join(" "));
    }
}

#[tokio::test(start_paused = true)]
async fn every_such_line_opens_and_closes() {
    let mut scene = scene().await;
    scene.press(&["g"]);
    for n in 0..rubbish().len() {
        scene.press(&["enter"]);
        look(&mut scene, &format!("line {n}"));
        scene.press(&["G", "right", "y"]);
        look(&mut scene, &format!("the end of line {n}"));
        scene.press(&["esc", "down"]);
    }
}
