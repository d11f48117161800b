//! Functions that somebody else updates or deletes meanwhile.

use serde_json::{Value, json};

use super::{Account, BORN, F};
use crate::sim::faults::Fault;

fn door(account: &Account, path: &str) -> u16 {
    account.send("POST", path, &[], &Value::Null).0
}

#[test]
fn a_function_that_is_updated_takes_no_other_change() {
    let account = Account::of("calm", 0);
    let before = account.get(&format!("{F}/cart-api/configuration"));
    assert_eq!(door(&account, "/_sim/update?function=cart-api&seconds=30"), 200);
    let during = account.get(&format!("{F}/cart-api/configuration"));
    assert_eq!(
        (&during["LastUpdateStatus"], &during["LastUpdateStatusReasonCode"]),
        (&json!("InProgress"), &json!("Creating"))
    );
    assert_ne!(during["RevisionId"], before["RevisionId"]);
    assert_ne!(during["LastModified"], before["LastModified"]);
    let live = account.get(&format!("{F}/cart-api/configuration?Qualifier=live"));
    assert_eq!(live["LastUpdateStatus"], "Successful", "what is published does not change");
    let provisioned = "/2019-09-30/functions/cart-api/provisioned-concurrency?Qualifier=live";
    let reserved = "/2017-10-31/functions/cart-api/concurrency";
    let alias = format!("{F}/cart-api/aliases/live");
    for (method, path, body) in [
        ("PUT", provisioned, json!({"ProvisionedConcurrentExecutions": 1})),
        ("DELETE", provisioned, Value::Null),
        ("PUT", reserved, json!({"ReservedConcurrentExecutions": 5})),
        ("DELETE", reserved, Value::Null),
        ("PUT", alias.as_str(), json!({"FunctionVersion": "30"})),
    ] {
        let (status, code, message) = account.refused(method, path, &body);
        assert_eq!((status, code.as_str()), (409, "ResourceConflictException"), "{method} {path}");
        assert_eq!(
            message,
            "The operation cannot be performed at this time. An update is in progress for resource: \
             arn:aws:lambda:eu-west-1:210987654321:function:cart-api"
        );
    }
    assert_eq!(account.call("POST", &format!("{F}/cart-api/invocations"), &json!({})).0, 200, "it runs all the same");
    account.pass(30);
    assert_eq!(account.get(&format!("{F}/cart-api/configuration"))["LastUpdateStatus"], "Successful");
    assert_eq!(account.call("PUT", reserved, &json!({"ReservedConcurrentExecutions": 5})).0, 200);
}

#[test]
fn a_scenario_may_update_a_function() {
    let account = Account::of("deploy", 0);
    let status = |account: &Account| account.get(&format!("{F}/cart-api/configuration"))["LastUpdateStatus"].clone();
    assert_eq!(status(&account), "InProgress");
    account.pass(200);
    assert_eq!(status(&account), "Successful");
}

#[test]
fn a_deleted_function_is_gone_from_every_answer_and_runs_no_more() {
    let account = Account::of("calm", 0);
    let world = account.sim.world().clone();
    let payment = world.catalog.function_named("payment-authorize").unwrap();
    let checkout = world.catalog.function_named("checkout-api").unwrap();
    let settings = |account: &Account| account.get("/2016-08-19/account-settings");
    let before = settings(&account);
    assert_eq!(door(&account, "/_sim/delete?function=nobody"), 404);
    assert_eq!(door(&account, "/_sim/delete?function=payment-authorize"), 200);
    assert_eq!(door(&account, "/_sim/delete?function=payment-authorize"), 404, "only once");
    let (mut names, mut marker) = (Vec::new(), String::new());
    loop {
        let page = account.get(&format!("{F}?MaxItems=50{marker}"));
        names.extend(page["Functions"].as_array().unwrap().iter().map(|one| one["FunctionName"].clone()));
        let Some(next) = page["NextMarker"].as_str() else { break };
        marker = format!("&Marker={next}");
    }
    assert!(names.contains(&json!("orders-api")) && !names.contains(&json!("payment-authorize")));
    let after = settings(&account);
    assert_eq!(after["AccountUsage"]["FunctionCount"], names.len());
    let unreserved = |settings: &Value| settings["AccountLimit"]["UnreservedConcurrentExecutions"].as_u64().unwrap();
    assert_eq!(unreserved(&after), unreserved(&before) + 40, "its reserve is free again");
    for path in [
        format!("{F}/payment-authorize"),
        format!("{F}/payment-authorize/configuration?Qualifier=live"),
        format!("{F}/payment-authorize/aliases"),
        format!("{F}/payment-authorize/versions"),
        format!("{F}/payment-authorize/policy"),
        "/2019-09-30/functions/payment-authorize/concurrency".to_owned(),
        "/2019-09-30/functions/payment-authorize/provisioned-concurrency?List=ALL".to_owned(),
        "/2019-09-25/functions/payment-authorize/event-invoke-config".to_owned(),
        "/2015-03-31/event-source-mappings?FunctionName=payment-authorize".to_owned(),
        "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A210987654321%3Afunction%3Apayment-authorize".to_owned(),
    ] {
        let (status, code, message) = account.refused("GET", &path, &Value::Null);
        assert_eq!((status, code.as_str()), (404, "ResourceNotFoundException"), "{path}: {message}");
    }
    let invoke = account.refused("POST", &format!("{F}/payment-authorize/invocations"), &json!({}));
    assert_eq!(invoke.0, 404);
    assert!(!world.invocations(payment, BORN - 60_000, BORN).is_empty(), "its past stays");
    assert!(world.invocations(payment, BORN + 1000, BORN + 120_000).is_empty());
    let failed = world.invocations(checkout, BORN + 5_000, BORN + 60_000);
    let missing = |one: &&crate::sim::world::invocation::Invocation| {
        format!("{:?}", one.outcome).contains("ResourceNotFoundException")
    };
    assert!(failed.iter().filter(missing).count() * 2 > failed.len(), "its callers find it gone");
}

#[test]
fn a_fault_may_refuse_in_any_words() {
    let account = Account::of("calm", 0);
    let fault = Fault::Refuse { status: 403, code: "KMSAccessDeniedException".into(), message: "no key".into() };
    account.sim.faults().inject_times("lambda:GetFunction", fault, 1);
    let (status, code, message) = account.refused("GET", &format!("{F}/cart-api"), &Value::Null);
    assert_eq!((status, code.as_str(), message.as_str()), (403, "KMSAccessDeniedException", "no key"));
    assert_eq!(account.call("GET", &format!("{F}/cart-api"), &Value::Null).0, 200);
}
