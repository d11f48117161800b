//! The headless commands of the real binary, compared with what the seed put there.

use crate::servers::{Answer, Home, Seeded, ministack, moto, slsdash};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// Longer than the seeded history, shorter than anything that would change the period asked for.
const SINCE: &str = "150m";
/// The tests invoke and provision these two: their numbers move.
const MOVING: [&str; 2] = ["shop-dev-echo", "shop-dev-canary"];

fn by_name<'a>(list: &'a Value, key: &str) -> BTreeMap<&'a str, &'a Value> {
    let list = list.as_array().unwrap_or_else(|| panic!("not a list: {list}"));
    list.iter().map(|item| (item[key].as_str().unwrap_or_else(|| panic!("no {key} in {item}")), item)).collect()
}

fn top(server: &Seeded) -> Answer {
    Answer::of(&server.url, &["--since", SINCE, "top", "--once", "-o", "json"])
}

fn agrees_with_the_seed(server: &Seeded, answer: &Answer, top: &Value) {
    assert_eq!(top["account"], server.account().as_str(), "{answer}");
    assert_eq!(top["region"], "us-east-1", "{answer}");
    let shown = by_name(&top["functions"], "functionName");
    let seeded = server.functions();
    assert_eq!(shown.keys().copied().collect::<Vec<_>>(), seeded.keys().map(String::as_str).collect::<Vec<_>>());
    for (name, right) in &seeded {
        let row = shown[name.as_str()];
        assert_eq!(row["runtime"], right.runtime.as_str(), "{row}");
        assert_eq!(row["memorySize"], right.memory_size, "{row}");
        assert_eq!(row["timeout"], right.timeout, "{row}");
        if MOVING.contains(&name.as_str()) {
            continue;
        }
        // A function without any invocation has no datapoints: no number is as right as 0.
        let total = |key: &str| row[key].as_f64().unwrap_or(0.0);
        assert_eq!(total("invocations"), right.invocations as f64, "{row}");
        assert_eq!(total("errors"), right.errors as f64, "{row}");
        assert_eq!(total("throttles"), right.throttles as f64, "{row}");
    }
}

#[test]
fn top_adds_up_to_what_ministack_was_given() {
    let answer = top(ministack());
    let top = answer.json();
    agrees_with_the_seed(ministack(), &answer, &top);
    let shown = by_name(&top["functions"], "functionName");
    let number = |function: &str, key: &str| {
        shown[function][key].as_f64().unwrap_or_else(|| panic!("{key} is no number in {}", shown[function]))
    };
    let (p50, p99) = (number("shop-prod-orders-api", "durationP50"), number("shop-prod-orders-api", "durationP99"));
    for (name, right) in ministack().functions() {
        if MOVING.contains(&name.as_str()) {
            continue;
        }
        let row = shown[name.as_str()];
        assert_eq!(row["reservedConcurrentExecutions"].as_u64(), right.reserved, "{row}");
        let provisioned = row["provisionedConcurrency"].as_array().unwrap_or_else(|| panic!("no list in {row}"));
        assert_eq!(provisioned.len(), usize::from(right.provisioned.is_some()), "{row}");
        if let (Some(right), Some(shown)) = (right.provisioned, provisioned.first()) {
            assert_eq!(shown["qualifier"], right.qualifier.as_str(), "{row}");
            assert_eq!(shown["requested"], right.requested, "{row}");
            assert_eq!(shown["available"], right.requested, "{row}");
            assert_eq!(shown["status"], "READY", "{row}");
        }
    }
    // The seed draws durations around 74 ms, a tenth of a second of tail at most.
    assert!((55.0..100.0).contains(&p50) && p99 > p50 * 1.3 && p99 < 500.0, "p50 {p50}, p99 {p99}");
}

#[test]
fn top_adds_up_to_what_moto_was_given_and_makes_nothing_up() {
    let answer = top(moto());
    let top = answer.json();
    agrees_with_the_seed(moto(), &answer, &top);
    for function in top["functions"].as_array().expect("checked before") {
        assert_eq!(function["durationP50"], Value::Null, "moto has no percentiles: {function}");
        assert_eq!(function["durationP99"], Value::Null, "moto has no percentiles: {function}");
        assert_eq!(function["provisionedConcurrency"], Value::Null, "not known is not the same as none: {function}");
    }
}

