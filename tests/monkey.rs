//! Any keys, any news, any size: the state takes it and the frame is drawn, without a panic.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use slsdash::app::keymap::Keymap;
use slsdash::app::message::{Message, News};
use slsdash::app::{App, Origin};
use slsdash::config::{Config, Theme};
use slsdash::model::alarm::{Alarm, AlarmState};
use slsdash::model::api::{Api, Protocol, Stage};
use slsdash::model::function::{Alias, Function, FunctionDetail, ProvisionedConcurrency, ProvisionedStatus};
use slsdash::model::identity::{Identity, Scope};
use slsdash::model::insights::{Progress, Span, Statistics, Status};
use slsdash::model::log::LogEvent;
use slsdash::model::series::{Series, Subject};
use slsdash::model::service_graph::{ServiceEdge, ServiceGraph, ServiceNode};
use slsdash::model::trace::{Trace, TraceSummary};
use slsdash::model::tracing::{SamplingRule, TraceGroup, Tracing};
use slsdash::model::trouble::{Kind, Trouble};
use slsdash::store::metrics::function_row;
use slsdash::time::{Clock, Moment};
use slsdash::view::{
    self,
    look::{Depth, Look},
};

fn trouble() -> Trouble {
    Trouble::new(Kind::Denied, "lambda:ListFunctions", "User: arn:aws:iam::1:user/x is not authorized\u{202e}")
}

