//! What stands still in the account: its functions, triggers, APIs, log groups and alarms.

/// Index of a function in [`Catalog::functions`].
pub type FunctionId = usize;
/// Index of an API in [`Catalog::apis`].
pub type ApiId = usize;

/// Everything in the account that exists before anything happens.
pub struct Catalog {
    /// Twelve digits.
    pub account_id: String,
    /// As `eu-west-1`.
    pub region: String,
    /// All functions, in the order of their names.
    pub functions: Vec<Function>,
    /// REST, HTTP and WebSocket APIs.
    pub apis: Vec<Api>,
    /// Queues, streams and other sources behind event source mappings.
    pub mappings: Vec<EventSourceMapping>,
    /// Metric alarms.
    pub alarms: Vec<Alarm>,
    /// Who may invoke functions beside their triggers.
    pub permissions: Vec<Permission>,
}

/// A statement of a function's resource policy that stands for no trigger of the world.
pub struct Permission {
    /// FunctionName.
    pub function: &'static str,
    /// The alias whose policy it is in; none is the function's own.
    pub qualifier: Option<&'static str>,
    /// Who: `s3` or `sns`.
    pub service: &'static str,
    /// Name of the bucket or topic.
    pub source: &'static str,
}

/// A function's configuration and its character (how it behaves when invoked).
pub struct Function {
    /// FunctionName.
    pub name: String,
    /// As `nodejs22.x`.
    pub runtime: String,
    /// Handler.
    pub handler: String,
    /// Description.
    pub description: String,
    /// MemorySize, MB.
    pub memory_mb: u32,
    /// Timeout, seconds.
    pub timeout_s: u32,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// `Text` or `JSON`: LoggingConfig.LogFormat.
    pub log_format: LogFormat,
    /// LoggingConfig.LogGroup; may be shared by several functions.
    pub log_group: String,
    /// TracingConfig.Mode is Active.
    pub traced: bool,
    /// Published versions, ascending; `$LATEST` is not among them.
    pub versions: Vec<u32>,
    /// Aliases, each with its version, an optional second version with its weight, and provisioned concurrency at the start.
    pub aliases: Vec<Alias>,
    /// Environment variables, names and values.
    pub environment: Vec<(String, String)>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// ReservedConcurrentExecutions at the start.
    pub reserved: Option<u32>,
    /// LastModified.
    pub last_modified: super::Millis,
    /// What calls it.
    pub triggers: Vec<Trigger>,
    /// How it behaves.
    pub character: Character,
    /// What few functions have.
    pub extras: super::extras::Extras,
}

/// LoggingConfig.LogFormat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// START, END, REPORT and lines as the runtime prints them.
    Text,
    /// One JSON document a line, `platform.*` events included.
    Json,
}

/// An alias at the start of the world.
pub struct Alias {
    /// Name, as `live`.
    pub name: String,
    /// FunctionVersion.
    pub version: u32,
    /// RoutingConfig: a second version and its share, 0 to 1.
    pub second: Option<(u32, f64)>,
    /// RequestedProvisionedConcurrentExecutions.
    pub provisioned: Option<u32>,
}

/// What makes a function run.
pub enum Trigger {
    /// A route of an API, integrated with the function (through `qualifier` when the integration names an alias).
    Api {
        /// The API.
        api: ApiId,
        /// Index in [`Api::routes`].
        route: usize,
        /// Alias that the integration names.
        qualifier: Option<String>,
    },
    /// An event source mapping of [`Catalog::mappings`], invocations per second on average.
    Mapping {
        /// Index in [`Catalog::mappings`].
        mapping: usize,
        /// Mean rate, per second.
        rate: f64,
    },
    /// A schedule, every so many seconds.
    Schedule {
        /// Rule name.
        rule: String,
        /// Seconds between two runs.
        every_s: u32,
    },
    /// Another function of the account invokes it in the course of its own invocations.
    Function {
        /// The caller.
        caller: FunctionId,
        /// Share of the caller's invocations that do so, 0 to 1.
        share: f64,
        /// InvocationType Event instead of RequestResponse.
        asynchronous: bool,
    },
}

/// How a function behaves when nothing is wrong; scenarios bend these.
pub struct Character {
    /// Median Duration, ms.
    pub duration_p50_ms: f64,
    /// Sigma of the log-normal duration.
    pub spread: f64,
    /// Median Init Duration, ms.
    pub init_p50_ms: f64,
    /// Share of invocations that end in an error, 0 to 1.
    pub error_share: f64,
    /// Share that runs into the time-out.
    pub timeout_share: f64,
    /// Share that runs out of memory.
    pub oom_share: f64,
    /// Mean Max Memory Used, MB.
    pub memory_used_mb: u32,
    /// Services it calls, as subsegments of its trace: (name, `AWS::DynamoDB::Table`, operation, share of the duration).
    pub downstream: Vec<Downstream>,
    /// What it raises: (errorType, errorMessage).
    pub errors: &'static [(&'static str, &'static str)],
    /// What it logs: `{n}` becomes a number, `{id}` a short hexadecimal id, `{ms}` a part of the duration.
    pub says: &'static [&'static str],
}

/// A call that a function makes in the course of an invocation.
pub struct Downstream {
    /// As `orders` or `payments.example.com`.
    pub name: String,
    /// As `AWS::DynamoDB::Table`, `AWS::SQS::Queue`, or `remote` for plain HTTP.
    pub origin: String,
    /// As `PutItem` or `POST`.
    pub operation: String,
    /// Share of the invocation's duration.
    pub share: f64,
}

