//! How the account traces: what is sampled, which groups there are, and where segments go.

use crate::model::trouble::Trouble;
use crate::time::Moment;

/// Where an account sends its segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Destination {
    /// To X-Ray, which keeps those that were sampled for 30 days.
    #[default]
    XRay,
    /// To CloudWatch Logs, in the group `aws/spans`: Transaction Search. X-Ray indexes a small share of them.
    CloudWatchLogs,
}

/// The answer of GetTraceSegmentDestination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentDestination {
    /// Where to.
    pub destination: Destination,
    /// False while the account is being switched over.
    pub is_active: bool,
}

/// A group: a filter expression with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceGroup {
    /// GroupName.
    pub name: String,
    /// FilterExpression; `Default` has none.
    pub expression: Option<String>,
}

/// A sampling rule. Those of lower priority are tried first; the first that fits decides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SamplingRule {
    /// RuleName.
    pub name: String,
    /// Priority, 1 to 9999; `Default` has 10000.
    pub priority: i32,
    /// ReservoirSize: so many requests a second are sampled before the rate applies.
    pub reservoir: i32,
    /// FixedRate, 0 to 1: the share of the others.
    pub rate: f64,
    /// What it fits: `POST /checkout*`, `*` for everything.
    pub fits: String,
}

/// What a rule did in the last ten seconds or so, as GetSamplingStatisticSummaries tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SamplingStatistic {
    /// RuleName.
    pub rule: String,
    /// Timestamp.
    pub at: Option<Moment>,
    /// RequestCount: requests that fitted.
    pub requests: i32,
    /// SampledCount.
    pub sampled: i32,
}

/// How the account traces. What could not be had is absent, and its trouble is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracing {
    /// Where segments go.
    pub destination: Option<SegmentDestination>,
    /// DesiredSamplingPercentage of the indexing rule: how much of `aws/spans` X-Ray indexes, 0 to 100.
    pub indexed_percent: Option<f64>,
    /// Groups.
    pub groups: Vec<TraceGroup>,
    /// Rules, by priority.
    pub rules: Vec<SamplingRule>,
    /// What the rules did.
    pub statistics: Vec<SamplingStatistic>,
    /// What could not be asked.
    pub troubles: Vec<Trouble>,
}

impl Tracing {
    /// This, with what could not be asked as it was known before.
    #[must_use]
    pub fn or(self, known: &Tracing) -> Tracing {
        if self.troubles.is_empty() {
            return self;
        }
        let failed = |operation: &str| self.troubles.iter().any(|trouble| trouble.operation == operation);
        let keep = |operation: &str| failed(&format!("xray:{operation}"));
        Tracing {
            destination: self.destination.or(known.destination),
            indexed_percent: self.indexed_percent.or(known.indexed_percent),
            groups: if keep("GetGroups") { known.groups.clone() } else { self.groups.clone() },
            rules: if keep("GetSamplingRules") { known.rules.clone() } else { self.rules.clone() },
            statistics: match keep("GetSamplingStatisticSummaries") {
                true => known.statistics.clone(),
                false => self.statistics.clone(),
            },
            troubles: self.troubles.clone(),
        }
    }

    /// Segments go to CloudWatch Logs.
    pub fn is_transaction_search(&self) -> bool {
        self.destination.is_some_and(|to| to.destination == Destination::CloudWatchLogs && to.is_active)
    }

    /// The share of requests that was sampled lately, over all rules.
    pub fn sampled_share(&self) -> Option<f64> {
        let sum = |of: fn(&SamplingStatistic) -> i32| self.statistics.iter().map(of).map(f64::from).sum::<f64>();
        let (sampled, requests) = (sum(|one| one.sampled), sum(|one| one.requests));
        (sampled > 0.0 && requests >= sampled).then(|| sampled / requests)
    }

    /// The rule that decides where no other fits.
    pub fn default_rule(&self) -> Option<&SamplingRule> {
        self.rules.iter().find(|rule| rule.name == "Default")
    }
}
