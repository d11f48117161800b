//! Requests and responses as the services see them, free of any transport.

use bytes::Bytes;

/// One HTTP request, its body complete.
pub type Request = http::Request<Bytes>;

/// One HTTP response: complete, or a stream of chunks (Live Tail, streaming invokes).
pub type Response = http::Response<Body>;

/// What a response carries.
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Chunks as they come; a closed channel ends the body.
    Stream(tokio::sync::mpsc::Receiver<Bytes>),
}
