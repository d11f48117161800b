//! FunctionConfiguration: what every description of a function says.

use serde_json::{Map, Value, json};

use super::written;
use crate::sim::world::catalog::{Function, FunctionId, LogFormat};
use crate::sim::world::dice::{Dice, hash_text};
use crate::sim::world::{Millis, World};

/// A version of a function (0 is `$LATEST`) as ListFunctions and ListVersionsByFunction describe it. `qualified` is the
/// qualifier of its ARN.
pub fn brief(world: &World, id: FunctionId, version: u32, qualified: Option<&str>, at: Millis) -> Map<String, Value> {
    let function = &world.catalog.functions[id];
    let named = hash_text(&function.name);
    // The code of $LATEST is that of the newest version.
    let newest = function.versions.iter().copied().max().unwrap_or(0);
    let code = if version == 0 { newest } else { version };
    let mut dice = Dice::of(&[named, u64::from(code), 50]);
    let sha: Vec<u8> = (0..4).flat_map(|_| dice.number().to_be_bytes()).collect();
    let size = 180_000 + dice.below(24_000_000);
    let mut logging = Map::new();
    let json_logs = function.log_format == LogFormat::Json;
    logging.insert("LogFormat".into(), if json_logs { "JSON" } else { "Text" }.into());
    if json_logs {
        logging.insert("ApplicationLogLevel".into(), "INFO".into());
        logging.insert("SystemLogLevel".into(), "INFO".into());
    }
    logging.insert("LogGroup".into(), function.log_group.as_str().into());
    let variables: Map<String, Value> =
        function.environment_of(version).into_iter().map(|(name, value)| (name, value.into())).collect();
    let arn = world.catalog.function_arn(id);
    let arn = qualified.map_or_else(|| arn.clone(), |qualifier| format!("{arn}:{qualifier}"));
    let body = json!({
        "FunctionName": function.name,
        "FunctionArn": arn,
        "Runtime": function.runtime_of(version),
        "Role": format!("arn:aws:iam::{}:role/{}-role", world.catalog.account_id, function.name),
        "Handler": function.handler,
        "CodeSize": size,
        "Description": function.description,
        "Timeout": function.timeout_of(version),
        "MemorySize": function.memory_of(version),
        "LastModified": written(modified(world, id, version, at)),
        "CodeSha256": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sha),
        "Version": if version == 0 { "$LATEST".to_owned() } else { version.to_string() },
        "Environment": {"Variables": variables},
        "TracingConfig": {"Mode": if function.traced { "Active" } else { "PassThrough" }},
        "RevisionId": revision(world, id, version, at),
        "Layers": layers(world, function, version),
        "PackageType": if function.extras.image { "Image" } else { "Zip" },
        "DeadLetterConfig": {"TargetArn": function.extras.dead_letter.map(|target| resource(world, target))},
        "Architectures": [function.architecture],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {
            "ApplyOn": if function.extras.snap_start { "PublishedVersions" } else { "None" },
            "OptimizationStatus": if function.restores(version) { "On" } else { "Off" },
        },
        "LoggingConfig": logging,
    });
    match body {
        Value::Object(mut members) => {
            // The service leaves empty ones out.
            members.retain(|name, value| match name.as_str() {
                "Layers" => value.as_array().is_some_and(|layers| !layers.is_empty()),
                "Environment" => !function.environment.is_empty(),
                "DeadLetterConfig" => function.extras.dead_letter.is_some(),
                // The image has these in itself.
                "Runtime" | "Handler" => !function.extras.image,
                _ => true,
            });
            members
        }
        _ => Map::new(),
    }
}

/// With the state, which ListFunctions leaves out.
pub fn full(world: &World, id: FunctionId, version: u32, qualified: Option<&str>, at: Millis) -> Value {
    let mut members = brief(world, id, version, qualified, at);
    members.insert("State".into(), "Active".into());
    // Only $LATEST is ever updated.
    if version == 0 && world.is_updating(id, at) {
        members.insert("LastUpdateStatus".into(), "InProgress".into());
        members.insert("LastUpdateStatusReason".into(), "The function is being created.".into());
        members.insert("LastUpdateStatusReasonCode".into(), "Creating".into());
    } else {
        members.insert("LastUpdateStatus".into(), "Successful".into());
    }
    if world.catalog.functions[id].extras.image {
        return members.into();
    }
    let runtime = hash_text(world.catalog.functions[id].runtime_of(version));
    let mut dice = Dice::of(&[runtime]);
    let digest: String = (0..4).map(|_| dice.hex16()).collect();
    let arn = format!("arn:aws:lambda:{}::runtime:{digest}", world.catalog.region);
    members.insert("RuntimeVersionConfig".into(), json!({"RuntimeVersionArn": arn}));
    members.into()
}

/// RevisionId of a version; that of `$LATEST` changes with each update.
pub fn revision(world: &World, id: FunctionId, version: u32, at: Millis) -> String {
    let named = hash_text(&world.catalog.functions[id].name);
    match world.updates(id, at).0 {
        updates if version == 0 && updates > 0 => Dice::of(&[named, 0, 51, updates as u64]).uuid(),
        _ => Dice::of(&[named, u64::from(version), 51]).uuid(),
    }
}

/// ARN of what another service has: `sqs:queue`, `sns:topic`, `events:event-bus/shop`.
pub fn resource(world: &World, named: &str) -> String {
    let (service, name) = named.split_once(':').unwrap_or(("sqs", named));
    format!("arn:aws:{service}:{}:{}:{name}", world.catalog.region, world.catalog.account_id)
}

/// When a version was published; `$LATEST` changed when the newest was.
fn modified(world: &World, id: FunctionId, version: u32, at: Millis) -> Millis {
    if let (0, (_, Some(updated))) = (version, world.updates(id, at)) {
        return updated;
    }
    let function = &world.catalog.functions[id];
    let newest = function.versions.iter().copied().max().unwrap_or(0);
    let version = if version == 0 { newest } else { version };
    let deploy = world.scenario.deploy.iter().find(|one| one.function == function.name && one.version == version);
    if let Some(deploy) = deploy {
        // Published a minute before the alias moved.
        return world.born + ((deploy.minute - 1.0) * 60_000.0) as Millis;
    }
    let age = Millis::from(newest.saturating_sub(version));
    let days = 3 + (Dice::of(&[hash_text(&function.name), 52]).below(9) as Millis);
    function.last_modified - age * days * 86_400_000
}

fn layers(world: &World, function: &Function, version: u32) -> Vec<Value> {
    if !function.runtime.starts_with("python") || function.extras.image {
        return Vec::new();
    }
    let (catalog, layer) = (&world.catalog, function.layer_of(version));
    let arn = format!("arn:aws:lambda:{}:{}:layer:powertools:{layer}", catalog.region, catalog.account_id);
    vec![json!({"Arn": arn, "CodeSize": 6_291_456})]
}
