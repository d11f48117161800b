//! The local filter of the trace list: words, all of which a trace passes. It costs nothing, and looks at what is loaded.
//!
//! `fault` `error` `throttle` `partial` `ok` · `>500ms` `<2s` (response time) · `status=500` `method=post` `user=ann`
//! `tier=gold` (an annotation) · anything else is looked for in names, address, id and annotations. `!` turns a word round.

use crate::model::trace::TraceSummary;

/// One word of the filter.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    Fault,
    Error,
    Throttle,
    Partial,
    Ok,
    /// Response time above (true) or below so many seconds.
    Time(bool, f64),
    /// A field has a value.
    Is(String, String),
    Text(String),
}

/// A filter as it was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words(Vec<(bool, Word)>);

impl Words {
    /// Reads a filter. Nothing is wrong: what means nothing else is looked for as text.
    pub fn read(text: &str) -> Words {
        let words = text.split_whitespace().map(|word| match word.strip_prefix('!').filter(|rest| !rest.is_empty()) {
            Some(rest) => (false, Word::read(rest)),
            None => (true, Word::read(word)),
        });
        Words(words.collect())
    }

    /// A trace passes all words.
    pub fn pass(&self, summary: &TraceSummary) -> bool {
        self.0.iter().all(|(wanted, word)| word.fits(summary) == *wanted)
    }
}

impl Word {
    fn read(word: &str) -> Word {
        let word = word.to_lowercase();
        match word.as_str() {
            "fault" => return Word::Fault,
            "error" => return Word::Error,
            "throttle" => return Word::Throttle,
            "partial" => return Word::Partial,
            "ok" => return Word::Ok,
            _ => {}
        }
        if let Some(time) = word.strip_prefix('>').and_then(seconds) {
            return Word::Time(true, time);
        }
        if let Some(time) = word.strip_prefix('<').and_then(seconds) {
            return Word::Time(false, time);
        }
        match word.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => Word::Is(key.into(), value.into()),
            _ => Word::Text(word),
        }
    }

    fn fits(&self, summary: &TraceSummary) -> bool {
        match self {
            Word::Fault => summary.fault,
            // A throttle is an error of the caller's too.
            Word::Error => summary.error,
            Word::Throttle => summary.throttle,
            Word::Partial => summary.partial,
            Word::Ok => !summary.failed(),
            Word::Time(above, seconds) => summary
                .response_time
                .or(summary.duration)
                .is_some_and(|time| if *above { time > *seconds } else { time < *seconds }),
            Word::Is(key, value) => {
                let is = |text: &Option<String>| text.as_ref().is_some_and(|text| text.to_lowercase() == *value);
                match key.as_str() {
                    "status" => summary.status.is_some_and(|status| status.to_string() == *value),
                    "method" => is(&summary.method),
                    "entry" => is(&summary.entry_point),
                    "user" => summary.users.iter().any(|user| user.to_lowercase() == *value),
                    "service" => summary.services.iter().any(|name| name.to_lowercase() == *value),
                    _ => summary
                        .annotations
                        .iter()
                        .any(|(name, is)| name.eq_ignore_ascii_case(key) && is.to_lowercase() == *value),
                }
            }
            Word::Text(text) => summary.searched.contains(text.as_str()),
        }
    }
}

/// `500ms`, `1.5s`, `2m`, or seconds.
fn seconds(text: &str) -> Option<f64> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit() && c != '.') {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(filter: &str) -> bool {
        let summary = TraceSummary {
            fault: true,
            response_time: Some(0.75),
            status: Some(502),
            method: Some("POST".into()),
            users: vec!["Ann".into()],
            annotations: vec![("Tier".into(), "Gold".into())],
            searched: "post https://x/checkout orders-api gold".into(),
            ..TraceSummary::default()
        };
        Words::read(filter).pass(&summary)
    }

    #[test]
    fn every_word_has_to_fit() {
        for filter in
            ["", "fault", "!ok", ">500ms", "<1s", "<0.8", "status=502", "method=post", "user=ann", "tier=gold"]
        {
            assert!(passes(filter), "{filter}");
        }
        for filter in ["ok", "!fault", "throttle", ">1s", ">750ms", "status=500", "tier=silver", "colour=red"] {
            assert!(!passes(filter), "{filter}");
        }
        assert!(passes("CHECKOUT fault >0.5s !silver") && !passes("checkout ok"));
        assert!(!passes(">soon") && !passes("="), "what is no word of ours is text");
    }
}
