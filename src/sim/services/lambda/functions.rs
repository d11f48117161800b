//! Functions and their versions, the account's limits, tags and policies.

use serde_json::{Map, Value, json};

use super::{Answer, configuration, constraint, listed, listing, not_found, paged, target};
use crate::sim::services::Call;
use crate::sim::world::dice::{Dice, hash_text};

/// Functions in a page. Lambda gives 50; a small account is given in smaller pages, so that paging is always exercised.
fn page_size(functions: usize) -> usize {
    if functions > 100 { 50 } else { 10 }
}

/// ListFunctions.
pub fn list(call: &Call<'_>) -> Answer {
    let world = call.world;
    let version = call.query("FunctionVersion");
    if version.as_deref().is_some_and(|version| version != "ALL") {
        let given = version.unwrap_or_default();
        return Err(constraint(call, &given, "functionVersion", "satisfy enum value set: [ALL]"));
    }
    let all: Vec<(usize, u32)> = world
        .living_functions(call.now)
        .into_iter()
        .flat_map(|id| {
            let published = if version.is_some() { world.catalog.functions[id].versions.as_slice() } else { &[] };
            std::iter::once(0).chain(published.iter().copied()).map(move |version| (id, version))
        })
        .collect();
    let (most, scope) = (page_size(all.len()), format!("{version:?}"));
    let (page, next) = paged(call, &scope, all, most, 10_000)?;
    let describe = |(id, number): (usize, u32)| {
        let qualifier = if number == 0 { "$LATEST".to_owned() } else { number.to_string() };
        configuration::brief(world, id, number, version.as_ref().map(|_| qualifier.as_str()), call.now).into()
    };
    Ok(call.ok(&listed("Functions", page.into_iter().map(describe).collect(), next)))
}

/// GetFunction: configuration, where the code is, tags and reserved concurrency.
pub fn get(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let version = target.version(call)?;
    let world = call.world;
    let mut body = Map::new();
    let configuration = configuration::full(world, target.id, version, target.qualifier.as_deref(), call.now);
    body.insert("Configuration".into(), configuration);
    let location = format!(
        "https://awslambda-{0}-tasks.s3.{0}.amazonaws.com/snapshots/{1}/{2}?X-Amz-Signature=0",
        world.catalog.region, world.catalog.account_id, target.function.name
    );
    let code = if target.function.extras.image {
        let image = format!(
            "{}.dkr.ecr.{}.amazonaws.com/{}",
            world.catalog.account_id, world.catalog.region, target.function.name
        );
        let mut dice = Dice::of(&[hash_text(&image), u64::from(version)]);
        let digest: String = (0..4).map(|_| dice.hex16()).collect();
        let resolved = format!("{image}@sha256:{digest}");
        json!({"RepositoryType": "ECR", "ImageUri": format!("{image}:prod"), "ResolvedImageUri": resolved})
    } else {
        json!({"RepositoryType": "S3", "Location": location})
    };
    body.insert("Code".into(), code);
    if !target.function.tags.is_empty() {
        body.insert("Tags".into(), tags_of(&target.function.tags));
    }
    if let Some(reserved) = world.reserved(target.id, call.now) {
        body.insert("Concurrency".into(), json!({"ReservedConcurrentExecutions": reserved}));
    }
    Ok(call.ok(&body.into()))
}

/// GetFunctionConfiguration.
pub fn configuration(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let version = target.version(call)?;
    Ok(call.ok(&configuration::full(call.world, target.id, version, target.qualifier.as_deref(), call.now)))
}

/// ListVersionsByFunction: `$LATEST` first, then what was published, the oldest first.
pub fn versions(call: &Call<'_>) -> Answer {
    let target = target(call)?;
    let mut published = target.function.versions.clone();
    published.sort_unstable();
    let all = std::iter::once(0).chain(published);
    let items = all.map(|version| {
        let number = version.to_string();
        let qualifier = if version == 0 { "$LATEST" } else { number.as_str() };
        Value::from(configuration::brief(call.world, target.id, version, Some(qualifier), call.now))
    });
    listing(call, "Versions", &target.function.name, items.collect(), 50, 10_000)
}

/// GetAccountSettings.
pub fn settings(call: &Call<'_>) -> Answer {
    let world = call.world;
    let functions = world.living_functions(call.now).len();
    Ok(call.ok(&json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_u64,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": world.scenario.account_concurrency,
            "UnreservedConcurrentExecutions": world.unreserved(call.now),
        },
        "AccountUsage": {"TotalCodeSize": 11_534_336_u64 * functions as u64, "FunctionCount": functions},
    })))
}

/// ListTags, of a function's ARN.
pub fn tags(call: &Call<'_>) -> Answer {
    let arn = call.label("Resource");
    let catalog = &call.world.catalog;
    let prefix = format!("arn:aws:lambda:{}:{}:function:", catalog.region, catalog.account_id);
    let id = arn.strip_prefix(&prefix).and_then(|name| catalog.function_named(name));
    let id = id.filter(|id| call.world.exists(*id, call.now));
    match id {
        Some(id) => Ok(call.ok(&json!({"Tags": tags_of(&catalog.functions[id].tags)}))),
        None => Err(not_found(call, &format!("Function not found: {arn}"))),
    }
}

fn tags_of(tags: &[(String, String)]) -> Value {
    tags.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect::<Map<_, _>>().into()
}
