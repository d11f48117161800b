//! Who may invoke a function: its resource policies, one for the function and one for each alias, and its function URL.

use serde_json::{Value, json};

use super::{Answer, Target, configuration, constraint, listing, not_found, target, written};
use crate::sim::services::Call;
use crate::sim::world::World;
use crate::sim::world::catalog::{Permission, Route, Trigger};
use crate::sim::world::dice::{Dice, hash_text};

/// GetPolicy: the APIs, schedules, buckets and topics that may invoke it. An API whose integration names an alias is let in
/// by that alias' policy, and by no other.
pub fn policy(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let version = target.version(call)?;
    let world = call.world;
    let qualifier = target.qualifier.as_deref();
    let mut statements: Vec<Value> = Vec::new();
    for trigger in &target.function.triggers {
        match trigger {
            Trigger::Api { api, route, qualifier: through } if through.as_deref() == qualifier => {
                let api = &world.catalog.apis[*api];
                let route = &api.routes[*route];
                let source = format!("arn:aws:execute-api:{}:{}/*{}", here(world), api.id, resource(route));
                let sid = format!("api-{}-{}-{}", api.id, verb(route), words(&route.path));
                statements.push(statement(call, &target, &sid, "apigateway", &arn_like(&source)));
            }
            Trigger::Schedule { rule, .. } if world.scheduled_qualifier(target.id) == qualifier => {
                let source = format!("arn:aws:events:{}:rule/{rule}", here(world));
                statements.push(statement(call, &target, &format!("events-{rule}"), "events", &arn_like(&source)));
            }
            _ => {}
        }
    }
    let ours = |one: &&Permission| one.function == target.function.name && one.qualifier == qualifier;
    for permission in world.catalog.permissions.iter().filter(ours) {
        let (service, source) = (permission.service, permission.source);
        let condition = if service == "s3" {
            // A bucket's ARN does not say whose it is.
            json!({"StringEquals": {"AWS:SourceAccount": world.catalog.account_id},
                "ArnLike": {"AWS:SourceArn": format!("arn:aws:s3:::{source}")}})
        } else {
            arn_like(&format!("arn:aws:{service}:{}:{source}", here(world)))
        };
        statements.push(statement(call, &target, &format!("{service}-{source}"), service, &condition));
    }
    if target.function.extras.url && qualifier.is_none() {
        statements.push(json!({
            "Sid": "FunctionURLAllowPublicAccess",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "lambda:InvokeFunctionUrl",
            "Resource": target.arn(world),
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        }));
    }
    if statements.is_empty() {
        return Err(not_found(call, "The resource you requested does not exist."));
    }
    let policy = json!({"Version": "2012-10-17", "Id": "default", "Statement": statements});
    let alias = world.aliases(target.id, call.now).into_iter().find(|alias| Some(alias.name.as_str()) == qualifier);
    let revision =
        alias.map_or_else(|| configuration::revision(world, target.id, version, call.now), |alias| alias.revision);
    Ok(call.ok(&json!({"Policy": policy.to_string(), "RevisionId": revision})))
}

/// Region and account, as ARNs have them.
fn here(world: &World) -> String {
    format!("{}:{}", world.catalog.region, world.catalog.account_id)
}

fn arn_like(source: &str) -> Value {
    json!({"ArnLike": {"AWS:SourceArn": source}})
}

fn statement(call: &Call<'_>, target: &Target<'_>, sid: &str, service: &str, condition: &Value) -> Value {
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": format!("{service}.amazonaws.com")},
        "Action": "lambda:InvokeFunction",
        "Resource": target.arn(call.world),
        "Condition": condition,
    })
}

/// What follows the stage in an ARN of execute-api: `/GET/orders/*` with a star for each parameter, `/$connect`.
fn resource(route: &Route) -> String {
    if route.method.is_empty() {
        return format!("/{}", route.path);
    }
    let steps = route.path.split('/').map(|step| if step.starts_with('{') { "*" } else { step });
    let method = if route.method == "ANY" { "*" } else { &route.method };
    format!("/{method}{}", steps.collect::<Vec<_>>().join("/"))
}

fn verb(route: &Route) -> &str {
    if route.method.is_empty() { "ROUTE" } else { &route.method }
}

/// A path in the characters that a statement id may have.
fn words(path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// GetFunctionUrlConfig, of the function or one of its aliases.
pub fn url(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let qualifier = target.qualifier.as_deref();
    let version = qualifier.is_some_and(|qualifier| qualifier.parse::<u32>().is_ok());
    if version || qualifier == Some("$LATEST") {
        let rule = "satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)";
        return Err(constraint(call, qualifier.unwrap_or_default(), "qualifier", rule));
    }
    if !target.function.extras.url || qualifier.is_some() {
        return Err(not_found(call, "The resource you requested does not exist."));
    }
    Ok(call.ok(&described(call, &target)))
}

/// ListFunctionUrlConfigs.
pub fn urls(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let items = target.function.extras.url.then(|| described(call, &target)).into_iter().collect();
    listing(call, "FunctionUrlConfigs", &target.function.name, items, 50, 50)
}

fn described(call: &Call<'_>, target: &Target<'_>) -> Value {
    let catalog = &call.world.catalog;
    let mut dice = Dice::of(&[hash_text(&target.function.name), 54]);
    let address = format!("{}{}", dice.hex16(), dice.hex16());
    let made = written(target.function.last_modified).replace(".000+0000", "Z");
    json!({
        "FunctionUrl": format!("https://{address}.lambda-url.{}.on.aws/", catalog.region),
        "FunctionArn": catalog.function_arn(target.id),
        "AuthType": "NONE",
        "CreationTime": made,
        "LastModifiedTime": made,
        "InvokeMode": "BUFFERED",
    })
}
