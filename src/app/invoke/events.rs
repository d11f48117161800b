//! Shapes of the events that AWS's services hand to a function.
//!
//! After the developer guides: "Using AWS Lambda with ..." of the Lambda guide (SQS, SNS, S3, DynamoDB, Kinesis, scheduled
//! events), "Input format of a Lambda function for proxy integration" (REST API), "Working with AWS Lambda proxy
//! integrations for HTTP APIs" (payload format 2.0, which function URLs have too), "Integration request for WebSocket APIs",
//! and "Event structure" of the EventBridge guide. Values are made up where they can't be known.

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use crate::model::identity::{Scope, partition};
use crate::time::Moment;

/// The body of a message or request, with its MD5 and in base64.
const BODY: (&str, &str, &str) = (r#"{"id":"1"}"#, "e405fac593027bc534cf08cd4d2a5647", "eyJpZCI6IjEifQ==");
const AGENT: &str = "slsdash";
/// Of the block that is set aside for documentation (RFC 5737).
const ADDRESS: &str = "203.0.113.1";

/// Where and when events are to come from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Account and region.
    pub scope: Scope,
    /// When.
    pub now: Moment,
}

/// A request to a route: method, path pattern, API and stage.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// API id.
    pub api: &'a str,
    /// Stage.
    pub stage: &'a str,
    /// `GET /orders/{id}`, or another route key.
    pub key: &'a str,
}

impl Origin {
    /// An ARN of this account, as `arn:aws:sqs:eu-west-1:123456789012:NAME`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let Scope { account, region } = &self.scope;
        let account = if account.is_empty() { "123456789012" } else { account };
        match service {
            "s3" => format!("arn:{}:s3:::{resource}", partition(region)),
            _ => format!("arn:{}:{service}:{region}:{account}:{resource}", partition(region)),
        }
    }

    fn account(&self) -> &str {
        if self.scope.account.is_empty() { "123456789012" } else { &self.scope.account }
    }

    /// An id that looks like one and differs from moment to moment.
    fn uuid(&self, n: u64) -> String {
        let seed = self.now.timestamp_millis().unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(n);
        let (high, low) = (seed >> 32, seed & 0xffff_ffff);
        format!("{high:08x}-{:04x}-4{:03x}-8{:03x}-{low:08x}{:04x}", low >> 16, low & 0xfff, high & 0xfff, n & 0xffff)
    }

    fn time(&self) -> String {
        self.now.to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// As access logs have it.
    fn request_time(&self) -> String {
        self.now.format("%d/%b/%Y:%H:%M:%S +0000").to_string()
    }

    fn domain(&self, api: &str) -> String {
        let suffix = if partition(&self.scope.region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("{api}.execute-api.{}.{suffix}", self.scope.region)
    }
}

impl<'a> Request<'a> {
    /// Method and path pattern of the key; a key without any, as `$default`, is asked with GET at the root.
    fn route(&self) -> (&'a str, &'a str) {
        match self.key.split_once(' ') {
            Some(("ANY" | "*", path)) => ("GET", path),
            Some((method, path)) => (method, path),
            None => ("GET", "/"),
        }
    }

    /// The path with its parameters filled in, and those.
    fn path(&self) -> (String, Map<String, Value>) {
        let mut parameters = Map::new();
        let filled = self.route().1.split('/').map(|part| {
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => {
                    let name = name.trim_end_matches('+');
                    parameters.insert(name.to_string(), "1".into());
                    "1"
                }
                None if part == "*" => "1",
                None => part,
            }
        });
        let path = filled.collect::<Vec<_>>().join("/");
        (if path.starts_with('/') { path } else { format!("/{path}") }, parameters)
    }

    fn has_body(&self) -> bool {
        matches!(self.route().0, "POST" | "PUT" | "PATCH")
    }
}

fn or_null(map: Map<String, Value>) -> Value {
    if map.is_empty() { Value::Null } else { Value::Object(map) }
}

