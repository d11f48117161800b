//! What a stage is set to, in lines, and what follows from it: what is cached, what is refused, what it costs.

use crate::model::access_log::Format;
use crate::model::api::{Api, MethodSettings, Protocol, Stage};
use crate::model::identity::partition;
use crate::store::Store;
use crate::store::gateway;

/// How a line is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// Off, unset or a default.
    Quiet,
    /// Worth a second look.
    Warning,
}

/// One line of the settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// What it is.
    pub what: String,
    /// Its value.
    pub value: String,
    /// How it is to be read.
    pub tone: Tone,
    /// What `y` copies, and what that is called; nothing where the value is masked.
    pub copy: Option<(String, String)>,
    /// How much of a limit is used, 0 to 1: drawn as a bar.
    pub bar: Option<f64>,
    /// The method or route that it is about.
    pub route: Option<String>,
    /// The usage plan that it is about, by id.
    pub plan: Option<String>,
    /// The function that it leads to.
    pub function: Option<String>,
}

impl Setting {
    /// A line whose value may be copied.
    pub fn new(what: impl Into<String>, value: impl Into<String>, tone: Tone) -> Setting {
        let (what, value) = (what.into(), value.into());
        let copy = Some((what.trim().to_string(), value.clone()));
        Setting { what, value, tone, copy, ..Setting::default() }
    }
}

pub use crate::model::api::cache_price;

/// Where the stage is called.
pub fn invoke_url(store: &Store, api: &Api, stage: &str) -> Option<String> {
    let scheme = if api.protocol == Protocol::WebSocket { "wss" } else { "https" };
    let host = match (&api.endpoint, store.identity.get()) {
        (Some(endpoint), _) => endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host).to_string(),
        (None, Some(identity)) => {
            let region = &identity.scope.region;
            let domain = if partition(region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
            format!("{}.execute-api.{region}.{domain}", api.id)
        }
        (None, None) => return None,
    };
    let host = host.trim_end_matches('/');
    // The stage $default of an HTTP API is served at the root.
    Some(if stage == "$default" { format!("{scheme}://{host}/") } else { format!("{scheme}://{host}/{stage}") })
}

/// The account's own throttle, in words.
pub fn account_throttle(store: &Store) -> String {
    match store.api_account.get() {
        Some(account) => format!("account {}/{} applies", rate(account.rate), burst(account.burst)),
        None => match store.api_account.trouble() {
            Some(_) => "the account's applies (unknown: GetAccount failed)".into(),
            None => "the account's applies (waiting for it)".into(),
        },
    }
}

/// A rate in words; `-` where it is not set. AWS writes -1 for "not set" too.
pub fn rate(rate: Option<f64>) -> String {
    set_rate(rate).map_or("-".into(), |rate| if rate < 100.0 { format!("{rate}") } else { format!("{rate:.0}") })
}

/// A burst in words; `-` where it is not set.
pub fn burst(burst: Option<i32>) -> String {
    burst.filter(|burst| *burst >= 0).map_or("-".into(), |burst| burst.to_string())
}

fn set_rate(rate: Option<f64>) -> Option<f64> {
    rate.filter(|rate| *rate >= 0.0 && rate.is_finite())
}

/// The stage or method has a throttle of its own.
pub fn throttled(settings: &MethodSettings) -> bool {
    set_rate(settings.throttle_rate).is_some() || settings.throttle_burst.is_some_and(|burst| burst >= 0)
}

/// A rate or a burst of nothing refuses every request.
pub fn closed(settings: &MethodSettings) -> bool {
    settings.throttle_rate == Some(0.0) || settings.throttle_burst == Some(0)
}

/// The execution log's level, where it is on.
pub fn level(settings: &MethodSettings) -> Option<&str> {
    settings.logging.as_deref().filter(|level| !level.is_empty() && *level != "OFF")
}

/// Log group of an ARN; a Firehose stream has none.
pub fn group_of(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(7, ':').skip(2);
    let (service, kind) = (parts.next()?, parts.nth(2)?);
    let name = parts.next()?.split(':').next()?;
    (service == "logs" && kind == "log-group" && !name.is_empty()).then(|| name.to_string())
}

