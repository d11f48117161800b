//! The doorway to one AWS account and region: how its clients come to be, what they share, who we are to it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::credentials::{METADATA, Places};
use super::http;
use super::meter::{Meter, Metering};
use super::reading::shown;
use super::trouble::{self, Circumstances};
use crate::app::message::Traffic;
use crate::model::identity::{Identity, Scope};
use crate::model::trouble::{Kind, Trouble};
use crate::time::{Clock, Moment};

/// The SDK has no read, attempt or operation timeout of its own: a connection that went quiet would hold a poller for
/// ever.
const CONNECT: Duration = Duration::from_millis(3100);
const READ: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(8);
const OPERATION: Duration = Duration::from_secs(20);

/// Which account to go to, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Profile of the shared configuration that was asked for by name (`--profile`): then keys of the environment do not
    /// count, as with every AWS tool. None is the SDK's own choice.
    pub profile: Option<String>,
    /// `AWS_PROFILE`, which the SDK reads by itself: to be shown.
    pub environment_profile: Option<String>,
    /// Region; none asks the environment, the profile and the instance.
    pub region: Option<String>,
    /// Endpoint of all services; none leaves it to the SDK's own variables and the profile.
    pub endpoint_url: Option<String>,
    /// PEM file of certificates to trust besides the system's; the SDK does not read `AWS_CA_BUNDLE` by itself.
    pub ca_bundle: Option<PathBuf>,
    /// Leads every request elsewhere: the embedded account. Then nothing of the user's environment, shared
    /// configuration or credentials is looked at.
    pub http_client: Option<SharedHttpClient>,
    /// Access keys that were given outright; none leaves it to the SDK's chain.
    pub keys: Option<Keys>,
    /// Name of the embedded account's scenario, for [`Identity::demo`].
    pub demo: Option<String>,
    /// How often a question is asked before its failure is told; pollers want 1, because their own back-off is visible.
    pub attempts: u32,
    /// The clock.
    pub clock: Clock,
}

/// An access key and its secret.
#[derive(Clone)]
pub struct Keys {
    /// Access key id.
    pub id: String,
    /// Secret access key; never shown.
    pub secret: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.id)
    }
}

impl Keys {
    fn credentials(&self) -> Credentials {
        Credentials::new(&self.id, &self.secret, None, None, "given")
    }
}

impl Settings {
    /// The account that the SDK's chain finds.
    pub fn chain(clock: Clock) -> Settings {
        Settings {
            profile: None,
            environment_profile: None,
            region: None,
            endpoint_url: None,
            ca_bundle: None,
            http_client: None,
            keys: None,
            demo: None,
            attempts: 1,
            clock,
        }
    }

    /// The embedded account behind `http_client`.
    pub fn embedded(http_client: SharedHttpClient, region: &str, scenario: &str, clock: Clock) -> Settings {
        Settings {
            region: Some(region.to_string()),
            http_client: Some(http_client),
            keys: Some(Keys { id: "AKIDEMBEDDEDACCOUNT0".into(), secret: "embedded".into() }),
            demo: Some(scenario.to_string()),
            ..Settings::chain(clock)
        }
    }
}

/// One AWS account and region. Cheap to clone; all clones share clients, connections, credentials and counters.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    settings: Settings,
    region: String,
    config: SdkConfig,
    meter: Arc<Meter>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    xray: OnceLock<aws_sdk_xray::Client>,
    apigateway: OnceLock<aws_sdk_apigateway::Client>,
    apigatewayv2: OnceLock<aws_sdk_apigatewayv2::Client>,
    tagging: OnceLock<aws_sdk_resourcegroupstagging::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the configuration: it knows the credentials.
        write!(f, "Account({})", self.0.region)
    }
}

/// A client of one service, made when it is first asked for. All of them share one HTTP client and one identity cache.
macro_rules! client {
    ($name:ident, $sdk:ident, $service:literal) => {
        pub(super) fn $name(&self) -> &$sdk::Client {
            self.0.$name.get_or_init(|| {
                let config = $sdk::config::Builder::from(&self.0.config)
                    .interceptor(Metering::new($service, self.0.meter.clone(), self.0.settings.clock.clone()))
                    .build();
                $sdk::Client::from_conf(config)
            })
        }
    };
}

