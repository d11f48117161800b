//! Formats of access logs, and the lines that they make: `$context` variables in a text.

use std::borrow::Cow;

use crate::sim::world::catalog::{Api, Protocol};

const REST: &str = concat!(
    r#"{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","requestTime":"$context.requestTime","#,
    r#""requestTimeEpoch":$context.requestTimeEpoch,"stage":"$context.stage","status":"$context.status","#,
    r#""responseLatency":"$context.responseLatency","integrationLatency":"$context.integrationLatency","#,
    r#""responseLength":"$context.responseLength","xrayTraceId":"$context.xrayTraceId","#,
    r#""httpMethod":"$context.httpMethod","resourcePath":"$context.resourcePath","path":"$context.path","#,
    r#""protocol":"$context.protocol","errorMessage":"$context.error.message","#,
    r#""errorResponseType":"$context.error.responseType","apiKeyId":"$context.identity.apiKeyId","#,
    r#""isCanaryRequest":"$context.isCanaryRequest"}"#
);

const HTTP: &str = concat!(
    r#"{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","requestTime":"$context.requestTime","#,
    r#""requestTimeEpoch":$context.requestTimeEpoch,"stage":"$context.stage","status":"$context.status","#,
    r#""responseLatency":"$context.responseLatency","integrationLatency":"$context.integrationLatency","#,
    r#""responseLength":"$context.responseLength","xrayTraceId":"$context.xrayTraceId","#,
    r#""httpMethod":"$context.httpMethod","routeKey":"$context.routeKey","path":"$context.path","#,
    r#""protocol":"$context.protocol","errorMessage":"$context.error.message","#,
    r#""errorResponseType":"$context.error.responseType"}"#
);

const WEB_SOCKET: &str = concat!(
    r#"{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","requestTime":"$context.requestTime","#,
    r#""requestTimeEpoch":$context.requestTimeEpoch,"stage":"$context.stage","status":"$context.status","#,
    r#""responseLatency":"$context.responseLatency","integrationLatency":"$context.integrationLatency","#,
    r#""responseLength":"$context.responseLength","xrayTraceId":"$context.xrayTraceId","#,
    r#""routeKey":"$context.routeKey","eventType":"$context.eventType","errorMessage":"$context.error.message"}"#
);

/// The format that the stages of an API begin with.
pub fn of(api: &Api) -> &'static str {
    match api.protocol {
        Protocol::Rest => REST,
        Protocol::Http => HTTP,
        Protocol::WebSocket => WEB_SOCKET,
    }
}

/// The line that a format makes; `value` knows the variables by what stands after `$context.`, and what it does not know
/// is a dash.
pub fn fill<'a>(format: &str, value: impl Fn(&str) -> Option<Cow<'a, str>>) -> String {
    let mut line = String::with_capacity(format.len() + 200);
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("$context.") {
        line.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').unwrap_or(after.len());
        let name = after[..end].trim_end_matches('.');
        line.push_str(value(name).as_deref().unwrap_or("-"));
        rest = &after[name.len()..];
    }
    line + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_the_unknown_are_dashes() {
        let value = |name: &str| (name == "status").then_some(Cow::Borrowed("429"));
        assert_eq!(fill(r#"{"a":$context.status,"b":"$context.error.message"}"#, value), r#"{"a":429,"b":"-"}"#);
        assert_eq!(fill("$context.status. $context.status", value), "429. 429");
        assert_eq!(fill("plain", value), "plain");
    }

    #[test]
    fn the_formats_are_json_with_their_numbers_filled_in() {
        for format in [REST, HTTP, WEB_SOCKET] {
            let line = fill(format, |name| (name == "requestTimeEpoch").then_some(Cow::Borrowed("1")));
            assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{line}");
        }
    }
}
