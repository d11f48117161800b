//! DescribeAlarms and DescribeAlarmHistory.

use super::alarm::{Turn, life};
use super::reader::Reader;
use super::samples::Statistic;
use super::{Refusal, page_start, page_token};
use crate::sim::services::Call;
use crate::sim::wire::document::Document;
use crate::sim::wire::form::iso;
use crate::sim::world::catalog::Alarm;
use crate::sim::world::dice::{Dice, hash_text};
use crate::sim::world::tally::MINUTE;
use serde_json::{Value, json};

/// Both operations take MaxRecords up to this.
const RECORDS: i64 = 100;

/// Answers DescribeAlarms. The account has metric alarms only; asked for other types it has none.
pub fn describe(call: &Call<'_>, input: &Document) -> Result<Document, Refusal> {
    let names = input.texts("AlarmNames");
    let prefix = input.text("AlarmNamePrefix");
    if !names.is_empty() && prefix.is_some() {
        return Err(Refusal(
            "InvalidParameterCombinationException",
            "AlarmNames and AlarmNamePrefix are mutually exclusive.".to_owned(),
        ));
    }
    if names.len() > 100 {
        return Err(Refusal::parameter("AlarmNames takes at most 100 names."));
    }
    let types = input.texts("AlarmTypes");
    for kind in &types {
        if !["MetricAlarm", "CompositeAlarm", "LogAlarm"].contains(&kind.as_str()) {
            return Err(Refusal::parameter(format!("There is no alarm type {kind}.")));
        }
    }
    // Without AlarmTypes only metric alarms are returned.
    let metric_alarms = types.is_empty() || types.iter().any(|kind| kind == "MetricAlarm");
    let reader = Reader::new(call.world, call.now);
    let state = input.text("StateValue");
    let action = input.text("ActionPrefix");
    let wanted = alarms(call)
        .into_iter()
        .filter(|alarm| metric_alarms && (names.is_empty() || names.contains(&alarm.name)))
        .filter(|alarm| prefix.is_none_or(|prefix| alarm.name.starts_with(prefix)))
        .filter(|alarm| action.is_none_or(|prefix| acts(call, alarm).starts_with(prefix)));
    let lived = |alarm| (alarm, life(&call.world.catalog, &reader, alarm));
    // Lives are dear: only those of the page are computed, unless the state decides what is on it.
    let (alarms, next) = match state {
        None => {
            let (alarms, next) = page(input, wanted.collect())?;
            (alarms.into_iter().map(lived).collect::<Vec<_>>(), next)
        }
        Some(state) => {
            let in_state = |life: &[Turn]| life.last().is_some_and(|turn| turn.to.name() == state);
            page(input, wanted.map(lived).filter(|(_, life)| in_state(life)).collect())?
        }
    };
    let alarms = alarms.iter().map(|(alarm, life)| document(call, &reader, alarm, life.last())).collect();
    Ok(Document::map([
        ("MetricAlarms", Document::List(alarms)),
        ("CompositeAlarms", Document::List(Vec::new())),
        ("NextToken", next),
    ]))
}

/// Answers DescribeAlarmHistory: the turns of the last three hours.
pub fn history(call: &Call<'_>, input: &Document) -> Result<Document, Refusal> {
    let name = input.text("AlarmName");
    let updates = input.text("HistoryItemType").is_none_or(|kind| kind == "StateUpdate");
    let (from, to) = (input.time("StartDate"), input.time("EndDate"));
    let reader = Reader::new(call.world, call.now);
    let mut items: Vec<(i64, Document)> = Vec::new();
    for alarm in alarms(call).into_iter().filter(|alarm| updates && name.is_none_or(|name| name == alarm.name)) {
        // The first turn is where our knowledge begins, no change.
        for turn in life(&call.world.catalog, &reader, alarm).iter().skip(1) {
            if from.is_none_or(|from| turn.at >= from) && to.is_none_or(|to| turn.at < to) {
                items.push((turn.at, item(alarm, turn)));
            }
        }
    }
    items.sort_by_key(|(at, _)| *at);
    if input.text("ScanBy") != Some("TimestampAscending") {
        items.reverse();
    }
    let (items, next) = page(input, items.into_iter().map(|(_, item)| item).collect())?;
    Ok(Document::map([("AlarmHistoryItems", Document::List(items)), ("NextToken", next)]))
}

/// All alarms by name, the order of DescribeAlarms.
fn alarms<'a>(call: &Call<'a>) -> Vec<&'a Alarm> {
    let mut alarms: Vec<&Alarm> = call.world.catalog.alarms.iter().collect();
    alarms.sort_by(|a, b| a.name.cmp(&b.name));
    alarms
}

fn page<T>(input: &Document, mut all: Vec<T>) -> Result<(Vec<T>, Document), Refusal> {
    let size = match input.int("MaxRecords") {
        None => 50,
        Some(size) if (1..=RECORDS).contains(&size) => size as usize,
        Some(_) => return Err(Refusal::parameter("MaxRecords must be between 1 and 100.")),
    };
    let skip = page_start(input)?.min(all.len());
    let mut rest = all.split_off(skip);
    let more = rest.len() > size;
    rest.truncate(size);
    Ok((rest, if more { page_token(input, skip + size) } else { Document::Null }))
}

