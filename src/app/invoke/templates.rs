//! Payloads to begin with: those that the function's own triggers would send first, then one of each kind.

use serde_json::Value;

use super::events::{self, Origin, Request};
use crate::model::api::{Api, Protocol};
use crate::model::function::{EventSourceMapping, FunctionDetail, Grant};
use crate::model::identity::Scope;
use crate::time::Moment;

/// What is known of a function, as far as it decides about payloads.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Account and region.
    pub scope: Scope,
    /// FunctionName.
    pub function: &'a str,
    /// The present.
    pub now: Moment,
    /// What the per-function calls told, where they have.
    pub detail: Option<&'a FunctionDetail>,
    /// APIs of the region, as far as known.
    pub apis: &'a [Api],
    /// Routes that lead to the function: API, a stage of it, route key.
    pub routes: Vec<(&'a Api, &'a str, &'a str)>,
}

/// A payload to begin with.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The kind: `SQS`.
    pub name: &'static str,
    /// Which: the queue, the route, or what it is like.
    pub about: String,
    /// The payload, indented.
    pub text: String,
    /// A trigger of this function sends such events.
    pub fits: bool,
}

/// Every template; those that fit the function's triggers stand first.
pub fn offer(facts: &Facts<'_>) -> Vec<Template> {
    let origin = Origin { scope: facts.scope.clone(), now: facts.now };
    let mut offers: Vec<Template> = Vec::new();
    let mut fitting = |kind: Kind, about: String, event: Value| {
        let template = template(kind, about, &event, true);
        if !offers.iter().any(|known| known.name == template.name && known.about == template.about) {
            offers.push(template);
        }
    };
    for mapping in facts.detail.into_iter().flat_map(|detail| &detail.mappings) {
        if let Some((kind, event)) = of_mapping(&origin, mapping, facts) {
            fitting(kind, mapping.source_name().to_string(), event);
        }
    }
    for (api, stage, key) in &facts.routes {
        let request = Request { api: &api.id, stage, key };
        let (kind, event) = of_route(&origin, api.protocol, &request);
        fitting(kind, format!("{key} of {}", api.name), event);
    }
    for grant in facts.detail.into_iter().flat_map(|detail| &detail.grants) {
        for (kind, about, event) in of_grant(&origin, grant, facts) {
            fitting(kind, about, event);
        }
    }
    if facts.detail.is_some_and(|detail| detail.url.is_some()) {
        let request = Request { api: "url-id", stage: "$default", key: "$default" };
        fitting(Kind::Url, "payload format 2.0".into(), events::http(&origin, &request));
    }
    let general = Kind::ALL.iter().filter(|kind| offers.iter().all(|known| known.name != kind.name()));
    let general: Vec<Template> = general.filter_map(|kind| of_kind(&origin, *kind, facts)).collect();
    offers.extend(general);
    offers
}

/// What may send an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rest,
    Http,
    WebSocket,
    Url,
    Sqs,
    Sns,
    EventBridge,
    Schedule,
    S3,
    DynamoDb,
    Kinesis,
}

impl Kind {
    const ALL: [Kind; 11] = [
        Kind::Rest,
        Kind::Http,
        Kind::WebSocket,
        Kind::Url,
        Kind::Sqs,
        Kind::Sns,
        Kind::EventBridge,
        Kind::Schedule,
        Kind::S3,
        Kind::DynamoDb,
        Kind::Kinesis,
    ];

    fn name(self) -> &'static str {
        match self {
            Kind::Rest => "API Gateway v1",
            Kind::Http => "API Gateway v2",
            Kind::WebSocket => "WebSocket",
            Kind::Url => "Function URL",
            Kind::Sqs => "SQS",
            Kind::Sns => "SNS",
            Kind::EventBridge => "EventBridge",
            Kind::Schedule => "Schedule",
            Kind::S3 => "S3",
            Kind::DynamoDb => "DynamoDB",
            Kind::Kinesis => "Kinesis",
        }
    }
}

fn template(kind: Kind, about: String, event: &Value, fits: bool) -> Template {
    Template { name: kind.name(), about, text: format!("{event:#}"), fits }
}

fn of_mapping(origin: &Origin, mapping: &EventSourceMapping, facts: &Facts<'_>) -> Option<(Kind, Value)> {
    let arn = &mapping.source;
    Some(match mapping.service() {
        "sqs" => (Kind::Sqs, events::sqs(origin, arn)),
        "dynamodb" => (Kind::DynamoDb, events::dynamodb(origin, arn)),
        "kinesis" => (Kind::Kinesis, events::kinesis(origin, arn, &role(origin, facts))),
        _ => return None,
    })
}

fn of_route(origin: &Origin, protocol: Protocol, request: &Request<'_>) -> (Kind, Value) {
    match protocol {
        Protocol::Rest => (Kind::Rest, events::rest(origin, request)),
        Protocol::Http => (Kind::Http, events::http(origin, request)),
        Protocol::WebSocket => (Kind::WebSocket, events::websocket(origin, request)),
    }
}

