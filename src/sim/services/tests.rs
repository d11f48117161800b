//! What each scenario of a throttled function looks like to a client: metrics, the refusal of an Invoke, and settings.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};

use crate::sim::wire::Request;
use crate::sim::world::tally::MINUTE;
use crate::sim::{Options, Sim};

const BORN: i64 = 29_833_333 * MINUTE;

struct Account {
    sim: Arc<Sim>,
    now: Arc<AtomicI64>,
}

impl Account {
    fn of(scenario: &str) -> Self {
        let now = Arc::new(AtomicI64::new(BORN));
        let read = now.clone();
        let clock: crate::sim::Clock = Arc::new(move || read.load(Ordering::Relaxed));
        let options = Options { scenario: scenario.to_owned(), seed: 7, functions: 0, region: None, clock };
        Self { sim: Sim::new(options).unwrap(), now }
    }

    fn send(&self, service: &str, method: &str, path: &str, target: Option<&str>, body: &Value) -> (u16, Value) {
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential=AK/20251121/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let mut request = http::Request::builder().method(method).uri(path).header("authorization", signed);
        if let Some(target) = target {
            request = request.header("x-amz-target", target).header("content-type", "application/x-amz-json-1.0");
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request: Request = request.body(body.into()).unwrap();
        let response = self.sim.handle(&request).response().unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(response.body().bytes()).unwrap_or(Value::Null))
    }

