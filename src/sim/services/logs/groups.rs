//! The log groups: one for each function or several together, and those of the stages of APIs.

use super::api_log::{self, Levels};
use super::input::{Input, Refusal};
use super::source::{DAY_MS, Source};
use super::{beginning, token};
use crate::sim::services::Call;
use crate::sim::services::xray::span_log;
use crate::sim::wire::Response;
use crate::sim::world::catalog::{Api, ApiId, Protocol};
use crate::sim::world::dice::{hash, hash_text};
use crate::sim::world::{Millis, World, narration};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Most groups or streams on one page.
const PAGE: i64 = 50;

/// A group and what writes into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// logGroupName.
    pub name: String,
    /// Its writers.
    pub sources: Vec<Source>,
}

/// Group of the execution log of a stage (by its index), where API Gateway has written one: not for HTTP APIs.
fn execution_group(world: &World, api: ApiId, stage: usize) -> Option<String> {
    let Api { id, protocol, stages, .. } = &world.catalog.apis[api];
    let name = &stages[stage].name;
    let group = match protocol {
        Protocol::Rest => format!("API-Gateway-Execution-Logs_{id}/{name}"),
        Protocol::WebSocket => format!("/aws/apigateway/{id}/{name}"),
        Protocol::Http => return None,
    };
    Levels::of(world, api, stage).ever_on().then_some(group)
}

/// Groups of the stages, each with its writer.
fn stage_groups(world: &World) -> Vec<(String, Source)> {
    let mut groups = Vec::new();
    for (id, api) in world.catalog.apis.iter().enumerate() {
        for (number, stage) in api.stages.iter().enumerate() {
            groups.extend(stage.access_log_group.clone().map(|name| (name, Source::Access(id, number))));
            groups.extend(execution_group(world, id, number).map(|name| (name, Source::Execution(id, number))));
        }
    }
    groups
}

/// The group of that name.
pub fn find(world: &World, name: &str) -> Option<Group> {
    let functions = world.catalog.functions.iter().enumerate().filter(|(_, function)| function.log_group == name);
    let mut sources: Vec<Source> = functions.map(|(id, _)| Source::Function(id)).collect();
    sources.extend(stage_groups(world).into_iter().filter(|(group, _)| group == name).map(|(_, source)| source));
    sources.extend((name == span_log::GROUP && world.has_spans()).then_some(Source::Spans));
    (!sources.is_empty()).then(|| Group { name: name.to_owned(), sources })
}

/// The group that a name or an ARN (without `:*`) stands for.
///
/// # Errors
/// An ARN that ends in `:*` or is none of Logs: InvalidParameterException. An unknown group: ResourceNotFoundException.
pub fn find_by_identifier(world: &World, identifier: &str) -> Result<Group, Refusal> {
    let name = if identifier.starts_with("arn:") {
        if identifier.ends_with('*') {
            return Err(Refusal::invalid("The log group ARN must not end with ':*'."));
        }
        let prefix = format!("arn:aws:logs:{}:{}:log-group:", world.catalog.region, world.catalog.account_id);
        identifier.strip_prefix(&prefix).ok_or_else(unknown_group)?
    } else {
        identifier
    };
    find(world, name).ok_or_else(unknown_group)
}

fn unknown_group() -> Refusal {
    Refusal::not_found("The specified log group does not exist.")
}

/// A group of the class that is kept for little money and read by Logs Insights only: access logs, as in life.
const INFREQUENT: &str = "/aws/apigateway/storefront-access";

/// logGroupClass.
fn class_of(name: &str) -> &'static str {
    if name == INFREQUENT { "INFREQUENT_ACCESS" } else { "STANDARD" }
}

/// Refuses what a class does not offer.
///
/// # Errors
/// InvalidOperationException, in the words of the service (quoted in aws/karpenter-provider-aws#9567).
pub fn must_be_standard(group: &Group, operation: &str) -> Result<(), Refusal> {
    match class_of(&group.name) {
        "STANDARD" => Ok(()),
        class => Err(Refusal {
            code: "InvalidOperationException",
            message: format!(
                "The log group {} is of log-group-class {class}. {operation} is not supported for this log class.",
                group.name
            ),
        }),
    }
}

