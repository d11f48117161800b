//! The service as its clients see it: pages, tokens, late events, streams, queries and a live tail.

use super::{Queries, groups, handle, truth, written};
use crate::sim::Clock;
use crate::sim::faults::Faults;
use crate::sim::services::xray::Retrievals;
use crate::sim::services::{Call, Service};
use crate::sim::wire::{Body, Dialect, Request, Response};
use crate::sim::world::catalog::Protocol;
use crate::sim::world::change::StagePatch;
use crate::sim::world::{Millis, World};
use aws_smithy_eventstream::frame::read_message_from;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

const BORN: Millis = 1_795_226_700_000; // 2026-11-21 02:05:00
const MINUTE: Millis = 60_000;

fn world() -> Arc<World> {
    Arc::new(World::new("calm", 7, 0, BORN).expect("the scenario is known"))
}

struct Account {
    world: Arc<World>,
    faults: Arc<Faults>,
    queries: Queries,
    clock: Clock,
}

impl Account {
    /// The account that all these tests read.
    fn new() -> Account {
        static WORLD: LazyLock<Arc<World>> = LazyLock::new(world);
        Account::of(WORLD.clone())
    }

    fn of(world: Arc<World>) -> Account {
        Account { world, faults: Arc::default(), queries: Queries::default(), clock: Arc::new(|| BORN) }
    }

    fn response(&self, now: Millis, operation: &str, input: &Value) -> Response {
        let request: Request = http::Request::post("/").body(Bytes::from(input.to_string())).expect("a request");
        let call = Call {
            world: &self.world,
            now,
            clock: &self.clock,
            request: &request,
            service: Service::Logs,
            operation,
            labels: &[],
            dialect: Dialect::Json11,
            region: "eu-west-1",
            access_key: "AKIDEXAMPLE",
            request_id: "5f7f2f9a-0000-4000-8000-000000000000",
            faults: &self.faults,
            queries: &self.queries,
            retrievals: &Retrievals::default(),
        };
        handle(&call)
    }

    /// The body of an answer, or the code and message of an error.
    fn ask(&self, now: Millis, operation: &str, input: &Value) -> Result<Value, (String, String)> {
        let response = self.response(now, operation, input);
        let body: Value = serde_json::from_slice(response.body().bytes()).expect("JSON");
        if response.status() == 200 {
            return Ok(body);
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Err((text("__type"), text("message")))
    }

    fn refusal(&self, operation: &str, input: &Value) -> (String, String) {
        self.ask(BORN, operation, input).expect_err("refused")
    }

    /// All pages of FilterLogEvents: the events, and how many pages were empty though more came.
    fn filter_all(&self, now: Millis, input: &Value) -> (Vec<Value>, usize) {
        let (mut events, mut empty) = (Vec::new(), 0);
        let mut input = input.clone();
        for _ in 0..10_000 {
            let page = self.ask(now, "FilterLogEvents", &input).expect("a page");
            let found = page["events"].as_array().expect("events");
            events.extend(found.iter().cloned());
            let Some(token) = page.get("nextToken") else { return (events, empty) };
            empty += usize::from(found.is_empty());
            input["nextToken"] = token.clone();
        }
        panic!("pages without end: {input}");
    }

    /// The group of the function that does most.
    fn busy_group(&self) -> String {
        let functions = &self.world.catalog.functions;
        let rate = |id: usize| self.world.invocations(id, BORN - 5 * MINUTE, BORN).len();
        let id = (0..functions.len()).max_by_key(|id| rate(*id)).expect("functions");
        assert!(rate(id) > 20, "the account is asleep");
        functions[id].log_group.clone()
    }
}

fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["eventId"].as_str().expect("an id").to_owned()).collect()
}

fn places(events: &[Value]) -> Vec<(i64, i64)> {
    events.iter().map(|e| (e["timestamp"].as_i64().expect("ms"), e["ingestionTime"].as_i64().expect("ms"))).collect()
}

