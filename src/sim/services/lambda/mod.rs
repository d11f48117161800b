//! Lambda: the inventory, aliases, concurrency, event sources and invokes.
//!
//! Function names come in four shapes (name, `name:qualifier`, partial ARN, ARN), each possibly with a `Qualifier` in the
//! query; [`target`] understands all of them.

mod aliases;
mod concurrency;
mod configuration;
mod functions;
mod invoke;
mod policy;
mod sources;

use chrono::DateTime;
use serde_json::{Map, Value};

use super::{Call, page, unknown_operation};
use crate::sim::wire::Response;
use crate::sim::world::catalog::{Function, FunctionId};
use crate::sim::world::{Millis, World};

type Answer = Result<Response, Response>;

/// Answers one call.
pub fn handle(call: &Call<'_>) -> Response {
    operation(call).unwrap_or_else(|refusal| refusal)
}

fn operation(call: &Call<'_>) -> Answer {
    match call.operation {
        "ListFunctions" => functions::list(call),
        "GetFunction" => functions::get(call),
        "GetFunctionConfiguration" => functions::configuration(call),
        "ListVersionsByFunction" => functions::versions(call),
        "GetAccountSettings" => functions::settings(call),
        "ListTags" => functions::tags(call),
        "GetPolicy" => policy::policy(call),
        "GetFunctionUrlConfig" => policy::url(call),
        "ListFunctionUrlConfigs" => policy::urls(call),
        "ListAliases" => aliases::list(call),
        "GetAlias" => aliases::get(call),
        "UpdateAlias" => aliases::update(call),
        "GetFunctionConcurrency" => concurrency::reserved(call),
        "PutFunctionConcurrency" => concurrency::reserve(call),
        "DeleteFunctionConcurrency" => concurrency::release(call),
        "GetProvisionedConcurrencyConfig" => concurrency::provisioned(call),
        "ListProvisionedConcurrencyConfigs" => concurrency::list(call),
        "PutProvisionedConcurrencyConfig" => concurrency::provision(call),
        "DeleteProvisionedConcurrencyConfig" => concurrency::remove(call),
        "ListEventSourceMappings" => sources::list(call),
        "GetEventSourceMapping" => sources::get(call),
        "UpdateEventSourceMapping" => sources::update(call),
        "GetFunctionEventInvokeConfig" => sources::asynchronous(call),
        "ListFunctionEventInvokeConfigs" => sources::all_asynchronous(call),
        "Invoke" => invoke::invoke(call),
        _ => Ok(unknown_operation(call)),
    }
}

/// What a call is about: a function, and the alias or version that was named.
struct Target<'a> {
    id: FunctionId,
    function: &'a Function,
    qualifier: Option<String>,
}

impl Target<'_> {
    /// The function's ARN, with the qualifier where one was named.
    fn arn(&self, world: &World) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", world.catalog.function_arn(self.id)),
            None => world.catalog.function_arn(self.id),
        }
    }

    /// The version that the qualifier means: none is `$LATEST`, an alias its main one.
    fn version(&self, call: &Call<'_>) -> Result<u32, Response> {
        let Some(qualifier) = self.qualifier.as_deref().filter(|qualifier| *qualifier != "$LATEST") else {
            return Ok(0);
        };
        if let Ok(version) = qualifier.parse::<u32>() {
            if self.function.versions.contains(&version) {
                return Ok(version);
            }
            return Err(not_found(call, &format!("Function not found: {}", self.arn(call.world))));
        }
        let alias = call.world.aliases(self.id, call.now).into_iter().find(|alias| alias.name == qualifier);
        alias
            .map(|alias| alias.version)
            .ok_or_else(|| not_found(call, &format!("Cannot find alias arn: {}", self.arn(call.world))))
    }
}

