//! CloudWatch Logs: groups, streams, events, Insights and Live Tail, told from the world's invocations and requests.

mod api_log;
pub mod event;
pub mod events;
pub mod filter_pattern;
pub mod groups;
pub mod input;
pub mod insights;
mod live_tail;
pub mod queries;
pub mod scan;
pub mod source;
mod token;

pub use events::truth;
pub use queries::Queries;

use super::{Call, unknown_operation};
use crate::sim::wire::Response;
use crate::sim::world::{Millis, World};
use input::Input;
use serde_json::json;

/// What the world remembers of the time before it was born.
const HISTORY_MS: Millis = 3 * 3_600_000;

/// Before this nothing was logged.
fn beginning(world: &World) -> Millis {
    world.born - HISTORY_MS
}

/// Answers one operation.
pub fn handle(call: &Call<'_>) -> Response {
    let input = match Input::of(call) {
        Ok(input) => input,
        Err(response) => return response,
    };
    let answer = match call.operation {
        "DescribeLogGroups" => groups::describe(call, &input),
        "DescribeLogStreams" => groups::describe_streams(call, &input),
        "FilterLogEvents" => events::filter(call, &input),
        "GetLogEvents" => events::get(call, &input),
        "StartQuery" => queries::start(call, &input),
        "GetQueryResults" => queries::results(call, &input),
        "StopQuery" => queries::stop(call, &input),
        "DescribeQueries" => queries::describe(call, &input),
        "StartLiveTail" => live_tail::start(call, &input),
        "ListTagsForResource" => input
            .required("resourceArn")
            .and_then(|arn| groups::find_by_identifier(call.world, arn))
            .map(|_| call.ok(&json!({ "tags": {} }))),
        _ => return unknown_operation(call),
    };
    answer.unwrap_or_else(|refusal| refusal.response(call))
}
