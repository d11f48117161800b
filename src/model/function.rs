//! Lambda functions, their versions and aliases, and the concurrency that they have.

use crate::time::Moment;

/// A function as ListFunctions tells it. Values of environment variables are dropped where they arrive
/// (`Environment.Variables` comes in clear with a mere read permission); the names stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Function {
    /// FunctionName.
    pub name: String,
    /// FunctionArn.
    pub arn: String,
    /// Runtime, as `nodejs22.x`; empty for container images.
    pub runtime: String,
    /// Handler.
    pub handler: String,
    /// Description.
    pub description: String,
    /// Role.
    pub role: String,
    /// MemorySize, MB.
    pub memory_mb: u32,
    /// Timeout, seconds.
    pub timeout_s: u32,
    /// EphemeralStorage, MB.
    pub storage_mb: u32,
    /// CodeSize, bytes.
    pub code_size: u64,
    /// PackageType: Zip or Image.
    pub package: String,
    /// Architectures, as `arm64`.
    pub architecture: String,
    /// LastModified, where it can be read (servers disagree about its format).
    pub last_modified: Option<Moment>,
    /// LoggingConfig.LogGroup, or `/aws/lambda/NAME` where none is given.
    pub log_group: String,
    /// LoggingConfig.LogFormat is JSON.
    pub json_logs: bool,
    /// TracingConfig.Mode is Active.
    pub traced: bool,
    /// SnapStart.ApplyOn is PublishedVersions.
    pub snap_start: bool,
    /// Names of the environment variables with the length of each value.
    pub environment: Vec<(String, usize)>,
    /// ARNs of the layers.
    pub layers: Vec<String>,
    /// VpcConfig.VpcId, where there is one.
    pub vpc: Option<String>,
    /// DeadLetterConfig.TargetArn.
    pub dead_letter: Option<String>,
    /// State, as `Active`; ListFunctions leaves it out.
    pub state: Option<String>,
    /// LastUpdateStatus; ListFunctions leaves it out.
    pub last_update: Option<String>,
    /// LastUpdateStatusReason, where the last update failed or is under way.
    pub last_update_reason: Option<String>,
    /// RevisionId: changes with every change of the configuration or the code.
    pub revision: String,
    /// CodeSha256.
    pub sha256: String,
    /// ReservedConcurrentExecutions, once asked for. Outer `None`: not known yet.
    pub reserved: Option<Option<u32>>,
}

/// What only per-function calls tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionDetail {
    /// FunctionName.
    pub name: String,
    /// Aliases.
    pub aliases: Vec<Alias>,
    /// Published versions with their descriptions, oldest first, `$LATEST` left out.
    pub versions: Vec<Version>,
    /// Provisioned concurrency by qualifier.
    pub provisioned: Vec<ProvisionedConcurrency>,
    /// ReservedConcurrentExecutions.
    pub reserved: Option<u32>,
    /// Event source mappings that feed it.
    pub mappings: Vec<EventSourceMapping>,
    /// Asynchronous configuration, where one is set.
    pub asynchronous: Option<AsyncConfig>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// Who may invoke it: the statements of its resource policy (GetPolicy), those of its aliases included.
    pub grants: Vec<Grant>,
    /// FunctionUrl, where it has one.
    pub url: Option<String>,
    /// The function as it is now (GetFunctionConfiguration); none where that could not be had.
    pub configuration: Option<Box<Function>>,
    /// State, as `Active`.
    pub state: Option<String>,
    /// LastUpdateStatus.
    pub last_update: Option<String>,
    /// Parts that could not be had, each with its reason; the rest is shown.
    pub missing: Vec<super::trouble::Trouble>,
}

impl FunctionDetail {
    /// Aliases that lead elsewhere by now, each with where it led.
    pub fn moved(&self, now: &FunctionDetail) -> Vec<(String, Routing)> {
        let elsewhere = |before: &&Alias| {
            now.aliases.iter().any(|alias| alias.name == before.name && alias.routing() != before.routing())
        };
        self.aliases.iter().filter(elsewhere).map(|before| (before.name.clone(), before.routing())).collect()
    }
}

/// An alias.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alias {
    /// Name.
    pub name: String,
    /// FunctionVersion.
    pub version: String,
    /// RoutingConfig: other versions with their weights, 0 to 1.
    pub weights: Vec<(String, f64)>,
    /// Description.
    pub description: String,
    /// RevisionId; an update that names an old one is refused.
    pub revision: String,
}

impl Alias {
    /// Where it leads: the main version and the weighted others.
    pub fn routing(&self) -> Routing {
        Routing { version: self.version.clone(), weights: self.weights.clone() }
    }
}

/// Where an alias leads.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Routing {
    /// FunctionVersion: gets what the others leave.
    pub version: String,
    /// AdditionalVersionWeights: version with its share, 0 to 1. Lambda takes one at most.
    pub weights: Vec<(String, f64)>,
}

impl Routing {
    /// In words: `7`, or `7 90%, 8 10%`.
    pub fn words(&self) -> String {
        if self.weights.is_empty() {
            return self.version.clone();
        }
        let rest: f64 = 1.0 - self.weights.iter().map(|(_, weight)| weight).sum::<f64>();
        let mut words = format!("{} {}", self.version, crate::text::percent(rest.max(0.0)));
        for (version, weight) in &self.weights {
            words.push_str(&format!(", {version} {}", crate::text::percent(*weight)));
        }
        words
    }
}

