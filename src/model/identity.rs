//! Whose account this is, and how we came to it.

use serde::Serialize;

/// Account and region: part of every resource's identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Scope {
    /// Twelve digits; empty until STS has answered.
    pub account: String,
    /// As `eu-west-1`.
    pub region: String,
}

/// Who we are to AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Account and region.
    pub scope: Scope,
    /// ARN of the caller, from GetCallerIdentity.
    pub arn: String,
    /// Profile name, where one is in use.
    pub profile: Option<String>,
    /// Custom endpoint, where one is in use.
    pub endpoint: Option<String>,
    /// The embedded account and its scenario.
    pub demo: Option<String>,
}

/// `aws`, `aws-cn` or `aws-us-gov`, as the region tells.
pub fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}