#[test]
fn all_pages_together_hold_every_event_once() {
    let account = Account::new();
    let group = account.busy_group();
    let mut empties = 0;
    for minutes in [1, 2, 5] {
        let (t0, t1) = (BORN - minutes * MINUTE, BORN);
        let expected = truth(&account.world, &group, t0, t1, BORN);
        assert!(expected.len() > 50, "{}", expected.len());
        assert_eq!(expected.iter().collect::<BTreeSet<_>>().len(), expected.len(), "ids are unique");
        for limit in [Value::Null, json!(37)] {
            let input = json!({"logGroupName": group, "startTime": t0, "endTime": t1 - 1, "limit": limit});
            let (events, empty) = account.filter_all(BORN, &input);
            empties += empty;
            assert_eq!(ids(&events), expected, "{minutes} minutes, limit {limit}");
            assert!(places(&events).is_sorted());
            let mut input = input;
            input["startFromHead"] = false.into();
            let (mut events, _) = account.filter_all(BORN, &input);
            events.reverse();
            assert_eq!(ids(&events), expected, "newest first, {minutes} minutes, limit {limit}");
        }
    }
    assert!(empties > 0, "no page was empty");
}

#[test]
fn a_page_of_the_past_is_the_same_tomorrow_and_by_arn() {
    let account = Account::new();
    let group = account.busy_group();
    let (t0, t1) = (BORN - 40 * MINUTE, BORN - 38 * MINUTE);
    let by_name = json!({"logGroupName": group, "startTime": t0, "endTime": t1});
    let by_arn = json!({"logGroupIdentifier": groups::arn(&account.world, &group), "startTime": t0, "endTime": t1});
    let (early, _) = account.filter_all(BORN, &by_name);
    let (late, _) = account.filter_all(BORN + 60 * MINUTE, &by_arn);
    assert!(!early.is_empty());
    assert_eq!(early, late);
}

#[test]
fn an_event_is_seen_from_its_ingestion_on() {
    let account = Account::new();
    let group = account.busy_group();
    let (t0, t1) = (BORN - 20 * MINUTE, BORN - MINUTE);
    let all = json!({"logGroupName": group, "startTime": t0, "endTime": t1});
    let (events, _) = account.filter_all(BORN + 10 * MINUTE, &all);
    assert!(places(&events).iter().all(|(timestamp, ingestion)| timestamp <= ingestion));
    let (timestamp, ingestion) =
        places(&events).into_iter().max_by_key(|(timestamp, ingestion)| ingestion - timestamp).expect("events");
    assert!(ingestion - timestamp > 3_000, "no event is late");
    let near = json!({"logGroupName": group, "startTime": timestamp, "endTime": timestamp});
    let seen = |now: Millis| places(&account.filter_all(now, &near).0).contains(&(timestamp, ingestion));
    assert!(!seen(ingestion - 1));
    assert!(seen(ingestion));
}

#[test]
fn patterns_and_streams_narrow() {
    let account = Account::new();
    let group = account.busy_group();
    let (t0, t1) = (BORN - 5 * MINUTE, BORN);
    let input = json!({"logGroupName": group, "startTime": t0, "endTime": t1});
    let (all, _) = account.filter_all(BORN, &input);
    let with = |name: &str, value: Value| {
        let mut input = input.clone();
        input[name] = value;
        account.filter_all(BORN, &input).0
    };
    let message = |event: &Value| event["message"].as_str().expect("text").to_owned();
    let reports = with("filterPattern", json!("%[Rr][Ee][Pp][Oo][Rr][Tt]%"));
    let expected = all.iter().filter(|event| message(event).to_lowercase().contains("report")).count();
    assert_eq!(reports.len(), expected);
    assert!(expected > 0);
    assert!(with("filterPattern", json!("\"no line says this\"")).is_empty());

    let names: BTreeSet<&str> = all.iter().map(|event| event["logStreamName"].as_str().expect("text")).collect();
    let mut parted = 0;
    for name in &names {
        let part = with("logStreamNames", json!([name]));
        assert!(part.iter().all(|event| event["logStreamName"] == **name));
        parted += part.len();
    }
    assert_eq!(parted, all.len());
    assert_eq!(with("logStreamNamePrefix", json!("20")).len(), all.len());
}

