//! Requests and responses as the services see them, free of any transport, and the answers of each protocol.
//!
//! AWS speaks five dialects here: Smithy RPC v2 CBOR (CloudWatch), awsJson 1.0 and 1.1 (CloudWatch, Logs), awsQuery (STS,
//! CloudWatch) and REST JSON (Lambda, X-Ray, API Gateway). They differ most in how they say no, so [`Dialect::error`]
//! knows all of them.

pub mod document;
pub mod form;
pub mod frames;

use bytes::Bytes;
use serde_json::{Value, json};

/// One HTTP request, its body complete.
pub type Request = http::Request<Bytes>;

/// One HTTP response: complete, or a stream of chunks (Live Tail, streaming invokes).
pub type Response = http::Response<Body>;

/// What a response carries.
#[derive(Debug)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Chunks as they come; a closed channel ends the body.
    Stream(tokio::sync::mpsc::Receiver<Bytes>),
}

impl Body {
    /// The bytes of a whole body; a stream has none yet.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Body::Whole(bytes) => bytes,
            Body::Stream(_) => &[],
        }
    }
}

/// How long the service takes to answer, carried in the response's extensions: the transport waits so long.
#[derive(Clone, Copy, Debug)]
pub struct Took(pub std::time::Duration);

/// How much a GetMetricData asked for; rides on the response as an extension, for the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// Series: one for each MetricStat, and all that a Metrics Insights query went through.
    pub queries: usize,
    /// Metrics billed: up to five statistics of one metric in one call are one.
    pub billed: usize,
}

/// The wire protocol of one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Smithy RPC v2 CBOR: `/service/{Service}/operation/{Operation}`.
    Cbor,
    /// awsJson 1.0, by `x-amz-target`.
    Json10,
    /// awsJson 1.1, by `x-amz-target`.
    Json11,
    /// awsQuery: a form in, XML out.
    Query,
    /// REST JSON as Lambda has it: errors carry `Type` and `Message`.
    RestLambda,
    /// REST JSON as X-Ray and API Gateway have it: errors carry `message`.
    Rest,
}

impl Dialect {
    /// Content type of a successful answer.
    pub fn content_type(self) -> &'static str {
        match self {
            Dialect::Cbor => "application/cbor",
            Dialect::Json10 => "application/x-amz-json-1.0",
            Dialect::Json11 => "application/x-amz-json-1.1",
            Dialect::Query => "text/xml",
            Dialect::RestLambda | Dialect::Rest => "application/json",
        }
    }

    /// An error as this dialect spells it. `code` is the name of the error's shape (`InvalidParameterValueException`);
    /// the dialects born of awsQuery turn it into the code of old (`InvalidParameterValue`), where the SDKs look for it.
    pub fn error(self, status: u16, code: &str, message: &str, request_id: &str) -> Response {
        let query_code = query_code(code);
        let side = if status < 500 { "Sender" } else { "Receiver" };
        match self {
            Dialect::Cbor => {
                let body = document::Document::map([("__type", code.into()), ("message", message.into())]);
                let mut response = whole(status, self.content_type(), body.to_cbor());
                set(&mut response, "smithy-protocol", "rpc-v2-cbor");
                set(&mut response, "x-amzn-query-error", &format!("{query_code};{side}"));
                response
            }
            Dialect::Json10 | Dialect::Json11 => {
                let body = json!({"__type": code, "message": message});
                let mut response = whole(status, self.content_type(), body.to_string());
                set(&mut response, "x-amzn-errortype", code);
                if self == Dialect::Json10 {
                    set(&mut response, "x-amzn-query-error", &format!("{query_code};{side}"));
                }
                response
            }
            Dialect::Query => {
                let body = format!(
                    "<ErrorResponse><Error><Type>{side}</Type><Code>{query_code}</Code><Message>{}</Message></Error>\
                     <RequestId>{request_id}</RequestId></ErrorResponse>",
                    form::xml_text(message)
                );
                whole(status, self.content_type(), body)
            }
            Dialect::RestLambda => error_lambda(status, code, message),
            Dialect::Rest => error_json(status, code, message),
        }
    }
}

