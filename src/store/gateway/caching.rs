//! Whether a method's answers come from the stage's cache, and why or why not.

use crate::model::api::{Api, Protocol, Stage, cache_price};
use crate::text;

/// What becomes of a method's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caching {
    /// They are kept.
    pub cached: bool,
    /// For how long, s; where they are kept.
    pub ttl_s: Option<i32>,
    /// Why, or why not.
    pub why: String,
}

/// API Gateway's own default.
const TTL: i32 = 300;

/// Whether the answers of a method (`GET /orders/{id}`) are cached.
pub fn caching(api: &Api, stage: &Stage, key: &str) -> Caching {
    let no = |why: String| Caching { cached: false, ttl_s: None, why };
    match api.protocol {
        Protocol::Http => return no("HTTP APIs have no cache".into()),
        Protocol::WebSocket => return no("WebSocket APIs have no cache".into()),
        Protocol::Rest => {}
    }
    let own = super::own(stage, key);
    let wants = own.and_then(|own| own.caching).or(stage.defaults.caching).unwrap_or_default();
    let by_itself = own.is_some_and(|own| own.caching == Some(true));
    let verb = key.split(' ').next().unwrap_or_default();
    if !stage.cache_enabled {
        let asks = if wants { ", though the method asks for it" } else { "" };
        return no(format!("the stage's cache cluster is off{asks}"));
    }
    if !wants {
        return no(match own.and_then(|own| own.caching) {
            Some(false) => "its own settings switch it off".into(),
            _ => "the stage caches no method by default".into(),
        });
    }
    if !by_itself && !matches!(verb, "GET" | "ANY" | "*") {
        return no(format!("only GET is cached by default, {verb} only where the method's own settings say so"));
    }
    let ttl = own.and_then(|own| own.cache_ttl_s).or(stage.defaults.cache_ttl_s).unwrap_or(TTL);
    if ttl <= 0 {
        return no("its TTL is 0 s: nothing is kept".into());
    }
    if let Some(status) = stage.cache_status.as_deref().filter(|status| *status != "AVAILABLE") {
        return no(format!("the cluster is {status}: it will be when that is AVAILABLE"));
    }
    let size = stage.cache_size.as_deref().map(|size| format!(" in {size} GB")).unwrap_or_default();
    let only = if verb == "ANY" && !by_itself { ", GET only" } else { "" };
    let guarded = own.and_then(|own| own.cache_control_guarded).or(stage.defaults.cache_control_guarded);
    let renews = match guarded {
        Some(true) => "; only authorized callers may renew it with Cache-Control: max-age=0",
        Some(false) => "; any caller may renew it with Cache-Control: max-age=0",
        None => "",
    };
    Caching { cached: true, ttl_s: Some(ttl), why: format!("for {ttl} s{size}{only}{renews}") }
}

impl Caching {
    /// In one sentence.
    pub fn sentence(&self) -> String {
        if self.cached { format!("cached {}", self.why) } else { format!("not cached: {}", self.why) }
    }
}

/// What the cache cluster costs, in words: `$0.020 an hour ($14.60 a month)`.
pub fn cache_cost(size: &str) -> Option<String> {
    let price = cache_price(size)?;
    Some(format!("${price:.3} an hour ({} a month)", text::dollars(price * 730.0)))
}
