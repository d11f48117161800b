//! Clients that we did not write, reading the embedded account: boto3 through every operation, and against our own totals.

use crate::servers::{Answer, Environment, Sim, tail};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the embedded account must have, by boto3's own names of service and operation.
const OPERATIONS: [(&str, &str); 7] = [
    (
        "lambda",
        "ListFunctions GetFunction GetFunctionConfiguration GetFunctionConcurrency PutFunctionConcurrency \
         DeleteFunctionConcurrency GetAccountSettings ListAliases ListVersionsByFunction PutProvisionedConcurrencyConfig \
         GetProvisionedConcurrencyConfig ListProvisionedConcurrencyConfigs DeleteProvisionedConcurrencyConfig \
         ListEventSourceMappings GetEventSourceMapping UpdateEventSourceMapping GetFunctionEventInvokeConfig ListTags \
         UpdateAlias GetPolicy GetFunctionUrlConfig Invoke",
    ),
    ("cloudwatch", "GetMetricData ListMetrics DescribeAlarms DescribeAlarmHistory"),
    (
        "logs",
        "DescribeLogGroups DescribeLogStreams FilterLogEvents GetLogEvents StartQuery GetQueryResults StopQuery StartLiveTail",
    ),
    ("xray", "GetTraceSummaries BatchGetTraces GetServiceGraph GetTraceGraph GetGroups GetTraceSegmentDestination"),
    (
        "apigateway",
        "GetRestApis GetRestApi GetResources GetStages GetStage UpdateStage FlushStageCache GetUsagePlans GetUsage GetApiKeys \
         GetAccount GetDeployments GetAuthorizers GetDomainNames",
    ),
    ("apigatewayv2", "GetApis GetStages UpdateStage GetRoutes GetIntegrations"),
    ("sts", "GetCallerIdentity"),
];

/// What it must have beside those where segments go to CloudWatch Logs.
const SPANS: [(&str, &str); 2] = [
    (
        "xray",
        "GetTraceSegmentDestination UpdateTraceSegmentDestination GetIndexingRules UpdateIndexingRule StartTraceRetrieval \
         ListRetrievedTraces CancelTraceRetrieval GetRetrievedTracesGraph GetSamplingRules GetSamplingStatisticSummaries",
    ),
    ("logs", "DescribeLogGroups FilterLogEvents StartQuery GetQueryResults"),
];

/// All that boto3 reads, or one section of it.
fn boto3_reads(scenario: &str, section: Option<&str>, operations: &[(&str, &str)]) {
    let sim = Sim::start(scenario);
    let output = Environment::moto().script("read_sim.py").arg(&sim.url).args(section).output();
    let output = output.expect("python was just found");
    let said = tail(&String::from_utf8_lossy(&output.stderr), 60);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("read_sim.py wrote no report ({error}, {}):\n{said}", output.status));
    let mismatches = report["mismatches"].as_array().expect("the report lists its mismatches");
    assert!(
        output.status.success() && mismatches.is_empty(),
        "boto3 reads something else in `slsdash sim --scenario {scenario}`:\n{:#}\n{said}",
        report["mismatches"]
    );
    for (service, operations) in operations {
        for operation in operations.split_whitespace() {
            let times = report["operations"][format!("{service}:{operation}")].as_u64().unwrap_or(0);
            assert!(times > 0, "read_sim.py does not ask for {service} {operation}");
        }
    }
}

#[test]
fn boto3_reads_every_operation_of_the_shop() {
    boto3_reads("shop", None, &OPERATIONS);
}

#[test]
fn boto3_reads_every_operation_of_the_outage() {
    boto3_reads("outage", None, &OPERATIONS);
}

#[test]
fn boto3_reads_spans_where_segments_go_to_the_logs() {
    boto3_reads("spans", Some("spans"), &SPANS);
}

/// Function -> (metric -> (minute, epoch s -> value)), as boto3 reads it.
type Minutes = BTreeMap<String, BTreeMap<String, BTreeMap<i64, f64>>>;

fn minutes_by_boto3(sim: &Sim) -> Minutes {
    let output = Environment::moto().script("minutes.py").arg(&sim.url).output().expect("python was just found");
    assert!(output.status.success(), "{}", tail(&String::from_utf8_lossy(&output.stderr), 30));
    serde_json::from_slice(&output.stdout).expect("minutes.py writes JSON")
}

fn epoch_s(window: &Value, key: &str) -> i64 {
    let text = window[key].as_str().unwrap_or_else(|| panic!("no {key} in the window {window}"));
    chrono::DateTime::parse_from_rfc3339(text).unwrap_or_else(|error| panic!("{text}: {error}")).timestamp()
}

/// Newest minutes still grow while CloudWatch gathers them: what we show lies between what boto3 saw before us and after us, and is
/// exactly that wherever the two agree, which is everywhere but in those minutes.
fn top_says_what_boto3_says(scenario: &str) {
    let sim = Sim::start(scenario);
    let before = minutes_by_boto3(&sim);
    let answer = Answer::of(&sim.url, &["--since", "1h", "top", "--once", "-o", "json"]);
    let after = minutes_by_boto3(&sim);
    let top = answer.json();
    // A window is made of whole minutes: those in which it begins and ends belong to it.
    let start = epoch_s(&top["window"], "start");
    let window = start - start.rem_euclid(60)..epoch_s(&top["window"], "end");
    assert!((3000..=4200).contains(&(window.end - window.start)), "one hour was asked for: {}", top["window"]);
    let total = |read: &Minutes, function: &str, metric: &str| -> f64 {
        let minutes = read.get(function).and_then(|metrics| metrics.get(metric));
        minutes.into_iter().flatten().filter(|(minute, _)| window.contains(minute)).map(|(_, value)| value).sum()
    };
    let functions = top["functions"].as_array().unwrap_or_else(|| panic!("no functions: {answer}"));
    assert_eq!(functions.len(), after.len(), "as many functions as boto3 lists");
    let mut seen = 0.0;
    for row in functions {
        let name = row["functionName"].as_str().unwrap_or_else(|| panic!("a function without a name: {row}"));
        for (key, metric) in [("invocations", "Invocations"), ("errors", "Errors"), ("throttles", "Throttles")] {
            let shown = row[key].as_f64().unwrap_or(0.0);
            let (least, most) = (total(&before, name, metric), total(&after, name, metric));
            assert!(
                (least..=most).contains(&shown),
                "{name}: {shown} {key} shown, boto3 read {least} before and {most} after, window {}",
                top["window"]
            );
            seen += shown;
        }
    }
    assert!(seen > 1000.0, "a shop with next to no traffic proves nothing: {seen}");
}

#[test]
fn top_says_what_boto3_says_of_the_shop() {
    top_says_what_boto3_says("shop");
}

#[test]
fn top_says_what_boto3_says_of_the_outage() {
    top_says_what_boto3_says("outage");
}
