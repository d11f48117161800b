//! One line of the embedded account, read by keys: folded, filtered by, shown as a column, and left for its trace.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use slsdash::app::effect::Effect;
use slsdash::app::keymap::Keymap;
use slsdash::app::message::{Message, News, Traffic};
use slsdash::app::tabs::Tab;
use slsdash::app::{App, Origin};
use slsdash::config::{Config, Theme};
use slsdash::model::function::Function;
use slsdash::model::log::LogEvent;
use slsdash::time::{Clock, Moment};
use slsdash::view;
use slsdash::view::look::{Depth, Look};

use crate::frames::Scene;

#[tokio::test(start_paused = true)]
async fn a_line_is_opened_and_leads_on() {
    let mut scene = Scene::of("outage", (120, 40)).await;
    scene.settle().await;
    scene.press(&["2"]);
    scene.settle().await;
    scene.press(&["/", "checkout-api", "enter", "l"]);
    scene.settle().await;
    scene.press(&["/", "payment-authorize failed", "enter"]);
    scene.settle().await;
    scene.press(&["enter"]);
    let text = scene.text();
    assert!(text.contains("level: \"ERROR\""), "{text}");

    // The stack of the error is a text of several lines below its key; folded, it stands behind it.
    let below = |text: &str| text.lines().any(|line| line.contains("raise Upstream") && !line.contains("Traceback"));
    assert!(below(&text), "{text}");
    scene.press(&["-"]);
    assert!(!below(&scene.text()), "{}", scene.text());

    // Its columns and filters are the list's.
    assert!(scene.text().contains("checkout-api  .level"), "the first field is selected");
    scene.press(&["C"]);
    assert_eq!(scene.app.logs.columns, [".level"]);
    let effects = scene.press(&["y"]);
    assert!(matches!(effects.as_slice(), [Effect::Copy { what, text }] if what == ".level" && text == "ERROR"));
    scene.press(&["="]);
    scene.settle().await;
    assert_eq!(scene.app.logs.filters.len(), 2, "the filter is put on top of the one that was there");
    assert!(scene.app.overlays.is_empty());

    scene.press(&["enter", "Y", "enter"]);
    scene.press(&["t"]);
    assert_eq!(scene.app.tab, Tab::Traces);
    assert!(scene.app.overlays.is_empty());
}

/// The log of one function, of lines a second apart, on a screen of 100 columns and 20 rows.
struct Log(App);

impl Log {
    fn of(texts: &[String]) -> Log {
        let now = Moment::from_timestamp_millis(1_795_230_000_000).expect("a moment");
        let clock = Clock::reading(move || now);
        let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), clock, (100, 20));
        let function = Function { name: "a".into(), log_group: "/aws/lambda/a".into(), ..Function::default() };
        app.update(Message::News(News::FunctionsPage { functions: vec![function], page: 0, last: true }));
        let mut log = Log(app);
        log.keys("2l");
        let event = |(text, n): (&String, i64)| LogEvent {
            group: "/aws/lambda/a".into(),
            stream: "s".into(),
            timestamp: now.timestamp_millis() - 60_000 + n * 1000,
            ingestion: now.timestamp_millis(),
            message: text.clone(),
            ..LogEvent::default()
        };
        let (tail, events) = (log.0.logs.generation(), texts.iter().zip(0..).map(event).collect());
        log.0.update(Message::News(News::LogEvents { tail, events, read_to: now, caught_up: true }));
        while log.0.is_busy() {
            log.0.update(Message::Slice);
        }
        log.0.update(Message::Second(now, Traffic::default()));
        log
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            let shift = if key.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            self.0.update(Message::Key(KeyEvent::new(KeyCode::Char(key), shift)));
        }
    }

    fn rows(&self) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(100, 20)).expect("a test backend");
        let look = Look::new(&Theme::default(), Depth::True, false);
        terminal.draw(|frame| view::draw(&self.0, &look, frame)).expect("a frame");
        let buffer = terminal.backend().buffer();
        let row = |y: u16| (0..100).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_string();
        (0..20).map(row).collect()
    }
}

#[test]
fn what_is_not_drawn_of_a_long_line_is_told() {
    let long = "a".repeat(16 * 1024 + 983 * 1024);
    let log = Log::of(&["before".into(), long, "after".into()]);
    let rows = log.rows();
    let row = rows.iter().find(|row| row.contains("aaaa")).expect("the line");
    assert!(row.contains("aaa… … 983.0 KiB more, Enter opens"), "{row}");
    assert!(rows.iter().any(|row| row.contains("after")));
}

#[test]
fn a_line_that_is_taller_than_the_screen_ends_with_a_sign() {
    let tall: Vec<String> = (0..40).map(|n| format!("part {n:02}")).collect();
    let mut log = Log::of(&["before".into(), tall.join("\n"), "after".into()]);
    log.keys("W");
    assert!(log.rows().iter().any(|row| row.contains("after")), "{:#?}", log.rows());
    log.keys("k");
    let rows = log.rows();
    let first = rows.iter().position(|row| row.contains("part 00")).expect("its beginning");
    let sign = rows.iter().position(|row| row.contains("more, Enter opens")).expect("a sign");
    let shown = sign - first;
    assert!(rows[sign - 1].contains(&format!("part {:02}", shown - 1)), "{rows:#?}");
    // Seven letters each, and a line feed before.
    let hidden = 8 * (40 - shown);
    assert!(rows[sign].contains(&format!("… {hidden} B more")), "{rows:#?}");
    log.keys("k");
    assert!(log.rows().iter().any(|row| row.contains("before")), "{:#?}", log.rows());
}

#[test]
fn folded_frames_are_counted_in_lines_that_wrap_too() {
    let mut log = Log::of(&["Error: x".into(), "    at f (a.js:1)".into(), "    at g (b.js:1)".into(), "after".into()]);
    let is_counted = |log: &Log| log.rows().iter().any(|row| row.contains("Error: x") && row.contains(" +2"));
    assert!(is_counted(&log), "{:#?}", log.rows());
    log.keys("W");
    assert!(is_counted(&log), "{:#?}", log.rows());
}
