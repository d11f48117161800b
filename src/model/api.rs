//! API Gateway: APIs, their stages, and the settings that decide what is cached and what is throttled.

use crate::time::Moment;

/// Kind of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// API Gateway v1.
    Rest,
    /// API Gateway v2, HTTP.
    Http,
    /// API Gateway v2, WebSocket.
    WebSocket,
}

impl Protocol {
    /// AWS's own name.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Rest => "REST",
            Protocol::Http => "HTTP",
            Protocol::WebSocket => "WEBSOCKET",
        }
    }
}

/// An API.
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// id / ApiId.
    pub id: String,
    /// Name.
    pub name: String,
    /// Kind.
    pub protocol: Protocol,
    /// Endpoint types of a REST API, as `REGIONAL`.
    pub endpoint_types: Vec<String>,
    /// Description.
    pub description: String,
    /// createdDate.
    pub created: Option<Moment>,
    /// ApiEndpoint (v2).
    pub endpoint: Option<String>,
    /// Tags.
    pub tags: Vec<(String, String)>,
}

/// A stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// stageName.
    pub name: String,
    /// deploymentId.
    pub deployment: Option<String>,
    /// Description.
    pub description: String,
    /// cacheClusterEnabled.
    pub cache_enabled: bool,
    /// cacheClusterSize, GB, as AWS writes it.
    pub cache_size: Option<String>,
    /// cacheClusterStatus, as `AVAILABLE`; some servers leave it out.
    pub cache_status: Option<String>,
    /// tracingEnabled.
    pub tracing: bool,
    /// Settings for all methods (`*/*`, or DefaultRouteSettings).
    pub defaults: MethodSettings,
    /// Settings of single methods or routes: (`GET /orders/{id}` or a route key, settings).
    pub overrides: Vec<(String, MethodSettings)>,
    /// Stage variables; values may be secrets and are masked on screen.
    pub variables: Vec<(String, String)>,
    /// accessLogSettings.destinationArn.
    pub access_log: Option<String>,
    /// accessLogSettings.format: tells what can be read of each request.
    pub access_log_format: Option<String>,
    /// canarySettings.
    pub canary: Option<Canary>,
    /// webAclArn.
    pub web_acl: Option<String>,
    /// clientCertificateId.
    pub client_certificate: Option<String>,
    /// autoDeploy (v2).
    pub auto_deploy: bool,
    /// lastUpdatedDate.
    pub last_updated: Option<Moment>,
}

/// canarySettings of a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Canary {
    /// percentTraffic, 0 to 100.
    pub percent: f64,
    /// deploymentId that gets this share.
    pub deployment: Option<String>,
    /// stageVariableOverrides; values may be secrets and are masked on screen.
    pub variables: Vec<(String, String)>,
    /// useStageCache.
    pub use_stage_cache: bool,
}

/// Settings of a method or route; `None` where AWS says nothing.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct MethodSettings {
    /// throttlingRateLimit, requests per second.
    pub throttle_rate: Option<f64>,
    /// throttlingBurstLimit.
    pub throttle_burst: Option<i32>,
    /// cachingEnabled.
    pub caching: Option<bool>,
    /// cacheTtlInSeconds.
    pub cache_ttl_s: Option<i32>,
    /// cacheDataEncrypted.
    pub cache_encrypted: Option<bool>,
    /// loggingLevel: OFF, ERROR, INFO.
    pub logging: Option<String>,
    /// dataTraceEnabled.
    pub data_trace: Option<bool>,
    /// metricsEnabled / detailedMetricsEnabled.
    pub detailed_metrics: Option<bool>,
    /// requireAuthorizationForCacheControl: only authorized callers may have an entry of the cache renewed.
    pub cache_control_guarded: Option<bool>,
    /// unauthorizedCacheControlHeaderStrategy, as `FAIL_WITH_403`.
    pub cache_control_refusal: Option<String>,
}

/// Sizes of a cache cluster, GB as AWS writes them, with US$ an hour by the price list of us-east-1.
pub const CACHES: [(&str, f64); 8] = [
    ("0.5", 0.020),
    ("1.6", 0.038),
    ("6.1", 0.200),
    ("13.5", 0.250),
    ("28.4", 0.500),
    ("58.2", 1.000),
    ("118", 1.900),
    ("237", 3.800),
];

/// US$ an hour of a cache cluster of that many GB, by the price list of us-east-1.
pub fn cache_price(gigabytes: &str) -> Option<f64> {
    let gigabytes: f64 = gigabytes.trim().parse().ok()?;
    CACHES.iter().find(|(size, _)| size.parse() == Ok(gigabytes)).map(|(_, price)| *price)
}

impl MethodSettings {
    /// What is set, in words: `rate 20/s, burst 40`; `nothing set` where nothing is.
    pub fn words(&self) -> String {
        let on = |on: bool| if on { "on" } else { "off" };
        let mut words = Vec::new();
        // Below zero AWS means that there is no limit at this level.
        if let Some(rate) = self.throttle_rate.filter(|rate| *rate >= 0.0) {
            words.push(format!("rate {rate}/s"));
        }
        if let Some(burst) = self.throttle_burst.filter(|burst| *burst >= 0) {
            words.push(format!("burst {burst}"));
        }
        if let Some(caching) = self.caching {
            words.push(format!("caching {}", on(caching)));
        }
        if let Some(ttl) = self.cache_ttl_s {
            words.push(format!("TTL {ttl} s"));
        }
        if let Some(level) = &self.logging {
            words.push(format!("log {level}"));
        }
        if let Some(data) = self.data_trace {
            words.push(format!("data trace {}", on(data)));
        }
        if let Some(metrics) = self.detailed_metrics {
            words.push(format!("detailed metrics {}", on(metrics)));
        }
        if words.is_empty() { "nothing set".into() } else { words.join(", ") }
    }
}

