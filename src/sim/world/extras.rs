//! What only some functions have: a container image, a dead letter queue, an address of their own, SnapStart, and versions
//! that were configured otherwise than the newest.

use super::catalog::Function;

/// What a function may have beside what all functions have.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// PackageType is Image: no Runtime, no Handler, no Layers.
    pub image: bool,
    /// DeadLetterConfig, as `sqs:legacy-export-dead`.
    pub dead_letter: Option<&'static str>,
    /// It has a function URL that anybody may call.
    pub url: bool,
    /// SnapStart applies to its published versions: they start from a snapshot of what an init has made, which is restored.
    pub snap_start: bool,
    /// Destination of asynchronous invocations that succeed, as `events:event-bus/shop`.
    pub on_success: Option<&'static str>,
    /// How earlier versions were configured, the latest of these first.
    pub former: &'static [Former],
}

/// Earlier versions, up to one: what was otherwise then. What is none here was as in later versions.
#[derive(Clone, Debug)]
pub struct Former {
    /// The last version of this kind.
    pub until: u32,
    /// MemorySize, MB.
    pub memory_mb: Option<u32>,
    /// Timeout, seconds; never more than today's, which is what looks back are made for.
    pub timeout_s: Option<u32>,
    /// Runtime, of the same language.
    pub runtime: Option<&'static str>,
    /// Environment variables that had another value; none: they were not there.
    pub environment: &'static [(&'static str, Option<&'static str>)],
    /// Version of the layer, where there is one.
    pub layer: Option<u32>,
}

impl Former {
    /// Nothing otherwise, up to a version: to be filled.
    pub const fn until(until: u32) -> Self {
        Self { until, memory_mb: None, timeout_s: None, runtime: None, environment: &[], layer: None }
    }
}

impl Function {
    /// What was otherwise in a version, the nearest to today first; `$LATEST` (0) is as the newest version.
    fn former(&self, version: u32) -> impl DoubleEndedIterator<Item = &Former> {
        let version = if version == 0 { self.versions.iter().copied().max().unwrap_or(u32::MAX) } else { version };
        self.extras.former.iter().filter(move |former| version <= former.until)
    }

    /// A cold start of the version is a restore: SnapStart leaves `$LATEST` alone.
    pub fn restores(&self, version: u32) -> bool {
        self.extras.snap_start && version > 0
    }

    /// MemorySize of a version, MB.
    pub fn memory_of(&self, version: u32) -> u32 {
        self.former(version).filter_map(|former| former.memory_mb).next_back().unwrap_or(self.memory_mb)
    }

    /// Timeout of a version, seconds.
    pub fn timeout_of(&self, version: u32) -> u32 {
        self.former(version).filter_map(|former| former.timeout_s).next_back().unwrap_or(self.timeout_s)
    }

    /// Runtime of a version.
    pub fn runtime_of(&self, version: u32) -> &str {
        self.former(version).filter_map(|former| former.runtime).next_back().unwrap_or(&self.runtime)
    }

    /// Version of the layer that a version uses, where it uses one.
    pub fn layer_of(&self, version: u32) -> u32 {
        self.former(version).filter_map(|former| former.layer).next_back().unwrap_or(12)
    }

    /// Environment variables of a version, names and values.
    pub fn environment_of(&self, version: u32) -> Vec<(String, String)> {
        let mut variables = self.environment.clone();
        for (name, value) in self.former(version).flat_map(|former| former.environment) {
            variables.retain(|(known, _)| known != name);
            variables.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
        }
        variables
    }
}
