//! The way of a query by keys: written, asked about, run, cancelled, sorted, filtered, written to a file.

use chrono::DateTime;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::ready::READY;
use crate::app::App;
use crate::app::Origin;
use crate::app::command::Place;
use crate::app::effect::Effect;
use crate::app::export::Contents;
use crate::app::keymap::Keymap;
use crate::app::message::{Message, News};
use crate::app::overlay::Overlay;
use crate::app::step::{Jump, LogTarget};
use crate::app::tabs::Tab;
use crate::app::tabs::logs::Panel;
use crate::config::Config;
use crate::model::function::Function;
use crate::model::insights::{Progress, Row, Span, Statistics, Status};
use crate::model::log::LogGroup;
use crate::model::trouble::{Kind, Trouble};
use crate::time::{Clock, Moment};

fn now() -> Moment {
    DateTime::from_timestamp(1_795_260_000, 0).expect("a moment")
}

fn key(app: &mut App, code: KeyCode, modifiers: KeyModifiers) -> Vec<Effect> {
    app.update(Message::Key(KeyEvent::new(code, modifiers)))
}

fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let code = |c| if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
    let shift = |c: char| if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    keys.chars().flat_map(|c| key(app, code(c), shift(c))).collect()
}

fn run_it(app: &mut App) -> Vec<Effect> {
    key(app, KeyCode::Char('s'), KeyModifiers::CONTROL)
}

/// In the log of a function, whose group holds so many bytes, a day's worth.
fn app(stored_bytes: u64, class: &str) -> App {
    let clock = Clock::reading(now);
    let mut app = App::new(Config::default(), Keymap::defaults(), Origin::default(), clock, (120, 40));
    let function = Function { name: "a".into(), log_group: "/aws/lambda/a".into(), ..Function::default() };
    app.update(Message::News(News::FunctionsPage { functions: vec![function], page: 0, last: true }));
    let group = LogGroup {
        name: "/aws/lambda/a".into(),
        class: class.into(),
        stored_bytes,
        created: now().timestamp_millis() - 86_400_000,
        ..LogGroup::default()
    };
    app.update(Message::News(News::LogGroups(Ok(vec![group]))));
    press(&mut app, "2l");
    assert_eq!(app.tab, Tab::Logs);
    app
}

fn tell(app: &mut App, generation: u64, status: Status, bytes: u64, rows: Vec<Row>) -> Vec<Effect> {
    let statistics = Statistics { bytes, scanned: 10, matched: 5 };
    let progress = Progress { status, statistics, rows, cut: false };
    app.update(Message::News(News::Insights { generation, progress }))
}

fn row(cells: &[(&str, &str)]) -> Row {
    cells.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect()
}

fn form(app: &App) -> &crate::app::query::QueryForm {
    match app.overlays.last() {
        Some(Overlay::Query(form)) => form,
        other => panic!("no form but {other:?}"),
    }
}

