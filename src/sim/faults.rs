//! Faults on demand: what a client meets on a bad day, each as the service in question says it.

use super::services::{Call, Service};
use super::wire::{Dialect, Response, set, whole};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A way to go wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Too many calls: each service's own throttling error.
    Throttle,
    /// No permission, with the IAM action in the message.
    Deny,
    /// The session token has expired.
    Expired,
    /// Credentials that the account does not know.
    UnknownKey,
    /// The clocks differ by so many seconds: InvalidSignatureException and a Date header to tell by.
    Skew(i64),
    /// Refused in words of your own, as the service in question spells an error: its status, its code
    /// (`ResourceConflictException`) and its message.
    Refuse {
        /// HTTP status, as 409.
        status: u16,
        /// Name of the error's shape.
        code: String,
        /// What it says.
        message: String,
    },
    /// The service broke: a 500.
    Internal,
    /// An answer that is no JSON, CBOR or XML (a proxy's page).
    Garbage,
    /// An answer, but late.
    Latency(Duration),
    /// No answer, ever.
    Hang,
    /// The connection closes without an answer.
    Drop,
    /// The connection closes half way through the answer.
    Truncate,
}

/// A fault, for the operations that it befalls.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// `service:Operation` with `*` for any run of characters: `lambda:List*`, `*`.
    pub operations: String,
    /// What happens.
    pub fault: Fault,
    /// How many more times; none is until cleared.
    pub left: Option<u64>,
}

/// The faults that are in force.
#[derive(Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

/// More rules than any test needs; what is beyond is not taken.
const RULES: usize = 1000;

impl Faults {
    /// From now on these operations (`cloudwatch:*`) meet this fault. Earlier rules go first; latency adds to others.
    pub fn inject(&self, operations: &str, fault: Fault) {
        self.add(Rule { operations: operations.to_string(), fault, left: None });
    }

    /// The next so many calls of these operations meet this fault.
    pub fn inject_times(&self, operations: &str, fault: Fault, times: u64) {
        self.add(Rule { operations: operations.to_string(), fault, left: Some(times) });
    }

    /// All is well again.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The rules in force.
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().clone()
    }

    /// Adds a rule.
    pub fn add(&self, rule: Rule) {
        let mut rules = self.lock();
        if rules.len() < RULES {
            rules.push(rule);
        }
    }

    /// What befalls a call: its delay, and the first fault that matches. Uses up counted rules.
    pub(super) fn draw(&self, service: Service, operation: &str) -> (Duration, Option<Fault>) {
        let name = format!("{}:{operation}", service.name());
        let (mut delay, mut fault) = (Duration::ZERO, None);
        let mut rules = self.lock();
        for rule in rules.iter_mut().filter(|rule| glob(&rule.operations, &name)) {
            match &rule.fault {
                Fault::Latency(more) => delay += *more,
                other if fault.is_none() => fault = Some(other.clone()),
                _ => continue,
            }
            rule.left = rule.left.map(|left| left.saturating_sub(1));
        }
        rules.retain(|rule| rule.left != Some(0));
        (delay, fault)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    /// A rule as `POST /_sim/faults` takes it:
    /// `{"operations": "lambda:List*", "fault": "throttle", "times": 2}`; latency has `ms`, skew has `seconds`, refuse has
    /// `status`, `code` and `message`.
    pub fn from_json(value: &Value) -> Result<Rule, String> {
        let number = |name: &str| value.get(name).and_then(Value::as_i64);
        let fault = match value.get("fault").and_then(Value::as_str).unwrap_or_default() {
            "throttle" => Fault::Throttle,
            "deny" => Fault::Deny,
            "expired" => Fault::Expired,
            "unknown-key" => Fault::UnknownKey,
            "skew" => Fault::Skew(number("seconds").unwrap_or(3600)),
            "refuse" => {
                let text = |name: &str| value.get(name).and_then(Value::as_str);
                let code = text("code").ok_or("a refusal needs a code, as ResourceConflictException")?;
                let status = number("status").unwrap_or(400);
                let status = u16::try_from(status).ok().filter(|status| (400..600).contains(status));
                Fault::Refuse {
                    status: status.ok_or("the status of a refusal is 400 to 599")?,
                    code: code.to_string(),
                    message: text("message").unwrap_or_default().to_string(),
                }
            }
            "internal" => Fault::Internal,
            "garbage" => Fault::Garbage,
            "latency" => Fault::Latency(Duration::from_millis(number("ms").unwrap_or(1000).unsigned_abs())),
            "hang" => Fault::Hang,
            "drop" => Fault::Drop,
            "truncate" => Fault::Truncate,
            other => return Err(format!("no such fault: {other:?}")),
        };
        let operations = value.get("operations").and_then(Value::as_str).unwrap_or("*").to_string();
        Ok(Rule { operations, fault, left: number("times").map(i64::unsigned_abs) })
    }
}