#[test]
fn what_the_service_refuses_is_refused() {
    let account = Account::new();
    let group = account.busy_group();
    let filter = |more: Value| {
        let mut input = json!({"logGroupName": group});
        input.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        account.refusal("FilterLogEvents", &input)
    };
    let invalid = "InvalidParameterException";
    for (input, words) in [
        (json!({"limit": 10_001}), "less than or equal to 10000"),
        (json!({"limit": 0}), "greater than or equal to 1"),
        (json!({"nextToken": "never given"}), "nextToken is invalid"),
        (json!({"filterPattern": "a-b"}), "Invalid character(s) in term"),
        (json!({"startTime": 2, "endTime": 1}), "startTime"),
        (json!({"startFromHead": false}), "Jan 1, 2024"),
        (json!({"logStreamNames": ["a"], "logStreamNamePrefix": "a"}), "together"),
        (json!({"logGroupIdentifier": "x"}), "Only one of"),
        (json!({"logStreamNames": vec!["a"; 101]}), "length less than or equal to 100"),
    ] {
        let (code, message) = filter(input.clone());
        assert_eq!(code, invalid, "{input}");
        assert!(message.contains(words), "{input}: {message}");
    }
    assert_eq!(
        account.refusal("FilterLogEvents", &json!({"logGroupName": "/aws/lambda/none"})),
        ("ResourceNotFoundException".to_owned(), "The specified log group does not exist.".to_owned())
    );
    let starred = format!("{}:*", groups::arn(&account.world, &group));
    assert_eq!(account.refusal("FilterLogEvents", &json!({"logGroupIdentifier": starred})).0, invalid);
    assert_eq!(account.refusal("FilterLogEvents", &json!({"logGroupName": 7})).0, "SerializationException");
    assert_eq!(account.refusal("PutEverything", &json!({})).0, "UnknownOperationException");
    assert_eq!(account.refusal("DescribeLogGroups", &json!({"limit": 51})).0, invalid);
    assert_eq!(account.refusal("DescribeLogGroups", &json!({"nextToken": "x"})).0, invalid);

    // A token belongs to its request, and to its day.
    let input = json!({"logGroupName": group, "limit": 1});
    let token = account.ask(BORN, "FilterLogEvents", &input).expect("a page")["nextToken"].clone();
    let again = json!({"logGroupName": group, "limit": 1, "nextToken": token});
    assert!(account.ask(BORN + MINUTE, "FilterLogEvents", &again).is_ok());
    let turned = json!({"logGroupName": group, "limit": 1, "nextToken": token, "startFromHead": false});
    let page = |input: &Value| account.ask(BORN, "FilterLogEvents", input).expect("a page")["events"].clone();
    assert_eq!(page(&turned), page(&again), "the token decides on the direction");
    assert!(account.ask(BORN + 25 * 60 * MINUTE, "FilterLogEvents", &again).is_err());
    let other = json!({"logGroupName": group, "limit": 1, "nextToken": token, "filterPattern": "x"});
    assert!(account.ask(BORN, "FilterLogEvents", &other).is_err());
}

#[test]
fn a_stream_is_read_to_its_end_and_back() {
    let account = Account::new();
    let group = account.busy_group();
    let streams = json!({"logGroupName": group, "orderBy": "LastEventTime", "descending": true, "limit": 3});
    let page = account.ask(BORN, "DescribeLogStreams", &streams).expect("streams");
    let stream = page["logStreams"][0]["logStreamName"].as_str().expect("a stream").to_owned();
    let filter = json!({"logGroupName": group, "logStreamNames": [stream]});
    let expected = places(&account.filter_all(BORN, &filter).0);
    assert!(expected.len() > 100);

    let get = |token: Option<&Value>, head: bool| {
        let input = json!({
            "logGroupName": group, "logStreamName": stream, "startFromHead": head, "limit": 100, "nextToken": token,
        });
        account.ask(BORN, "GetLogEvents", &input).expect("a page")
    };
    let read = |direction: &str, head: bool| {
        let mut found = Vec::new();
        let mut page = get(None, head);
        loop {
            let mut events = places(page["events"].as_array().expect("events"));
            if head {
                found.extend(events);
            } else {
                events.extend(found);
                found = events;
            }
            let token = page[direction].clone();
            page = get(Some(&token), head);
            // Done when the token that was sent comes back.
            if page[direction] == token {
                return (found, page);
            }
        }
    };
    let (forward, end) = read("nextForwardToken", true);
    assert_eq!(forward, expected);
    let (backward, beginning) = read("nextBackwardToken", false);
    assert_eq!(backward, expected);
    // From the end back, the last events come again, from the beginning on the first.
    let turned = get(Some(&end["nextBackwardToken"]), true);
    assert_eq!(places(turned["events"].as_array().expect("events")), expected[expected.len().saturating_sub(100)..]);
    let turned = get(Some(&beginning["nextForwardToken"]), true);
    assert_eq!(places(turned["events"].as_array().expect("events")), expected[..expected.len().min(100)]);
    let wrong = json!({"logGroupName": group, "logStreamName": "none"});
    assert_eq!(account.refusal("GetLogEvents", &wrong).1, "The specified log stream does not exist.");
}

