//! What the log says of invocations, against what CloudWatch says of the same minutes.

use std::collections::HashMap;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Region};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use slsdash::app::message::Message;
use slsdash::model::line;
use slsdash::sim::transport::connector;
use slsdash::sim::world::narration;
use slsdash::sim::{Options, Sim};

use crate::frames::Scene;
use slsdash::store::errors::Errors;
use slsdash::store::invocations::{Invocations, Row};

const BORN: i64 = 1_795_226_700_000; // 2026-11-21 02:05:00
const MINUTE: i64 = 60_000;
const SCENARIOS: [&str; 6] = ["calm", "coldstart", "deploy", "outage", "shop", "throttle"];
const METRICS: [(&str, &str); 5] =
    [("Invocations", "Sum"), ("Errors", "Sum"), ("Duration", "SampleCount"), ("Duration", "p50"), ("Duration", "p99")];

fn account(scenario: &str) -> (Arc<Sim>, Client) {
    // An hour after the beginning: the scenario has run its course, and all is ingested.
    let clock: slsdash::sim::Clock = Arc::new(|| BORN + 60 * MINUTE);
    let options = Options { scenario: scenario.to_owned(), seed: 7, functions: 0, region: None, clock };
    let sim = Sim::new(options).expect("the scenario is known");
    let config = aws_sdk_cloudwatch::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "tests"))
        .http_client(connector::client(sim.clone()))
        .build();
    (sim, Client::from_conf(config))
}

struct Line {
    source: u16,
    group: String,
    stream: String,
    timestamp: i64,
    message: String,
}

/// Every line of every function that an invocation begun in these minutes wrote, in an order of no meaning.
fn lines(sim: &Sim, from: i64, to: i64) -> Vec<Line> {
    let world = sim.world();
    let mut sources = HashMap::new();
    let mut lines = Vec::new();
    for (id, function) in world.catalog.functions.iter().enumerate() {
        for invocation in world.invocations(id, from, to) {
            for line in narration::lines(world, &invocation) {
                let next = sources.len() as u16;
                let source = *sources.entry((function.log_group.clone(), line.stream.clone())).or_insert(next);
                let group = function.log_group.clone();
                lines.push(Line {
                    source,
                    group,
                    stream: line.stream,
                    timestamp: line.timestamp,
                    message: line.message,
                });
            }
        }
    }
    lines.sort_by_key(|line| line.timestamp.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) ^ i64::from(line.source));
    lines
}

/// CloudWatch's answer: (function, minute, metric) and its value.
async fn metrics(client: &Client, functions: &[String], from: i64, to: i64) -> HashMap<(String, i64, usize), f64> {
    let mut found = HashMap::new();
    let names: Vec<(String, usize)> = functions
        .iter()
        .flat_map(|function| (0..METRICS.len()).map(move |metric| (function.clone(), metric)))
        .collect();
    for chunk in names.chunks(500) {
        let queries = chunk.iter().enumerate().map(|(place, (function, metric))| {
            let (name, stat) = METRICS[*metric];
            let dimension = Dimension::builder().name("FunctionName").value(function).build();
            let metric = Metric::builder().namespace("AWS/Lambda").metric_name(name).dimensions(dimension).build();
            let stat = MetricStat::builder().metric(metric).period(60).stat(stat).build();
            MetricDataQuery::builder().id(format!("m{place}")).metric_stat(stat).build()
        });
        let mut pages = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.collect()))
            .start_time(DateTime::from_millis(from))
            .end_time(DateTime::from_millis(to))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            for result in page.expect("a page").metric_data_results() {
                let place: usize = result.id().expect("an id")[1..].parse().expect("the place");
                let (function, metric) = &chunk[place];
                for (at, value) in result.timestamps().iter().zip(result.values()) {
                    let minute = at.to_millis().expect("a moment");
                    found.insert((function.clone(), minute, *metric), *value);
                }
            }
        }
    }
    found
}

fn nearest_rank(values: &mut [f64], percent: usize) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1) - 1;
    values.get(rank).copied()
}

