//! Methods or routes of a stage: what is known of each, and which of them there are.

use crate::app::tabs::apis::settings;
use crate::model::api::{Api, Protocol, Route, Stage};
use crate::store::Store;
use crate::store::gateway::{self, Caching, Effective, Load};
use crate::store::metrics::StageFigures;
use crate::time::Moment;

/// A row, worked out when it is drawn.
pub struct Method<'a> {
    /// `GET /orders/{id}` or a route key.
    pub key: &'a str,
    /// What is behind it; none where only the stage's settings name it.
    pub route: Option<&'a Route>,
    /// What applies to it.
    pub limits: Effective,
    /// Whether its answers are cached.
    pub caching: Caching,
    /// What comes to it; none where detailed metrics are off.
    pub load: Option<Load>,
    /// What it did over the window, likewise.
    pub figures: Option<StageFigures>,
    /// The stage has settings of its own for it.
    pub own: bool,
}

/// Keys of all rows: the routes, then settings of methods that are no route (any more), as `GET *`.
pub fn keys<'a>(store: &'a Store, api: &Api, stage: &'a Stage) -> Vec<&'a str> {
    let routes = gateway::routes(store, &api.id);
    let mut keys: Vec<&str> = routes.iter().map(|route| route.key.as_str()).collect();
    let known: std::collections::HashSet<&str> = keys.iter().copied().collect();
    keys.extend(stage.overrides.iter().map(|(key, _)| key.as_str()).filter(|key| !known.contains(key)));
    keys
}

/// A row.
pub fn method<'a>(store: &'a Store, api: &Api, stage: &'a Stage, key: &'a str, now: Moment) -> Method<'a> {
    let route = gateway::routes(store, &api.id).iter().find(|route| route.key == key);
    Method {
        key,
        route,
        limits: gateway::effective(store, api, stage, key, route.is_some_and(|route| route.api_key)),
        caching: gateway::caching(api, stage, key),
        load: gateway::method_load(store, api, stage, key, now),
        figures: gateway::method_figures(store, api, stage, key),
        own: gateway::own(stage, key).is_some(),
    }
}

impl Method<'_> {
    /// `function:qualifier`, or the type of the integration.
    pub fn behind(&self) -> String {
        match self.route {
            Some(Route { function: Some(function), qualifier: Some(qualifier), .. }) => {
                format!("{function}:{qualifier}")
            }
            Some(Route { function: Some(function), .. }) => function.clone(),
            Some(route) if route.integration.is_empty() => "nothing behind it".into(),
            Some(route) => route.integration.clone(),
            None => "no such method known".into(),
        }
    }

    /// `20/40`, `closed`, or `-`.
    pub fn throttle(&self) -> String {
        if self.limits.is_closed() {
            return "closed".into();
        }
        let rate = settings::rate(self.limits.rate.as_ref().map(|rate| rate.value));
        let burst = settings::burst(self.limits.burst.as_ref().map(|burst| burst.value));
        if rate == "-" && burst == "-" { rate } else { format!("{rate}/{burst}") }
    }

    /// Whose the rate is, or the burst where the rate is nobody's.
    pub fn origin(&self) -> String {
        let rate = self.limits.rate.as_ref().map(|rate| rate.from.short());
        rate.or_else(|| self.limits.burst.as_ref().map(|burst| burst.from.short())).unwrap_or_default()
    }
}

/// What is to be said of a method in sentences: its limits against what comes, its cache, what is behind it.
pub fn sentences(store: &Store, api: &Api, stage: &Stage, method: &Method, now: Moment) -> Vec<String> {
    let mut limits = method.limits.sentence();
    if let Some(rate) = &method.limits.rate
        && let Some(load) = &method.load
        && rate.value > 0.0
    {
        let room = load.headroom(rate.value);
        let peak = gateway::number(load.peak);
        let words = if room < 0.0 { "over it".into() } else { format!("headroom {}", crate::text::percent(room)) };
        limits.push_str(&format!("; {peak}/s in the busiest minute, {words}"));
    } else if method.load.is_none() {
        let of_stage = gateway::stage_load(store, api, &stage.name, now);
        let of_stage = of_stage.map(|load| format!("; the whole stage had {}/s", gateway::number(load.peak)));
        let off = match api.protocol {
            Protocol::WebSocket => "no metrics of single routes",
            _ if gateway::method_metrics(stage, method.key) => "its metrics are not known yet",
            _ => "detailed metrics are off",
        };
        limits.push_str(&format!("{}, {off}", of_stage.unwrap_or_default()));
    }
    let mut lines = vec![format!("{}: {limits}", method.key), method.caching.sentence()];
    if let Some(route) = method.route {
        let mut words = vec![format!("{} {}", route.integration, route.uri.as_deref().unwrap_or_default())];
        words.extend(route.timeout_ms.map(|ms| format!("time-out {}", crate::text::millis(f64::from(ms)))));
        if !route.authorization.is_empty() {
            words.push(format!("authorization {}", route.authorization));
        }
        let authorizers = store.api_details.get(&api.id).and_then(|feed| feed.get());
        let authorizers = authorizers.map(|detail| detail.authorizers.as_slice()).unwrap_or_default();
        if let Some(id) = &route.authorizer {
            let named = authorizers.iter().find(|authorizer| authorizer.id == *id);
            words.push(format!("authorizer {}", named.map_or(id, |authorizer| &authorizer.name)));
        }
        if route.api_key {
            words.push("needs an API key".into());
        }
        lines.push(words.join(", "));
    }
    let sharing = gateway::sharing_method(store, api, &stage.name, method.key);
    if sharing > 1 && method.figures.is_some() {
        lines.push(format!("its numbers are of {sharing} APIs of this name together"));
    }
    lines
}

/// Whose time it is: what API Gateway and its authorizers take of the latency, at the median and at p99.
pub fn whose_time(figures: &StageFigures) -> Option<String> {
    let part = |whole: Option<f64>, behind: Option<f64>| {
        let (whole, behind) = (whole?, behind?);
        // The two are percentiles of their own, and need not be of the same request.
        let own = (whole - behind).max(0.0);
        Some(format!("{} of {}", crate::text::millis(own), crate::text::millis(whole)))
    };
    let p50 = part(figures.p50, figures.integration_p50).map(|words| format!("{words} at p50"));
    let p99 = part(figures.p99, figures.integration_p99).map(|words| format!("{words} at p99"));
    let words: Vec<String> = [p50, p99].into_iter().flatten().collect();
    (!words.is_empty()).then(|| format!("API Gateway and authorizers take {}", words.join(", ")))
}
