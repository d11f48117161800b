//! Transaction Search of the embedded account as the SDK's own clients read it: the switch, the spans, the retrievals.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_xray::primitives::DateTime;
use aws_sdk_xray::types::{
    IndexingRuleValue, IndexingRuleValueUpdate, ProbabilisticRuleValueUpdate, RetrievalStatus, TraceFormatType,
    TraceSegmentDestination, TraceSegmentDestinationStatus,
};
use serde_json::Value;
use slsdash::sim::transport::connector;
use slsdash::sim::{Options, Sim};

const BORN: i64 = 1_795_000_000_000;

/// An account with a clock in the test's hand.
struct Account {
    now: Arc<AtomicI64>,
    sim: Arc<Sim>,
    xray: aws_sdk_xray::Client,
    logs: aws_sdk_cloudwatchlogs::Client,
}

impl Account {
    async fn new(scenario: &str) -> Self {
        let now = Arc::new(AtomicI64::new(BORN));
        let hand = Arc::clone(&now);
        let clock = Arc::new(move || hand.load(Ordering::Relaxed));
        let sim = Sim::new(Options { scenario: scenario.to_owned(), seed: 5, functions: 0, region: None, clock });
        let sim = sim.expect("the scenario exists");
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .http_client(connector::client(Arc::clone(&sim)))
            .region(aws_config::Region::new("eu-west-1"))
            .credentials_provider(aws_credential_types::Credentials::new("AKID", "secret", None, None, "test"))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .load()
            .await;
        let (xray, logs) = (aws_sdk_xray::Client::new(&config), aws_sdk_cloudwatchlogs::Client::new(&config));
        Self { now, sim, xray, logs }
    }

    fn wait(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::Relaxed);
    }

    fn time(&self, seconds: i64) -> DateTime {
        DateTime::from_millis(self.now.load(Ordering::Relaxed) + seconds * 1000)
    }

    /// The records of the log group with a timestamp in a window, in seconds from now.
    async fn records(&self, from: i64, to: i64) -> Vec<Value> {
        let ms = |seconds: i64| self.now.load(Ordering::Relaxed) + seconds * 1000;
        let request = self.logs.filter_log_events().log_group_name("aws/spans").start_time(ms(from)).end_time(ms(to));
        let mut pages = request.into_paginator().send();
        let mut records = Vec::new();
        while let Some(page) = pages.next().await {
            let events = page.expect("a page").events.unwrap_or_default();
            records.extend(events.iter().filter_map(|event| serde_json::from_str(event.message()?).ok()));
        }
        records
    }
}

#[tokio::test]
async fn a_trace_is_retrieved_as_the_spans_that_were_logged() {
    let account = Account::new("spans").await;
    let mut logged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in account.records(-120, -60).await {
        if record["endTimeUnixNano"].is_u64() {
            let text = |key: &str| record[key].as_str().expect("text").to_owned();
            logged.entry(text("traceId")).or_default().push(text("spanId"));
        }
    }
    let (trace, spans) = logged.iter().max_by_key(|(_, spans)| spans.len()).expect("some");
    assert!(spans.len() > 15, "a checkout has many");
    let start = account.xray.start_trace_retrieval().trace_ids(trace);
    let started = start.start_time(account.time(-300)).end_time(account.time(0)).send().await.expect("a token");
    let ask = || {
        let list = account.xray.list_retrieved_traces().trace_format(TraceFormatType::Otel);
        list.set_retrieval_token(started.retrieval_token.clone()).send()
    };
    let mut statuses = Vec::new();
    let found = loop {
        let answer = ask().await.expect("an answer");
        statuses.extend(answer.retrieval_status.clone());
        if statuses.last() == Some(&RetrievalStatus::Complete) {
            break answer;
        }
        assert!(answer.traces().is_empty());
        account.wait(200);
    };
    assert_eq!(statuses, [RetrievalStatus::Scheduled, RetrievalStatus::Running, RetrievalStatus::Complete]);
    let [one] = found.traces() else { panic!("one was asked for: {found:?}") };
    assert!(spans.iter().all(|id| one.spans().iter().any(|span| span.id() == Some(id))));
    let unknown = account.xray.list_retrieved_traces().retrieval_token("made-up").send().await;
    assert!(unknown.expect_err("there is none").into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn an_account_that_is_switched_over_logs_spans_from_then_on() {
    let account = Account::new("calm").await;
    let groups = account.logs.describe_log_groups().log_group_name_prefix("aws/spans").send().await.expect("a list");
    assert_eq!(groups.log_groups().len(), 0);
    let refused = account.xray.start_trace_retrieval().trace_ids("1-5f000000-000000000000000000000000");
    let refused = refused.start_time(account.time(-60)).end_time(account.time(0)).send().await;
    assert!(refused.expect_err("it is off").into_service_error().is_invalid_request_exception());
    let switched = account.xray.update_trace_segment_destination();
    let switched = switched.destination(TraceSegmentDestination::CloudWatchLogs).send().await.expect("it is taken");
    assert_eq!(switched.status(), Some(&TraceSegmentDestinationStatus::Pending));
    account.wait(120_000);
    let destination = account.xray.get_trace_segment_destination().send().await.expect("a destination");
    assert_eq!(destination.status(), Some(&TraceSegmentDestinationStatus::Active));
    let records = account.records(-120, 0).await;
    let first = records.iter().filter_map(|record| record["startTimeUnixNano"].as_i64()).min().expect("some");
    assert!(first / 1_000_000 >= BORN + 14_000, "what began before went to X-Ray");
    let all = account.sim.world().traces(BORN + 15_000, BORN + 120_000).len();
    let summaries =
        || account.xray.get_trace_summaries().start_time(account.time(-105)).end_time(account.time(0)).send();
    let indexed = summaries().await.expect("a page").trace_summaries().len();
    assert!(indexed * 20 < all, "{indexed} of {all}");
    let every = ProbabilisticRuleValueUpdate::builder().desired_sampling_percentage(100.0).build().expect("whole");
    let rule = account.xray.update_indexing_rule().name("Default");
    let rule = rule.rule(IndexingRuleValueUpdate::Probabilistic(every)).send().await.expect("a rule").indexing_rule;
    let Some(IndexingRuleValue::Probabilistic(value)) = rule.and_then(|rule| rule.rule) else {
        panic!("probabilistic")
    };
    assert_eq!(value.actual_sampling_percentage(), Some(100.0));
    account.wait(60_000);
    let listed = account.xray.get_trace_summaries().start_time(account.time(-60)).end_time(account.time(-30));
    let mut pages = listed.into_paginator().send();
    let mut listed = 0;
    while let Some(page) = pages.next().await {
        listed += page.expect("a page").trace_summaries().len();
    }
    assert_eq!(listed, account.sim.world().traces(BORN + 120_000, BORN + 150_001).len());
}
