//! Lambda functions: the inventory page by page, and what only per-function calls tell.

use std::time::Duration;

use aws_sdk_lambda::types::{
    AliasConfiguration, EventSourceMappingConfiguration, FunctionConfiguration, LogFormat, SnapStartApplyOn,
    TracingMode,
};

use super::Account;
use super::pages::Pages;
use super::policy::grants;
use super::provisioned::provisioned;
use super::reading::{count, moment, said, shown, sorted, written_time};
use crate::model::function::{
    AccountSettings, Alias, AsyncConfig, EventSourceMapping, Function, FunctionDetail, Version,
};
use crate::model::trouble::{Kind, Trouble};

/// ListFunctions gives 50 at a time whatever more is asked for; 1,000 pages are more functions than a region takes.
const PAGES: usize = 1000;
/// Pages of the lists of one function: 1,000 aliases, versions or mappings say enough.
pub(super) const DETAIL_PAGES: usize = 20;
/// Lambda allows 15 control-plane calls a second for all clients of the account together: a third of them.
pub const PAGE_INTERVAL: Duration = Duration::from_millis(200);

/// One page of ListFunctions, and the marker of the next.
pub async fn page(account: &Account, marker: Option<&str>) -> Result<(Vec<Function>, Option<String>), Trouble> {
    let output = account.lambda().list_functions().set_marker(marker.map(str::to_string)).max_items(50).send().await;
    let output = output.map_err(|error| account.trouble("lambda:ListFunctions", &error))?;
    let functions = output.functions().iter().map(function).collect();
    Ok((functions, output.next_marker().filter(|marker| !marker.is_empty()).map(str::to_string)))
}

/// All functions, at most five pages a second. Errors: of any page.
pub async fn all(account: &Account) -> Result<Vec<Function>, Trouble> {
    let mut round = Round::default();
    let mut functions = Vec::new();
    while let Some(page) = round.next(account).await? {
        functions.extend(page);
        if !round.is_over() {
            tokio::time::sleep(PAGE_INTERVAL).await;
        }
    }
    Ok(functions)
}

/// A round through the inventory; the caller paces it ([`PAGE_INTERVAL`]).
pub struct Round {
    pages: Pages,
    marker: Option<String>,
    over: bool,
}

impl Default for Round {
    fn default() -> Round {
        Round { pages: Pages::up_to(PAGES), marker: None, over: false }
    }
}

impl Round {
    /// The next page; none after the last. Errors leave the round where it was: it may be tried again.
    pub async fn next(&mut self, account: &Account) -> Result<Option<Vec<Function>>, Trouble> {
        if self.over {
            return Ok(None);
        }
        let (functions, next) = page(account, self.marker.as_deref()).await?;
        self.marker = self.pages.follow(next.as_deref());
        self.over = self.marker.is_none();
        Ok(Some(functions))
    }

    /// Whether the last page has been read.
    pub fn is_over(&self) -> bool {
        self.over
    }
}

/// GetFunctionConfiguration: one function as it is now, with its state.
pub async fn configuration(account: &Account, name: &str) -> Result<Function, Trouble> {
    let output = account.lambda().get_function_configuration().function_name(name).send().await;
    let output = output.map_err(|error| account.trouble("lambda:GetFunctionConfiguration", &error))?;
    // The same fields as a FunctionConfiguration, in a type of its own.
    let same = FunctionConfiguration::builder()
        .set_function_name(output.function_name)
        .set_function_arn(output.function_arn)
        .set_runtime(output.runtime)
        .set_handler(output.handler)
        .set_description(output.description)
        .set_role(output.role)
        .set_memory_size(output.memory_size)
        .set_timeout(output.timeout)
        .set_ephemeral_storage(output.ephemeral_storage)
        .code_size(output.code_size)
        .set_package_type(output.package_type)
        .set_architectures(output.architectures)
        .set_last_modified(output.last_modified)
        .set_logging_config(output.logging_config)
        .set_tracing_config(output.tracing_config)
        .set_snap_start(output.snap_start)
        .set_environment(output.environment)
        .set_layers(output.layers)
        .set_vpc_config(output.vpc_config)
        .set_dead_letter_config(output.dead_letter_config)
        .set_state(output.state)
        .set_last_update_status(output.last_update_status)
        .set_last_update_status_reason(output.last_update_status_reason)
        .set_revision_id(output.revision_id)
        .set_code_sha256(output.code_sha256)
        .build();
    Ok(function(&same))
}

