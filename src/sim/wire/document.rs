//! A value of any of the three protocols that CloudWatch speaks: read from CBOR, JSON or a form, written as CBOR, JSON
//! or XML. Services answer in these, so that an answer cannot differ from one protocol to the next.

use crate::sim::world::Millis;
use aws_smithy_cbor::data::Type;
use aws_smithy_cbor::{Decoder, Encoder};
use serde_json::Value;

/// A value on the wire. Doubles and integers stay apart: the SDK's CBOR reader takes no integer for a double.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// Absent.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number, as Period.
    Int(i64),
    /// A double, as Values and Threshold.
    Double(f64),
    /// A string; everything that came in a form is one.
    Text(String),
    /// A timestamp.
    Time(Millis),
    /// A list.
    List(Vec<Document>),
    /// A structure or map, in order.
    Map(Vec<(String, Document)>),
}

/// Deeper than any request of the services here; more is refused before the stack notices.
const DEPTH: usize = 16;

impl Document {
    /// A structure of these members; null ones are left out.
    pub fn map<const N: usize>(members: [(&str, Document); N]) -> Document {
        let members = members.into_iter().filter(|(_, value)| *value != Document::Null);
        Document::Map(members.map(|(name, value)| (name.to_string(), value)).collect())
    }

    /// A list of whatever becomes a document.
    pub fn list<T: Into<Document>>(items: impl IntoIterator<Item = T>) -> Document {
        Document::List(items.into_iter().map(Into::into).collect())
    }

    /// A member of a structure; null counts as absent.
    pub fn get(&self, name: &str) -> Option<&Document> {
        let Document::Map(members) = self else { return None };
        members.iter().find(|(n, _)| n == name).map(|(_, value)| value).filter(|value| **value != Document::Null)
    }

    /// A member that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Document::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A member that is a whole number, or text of one.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Document::Int(n) => Some(*n),
            Document::Double(n) if n.fract() == 0.0 => Some(*n as i64),
            Document::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A member that is a boolean, or text of one.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Document::Bool(b) => Some(*b),
            Document::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A member that is a timestamp: tagged (CBOR), seconds (JSON) or ISO 8601 (forms).
    pub fn time(&self, name: &str) -> Option<Millis> {
        match self.get(name)? {
            Document::Time(ms) => Some(*ms),
            Document::Int(seconds) => seconds.checked_mul(1000),
            Document::Double(seconds) => Some((seconds * 1000.0).round() as Millis),
            Document::Text(text) => chrono::DateTime::parse_from_rfc3339(text).ok().map(|t| t.timestamp_millis()),
            _ => None,
        }
    }

    /// A member that is a list; absent is empty.
    pub fn items(&self, name: &str) -> &[Document] {
        match self.get(name) {
            Some(Document::List(items)) => items,
            _ => &[],
        }
    }

    /// Strings of a member that is a list of them.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let text = |item: &Document| match item {
            Document::Text(text) => Some(text.clone()),
            _ => None,
        };
        self.items(name).iter().filter_map(text).collect()
    }

    /// Reads one CBOR value; an empty body is an empty structure.
    pub fn from_cbor(bytes: &[u8]) -> Result<Document, String> {
        if bytes.is_empty() {
            return Ok(Document::Map(Vec::new()));
        }
        read_cbor(&mut Decoder::new(bytes), DEPTH).map_err(|error| error.to_string())
    }

    /// Takes over a JSON value.
    pub fn from_json(value: &Value) -> Document {
        match value {
            Value::Null => Document::Null,
            Value::Bool(b) => Document::Bool(*b),
            Value::Number(n) => n.as_i64().map_or(Document::Double(n.as_f64().unwrap_or_default()), Document::Int),
            Value::String(text) => Document::Text(text.clone()),
            Value::Array(items) => Document::List(items.iter().map(Document::from_json).collect()),
            Value::Object(members) => {
                Document::Map(members.iter().map(|(name, value)| (name.clone(), Document::from_json(value))).collect())
            }
        }
    }

    /// Written as CBOR.
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        write_cbor(self, &mut encoder);
        encoder.into_writer()
    }

    /// Written as JSON: timestamps in seconds.
    pub fn to_json(&self) -> Value {
        match self {
            Document::Null => Value::Null,
            Document::Bool(b) => (*b).into(),
            Document::Int(n) => (*n).into(),
            Document::Double(n) => (*n).into(),
            Document::Text(text) => text.clone().into(),
            Document::Time(ms) if ms % 1000 == 0 => (ms / 1000).into(),
            Document::Time(ms) => (*ms as f64 / 1000.0).into(),
            Document::List(items) => Value::Array(items.iter().map(Document::to_json).collect()),
            Document::Map(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.clone(), value.to_json())).collect())
            }
        }
    }
}

