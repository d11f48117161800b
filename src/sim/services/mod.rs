//! The services of the account, one module each: a [`Call`] in, a response out.
//!
//! The routing names the operation before a service sees the call, so that the ledger and the faults know it even when
//! the service does not. A service matches on [`Call::operation`]; [`Call::label`] has the parts of its path.

// A refusal is a whole response: large, but made once a call, so a box would only hide it.
#![allow(clippy::result_large_err)]

pub mod apigateway;
pub mod apigatewayv2;
pub mod cloudwatch;
pub mod lambda;
pub mod logs;
pub mod page;
pub mod routes;
pub mod sts;
pub mod tagging;
pub mod xray;

use super::Clock;
use super::faults::Faults;
use super::wire::document::Document;
use super::wire::{Dialect, Request, Response, form, json};
use super::world::{Millis, World};
use serde_json::Value;
use std::sync::Arc;

/// A service of the account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Service {
    /// API Gateway v1: REST APIs.
    ApiGateway,
    /// API Gateway v2: HTTP and WebSocket APIs.
    ApiGatewayV2,
    /// CloudWatch metrics and alarms.
    CloudWatch,
    /// Lambda.
    Lambda,
    /// CloudWatch Logs.
    Logs,
    /// STS.
    Sts,
    /// Resource Groups Tagging API.
    Tagging,
    /// X-Ray.
    XRay,
}

impl Service {
    /// The name in the ledger and in faults: as the SDK crates and the IAM actions have it, `cloudwatch`, `apigatewayv2`.
    pub fn name(self) -> &'static str {
        match self {
            Service::ApiGateway => "apigateway",
            Service::ApiGatewayV2 => "apigatewayv2",
            Service::CloudWatch => "cloudwatch",
            Service::Lambda => "lambda",
            Service::Logs => "logs",
            Service::Sts => "sts",
            Service::Tagging => "tagging",
            Service::XRay => "xray",
        }
    }
}

/// One request, routed: what a service needs to answer it.
pub struct Call<'a> {
    /// The account.
    pub world: &'a Arc<World>,
    /// When the request came.
    pub now: Millis,
    /// For streams, which answer over time.
    pub clock: &'a Clock,
    /// The request as it came.
    pub request: &'a Request,
    /// The service that it was routed to.
    pub service: Service,
    /// As `ListFunctions`.
    pub operation: &'a str,
    /// Parts of the path by name, decoded.
    pub labels: &'a [(&'static str, String)],
    /// Its protocol.
    pub dialect: Dialect,
    /// The region that the request was signed for.
    pub region: &'a str,
    /// The access key that it was signed with.
    pub access_key: &'a str,
    /// The id that the answer will carry.
    pub request_id: &'a str,
    /// The faults in force, for streams, which may break later.
    pub faults: &'a Arc<Faults>,
    /// Logs Insights queries that clients have started.
    pub queries: &'a logs::Queries,
    /// Retrievals of traces that clients have started.
    pub retrievals: &'a xray::Retrievals,
}

impl Call<'_> {
    /// A part of the path, as `FunctionName`; empty if the route has none of that name.
    pub fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    /// A parameter of the query string.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.request.uri().query().unwrap_or_default();
        form::pairs(query, false).into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// A header that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// The JSON body, an empty one as `{}`. Errors: the SerializationException of the service.
    pub fn json(&self) -> Result<Value, Response> {
        if self.request.body().is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(self.request.body()).map_err(|error| {
            self.error(400, "SerializationException", &format!("Could not parse request body: {error}"))
        })
    }

    /// The input whatever its protocol: CBOR, JSON or a form. Errors: as [`Call::json`].
    pub fn input(&self) -> Result<Document, Response> {
        match self.dialect {
            Dialect::Cbor => Document::from_cbor(self.request.body())
                .map_err(|error| self.error(400, "SerializationException", &error)),
            Dialect::Query => {
                let text = String::from_utf8_lossy(self.request.body());
                Ok(form::read(&form::pairs(&text, true)))
            }
            _ => self.json().map(|value| Document::from_json(&value)),
        }
    }

    /// A successful answer in the protocol of the request. `namespace` is the XML namespace of awsQuery.
    pub fn output(&self, namespace: &str, result: &Document) -> Response {
        match self.dialect {
            Dialect::Cbor => {
                let mut response = super::wire::whole(200, "application/cbor", result.to_cbor());
                super::wire::set(&mut response, "smithy-protocol", "rpc-v2-cbor");
                response
            }
            Dialect::Query => form::answer(self.operation, namespace, result, self.request_id),
            _ => self.ok(&result.to_json()),
        }
    }

    /// A successful JSON answer with the content type of the service.
    pub fn ok(&self, body: &Value) -> Response {
        let mut response = json(200, body);
        super::wire::set(&mut response, "content-type", self.dialect.content_type());
        response
    }

    /// An error in the protocol of the request; `code` is the error's shape, as `ResourceNotFoundException`.
    pub fn error(&self, status: u16, code: &str, message: &str) -> Response {
        let mut response = self.dialect.error(status, code, message, self.request_id);
        if self.service == Service::Tagging {
            // It never spoke awsQuery, and its clients know its errors by the names of their shapes.
            response.headers_mut().remove("x-amzn-query-error");
        }
        response
    }
}

/// Hands the call to its service.
pub fn dispatch(call: &Call<'_>) -> Response {
    match call.service {
        Service::Sts => sts::handle(call),
        Service::CloudWatch => cloudwatch::handle(call),
        Service::Logs => logs::handle(call),
        Service::ApiGateway => apigateway::handle(call),
        Service::ApiGatewayV2 => apigatewayv2::handle(call),
        Service::Tagging => tagging::handle(call),
        Service::XRay => xray::handle(call),
        Service::Lambda => lambda::handle(call),
    }
}

/// What a service answers to an operation that it does not have.
pub fn unknown_operation(call: &Call<'_>) -> Response {
    let status = if matches!(call.dialect, Dialect::Query | Dialect::Json10 | Dialect::Json11) { 400 } else { 404 };
    call.error(status, "UnknownOperationException", &format!("The embedded account does not have {}.", call.operation))
}

#[cfg(test)]
mod tests;