/// A REST API's request (or an HTTP API's with payload format 1.0).
pub fn rest(origin: &Origin, request: &Request<'_>) -> Value {
    let (method, resource) = request.route();
    let (path, parameters) = request.path();
    let host = origin.domain(request.api);
    let mut headers = json!({
        "Accept": "application/json", "Host": host, "User-Agent": AGENT, "X-Forwarded-For": ADDRESS,
        "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https",
    });
    if request.has_body() {
        headers["Content-Type"] = "application/json".into();
    }
    let many: Map<String, Value> =
        headers.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": many,
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": or_null(parameters),
        "stageVariables": null,
        "requestContext": {
            "accountId": origin.account(),
            "apiId": request.api,
            "domainName": host,
            "domainPrefix": request.api,
            "extendedRequestId": "c6af9ac6EXAMPLE=",
            "httpMethod": method,
            "identity": {
                "accessKey": null, "accountId": null, "caller": null, "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null, "cognitoIdentityId": null, "cognitoIdentityPoolId": null,
                "sourceIp": ADDRESS, "user": null, "userAgent": AGENT, "userArn": null,
            },
            "path": format!("/{}{path}", request.stage),
            "protocol": "HTTP/1.1",
            "requestId": origin.uuid(1),
            "requestTime": origin.request_time(),
            "requestTimeEpoch": origin.now.timestamp_millis(),
            "resourceId": "123456",
            "resourcePath": resource,
            "stage": request.stage,
        },
        "body": if request.has_body() { json!(BODY.0) } else { Value::Null },
        "isBase64Encoded": false,
    })
}

/// An HTTP API's or a function URL's request, payload format 2.0.
pub fn http(origin: &Origin, request: &Request<'_>) -> Value {
    let method = request.route().0;
    let (path, parameters) = request.path();
    let path = if request.stage == "$default" { path } else { format!("/{}{path}", request.stage) };
    let host = origin.domain(request.api);
    let mut event = json!({
        "version": "2.0",
        "routeKey": request.key,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "application/json", "host": host, "user-agent": AGENT, "x-forwarded-for": ADDRESS,
            "x-forwarded-port": "443", "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": origin.account(),
            "apiId": request.api,
            "domainName": host,
            "domainPrefix": request.api,
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": ADDRESS, "userAgent": AGENT,
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": request.key,
            "stage": request.stage,
            "time": origin.request_time(),
            "timeEpoch": origin.now.timestamp_millis(),
        },
        "isBase64Encoded": false,
    });
    // Where there are none, this format leaves them out.
    if !parameters.is_empty() {
        event["pathParameters"] = Value::Object(parameters);
    }
    if request.has_body() {
        event["headers"]["content-type"] = "application/json".into();
        event["body"] = BODY.0.into();
    }
    event
}

/// A message of a WebSocket API, or a client that comes or goes.
pub fn websocket(origin: &Origin, request: &Request<'_>) -> Value {
    let kind = match request.key {
        "$connect" => "CONNECT",
        "$disconnect" => "DISCONNECT",
        _ => "MESSAGE",
    };
    let mut event = json!({
        "requestContext": {
            "routeKey": request.key,
            "eventType": kind,
            "extendedRequestId": "c6af9ac6EXAMPLE=",
            "requestTime": origin.request_time(),
            "messageDirection": "IN",
            "stage": request.stage,
            "connectedAt": origin.now.timestamp_millis(),
            "requestTimeEpoch": origin.now.timestamp_millis(),
            "identity": { "sourceIp": ADDRESS, "userAgent": AGENT },
            "requestId": "c6af9ac6EXAMPLE=",
            "domainName": origin.domain(request.api),
            "connectionId": "L0SM9cOFvHcCIhw=",
            "apiId": request.api,
        },
        "isBase64Encoded": false,
    });
    if kind == "MESSAGE" {
        event["requestContext"]["messageId"] = "L0SNAcOvvHcCIhw=".into();
        event["body"] = json!({ "action": request.key, "id": "1" }).to_string().into();
    } else {
        event["headers"] = json!({ "Host": origin.domain(request.api), "X-Forwarded-For": ADDRESS });
    }
    event
}

