//! What a person on call does to functions, and how the service says no.

use serde_json::{Value, json};

use super::{Account, BORN, F};

const MAPPINGS: &str = "/2015-03-31/event-source-mappings";

/// Path of the first mapping of a function.
fn mapping(account: &Account, function: &str) -> String {
    let all = account.get(&format!("{MAPPINGS}?FunctionName={function}"));
    format!("{MAPPINGS}/{}", all["EventSourceMappings"][0]["UUID"].as_str().unwrap())
}

#[test]
fn a_mapping_is_disabled_and_enabled_in_its_own_time() {
    let account = Account::of("calm", 0);
    let path = mapping(&account, "order-worker");
    let (status, body) = account.call("PUT", &path, &json!({"Enabled": false}));
    assert_eq!((status, &body["State"], &body["BatchSize"]), (202, &json!("Disabling"), &json!(10)));
    let (status, code, message) = account.refused("PUT", &path, &json!({"Enabled": true}));
    assert_eq!((status, code.as_str()), (400, "ResourceInUseException"), "{message}");
    account.pass(6);
    let settled = account.get(&path);
    assert_eq!((&settled["State"], &settled["StateTransitionReason"]), (&json!("Disabled"), &json!("USER_INITIATED")));
    assert_eq!(settled["LastModified"], json!((BORN + 5_000) as f64 / 1000.0));
    let listed = account.get(&format!("{MAPPINGS}?FunctionName=order-worker"));
    assert_eq!(listed["EventSourceMappings"][0], settled);

    let world = account.sim.world();
    let worker = world.catalog.function_named("order-worker").unwrap();
    assert!(world.invocations(worker, BORN + 6_000, BORN + 120_000).is_empty());
    account.pass(120);
    assert_eq!(account.call("PUT", &path, &json!({"Enabled": true})).1["State"], "Enabling");
    account.pass(5);
    assert_eq!(account.get(&path)["State"], "Enabled");
}

#[test]
fn the_concurrency_of_a_queue_is_limited_and_set_free() {
    let account = Account::of("calm", 0);
    let path = mapping(&account, "order-worker");
    let scaling = |body: &Value| body.get("ScalingConfig").cloned();
    let (_, body) = account.call("PUT", &path, &json!({"ScalingConfig": {"MaximumConcurrency": 7}}));
    assert_eq!((&body["State"], scaling(&body)), (&json!("Updating"), Some(json!({"MaximumConcurrency": 7}))));
    account.pass(6);
    let (_, body) = account.call("PUT", &path, &json!({"BatchSize": 4}));
    assert_eq!((&body["BatchSize"], scaling(&body)), (&json!(4), Some(json!({"MaximumConcurrency": 7}))), "it stays");
    account.pass(6);
    assert_eq!(scaling(&account.call("PUT", &path, &json!({"ScalingConfig": {}})).1), None);
    account.pass(6);

    let refused = |body: Value| account.refused("PUT", &path, &body);
    assert!(refused(json!({"ScalingConfig": {"MaximumConcurrency": 1}})).2.contains("greater than or equal to 2"));
    assert!(refused(json!({"ScalingConfig": {"MaximumConcurrency": 1001}})).2.contains("less than or equal to 1000"));
    assert!(refused(json!({"BatchSize": 11})).2.contains("Maximum batch window"));
    let stream = mapping(&account, "clickstream-aggregate");
    let body = json!({"ScalingConfig": {"MaximumConcurrency": 5}});
    assert_eq!(account.refused("PUT", &stream, &body).1, "InvalidParameterValueException");
    let missing = format!("{MAPPINGS}/00000000-0000-0000-0000-000000000000");
    assert_eq!(account.refused("PUT", &missing, &json!({})).0, 404);
}

/// The statements of a policy: service or principal, source, resource.
fn statements(account: &Account, function: &str) -> Vec<(String, String, String)> {
    let body = account.get(&format!("{F}/{function}"));
    let policy: Value = serde_json::from_str(body["Policy"].as_str().unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = policy["Statement"].as_array().unwrap();
    let mut sids: Vec<String> = all.iter().map(|one| text(&one["Sid"])).collect();
    assert!(sids.iter().all(|sid| sid.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))), "{sids:?}");
    sids.sort_unstable();
    sids.dedup();
    assert_eq!(sids.len(), all.len(), "ids are unique");
    let of = |one: &Value| {
        let who = one["Principal"]["Service"].as_str().map_or_else(|| text(&one["Principal"]), str::to_owned);
        (who, text(&one["Condition"]["ArnLike"]["AWS:SourceArn"]), text(&one["Resource"]))
    };
    all.iter().map(of).collect()
}

