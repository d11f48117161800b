//! What feeds functions: event source mappings, and how asynchronous invocations are retried.

use serde_json::{Map, Value, json};

use super::{Answer, Target, configuration, constraint, invalid, listing, not_found, target};
use crate::sim::services::Call;
use crate::sim::wire::{Response, json as answer};
use crate::sim::world::catalog::{EventSourceMapping, FunctionId, Trigger};
use crate::sim::world::change::What;
use crate::sim::world::{Millis, World};

/// ListEventSourceMappings, of a function or of a source where one is asked for.
pub fn list(call: &Call<'_>) -> Answer {
    let catalog = &call.world.catalog;
    let (name, source) = (call.query("FunctionName"), call.query("EventSourceArn"));
    let function = match &name {
        None => None,
        Some(name) => match catalog.function_named(name).filter(|id| call.world.exists(*id, call.now)) {
            None => return Err(not_found(call, &format!("Function not found: {name}"))),
            found => found,
        },
    };
    let wanted = |mapping: &&EventSourceMapping| {
        function.is_none_or(|function| mapping.function == function)
            && source.as_ref().is_none_or(|source| mapping.source_arn == *source)
    };
    let items = (0..catalog.mappings.len()).filter(|index| wanted(&&catalog.mappings[*index]));
    let items = items.map(|index| describe(call.world, index, call.now)).collect();
    listing(call, "EventSourceMappings", &format!("{name:?} {source:?}"), items, 5, 10_000)
}

/// GetEventSourceMapping.
pub fn get(call: &Call<'_>) -> Answer {
    let index = found(call)?;
    Ok(call.ok(&describe(call.world, index, call.now)))
}

/// The mapping that the path names, as its index in the catalog.
fn found(call: &Call<'_>) -> Result<usize, Response> {
    let found = call.world.catalog.mappings.iter().position(|mapping| mapping.uuid == call.label("UUID"));
    found.ok_or_else(|| not_found(call, "The resource you requested does not exist."))
}

/// UpdateEventSourceMapping: on or off, the size of a batch, and how many run at once. The answer is the mapping on its way.
pub fn update(call: &Call<'_>) -> Answer {
    let index = found(call)?;
    let mapping = &call.world.catalog.mappings[index];
    let state = call.world.mapping(index, call.now);
    let body = call.json()?;
    let given = |name: &str| body.get(name).filter(|value| !value.is_null());
    let enabled =
        match given("Enabled") {
            None => None,
            Some(value) => Some(value.as_bool().ok_or_else(|| {
                call.error(400, "SerializationException", "Enabled can not be converted to a Boolean")
            })?),
        };
    let batch_size = match given("BatchSize") {
        None => None,
        Some(value) => Some(number(call, value, "batchSize", 1, 10_000)?),
    };
    let queue = mapping.source_arn.contains(":sqs:");
    let window = given("MaximumBatchingWindowInSeconds").and_then(Value::as_i64).unwrap_or_default();
    if queue && window == 0 && batch_size.is_some_and(|size| size > 10) {
        let message = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10";
        return Err(invalid(call, message));
    }
    let maximum_concurrency = match given("ScalingConfig") {
        None => None,
        Some(_) if !queue => {
            return Err(invalid(call, "Scaling config is not supported for this event source type."));
        }
        Some(config) => match config.get("MaximumConcurrency").filter(|value| !value.is_null()) {
            None => Some(None),
            Some(value) => Some(Some(number(call, value, "scalingConfig.maximumConcurrency", 2, 1000)?)),
        },
    };
    let function = mapping.function;
    if let Some(name) = given("FunctionName").and_then(Value::as_str)
        && call.world.catalog.function_named(name) != Some(function)
    {
        return Err(invalid(call, "The embedded account does not move mappings to other functions."));
    }
    if state.is_in_transition() {
        let message = "Cannot update the event source mapping because it is in use.";
        return Err(call.error(400, "ResourceInUseException", message));
    }
    let what = What::UpdateMapping { function, mapping: index, enabled, batch_size, maximum_concurrency };
    let at = call.world.change(call.now, what);
    Ok(answer(202, &describe(call.world, index, at)))
}

fn number(call: &Call<'_>, value: &Value, member: &str, least: u32, most: u32) -> Result<u32, Response> {
    let Some(number) = value.as_i64() else {
        return Err(call.error(400, "SerializationException", &format!("{member} can not be converted to an Integer")));
    };
    let side = if number < i64::from(least) { ("greater", least) } else { ("less", most) };
    match u32::try_from(number) {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => {
            let rule = format!("have value {} than or equal to {}", side.0, side.1);
            Err(constraint(call, &number.to_string(), member, &rule))
        }
    }
}

fn describe(world: &World, index: usize, at: Millis) -> Value {
    let mapping = &world.catalog.mappings[index];
    let state = world.mapping(index, at);
    let queue = mapping.source_arn.contains(":sqs:");
    let modified = state.changed.unwrap_or(world.catalog.functions[mapping.function].last_modified);
    let catalog = &world.catalog;
    let mut body = json!({
        "UUID": mapping.uuid,
        "EventSourceMappingArn": format!(
            "arn:aws:lambda:{}:{}:event-source-mapping:{}",
            catalog.region, catalog.account_id, mapping.uuid
        ),
        "BatchSize": state.batch_size,
        "MaximumBatchingWindowInSeconds": if queue { 0 } else { 1 },
        "EventSourceArn": mapping.source_arn,
        "FunctionArn": world.catalog.function_arn(mapping.function),
        "LastModified": seconds(modified),
        "State": state.state,
        // Streams say it in words of their own.
        "StateTransitionReason": if queue { "USER_INITIATED" } else { "User action" },
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    });
    if let Some(most) = state.maximum_concurrency {
        body["ScalingConfig"] = json!({"MaximumConcurrency": most});
    }
    if !queue {
        let there = world.exists(mapping.function, at);
        body["LastProcessingResult"] = if there { "OK" } else { "PROBLEM: Function call failed" }.into();
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
    let success = target.function.extras.on_success.map(|named| configuration::resource(world, named));
    let on_success = success.map_or_else(|| json!({}), |arn| json!({"Destination": arn}));
    body.insert("DestinationConfig".into(), json!({"OnSuccess": on_success, "OnFailure": {"Destination": queue}}));
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