/// What a statement of the resource policy lets a service send.
fn of_grant(origin: &Origin, grant: &Grant, facts: &Facts<'_>) -> Vec<(Kind, String, Value)> {
    let Some(source) =
        grant.source.as_deref().filter(|source| !source.contains(['*', '?']) || granted_api(grant).is_some())
    else {
        return vec![];
    };
    let name = source.rsplit([':', '/']).next().unwrap_or(source).to_string();
    match grant.principal.as_str() {
        "sns.amazonaws.com" => vec![(Kind::Sns, name, events::sns(origin, source))],
        "s3.amazonaws.com" => vec![(Kind::S3, name, events::s3(origin, source))],
        // A rule has a schedule or a pattern: its ARN does not tell which.
        "events.amazonaws.com" => vec![
            (Kind::Schedule, format!("rule {name}, if it has a schedule"), events::schedule(origin, source)),
            (Kind::EventBridge, format!("rule {name}, if it has a pattern"), events::eventbridge(origin)),
        ],
        _ => {
            let Some((id, stage, key)) = granted_api(grant) else { return vec![] };
            // The routes themselves are better known, where they are.
            if facts.routes.iter().any(|(api, ..)| api.id == id) {
                return vec![];
            }
            let api = facts.apis.iter().find(|api| api.id == id);
            let protocol = api.map_or(Protocol::Rest, |api| api.protocol);
            let stage = match (stage, protocol) {
                ("*", Protocol::Rest) => "prod",
                ("*", _) => "$default",
                (stage, _) => stage,
            };
            let request = Request { api: id, stage, key: &key };
            let (kind, event) = of_route(origin, protocol, &request);
            vec![(kind, format!("{key} of {}", api.map_or(id, |api| &api.name)), event)]
        }
    }
}

/// API id, stage and route that a statement lets API Gateway invoke the function for: the source reads
/// `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`, or `.../STAGE/ROUTE` of a WebSocket API.
pub fn granted_api(grant: &Grant) -> Option<(&str, &str, String)> {
    let source = grant.source.as_deref()?;
    let mut parts = source.splitn(6, ':');
    let service = parts.nth(2)?;
    let resource = parts.nth(2)?;
    if service != "execute-api" {
        return None;
    }
    let mut parts = resource.splitn(4, '/');
    let (api, stage) = (parts.next()?, parts.next().unwrap_or("*"));
    // An authorizer's question is no request: it has another shape.
    if stage == "authorizers" {
        return None;
    }
    let key = match (parts.next(), parts.next()) {
        (Some("*") | None, None) => "GET /".to_string(),
        (Some(method), Some(path)) => format!("{} /{}", if method == "*" { "GET" } else { method }, path),
        (Some(route), None) => route.to_string(),
        (None, Some(_)) => return None,
    };
    Some((api, stage, key))
}

fn of_kind(origin: &Origin, kind: Kind, facts: &Facts<'_>) -> Option<Template> {
    let request = |stage| Request { api: "abcde12345", stage, key: "GET /path/{id}" };
    let (about, event) = match kind {
        Kind::Rest => ("a REST API's request", events::rest(origin, &request("prod"))),
        Kind::Http => ("an HTTP API's request, payload format 2.0", events::http(origin, &request("$default"))),
        Kind::WebSocket => {
            let request = Request { key: "$default", ..request("prod") };
            ("a message of a WebSocket API", events::websocket(origin, &request))
        }
        // The same as that of an HTTP API.
        Kind::Url => return None,
        Kind::Sqs => ("a message of a queue", events::sqs(origin, &origin.arn("sqs", "queue"))),
        Kind::Sns => ("a notification of a topic", events::sns(origin, &origin.arn("sns", "topic"))),
        Kind::EventBridge => ("an event of a bus", events::eventbridge(origin)),
        Kind::Schedule => ("a rule with a schedule", events::schedule(origin, &origin.arn("events", "rule/name"))),
        Kind::S3 => ("an object put into a bucket", events::s3(origin, &origin.arn("s3", "bucket"))),
        Kind::DynamoDb => {
            let arn = origin.arn("dynamodb", "table/name/stream/2026-01-01T00:00:00.000");
            ("a changed item of a table", events::dynamodb(origin, &arn))
        }
        Kind::Kinesis => {
            let arn = origin.arn("kinesis", "stream/name");
            ("a record of a stream", events::kinesis(origin, &arn, &role(origin, facts)))
        }
    };
    Some(template(kind, about.into(), &event, false))
}