/// Groups that a stage logs to: what its access log names, and the execution log where it is on.
pub fn log_groups(api: &Api, stage: &Stage) -> Vec<String> {
    let mut groups: Vec<String> = stage.access_log.as_deref().and_then(group_of).into_iter().collect();
    let logs = level(&stage.defaults).is_some() || stage.overrides.iter().any(|(_, own)| level(own).is_some());
    // HTTP APIs have no execution log.
    if logs && api.protocol != Protocol::Http {
        groups.push(execution_group(api, stage));
    }
    groups
}

fn execution_group(api: &Api, stage: &Stage) -> String {
    match api.protocol {
        // API Gateway names these otherwise; nothing but the groups that it makes says so.
        Protocol::WebSocket => format!("/aws/apigateway/{}/{}", api.id, stage.name),
        _ => format!("API-Gateway-Execution-Logs_{}/{}", api.id, stage.name),
    }
}

/// What the cache does, in words, and how that is to be read.
pub fn cache(api: &Api, stage: &Stage) -> (String, Tone) {
    if api.protocol != Protocol::Rest {
        return ("none: only REST APIs have one".into(), Tone::Quiet);
    }
    let cached = stage.overrides.iter().filter(|(_, own)| own.caching == Some(true)).count();
    let wanted = stage.defaults.caching == Some(true) || cached > 0;
    let size = stage.cache_size.as_deref();
    if !stage.cache_enabled {
        return match (stage.cache_status.as_deref(), wanted) {
            (Some(status), _) if !matches!(status, "NOT_AVAILABLE" | "AVAILABLE") => {
                (format!("off, {status}"), Tone::Warning)
            }
            (_, true) => ("off: methods ask for caching, nothing is cached".into(), Tone::Warning),
            _ => ("off".into(), Tone::Quiet),
        };
    }
    let mut words = format!("{} GB", size.unwrap_or("?"));
    if let Some(status) = &stage.cache_status {
        words.push_str(&format!(", {status}"));
    }
    let busy = stage.cache_status.as_deref().is_some_and(|status| status != "AVAILABLE");
    if !wanted {
        words.push_str(", but no method is cached");
    }
    (words, if busy || !wanted { Tone::Warning } else { Tone::Plain })
}

struct Lines(Vec<Setting>);

impl Lines {
    fn add(&mut self, what: &str, value: impl Into<String>, tone: Tone) {
        self.0.push(Setting::new(what, value, tone));
    }

    fn masked(&mut self, what: String, value: &str) {
        let length = value.chars().count();
        let value = format!("******** ({length} characters, masked)");
        self.0.push(Setting { what, value, tone: Tone::Quiet, ..Setting::default() });
    }

    fn switch(&mut self, what: &str, on: bool, on_means: &str) {
        if on {
            self.add(what, on_means, Tone::Plain);
        } else {
            self.add(what, "off", Tone::Quiet);
        }
    }

    fn optional(&mut self, what: &str, value: Option<&str>) {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.add(what, value, Tone::Plain),
            None => self.add(what, "none", Tone::Quiet),
        }
    }
}

/// Everything that a stage is set to; values of stage variables may be secrets and are masked.
pub fn all(store: &Store, api: &Api, stage: &Stage) -> Vec<Setting> {
    let mut lines = Lines(Vec::new());
    match invoke_url(store, api, &stage.name) {
        Some(url) => lines.add("invoke URL", url, Tone::Plain),
        None => lines.add("API id", api.id.clone(), Tone::Plain),
    }
    let sharing = super::rows::sharing(store, api, &stage.name);
    if sharing > 1 {
        lines.add("metrics", format!("of {sharing} APIs of this name together"), Tone::Warning);
    }
    lines.optional("description", Some(&stage.description));
    caching(&mut lines, api, stage);
    throttling(&mut lines, store, stage);
    logging(&mut lines, api, stage);
    match api.protocol {
        Protocol::Rest => lines.switch("X-Ray tracing", stage.tracing, "active"),
        _ => lines.add("X-Ray tracing", "none: only REST APIs trace", Tone::Quiet),
    }
    canary(&mut lines, api, stage);
    lines.optional("web ACL", stage.web_acl.as_deref());
    lines.optional("client certificate", stage.client_certificate.as_deref());
    lines.optional("deployment", stage.deployment.as_deref());
    if api.protocol != Protocol::Rest {
        lines.switch("auto deploy", stage.auto_deploy, "on");
    }
    if let Some(at) = stage.last_updated {
        lines.add("last updated", at.format("%Y-%m-%d %H:%M:%S UTC").to_string(), Tone::Plain);
    }
    lines.add("API", format!("{} {} {}", api.id, api.protocol.name(), api.endpoint_types.join(" ")), Tone::Quiet);
    for (name, value) in &stage.variables {
        lines.masked(format!("variable {name}"), value);
    }
    lines.0
}