/// A REST JSON answer; `Value::Null` makes an empty body (202 and 204 have none).
pub fn json(status: u16, body: &Value) -> Response {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    whole(status, "application/json", text)
}

/// An awsJson answer, `version` as `1.1`.
pub fn aws_json(status: u16, version: &str, body: &Value) -> Response {
    whole(status, &format!("application/x-amz-json-{version}"), body.to_string())
}

/// A REST JSON error as X-Ray and API Gateway spell it.
pub fn error_json(status: u16, code: &str, message: &str) -> Response {
    let mut response = whole(status, "application/json", json!({"message": message}).to_string());
    set(&mut response, "x-amzn-errortype", code);
    response
}

/// A REST JSON error as Lambda spells it.
pub fn error_lambda(status: u16, code: &str, message: &str) -> Response {
    let kind = if status < 500 { "User" } else { "Service" };
    let mut response = whole(status, "application/json", json!({"Type": kind, "Message": message}).to_string());
    set(&mut response, "x-amzn-errortype", code);
    response
}

/// A response with a complete body.
pub fn whole(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response {
    let mut response = http::Response::new(Body::Whole(body.into()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    set(&mut response, "content-type", content_type);
    response
}

/// An event stream answer: `application/vnd.amazon.eventstream`, its frames made by [`frames`].
pub fn stream(chunks: tokio::sync::mpsc::Receiver<Bytes>) -> Response {
    let mut response = http::Response::new(Body::Stream(chunks));
    set(&mut response, "content-type", "application/vnd.amazon.eventstream");
    response
}

/// Sets a header; bytes that no header may hold are left out.
pub fn set(response: &mut Response, name: &'static str, value: &str) {
    let clean: String = value.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    if let Ok(value) = http::HeaderValue::from_str(&clean) {
        response.headers_mut().insert(http::HeaderName::from_static(name), value);
    }
}

/// The code of awsQuery times for an error's shape; the rest lose nothing or their `Exception`.
fn query_code(code: &str) -> &str {
    match code {
        "InternalServiceFault" => "InternalServiceError",
        "MissingRequiredParameterException" => "MissingParameter",
        "UnknownOperationException" => "InvalidAction",
        "InvalidSignatureException" => "SignatureDoesNotMatch",
        "ResourceNotFoundException" => code,
        other => other.strip_suffix("Exception").unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_carry_the_code_where_each_client_looks_for_it() {
        let cbor = Dialect::Cbor.error(400, "InvalidParameterValueException", "no", "r");
        assert_eq!(cbor.headers()["x-amzn-query-error"], "InvalidParameterValue;Sender");
        assert!(document::Document::from_cbor(cbor.body().bytes()).is_ok());
        let json = Dialect::Json11.error(400, "ThrottlingException", "Rate exceeded", "r");
        assert_eq!(json.headers()["x-amzn-errortype"], "ThrottlingException");
        let xml = Dialect::Query.error(403, "ExpiredTokenException", "a < b", "r-1");
        let xml = String::from_utf8_lossy(xml.body().bytes()).into_owned();
        assert!(xml.contains("<Code>ExpiredToken</Code><Message>a &lt; b</Message>"), "{xml}");
        let lambda = Dialect::RestLambda.error(404, "ResourceNotFoundException", "no function", "r");
        assert_eq!(lambda.body().bytes(), br#"{"Type":"User","Message":"no function"}"#);
    }

    #[test]
    fn a_header_never_holds_a_line_break() {
        let response = error_json(400, "Bad\r\nx-evil: 1", "m");
        assert_eq!(response.headers()["x-amzn-errortype"], "Badx-evil: 1");
    }
}
