//! Requests at the APIs, with what their functions made of them.

use super::arrivals::{Knock, Verdict};
use super::block;
use super::catalog::{ApiId, Protocol};
use super::dice::Dice;
use super::fate::key;
use super::invocation::{ApiRequest, Invocation, Outcome};
use super::{Millis, World};

impl World {
    /// Requests of an API that arrived in `t0..t1`, all stages, in their order.
    pub fn api_requests(&self, api: ApiId, t0: Millis, t1: Millis) -> Vec<ApiRequest> {
        let mut found = Vec::new();
        if t1 <= t0 {
            return found;
        }
        for block in block::of(t0)..=block::of(t1 - 1) {
            let knocks = self.knocks(api, block);
            found.extend(
                knocks.iter().filter(|knock| (t0..t1).contains(&knock.at)).map(|knock| self.answered(api, knock)),
            );
        }
        found
    }

    /// One request by its key.
    pub fn api_request(&self, api: ApiId, key: u64) -> Option<ApiRequest> {
        let block = block::of(super::fate::second_of(key));
        let knocks = self.knocks(api, block);
        knocks.iter().find(|knock| knock.key == key).map(|knock| self.answered(api, knock))
    }

    /// The invocation that a request caused; none where it was throttled or answered from the cache.
    pub fn invocation_of_request(&self, request: &ApiRequest) -> Option<Invocation> {
        let function = self.catalog.apis[request.api].routes[request.route].function;
        self.invocation(function, key(request.start + 4, &[request.key, 6]))
    }

    fn answered(&self, api: ApiId, knock: &Knock) -> ApiRequest {
        let spec = &self.catalog.apis[api];
        let mut dice = Dice::of(&[self.seed, knock.key, 20]);
        let overhead = 2.0 + 5.0 * dice.unit();
        let request_id = dice.uuid();
        let mut request = ApiRequest {
            key: knock.key,
            api,
            stage: knock.stage,
            route: knock.route,
            start: knock.at,
            status: 429,
            latency_ms: overhead,
            integration_ms: None,
            cache_hit: knock.cacheable.then_some(knock.verdict == Verdict::Cached),
            request_id,
            trace_id: knock.trace_id.clone(),
            sampled: knock.sampled,
            refused: knock.refused(),
            canary: knock.canary,
        };
        match knock.verdict {
            Verdict::Refused(_) => return request,
            Verdict::Cached => {
                request.status = 200;
                return request;
            }
            Verdict::Invoke => {}
        }
        let Some(invocation) = self.invocation_of_request(&request) else {
            request.status = 500;
            return request;
        };
        let waited = (invocation.start - knock.at) as f64 + invocation.duration_ms + 3.0 + 4.0 * dice.unit();
        // The integration time-out of a REST or HTTP API is 29 s unless raised; the function goes on alone.
        let integration = waited.min(29_000.0);
        request.integration_ms = Some(integration);
        request.latency_ms = integration + overhead;
        request.status = match &invocation.outcome {
            _ if waited > 29_000.0 => 504,
            Outcome::Success => success_status(&spec.routes[knock.route].method, &mut dice),
            Outcome::Throttled { .. } if spec.protocol == Protocol::Http => 503,
            Outcome::Throttled { .. } => 500,
            _ if spec.protocol == Protocol::Http => 500,
            _ => 502,
        };
        request
    }
}

/// What a function that succeeded answers: now and then that there is no such thing, or that the request is wrong.
fn success_status(method: &str, dice: &mut Dice) -> u16 {
    let roll = dice.unit();
    match method {
        "GET" if roll < 0.015 => 404,
        "POST" | "PUT" if roll < 0.012 => 400,
        "POST" if roll < 0.6 => 201,
        "DELETE" => 204,
        _ => 200,
    }
}