/// The one group of another class.
const INFREQUENT: &str = "/aws/apigateway/storefront-access";

#[test]
fn groups_are_listed_once_over_all_pages() {
    let account = Account::new();
    let mut names = Vec::new();
    let mut input = json!({"limit": 7});
    loop {
        let page = account.ask(BORN, "DescribeLogGroups", &input).expect("a page");
        for group in page["logGroups"].as_array().expect("groups") {
            let name = group["logGroupName"].as_str().expect("a name").to_owned();
            assert_eq!(group["arn"], format!("{}:*", groups::arn(&account.world, &name)));
            let class = if name == INFREQUENT { "INFREQUENT_ACCESS" } else { "STANDARD" };
            assert_eq!(group["logGroupClass"], class, "{name}");
            assert!(groups::find(&account.world, &name).is_some());
            names.push(name);
        }
        match page.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => break,
        }
    }
    assert!(names.is_sorted_by(|one, two| one < two));
    for function in &account.world.catalog.functions {
        assert!(names.contains(&function.log_group));
    }
    assert!(names.iter().any(|name| name.starts_with("API-Gateway-Execution-Logs_")));
    assert!(names.iter().any(|name| name == INFREQUENT));
    let found = |input: Value| account.ask(BORN, "DescribeLogGroups", &input).expect("groups")["logGroups"].clone();
    let by_prefix = found(json!({"logGroupNamePrefix": names[0]}));
    assert_eq!(by_prefix[0]["logGroupName"], names[0]);
    let by_pattern = found(json!({"logGroupNamePattern": &names[0][2..]}));
    assert_eq!(by_pattern[0]["logGroupName"], names[0]);
    assert_eq!(by_pattern[0].get("logGroupClass"), None, "a search by pattern gives three members only");
}

