//! CloudWatch Logs: groups, pages of events, and the live tail.

use aws_sdk_cloudwatchlogs::primitives::event_stream::EventReceiver;
use aws_sdk_cloudwatchlogs::types::error::StartLiveTailResponseStreamError;
use aws_sdk_cloudwatchlogs::types::{self, FilteredLogEvent, LiveTailSessionLogEvent, StartLiveTailResponseStream};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::EndpointPrefix;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::Account;
use super::pages::Pages;
use super::reading::shown;
use crate::model::log::{LogEvent, LogGroup};
use crate::model::trouble::{Kind, Trouble};
use crate::time::Moment;

/// DescribeLogGroups gives at most 50 at a time.
const GROUPS_PER_PAGE: i32 = 50;
/// 10,000 groups are enough for a palette.
const GROUP_PAGES: usize = 200;

/// Calls of FilterLogEvents a second that AWS grants account and region; it can't be raised.
pub fn filter_rate(region: &str) -> u32 {
    match region {
        "us-east-1" => 25,
        "ap-northeast-3" | "ap-southeast-3" | "ca-west-1" | "eu-central-1" | "il-central-1" => 5,
        _ => 10,
    }
}

/// DescribeLogGroups, those whose name begins with `prefix`; sorted by name.
pub async fn groups(account: &Account, prefix: Option<&str>) -> Result<Vec<LogGroup>, Trouble> {
    let request = account
        .logs()
        .describe_log_groups()
        .limit(GROUPS_PER_PAGE)
        .set_log_group_name_prefix(prefix.filter(|prefix| !prefix.is_empty()).map(str::to_string));
    let (mut pages, mut token, mut groups) = (Pages::up_to(GROUP_PAGES), None, Vec::new());
    loop {
        let output = request.clone().set_next_token(token).send().await;
        let output = output.map_err(|error| account.trouble("logs:DescribeLogGroups", &error))?;
        groups.extend(output.log_groups().iter().map(log_group));
        token = pages.follow(output.next_token());
        if token.is_none() {
            groups.sort_by(|a: &LogGroup, b| a.name.cmp(&b.name));
            return Ok(groups);
        }
    }
}

/// The group of exactly that name, where there is one: it is the first of those whose names begin with it.
pub async fn group(account: &Account, name: &str) -> Result<Option<LogGroup>, Trouble> {
    let request = account.logs().describe_log_groups().limit(GROUPS_PER_PAGE).log_group_name_prefix(name);
    let output = request.send().await.map_err(|error| account.trouble("logs:DescribeLogGroups", &error))?;
    Ok(output.log_groups().iter().map(log_group).find(|group| group.name == name))
}

fn log_group(from: &types::LogGroup) -> LogGroup {
    LogGroup {
        name: shown(from.log_group_name()),
        arn: shown(from.log_group_arn().or(from.arn())).trim_end_matches(":*").to_string(),
        class: from.log_group_class().map_or_else(|| "STANDARD".into(), |class| shown(Some(class.as_str()))),
        stored_bytes: from.stored_bytes().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default(),
        created: from.creation_time().unwrap_or_default(),
        retention_days: from.retention_in_days().and_then(|days| u32::try_from(days).ok()),
    }
}

/// Which events are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Wanted {
    /// logGroupName.
    pub group: String,
    /// Filter pattern; empty for all.
    pub pattern: String,
    /// First moment, ms since 1970.
    pub from: i64,
    /// Last moment, ms since 1970, itself included; none is without end.
    pub to: Option<i64>,
    /// At most so many a page, up to 10,000; none is as many as fit. Some servers give no second page with a limit.
    pub limit: Option<i32>,
}

/// A page of FilterLogEvents: events, messages untouched, and the token of the next page. A page may be empty and yet
/// have a next one.
pub async fn page(
    account: &Account,
    wanted: &Wanted,
    token: Option<String>,
) -> Result<(Vec<LogEvent>, Option<String>), Trouble> {
    let output = account
        .logs()
        .filter_log_events()
        .log_group_name(&wanted.group)
        .set_filter_pattern(Some(wanted.pattern.clone()).filter(|pattern| !pattern.is_empty()))
        .start_time(wanted.from.max(0))
        .set_end_time(wanted.to)
        .set_limit(wanted.limit)
        .set_next_token(token)
        .send()
        .await;
    let output = output.map_err(|error| account.trouble("logs:FilterLogEvents", &error))?;
    let next = output.next_token.filter(|token| !token.is_empty());
    let events = output.events.unwrap_or_default();
    Ok((events.into_iter().map(|event| filtered(&wanted.group, event)).collect(), next))
}

fn filtered(group: &str, from: FilteredLogEvent) -> LogEvent {
    let timestamp = from.timestamp.unwrap_or_default();
    LogEvent {
        id: from.event_id.unwrap_or_default(),
        group: group.to_string(),
        stream: shown(from.log_stream_name.as_deref()),
        timestamp,
        ingestion: from.ingestion_time.unwrap_or(timestamp),
        message: from.message.unwrap_or_default(),
    }
}

