//! Where segments go and how many traces X-Ray indexes: the two switches of Transaction Search.

use serde_json::{Value, json};

use super::{Refusal, invalid};
use crate::sim::services::Call;
use crate::sim::world::Millis;
use crate::sim::world::change::What;
use crate::sim::world::destination::Destination;

/// When the indexing rule was made that nobody has changed yet.
const MADE: Millis = 1_760_659_200_000;

/// GetTraceSegmentDestination.
pub fn get(call: &Call<'_>) -> Value {
    let (chosen, active) = call.world.chosen_destination(call.now);
    let name = match chosen {
        Destination::XRay => "XRay",
        Destination::CloudWatchLogs => "CloudWatchLogs",
    };
    json!({"Destination": name, "Status": if active { "ACTIVE" } else { "PENDING" }})
}

/// UpdateTraceSegmentDestination. The resource policy that lets X-Ray write to the group is taken as given.
pub fn update(call: &Call<'_>, body: &Value) -> Result<Value, Refusal> {
    let chosen = match body["Destination"].as_str() {
        Some("XRay") => Destination::XRay,
        Some("CloudWatchLogs") => Destination::CloudWatchLogs,
        _ => return Err(invalid("Destination must be XRay or CloudWatchLogs")),
    };
    if call.world.chosen_destination(call.now).0 != chosen {
        call.world.change(call.now, What::Destination(chosen));
    }
    Ok(get(call))
}

fn rule(call: &Call<'_>) -> Value {
    let (percentage, changed) = call.world.indexing(call.now);
    json!({
        "Name": "Default",
        "ModifiedAt": changed.unwrap_or(MADE) as f64 / 1000.0,
        "Rule": {"Probabilistic": {"DesiredSamplingPercentage": percentage, "ActualSamplingPercentage": percentage}},
    })
}

/// GetIndexingRules.
pub fn rules(call: &Call<'_>) -> Value {
    json!({"IndexingRules": [rule(call)]})
}

/// UpdateIndexingRule.
pub fn update_rule(call: &Call<'_>, body: &Value) -> Result<Value, Refusal> {
    match body["Name"].as_str() {
        Some("Default") => {}
        Some(other) => return Err(super::missing(&format!("Indexing rule {other} does not exist"))),
        None => return Err(invalid("Name must be specified")),
    }
    let wanted = body["Rule"]["Probabilistic"]["DesiredSamplingPercentage"].as_f64();
    let Some(wanted) = wanted.filter(|wanted| (0.0..=100.0).contains(wanted)) else {
        return Err(invalid("DesiredSamplingPercentage must be between 0 and 100"));
    };
    call.world.change(call.now, What::Indexing(wanted));
    Ok(json!({"IndexingRule": rule(call)}))
}
