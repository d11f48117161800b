//! CloudWatch Logs: groups, streams, events, Insights and Live Tail, told from the world's invocations and requests.

pub mod access_format;
pub mod api_log;
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

pub use events::{truth, written};
pub use queries::Queries;

use super::{Call, unknown_operation};
use crate::sim::wire::Response;
use crate::sim::world::{Millis, World};
use input::{Input, Refusal};
use serde_json::json;

/// What the world remembers of the time before it was born.
const HISTORY_MS: Millis = 3 * 3_600_000;

/// Before this nothing was logged.
fn beginning(world: &World) -> Millis {
    world.born - HISTORY_MS
}

/// Answers one operation.
pub fn handle(call: &Call<'_>) -> Response {
    let answer = match call.json() {
        Ok(body) => Input::of(body).and_then(|input| answer(call, &input)),
        Err(response) => return response,
    };
    answer.unwrap_or_else(|refusal| refusal.response(call))
}

fn answer(call: &Call<'_>, input: &Input) -> Result<Response, Refusal> {
    match call.operation {
        "DescribeLogGroups" => groups::describe(call, input),
        "DescribeLogStreams" => groups::describe_streams(call, input),
        "FilterLogEvents" => events::filter(call, input),
        "GetLogEvents" => events::get(call, input),
        "StartQuery" => queries::start(call, input),
        "GetQueryResults" => queries::results(call, input),
        "StopQuery" => queries::stop(call, input),
        "DescribeQueries" => queries::describe(call, input),
        "StartLiveTail" => live_tail::start(call, input),
        "ListTagsForResource" => {
            groups::find_by_identifier(call.world, input.required("resourceArn")?)?;
            Ok(call.ok(&json!({ "tags": {} })))
        }
        _ => Ok(unknown_operation(call)),
    }
}

#[cfg(test)]
mod tests;