/// What only per-function calls tell. A part that can't be had is named in [`FunctionDetail::missing`].
///
/// Errors: the function is not there, nobody may ask now (throttled, expired, no network), or every part failed.
pub async fn detail(account: &Account, name: &str) -> Result<FunctionDetail, Trouble> {
    let mut detail = FunctionDetail { name: name.to_string(), ..FunctionDetail::default() };
    let mut arn = None;
    match configuration(account, name).await {
        Ok(function) => {
            arn = Some(function.arn.clone()).filter(|arn| !arn.is_empty());
            detail.state.clone_from(&function.state);
            detail.last_update.clone_from(&function.last_update);
            detail.configuration = Some(Box::new(function));
        }
        Err(trouble) if trouble.is_global() || matches!(trouble.kind, Kind::Missing | Kind::Throttled) => {
            return Err(trouble);
        }
        Err(trouble) => detail.missing.push(trouble),
    }
    // In two steps, so that opening a detail is no burst at the fifteen calls a second that Lambda allows.
    let (aliases, versions, reserved, mappings) =
        tokio::join!(aliases(account, name), versions(account, name), reserved(account, name), mappings(account, name));
    let missing = &mut detail.missing;
    detail.aliases = part(aliases, missing);
    detail.versions = part(versions, missing);
    detail.reserved = part(reserved, missing);
    detail.mappings = part(mappings, missing);
    let (provisioned, asynchronous, tags, url) = tokio::join!(
        provisioned(account, name, &detail.aliases),
        asynchronous(account, name),
        tags(account, arn.as_deref()),
        url(account, name)
    );
    detail.provisioned = part(provisioned, missing);
    detail.asynchronous = part(asynchronous, missing);
    detail.tags = part(tags, missing);
    detail.url = part(url, missing);
    detail.grants = part(grants(account, name, &detail.aliases).await, missing);
    let parts = 9 + usize::from(arn.is_some());
    if detail.missing.len() >= parts { Err(detail.missing.remove(0)) } else { Ok(detail) }
}

/// Renews what may be in transition: the state of the function, and its event source mappings.
pub async fn transition(account: &Account, detail: &mut FunctionDetail) -> Result<(), Trouble> {
    let (function, mappings) = tokio::join!(configuration(account, &detail.name), mappings(account, &detail.name));
    let function = function?;
    detail.mappings = mappings?;
    detail.state.clone_from(&function.state);
    detail.last_update.clone_from(&function.last_update);
    detail.configuration = Some(Box::new(function));
    Ok(())
}

fn part<T: Default>(result: Result<T, Trouble>, missing: &mut Vec<Trouble>) -> T {
    result.unwrap_or_else(|trouble| {
        missing.push(trouble);
        T::default()
    })
}

/// ListAliases.
pub async fn aliases(account: &Account, name: &str) -> Result<Vec<Alias>, Trouble> {
    let (mut pages, mut marker, mut aliases) = (Pages::up_to(DETAIL_PAGES), None, Vec::new());
    loop {
        let output = account.lambda().list_aliases().function_name(name).set_marker(marker).send().await;
        let output = output.map_err(|error| account.trouble("lambda:ListAliases", &error))?;
        aliases.extend(output.aliases().iter().map(alias));
        marker = pages.follow(output.next_marker());
        if marker.is_none() {
            return Ok(aliases);
        }
    }
}

/// ListVersionsByFunction, `$LATEST` left out.
async fn versions(account: &Account, name: &str) -> Result<Vec<Version>, Trouble> {
    let (mut pages, mut marker, mut versions) = (Pages::up_to(DETAIL_PAGES), None, Vec::new());
    loop {
        let output = account.lambda().list_versions_by_function().function_name(name).set_marker(marker).send().await;
        let output = output.map_err(|error| account.trouble("lambda:ListVersionsByFunction", &error))?;
        versions.extend(output.versions().iter().filter(|version| version.version() != Some("$LATEST")).map(
            |version| Version {
                version: shown(version.version()),
                description: shown(version.description()),
                last_modified: written_time(version.last_modified()),
                sha256: shown(version.code_sha256()),
                configuration: function(version),
            },
        ));
        marker = pages.follow(output.next_marker());
        if marker.is_none() {
            versions.sort_by_key(|version: &Version| version.version.parse::<u64>().unwrap_or(u64::MAX));
            return Ok(versions);
        }
    }
}

