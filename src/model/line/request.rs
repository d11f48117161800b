//! Ids in log lines: request ids, which are UUIDs, and trace ids of X-Ray.

use memchr::{memchr, memmem};
use std::fmt;

/// A request id in sixteen bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u128);

impl RequestId {
    /// Reads a UUID; nothing else is one.
    pub fn read(text: &str) -> Option<RequestId> {
        number(text.as_bytes(), [8, 13, 18, 23], 36).map(RequestId)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            id >> 96,
            id >> 80 & 0xffff,
            id >> 64 & 0xffff,
            id >> 48 & 0xffff,
            id & 0xffff_ffff_ffff
        )
    }
}

/// A trace id of X-Ray in sixteen bytes: the two numbers behind its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub u128);

impl TraceId {
    /// Reads `1-8hex-24hex`; nothing else is one.
    pub fn read(text: &str) -> Option<TraceId> {
        number(text.strip_prefix("1-")?.as_bytes(), [8], 33).map(TraceId)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1-{:08x}-{:024x}", self.0 >> 96, self.0 & ((1 << 96) - 1))
    }
}

/// Hexadecimal digits with dashes at the given places, as a number.
fn number<const N: usize>(bytes: &[u8], dashes: [usize; N], length: usize) -> Option<u128> {
    if bytes.len() != length || dashes.iter().any(|place| bytes[*place] != b'-') {
        return None;
    }
    let mut number = 0_u128;
    let mut dashed = 0;
    for byte in bytes {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b'-' => {
                dashed += 1;
                continue;
            }
            _ => return None,
        };
        number = number << 4 | u128::from(digit);
    }
    (dashed == N).then_some(number)
}

/// A UUID and nothing else.
pub(super) fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The first UUID anywhere in a line.
pub fn uuid(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    // A dash at its ninth place is rare enough to look for first.
    let mut from = 8;
    while let Some(found) = memchr(b'-', bytes.get(from..)?) {
        let dash = from + found;
        if bytes.get(dash - 8..dash + 28).is_some_and(is_uuid) {
            return text.get(dash - 8..dash + 28);
        }
        from = dash + 1;
    }
    None
}

/// The first trace id, `1-8hex-24hex`, anywhere in a line.
pub fn trace_id(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    memmem::find_iter(bytes, b"1-").find_map(|at| {
        let id = text.get(at..at + 35)?;
        let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let alone = at == 0 || !bytes[at - 1].is_ascii_alphanumeric() && bytes[at - 1] != b'-';
        (alone && id.as_bytes()[10] == b'-' && hex(&id[2..10]) && hex(&id[11..])).then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_reads_and_writes() {
        let id = "8f507cfc-1234-4697-b07a-ac58fc914c95";
        assert_eq!(RequestId::read(id).expect("a UUID").to_string(), id);
        for text in ["", "8f507cfc", "8f507cfc-xmpl-4697-b07a-ac58fc914c95", "8f507cfc-1234-4697-b07a-ac58fc914c95 "] {
            assert_eq!(RequestId::read(text), None, "{text}");
        }
        assert_eq!(RequestId::read("8f507cfc-1234-4697-b07a-ac58fc91-c95"), None);
        assert_eq!(uuid(&format!("order {id} is paid")), Some(id));
        assert_eq!(uuid("2024-10-27T19:17:45.586Z no id - here"), None);
    }

    #[test]
    fn a_trace_id_reads_and_writes() {
        let id = "1-5e34a614-10bd0bd0f1fb44f07bc535a1";
        assert_eq!(trace_id(&format!("x {id}\tSegmentId: 07f5")), Some(id));
        assert_eq!(trace_id(&format!("Root={id};Parent=4")), Some(id));
        assert_eq!(trace_id("version 1-2"), None);
        assert_eq!(trace_id("日本1-日本語日本語日本語日本語日本語日本語"), None);
        assert_eq!(TraceId::read(id).map(|id| id.to_string()).as_deref(), Some(id));
        assert_eq!(TraceId::read("1-2-3"), None);
    }
}
