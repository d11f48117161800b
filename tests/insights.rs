//! Logs Insights from the form to the rows: every ready query runs, its numbers are the world's, and what is not wanted
//! any more is stopped and not paid for.

use crate::embedded::{Embedded, Polling, origin};
use crate::frames::Scene;
use slsdash::app::interests::{InsightsQuery, Interests, Tempo};
use slsdash::app::message::News;
use slsdash::app::tabs::logs::insights::ready::READY;
use slsdash::app::tabs::logs::insights::table::cell;
use slsdash::model::insights::{Progress, Query, Row, Span, Status};
use slsdash::model::trouble::{Kind, Trouble};
use slsdash::poll::Pace;
use slsdash::sim::faults::Fault;
use slsdash::sim::world::invocation::{Invocation, Outcome};
use std::collections::BTreeMap;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A stretch that has settled: nothing of it is still on its way.
fn stretch() -> (i64, i64) {
    let to = origin().timestamp() - 120;
    (to - 90, to)
}

fn wanted(generation: u64, groups: &[String], text: &str) -> Interests {
    let (from, to) = stretch();
    let query = Query { groups: groups.to_vec(), text: text.into(), from, to };
    Interests { insights: Some(InsightsQuery { generation, query }), ..Interests::default() }
}

fn functions_groups(embedded: &Embedded) -> Vec<String> {
    let catalog = &embedded.sim.world().catalog;
    let mut groups: Vec<String> = catalog.functions.iter().map(|function| function.log_group.clone()).collect();
    groups.sort();
    groups.dedup();
    groups.truncate(50);
    groups
}

/// What a query comes to.
async fn ran(embedded: &Embedded, groups: &[String], text: &str) -> Progress {
    let mut polling = embedded.poll(wanted(1, groups, text), Pace::default());
    let news = until_ended(&mut polling).await;
    match news.into_iter().last() {
        Some(News::Insights { progress, .. }) => progress,
        other => panic!("{text}: {other:?}"),
    }
}

async fn until_ended(polling: &mut Polling) -> Vec<News> {
    let mut told = Vec::new();
    for _ in 0..600 {
        for news in polling.news_for(SECOND).await {
            let ended = match &news {
                News::Insights { progress, .. } => progress.status.has_ended(),
                News::InsightsFailed { .. } => true,
                _ => false,
            };
            told.push(news);
            if ended {
                return told;
            }
        }
    }
    panic!("the query never ends: {told:?}");
}

fn number(row: &Row, name: &str) -> f64 {
    cell(row, name).and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {row:?}"))
}

/// Invocations that reported within the stretch, by log group.
fn reported(embedded: &Embedded, groups: &[String]) -> BTreeMap<String, Vec<Invocation>> {
    let (from, to) = stretch();
    let (from, to) = (from * 1000, to * 1000);
    let world = embedded.sim.world();
    let mut reported: BTreeMap<String, Vec<Invocation>> = BTreeMap::new();
    for (at, function) in world.catalog.functions.iter().enumerate() {
        let began = world.invocations(at, from - 15 * 60_000, to + 1);
        let ended = |one: &Invocation| (from..=to).contains(&(one.start + one.duration_ms as i64));
        let ran = |one: &Invocation| !matches!(one.outcome, Outcome::Throttled { .. });
        let of_group = began.into_iter().filter(|one| ran(one) && ended(one));
        if groups.contains(&function.log_group) {
            reported.entry(function.log_group.clone()).or_default().extend(of_group);
        }
    }
    reported.retain(|_, invocations| !invocations.is_empty());
    reported
}

fn ready(name: &str) -> &'static str {
    READY.iter().find(|ready| ready.name == name).unwrap_or_else(|| panic!("no ready query {name}")).text
}

fn group_of(row: &Row) -> String {
    cell(row, "@log").and_then(|log| log.split_once(':')).map(|(_, name)| name.to_string()).expect("@log is shown")
}