/// GetFunctionUrlConfig: the function's own address, where it has one.
async fn url(account: &Account, name: &str) -> Result<Option<String>, Trouble> {
    match account.lambda().get_function_url_config().function_name(name).send().await {
        Ok(output) => Ok(said(Some(output.function_url()))),
        Err(error) => {
            let trouble = account.trouble("lambda:GetFunctionUrlConfig", &error);
            if trouble.kind == Kind::Missing { Ok(None) } else { Err(trouble) }
        }
    }
}

/// GetFunctionConcurrency: reserved concurrency, where it is set.
pub async fn reserved(account: &Account, name: &str) -> Result<Option<u32>, Trouble> {
    let output = account.lambda().get_function_concurrency().function_name(name).send().await;
    let output = output.map_err(|error| account.trouble("lambda:GetFunctionConcurrency", &error))?;
    Ok(output.reserved_concurrent_executions().and_then(|n| u32::try_from(n).ok()))
}

/// ListEventSourceMappings of one function.
async fn mappings(account: &Account, name: &str) -> Result<Vec<EventSourceMapping>, Trouble> {
    let (mut pages, mut marker, mut mappings) = (Pages::up_to(DETAIL_PAGES), None, Vec::new());
    loop {
        let output = account.lambda().list_event_source_mappings().function_name(name).set_marker(marker).send().await;
        let output = output.map_err(|error| account.trouble("lambda:ListEventSourceMappings", &error))?;
        mappings.extend(output.event_source_mappings().iter().map(mapping));
        marker = pages.follow(output.next_marker());
        if marker.is_none() {
            return Ok(mappings);
        }
    }
}

/// GetFunctionEventInvokeConfig; none where none is set.
async fn asynchronous(account: &Account, name: &str) -> Result<Option<AsyncConfig>, Trouble> {
    match account.lambda().get_function_event_invoke_config().function_name(name).send().await {
        Ok(output) => {
            let destinations = output.destination_config();
            Ok(Some(AsyncConfig {
                retries: output.maximum_retry_attempts().and_then(|n| u32::try_from(n).ok()),
                maximum_age_s: output.maximum_event_age_in_seconds().and_then(|n| u32::try_from(n).ok()),
                on_success: said(destinations.and_then(|to| to.on_success()).and_then(|to| to.destination())),
                on_failure: said(destinations.and_then(|to| to.on_failure()).and_then(|to| to.destination())),
            }))
        }
        Err(error) => {
            let trouble = account.trouble("lambda:GetFunctionEventInvokeConfig", &error);
            if trouble.kind == Kind::Missing { Ok(None) } else { Err(trouble) }
        }
    }
}

/// ListTags; nothing where the ARN is not known.
async fn tags(account: &Account, arn: Option<&str>) -> Result<Vec<(String, String)>, Trouble> {
    let Some(arn) = arn else { return Ok(Vec::new()) };
    let output = account.lambda().list_tags().resource(arn).send().await;
    let output = output.map_err(|error| account.trouble("lambda:ListTags", &error))?;
    Ok(sorted(output.tags(), |value| shown(Some(value))))
}

/// GetAccountSettings: the concurrency limit of account and region.
pub async fn settings(account: &Account) -> Result<AccountSettings, Trouble> {
    let output = account.lambda().get_account_settings().send().await;
    let output = output.map_err(|error| account.trouble("lambda:GetAccountSettings", &error))?;
    let (limit, usage) = (output.account_limit(), output.account_usage());
    Ok(AccountSettings {
        concurrency_limit: count(limit.map(|limit| limit.concurrent_executions())),
        unreserved: count(limit.and_then(|limit| limit.unreserved_concurrent_executions())),
        function_count: usage.and_then(|usage| usage.function_count().try_into().ok()).unwrap_or_default(),
        code_size: usage.and_then(|usage| usage.total_code_size().try_into().ok()).unwrap_or_default(),
    })
}

