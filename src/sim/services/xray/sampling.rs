//! Sampling rules, and how many requests each decided about.

use serde_json::{Value, json};

use crate::sim::services::{Call, page};
use crate::sim::world::Millis;
use crate::sim::world::sampling::Rule;

/// The service counts in windows of that length.
const WINDOW_MS: Millis = 10_000;
/// So many of them are told.
const WINDOWS: Millis = 30;
/// Entries in a page.
const PAGE: usize = 50;
/// When the rules were made.
const MADE_S: Millis = 1_741_600_000;

/// GetSamplingRules.
pub fn rules(call: &Call<'_>) -> Value {
    let record = |rule: &Rule| {
        let catalog = &call.world.catalog;
        let own = rule.name != "Default";
        json!({
            "CreatedAt": if own { MADE_S } else { 0 },
            "ModifiedAt": if own { MADE_S + 86_400 } else { 0 },
            "SamplingRule": {
                "RuleName": rule.name,
                "RuleARN": format!(
                    "arn:aws:xray:{}:{}:sampling-rule/{}", catalog.region, catalog.account_id, rule.name
                ),
                "ResourceARN": "*",
                "Priority": rule.priority,
                "FixedRate": rule.rate,
                "ReservoirSize": rule.reservoir,
                "ServiceName": rule.service,
                "ServiceType": if own { "AWS::ApiGateway::Stage" } else { "*" },
                "Host": "*",
                "HTTPMethod": rule.method,
                "URLPath": rule.path,
                "Version": 1,
                "Attributes": {},
            },
        })
    };
    let records: Vec<Value> = call.world.sampling_rules().iter().map(record).collect();
    json!({"SamplingRuleRecords": records})
}

/// GetSamplingStatisticSummaries: of the windows that are over, newest first.
pub fn statistics(call: &Call<'_>, body: &Value) -> Result<Value, super::Refusal> {
    let end = call.now.div_euclid(WINDOW_MS) * WINDOW_MS;
    let mut entries = Vec::new();
    for window in 1..=WINDOWS {
        let start = end - window * WINDOW_MS;
        let counts = call.world.sampling_statistics(start, start + WINDOW_MS);
        for (rule, (requests, sampled)) in call.world.sampling_rules().iter().zip(counts) {
            if requests > 0 {
                entries.push(json!({
                    "RuleName": rule.name,
                    "Timestamp": start / 1000,
                    "RequestCount": requests,
                    "SampledCount": sampled,
                    "BorrowCount": 0,
                }));
            }
        }
    }
    let scope = format!("sampling statistics {}", call.world.seed);
    let (entries, next) = page::of(&scope, entries, body["NextToken"].as_str(), PAGE)
        .ok_or_else(|| super::invalid("Invalid NextToken"))?;
    let mut shown = json!({"SamplingStatisticSummaries": entries});
    if let Some(next) = next {
        shown["NextToken"] = next.into();
    }
    Ok(shown)
}
