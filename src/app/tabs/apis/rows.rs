//! The rows of the stage table: which there are, and which of them the filter takes.

use std::cell::OnceCell;

use crate::model::api::{Api, Stage};
use crate::store::Store;
use crate::store::gateway;
use crate::store::metrics::StageFigures;

/// A row: a stage, or an API whose stages are not known or that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// API id.
    pub api: String,
    /// Stage.
    pub stage: Option<String>,
}

impl Row {
    /// API id and stage, where it is a stage.
    pub fn pair(&self) -> Option<(String, String)> {
        Some((self.api.clone(), self.stage.clone()?))
    }
}

pub use crate::store::gateway::{sharing, stage, stages};

/// The rows that the filter takes: APIs by name, stages of each together.
pub fn all(store: &Store, filter: &str) -> Vec<Row> {
    let mut apis: Vec<&Api> = store.apis.get().into_iter().flatten().collect();
    apis.sort_by_cached_key(|api| (api.name.to_lowercase(), api.id.clone()));
    let words = read(filter);
    let mut rows = Vec::new();
    for api in apis {
        let known = stages(store, &api.id);
        if known.is_empty() && words.iter().all(|word| word.takes(store, api, None)) {
            rows.push(Row { api: api.id.clone(), stage: None });
        }
        for stage in known.iter().filter(|stage| words.iter().all(|word| word.takes(store, api, Some(stage)))) {
            rows.push(Row { api: api.id.clone(), stage: Some(stage.name.clone()) });
        }
    }
    rows
}

/// A word of the filter: `prod` is part of the name, the id, the stage or the protocol, `!prod` is not; `stage:prod`,
/// `proto:rest`, `cache:on`; `req>0`, `4xx>1`, `5xx>1` and `429>1` (per cent), `p99>500` (ms).
enum Word {
    Part(String),
    Not(String),
    Attribute(String, String),
    Number(String, bool, f64),
}

fn read(filter: &str) -> Vec<Word> {
    let word = |word: &str| {
        let word = word.to_lowercase();
        if let Some((name, value)) = word.split_once(':')
            && matches!(name, "name" | "id" | "stage" | "proto" | "cache" | "canary")
            && !value.is_empty()
        {
            return Word::Attribute(name.into(), value.into());
        }
        for (sign, more) in [('>', true), ('<', false)] {
            if let Some((name, number)) = word.split_once(sign)
                && matches!(name, "req" | "4xx" | "5xx" | "429" | "p50" | "p99")
                && let Ok(number) = number.parse()
            {
                return Word::Number(name.into(), more, number);
            }
        }
        match word.strip_prefix('!') {
            Some(rest) if !rest.is_empty() => Word::Not(rest.into()),
            _ => Word::Part(word),
        }
    };
    filter.split_whitespace().map(word).collect()
}

impl Word {
    fn takes(&self, store: &Store, api: &Api, stage: Option<&Stage>) -> bool {
        let name = stage.map_or("", |stage| stage.name.as_str());
        let has = |text: &str, part: &str| text.to_lowercase().contains(part);
        let anywhere = |part: &str| {
            [api.name.as_str(), &api.id, name, api.protocol.name()].into_iter().any(|text| has(text, part))
        };
        match self {
            Word::Part(part) => anywhere(part),
            Word::Not(part) => !anywhere(part),
            Word::Attribute(what, value) => match what.as_str() {
                "name" => has(&api.name, value),
                "id" => has(&api.id, value),
                "stage" => has(name, value),
                "canary" => stage.is_some_and(|stage| stage.canary.is_some() == (value == "on")),
                "cache" => stage.is_some_and(|stage| stage.cache_enabled == (value == "on")),
                _ => has(api.protocol.name(), value),
            },
            Word::Number(what, more, number) => {
                let figures = OnceCell::new();
                let figures = || figures.get_or_init(|| stage.map(|stage| figures_of(store, api, &stage.name)));
                let share = |part: fn(&StageFigures) -> f64| {
                    figures().and_then(|f| f.count.filter(|count| *count > 0.0).map(|count| part(&f) / count * 100.0))
                };
                let value = match what.as_str() {
                    "req" => figures().and_then(|f| f.count),
                    "4xx" => share(|f| f.errors_4xx),
                    "5xx" => share(|f| f.errors_5xx),
                    "429" => {
                        stage.and_then(|stage| gateway::refusals(store, api, stage).share()).map(|share| share * 100.0)
                    }
                    "p50" => figures().and_then(|f| f.p50),
                    _ => figures().and_then(|f| f.p99),
                };
                value.is_some_and(|value| if *more { value > *number } else { value < *number })
            }
        }
    }
}

/// What a stage did over the window.
pub fn figures_of(store: &Store, api: &Api, stage: &str) -> StageFigures {
    gateway::figures(store, api, stage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::api::Protocol;
    use crate::model::trouble::{Kind, Trouble};
    use crate::time::Moment;

    fn region() -> Store {
        let now = Moment::from_timestamp(1_000, 0).expect("a valid moment");
        let api = |id: &str, name: &str, protocol| Api {
            id: id.into(),
            name: name.into(),
            protocol,
            endpoint_types: vec![],
            description: String::new(),
            created: None,
            endpoint: None,
            tags: vec![],
        };
        let stages = |names: &[&str]| {
            Ok(names.iter().map(|name| Stage { name: (*name).into(), ..Stage::default() }).collect::<Vec<_>>())
        };
        let mut store = Store::default();
        let apis = vec![
            api("r1", "shop", Protocol::Rest),
            api("r2", "sh\u{f6}op", Protocol::Rest),
            api("h1", "shop", Protocol::Http),
            api("w1", "Events", Protocol::WebSocket),
        ];
        store.apis.accept(Ok(apis), now);
        store.stages.entry("r1".into()).or_default().accept(stages(&["prod", "test"]), now);
        store.stages.entry("r2".into()).or_default().accept(stages(&["prod"]), now);
        let denied = Trouble::new(Kind::Denied, "apigateway:GET", "no");
        store.stages.entry("w1".into()).or_default().accept(Err(denied), now);
        store
    }

    #[test]
    fn every_api_has_a_row_and_the_filter_reads_names_ids_stages_and_kinds() {
        let store = region();
        let shown = |filter: &str| {
            let rows = all(&store, filter).into_iter();
            rows.map(|row| format!("{} {}", row.api, row.stage.unwrap_or_default())).collect::<Vec<_>>().join(",")
        };
        assert_eq!(shown(""), "w1 ,h1 ,r1 prod,r1 test,r2 prod");
        assert_eq!(shown("TEST"), "r1 test");
        assert_eq!(shown("rest !r2 stage:prod"), "r1 prod");
        assert_eq!(shown("proto:web"), "w1 ");
        assert_eq!(shown("req>0"), "", "what is not known is not more than nothing");
        assert_eq!(shown("cache:off"), "r1 prod,r1 test,r2 prod");
    }

    #[test]
    fn rest_apis_of_one_name_share_their_metrics_stage_by_stage() {
        let store = region();
        let api = |id: &str| store.api(id).expect("it is listed");
        // CloudWatch gets the names without what is not ASCII: these two are one to it.
        assert_eq!(sharing(&store, api("r1"), "prod"), 2);
        assert_eq!(sharing(&store, api("r1"), "test"), 1);
        assert_eq!(sharing(&store, api("h1"), "prod"), 1);
    }
}