#[tokio::test(start_paused = true)]
async fn cold_starts_are_those_of_the_world() {
    let embedded = Embedded::start("coldstart").await;
    let groups = functions_groups(&embedded);
    let truth = reported(&embedded, &groups);
    let progress = ran(&embedded, &groups, ready("cold starts")).await;
    assert_eq!(progress.status, Status::Complete);
    let found: BTreeMap<String, (f64, f64)> = progress
        .rows
        .iter()
        .map(|row| (group_of(row), (number(row, "invocations"), number(row, "coldStarts"))))
        .collect();
    let expected: BTreeMap<String, (f64, f64)> = truth
        .iter()
        .map(|(group, all)| {
            let cold = all.iter().filter(|one| one.init_ms.is_some()).count();
            (group.clone(), (all.len() as f64, cold as f64))
        })
        .collect();
    assert_eq!(found, expected);
    assert!(expected.values().any(|(_, cold)| *cold > 10.0), "a storm of cold starts has some");
    assert!(progress.statistics.bytes > 0 && progress.statistics.scanned >= progress.statistics.matched);
}

#[tokio::test(start_paused = true)]
async fn the_slowest_and_the_most_expensive_are_those_of_the_world() {
    let embedded = Embedded::start("shop").await;
    let groups = functions_groups(&embedded);
    let truth = reported(&embedded, &groups);
    let rows = ran(&embedded, &groups, ready("slowest invocations")).await.rows;
    let slowest = truth.values().flatten().max_by(|a, b| a.duration_ms.total_cmp(&b.duration_ms)).unwrap();
    assert!(rows.len() > 50);
    assert_eq!(cell(&rows[0], "request"), Some(slowest.request_id.as_str()));
    assert!((number(&rows[0], "durationMs") - slowest.duration_ms).abs() < 0.01);
    assert!(rows.windows(2).all(|two| number(&two[0], "durationMs") >= number(&two[1], "durationMs")));

    let rows = ran(&embedded, &groups, ready("most expensive invocations")).await.rows;
    let catalog = &embedded.sim.world().catalog;
    let gb_seconds = |one: &Invocation| {
        let billed = (one.duration_ms + one.init_ms.unwrap_or(0.0)).ceil();
        billed / 1000.0 * f64::from(catalog.functions[one.function].memory_mb) / 1024.0
    };
    let dearest = truth.values().flatten().map(gb_seconds).max_by(f64::total_cmp).unwrap();
    assert!((number(&rows[0], "gbSeconds") - dearest).abs() < 0.001, "{:?} {dearest}", rows[0]);
    assert!((number(&rows[0], "dollarsPerMillion") - dearest * 16.6667).abs() < 0.01);
}

#[tokio::test(start_paused = true)]
async fn errors_time_outs_and_memory_are_those_of_the_world() {
    let mut types = 0;
    for scenario in ["shop", "outage"] {
        let embedded = Embedded::start(scenario).await;
        let groups = functions_groups(&embedded);
        let truth = reported(&embedded, &groups);
        let mut expected: BTreeMap<(String, String), f64> = BTreeMap::new();
        for (group, all) in &truth {
            for one in all {
                let kind = match &one.outcome {
                    Outcome::Error { kind, .. } => kind.clone(),
                    Outcome::TimedOut => "timeout".into(),
                    Outcome::OutOfMemory => "Runtime.OutOfMemory".into(),
                    _ => continue,
                };
                *expected.entry((group.clone(), kind)).or_default() += 1.0;
            }
        }
        let rows = ran(&embedded, &groups, ready("errors by type")).await.rows;
        let found: BTreeMap<(String, String), f64> = rows
            .iter()
            .filter(|row| number(row, "invocations") > 0.0)
            .map(|row| ((group_of(row), cell(row, "error").unwrap().to_string()), number(row, "invocations")))
            .collect();
        types += found.len();
        assert_eq!(found, expected, "{scenario}");

        let timed_out = |one: &&Invocation| one.outcome == Outcome::TimedOut;
        let ids: std::collections::BTreeSet<&str> =
            truth.values().flatten().filter(timed_out).map(|one| one.request_id.as_str()).collect();
        let rows = ran(&embedded, &groups, ready("time-outs")).await.rows;
        let found: std::collections::BTreeSet<&str> = rows.iter().filter_map(|row| cell(row, "request")).collect();
        assert!(
            found.is_subset(&ids) && (rows.len() == 100 || found.len() == ids.len()),
            "{scenario}: {found:?} {ids:?}"
        );

        let rows = ran(&embedded, &groups, ready("memory used of size")).await.rows;
        assert_eq!(rows.len(), truth.len());
        for row in &rows {
            let most = truth[&group_of(row)].iter().map(|one| one.memory_used_mb).max().unwrap();
            assert!((number(row, "maxUsedMB") - f64::from(most)).abs() < 1e-6, "{row:?} {most}");
        }
    }
    assert!(types > 2, "the incidents have errors of several types");
}

