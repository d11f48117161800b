//! Defaults, file, environment, flags: one configuration; the only reader of the environment.
//!
//! The defaults are a file, `config/default.toml`, embedded as it is: the structs below have no defaults of their own.
//! Everything in here is strings and numbers; the view turns the strings of a theme into styles, the keymap the
//! strings of `[keys]` into chords.

pub mod environment;
pub mod file;
pub mod problem;
pub mod quantity;
pub mod theme;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

pub use environment::{Colours, Environment};
pub use file::{Flags, Loaded};
pub use problem::Problem;
pub use theme::Theme;

/// The text of `config/default.toml`.
pub const DEFAULT_TEXT: &str = include_str!("../config/default.toml");

static DEFAULTS: LazyLock<Config> =
    LazyLock::new(|| toml::from_str(DEFAULT_TEXT).expect("the embedded default.toml names every field"));

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How it looks.
    pub ui: Ui,
    /// How often AWS is asked, and what that may cost.
    pub poll: Poll,
    /// The function table.
    pub functions: Functions,
    /// The log store.
    pub logs: Logs,
    /// The trace store.
    pub traces: Traces,
    /// What is kept of invokes.
    pub invoke: Invoke,
    /// What becomes a finding.
    pub thresholds: Thresholds,
    /// Rules by profile name, a pattern with `*` and `?`.
    pub profiles: BTreeMap<String, ProfileRule>,
    /// Keys by the name of their action, instead of the default ones.
    pub keys: BTreeMap<String, Vec<String>>,
}

/// How it looks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ui {
    /// Name of the theme.
    pub theme: String,
    /// ASCII only.
    pub ascii: bool,
    /// Take the mouse.
    pub mouse: bool,
    /// Length of the time window in the beginning.
    #[serde(deserialize_with = "quantity::span")]
    pub window: Duration,
}

/// How often AWS is asked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// GetMetricData.
    #[serde(deserialize_with = "quantity::span")]
    pub metrics: Duration,
    /// ListFunctions.
    #[serde(deserialize_with = "quantity::span")]
    pub inventory: Duration,
    /// The calls about a single function.
    #[serde(deserialize_with = "quantity::span")]
    pub detail: Duration,
    /// DescribeAlarms.
    #[serde(deserialize_with = "quantity::span")]
    pub alarms: Duration,
    /// FilterLogEvents, per group.
    #[serde(deserialize_with = "quantity::span")]
    pub tail: Duration,
    /// GetTraceSummaries.
    #[serde(deserialize_with = "quantity::span")]
    pub traces: Duration,
    /// GetRestApis and GetApis.
    #[serde(deserialize_with = "quantity::span")]
    pub apis: Duration,
    /// GetStages of the APIs on screen.
    #[serde(deserialize_with = "quantity::span")]
    pub stages: Duration,
    /// Without a key for so long, everything is polled four times slower.
    #[serde(deserialize_with = "quantity::span")]
    pub idle_after: Duration,
    /// US$ per hour that polling may cost at most.
    pub budget_dollars_per_hour: f64,
}

/// The function table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Functions {
    /// Names of its columns after the function's name, in their order: of [`FUNCTION_COLUMNS`], or `tag.NAME`.
    pub columns: Vec<String>,
    /// `worst`, or the name of a column.
    pub sort: String,
}

/// What the columns of the function table are called.
pub const FUNCTION_COLUMNS: [&str; 25] = [
    "name",
    "invocations",
    "error-share",
    "errors",
    "throttles",
    "p50",
    "p90",
    "p99",
    "max",
    "of-timeout",
    "concurrency",
    "reserved",
    "provisioned",
    "cold",
    "used",
    "memory",
    "timeout",
    "runtime",
    "architecture",
    "code-size",
    "modified",
    "state",
    "stack",
    "api",
    "trend",
];

/// The log store.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    /// Bytes of log text kept.
    #[serde(deserialize_with = "quantity::bytes")]
    pub cap: u64,
    /// How far back a tail begins.
    #[serde(deserialize_with = "quantity::span")]
    pub lookback: Duration,
    /// How far back each poll reads again, for events that came in late.
    #[serde(deserialize_with = "quantity::span")]
    pub overlap: Duration,
    /// Bytes that a Logs Insights query may scan without being asked about.
    #[serde(deserialize_with = "quantity::bytes")]
    pub insights_budget: u64,
    /// Folder of exported files.
    pub exports: String,
}

/// The trace store.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// Summaries kept.
    pub cap: usize,
}

/// What is kept of invokes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoke {
    /// What outlasts the program.
    pub keep: Keep,
    /// Answers kept of each function.
    pub answers: usize,
    /// Bytes of the answers kept of each function.
    #[serde(deserialize_with = "quantity::bytes")]
    pub cap: u64,
}

