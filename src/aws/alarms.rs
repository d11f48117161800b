//! CloudWatch alarms of every kind.

use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm, LogAlarm, MetricAlarm, StateValue};
use aws_smithy_types::DateTime;

use super::Account;
use super::pages::Pages;
use super::reading::{moment, said, shown};
use crate::model::alarm::{Alarm, AlarmState};
use crate::model::trouble::{Kind, Trouble};
use crate::time::Moment;

/// DescribeAlarms gives at most 100 at a time; an account may have 5,000 alarms.
const PAGES: usize = 50;

/// DescribeAlarms, worst state first. Only metric alarms would come without naming the types.
pub async fn all(account: &Account) -> Result<Vec<Alarm>, Trouble> {
    let (metric, composite) = (AlarmType::MetricAlarm, AlarmType::CompositeAlarm);
    match of_types(account, vec![metric.clone(), composite.clone(), AlarmType::LogAlarm]).await {
        // Servers that do not know log alarms yet.
        Err(trouble) if matches!(trouble.kind, Kind::Invalid | Kind::Other) => {
            of_types(account, vec![metric, composite]).await
        }
        other => other,
    }
}

async fn of_types(account: &Account, types: Vec<AlarmType>) -> Result<Vec<Alarm>, Trouble> {
    let request = account.cloudwatch().describe_alarms().set_alarm_types(Some(types)).max_records(100);
    let (mut pages, mut token, mut alarms) = (Pages::up_to(PAGES), None, Vec::new());
    loop {
        let output = request.clone().set_next_token(token).send().await;
        let output = output.map_err(|error| account.trouble("cloudwatch:DescribeAlarms", &error))?;
        alarms.extend(output.metric_alarms().iter().map(metric_alarm));
        alarms.extend(output.composite_alarms().iter().map(composite_alarm));
        alarms.extend(output.log_alarms().iter().map(log_alarm));
        token = pages.follow(output.next_token());
        if token.is_none() {
            alarms.sort_by(|a, b| a.state.cmp(&b.state).then_with(|| a.name.cmp(&b.name)));
            return Ok(alarms);
        }
    }
}

fn metric_alarm(from: &MetricAlarm) -> Alarm {
    // An alarm on an expression has its metrics one level down.
    let within = from.metrics().iter().find_map(|query| query.metric_stat()).and_then(|stat| stat.metric());
    let (namespace, name, dimensions) = match within {
        Some(metric) if from.metric_name().is_none() => (metric.namespace(), metric.metric_name(), metric.dimensions()),
        _ => (from.namespace(), from.metric_name(), from.dimensions()),
    };
    let dimension = |wanted: &str| {
        said(dimensions.iter().find(|dimension| dimension.name() == Some(wanted)).and_then(|found| found.value()))
    };
    let mut watches = [shown(namespace), shown(name)].join(" ");
    for of in dimensions {
        watches.push_str(&format!(" {}={}", shown(of.name()), shown(of.value())));
    }
    Alarm {
        name: shown(from.alarm_name()),
        state: state(from.state_value()),
        reason: shown(from.state_reason()),
        since: since(from.state_transitioned_timestamp(), from.state_updated_timestamp()),
        watches: watches.trim().to_string(),
        function: dimension("FunctionName"),
        api: dimension("ApiName").or_else(|| dimension("ApiId")),
        kind: "metric",
        actions_enabled: from.actions_enabled().unwrap_or(true),
    }
}

fn composite_alarm(from: &CompositeAlarm) -> Alarm {
    Alarm {
        name: shown(from.alarm_name()),
        state: state(from.state_value()),
        reason: shown(from.state_reason()),
        since: since(from.state_transitioned_timestamp(), from.state_updated_timestamp()),
        watches: String::new(),
        function: None,
        api: None,
        kind: "composite",
        actions_enabled: from.actions_enabled().unwrap_or(true),
    }
}

fn log_alarm(from: &LogAlarm) -> Alarm {
    Alarm {
        name: shown(from.alarm_name()),
        state: state(from.state_value()),
        reason: shown(from.state_reason()),
        since: since(from.state_transitioned_timestamp(), from.state_updated_timestamp()),
        watches: String::new(),
        function: None,
        api: None,
        kind: "log",
        actions_enabled: from.actions_enabled().unwrap_or(true),
    }
}

fn state(value: Option<&StateValue>) -> AlarmState {
    match value {
        Some(StateValue::Alarm) => AlarmState::Alarm,
        Some(StateValue::Ok) => AlarmState::Ok,
        _ => AlarmState::InsufficientData,
    }
}

fn since(transitioned: Option<&DateTime>, updated: Option<&DateTime>) -> Option<Moment> {
    moment(transitioned.or(updated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudwatch::types::Dimension;

    #[test]
    fn an_alarm_says_what_it_watches() {
        let on = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
        let alarm = MetricAlarm::builder()
            .alarm_name("checkout-errors")
            .state_value(StateValue::Alarm)
            .namespace("AWS/Lambda")
            .metric_name("Errors")
            .dimensions(on("FunctionName", "checkout-api"))
            .state_updated_timestamp(DateTime::from_secs(5))
            .build();
        let alarm = metric_alarm(&alarm);
        assert_eq!(alarm.watches, "AWS/Lambda Errors FunctionName=checkout-api");
        assert_eq!((alarm.state, alarm.function.as_deref()), (AlarmState::Alarm, Some("checkout-api")));
        assert_eq!(alarm.since.map(|since| since.timestamp()), Some(5));
    }
}