/// Whether a stream of a shared group belongs to the function: such streams are named
/// `YYYY/MM/DD/function[version]...`, in which no prefix could stand for the date.
pub fn is_stream_of(stream: &str, function: &str) -> bool {
    let name = stream.splitn(4, '/').nth(3).unwrap_or(stream);
    name.strip_prefix(function).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// A live tail: open until dropped, or until AWS closes it after three hours.
pub struct LiveTail {
    stream: EventReceiver<StartLiveTailResponseStream, StartLiveTailResponseStreamError>,
    account: Account,
    /// What has been counted as its cost goes up to here.
    billed_to: Moment,
}

/// What a live tail brings, once a second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveUpdate {
    /// Events; they have no id.
    pub events: Vec<LogEvent>,
    /// There were more than 500 in that second, and these are a sample.
    pub sampled: bool,
}

/// Opens a live tail over at most [`crate::model::log::GROUPS_PER_LIVE_SESSION`] groups, given by ARN (without `:*`). Waits for the first
/// frame.
pub async fn live_tail(account: &Account, groups: &[String], pattern: &str) -> Result<LiveTail, Trouble> {
    let request = account
        .logs()
        .start_live_tail()
        .set_log_group_identifiers(Some(groups.to_vec()))
        .set_log_event_filter_pattern(Some(pattern.to_string()).filter(|pattern| !pattern.is_empty()));
    // With an endpoint of one's own the prefix would name a host that nobody has: `stream-127.0.0.1`.
    let output = match account.endpoint() {
        Some(_) => request.customize().interceptor(WithoutHostPrefix).send().await,
        None => request.send().await,
    };
    let output = output.map_err(|error| account.trouble("logs:StartLiveTail", &error))?;
    Ok(LiveTail { stream: output.response_stream, billed_to: account.clock().now(), account: account.clone() })
}

impl LiveTail {
    /// The next update; none when AWS has closed the session.
    pub async fn next(&mut self) -> Result<Option<LiveUpdate>, Trouble> {
        loop {
            let received = self.stream.recv().await;
            let now = self.account.clock().now();
            let passed = now - std::mem::replace(&mut self.billed_to, now);
            self.account.meter().tailed_live(passed, now);
            match received {
                Ok(Some(StartLiveTailResponseStream::SessionUpdate(update))) => {
                    return Ok(Some(LiveUpdate {
                        sampled: update.session_metadata().is_some_and(|metadata| metadata.sampled()),
                        events: update.session_results.unwrap_or_default().into_iter().map(live).collect(),
                    }));
                }
                // The start of the session, and what a later version may add.
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(SdkError::ServiceError(failure)) => {
                    let why = failure.err();
                    if why.is_session_timeout_exception() {
                        return Ok(None);
                    }
                    let message = shown(Some(&why.to_string()));
                    return Err(Trouble::new(Kind::Other, "logs:StartLiveTail", message));
                }
                Err(error) => {
                    let message =
                        shown(Some(&aws_smithy_types::error::display::DisplayErrorContext(&error).to_string()));
                    return Err(Trouble::new(Kind::Network, "logs:StartLiveTail", message));
                }
            }
        }
    }
}

fn live(from: LiveTailSessionLogEvent) -> LogEvent {
    let timestamp = from.timestamp.unwrap_or_default();
    // `123456789012:/aws/lambda/name`, or a whole ARN.
    let group = from.log_group_identifier.as_deref().map(|id| id.rsplit(':').next().unwrap_or(id));
    LogEvent {
        id: String::new(),
        group: shown(group),
        stream: shown(from.log_stream_name.as_deref()),
        timestamp,
        ingestion: from.ingestion_time.unwrap_or(timestamp),
        message: from.message.unwrap_or_default(),
    }
}

/// The SDK puts `stream-` before the host of StartLiveTail, whatever the endpoint, and has no setting against it.
#[derive(Debug)]
struct WithoutHostPrefix;

impl Intercept for WithoutHostPrefix {
    fn name(&self) -> &'static str {
        "WithoutHostPrefix"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().unset::<EndpointPrefix>();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_a_shared_group_are_told_apart() {
        assert!(is_stream_of("2026/11/21/pay[$LATEST]0123", "pay"));
        assert!(is_stream_of("2026/11/21/pay[12][0123]", "pay"));
        assert!(!is_stream_of("2026/11/21/pay-refund[$LATEST]0123", "pay"));
        assert!(!is_stream_of("2026/11/21/[$LATEST]0123", "pay"));
    }

    #[test]
    fn the_smallest_regions_are_known() {
        assert_eq!([filter_rate("us-east-1"), filter_rate("eu-central-1"), filter_rate("eu-west-1")], [25, 5, 10]);
    }
}