/// The settings of one method, however the server spells `checkout/POST`.
fn method<'a>(stage: &'a Value, path: &str) -> &'a Value {
    let settings = stage["methodSettings"].as_object().unwrap_or_else(|| panic!("no methodSettings in {stage}"));
    let same = |key: &str| key.trim_start_matches("~1").trim_start_matches('/') == path;
    settings.iter().find(|(key, _)| same(key)).map_or_else(|| panic!("no {path} in {stage}"), |(_, value)| value)
}

fn apis_agree_with_the_seed(server: &Seeded) -> Value {
    let answer = Answer::of(&server.url, &["apis", "-o", "json"]);
    let document = answer.json();
    let apis = by_name(&document["apis"], "name");
    assert_eq!(apis.keys().copied().collect::<Vec<_>>(), ["shop-live", "shop-public", "shop-web"], "{answer}");
    for (name, protocol) in [("shop-public", "REST"), ("shop-web", "HTTP"), ("shop-live", "WEBSOCKET")] {
        assert_eq!(apis[name]["id"], server.manifest["apis"][name], "{}", apis[name]);
        assert_eq!(apis[name]["protocolType"], protocol, "{}", apis[name]);
    }
    assert_eq!(apis["shop-public"]["endpointTypes"], serde_json::json!(["REGIONAL"]));
    let rest = by_name(&apis["shop-public"]["stages"], "stageName");
    assert_eq!(rest.keys().copied().collect::<Vec<_>>(), ["dev", "prod"], "{answer}");
    let (prod, dev) = (rest["prod"], rest["dev"]);
    assert_eq!(prod["cacheClusterEnabled"], true, "{prod}");
    assert_eq!(prod["cacheClusterSize"], "0.5", "{prod}");
    assert_eq!(prod["tracingEnabled"], true, "{prod}");
    assert_eq!(prod["throttlingRateLimit"], 500.0, "{prod}");
    assert_eq!(prod["throttlingBurstLimit"], 1000, "{prod}");
    let checkout = method(prod, "checkout/POST");
    assert_eq!(checkout["throttlingRateLimit"], 50.0, "{prod}");
    assert_eq!(checkout["throttlingBurstLimit"], 100, "{prod}");
    assert_eq!(checkout["cachingEnabled"], false, "{prod}");
    assert_eq!(dev["cacheClusterEnabled"], false, "{dev}");
    assert_eq!(dev["tracingEnabled"], false, "{dev}");
    assert_eq!(dev["throttlingRateLimit"], 10.0, "{dev}");
    assert_eq!(dev["throttlingBurstLimit"], 20, "{dev}");
    let http = by_name(&apis["shop-web"]["stages"], "stageName");
    assert_eq!(http.keys().copied().collect::<Vec<_>>(), ["$default", "beta"], "{answer}");
    assert_eq!(http["$default"]["throttlingRateLimit"], 100.0, "{}", http["$default"]);
    assert_eq!(http["beta"]["throttlingBurstLimit"], 10, "{}", http["beta"]);
    assert_eq!(apis["shop-live"]["stages"], serde_json::json!([]), "{answer}");
    prod.clone()
}

#[test]
fn apis_show_motos_stages_with_their_cache_and_limits() {
    let prod = apis_agree_with_the_seed(moto());
    assert_eq!(prod["cacheClusterStatus"], "AVAILABLE", "{prod}");
}

#[test]
fn apis_show_ministacks_stages_and_no_cache_status_that_it_did_not_give() {
    let prod = apis_agree_with_the_seed(ministack());
    assert_eq!(prod["cacheClusterStatus"], Value::Null, "{prod}");
}

fn logs(server: &Seeded, arguments: &[&str]) -> Vec<Value> {
    let mut line = vec!["--since", SINCE, "logs", "-o", "json"];
    line.extend(arguments);
    let answer = Answer::of(&server.url, &line);
    let events = answer.json_lines();
    let times: Vec<i64> = events
        .iter()
        .map(|event| event["timestamp"].as_i64().unwrap_or_else(|| panic!("timestamp is epoch ms: {event}")))
        .collect();
    assert!(times.is_sorted(), "events come in time order whatever the server's order: {answer}");
    events
}

