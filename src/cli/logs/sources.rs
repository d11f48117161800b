//! Which log groups the words of the command line mean.

use super::whole;
use crate::app::interests::TailGroup;
use crate::aws::{Account, functions, logs};
use crate::cli::failure::{Failure, SERVICE};
use crate::config::matches;

/// The groups that the patterns mean, each once. Errors: a pattern that means none.
pub async fn find(account: &Account, patterns: &[String]) -> Result<Vec<TailGroup>, Failure> {
    let mut found = Vec::new();
    let mut groups = None;
    for pattern in patterns {
        let wild = pattern.contains(['*', '?']);
        if !wild && pattern.starts_with('/') {
            found.push(whole(pattern));
            continue;
        }
        if !wild && let Some(group) = of_function(account, pattern).await? {
            found.push(group);
            continue;
        }
        if groups.is_none() {
            groups = Some(logs::groups(account, None).await?);
        }
        let all = groups.iter().flatten().map(|group| &group.name);
        let fits = |name: &&String| {
            matches(pattern, name)
                || name.strip_prefix("/aws/lambda/").is_some_and(|function| matches(pattern, function))
        };
        let before = found.len();
        found.extend(all.filter(fits).map(whole));
        if found.len() == before {
            let message =
                format!("no log group and no function fits `{pattern}` - `*{pattern}*` looks for a part of a name");
            return Err(Failure { code: SERVICE, message });
        }
    }
    found.sort();
    found.dedup();
    // The whole of a shared group has in it what one of its functions writes.
    let whole: Vec<String> = found.iter().filter(|g| g.function.is_none()).map(|g| g.name.clone()).collect();
    found.retain(|group| group.function.is_none() || !whole.contains(&group.name));
    Ok(found)
}

/// The group into which a function of that name writes, wherever it is configured to.
async fn of_function(account: &Account, name: &str) -> Result<Option<TailGroup>, Failure> {
    match functions::configuration(account, name).await {
        Ok(function) => {
            // A group that is not named after its function may have others in it.
            let shared = function.log_group != format!("/aws/lambda/{}", function.name);
            Ok(Some(TailGroup { name: function.log_group, function: shared.then_some(function.name) }))
        }
        Err(trouble) if trouble.is_global() => Err(trouble.into()),
        Err(trouble) => {
            tracing::info!("{trouble}");
            Ok(None)
        }
    }
}
