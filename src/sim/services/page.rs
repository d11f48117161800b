//! Pages of a listing, and the tokens between them: opaque to clients, and checked when they come back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::sim::world::dice::hash_text;

/// A token for `place` in the listing that `scope` names (operation and all parameters that decide what is listed).
pub fn token(scope: &str, place: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{place}#{:016x}", seal(scope, place)))
}

/// The place that a token was made for; none when it was not made for this listing, or by anyone else.
pub fn place(scope: &str, token: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (place, found) = text.rsplit_once('#')?;
    if found == format!("{:016x}", seal(scope, place)) { Some(place.to_owned()) } else { None }
}

fn seal(scope: &str, place: &str) -> u64 {
    hash_text(&format!("{scope}\n{place}"))
}

/// One page of `items`, `limit` at most, and the token of the next one. None: the token was not made for this listing.
pub fn of<T>(scope: &str, items: Vec<T>, token_sent: Option<&str>, limit: usize) -> Option<(Vec<T>, Option<String>)> {
    let from: usize = match token_sent {
        None => 0,
        Some(sent) => place(scope, sent)?.parse().ok()?,
    };
    let total = items.len();
    let page: Vec<T> = items.into_iter().skip(from).take(limit).collect();
    let end = from + page.len();
    let next = if end < total { Some(token(scope, &end.to_string())) } else { None };
    Some((page, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_add_up_and_foreign_tokens_are_refused() {
        let mut seen = Vec::new();
        let mut sent: Option<String> = None;
        loop {
            let (page, next) = of("list", (0..7).collect(), sent.as_deref(), 3).expect("its own token");
            assert!(page.len() <= 3);
            seen.extend(page);
            let Some(next) = next else { break };
            sent = Some(next);
        }
        assert_eq!(seen, (0..7).collect::<Vec<_>>());
        assert!(of("list", vec![1], Some("bm9uc2Vuc2U"), 3).is_none());
        assert!(of("list", vec![1], Some("not base64!"), 3).is_none());
        assert!(of("another list", vec![1], Some(&token("list", "3")), 3).is_none());
    }
}
