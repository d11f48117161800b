//! Aliases: the names behind which versions change.

use serde_json::{Map, Value, json};

use super::concurrency::UNPUBLISHED;
use super::{Answer, Target, at_rest, constraint, constraint_of, invalid, listing, not_found, target};
use crate::sim::services::Call;
use crate::sim::wire::Response;
use crate::sim::world::change::{AliasState, What};

/// ListAliases, of one version where it is asked for.
pub fn list(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let version = call.query("FunctionVersion");
    let mut aliases = call.world.aliases(target.id, call.now);
    aliases.retain(|alias| version.as_ref().is_none_or(|version| alias.version.to_string() == *version));
    let items = aliases.iter().map(|alias| describe(call, &target, alias)).collect();
    let scope = format!("{} {version:?}", target.function.name);
    listing(call, "Aliases", &scope, items, 50, 10_000)
}

/// GetAlias.
pub fn get(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let alias = find(call, &target)?;
    Ok(call.ok(&describe(call, &target, &alias)))
}

/// UpdateAlias: another version, other weights.
pub fn update(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let alias = find(call, &target)?;
    let body = call.json()?;
    if body.get("RevisionId").and_then(Value::as_str).is_some_and(|revision| revision != alias.revision) {
        let message = "The Revision Id provided does not match the latest Revision Id. \
                       Call the GetFunction/GetAlias API to retrieve the latest Revision Id";
        return Err(call.error(412, "PreconditionFailedException", message));
    }
    let version = match body.get("FunctionVersion").and_then(Value::as_str) {
        None => alias.version,
        Some(text) => pointed_to(call, &target, text)?,
    };
    let routing = body.get("RoutingConfig").filter(|routing| !routing.is_null());
    let second = match routing.map(|routing| routing.get("AdditionalVersionWeights")) {
        None => alias.second,
        Some(None | Some(Value::Null)) => None,
        Some(Some(Value::Object(weights))) => weighted(call, &target, version, weights)?,
        Some(Some(_)) => return Err(call.error(400, "SerializationException", "AdditionalVersionWeights is no map")),
    };
    if second.is_some_and(|(second, _)| second == version) {
        return Err(included(call, version));
    }
    if version == 0 && call.world.provisioned(target.id, &alias.name, call.now).is_some() {
        return Err(invalid(call, UNPUBLISHED));
    }
    at_rest(call, &target)?;
    let what = What::UpdateAlias { function: target.id, alias: alias.name, version, second };
    let at = call.world.change(call.now, what);
    let mut updated = call.world.aliases(target.id, at);
    updated.retain(|one| one.name == call.label("Name"));
    match updated.first() {
        Some(alias) => Ok(call.ok(&describe(call, &target, alias))),
        None => Err(missing(call, &target)),
    }
}

/// The second version of a weighted alias and its share.
fn weighted(
    call: &Call<'_>,
    target: &Target<'_>,
    main: u32,
    weights: &Map<String, Value>,
) -> Result<Option<(u32, f64)>, Response> {
    if weights.len() > 1 {
        return Err(invalid(call, "Number of items in AdditionalVersionWeights cannot be greater than 1"));
    }
    let Some((version, weight)) = weights.iter().next() else { return Ok(None) };
    let member = "routingConfig.additionalVersionWeights";
    let given = format!("{{{version}={weight}}}");
    let share = weight.as_f64().unwrap_or(-1.0);
    if !(0.0..=1.0).contains(&share) {
        let rule = "satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value \
                    greater than or equal to 0.0]";
        return Err(constraint_of(call, &given, member, &format!("Map value must {rule}")));
    }
    if main == 0 {
        return Err(invalid(call, "$LATEST is not supported for an alias pointing to more than 1 version"));
    }
    if version.is_empty() || !version.chars().all(|c| c.is_ascii_digit()) {
        let rule = "satisfy constraint: [Member must have length less than or equal to 1024, Member must have length \
                    greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]";
        return Err(constraint_of(call, &given, member, &format!("Map keys must {rule}")));
    }
    let second = published(call, target, version)?;
    if second == main {
        return Err(included(call, second));
    }
    Ok((share > 0.0).then_some((second, share)))
}

fn included(call: &Call<'_>, version: u32) -> Response {
    let message = format!(
        "Invalid function version {version}. Function version {version} is already included in routing configuration."
    );
    invalid(call, &message)
}

/// A version that an alias may point to; `$LATEST` is one.
fn pointed_to(call: &Call<'_>, target: &Target<'_>, text: &str) -> Result<u32, Response> {
    if text == "$LATEST" {
        return Ok(0);
    }
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit()) {
        let rule = r"satisfy regular expression pattern: (\$LATEST(\.PUBLISHED)?|[0-9]+)";
        return Err(constraint(call, text, "functionVersion", rule));
    }
    published(call, target, text)
}

fn published(call: &Call<'_>, target: &Target<'_>, text: &str) -> Result<u32, Response> {
    let version = text.parse().ok().filter(|version| target.function.versions.contains(version));
    version.ok_or_else(|| {
        let arn = call.world.catalog.function_arn(target.id);
        not_found(call, &format!("Function not found: {arn}:{text}"))
    })
}

fn find(call: &Call<'_>, target: &Target<'_>) -> Result<AliasState, Response> {
    let name = call.label("Name");
    let found = call.world.aliases(target.id, call.now).into_iter().find(|alias| alias.name == name);
    found.ok_or_else(|| missing(call, target))
}

fn missing(call: &Call<'_>, target: &Target<'_>) -> Response {
    let arn = call.world.catalog.function_arn(target.id);
    not_found(call, &format!("Cannot find alias arn: {arn}:{}", call.label("Name")))
}

fn describe(call: &Call<'_>, target: &Target<'_>, alias: &AliasState) -> Value {
    let arn = call.world.catalog.function_arn(target.id);
    let mut body = json!({
        "AliasArn": format!("{arn}:{}", alias.name),
        "Name": alias.name,
        "FunctionVersion": if alias.version == 0 { "$LATEST".to_owned() } else { alias.version.to_string() },
        "Description": "",
        "RevisionId": alias.revision,
    });
    if let Some((version, share)) = alias.second {
        body["RoutingConfig"] = json!({"AdditionalVersionWeights": {version.to_string(): share}});
    }
    body
}
