//! CloudWatch: metrics and alarms, over CBOR, awsJson and awsQuery alike.

mod alarm;
mod alarms;
mod data;
mod insights;
mod list;
mod math;
mod reader;
mod samples;
mod series;

use super::{Call, unknown_operation};
use crate::sim::wire::Response;
use crate::sim::wire::document::Document;
use crate::sim::world::dice::hash_text;

/// XML namespace of the awsQuery answers.
const NAMESPACE: &str = "http://monitoring.amazonaws.com/doc/2010-08-01/";

/// A refusal on its way to the caller: code and message.
struct Refusal(&'static str, String);

impl Refusal {
    fn invalid(message: impl Into<String>) -> Refusal {
        Refusal("ValidationError", message.into())
    }

    fn parameter(message: impl Into<String>) -> Refusal {
        Refusal("InvalidParameterValueException", message.into())
    }

    fn token() -> Refusal {
        Refusal("InvalidNextToken", "The token is invalid or was not given for this request.".to_string())
    }
}

/// Answers one operation.
pub fn handle(call: &Call<'_>) -> Response {
    let input = match call.input() {
        Ok(input) => input,
        Err(refusal) => return refusal,
    };
    let mut asked = None;
    let result = match call.operation {
        "GetMetricData" => data::get(call, &input).map(|(document, series)| {
            asked = Some(series);
            document
        }),
        "ListMetrics" => list::list(call, &input),
        "DescribeAlarms" => alarms::describe(call, &input),
        "DescribeAlarmHistory" => alarms::history(call, &input),
        _ => return unknown_operation(call),
    };
    match result {
        Ok(document) => {
            let mut response = call.output(NAMESPACE, &document);
            if let Some(series) = asked {
                response.extensions_mut().insert(series);
            }
            response
        }
        Err(Refusal(code, message)) => call.error(400, code, &message),
    }
}

/// Where the page after this request's token begins; 0 without one. Errors: a token that was not given for this very
/// request.
fn page_start(input: &Document) -> Result<usize, Refusal> {
    let Some(token) = input.text("NextToken") else { return Ok(0) };
    let (place, mark) = token.split_once('-').ok_or_else(Refusal::token)?;
    let place = usize::from_str_radix(place, 16).map_err(|_| Refusal::token())?;
    if mark == fingerprint(input) { Ok(place) } else { Err(Refusal::token()) }
}

/// The token of the page that begins at `place`.
fn page_token(input: &Document, place: usize) -> Document {
    format!("{place:x}-{}", fingerprint(input)).into()
}

fn fingerprint(input: &Document) -> String {
    let Document::Map(members) = input else { return String::new() };
    let same: Vec<_> = members.iter().filter(|(name, _)| name != "NextToken").collect();
    format!("{:016x}", hash_text(&format!("{same:?}")))
}