/// What pollers may say, hostile names among it.
fn news(pick: u8, now: Moment, tail: u64) -> News {
    let names = [
        "orders-api",
        "日本語の関数",
        "evil\u{1b}[31m",
        "",
        "a-very-long-name-that-does-not-fit-into-any-column-at-all-whatever-happens",
    ];
    let name = names[usize::from(pick) % names.len()].to_string();
    let api = Api {
        id: name.clone(),
        name: name.clone(),
        protocol: [Protocol::Rest, Protocol::Http, Protocol::WebSocket][usize::from(pick) % 3],
        endpoint_types: vec!["REGIONAL".into()],
        description: String::new(),
        created: None,
        endpoint: None,
        tags: vec![],
    };
    match pick % 18 {
        0 => News::FunctionsPage {
            functions: names
                .iter()
                .map(|name| Function {
                    name: (*name).into(),
                    log_group: format!("/aws/lambda/{name}"),
                    timeout_s: 3,
                    ..Function::default()
                })
                .collect(),
            page: 0,
            last: pick.is_multiple_of(2),
        },
        1 if pick.is_multiple_of(3) => News::Identity(Ok(Identity {
            scope: Scope { account: pick.to_string(), region: "eu-west-1".into() },
            ..Identity::default()
        })),
        1 if pick.is_multiple_of(2) => News::FunctionsPage { functions: vec![], page: 0, last: true },
        1 => News::FunctionsFailed(trouble()),
        2 => {
            let points = (0..60)
                .map(|n| (now - chrono::TimeDelta::minutes(60 - n), f64::from(n as i32) * f64::from(pick)))
                .collect();
            let series = Series { period: 60, points };
            let subject = if pick.is_multiple_of(2) { Subject::Fleet } else { Subject::Function(name) };
            News::Series {
                series: function_row(&subject).into_iter().map(|key| (key, series.clone())).collect(),
                settled: now,
            }
        }
        3 => News::SeriesFailed(function_row(&Subject::Fleet).to_vec(), trouble()),
        4 => News::FunctionDetail(
            name,
            Ok(FunctionDetail {
                aliases: vec![Alias { name: "live".into(), version: "1".into(), ..Alias::default() }],
                provisioned: vec![ProvisionedConcurrency {
                    qualifier: "live".into(),
                    requested: 3,
                    allocated: 1,
                    available: 1,
                    status: ProvisionedStatus::Failed("no".into()),
                    last_modified: None,
                }],
                missing: vec![trouble()],
                ..FunctionDetail::default()
            }),
        ),
        5 => News::Alarms(Ok(vec![Alarm {
            name,
            state: AlarmState::Alarm,
            reason: String::new(),
            since: Some(now),
            watches: String::new(),
            function: Some("orders-api".into()),
            api: None,
            kind: "metric",
            actions_enabled: true,
        }])),
        6 => News::Apis { apis: vec![api], trouble: pick.is_multiple_of(4).then(trouble) },
        7 => News::Stages(name, Ok(vec![Stage { name: "prod".into(), ..Stage::default() }])),
        8 => News::LogEvents {
            tail,
            events: (0..i64::from(pick))
                .map(|n| LogEvent {
                    id: n.to_string(),
                    group: name.clone(),
                    stream: "s".into(),
                    timestamp: now.timestamp_millis() - n * 977 % 5000,
                    ingestion: 0,
                    message: [
                        "[ERROR] x",
                        "{\"message\":\"日本\"}",
                        "\u{1b}]0;x\u{7} START RequestId: x",
                        "\u{301}\u{301}",
                        r#"{"a":{"b":[1,{"c":"x\ny\u001b[31m","é":{}}]},"d":null,"e":12345678901234567890}"#,
                    ][n as usize % 5]
                        .repeat(if n % 5 == 4 { 1 } else { 1 + n as usize % 40 }),
                })
                .collect(),
            read_to: now,
            caught_up: pick.is_multiple_of(3),
        },
        9 => News::OlderLogEvents { tail, events: vec![], read_from: now },
        10 => News::Traces {
            filter: String::new(),
            summaries: vec![TraceSummary {
                id: format!("1-0-{pick}"),
                start: Some(now),
                duration: Some(f64::NAN),
                fault: true,
                ..TraceSummary::default()
            }],
            read_to: now,
            capped: false,
            scanned: u64::from(pick),
        },
        11 => News::Trace(
            format!("1-0-{}", pick - 1),
            Ok(Trace {
                id: "x".into(),
                documents: vec![
                    ("a".into(), r#"{"id":"a","name":"A","start_time":1,"end_time":0}"#.into()),
                    ("b".into(), r#"{"id":"b","name":"日本","parent_id":"a","start_time":2e308}"#.into()),
                    ("c".into(), r#"{"id":"c","name":"C","parent_id":"a","start_time":1.5,"in_progress":true}"#.into()),
                ],
                ..Trace::default()
            }),
        ),
        13 if pick.is_multiple_of(4) => {
            News::InsightsFailed { generation: 1, trouble: trouble(), place: Some(Span { from: 3, to: 900 }) }
        }
        13 => News::Insights {
            generation: u64::from(pick % 3),
            progress: Progress {
                status: [Status::Running, Status::Complete, Status::Cancelled][usize::from(pick / 3) % 3],
                statistics: Statistics { bytes: u64::from(pick) << 32, scanned: u64::MAX, matched: 1 },
                rows: (0..u32::from(pick))
                    .map(|n| vec![(name.clone(), n.to_string()), ("@message".into(), name.repeat(n as usize))])
                    .collect(),
                cut: false,
            },
        },
        14 => News::ServiceGraph(Ok(ServiceGraph {
            nodes: (0..i32::from(pick % 40))
                .map(|id| ServiceNode {
                    id,
                    name: names[id as usize % names.len()].into(),
                    kind: ["client", "AWS::Lambda", "AWS::Lambda::Function", ""][id as usize % 4].into(),
                    response_times: vec![(f64::from(id), i64::from(id) - 2)],
                    edges: (0..id % 7)
                        .map(|n| ServiceEdge { to: (id * n) % 45 - 2, ..ServiceEdge::default() })
                        .collect(),
                    ..ServiceNode::default()
                })
                .collect(),
            start: Some(now),
            end: Some(now),
        })),
        15 => {
            News::ServiceGraphBefore(if pick.is_multiple_of(2) { Err(trouble()) } else { Ok(ServiceGraph::default()) })
        }
        16 => News::Tracing(Tracing {
            groups: names
                .iter()
                .map(|name| TraceGroup { name: (*name).into(), expression: Some((*name).into()) })
                .collect(),
            rules: vec![SamplingRule {
                name: "Default".into(),
                rate: f64::from(pick) - 3.0,
                reservoir: -1,
                ..SamplingRule::default()
            }],
            troubles: vec![trouble()],
            ..Tracing::default()
        }),
        12 => News::TailTrouble { tail, group: name, trouble: Some(trouble()) },
        _ => News::AccountSettings(Err(Trouble::new(Kind::Network, "lambda:GetAccountSettings", "no route"))),
    }
}

#[derive(Clone, Debug)]
enum Event {
    Key(u8, bool),
    Paste(String),
    Click(u16, u16),
    Resize(u16, u16),
    News(u8),
    Second,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => (any::<u8>(), any::<bool>()).prop_map(|(key, ctrl)| Event::Key(key, ctrl)),
        1 => ".{0,40}".prop_map(Event::Paste),
        1 => (0u16..200, 0u16..60).prop_map(|(x, y)| Event::Click(x, y)),
        2 => (0u16..220, 0u16..70).prop_map(|(x, y)| Event::Resize(x, y)),
        10 => any::<u8>().prop_map(Event::News),
        1 => Just(Event::Second),
    ]
}

fn key(pick: u8, ctrl: bool) -> KeyEvent {
    let code = match pick {
        0..=7 => KeyCode::Enter,
        8..=15 => KeyCode::Esc,
        16..=23 => KeyCode::Tab,
        24..=31 => [KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right][usize::from(pick) % 4],
        32..=126 => KeyCode::Char(char::from(pick)),
        127..=160 => [
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::Backspace,
            KeyCode::F(2),
            KeyCode::F(3),
            KeyCode::Delete,
        ][usize::from(pick) % 8],
        // The keys that lead somewhere more often than chance has it.
        _ => KeyCode::Char(char::from(b"12345ltmixPyo/:?!fWeEvFsSwzpUD44HbLncdMC"[usize::from(pick) % 40])),
    };
    KeyEvent::new(code, if ctrl && pick > 200 { KeyModifiers::CONTROL } else { KeyModifiers::NONE })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn nothing_makes_it_panic(events in prop::collection::vec(event(), 1..120), ascii: bool) {
        let now = Moment::from_timestamp(1_790_000_000, 0).expect("a moment");
        let clock = Clock::system();
        let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), clock, (120, 40));
        let look = Look::new(&Theme::default(), Depth::True, ascii);
        let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a test backend");
        for event in events {
            let message = match event {
                Event::Key(pick, ctrl) => Message::Key(key(pick, ctrl)),
                Event::Paste(text) => Message::Paste(text),
                Event::Click(column, row) => Message::Mouse(MouseEvent {
                    kind: if row.is_multiple_of(3) { MouseEventKind::ScrollUp } else { MouseEventKind::Down(MouseButton::Left) },
                    column,
                    row,
                    modifiers: KeyModifiers::NONE,
                }),
                Event::Resize(columns, rows) => {
                    terminal = Terminal::new(TestBackend::new(columns.max(1), rows.max(1))).expect("a test backend");
                    Message::Resize(columns.max(1), rows.max(1))
                }
                Event::News(pick) => {
                    let tail = app.interests().tail.map_or(0, |tail| tail.generation);
                    Message::News(news(pick, now, tail))
                }
                Event::Second => Message::Second(now, app.traffic.clone()),
            };
            for effect in app.update(message) {
                let _ = effect.is_mutation();
            }
            let _ = app.interests();
            terminal.draw(|frame| view::draw(&app, &look, frame)).expect("a frame");
        }
    }
}