#[tokio::test(start_paused = true)]
async fn messages_lines_and_access_logs_have_rows() {
    let embedded = Embedded::start("outage").await;
    let groups = functions_groups(&embedded);
    let rows = ran(&embedded, &groups, ready("most frequent messages")).await.rows;
    assert!(rows.len() > 5 && number(&rows[0], "times") >= number(&rows[1], "times"));
    for row in &rows {
        let text = cell(row, "text").unwrap();
        assert!(
            !["START ", "END ", "REPORT ", "INIT_START", "{\"time\""].iter().any(|own| text.starts_with(own)),
            "{text}"
        );
    }
    let rows = ran(&embedded, &groups[..1], ready("all lines")).await.rows;
    assert!(!rows.is_empty() && rows.iter().all(|row| cell(row, "@message").is_some()));

    let catalog = &embedded.sim.world().catalog;
    let access: Vec<String> =
        catalog.apis.iter().flat_map(|api| &api.stages).filter_map(|stage| stage.access_log_group.clone()).collect();
    assert!(!access.is_empty());
    let rows = ran(&embedded, &access, ready("5xx of an access log")).await.rows;
    assert!(!rows.is_empty(), "an outage has 5xx");
    assert!(rows.iter().all(|row| number(row, "code") >= 500.0 && cell(row, "route").is_some()));
}

fn started(embedded: &Embedded) -> u64 {
    embedded.sim.ledger().count("logs", "StartQuery")
}

fn stopped(embedded: &Embedded) -> u64 {
    embedded.sim.ledger().count("logs", "StopQuery")
}

#[tokio::test(start_paused = true)]
async fn a_query_is_begun_once_and_stopped_once() {
    let embedded = Embedded::start("shop").await;
    let groups = functions_groups(&embedded);
    let mut interests = wanted(1, &groups[..6], "stats count(*) by @log");
    if let Some(wanted) = &mut interests.insights {
        // Long enough to be under way for a while.
        wanted.query.from -= 3 * 3600;
    }
    let mut polling = embedded.poll(interests, Pace::default());
    let news = polling.news_for(3 * SECOND / 2).await;
    let News::Insights { generation: 1, progress } = news.last().unwrap() else { panic!("{news:?}") };
    assert_eq!(progress.status, Status::Running);
    // Asking again for everything does not begin it again, and pausing does not lose it.
    polling.want(|interests| interests.refresh += 1);
    polling.want(|interests| interests.tempo = Tempo::Paused);
    assert!(polling.news_for(30 * SECOND).await.is_empty());
    polling.want(|interests| interests.tempo = Tempo::Normal);
    let news = polling.news_for(SECOND / 2).await;
    let News::Insights { generation: 1, progress } = news.last().unwrap() else { panic!("{news:?}") };
    assert!(progress.statistics.bytes > 0, "what it has scanned is told while it runs");
    assert_eq!((started(&embedded), stopped(&embedded)), (1, 0));
    polling.want(|interests| interests.insights = None);
    let news = polling.news_for(5 * SECOND).await;
    let Some(News::Insights { generation: 1, progress: last }) = news.last() else { panic!("{news:?}") };
    assert_eq!(last.status, Status::Cancelled);
    assert!(last.statistics.bytes >= progress.statistics.bytes);
    assert_eq!((started(&embedded), stopped(&embedded)), (1, 1));
    let looked = embedded.sim.ledger().count("logs", "GetQueryResults");
    polling.news_for(60 * SECOND).await;
    assert_eq!(embedded.sim.ledger().count("logs", "GetQueryResults"), looked, "what is stopped is left alone");
}