fn topic(call: &Call<'_>) -> String {
    let catalog = &call.world.catalog;
    format!("arn:aws:sns:{}:{}:oncall", catalog.region, catalog.account_id)
}

/// What an alarm does when it rings: it tells the people on call, or scales.
fn acts(call: &Call<'_>, alarm: &Alarm) -> String {
    match &alarm.scales {
        None => topic(call),
        Some(resource) => {
            let catalog = &call.world.catalog;
            format!(
                "arn:aws:autoscaling:{}:{}:scalingPolicy:{}:resource/lambda/{resource}:policyName/provisioned-utilization",
                catalog.region,
                catalog.account_id,
                Dice::of(&[hash_text(resource), 53]).uuid()
            )
        }
    }
}

fn document(call: &Call<'_>, reader: &Reader<'_>, alarm: &Alarm, turn: Option<&Turn>) -> Document {
    let catalog = &call.world.catalog;
    let dimension = |(name, value): &(String, String)| {
        Document::map([("Name", name.as_str().into()), ("Value", value.as_str().into())])
    };
    let percentile = Statistic::named(&alarm.statistic).is_some_and(Statistic::needs_values);
    let text = |wanted: bool| if wanted { alarm.statistic.as_str().into() } else { Document::Null };
    // The state was last looked at with the newest minute, and last turned at its turn.
    let turned = turn.map_or(reader.until(), |turn| turn.at);
    Document::map([
        ("AlarmName", alarm.name.as_str().into()),
        (
            "AlarmArn",
            format!("arn:aws:cloudwatch:{}:{}:alarm:{}", catalog.region, catalog.account_id, alarm.name).into(),
        ),
        (
            "AlarmDescription",
            alarm.scales.as_ref().map_or(Document::Null, |_| {
                let text = format!("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {}.", acts(call, alarm));
                Document::Text(text)
            }),
        ),
        ("AlarmConfigurationUpdatedTimestamp", Document::Time(call.world.born - 30 * 24 * 60 * MINUTE)),
        ("ActionsEnabled", true.into()),
        ("OKActions", Document::List(Vec::new())),
        ("AlarmActions", Document::list([acts(call, alarm)])),
        ("InsufficientDataActions", Document::List(Vec::new())),
        ("StateValue", turn.map_or("INSUFFICIENT_DATA", |turn| turn.to.name()).into()),
        ("StateReason", turn.map_or("Unchecked: Initial alarm creation", |turn| &turn.reason).into()),
        ("StateReasonData", turn.map(|turn| reason_data(alarm, turn).to_string()).into()),
        ("StateUpdatedTimestamp", Document::Time(turned)),
        ("StateTransitionedTimestamp", Document::Time(turned)),
        ("MetricName", alarm.metric.as_str().into()),
        ("Namespace", alarm.namespace.as_str().into()),
        ("Statistic", text(!percentile)),
        ("ExtendedStatistic", text(percentile)),
        ("Dimensions", Document::List(alarm.dimensions.iter().map(dimension).collect())),
        ("Period", i64::from(alarm.period_s).into()),
        ("EvaluationPeriods", i64::from(alarm.periods).into()),
        ("DatapointsToAlarm", i64::from(alarm.periods).into()),
        ("Threshold", alarm.threshold.into()),
        ("ComparisonOperator", if alarm.below { "LessThanThreshold" } else { "GreaterThanThreshold" }.into()),
        // Scaling waits where it knows nothing; people want an alarm that is quiet then.
        ("TreatMissingData", if alarm.scales.is_some() { "missing" } else { "notBreaching" }.into()),
    ])
}

fn reason_data(alarm: &Alarm, turn: &Turn) -> Value {
    let newest = turn.points.first();
    let recent: Vec<f64> = turn.points.iter().rev().map(|(_, value)| *value).collect();
    json!({
        "version": "1.0",
        "queryDate": iso(turn.at),
        "startDate": newest.map(|(at, _)| iso(*at)),
        "statistic": alarm.statistic,
        "period": alarm.period_s,
        "recentDatapoints": recent,
        "threshold": alarm.threshold,
    })
}

fn item(alarm: &Alarm, turn: &Turn) -> Document {
    let state = |name: &str, reason: Option<&str>| json!({"stateValue": name, "stateReason": reason});
    let data = json!({
        "version": "1.0",
        "oldState": state(turn.from.name(), None),
        "newState": state(turn.to.name(), Some(&turn.reason)),
    });
    Document::map([
        ("AlarmName", alarm.name.as_str().into()),
        ("AlarmType", "MetricAlarm".into()),
        ("Timestamp", Document::Time(turn.at)),
        ("HistoryItemType", "StateUpdate".into()),
        ("HistorySummary", format!("Alarm updated from {} to {}", turn.from.name(), turn.to.name()).into()),
        ("HistoryData", data.to_string().into()),
    ])
}
