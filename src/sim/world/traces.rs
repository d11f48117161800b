//! Traces: a root and everything that followed from it.

use super::catalog::{ApiId, FunctionId};
use super::invocation::{ApiRequest, Cause, Invocation};
use super::{Millis, Trace, World};

impl World {
    /// The trace of that id, sampled or not. Its id holds the second of its root, so only that second is searched.
    pub fn trace(&self, id: &str) -> Option<Trace> {
        let second = i64::from_str_radix(id.strip_prefix("1-")?.get(..8)?, 16).ok()? * 1000;
        for api in 0..self.catalog.apis.len() {
            if let Some(request) =
                self.api_requests(api, second, second + 1000).into_iter().find(|one| one.trace_id == id)
            {
                return Some(self.trace_of_request(request));
            }
        }
        // A handler begins after its arrival by its init, and the id counts from the arrival.
        let all =
            self.shop_functions().flat_map(|f| self.root_invocations(f, second, second + 1000 + super::LONGEST_INIT));
        let root = all.into_iter().find(|one| one.trace_id == id)?;
        Some(self.trace_of_invocation(root))
    }

    /// The sampled traces whose roots began in `t0..t1`, by start.
    pub fn traces(&self, t0: Millis, t1: Millis) -> Vec<Trace> {
        let mut found: Vec<(Millis, Trace)> = Vec::new();
        for api in 0..self.catalog.apis.len() {
            found.extend(
                self.sampled_requests(api, t0, t1).map(|request| (request.start, self.trace_of_request(request))),
            );
        }
        for function in self.shop_functions() {
            if self.catalog.functions[function].traced {
                let roots = self.root_invocations(function, t0, t1).into_iter().filter(|one| one.sampled);
                found.extend(roots.map(|root| (root.start, self.trace_of_invocation(root))));
            }
        }
        found.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        found.into_iter().map(|(_, trace)| trace).collect()
    }

    fn sampled_requests(&self, api: ApiId, t0: Millis, t1: Millis) -> impl Iterator<Item = ApiRequest> {
        self.api_requests(api, t0, t1).into_iter().filter(|request| request.sampled)
    }

    /// Invocations that nothing else in the account caused.
    fn root_invocations(&self, function: FunctionId, t0: Millis, t1: Millis) -> Vec<Invocation> {
        let mut all = self.invocations(function, t0, t1);
        all.retain(|one| matches!(one.cause, Cause::Mapping(_) | Cause::Schedule | Cause::Client));
        all
    }

    fn trace_of_request(&self, request: ApiRequest) -> Trace {
        let root = self.invocation_of_request(&request).into_iter().collect();
        Trace { id: request.trace_id.clone(), request: Some(request), invocations: self.family(root) }
    }

    fn trace_of_invocation(&self, root: Invocation) -> Trace {
        Trace { id: root.trace_id.clone(), request: None, invocations: self.family(vec![root]) }
    }

    /// These and all that they caused, by start.
    fn family(&self, mut all: Vec<Invocation>) -> Vec<Invocation> {
        let mut next = 0;
        while next < all.len() {
            let children = self.children(&all[next]);
            all.extend(children);
            next += 1;
        }
        all.sort_by_key(|one| (one.start, one.key));
        all
    }
}
