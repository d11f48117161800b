use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::sim::services::logs;
use crate::sim::wire::Request;
use crate::sim::{Options, Sim};

/// 2026-11-21, 10:00:30 UTC.
const BORN: i64 = 1_795_255_230_000;
const SHOP: &str = "/restapis/k3v9q2m7ta/stages/prod";
const PARTNER: &str = "p8d4x1s6hb";

const SIGNED: &str =
    "AWS4-HMAC-SHA256 Credential=AK/20261121/eu-west-1/tagging/aws4_request, SignedHeaders=host, Signature=0";

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
        let options = Options { scenario: scenario.to_owned(), seed: 7, functions, region: None, clock };
        Self { sim: Sim::new(options).unwrap(), now }
    }

    fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    fn send(&self, service: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential=AK/20261121/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let mut request = http::Request::builder().method(method).uri(path).header("authorization", signed);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let request: Request = request.body(Bytes::from(text)).unwrap();
        let response = self.sim.handle(&request).response().unwrap();
        let status = response.status().as_u16();
        let mut body: Value = serde_json::from_slice(response.body().bytes()).unwrap_or(Value::Null);
        if status >= 400 {
            body["code"] = response.headers()["x-amzn-errortype"].to_str().unwrap().into();
        }
        (status, body)
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("apigateway", "GET", path, &[], &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Patch operations: op, path, and value (or from).
    fn patch(&self, path: &str, operations: &[(&str, &str, &str)]) -> (u16, Value) {
        let listed = operations.iter().map(|(op, path, value)| {
            let name = if *op == "copy" { "from" } else { "value" };
            json!({"op": op, "path": path, name: value})
        });
        let body = json!({"patchOperations": listed.collect::<Vec<_>>()});
        self.send("apigateway", "PATCH", path, &[], &body)
    }

    fn patched(&self, path: &str, operations: &[(&str, &str, &str)]) -> Value {
        let (status, body) = self.patch(path, operations);
        assert_eq!(status, 200, "{operations:?}: {body}");
        body
    }

    fn refused(&self, path: &str, operations: &[(&str, &str, &str)]) -> (u16, String, String) {
        let (status, body) = self.patch(path, operations);
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        (status, text("code"), text("message"))
    }

    fn tagged(&self, operation: &str, input: &Value) -> (u16, Value) {
        let target = format!("ResourceGroupsTaggingAPI_20170126.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        self.send("tagging", "POST", "/", &headers, input)
    }

    /// Sum of a metric over the last minutes.
    fn sum(&self, name: &str, minutes: i64, dimensions: &[(&str, &str)]) -> f64 {
        let dimensions: Vec<Value> =
            dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        let end = self.now() / 60_000 * 60;
        let metric = json!({"Namespace": "AWS/ApiGateway", "MetricName": name, "Dimensions": dimensions});
        let input = json!({
            "MetricDataQueries": [{"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
            "StartTime": end - minutes * 60,
            "EndTime": end,
        });
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "GraniteServiceVersion20100801.GetMetricData"),
        ];
        let (status, body) = self.send("monitoring", "POST", "/", &headers, &input);
        assert_eq!(status, 200, "{body}");
        body["MetricDataResults"][0]["Values"].as_array().unwrap().iter().filter_map(Value::as_f64).sum()
    }

    /// Lines of a log group over the last minutes, as messages: access logs of this API are of a class that only Insights
    /// reads, so the test looks past the service.
    fn lines(&self, group: &str, minutes: i64) -> Vec<String> {
        let world = self.sim.world();
        let written = logs::written(world, group, self.now() - minutes * 60_000, self.now(), self.now());
        written.into_iter().map(|event| event.message).collect()
    }
}

fn plan_of(account: &Account, name: &str) -> Value {
    let plans = account.get("/usageplans");
    plans["item"].as_array().unwrap().iter().find(|plan| plan["name"] == name).unwrap().clone()
}

#[test]
fn a_usage_plan_is_changed_by_patches_once_in_twenty_seconds() {
    let account = Account::of("calm", 0);
    let path = format!("/usageplans/{}", plan_of(&account, "partner-basic")["id"].as_str().unwrap());
    let own = format!("/apiStages/{PARTNER}:v1/throttle/~1inventory/GET");
    let changed = account.patched(
        &path,
        &[
            ("replace", "/throttle/rateLimit", "12.5"),
            ("replace", "/throttle/burstLimit", "25"),
            ("replace", "/quota/limit", "1000"),
            ("replace", "/quota/period", "DAY"),
            ("replace", &format!("{own}/rateLimit"), "1"),
        ],
    );
    assert_eq!(changed["throttle"], json!({"burstLimit": 25, "rateLimit": 12.5}));
    assert_eq!(changed["quota"], json!({"limit": 1000, "offset": 0, "period": "DAY"}));
    assert_eq!(changed["apiStages"][0]["throttle"]["/inventory/GET"], json!({"burstLimit": 10, "rateLimit": 1.0}));
    assert_eq!(changed, plan_of(&account, "partner-basic"));
    account.pass(5);
    let (status, code, _) = account.refused(&path, &[("replace", "/throttle/rateLimit", "3")]);
    assert_eq!((status, code.as_str()), (429, "TooManyRequestsException"));
    account.pass(16);
    for (operation, says) in [
        (("replace", "/throttle/speed", "1"), "Invalid patch path /throttle/speed. Must be one of: [/name"),
        (("replace", "/throttle/rateLimit", "-1"), "must be a number from 0 on"),
        (("replace", "/throttle/burstLimit", "1.5"), "must be a whole number from 0 on"),
        (("replace", "/quota/limit", "0"), "must be a whole number from 1 on"),
        (("replace", "/quota/period", "YEAR"), "Must be one of: [DAY, WEEK, MONTH]"),
        (("replace", "/quota/offset", "3"), "quota offset must be from 0 to 0 in the DAY period"),
        (("add", "/throttle", "1"), "Invalid patch operation 'add'"),
        (("replace", "/apiStages/nosuch:v1/throttle/~1inventory/GET/rateLimit", "1"), "API Stage not found: nosuch:v1"),
        (
            ("replace", &format!("/apiStages/{PARTNER}:v1/throttle/~1nowhere/GET/rateLimit"), "1"),
            "Invalid method /nowhere/GET",
        ),
        (("add", "/apiStages", "p8d4x1s6hb:v1"), "already associated"),
    ] {
        let (status, code, message) = account.refused(&path, &[("replace", "/name", "other"), operation]);
        assert_eq!((status, code.as_str()), (400, "BadRequestException"), "{operation:?}");
        assert!(message.contains(says), "{message}");
    }
    assert_eq!(plan_of(&account, "partner-basic"), changed, "a refused list changes nothing");
    let bare = account.patched(&path, &[("remove", "/throttle", ""), ("remove", "/quota", ""), ("remove", &own, "")]);
    assert!(
        bare.get("throttle").is_none() && bare.get("quota").is_none() && bare["apiStages"][0].get("throttle").is_none()
    );
    let (status, code, _) = account.refused("/usageplans/nosuch", &[("remove", "/throttle", "")]);
    assert_eq!((status, code.as_str()), (404, "NotFoundException"));
}

#[test]
fn a_plan_with_less_refuses_more_and_its_usage_stands_still() {
    let account = Account::of("calm", 0);
    let plan = plan_of(&account, "partner-basic");
    let path = format!("/usageplans/{}", plan["id"].as_str().unwrap());
    let refused = || account.sum("4XXError", 5, &[("ApiName", "partner-api"), ("Stage", "v1")]);
    let used = || {
        let usage = account.get(&format!("{path}/usage?startDate=2026-11-21&endDate=2026-11-21"));
        let values = usage["values"].as_object().unwrap().clone();
        values.values().map(|days| days[0][0].as_u64().unwrap()).sum::<u64>()
    };
    let before = (refused(), used());
    account.patched(&path, &[("replace", "/throttle/rateLimit", "0"), ("replace", "/throttle/burstLimit", "0")]);
    account.pass(360);
    let stopped = used();
    assert!(stopped - before.1 < 3, "{} more", stopped - before.1);
    assert!(refused() > before.0 + 60.0, "{} after {}", refused(), before.0);
    account.patched(&path, &[("remove", "/throttle", "")]);
    account.pass(360);
    assert!(used() > stopped + 60, "{} more", used() - stopped);
}

#[test]
fn the_quota_of_the_scenario_is_told_by_get_usage_and_the_logs() {
    let account = Account::of("throttle-quota", 0);
    let plan = plan_of(&account, "partner-basic");
    let path = format!("/usageplans/{}", plan["id"].as_str().unwrap());
    let keys = account.get("/apikeys");
    let acme = keys["item"].as_array().unwrap().iter().find(|key| key["name"] == "acme-feed").unwrap()["id"].clone();
    let usage = account.get(&format!("{path}/usage?startDate=2026-11-20&endDate=2026-11-21"));
    assert_eq!(usage["values"][acme.as_str().unwrap()][1][1], 0, "nothing is left");
    assert!(usage["values"][acme.as_str().unwrap()][0][1].as_u64() > Some(0), "yesterday something was");
    account.pass(60);
    let lines = account.lines("/aws/apigateway/partner-api-access", 5);
    let read: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let refused: Vec<_> = read.iter().filter(|line| line["status"] == "429").collect();
    assert!(refused.len() > 50, "{} of {}", refused.len(), read.len());
    for line in refused {
        assert_eq!(
            (&line["errorResponseType"], &line["errorMessage"]),
            (&json!("QUOTA_EXCEEDED"), &json!("Limit Exceeded"))
        );
        assert_eq!(line["apiKeyId"], acme);
        assert_eq!(line["integrationLatency"], "-");
    }
    let execution = account.lines(&format!("API-Gateway-Execution-Logs_{PARTNER}/v1"), 5);
    assert!(execution.iter().any(|line| line.contains("Key quota limit exceeded for Key **********")), "{execution:?}");
    assert!(execution.iter().any(|line| line.contains("Usage Plan check succeeded for API Key **********")));
}

#[test]
fn access_lines_agree_with_the_metrics_and_follow_their_format() {
    let account = Account::of("throttle-plan", 0);
    // Whole minutes that are over, and all their lines in.
    account.pass(30 + 15);
    let stage = [("ApiName", "partner-api"), ("Stage", "v1")];
    let (count, bad) = (account.sum("Count", 1, &stage), account.sum("4XXError", 1, &stage));
    let format = account.get(&format!("/restapis/{PARTNER}/stages/v1"))["accessLogSettings"]["format"].clone();
    let format = format.as_str().unwrap();
    let keys = ["requestId", "ip", "requestTime", "httpMethod", "resourcePath", "status", "protocol", "responseLength"];
    for key in
        keys.iter().chain(&["integrationLatency", "responseLatency", "errorMessage", "errorResponseType", "apiKeyId"])
    {
        assert!(format.contains(&format!("\"{key}\":\"$context.")), "{key}");
    }
    let minute = (account.now() / 60_000 - 1) * 60_000;
    let lines = account.lines("/aws/apigateway/partner-api-access", 3);
    let read: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of: Vec<_> = read
        .iter()
        .filter(|line| (minute..minute + 60_000).contains(&line["requestTimeEpoch"].as_i64().unwrap()))
        .collect();
    assert_eq!(of.len() as f64, count);
    assert_eq!(of.iter().filter(|line| line["status"].as_str().unwrap().starts_with('4')).count() as f64, bad);
    let throttled = of.iter().filter(|line| line["errorResponseType"] == "THROTTLED").count();
    assert!(throttled > 20, "{throttled}");
    assert!(of.iter().any(|line| line["isCanaryRequest"] == "true"));

    let stage = format!("/restapis/{PARTNER}/stages/v1");
    account.patched(&stage, &[("replace", "/accessLogSettings/format", "$context.requestId $context.status")]);
    account.pass(120);
    let last = account.lines("/aws/apigateway/partner-api-access", 1);
    assert!(!last.is_empty() && last.iter().all(|line| line.split(' ').count() == 2), "{last:?}");
    account.patched(&stage, &[("remove", "/accessLogSettings", "")]);
    account.pass(180);
    assert!(account.lines("/aws/apigateway/partner-api-access", 1).is_empty());
}

#[test]
fn a_limit_of_minus_one_is_none_and_a_method_gives_its_own_back() {
    let account = Account::of("throttle-method", 0);
    let refused = || {
        account.sum(
            "4XXError",
            5,
            &[("ApiName", "shop-api"), ("Stage", "prod"), ("Method", "GET"), ("Resource", "/catalog/search")],
        )
    };
    assert!(refused() > 200.0, "{}", refused());
    let settings = &account.get(SHOP)["methodSettings"]["~1catalog~1search/GET"];
    assert_eq!((&settings["throttlingRateLimit"], &settings["throttlingBurstLimit"]), (&json!(1.0), &json!(2)));
    let changed = account.patched(
        SHOP,
        &[
            ("replace", "/~1catalog~1search/GET/throttling/rateLimit", "-1"),
            ("replace", "/~1catalog~1search/GET/throttling/burstLimit", "-1"),
        ],
    );
    let settings = &changed["methodSettings"]["~1catalog~1search/GET"];
    assert_eq!((&settings["throttlingRateLimit"], &settings["throttlingBurstLimit"]), (&json!(-1.0), &json!(-1)));
    account.pass(360);
    assert!(refused() < 30.0, "{}", refused());
    let changed = account.patched(SHOP, &[("remove", "/~1catalog~1search/GET", "")]);
    assert!(changed["methodSettings"].get("~1catalog~1search/GET").is_none());
    let (status, code, message) = account.refused(SHOP, &[("remove", "/~1catalog~1search/GET", "")]);
    assert_eq!((status, code.as_str()), (400, "BadRequestException"));
    assert!(message.contains("no method setting"), "{message}");
    let (status, _, _) = account.refused(SHOP, &[("replace", "/*/*/throttling/rateLimit", "-2")]);
    assert_eq!(status, 400);
}

#[test]
fn a_flush_empties_the_cache_and_it_fills_again() {
    let account = Account::of("calm", 0);
    account.pass(30);
    let stage = [("ApiName", "shop-api"), ("Stage", "prod")];
    let rate = |minutes: i64| {
        let (hits, misses) =
            (account.sum("CacheHitCount", minutes, &stage), account.sum("CacheMissCount", minutes, &stage));
        hits / (hits + misses)
    };
    let before = rate(10);
    let (status, _) = account.send("apigateway", "DELETE", &format!("{SHOP}/cache/data"), &[], &Value::Null);
    assert_eq!(status, 202);
    assert_eq!(account.get(SHOP)["cacheClusterStatus"], "FLUSH_IN_PROGRESS");
    account.pass(60);
    assert_eq!(account.get(SHOP)["cacheClusterStatus"], "AVAILABLE");
    let flushed = rate(1);
    account.pass(600);
    let after = rate(5);
    assert!(before > 0.3 && flushed < before - 0.1 && after > flushed + 0.1, "{before} {flushed} {after}");
}

#[test]
fn the_methods_of_a_stage_add_up_to_it_where_they_are_metered() {
    let account = Account::of("calm", 0);
    account.pass(30);
    let shop = account.sim.world().catalog.api_of_id("k3v9q2m7ta").unwrap();
    let routes: Vec<(String, String)> = account.sim.world().catalog.apis[shop]
        .routes
        .iter()
        .map(|route| (route.method.clone(), route.path.clone()))
        .collect();
    let of = |name: &str, stage: &str, method: &str, path: &str| {
        account.sum(name, 10, &[("ApiName", "shop-api"), ("Stage", stage), ("Method", method), ("Resource", path)])
    };
    for name in ["Count", "4XXError", "5XXError", "CacheHitCount", "CacheMissCount"] {
        let whole = account.sum(name, 10, &[("ApiName", "shop-api"), ("Stage", "prod")]);
        let parts: f64 = routes.iter().map(|(method, path)| of(name, "prod", method, path)).sum();
        assert_eq!(whole, parts, "{name}");
        assert_eq!(routes.iter().map(|(method, path)| of(name, "staging", method, path)).sum::<f64>(), 0.0, "{name}");
    }
    assert!(of("CacheHitCount", "prod", "GET", "/catalog/items/{id}") > 0.0);
    assert_eq!(of("CacheMissCount", "prod", "GET", "/orders"), 0.0);
    account.patched(SHOP, &[("replace", "/~1orders/GET/metrics/enabled", "false")]);
    account.patched("/restapis/k3v9q2m7ta/stages/staging", &[("replace", "/*/*/metrics/enabled", "true")]);
    account.pass(660);
    assert_eq!(of("Count", "prod", "GET", "/orders"), 0.0);
    assert!(of("Count", "prod", "GET", "/orders/{id}") > 0.0);
    assert!(of("Count", "staging", "GET", "/catalog/search") > 0.0);
}

#[test]
fn a_canary_is_made_moved_and_promoted() {
    let account = Account::of("calm", 0);
    let stage = format!("/restapis/{PARTNER}/stages/v1");
    let before = account.get(&stage);
    let canary = before["canarySettings"].clone();
    assert_eq!(canary["percentTraffic"], 10.0);
    assert_ne!(canary["deploymentId"], before["deploymentId"]);
    let promoted = account.patched(
        &stage,
        &[
            ("replace", "/canarySettings/percentTraffic", "0.0"),
            ("copy", "/variables", "/canarySettings/stageVariableOverrides"),
            ("copy", "/deploymentId", "/canarySettings/deploymentId"),
            ("remove", "/canarySettings", ""),
        ],
    );
    assert_eq!(promoted["deploymentId"], canary["deploymentId"]);
    assert_eq!(promoted["variables"]["release"], "canary");
    assert!(promoted.get("canarySettings").is_none());
    let (status, code, _) = account.refused(&stage, &[("copy", "/deploymentId", "/canarySettings/deploymentId")]);
    assert_eq!((status, code.as_str()), (400, "BadRequestException"));
    let again = account.patched(
        &stage,
        &[
            ("replace", "/canarySettings/percentTraffic", "25"),
            ("replace", "/canarySettings/stageVariableOverrides/release", "next"),
        ],
    );
    assert_eq!(again["canarySettings"]["percentTraffic"], 25.0);
    assert_eq!(again["canarySettings"]["stageVariableOverrides"], json!({"release": "next"}));
    assert_eq!(again["canarySettings"]["deploymentId"], again["deploymentId"]);
    let (status, _, message) = account.refused(&stage, &[("replace", "/canarySettings/percentTraffic", "101")]);
    assert_eq!(status, 400, "{message}");
}

#[test]
fn a_stage_that_is_deleted_meanwhile_is_not_found() {
    let account = Account::of("calm", 0);
    let delete = "/_sim/delete?api=k3v9q2m7ta&stage=staging";
    assert_eq!(account.send("apigateway", "POST", delete, &[], &Value::Null).0, 200);
    account.pass(1);
    let stages = account.get("/restapis/k3v9q2m7ta/stages");
    assert_eq!(stages["item"].as_array().unwrap().len(), 1);
    let path = "/restapis/k3v9q2m7ta/stages/staging";
    let (status, body) = account.send("apigateway", "GET", path, &[], &Value::Null);
    assert_eq!((status, &body["code"]), (404, &json!("NotFoundException")));
    let (status, code, message) = account.refused(path, &[("replace", "/description", "x")]);
    assert_eq!(
        (status, code.as_str(), message.as_str()),
        (404, "NotFoundException", "Invalid Stage identifier specified")
    );
    assert_eq!(account.send("apigateway", "POST", "/_sim/delete?api=h5c2n8w3zf&stage=beta", &[], &Value::Null).0, 200);
    assert_eq!(account.get("/v2/apis/h5c2n8w3zf/stages")["items"].as_array().unwrap().len(), 1);
    assert_eq!(account.send("apigateway", "PATCH", "/v2/apis/h5c2n8w3zf/stages/beta", &[], &json!({})).0, 404);
}

#[test]
fn what_stands_around_an_api_is_there() {
    let account = Account::of("calm", 0);
    let prod = account.get(SHOP);
    assert!(prod["webAclArn"].as_str().unwrap().starts_with("arn:aws:wafv2:eu-west-1:"));
    let certificate = prod["clientCertificateId"].as_str().unwrap();
    assert_eq!(account.get(&format!("/clientcertificates/{certificate}"))["clientCertificateId"], certificate);
    assert_eq!(account.get("/clientcertificates")["item"].as_array().unwrap().len(), 1);
    let types = |path: &str, key: &str, member: &str| {
        let items = account.get(path)[key].as_array().unwrap().clone();
        items.iter().map(|one| one[member].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(types("/restapis/k3v9q2m7ta/authorizers", "item", "type"), ["COGNITO_USER_POOLS", "TOKEN"]);
    assert_eq!(types("/v2/apis/h5c2n8w3zf/authorizers", "items", "authorizerType"), ["JWT", "REQUEST"]);
    assert_eq!(types("/v2/apis/w7j6r4y1ge/authorizers", "items", "authorizerType"), ["REQUEST"]);
    assert_eq!(types("/v2/domainnames", "items", "domainName"), ["api.shop.example.com", "www.shop.example.com"]);
    assert_eq!(types("/v2/domainnames/www.shop.example.com/apimappings", "items", "apiId"), ["h5c2n8w3zf"]);
    assert_eq!(
        types("/v2/domainnames/api.shop.example.com/apimappings", "items", "apiMappingKey"),
        ["", "partner-api"]
    );
    assert_eq!(
        Account::of("throttle-api-account", 0).get("/account")["throttleSettings"],
        json!({"burstLimit": 20, "rateLimit": 30.0})
    );
}

#[test]
fn resources_are_found_by_their_tags() {
    let account = Account::of("calm", 0);
    let arns = |input: Value| {
        let (status, body) = account.tagged("GetResources", &input);
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["PaginationToken"], "");
        let list = body["ResourceTagMappingList"].as_array().unwrap().clone();
        list.into_iter().map(|one| one["ResourceARN"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let functions = account.sim.world().catalog.functions.len();
    assert_eq!(arns(json!({"ResourceTypeFilters": ["lambda:function"]})).len(), functions);
    let apis = arns(json!({"ResourceTypeFilters": ["apigateway"]}));
    assert!(apis.iter().any(|arn| arn == "arn:aws:apigateway:eu-west-1::/restapis/k3v9q2m7ta/stages/prod"), "{apis:?}");
    assert!(apis.iter().any(|arn| arn == "arn:aws:apigateway:eu-west-1::/apis/h5c2n8w3zf"));
    let stack = json!({"Key": "aws:cloudformation:stack-name", "Values": ["shop-checkout", "shop-catalog"]});
    let both = arns(json!({"ResourceTypeFilters": ["lambda"], "TagFilters": [stack, {"Key": "team"}]}));
    assert_eq!(both.len(), 10, "{both:?}");
    let (_, function) = account.send("lambda", "GET", "/2015-03-31/functions/checkout-api", &[], &Value::Null);
    assert_eq!(function["Tags"]["aws:cloudformation:stack-name"], "shop-checkout");
    let one = both.iter().find(|arn| arn.ends_with(":checkout-api")).unwrap();
    assert_eq!(arns(json!({"ResourceARNList": [one]})), std::slice::from_ref(one));
    let (_, values) = account.tagged("GetTagValues", &json!({"Key": "aws:cloudformation:stack-name"}));
    assert_eq!(values["TagValues"], json!(["shop-catalog", "shop-checkout", "shop-edge", "shop-fulfilment"]));
    for (input, says) in [
        (json!({"ResourcesPerPage": 101}), "from 1 to 100"),
        (json!({"ResourcesPerPage": 0}), "from 1 to 100"),
        (json!({"TagsPerPage": 150}), "in steps of 100"),
        (json!({"ResourceARNList": [one], "TagFilters": [{"Key": "team"}]}), "can't be combined"),
        (json!({"TagFilters": [{"Values": ["x"]}]}), "needs a Key"),
        (json!({"PaginationToken": "made-up"}), "not given for this request"),
    ] {
        let (status, body) = account.tagged("GetResources", &input);
        assert_eq!((status, &body["code"]), (400, &json!("InvalidParameterException")), "{input}");
        assert!(body.to_string().contains(says), "{body}");
    }
    let headers = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];
    let path = "/service/ResourceGroupsTaggingAPI_20170126/operation/GetResources";
    let mut request = http::Request::post(path).header("authorization", SIGNED);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    // {"ResourcesPerPage": 101} in CBOR.
    let request = request.body(Bytes::from_static(b"\xa1\x70ResourcesPerPage\x18\x65")).unwrap();
    let refused = account.sim.handle(&request).response().unwrap();
    assert_eq!(refused.status(), 400);
    assert!(!refused.headers().contains_key("x-amzn-query-error"));
}

#[test]
fn ten_thousand_tagged_functions_come_in_pages_of_a_hundred() {
    let account = Account::of("calm", 10_000);
    let (mut token, mut found, mut pages) = (String::new(), std::collections::BTreeSet::new(), 0);
    loop {
        let input = json!({"ResourceTypeFilters": ["lambda:function"], "PaginationToken": token});
        let (status, body) = account.tagged("GetResources", &input);
        assert_eq!(status, 200);
        let list = body["ResourceTagMappingList"].as_array().unwrap();
        assert!(list.len() <= 100);
        found.extend(list.iter().map(|one| one["ResourceARN"].as_str().unwrap().to_owned()));
        pages += 1;
        token = body["PaginationToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((found.len(), pages), (10_000, 100));
}
