//! Patch operations of API Gateway v1, exactly as UpdateStage and UpdateUsagePlan want them: a path, and a value that is
//! always text (`patch-operations` in the API reference).

use serde::Serialize;

/// What a patch operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// Sets a value.
    Replace,
    /// Takes a setting away.
    Remove,
    /// Copies from another path.
    Copy,
}

impl Op {
    /// As it is sent.
    pub fn name(self) -> &'static str {
        match self {
            Op::Replace => "replace",
            Op::Remove => "remove",
            Op::Copy => "copy",
        }
    }
}

/// One patch operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// What it does.
    pub op: Op,
    /// Where, as `/~1orders/GET/caching/ttlInSeconds`.
    pub path: String,
    /// The value, of [`Op::Replace`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The path that is copied, of [`Op::Copy`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Patch {
    /// Sets a value.
    pub fn replace(path: impl Into<String>, value: impl Into<String>) -> Patch {
        Patch { op: Op::Replace, path: path.into(), value: Some(value.into()), from: None }
    }

    /// Takes a setting away.
    pub fn remove(path: impl Into<String>) -> Patch {
        Patch { op: Op::Remove, path: path.into(), value: None, from: None }
    }

    /// Copies from another path.
    pub fn copy(from: impl Into<String>, path: impl Into<String>) -> Patch {
        Patch { op: Op::Copy, path: path.into(), value: None, from: Some(from.into()) }
    }

    /// As the AWS CLI takes it: `op=replace,path=/tracingEnabled,value=true`.
    pub fn shorthand(&self) -> String {
        let mut words = format!("op={},path={}", self.op.name(), self.path);
        if let Some(value) = &self.value {
            words.push_str(&format!(",value={value}"));
        }
        if let Some(from) = &self.from {
            words.push_str(&format!(",from={from}"));
        }
        words
    }
}

/// A change by patch operations, with those that restore what was. They go together in one request: all of them are made,
/// or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What is changed, as `cache TTL of GET /orders`.
    pub what: String,
    /// How it is, in words.
    pub from: String,
    /// How it will be, in words.
    pub to: String,
    /// What is sent.
    pub patches: Vec<Patch>,
    /// What restores what was.
    pub undo: Vec<Patch>,
}

impl Edit {
    /// The edit that restores what was.
    pub fn reversed(&self) -> Edit {
        Edit {
            what: self.what.clone(),
            from: self.to.clone(),
            to: self.from.clone(),
            patches: self.undo.clone(),
            undo: self.patches.clone(),
        }
    }
}

/// Where the settings of a method stand in a stage: `*` for all methods, else a key as `GET /orders/{id}`, whose slashes
/// are written `~1` (JSON Pointer, RFC 6901).
pub fn method_path(key: &str) -> String {
    let Some((method, resource)) = key.split_once(' ') else { return "/*/*".into() };
    let resource = resource.replace('~', "~0").replace('/', "~1");
    format!("/{resource}/{method}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_api_gateway_wants_them() {
        assert_eq!(method_path("*"), "/*/*");
        assert_eq!(method_path("GET /orders/{id}"), "/~1orders~1{id}/GET");
        assert_eq!(method_path("GET /"), "/~1/GET");
        assert_eq!(method_path("GET *"), "/*/GET");
        let patch = Patch::replace(format!("{}/caching/ttlInSeconds", method_path("GET /pets")), "60");
        assert_eq!(patch.shorthand(), "op=replace,path=/~1pets/GET/caching/ttlInSeconds,value=60");
        assert_eq!(
            Patch::copy("/canarySettings/deploymentId", "/deploymentId").shorthand(),
            "op=copy,path=/deploymentId,from=/canarySettings/deploymentId"
        );
    }
}