#[test]
fn a_query_is_chosen_run_and_its_rows_lead_on() {
    let mut app = app(1_000, "STANDARD");
    press(&mut app, "I");
    assert_eq!((app.logs.panel, form(&app).on_list), (Panel::Insights, true));
    assert!(app.interests().log_groups && app.interests().insights.is_none(), "nothing runs by itself");
    key(&mut app, KeyCode::Down, KeyModifiers::NONE);
    assert_eq!(form(&app).query(), READY[1].text);
    run_it(&mut app);
    let wanted = app.interests().insights.expect("it is wanted");
    assert_eq!(wanted.query.groups, ["/aws/lambda/a"]);
    assert_eq!((wanted.query.to - wanted.query.from, wanted.query.to), (3600, now().timestamp()));
    // The same key again sends nothing again.
    run_it(&mut app);
    assert_eq!(app.interests().insights, Some(wanted.clone()));
    tell(&mut app, wanted.generation, Status::Scheduled, 0, vec![]);
    assert!(app.overlays.is_empty(), "it runs: the form has done its work");
    assert_eq!(app.place(), Place::Insights);
    // Another tab does not end it.
    press(&mut app, "2");
    assert_eq!(app.interests().insights, Some(wanted.clone()));
    press(&mut app, "3");
    let request = "8f5d7a40-2e1c-4c0b-9d35-6a7f0e1b2c3d";
    let rows = vec![
        row(&[
            ("@timestamp", "2026-11-21 02:05:00.500"),
            ("durationMs", "9"),
            ("request", request),
            ("@log", "1:/aws/lambda/a"),
            ("@ptr", "p"),
        ]),
        row(&[
            ("@timestamp", "2026-11-21 02:06:00.000"),
            ("durationMs", "10.5"),
            ("@xrayTraceId", "1-6567e0d4-5e1b2c3d4f5a6b7c8d9e0f1a"),
        ]),
    ];
    tell(&mut app, wanted.generation, Status::Running, 1_000, rows[..1].to_vec());
    assert_eq!(app.logs.insights.table.len(), 1, "rows are shown as they come");
    tell(&mut app, wanted.generation, Status::Complete, 2_000, rows);
    assert!(app.interests().insights.is_none(), "what has ended is not asked for");
    let selected = app.selected();
    assert_eq!((selected.function.as_deref(), selected.request_id.as_deref()), (Some("a"), Some(request)));
    assert_eq!(selected.at, DateTime::from_timestamp_millis(1_795_226_700_500));
    press(&mut app, "\n");
    let Some(Overlay::Line(view)) = app.overlays.last() else { panic!("the row in whole") };
    let document: serde_json::Value = serde_json::from_str(&view.subject.text).expect("JSON");
    assert_eq!((document["durationMs"].as_str(), document.get("@ptr")), (Some("9"), None));
    key(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    // Sorted by the second column, greatest first.
    press(&mut app, "ss");
    assert_eq!(super::cell(app.logs.insights.table.selected().expect("a row"), "durationMs"), Some("10.5"));
    press(&mut app, "t");
    assert!(app.tab == Tab::Traces && app.traces.is_open());
    key(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!((app.tab, app.logs.panel), (Tab::Logs, Panel::Insights));
    press(&mut app, "/lambda\n");
    assert_eq!(app.logs.insights.table.len(), 1);
    let file = press(&mut app, "X\n");
    let [Effect::Export(export)] = file.as_slice() else { panic!("{file:?}") };
    assert!(export.path.starts_with("./insights-") && export.path.ends_with(".csv"), "{}", export.path);
    assert!(matches!(&export.contents, Contents::Table { columns, rows } if columns.len() == 5 && rows.len() == 1));
    press(&mut app, "l");
    assert_eq!(app.logs.panel, Panel::Lines);
    assert_eq!(app.logs.filter(), request);
}

#[test]
fn esc_stops_a_query_and_says_what_it_cost() {
    let mut app = app(1_000, "STANDARD");
    press(&mut app, "I");
    run_it(&mut app);
    let generation = app.interests().insights.expect("wanted").generation;
    tell(&mut app, generation, Status::Running, 1_200_000_000, vec![row(&[("a", "1")])]);
    key(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    assert!(app.interests().insights.is_none());
    tell(&mut app, generation, Status::Cancelled, 1_300_000_000, vec![]);
    assert_eq!(app.logs.insights.table.len(), 1, "what was found stays");
    let run = app.logs.insights.run.as_ref().expect("it was run");
    assert_eq!((run.progress.status, run.over_budget), (Status::Cancelled, false));
    assert!((run.progress.statistics.dollars() - 0.0065).abs() < 1e-9);
    // A word of the one before does not touch the next.
    press(&mut app, "I");
    run_it(&mut app);
    tell(&mut app, generation, Status::Complete, 5, vec![row(&[("old", "1")])]);
    assert!(app.logs.insights.is_running() && app.logs.insights.table.is_empty());
    key(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    key(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    assert!(app.interests().insights.is_none());
    tell(&mut app, generation + 1, Status::Cancelled, 0, vec![]);
    key(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(app.logs.panel, Panel::Lines);
}

#[test]
fn above_the_budget_it_asks_and_cancel_is_selected() {
    // A day's worth of 240 GB: 10 GB an hour, the budget being 5.
    let mut app = app(240_000_000_000, "STANDARD");
    press(&mut app, "I");
    run_it(&mut app);
    let Some(Overlay::Scan(question)) = app.overlays.last() else { panic!("it asks") };
    assert!(
        question.lines[0].contains("10.0 GB ($0.050)") && question.lines[0].contains("5.0 GB"),
        "{:?}",
        question.lines
    );
    assert!(app.interests().insights.is_none());
    let typed_ahead = press(&mut app, "\n");
    assert!(typed_ahead.is_empty() && app.overlays.len() == 2, "too early to have been read");
    if let Some(Overlay::Scan(question)) = app.overlays.last_mut() {
        question.opened -= chrono::TimeDelta::seconds(1);
    }
    press(&mut app, "\n");
    assert!(app.overlays.len() == 1 && app.interests().insights.is_none(), "Cancel was selected");
    run_it(&mut app);
    if let Some(Overlay::Scan(question)) = app.overlays.last_mut() {
        question.opened -= chrono::TimeDelta::seconds(1);
    }
    key(&mut app, KeyCode::Tab, KeyModifiers::NONE);
    press(&mut app, "\n");
    let wanted = app.interests().insights.expect("agreed to");
    tell(&mut app, wanted.generation, Status::Running, 9_000_000_000, vec![]);
    assert!(app.interests().insights.is_some(), "what was agreed to goes on");
}

#[test]
fn what_scans_more_than_was_expected_stops_at_the_budget_and_asks_the_next_time() {
    let mut app = app(1_000, "STANDARD");
    press(&mut app, "I");
    run_it(&mut app);
    let generation = app.interests().insights.expect("wanted").generation;
    tell(&mut app, generation, Status::Running, 5_100_000_000, vec![]);
    assert!(app.interests().insights.is_none());
    tell(&mut app, generation, Status::Cancelled, 5_200_000_000, vec![]);
    assert!(app.logs.insights.run.as_ref().is_some_and(|run| run.over_budget));
    press(&mut app, "I");
    run_it(&mut app);
    let Some(Overlay::Scan(question)) = app.overlays.last() else { panic!("it asks") };
    assert!(question.lines.iter().any(|line| line.contains("5.2 GB")), "{:?}", question.lines);
}

#[test]
fn a_malformed_query_stays_in_the_form_with_the_cursor_where_it_is_wrong() {
    let mut app = app(1_000, "STANDARD");
    press(&mut app, "I\n");
    key(&mut app, KeyCode::Char('u'), KeyModifiers::CONTROL);
    let Some(Overlay::Query(form)) = app.overlays.last_mut() else { panic!("the form") };
    form.text = ratatui_textarea::TextArea::from(["fields @message", "| sortt a"]);
    key(&mut app, KeyCode::F(5), KeyModifiers::NONE);
    let generation = app.interests().insights.expect("sent").generation;
    let trouble = Trouble::new(Kind::Invalid, "logs:StartQuery", "unexpected symbol found sortt");
    let place = Some(Span { from: 18, to: 23 });
    app.update(Message::News(News::InsightsFailed { generation, trouble, place }));
    let form = match app.overlays.last() {
        Some(Overlay::Query(form)) => form,
        other => panic!("{other:?}"),
    };
    assert_eq!(form.complaint.as_deref(), Some("line 2, column 3: unexpected symbol found sortt"));
    assert_eq!(form.text.cursor(), (1, 2));
    assert!(app.interests().insights.is_none());
}

#[test]
fn queries_are_remembered_once_and_offered_again() {
    let mut app = app(1_000, "STANDARD");
    app.logs.insights.is_kept = true;
    press(&mut app, "I\n");
    let write = |app: &mut App, text: &str| {
        let Some(Overlay::Query(form)) = app.overlays.last_mut() else { panic!("the form") };
        form.text = ratatui_textarea::TextArea::from(text.lines());
    };
    for text in ["stats count(*)", "limit 3", "stats count(*)"] {
        write(&mut app, text);
        let effects = run_it(&mut app);
        let [Effect::KeepQueries(kept)] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!(kept[0], text);
        let generation = app.interests().insights.expect("wanted").generation;
        tell(&mut app, generation, Status::Complete, 1, vec![]);
        press(&mut app, "I");
    }
    assert_eq!(app.logs.insights.history, ["stats count(*)", "limit 3"]);
    let choices = &form(&app).choices;
    assert_eq!(choices[READY.len()].text, "stats count(*)");
    for n in 0..100 {
        write(&mut app, &format!("limit {n}"));
        run_it(&mut app);
        let generation = app.interests().insights.expect("wanted").generation;
        tell(&mut app, generation, Status::Complete, 1, vec![]);
        press(&mut app, "I");
    }
    assert_eq!(app.logs.insights.history.len(), super::REMEMBERED);
}

#[test]
fn a_group_that_no_tail_can_read_is_read_in_whole() {
    let mut app = app(1_000, "INFREQUENT_ACCESS");
    press(&mut app, "I");
    assert_eq!(form(&app).choices[form(&app).cursor.row].name, super::ready::ALL_LINES);
    assert!(form(&app).query().starts_with("fields @timestamp, @message"));
}

#[test]
fn the_key_leads_to_a_query_over_the_group_that_is_chosen() {
    let mut app = app(1_000, "STANDARD");
    press(&mut app, "I");
    run_it(&mut app);
    let generation = app.interests().insights.expect("wanted").generation;
    tell(&mut app, generation, Status::Complete, 1, vec![]);
    // The same group: what was found. Another one: a query over that.
    key(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    press(&mut app, "I");
    assert!(app.overlays.is_empty() && app.logs.panel == Panel::Insights);
    let target = LogTarget { groups: vec!["/archive".into()], ..LogTarget::default() };
    app.jump(Jump::Logs(target));
    assert!(!app.interests().log_groups);
    let refused = Trouble::new(Kind::Invalid, "logs:FilterLogEvents", "the group is of class Infrequent Access");
    let tail = app.logs.generation();
    app.update(Message::News(News::TailTrouble { tail, group: "/archive".into(), trouble: Some(refused) }));
    assert!(app.interests().log_groups, "its class may be why, and the form should know it");
    let archive = LogGroup { name: "/archive".into(), class: "INFREQUENT_ACCESS".into(), ..LogGroup::default() };
    app.update(Message::News(News::LogGroups(Ok(vec![archive]))));
    press(&mut app, "I");
    assert_eq!(form(&app).choices[form(&app).cursor.row].name, super::ready::ALL_LINES);
    run_it(&mut app);
    assert_eq!(app.interests().insights.expect("wanted").query.groups, ["/archive"]);
}

#[test]
fn what_can_not_be_asked_is_said_in_the_form() {
    let mut app = app(1_000, "STANDARD");
    let groups = |n: usize| {
        let group = |n| crate::app::interests::TailGroup { name: format!("g{n}"), function: None };
        (0..n).map(group).collect::<Vec<_>>()
    };
    press(&mut app, "I");
    app.logs.groups = groups(51);
    run_it(&mut app);
    assert_eq!(form(&app).complaint.as_deref(), Some("51 log groups are chosen, a query takes 50"));
    app.logs.groups = groups(0);
    run_it(&mut app);
    assert_eq!(form(&app).complaint.as_deref(), Some("no log group is chosen"));
    app.logs.groups = groups(1);
    press(&mut app, "\n");
    app.update(Message::Paste("x".repeat(10_001)));
    run_it(&mut app);
    assert!(form(&app).complaint.as_deref().is_some_and(|why| why.contains("AWS takes 10000")));
    assert!(app.interests().insights.is_none());
}

#[test]
fn leaving_stops_the_query_first() {
    let mut app = app(1_000, "STANDARD");
    press(&mut app, "I");
    run_it(&mut app);
    let generation = app.interests().insights.expect("wanted").generation;
    tell(&mut app, generation, Status::Running, 1, vec![]);
    assert_eq!(press(&mut app, "q"), []);
    assert!(app.interests().insights.is_none());
    assert_eq!(tell(&mut app, generation, Status::Cancelled, 1, vec![]), [Effect::Quit]);
}
