//! Any failure of the SDK as a [`Trouble`]: what kind it is, one clear sentence, and the remedy.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use chrono::TimeDelta;

use crate::model::trouble::{Kind, Trouble};
use crate::text::{cut, safe_line};
use crate::time::Moment;

/// Longest message that is kept, in columns: an answer may hold a whole page.
const LONGEST: usize = 400;

/// What a remedy depends on.
#[derive(Clone, Debug)]
pub(super) struct Circumstances {
    pub(super) profile: Option<String>,
    pub(super) region: String,
    pub(super) endpoint: Option<String>,
    pub(super) demo: bool,
    pub(super) now: Moment,
}

/// What a service answered instead of doing it.
#[derive(Clone, Debug, Default)]
struct Answer {
    code: Option<String>,
    message: Option<String>,
    status: u16,
    /// Date header: the service's clock.
    date: Option<Moment>,
    retry_after: Option<Duration>,
    /// The body is a page for a browser.
    html: bool,
}

/// Why `action` (an IAM action, as `lambda:ListFunctions`) failed.
pub(super) fn of<E>(action: &str, error: &SdkError<E, HttpResponse>, at: &Circumstances) -> Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(failure) => {
            let raw = failure.raw();
            let header = |name| raw.headers().get(name);
            let body = raw.body().bytes().unwrap_or_default();
            let answer = Answer {
                code: failure.err().code().map(str::to_string),
                message: failure.err().message().map(str::to_string),
                status: raw.status().as_u16(),
                date: header("date")
                    .and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok())
                    .map(|date| date.to_utc()),
                retry_after: retry_after(header("x-amz-retry-after"), header("retry-after")),
                html: body.trim_ascii_start().starts_with(b"<")
                    && !header("content-type").is_some_and(|kind| kind.contains("xml")),
            };
            // The service did what was asked, and said so in a way that can't be read.
            if answer.code.is_none() && raw.status().is_success() {
                return unreadable(action, error, raw, at);
            }
            answered(action, &answer, at)
        }
        SdkError::ResponseError(failure) => unreadable(action, error, failure.raw(), at),
        _ => unanswered(action, error, at),
    }
}

/// Whether the request can't have reached the service: it was never sent.
pub(super) fn never_sent<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => true,
        SdkError::DispatchFailure(failure) => {
            let chain = Chain::of(error);
            failure.is_user() || chain.credentials.is_some() || chain.is_connecting()
        }
        _ => false,
    }
}

/// What went wrong, from the outermost error to its first cause.
struct Chain<'a> {
    texts: Vec<String>,
    credentials: Option<&'a CredentialsError>,
    io: Option<std::io::ErrorKind>,
}

impl<'a> Chain<'a> {
    fn of(error: &'a (dyn Error + 'static)) -> Chain<'a> {
        let mut chain = Chain { texts: Vec::new(), credentials: None, io: None };
        let mut next = Some(error);
        while let Some(error) = next {
            chain.texts.push(error.to_string());
            chain.credentials = chain.credentials.or_else(|| error.downcast_ref());
            let io = error.downcast_ref::<std::io::Error>();
            chain.io = io.map(std::io::Error::kind).or(chain.io);
            // The source of an I/O error skips what it wraps.
            next = match io.and_then(std::io::Error::get_ref) {
                Some(inner) => Some(inner as &(dyn Error + 'static)),
                None => error.source(),
            };
            if chain.texts.len() == 32 {
                break;
            }
        }
        chain
    }

    fn has(&self, needle: &str) -> bool {
        self.texts.iter().any(|text| text.to_ascii_lowercase().contains(needle))
    }

    /// The innermost text that says something.
    fn cause(&self) -> String {
        self.texts.iter().rev().find(|text| !text.trim().is_empty()).cloned().unwrap_or_default()
    }

    /// The first cause and what it was the cause of.
    fn story(&self) -> String {
        let cause = self.cause();
        let before = self.texts.iter().rev().skip(1).find(|text| !text.trim().is_empty() && !text.contains(&cause));
        match before {
            Some(before) if before.len() > 12 => format!("{before}: {cause}"),
            _ => cause,
        }
    }

    /// DNS, TCP or TLS: nothing of the request has left.
    fn is_connecting(&self) -> bool {
        self.io == Some(std::io::ErrorKind::ConnectionRefused)
            || [
                "client error (connect)",
                "dns error",
                "tcp connect error",
                "http connect timeout",
                "invalid peer certificate",
            ]
            .iter()
            .any(|needle| self.has(needle))
    }
}