#[tokio::test(start_paused = true)]
async fn another_query_takes_the_place_of_the_one_that_runs() {
    let embedded = Embedded::start("shop").await;
    let groups = functions_groups(&embedded);
    let mut interests = wanted(1, &groups[..6], "stats count(*) by @log");
    interests.insights.as_mut().unwrap().query.from -= 3 * 3600;
    let mut polling = embedded.poll(interests, Pace::default());
    polling.news_for(3 * SECOND).await;
    let other = wanted(2, &groups[..1], "stats count(*)").insights;
    polling.want(|interests| interests.insights = other);
    let mut news = until_ended(&mut polling).await;
    assert!(
        matches!(news.last(), Some(News::Insights { generation: 1, progress }) if progress.status == Status::Cancelled)
    );
    news = until_ended(&mut polling).await;
    assert!(
        matches!(news.last(), Some(News::Insights { generation: 2, progress }) if progress.status == Status::Complete)
    );
    assert_eq!((started(&embedded), stopped(&embedded)), (2, 1));
    // It has ended by itself: there is nothing to stop.
    polling.want(|interests| interests.insights = None);
    polling.news_for(5 * SECOND).await;
    assert_eq!(stopped(&embedded), 1);
}

async fn failed(embedded: &Embedded, text: &str) -> (Trouble, Option<Span>) {
    let groups = functions_groups(embedded);
    let mut polling = embedded.poll(wanted(7, &groups, text), Pace::default());
    match until_ended(&mut polling).await.pop() {
        Some(News::InsightsFailed { generation: 7, trouble, place }) => (trouble, place),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_malformed_query_is_told_with_its_place() {
    let embedded = Embedded::start("shop").await;
    let (trouble, place) = failed(&embedded, "fields @message\n| sortt @timestamp desc").await;
    assert_eq!(trouble.kind, Kind::Invalid);
    assert_eq!(place, Some(Span { from: 18, to: 23 }), "{trouble:?}");
    assert!(trouble.message.contains("sortt"), "{}", trouble.message);
    assert_eq!(started(&embedded), 1, "it is not sent again");
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_for_and_denial_is_told() {
    let embedded = Embedded::start("shop").await;
    embedded.sim.faults().inject_times("logs:StartQuery", Fault::Throttle, 2);
    embedded.sim.faults().inject_times("logs:GetQueryResults", Fault::Throttle, 2);
    embedded.sim.faults().inject_times("logs:GetQueryResults", Fault::Drop, 2);
    let groups = functions_groups(&embedded);
    let progress = ran(&embedded, &groups[..2], "stats count(*)").await;
    assert_eq!((progress.status, progress.rows.len()), (Status::Complete, 1));

    let embedded = Embedded::start("shop").await;
    embedded.sim.faults().inject("logs:StartQuery", Fault::Deny);
    let (trouble, place) = failed(&embedded, "stats count(*)").await;
    assert_eq!((trouble.kind, trouble.operation.as_str(), place), (Kind::Denied, "logs:StartQuery", None));

    // The answer is lost: it can't be known whether it began, so it is not begun again.
    let embedded = Embedded::start("shop").await;
    embedded.sim.faults().inject("logs:StartQuery", Fault::Truncate);
    let (trouble, _) = failed(&embedded, "stats count(*)").await;
    assert!(matches!(trouble.kind, Kind::Network | Kind::Garbled), "{trouble:?}");
    assert_eq!(started(&embedded), 1);

    // Whoever may not see what it finds need not let it go on.
    let embedded = Embedded::start("shop").await;
    embedded.sim.faults().inject("logs:GetQueryResults", Fault::Deny);
    let (trouble, _) = failed(&embedded, "stats count(*)").await;
    assert_eq!((trouble.kind, stopped(&embedded)), (Kind::Denied, 1));
}

#[tokio::test(start_paused = true)]
async fn a_ready_query_by_keys_leads_to_an_invocation() {
    let mut scene = Scene::of("outage", (120, 40)).await;
    scene.open_function("payment-authorize").await;
    scene.press(&["l"]);
    scene.settle().await;
    scene.press(&["I"]);
    scene.settle().await;
    assert!(scene.text().contains("scans about") && scene.text().contains("cold starts"), "{}", scene.text());
    scene.press(&["down", "ctrl-s"]);
    scene.settle().await;
    let screen = scene.text();
    assert!(screen.contains("complete · 100 rows · scanned") && screen.contains("durationMs"), "{screen}");
    let slowest = scene.app.selected();
    let request = slowest.request_id.expect("a slow invocation has an id");
    assert_eq!(slowest.function.as_deref(), Some("payment-authorize"));
    scene.press(&["l"]);
    scene.settle().await;
    let screen = scene.text();
    assert!(screen.contains("platform.report") && screen.contains(&format!("/{request}")), "{screen}");
}