    fn lambda(&self, path: &str) -> Value {
        let (status, body) = self.send("lambda", "GET", path, None, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The Reason of the 429 that an Invoke gets at some moment; none where it runs.
    fn reason_at(&self, at: i64, function: &str, qualifier: &str) -> Option<String> {
        self.now.store(at, Ordering::Relaxed);
        let path = format!("/2015-03-31/functions/{function}/invocations?Qualifier={qualifier}");
        let (status, body) = self.send("lambda", "POST", &path, None, &json!({}));
        assert!(status == 200 || status == 429, "{body}");
        body["Reason"].as_str().filter(|_| status == 429).map(str::to_owned)
    }

    fn cloudwatch(&self, operation: &str, input: &Value) -> Value {
        let target = format!("GraniteServiceVersion20100801.{operation}");
        let (status, body) = self.send("monitoring", "POST", "/", Some(&target), input);
        assert_eq!(status, 200, "{operation}: {body}");
        body
    }

    /// Values of the ten minutes before the account's birth, the oldest first.
    fn values(&self, namespace: &str, metric: &str, stat: &str, dimensions: &[(&str, &str)]) -> Vec<f64> {
        let dimensions: Vec<Value> =
            dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        let metric = json!({"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions});
        let query = json!({"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}});
        self.results(&query)[0]["Values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    fn results(&self, query: &Value) -> Vec<Value> {
        let seconds = |minute: i64| (BORN + minute * MINUTE) as f64 / 1000.0;
        let input = json!({
            "MetricDataQueries": [query],
            "StartTime": seconds(-10),
            "EndTime": seconds(0),
            "ScanBy": "TimestampAscending",
        });
        self.cloudwatch("GetMetricData", &input)["MetricDataResults"].as_array().unwrap().clone()
    }

    /// (label, values of ten minutes) of what a Metrics Insights query finds, in its order.
    fn ranked(&self, select: &str) -> Vec<(String, Vec<f64>)> {
        let rows = self.results(&json!({"Id": "q", "Expression": select, "Period": 60}));
        let row = |row: &Value| {
            let values = row["Values"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
            (row["Label"].as_str().unwrap().to_owned(), values)
        };
        rows.iter().map(row).collect()
    }

    fn metrics(&self, namespace: &str, name: &str) -> Vec<Value> {
        let listed = self.cloudwatch("ListMetrics", &json!({"Namespace": namespace, "MetricName": name}));
        listed["Metrics"].as_array().unwrap().clone()
    }
}

const LAMBDA: &str = "AWS/Lambda";

fn name(function: &str) -> [(&str, &str); 1] {
    [("FunctionName", function)]
}

#[test]
fn an_invoke_is_told_why_it_is_refused() {
    // In each: a function, an alias or version of it, how many moments to try and how far apart, and what refuses it.
    for (scenario, function, qualifier, step, reason) in [
        ("throttle-reserved", "orders-api", "live", 700, "ReservedFunctionConcurrentInvocationLimitExceeded"),
        ("throttle-pool", "cart-api", "live", 700, "ConcurrentInvocationLimitExceeded"),
        ("throttle-pool", "report-builder", "$LATEST", 700, "ConcurrentInvocationLimitExceeded"),
        ("throttle-scaling", "recommend", "live", 390, "ConcurrentInvocationLimitExceeded"),
        ("throttle-rate", "ws-connect", "$LATEST", 333, "ReservedFunctionInvocationRateLimitExceeded"),
        ("throttle-spillover", "checkout-api", "staging", 700, "ReservedFunctionConcurrentInvocationLimitExceeded"),
    ] {
        let account = Account::of(scenario);
        let told: Vec<_> = (1..20).filter_map(|n| account.reason_at(BORN + n * step, function, qualifier)).collect();
        assert!(!told.is_empty() && told.iter().all(|one| one == reason), "{scenario} {function}: {told:?}");
    }
    let calm = Account::of("calm");
    for (function, qualifier) in [("orders-api", "live"), ("ws-connect", "$LATEST"), ("checkout-api", "staging")] {
        assert_eq!(calm.reason_at(BORN + 1_000, function, qualifier), None);
    }
}

#[test]
fn the_accounts_limit_is_the_scenarios() {
    let path = "/2016-08-19/account-settings/";
    let limit = |scenario: &str| Account::of(scenario).lambda(path)["AccountLimit"].clone();
    let (usual, raised) = (limit("calm"), limit("throttle-scaling"));
    assert_eq!((&usual["ConcurrentExecutions"], &raised["ConcurrentExecutions"]), (&1000.into(), &5000.into()));
    let left = |limit: &Value| limit["UnreservedConcurrentExecutions"].as_i64().unwrap();
    assert_eq!(left(&raised) - left(&usual), 4000);
}

#[test]
fn each_cause_shows_in_the_metrics() {
    let account = Account::of("throttle-pool");
    let claimed = account.values(LAMBDA, "ClaimedAccountConcurrency", "Maximum", &[]);
    let unreserved = account.values(LAMBDA, "UnreservedConcurrentExecutions", "Maximum", &[]);
    assert!(claimed[9] > 985.0 && claimed[9] <= 1000.0 && claimed[9] - unreserved[9] == 116.0, "{claimed:?}");
    let most = "SELECT MAX(ConcurrentExecutions) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName ORDER BY MAX() DESC LIMIT 3";
    let ranked = account.ranked(most);
    assert!(ranked.len() == 3 && ranked[0].0 == "report-builder" && ranked[0].1[9] > 850.0, "{ranked:?}");

    let account = Account::of("throttle-spillover");
    let live = [("FunctionName", "storefront-render"), ("Resource", "storefront-render:live")];
    let spilled = account.values(LAMBDA, "ProvisionedConcurrencySpilloverInvocations", "Sum", &live);
    assert!(spilled.len() == 10 && spilled.iter().all(|sum| *sum > 50.0), "{spilled:?}");
    assert_eq!(account.values(LAMBDA, "ProvisionedConcurrencyUtilization", "Maximum", &live), [1.0; 10]);
    assert_eq!(account.values(LAMBDA, "ProvisionedConcurrentExecutions", "Maximum", &live), [3.0; 10]);
    assert_eq!(account.values(LAMBDA, "Throttles", "Sum", &live), [0.0; 10]);

    let account = Account::of("throttle-queue");
    let queue = [("QueueName", "image-uploads")];
    let ages = account.values("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", &queue);
    let visible = account.values("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", &queue);
    assert!(ages.len() == 10 && ages.is_sorted() && ages[9] > 240.0 && ages[9] < 900.0, "{ages:?}");
    assert!(visible.is_sorted() && visible[9] > 500.0, "{visible:?}");
    let sent = account.values("AWS/SQS", "NumberOfMessagesSent", "Sum", &queue);
    let received = account.values("AWS/SQS", "NumberOfMessagesReceived", "Sum", &queue);
    let grown: f64 = sent[1..].iter().sum::<f64>() - received[1..].iter().sum::<f64>();
    assert_eq!(grown, visible[9] - visible[0]);
    let concurrency = account.values(LAMBDA, "ConcurrentExecutions", "Maximum", &name("image-resize"));
    assert_eq!(concurrency, [10.0; 10]);
    assert_eq!(account.values(LAMBDA, "Throttles", "Sum", &name("image-resize")), [0.0; 10]);
    assert_eq!(account.metrics("AWS/SQS", "NumberOfMessagesSent").len(), 4, "one for each queue");

    let account = Account::of("stream-lag");
    let ages = account.values(LAMBDA, "IteratorAge", "Maximum", &name("clickstream-aggregate"));
    assert!(ages.is_sorted() && ages[9] > 180_000.0, "{ages:?}");

    let account = Account::of("async-drops");
    let sum = |metric: &str| account.values(LAMBDA, metric, "Sum", &name("invoice-render")).iter().sum::<f64>();
    assert!(sum("AsyncEventsDropped") > 10.0 && sum("AsyncEventsReceived") > sum("AsyncEventsDropped"));
    assert_eq!(sum("DestinationDeliveryFailures"), sum("AsyncEventsDropped"));
    assert_eq!(account.metrics(LAMBDA, "DestinationDeliveryFailures").len(), 2, "of the function and of the region");
    let config = account.lambda("/2019-09-25/functions/invoice-render/event-invoke-config");
    assert_eq!(config["MaximumRetryAttempts"], 2);
    let ages = account.values(LAMBDA, "AsyncEventAge", "Maximum", &name("invoice-render"));
    assert!(ages[9] > 180_000.0 && ages[0] < 100_000.0, "{ages:?}");
}

#[test]
fn functions_are_ranked_by_what_is_asked_for() {
    let account = Account::of("throttle-reserved");
    let by = |select: &str, order: &str| {
        account.ranked(&format!(
            "SELECT {select} FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName ORDER BY {order}() DESC LIMIT 20"
        ))
    };
    let sum = |values: &Vec<f64>| values.iter().sum::<f64>();
    let throttles = by("SUM(Throttles)", "SUM");
    assert!(throttles[0].0 == "orders-api" && sum(&throttles[0].1) > 100.0 && sum(&throttles[1].1) == 0.0);
    assert_eq!(throttles.len(), 20);
    assert_eq!(throttles[0].1, account.values(LAMBDA, "Throttles", "Sum", &name("orders-api")));
    let mean = |values: &Vec<f64>| sum(values) / values.len() as f64;
    let most = |values: &Vec<f64>| values.iter().copied().fold(0.0, f64::max);
    let descending = |rows: &[(String, Vec<f64>)], rank: &dyn Fn(&Vec<f64>) -> f64| {
        assert!(rows.len() == 20 && rows.iter().map(|(_, values)| -rank(values)).is_sorted(), "{rows:?}");
    };
    descending(&by("SUM(Invocations)", "SUM"), &sum);
    descending(&by("AVG(Duration)", "AVG"), &mean);
    descending(&by("MAX(Duration)", "MAX"), &most);
    descending(&by("SUM(Errors)", "SUM"), &sum);
}

#[test]
fn an_alias_with_weights_tells_its_versions_apart() {
    let account = Account::of("calm");
    let listed = account.metrics(LAMBDA, "Invocations");
    let of = |metric: &Value, wanted: &str| {
        let dimensions = metric["Dimensions"].as_array().unwrap();
        let found = dimensions.iter().find(|dimension| dimension["Name"] == wanted);
        found.map(|dimension| dimension["Value"].as_str().unwrap().to_owned())
    };
    let versions: Vec<_> =
        listed.iter().filter_map(|metric| Some((of(metric, "Resource")?, of(metric, "ExecutedVersion")?))).collect();
    let expected = ["57", "58"].map(|version| ("orders-api:live".to_owned(), version.to_owned()));
    assert_eq!(versions, expected);
    let live = [("FunctionName", "orders-api"), ("Resource", "orders-api:live")];
    let of_version =
        |version| account.values(LAMBDA, "Invocations", "Sum", &[live[0], live[1], ("ExecutedVersion", version)]);
    let (old, new) = (of_version("57").iter().sum::<f64>(), of_version("58").iter().sum::<f64>());
    assert!(new > 0.0 && old > 4.0 * new);
    assert_eq!(old + new, account.values(LAMBDA, "Invocations", "Sum", &live).iter().sum::<f64>());
}
