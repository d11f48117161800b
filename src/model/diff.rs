//! Two configurations of a function, attribute by attribute. Values of environment variables are never known: a variable
//! whose value is as long as before may have another one, which only the RevisionId betrays.

use std::collections::BTreeMap;

use super::function::Function;
use crate::text;

/// An attribute that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is called on the screen, as `time-out`.
    pub attribute: String,
    /// Before; `-` where there was none.
    pub from: String,
    /// After; `-` where there is none.
    pub to: String,
}

impl Difference {
    /// `time-out 10 s -> 30 s`.
    pub fn words(&self) -> String {
        format!("{} {} -> {}", self.attribute, self.from, self.to)
    }
}

/// What differs from `a` to `b`, in the order in which one asks: code, resources, runtime, surroundings.
pub fn between(a: &Function, b: &Function) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut compare = |attribute: &str, from: String, to: String| {
        if from != to {
            let shown = |value: String| if value.is_empty() { "-".to_string() } else { value };
            differences.push(Difference { attribute: attribute.into(), from: shown(from), to: shown(to) });
        }
    };
    let on = |on: bool, yes: &str, no: &str| if on { yes.to_string() } else { no.to_string() };
    let known = |value: &Option<String>| value.clone().unwrap_or_default();
    // A listing that leaves the hash out says nothing about the code.
    if !a.sha256.is_empty() && !b.sha256.is_empty() {
        compare("code sha256", short_hash(&a.sha256), short_hash(&b.sha256));
    }
    compare("code size", text::bytes(a.code_size), text::bytes(b.code_size));
    compare("memory", format!("{} MB", a.memory_mb), format!("{} MB", b.memory_mb));
    compare("time-out", format!("{} s", a.timeout_s), format!("{} s", b.timeout_s));
    compare("runtime", a.runtime.clone(), b.runtime.clone());
    compare("handler", a.handler.clone(), b.handler.clone());
    compare("architecture", a.architecture.clone(), b.architecture.clone());
    compare("package", a.package.clone(), b.package.clone());
    compare("ephemeral storage", format!("{} MB", a.storage_mb), format!("{} MB", b.storage_mb));
    compare("role", a.role.clone(), b.role.clone());
    compare("VPC", known(&a.vpc), known(&b.vpc));
    compare("log group", a.log_group.clone(), b.log_group.clone());
    compare("log format", on(a.json_logs, "JSON", "Text"), on(b.json_logs, "JSON", "Text"));
    compare("X-Ray tracing", on(a.traced, "Active", "PassThrough"), on(b.traced, "Active", "PassThrough"));
    compare("SnapStart", on(a.snap_start, "PublishedVersions", "None"), on(b.snap_start, "PublishedVersions", "None"));
    compare("dead letters", known(&a.dead_letter), known(&b.dead_letter));
    compare("description", a.description.clone(), b.description.clone());
    for (attribute, from, to) in layers(a, b).into_iter().chain(environment(a, b)) {
        compare(&attribute, from, to);
    }
    differences
}

/// Layers by their names: another version of one is one difference and not two.
fn layers(a: &Function, b: &Function) -> Vec<(String, String, String)> {
    let split = |arn: &String| match arn.rsplit_once(':') {
        Some((layer, version)) => (layer.rsplit(':').next().unwrap_or(layer).to_string(), version.to_string()),
        None => (arn.clone(), String::new()),
    };
    let mut both: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (name, version) in a.layers.iter().map(split) {
        both.entry(name).or_default().0 = version;
    }
    for (name, version) in b.layers.iter().map(split) {
        both.entry(name).or_default().1 = version;
    }
    both.into_iter().map(|(name, (from, to))| (format!("layer {name}"), from, to)).collect()
}

fn environment(a: &Function, b: &Function) -> Vec<(String, String, String)> {
    let mut both: BTreeMap<&str, (String, String)> = BTreeMap::new();
    let length = |length: usize| format!("{length} characters");
    for (name, characters) in &a.environment {
        both.entry(name).or_default().0 = length(*characters);
    }
    for (name, characters) in &b.environment {
        both.entry(name).or_default().1 = length(*characters);
    }
    both.into_iter().map(|(name, (from, to))| (format!("env {name}"), from, to)).collect()
}

fn short_hash(hash: &str) -> String {
    hash.chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attribute_that_differs_is_told_once_and_what_is_alike_is_not() {
        let a = Function {
            memory_mb: 512,
            timeout_s: 10,
            sha256: "aaaaaaaaaaaaaaaaaaaa".into(),
            environment: vec![("TABLE".into(), 6), ("OLD".into(), 1)],
            layers: vec!["arn:aws:lambda:eu-west-1:1:layer:otel:3".into()],
            revision: "1".into(),
            ..Function::default()
        };
        let mut b = Function { revision: "2".into(), ..a.clone() };
        assert_eq!(between(&a, &b), [], "another revision alone is no attribute");
        b.timeout_s = 30;
        b.environment = vec![("TABLE".into(), 9), ("NEW".into(), 4)];
        b.layers = vec!["arn:aws:lambda:eu-west-1:1:layer:otel:4".into()];
        b.vpc = Some("vpc-1".into());
        let told: Vec<String> = between(&a, &b).iter().map(Difference::words).collect();
        assert_eq!(
            told,
            [
                "time-out 10 s -> 30 s",
                "VPC - -> vpc-1",
                "layer otel 3 -> 4",
                "env NEW - -> 4 characters",
                "env OLD 1 characters -> -",
                "env TABLE 6 characters -> 9 characters",
            ]
        );
        b.sha256 = String::new();
        assert!(!between(&a, &b).iter().any(|difference| difference.attribute == "code sha256"));
    }
}