fn read_cbor(decoder: &mut Decoder<'_>, depth: usize) -> Result<Document, aws_smithy_cbor::decode::DeserializeError> {
    use aws_smithy_cbor::decode::DeserializeError as Error;
    if depth == 0 {
        return Err(Error::custom("nested too deeply", decoder.position()));
    }
    let kind = decoder.datatype()?;
    Ok(match kind {
        Type::Bool => Document::Bool(decoder.boolean()?),
        Type::Null | Type::Undefined => {
            decoder.null()?;
            Document::Null
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            Document::Int(decoder.long()?)
        }
        Type::F16 | Type::F32 => Document::Double(f64::from(decoder.float()?)),
        Type::F64 => Document::Double(decoder.double()?),
        Type::String | Type::StringIndef => Document::Text(decoder.string()?),
        Type::Tag => Document::Time(decoder.timestamp()?.to_millis().unwrap_or_default()),
        Type::Array | Type::ArrayIndef => {
            let length = decoder.list()?;
            let mut items = Vec::new();
            while more(decoder, length, items.len() as u64)? {
                items.push(read_cbor(decoder, depth - 1)?);
            }
            Document::List(items)
        }
        Type::Map | Type::MapIndef => {
            let length = decoder.map()?;
            let mut members = Vec::new();
            while more(decoder, length, members.len() as u64)? {
                let name = decoder.string()?;
                members.push((name, read_cbor(decoder, depth - 1)?));
            }
            Document::Map(members)
        }
        _ => return Err(Error::custom("a CBOR type that no AWS shape has", decoder.position())),
    })
}

/// Whether a list or map goes on: by its length, or until the break when it has none.
fn more(
    decoder: &mut Decoder<'_>,
    length: Option<u64>,
    read: u64,
) -> Result<bool, aws_smithy_cbor::decode::DeserializeError> {
    match length {
        Some(length) => Ok(read < length),
        None if decoder.datatype()? == Type::Break => decoder.skip().map(|()| false),
        None => Ok(true),
    }
}

fn write_cbor(document: &Document, encoder: &mut Encoder) {
    match document {
        Document::Null => drop(encoder.null()),
        Document::Bool(b) => drop(encoder.boolean(*b)),
        Document::Int(n) => drop(encoder.long(*n)),
        Document::Double(n) => drop(encoder.double(*n)),
        Document::Text(text) => drop(encoder.str(text)),
        Document::Time(ms) => {
            let seconds = ms.div_euclid(1000);
            let nanos = (ms.rem_euclid(1000) * 1_000_000) as u32;
            encoder.timestamp(&aws_smithy_types::DateTime::from_secs_and_nanos(seconds, nanos));
        }
        Document::List(items) => {
            encoder.array(items.len());
            for item in items {
                write_cbor(item, encoder);
            }
        }
        Document::Map(members) => {
            encoder.begin_map();
            for (name, value) in members {
                encoder.str(name);
                write_cbor(value, encoder);
            }
            encoder.end();
        }
    }
}

impl From<&str> for Document {
    fn from(text: &str) -> Self {
        Document::Text(text.to_string())
    }
}
impl From<String> for Document {
    fn from(text: String) -> Self {
        Document::Text(text)
    }
}
impl From<bool> for Document {
    fn from(b: bool) -> Self {
        Document::Bool(b)
    }
}
impl From<i64> for Document {
    fn from(n: i64) -> Self {
        Document::Int(n)
    }
}
impl From<f64> for Document {
    fn from(n: f64) -> Self {
        Document::Double(n)
    }
}
impl<T: Into<Document>> From<Option<T>> for Document {
    fn from(value: Option<T>) -> Self {
        value.map_or(Document::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Document {
        Document::map([
            ("Id", "m1".into()),
            ("Whole", 3.into()),
            ("Nothing", Document::Null),
            ("Values", Document::list([1.0, 2.5])),
            ("At", Document::Time(1_700_000_000_500)),
            ("Flag", true.into()),
        ])
    }

    #[test]
    fn cbor_reads_back_what_it_wrote_and_keeps_doubles_apart() {
        let back = Document::from_cbor(&sample().to_cbor()).expect("our own CBOR");
        assert_eq!(back, sample());
        assert_eq!(back.items("Values")[0], Document::Double(1.0));
        assert_eq!(back.time("At"), Some(1_700_000_000_500));
    }

    #[test]
    fn json_says_times_in_seconds() {
        let json = sample().to_json();
        assert_eq!(json["At"], serde_json::json!(1_700_000_000.5));
        assert_eq!(Document::from_json(&json).time("At"), Some(1_700_000_000_500));
    }

    #[test]
    fn hostile_cbor_is_refused() {
        assert!(Document::from_cbor(&[0x9f; 4000]).is_err());
        assert!(Document::from_cbor(&[0xbf, 0x61]).is_err());
        assert_eq!(Document::from_cbor(&[]).expect("empty"), Document::Map(Vec::new()));
    }
}
