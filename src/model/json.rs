//! JSON texts as they came: where each value stands in the text, so that a number keeps its digits and a key its place.

mod document;
mod path;

pub use document::{Document, Kind, Label, Node};
pub use path::{Path, Step};

use std::borrow::Cow;

/// Deepest nesting that is followed.
const DEEPEST: usize = 512;

/// Where a text stops being JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Byte in the text.
    pub at: usize,
    /// What should stand there: `a value`.
    pub expected: &'static str,
    /// Values read before.
    pub values: usize,
}

/// Where the JSON of a log line would begin: at its beginning, or after the words that a runtime puts before it, as in
/// `TIME REQUEST INFO {…}`. None where no bracket stands at such a place; whether it is JSON is not looked at.
pub fn begins(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    if matches!(bytes.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'[')) {
        return Some(0);
    }
    memchr::memchr_iter(b'{', bytes).find(|at| *at > 0 && matches!(bytes[at - 1], b' ' | b'\t'))
}

/// What one path finds in a JSON line, as text: a string without its quotes, everything else as it stands there. None where the
/// text is no JSON up to there, or has no such field. Costs a walk up to the field, and no copy of anything else.
pub fn field(text: &str, path: &str) -> Option<String> {
    let path = Path::read(path)?;
    let text = &text[begins(text)?..];
    let mut scanner = Scanner::new(text);
    for step in &path.0 {
        scanner.enter(step)?;
    }
    let (from, to) = scanner.value().ok()?;
    Some(plain(&text[from..to]).into_owned())
}

/// A value as text: a string without its quotes and escapes, everything else as it stands there.
pub fn plain(value: &str) -> Cow<'_, str> {
    match value.strip_prefix('"') {
        Some(rest) => unescaped(rest.strip_suffix('"').unwrap_or(rest)),
        None => Cow::Borrowed(value),
    }
}

/// What a string means, without its quotes; an escape that was cut off at the end is left out.
pub fn unescaped(inside: &str) -> Cow<'_, str> {
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else { return Cow::Owned(out) };
        rest = &rest[escape.len_utf8()..];
        match escape {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'u' => match unit(rest) {
                Some(high @ 0xd800..0xdc00) => {
                    rest = &rest[4..];
                    let low = rest.strip_prefix("\\u").and_then(unit).filter(|low| (0xdc00..0xe000).contains(low));
                    let pair = low.and_then(|low| char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)));
                    rest = if pair.is_some() { &rest[6..] } else { rest };
                    out.push(pair.unwrap_or('\u{fffd}'));
                }
                Some(unit) => {
                    rest = &rest[4..];
                    out.push(char::from_u32(unit).unwrap_or('\u{fffd}'));
                }
                None => return Cow::Owned(out),
            },
            other => out.push(other),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn unit(text: &str) -> Option<u32> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// A JSON text over several lines, two blanks for each level; numbers and strings stay as they are.
pub fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let bytes = text.as_bytes();
    let mut at = 0;
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            open @ (b'{' | b'[') => {
                out.push(char::from(open));
                let next = bytes[at + 1..].iter().position(|byte| !byte.is_ascii_whitespace()).map(|n| at + 1 + n);
                match next {
                    Some(next) if matches!(bytes[next], b'}' | b']') => {
                        out.push(char::from(bytes[next]));
                        at = next;
                    }
                    _ => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            close @ (b'}' | b']') => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(char::from(close));
            }
            b',' => {
                out.push(',');
                line(&mut out, depth);
            }
            b':' => out.push_str(": "),
            b'"' => {
                let end = string_end(bytes, at).unwrap_or(bytes.len());
                out.push_str(&text[at..end]);
                at = end - 1;
            }
            _ => {
                let length = bytes[at..].iter().position(|byte| b" \t\r\n,:{}[]\"".contains(byte));
                let end = length.map_or(bytes.len(), |length| at + length);
                out.push_str(&text[at..end]);
                at = end - 1;
            }
        }
        at += 1;
    }
    out
}

/// The byte after the string that begins at `at`; none where it does not end.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at + 1;
    loop {
        end += memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
        if bytes[end] == b'"' {
            return Some(end + 1);
        }
        end += 2;
    }
}

