//! Frames of an event stream: Live Tail and streaming invokes.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::Value;

/// An event with a JSON payload, `kind` as `sessionUpdate`.
pub fn event(kind: &str, payload: &Value) -> Bytes {
    frame("event", ":event-type", kind, "application/json", Bytes::from(payload.to_string()))
}

/// An event with a binary payload, as PayloadChunk of a streaming invoke.
pub fn event_bytes(kind: &str, payload: Bytes) -> Bytes {
    frame("event", ":event-type", kind, "application/octet-stream", payload)
}

/// The first frame of an awsJson stream. The SDK's `send` waits for the first frame, so one must come at once.
pub fn initial_response() -> Bytes {
    event("initial-response", &serde_json::json!({}))
}

/// An exception in mid-stream, as `SessionTimeoutException`.
pub fn exception(kind: &str, message: &str) -> Bytes {
    let payload = serde_json::json!({"message": message}).to_string();
    frame("exception", ":exception-type", kind, "application/json", Bytes::from(payload))
}

fn frame(message_type: &str, kind_header: &'static str, kind: &str, content_type: &str, payload: Bytes) -> Bytes {
    let text = |value: &str| HeaderValue::String(value.to_string().into());
    let message = Message::new(payload)
        .add_header(Header::new(":message-type", text(message_type)))
        .add_header(Header::new(kind_header, text(kind)))
        .add_header(Header::new(":content-type", text(content_type)));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).expect("a Vec takes any frame, and these headers are short");
    Bytes::from(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_eventstream::frame::read_message_from;
    use aws_smithy_types::str_bytes::StrBytes;

    #[test]
    fn a_frame_reads_back() {
        let bytes = event("sessionUpdate", &serde_json::json!({"sessionResults": []}));
        let message = read_message_from(bytes).expect("a whole frame");
        let kind = message.headers().iter().find(|h| h.name().as_str() == ":event-type").expect("kind");
        assert_eq!(kind.value().as_string().map(StrBytes::as_str), Ok("sessionUpdate"));
        assert_eq!(message.payload().as_ref(), br#"{"sessionResults":[]}"#);
    }
}
