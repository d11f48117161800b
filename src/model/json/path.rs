//! Where a value stands in a JSON text, as jq writes it: `.detail.items[3].sku`, `.["a-b"]`.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into the field of an object.
    Key(String),
    /// Into an element of an array, from 0.
    Index(usize),
}

/// The way from the whole text to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// Reads one; none where it is no path.
    pub fn read(text: &str) -> Option<Path> {
        let mut rest = text.strip_prefix('.')?;
        let mut steps = Vec::new();
        let mut after_point = true;
        loop {
            if let Some(inside) = rest.strip_prefix("[\"") {
                let end = super::string_end(rest.as_bytes(), 1)?;
                steps.push(Step::Key(super::unescaped(&inside[..end - 3]).into_owned()));
                rest = rest[end..].strip_prefix(']')?;
            } else if let Some(inside) = rest.strip_prefix('[') {
                let (index, after) = inside.split_once(']')?;
                steps.push(Step::Index(index.parse().ok()?));
                rest = after;
            } else if after_point && !rest.is_empty() {
                let length = rest.find(['.', '[']).unwrap_or(rest.len());
                if !is_word(&rest[..length]) {
                    return None;
                }
                steps.push(Step::Key(rest[..length].to_string()));
                rest = &rest[length..];
            }
            after_point = rest.starts_with('.');
            rest = match rest.strip_prefix('.') {
                Some("") => return None,
                Some(rest) => rest,
                None if rest.is_empty() => return Some(Path(steps)),
                None if rest.starts_with('[') => rest,
                None => return None,
            };
        }
    }
}

/// A key that needs no quotes in a path.
fn is_word(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !matches!(self.0.first(), Some(Step::Key(key)) if is_word(key)) {
            f.write_str(".")?;
        }
        for step in &self.0 {
            match step {
                Step::Key(key) if is_word(key) => write!(f, ".{key}")?,
                Step::Key(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str()))?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_they_are_written() {
        let key = |text: &str| Step::Key(text.into());
        for (text, steps) in [
            (".", vec![]),
            (".a", vec![key("a")]),
            (".detail.items[3].sku", vec![key("detail"), key("items"), Step::Index(3), key("sku")]),
            (".[0][1]", vec![Step::Index(0), Step::Index(1)]),
            (".[\"a.b\"].c[\"é \\\"\\n\"]", vec![key("a.b"), key("c"), key("é \"\n")]),
            (".a[\"\"]", vec![key("a"), key("")]),
        ] {
            assert_eq!(Path::read(text), Some(Path(steps.clone())), "{text}");
            assert_eq!(Path(steps).to_string(), text);
        }
        for text in ["", "a", ".a.", ".a..b", ".a[", ".a[x]", ".a[\"x]", ".a b", ".1", ".a]", ".[\"a\"]b"] {
            assert_eq!(Path::read(text), None, "{text}");
        }
    }
}
