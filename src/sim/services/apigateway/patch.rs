//! Which patch operations UpdateStage takes, and what it says to the others.

use super::stage::Stage;
use crate::sim::world::Millis;
use crate::sim::world::change::StagePatch;

/// Why an operation is refused.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// BadRequestException.
    Bad(String),
    /// ConflictException: the cache cluster is being made or taken away.
    Conflict,
}

/// The list that AWS prints, its missing commas included.
const PATHS: &str = "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, \
    /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, \
    /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, \
    /{resourcePath}/{httpMethod}/logging/loglevel, \
    /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit\
    /{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, \
    /{resourcePath}/{httpMethod}/caching/dataEncrypted, \
    /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, \
    /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, \
    /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, \
    /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, \
    /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, \
    /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled";

const SIZES: [&str; 8] = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];
const METHODS: [&str; 9] = ["*", "ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const STRATEGIES: [&str; 3] = ["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"];

/// Checks one operation against the stage as it is; `deployment` tells whether there is one of that id.
pub fn check(stage: &Stage, patch: &StagePatch, deployment: impl Fn(&str) -> bool, now: Millis) -> Result<(), Refusal> {
    let unknown = || bad(format!("Invalid method setting path: {}. Must be one of: [{PATHS}]", patch.path));
    let Some(path) = patch.path.strip_prefix('/') else {
        return unknown();
    };
    let steps: Vec<&str> = path.split('/').collect();
    let value = patch.value.as_deref();
    let removes = patch.op == "remove";
    match steps.as_slice() {
        ["deploymentId"] if patch.op == "copy" => match value {
            Some("/canarySettings/deploymentId") if stage.canary.is_some() => Ok(()),
            _ => {
                bad("Invalid copy operation: from must be /canarySettings/deploymentId of a stage with a canary".into())
            }
        },
        ["variables"] if patch.op == "copy" => match value {
            Some("/canarySettings/stageVariableOverrides") if stage.canary.is_some() => Ok(()),
            _ => bad(
                "Invalid copy operation: from must be /canarySettings/stageVariableOverrides of a stage with a canary"
                    .into(),
            ),
        },
        ["deploymentId"] | ["canarySettings", "deploymentId"] => {
            allow(patch, &["replace"])?;
            if value.is_some_and(deployment) { Ok(()) } else { bad("Deployment id does not exist".into()) }
        }
        ["description" | "clientCertificateId" | "documentationVersion"] => allow(patch, &["replace"]),
        ["tracingEnabled"] => {
            allow(patch, &["replace"])?;
            truth(patch)
        }
        ["cacheClusterEnabled"] => {
            allow(patch, &["replace"])?;
            truth(patch)?;
            settled(stage, now)
        }
        ["cacheClusterSize"] => {
            allow(patch, &["replace"])?;
            one_of(patch, &SIZES)?;
            settled(stage, now)
        }
        ["variables", name] => {
            allow(patch, &["add", "replace", "remove"])?;
            let plain = |text: &str, extra: &str| {
                text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || extra.contains(c))
            };
            if name.is_empty() || !plain(name, "") {
                return bad("Stage variable names must be alphanumeric and may contain underscores".into());
            }
            if removes || plain(value.unwrap_or_default(), "-._~:/?#&=,") {
                return Ok(());
            }
            bad("Stage variable values must match [A-Za-z0-9-._~:/?#&=,]+".into())
        }
        ["canarySettings"] => allow(patch, &["remove"]),
        ["canarySettings", "percentTraffic"] => {
            allow(patch, &["replace"])?;
            number(patch, 0.0, 100.0)
        }
        ["canarySettings", "useStageCache"] => {
            allow(patch, &["replace"])?;
            truth(patch)
        }
        ["canarySettings", "stageVariableOverrides"] => allow(patch, &["remove"]),
        ["canarySettings", "stageVariableOverrides", _] => allow(patch, &["add", "replace", "remove"]),
        ["accessLogSettings"] => allow(patch, &["remove"]),
        ["accessLogSettings", "destinationArn"] => {
            allow(patch, &["add", "replace", "remove"])?;
            if removes
                || value.is_some_and(|arn| arn.starts_with("arn:aws:logs:") || arn.starts_with("arn:aws:firehose:"))
            {
                return Ok(());
            }
            bad("Invalid ARN specified in the request. ARNs must start with 'arn:aws:logs' or 'arn:aws:firehose'"
                .into())
        }
        ["accessLogSettings", "format"] => {
            allow(patch, &["add", "replace", "remove"])?;
            if removes
                || value.is_some_and(|format| {
                    format.contains("$context.requestId") || format.contains("$context.extendedRequestId")
                })
            {
                return Ok(());
            }
            bad("Access Log format must be single line, new line character is allowed only at end of the format and must contain at least $context.requestId or $context.extendedRequestId".into())
        }
        [resource, method] if METHODS.contains(method) => {
            allow(patch, &["remove"])?;
            if stage.has_method(resource, method) {
                return Ok(());
            }
            bad(format!(
                "Cannot remove method setting {resource}/{method} because there is no method setting for this method"
            ))
        }
        [_, method, group, name] if METHODS.contains(method) => {
            let bounds = match (*group, *name) {
                ("metrics", "enabled") | ("logging", "dataTrace") => None,
                ("caching", "enabled" | "dataEncrypted" | "requireAuthorizationForCacheControl") => None,
                ("logging", "loglevel") => {
                    allow(patch, &["replace"])?;
                    return one_of(patch, &["OFF", "ERROR", "INFO"]);
                }
                ("caching", "unauthorizedCacheControlHeaderStrategy") => {
                    allow(patch, &["replace"])?;
                    return one_of(patch, &STRATEGIES);
                }
                ("throttling", "rateLimit") => Some((0.0, f64::from(u32::MAX))),
                ("throttling", "burstLimit") => Some((0.0, f64::from(i32::MAX))),
                ("caching", "ttlInSeconds") => Some((0.0, 3600.0)),
                _ => return unknown(),
            };
            allow(patch, &["replace"])?;
            let Some((least, most)) = bounds else { return truth(patch) };
            if *group == "throttling" && value == Some("-1") {
                return Ok(());
            }
            number(patch, least, most)?;
            if *name != "rateLimit" && value.is_some_and(|text| text.contains('.')) {
                return bad(format!("Invalid value for {}: must be a whole number", patch.path));
            }
            Ok(())
        }
        _ => unknown(),
    }
}