fn function(from: &FunctionConfiguration) -> Function {
    let name = shown(from.function_name());
    let logging = from.logging_config();
    Function {
        arn: shown(from.function_arn()),
        runtime: shown(from.runtime().map(|runtime| runtime.as_str())),
        handler: shown(from.handler()),
        description: shown(from.description()),
        role: shown(from.role()),
        // What Lambda itself takes where nothing is said: some servers leave both out.
        memory_mb: from.memory_size().map_or(128, |n| count(Some(n))),
        timeout_s: from.timeout().map_or(3, |n| count(Some(n))),
        storage_mb: from.ephemeral_storage().map_or(512, |storage| count(Some(storage.size()))),
        code_size: from.code_size().try_into().unwrap_or_default(),
        package: shown(from.package_type().map(|package| package.as_str())),
        architecture: from.architectures().first().map_or_else(|| "x86_64".into(), |a| shown(Some(a.as_str()))),
        last_modified: written_time(from.last_modified()),
        log_group: said(logging.and_then(|logging| logging.log_group()))
            .unwrap_or_else(|| format!("/aws/lambda/{name}")),
        json_logs: logging.and_then(|logging| logging.log_format()) == Some(&LogFormat::Json),
        traced: from.tracing_config().and_then(|tracing| tracing.mode()) == Some(&TracingMode::Active),
        snap_start: from.snap_start().and_then(|snap| snap.apply_on()) == Some(&SnapStartApplyOn::PublishedVersions),
        // Values may be secrets, and are handed to anybody who may list functions: they end here.
        environment: sorted(from.environment().and_then(|environment| environment.variables()), String::len),
        layers: from.layers().iter().map(|layer| shown(layer.arn())).collect(),
        vpc: said(from.vpc_config().and_then(|vpc| vpc.vpc_id())),
        dead_letter: said(from.dead_letter_config().and_then(|letters| letters.target_arn())),
        state: said(from.state().map(|state| state.as_str())),
        last_update: said(from.last_update_status().map(|status| status.as_str())),
        last_update_reason: said(from.last_update_status_reason()),
        revision: shown(from.revision_id()),
        sha256: shown(from.code_sha256()),
        reserved: None,
        name,
    }
}

fn alias(from: &AliasConfiguration) -> Alias {
    let weights = from.routing_config().and_then(|routing| routing.additional_version_weights());
    Alias {
        name: shown(from.name()),
        version: shown(from.function_version()),
        weights: sorted(weights, |weight| *weight),
        description: shown(from.description()),
        revision: shown(from.revision_id()),
    }
}

fn mapping(from: &EventSourceMappingConfiguration) -> EventSourceMapping {
    // Self-managed Kafka has no ARN, but its topics.
    let source = said(from.event_source_arn()).unwrap_or_else(|| shown(from.topics().first().map(String::as_str)));
    EventSourceMapping {
        uuid: shown(from.uuid()),
        source,
        state: shown(from.state()),
        reason: shown(from.state_transition_reason()),
        batch_size: count(from.batch_size()),
        window_s: count(from.maximum_batching_window_in_seconds()),
        parallelization: from.parallelization_factor().and_then(|n| u32::try_from(n).ok()),
        retries: from.maximum_retry_attempts(),
        on_failure: said(
            from.destination_config().and_then(|to| to.on_failure()).and_then(|failure| failure.destination()),
        ),
        // Beyond `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
        qualifier: said(from.function_arn().and_then(|arn| arn.split(':').nth(7))),
        last_modified: moment(from.last_modified()),
        maximum_concurrency: from
            .scaling_config()
            .and_then(|scaling| scaling.maximum_concurrency())
            .and_then(|n| u32::try_from(n).ok()),
        last_result: shown(from.last_processing_result()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::EnvironmentResponse;

    #[test]
    fn values_of_the_environment_end_where_they_arrive() {
        let environment = EnvironmentResponse::builder().variables("TOKEN", "canary-secret").variables("A", "").build();
        let from = FunctionConfiguration::builder().function_name("pay").environment(environment).build();
        let function = function(&from);
        assert_eq!(function.environment, [("A".to_string(), 0), ("TOKEN".to_string(), 13)]);
        assert!(!format!("{function:?}").contains("canary"));
    }

    #[test]
    fn what_a_server_leaves_out_is_what_lambda_takes() {
        let function = function(&FunctionConfiguration::builder().function_name("pay\x1b[2J").build());
        assert_eq!((function.memory_mb, function.timeout_s, function.storage_mb), (128, 3, 512));
        assert_eq!(function.log_group, "/aws/lambda/pay␛[2J");
        assert_eq!(function.last_modified, None);
    }
}