impl Account {
    /// Finds region, endpoint and the way to credentials; asks AWS nothing yet, and loads no credentials.
    ///
    /// Errors: no region anywhere, a region or endpoint that can't be one, a CA bundle that can't be read.
    pub async fn connect(settings: Settings) -> Result<Account, Trouble> {
        if let Some(url) = &settings.endpoint_url {
            check_endpoint(url)?;
        }
        let config = match settings.http_client.clone() {
            Some(http_client) => embedded(&settings, http_client),
            None => chain(&settings).await?,
        };
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        // Servers of one's own call their region as they please.
        if config.endpoint_url().is_none() {
            check_region(&region)?;
        }
        let meter = Arc::new(Meter::new(settings.clock.now()));
        Ok(Account(Arc::new(Inner {
            settings,
            region,
            config,
            meter,
            lambda: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            logs: OnceLock::new(),
            xray: OnceLock::new(),
            apigateway: OnceLock::new(),
            apigatewayv2: OnceLock::new(),
            tagging: OnceLock::new(),
            sts: OnceLock::new(),
        })))
    }

    client!(lambda, aws_sdk_lambda, "lambda");
    client!(cloudwatch, aws_sdk_cloudwatch, "cloudwatch");
    client!(logs, aws_sdk_cloudwatchlogs, "logs");
    client!(xray, aws_sdk_xray, "xray");
    client!(apigateway, aws_sdk_apigateway, "apigateway");
    client!(apigatewayv2, aws_sdk_apigatewayv2, "apigatewayv2");
    client!(tagging, aws_sdk_resourcegroupstagging, "tagging");
    client!(sts, aws_sdk_sts, "sts");

    /// Whose account this is: GetCallerIdentity, the only call that needs no permission.
    pub async fn identity(&self) -> Result<Identity, Trouble> {
        let output = self.sts().get_caller_identity().send().await;
        let output = output.map_err(|error| self.trouble("sts:GetCallerIdentity", &error))?;
        Ok(Identity {
            scope: Scope { account: shown(output.account()), region: self.0.region.clone() },
            arn: shown(output.arn()),
            profile: self.profile(),
            endpoint: self.endpoint(),
            demo: self.0.settings.demo.clone(),
        })
    }

    /// What the requests of this account have amounted to so far.
    pub fn traffic(&self, now: Moment) -> Traffic {
        self.0.meter.traffic(now)
    }

    /// Calls made so far by service, as `logs`.
    pub fn calls_by_service(&self) -> std::collections::BTreeMap<&'static str, u64> {
        self.0.meter.by_service()
    }

    /// How far the services' clock is ahead of ours, to the second, as of their last answer; none before that.
    pub fn clock_ahead(&self) -> Option<chrono::TimeDelta> {
        self.0.meter.clock_ahead()
    }

    fn profile(&self) -> Option<String> {
        self.0.settings.profile.clone().or_else(|| self.0.settings.environment_profile.clone())
    }

    /// Region, as `eu-west-1`.
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// Custom endpoint of all services, where one is in use.
    pub fn endpoint(&self) -> Option<String> {
        self.0.config.endpoint_url().map(str::to_string)
    }

    /// Whether it is the embedded account, which has no quotas to be careful of.
    pub fn is_embedded(&self) -> bool {
        self.0.settings.http_client.is_some()
    }

    /// The clock that this account was given.
    pub fn clock(&self) -> &Clock {
        &self.0.settings.clock
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// Why a call failed, for the user; `action` is its IAM action.
    pub(super) fn trouble<E>(&self, action: &str, error: &SdkError<E, HttpResponse>) -> Trouble
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let trouble = trouble::of(action, error, &self.circumstances());
        if trouble.kind == Kind::Throttled {
            self.0.meter.throttled();
        }
        trouble
    }

    fn circumstances(&self) -> Circumstances {
        Circumstances {
            profile: self.profile(),
            region: self.0.region.clone(),
            endpoint: self.endpoint(),
            demo: self.0.settings.demo.is_some(),
            now: self.0.settings.clock.now(),
        }
    }
}

