//! A whole AWS account, made up: Lambda, CloudWatch, Logs, X-Ray, API Gateway and STS over their real protocols.
//!
//! [`Sim::handle`] turns one HTTP request into one HTTP response and does no I/O of its own; two thin transports carry
//! it: a loopback server for any AWS client and a connector for the SDK clients of this very process. The account
//! itself, [`world::World`], is a function of (scenario, seed, time): nothing runs, nothing grows, and every question
//! has the same answer however often and in whatever order it is asked. What a client changes is laid over it.
//!
//! This module imports nothing else of the program, so that nothing the program believes can leak into it.

pub mod control;
pub mod faults;
pub mod ledger;
pub mod services;
pub mod transport;
pub mod wire;
pub mod world;

use faults::{Fault, Faults};
use ledger::{Entry, Ledger};
use services::Call;
use services::routes::{Route, Signature, route};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wire::{Dialect, Request, Response, Series, Took, error_json, set};
use world::{Millis, World};

/// Tells the time in milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// How to make an account.
pub struct Options {
    /// As `calm`, `outage`, `throttle`, `coldstart`, `deploy`.
    pub scenario: String,
    /// The same seed makes the same account.
    pub seed: u64,
    /// How many functions the account has at least; 0 is the scenario's own.
    pub functions: usize,
    /// The account's region; none is the scenario's.
    pub region: Option<String>,
    /// The only clock it looks at.
    pub clock: Clock,
}

/// The account with its ledger and its faults.
pub struct Sim {
    world: Arc<World>,
    clock: Clock,
    seed: u64,
    requests: AtomicU64,
    ledger: Ledger,
    faults: Arc<Faults>,
    queries: services::logs::Queries,
    retrievals: services::xray::Retrievals,
}

/// What becomes of a request.
pub struct Answer {
    /// How long the transport waits first.
    pub after: Duration,
    /// What it does then.
    pub fate: Fate,
}

/// The end of a request.
pub enum Fate {
    /// A response.
    Respond(Response),
    /// Half a response, then the connection closes.
    Truncate(Response),
    /// Nothing, ever.
    Hang,
    /// The connection closes.
    Drop,
}

impl Answer {
    fn at_once(response: Response) -> Answer {
        Answer { after: Duration::ZERO, fate: Fate::Respond(response) }
    }

    /// The response, if there is a whole one.
    pub fn response(self) -> Option<Response> {
        match self.fate {
            Fate::Respond(response) => Some(response),
            _ => None,
        }
    }
}

impl Sim {
    /// Makes the account; its history ends now. Errors: an unknown scenario, in a sentence.
    pub fn new(options: Options) -> Result<Arc<Sim>, String> {
        let born = (options.clock)();
        let mut world = World::new(&options.scenario, options.seed, options.functions, born)?;
        if let Some(region) = options.region {
            world.catalog.move_to(region);
        }
        Ok(Arc::new(Sim {
            world: Arc::new(world),
            clock: options.clock,
            seed: options.seed,
            requests: AtomicU64::new(0),
            ledger: Ledger::default(),
            faults: Arc::default(),
            queries: services::logs::Queries::default(),
            retrievals: services::xray::Retrievals::default(),
        }))
    }

    /// The account itself, for tests that compare what clients read with what is.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The calls made so far.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The faults in force.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The account's own time.
    pub fn now(&self) -> Millis {
        (self.clock)()
    }

    /// Answers one request. Does no I/O and never waits: the transport does what the answer says.
    pub fn handle(&self, request: &Request) -> Answer {
        if request.uri().path().starts_with("/_sim/") {
            return Answer::at_once(control::handle(self, request));
        }
        let now = self.now();
        let request_id = self.next_request_id();
        let signature = Signature::of(request);
        let Some(route) = route(request, signature.as_ref()) else {
            let mut response = error_json(404, "UnknownOperationException", "No service here knows this request.");
            set(&mut response, "x-amzn-requestid", &request_id);
            return Answer::at_once(response);
        };
        let (access_key, region) =
            signature.as_ref().map_or(("", ""), |signed| (signed.access_key.as_str(), signed.region.as_str()));
        let call = Call {
            world: &self.world,
            now,
            clock: &self.clock,
            request,
            service: route.service,
            operation: &route.operation,
            labels: &route.labels,
            dialect: route.dialect,
            region,
            access_key,
            request_id: &request_id,
            faults: &self.faults,
            queries: &self.queries,
            retrievals: &self.retrievals,
        };
        let (after, fault) = self.faults.draw(route.service, &route.operation);
        let fate = match fault {
            Some(Fault::Hang) => Fate::Hang,
            Some(Fault::Drop) => Fate::Drop,
            Some(Fault::Truncate) => Fate::Truncate(respond(&call, &route, signature.is_some())),
            Some(fault) => Fate::Respond(
                faults::answer(&call, &fault).unwrap_or_else(|| respond(&call, &route, signature.is_some())),
            ),
            None => Fate::Respond(respond(&call, &route, signature.is_some())),
        };
        let after = match &fate {
            Fate::Respond(response) => {
                after + response.extensions().get::<Took>().map_or(Duration::ZERO, |took| took.0)
            }
            _ => after,
        };
        let (status, series) = match &fate {
            Fate::Respond(response) | Fate::Truncate(response) => {
                (response.status().as_u16(), response.extensions().get::<Series>().copied().unwrap_or_default())
            }
            Fate::Hang | Fate::Drop => (0, Series::default()),
        };
        let service = route.service.name();
        self.ledger.record(Entry { service, operation: route.operation, when: now, status, series });
        Answer { after, fate }
    }

