//! `slsdash logs`: which groups its words mean, what it prints of them, and how it ends.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{calls_of, door, fault, interrupt};
use crate::servers::{Answer, Home, Sim, slsdash};

#[test]
fn logs_come_once_each_in_time_order_with_level_and_request() {
    let sim = Sim::start("outage");
    let events = Answer::of(&sim.url, &["logs", "checkout-api", "order*", "--since", "10m", "-o", "json"]).json_lines();
    let times: Vec<i64> = events.iter().map(|event| event["timestamp"].as_i64().unwrap()).collect();
    assert!(times.is_sorted() && times.len() > 100, "{}", times.len());
    let ids: BTreeSet<&str> = events.iter().map(|event| event["eventId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len(), "each event once");
    let groups: BTreeSet<&str> = events.iter().map(|event| event["logGroupName"].as_str().unwrap()).collect();
    assert!(groups.contains("/aws/lambda/checkout-api") && groups.contains("/aws/lambda/order-worker"), "{groups:?}");
    assert!(events.iter().any(|event| event["level"] == "ERROR" && event["requestId"].is_string()));
    let errors = Answer::of(&sim.url, &["logs", "checkout-api", "--since", "10m", "--filter", "ERROR", "-o", "json"]);
    let errors = errors.json_lines();
    assert!(!errors.is_empty() && errors.iter().all(|event| event["message"].as_str().unwrap().contains("ERROR")));
    let none = Answer::of(&sim.url, &["logs", "nonesuch*"]);
    assert_eq!((none.code(), none.stdout().as_str()), (254, ""), "{none}");
    let none = Answer::of(&sim.url, &["logs", "/aws/lambda/nonesuch"]);
    assert_eq!((none.code(), none.stdout().as_str()), (254, ""), "{none}");
}

#[test]
fn a_shared_log_group_gives_the_lines_of_its_function_only() {
    let sim = Sim::start("calm");
    let events = Answer::of(&sim.url, &["logs", "session-auth", "--since", "30m", "-o", "json"]).json_lines();
    assert!(!events.is_empty());
    for event in &events {
        let stream = event["logStreamName"].as_str().unwrap();
        assert!(event["logGroupName"] == "/shop/platform" && stream.contains("/session-auth["), "{event}");
    }
}

#[test]
fn following_goes_on_until_interrupted_and_repeats_nothing() {
    let sim = Sim::start("calm");
    let home = Home::new();
    let mut child = slsdash(&home)
        .args(["--endpoint-url", &sim.url, "logs", "cart-api", "orders-api", "--since", "1m", "--follow", "-o", "json"])
        .env("SLSDASH_POLL_TAIL", "1s")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let started = chrono::Utc::now().timestamp_millis();
    let mut ids = BTreeSet::new();
    // Until something comes that had not happened when it began.
    loop {
        let event: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert!(ids.insert(event["eventId"].as_str().unwrap().to_string()), "twice: {event}");
        if event["timestamp"].as_i64().unwrap() > started + 3000 {
            break;
        }
    }
    assert_eq!(interrupt(&mut child, Signal::INT), Some(130));
}

/// Names of the groups that events are of.
fn groups(events: &[Value]) -> BTreeSet<&str> {
    events.iter().map(|event| event["logGroupName"].as_str().unwrap()).collect()
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `slsdash logs` on its way.
fn begin(home: &Home, sim: &Sim, arguments: &[&str]) -> Child {
    let mut command: Command = slsdash(home);
    command.args(["--endpoint-url", &sim.url, "logs"]).args(arguments).env("SLSDASH_POLL_TAIL", "1s");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn said(child: &mut Child) -> String {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    said
}

#[test]
fn a_word_is_a_name_or_a_part_of_one_and_a_glob_is_over_functions_too() {
    let sim = Sim::start("calm");
    let read = |words: &[&str]| Answer::of(&sim.url, &[words, &["--since", "5m", "-o", "json"]].concat());
    // An exact name is no part of a name: that of a function, and that of a group.
    let exact = read(&["logs", "orders-api", "/aws/lambda/cart-api"]);
    assert_eq!(groups(&exact.json_lines()), ["/aws/lambda/cart-api", "/aws/lambda/orders-api"].into(), "{exact}");
    assert_eq!(exact.stderr(), "");
    assert_eq!(calls_of(&sim, "ListFunctions"), 0, "a function that is named is asked for by its name");
    let mixed = read(&["logs", "order-w*", "catalog"]);
    let worker = "/aws/lambda/order-worker";
    let catalog = ["/aws/lambda/catalog-items", "/aws/lambda/catalog-search"];
    assert_eq!(groups(&mixed.json_lines()), [worker, catalog[0], catalog[1]].into(), "{mixed}");
    let chosen = format!("`catalog` is in the names of 2 log groups: {}", catalog.join(", "));
    assert!(mixed.stderr().contains(&chosen), "{mixed}");
    assert!(!mixed.stderr().contains(worker), "a glob says itself what it means: {mixed}");
    // A function that logs elsewhere, with its own streams of a group that it shares.
    let elsewhere = read(&["logs", "session-*"]);
    let events = elsewhere.json_lines();
    assert_eq!(groups(&events), ["/shop/platform"].into(), "{elsewhere}");
    let is_its_own = |event: &Value| event["logStreamName"].as_str().unwrap().contains("/session-auth[");
    assert!(events.iter().all(is_its_own), "{elsewhere}");
    assert!(!read(&["logs", "session-*", "audit-*"]).json_lines().iter().all(is_its_own));
    assert!(!read(&["logs", "/shop/platform"]).json_lines().iter().all(is_its_own), "the whole group is all of it");
    let lists = calls_of(&sim, "ListFunctions");
    read(&["logs", "session-*"]);
    let once = calls_of(&sim, "ListFunctions") - lists;
    read(&["logs", "session-*", "catalog", "pay*"]);
    assert_eq!(calls_of(&sim, "ListFunctions"), lists + 2 * once, "the list is read once a run");
}

#[test]
fn an_api_is_its_execution_and_access_logs() {
    let sim = Sim::start("calm");
    let read = |word: &str| Answer::of(&sim.url, &["logs", word, "--since", "10m", "-o", "json"]);
    let access = "/aws/apigateway/shop-api-access";
    let (prod, staging) =
        ("API-Gateway-Execution-Logs_k3v9q2m7ta/prod", "API-Gateway-Execution-Logs_k3v9q2m7ta/staging");
    for word in ["shop-api", "k3v9q2m7ta"] {
        let answer = read(word);
        assert_eq!(groups(&answer.json_lines()), [access, prod, staging].into(), "{word}");
        assert!(answer.stderr().contains("logs to 3 log groups"), "{answer}");
    }
    assert_eq!(groups(&read("shop-api/prod").json_lines()), [access, prod].into());
    let unknown = read("shop-api/nonesuch");
    assert_eq!((unknown.code(), unknown.stdout().as_str()), (254, ""), "{unknown}");
    assert!(unknown.stderr().contains("no stage `nonesuch`, but prod, staging"), "{unknown}");
    let silent = read("order-events");
    assert_eq!(silent.code(), 254);
    assert!(silent.stderr().contains("this API logs nothing"), "{silent}");
}

#[test]
fn a_list_that_is_denied_is_said_and_the_others_are_used() {
    let sim = Sim::start("calm");
    let read = |word: &str| Answer::of(&sim.url, &["logs", word, "--since", "2m", "-o", "json"]);
    fault(&sim, "lambda:*", "deny");
    for word in ["catalog-*", "catalog", "cart-api"] {
        let answer = read(word);
        let events = answer.json_lines();
        let all = groups(&events);
        assert!(!all.is_empty() && all.iter().all(|name| name.starts_with("/aws/lambda/ca")), "{answer}");
        let denied = answer.stderr().contains("lambda:ListFunctions is denied");
        assert_eq!(denied, word != "cart-api", "said where it is missed: {answer}");
    }
    door(&sim, "DELETE", "faults", &Value::Null);
    fault(&sim, "logs:DescribeLogGroups", "deny");
    let answer = read("catalog");
    assert_eq!(groups(&answer.json_lines()).len(), 2, "{answer}");
    assert!(answer.stderr().contains("logs:DescribeLogGroups is denied"), "{answer}");
    assert!(!read("/aws/lambda/cart-api").json_lines().is_empty());
}

#[test]
fn throttled_all_the_while_it_waits_and_completes() {
    let sim = Sim::start("calm");
    let words = ["logs", "catalog", "shop-api/staging", "--since", "5m", "-o", "json"];
    let undisturbed = Answer::of(&sim.url, &words).json_lines();
    // Each call is tried three times before it counts as throttled.
    for (operation, times) in [
        ("lambda:GetFunctionConfiguration", 4),
        ("logs:DescribeLogGroups", 4),
        ("lambda:ListFunctions", 4),
        ("apigateway:*", 4),
        ("logs:FilterLogEvents", 7),
    ] {
        door(&sim, "POST", "faults", &json!({"operations": operation, "fault": "throttle", "times": times}));
    }
    let answer = Answer::of(&sim.url, &words);
    let events = answer.json_lines();
    assert_eq!(groups(&events), groups(&undisturbed), "{answer}");
    let ids = |events: &[Value]| events.iter().map(|event| event["eventId"].to_string()).collect::<BTreeSet<_>>();
    assert_eq!(ids(&events).len(), events.len(), "each event once");
    // Those of the time that both have seen.
    let (from, to) = (events[0]["timestamp"].as_i64(), undisturbed.last().unwrap()["timestamp"].as_i64());
    let both = |event: &&Value| (from..=to).contains(&event["timestamp"].as_i64());
    let missing = undisturbed.iter().filter(both).filter(|event| !events.contains(event)).count();
    assert_eq!(missing, 0, "{answer}");
    assert!(answer.stderr().contains("throttle") && answer.stderr().contains("going on in"), "{answer}");
}

#[test]
fn a_group_that_can_not_be_read_does_not_keep_the_others() {
    let sim = Sim::start("calm");
    let three = ["logs", "cart-api", "orders-api", "checkout-api", "--since", "1m", "-o", "json"];
    door(&sim, "POST", "faults", &json!({"operations": "logs:FilterLogEvents", "fault": "deny", "times": 1}));
    let denied = Answer::of(&sim.url, &three);
    assert_eq!((denied.code(), groups(&lines(&denied)).len()), (254, 2), "{denied}");
    assert!(denied.stderr().contains("logs:FilterLogEvents is denied"), "{denied}");
    let missing = Answer::of(&sim.url, &["logs", "cart-api", "/aws/lambda/nonesuch", "orders-api", "-o", "json"]);
    let two = BTreeSet::from(["/aws/lambda/cart-api", "/aws/lambda/orders-api"]);
    assert_eq!((missing.code(), groups(&lines(&missing))), (254, two), "{missing}");
    assert!(missing.stderr().contains("/aws/lambda/nonesuch"), "{missing}");
}

#[test]
fn whoever_stops_reading_ends_it_within_three_seconds() {
    let sim = Sim::start("calm");
    let home = Home::new();
    // Nothing fits the second: there is never anything to print.
    for arguments in [&["cart-api", "--follow"][..], &["cart-api", "--follow", "--filter", "\"nothing says this\""]] {
        let before = calls_of(&sim, "FilterLogEvents");
        let mut child = begin(&home, &sim, arguments);
        while calls_of(&sim, "FilterLogEvents") == before {
            std::thread::sleep(Duration::from_millis(50));
        }
        drop(child.stdout.take());
        let since = Instant::now();
        let code = child.wait().unwrap().code();
        assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
        assert_eq!((code, said(&mut child).as_str()), (Some(0), ""), "{arguments:?}");
    }
}

const INFREQUENT: &str = "/aws/apigateway/storefront-access";

#[test]
fn a_group_of_infrequent_access_is_read_by_a_query_and_its_price_is_said() {
    let sim = Sim::start("calm");
    let answer = Answer::of(&sim.url, &["logs", INFREQUENT, "--since", "30m", "-o", "json"]);
    let events = answer.json_lines();
    assert!(events.len() > 500, "{}", events.len());
    let times: Vec<i64> = events.iter().map(|event| event["timestamp"].as_i64().unwrap()).collect();
    assert!(times.is_sorted() && times[0] > chrono::Utc::now().timestamp_millis() - 31 * 60_000);
    for event in &events {
        assert_eq!((&event["logGroupName"], &event["eventId"]), (&json!(INFREQUENT), &Value::Null));
        assert!(event["ingestionTime"].as_i64() >= event["timestamp"].as_i64(), "{event}");
        assert!(event["logStreamName"].is_string() && event["message"].as_str().unwrap().contains("requestId"));
    }
    let said = answer.stderr();
    assert!(said.contains("of class Infrequent Access") && said.contains("Logs Insights"), "{answer}");
    assert!(said.contains(" scanned, ") && said.contains("$0.0"), "{answer}");
    assert_eq!((calls_of(&sim, "FilterLogEvents"), calls_of(&sim, "StartQuery")), (0, 1), "the class was known");
    // Beside others, in the order of time; and found out only when the tail is refused.
    let mixed = Answer::of(&sim.url, &["logs", INFREQUENT, "orders-api", "--since", "10m", "-o", "json"]).json_lines();
    assert!(groups(&mixed).contains(INFREQUENT) && groups(&mixed).len() == 2, "{:?}", groups(&mixed));
    assert!(mixed.iter().map(|event| event["timestamp"].as_i64()).is_sorted());
    fault(&sim, "logs:DescribeLogGroups", "deny");
    let refused = Answer::of(&sim.url, &["logs", INFREQUENT, "cart-api", "--since", "10m", "-o", "json"]).json_lines();
    assert_eq!(groups(&refused), [INFREQUENT, "/aws/lambda/cart-api"].into());
    assert!(refused.iter().map(|event| event["timestamp"].as_i64()).is_sorted());
}

#[test]
fn what_a_query_can_not_do_is_said_and_not_begun() {
    let sim = Sim::start("calm");
    let home = Home::new();
    let filtered = Answer::of(&sim.url, &["logs", INFREQUENT, "--filter", "500"]);
    assert_eq!((filtered.code(), filtered.stdout().as_str()), (252, ""), "{filtered}");
    assert!(filtered.stderr().contains("--filter can't be applied"), "{filtered}");
    let config = home.path().join("poor.toml");
    std::fs::write(&config, "[logs]\ninsights_budget = \"1 kB\"\n").unwrap();
    let poor = ["--config", config.to_str().unwrap(), "logs", INFREQUENT, "cart-api", "--since", "10m", "-o", "json"];
    let poor = Answer::within(&home, &sim.url, &poor);
    assert_eq!((poor.code(), groups(&lines(&poor))), (255, ["/aws/lambda/cart-api"].into()), "the other is printed");
    assert!(poor.stderr().contains("logs.insights_budget"), "{poor}");
    assert_eq!(calls_of(&sim, "StartQuery"), 0);
    let followed = Answer::of(&sim.url, &["logs", INFREQUENT, "--follow", "--since", "10m", "-o", "json"]);
    assert_eq!(followed.code(), 254, "{followed}");
    assert!(!lines(&followed).is_empty() && followed.stderr().contains("can't be followed"), "{followed}");
}

#[test]
fn a_query_that_nobody_waits_for_is_stopped() {
    let sim = Sim::start("calm");
    let home = Home::new();
    let started = |n| {
        while calls_of(&sim, "GetQueryResults") < n {
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let mut interrupted = begin(&home, &sim, &[INFREQUENT]);
    started(1);
    assert_eq!(interrupt(&mut interrupted, Signal::INT), Some(130));
    assert_eq!(calls_of(&sim, "StopQuery"), 1);
    let looked = calls_of(&sim, "GetQueryResults");
    let mut unread = begin(&home, &sim, &[INFREQUENT]);
    started(looked + 1);
    drop(unread.stdout.take());
    assert_eq!(unread.wait().unwrap().code(), Some(0), "{}", said(&mut unread));
    assert_eq!(calls_of(&sim, "StopQuery"), 2);
}
