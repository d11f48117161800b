use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::sim::wire::{Request, Response};
use crate::sim::{Options, Sim};

mod lifetime;
mod operations;

const BORN: i64 = 1_763_700_000_000;

/// An account whose clock the test moves.
struct Account {
    sim: Arc<Sim>,
    now: Arc<AtomicI64>,
}

impl Account {
    fn of(scenario: &str, functions: usize) -> Self {
        let now = Arc::new(AtomicI64::new(BORN));
        let read = now.clone();
        let clock: crate::sim::Clock = Arc::new(move || read.load(Ordering::Relaxed));
        let options = Options { scenario: scenario.to_owned(), seed: 3, functions, region: None, clock };
        Self { sim: Sim::new(options).unwrap(), now }
    }

    fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Response) {
        let signed =
            "AWS4-HMAC-SHA256 Credential=AK/20251121/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature=0";
        let mut request = http::Request::builder().method(method).uri(path).header("authorization", signed);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let request: Request = request.body(Bytes::from(text)).unwrap();
        let response = self.sim.handle(&request).response().unwrap();
        (response.status().as_u16(), response)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (status, response) = self.send(method, path, &[], body);
        (status, serde_json::from_slice(response.body().bytes()).unwrap_or(Value::Null))
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The refusal's code and message.
    fn refused(&self, method: &str, path: &str, body: &Value) -> (u16, String, String) {
        let (status, response) = self.send(method, path, &[], body);
        let code = response.headers()["x-amzn-errortype"].to_str().unwrap().to_owned();
        let body: Value = serde_json::from_slice(response.body().bytes()).unwrap();
        assert_eq!(body["Type"], "User");
        (status, code, body["Message"].as_str().unwrap_or_default().to_owned())
    }
}

const F: &str = "/2015-03-31/functions";
const P: &str = "/2019-09-30/functions/recommend/provisioned-concurrency?Qualifier=live";

