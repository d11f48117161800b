//! Which log groups are read: those of functions, of a pattern, or any.

use crate::app::interests::TailGroup;
use crate::app::tabs::functions::score;
use crate::config::matches;
use crate::model::function::Function;
use crate::model::series::Subject;
use crate::store::Store;

/// The groups that functions write to, and others by name. Of a shared group only the function's own streams are meant.
pub(super) fn groups_of(functions: &[String], groups: &[String], store: &Store) -> Vec<TailGroup> {
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
    wanted.sort();
    wanted.dedup();
    // A whole group holds what any one of its functions writes.
    let whole: Vec<String> =
        wanted.iter().filter(|group| group.function.is_none()).map(|group| group.name.clone()).collect();
    wanted.retain(|group| group.function.is_none() || !whole.contains(&group.name));
    wanted
}

/// Functions and groups that any of the patterns means: `orders-*` a glob, `payment` a part of a name.
pub fn matching_groups(patterns: &str, store: &Store) -> (Vec<String>, Vec<String>) {
    let fits = |name: &str| {
        patterns.split_whitespace().any(|pattern| {
            let short = name.strip_prefix("/aws/lambda/").unwrap_or(name);
            if pattern.contains(['*', '?']) {
                matches(pattern, name) || matches(pattern, short)
            } else {
                short.contains(pattern)
            }
        })
    };
    let functions: Vec<String> =
        store.functions.all().iter().map(|function| &function.name).filter(|name| fits(name)).cloned().collect();
    let groups = store.log_groups.get().into_iter().flatten().map(|group| &group.name);
    let others = groups.filter(|name| fits(name) && store.functions.of_log_group(name).is_none());
    let others = others.cloned().collect();
    (functions, others)
}

/// The function that is worst off.
pub(super) fn worst_function(store: &Store) -> Option<String> {
    let figures = |name: &str| store.metrics.figures(&Subject::Function(name.to_string()));
    let score = |function: &Function| score(&figures(&function.name), function);
    let worst =
        store.functions.all().iter().max_by(|a, b| score(a).total_cmp(&score(b)).then_with(|| b.name.cmp(&a.name)));
    worst.map(|function| function.name.clone())
}