fn logs_agree_with_the_seed(server: &Seeded) {
    let groups = server.log_groups();
    for name in ["/aws/lambda/shop-prod-orders-api", "/aws/lambda/shop-prod-authorizer"] {
        let events = logs(server, &[name]);
        assert_eq!(events.len(), groups[name].events, "every line of {name}, each once");
        assert!(events.iter().all(|event| event["logGroupName"] == name && event["message"].is_string()));
        let streams: BTreeSet<&str> = events.iter().filter_map(|event| event["logStreamName"].as_str()).collect();
        assert_eq!(streams.len(), 3, "{name}");
    }
    // Not the authorizer's: MiniStack takes ERROR for error, which a line there says.
    let name = "/aws/lambda/shop-prod-orders-api";
    let failing = logs(server, &[name, "--filter", "ERROR"]);
    assert_eq!(failing.len(), groups[name].with_error, "the server's own filter, in {name}");
}

#[test]
fn logs_bring_every_line_of_moto_in_time_order() {
    logs_agree_with_the_seed(moto());
}

#[test]
fn logs_bring_every_line_of_ministack_in_time_order() {
    logs_agree_with_the_seed(ministack());
}

#[test]
fn logs_find_their_groups_by_pattern_and_read_level_and_request() {
    let events = logs(moto(), &["*-authorizer"]);
    assert_eq!(events.len(), moto().log_groups()["/aws/lambda/shop-prod-authorizer"].events);
    let said: Vec<&Value> = events
        .iter()
        .filter(|event| event["message"].as_str().is_some_and(|text| text.contains("token accepted")))
        .collect();
    assert!(!said.is_empty());
    for event in said {
        assert_eq!(event["level"].as_str().map(str::to_uppercase).as_deref(), Some("INFO"), "{event}");
        let request = event["requestId"].as_str().unwrap_or_else(|| panic!("no requestId in {event}"));
        assert!(event["message"].as_str().is_some_and(|text| text.contains(request)), "{event}");
    }
}

/// What a log line may hold to take over a terminal: clear it, name its window, turn the text round, hide a line.
const HOSTILE: &str = "before \u{1b}[2J\u{1b}]0;taken\u{7} \u{9b}31m \u{202e}txt.exe\u{202c} \r over\u{8}\u{0} after";

#[test]
fn hostile_lines_reach_json_whole_and_the_terminal_harmless() {
    for server in [moto(), ministack()] {
        let group = "/tests/hostile";
        server.say(group, HOSTILE);
        let events = logs(server, &[group]);
        assert!(events.iter().any(|event| event["message"] == HOSTILE), "{events:?}");
        let text = Answer::of(&server.url, &["--since", SINCE, "logs", group, "-o", "text"]);
        assert_eq!(text.code(), 0, "{text}");
        let shown = text.stdout();
        assert!(shown.contains("before") && shown.contains("after"), "{text}");
        let dangerous = |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!shown.contains(dangerous), "a control character came through: {shown:?}");
    }
}