fn bad(message: String) -> Result<(), Refusal> {
    Err(Refusal::Bad(message))
}

fn allow(patch: &StagePatch, operations: &[&str]) -> Result<(), Refusal> {
    if operations.contains(&patch.op.as_str()) {
        return Ok(());
    }
    bad(format!(
        "Invalid patch operation '{}' for path {}. Must be one of: [{}]",
        patch.op,
        patch.path,
        operations.join(", ")
    ))
}

fn truth(patch: &StagePatch) -> Result<(), Refusal> {
    let value = patch.value.as_deref().unwrap_or_default();
    if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
        return Ok(());
    }
    bad(format!("Invalid boolean value '{value}' for path {}", patch.path))
}

fn one_of(patch: &StagePatch, known: &[&str]) -> Result<(), Refusal> {
    let value = patch.value.as_deref().unwrap_or_default();
    if known.contains(&value) {
        return Ok(());
    }
    bad(format!("Invalid value '{value}' for path {}. Must be one of: [{}]", patch.path, known.join(", ")))
}

fn number(patch: &StagePatch, least: f64, most: f64) -> Result<(), Refusal> {
    let value = patch.value.as_deref().unwrap_or_default();
    match value.parse::<f64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(()),
        Ok(_) => bad(format!("Invalid value '{value}' for path {}: must be from {least} to {most}", patch.path)),
        Err(_) => bad(format!("Invalid number '{value}' for path {}", patch.path)),
    }
}

/// A cluster that is being made or taken away takes no second order.
fn settled(stage: &Stage, now: Millis) -> Result<(), Refusal> {
    match stage.cache_status(now) {
        "CREATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" => {
            // Several operations of one request are one order.
            if stage.cache_changed == Some(now) { Ok(()) } else { Err(Refusal::Conflict) }
        }
        _ => Ok(()),
    }
}