/// A batch of one message of a queue.
pub fn sqs(origin: &Origin, queue_arn: &str) -> Value {
    let sent = origin.now.timestamp_millis().to_string();
    let mut attributes = json!({
        "ApproximateReceiveCount": "1", "SentTimestamp": sent, "SenderId": origin.account(),
        "ApproximateFirstReceiveTimestamp": sent,
    });
    // Every message of a FIFO queue has these.
    if queue_arn.ends_with(".fifo") {
        attributes["SequenceNumber"] = "18849496460467696128".into();
        attributes["MessageGroupId"] = "1".into();
        attributes["MessageDeduplicationId"] = "1".into();
    }
    json!({ "Records": [{
        "messageId": origin.uuid(1),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": BODY.0,
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": BODY.1,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": origin.scope.region,
    }]})
}

/// A notification of a topic.
pub fn sns(origin: &Origin, topic_arn: &str) -> Value {
    let subscription = format!("{topic_arn}:{}", origin.uuid(2));
    let host = format!("https://sns.{}.amazonaws.com", origin.scope.region);
    json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": {
            "Type": "Notification",
            "MessageId": origin.uuid(1),
            "TopicArn": topic_arn,
            "Subject": "subject",
            "Message": BODY.0,
            "Timestamp": origin.time(),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertUrl": format!("{host}/SimpleNotificationService.pem"),
            "UnsubscribeUrl": format!("{host}/?Action=Unsubscribe&SubscriptionArn={subscription}"),
            "MessageAttributes": {},
        },
    }]})
}

/// An object that was put into a bucket.
pub fn s3(origin: &Origin, bucket_arn: &str) -> Value {
    let bucket = bucket_arn.rsplit(':').next().unwrap_or(bucket_arn);
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": origin.scope.region,
        "eventTime": origin.time(),
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "EXAMPLE" },
        "requestParameters": { "sourceIPAddress": ADDRESS },
        "responseElements": { "x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "EXAMPLE" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "notification",
            "bucket": { "name": bucket, "ownerIdentity": { "principalId": "EXAMPLE" }, "arn": bucket_arn },
            "object": {
                "key": "folder/name.json", "size": BODY.0.len(), "eTag": BODY.1, "sequencer": "0055AED6DCD90281E5",
            },
        },
    }]})
}

