use super::*;
use crate::model::api::Route;
use crate::model::function::AsyncConfig;
use crate::model::series::SeriesKey;
use crate::model::service_graph::{ServiceEdge, ServiceNode, Statistics};
use crate::time::Moment;

fn now() -> Moment {
    Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment")
}

fn grant(principal: &str, source: Option<&str>) -> Grant {
    Grant { principal: principal.into(), source: source.map(str::to_string), ..Grant::default() }
}

fn store(detail: FunctionDetail) -> Store {
    let mut store = Store::default();
    store.detail_mut("pay").accept(Ok(detail), now());
    store
}

fn line(trigger: &Trigger) -> String {
    format!("{} {}: {}", trigger.kind.map_or("", Kind::name), trigger.name, trigger.words)
}

#[test]
fn a_queue_that_is_not_kept_up_with_and_one_that_is_off() {
    let mapping = EventSourceMapping {
        uuid: "u-1".into(),
        source: "arn:aws:sqs:eu-west-1:1:orders".into(),
        state: "Enabled".into(),
        batch_size: 10,
        window_s: 5,
        maximum_concurrency: Some(20),
        last_result: "OK".into(),
        ..EventSourceMapping::default()
    };
    let off = EventSourceMapping {
        source: "arn:aws:dynamodb:eu-west-1:1:table/carts/stream/2026".into(),
        state: "Disabled".into(),
        reason: "User action".into(),
        last_result: "PROBLEM: Function call failed".into(),
        maximum_concurrency: None,
        ..mapping.clone()
    };
    let mut store = store(FunctionDetail { mappings: vec![mapping, off], ..FunctionDetail::default() });
    let all = of(&store, "pay", &[]);
    assert_eq!(all[0].state, State::Plain);
    assert_eq!(
        line(&all[0]),
        "source sqs orders: Enabled, age of its messages not known yet, batch 10 within 5 s, at most 20 at once, last: OK"
    );
    let queue = Subject::Queue("orders".into());
    let series = |metric, value| {
        let points = vec![(now(), value)];
        (SeriesKey::new(queue.clone(), metric, Statistic::Maximum), Series { period: 60, points })
    };
    let measured = vec![
        series(Metric::ApproximateAgeOfOldestMessage, 900.0),
        series(Metric::ApproximateNumberOfMessagesVisible, 1200.0),
    ];
    store.metrics.accept(measured, now(), now());
    let all = of(&store, "pay", &[]);
    assert_eq!((all[0].state, all[0].uuid.as_deref()), (State::Wrong, Some("u-1")));
    assert!(all[0].words.contains("1200 waiting, oldest 15m"), "{}", all[0].words);
    assert_eq!(all[1].state, State::Off);
    assert!(all[1].name == "dynamodb carts" && all[1].words.ends_with("User action"), "{}", line(&all[1]));
}

#[test]
fn a_policy_says_who_may_and_a_known_route_says_more() {
    let api = "arn:aws:execute-api:eu-west-1:1:abc123/*/POST/pay";
    let detail = FunctionDetail {
        grants: vec![
            grant("apigateway.amazonaws.com", Some(api)),
            grant("events.amazonaws.com", Some("arn:aws:events:eu-west-1:1:rule/nightly")),
            grant("events.amazonaws.com", Some("arn:aws:events:eu-west-1:1:rule/warm-pay")),
            grant("s3.amazonaws.com", Some("arn:aws:s3:::uploads")),
            grant("*", None),
        ],
        ..FunctionDetail::default()
    };
    let mut store = store(detail);
    let told: Vec<String> = of(&store, "pay", &[]).iter().map(line).collect();
    assert_eq!(told[0], "api abc123: may invoke it; routes not known yet");
    assert!(told[1].starts_with("schedule nightly") && told[2] == "keep-warm warm-pay: by its name", "{told:?}");
    assert_eq!(told[3], "may invoke s3 uploads: s3.amazonaws.com may invoke it");
    assert!(told[4].contains("anybody may invoke it"));
    let route = Route {
        key: "POST /pay".into(),
        function: Some("pay".into()),
        qualifier: Some("live".into()),
        integration: "AWS_PROXY".into(),
        ..Route::default()
    };
    store.routes.entry("abc123".into()).or_default().accept(Ok(vec![route]), now());
    assert_eq!(line(&of(&store, "pay", &[])[0]), "api abc123: POST /pay to live, AWS_PROXY");
}

#[test]
fn short_invocations_every_five_minutes_betray_a_rule_whose_name_does_not() {
    let rule = grant("events.amazonaws.com", Some("arn:aws:events:eu-west-1:1:rule/every-5-minutes"));
    let store = store(FunctionDetail { grants: vec![rule], ..FunctionDetail::default() });
    let run = |at: i64, ms: f64| Invocation {
        start: Moment::from_timestamp(1_800_000_000 + at, 0),
        duration_ms: Some(ms),
        ..Invocation::default()
    };
    let mut runs: Vec<_> = (0..8).map(|k| run(k * 300, 2.0)).collect();
    let all = of(&store, "pay", &runs);
    assert_eq!(all[0].kind, Some(Kind::Schedule), "nothing else is known of it: {}", all[0].words);
    runs.extend((0..30).map(|k| run(k * 71 + 11, 400.0)));
    let all = of(&store, "pay", &runs);
    assert_eq!(all[0].kind, Some(Kind::KeepWarm));
    assert!(all[0].words.contains("8 invocations of about 2.0ms every 5m"), "{}", all[0].words);
}

#[test]
fn asynchronous_events_that_are_lost_say_so_and_callers_come_from_traces() {
    let mut store = store(FunctionDetail::default());
    let told: Vec<String> = of(&store, "pay", &[]).iter().map(line).collect();
    assert_eq!(told[0], "async events: 2 retries (default), kept 6h (default)");
    assert!(told[1].contains("what fails three times is lost"));
    let config = AsyncConfig {
        retries: Some(0),
        maximum_age_s: Some(60),
        on_failure: Some("arn:aws:sqs:eu-west-1:1:failed".into()),
        ..AsyncConfig::default()
    };
    store
        .detail_mut("pay")
        .accept(Ok(FunctionDetail { asynchronous: Some(config), ..FunctionDetail::default() }), now());
    let dropped = SeriesKey::new(Subject::Function("pay".into()), Metric::AsyncEventsDropped, Statistic::Sum);
    store.metrics.accept(vec![(dropped, Series { period: 60, points: vec![(now(), 4.0)] })], now(), now());
    let node = |id, name: &str, kind: &str, to: Option<i32>| ServiceNode {
        id,
        name: name.into(),
        kind: kind.into(),
        edges: to
            .map(|to| ServiceEdge {
                to,
                statistics: Statistics { total: 12, ..Statistics::default() },
                ..ServiceEdge::default()
            })
            .into_iter()
            .collect(),
        ..ServiceNode::default()
    };
    let graph = ServiceGraph {
        nodes: vec![
            node(1, "checkout", "AWS::Lambda::Function", Some(2)),
            node(2, "pay", "AWS::Lambda::Function", None),
        ],
        ..ServiceGraph::default()
    };
    store.graph.accept(Ok(graph), now());
    let all = of(&store, "pay", &[]);
    let told: Vec<String> = all.iter().map(line).collect();
    assert!(told[0].starts_with("caller checkout: Lambda::Function: 12 sampled calls"), "{told:?}");
    assert_eq!(told[1], "async events: 0 retries, kept 60s, 4 dropped");
    assert_eq!((told[2].as_str(), all[1].state), ("async on failure: failed", State::Wrong));
}
