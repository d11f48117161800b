//! What the user changed, with the moment: an append-only list laid over the world.

use std::sync::RwLock;

use super::Millis;
use super::catalog::{ApiId, Catalog, FunctionId, MethodOverride, Protocol};

/// Client invocations kept; older ones are forgotten (their logs and metrics go with them).
const KEPT: usize = 20_000;

/// One change, effective from `at` on.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When it was made.
    pub at: Millis,
    /// What it was.
    pub what: What,
}

/// What a change did.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// PutProvisionedConcurrencyConfig.
    SetProvisioned {
        /// The function.
        function: FunctionId,
        /// Alias or version.
        qualifier: String,
        /// RequestedProvisionedConcurrentExecutions.
        requested: u32,
    },
    /// DeleteProvisionedConcurrencyConfig.
    DeleteProvisioned {
        /// The function.
        function: FunctionId,
        /// Alias or version.
        qualifier: String,
    },
    /// PutFunctionConcurrency.
    SetReserved {
        /// The function.
        function: FunctionId,
        /// ReservedConcurrentExecutions, 0 being the off switch.
        reserved: u32,
    },
    /// DeleteFunctionConcurrency.
    DeleteReserved {
        /// The function.
        function: FunctionId,
    },
    /// UpdateAlias.
    UpdateAlias {
        /// The function.
        function: FunctionId,
        /// Its alias.
        alias: String,
        /// FunctionVersion from now on.
        version: u32,
        /// Second version and its share.
        second: Option<(u32, f64)>,
    },
    /// UpdateEventSourceMapping: what is none stays as it is.
    UpdateMapping {
        /// The function that it feeds.
        function: FunctionId,
        /// Index in [`Catalog::mappings`].
        mapping: usize,
        /// Enabled.
        enabled: Option<bool>,
        /// BatchSize.
        batch_size: Option<u32>,
        /// ScalingConfig.MaximumConcurrency; none inside takes the limit away.
        maximum_concurrency: Option<Option<u32>>,
    },
    /// Somebody updates the function's code or configuration, which takes a while.
    Update {
        /// The function.
        function: FunctionId,
        /// How long LastUpdateStatus is InProgress, ms.
        for_ms: Millis,
    },
    /// DeleteFunction, with all its versions and aliases.
    Delete {
        /// The function.
        function: FunctionId,
    },
    /// UpdateStage or FlushStageCache.
    Stage {
        /// The API.
        api: ApiId,
        /// Stage name.
        stage: String,
        /// What was done to it.
        patch: Vec<StagePatch>,
    },
    /// UpdateUsagePlan.
    Plan {
        /// Index of the usage plan.
        plan: usize,
        /// What was done to it.
        patch: Vec<StagePatch>,
    },
    /// UpdateTraceSegmentDestination.
    Destination(super::destination::Destination),
    /// UpdateIndexingRule: DesiredSamplingPercentage.
    Indexing(f64),
    /// Invoke: from now on a real invocation like any other.
    Invoke {
        /// The function.
        function: FunctionId,
        /// Alias or version, none for `$LATEST`.
        qualifier: Option<String>,
        /// InvocationType Event.
        asynchronous: bool,
        /// The payload asks for an error: (errorType, errorMessage).
        failure: Option<(String, String)>,
        /// Tells apart two invokes of one millisecond.
        serial: u64,
    },
}

/// One patch operation on a stage, in the words of API Gateway v1 for both versions of the service.
///
/// v1: `replace /cacheClusterEnabled true`, `replace /*/*/throttling/rateLimit 5`, `replace /~1orders~1{id}/GET/caching/ttlInSeconds 60`,
/// `replace /tracingEnabled true`. v2 route settings are written the same way: `/*/*/throttling/rateLimit` for
/// defaultRouteSettings and `/{resource}/{METHOD}/…` for routeSettings. A flush of the cache is `flush /cache/data`.
/// Paths that the world does not know are kept and have no effect on traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct StagePatch {
    /// `replace`, `add`, `remove`, `copy`, `flush`, `delete`.
    pub op: String,
    /// JSON pointer.
    pub path: String,
    /// New value, always text.
    pub value: Option<String>,
}

/// The list of changes.
#[derive(Default)]
pub struct Changes {
    list: RwLock<Vec<Change>>,
}

impl Changes {
    /// Adds a change. Changes come in the order of time; one that is late counts from the latest moment on.
    /// Returns the moment from which it counts.
    pub fn push(&self, at: Millis, what: What) -> Millis {
        let mut list = self.list.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let at = list.last().map_or(at, |last| at.max(last.at));
        list.push(Change { at, what });
        if list.len() > KEPT {
            let first = list.iter().position(|change| matches!(change.what, What::Invoke { .. }));
            list.remove(first.unwrap_or(0));
        }
        at
    }

