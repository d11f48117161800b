use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::app::Origin;
use crate::app::keymap::Keymap;
use crate::app::message::{Message, News};
use crate::app::tabs::apis::sort::Column;
use crate::config::{Config, Theme};
use crate::model::api::{
    ApiAccount, ApiDetail, Deployment, MethodSettings, Protocol, Refused, Route, Stage, UsagePlan,
};
use crate::model::series::Series;
use crate::model::trouble::{Kind, Trouble};
use crate::store::gateway::stage_subject;
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
    let upper = matches!(code, KeyCode::Char(c) if c.is_ascii_uppercase());
    Message::Key(KeyEvent::new(code, if upper { KeyModifiers::SHIFT } else { KeyModifiers::NONE }))
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

/// The stage prod of the first API, open on that panel.
fn opened(size: (u16, u16), panel: Panel) -> App {
    let mut app = program(size);
    app.update(key(KeyCode::Char('5')));
    app.jump(crate::app::step::Jump::Stage("id0".into(), "prod".into()));
    while app.apis.panel != panel {
        app.update(key(KeyCode::Tab));
    }
    app
}

#[test]
fn a_text_is_looked_for_within_a_panel_and_the_tables_filter_stays() {
    let mut app = program((120, 40));
    app.update(key(KeyCode::Char('5')));
    app.apis.filter = "proto:rest".into();
    app.jump(crate::app::step::Jump::Stage("id0".into(), "prod".into()));
    for c in "/canary".chars() {
        app.update(key(KeyCode::Char(c)));
    }
    app.update(key(KeyCode::Enter));
    let shown = screen(&app);
    assert!(shown.contains("of the requests go to another deployment") && !shown.contains("web ACL"), "{shown}");
    assert_eq!(app.apis.filter, "proto:rest");
    app.update(key(KeyCode::Esc));
    assert!(app.apis.is_open() && screen(&app).contains("web ACL"), "Esc drops the text first");
    app.update(key(KeyCode::Esc));
    assert!(!app.apis.is_open());
}

#[test]
fn methods_say_what_applies_and_lead_to_charts_only_where_there_are_any() {
    let mut app = opened((80, 24), Panel::Methods);
    let shown = screen(&app);
    assert!(shown.contains("rate 10000/s from the account, burst 5000 from the account"), "{shown}");
    assert!(shown.contains("cached for 2147483647 s") && shown.contains("detailed metrics are off"), "{shown}");
    assert_eq!(app.selected().route.as_deref(), Some("GET /"));
    app.update(key(KeyCode::Char('m')));
    assert_eq!(app.apis.panel, Panel::Charts);
    assert!(app.apis.chart_of.is_none() && screen(&app).contains("Detailed metrics are off"), "{}", screen(&app));
    let mut stage = stage("prod", 3);
    stage.defaults.detailed_metrics = Some(true);
    app.update(Message::News(News::Stages("id0".into(), Ok(vec![stage]))));
    for code in [KeyCode::Left, KeyCode::Left, KeyCode::Char('m')] {
        app.update(key(code));
    }
    assert_eq!(app.apis.chart_of.as_deref(), Some("GET /"));
    let subject = gateway::method_subject(&app.store.apis.get().unwrap()[0], "prod", "GET /").unwrap();
    assert!(app.interests().series.iter().any(|key| key.subject == subject));
    app.update(key(KeyCode::Esc));
    assert_eq!(app.apis.panel, Panel::Methods);
}

