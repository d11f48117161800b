//! The SDK's own clients on the embedded account: the protocols, the errors and the bad days that they know how to read.

use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    AlarmType, Dimension, HistoryItemType, Metric, MetricDataQuery, MetricStat, ScanBy, StateValue, StatusCode,
};
use aws_sdk_cloudwatch::{Client, config};
use slsdash::sim::faults::Fault;
use slsdash::sim::transport::{connector, serve};
use slsdash::sim::world::tally::MINUTE;
use slsdash::sim::{Options, Sim};
use std::sync::Arc;
use std::time::Duration;

/// 2026-11-21 10:00:30 UTC: half a minute after a full one.
const NOW: i64 = 1_795_255_230_000;
const END: i64 = NOW - 30_000;
const START: i64 = END - 60 * MINUTE;

fn account(scenario: &str) -> Arc<Sim> {
    let clock = Arc::new(|| NOW);
    let options = Options { scenario: scenario.into(), seed: 7, functions: 0, region: None, clock };
    Sim::new(options).expect("a scenario of ours")
}

fn sdk(sim: &Arc<Sim>) -> aws_config::SdkConfig {
    let key = Credentials::new("AKIDEMBEDDED", "secret", None, None, "tests");
    aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("eu-west-1"))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(key))
        .http_client(connector::client(sim.clone()))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build()
}

fn seconds(ms: i64) -> DateTime {
    DateTime::from_millis(ms)
}

/// The sum of an account-wide metric, or a statistic of one function's.
fn query(id: &str, metric: &str, statistic: &str, function: Option<&str>) -> MetricDataQuery {
    let dimension = |name: &str| Dimension::builder().name("FunctionName").value(name).build();
    let metric = Metric::builder()
        .namespace("AWS/Lambda")
        .metric_name(metric)
        .set_dimensions(function.map(|name| vec![dimension(name)]))
        .build();
    let stat = MetricStat::builder().metric(metric).period(60).stat(statistic).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

fn expression(id: &str, text: &str) -> MetricDataQuery {
    MetricDataQuery::builder().id(id).expression(text).period(300).build()
}

/// The code of a failed call, which must be an error that the service answered.
fn code<E: ProvideErrorMetadata, R>(result: Result<impl Sized, SdkError<E, R>>) -> String {
    match result {
        Err(error @ SdkError::ServiceError(_)) => error.code().unwrap_or("no code").to_owned(),
        Err(_) => panic!("the error was not answered by the service"),
        Ok(_) => panic!("the call went through"),
    }
}

#[tokio::test]
async fn sts_says_whose_account_it_is() {
    let sim = account("calm");
    let identity = aws_sdk_sts::Client::new(&sdk(&sim)).get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some(sim.world().catalog.account_id.as_str()));
    assert!(identity.arn().unwrap().starts_with("arn:aws:iam::"));
    assert_eq!(sim.ledger().count("sts", "GetCallerIdentity"), 1);
}