/// What of invokes outlasts the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Payloads and answers.
    #[default]
    Answers,
    /// Payloads that were sent last or saved under a name.
    Payloads,
    /// Neither.
    Nothing,
}

/// What becomes a finding; shares lie between 0 and 1. The numbers are those that serverless monitoring products
/// publish as their own warnings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Errors of the invocations: a warning.
    pub error_share: f64,
    /// Errors of the invocations: critical.
    pub error_share_critical: f64,
    /// 5xx of the requests of a stage: a warning.
    pub fault_share: f64,
    /// 5xx of the requests of a stage: critical.
    pub fault_share_critical: f64,
    /// Throttles of all that wanted to run: critical; fewer are a warning.
    pub throttle_share: f64,
    /// Time-outs of the invocations looked at.
    pub timeout_share: f64,
    /// p99 of the duration, of the time-out.
    pub duration_of_timeout: f64,
    /// Memory used, of the memory size.
    pub memory_of_size: f64,
    /// Memory used, of the memory size, below which it is too large.
    pub memory_low: f64,
    /// Cold starts of the invocations.
    pub cold_share: f64,
    /// IteratorAge.
    #[serde(deserialize_with = "quantity::span")]
    pub iterator_age: Duration,
    /// AsyncEventAge.
    #[serde(deserialize_with = "quantity::span")]
    pub async_age: Duration,
    /// How far off the end of the concurrency is at most that becomes a finding.
    #[serde(deserialize_with = "quantity::span")]
    pub forecast: Duration,
    /// ProvisionedConcurrencyUtilization below which it is too much.
    pub provisioned_low: f64,
    /// Concurrent executions of the account's limit.
    pub concurrency_of_limit: f64,
}

/// What holds for the profiles that match a pattern.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProfileRule {
    /// Whether and how changes may be made.
    pub writes: Option<Writes>,
    /// Theme instead of `ui.theme`.
    pub theme: Option<String>,
}

/// Whether and how changes may be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writes {
    /// A confirmation whose default is Cancel.
    #[default]
    Confirm,
    /// A confirmation that wants the resource's name typed.
    ConfirmByName,
    /// Refused.
    Never,
}

impl Default for Config {
    fn default() -> Config {
        DEFAULTS.clone()
    }
}

impl Config {
    /// The rule that counts for a profile: the longest of the patterns that match. Without a profile the name is
    /// `default`, as AWS has it.
    pub fn profile_rule(&self, profile: Option<&str>) -> Option<(&str, &ProfileRule)> {
        let name = profile.unwrap_or("default");
        self.profiles
            .iter()
            .filter(|(pattern, _)| matches(pattern, name))
            .max_by_key(|(pattern, _)| pattern.chars().filter(|c| !matches!(c, '*' | '?')).count())
            .map(|(pattern, rule)| (pattern.as_str(), rule))
    }
}

/// `name` fits a pattern with `*` (anything) and `?` (one character), from end to end.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where the last star stood, and how much of the name it has taken: the only place worth going back to.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_defaults_are_whole() {
        let config = Config::default();
        assert_eq!(config.ui.theme, "night");
        assert_eq!(config.poll.metrics, Duration::from_secs(60));
        assert_eq!(config.logs.cap, 512 << 20);
        assert_eq!(config.thresholds.iterator_age, Duration::from_secs(7200));
    }

    #[test]
    fn patterns_match_from_end_to_end() {
        assert!(matches("*prod*", "shop-production"));
        assert!(matches("*prod*", "prod"));
        assert!(!matches("prod", "prod2"));
        assert!(matches("prod?", "prod2"));
        assert!(matches("a*b*c", "aXbYbZc"));
        assert!(!matches("a*b*c", "aXbYbZ"));
        assert!(!matches(&"*a".repeat(50), &"a".repeat(49)));
    }

    #[test]
    fn the_longest_pattern_counts() {
        let mut config = Config::default();
        assert_eq!(config.profile_rule(Some("prod")).unwrap().1.writes, Some(Writes::ConfirmByName));
        assert_eq!(config.profile_rule(None), None);
        config.profiles.insert("*preprod*".into(), ProfileRule { writes: Some(Writes::Confirm), theme: None });
        config.profiles.insert("*".into(), ProfileRule { writes: Some(Writes::Never), theme: None });
        assert_eq!(config.profile_rule(Some("preprod")).unwrap().0, "*preprod*");
        assert_eq!(config.profile_rule(Some("production")).unwrap().0, "*prod*");
        assert_eq!(config.profile_rule(None).unwrap().0, "*");
    }
}
