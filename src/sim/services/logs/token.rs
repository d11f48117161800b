//! Page tokens: what they say is sealed, so that one that was never given is known.

use crate::sim::world::Millis;
use crate::sim::world::dice::{hash, hash_text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Tokens of CloudWatch Logs expire after 24 hours.
const LIFE_MS: Millis = 24 * 3_600_000;

/// Seals the place where a page ended. `request` is a text of all the parameters that must stay the same from page to page.
pub fn seal(seed: u64, request: &str, now: Millis, place: &str) -> String {
    let content = format!("{now}|{place}");
    let mark = mark(seed, request, &content);
    URL_SAFE_NO_PAD.encode(format!("{mark:016x}|{content}"))
}

/// The place that a token holds, if it was given for such a request within the last day.
pub fn open(seed: u64, request: &str, now: Millis, token: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (given, content) = text.split_once('|')?;
    if u64::from_str_radix(given, 16).ok()? != mark(seed, request, content) {
        return None;
    }
    let (at, place) = content.split_once('|')?;
    (now - at.parse::<Millis>().ok()? <= LIFE_MS).then(|| place.to_owned())
}

fn mark(seed: u64, request: &str, content: &str) -> u64 {
    hash(&[seed, hash_text(request), hash_text(content)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_that_was_given_opens() {
        let token = seal(7, "group a", 1000, "42");
        assert_eq!(open(7, "group a", 2000, &token).as_deref(), Some("42"));
        assert_eq!(open(7, "group b", 2000, &token), None, "of another request");
        assert_eq!(open(8, "group a", 2000, &token), None, "of another account");
        assert_eq!(open(7, "group a", 1001 + LIFE_MS, &token), None, "expired");
        for wrong in ["", "abc", "next", &token[1..], &URL_SAFE_NO_PAD.encode("0000000000000000|1000|43")] {
            assert_eq!(open(7, "group a", 2000, wrong), None, "{wrong}");
        }
    }
}