fn role(origin: &Origin, facts: &Facts<'_>) -> String {
    let known = facts.detail.and_then(|detail| detail.configuration.as_ref()).map(|function| function.role.clone());
    let partition = crate::model::identity::partition(&origin.scope.region);
    let account = if origin.scope.account.is_empty() { "123456789012" } else { &origin.scope.account };
    known
        .filter(|role| !role.is_empty())
        .unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{}", facts.function))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts<'a>(
        detail: Option<&'a FunctionDetail>,
        apis: &'a [Api],
        routes: Vec<(&'a Api, &'a str, &'a str)>,
    ) -> Facts<'a> {
        let scope = Scope { account: "111122223333".into(), region: "eu-west-1".into() };
        let now = Moment::from_timestamp(1_795_260_000, 0).expect("a moment");
        Facts { scope, function: "checkout", now, detail, apis, routes }
    }

    fn api(id: &str, protocol: Protocol) -> Api {
        Api {
            id: id.into(),
            name: format!("shop-{id}"),
            protocol,
            endpoint_types: vec![],
            description: String::new(),
            created: None,
            endpoint: None,
            tags: vec![],
        }
    }

    fn grant(principal: &str, source: &str) -> Grant {
        Grant { principal: principal.into(), source: Some(source.into()), ..Grant::default() }
    }

    #[test]
    fn without_triggers_there_is_one_of_each_kind_and_each_is_json() {
        let offers = offer(&facts(None, &[], vec![]));
        let names: Vec<&str> = offers.iter().map(|offer| offer.name).collect();
        let wanted = [
            "API Gateway v1",
            "API Gateway v2",
            "WebSocket",
            "SQS",
            "SNS",
            "EventBridge",
            "Schedule",
            "S3",
            "DynamoDB",
            "Kinesis",
        ];
        assert_eq!(names, wanted);
        for offer in offers {
            assert!(!offer.fits);
            let event: Value = serde_json::from_str(&offer.text).expect("JSON");
            let told = offer.text.contains("111122223333") || ["S3", "WebSocket"].contains(&offer.name);
            assert!(told && (offer.text.contains("eu-west-1")), "{}: {event:#}", offer.name);
        }
    }

    #[test]
    fn a_mapping_is_offered_first_with_its_own_arn() {
        let mapping = |source: &str| EventSourceMapping { source: source.into(), ..EventSourceMapping::default() };
        let detail = FunctionDetail {
            mappings: vec![
                mapping("arn:aws:sqs:eu-west-1:111122223333:orders"),
                mapping("arn:aws:kafka:eu-west-1:111122223333:cluster/x/y"),
            ],
            ..FunctionDetail::default()
        };
        let offers = offer(&facts(Some(&detail), &[], vec![]));
        assert_eq!((offers[0].name, offers[0].about.as_str(), offers[0].fits), ("SQS", "orders", true));
        assert!(offers[0].text.contains("arn:aws:sqs:eu-west-1:111122223333:orders"));
        assert!(!offers[1].fits);
        assert_eq!(offers.iter().filter(|offer| offer.name == "SQS").count(), 1);
    }

    #[test]
    fn a_route_gets_the_version_of_its_api_with_its_method_and_path() {
        let apis = [api("rest1", Protocol::Rest), api("http1", Protocol::Http)];
        let routes = vec![(&apis[0], "prod", "POST /orders/{id}"), (&apis[1], "$default", "GET /cart")];
        let offers = offer(&facts(None, &apis, routes));
        assert_eq!((offers[0].name, offers[0].about.as_str()), ("API Gateway v1", "POST /orders/{id} of shop-rest1"));
        let event: Value = serde_json::from_str(&offers[0].text).expect("JSON");
        assert_eq!((&event["httpMethod"], &event["path"]), (&"POST".into(), &"/orders/1".into()));
        let event: Value = serde_json::from_str(&offers[1].text).expect("JSON");
        assert_eq!((&event["version"], &event["rawPath"]), (&"2.0".into(), &"/cart".into()));
    }

    #[test]
    fn the_policy_tells_of_the_rest() {
        let apis = [api("http1", Protocol::Http)];
        let detail = FunctionDetail {
            grants: vec![
                grant("sns.amazonaws.com", "arn:aws:sns:eu-west-1:111122223333:alerts"),
                grant("s3.amazonaws.com", "arn:aws:s3:::pictures"),
                grant("events.amazonaws.com", "arn:aws:events:eu-west-1:111122223333:rule/nightly"),
                grant("apigateway.amazonaws.com", "arn:aws:execute-api:eu-west-1:111122223333:http1/*/PUT/orders/{id}"),
                grant("apigateway.amazonaws.com", "arn:aws:execute-api:eu-west-1:111122223333:gone/authorizers/x1"),
                grant("s3.amazonaws.com", "arn:aws:s3:::*"),
            ],
            url: Some("https://x.lambda-url.eu-west-1.on.aws/".into()),
            ..FunctionDetail::default()
        };
        let offers = offer(&facts(Some(&detail), &apis, vec![]));
        let fitting: Vec<(&str, &str)> =
            offers.iter().filter(|offer| offer.fits).map(|offer| (offer.name, offer.about.as_str())).collect();
        assert_eq!(
            fitting,
            [
                ("SNS", "alerts"),
                ("S3", "pictures"),
                ("Schedule", "rule nightly, if it has a schedule"),
                ("EventBridge", "rule nightly, if it has a pattern"),
                ("API Gateway v2", "PUT /orders/{id} of shop-http1"),
                ("Function URL", "payload format 2.0"),
            ]
        );
    }
}