/// The answer of a fault that has one; none for those that are no answer at all.
pub(super) fn answer(call: &Call<'_>, fault: &Fault) -> Option<Response> {
    // The JSON services of old say 400 to all of these, the others 403.
    let refused = if call.dialect == Dialect::Json11 { 400 } else { 403 };
    Some(match fault {
        Fault::Throttle => throttled(call),
        Fault::Deny => {
            let (action, resource) = (action(call), resource(call));
            let account = &call.world.catalog.account_id;
            let message = format!(
                "User: arn:aws:iam::{account}:user/oncall is not authorized to perform: {action} on resource: {resource} \
                 because no identity-based policy allows the {action} action"
            );
            call.error(refused, "AccessDeniedException", &message)
        }
        Fault::Expired => {
            call.error(refused, "ExpiredTokenException", "The security token included in the request is expired")
        }
        Fault::UnknownKey => {
            let code =
                if call.dialect == Dialect::Query { "InvalidClientTokenId" } else { "UnrecognizedClientException" };
            call.error(refused, code, "The security token included in the request is invalid.")
        }
        Fault::Skew(seconds) => {
            let theirs = call.now + seconds * 1000;
            let message = format!(
                "Signature expired: {} is now earlier than {} ({} - 5 min.)",
                stamp(call.now),
                stamp(theirs - 300_000),
                stamp(theirs)
            );
            let mut response = call.error(refused, "InvalidSignatureException", &message);
            let date = chrono::DateTime::from_timestamp_millis(theirs).unwrap_or_default();
            set(&mut response, "date", &date.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
            response
        }
        Fault::Refuse { status, code, message } => call.error(*status, code, message),
        Fault::Internal => {
            let code = match call.service {
                Service::Lambda => "ServiceException",
                Service::CloudWatch => "InternalServiceFault",
                _ => "InternalFailure",
            };
            call.error(500, code, "The service encountered an internal error.")
        }
        Fault::Garbage => whole(
            200,
            call.dialect.content_type(),
            "<html><head><title>Sign in to this network</title></head>\u{1b}[2J",
        ),
        Fault::Latency(_) | Fault::Hang | Fault::Drop | Fault::Truncate => return None,
    })
}

fn throttled(call: &Call<'_>) -> Response {
    match call.service {
        Service::Lambda => {
            let body = json!({"Type": "User", "message": "Rate exceeded", "Reason": "CallerRateLimitExceeded"});
            let mut response = whole(429, "application/json", body.to_string());
            set(&mut response, "x-amzn-errortype", "TooManyRequestsException");
            set(&mut response, "retry-after", "1");
            response
        }
        Service::XRay => call.error(429, "ThrottledException", "Rate exceeded"),
        Service::Tagging => call.error(400, "ThrottledException", "Rate exceeded"),
        Service::ApiGateway | Service::ApiGatewayV2 => call.error(429, "TooManyRequestsException", "Too Many Requests"),
        _ => call.error(400, "ThrottlingException", "Rate exceeded"),
    }
}

fn action(call: &Call<'_>) -> String {
    match call.service {
        Service::ApiGateway | Service::ApiGatewayV2 => {
            format!("apigateway:{}", call.request.method())
        }
        Service::Lambda if call.operation.starts_with("Invoke") => "lambda:InvokeFunction".to_string(),
        service => format!("{}:{}", service.name(), call.operation),
    }
}

fn resource(call: &Call<'_>) -> String {
    let (region, account) = (call.region, &call.world.catalog.account_id);
    match (call.service, call.label("FunctionName")) {
        (Service::ApiGateway | Service::ApiGatewayV2, _) => {
            format!("arn:aws:apigateway:{region}::{}", call.request.uri().path())
        }
        (Service::Lambda, name) if name.starts_with("arn:") => name.to_string(),
        (Service::Lambda, name) if !name.is_empty() => {
            format!("arn:aws:lambda:{region}:{account}:function:{name}")
        }
        _ => "*".to_string(),
    }
}

/// As SigV4 writes times.
fn stamp(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default().format("%Y%m%dT%H%M%SZ").to_string()
}

/// Whether the pattern, in which `*` is any run of characters, matches all of the text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    (0..=text.len()).filter(|&at| text.is_char_boundary(at)).any(|at| glob(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        assert!(glob("*", "lambda:ListFunctions"));
        assert!(glob("lambda:List*", "lambda:ListFunctions"));
        assert!(glob("*:Get*Data", "cloudwatch:GetMetricData"));
        assert!(!glob("lambda:List*", "logs:ListFunctions"));
        assert!(!glob("lambda:List", "lambda:ListFunctions"));
    }

    #[test]
    fn counted_faults_run_out_and_latency_adds() {
        let faults = Faults::default();
        faults.inject_times("lambda:*", Fault::Throttle, 1);
        faults.inject("*", Fault::Latency(Duration::from_millis(5)));
        faults.inject("lambda:*", Fault::Hang);
        let late = Duration::from_millis(5);
        assert_eq!(faults.draw(Service::Lambda, "ListFunctions"), (late, Some(Fault::Throttle)));
        assert_eq!(faults.draw(Service::Lambda, "ListFunctions"), (late, Some(Fault::Hang)));
        assert_eq!(faults.draw(Service::Logs, "FilterLogEvents"), (late, None));
        faults.clear();
        assert_eq!(faults.draw(Service::Lambda, "ListFunctions"), (Duration::ZERO, None));
    }

    #[test]
    fn rules_are_read_from_json() {
        let rule = Rule::from_json(&json!({"operations": "xray:*", "fault": "latency", "ms": 20, "times": 3}));
        let want =
            Rule { operations: "xray:*".into(), fault: Fault::Latency(Duration::from_millis(20)), left: Some(3) };
        assert_eq!(rule, Ok(want));
        assert!(Rule::from_json(&json!({"fault": "flood"})).is_err());
        let conflict = json!({"operations": "lambda:Put*", "fault": "refuse", "status": 409,
            "code": "ResourceConflictException", "message": "An update is in progress"});
        let (code, message) = ("ResourceConflictException".to_string(), "An update is in progress".to_string());
        let want = Ok(Fault::Refuse { status: 409, code, message });
        assert_eq!(Rule::from_json(&conflict).map(|rule| rule.fault), want);
        assert!(Rule::from_json(&json!({"fault": "refuse", "status": 409})).is_err(), "without a code");
        assert!(Rule::from_json(&json!({"fault": "refuse", "status": 200, "code": "A"})).is_err());
    }
}