fn canary(lines: &mut Lines, api: &Api, stage: &Stage) {
    let Some(canary) = &stage.canary else {
        let none = if api.protocol == Protocol::Rest { "none" } else { "none: only REST APIs have one" };
        lines.add("canary", none, Tone::Quiet);
        return;
    };
    let to = canary.deployment.as_deref().map_or("another deployment".to_string(), |id| format!("deployment {id}"));
    let cache = if canary.use_stage_cache { ", from the stage's cache too" } else { ", without the stage's cache" };
    let cache = if stage.cache_enabled { cache } else { "" };
    lines.add("canary", format!("{}% of the requests go to {to}{cache}", canary.percent), Tone::Warning);
    for (name, value) in &canary.variables {
        lines.masked(format!("canary's {name}"), value);
    }
}

fn caching(lines: &mut Lines, api: &Api, stage: &Stage) {
    let (words, tone) = cache(api, stage);
    lines.add("cache cluster", words, tone);
    if api.protocol != Protocol::Rest {
        return;
    }
    if stage.cache_enabled {
        match stage.cache_size.as_deref().and_then(gateway::cache_cost) {
            Some(cost) => lines.add("cache costs", format!("{cost}, us-east-1"), Tone::Plain),
            None => lines.add("cache costs", "unknown for this size", Tone::Quiet),
        }
    }
    let defaults = &stage.defaults;
    let own = stage.overrides.iter().filter(|(_, own)| own.caching.is_some()).count();
    let but = if own > 0 { format!(", {own} methods decide for themselves") } else { String::new() };
    match defaults.caching {
        Some(true) => lines.add("caching", format!("on{but}"), Tone::Plain),
        _ => lines.add("caching", format!("off{but}"), Tone::Quiet),
    }
    if let Some(ttl) = defaults.cache_ttl_s {
        let means = if ttl == 0 { " (nothing is kept)" } else { "" };
        lines.add("cache TTL", format!("{ttl} s{means}"), if ttl == 0 { Tone::Warning } else { Tone::Plain });
    }
    if let Some(guarded) = defaults.cache_control_guarded {
        let refusal = defaults.cache_control_refusal.as_deref().map(|how| format!(" ({how})")).unwrap_or_default();
        if guarded {
            lines.add("cache renewal", format!("by authorized callers only{refusal}"), Tone::Plain);
        } else {
            lines.add("cache renewal", "by any caller: Cache-Control: max-age=0 passes the cache by", Tone::Quiet);
        }
    }
    if let Some(encrypted) = defaults.cache_encrypted {
        lines.switch("cache encrypted", encrypted, "on");
    }
}

fn throttling(lines: &mut Lines, store: &Store, stage: &Stage) {
    let defaults = &stage.defaults;
    if closed(defaults) {
        lines.add("throttle", "0: every request is refused with 429", Tone::Warning);
    } else if throttled(defaults) {
        let words = format!("{} req/s, burst {}", rate(defaults.throttle_rate), burst(defaults.throttle_burst));
        lines.add("throttle", words, Tone::Plain);
    } else {
        lines.add("throttle", format!("not set: {}", account_throttle(store)), Tone::Quiet);
    }
    let own = stage.overrides.iter().filter(|(_, settings)| throttled(settings)).count();
    if own > 0 {
        lines.add("own throttles", format!("{own} methods"), Tone::Plain);
    }
}