#[test]
fn a_policy_lets_in_what_triggers_the_function() {
    let account = Account::of("shop", 0);
    let live = statements(&account, "cart-api/policy?Qualifier=live");
    assert_eq!(live.len(), 3);
    let (who, source, resource) = &live[0];
    assert_eq!(who, "apigateway.amazonaws.com");
    assert_eq!(source, "arn:aws:execute-api:eu-west-1:210987654321:k3v9q2m7ta/*/GET/cart/*");
    assert!(resource.ends_with(":function:cart-api:live"), "{resource}");
    assert_eq!(account.refused("GET", &format!("{F}/cart-api/policy"), &Value::Null).0, 404, "its alias has one");
    let warm = statements(&account, "keep-warm/policy");
    assert_eq!(warm[0].0, "events.amazonaws.com");
    assert_eq!(warm[0].1, "arn:aws:events:eu-west-1:210987654321:rule/keep-warm-every-minute");
    assert_eq!(statements(&account, "image-resize/policy")[0].1, "arn:aws:s3:::shop-image-originals");
    assert_eq!(statements(&account, "email-sender/policy")[0].0, "sns.amazonaws.com");
    assert!(statements(&account, "ws-connect/policy")[0].1.ends_with("/*/$connect"));
    assert!(statements(&account, "shipment-webhook/policy").iter().any(|(who, ..)| who == "*"), "its URL");
    let (status, code, _) = account.refused("GET", &format!("{F}/order-worker/policy"), &Value::Null);
    assert_eq!((status, code.as_str()), (404, "ResourceNotFoundException"), "a queue is polled, and needs no policy");

    // The revision is that of what the policy is attached to.
    let policy = account.get(&format!("{F}/cart-api/policy?Qualifier=live"));
    assert_eq!(policy["RevisionId"], account.get(&format!("{F}/cart-api/aliases/live"))["RevisionId"]);
}

#[test]
fn one_function_has_an_address() {
    let account = Account::of("shop", 0);
    let url = account.get("/2021-10-31/functions/shipment-webhook/url");
    assert!(url["FunctionUrl"].as_str().unwrap().ends_with(".lambda-url.eu-west-1.on.aws/"), "{url}");
    assert_eq!(account.get("/2021-10-31/functions/shipment-webhook/urls")["FunctionUrlConfigs"], json!([url]));
    assert_eq!(account.refused("GET", "/2021-10-31/functions/cart-api/url", &Value::Null).0, 404);
    let version = account.refused("GET", "/2021-10-31/functions/shipment-webhook/url?Qualifier=4", &Value::Null);
    assert_eq!((version.0, version.1.as_str()), (400, "ValidationException"));
}

#[test]
fn an_alias_takes_weights_and_gives_them_up() {
    let account = Account::of("calm", 0);
    let path = format!("{F}/orders-api/aliases/live");
    let put = |body: Value| account.call("PUT", &path, &body);
    let weights = |weights: Value| json!({"RoutingConfig": {"AdditionalVersionWeights": weights}});
    let (status, alias) = put(weights(json!({})));
    assert_eq!((status, alias.get("RoutingConfig"), &alias["FunctionVersion"]), (200, None, &json!("57")));
    assert_eq!(put(json!({"RoutingConfig": null})).1.get("RoutingConfig"), None);
    account.pass(60);
    let moved = account.sim.now();
    let half = put(json!({"FunctionVersion": "57", "RoutingConfig": {"AdditionalVersionWeights": {"56": 0.5}},
        "RevisionId": account.get(&path)["RevisionId"]}));
    assert_eq!(half.1["RoutingConfig"], json!({"AdditionalVersionWeights": {"56": 0.5}}));

    let world = account.sim.world();
    let orders = world.catalog.function_named("orders-api").unwrap();
    let share = |from: i64| {
        let all = world.invocations(orders, from, from + 300_000);
        let through = all.iter().filter(|one| one.alias.as_deref() == Some("live"));
        let (all, old) = through.fold((0, 0), |(all, old), one| (all + 1, old + i32::from(one.version == 56)));
        f64::from(old) / f64::from(all)
    };
    assert!((0.35..0.65).contains(&share(moved)), "{}", share(moved));
    assert!(share(BORN - 300_000) == 0.0);

    let refused = |body: Value| account.refused("PUT", &path, &body);
    let (status, _, message) = refused(json!({"RevisionId": alias["RevisionId"]}));
    assert_eq!(status, 412);
    assert!(message.starts_with("The Revision Id provided does not match the latest Revision Id."), "{message}");
    let unknown = refused(weights(json!({"9": 0.5})));
    assert!(unknown.0 == 404 && unknown.2.ends_with("function:orders-api:9"), "{}", unknown.2);
    assert!(refused(weights(json!({"57": 0.5}))).2.contains("already included in routing configuration"));
    assert!(refused(weights(json!({"56": 0.2, "58": 0.2}))).2.contains("cannot be greater than 1"));
    assert!(refused(weights(json!({"56": 1.5}))).2.contains("Value '{56=1.5}'"));
    // The second version does not become the first by a mere move.
    assert!(refused(json!({"FunctionVersion": "56"})).2.contains("already included"));
    assert_eq!(refused(json!({"FunctionVersion": "newest"})).1, "ValidationException");
    let latest = json!({"FunctionVersion": "$LATEST", "RoutingConfig": {}});
    assert_eq!(put(latest).1["FunctionVersion"], "$LATEST");
    assert!(refused(weights(json!({"56": 0.5}))).2.contains("$LATEST is not supported"));
    let provisioned =
        account.refused("PUT", &format!("{F}/checkout-api/aliases/live"), &json!({"FunctionVersion": "$LATEST"}));
    assert!(provisioned.2.contains("unpublished function versions"), "{}", provisioned.2);
}

