use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::app::Origin;
use crate::app::keymap::Keymap;
use crate::app::message::{Message, News};
use crate::config::{Config, Theme};
use crate::model::api::{ApiAccount, Protocol, Route, Stage};
use crate::model::series::Series;
use crate::model::trouble::{Kind, Trouble};
use crate::store::metrics::stage_row;
use crate::time::Clock;
use crate::view::look::{Depth, Look};

const NAMES: [&str; 7] = ["shop", "shop", "\u{1b}[31mrot\u{202e}", "注文サービス", "", "a\u{301}👩‍👩‍👧 x", "späti"];

fn api(id: usize, name: &str, protocol: Protocol) -> Api {
    Api {
        id: format!("id{id}"),
        name: name.into(),
        protocol,
        endpoint_types: vec!["REGIONAL".into()],
        description: String::new(),
        created: None,
        endpoint: (protocol != Protocol::Rest).then(|| format!("https://id{id}.execute-api.eu-west-1.amazonaws.com")),
        tags: vec![],
    }
}

fn stage(name: &str, overrides: usize) -> Stage {
    let own = MethodSettings {
        throttle_rate: Some(-1.0),
        throttle_burst: Some(i32::MIN),
        caching: Some(true),
        cache_ttl_s: Some(i32::MAX),
        logging: Some("INFO".into()),
        ..MethodSettings::default()
    };
    Stage {
        name: name.into(),
        cache_enabled: overrides > 0,
        cache_size: (overrides > 0).then(|| "0.5".into()),
        defaults: MethodSettings { throttle_rate: Some(f64::NAN), ..own.clone() },
        overrides: (0..overrides).map(|at| (format!("GET /注文/{at}/{}", "x".repeat(at)), own.clone())).collect(),
        variables: vec![("SECRET".into(), "hunter2".into())],
        access_log: Some("arn:aws:logs".into()),
        canary: Some(crate::model::api::Canary { percent: f64::INFINITY, ..Default::default() }),
        ..Stage::default()
    }
}

/// The tab of a region with every kind of API: without stages, with very many settings, with hostile names.
fn program(size: (u16, u16)) -> App {
    let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), Clock::system(), size);
    let protocols = [Protocol::Rest, Protocol::Rest, Protocol::WebSocket, Protocol::Http];
    let apis: Vec<Api> = NAMES.iter().enumerate().map(|(id, name)| api(id, name, protocols[id % 4])).collect();
    let denied = Trouble::new(Kind::Denied, "apigateway:GET", "no \u{1b}[2J");
    let mut series = Vec::new();
    for api in &apis {
        for (at, key) in stage_row(&stage_subject(api, "prod")).into_iter().enumerate() {
            let points = vec![(app.now, [0.0, 12.0, f64::NAN, 1e300][at % 4])];
            series.push((key, Series { period: 60, points }));
        }
    }
    let routes = (0..50).map(|at| Route {
        key: format!("GET /{}", "注".repeat(at)),
        integration: "AWS_PROXY".into(),
        function: (at % 2 == 0).then(|| format!("f{at}")),
        ..Route::default()
    });
    for news in [
        News::Apis { apis, trouble: Some(denied.clone()) },
        News::Stages("id0".into(), Ok(vec![stage("prod", 300), stage("$default", 0)])),
        News::Stages("id2".into(), Err(denied.clone())),
        News::Stages("id3".into(), Ok(vec![])),
        News::Stages("id4".into(), Ok(vec![stage("prod", 0)])),
        News::Stages("id5".into(), Ok(vec![stage("注文\u{202e}", 1), stage("prod", 2)])),
        News::Stages("id6".into(), Ok(vec![stage(&"s".repeat(128), 1)])),
        News::Routes("id0".into(), Ok(routes.collect())),
        News::Routes("id5".into(), Err(denied)),
        News::ApiAccount(Ok(ApiAccount { rate: Some(10_000.0), burst: Some(5_000) })),
        News::Series { series, settled: app.now },
    ] {
        app.update(Message::News(news));
    }
    let (now, traffic) = (app.now, app.traffic.clone());
    app.update(Message::Second(now, traffic));
    app
}

fn key(code: KeyCode) -> Message {
    Message::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn screen(app: &App) -> String {
    let look = Look::new(&Theme::embedded("night").expect("the theme is embedded"), Depth::True, false);
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
fn a_stage_opens_says_whose_metrics_it_shows_and_leads_to_the_function_of_a_route() {
    let mut app = program((120, 40));
    app.update(key(KeyCode::Char('5')));
    assert!(screen(&app).contains("waiting for its stages"));
    assert!(screen(&app).contains("denied: needs apigateway:GET"));
    let rows = rows::all(&app.store, "id0 stage:prod");
    assert_eq!(rows.len(), 1);
    app.jump(crate::app::step::Jump::Stage("id0".into(), "prod".into()));
    let shown = screen(&app);
    // The other API of this name may have such a stage too, as long as its stages are not known.
    assert!(shown.contains("metrics are of 2 APIs of this name together"), "{shown}");
    assert!(shown.contains("$0.020 an hour") && !shown.contains("hunter2"), "{shown}");
    assert_eq!(app.selected().stage, Some(("id0".into(), "prod".into())));
    assert_eq!(app.apis.log_groups(&app.store, "id0", "prod"), ["API-Gateway-Execution-Logs_id0/prod"]);
    assert!(app.interests().routes.contains("id0"));
    app.update(key(KeyCode::Tab));
    assert_eq!(app.selected().function.as_deref(), Some("f0"));
    app.update(key(KeyCode::Enter));
    assert_eq!(app.functions.opened(), Some("f0"));
    app.update(key(KeyCode::Esc));
    assert!(app.apis.is_open(), "Esc leads back to the stage");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_key_at_any_size_harms_the_tab(
        size in (1u16..210, 1u16..70),
        keys in prop::collection::vec(prop::sample::select(vec![
            KeyCode::Up, KeyCode::Down, KeyCode::PageDown, KeyCode::End, KeyCode::Home, KeyCode::Tab, KeyCode::BackTab,
            KeyCode::Enter, KeyCode::Enter, KeyCode::Esc, KeyCode::Char('/'), KeyCode::Char('m'), KeyCode::Char('l'),
            KeyCode::Char('y'), KeyCode::Char('x'), KeyCode::Char('5'), KeyCode::Char('5'), KeyCode::Char('r'),
            KeyCode::Left, KeyCode::Right,
        ]), 0..24),
    ) {
        let mut app = program(size);
        app.update(key(KeyCode::Char('5')));
        for code in keys {
            app.update(key(code));
            let shown = screen(&app);
            prop_assert!(!shown.contains("hunter2"));
            let wanted = app.interests();
            prop_assert!(wanted.series.len() <= 500);
            prop_assert!(wanted.routes.len() <= 1);
        }
    }
}
