//! The account behind an SDK client of this very process: no socket, no thread, exact under a paused clock.

use super::Outgoing;
use crate::sim::wire::{Body, Request};
use crate::sim::{Fate, Sim};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;

/// An HTTP client for `aws_config::defaults(..).http_client(..)` that leads every SDK client to this account.
pub fn client(sim: Arc<Sim>) -> SharedHttpClient {
    http_client_fn(move |settings: &HttpConnectorSettings, _| {
        SharedHttpConnector::new(Connector { sim: sim.clone(), read_timeout: settings.read_timeout() })
    })
}

struct Connector {
    sim: Arc<Sim>,
    read_timeout: Option<Duration>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector to the embedded account")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sim = self.sim.clone();
        let limit = self.read_timeout;
        HttpConnectorFuture::new(async move {
            let answering = answer(sim, request);
            match limit {
                None => answering.await,
                // The SDK leaves the read timeout to the connector: the time to the first byte of the response.
                Some(limit) => tokio::time::timeout(limit, answering)
                    .await
                    .map_err(|_| ConnectorError::timeout(format!("no response within {limit:?}").into()))?,
            }
        })
    }
}

async fn answer(sim: Arc<Sim>, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = read(request).await?;
    let answer = super::answer(sim, request).await.map_err(|error| ConnectorError::other(error.into(), None))?;
    if !answer.after.is_zero() {
        tokio::time::sleep(answer.after).await;
    }
    let (parts, body) = match answer.fate {
        Fate::Hang => std::future::pending().await,
        Fate::Drop => return Err(ConnectorError::io("connection closed before message completed".into())),
        Fate::Truncate(response) => {
            let (parts, body) = response.into_parts();
            (parts, SdkBody::from_body_1_x(Outgoing::broken(&body)))
        }
        Fate::Respond(response) => {
            let (parts, body) = response.into_parts();
            let body = match body {
                Body::Whole(bytes) => SdkBody::from(bytes),
                stream @ Body::Stream(_) => SdkBody::from_body_1_x(Outgoing::new(stream)),
            };
            (parts, body)
        }
    };
    HttpResponse::try_from(http::Response::from_parts(parts, body))
        .map_err(|error| ConnectorError::other(error.into(), None))
}

async fn read(request: HttpRequest) -> Result<Request, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
    Ok(Request::from_parts(parts, body))
}