#[tokio::test]
async fn metrics_are_the_worlds_own_counts() {
    let sim = account("calm");
    let client = Client::new(&sdk(&sim));
    let function = sim.world().catalog.functions.iter().position(|f| f.name == "checkout-api").unwrap();
    let answer = client
        .get_metric_data()
        .start_time(seconds(START))
        .end_time(seconds(END))
        .scan_by(ScanBy::TimestampAscending)
        .metric_data_queries(query("fleet", "Invocations", "Sum", None))
        .metric_data_queries(query("errors", "Errors", "Sum", Some("checkout-api")))
        .metric_data_queries(query("calls", "Invocations", "Sum", Some("checkout-api")))
        .metric_data_queries(query("p50", "Duration", "p50", Some("checkout-api")))
        .metric_data_queries(query("most", "Duration", "Maximum", Some("checkout-api")))
        .metric_data_queries(query("nobody", "Invocations", "Sum", Some("no-such-function")))
        .metric_data_queries(expression("rate", "errors / calls * 100"))
        .send()
        .await
        .unwrap();
    let results = answer.metric_data_results();
    let values = |id: &str| results.iter().find(|r| r.id() == Some(id)).unwrap().values().to_vec();
    let minutes: Vec<i64> = (0..60).map(|n| START + n * MINUTE).collect();
    let fleet: Vec<f64> = minutes.iter().map(|m| f64::from(sim.world().fleet_tally(*m).invocations)).collect();
    assert_eq!(values("fleet"), fleet);
    assert_eq!(results[0].timestamps()[0], seconds(START));
    let tallies: Vec<_> =
        minutes.iter().map(|m| sim.world().tally(function, *m, None)).filter(|t| t.invocations > 0).collect();
    assert_eq!(values("calls"), tallies.iter().map(|t| f64::from(t.invocations)).collect::<Vec<_>>());
    let most: Vec<f64> = tallies.iter().map(|t| *t.durations.last().unwrap()).collect();
    assert_eq!(values("most"), most);
    assert!(values("p50").iter().zip(&most).all(|(middle, most)| middle <= most));
    let rate: Vec<f64> = values("errors").iter().zip(values("calls")).map(|(e, n)| e / n * 100.0).collect();
    assert_eq!(values("rate"), rate);
    let nobody = results.iter().find(|r| r.id() == Some("nobody")).unwrap();
    assert_eq!((nobody.values(), nobody.status_code()), (&[][..], Some(&StatusCode::Complete)));
    assert_eq!(nobody.label(), Some("Invocations"));
    assert_eq!((sim.ledger().series(), sim.ledger().billed()), (6, 5), "two statistics of Duration are billed once");
}

#[tokio::test]
async fn pages_of_datapoints_and_of_metrics_hold_all_of_them_once() {
    let sim = account("calm");
    let client = Client::new(&sdk(&sim));
    let ask = || {
        let ask = client.get_metric_data().start_time(seconds(START)).end_time(seconds(END));
        ask.metric_data_queries(query("a", "Invocations", "Sum", None))
            .metric_data_queries(query("b", "Duration", "p99", None))
    };
    let whole = ask().send().await.unwrap();
    let mut pages = ask().max_datapoints(50).into_paginator().send();
    let (mut count, mut a, mut b) = (0, Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        count += 1;
        for result in page.unwrap().metric_data_results() {
            if result.id() == Some("a") { &mut a } else { &mut b }.extend_from_slice(result.values());
        }
    }
    assert_eq!(count, 3, "120 points, 50 a page");
    assert_eq!(
        (a.as_slice(), b.as_slice()),
        (whole.metric_data_results()[0].values(), whole.metric_data_results()[1].values())
    );
    assert_eq!(code(ask().next_token("32-0123456789abcdef").send().await), "InvalidNextToken");

    let mut metrics: Vec<String> = Vec::new();
    let mut pages = client.list_metrics().into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += 1;
        metrics.extend(page.unwrap().metrics().iter().map(|metric| format!("{metric:?}")));
    }
    let all = metrics.len();
    metrics.sort();
    metrics.dedup();
    assert_eq!((metrics.len(), count), (all, all.div_ceil(500)));
    let refused = client.list_metrics().next_token("made-up").send().await.unwrap_err().into_service_error();
    assert!(refused.is_invalid_parameter_value_exception(), "{refused:?}");
}

#[tokio::test]
async fn metrics_insights_ranks_the_functions() {
    let sim = account("outage");
    let client = Client::new(&sdk(&sim));
    let text = "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName ORDER BY SUM() DESC LIMIT 3";
    let ask = client.get_metric_data().start_time(seconds(START)).end_time(seconds(END));
    let answer = ask.metric_data_queries(expression("worst", text)).send().await.unwrap();
    let sums: Vec<f64> = answer.metric_data_results().iter().map(|r| r.values().iter().sum()).collect();
    assert_eq!(sums.len(), 3);
    assert!(sums.is_sorted_by(|a, b| a >= b), "{sums:?}");
    assert_eq!(sim.ledger().billed(), sim.world().catalog.functions.len() as u64);
    let search = client.get_metric_data().start_time(seconds(START)).end_time(seconds(END));
    let search = search.metric_data_queries(expression("s", "SEARCH('{AWS/Lambda} x', 'Sum', 60)")).send().await;
    assert!(search.as_ref().unwrap_err().message().unwrap().contains("not SEARCH"));
    assert_eq!(code(search), "ValidationError");
}