fn logging(lines: &mut Lines, api: &Api, stage: &Stage) {
    let defaults = &stage.defaults;
    if api.protocol == Protocol::Http {
        lines.add("execution log", "none: HTTP APIs have none", Tone::Quiet);
    } else {
        match level(defaults) {
            Some(level) => {
                lines.add("execution log", format!("{level} to {}", execution_group(api, stage)), Tone::Plain);
            }
            None => lines.add("execution log", "off", Tone::Quiet),
        }
        if defaults.data_trace == Some(true) {
            lines.add("data trace", "on: whole requests and answers are logged", Tone::Warning);
        } else {
            lines.switch("data trace", false, "");
        }
    }
    lines.optional("access log", stage.access_log.as_deref());
    if stage.access_log.is_some() {
        let format = stage.access_log_format.as_deref().unwrap_or_default();
        let tells = Format::read(format).is_some();
        let (words, tone) = match (format.trim_start().starts_with('{'), tells) {
            (true, true) => ("JSON, tells the status".to_string(), Tone::Plain),
            (false, true) => ("one line of text, tells the status".to_string(), Tone::Plain),
            (_, false) => ("without $context.status: 429 can't be counted".to_string(), Tone::Warning),
        };
        lines.add("access format", words, tone);
    }
    lines.switch(
        "detailed metrics",
        defaults.detailed_metrics == Some(true),
        "on (a metric for each method, at a price)",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(protocol: Protocol) -> Api {
        Api {
            id: "a1b2c3".into(),
            name: "shop".into(),
            protocol,
            endpoint_types: vec!["REGIONAL".into()],
            description: String::new(),
            created: None,
            endpoint: None,
            tags: vec![],
        }
    }

    #[test]
    fn groups_are_those_that_the_stage_really_writes_to() {
        let mut stage = Stage { name: "prod".into(), ..Stage::default() };
        assert_eq!(log_groups(&api(Protocol::Rest), &stage), Vec::<String>::new());
        stage.access_log = Some("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/apigw/shop:*".into());
        stage.defaults.logging = Some("ERROR".into());
        assert_eq!(
            log_groups(&api(Protocol::Rest), &stage),
            ["/aws/apigw/shop", "API-Gateway-Execution-Logs_a1b2c3/prod"]
        );
        assert_eq!(log_groups(&api(Protocol::Http), &stage), ["/aws/apigw/shop"]);
        assert_eq!(log_groups(&api(Protocol::WebSocket), &stage), ["/aws/apigw/shop", "/aws/apigateway/a1b2c3/prod"]);
        stage.access_log = Some("arn:aws:firehose:eu-west-1:123456789012:deliverystream/amazon-apigateway-x".into());
        stage.defaults.logging = Some("OFF".into());
        assert!(log_groups(&api(Protocol::Rest), &stage).is_empty());
    }

    #[test]
    fn a_cache_that_is_paid_for_and_not_used_is_told() {
        let mut stage = Stage {
            cache_enabled: true,
            cache_size: Some("0.5".into()),
            cache_status: Some("AVAILABLE".into()),
            ..Stage::default()
        };
        assert_eq!(cache_price("0.5"), Some(0.020));
        assert_eq!(cache_price("237"), Some(3.800));
        assert_eq!(cache_price("7"), None);
        assert_eq!(cache(&api(Protocol::Rest), &stage).1, Tone::Warning);
        stage.overrides.push(("GET /".into(), MethodSettings { caching: Some(true), ..Default::default() }));
        assert_eq!(cache(&api(Protocol::Rest), &stage), ("0.5 GB, AVAILABLE".into(), Tone::Plain));
    }

    #[test]
    fn values_of_variables_are_masked_and_an_unset_throttle_names_the_accounts() {
        let mut store = Store::default();
        let now = crate::time::Moment::from_timestamp(1_000, 0).expect("a valid moment");
        let account = crate::model::api::ApiAccount { rate: Some(10_000.0), burst: Some(5_000) };
        store.api_account.accept(Ok(account), now);
        let stage = Stage { variables: vec![("key".into(), "hunter2".into())], ..Stage::default() };
        let lines = all(&store, &api(Protocol::Rest), &stage);
        assert!(lines.iter().all(|line| !line.value.contains("hunter2")));
        let throttle = lines.iter().find(|line| line.what == "throttle").expect("a throttle line");
        assert_eq!(throttle.value, "not set: account 10000/5000 applies");
        let endless = MethodSettings { throttle_rate: Some(-1.0), throttle_burst: Some(-1), ..Default::default() };
        assert!(!throttled(&endless) && !closed(&endless));
    }
}
