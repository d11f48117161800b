//! What invokes a function, as far as is known: said before it is switched off.

use super::source::source;
use crate::model::function::FunctionDetail;
use crate::store::Store;

/// Lines at most: a function behind fifty routes is told by the first ones.
const SHOWN: usize = 8;

/// What invokes it, in a line each: event source mappings, routes of APIs, what its policy lets in, its own address.
pub fn of(store: &Store, function: &str, detail: &FunctionDetail) -> Vec<String> {
    let mut lines: Vec<String> = detail
        .mappings
        .iter()
        .map(|mapping| format!("{} ({}), batches of {}", source(mapping), mapping.state, mapping.batch_size))
        .collect();
    let mut apis: Vec<(&String, Vec<&str>)> = Vec::new();
    for (api, routes) in &store.routes {
        let behind = routes.get().into_iter().flatten().filter(|route| route.function.as_deref() == Some(function));
        let keys: Vec<&str> = behind.map(|route| route.key.as_str()).collect();
        if !keys.is_empty() {
            apis.push((api, keys));
        }
    }
    apis.sort();
    let mut known = Vec::new();
    for (id, keys) in apis {
        known.push(id.clone());
        let name = store.api(id).map_or(id.as_str(), |api| api.name.as_str());
        lines.extend(keys.into_iter().map(|key| format!("{name} {key}")));
    }
    for grant in &detail.grants {
        let line = match (grant.principal.as_str(), grant.source.as_deref()) {
            // Its routes say more.
            ("apigateway.amazonaws.com", Some(source)) if known.iter().any(|id| source.contains(id.as_str())) => {
                continue;
            }
            ("apigateway.amazonaws.com", Some(source)) => {
                let id = source.split(':').nth(5).and_then(|path| path.split('/').next()).unwrap_or(source);
                format!("API {}", store.api(id).map_or(id, |api| api.name.as_str()))
            }
            ("events.amazonaws.com", Some(source)) => format!("rule {}", source.rsplit('/').next().unwrap_or(source)),
            ("scheduler.amazonaws.com", _) => "EventBridge Scheduler".into(),
            (principal, Some(source)) => {
                format!("{} {}", service(principal), source.rsplit(':').next().unwrap_or(source))
            }
            (principal, None) => format!("whoever is {principal}"),
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if let Some(url) = &detail.url {
        lines.push(format!("its function URL {url}"));
    }
    if lines.len() > SHOWN {
        let more = lines.len() - SHOWN + 1;
        lines.truncate(SHOWN - 1);
        lines.push(format!("{more} more"));
    }
    lines
}

/// `s3` for `s3.amazonaws.com`.
fn service(principal: &str) -> &str {
    principal.strip_suffix(".amazonaws.com").unwrap_or(principal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::api::Route;
    use crate::model::function::{EventSourceMapping, Grant};
    use crate::time::Moment;

    #[test]
    fn everything_that_is_known_to_invoke_it_is_told_once() {
        let now = Moment::from_timestamp(1_800_000_000, 0).expect("a valid moment");
        let mut store = Store::default();
        let route = Route { key: "GET /orders".into(), function: Some("orders".into()), ..Route::default() };
        store.routes.entry("k3".into()).or_default().accept(Ok(vec![route]), now);
        let grant = |principal: &str, source: &str| Grant {
            principal: principal.into(),
            source: Some(source.into()),
            ..Grant::default()
        };
        let detail = FunctionDetail {
            mappings: vec![EventSourceMapping {
                source: "arn:aws:sqs:eu-west-1:1:orders".into(),
                state: "Enabled".into(),
                batch_size: 10,
                ..EventSourceMapping::default()
            }],
            grants: vec![
                grant("apigateway.amazonaws.com", "arn:aws:execute-api:eu-west-1:1:k3/*/GET/orders"),
                grant("events.amazonaws.com", "arn:aws:events:eu-west-1:1:rule/keep-warm"),
                grant("s3.amazonaws.com", "arn:aws:s3:::uploads"),
            ],
            ..FunctionDetail::default()
        };
        assert_eq!(
            of(&store, "orders", &detail),
            ["queue orders (Enabled), batches of 10", "k3 GET /orders", "rule keep-warm", "s3 uploads"]
        );
    }
}
