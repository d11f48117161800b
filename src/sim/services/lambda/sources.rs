//! What feeds functions: event source mappings, and how asynchronous invocations are retried.

use serde_json::{Map, Value, json};

use super::{Answer, Target, listing, not_found, target};
use crate::sim::services::Call;
use crate::sim::world::catalog::{EventSourceMapping, FunctionId, Trigger};
use crate::sim::world::{Millis, World};

/// ListEventSourceMappings, of a function or of a source where one is asked for.
pub fn list(call: &Call<'_>) -> Answer {
    let catalog = &call.world.catalog;
    let (name, source) = (call.query("FunctionName"), call.query("EventSourceArn"));
    let function = match &name {
        None => None,
        Some(name) => match catalog.function_named(name) {
            None => return Err(not_found(call, &format!("Function not found: {name}"))),
            found => found,
        },
    };
    let wanted = |mapping: &&EventSourceMapping| {
        function.is_none_or(|function| mapping.function == function)
            && source.as_ref().is_none_or(|source| mapping.source_arn == *source)
    };
    let items = catalog.mappings.iter().filter(wanted).map(|mapping| describe(call.world, mapping)).collect();
    listing(call, "EventSourceMappings", &format!("{name:?} {source:?}"), items, 5, 10_000)
}

/// GetEventSourceMapping.
pub fn get(call: &Call<'_>) -> Answer {
    let found = call.world.catalog.mappings.iter().find(|mapping| mapping.uuid == call.label("UUID"));
    match found {
        Some(mapping) => Ok(call.ok(&describe(call.world, mapping))),
        None => Err(not_found(call, "The resource you requested does not exist.")),
    }
}

fn describe(world: &World, mapping: &EventSourceMapping) -> Value {
    let queue = mapping.source_arn.contains(":sqs:");
    let modified = world.catalog.functions[mapping.function].last_modified;
    let mut body = json!({
        "UUID": mapping.uuid,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": if queue { 0 } else { 1 },
        "EventSourceArn": mapping.source_arn,
        "FunctionArn": world.catalog.function_arn(mapping.function),
        "LastModified": seconds(modified),
        "State": if mapping.enabled { "Enabled" } else { "Disabled" },
        "StateTransitionReason": "USER_INITIATED",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    });
    if let Some(most) = mapping.maximum_concurrency {
        body["ScalingConfig"] = json!({"MaximumConcurrency": most});
    }
    if !queue {
        body["LastProcessingResult"] = "OK".into();
        body["StartingPosition"] = "LATEST".into();
        body["ParallelizationFactor"] = 1.into();
        body["MaximumRecordAgeInSeconds"] = (-1).into();
        body["MaximumRetryAttempts"] = 10.into();
        body["BisectBatchOnFunctionError"] = true.into();
        body["TumblingWindowInSeconds"] = 0.into();
    }
    body
}

/// GetFunctionEventInvokeConfig: the functions that others invoke asynchronously have one.
pub fn asynchronous(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    target.version(call)?;
    config(call.world, &target).map(|config| call.ok(&config)).ok_or_else(|| {
        let qualifier = target.qualifier.as_deref().unwrap_or("$LATEST");
        let arn = call.world.catalog.function_arn(target.id);
        not_found(call, &format!("The function {arn}:{qualifier} doesn't have an EventInvokeConfig"))
    })
}

/// ListFunctionEventInvokeConfigs.
pub fn all_asynchronous(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let items = config(call.world, &target).into_iter().collect();
    listing(call, "FunctionEventInvokeConfigs", &target.function.name, items, 50, 50)
}

fn config(world: &World, target: &Target<'_>) -> Option<Value> {
    // Configured on $LATEST only.
    if target.qualifier.as_deref().is_some_and(|qualifier| qualifier != "$LATEST")
        || !invoked_for_later(world, target.id)
    {
        return None;
    }
    let catalog = &world.catalog;
    let queue = format!("arn:aws:sqs:{}:{}:{}-failed", catalog.region, catalog.account_id, target.function.name);
    let mut body = Map::new();
    body.insert("LastModified".into(), seconds(target.function.last_modified).into());
    body.insert("FunctionArn".into(), format!("{}:$LATEST", catalog.function_arn(target.id)).into());
    body.insert("MaximumRetryAttempts".into(), world.event_retries(target.id).into());
    body.insert("MaximumEventAgeInSeconds".into(), 3600.into());
    body.insert("DestinationConfig".into(), json!({"OnSuccess": {}, "OnFailure": {"Destination": queue}}));
    Some(body.into())
}

fn invoked_for_later(world: &World, id: FunctionId) -> bool {
    let triggers = &world.catalog.functions[id].triggers;
    triggers.iter().any(|trigger| matches!(trigger, Trigger::Function { asynchronous: true, .. }))
}

/// Lambda writes these moments as seconds with a fraction.
fn seconds(at: Millis) -> f64 {
    at as f64 / 1000.0
}