fn retries(attempts: u32) -> RetryConfig {
    if attempts <= 1 { RetryConfig::disabled() } else { RetryConfig::standard().with_max_attempts(attempts) }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

/// The configuration of the embedded account: nothing from outside goes into it.
fn embedded(settings: &Settings, http_client: SharedHttpClient) -> SdkConfig {
    let keys =
        settings.keys.as_ref().map_or_else(|| Credentials::new("none", "none", None, None, "given"), Keys::credentials);
    let region = settings.region.clone().unwrap_or_else(|| "eu-west-1".to_string());
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .identity_cache(aws_config::identity::IdentityCache::lazy().build())
        .retry_config(retries(settings.attempts))
        .timeout_config(timeouts())
        .http_client(http_client);
    builder.set_endpoint_url(settings.endpoint_url.clone());
    builder.build()
}

/// The configuration that the SDK's chain finds.
async fn chain(settings: &Settings) -> Result<SdkConfig, Trouble> {
    let http_client = http::client(settings.ca_bundle.as_deref()).await?;
    let providers = ProviderConfig::without_region().with_http_client(http_client.clone());
    let region = region(settings, &providers).await?;
    let providers = providers.with_region(Some(region.clone()));
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .http_client(http_client)
        .retry_config(retries(settings.attempts))
        .timeout_config(timeouts());
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &settings.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let credentials = match &settings.keys {
        Some(keys) => SharedCredentialsProvider::new(keys.credentials()),
        None => SharedCredentialsProvider::new(Places { profile: settings.profile.clone(), config: providers }),
    };
    Ok(loader.credentials_provider(credentials).load().await)
}

async fn region(settings: &Settings, providers: &ProviderConfig) -> Result<Region, Trouble> {
    let mut profile = ProfileFileRegionProvider::builder().configure(providers);
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name);
    }
    let region = RegionProviderChain::first_try(settings.region.clone().map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .region()
        .await;
    if let Some(region) = region {
        return Ok(region);
    }
    // A server of one's own (an emulator) has no instance metadata, and does not care for the region either.
    if settings.endpoint_url.is_some() {
        return Ok(Region::new("us-east-1"));
    }
    let instance = ImdsRegionProvider::builder().configure(providers).build();
    match tokio::time::timeout(METADATA, instance.region()).await {
        Ok(Some(region)) => Ok(region),
        _ => {
            let place = settings.profile.as_ref().map_or_else(
                || "neither --region, AWS_REGION nor the default profile names a region".to_string(),
                |profile| {
                    format!("neither --region, AWS_REGION nor the profile `{profile}` (is it in ~/.aws/config?) names a region")
                },
            );
            let mut trouble = Trouble::new(Kind::NoCredentials, "sts:GetCallerIdentity", place);
            trouble.remedy = Some("give --region, or see it run without any account: `slsdash demo`".into());
            Err(trouble)
        }
    }
}

/// A region that can't be one would be told as a DNS failure, much later.
fn check_region(region: &str) -> Result<(), Trouble> {
    let parts: Vec<&str> = region.split('-').collect();
    let words = parts.len() >= 2 && parts.iter().all(|part| !part.is_empty());
    let plain = region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if words && plain && region.len() <= 32 {
        return Ok(());
    }
    let name = crate::text::safe_line(region);
    let mut trouble =
        Trouble::new(Kind::NoCredentials, "sts:GetCallerIdentity", format!("`{name}` is not an AWS region"));
    trouble.remedy = Some("a region reads as `eu-west-1`".into());
    Err(trouble)
}

fn check_endpoint(url: &str) -> Result<(), Trouble> {
    let authority = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let host = authority.map(|rest| rest.split('/').next().unwrap_or_default()).unwrap_or_default();
    if !host.is_empty() && url.parse::<::http::Uri>().is_ok() {
        return Ok(());
    }
    let name = crate::text::safe_line(url);
    let mut trouble = Trouble::new(Kind::Network, "connect", format!("`{name}` is not an endpoint"));
    trouble.remedy = Some("an endpoint reads as `http://127.0.0.1:4566`".into());
    Err(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_region_or_an_endpoint_is_said_at_once() {
        for region in ["eu-west-1", "us-gov-west-1", "cn-north-1", "us-isob-east-1", "eusc-de-east-1"] {
            assert_eq!(check_region(region), Ok(()), "{region}");
        }
        for region in ["", "Frankfurt", "eu west 1", "eu-", "EU-WEST-1", "a/b-1"] {
            assert!(check_region(region).is_err(), "{region}");
        }
        assert!(check_endpoint("http://127.0.0.1:4566").is_ok());
        assert!(check_endpoint("https://aws.example:9297/x").is_ok());
        for url in ["127.0.0.1:4566", "ftp://x", "http://", "http:// x"] {
            assert!(check_endpoint(url).is_err(), "{url}");
        }
    }
}