#[test]
fn following_brings_every_line_once_and_those_that_come_late() {
    const LINES: usize = 300;
    for server in [moto(), ministack()] {
        let (home, group) = (Home::new(), "/tests/followed");
        server.say(group, "begin");
        let mut child = slsdash(&home)
            .args(["--endpoint-url", &server.url, "logs", group, "--follow", "--since", "2m", "-o", "json"])
            .env("SLSDASH_POLL_TAIL", "1s")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = sync_channel(LINES);
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let reader = std::thread::spawn(move || stdout.lines().try_for_each(|line| tell.send(line.unwrap())));
        let next =
            |patience| lines.recv_timeout(patience).ok().map(|line| serde_json::from_str::<Value>(&line).unwrap());
        let first = next(Duration::from_secs(30)).expect("what was there when it began");
        assert_eq!(first["message"], "begin");
        server.say_many(group, "line", LINES);
        let mut said = BTreeMap::new();
        // Until nothing has come for several polls.
        while let Some(event) = next(Duration::from_secs(5)) {
            *said.entry(event["message"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
        let right: BTreeMap<String, usize> = (0..LINES).map(|n| (format!("line {n}"), 1)).collect();
        assert_eq!(said, right, "{}", server.url);
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        drop(lines);
        let _ = reader.join();
    }
}

#[test]
fn invoke_runs_the_function_on_ministack_and_brings_its_log() {
    let payload = r#"{"orderId":"o-4711","note":"grüße"}"#;
    let home = Home::new();
    let answer =
        Answer::within(&home, &ministack().url, &["invoke", "shop-dev-echo", "--payload", payload, "-o", "json"]);
    let got = answer.json();
    assert_eq!(got["statusCode"], 200, "{answer}");
    assert_eq!(got["functionError"], Value::Null, "{answer}");
    assert_eq!(got["executedVersion"], "$LATEST", "{answer}");
    assert_eq!(got["payload"]["statusCode"], 200, "{answer}");
    let body = got["payload"]["body"].as_str().unwrap_or_else(|| panic!("the handler's body is text: {answer}"));
    let body: Value = serde_json::from_str(body).expect("the handler answers JSON");
    assert_eq!(body["echo"], serde_json::from_str::<Value>(payload).expect("ours"), "{answer}");
    assert!(
        got["logTail"].as_str().is_some_and(|tail| tail.contains("handled") && tail.contains("o-4711")),
        "{answer}"
    );
    let audit = std::fs::read_to_string(home.state().join("slsdash/audit.jsonl")).expect("an invoke is written down");
    assert!(audit.contains("shop-dev-echo") && audit.contains(&ministack().account()), "{audit}");
    assert!(!audit.contains("o-4711"), "a payload may hold anything, and stays out of files: {audit}");
}

#[test]
fn invoke_of_a_version_says_which_one_ran() {
    let answer = Answer::of(
        &ministack().url,
        &["invoke", "shop-dev-canary", "--qualifier", "canary", "--payload", "{}", "-o", "json"],
    );
    assert_eq!(answer.json()["executedVersion"], "2", "{answer}");
}

#[test]
fn invoke_that_fails_in_the_function_shows_its_error_and_its_log() {
    let answer =
        Answer::of(&ministack().url, &["invoke", "shop-dev-echo", "--payload", r#"{"fail":"boom"}"#, "-o", "json"]);
    assert_eq!(answer.code(), 254, "a script must see it: {answer}");
    let got: Value = serde_json::from_str(&answer.stdout()).unwrap_or_else(|error| panic!("{error}: {answer}"));
    assert_eq!(got["statusCode"], 200, "the service did its part: {answer}");
    assert_eq!(got["functionError"], "Unhandled", "{answer}");
    assert_eq!(got["payload"]["errorMessage"], "boom", "{answer}");
    assert!(got["logTail"].as_str().is_some_and(|tail| tail.contains("ValueError: boom")), "{answer}");
}

#[test]
fn invoke_as_event_and_dry_run_have_their_own_status() {
    for (kind, status) in [("event", 202), ("dry-run", 204)] {
        for server in [moto(), ministack()] {
            let answer =
                Answer::of(&server.url, &["invoke", "shop-dev-echo", "--payload", "{}", "--type", kind, "-o", "json"]);
            assert_eq!(answer.json()["statusCode"], status, "{answer}");
        }
    }
}

#[test]
fn invoke_on_moto_brings_the_answer_and_no_log_that_there_was_not() {
    let answer = Answer::of(&moto().url, &["invoke", "shop-dev-echo", "--payload", r#"{"a":1}"#, "-o", "json"]);
    let got = answer.json();
    assert_eq!(got["statusCode"], 200, "{answer}");
    assert_eq!(got["payload"], serde_json::json!({"a": 1}), "{answer}");
    assert_eq!(got["logTail"], Value::Null, "{answer}");
    assert_eq!(got["executedVersion"], Value::Null, "{answer}");
}

#[test]
fn invoke_of_a_function_that_is_not_there_is_the_services_error() {
    let answer = Answer::of(&ministack().url, &["invoke", "shop-dev-nope", "--payload", "{}", "-o", "json"]);
    assert_eq!(answer.code(), 254, "{answer}");
    assert_eq!(answer.stdout(), "", "stdout is data: {answer}");
    assert!(answer.stderr().contains("shop-dev-nope"), "{answer}");
}

#[test]
fn traces_of_moto_are_all_there_with_their_faults() {
    let answer = Answer::of(&moto().url, &["--since", SINCE, "traces", "-o", "json"]);
    let document = answer.json();
    let shown = by_name(&document["traces"], "id");
    let seeded = moto().traces();
    assert_eq!(shown.len(), seeded.len(), "{answer}");
    for right in &seeded {
        let summary = shown.get(right.id.as_str()).unwrap_or_else(|| panic!("{} is not listed", right.id));
        assert_eq!(summary["hasFault"], right.fault, "{summary}");
        assert_eq!(summary["hasThrottle"], false, "{summary}");
    }
}

#[test]
fn trace_of_moto_has_its_segments_as_they_were_sent() {
    let seeded = moto().traces();
    let right = seeded.iter().find(|trace| trace.fault).expect("some of the seeded requests fail");
    let answer = Answer::of(&moto().url, &["trace", &right.id, "-o", "json"]);
    let got = answer.json();
    assert_eq!(got["id"], right.id.as_str(), "{answer}");
    let segments = got["segments"].as_array().unwrap_or_else(|| panic!("no segments: {answer}"));
    let origins: BTreeSet<&str> = segments.iter().filter_map(|segment| segment["origin"].as_str()).collect();
    assert_eq!(origins, BTreeSet::from(["AWS::ApiGateway::Stage", "AWS::Lambda", "AWS::Lambda::Function"]), "{answer}");
    let function = segments.iter().find(|segment| segment["origin"] == "AWS::Lambda::Function").expect("just seen");
    assert_eq!(function["name"], right.function.as_str(), "{function}");
    assert_eq!(function["annotations"]["tenant"], "acme", "{function}");
    assert_eq!(function["metadata"]["default"]["orderId"], "o-4711", "{function}");
    assert_eq!(function["cause"]["exceptions"][0]["type"], "PaymentTimeout", "{function}");
    let inner: Vec<&str> =
        function["subsegments"].as_array().into_iter().flatten().filter_map(|s| s["name"].as_str()).collect();
    assert_eq!(inner, ["DynamoDB", "payments.provider.example"], "{function}");
    // moto says 0.0; the segments know better.
    let duration = got["duration"].as_f64().unwrap_or_else(|| panic!("no duration: {answer}"));
    assert!((duration - right.duration).abs() < 0.002, "{duration} s shown, {} s drawn", right.duration);
}

#[test]
fn trace_in_text_names_every_segment() {
    let seeded = moto().traces();
    let right = seeded.iter().find(|trace| trace.fault).expect("some of the seeded requests fail");
    let answer = Answer::of(&moto().url, &["trace", &right.id, "-o", "text"]);
    assert_eq!(answer.code(), 0, "{answer}");
    for name in ["shop-public/prod", &right.function, "DynamoDB", "payments.provider.example"] {
        assert!(answer.stdout().contains(name), "{name} is missing: {answer}");
    }
}

/// Exit 254 and one readable sentence: whatever came as the body (an HTML page, nothing at all), no markup and no debug output.
fn refused_in_a_sentence(answer: &Answer) {
    assert_eq!(answer.code(), 254, "{answer}");
    assert_eq!(answer.stdout(), "", "stdout is data: {answer}");
    let said = answer.stderr();
    assert!(!said.trim().is_empty(), "{answer}");
    for noise in ["<html", "<!doctype", "<!DOCTYPE", "ServiceError", "Unhandled(", "headers:"] {
        assert!(!said.contains(noise), "{noise} is not for people: {answer}");
    }
    assert!(said.lines().count() <= 6, "a sentence and its remedy: {answer}");
}

#[test]
fn a_server_without_xray_is_an_error_in_a_sentence() {
    let answer = Answer::of(&ministack().url, &["--since", SINCE, "traces", "-o", "json"]);
    refused_in_a_sentence(&answer);
    assert!(answer.stderr().contains("GetTraceSummaries"), "says what was asked: {answer}");
}

#[test]
fn a_filter_that_moto_can_not_is_an_error_in_a_sentence() {
    refused_in_a_sentence(&Answer::of(&moto().url, &["traces", "--filter", "fault = true", "-o", "json"]));
}

#[test]
fn nothing_listens_there_is_an_error_in_a_sentence() {
    // A port that was free a moment ago, on which nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let answer = Answer::of(&format!("http://127.0.0.1:{port}"), &["apis", "-o", "json"]);
    assert_eq!(answer.code(), 253, "{answer}");
    assert_eq!(answer.stdout(), "", "{answer}");
    assert!(answer.stderr().contains(&port.to_string()), "says where it asked: {answer}");
}
