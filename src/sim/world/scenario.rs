//! A scenario: what bends in the account, from when on, as data from `config/scenarios`.

use serde::Deserialize;

use super::{ACCOUNT_CONCURRENCY, Millis};

/// Name and text of each scenario.
const EMBEDDED: [(&str, &str); 21] = [
    ("shop", include_str!("../../../config/scenarios/shop.toml")),
    ("calm", include_str!("../../../config/scenarios/calm.toml")),
    ("outage", include_str!("../../../config/scenarios/outage.toml")),
    ("throttle", include_str!("../../../config/scenarios/throttle.toml")),
    ("coldstart", include_str!("../../../config/scenarios/coldstart.toml")),
    ("deploy", include_str!("../../../config/scenarios/deploy.toml")),
    ("flood", include_str!("../../../config/scenarios/flood.toml")),
    ("spans", include_str!("../../../config/scenarios/spans.toml")),
    ("throttle-reserved", include_str!("../../../config/scenarios/throttle-reserved.toml")),
    ("throttle-pool", include_str!("../../../config/scenarios/throttle-pool.toml")),
    ("throttle-scaling", include_str!("../../../config/scenarios/throttle-scaling.toml")),
    ("throttle-rate", include_str!("../../../config/scenarios/throttle-rate.toml")),
    ("throttle-spillover", include_str!("../../../config/scenarios/throttle-spillover.toml")),
    ("throttle-queue", include_str!("../../../config/scenarios/throttle-queue.toml")),
    ("stream-lag", include_str!("../../../config/scenarios/stream-lag.toml")),
    ("async-drops", include_str!("../../../config/scenarios/async-drops.toml")),
    ("throttle-stage", include_str!("../../../config/scenarios/throttle-stage.toml")),
    ("throttle-method", include_str!("../../../config/scenarios/throttle-method.toml")),
    ("throttle-plan", include_str!("../../../config/scenarios/throttle-plan.toml")),
    ("throttle-quota", include_str!("../../../config/scenarios/throttle-quota.toml")),
    ("throttle-api-account", include_str!("../../../config/scenarios/throttle-api-account.toml")),
];

/// An incident to practise on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name, as on the command line.
    #[serde(skip)]
    pub name: String,
    /// One sentence: what is going on.
    pub description: String,
    /// Multiplies the error, time-out and memory shares of every function.
    #[serde(default = "one")]
    pub trouble: f64,
    /// What bends.
    #[serde(default)]
    pub bend: Vec<Bend>,
    /// Aliases that were moved.
    #[serde(default)]
    pub deploy: Vec<Deploy>,
    /// A function without a reserve that may exhaust the account's pool.
    pub hog: Option<String>,
    /// Functions whose reserved concurrency differs from the catalog's.
    #[serde(default)]
    pub reserve: Vec<Reserve>,
    /// Functions that somebody updates, so that other changes have to wait.
    #[serde(default)]
    pub updating: Vec<Updating>,
    /// Stages whose settings differ from the catalog's.
    #[serde(default)]
    pub stage: Vec<StageBend>,
    /// Usage plans whose settings differ from the catalog's.
    #[serde(default)]
    pub plan: Vec<PlanBend>,
    /// API keys whose quota ends at some moment.
    #[serde(default)]
    pub quota: Vec<QuotaBend>,
    /// The account's data plane limit of API Gateway, where it is not 10,000 requests a second with a burst of 5,000.
    pub api_account: Option<ApiAccount>,
    /// Transaction Search is on from the beginning: segments go to CloudWatch Logs as spans.
    #[serde(default)]
    pub spans: bool,
    /// Share of the requests that the default sampling rule takes, where it is not 5 %.
    pub default_sampling: Option<f64>,
    /// The account's limit of concurrent executions.
    #[serde(default = "usual_concurrency")]
    pub account_concurrency: u32,
    /// Every hour of the day is as busy as any other, so that numbers are the same whenever it is looked at.
    #[serde(default)]
    pub flat: bool,
    /// Functions whose event source fills up faster than its mapping empties it.
    #[serde(default)]
    pub backlog: Vec<Backlog>,
    /// Functions whose asynchronous events are tried again.
    #[serde(default)]
    pub asynchronous: Vec<Asynchronous>,
}

fn one() -> f64 {
    1.0
}

fn usual_concurrency() -> u32 {
    ACCOUNT_CONCURRENCY
}

