//! Spans of time and sizes as people write them: `"90s"`, `"1h30m"`, `"512 MiB"`.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

/// Reads `30s`, `5m`, `1h30m`. Errors: a sentence that shows how to write it.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{text}` has no unit: write `{text}s` for seconds or `{text}m` for minutes"));
    }
    match humantime::parse_duration(text) {
        Ok(span) if span.is_zero() => Err("a span of time is longer than nothing: write `30s`, `5m` or `1h30m`".into()),
        Ok(span) => Ok(span),
        Err(_) => Err(format!("`{text}` is not a span of time: write `30s`, `5m` or `1h30m`")),
    }
}

/// Reads `512 MiB`, `64MB`, `1048576`. Errors: a sentence that shows how to write it.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let refusal = || format!("`{text}` is not a size: write `512 MiB` or `1 GiB`");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| refusal())?;
    let unit = match text[digits..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(refusal()),
    };
    number.checked_mul(unit).ok_or_else(refusal)
}

/// For `deserialize_with`: a span of time.
pub(super) fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = text(deserializer, &"a span of time such as \"30s\", \"5m\" or \"1h30m\"")?;
    parse_span(&text).map_err(D::Error::custom)
}

/// For `deserialize_with`: a size in bytes.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = text(deserializer, &"a size such as \"512 MiB\"")?;
    parse_bytes(&text).map_err(D::Error::custom)
}

fn text<'de, D: Deserializer<'de>>(deserializer: D, expected: &&'static str) -> Result<String, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Err(D::Error::invalid_type(Unexpected::Signed(number), expected)),
        other => Err(D::Error::invalid_type(Unexpected::Other(other.type_str()), expected)),
    }
}

/// The word that was probably meant: the nearest of `known`, if one is near enough to be a slip of the fingers.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits that turn one word into the other; two letters that changed places count as one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_write_them() {
        assert_eq!(parse_span("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse_span(" 90s "), Ok(Duration::from_secs(90)));
        assert!(parse_span("90").unwrap_err().contains("write `90s`"));
        assert!(parse_span("soon").unwrap_err().contains("not a span of time"));
        assert!(parse_span("0s").is_err());
        assert!(parse_span("").is_err());
    }

    #[test]
    fn slips_of_the_fingers_are_recognised() {
        let known = ["metrics", "mouse", "theme"];
        assert_eq!(nearest("mettrics", known.into_iter()), Some("metrics"));
        assert_eq!(nearest("muose", known.into_iter()), Some("mouse"));
        assert_eq!(nearest("colour", known.into_iter()), None);
    }

    #[test]
    fn sizes_read_as_people_write_them() {
        assert_eq!(parse_bytes("512 MiB"), Ok(512 << 20));
        assert_eq!(parse_bytes("64MB"), Ok(64_000_000));
        assert_eq!(parse_bytes("10"), Ok(10));
        assert!(parse_bytes("ten").is_err());
        assert!(parse_bytes("99999999999 GiB").is_err());
        assert!(parse_bytes("1 XiB").unwrap_err().contains("512 MiB"));
    }
}