/// Kind of an API.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// API Gateway v1.
    Rest,
    /// API Gateway v2, HTTP.
    Http,
    /// API Gateway v2, WebSocket.
    WebSocket,
}

/// An API with its stages and routes.
pub struct Api {
    /// Ten characters.
    pub id: String,
    /// Name, the dimension of v1 metrics.
    pub name: String,
    /// REST, HTTP or WebSocket.
    pub protocol: Protocol,
    /// `REGIONAL`, `EDGE` or `PRIVATE`.
    pub endpoint_type: &'static str,
    /// Its stages at the start.
    pub stages: Vec<Stage>,
    /// Its routes (v2) or methods (v1).
    pub routes: Vec<Route>,
}

/// A stage at the start of the world.
pub struct Stage {
    /// As `prod`.
    pub name: String,
    /// Share of the API's traffic that goes to this stage, 0 to 1.
    pub share: f64,
    /// cacheClusterSize when the cache cluster is enabled, as `0.5`.
    pub cache: Option<&'static str>,
    /// tracingEnabled.
    pub traced: bool,
    /// Default route throttle: (rate per second, burst).
    pub throttle: Option<(f64, u32)>,
    /// Overrides of single methods, as `/orders/{id}`, `GET`.
    pub overrides: Vec<MethodOverride>,
    /// Execution logging level: OFF, ERROR or INFO.
    pub logging: &'static str,
    /// Detailed metrics.
    pub detailed_metrics: bool,
    /// Group of the access log.
    pub access_log_group: Option<String>,
    /// Stage variables.
    pub variables: Vec<(String, String)>,
    /// A web ACL stands before it, and its back ends see a client certificate.
    pub guarded: bool,
    /// Canary: share of the traffic in percent.
    pub canary_percent: Option<f64>,
}

/// Settings of one method that differ from those of its stage.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodOverride {
    /// Resource path, as `/orders/{id}`.
    pub path: String,
    /// As `GET`.
    pub method: String,
    /// (rate per second, burst).
    pub throttle: Option<(f64, u32)>,
    /// (cachingEnabled, cacheTtlInSeconds).
    pub cache: Option<(bool, u32)>,
    /// Detailed metrics.
    pub metrics: Option<bool>,
}

/// A route or method of an API.
pub struct Route {
    /// `GET`, `ANY`, or empty for a WebSocket route.
    pub method: String,
    /// `/orders/{id}`, or `$connect` and the like.
    pub path: String,
    /// The function behind it.
    pub function: FunctionId,
    /// Mean requests per second over the day.
    pub rate: f64,
    /// Requires an API key.
    pub api_key: bool,
}

/// An event source mapping.
pub struct EventSourceMapping {
    /// UUID.
    pub uuid: String,
    /// ARN of the queue or stream.
    pub source_arn: String,
    /// The function that it feeds.
    pub function: FunctionId,
    /// BatchSize.
    pub batch_size: u32,
    /// ScalingConfig.MaximumConcurrency, queues only.
    pub maximum_concurrency: Option<u32>,
    /// State is Enabled.
    pub enabled: bool,
}

/// A metric alarm; its state follows from the metrics.
pub struct Alarm {
    /// AlarmName.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// MetricName.
    pub metric: String,
    /// Statistic or percentile, as `Sum` or `p99`.
    pub statistic: String,
    /// Dimensions.
    pub dimensions: Vec<(String, String)>,
    /// Threshold.
    pub threshold: f64,
    /// ComparisonOperator is LessThanThreshold instead of GreaterThanThreshold.
    pub below: bool,
    /// Application Auto Scaling's own: the alarm scales this alias, as `function:NAME:ALIAS`.
    pub scales: Option<String>,
    /// Period, seconds.
    pub period_s: u32,
    /// EvaluationPeriods.
    pub periods: u32,
}

impl Catalog {
    /// Puts the whole account into another region.
    pub fn move_to(&mut self, region: String) {
        for mapping in &mut self.mappings {
            mapping.source_arn = mapping.source_arn.replace(&self.region, &region);
        }
        self.region = region;
    }

    /// ARN of a function, unqualified.
    pub fn function_arn(&self, function: FunctionId) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region, self.account_id, self.functions[function].name)
    }

    /// The function of that name; also takes a partial or whole ARN, whose qualifier is passed over.
    pub fn function_named(&self, name: &str) -> Option<FunctionId> {
        let name = match name.split_once("function:") {
            Some((_, rest)) => rest.split(':').next().unwrap_or(rest),
            None => name,
        };
        self.functions.binary_search_by(|function| function.name.as_str().cmp(name)).ok()
    }

    /// The API with that id.
    pub fn api_of_id(&self, id: &str) -> Option<ApiId> {
        self.apis.iter().position(|api| api.id == id)
    }
}

impl EventSourceMapping {
    /// Name of the queue that it reads; none where it reads a stream.
    pub fn queue(&self) -> Option<&str> {
        let resource = self.source_arn.rsplit(':').next();
        resource.filter(|_| self.source_arn.contains(":sqs:"))
    }
}

impl Api {
    /// Index of a stage.
    pub fn stage_named(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name == name)
    }
}
