use chrono::TimeDelta;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::app::keymap::Keymap;
use crate::app::message::{Message, News};
use crate::app::step::Jump;
use crate::app::tabs::Tab;
use crate::app::{App, Origin};
use crate::config::{Config, Theme};
use crate::model::function::{
    AccountSettings, Alias, EventSourceMapping, Function, FunctionDetail, Grant, ProvisionedConcurrency,
    ProvisionedStatus, Version,
};
use crate::model::invocation::Invocation;
use crate::model::series::{Metric, Series, SeriesKey};
use crate::model::trouble::{Kind, Trouble};
use crate::time::Clock;
use crate::view::look::{Depth, Look};

const NAME: &str = "payment-authorize";

fn function(timeout_s: u32, revision: &str) -> Function {
    Function {
        name: NAME.into(),
        runtime: "nodejs22.x".into(),
        memory_mb: 1024,
        timeout_s,
        storage_mb: 512,
        revision: revision.into(),
        log_group: format!("/aws/lambda/{NAME}"),
        environment: vec![("SECRET\u{1b}[2J".into(), 7)],
        role: "arn:aws:iam::1:role/注文\u{202e}".into(),
        traced: true,
        ..Function::default()
    }
}

fn detail(app: &App) -> FunctionDetail {
    let version = |name: &str, minutes: i64, timeout_s| Version {
        version: name.into(),
        last_modified: Some(app.now - TimeDelta::minutes(minutes)),
        description: "a fix".into(),
        configuration: function(timeout_s, name),
        ..Version::default()
    };
    FunctionDetail {
        name: NAME.into(),
        aliases: vec![
            Alias { name: "live".into(), version: "7".into(), weights: vec![("8".into(), 0.1)], ..Alias::default() },
            Alias { name: "gone".into(), version: "2".into(), ..Alias::default() },
        ],
        versions: vec![version("7", 3_000, 10), version("8", 20, 30)],
        provisioned: vec![ProvisionedConcurrency {
            qualifier: "live".into(),
            requested: 5,
            allocated: 0,
            available: 0,
            status: ProvisionedStatus::Failed("not enough unreserved concurrency \u{1b}[31m".into()),
            last_modified: None,
        }],
        reserved: Some(20),
        mappings: vec![EventSourceMapping {
            source: "arn:aws:sqs:eu-west-1:1:orders".into(),
            state: "Enabled".into(),
            batch_size: 10,
            ..EventSourceMapping::default()
        }],
        grants: vec![Grant {
            principal: "events.amazonaws.com".into(),
            source: Some("arn:aws:events:eu-west-1:1:rule/keep-warm".into()),
            ..Grant::default()
        }],
        configuration: Some(Box::new(function(30, "b"))),
        missing: vec![Trouble::new(Kind::Denied, "lambda:GetPolicy", "no")],
        ..FunctionDetail::default()
    }
}

/// The open function, with every panel full.
fn program(size: (u16, u16)) -> App {
    let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), Clock::system(), size);
    let settings = AccountSettings { concurrency_limit: 1000, unreserved: 980, ..AccountSettings::default() };
    app.update(Message::News(News::AccountSettings(Ok(settings))));
    let functions = vec![function(10, "a")];
    app.update(Message::News(News::FunctionsPage { functions, page: 0, last: true }));
    app.jump(Jump::Function(NAME.into()));
    let known = detail(&app);
    app.update(Message::News(News::FunctionDetail(NAME.into(), Ok(known))));
    let invocation = |at: i64| Invocation {
        request_id: format!("8f507cfc-{at:04}"),
        start: Some(app.now - TimeDelta::seconds(at * 7)),
        version: Some(if at % 3 == 0 { "8" } else { "7" }.into()),
        duration_ms: Some(80.0 + at as f64),
        billed_ms: Some(81.0 + at as f64),
        memory_mb: Some(1024),
        memory_used_mb: Some(200),
        init_ms: (at % 10 == 0).then_some(400.0),
        ..Invocation::default()
    };
    let invocations = (0..100).map(invocation).collect();
    app.update(Message::News(News::Invocations(NAME.into(), Ok(invocations))));
    measure(&mut app);
    app
}

/// Every series that is wanted has a point in each of the last fifty minutes.
fn measure(app: &mut App) {
    measure_as(app, |key| match key.metric {
        Metric::Invocations => 120.0,
        Metric::Duration => 340.0,
        Metric::ConcurrentExecutions => 12.0,
        Metric::ApproximateAgeOfOldestMessage => 400.0,
        _ => 1.0,
    });
}

/// What no server should send.
fn measure_badly(app: &mut App) {
    let mut at = 0;
    measure_as(app, move |_| {
        at += 1;
        [12.0, 1e300, f64::NAN, -1.0, f64::INFINITY][at % 5]
    });
}

