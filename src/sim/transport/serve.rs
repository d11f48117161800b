//! The account on a loopback port, for any AWS client.

use super::Outgoing;
use crate::sim::wire::Request;
use crate::sim::{Fate, Sim};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::Future;
use std::io;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Lambda takes 6 MB; nothing that any service takes is longer.
const LONGEST_BODY: usize = 8 << 20;

/// Serves the account until `shutdown` resolves; open connections end with it. Errors: the listener's.
pub async fn serve(sim: Arc<Sim>, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => return Ok(()),
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(sim.clone(), stream))),
                // A client that was gone before we looked is no reason to stop; a lack of file handles passes.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if error.raw_os_error() == Some(24) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                Err(error) => return Err(error),
            },
        }
    }
}

async fn connection(sim: Arc<Sim>, stream: TcpStream) {
    // Small answers must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(sim.clone(), request));
    // Errors here are clients that left, and our own dropped connections.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(sim: Arc<Sim>, request: http::Request<Incoming>) -> io::Result<http::Response<Outgoing>> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(io::Error::other)?.to_bytes();
    let answer = super::answer(sim, Request::from_parts(parts, body)).await?;
    if !answer.after.is_zero() {
        tokio::time::sleep(answer.after).await;
    }
    match answer.fate {
        Fate::Hang => std::future::pending().await,
        Fate::Drop => Err(io::Error::new(io::ErrorKind::ConnectionReset, "dropped on demand")),
        Fate::Truncate(response) => {
            let (parts, body) = response.into_parts();
            Ok(http::Response::from_parts(parts, Outgoing::broken(&body)))
        }
        Fate::Respond(response) => Ok(response.map(Outgoing::new)),
    }
}