#[test]
fn the_logs_of_apis_tell_of_their_requests() {
    let account = Account::new();
    let (t0, t1) = (BORN - 10 * MINUTE, BORN - MINUTE);
    let mut logs = 0;
    for api in 0..account.world.catalog.apis.len() {
        for (number, stage) in account.world.catalog.apis[api].stages.iter().enumerate() {
            let Some(group) = &stage.access_log_group else { continue };
            if group == INFREQUENT {
                let (code, why) = account.refusal("FilterLogEvents", &json!({"logGroupName": group}));
                assert_eq!(code, "InvalidOperationException");
                assert!(why.contains("of log-group-class INFREQUENT_ACCESS"), "{why}");
                continue;
            }
            let requests: Vec<_> = account
                .world
                .api_requests(api, t0 - MINUTE, t1)
                .into_iter()
                .filter(|request| request.stage == number)
                .collect();
            let input = json!({"logGroupName": group, "startTime": t0 - MINUTE, "endTime": t1 + MINUTE});
            let events = written(&account.world, group, t0 - MINUTE, t1 + MINUTE, BORN);
            if groups::must_be_standard(&groups::find(&account.world, group).expect("a group"), "x").is_err() {
                let (code, said) = account.refusal("FilterLogEvents", &input);
                assert_eq!(code, "InvalidOperationException");
                assert!(said.contains("FilterLogEvents is not supported for this log class"), "{said}");
            } else {
                assert_eq!(account.filter_all(BORN, &input).0.len(), events.len());
            }
            let lines: BTreeMap<String, Value> = events
                .iter()
                .map(|event| serde_json::from_str(&event.message).expect("JSON"))
                .map(|line: Value| (line["requestId"].as_str().expect("an id").to_owned(), line))
                .collect();
            for request in &requests {
                let line = &lines[&request.request_id];
                assert_eq!(line["status"], request.status.to_string());
                logs += 1;
            }
        }
    }
    assert!(logs > 0, "no stage has an access log with requests");
    let names: Vec<String> = account
        .ask(BORN, "DescribeLogGroups", &json!({"logGroupNamePrefix": "API-Gateway"}))
        .expect("groups")["logGroups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| group["logGroupName"].as_str().expect("text").to_owned())
        .collect();
    let told = names.iter().any(|name| !truth(&account.world, name, t0, t1, BORN).is_empty());
    assert!(told, "{names:?}");
}

#[test]
fn a_query_runs_and_then_is_complete() {
    let account = Account::new();
    let group = account.busy_group();
    let (t0, t1) = (BORN - 10 * MINUTE, BORN);
    let start = |text: &str| {
        let input = json!({"logGroupName": group, "startTime": t0 / 1000, "endTime": t1 / 1000, "queryString": text});
        account.ask(BORN, "StartQuery", &input)
    };
    let finish = |text: &str| {
        let id = start(text).expect("a query")["queryId"].clone();
        let ask = || account.ask(BORN, "GetQueryResults", &json!({"queryId": id})).expect("results");
        assert_eq!(ask()["status"], "Running");
        (0..1000).map(|_| ask()).find(|results| results["status"] == "Complete").expect("it completes")
    };
    let expected = truth(&account.world, &group, t0, t1 + 1, BORN).len();
    let counted = finish("stats count(*) as n");
    assert_eq!(counted["results"], json!([[{"field": "n", "value": expected.to_string()}]]));
    assert_eq!(counted["statistics"]["recordsScanned"], expected as f64);
    let bins = finish("stats count(*) as n by bin(1m) | sort n desc");
    let sum: usize = bins["results"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row[1]["value"].as_str().expect("text").parse::<usize>().expect("a number"))
        .sum();
    assert_eq!(sum, expected);
    let newest = finish("fields @timestamp, @message | sort @timestamp desc | limit 5");
    assert_eq!(newest["results"].as_array().map(Vec::len), Some(5));
    let id = start("fields @message | limit 12").expect("a query")["queryId"].clone();
    let (mut messages, mut input) = (0, json!({"queryId": id, "maxItems": 5}));
    (0..5).for_each(|_| drop(account.ask(BORN, "GetQueryResults", &input)));
    loop {
        let page = account.ask(BORN, "GetQueryResults", &input).expect("rows");
        messages += page["results"].as_array().map_or(0, Vec::len);
        let Some(token) = page.get("nextToken") else { break };
        input["nextToken"] = token.clone();
    }
    assert_eq!(messages, 12);

    let (code, message) = start("fields @message | pattern @message").expect_err("refused");
    assert_eq!(code, "MalformedQueryException");
    assert!(message.contains("pattern"));
    let id = start("limit 1").expect("a query")["queryId"].clone();
    assert!(account.ask(BORN, "StopQuery", &json!({"queryId": id})).is_ok());
    assert!(account.ask(BORN, "StopQuery", &json!({"queryId": id})).is_err(), "it has ended");
    let listed = account.ask(BORN, "DescribeQueries", &json!({"status": "Cancelled"})).expect("queries");
    assert_eq!(listed["queries"][0]["queryId"], id);
    assert_eq!(account.refusal("GetQueryResults", &json!({"queryId": "none"})).0, "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_live_tail_tells_all_that_comes_in_from_its_start() {
    let mut account = Account::new();
    let group = account.busy_group();
    // The session looks at the clock once each second.
    let seconds = AtomicI64::new(0);
    account.clock = Arc::new(move || BORN + 1_000 * (seconds.fetch_add(1, Ordering::Relaxed) + 1));
    let arn = groups::arn(&account.world, &group);
    let response = account.response(BORN, "StartLiveTail", &json!({"logGroupIdentifiers": [arn]}));
    let Body::Stream(mut frames) = response.into_body() else { panic!("no stream") };
    let (mut kinds, mut found) = (Vec::new(), BTreeSet::new());
    while kinds.len() < 12 {
        let message = read_message_from(frames.recv().await.expect("a frame")).expect("whole");
        let header = |name: &str| message.headers().iter().find(|header| header.name().as_str() == name);
        let kind = header(":event-type").expect("a kind").value().as_string().expect("text").as_str().to_owned();
        let payload: Value = serde_json::from_slice(message.payload()).expect("JSON");
        for event in payload["sessionResults"].as_array().into_iter().flatten() {
            let place = |name: &str| event[name].as_i64().expect("ms");
            found.insert((place("timestamp"), place("ingestionTime"), event["message"].to_string()));
        }
        kinds.push(kind);
    }
    assert_eq!(kinds[..3], ["initial-response", "sessionStart", "sessionUpdate"]);
    // Two frames to begin with, then ten seconds.
    let end = BORN + 10_000;
    let (all, _) = account.filter_all(end, &json!({"logGroupName": group, "startTime": BORN - MINUTE, "endTime": end}));
    let place = |event: &Value, name: &str| event[name].as_i64().expect("ms");
    let came_in: BTreeSet<_> = all
        .iter()
        .map(|event| (place(event, "timestamp"), place(event, "ingestionTime"), event["message"].to_string()))
        .filter(|(_, ingestion, _)| *ingestion > BORN)
        .collect();
    assert!(found.len() > 5);
    assert_eq!(found, came_in);

    for (input, code) in [
        (json!({"logGroupIdentifiers": [group]}), "InvalidParameterException"),
        (json!({"logGroupIdentifiers": []}), "InvalidParameterException"),
        (json!({"logGroupIdentifiers": [format!("{arn}:*")]}), "InvalidParameterException"),
        (json!({"logGroupIdentifiers": [format!("{arn}x")]}), "ResourceNotFoundException"),
        (json!({"logGroupIdentifiers": [arn, arn], "logStreamNames": ["a"]}), "InvalidParameterException"),
    ] {
        assert_eq!(account.refusal("StartLiveTail", &input).0, code, "{input}");
    }
}

#[test]
fn tags_are_listed_though_there_are_none() {
    let account = Account::new();
    let arn = groups::arn(&account.world, &account.busy_group());
    assert_eq!(account.ask(BORN, "ListTagsForResource", &json!({"resourceArn": arn})), Ok(json!({"tags": {}})));
    assert!(truth(&account.world, "none", 0, BORN, BORN).is_empty());
}

#[test]
fn the_execution_log_follows_its_level() {
    let account = Account::of(world());
    let apis = account.world.catalog.apis.iter().enumerate();
    let (api, number) = apis
        .filter(|(_, api)| api.protocol == Protocol::Rest)
        .find_map(|(id, api)| Some((id, api.stages.iter().position(|stage| stage.logging == "ERROR")?)))
        .expect("a REST stage that logs errors");
    let (id, stage) = (&account.world.catalog.apis[api].id, &account.world.catalog.apis[api].stages[number].name);
    let group = format!("API-Gateway-Execution-Logs_{id}/{stage}");
    let set = |level: &str, at: Millis| {
        // Methods with settings of their own keep them: each is told.
        let own = account.world.catalog.apis[api].stages[number].overrides.iter();
        let paths = own.map(|own| format!("/{}/{}/logging/loglevel", own.path.replace('/', "~1"), own.method));
        let patches = paths.chain(["/*/*/logging/loglevel".to_owned()]).map(|path| StagePatch {
            op: "replace".to_owned(),
            path,
            value: Some(level.to_owned()),
        });
        account.world.record_stage_change(api, stage, patches.collect(), at);
    };
    let lines = |minute: Millis| {
        let t0 = BORN + minute * MINUTE;
        truth(&account.world, &group, t0, t0 + MINUTE, BORN + 60 * MINUTE).len()
    };
    set("INFO", BORN + 5 * MINUTE);
    set("OFF", BORN + 10 * MINUTE);
    assert!(lines(7) > 10 * lines(2), "{} {}", lines(2), lines(7));
    assert_eq!(lines(12), 0);
}