/// ARN of a group, without the `:*` that DescribeLogGroups puts behind it.
pub fn arn(world: &World, name: &str) -> String {
    format!("arn:aws:logs:{}:{}:log-group:{name}", world.catalog.region, world.catalog.account_id)
}

/// The group that a call names by `logGroupName` or `logGroupIdentifier`: exactly one of them.
///
/// # Errors
/// As of [`find_by_identifier`], and where both or none is given.
pub fn named(world: &World, input: &Input) -> Result<Group, Refusal> {
    match (input.text("logGroupName")?, input.text("logGroupIdentifier")?) {
        (Some(name), None) => find(world, name).ok_or_else(unknown_group),
        (None, Some(identifier)) => find_by_identifier(world, identifier),
        (None, None) => Err(Refusal::invalid("Either logGroupName or logGroupIdentifier must be specified.")),
        (Some(_), Some(_)) => {
            Err(Refusal::invalid("Only one of logGroupName and logGroupIdentifier can be specified."))
        }
    }
}

/// DescribeLogGroups.
pub fn describe(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    let world = call.world;
    let prefix = input.text("logGroupNamePrefix")?;
    let pattern = input.text("logGroupNamePattern")?;
    if prefix.is_some() && pattern.is_some() {
        return Err(Refusal::invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let limit = input.number("limit", 1..=PAGE)?.unwrap_or(PAGE);
    let class = input.text("logGroupClass")?;
    let request = format!("groups {prefix:?} {pattern:?} {class:?}");
    let after = match input.text("nextToken")? {
        None => None,
        Some(token) => Some(token::open(world.seed, &request, call.now, token).ok_or_else(invalid_token)?),
    };

    // Of ten thousand groups only those of the page are described.
    let mut names: Vec<Cow<'_, str>> =
        world.catalog.functions.iter().map(|function| Cow::Borrowed(function.log_group.as_str())).collect();
    names.extend(stage_groups(world).into_iter().map(|(name, _)| Cow::Owned(name)));
    names.extend(world.has_spans().then_some(Cow::Borrowed(span_log::GROUP)));
    names.retain(|name| {
        class.is_none_or(|class| class == class_of(name))
            && prefix.is_none_or(|prefix| name.starts_with(prefix))
            && pattern.is_none_or(|pattern| name.contains(pattern))
            && after.as_deref().is_none_or(|after| **name > *after)
    });
    names.sort_unstable();
    names.dedup();
    let page = names.len().min(limit as usize);
    let groups: Vec<Value> = names[..page].iter().map(|name| description(world, name, pattern.is_some())).collect();
    let mut body = json!({ "logGroups": groups });
    if page < names.len() {
        body["nextToken"] = token::seal(world.seed, &request, call.now, &names[page - 1]).into();
    }
    Ok(call.ok(&body))
}

/// `brief`: the API reference says that a search by pattern gives the name, the ARN and the creation time only.
fn description(world: &World, name: &str, brief: bool) -> Value {
    let mark = hash(&[world.seed, hash_text(name)]);
    let created = beginning(world) - DAY_MS * (30 + (mark % 400) as Millis);
    let arn = arn(world, name);
    let mut group = json!({ "logGroupName": name, "creationTime": created, "arn": format!("{arn}:*") });
    if !brief {
        group["metricFilterCount"] = 0.into();
        group["storedBytes"] = (mark >> 20 & 0xffff_ffff).into();
        group["logGroupClass"] = class_of(name).into();
        group["logGroupArn"] = arn.into();
        // Many groups never expire, as in life.
        if let Some(days) = [None, Some(7), Some(14), Some(30), None, Some(90)][(mark % 6) as usize] {
            group["retentionInDays"] = days.into();
        }
    }
    group
}

/// A log stream of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// logStreamName.
    pub name: String,
    /// Timestamp of about its first event.
    pub first: Millis,
    /// Timestamp of about its last event.
    pub last: Millis,
}

/// All streams of a group at `now`, by name: one for each execution environment that has run, a few for each stage.
pub fn streams(world: &World, group: &Group, now: Millis) -> Vec<Stream> {
    let mut found: BTreeMap<String, (Millis, Millis)> = BTreeMap::new();
    let mut see = |name: String, at: Millis| {
        let seen = found.entry(name).or_insert((at, at));
        *seen = (seen.0.min(at), seen.1.max(at));
    };
    for source in &group.sources {
        match *source {
            Source::Function(id) => {
                // The name is the same for all invocations of an environment and version on one day.
                let mut known: BTreeMap<(u64, u32, Millis), (Millis, Millis, String)> = BTreeMap::new();
                for invocation in world.invocations(id, beginning(world), now) {
                    if matches!(invocation.outcome, crate::sim::world::invocation::Outcome::Throttled { .. }) {
                        continue;
                    }
                    let at = invocation.start;
                    let place = (invocation.environment, invocation.version, at / DAY_MS);
                    known
                        .entry(place)
                        .and_modify(|seen| seen.1 = at)
                        .or_insert_with(|| (at, at, narration::stream(world, &invocation)));
                }
                for (first, last, name) in known.into_values() {
                    see(name.clone(), first);
                    see(name, last);
                }
            }
            Source::Spans => {
                see(span_log::STREAM.to_owned(), beginning(world));
                see(span_log::STREAM.to_owned(), now);
            }
            // Neither the lines nor the levels of the log are looked at: a stage that is logged logs most requests.
            Source::Access(api, stage) | Source::Execution(api, stage) => {
                for request in world.api_requests(api, beginning(world), now) {
                    if request.stage == stage {
                        see(api_log::stream(world, &request), request.start);
                    }
                }
            }
        }
    }
    found.into_iter().map(|(name, (first, last))| Stream { name, first, last }).collect()
}

/// DescribeLogStreams.
pub fn describe_streams(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    let world = call.world;
    let group = named(world, input)?;
    let prefix = input.text("logStreamNamePrefix")?;
    let by_time = match input.text("orderBy")? {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") if prefix.is_some() => {
            return Err(Refusal::invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        Some("LastEventTime") => true,
        Some(other) => return Err(Refusal::not_in_enum("orderBy", other, &["LogStreamName", "LastEventTime"])),
    };
    let descending = input.flag("descending")?.unwrap_or(false);
    let limit = input.number("limit", 1..=PAGE)?.unwrap_or(PAGE) as usize;
    let request = format!("streams {} {prefix:?} {by_time} {descending}", group.name);
    let skip: usize = match input.text("nextToken")? {
        None => 0,
        Some(token) => token::open(world.seed, &request, call.now, token)
            .and_then(|place| place.parse().ok())
            .ok_or_else(invalid_token)?,
    };
    let mut all = streams(world, &group, call.now);
    all.retain(|stream| prefix.is_none_or(|prefix| stream.name.starts_with(prefix)));
    if by_time {
        all.sort_by_key(|stream| stream.last);
    }
    if descending {
        all.reverse();
    }
    let page: Vec<Value> = all
        .iter()
        .skip(skip)
        .take(limit)
        .map(|stream| {
            json!({
                "logStreamName": stream.name,
                "creationTime": stream.first,
                "firstEventTimestamp": stream.first,
                "lastEventTimestamp": stream.last,
                "lastIngestionTime": stream.last + 1_000,
                "uploadSequenceToken": format!("{:056}", hash_text(&stream.name)),
                "arn": format!("{}:log-stream:{}", arn(world, &group.name), stream.name),
                "storedBytes": 0,
            })
        })
        .collect();
    let mut body = json!({ "logStreams": page });
    if skip + limit < all.len() {
        body["nextToken"] = token::seal(world.seed, &request, call.now, &(skip + limit).to_string()).into();
    }
    Ok(call.ok(&body))
}

/// What a token gets that was never given.
pub fn invalid_token() -> Refusal {
    Refusal::invalid("The specified nextToken is invalid.")
}
