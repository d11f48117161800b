//! CloudWatch Logs of the embedded account as the real SDK client reads it.

use aws_credential_types::Credentials;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Region};
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
use aws_sdk_cloudwatchlogs::types::{OrderBy, QueryStatus, StartLiveTailResponseStream};
use slsdash::sim::services::logs::truth;
use slsdash::sim::transport::connector;
use slsdash::sim::{Clock, Options, Sim};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const BORN: i64 = 1_795_226_700_000; // 2026-11-21 02:05:00
const MINUTE: i64 = 60_000;

fn account(clock: Clock) -> (Arc<Sim>, Client) {
    let options = Options { scenario: "calm".to_owned(), seed: 7, functions: 0, region: None, clock };
    let sim = Sim::new(options).expect("the scenario is known");
    let config = aws_sdk_cloudwatchlogs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(connector::client(sim.clone()))
        .build();
    (sim, Client::from_conf(config))
}

fn standing_still() -> (Arc<Sim>, Client) {
    account(Arc::new(|| BORN))
}

/// The group of the function that does most.
fn busy_group(sim: &Sim) -> String {
    let functions = &sim.world().catalog.functions;
    let busiest = (0..functions.len()).max_by_key(|id| sim.world().invocations(*id, BORN - 5 * MINUTE, BORN).len());
    functions[busiest.expect("functions")].log_group.clone()
}

#[tokio::test]
async fn the_paginator_reads_every_event_once() {
    let (sim, client) = standing_still();
    let group = busy_group(&sim);
    let mut pages = client
        .filter_log_events()
        .log_group_name(&group)
        .start_time(BORN - 5 * MINUTE)
        .end_time(BORN)
        .into_paginator()
        .send();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        for event in page.expect("a page").events() {
            assert!(event.ingestion_time() >= event.timestamp());
            ids.push(event.event_id().expect("an id").to_owned());
        }
    }
    assert_eq!(ids, truth(sim.world(), &group, BORN - 5 * MINUTE, BORN + 1, BORN));
    assert!(ids.len() > 100, "{}", ids.len());
}

#[tokio::test]
async fn groups_and_streams_are_described() {
    let (sim, client) = standing_still();
    let mut pages = client.describe_log_groups().limit(5).into_paginator().send();
    let mut names = BTreeSet::new();
    while let Some(page) = pages.next().await {
        for group in page.expect("a page").log_groups() {
            assert!(names.insert(group.log_group_name().expect("a name").to_owned()), "listed twice");
        }
    }
    assert!(sim.world().catalog.functions.iter().all(|function| names.contains(&function.log_group)));
    let streams = client
        .describe_log_streams()
        .log_group_name(busy_group(&sim))
        .order_by(OrderBy::LastEventTime)
        .descending(true)
        .limit(1)
        .send()
        .await
        .expect("streams");
    let stream = streams.log_streams()[0].log_stream_name().expect("a name");
    let events =
        client.get_log_events().log_group_name(busy_group(&sim)).log_stream_name(stream).send().await.expect("events");
    assert!(!events.events().is_empty());
    assert!(events.next_forward_token().is_some_and(|token| token.starts_with("f/")));
}

#[tokio::test]
async fn refusals_have_their_types() {
    let (sim, client) = standing_still();
    let error = client.filter_log_events().log_group_name("/aws/lambda/none").send().await.expect_err("refused");
    assert_eq!(error.message(), Some("The specified log group does not exist."));
    assert!(error.into_service_error().is_resource_not_found_exception());
    let group = busy_group(&sim);
    let error =
        client.filter_log_events().log_group_name(&group).next_token("made up").send().await.expect_err("refused");
    assert!(error.into_service_error().is_invalid_parameter_exception());
    let query = client.start_query().log_group_name(&group).start_time(0).end_time(1).query_string("pattern @message");
    assert!(query.send().await.expect_err("refused").into_service_error().is_malformed_query_exception());
}

#[tokio::test]
async fn a_query_completes() {
    let (sim, client) = standing_still();
    let group = busy_group(&sim);
    let started = client
        .start_query()
        .log_group_name(&group)
        .start_time((BORN - 5 * MINUTE) / 1000)
        .end_time(BORN / 1000)
        .query_string("stats count(*) as n")
        .send()
        .await
        .expect("a query");
    let id = started.query_id().expect("an id");
    let mut statuses = Vec::new();
    let results = loop {
        let results = client.get_query_results().query_id(id).send().await.expect("results");
        statuses.push(results.status().expect("a status").clone());
        if statuses.last() == Some(&QueryStatus::Complete) {
            break results;
        }
    };
    assert_eq!(statuses[0], QueryStatus::Running);
    let expected = truth(sim.world(), &group, BORN - 5 * MINUTE, BORN + 1, BORN).len();
    assert_eq!(results.results()[0][0].value(), Some(expected.to_string().as_str()));
    assert_eq!(results.statistics().expect("statistics").records_scanned(), expected as f64);
}

#[tokio::test(start_paused = true)]
async fn a_live_tail_yields_events() {
    // Whoever looks at this clock moves it on: the session does so once each second.
    let seconds = AtomicI64::new(0);
    let (sim, client) = account(Arc::new(move || BORN + 1_000 * seconds.fetch_add(1, Ordering::Relaxed)));
    let arn = format!("arn:aws:logs:eu-west-1:{}:log-group:{}", sim.world().catalog.account_id, busy_group(&sim));
    let mut tail = client.start_live_tail().log_group_identifiers(&arn).send().await.expect("a stream").response_stream;
    let first = tail.recv().await.expect("a frame");
    assert!(matches!(first, Some(StartLiveTailResponseStream::SessionStart(_))), "{first:?}");
    let (mut updates, mut events) = (0, 0);
    while updates < 10 {
        match tail.recv().await.expect("a frame") {
            Some(StartLiveTailResponseStream::SessionUpdate(update)) => {
                updates += 1;
                for event in update.session_results() {
                    assert!(event.ingestion_time().expect("ms") > BORN);
                    events += 1;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(events > 5, "{events}");
}
