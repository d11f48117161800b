//! The two ways to the account: a loopback server for any client, a connector for the SDK clients of this process.

pub mod connector;
pub mod serve;

use super::wire::{Body, Request};
use super::{Answer, Sim};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Asks the account off the runtime's own threads: hours of history take a while to compute, and nobody's timers may
/// wait for that. Errors: a panic in the account, which ends this one call.
async fn answer(sim: Arc<Sim>, request: Request) -> io::Result<Answer> {
    tokio::task::spawn_blocking(move || sim.handle(&request)).await.map_err(io::Error::other)
}

/// A body on its way out.
pub(super) enum Outgoing {
    /// All of it at once.
    Whole(Option<Bytes>),
    /// As it comes.
    Stream(tokio::sync::mpsc::Receiver<Bytes>),
    /// Its first half, then a broken connection; announced at full length.
    Broken(Option<Bytes>, u64),
}

impl Outgoing {
    pub(super) fn new(body: Body) -> Outgoing {
        match body {
            Body::Whole(bytes) => Outgoing::Whole(Some(bytes)),
            Body::Stream(chunks) => Outgoing::Stream(chunks),
        }
    }

    pub(super) fn broken(body: &Body) -> Outgoing {
        let bytes = body.bytes();
        Outgoing::Broken(Some(Bytes::copy_from_slice(&bytes[..bytes.len() / 2])), bytes.len().max(1) as u64)
    }
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Outgoing::Whole(bytes) => Poll::Ready(bytes.take().filter(|b| !b.is_empty()).map(|b| Ok(Frame::data(b)))),
            Outgoing::Stream(chunks) => chunks.poll_recv(cx).map(|chunk| chunk.map(|c| Ok(Frame::data(c)))),
            Outgoing::Broken(bytes, _) => Poll::Ready(Some(match bytes.take().filter(|b| !b.is_empty()) {
                Some(half) => Ok(Frame::data(half)),
                None => Err(io::Error::new(io::ErrorKind::ConnectionReset, "connection closed by the account")),
            })),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Outgoing::Broken(_, full) => SizeHint::with_exact(*full),
            Outgoing::Stream(_) => SizeHint::default(),
        }
    }
}