#[test]
fn every_function_is_listed_once_and_markers_are_checked() {
    let account = Account::of("shop", 230);
    let (mut names, mut marker, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = account.get(&format!("{F}?MaxItems=10000{marker}"));
        let functions = page["Functions"].as_array().unwrap();
        assert!(functions.len() <= 50);
        assert!(functions.iter().all(|one| one.get("State").is_none()), "ListFunctions leaves the state out");
        names.extend(functions.iter().map(|one| one["FunctionName"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(next) = page["NextMarker"].as_str() else { break };
        marker = format!("&Marker={next}");
    }
    assert_eq!((names.len(), pages), (230, 5));
    names.dedup();
    assert_eq!(names.len(), 230);
    let settings = account.get("/2016-08-19/account-settings");
    assert_eq!(settings["AccountUsage"]["FunctionCount"], 230);
    let (status, code, _) = account.refused("GET", &format!("{F}?Marker=made-up"), &Value::Null);
    assert_eq!((status, code.as_str()), (400, "InvalidParameterValueException"));
    let (_, code, message) = account.refused("GET", &format!("{F}?MaxItems=10001"), &Value::Null);
    assert_eq!(code, "ValidationException");
    assert!(message.contains("'maxItems' failed to satisfy constraint"), "{message}");
}

#[test]
fn a_function_answers_to_all_shapes_of_its_name() {
    let account = Account::of("shop", 0);
    let arn = account.get(&format!("{F}/checkout-api"))["Configuration"]["FunctionArn"].as_str().unwrap().to_owned();
    let escaped = arn.replace(':', "%3A");
    for name in ["checkout-api", &escaped, "function%3Acheckout-api"] {
        assert_eq!(account.get(&format!("{F}/{name}/configuration"))["FunctionArn"], arn, "{name}");
    }
    let live = account.get(&format!("{F}/checkout-api%3Alive/configuration"));
    assert_eq!((&live["Version"], &live["FunctionArn"]), (&json!("42"), &json!(format!("{arn}:live"))));
    assert_eq!(live, account.get(&format!("{F}/checkout-api/configuration?Qualifier=live")));
    for (path, status) in [("nosuch", 404), ("checkout-api%3Anosuch", 404), ("checkout-api%3A9999", 404)] {
        let refused = account.refused("GET", &format!("{F}/{path}/configuration"), &Value::Null);
        assert_eq!((refused.0, refused.1.as_str()), (status, "ResourceNotFoundException"), "{}", refused.2);
    }
    assert_eq!(account.get(&format!("/2017-03-31/tags/{escaped}"))["Tags"]["team"], "payments");
}

#[test]
fn provisioning_goes_from_in_progress_to_ready() {
    let account = Account::of("shop", 0);
    let (status, code, _) = account.refused("GET", P, &Value::Null);
    assert_eq!((status, code.as_str()), (404, "ProvisionedConcurrencyConfigNotFoundException"));
    let (status, put) = account.call("PUT", P, &json!({"ProvisionedConcurrentExecutions": 6}));
    assert_eq!(
        (status, &put["Status"], &put["AllocatedProvisionedConcurrentExecutions"]),
        (202, &json!("IN_PROGRESS"), &json!(0))
    );
    account.pass(14);
    let half = account.get(P)["AllocatedProvisionedConcurrentExecutions"].as_u64().unwrap();
    assert!((1..6).contains(&half), "{half}");
    account.pass(6);
    assert_eq!(account.get(P)["Status"], "READY");
    let list = account.get("/2019-09-30/functions/recommend/provisioned-concurrency?List=ALL");
    assert!(list["ProvisionedConcurrencyConfigs"][0]["FunctionArn"].as_str().unwrap().ends_with(":recommend:live"));
    assert_eq!(account.call("DELETE", P, &Value::Null).0, 204);
    assert_eq!(account.refused("GET", P, &Value::Null).0, 404);
}

#[test]
fn provisioning_beyond_a_limit_is_refused_in_the_services_words() {
    let account = Account::of("shop", 0);
    let put =
        |path: &str, wanted: i64| account.refused("PUT", path, &json!({"ProvisionedConcurrentExecutions": wanted}));
    let (status, code, message) = put("/2019-09-30/functions/recommend/provisioned-concurrency?Qualifier=$LATEST", 1);
    assert_eq!((status, code.as_str()), (400, "InvalidParameterValueException"));
    assert!(message.contains("unpublished function versions"), "{message}");
    assert!(put(P, 890).2.contains("below its minimum value of [100]"));
    assert!(put(P, 0).2.contains("greater than or equal to 1"));
    let reserved = put("/2019-09-30/functions/payment-authorize/provisioned-concurrency?Qualifier=live", 41);
    assert!(reserved.2.contains("greater than the reservedConcurrentExecution"), "{}", reserved.2);
    assert_eq!(
        put("/2019-09-30/functions/checkout-api/provisioned-concurrency?Qualifier=42", 1).1,
        "ResourceConflictException"
    );
}

#[test]
fn a_reserve_of_nothing_is_the_off_switch() {
    let account = Account::of("shop", 0);
    let path = "/2017-10-31/functions/cart-api/concurrency";
    let invocations = format!("{F}/cart-api/invocations");
    assert_eq!(account.call("PUT", path, &json!({"ReservedConcurrentExecutions": 0})).0, 200);
    let (status, body) = account.call("POST", &invocations, &json!({}));
    assert_eq!((status, &body["Reason"]), (429, &json!("ReservedFunctionConcurrentInvocationLimitExceeded")));
    account.pass(1);
    assert_eq!(account.call("DELETE", path, &Value::Null).0, 204);
    account.pass(1);
    assert_eq!(account.call("POST", &invocations, &json!({})).0, 200);
    let before = account.get("/2016-08-19/account-settings")["AccountLimit"]["UnreservedConcurrentExecutions"].clone();
    account.call("PUT", path, &json!({"ReservedConcurrentExecutions": 10}));
    let after = account.get("/2016-08-19/account-settings")["AccountLimit"]["UnreservedConcurrentExecutions"].clone();
    assert_eq!(before.as_u64().unwrap() - 10, after.as_u64().unwrap());
    assert!(
        account
            .refused("PUT", path, &json!({"ReservedConcurrentExecutions": 950}))
            .2
            .contains("minimum value of [100]")
    );
    let checkout = "/2017-10-31/functions/checkout-api/concurrency";
    assert!(
        account
            .refused("PUT", checkout, &json!({"ReservedConcurrentExecutions": 3}))
            .2
            .contains("total provisioned concurrency [4]")
    );
}

#[test]
fn an_invoke_is_an_invocation_with_its_own_log() {
    let account = Account::of("calm", 0);
    let path = format!("{F}/orders-api/invocations?Qualifier=live");
    let (status, response) = account.send("POST", &path, &[("x-amz-log-type", "Tail")], &json!({"order": 1}));
    assert_eq!(status, 200);
    assert!(response.headers().get("x-amz-function-error").is_none());
    let executed = response.headers()["x-amz-executed-version"].to_str().unwrap();
    assert!(["57", "58"].contains(&executed), "{executed}");
    let tail = response.headers()["x-amz-log-result"].to_str().unwrap();
    let tail = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, tail).unwrap();
    let tail = String::from_utf8(tail).unwrap();
    let id = response.headers()["x-amzn-requestid"].to_str().unwrap();
    assert!(tail.contains(id) && tail.contains("platform.report"), "{tail}");
    let world = account.sim.world();
    let function = world.catalog.function_named("orders-api").unwrap();
    let found = world.invocations(function, BORN, BORN + 60_000);
    assert_eq!(found.iter().filter(|one| one.request_id == id).count(), 1);
}

#[test]
fn a_payload_may_ask_for_an_error_and_must_be_json() {
    let account = Account::of("calm", 0);
    let path = format!("{F}/cart-api/invocations");
    let (status, response) = account.send("POST", &path, &[], &json!({"fail": "CartError: no such cart"}));
    let body: Value = serde_json::from_slice(response.body().bytes()).unwrap();
    assert_eq!((status, response.headers()["x-amz-function-error"].to_str().unwrap()), (200, "Unhandled"));
    assert_eq!((&body["errorType"], &body["errorMessage"]), (&json!("CartError"), &json!("no such cart")));
    assert_eq!(account.send("POST", &path, &[("x-amz-invocation-type", "Event")], &json!({})).0, 202);
    assert_eq!(account.send("POST", &path, &[("x-amz-invocation-type", "DryRun")], &json!({})).0, 204);
    let (status, code, _) = account.refused("POST", &format!("{path}?Qualifier=nosuch"), &json!({}));
    assert_eq!((status, code.as_str()), (404, "ResourceNotFoundException"));
    assert_eq!(account.send("POST", &path, &[("x-amz-invocation-type", "Later")], &json!({})).0, 400);
}

#[test]
fn an_alias_moves_and_moves_back() {
    let account = Account::of("shop", 0);
    let path = format!("{F}/orders-api/aliases/live");
    let before = account.get(&path);
    assert_eq!(before["RoutingConfig"]["AdditionalVersionWeights"], json!({"58": 0.1}));
    let update = json!({"FunctionVersion": "56", "RoutingConfig": {"AdditionalVersionWeights": {}}});
    let (status, moved) = account.call("PUT", &path, &update);
    assert_eq!((status, &moved["FunctionVersion"], moved.get("RoutingConfig")), (200, &json!("56"), None));
    assert_ne!(moved["RevisionId"], before["RevisionId"]);
    let stale = json!({"FunctionVersion": "57", "RevisionId": before["RevisionId"]});
    assert_eq!(account.refused("PUT", &path, &stale).0, 412);
    assert_eq!(account.refused("PUT", &path, &json!({"FunctionVersion": "9"})).0, 404);
}

#[test]
fn sources_and_asynchronous_settings_are_told() {
    let account = Account::of("shop", 0);
    let all = account.get("/2015-03-31/event-source-mappings?FunctionName=order-worker");
    assert_eq!(all["EventSourceMappings"][0]["ScalingConfig"]["MaximumConcurrency"], 20);
    assert_eq!(account.get("/2015-03-31/event-source-mappings")["EventSourceMappings"].as_array().unwrap().len(), 5);
    let config = account.get("/2019-09-25/functions/email-sender/event-invoke-config");
    assert_eq!(config["MaximumRetryAttempts"], 1);
    assert_eq!(account.refused("GET", "/2019-09-25/functions/cart-api/event-invoke-config", &Value::Null).0, 404);
    let versions = account.get(&format!("{F}/orders-api/versions"));
    assert_eq!(versions["Versions"][0]["Version"], "$LATEST");
}

#[test]
fn provisioning_what_cannot_start_fails() {
    let account = Account::of("shop", 0);
    let path = "/2019-09-30/functions/legacy-export/provisioned-concurrency?Qualifier=1";
    assert_eq!(account.call("PUT", path, &json!({"ProvisionedConcurrentExecutions": 2})).0, 202);
    account.pass(20);
    let config = account.get(path);
    assert_eq!((&config["Status"], &config["StatusReason"]), (&json!("FAILED"), &json!("FUNCTION_ERROR_INIT_FAILURE")));
    assert_eq!(config["AvailableProvisionedConcurrentExecutions"], 0);
}

#[test]
fn switching_a_callee_off_fails_its_caller() {
    let account = Account::of("calm", 0);
    let world = account.sim.world().clone();
    let checkout = world.catalog.function_named("checkout-api").unwrap();
    let errors =
        |from: i64| (0..5).map(|minute| world.tally(checkout, from + minute * 60_000, None).errors).sum::<u32>();
    assert_eq!(errors(BORN - 300_000), 0);
    let none = "/2019-09-30/functions/payment-authorize/provisioned-concurrency?Qualifier=live";
    assert_eq!(account.call("DELETE", none, &Value::Null).0, 204);
    let path = "/2017-10-31/functions/payment-authorize/concurrency";
    assert_eq!(account.call("PUT", path, &json!({"ReservedConcurrentExecutions": 0})).0, 200);
    assert!(errors(BORN) > 20, "{}", errors(BORN));
    assert_eq!(errors(BORN - 300_000), 0, "the past stays as it was");
}

#[test]
fn a_reserve_tames_the_function_that_takes_the_whole_pool() {
    let account = Account::of("throttle", 0);
    let world = account.sim.world().clone();
    let minute = |minute: i64| world.fleet_tally(BORN + minute * 60_000);
    assert!(minute(-30).concurrency < 60, "{}", minute(-30).concurrency);
    assert!(minute(-1).concurrency > 800, "{}", minute(-1).concurrency);
    let carts = world.catalog.function_named("cart-api").unwrap();
    let throttles = |minute: i64| world.tally(carts, BORN + minute * 60_000, None).throttles;
    assert!(throttles(-1) > 5, "{}", throttles(-1));
    let path = "/2017-10-31/functions/report-builder/concurrency";
    assert_eq!(account.call("PUT", path, &json!({"ReservedConcurrentExecutions": 50})).0, 200);
    assert_eq!(throttles(8), 0, "others recover");
    assert!(minute(8).concurrency < 120, "{}", minute(8).concurrency);
}
