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
    /// API id and stage.
    pub stage: Option<(String, String)>,
    /// Log group.
    pub log_group: Option<String>,
    /// Name of an alarm.
    pub alarm: Option<String>,
    /// The moment that it is about.
    pub at: Option<Moment>,
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
        let host = match partition(region) {
            "aws-cn" => "console.amazonaws.cn".to_string(),
            "aws-us-gov" => "console.amazonaws-us-gov.com".to_string(),
            _ => format!("{region}.console.aws.amazon.com"),
        };
        let encode = |name: &str| name.replace('/', "$252F").replace('[', "$255B").replace(']', "$255D");
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