/// A statement of a function's resource policy: who may invoke it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Sid.
    pub sid: String,
    /// The principal: a service as `events.amazonaws.com`, an account, or `*`.
    pub principal: String,
    /// AWS:SourceArn of the condition, as the ARN of an EventBridge rule.
    pub source: Option<String>,
    /// Alias or version that it is for; none for the function itself.
    pub qualifier: Option<String>,
}

/// A published version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Version {
    /// Number as text.
    pub version: String,
    /// Description.
    pub description: String,
    /// LastModified.
    pub last_modified: Option<Moment>,
    /// CodeSha256.
    pub sha256: String,
    /// The function as it was when this version was published.
    pub configuration: Function,
}

/// Status of a provisioned concurrency configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvisionedStatus {
    /// Being allocated.
    InProgress,
    /// All of it is allocated.
    Ready,
    /// Could not be allocated; the reason.
    Failed(String),
}

/// Provisioned concurrency of one alias or version.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvisionedConcurrency {
    /// Alias or version.
    pub qualifier: String,
    /// RequestedProvisionedConcurrentExecutions.
    pub requested: u32,
    /// AllocatedProvisionedConcurrentExecutions.
    pub allocated: u32,
    /// AvailableProvisionedConcurrentExecutions.
    pub available: u32,
    /// Status.
    pub status: ProvisionedStatus,
    /// LastModified.
    pub last_modified: Option<Moment>,
}

/// An event source mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventSourceMapping {
    /// UUID.
    pub uuid: String,
    /// EventSourceArn.
    pub source: String,
    /// State, as `Enabled`.
    pub state: String,
    /// StateTransitionReason.
    pub reason: String,
    /// BatchSize.
    pub batch_size: u32,
    /// MaximumBatchingWindowInSeconds.
    pub window_s: u32,
    /// ParallelizationFactor (streams).
    pub parallelization: Option<u32>,
    /// MaximumRetryAttempts (streams); -1 is without end.
    pub retries: Option<i32>,
    /// DestinationConfig.OnFailure.Destination.
    pub on_failure: Option<String>,
    /// FunctionArn's alias or version.
    pub qualifier: Option<String>,
    /// LastModified.
    pub last_modified: Option<Moment>,
    /// ScalingConfig.MaximumConcurrency.
    pub maximum_concurrency: Option<u32>,
    /// LastProcessingResult.
    pub last_result: String,
}

impl EventSourceMapping {
    /// The service that it reads from, as `sqs`, `kinesis` or `dynamodb`; empty where it has no ARN.
    pub fn service(&self) -> &str {
        self.source.split(':').nth(2).unwrap_or_default()
    }

    /// It reads a stream, whose records carry an IteratorAge.
    pub fn is_stream(&self) -> bool {
        matches!(self.service(), "kinesis" | "dynamodb")
    }

    /// The queue, stream or table in short: the last part of the ARN that names it.
    pub fn source_name(&self) -> &str {
        match self.service() {
            "dynamodb" => self.source.split('/').nth(1).unwrap_or(&self.source),
            "kinesis" => self.source.rsplit('/').next().unwrap_or(&self.source),
            _ => self.source.rsplit(':').next().unwrap_or(&self.source),
        }
    }

    /// Switched on, or about to be.
    pub fn enabled(&self) -> bool {
        !matches!(self.state.as_str(), "Disabled" | "Disabling" | "Deleting")
    }

    /// Neither settled on nor off: `Enabling`, `Disabling`, `Updating`, `Creating`, `Deleting`.
    pub fn in_transition(&self) -> bool {
        matches!(self.state.as_str(), "Enabling" | "Disabling" | "Updating" | "Creating" | "Deleting")
    }
}

/// GetFunctionEventInvokeConfig.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AsyncConfig {
    /// MaximumRetryAttempts.
    pub retries: Option<u32>,
    /// MaximumEventAgeInSeconds.
    pub maximum_age_s: Option<u32>,
    /// DestinationConfig.OnSuccess.Destination.
    pub on_success: Option<String>,
    /// DestinationConfig.OnFailure.Destination.
    pub on_failure: Option<String>,
}

/// GetAccountSettings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountSettings {
    /// AccountLimit.ConcurrentExecutions.
    pub concurrency_limit: u32,
    /// AccountLimit.UnreservedConcurrentExecutions.
    pub unreserved: u32,
    /// AccountUsage.FunctionCount.
    pub function_count: u64,
    /// AccountUsage.TotalCodeSize, bytes.
    pub code_size: u64,
}

/// How an invoke is to be made: InvocationType.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvocationType {
    /// Wait for the answer.
    #[default]
    RequestResponse,
    /// Queue it.
    Event,
    /// Check permission and parameters only.
    DryRun,
}

impl InvocationType {
    /// AWS's own name.
    pub fn name(self) -> &'static str {
        match self {
            InvocationType::RequestResponse => "RequestResponse",
            InvocationType::Event => "Event",
            InvocationType::DryRun => "DryRun",
        }
    }
}

/// The answer to an invoke.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InvokeAnswer {
    /// 200, 202 or 204.
    pub status: u16,
    /// FunctionError: `Handled` or `Unhandled`.
    pub function_error: Option<String>,
    /// ExecutedVersion.
    pub executed_version: Option<String>,
    /// Request id of the invocation.
    pub request_id: Option<String>,
    /// Last 4 KB of the log, decoded.
    pub log_tail: Option<String>,
    /// The response, as it came.
    pub payload: Vec<u8>,
    /// Time between sending and having the answer, ms.
    pub round_trip_ms: u64,
}