fn unanswered(action: &str, error: &(dyn Error + 'static), at: &Circumstances) -> Trouble {
    let chain = Chain::of(error);
    if let Some(credentials) = chain.credentials {
        return without_credentials(action, credentials, &chain, at);
    }
    let server = at.endpoint.clone().unwrap_or_else(|| format!("AWS in {}", at.region));
    let check_network = "check the network, the proxy variables and --endpoint-url".to_string();
    let (message, remedy) = if chain.has("dns error") || chain.has("failed to lookup address") {
        let remedy = match &at.endpoint {
            Some(_) => check_network,
            None => format!("check the network, and whether `{}` is a region that has this service", at.region),
        };
        (format!("the name of {server} can't be resolved"), remedy)
    } else if chain.io == Some(std::io::ErrorKind::ConnectionRefused) {
        (format!("{server} refuses the connection"), format!("is something listening there? Else {check_network}"))
    } else if chain.has("certificate") || chain.has("tls") || chain.has("invalidcontenttype") {
        let remedy = "if a proxy or server has its own certificates, name them in AWS_CA_BUNDLE".to_string();
        (format!("no trusted connection to {server}: {}", chain.cause()), remedy)
    } else if chain.has("timeout") || chain.has("timed out") || chain.io == Some(std::io::ErrorKind::TimedOut) {
        (format!("{server} has not answered in time"), check_network)
    } else if chain.has("region must be set") || chain.has("a region") && chain.has("endpoint") {
        (chain.cause(), "give --region".to_string())
    } else {
        (format!("the connection to {server} broke: {}", chain.cause()), check_network)
    };
    trouble(Kind::Network, action, &message, None, Some(&remedy))
}

fn without_credentials(action: &str, error: &CredentialsError, chain: &Chain<'_>, at: &Circumstances) -> Trouble {
    let profile = at.profile.as_ref().map(|profile| format!(" --profile {profile}")).unwrap_or_default();
    let demo = "or see it run without any: `slsdash demo`";
    let sso = chain.has("sso") || chain.has("session token not found") || chain.has("unauthorizedexception");
    if chain.has("expired") || sso && (chain.has("token") || chain.has("session") || chain.has("unauthorized")) {
        let remedy = format!("run `aws sso login{profile}` (or renew them), it is picked up here by itself");
        return trouble(Kind::Expired, action, &chain.cause(), None, Some(&remedy));
    }
    if chain.has("login/cache") {
        let remedy = format!("run `aws login{profile}`, it is picked up here by itself");
        return trouble(Kind::Expired, action, "nobody has signed in to this profile", None, Some(&remedy));
    }
    let (message, remedy) = match error {
        CredentialsError::CredentialsNotLoaded(_) => (
            "neither the environment, the profile nor the instance has any".to_string(),
            format!("run `aws configure{profile}` or `aws sso login{profile}`, {demo}"),
        ),
        CredentialsError::ProviderTimedOut(_) => {
            ("loading them takes too long".to_string(), format!("check credential_process and the network, {demo}"))
        }
        CredentialsError::InvalidConfiguration(_) => {
            (chain.cause(), format!("mend ~/.aws/config or choose another --profile, {demo}"))
        }
        // What a credential_process printed may hold the credentials.
        _ if chain.has("credential_process") || chain.has("external process") => {
            ("credential_process gave nothing that can be read".to_string(), format!("run it by hand, {demo}"))
        }
        _ => (chain.story(), format!("try `aws sts get-caller-identity{profile}`, {demo}")),
    };
    trouble(Kind::NoCredentials, action, &message, None, Some(&remedy))
}

/// There was an answer, and it made no sense, or only half of it came.
fn unreadable(action: &str, error: &(dyn Error + 'static), raw: &HttpResponse, at: &Circumstances) -> Trouble {
    let chain = Chain::of(error);
    let broken = chain.io.is_some()
        || chain.has("connection")
        || chain.has("body write aborted")
        || chain.has("end of file before message length reached");
    if broken || chain.has("timeout") {
        return unanswered(action, error, at);
    }
    let html = raw.body().bytes().is_some_and(|body| body.trim_ascii_start().starts_with(b"<"));
    garbled(action, raw.status().as_u16(), html, Some(chain.cause().as_str()).filter(|_| !html), at)
}

fn garbled(action: &str, status: u16, html: bool, cause: Option<&str>, at: &Circumstances) -> Trouble {
    let what = if html { "a web page" } else { "something unreadable" };
    let mut message = format!("status {status} with {what} in place of an answer");
    if let Some(cause) = cause {
        message.push_str(&format!(" ({cause})"));
    }
    let remedy = match &at.endpoint {
        Some(endpoint) => format!("does {endpoint} offer this operation?"),
        None => "is there a sign-in page or a proxy between this machine and AWS?".to_string(),
    };
    trouble(Kind::Garbled, action, &message, None, Some(&remedy))
}

/// The codes that mean "slower", as the SDK's own retry classifier has them but for the `Exception` at their end, which
/// comes and goes with the protocol.
const THROTTLED: [&str; 12] = [
    "BandwidthLimitExceeded",
    "EC2Throttled",
    "LimitExceeded",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "Throttled",
    "Throttling",
    "TooManyRequests",
    "TransactionInProgress",
];

fn answered(action: &str, answer: &Answer, at: &Circumstances) -> Trouble {
    let code = answer.code.as_deref().unwrap_or_default();
    let message = answer.message.as_deref().unwrap_or_default();
    if answer.code.is_none() && (answer.html || answer.status < 300) {
        return garbled(action, answer.status, answer.html, None, at);
    }
    let kind = kind(code, message, answer, at);
    let mut said = message.to_string();
    if said.is_empty() {
        said = if code.is_empty() { format!("status {}", answer.status) } else { code.to_string() };
    }
    if kind == Kind::ClockSkew
        && let Some(date) = answer.date
    {
        said = offset(at.now - date);
    }
    let remedy = remedy(kind, action, code, message, at);
    let mut trouble = trouble(kind, action, &said, answer.code.as_deref(), remedy.as_deref());
    if kind == Kind::Throttled {
        trouble.retry_after = answer.retry_after;
    }
    trouble
}

fn kind(code: &str, message: &str, answer: &Answer, at: &Circumstances) -> Kind {
    match code.strip_suffix("Exception").unwrap_or(code) {
        code if THROTTLED.contains(&code) => Kind::Throttled,
        "ExpiredToken"
        | "TokenRefreshRequired"
        | "UnrecognizedClient"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "InvalidSecurity" => Kind::Expired,
        "InvalidSignature"
        | "SignatureDoesNotMatch"
        | "RequestTimeTooSkewed"
        | "RequestExpired"
        | "RequestInTheFuture"
        | "AuthFailure" => {
            let skewed = answer.date.is_some_and(|date| (at.now - date).abs() > TimeDelta::minutes(4));
            let told =
                message.contains("expired") || message.contains("not yet current") || message.contains("too large");
            if skewed || told || code.starts_with("RequestTime") { Kind::ClockSkew } else { Kind::Expired }
        }
        "AccessDenied"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "Forbidden"
        | "AuthorizationError"
        | "Unauthorized"
        | "OptInRequired" => Kind::Denied,
        // Also the 404 of a provisioned concurrency that is not there.
        code if code.contains("NotFound") && !code.contains("Operation") => Kind::Missing,
        "UnknownOperation" | "InvalidAction" | "NotImplemented" => Kind::Garbled,
        "ResourceConflict" | "Conflict" | "ResourceInUse" | "OperationAborted" => Kind::Conflict,
        code if code.starts_with("Invalid") || code.contains("Validation") || code.contains("Malformed") => {
            Kind::Invalid
        }
        "BadRequest" | "RequestTooLarge" | "MissingParameter" | "Serialization" | "UnsupportedMediaType" => {
            Kind::Invalid
        }
        _ => match answer.status {
            429 => Kind::Throttled,
            401 | 403 => Kind::Denied,
            404 if code.is_empty() => Kind::Garbled,
            404 => Kind::Missing,
            _ => Kind::Other,
        },
    }
}

fn remedy(kind: Kind, action: &str, code: &str, message: &str, at: &Circumstances) -> Option<String> {
    let profile = at.profile.as_ref().map(|profile| format!(" --profile {profile}")).unwrap_or_default();
    Some(match kind {
        Kind::Denied => {
            // The message knows better than we which action it was.
            let named = message.split_once("perform: ").and_then(|(_, rest)| rest.split_whitespace().next());
            let action = named.unwrap_or(action);
            if message.contains("explicit deny") {
                format!("a policy denies {action} explicitly; the account's administrator can tell which")
            } else {
                format!("allow {action} in IAM (`slsdash policy` prints all that is needed)")
            }
        }
        Kind::Expired if code.starts_with("ExpiredToken") || code.starts_with("TokenRefresh") => {
            format!("run `aws sso login{profile}` (or renew them), it is picked up here by itself")
        }
        Kind::Expired => {
            format!("check the access key (`aws sts get-caller-identity{profile}`) or run `aws sso login{profile}`")
        }
        Kind::ClockSkew => "set this machine's clock".to_string(),
        Kind::Garbled => match &at.endpoint {
            Some(endpoint) => format!("{endpoint} does not offer this operation"),
            None if at.demo => return None,
            None => format!("{} may not have this service", at.region),
        },
        _ => return None,
    })
}

fn offset(ahead: TimeDelta) -> String {
    let seconds = ahead.num_seconds().unsigned_abs();
    let much = match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    };
    let direction = if ahead < TimeDelta::zero() { "behind" } else { "ahead of" };
    format!("it is {much} {direction} AWS's")
}

/// `x-amz-retry-after` is in milliseconds, `retry-after` in seconds.
fn retry_after(millis: Option<&str>, seconds: Option<&str>) -> Option<Duration> {
    let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<u64>().ok());
    let asked = number(millis).map(Duration::from_millis).or_else(|| number(seconds).map(Duration::from_secs));
    asked.map(|asked| asked.min(Duration::from_secs(300)))
}

