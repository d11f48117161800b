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
    /// Canary: share of the traffic in percent.
    pub canary_percent: Option<f64>,
    /// webAclArn.
    pub web_acl: Option<String>,
    /// clientCertificateId.
    pub client_certificate: Option<String>,
    /// autoDeploy (v2).
    pub auto_deploy: bool,
    /// lastUpdatedDate.
    pub last_updated: Option<Moment>,
}

/// Settings of a method or route; `None` where AWS says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
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
}

/// GetAccount: the data plane's own limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiAccount {
    /// throttleSettings.rateLimit, requests per second.
    pub rate: Option<f64>,
    /// throttleSettings.burstLimit.
    pub burst: Option<i32>,
}
