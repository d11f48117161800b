//! The palette: every command, function, log group, API and scenario of keys by a few letters of its name.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use super::command::{Action, COMMANDS, Place};
use super::cursor::Cursor;
use super::step::{Jump, LogTarget, TraceTarget};
use super::tabs::apis::settings::log_groups;
use super::tabs::logs::sources::{groups_of, groups_of_api, matching_groups};
use crate::model::api::Api;
use crate::model::line;
use crate::model::trace::xray_id;
use crate::store::Store;

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// A command of the table.
    Run(Action),
    /// A view.
    Go(Jump),
}

/// One thing that can be found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is: `command`, `function`, `logs`, `api`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// A word more about it.
    pub about: String,
    /// What it does.
    pub goal: Goal,
}

/// Entries on screen at most; the best match first.
pub const SHOWN: usize = 200;
/// APIs whose stages are asked for because their names fit, at most: API Gateway answers ten calls a second for everybody.
const SOUGHT: usize = 8;
/// Letters from which on it is worth asking; after `logs` or `api` any will do.
const TELLING: usize = 3;

/// A search by name.
#[derive(Debug)]
pub struct Palette {
    /// What has been typed.
    pub input: Input,
    /// Everything that can be found.
    pub entries: Vec<Entry>,
    /// Entries that are there whatever is typed.
    fixed: usize,
    /// Indices of what matches, the best first.
    pub matches: Vec<usize>,
    /// Selected match.
    pub cursor: Cursor,
    /// Ids of APIs whose names fit and whose stages are not known yet.
    pub sought: Vec<String>,
}

impl Palette {
    /// Everything that can be found now.
    pub fn new(store: &Store) -> Palette {
        let entries = entries(store);
        let matches = (0..entries.len().min(SHOWN)).collect();
        Palette {
            input: Input::default(),
            fixed: entries.len(),
            entries,
            matches,
            cursor: Cursor::default(),
            sought: Vec::new(),
        }
    }

    /// More is known: finds anew, and stays on what is selected.
    pub fn renew(&mut self, store: &Store) {
        let chosen = self.chosen().map(|entry| (entry.kind, entry.name.clone()));
        self.entries = entries(store);
        self.fixed = self.entries.len();
        self.search_in(store);
        let is_chosen = |at: &usize| {
            let entry = &self.entries[*at];
            chosen.as_ref().is_some_and(|(kind, name)| entry.kind == *kind && entry.name == *name)
        };
        self.cursor.row = self.matches.iter().position(is_chosen).unwrap_or(0);
    }

    /// The kind that is asked for, and the rest of what has been typed: `logs ord` looks among logs only.
    fn asked(&self) -> (Option<&str>, &str) {
        let text = self.input.value().trim();
        let kinds = ["command", "function", "logs", "api"];
        match text.split_once(' ') {
            Some((first, rest)) if kinds.contains(&first) && !rest.trim().is_empty() => (Some(first), rest.trim()),
            _ => (None, text),
        }
    }

    /// Finds anew after an edit.
    pub fn search(&mut self) {
        let (kind, text) = self.asked();
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(text, CaseMatching::Smart, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut found: Vec<(u32, usize)> = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| kind.is_none_or(|kind| kind == entry.kind))
            .filter_map(|(at, entry)| {
                pattern.score(Utf32Str::new(&entry.name, &mut buffer), &mut matcher).map(|score| (score, at))
            })
            .collect();
        found.sort_by_key(|&(score, at)| (std::cmp::Reverse(score), at));
        self.matches = found.into_iter().take(SHOWN).map(|(_, at)| at).collect();
        self.cursor = Cursor::default();
    }

    /// The same, and what takes in many at once: `logs orders-* payment` is the tail of everything that fits, above what
    /// is found by name.
    pub fn search_in(&mut self, store: &Store) {
        self.entries.truncate(self.fixed);
        self.search();
        self.sought = self.seek(store);
        self.offer_trace();
        let (Some("logs"), patterns) = self.asked() else { return };
        let (functions, groups) = matching_groups(patterns, store);
        let mut names: Vec<String> = groups_of(&functions, &groups, store).into_iter().map(|g| g.name).collect();
        names.dedup();
        let about = match names.as_slice() {
            [] => return,
            // Its name finds it anyway.
            [_] if !self.matches.is_empty() => return,
            [name] => format!("the one log group that fits: {name}"),
            names => format!("all {} log groups that fit, in one tail", names.len()),
        };
        let name = patterns.to_string();
        let goal = Goal::Go(Jump::Logs(LogTarget { functions, groups, ..LogTarget::default() }));
        self.entries.push(Entry { kind: "logs", name, about, goal });
        self.matches.insert(0, self.entries.len() - 1);
    }