fn trouble(kind: Kind, action: &str, message: &str, code: Option<&str>, remedy: Option<&str>) -> Trouble {
    let line = |text: &str| cut(&safe_line(text), LONGEST).trim().trim_end_matches('.').to_string();
    Trouble { code: code.map(line), remedy: remedy.map(line), ..Trouble::new(kind, action, line(message)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    fn at() -> Circumstances {
        Circumstances {
            profile: Some("shop-prod".into()),
            region: "eu-west-1".into(),
            endpoint: None,
            demo: false,
            now: Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment"),
        }
    }

    fn said(code: &str, message: &str, status: u16) -> Trouble {
        let answer = Answer {
            code: (!code.is_empty()).then(|| code.to_string()),
            message: Some(message.to_string()),
            status,
            ..Answer::default()
        };
        answered("lambda:ListFunctions", &answer, &at())
    }

    #[derive(Debug)]
    struct Said(ErrorMetadata);
    impl std::fmt::Display for Said {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("service error")
        }
    }
    impl Error for Said {}
    impl ProvideErrorMetadata for Said {
        fn meta(&self) -> &ErrorMetadata {
            &self.0
        }
    }

    fn dispatch(error: ConnectorError) -> SdkError<Said, HttpResponse> {
        SdkError::dispatch_failure(error)
    }

    #[test]
    fn every_throttling_code_slows_us_down() {
        for code in THROTTLED {
            assert_eq!(said(code, "Rate exceeded", 400).kind, Kind::Throttled, "{code}");
            assert_eq!(said(&format!("{code}Exception"), "", 400).kind, Kind::Throttled, "{code}");
        }
        assert_eq!(said("", "", 429).kind, Kind::Throttled);
        assert_eq!(retry_after(Some("1500"), Some("9")), Some(Duration::from_millis(1500)));
        assert_eq!(retry_after(None, Some("2")), Some(Duration::from_secs(2)));
        assert_eq!(retry_after(None, Some("Wed, 21 Oct 2026")), None);
    }

    #[test]
    fn denied_names_the_action_that_is_missing() {
        let trouble = said(
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/x is not authorized to perform: lambda:ListFunctions on resource: *",
            403,
        );
        assert_eq!(trouble.kind, Kind::Denied);
        assert!(trouble.remedy.as_ref().is_some_and(|remedy| remedy.contains("lambda:ListFunctions")));
        let explicit = said("AccessDenied", "not authorized to perform: logs:StartLiveTail with an explicit deny", 400);
        assert!(
            explicit.remedy.is_some_and(|remedy| remedy.contains("explicitly") && remedy.contains("StartLiveTail"))
        );
    }

    #[test]
    fn expiry_says_how_to_sign_in_again() {
        let trouble = said("ExpiredTokenException", "The security token included in the request is expired", 403);
        assert_eq!(trouble.kind, Kind::Expired);
        assert!(trouble.sentence().contains("aws sso login --profile shop-prod"), "{}", trouble.sentence());
        assert_eq!(said("UnrecognizedClientException", "invalid", 400).kind, Kind::Expired);
    }

    #[test]
    fn a_wrong_clock_is_told_by_how_much() {
        let mut answer = Answer {
            code: Some("InvalidSignatureException".into()),
            message: Some("Signature expired: 20260101T000000Z is now earlier than ...".into()),
            status: 403,
            date: Some(at().now + TimeDelta::minutes(7)),
            ..Answer::default()
        };
        let trouble = answered("sts:GetCallerIdentity", &answer, &at());
        assert_eq!((trouble.kind, trouble.message.as_str()), (Kind::ClockSkew, "it is 7 min behind AWS's"));
        answer.date = Some(at().now - TimeDelta::hours(3));
        assert_eq!(answered("x", &answer, &at()).message, "it is 3 h ahead of AWS's");
        answer.date = Some(at().now);
        answer.message = Some("The request signature we calculated does not match".into());
        assert_eq!(answered("x", &answer, &at()).kind, Kind::Expired);
    }

    #[test]
    fn pages_for_browsers_are_garbled_and_hostile_text_is_made_safe() {
        let mut raw = HttpResponse::new(
            aws_smithy_runtime_api::http::StatusCode::try_from(404).expect("a status"),
            SdkBody::from("\n<!doctype html>\x1b[2J"),
        );
        raw.headers_mut().insert("content-type", "text/html");
        let error = SdkError::service_error(Said(ErrorMetadata::builder().build()), raw);
        let trouble = of("lambda:GetAccountSettings", &error, &at());
        assert_eq!(trouble.kind, Kind::Garbled);
        assert!(said("Weird\x1b[31m", "a\nb\x1b[2J", 500).sentence().chars().all(|c| !c.is_control()));
        assert!(said("X", &"long ".repeat(1000), 500).message.len() < 500);
    }

    #[test]
    fn codes_find_their_kind() {
        let kinds = [
            ("ResourceNotFoundException", 404, Kind::Missing),
            ("NotFoundException", 404, Kind::Missing),
            ("ProvisionedConcurrencyConfigNotFoundException", 404, Kind::Missing),
            ("InvalidParameterValueException", 400, Kind::Invalid),
            ("InvalidParameterValue", 400, Kind::Invalid),
            ("ResourceConflictException", 409, Kind::Conflict),
            ("UnknownOperationException", 404, Kind::Garbled),
            ("InvalidAction", 400, Kind::Garbled),
            ("ServiceException", 500, Kind::Other),
            ("InternalFailure", 500, Kind::Other),
            ("", 500, Kind::Other),
            ("", 200, Kind::Garbled),
            ("", 403, Kind::Denied),
        ];
        for (code, status, kind) in kinds {
            assert_eq!(said(code, "", status).kind, kind, "{code} {status}");
        }
    }

    #[test]
    fn networks_fail_in_their_own_words() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let refused = dispatch(ConnectorError::io(refused.into()));
        let trouble = of("x:Y", &refused, &at());
        assert_eq!(trouble.kind, Kind::Network);
        assert!(trouble.message.contains("refuses"), "{}", trouble.message);
        assert!(never_sent(&refused));
        let dns = dispatch(ConnectorError::io("dns error: failed to lookup address information".into()));
        assert!(of("x:Y", &dns, &at()).sentence().contains("eu-west-1"));
        let slow = dispatch(ConnectorError::timeout("HTTP read timeout occurred after 5s".into()));
        assert!(of("x:Y", &slow, &at()).message.contains("in time"));
        assert!(!never_sent(&slow));
        let reset = dispatch(ConnectorError::io("connection closed before message completed".into()));
        assert!(of("x:Y", &reset, &at()).message.contains("broke"));
        assert!(!never_sent(&reset));
    }

    #[test]
    fn credentials_that_are_not_there_lead_to_the_demo() {
        let none = dispatch(ConnectorError::other(CredentialsError::not_loaded("no providers in chain").into(), None));
        let trouble = of("sts:GetCallerIdentity", &none, &at());
        assert_eq!(trouble.kind, Kind::NoCredentials);
        assert!(trouble.sentence().contains("slsdash demo"));
        assert!(never_sent(&none));
        let sso = CredentialsError::provider_error("the SSO session associated with this profile has expired");
        let trouble = of("x:Y", &dispatch(ConnectorError::other(sso.into(), None)), &at());
        assert_eq!(trouble.kind, Kind::Expired);
        assert!(trouble.sentence().contains("aws sso login --profile shop-prod"));
        let profile = CredentialsError::invalid_configuration("profile `nope` was not defined");
        let trouble = of("x:Y", &dispatch(ConnectorError::other(profile.into(), None)), &at());
        assert!(trouble.kind == Kind::NoCredentials && trouble.message.contains("nope"));
    }
}
