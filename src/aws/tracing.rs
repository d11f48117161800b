//! X-Ray's settings: sampling rules and what they did, groups, and where segments go. None of these calls is billed.

use aws_sdk_xray::types::{
    IndexingRuleValue, SamplingRule as SdkRule, TraceSegmentDestination, TraceSegmentDestinationStatus,
};

use super::Account;
use super::pages::Pages;
use super::reading::{moment, shown};
use crate::model::tracing::{Destination, SamplingRule, SamplingStatistic, SegmentDestination, TraceGroup, Tracing};
use crate::model::trouble::Trouble;

/// An account has 25 groups and 25 rules at most, unless AWS raised that.
const PAGES: usize = 10;

/// All of them; each may fail for itself.
pub async fn tracing(account: &Account) -> Tracing {
    let mut troubles = Vec::new();
    let mut keep = |trouble: Trouble| troubles.push(trouble);
    let destination = destination(account).await.map_err(&mut keep).ok();
    let rules = rules(account).await.map_err(&mut keep).unwrap_or_default();
    let statistics = statistics(account).await.map_err(&mut keep).unwrap_or_default();
    let groups = groups(account).await.map_err(&mut keep).unwrap_or_default();
    let searches = destination.is_some_and(|to| to.destination == Destination::CloudWatchLogs);
    let indexed_percent =
        if searches { indexed_percent(account).await.map_err(&mut keep).ok().flatten() } else { None };
    Tracing { destination, indexed_percent, groups, rules, statistics, troubles }
}

/// GetTraceSegmentDestination.
pub async fn destination(account: &Account) -> Result<SegmentDestination, Trouble> {
    let output = account.xray().get_trace_segment_destination().send().await;
    let output = output.map_err(|error| account.trouble("xray:GetTraceSegmentDestination", &error))?;
    Ok(SegmentDestination {
        destination: match output.destination() {
            Some(TraceSegmentDestination::CloudWatchLogs) => Destination::CloudWatchLogs,
            _ => Destination::XRay,
        },
        is_active: output.status() != Some(&TraceSegmentDestinationStatus::Pending),
    })
}

async fn rules(account: &Account) -> Result<Vec<SamplingRule>, Trouble> {
    let (mut pages, mut token, mut rules) = (Pages::up_to(PAGES), None, Vec::new());
    loop {
        let output = account.xray().get_sampling_rules().set_next_token(token).send().await;
        let output = output.map_err(|error| account.trouble("xray:GetSamplingRules", &error))?;
        rules.extend(output.sampling_rule_records().iter().filter_map(|record| record.sampling_rule()).map(rule));
        token = pages.follow(output.next_token());
        if token.is_none() {
            rules.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
            return Ok(rules);
        }
    }
}

fn rule(from: &SdkRule) -> SamplingRule {
    let words = [
        Some(from.http_method()).filter(|method| *method != "*"),
        Some(from.url_path()).filter(|path| *path != "*"),
        Some(from.host()).filter(|host| *host != "*"),
        Some(from.service_name()).filter(|name| *name != "*"),
        Some(from.service_type()).filter(|kind| *kind != "*"),
        Some(from.resource_arn()).filter(|arn| *arn != "*"),
    ];
    let mut fits: Vec<String> = words.into_iter().flatten().map(|word| shown(Some(word))).collect();
    let mut attributes: Vec<String> =
        from.attributes().into_iter().flatten().map(|(key, value)| shown(Some(&format!("{key}={value}")))).collect();
    attributes.sort();
    fits.extend(attributes);
    SamplingRule {
        name: shown(from.rule_name()),
        priority: from.priority(),
        reservoir: from.reservoir_size(),
        rate: from.fixed_rate(),
        fits: if fits.is_empty() { "*".into() } else { fits.join(" ") },
    }
}

async fn statistics(account: &Account) -> Result<Vec<SamplingStatistic>, Trouble> {
    let (mut pages, mut token, mut found) = (Pages::up_to(PAGES), None, Vec::new());
    loop {
        let output = account.xray().get_sampling_statistic_summaries().set_next_token(token).send().await;
        let output = output.map_err(|error| account.trouble("xray:GetSamplingStatisticSummaries", &error))?;
        found.extend(output.sampling_statistic_summaries().iter().map(|summary| SamplingStatistic {
            rule: shown(summary.rule_name()),
            at: moment(summary.timestamp()),
            requests: summary.request_count(),
            sampled: summary.sampled_count(),
        }));
        token = pages.follow(output.next_token());
        if token.is_none() {
            return Ok(found);
        }
    }
}

async fn groups(account: &Account) -> Result<Vec<TraceGroup>, Trouble> {
    let (mut pages, mut token, mut groups) = (Pages::up_to(PAGES), None, Vec::new());
    loop {
        let output = account.xray().get_groups().set_next_token(token).send().await;
        let output = output.map_err(|error| account.trouble("xray:GetGroups", &error))?;
        groups.extend(output.groups().iter().map(|group| TraceGroup {
            name: shown(group.group_name()),
            expression: group.filter_expression().map(|text| shown(Some(text))).filter(|text| !text.is_empty()),
        }));
        token = pages.follow(output.next_token());
        if token.is_none() {
            return Ok(groups);
        }
    }
}

/// GetIndexingRules: how much of what goes to CloudWatch Logs is indexed as trace summaries.
async fn indexed_percent(account: &Account) -> Result<Option<f64>, Trouble> {
    let output = account.xray().get_indexing_rules().send().await;
    let output = output.map_err(|error| account.trouble("xray:GetIndexingRules", &error))?;
    Ok(output.indexing_rules().iter().find_map(|rule| match rule.rule() {
        Some(IndexingRuleValue::Probabilistic(rule)) => Some(rule.desired_sampling_percentage()),
        _ => None,
    }))
}
