//! The awsQuery protocol: forms in, XML out; and the percent encoding that paths share with it.

use super::document::Document;
use super::{Response, whole};
use std::collections::BTreeMap;

/// Pairs of a query string or form; in a form a plus is a blank.
pub fn pairs(text: &str, plus_is_blank: bool) -> Vec<(String, String)> {
    let decode = |part: &str| {
        if plus_is_blank { percent_decode(&part.replace('+', " ")) } else { percent_decode(part) }
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Undoes percent encoding; what is not one stays as it is.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) if bytes[i] == b'%' => {
                out.push(byte);
                i += 3;
            }
            _ => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A form as a structure: `A.member.2.B=x` is element 2 of list A, its member B.
pub fn read(pairs: &[(String, String)]) -> Document {
    let mut root = Node::default();
    for (name, value) in pairs {
        let mut node = &mut root;
        // No shape here nests deeper than MetricDataQueries.member.N.MetricStat.Metric.Dimensions.member.N.Name.
        for part in name.split('.').take(16) {
            node = node.children.entry(part.to_string()).or_default();
        }
        node.value = Some(value.clone());
    }
    root.into_document()
}

#[derive(Default)]
struct Node {
    value: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn into_document(mut self) -> Document {
        if self.children.is_empty() {
            return Document::Text(self.value.unwrap_or_default());
        }
        if let Some(members) = self.children.remove("member") {
            let mut items: Vec<(u32, Document)> = members
                .children
                .into_iter()
                .map(|(place, node)| (place.parse().unwrap_or(u32::MAX), node.into_document()))
                .collect();
            items.sort_by_key(|(place, _)| *place);
            return Document::List(items.into_iter().map(|(_, item)| item).collect());
        }
        Document::Map(self.children.into_iter().map(|(name, node)| (name, node.into_document())).collect())
    }
}

/// A successful awsQuery answer: `<OpResponse><OpResult>…</OpResult><ResponseMetadata>…`.
pub fn answer(operation: &str, namespace: &str, result: &Document, request_id: &str) -> Response {
    let mut xml = format!("<{operation}Response xmlns=\"{namespace}\"><{operation}Result>");
    write(result, &mut xml);
    xml.push_str(&format!(
        "</{operation}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    ));
    whole(200, "text/xml", xml)
}

fn write(document: &Document, xml: &mut String) {
    match document {
        Document::Null => {}
        Document::Bool(b) => xml.push_str(&b.to_string()),
        Document::Int(n) => xml.push_str(&n.to_string()),
        Document::Double(n) => xml.push_str(&n.to_string()),
        Document::Text(text) => xml.push_str(&xml_text(text)),
        Document::Time(ms) => xml.push_str(&iso(*ms)),
        Document::List(items) => {
            for item in items {
                xml.push_str("<member>");
                write(item, xml);
                xml.push_str("</member>");
            }
        }
        Document::Map(members) => {
            for (name, value) in members {
                xml.push_str(&format!("<{name}>"));
                write(value, xml);
                xml.push_str(&format!("</{name}>"));
            }
        }
    }
}

/// ISO 8601 in UTC with milliseconds, as `2026-11-21T03:04:05.678Z`.
pub fn iso(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Text between two tags.
pub fn xml_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_lists_and_structures() {
        let form = "Action=GetMetricData&Q.member.10.Id=b&Q.member.2.Id=a&Q.member.2.S.Name=x%20y+z&Empty=";
        let document = read(&pairs(form, true));
        assert_eq!(document.text("Action"), Some("GetMetricData"));
        assert_eq!(document.text("Empty"), Some(""));
        let ids: Vec<_> = document.items("Q").iter().filter_map(|q| q.text("Id")).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(document.items("Q")[0].get("S").and_then(|s| s.text("Name")), Some("x y z"));
    }

    #[test]
    fn broken_percent_signs_stay() {
        assert_eq!(percent_decode("a%3Ab%zz%4"), "a:b%zz%4");
        assert_eq!(percent_decode("%C3%A9%"), "é%");
    }

    #[test]
    fn xml_names_its_operation_and_escapes_its_text() {
        let result = Document::map([("Label", "a<b&c".into()), ("Values", Document::list([1.0, 0.5]))]);
        let answer = answer("GetMetricData", "http://x/", &result, "r");
        let xml = String::from_utf8_lossy(answer.body().bytes()).into_owned();
        assert!(
            xml.contains("<Label>a&lt;b&amp;c</Label><Values><member>1</member><member>0.5</member></Values>"),
            "{xml}"
        );
        assert!(xml.starts_with("<GetMetricDataResponse xmlns=\"http://x/\"><GetMetricDataResult>"));
    }
}