/// A method or route and what is behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// `GET /orders/{id}`, or the route key of a WebSocket API.
    pub key: String,
    /// Integration type, as `AWS_PROXY`.
    pub integration: String,
    /// The function behind it, where it is one.
    pub function: Option<String>,
    /// Authorization type, as `NONE` or `CUSTOM`.
    pub authorization: String,
    /// apiKeyRequired.
    pub api_key: bool,
    /// authorizerId.
    pub authorizer: Option<String>,
    /// Alias or version of the function that the integration names; `${stageVariables.NAME}` as it stands there.
    pub qualifier: Option<String>,
    /// Where the integration leads, where it is no function: its URI.
    pub uri: Option<String>,
    /// timeoutInMillis of the integration.
    pub timeout_ms: Option<i32>,
}

impl Route {
    /// Method and resource of a key such as `GET /orders/{id}`; none of `$default` or of a WebSocket's route.
    pub fn parts(key: &str) -> Option<(&str, &str)> {
        key.split_once(' ').filter(|(_, path)| path.starts_with('/'))
    }
}

/// GetAccount: the data plane's own limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiAccount {
    /// throttleSettings.rateLimit, requests per second.
    pub rate: Option<f64>,
    /// throttleSettings.burstLimit.
    pub burst: Option<i32>,
}

/// A rate and a burst; `None` where AWS sets no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Throttle {
    /// Requests per second.
    pub rate: Option<f64>,
    /// Requests at once.
    pub burst: Option<i32>,
}

/// What only calls about one API tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiDetail {
    /// Deployments, the newest first.
    pub deployments: Vec<Deployment>,
    /// Authorizers.
    pub authorizers: Vec<Authorizer>,
    /// Custom domains that lead here.
    pub domains: Vec<Domain>,
    /// Parts that could not be had, each with its reason; the rest is shown.
    pub missing: Vec<super::trouble::Trouble>,
}

/// A deployment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    /// id / DeploymentId.
    pub id: String,
    /// Description.
    pub description: String,
    /// createdDate.
    pub created: Option<Moment>,
    /// Why it failed (v2: deploymentStatus FAILED with its message).
    pub failed: Option<String>,
}

/// An authorizer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Authorizer {
    /// id / AuthorizerId.
    pub id: String,
    /// Name.
    pub name: String,
    /// TOKEN, REQUEST, COGNITO_USER_POOLS, JWT.
    pub kind: String,
    /// authorizerResultTtlInSeconds.
    pub ttl_s: Option<i32>,
    /// The function that decides, where it is one.
    pub function: Option<String>,
}

/// A custom domain with the base path under which a stage is found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Domain {
    /// domainName.
    pub name: String,
    /// basePath / ApiMappingKey; empty for the root.
    pub base_path: String,
    /// Stage.
    pub stage: String,
}

/// A usage plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsagePlan {
    /// id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// throttle: of each API key by itself.
    pub throttle: Option<Throttle>,
    /// quota: of each API key by itself.
    pub quota: Option<Quota>,
    /// apiStages.
    pub stages: Vec<PlanStage>,
    /// Its keys, by name; their values are never read.
    pub keys: Vec<ApiKey>,
    /// Why keys or usage are not known.
    pub missing: Vec<super::trouble::Trouble>,
}

/// A usage plan's quota.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quota {
    /// Requests in a period.
    pub limit: i64,
    /// Requests that count as made when the first period begins.
    pub offset: i64,
    /// DAY, WEEK, MONTH.
    pub period: String,
}

/// A stage of a usage plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanStage {
    /// apiId.
    pub api: String,
    /// stage.
    pub stage: String,
    /// throttle of single methods: (`GET /orders/{id}`, limit).
    pub throttles: Vec<(String, Throttle)>,
}

/// An API key of a usage plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiKey {
    /// id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Enabled, where known.
    pub enabled: Option<bool>,
    /// Requests of the quota's period used so far, by GetUsage.
    pub used: Option<i64>,
    /// Requests left in the quota's period.
    pub left: Option<i64>,
}

/// How many requests a stage refused with 429, read from its access log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refused {
    /// From.
    pub from: Option<Moment>,
    /// To.
    pub to: Option<Moment>,
    /// Requests that were answered 429.
    pub refused: u64,
    /// There are more than were read.
    pub capped: bool,
    /// By `$context.error.responseType` where the format has it (THROTTLED, QUOTA_EXCEEDED), else empty.
    pub kinds: Vec<(String, u64)>,
    /// By route, as `GET /orders/{id}`, where the format tells it.
    pub routes: Vec<(String, u64)>,
    /// By API key id, where the format tells it.
    pub keys: Vec<(String, u64)>,
}
