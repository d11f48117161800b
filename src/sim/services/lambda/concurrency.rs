//! Reserved and provisioned concurrency: who may run how often at once, and what is kept warm.

use serde_json::{Map, Value, json};

use super::{Answer, Target, at_rest, constraint, invalid, listing, target};
use crate::sim::services::Call;
use crate::sim::wire::{Response, json as answer};
use crate::sim::world::change::{Provisioned, What};

/// Lambda keeps so much of the account's concurrency for functions without a reserve.
const KEPT_UNRESERVED: u32 = 100;

/// What is refused to `$LATEST`, and to an alias of it.
pub const UNPUBLISHED: &str = "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";

/// GetFunctionConcurrency.
pub fn reserved(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    Ok(match call.world.reserved(target.id, call.now) {
        Some(reserved) => call.ok(&json!({"ReservedConcurrentExecutions": reserved})),
        None => call.ok(&json!({})),
    })
}

/// PutFunctionConcurrency; 0 is the off switch.
pub fn reserve(call: &Call<'_>) -> Answer {
    let target = unqualified(call)?;
    let wanted = number(call, "ReservedConcurrentExecutions", "reservedConcurrentExecutions", 0)?;
    let provisioned = provisioned_for(call, &target, None);
    if wanted < provisioned {
        let message = format!(
            "ReservedConcurrentExecutions {wanted} should not be lower than function's total provisioned concurrency \
             [{provisioned}]."
        );
        return Err(invalid(call, &message));
    }
    at_rest(call, &target)?;
    let before = call.world.reserved(target.id, call.now).unwrap_or(provisioned);
    leaves_enough(call, before, wanted, "ReservedConcurrentExecutions")?;
    call.world.change(call.now, What::SetReserved { function: target.id, reserved: wanted });
    Ok(call.ok(&json!({"ReservedConcurrentExecutions": wanted})))
}

/// DeleteFunctionConcurrency.
pub fn release(call: &Call<'_>) -> Answer {
    let target = unqualified(call)?;
    at_rest(call, &target)?;
    call.world.change(call.now, What::DeleteReserved { function: target.id });
    Ok(answer(204, &Value::Null))
}

/// GetProvisionedConcurrencyConfig.
pub fn provisioned(call: &Call<'_>) -> Answer {
    let (target, qualifier) = published(call)?;
    match call.world.provisioned(target.id, &qualifier, call.now) {
        Some(config) => Ok(call.ok(&describe(&config).into())),
        None => {
            let message = "No Provisioned Concurrency Config found for this function";
            Err(call.error(404, "ProvisionedConcurrencyConfigNotFoundException", message))
        }
    }
}

/// ListProvisionedConcurrencyConfigs.
pub fn list(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let arn = call.world.catalog.function_arn(target.id);
    let items = call.world.all_provisioned(target.id, call.now).into_iter().map(|config| {
        let mut item = Map::new();
        item.insert("FunctionArn".into(), format!("{arn}:{}", config.qualifier).into());
        item.extend(describe(&config));
        Value::from(item)
    });
    listing(call, "ProvisionedConcurrencyConfigs", &target.function.name, items.collect(), 50, 50)
}

/// PutProvisionedConcurrencyConfig.
pub fn provision(call: &Call<'_>) -> Answer {
    let (target, qualifier) = qualified(call)?;
    let wanted = number(call, "ProvisionedConcurrentExecutions", "provisionedConcurrentExecutions", 1)?;
    if qualifier == "$LATEST" {
        return Err(invalid(call, UNPUBLISHED));
    }
    let version = target.version(call)?;
    let world = call.world;
    if version == 0 {
        return Err(invalid(call, UNPUBLISHED));
    }
    if target.function.restores(version) {
        // They exclude each other; the service's own words are not known here.
        let message = "Provisioned Concurrency is not supported for functions with SnapStart enabled.";
        return Err(invalid(call, message));
    }
    at_rest(call, &target)?;
    if let Some(message) = taken_otherwise(call, &target, &qualifier, version) {
        return Err(call.error(409, "ResourceConflictException", message));
    }
    let others = provisioned_for(call, &target, Some(&qualifier));
    match world.reserved(target.id, call.now) {
        Some(reserved) if wanted + others > reserved => {
            let message = "Requested Provisioned Concurrency should not be greater than the \
                           reservedConcurrentExecution for function";
            return Err(invalid(call, message));
        }
        Some(_) => {}
        None => {
            let before = world.provisioned(target.id, &qualifier, call.now).map_or(0, |config| config.requested);
            leaves_enough(call, before, wanted, "ConcurrentExecutions")?;
        }
    }
    let what = What::SetProvisioned { function: target.id, qualifier: qualifier.clone(), requested: wanted };
    let at = world.change(call.now, what);
    let config = world.provisioned(target.id, &qualifier, at);
    Ok(answer(202, &config.map_or_else(|| json!({}), |config| describe(&config).into())))
}