fn measure_as(app: &mut App, mut value: impl FnMut(&SeriesKey) -> f64) {
    let newest = app.now.timestamp() / 60 * 60;
    let points = |value: f64| -> Vec<_> {
        (0..50)
            .rev()
            .filter_map(|back| crate::time::Moment::from_timestamp(newest - back * 60, 0).map(|at| (at, value)))
            .collect()
    };
    let wanted = app.interests().series;
    let series = wanted
        .into_iter()
        .map(|key| {
            let points = points(value(&key));
            (key, Series { period: 60, points })
        })
        .collect();
    let settled = crate::time::Moment::from_timestamp(newest - 120, 0).unwrap();
    app.update(Message::News(News::Series { series, settled }));
    let (now, traffic) = (app.now, app.traffic.clone());
    app.update(Message::Second(now, traffic));
}

fn press(app: &mut App, codes: &[KeyCode]) {
    for code in codes {
        app.update(Message::Key(KeyEvent::new(*code, KeyModifiers::NONE)));
    }
}

fn screen(app: &App, ascii: bool) -> String {
    let look = Look::new(&Theme::embedded("night").expect("the theme is embedded"), Depth::True, ascii);
    let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
    terminal.draw(|frame| crate::view::draw(app, &look, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    buffer
        .content()
        .chunks(usize::from(app.size.0))
        .flat_map(|row| row.iter().map(ratatui::buffer::Cell::symbol).chain(["\n"]))
        .collect()
}

#[test]
fn every_panel_reads_at_three_sizes_and_in_ascii() {
    let marks = [
        ("Charts", vec!["invocations", "duration", "crosshair", "time-out 10 s -> 30 s"]),
        (
            "Aliases",
            vec![
                "8 10%",
                "8: 0.8% errors, p99 340ms of 6000; 7: 0.8%",
                "which is not there",
                "FAILED, 0 of 5 are ready: not enough",
            ],
        ),
        ("Concurrency", vec!["this function", "reserved", "FAILED: not enough", "unreserved"]),
        ("Invocations", vec!["Recent invocations 100, 10 cold", "cold 400ms", "v7"]),
        ("Cold starts", vec!["10 of 100 cold, 10%", "kept ready", "by version", "a month"]),
        ("Triggers", vec!["sqs orders: Enabled", "keep-warm", "by its name"]),
        ("Cost", vec!["max 200, p99 200 of 1024 MB", "over-provisioned", "256 MB would hold it"]),
        ("Configuration", vec!["changed ", "time-out 10 s -> 30 s", "1024 MB", "nodejs22.x"]),
    ];
    for (size, ascii) in [((80, 24), false), ((80, 24), true), ((120, 40), false), ((200, 60), false)] {
        let mut app = program(size);
        for (name, words) in &marks {
            measure(&mut app);
            let mut shown = screen(&app, ascii);
            assert!(shown.contains(name), "{name} at {size:?}\n{shown}");
            if *name == "Concurrency" {
                // A small screen shows the beginning of it: the rest is further down.
                for _ in 0..40 {
                    press(&mut app, &[KeyCode::Down]);
                    shown.push_str(&screen(&app, ascii));
                }
            }
            for word in words {
                let word = if size.0 > 100 && *word == "8 10%" { &"10% to 8" } else { word };
                assert!(shown.contains(word), "{word} in {name} at {size:?}\n{shown}");
            }
            assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
            press(&mut app, &[KeyCode::Tab]);
        }
        assert!(screen(&app, ascii).contains("crosshair"), "Tab has gone round");
    }
}

#[test]
fn the_crosshair_tells_its_values_and_leads_to_its_minute() {
    let mut app = program((120, 40));
    press(&mut app, &[KeyCode::Left, KeyCode::Left]);
    let at = app.selected().at.expect("the crosshair has a moment");
    assert_eq!(at.timestamp() % 60, 0);
    let shown = screen(&app, false);
    assert!(shown.contains(&format!("{}  inv 120  err 1", at.format("%H:%M"))), "{shown}");
    press(&mut app, &[KeyCode::Home]);
    let far = screen(&app, false);
    press(&mut app, &[KeyCode::End, KeyCode::PageUp, KeyCode::PageUp]);
    let near = screen(&app, false);
    assert!(near.contains("V ") && near.contains("version 8 published: a fix"), "{near}");
    assert!(far.contains("version 8 published: a fix (39m after)"), "the nearest is the oldest: {far}");
    assert!(shown.contains("its traces"), "{shown}");
    press(&mut app, &[KeyCode::End]);
    assert!(screen(&app, false).contains("provisional"), "the newest minutes are");
    press(&mut app, &[KeyCode::PageUp]);
    let at = app.selected().at.expect("the crosshair has a moment");
    press(&mut app, &[KeyCode::Char('l')]);
    let minute = Some((at.timestamp_millis(), at.timestamp_millis() + 59_999));
    assert_eq!((app.tab, app.logs.range), (Tab::Logs, minute));
    press(&mut app, &[KeyCode::Esc]);
    assert_eq!((app.tab, app.functions.opened()), (Tab::Functions, Some(NAME)));
    press(&mut app, &[KeyCode::Enter]);
    assert_eq!((app.tab, app.logs.invocations.stretch), (Tab::Logs, minute));
    assert!(screen(&app, false).contains("ran "), "{}", screen(&app, false));
    press(&mut app, &[KeyCode::Esc, KeyCode::Char('t')]);
    assert_eq!((app.tab, app.traces.list.stretch.map(|(from, _)| from)), (Tab::Traces, Some(at)));
    assert!(screen(&app, false).contains("began "), "{}", screen(&app, false));
    press(&mut app, &[KeyCode::Esc]);
    assert_eq!(app.tab, Tab::Functions, "Esc leads back in one step");
    press(&mut app, &[KeyCode::Esc]);
    assert_eq!((app.selected().at, app.functions.opened()), (None, Some(NAME)), "Esc takes the crosshair first");
    press(&mut app, &[KeyCode::Esc]);
    assert_eq!(app.functions.opened(), None);
}

#[test]
fn one_alias_is_charted_and_versions_are_compared_by_keys() {
    let mut app = program((120, 40));
    press(&mut app, &[KeyCode::Tab, KeyCode::Enter]);
    measure(&mut app);
    let shown = screen(&app, false);
    assert!(shown.contains("payment-authorize:live") && shown.contains("p99 by version"), "{shown}");
    press(&mut app, &[KeyCode::Enter]);
    assert!(!screen(&app, false).contains("p99 by version"));
    // The newest version, below two aliases and a comparison, with the one before it; then with what live leads to.
    press(&mut app, &[KeyCode::Down, KeyCode::Down, KeyCode::Down, KeyCode::Char('d')]);
    let shown = screen(&app, false);
    assert!(shown.contains("7 -> 8") && shown.contains("10 s -> 30 s"), "{shown}");
    press(&mut app, &[KeyCode::Char('d')]);
    assert!(screen(&app, false).contains("live -> 8"), "{}", screen(&app, false));
    press(&mut app, &[KeyCode::Esc]);
    let shown = screen(&app, false);
    assert!(shown.contains("runtime") && app.functions.opened().is_some(), "{shown}");
}

#[test]
fn a_function_that_is_deleted_while_open_says_so_and_keeps_what_was_known() {
    let mut app = program((80, 24));
    let gone = Trouble::new(Kind::Missing, "lambda:GetFunctionConfiguration", "Function not found");
    app.update(Message::News(News::FunctionDetail(NAME.into(), Err(gone))));
    let shown = screen(&app, false);
    assert!(shown.contains("is not there any more, deleted or renamed: what is shown"), "{shown}");
    assert!(shown.contains("invocations"), "{shown}");
}

#[test]
fn only_what_the_panels_on_screen_need_is_asked_for() {
    let mut app = program((80, 24));
    let charts = app.interests();
    assert!(charts.invocations.is_none() && charts.detail.as_deref() == Some(NAME));
    press(&mut app, &[KeyCode::Tab, KeyCode::Tab, KeyCode::Tab]);
    let invocations = app.interests();
    assert!(invocations.invocations.is_some() && invocations.series.len() < charts.series.len());
    let mut large = program((200, 60));
    press(&mut large, &[KeyCode::Tab, KeyCode::Tab, KeyCode::Tab]);
    assert!(large.interests().series.len() > invocations.series.len(), "the charts are there too");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn no_key_at_any_size_harms_the_open_function(
        size in (1u16..210, 1u16..70),
        ascii: bool,
        keys in prop::collection::vec(prop::sample::select(vec![
            KeyCode::Up, KeyCode::Down, KeyCode::PageDown, KeyCode::PageUp, KeyCode::End, KeyCode::Home, KeyCode::Tab,
            KeyCode::Tab, KeyCode::BackTab, KeyCode::Enter, KeyCode::Char('d'), KeyCode::Left, KeyCode::Right,
            KeyCode::Char('w'), KeyCode::Char('z'), KeyCode::Char('y'),
        ]), 0..24),
    ) {
        let mut app = program(size);
        for code in keys {
            press(&mut app, &[code]);
            measure_badly(&mut app);
            let shown = screen(&app, ascii);
            let hostile = shown.contains('\u{1b}');
            prop_assert!(!hostile);
            prop_assert!(app.interests().series.len() <= 500);
        }
    }
}