    fn next_request_id(&self) -> String {
        uuid(self.seed, self.requests.fetch_add(1, Ordering::Relaxed))
    }
}

/// A UUID, the same for the same seed and the same number.
fn uuid(seed: u64, n: u64) -> String {
    let (a, b) = (mix(seed ^ mix(n)), mix(seed.wrapping_add(mix(!n))));
    let variant = 0x8000 | (b >> 48) & 0x3fff;
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        variant,
        b & 0xffff_ffff_ffff
    )
}

/// Splitmix64: spreads a number over all bits.
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

fn respond(call: &Call<'_>, route: &Route, signed: bool) -> Response {
    let mut response = if !signed {
        let status = if call.dialect == Dialect::Json11 { 400 } else { 403 };
        call.error(status, "MissingAuthenticationTokenException", "Request is missing Authentication Token")
    } else if !route.known {
        services::unknown_operation(call)
    } else if let Some(refusal) = wrong_content_type(call) {
        refusal
    } else {
        services::dispatch(call)
    };
    if !response.headers().contains_key("x-amzn-requestid") {
        set(&mut response, "x-amzn-requestid", call.request_id);
    }
    response
}

/// The protocols that name their operation in a header or path insist on the content type that goes with it.
fn wrong_content_type(call: &Call<'_>) -> Option<Response> {
    if !matches!(call.dialect, Dialect::Cbor | Dialect::Json10 | Dialect::Json11) {
        return None;
    }
    let given = call.header("content-type").unwrap_or_default();
    // botocore says 1.0 to services that list both, and both are answered.
    let right = match call.dialect {
        Dialect::Cbor => given == "application/cbor" && call.header("smithy-protocol") == Some("rpc-v2-cbor"),
        _ => given.starts_with("application/x-amz-json-1."),
    };
    (!right).then(|| call.error(404, "UnknownOperationException", &format!("content type {given:?} is not understood")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str =
        "AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1/SERVICE/aws4_request, SignedHeaders=host, Signature=0";

    fn answer(headers: &[(&str, &str)], uri: &str, body: &'static [u8]) -> Response {
        let clock = Arc::new(|| 1_795_255_230_000);
        let options = Options { scenario: "calm".into(), seed: 7, functions: 0, region: None, clock };
        let mut request = http::Request::builder().method("POST").uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).expect("a request");
        Sim::new(options).expect("calm is there").handle(&request).response().expect("an answer")
    }

    #[test]
    fn strict_about_signatures_types_and_operations() {
        let signed = |service: &str| SIGNED.replace("SERVICE", service);
        let (logs, monitoring, sts) = (signed("logs"), signed("monitoring"), signed("sts"));
        let json = ("content-type", "application/x-amz-json-1.1");
        let target = ("x-amz-target", "Logs_20140328.DescribeLogGroups");
        let kind = |response: &Response| response.headers()["x-amzn-errortype"].clone();

        let unsigned = answer(&[json, target], "/", b"{}");
        assert_eq!(
            (unsigned.status().as_u16(), kind(&unsigned)),
            (400, "MissingAuthenticationTokenException".parse().expect("plain"))
        );
        let mistyped = answer(&[("content-type", "text/plain"), target, ("authorization", &logs)], "/", b"{}");
        assert_eq!(kind(&mistyped), "UnknownOperationException");
        let invented = [json, ("x-amz-target", "Logs_20140328.Rummage"), ("authorization", logs.as_str())];
        assert_eq!(answer(&invented, "/", b"{}").status(), 400);
        let broken = answer(&[json, target, ("authorization", &logs)], "/", b"{");
        assert_eq!(broken.status(), 400);

        let cbor = [("content-type", "application/cbor"), ("authorization", monitoring.as_str())];
        let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
        assert_eq!(answer(&cbor, path, b"").status(), 404, "without smithy-protocol");
        let full = [cbor[0], cbor[1], ("smithy-protocol", "rpc-v2-cbor")];
        assert_eq!(answer(&full, path, b"").status(), 200);
        assert_eq!(answer(&full, path, b"\xbf\x61").status(), 400);

        let form = [("content-type", "application/x-www-form-urlencoded"), ("authorization", sts.as_str())];
        let identity = answer(&form, "/", b"Action=GetCallerIdentity&Version=2011-06-15");
        assert!(identity.headers().contains_key("x-amzn-requestid"));
        let text = String::from_utf8_lossy(identity.body().bytes()).into_owned();
        assert!(text.contains("<Account>210987654321</Account>"), "{text}");
        assert_eq!(answer(&[], "/favicon.ico", b"").status(), 404);
    }

    #[test]
    fn request_ids_are_uuids_and_never_the_same() {
        let ids = (0..100).map(|n| uuid(7, n)).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(ids.len(), 100);
        for id in ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        }
    }
}