/// DeleteProvisionedConcurrencyConfig; also where there is none.
pub fn remove(call: &Call<'_>) -> Answer {
    let (target, qualifier) = published(call)?;
    at_rest(call, &target)?;
    call.world.change(call.now, What::DeleteProvisioned { function: target.id, qualifier });
    Ok(answer(204, &Value::Null))
}

/// An alias and the version behind it can't both be provisioned.
fn taken_otherwise(call: &Call<'_>, target: &Target<'_>, qualifier: &str, version: u32) -> Option<&'static str> {
    let is = |qualifier: &str| call.world.provisioned(target.id, qualifier, call.now).is_some();
    if qualifier.parse::<u32>().is_ok() {
        let aliases = call.world.aliases(target.id, call.now);
        let pointing = aliases.iter().any(|alias| alias.version == version && is(&alias.name));
        pointing.then_some("Version is pointed by a Provisioned Concurrency alias")
    } else {
        is(&version.to_string()).then_some(
            "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
        )
    }
}

/// What is provisioned for the function, but for one qualifier.
fn provisioned_for(call: &Call<'_>, target: &Target<'_>, but: Option<&str>) -> u32 {
    let all = call.world.all_provisioned(target.id, call.now);
    all.iter().filter(|config| Some(config.qualifier.as_str()) != but).map(|config| config.requested).sum()
}

/// Refuses what would leave the functions without a reserve less than Lambda keeps for them. Less than before is always
/// allowed, so that an account that gave away too much can be mended.
fn leaves_enough(call: &Call<'_>, before: u32, wanted: u32, what: &str) -> Result<(), Response> {
    let free = call.world.unreserved(call.now) + before;
    if wanted <= before || free.checked_sub(wanted).is_some_and(|left| left >= KEPT_UNRESERVED) {
        return Ok(());
    }
    let account = call.world.scenario.account_concurrency;
    let message = if wanted > account {
        format!("Specified {what} for function is greater than account's unreserved concurrency [{account}].")
    } else {
        format!(
            "Specified {what} for function decreases account's UnreservedConcurrentExecution below its minimum value \
             of [{KEPT_UNRESERVED}]."
        )
    };
    Err(invalid(call, &message))
}

/// Reserved concurrency belongs to a function as a whole.
fn unqualified<'a>(call: &'a Call<'_>) -> Result<Target<'a>, Response> {
    let target = target(call)?;
    match &target.qualifier {
        None => Ok(target),
        Some(_) => Err(invalid(
            call,
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
        )),
    }
}

/// Provisioned concurrency belongs to an alias or version.
fn qualified<'a>(call: &'a Call<'_>) -> Result<(Target<'a>, String), Response> {
    let target = target(call)?;
    match target.qualifier.clone() {
        Some(qualifier) => {
            target.version(call)?;
            Ok((target, qualifier))
        }
        None => Err(constraint(call, "null", "qualifier", "not be null")),
    }
}

/// The same for whoever reads or removes it: `$LATEST` is refused in other words than when it is to be provisioned.
fn published<'a>(call: &'a Call<'_>) -> Result<(Target<'a>, String), Response> {
    let (target, qualifier) = qualified(call)?;
    if qualifier == "$LATEST" {
        let message = "The function resource provided must be an alias or a published version.";
        return Err(invalid(call, message));
    }
    Ok((target, qualifier))
}

fn number(call: &Call<'_>, name: &str, member: &str, least: i64) -> Result<u32, Response> {
    let body = call.json()?;
    let Some(value) = body.get(name).filter(|value| !value.is_null()) else {
        return Err(constraint(call, "null", member, "not be null"));
    };
    let Some(number) = value.as_i64() else {
        return Err(call.error(400, "SerializationException", &format!("{name} can not be converted to an Integer")));
    };
    if number < least {
        let rule = format!("have value greater than or equal to {least}");
        return Err(constraint(call, &number.to_string(), member, &rule));
    }
    Ok(u32::try_from(number).unwrap_or(u32::MAX / 2))
}

fn describe(config: &Provisioned) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("RequestedProvisionedConcurrentExecutions".into(), config.requested.into());
    body.insert("AvailableProvisionedConcurrentExecutions".into(), config.available.into());
    body.insert("AllocatedProvisionedConcurrentExecutions".into(), config.allocated.into());
    body.insert("Status".into(), config.status.into());
    if let Some(reason) = config.reason {
        body.insert("StatusReason".into(), reason.into());
    }
    let at = chrono::DateTime::from_timestamp_millis(config.last_modified).unwrap_or_default();
    body.insert("LastModified".into(), at.format("%Y-%m-%dT%H:%M:%S+0000").to_string().into());
    body
}
