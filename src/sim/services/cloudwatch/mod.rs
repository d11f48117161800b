//! CloudWatch: metrics and alarms, over CBOR, awsJson and awsQuery alike.

use super::{Call, unknown_operation};
use crate::sim::wire::Response;

/// Answers one operation.
pub fn handle(call: &Call<'_>) -> Response {
    unknown_operation(call)
}