    /// Reads the list.
    pub fn with<T>(&self, read: impl FnOnce(&[Change]) -> T) -> T {
        read(&self.list.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// True where nothing was ever changed on the function.
    pub fn untouched(&self, function: FunctionId) -> bool {
        self.with(|list| !list.iter().any(|change| change.function() == Some(function)))
    }
}

impl Change {
    /// The function that it is about.
    pub fn function(&self) -> Option<FunctionId> {
        match &self.what {
            What::SetProvisioned { function, .. }
            | What::DeleteProvisioned { function, .. }
            | What::SetReserved { function, .. }
            | What::DeleteReserved { function }
            | What::UpdateAlias { function, .. }
            | What::UpdateMapping { function, .. }
            | What::Update { function, .. }
            | What::Delete { function }
            | What::Invoke { function, .. } => Some(*function),
            What::Stage { .. } | What::Plan { .. } | What::Destination(_) | What::Indexing(_) => None,
        }
    }
}

/// ProvisionedConcurrencyConfig at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Provisioned {
    /// Alias or version.
    pub qualifier: String,
    /// RequestedProvisionedConcurrentExecutions.
    pub requested: u32,
    /// AllocatedProvisionedConcurrentExecutions.
    pub allocated: u32,
    /// AvailableProvisionedConcurrentExecutions.
    pub available: u32,
    /// `IN_PROGRESS`, `READY` or `FAILED`.
    pub status: &'static str,
    /// StatusReason of a failure.
    pub reason: Option<&'static str>,
    /// LastModified.
    pub last_modified: Millis,
}

/// Before this the allocation of provisioned concurrency stays at nothing.
const WAIT_MS: Millis = 10_000;
/// How long it then takes to grow to what was asked for.
const GROWTH_MS: Millis = 7_000;

impl Provisioned {
    /// The configuration `since` ms after it was asked for, where `before` environments were available already.
    ///
    /// Lambda takes one to two minutes before it allocates, then up to 6,000 environments a minute; here it is 17 s in
    /// all, so that whoever watches does not fall asleep.
    pub fn after(qualifier: &str, requested: u32, before: u32, since: Millis, asked: Millis) -> Self {
        let grown = f64::from(requested.saturating_sub(before)) * ((since - WAIT_MS) as f64 / GROWTH_MS as f64);
        let allocated = if requested <= before { requested } else { (before + grown.max(0.0) as u32).min(requested) };
        let ready = allocated == requested;
        Self {
            qualifier: qualifier.to_owned(),
            requested,
            allocated,
            available: allocated,
            status: if ready { "READY" } else { "IN_PROGRESS" },
            reason: None,
            last_modified: asked,
        }
    }
}

/// An alias at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasState {
    /// Name.
    pub name: String,
    /// FunctionVersion.
    pub version: u32,
    /// RoutingConfig: a second version and its share, 0 to 1.
    pub second: Option<(u32, f64)>,
    /// RevisionId, a UUID that changes with each update.
    pub revision: String,
}

/// The settings of a stage that bend its traffic, at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct StageState {
    /// cacheClusterSize when the cluster is enabled.
    pub cache: Option<String>,
    /// tracingEnabled.
    pub traced: bool,
    /// Throttle of all methods: (rate per second, burst); infinite where `-1` took it away.
    pub throttle: Option<(f64, u32)>,
    /// Caching of all methods: (enabled, TTL in seconds).
    pub caching: Option<(bool, u32)>,
    /// Detailed metrics of all methods.
    pub metrics: bool,
    /// What single methods have of their own.
    pub overrides: Vec<MethodOverride>,
    /// The last flush of the cache.
    pub flushed: Option<Millis>,
    /// Percent of the requests that go to a canary, where there is one.
    pub canary: Option<f64>,
    /// It is gone.
    pub deleted: bool,
    /// Settings of a method are whole: what it does not say was taken from the stage when it was made. So in v1.
    whole: bool,
}

/// The resource that a step of a patch path means: `~1orders` and `orders` are both `/orders`; WebSocket routes, which have
/// no method, bear no slash.
fn resource_path(step: &str, method: &str) -> String {
    let path = step.replace("~1", "/").replace("~0", "~");
    if method.is_empty() || path == "*" || path.starts_with('/') { path } else { format!("/{path}") }
}

impl StageState {
    /// The stage at the start of the world.
    pub fn at_start(catalog: &Catalog, api: ApiId, stage: usize) -> Self {
        let api = &catalog.apis[api];
        let stage = &api.stages[stage];
        let mut state = Self {
            cache: stage.cache.map(str::to_owned),
            traced: stage.traced,
            throttle: stage.throttle,
            caching: None,
            metrics: stage.detailed_metrics,
            overrides: Vec::new(),
            flushed: None,
            canary: stage.canary_percent,
            deleted: false,
            whole: api.protocol == Protocol::Rest,
        };
        for own in &stage.overrides {
            let mut settings = state.new_override(&own.path, &own.method);
            settings.throttle = own.throttle.or(settings.throttle);
            settings.cache = own.cache.or(settings.cache);
            settings.metrics = own.metrics.or(settings.metrics);
            state.overrides.push(settings);
        }
        state
    }