/// An item of a table that has changed.
pub fn dynamodb(origin: &Origin, stream_arn: &str) -> Value {
    json!({ "Records": [{
        "eventID": origin.uuid(1).replace('-', ""),
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": origin.scope.region,
        "dynamodb": {
            "ApproximateCreationDateTime": origin.now.timestamp(),
            "Keys": { "id": { "S": "1" } },
            "NewImage": { "id": { "S": "1" }, "state": { "S": "new" } },
            "OldImage": { "id": { "S": "1" }, "state": { "S": "old" } },
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 29,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": stream_arn,
    }]})
}

/// A record of a stream; its data are base64.
pub fn kinesis(origin: &Origin, stream_arn: &str, function_role: &str) -> Value {
    let sequence = "49590338271490256608559692538361571095921575989136588898";
    json!({ "Records": [{
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": sequence,
            "data": BODY.2,
            "approximateArrivalTimestamp": origin.now.timestamp_millis() as f64 / 1e3,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": format!("shardId-000000000006:{sequence}"),
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": function_role,
        "awsRegion": origin.scope.region,
        "eventSourceARN": stream_arn,
    }]})
}

/// An event of a bus, as a rule with a pattern hands it on.
pub fn eventbridge(origin: &Origin) -> Value {
    event(origin, "application.event", "my.application", json!([]), json!({ "id": "1" }))
}

/// The event of a rule with a schedule.
pub fn schedule(origin: &Origin, rule_arn: &str) -> Value {
    event(origin, "Scheduled Event", "aws.events", json!([rule_arn]), json!({}))
}

#[allow(clippy::needless_pass_by_value)] // they become parts of the event
fn event(origin: &Origin, kind: &str, source: &str, resources: Value, detail: Value) -> Value {
    json!({
        "version": "0",
        "id": origin.uuid(1),
        "detail-type": kind,
        "source": source,
        "account": origin.account(),
        "time": origin.now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "region": origin.scope.region,
        "resources": resources,
        "detail": detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        let scope = Scope { account: "111122223333".into(), region: "eu-west-1".into() };
        Origin { scope, now: Moment::from_timestamp(1_795_260_000, 0).expect("a moment") }
    }

    /// Each of these paths is there, with a value of that kind.
    fn has(event: &Value, paths: &[&str]) {
        for path in paths {
            assert!(event.pointer(path).is_some(), "{path} is missing in {event:#}");
        }
    }

    #[test]
    fn a_rest_request_has_the_documented_keys_and_its_path_is_filled_in() {
        let request = Request { api: "abc123", stage: "prod", key: "POST /orders/{id}/lines/{proxy+}" };
        let event = rest(&origin(), &request);
        has(
            &event,
            &[
                "/resource",
                "/path",
                "/httpMethod",
                "/headers/Host",
                "/multiValueHeaders/Host/0",
                "/queryStringParameters",
                "/multiValueQueryStringParameters",
                "/stageVariables",
                "/body",
                "/isBase64Encoded",
                "/requestContext/accountId",
                "/requestContext/apiId",
                "/requestContext/identity/sourceIp",
                "/requestContext/requestId",
                "/requestContext/requestTime",
                "/requestContext/requestTimeEpoch",
                "/requestContext/resourceId",
                "/requestContext/protocol",
            ],
        );
        assert_eq!(event["resource"], "/orders/{id}/lines/{proxy+}");
        assert_eq!(event["path"], "/orders/1/lines/1");
        assert_eq!(event["requestContext"]["path"], "/prod/orders/1/lines/1");
        assert_eq!(event["pathParameters"], json!({ "id": "1", "proxy": "1" }));
        assert_eq!(event["headers"]["Host"], "abc123.execute-api.eu-west-1.amazonaws.com");
        assert!(event["body"].as_str().is_some_and(|body| serde_json::from_str::<Value>(body).is_ok()));
        let get = rest(&origin(), &Request { key: "ANY /", ..request });
        assert_eq!(
            (&get["httpMethod"], &get["body"], &get["pathParameters"]),
            (&json!("GET"), &Value::Null, &Value::Null)
        );
    }

    #[test]
    fn an_http_request_has_format_2_and_leaves_out_what_there_is_not() {
        let event = http(&origin(), &Request { api: "abc123", stage: "$default", key: "GET /orders/{id}" });
        has(
            &event,
            &[
                "/version",
                "/routeKey",
                "/rawPath",
                "/rawQueryString",
                "/headers/host",
                "/requestContext/accountId",
                "/requestContext/apiId",
                "/requestContext/domainName",
                "/requestContext/domainPrefix",
                "/requestContext/http/method",
                "/requestContext/http/path",
                "/requestContext/http/protocol",
                "/requestContext/http/sourceIp",
                "/requestContext/http/userAgent",
                "/requestContext/requestId",
                "/requestContext/routeKey",
                "/requestContext/stage",
                "/requestContext/time",
                "/requestContext/timeEpoch",
                "/isBase64Encoded",
            ],
        );
        assert_eq!((&event["rawPath"], &event["version"]), (&json!("/orders/1"), &json!("2.0")));
        assert_eq!(event.get("body"), None);
        let staged = http(&origin(), &Request { api: "abc123", stage: "dev", key: "$default" });
        assert_eq!((&staged["rawPath"], &staged["routeKey"]), (&json!("/dev/"), &json!("$default")));
        assert_eq!(staged.get("pathParameters"), None);
    }

    #[test]
    fn a_websocket_has_its_event_type_by_the_route() {
        let of = |key| websocket(&origin(), &Request { api: "abc123", stage: "prod", key });
        assert_eq!(of("$connect")["requestContext"]["eventType"], "CONNECT");
        assert_eq!(of("$disconnect")["requestContext"]["eventType"], "DISCONNECT");
        let message = of("send");
        has(
            &message,
            &["/requestContext/connectionId", "/requestContext/messageId", "/requestContext/routeKey", "/body"],
        );
        assert_eq!(message["requestContext"]["eventType"], "MESSAGE");
    }

    #[test]
    fn records_have_the_documented_keys_and_name_their_source() {
        let origin = origin();
        let arn = origin.arn("sqs", "orders.fifo");
        let message = sqs(&origin, &arn);
        has(
            &message,
            &[
                "/Records/0/messageId",
                "/Records/0/receiptHandle",
                "/Records/0/body",
                "/Records/0/md5OfBody",
                "/Records/0/attributes/ApproximateReceiveCount",
                "/Records/0/attributes/SentTimestamp",
                "/Records/0/attributes/MessageGroupId",
                "/Records/0/messageAttributes",
                "/Records/0/awsRegion",
            ],
        );
        assert_eq!(message["Records"][0]["eventSourceARN"], "arn:aws:sqs:eu-west-1:111122223333:orders.fifo");
        has(
            &sns(&origin, &origin.arn("sns", "topic")),
            &[
                "/Records/0/EventSource",
                "/Records/0/EventVersion",
                "/Records/0/EventSubscriptionArn",
                "/Records/0/Sns/TopicArn",
                "/Records/0/Sns/Message",
                "/Records/0/Sns/MessageId",
                "/Records/0/Sns/Timestamp",
                "/Records/0/Sns/Type",
                "/Records/0/Sns/MessageAttributes",
            ],
        );
        let put = s3(&origin, "arn:aws:s3:::pictures");
        has(
            &put,
            &["/Records/0/eventName", "/Records/0/s3/object/key", "/Records/0/s3/object/eTag", "/Records/0/eventTime"],
        );
        assert_eq!(put["Records"][0]["s3"]["bucket"]["name"], "pictures");
        has(
            &dynamodb(&origin, "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026"),
            &[
                "/Records/0/eventID",
                "/Records/0/dynamodb/Keys",
                "/Records/0/dynamodb/NewImage",
                "/Records/0/dynamodb/SequenceNumber",
                "/Records/0/dynamodb/StreamViewType",
                "/Records/0/eventSourceARN",
            ],
        );
        let stream = kinesis(&origin, "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks", "arn:aws:iam::1:role/r");
        has(
            &stream,
            &[
                "/Records/0/kinesis/partitionKey",
                "/Records/0/kinesis/sequenceNumber",
                "/Records/0/kinesis/data",
                "/Records/0/kinesis/approximateArrivalTimestamp",
                "/Records/0/eventID",
                "/Records/0/invokeIdentityArn",
            ],
        );
        use base64::Engine;
        let data = stream["Records"][0]["kinesis"]["data"].as_str().expect("text");
        assert_eq!(base64::engine::general_purpose::STANDARD.decode(data).expect("base64"), BODY.0.as_bytes());
    }

    #[test]
    fn events_of_eventbridge_have_the_nine_fields() {
        let rule = origin().arn("events", "rule/nightly");
        for event in [eventbridge(&origin()), schedule(&origin(), &rule)] {
            has(
                &event,
                &[
                    "/version",
                    "/id",
                    "/detail-type",
                    "/source",
                    "/account",
                    "/time",
                    "/region",
                    "/resources",
                    "/detail",
                ],
            );
        }
        let event = schedule(&origin(), &rule);
        assert_eq!((&event["source"], &event["detail-type"]), (&json!("aws.events"), &json!("Scheduled Event")));
        assert_eq!(event["resources"][0], "arn:aws:events:eu-west-1:111122223333:rule/nightly");
        assert_eq!(event["time"], "2026-11-21T11:20:00Z");
    }
}
