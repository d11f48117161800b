//! What the cursor is on, as far as other views can follow it: the one idea that makes `l`, `t`, `m` and `i` work
//! everywhere.

use crate::model::identity::{Scope, partition};
use crate::time::Moment;

/// The facets of whatever is selected; each may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    /// What it is called on screen.
    pub title: String,
    /// FunctionName.
    pub function: Option<String>,
    /// Alias or version.
    pub qualifier: Option<String>,
    /// Request id of an invocation.
    pub request_id: Option<String>,
    /// X-Ray trace id.
    pub trace_id: Option<String>,
    /// Whether that trace was sampled, where it is known.
    pub sampled: Option<bool>,
    /// API id and stage.
    pub stage: Option<(String, String)>,
    /// Method or route of that stage, as `GET /orders/{id}`, where one is under the cursor.
    pub route: Option<String>,
    /// Id of the usage plan under the cursor.
    pub plan: Option<String>,
    /// Log group.
    pub log_group: Option<String>,
    /// Log stream, of a line.
    pub log_stream: Option<String>,
    /// Name of an alarm.
    pub alarm: Option<String>,
    /// The moment that it is about.
    pub at: Option<Moment>,
    /// A condition for its traces beside its name, as a filter expression: what is wrong with it.
    pub condition: Option<&'static str>,
    /// Why it has no log of its own, where that is known.
    pub no_log: Option<String>,
    /// What `y` copies, and what that is called.
    pub copy: Option<(String, String)>,
}

impl Selected {
    /// A function.
    pub fn function(name: &str) -> Selected {
        Selected {
            title: name.to_string(),
            function: Some(name.to_string()),
            copy: Some(("function name".into(), name.to_string())),
            ..Selected::default()
        }
    }

    /// A stage of an API.
    pub fn stage(api: &str, stage: &str) -> Selected {
        Selected {
            title: format!("{api}/{stage}"),
            stage: Some((api.to_string(), stage.to_string())),
            copy: Some(("API id".into(), api.to_string())),
            ..Selected::default()
        }
    }

    /// The AWS console's page for it.
    pub fn console_url(&self, scope: &Scope) -> Option<String> {
        let region = &scope.region;
        let host = host(region);
        if let (Some(group), Some(stream), Some(at)) = (&self.log_group, &self.log_stream, self.at) {
            return Some(log_event_url(scope, group, stream, at.timestamp_millis()));
        }
        if let Some(trace) = &self.trace_id {
            return Some(format!("https://{host}/cloudwatch/home?region={region}#xray:traces/{trace}"));
        }
        if let Some(group) = &self.log_group {
            return Some(format!(
                "https://{host}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{}",
                encode(group)
            ));
        }
        if let Some(function) = &self.function {
            let tab = if self.qualifier.is_some() { "configuration" } else { "monitoring" };
            return Some(format!("https://{host}/lambda/home?region={region}#/functions/{function}?tab={tab}"));
        }
        if let Some((api, stage)) = &self.stage {
            return Some(format!(
                "https://{host}/apigateway/main/apis/{api}/stages?api={api}&region={region}&stage={stage}"
            ));
        }
        let alarm = self.alarm.as_ref()?;
        Some(format!("https://{host}/cloudwatch/home?region={region}#alarmsV2:alarm/{}", encode(alarm)))
    }
}

/// The AWS console's page for a log event: its stream, from that moment (ms since 1970) on.
pub fn log_event_url(scope: &Scope, group: &str, stream: &str, timestamp: i64) -> String {
    let region = &scope.region;
    format!(
        "https://{}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{}/log-events/{}$3Fstart$3D{timestamp}",
        host(region),
        encode(group),
        encode(stream)
    )
}

fn host(region: &str) -> String {
    match partition(region) {
        "aws-cn" => "console.amazonaws.cn".to_string(),
        "aws-us-gov" => "console.amazonaws-us-gov.com".to_string(),
        _ => format!("{region}.console.aws.amazon.com"),
    }
}

/// A name in a fragment of the console: percent-encoded twice, with `$` for the `%` of the second time.
fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len() + 16);
    for byte in name.bytes() {
        match byte {
            b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("$25{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_finds_a_stream_at_a_moment() {
        let scope = Scope { account: "1".into(), region: "eu-west-1".into() };
        assert_eq!(
            log_event_url(&scope, "/aws/lambda/pay", "2026/11/21/[$LATEST]0a", 1_795_260_000_123),
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/\
             $252Faws$252Flambda$252Fpay/log-events/2026$252F11$252F21$252F$255B$2524LATEST$255D0a$3Fstart$3D1795260000123"
        );
    }
}