/// A function that behaves otherwise than its character.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bend {
    /// FunctionName, or `*` for all.
    pub function: String,
    /// Only invocations of this version.
    pub version: Option<u32>,
    /// Minutes from the birth of the world; negative is before it. Always, when absent.
    pub from_minute: Option<f64>,
    /// End, likewise.
    pub until_minute: Option<f64>,
    /// Bends only this many seconds at the start of each `every_s`.
    pub for_s: Option<u32>,
    /// Period of the bend.
    pub every_s: Option<u32>,
    /// Multiplies the arrivals of the function's mappings and of the API routes in front of it.
    pub rate: Option<f64>,
    /// Multiplies Duration.
    pub duration: Option<f64>,
    /// Multiplies Init Duration.
    pub init: Option<f64>,
    /// Multiplies the spread of Duration.
    pub spread: Option<f64>,
    /// Share of errors instead of the character's.
    pub error_share: Option<f64>,
    /// errorType of these.
    pub error_kind: Option<String>,
    /// errorMessage of these.
    pub error_message: Option<String>,
    /// Share of time-outs instead of the character's.
    pub timeout_share: Option<f64>,
    /// Share that runs out of memory instead of the character's.
    pub oom_share: Option<f64>,
    /// Multiplies Max Memory Used.
    pub memory: Option<f64>,
    /// Idle lifetime of environments, seconds.
    pub idle_s: Option<f64>,
    /// Init fails: provisioned concurrency of this version ends as FAILED.
    #[serde(default)]
    pub init_fails: bool,
}

/// An alias that moves to another version.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// FunctionName.
    pub function: String,
    /// Alias.
    pub alias: String,
    /// Version from then on.
    pub version: u32,
    /// Minutes from the birth of the world.
    pub minute: f64,
}

/// A reserved concurrency that is set at some moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// FunctionName.
    pub function: String,
    /// ReservedConcurrentExecutions.
    pub reserved: u32,
    /// Minutes from the birth of the world.
    pub minute: f64,
}

/// A queue or stream in front of a function whose batches wait until its mapping has a hand free.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backlog {
    /// FunctionName.
    pub function: String,
    /// Shards of a stream, each read by one poller (ParallelizationFactor 1). A queue has its mapping's MaximumConcurrency.
    #[serde(default)]
    pub shards: u32,
    /// Minutes from the birth of the world.
    pub from_minute: f64,
    /// End, likewise; by then nothing must wait any more.
    pub until_minute: f64,
}

/// Asynchronous events of a function that fails.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asynchronous {
    /// FunctionName.
    pub function: String,
    /// MaximumRetryAttempts, 0 to 2.
    pub retries: u8,
    /// What is dropped can't be delivered to the destination for failures.
    #[serde(default)]
    pub destination_fails: bool,
}

/// A function whose LastUpdateStatus is InProgress for a while.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Updating {
    /// FunctionName.
    pub function: String,
    /// Begin, in minutes from the birth of the world.
    pub from_minute: f64,
    /// Seconds until it is done.
    pub for_s: u32,
}

/// A stage setting that is made at some moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageBend {
    /// Name of the API.
    pub api: String,
    /// Stage.
    pub stage: String,
    /// Minutes from the birth of the world.
    pub minute: f64,
    /// Patch path, as of UpdateStage.
    pub path: String,
    /// Its value.
    pub value: String,
}

/// A usage plan setting that is made at some moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanBend {
    /// Name of the plan.
    pub plan: String,
    /// Minutes from the birth of the world.
    pub minute: f64,
    /// Patch path, as of UpdateUsagePlan.
    pub path: String,
    /// Its value.
    pub value: String,
}

/// An API key that has used so much before that its quota ends at a moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaBend {
    /// Name of the API key.
    pub key: String,
    /// Minutes from the birth of the world.
    pub minute: f64,
}

/// throttleSettings of GetAccount.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiAccount {
    /// Requests per second.
    pub rate: f64,
    /// Burst.
    pub burst: u32,
}

impl Scenario {
    /// Names of all scenarios, the default first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// Reads an embedded scenario; the error names those that exist.
    pub fn named(name: &str) -> Result<Self, String> {
        let Some((name, text)) = EMBEDDED.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = Self::names().collect();
            return Err(format!("unknown scenario `{name}`: choose one of {}", known.join(", ")));
        };
        let mut scenario: Self = toml::from_str(text).map_err(|error| format!("scenario `{name}`: {error}"))?;
        (*name).clone_into(&mut scenario.name);
        Ok(scenario)
    }
}

impl Bend {
    /// It is in force at `at`, in a world born at `born`.
    pub fn holds(&self, at: Millis, born: Millis) -> bool {
        let minute = (at - born) as f64 / 60_000.0;
        if self.from_minute.is_some_and(|from| minute < from) || self.until_minute.is_some_and(|until| minute >= until)
        {
            return false;
        }
        match (self.for_s, self.every_s) {
            (Some(length), Some(period)) if period > 0 => {
                (at - born).rem_euclid(Millis::from(period) * 1000) < Millis::from(length) * 1000
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_reads() {
        for name in Scenario::names() {
            let scenario = Scenario::named(name).unwrap();
            assert_eq!(scenario.name, name);
            assert!(scenario.description.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn an_unknown_scenario_is_told_the_known_ones() {
        let error = Scenario::named("nonesuch").unwrap_err();
        assert!(
            error.contains("`nonesuch`") && error.contains("shop, calm, outage, throttle, coldstart, deploy"),
            "{error}"
        );
    }
}
