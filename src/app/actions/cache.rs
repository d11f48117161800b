//! The cache cluster of a REST API's stage: on, off, its size. It takes minutes to be made, and costs by the hour.

use super::form::{Field, Form, Purpose, Wish};
use crate::app::effect::{Change, Edit, Patch};
use crate::model::api::{Api, Stage, cache_price};
use crate::text;

/// cacheClusterSize, GB (`CacheClusterSize` in the API reference).
const SIZES: [&str; 8] = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];

/// The cluster of a stage.
#[derive(Clone, Debug)]
pub struct CacheCluster {
    /// API id.
    pub api: String,
    /// Its name.
    pub name: String,
    /// stageName.
    pub stage: String,
    /// cacheClusterEnabled.
    pub enabled: bool,
    /// cacheClusterSize.
    pub size: Option<String>,
    /// cacheClusterStatus.
    pub status: Option<String>,
    /// Some method is cached.
    pub used: bool,
}

impl CacheCluster {
    /// Of a stage.
    pub fn of(api: &Api, stage: &Stage) -> CacheCluster {
        CacheCluster {
            api: api.id.clone(),
            name: api.name.clone(),
            stage: stage.name.clone(),
            enabled: stage.cache_enabled,
            size: stage.cache_size.clone(),
            status: stage.cache_status.clone(),
            used: stage.defaults.caching == Some(true)
                || stage.overrides.iter().any(|(_, own)| own.caching == Some(true)),
        }
    }

    fn is_busy(&self) -> Option<&str> {
        self.status.as_deref().filter(|status| status.ends_with("_IN_PROGRESS"))
    }

    /// Flushes it. Errors: there is none, or none that could be flushed now.
    pub fn flush(&self) -> Result<Wish, String> {
        match self.status.as_deref() {
            _ if !self.enabled => return Err(format!("{} {} has no cache to flush", self.name, self.stage)),
            Some(status) if status != "AVAILABLE" => {
                return Err(format!("the cache of {} {} is {status}: it can't be flushed now", self.name, self.stage));
            }
            _ => {}
        }
        let change =
            Change::FlushStageCache { api: self.api.clone(), name: self.name.clone(), stage: self.stage.clone() };
        Ok(Wish::of(change).warn(Some(
            "every answer is fetched anew: what is behind gets all requests until the cache is warm; no undo".into(),
        )))
    }

    /// The form: on or off, and its size.
    pub fn form(self) -> Form {
        let option = |size: &str| {
            let price = cache_price(size).map(|price| format!(", ${price:.3}/h")).unwrap_or_default();
            (format!("{size} GB{price}"), size.to_string())
        };
        let mut about = vec!["a change of the cluster takes about four minutes, and drops what is cached".to_string()];
        about.extend(self.is_busy().map(|status| format!("it is {status} just now")));
        let size = self.size.clone().unwrap_or_else(|| "0.5".into());
        let fields = vec![
            Field::switch("cache cluster", self.enabled, ""),
            Field::choice("size", SIZES.iter().map(|size| option(size)).collect(), &size, "us-east-1 list prices"),
        ];
        let title = format!("Cache of {} {}", self.name, self.stage);
        Form::new(Purpose::Cache(self), title, about, fields)
    }

    pub(super) fn wish(&self, values: &[&str]) -> Result<Wish, String> {
        let (enabled, size) = (values[0] == "true", values[1]);
        let words = |enabled: bool, size: Option<&str>| match (enabled, size) {
            (true, size) => format!("{} GB", size.unwrap_or("?")),
            (false, _) => "off".to_string(),
        };
        let before = self.size.as_deref();
        if enabled == self.enabled && (!enabled || before == Some(size)) {
            return Err("nothing differs from what is set".into());
        }
        let switch = |on: bool| Patch::replace("/cacheClusterEnabled", on.to_string());
        let resize = |size: &str| Patch::replace("/cacheClusterSize", size);
        let mut patches = Vec::new();
        let mut undo = Vec::new();
        if enabled != self.enabled {
            patches.push(switch(enabled));
            undo.push(switch(self.enabled));
        }
        if enabled && before != Some(size) {
            patches.push(resize(size));
        }
        if let Some(before) = before.filter(|before| self.enabled && (!enabled || *before != size)) {
            undo.push(resize(before));
        }
        let edit = Edit {
            what: "the cache cluster".into(),
            from: words(self.enabled, before),
            to: words(enabled, Some(size)),
            patches,
            undo,
        };
        let change =
            Change::UpdateStage { api: self.api.clone(), name: self.name.clone(), stage: self.stage.clone(), edit };
        let mut wish = Wish::of(change);
        if let Some(price) = cache_price(size).filter(|_| enabled) {
            let month = text::dollars(price * 730.0);
            wish = wish.note(format!("costs ${price:.3} an hour, {month} a month, used or not (us-east-1)"));
        }
        let busy =
            self.is_busy().map(|status| format!("it is {status}: API Gateway refuses changes until that is over"));
        let unused = (enabled && !self.used)
            .then(|| "no method is cached: it is paid for and does nothing until one is".to_string());
        let cold = (self.enabled).then(|| "what is cached is dropped: what is behind gets all requests".to_string());
        Ok(wish.note("takes about four minutes; it is watched until it is done").warn(busy).warn(unused).warn(cold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(enabled: bool, size: Option<&str>) -> CacheCluster {
        CacheCluster {
            api: "k3".into(),
            name: "shop".into(),
            stage: "prod".into(),
            enabled,
            size: size.map(str::to_string),
            status: Some(if enabled { "AVAILABLE" } else { "NOT_AVAILABLE" }.into()),
            used: true,
        }
    }

    fn edit(wish: &Wish) -> (Vec<String>, Vec<String>) {
        let Change::UpdateStage { edit, .. } = &wish.change else { panic!("a stage") };
        let words = |patches: &[Patch]| patches.iter().map(Patch::shorthand).collect();
        (words(&edit.patches), words(&edit.undo))
    }

    #[test]
    fn on_off_and_another_size_each_restore_what_was() {
        let on = cluster(false, None).wish(&["true", "1.6"]).expect("a change");
        assert_eq!(
            edit(&on),
            (
                vec![
                    "op=replace,path=/cacheClusterEnabled,value=true".to_string(),
                    "op=replace,path=/cacheClusterSize,value=1.6".to_string()
                ],
                vec!["op=replace,path=/cacheClusterEnabled,value=false".to_string()]
            )
        );
        let off = cluster(true, Some("6.1")).wish(&["false", "6.1"]).expect("a change");
        assert_eq!(
            edit(&off).1,
            ["op=replace,path=/cacheClusterEnabled,value=true", "op=replace,path=/cacheClusterSize,value=6.1"]
        );
        let larger = cluster(true, Some("0.5")).wish(&["true", "1.6"]).expect("a change");
        assert_eq!(edit(&larger).0, ["op=replace,path=/cacheClusterSize,value=1.6"]);
        assert_eq!(edit(&larger).1, ["op=replace,path=/cacheClusterSize,value=0.5"]);
        assert!(cluster(false, None).wish(&["false", "1.6"]).is_err());
    }

    #[test]
    fn a_flush_needs_a_cache_that_is_there() {
        assert!(cluster(false, None).flush().is_err());
        assert!(cluster(true, Some("0.5")).flush().is_ok());
        let making = CacheCluster { status: Some("CREATE_IN_PROGRESS".into()), ..cluster(true, Some("0.5")) };
        assert!(making.flush().expect_err("it is being made").contains("CREATE_IN_PROGRESS"));
    }
}