    /// What a method begins with that had nothing of its own.
    fn new_override(&self, path: &str, method: &str) -> MethodOverride {
        MethodOverride {
            path: path.to_owned(),
            method: method.to_owned(),
            throttle: self.throttle.filter(|_| self.whole),
            cache: self.caching.filter(|_| self.whole),
            metrics: self.whole.then_some(self.metrics),
        }
    }

    /// Applies one patch operation; what has no effect on traffic is passed over.
    pub fn apply(&mut self, patch: &StagePatch, at: Millis) {
        let value = patch.value.as_deref().unwrap_or_default();
        let truth = value.eq_ignore_ascii_case("true");
        let steps: Vec<&str> = patch.path.trim_start_matches('/').split('/').collect();
        match (patch.op.as_str(), steps.as_slice()) {
            ("delete", _) => self.deleted = true,
            ("flush", _) => self.flushed = Some(at),
            (_, ["tracingEnabled"]) => self.traced = truth,
            (_, ["cacheClusterEnabled"]) => {
                self.cache = truth.then(|| self.cache.take().unwrap_or_else(|| "0.5".to_owned()));
            }
            (_, ["cacheClusterSize"]) if self.cache.is_some() => {
                if self.cache.as_deref() != Some(value) {
                    // Another cluster begins empty.
                    self.flushed = Some(at);
                }
                self.cache = Some(value.to_owned());
            }
            ("remove", ["canarySettings"]) => self.canary = None,
            (_, ["canarySettings", "percentTraffic"]) => self.canary = Some(value.parse().unwrap_or(0.0)),
            ("remove", [path, method]) => {
                let path = resource_path(path, method);
                self.overrides.retain(|own| own.path != path || own.method != *method);
            }
            (_, ["*", "*", group, name]) => {
                let mut all = MethodOverride {
                    path: String::new(),
                    method: String::new(),
                    throttle: self.throttle,
                    cache: self.caching,
                    metrics: Some(self.metrics),
                };
                set(&mut all, group, name, value);
                (self.throttle, self.caching, self.metrics) = (all.throttle, all.cache, all.metrics == Some(true));
            }
            (_, [path, method, group, name]) => {
                let path = resource_path(path, method);
                let place = self.overrides.iter().position(|own| own.path == path && own.method == *method);
                let place = place.unwrap_or_else(|| {
                    self.overrides.push(self.new_override(&path, method));
                    self.overrides.len() - 1
                });
                set(&mut self.overrides[place], group, name, value);
            }
            _ => {}
        }
    }

    fn own(&self, path: &str, method: &str) -> Option<&MethodOverride> {
        self.overrides.iter().find(|own| own.path == path && own.method == method)
    }

    /// Throttle that a method has of its own.
    pub fn own_throttle(&self, path: &str, method: &str) -> Option<(f64, u32)> {
        self.own(path, method).and_then(|own| own.throttle)
    }

    /// Detailed metrics of a method: its own setting before the stage's.
    pub fn detailed(&self, path: &str, method: &str) -> bool {
        self.own(path, method).and_then(|own| own.metrics).unwrap_or(self.metrics)
    }

    /// TTL in seconds for a method that is cached: only GET is, where the stage has a cluster.
    pub fn ttl_of(&self, path: &str, method: &str) -> Option<u32> {
        self.cache.as_ref()?;
        if method != "GET" {
            return None;
        }
        let own = self.own(path, method).and_then(|own| own.cache);
        match own.or(self.caching) {
            Some((true, ttl)) if ttl > 0 => Some(ttl),
            _ => None,
        }
    }
}

/// Sets what bends the traffic of a method; a limit of `-1` is none.
fn set(own: &mut MethodOverride, group: &str, name: &str, value: &str) {
    let number = value.parse::<f64>().unwrap_or(0.0);
    let (rate, burst) = own.throttle.unwrap_or((10_000.0, 5000));
    let (cached, ttl) = own.cache.unwrap_or((false, 300));
    match (group, name) {
        ("metrics", "enabled") => own.metrics = Some(value.eq_ignore_ascii_case("true")),
        ("throttling", "rateLimit") => {
            own.throttle = Some((if number < 0.0 { f64::INFINITY } else { number }, burst));
        }
        ("throttling", "burstLimit") => {
            own.throttle = Some((rate, if number < 0.0 { u32::MAX } else { number as u32 }));
        }
        ("caching", "enabled") => own.cache = Some((value.eq_ignore_ascii_case("true"), ttl)),
        ("caching", "ttlInSeconds") => own.cache = Some((cached, number as u32)),
        _ => {}
    }
}
