//! Ids in log lines: request ids, which are UUIDs, and trace ids of X-Ray.

use memchr::{memchr, memmem};
use std::fmt;

/// A request id in sixteen bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u128);

impl RequestId {
    /// Reads a UUID; nothing else is one.
    pub fn read(text: &str) -> Option<RequestId> {
        number(text.as_bytes()).map(RequestId)
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
        let bytes: &[u8; 35] = text.as_bytes().try_into().ok()?;
        if !bytes.starts_with(b"1-") || bytes[10] != b'-' {
            return None;
        }
        let (time, wrong_a) = digits(&bytes[2..10]);
        let (high, wrong_b) = digits(&bytes[11..19]);
        let (low, wrong_c) = digits(&bytes[19..]);
        (wrong_a | wrong_b | wrong_c <= 0xf).then(|| TraceId(u128::from(time << 32 | high) << 64 | u128::from(low)))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1-{:08x}-{:024x}", self.0 >> 96, self.0 & ((1 << 96) - 1))
    }
}

/// The value of each hexadecimal digit, and what is none.
const DIGITS: [u8; 256] = {
    let mut digits = [0xff; 256];
    let mut byte = 0;
    while byte < 256 {
        digits[byte] = match byte as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            _ => 0xff,
        };
        byte += 1;
    }
    digits
};

/// Up to sixteen hexadecimal digits; anything above them in what is returned says that one was none.
fn digits(bytes: &[u8]) -> (u64, u8) {
    bytes.iter().fold((0, 0), |(number, wrong), byte| {
        let digit = DIGITS[usize::from(*byte)];
        (number << 4 | u64::from(digit & 0xf), wrong | digit)
    })
}

/// A UUID and nothing else, as a number.
pub(super) fn number(bytes: &[u8]) -> Option<u128> {
    let bytes: &[u8; 36] = bytes.try_into().ok()?;
    if bytes[8] != b'-' || bytes[13] != b'-' || bytes[18] != b'-' || bytes[23] != b'-' {
        return None;
    }
    let (a, wrong_a) = digits(&bytes[..8]);
    let (b, wrong_b) = digits(&bytes[9..13]);
    let (c, wrong_c) = digits(&bytes[14..18]);
    let (d, wrong_d) = digits(&bytes[19..23]);
    let (e, wrong_e) = digits(&bytes[24..]);
    let wrong = wrong_a | wrong_b | wrong_c | wrong_d | wrong_e;
    (wrong <= 0xf).then(|| u128::from(a << 32 | b << 16 | c) << 64 | u128::from(d << 48 | e))
}

/// The first UUID anywhere in a line.
pub fn uuid(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    // A dash at its ninth place is rare enough to look for first.
    let mut from = 8;
    while let Some(found) = memchr(b'-', bytes.get(from..)?) {
        let dash = from + found;
        if bytes.get(dash - 8..dash + 28).and_then(number).is_some() {
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

/// Whether the trace of a line was sampled, where it says so: `Sampled: true` in a REPORT line, `Sampled=1` in the header that
/// JSON lines quote.
pub fn sampled(text: &str) -> Option<bool> {
    let at = memmem::find(text.as_bytes(), b"Sampled")? + "Sampled".len();
    match text.get(at..)? {
        rest if rest.starts_with("=1") || rest.starts_with(": true") => Some(true),
        rest if rest.starts_with("=0") || rest.starts_with(": false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_whether_its_trace_was_sampled() {
        assert_eq!(sampled("REPORT RequestId: x\tSegmentId: 07\tSampled: true\t"), Some(true));
        assert_eq!(sampled(r#"{"value":"Root=1-5;Parent=35;Sampled=0"}"#), Some(false));
        assert_eq!(sampled("Sampled at noon"), None);
        assert_eq!(sampled("nothing"), None);
    }

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
