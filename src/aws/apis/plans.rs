//! Usage plans of REST and WebSocket APIs, their keys, and what each key has used. Values of keys are never asked for, and
//! where they come all the same they are not read.

use std::collections::HashMap;

use aws_sdk_apigateway::types::{ThrottleSettings, UsagePlan as SdkPlan};
use chrono::{Datelike, NaiveDate, TimeDelta};

use super::parts::next;
use super::stages::method_key;
use super::{PER_PAGE, Page};
use crate::aws::Account;
use crate::aws::reading::{said, shown, sorted};
use crate::model::api::{ApiKey, PlanStage, Quota, Throttle, UsagePlan};
use crate::model::trouble::Trouble;

/// A page of GetUsagePlans; without keys.
pub async fn usage_plans(account: &Account, at: Option<String>) -> Result<Page<UsagePlan>, Trouble> {
    let output = account.apigateway().get_usage_plans().limit(PER_PAGE).set_position(at).send().await;
    let output = output.map_err(|error| account.trouble("apigateway:GET /usageplans", &error))?;
    Ok((output.items().iter().map(plan).collect(), next(output.position())))
}

/// A page of GetUsagePlanKeys.
pub async fn keys_of_plan(account: &Account, plan: &str, at: Option<String>) -> Result<Page<ApiKey>, Trouble> {
    let request = account.apigateway().get_usage_plan_keys().usage_plan_id(plan).limit(PER_PAGE).set_position(at);
    let output = request.send().await.map_err(|error| account.trouble("apigateway:GET /usageplans/*/keys", &error))?;
    let keys = output.items().iter();
    let keys = keys.map(|from| ApiKey { id: shown(from.id()), name: shown(from.name()), ..ApiKey::default() });
    Ok((keys.collect(), next(output.position())))
}

/// A page of GetApiKeys, without their values: ids of those that are switched off.
pub async fn switched_off(account: &Account, at: Option<String>) -> Result<Page<String>, Trouble> {
    let request = account.apigateway().get_api_keys().limit(PER_PAGE).include_values(false).set_position(at);
    let output = request.send().await.map_err(|error| account.trouble("apigateway:GET /apikeys", &error))?;
    let off = output.items().iter().filter(|key| !key.enabled()).filter_map(|key| said(key.id()));
    Ok((off.collect(), next(output.position())))
}

/// A page of GetUsage over the present period of a quota: by key id, requests used, and those left.
pub async fn usage(
    account: &Account,
    plan: &UsagePlan,
    at: Option<String>,
) -> Result<Page<(String, i64, i64)>, Trouble> {
    let today = account.clock().now().date_naive();
    let quota = plan.quota.clone().unwrap_or_default();
    let request = account
        .apigateway()
        .get_usage()
        .usage_plan_id(&plan.id)
        .start_date(begins(&quota.period, today).format("%Y-%m-%d").to_string())
        .end_date(today.format("%Y-%m-%d").to_string())
        .limit(PER_PAGE)
        .set_position(at);
    let output = request.send().await.map_err(|error| account.trouble("apigateway:GET /usageplans/*/usage", &error))?;
    let used = output.items().into_iter().flatten();
    let mut used: Vec<_> = used.filter_map(|(key, days)| Some((shown(Some(key)), of_period(days, &quota)?))).collect();
    used.sort();
    Ok((used.into_iter().map(|(key, (used, left))| (key, used, left)).collect(), next(output.position())))
}

/// First day that has to be asked for. When a week begins is not written anywhere: what is left at its last day tells.
fn begins(period: &str, today: NaiveDate) -> NaiveDate {
    match period {
        "MONTH" => today.with_day(1).unwrap_or(today),
        "WEEK" => today - TimeDelta::days(6),
        _ => today,
    }
}

/// Used and left in the period, from a row of (used, left) a day.
fn of_period(days: &[Vec<i64>], quota: &Quota) -> Option<(i64, i64)> {
    let last = days.last()?;
    let left = *last.get(1)?;
    let day_by_day: i64 = days.iter().filter_map(|day| day.first()).sum();
    // A week may have begun within the days that were asked for.
    let used = if quota.period == "WEEK" { (quota.limit - left).max(0) } else { day_by_day };
    Some((used, left))
}

fn plan(from: &SdkPlan) -> UsagePlan {
    UsagePlan {
        id: shown(from.id()),
        name: shown(from.name()),
        description: shown(from.description()),
        throttle: from.throttle().map(throttle),
        quota: from.quota().map(|quota| Quota {
            limit: i64::from(quota.limit()),
            offset: i64::from(quota.offset()),
            period: shown(quota.period().map(|period| period.as_str())),
        }),
        stages: from
            .api_stages()
            .iter()
            .map(|stage| PlanStage {
                api: shown(stage.api_id()),
                stage: shown(stage.stage()),
                throttles: methods(stage.throttle()),
            })
            .collect(),
        ..UsagePlan::default()
    }
}

fn methods(from: Option<&HashMap<String, ThrottleSettings>>) -> Vec<(String, Throttle)> {
    let throttles = sorted(from, throttle).into_iter();
    throttles.filter_map(|(key, throttle)| Some((method_key(&key)?, throttle))).collect()
}

/// Below zero is not set.
fn throttle(from: &ThrottleSettings) -> Throttle {
    Throttle {
        rate: Some(from.rate_limit()).filter(|rate| *rate >= 0.0),
        burst: Some(from.burst_limit()).filter(|burst| *burst >= 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_of_a_quota_is_asked_for_and_added_up() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(begins("DAY", day("2026-11-29")), day("2026-11-29"));
        assert_eq!(begins("MONTH", day("2026-11-29")), day("2026-11-01"));
        assert_eq!(begins("WEEK", day("2026-11-29")), day("2026-11-23"));
        let quota = |period: &str| Quota { limit: 1000, offset: 0, period: period.into() };
        assert_eq!(of_period(&[vec![30, 970], vec![70, 900]], &quota("MONTH")), Some((100, 900)));
        // The week began on the second of these days.
        assert_eq!(of_period(&[vec![400, 0], vec![50, 950]], &quota("WEEK")), Some((50, 950)));
        assert_eq!(of_period(&[], &quota("DAY")), None);
    }
}