#[tokio::test]
async fn the_index_counts_what_the_metrics_count() {
    for scenario in SCENARIOS {
        let (sim, client) = account(scenario);
        let world = sim.world();
        let (from, to) = (BORN + 4 * MINUTE, BORN + 9 * MINUTE);
        let mut index = Invocations::new();
        let mut errors = Errors::new();
        let lines = lines(&sim, from, to);
        for (place, line) in lines.iter().enumerate() {
            let said = line::read(&line.message);
            index.accept(line.source, &line.group, &line.stream, line.timestamp, &line.message, &said);
            errors.accept(line.source, &line.group, &line.stream, line.timestamp, &line.message, &said);
            if place % 1000 == 0 {
                index.settle();
            }
        }
        index.settle();
        errors.refresh(&index);
        let functions: Vec<String> = world.catalog.functions.iter().map(|function| function.name.clone()).collect();
        let metrics = metrics(&client, &functions, from, to).await;
        let mut rows: HashMap<(&str, i64), Vec<Row<'_>>> = HashMap::new();
        for row in index.rows() {
            rows.entry((row.function, row.start - row.start.rem_euclid(MINUTE))).or_default().push(row);
        }
        let (mut invocations, mut failures) = (0, 0);
        for (id, function) in functions.iter().enumerate() {
            for minute in (from..to).step_by(MINUTE as usize) {
                let metric = |metric: usize| metrics.get(&(function.clone(), minute, metric)).copied();
                let mine = rows.remove(&(function.as_str(), minute)).unwrap_or_default();
                let context = format!("{scenario}: {function} at {minute}");
                let failed = mine.iter().filter(|row| row.status.is_failure()).count();
                let mut durations: Vec<f64> = mine.iter().filter_map(|row| row.duration_ms).collect();
                assert_eq!(metric(0).unwrap_or_default(), mine.len() as f64, "{context}: Invocations");
                assert_eq!(metric(1).unwrap_or_default(), failed as f64, "{context}: Errors");
                assert_eq!(metric(2).unwrap_or_default(), durations.len() as f64, "{context}: Duration SampleCount");
                assert_eq!(metric(3), nearest_rank(&mut durations, 50), "{context}: Duration p50");
                assert_eq!(metric(4), nearest_rank(&mut durations, 99), "{context}: Duration p99");
                let mut inits: Vec<f32> = mine.iter().filter_map(|row| row.init_ms).collect();
                inits.sort_by(f32::total_cmp);
                let cold: Vec<f32> = world.tally(id, minute, None).inits.iter().map(|ms| *ms as f32).collect();
                assert_eq!(inits, cold, "{context}: cold starts");
                invocations += mine.len();
                failures += failed;
            }
        }
        assert!(rows.is_empty(), "{scenario}: {:?} are nobody's", rows.keys().collect::<Vec<_>>());
        assert!(invocations > 1000, "{scenario}: {invocations}");
        let told = index.summary(None);
        assert_eq!((told.invocations, told.errors), (invocations, failures), "{scenario}");
        assert_eq!(told.invocations, index.rows().count());
        let counted: u64 = errors.groups().map(|group| group.count).sum();
        assert_eq!(counted, failures as u64, "{scenario}: errors by fingerprint");
    }
}