#[test]
fn limits_name_plans_and_what_their_keys_have_used_and_a_verdict_stands_above() {
    let mut app = opened((80, 24), Panel::Limits);
    assert!(screen(&app).contains("waiting for them"), "{}", screen(&app));
    let plan = UsagePlan {
        id: "p1".into(),
        name: "partner".into(),
        quota: Some(crate::model::api::Quota { limit: 1000, offset: 0, period: "DAY".into() }),
        stages: vec![crate::model::api::PlanStage { api: "id0".into(), stage: "prod".into(), throttles: vec![] }],
        keys: vec![crate::model::api::ApiKey {
            id: "k1".into(),
            name: "acme".into(),
            enabled: Some(true),
            used: Some(1000),
            left: Some(0),
        }],
        ..UsagePlan::default()
    };
    let refused =
        Refused { to: Some(app.now), refused: 42, kinds: vec![("QUOTA_EXCEEDED".into(), 42)], ..Refused::default() };
    app.update(Message::News(News::UsagePlans(Ok(vec![plan]))));
    app.update(Message::News(News::Refused("id0".into(), "prod".into(), Ok(refused))));
    let shown = screen(&app);
    assert!(shown.contains("used 1000 of 1000 this DAY, none left"), "{shown}");
    assert!(shown.contains("refused 42"), "{shown}");
    let flat = shown.replace("│\n│", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("key acme has used 1000 of the 1000 requests that usage plan partner grants"), "{flat}");
    let lines = app.apis.lines(Panel::Limits, &app.store, app.now);
    let at = lines.iter().position(|line| line.what == "plan partner").unwrap();
    (0..at).for_each(|_| drop(app.update(key(KeyCode::Down))));
    assert_eq!(app.selected().plan.as_deref(), Some("p1"));
    assert_eq!(app.selected().title, "usage plan partner");
}

#[test]
fn deployments_say_which_one_the_stage_runs_and_what_is_denied() {
    let mut app = opened((80, 24), Panel::Deployments);
    let mut stage = stage("prod", 0);
    stage.deployment = Some("d2".into());
    stage.canary =
        Some(crate::model::api::Canary { percent: 10.0, deployment: Some("d3".into()), ..Default::default() });
    app.update(Message::News(News::Stages("id0".into(), Ok(vec![stage]))));
    let deployment = |id: &str| Deployment { id: id.into(), created: Some(app.now), ..Deployment::default() };
    let denied = Trouble::new(Kind::Denied, "apigateway:GET /domainnames", "no");
    let detail = ApiDetail {
        deployments: vec![deployment("d3"), deployment("d2")],
        missing: vec![denied],
        ..ApiDetail::default()
    };
    app.update(Message::News(News::ApiDetail("id0".into(), Ok(detail))));
    let shown = screen(&app);
    assert!(shown.contains("this stage runs it, 90%") && shown.contains("its canary, 10%"), "{shown}");
    assert!(shown.contains("apigateway:GET /domainnames is denied"), "{shown}");
}

#[test]
fn a_stage_or_an_api_that_is_gone_says_so() {
    for panel in Panel::ALL {
        let mut app = opened((80, 24), panel);
        app.update(Message::News(News::Stages("id0".into(), Ok(vec![]))));
        assert!(screen(&app).contains("no stage of this name: it may have been deleted"), "{}", screen(&app));
        app.update(Message::News(News::Apis { apis: vec![], trouble: None }));
        assert!(screen(&app).contains("no API of this id: it may have been deleted"), "{}", screen(&app));
        app.update(key(KeyCode::Enter));
        app.update(key(KeyCode::Char('m')));
    }
}

#[test]
fn the_table_is_sorted_and_what_is_not_known_stands_last() {
    let mut app = program((120, 40));
    app.update(key(KeyCode::Char('5')));
    app.update(key(KeyCode::Char('s')));
    assert_eq!(app.apis.column, Column::Requests);
    assert!(screen(&app).contains("by requests"));
    let counts = |app: &App| -> Vec<Option<f64>> {
        let of = |row: &rows::Row| {
            let api = app.store.api(&row.api)?;
            row.stage.as_deref().and_then(|stage| rows::figures_of(&app.store, api, stage).count)
        };
        app.apis.rows.iter().map(of).collect()
    };
    let known = |counts: &[Option<f64>]| counts.iter().take_while(|count| count.is_some()).count();
    let shown = counts(&app);
    assert!(shown[known(&shown)..].iter().all(Option::is_none), "{shown:?}");
    app.update(key(KeyCode::Char('S')));
    let turned = counts(&app);
    assert!(turned[known(&turned)..].iter().all(Option::is_none), "{turned:?}");
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
            KeyCode::Left, KeyCode::Right, KeyCode::Char('s'), KeyCode::Char('S'), KeyCode::Char('z'),
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