/// Walks over a JSON text.
struct Scanner<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    values: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Scanner<'a> {
        Scanner { bytes: text.as_bytes(), text, at: 0, values: 0 }
    }

    fn broken(&self, expected: &'static str) -> Broken {
        Broken { at: self.at.min(self.bytes.len()), expected, values: self.values }
    }

    /// The next byte that is no blank, not taken.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), Broken> {
        if self.peek() != Some(byte) {
            return Err(self.broken(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// A string with its quotes: from, to.
    fn string(&mut self) -> Result<(usize, usize), Broken> {
        let from = self.at;
        match string_end(self.bytes, from) {
            Some(end) => {
                self.at = end;
                Ok((from, end))
            }
            None => {
                self.at = self.bytes.len();
                Err(self.broken("the end of a string"))
            }
        }
    }

    /// A key and its colon: from, to, with the quotes.
    fn key(&mut self) -> Result<(usize, usize), Broken> {
        if self.peek() != Some(b'"') {
            return Err(self.broken("a key in quotes"));
        }
        let key = self.string()?;
        self.take(b':', "a colon after a key")?;
        Ok(key)
    }

    /// A number, or one of the three words: from, to.
    fn scalar(&mut self) -> Result<(usize, usize), Broken> {
        let from = self.at;
        for word in ["true", "false", "null"] {
            if self.text[from..].starts_with(word) {
                self.at += word.len();
                return Ok((from, self.at));
            }
        }
        let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = from + usize::from(self.bytes[from] == b'-');
        let whole = digits(&self.bytes[end..]);
        if whole == 0 || whole > 1 && self.bytes[end] == b'0' {
            return Err(self.broken("a value"));
        }
        end += whole;
        if self.bytes.get(end) == Some(&b'.') {
            let after = digits(&self.bytes[end + 1..]);
            if after == 0 {
                self.at = end;
                return Err(self.broken("digits after a point"));
            }
            end += 1 + after;
        }
        if matches!(self.bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.bytes.get(end + 1), Some(b'+' | b'-')));
            let after = digits(self.bytes.get(end + 1 + sign..).unwrap_or_default());
            if after == 0 {
                self.at = end;
                return Err(self.broken("an exponent"));
            }
            end += 1 + sign + after;
        }
        self.at = end;
        Ok((from, end))
    }

    /// Any value, passed over: from, to.
    fn value(&mut self) -> Result<(usize, usize), Broken> {
        let Some(first) = self.peek() else { return Err(self.broken("a value")) };
        let from = self.at;
        match first {
            b'"' => return self.string(),
            b'{' | b'[' => {}
            _ => return self.scalar(),
        }
        // Whatever is between the brackets is not looked at but for strings: who wants it will.
        let mut depth = 0usize;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok((from, self.at));
            }
        }
        Err(self.broken("a closing bracket"))
    }

    /// Goes to the value that a step leads to.
    fn enter(&mut self, step: &Step) -> Option<()> {
        match step {
            Step::Key(name) => {
                self.take(b'{', "").ok()?;
                if self.peek()? == b'}' {
                    return None;
                }
                loop {
                    let (from, to) = self.key().ok()?;
                    if unescaped(&self.text[from + 1..to - 1]) == name.as_str() {
                        return Some(());
                    }
                    self.value().ok()?;
                    self.peek();
                    self.take(b',', "").ok()?;
                }
            }
            Step::Index(index) => {
                self.take(b'[', "").ok()?;
                if self.peek()? == b']' {
                    return None;
                }
                for _ in 0..*index {
                    self.value().ok()?;
                    self.take(b',', "").ok()?;
                }
                Some(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_field_is_found_by_its_path() {
        let text = r#"{"a": {"b c": [1, {"d": "x\"é\n\ud83d\ude00"}]}, "n": 12345678901234567890.50, "e": {}, "é": true, "z": null}"#;
        for (path, value) in [
            (".a[\"b c\"][1].d", Some("x\"é\n😀")),
            (".a[\"b c\"][0]", Some("1")),
            (".a[\"b c\"][2]", None),
            (".n", Some("12345678901234567890.50")),
            (".e", Some("{}")),
            (".e.x", None),
            (".[\"é\"]", Some("true")),
            (".z", Some("null")),
            (".missing", None),
            (".n.x", None),
            (".a[0]", None),
            ("broken", None),
        ] {
            assert_eq!(field(text, path).as_deref(), value, "{path}");
        }
        assert_eq!(field("no json", ".a"), None);
        assert_eq!(field(r#"{"a":1, "b": "#, ".a").as_deref(), Some("1"), "up to there it is JSON");
        let node = "2026-11-21T04:00:00.123Z    8c2a1f3e    INFO    {\"a\":{\"b\":7}}";
        assert_eq!(field(node, ".a.b").as_deref(), Some("7"), "behind the words of a runtime");
        assert_eq!(field("[5]", ".[0]").as_deref(), Some("5"));
    }

    #[test]
    fn indenting_changes_nothing_but_blanks() {
        assert_eq!(
            indented(r#"{"a":[1,2.50,{}],"b":{"c":"x, {y}: \"z\""}, "e" : [ ]}"#),
            "{\n  \"a\": [\n    1,\n    2.50,\n    {}\n  ],\n  \"b\": {\n    \"c\": \"x, {y}: \\\"z\\\"\"\n  },\n  \"e\": []\n}"
        );
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_writes(value in any_json()) {
            let text = serde_json::to_string(&value).unwrap();
            let again = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            prop_assert_eq!(again(&indented(&text)), again(&text));
            let document = Document::read(&text).unwrap();
            for at in 0..document.len() {
                let raw = document.raw(at);
                let path = document.path(at);
                let found = again(raw);
                if at > 0 {
                    let expected = match &found {
                        serde_json::Value::String(text) => text.clone(),
                        _ => raw.to_string(),
                    };
                    prop_assert_eq!(field(&text, &path), Some(expected), "{}", path);
                }
            }
        }

        #[test]
        fn it_agrees_with_serde_on_what_is_json(text in "[\\[\\]{}:,\"\\\\a0-9.eE+\\- truefalsn]{0,24}") {
            let ours = Document::read(&text);
            let serde = serde_json::from_str::<serde_json::Value>(&text);
            // What is out of range is a number all the same, and escapes are not looked at before they are shown.
            let lenient = matches!(&serde, Err(error) if error.to_string().contains("out of range") || error.to_string().contains("escape"));
            prop_assert!(ours.is_ok() == serde.is_ok() || lenient, "{:?}: {:?} {:?}", text, ours.err(), serde.err());
        }

        #[test]
        fn any_text_is_survived(text in any::<String>(), path in any::<String>()) {
            let _ = field(&text, &path);
            let _ = indented(&text);
            let _ = unescaped(&text);
            let _ = Document::read(&text);
        }
    }
}