#[test]
fn a_row_is_what_the_invocation_was() {
    let (sim, _) = account("outage");
    let world = sim.world();
    let (from, to) = (BORN + 20 * MINUTE, BORN + 22 * MINUTE);
    let mut index = Invocations::new();
    for line in lines(&sim, from, to) {
        let said = line::read(&line.message);
        index.accept(line.source, &line.group, &line.stream, line.timestamp, &line.message, &said);
    }
    index.settle();
    let mut seen = 0;
    for id in 0..world.catalog.functions.len() {
        for truth in world.invocations(id, from, to) {
            let ran = !narration::lines(world, &truth).is_empty();
            let request = line::RequestId::read(&truth.request_id).expect("a UUID");
            let found = index.find(request).and_then(|key| index.row(key));
            assert_eq!(found.is_some(), ran, "{truth:?}");
            let Some(row) = found else { continue };
            seen += 1;
            let function = &world.catalog.functions[id];
            assert_eq!(row.function, function.name);
            assert_eq!(row.start, truth.start);
            assert_eq!(row.duration_ms, Some(truth.duration_ms));
            assert_eq!(row.memory_mb, Some(function.memory_mb));
            assert_eq!(row.memory_used_mb, Some(truth.memory_used_mb));
            let version = if truth.version == 0 { "$LATEST".to_string() } else { truth.version.to_string() };
            assert_eq!(row.version, Some(version.as_str()));
            assert_eq!(row.lines as usize, {
                // What tells of its init comes before it: INIT_START, or both lines of a restore; an image has none.
                let init = ["INIT_START ", "RESTORE_", "\"type\":\"platform.initStart\""];
                let told = narration::lines(world, &truth);
                told.iter().filter(|line| !init.iter().any(|begun| line.message.contains(begun))).count()
            });
            if function.traced {
                assert_eq!(row.trace_id.map(|id| id.to_string()), Some(truth.trace_id.clone()));
            }
        }
    }
    assert!(seen > 500, "{seen}");
}

#[tokio::test(start_paused = true)]
async fn the_lists_of_the_logs_tab_lead_to_lines_and_traces() {
    let mut scene = Scene::of("outage", (120, 40)).await;
    scene.open_function("payment-authorize").await;
    scene.press(&["l"]);
    scene.settle().await;
    scene.press(&["tab"]);
    assert!(scene.text().contains("lines to read") && scene.app.is_busy(), "{}", scene.text());
    while scene.app.is_busy() {
        scene.app.update(Message::Slice);
    }
    let list = scene.text();
    assert!(list.contains(" invocations · p50 ") && list.contains("cold ") && list.contains("outcome"), "{list}");
    assert!(list.contains("payment-authorize"), "{list}");
    let all = scene.app.store.logs.invocations.rows().count();
    let shown = scene.app.logs.invocations.len();
    assert!(shown == all && all > 20, "{shown} of {all}");
    // Failures first; only those of one kind; back to all.
    scene.press(&["s", "s", "s", "s"]);
    let index = &scene.app.store.logs.invocations;
    assert!(scene.app.logs.invocations.row(0, index).expect("a row").status.is_failure(), "{}", scene.text());
    let worst = scene.app.logs.invocations.row(0, index).expect("a row").key;
    let request = worst.request.to_string();
    assert_eq!(scene.app.selected().request_id.as_deref(), Some(request.as_str()));
    for (columns, rows) in [(80, 24), (200, 50), (40, 12)] {
        scene.resize(columns, rows);
        assert!(scene.text().contains("invocations · p50"), "{}", scene.text());
    }
    scene.resize(120, 40);
    scene.press(&["enter"]);
    let lines = scene.text();
    let told = format!("invocation {} of", &request[..8]);
    assert!(lines.contains(&told), "{lines}");
    assert!(scene.app.logs.rows(&scene.app.store.logs) >= 3, "{lines}");
    scene.press(&["esc"]);
    assert!(scene.text().contains("outcome"), "Esc leads back to the list: {}", scene.text());
    scene.press(&["tab"]);
    let errors = scene.text();
    assert!(errors.contains("different errors") || errors.contains("1 error"), "{errors}");
    assert!(errors.contains("ProviderException") || errors.contains("Sandbox.Timedout"), "{errors}");
    assert!(errors.contains("returned normally"), "the sample says what became of them: {errors}");
    for (columns, rows) in [(80, 24), (200, 50), (40, 12)] {
        scene.resize(columns, rows);
        assert!(scene.text().contains("function"), "{}", scene.text());
    }
    scene.resize(120, 40);
    scene.press(&["/", "n", "o", "n", "e", "enter"]);
    assert!(scene.text().contains("No error passes the filter"), "{}", scene.text());
    scene.press(&["esc", "l"]);
    let lines = scene.text();
    assert!(lines.contains("error ") && scene.app.logs.rows(&scene.app.store.logs) > 0, "{lines}");
}