/// The function that the path names. Errors: there is none, or the name and the query name different qualifiers.
fn target<'a>(call: &'a Call<'_>) -> Result<Target<'a>, Response> {
    let catalog = &call.world.catalog;
    let given = call.label("FunctionName");
    let parts: Vec<&str> = given.split(':').collect();
    let here = format!("{}:{}:function", catalog.region, catalog.account_id);
    let (name, suffix) = match parts.as_slice() {
        ["arn", "aws", "lambda", region, account, "function", name, rest @ ..]
            if format!("{region}:{account}:function") == here =>
        {
            (*name, rest.first())
        }
        [account, "function", name, rest @ ..] if *account == catalog.account_id => (*name, rest.first()),
        ["function", name, rest @ ..] | [name, rest @ ..] if parts[0] != "arn" => (*name, rest.first()),
        _ => {
            return Err(not_found(call, &format!("Function not found: {given}")));
        }
    };
    let asked = call.query("Qualifier");
    let qualifier = match (suffix, asked) {
        (Some(suffix), Some(asked)) if *suffix != asked => {
            return Err(invalid(
                call,
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        (Some(suffix), _) => Some((*suffix).to_owned()),
        (None, asked) => asked.filter(|qualifier| !qualifier.is_empty()),
    };
    match catalog.function_named(name).filter(|id| call.world.exists(*id, call.now)) {
        Some(id) => Ok(Target { id, function: &catalog.functions[id], qualifier }),
        None => Err(not_found(call, &format!("Function not found: arn:aws:lambda:{here}:{name}"))),
    }
}

/// Refuses a change of a function that somebody else is updating.
fn at_rest(call: &Call<'_>, target: &Target<'_>) -> Result<(), Response> {
    if !call.world.is_updating(target.id, call.now) {
        return Ok(());
    }
    let message = format!(
        "The operation cannot be performed at this time. An update is in progress for resource: {}",
        call.world.catalog.function_arn(target.id)
    );
    Err(call.error(409, "ResourceConflictException", &message))
}

fn not_found(call: &Call<'_>, message: &str) -> Response {
    call.error(404, "ResourceNotFoundException", message)
}

fn invalid(call: &Call<'_>, message: &str) -> Response {
    call.error(400, "InvalidParameterValueException", message)
}

/// What breaks a constraint of the model, in the words in which all services say it.
fn constraint(call: &Call<'_>, value: &str, member: &str, rule: &str) -> Response {
    constraint_of(call, value, member, &format!("Member must {rule}"))
}

/// The same of a part of a member: `rule` says of which.
fn constraint_of(call: &Call<'_>, value: &str, member: &str, rule: &str) -> Response {
    let message =
        format!("1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}");
    call.error(400, "ValidationException", &message)
}

/// A page of a listing under `key`: `most` items at most, whatever more is asked for, up to `limit` by the model.
fn listing(call: &Call<'_>, key: &str, scope: &str, items: Vec<Value>, most: usize, limit: i64) -> Answer {
    let (page, next) = paged(call, scope, items, most, limit)?;
    Ok(call.ok(&listed(key, page, next)))
}

fn listed(key: &str, page: Vec<Value>, next: Option<String>) -> Value {
    let mut body = Map::new();
    body.insert(key.to_owned(), page.into());
    if let Some(next) = next {
        body.insert("NextMarker".to_owned(), next.into());
    }
    body.into()
}

fn paged<T>(
    call: &Call<'_>,
    scope: &str,
    items: Vec<T>,
    most: usize,
    limit: i64,
) -> Result<(Vec<T>, Option<String>), Response> {
    let asked = match call.query("MaxItems") {
        None => most,
        Some(text) => match text.parse::<i64>() {
            Ok(n) if n < 1 => return Err(constraint(call, &text, "maxItems", "have value greater than or equal to 1")),
            Ok(n) if n > limit => {
                return Err(constraint(call, &text, "maxItems", &format!("have value less than or equal to {limit}")));
            }
            Ok(n) => usize::try_from(n).unwrap_or(most).min(most),
            Err(_) => return Err(call.error(400, "SerializationException", "MaxItems is not a number")),
        },
    };
    let marker = call.query("Marker").filter(|marker| !marker.is_empty());
    let scope = format!("{} {scope}", call.operation);
    page::of(&scope, items, marker.as_deref(), asked).ok_or_else(|| invalid(call, "Invalid Marker"))
}

/// As LastModified of functions is written: `2025-11-21T09:15:00.000+0000`.
fn written(at: Millis) -> String {
    DateTime::from_timestamp_millis(at).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

#[cfg(test)]
mod tests;