#[test]
fn what_runs_is_what_its_version_says() {
    let account = Account::of("calm", 0);
    let of = |version: &str| account.get(&format!("{F}/orders-api/configuration?Qualifier={version}"));
    let (old, new) = (of("56"), of("58"));
    for name in
        ["MemorySize", "Timeout", "Runtime", "Layers", "CodeSha256", "RevisionId", "Environment", "LastModified"]
    {
        assert_ne!(old[name], new[name], "{name}");
    }
    assert_eq!(old["Environment"]["Variables"]["ORDERS_CACHE"], "off");
    assert_ne!(of("57")["Environment"], new["Environment"], "the canary differs, too");
    let latest = account.get(&format!("{F}/orders-api/configuration"));
    for name in ["MemorySize", "Runtime", "Environment", "CodeSha256"] {
        assert_eq!(latest[name], new[name], "{name} of $LATEST is that of the newest");
    }
    let versions = account.get(&format!("{F}/orders-api/versions"));
    let listed = &versions["Versions"][1];
    assert_eq!((&listed["Version"], &listed["MemorySize"]), (&json!("56"), &json!(256)));

    let (_, response) = account.send(
        "POST",
        &format!("{F}/orders-api/invocations?Qualifier=56"),
        &[("x-amz-log-type", "Tail")],
        &json!({}),
    );
    let tail = response.headers()["x-amz-log-result"].to_str().unwrap();
    let tail = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, tail).unwrap();
    let tail = String::from_utf8(tail).unwrap();
    assert!(tail.contains("\"memorySizeMB\":256"), "{tail}");
}

#[test]
fn an_image_has_no_runtime_and_some_have_dead_letters() {
    let account = Account::of("shop", 0);
    let image = account.get(&format!("{F}/fraud-score"));
    let configuration = &image["Configuration"];
    assert_eq!(configuration["PackageType"], "Image");
    assert!(
        ["Runtime", "Handler", "Layers", "RuntimeVersionConfig"].iter().all(|name| configuration.get(name).is_none())
    );
    assert_eq!(image["Code"]["RepositoryType"], "ECR");
    let dead = account.get(&format!("{F}/legacy-export/configuration"));
    assert_eq!(dead["DeadLetterConfig"]["TargetArn"], "arn:aws:sqs:eu-west-1:210987654321:legacy-export-dead");
    assert!(account.get(&format!("{F}/cart-api/configuration")).get("DeadLetterConfig").is_none());
    let config = account.get("/2019-09-25/functions/invoice-render/event-invoke-config");
    let bus = "arn:aws:events:eu-west-1:210987654321:event-bus/shop";
    assert_eq!(config["DestinationConfig"]["OnSuccess"]["Destination"], bus);
    assert!(config["DestinationConfig"]["OnFailure"]["Destination"].as_str().unwrap().contains(":sqs:"));
}

#[test]
fn a_pool_that_is_used_up_says_so_and_when_to_come_back() {
    let account = Account::of("throttle", 0);
    let mut refused = None;
    for _ in 0..40 {
        account.pass(1);
        let (status, response) = account.send("POST", &format!("{F}/cart-api/invocations"), &[], &json!({}));
        if status == 429 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("one of many meets the full pool");
    assert_eq!(refused.headers()["retry-after"], "1");
    let body: Value = serde_json::from_slice(refused.body().bytes()).unwrap();
    assert_eq!(body["Reason"], "ConcurrentInvocationLimitExceeded");
}

#[test]
fn latest_is_never_provisioned() {
    let account = Account::of("shop", 0);
    let path = "/2019-09-30/functions/recommend/provisioned-concurrency?Qualifier=$LATEST";
    for method in ["GET", "DELETE"] {
        let (status, _, message) = account.refused(method, path, &Value::Null);
        assert_eq!(
            (status, message.as_str()),
            (400, "The function resource provided must be an alias or a published version.")
        );
    }
}

#[test]
fn snap_start_is_for_versions_and_excludes_provisioning() {
    let account = Account::of("calm", 0);
    let of = |qualifier: &str| account.get(&format!("{F}/zip-lookup/configuration{qualifier}"))["SnapStart"].clone();
    assert_eq!(of(""), json!({"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}));
    assert_eq!(of("?Qualifier=live"), json!({"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}));
    let path = "/2019-09-30/functions/zip-lookup/provisioned-concurrency?Qualifier=live";
    let (status, code, _) = account.refused("PUT", path, &json!({"ProvisionedConcurrentExecutions": 1}));
    assert_eq!((status, code.as_str()), (400, "InvalidParameterValueException"));
    let rule = &statements(&account, "zip-lookup/policy?Qualifier=live")[0].1;
    assert!(rule.ends_with(":rule/postal-codes-4m"), "{rule}");
}
