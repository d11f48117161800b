//! Which log groups are read: those of functions, of a pattern, of an API, or any.

use crate::app::interests::TailGroup;
use crate::app::tabs::apis::settings::log_groups;
use crate::app::tabs::functions::score;
use crate::config::matches;
use crate::model::api::Api;
use crate::model::function::Function;
use crate::model::series::Subject;
use crate::store::Store;

/// The groups that functions write to, and others by name. Of a shared group only the function's own streams are meant.
pub fn groups_of(functions: &[String], groups: &[String], store: &Store) -> Vec<TailGroup> {
    let mut wanted: Vec<TailGroup> = functions
        .iter()
        .map(|name| match store.functions.get(name) {
            Some(function) => {
                let shared = store.functions.is_shared_group(&function.log_group);
                TailGroup { name: function.log_group.clone(), function: shared.then(|| name.clone()) }
            }
            None => TailGroup { name: format!("/aws/lambda/{name}"), function: None },
        })
        .collect();
    wanted.extend(groups.iter().map(|name| TailGroup { name: name.clone(), function: None }));
    each_once(wanted)
}

/// The same groups without what another of them has in it: a whole group holds what any one of its functions writes.
pub fn each_once(mut groups: Vec<TailGroup>) -> Vec<TailGroup> {
    groups.sort();
    groups.dedup();
    let whole: Vec<String> =
        groups.iter().filter(|group| group.function.is_none()).map(|group| group.name.clone()).collect();
    groups.retain(|group| group.function.is_none() || !whole.contains(&group.name));
    groups
}

/// A word that stands for many names.
pub fn is_glob(word: &str) -> bool {
    word.contains(['*', '?'])
}

/// Functions and groups that any of the patterns means: `orders-*` a glob, `payment` a part of a name, and the groups of
/// an API that is called so.
pub fn matching_groups(patterns: &str, store: &Store) -> (Vec<String>, Vec<String>) {
    let fits = |name: &str| {
        patterns.split_whitespace().any(|pattern| {
            let short = name.strip_prefix("/aws/lambda/").unwrap_or(name);
            if is_glob(pattern) {
                matches(pattern, name) || matches(pattern, short)
            } else {
                short.contains(pattern) || (pattern.starts_with('/') && name.contains(pattern))
            }
        })
    };
    let functions: Vec<String> =
        store.functions.all().iter().map(|function| &function.name).filter(|name| fits(name)).cloned().collect();
    let groups = store.log_groups.get().into_iter().flatten().map(|group| &group.name);
    let others = groups.filter(|name| fits(name) && store.functions.of_log_group(name).is_none());
    let mut others: Vec<String> = others.cloned().collect();
    others.extend(patterns.split_whitespace().flat_map(|word| groups_of_api(word, store)));
    others.sort();
    others.dedup();
    (functions, others)
}

/// APIs that are called so, each with the stage that is meant, or none for all of them: `shop`, its id, or `shop/prod`.
pub fn apis_called<'a, 'w>(word: &'w str, apis: &'a [Api]) -> Vec<(&'a Api, Option<&'w str>)> {
    let called = |name: &str| apis.iter().filter(|api| api.name == name || api.id == name).collect::<Vec<_>>();
    let whole = called(word);
    match word.rsplit_once('/').filter(|_| whole.is_empty()) {
        Some((name, stage)) => called(name).into_iter().map(|api| (api, Some(stage))).collect(),
        None => whole.into_iter().map(|api| (api, None)).collect(),
    }
}

/// Groups that an API logs to which is called so, as far as its stages are known; of one stage, where the word names it.
pub fn groups_of_api(word: &str, store: &Store) -> Vec<String> {
    let mut groups = Vec::new();
    for (api, stage) in apis_called(word, store.apis.get().map_or(&[], Vec::as_slice)) {
        let stages = store.stages.get(&api.id).and_then(|feed| feed.get()).into_iter().flatten();
        let meant = stages.filter(|known| stage.is_none_or(|stage| known.name == stage));
        groups.extend(meant.flat_map(|stage| log_groups(api, stage)));
    }
    groups.sort();
    groups.dedup();
    groups
}

/// The function that is worst off.
pub(super) fn worst_function(store: &Store) -> Option<String> {
    let figures = |name: &str| store.metrics.figures(&Subject::Function(name.to_string()));
    let score = |function: &Function| score(&figures(&function.name), function);
    let worst =
        store.functions.all().iter().max_by(|a, b| score(a).total_cmp(&score(b)).then_with(|| b.name.cmp(&a.name)));
    worst.map(|function| function.name.clone())
}