#[tokio::test]
async fn alarms_say_what_their_metrics_say() {
    let sim = account("outage");
    let client = Client::new(&sdk(&sim));
    let alarms = client.describe_alarms().send().await.unwrap();
    let alarms = alarms.metric_alarms();
    assert!(!alarms.is_empty());
    let ringing: Vec<_> = alarms.iter().filter(|alarm| alarm.state_value() == Some(&StateValue::Alarm)).collect();
    for alarm in &ringing {
        assert!(alarm.state_reason().unwrap().starts_with("Threshold Crossed: "), "{alarm:?}");
        assert!(alarm.state_transitioned_timestamp().unwrap() <= &seconds(NOW));
    }
    let filtered = client.describe_alarms().state_value(StateValue::Alarm).send().await.unwrap();
    assert_eq!(filtered.metric_alarms().len(), ringing.len());
    let composite = client.describe_alarms().alarm_types(AlarmType::CompositeAlarm).send().await.unwrap();
    assert!(composite.metric_alarms().is_empty());
    let paged: Result<Vec<_>, _> = client.describe_alarms().max_records(1).into_paginator().send().collect().await;
    assert_eq!(paged.unwrap().len(), alarms.len());
    let history = client.describe_alarm_history().history_item_type(HistoryItemType::StateUpdate).send().await.unwrap();
    let newest = |name: &str| history.alarm_history_items().iter().find(|item| item.alarm_name() == Some(name));
    for alarm in ringing {
        if let Some(item) = newest(alarm.alarm_name().unwrap()) {
            assert!(item.history_summary().unwrap().ends_with(" to ALARM"), "{item:?}");
            assert_eq!(item.timestamp(), alarm.state_transitioned_timestamp());
        }
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused() {
    let sim = account("calm");
    let client = Client::new(&sdk(&sim));
    let ask = |queries: Vec<MetricDataQuery>| {
        let ask = client.get_metric_data().start_time(seconds(START)).end_time(seconds(END));
        ask.set_metric_data_queries(Some(queries)).send()
    };
    let many = (0..501).map(|n| query(&format!("q{n}"), "Errors", "Sum", None)).collect();
    assert_eq!(code(ask(many).await), "ValidationError");
    assert_eq!(
        code(ask(vec![query("a", "Errors", "Sum", None), query("a", "Errors", "Sum", None)]).await),
        "ValidationError"
    );
    assert_eq!(code(ask(vec![query("A", "Errors", "Sum", None)]).await), "ValidationError");
    assert_eq!(code(ask(vec![query("a", "Errors", "p999", None)]).await), "ValidationError");
    assert_eq!(code(ask(vec![expression("a", "nobody + 1")]).await), "ValidationError");
    let backwards = client.get_metric_data().start_time(seconds(END)).end_time(seconds(START));
    assert_eq!(code(backwards.metric_data_queries(query("a", "Errors", "Sum", None)).send().await), "ValidationError");
    assert_eq!(code(client.put_metric_alarm().alarm_name("x").send().await), "InvalidAction");
}

#[tokio::test]
async fn each_service_says_no_in_its_own_way() {
    let sim = account("calm");
    let config = sdk(&sim);
    let metrics = Client::new(&config);
    let functions = aws_sdk_lambda::Client::new(&config);
    let traces = aws_sdk_xray::Client::new(&config);
    let apis = aws_sdk_apigateway::Client::new(&config);
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);

    sim.faults().inject("*", Fault::Throttle);
    assert_eq!(code(metrics.list_metrics().send().await), "Throttling");
    assert_eq!(code(logs.describe_log_groups().send().await), "ThrottlingException");
    let refused = functions.list_functions().send().await.unwrap_err().into_service_error();
    match refused {
        aws_sdk_lambda::operation::list_functions::ListFunctionsError::TooManyRequestsException(refused) => {
            assert_eq!(refused.retry_after_seconds(), Some("1"));
            assert_eq!(
                refused.reason().map(aws_sdk_lambda::types::ThrottleReason::as_str),
                Some("CallerRateLimitExceeded")
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(traces.get_groups().send().await.unwrap_err().into_service_error().is_throttled_exception());
    assert!(apis.get_rest_apis().send().await.unwrap_err().into_service_error().is_too_many_requests_exception());

    sim.faults().clear();
    sim.faults().inject("*", Fault::Deny);
    let denied = functions.get_function().function_name("checkout-api").send().await;
    let message = denied.as_ref().unwrap_err().message().unwrap().to_owned();
    assert!(
        message.contains("is not authorized to perform: lambda:GetFunction on resource: arn:aws:lambda:eu-west-1:"),
        "{message}"
    );
    assert_eq!(code(denied), "AccessDeniedException");
    assert_eq!(code(metrics.list_metrics().send().await), "AccessDenied");
    assert_eq!(code(apis.get_account().send().await), "AccessDeniedException");

    sim.faults().clear();
    sim.faults().inject("sts:*", Fault::Expired);
    sim.faults().inject("logs:*", Fault::UnknownKey);
    sim.faults().inject_times("xray:*", Fault::Skew(7200), 1);
    assert_eq!(code(aws_sdk_sts::Client::new(&config).get_caller_identity().send().await), "ExpiredToken");
    assert_eq!(code(logs.describe_log_groups().send().await), "UnrecognizedClientException");
    assert_eq!(code(traces.get_groups().send().await), "InvalidSignatureException");
    assert!(traces.get_groups().send().await.is_ok(), "the skew was for one call");
}

#[tokio::test(start_paused = true)]
async fn bad_connections_end_in_errors_and_never_in_a_wait_without_end() {
    let sim = account("calm");
    let timeouts = TimeoutConfig::builder().read_timeout(Duration::from_secs(7)).build();
    let config = config::Builder::from(&sdk(&sim)).timeout_config(timeouts).build();
    let client = Client::from_conf(config);

    sim.faults().inject_times("cloudwatch:*", Fault::Hang, 1);
    let before = tokio::time::Instant::now();
    match client.list_metrics().send().await {
        Err(SdkError::DispatchFailure(failure)) => assert!(failure.is_timeout(), "{failure:?}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(before.elapsed(), Duration::from_secs(7));

    sim.faults().inject_times("cloudwatch:*", Fault::Latency(Duration::from_secs(5)), 1);
    let before = tokio::time::Instant::now();
    assert!(client.list_metrics().send().await.is_ok());
    assert_eq!(before.elapsed(), Duration::from_secs(5));

    sim.faults().inject_times("cloudwatch:*", Fault::Drop, 1);
    match client.list_metrics().send().await {
        Err(SdkError::DispatchFailure(failure)) => assert!(failure.is_io(), "{failure:?}"),
        other => panic!("{other:?}"),
    }
    for broken in [Fault::Truncate, Fault::Garbage] {
        sim.faults().inject_times("cloudwatch:*", broken, 1);
        let answer = client.list_metrics().send().await;
        assert!(matches!(answer, Err(SdkError::ResponseError(_) | SdkError::ServiceError(_))), "{answer:?}");
    }
    assert_eq!(sim.ledger().count("cloudwatch", "ListMetrics"), 5);
}

#[tokio::test]
async fn the_same_account_over_a_socket() {
    let sim = account("calm");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve::serve(sim.clone(), listener, async {
        let _ = stopped.await;
    }));
    let config = sdk(&sim).into_builder().endpoint_url(&url).build();
    let plain = aws_smithy_http_client::Builder::new().build_http();
    let config = config.into_builder().http_client(plain).build();
    let client = Client::new(&config);
    let through = client.list_metrics().namespace("AWS/ApiGateway").send().await.unwrap();
    let direct = Client::new(&sdk(&sim)).list_metrics().namespace("AWS/ApiGateway").send().await.unwrap();
    assert_eq!(through.metrics(), direct.metrics());
    for broken in [Fault::Drop, Fault::Truncate] {
        sim.faults().inject_times("cloudwatch:*", broken, 1);
        assert!(client.list_metrics().send().await.is_err());
    }
    assert!(client.list_metrics().send().await.is_ok());
    stop.send(()).unwrap();
    assert!(server.await.unwrap().is_ok());
}
