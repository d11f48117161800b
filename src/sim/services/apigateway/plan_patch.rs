//! Which patch operations UpdateUsagePlan takes ("Patch operations" of the API reference), and what it says to the others.

use crate::sim::world::World;
use crate::sim::world::change::StagePatch;
use crate::sim::world::plans::{Period, PlanState, method_key};

const PATHS: &str = "/name, /description, /productCode, /apiStages, /apiStages/{apiId:stageName}/throttle/\
    {resourcePath/httpMethod}/rateLimit, /apiStages/{apiId:stageName}/throttle/{resourcePath/httpMethod}/burstLimit, \
    /throttle, /throttle/rateLimit, /throttle/burstLimit, /quota, /quota/limit, /quota/offset, /quota/period";

/// Checks one operation against the plan as it is. The error says what is wrong.
pub fn check(world: &World, plan: &PlanState, patch: &StagePatch) -> Result<(), String> {
    let unknown = || Err(format!("Invalid patch path {}. Must be one of: [{PATHS}]", patch.path));
    let Some(path) = patch.path.strip_prefix('/') else {
        return unknown();
    };
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["name"] => {
            allow(patch, &["replace"])?;
            if patch.value.as_deref().unwrap_or_default().is_empty() {
                return Err("Usage Plan name must not be empty".into());
            }
            Ok(())
        }
        ["description"] => allow(patch, &["replace"]),
        ["productCode"] => allow(patch, &["add", "replace", "remove"]),
        ["throttle" | "quota"] => allow(patch, &["remove"]),
        ["throttle", "rateLimit"] => rate(patch),
        ["throttle", "burstLimit"] => burst(patch),
        ["quota", "limit"] => {
            allow(patch, &["add", "replace"])?;
            whole(patch, 1)
        }
        ["quota", "offset"] => {
            allow(patch, &["add", "replace"])?;
            whole(patch, 0)
        }
        ["quota", "period"] => {
            allow(patch, &["add", "replace"])?;
            let period = patch.value.as_deref().and_then(Period::named);
            period.map(|_| ()).ok_or_else(|| "Invalid quota period. Must be one of: [DAY, WEEK, MONTH]".into())
        }
        ["apiStages"] => {
            allow(patch, &["add", "remove"])?;
            let stage = patch.value.as_deref().and_then(|value| value.split_once(':'));
            let Some((api, stage)) = stage else {
                return Err("Invalid API stage: must be apiId:stageName".into());
            };
            let covered = plan.stage(api, stage).is_some();
            match patch.op.as_str() {
                "remove" if !covered => Err(format!("API Stage not found: {api}:{stage}")),
                "add" if covered => Err(format!("API Stage {api}:{stage} is already associated with this usage plan")),
                "add" => {
                    let known = world.catalog.api_of_id(api).map(|id| &world.catalog.apis[id]);
                    let known = known.and_then(|api| api.stage_named(stage));
                    known.map(|_| ()).ok_or_else(|| format!("API Stage not found: {api}:{stage}"))
                }
                _ => Ok(()),
            }
        }
        ["apiStages", stage, "throttle", rest @ ..] => {
            let covered = stage.split_once(':').and_then(|(api, stage)| plan.stage(api, stage));
            let Some(covered) = covered else {
                return Err(format!("API Stage not found: {stage}"));
            };
            match rest {
                [] => allow(patch, &["remove"]),
                [method @ .., name @ ("rateLimit" | "burstLimit")] => {
                    let key = method_key(method);
                    let (api, _) = stage.split_once(':').unwrap_or((stage, ""));
                    let known = world.catalog.api_of_id(api).is_some_and(|id| {
                        world.catalog.apis[id].routes.iter().any(|row| format!("{}/{}", row.path, row.method) == key)
                    });
                    if !known {
                        return Err(format!("Invalid method {key} specified for API Stage {stage}"));
                    }
                    if *name == "rateLimit" { rate(patch) } else { burst(patch) }
                }
                method => {
                    allow(patch, &["remove"])?;
                    let key = method_key(method);
                    let known = covered.methods.iter().any(|(known, ..)| *known == key);
                    if known { Ok(()) } else { Err(format!("No throttle for method {key} of API Stage {stage}")) }
                }
            }
        }
        _ => unknown(),
    }
}

/// Checks the plan that the operations together have made.
pub fn check_whole(plan: &PlanState) -> Result<(), String> {
    let Some(quota) = &plan.quota else {
        return Ok(());
    };
    if quota.limit == 0 {
        return Err("Usage Plan quota limit must be greater than zero".into());
    }
    if !quota.period.offsets().contains(&quota.offset) {
        let most = quota.period.offsets().end().to_string();
        return Err(format!("Usage Plan quota offset must be from 0 to {most} in the {} period", quota.period.name()));
    }
    Ok(())
}

fn allow(patch: &StagePatch, operations: &[&str]) -> Result<(), String> {
    if operations.contains(&patch.op.as_str()) {
        return Ok(());
    }
    let allowed = operations.join(", ");
    Err(format!("Invalid patch operation '{}' for path {}. Must be one of: [{allowed}]", patch.op, patch.path))
}

fn rate(patch: &StagePatch) -> Result<(), String> {
    allow(patch, &["add", "replace"])?;
    let value = patch.value.as_deref().unwrap_or_default();
    match value.parse::<f64>() {
        Ok(rate) if rate >= 0.0 && rate.is_finite() => Ok(()),
        _ => Err(format!("Invalid rate limit '{value}': must be a number from 0 on")),
    }
}

fn burst(patch: &StagePatch) -> Result<(), String> {
    allow(patch, &["add", "replace"])?;
    whole(patch, 0)
}

fn whole(patch: &StagePatch, least: u32) -> Result<(), String> {
    let value = patch.value.as_deref().unwrap_or_default();
    match value.parse::<i32>() {
        Ok(number) if i64::from(number) >= i64::from(least) => Ok(()),
        _ => Err(format!("Invalid value '{value}' for path {}: must be a whole number from {least} on", patch.path)),
    }
}