    /// A trace id, in either form, leads to its trace: it may have been pasted from anywhere.
    fn offer_trace(&mut self) {
        let typed = self.input.value().trim().trim_start_matches("Root=");
        let id = xray_id(typed.split(';').next().unwrap_or(typed));
        if line::trace_id(&id) != Some(id.as_str()) {
            return;
        }
        let goal = Goal::Go(Jump::Trace(TraceTarget::of(&id)));
        self.entries.push(Entry { kind: "trace", name: id, about: "open this trace".into(), goal });
        self.matches.insert(0, self.entries.len() - 1);
    }

    /// APIs that may be meant and of which nothing is known yet but their names.
    fn seek(&self, store: &Store) -> Vec<String> {
        let (kind, text) = self.asked();
        let meant = match kind {
            Some("logs" | "api") => true,
            None => text.chars().count() >= TELLING,
            Some(_) => false,
        };
        // `shop-api prod`, `shop-api/prod`: the stage is not known yet.
        let name = text.split([' ', '/']).next().unwrap_or_default();
        if !meant || name.is_empty() {
            return vec![];
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(name, CaseMatching::Smart, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut fits =
            |api: &Api| api.id == name || pattern.score(Utf32Str::new(&api.name, &mut buffer), &mut matcher).is_some();
        let known = |api: &Api| store.stages.get(&api.id).is_some_and(|feed| feed.get().is_some());
        let apis = store.apis.get().into_iter().flatten();
        apis.filter(|api| !known(api) && fits(api)).take(SOUGHT).map(|api| api.id.clone()).collect()
    }

    /// The selected entry.
    pub fn chosen(&self) -> Option<&Entry> {
        self.matches.get(self.cursor.row).map(|&at| &self.entries[at])
    }
}

/// Everything that can be found now.
fn entries(store: &Store) -> Vec<Entry> {
    let mut entries: Vec<Entry> = COMMANDS
        .iter()
        .filter(|command| !matches!(command.action, Action::Confirm | Action::Send | Action::SwitchField))
        // They mean something where a line is open, and the palette is not opened there.
        .filter(|command| command.places != [Place::Line])
        .map(|command| Entry {
            kind: "command",
            name: command.name.to_string(),
            about: command.sentence.to_string(),
            goal: Goal::Run(command.action),
        })
        .collect();
    for function in store.functions.all() {
        entries.push(Entry {
            kind: "function",
            name: function.name.clone(),
            about: function.runtime.clone(),
            goal: Goal::Go(Jump::Function(function.name.clone())),
        });
        entries.push(Entry {
            kind: "logs",
            name: function.name.clone(),
            about: function.log_group.clone(),
            goal: Goal::Go(Jump::Logs(LogTarget { functions: vec![function.name.clone()], ..LogTarget::default() })),
        });
    }
    for group in store.log_groups.get().into_iter().flatten() {
        if store.functions.of_log_group(&group.name).is_none() {
            entries.push(Entry {
                kind: "logs",
                name: group.name.clone(),
                about: crate::text::bytes(group.stored_bytes),
                goal: Goal::Go(Jump::Logs(LogTarget { groups: vec![group.name.clone()], ..LogTarget::default() })),
            });
        }
    }
    for api in store.apis.get().into_iter().flatten() {
        entries.extend(whole_api(api, store));
        for stage in store.stages.get(&api.id).and_then(|feed| feed.get()).into_iter().flatten() {
            let groups = log_groups(api, stage);
            if !groups.is_empty() {
                entries.push(Entry {
                    kind: "logs",
                    name: format!("{} {}", api.name, stage.name),
                    about: "what the API itself logs of its requests".into(),
                    goal: Goal::Go(Jump::Logs(LogTarget { groups, ..LogTarget::default() })),
                });
            }
            entries.push(Entry {
                kind: "api",
                name: format!("{} {}", api.name, stage.name),
                about: api.protocol.name().to_string(),
                goal: Goal::Go(Jump::Stage(api.id.clone(), stage.name.clone())),
            });
        }
    }
    entries
}

/// What an API logs in all of its stages, where that is more than one of them does.
fn whole_api(api: &Api, store: &Store) -> Option<Entry> {
    let stages = store.stages.get(&api.id)?.get()?;
    if stages.iter().filter(|stage| !log_groups(api, stage).is_empty()).count() < 2 {
        return None;
    }
    let groups = groups_of_api(&api.id, store);
    Some(Entry {
        kind: "logs",
        name: api.name.clone(),
        about: format!("what the API itself logs in all its stages: {} log groups", groups.len()),
        goal: Goal::Go(Jump::Logs(LogTarget { groups, ..LogTarget::default() })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::api::{MethodSettings, Protocol, Stage};
    use crate::model::function::Function;
    use crate::model::log::LogGroup;
    use crate::time::Moment;

    fn now() -> Moment {
        Moment::from_timestamp(1_795_260_000, 0).expect("a moment")
    }

    fn store() -> Store {
        let mut store = Store::default();
        let function =
            |name: &str, group: &str| Function { name: name.into(), log_group: group.into(), ..Function::default() };
        let functions = vec![
            function("orders-api", "/aws/lambda/orders-api"),
            function("orders-worker", "/shop/all"),
            function("payment", "/shop/all"),
        ];
        store.functions.accept_page(functions, 0, true, now());
        let group = |name: &str| LogGroup { name: name.into(), ..LogGroup::default() };
        let groups = ["/aws/lambda/orders-api", "/ecs/orders-1", "/shop/all", "/ecs/search-x1"].map(group).to_vec();
        store.log_groups.accept(Ok(groups), now());
        let api = |id: &str, name: &str| Api {
            id: id.into(),
            name: name.into(),
            protocol: Protocol::Rest,
            endpoint_types: vec![],
            description: String::new(),
            created: None,
            endpoint: None,
            tags: vec![],
        };
        store.apis.accept(Ok(vec![api("a1", "shop"), api("b2", "partner")]), now());
        store
    }

    fn stages() -> Vec<Stage> {
        let logged = MethodSettings { logging: Some("INFO".into()), ..MethodSettings::default() };
        ["dev", "prod"].map(|name| Stage { name: name.into(), defaults: logged.clone(), ..Stage::default() }).to_vec()
    }

    fn typed(text: &str, store: &Store) -> Palette {
        let mut palette = Palette::new(store);
        palette.input = text.into();
        palette.search_in(store);
        palette
    }

    fn target(palette: &Palette) -> (Vec<String>, Vec<String>) {
        match palette.chosen().map(|entry| &entry.goal) {
            Some(Goal::Go(Jump::Logs(target))) => (target.functions.clone(), target.groups.clone()),
            other => panic!("no logs but {other:?}"),
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_string()).collect()
    }

    #[test]
    fn a_glob_offers_what_fits_also_where_that_is_one_group() {
        let store = store();
        let palette = typed("logs orders-*", &store);
        assert_eq!(target(&palette), (names(&["orders-api", "orders-worker"]), vec![]));
        assert_eq!(palette.chosen().map(|entry| entry.about.as_str()), Some("all 2 log groups that fit, in one tail"));
        let palette = typed("logs *search-?1", &store);
        assert_eq!(target(&palette), (vec![], names(&["/ecs/search-x1"])));
        assert!(
            palette.chosen().is_some_and(|entry| entry.about.ends_with("the one log group that fits: /ecs/search-x1"))
        );
        // Two functions, one group.
        let palette = typed("logs orders-w* payment", &store);
        assert_eq!(target(&palette).0, ["orders-worker", "payment"]);
        assert!(palette.chosen().is_some_and(|entry| entry.about.ends_with("/shop/all")), "{:?}", palette.chosen());
        assert!(typed("logs nothing-*", &store).chosen().is_none());
        assert_eq!(typed("logs search", &store).matches.len(), 1, "its name finds it: it is not offered twice");
    }

    #[test]
    fn the_logs_of_an_api_are_found_by_its_name_and_its_stages_asked_for() {
        let mut store = store();
        assert_eq!(typed("logs shop", &store).sought, ["a1"]);
        assert_eq!(typed("part", &store).sought, ["b2"]);
        for text in ["", "sh", "function shop", "command shop"] {
            assert!(typed(text, &store).sought.is_empty(), "{text}: not worth asking");
        }
        let mut palette = typed("logs shop", &store);
        assert!(palette.matches.iter().all(|&at| palette.entries[at].name.starts_with("/shop/")));
        store.stages.entry("a1".into()).or_default().accept(Ok(stages()), now());
        palette.renew(&store);
        assert!(palette.sought.is_empty(), "it is known now");
        let shown: Vec<&str> = palette.matches.iter().map(|&at| palette.entries[at].name.as_str()).collect();
        for name in ["shop", "shop dev", "shop prod"] {
            assert!(shown.contains(&name), "{shown:?}");
        }
        assert_eq!(
            palette.chosen().map(|entry| entry.name.as_str()),
            Some("/shop/all"),
            "nothing moves below the cursor"
        );
        let execution = |stage: &str| format!("API-Gateway-Execution-Logs_a1/{stage}");
        assert_eq!(target(&typed("logs shop/prod", &store)).1, [execution("prod")]);
        let whole = typed("logs a1", &store);
        assert_eq!(target(&whole).1, [execution("dev"), execution("prod")]);
    }
}
