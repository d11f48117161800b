//! What takes a call for each of many things: deployments, authorizers and domains of the open API; usage plans with their
//! keys. Each page waits for its turn.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::SERVICE;
use crate::aws::apis::{self, Page};
use crate::model::api::{ApiDetail, Domain, Protocol, UsagePlan};
use crate::model::trouble::Trouble;
use crate::poll::desk::{Closed, Desk};
use crate::time::instant;

/// Pages of one listing: 10,000 items of a v1 listing.
const PAGES: usize = 20;
/// Domains whose mappings are read: an account may have 120.
const DOMAINS: usize = 120;
/// Usage plans whose keys are read: those that serve an API on screen.
const PLANS: usize = 50;

/// Which domain leads where, of either version, as of when.
pub(super) type Domains = Arc<Mutex<HashMap<bool, Mapped>>>;

/// What the domains lead to.
pub(super) struct Mapped {
    at: Instant,
    refresh: u64,
    found: Vec<(String, Domain)>,
    troubles: Vec<Trouble>,
}

/// Reads a listing to its end, or to a cap.
async fn pages<T, F>(desk: &Desk, ask: impl Fn(Option<String>) -> F) -> Result<Result<Vec<T>, Trouble>, Closed>
where
    F: Future<Output = Result<Page<T>, Trouble>>,
{
    let (mut all, mut at) = (Vec::new(), None);
    for _ in 0..PAGES {
        desk.pass(SERVICE, 1).await;
        let answer = ask(at.clone()).await;
        desk.note(SERVICE, &answer).await?;
        match answer {
            Ok((page, next)) => {
                all.extend(page);
                // A token that comes again would lead round in circles.
                if next.is_none() || next == at {
                    break;
                }
                at = next;
            }
            Err(trouble) => return Ok(Err(trouble)),
        }
    }
    Ok(Ok(all))
}

/// What can be had of an API's parts: what is denied is named, the rest is there. Errors: nothing could be had.
pub(super) async fn detail(
    desk: &Desk,
    api: &str,
    protocol: Protocol,
    domains: &Domains,
    fresh: Duration,
) -> Result<Result<ApiDetail, Trouble>, Closed> {
    let account = &desk.account;
    let mut detail = ApiDetail::default();
    match pages(desk, |at| apis::deployments(account, api, protocol, at)).await? {
        Ok(deployments) => detail.deployments = deployments,
        Err(trouble) => detail.missing.push(trouble),
    }
    detail.deployments.sort_by_key(|deployment| std::cmp::Reverse(deployment.created));
    match pages(desk, |at| apis::authorizers(account, api, protocol, at)).await? {
        Ok(authorizers) => detail.authorizers = authorizers,
        Err(trouble) => detail.missing.push(trouble),
    }
    if detail.missing.len() == 2 {
        return Ok(Err(detail.missing.swap_remove(0)));
    }
    let mut domains = domains.lock().await;
    let refresh = desk.interests.borrow().refresh;
    let rest = protocol == Protocol::Rest;
    let known = domains.get(&rest).filter(|known| known.refresh == refresh && known.at.elapsed() < fresh);
    if known.is_none() {
        let (found, troubles) = mapped(desk, protocol).await?;
        domains.insert(rest, Mapped { at: instant(), refresh, found, troubles });
    }
    if let Some(known) = domains.get(&rest) {
        let here = known.found.iter().filter(|(id, _)| id == api);
        detail.domains = here.map(|(_, domain)| domain.clone()).collect();
        detail.missing.extend(known.troubles.iter().cloned());
    }
    Ok(Ok(detail))
}

async fn mapped(desk: &Desk, protocol: Protocol) -> Result<(Vec<(String, Domain)>, Vec<Trouble>), Closed> {
    let account = &desk.account;
    let names = match pages(desk, |at| apis::domain_names(account, protocol, at)).await? {
        Ok(names) => names,
        Err(trouble) => return Ok((vec![], vec![trouble])),
    };
    let (mut found, mut troubles) = (Vec::new(), Vec::new());
    for name in names.iter().take(DOMAINS) {
        match pages(desk, |at| apis::mappings(account, protocol, name, at)).await? {
            Ok(mappings) => found.extend(mappings),
            Err(trouble) => {
                // Denied once is denied for all of them.
                troubles.push(trouble);
                break;
            }
        }
    }
    Ok((found, troubles))
}

/// Usage plans; of those that serve one of these APIs with their keys, and what is used of their quotas.
pub(super) async fn plans(
    desk: &Desk,
    on_screen: &BTreeSet<String>,
) -> Result<Result<Vec<UsagePlan>, Trouble>, Closed> {
    let account = &desk.account;
    let mut plans = match pages(desk, |at| apis::usage_plans(account, at)).await? {
        Ok(plans) => plans,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let serves = |plan: &UsagePlan| plan.stages.iter().any(|stage| on_screen.contains(&stage.api));
    if !plans.iter().any(serves) {
        return Ok(Ok(plans));
    }
    let off: Result<BTreeSet<String>, Trouble> =
        pages(desk, |at| apis::switched_off(account, at)).await?.map(|off| off.into_iter().collect());
    for plan in plans.iter_mut().filter(|plan| serves(plan)).take(PLANS) {
        match pages(desk, |at| apis::keys_of_plan(account, &plan.id, at)).await? {
            Ok(keys) => plan.keys = keys,
            Err(trouble) => plan.missing.push(trouble),
        }
        match &off {
            Ok(off) => plan.keys.iter_mut().for_each(|key| key.enabled = Some(!off.contains(&key.id))),
            Err(trouble) => plan.missing.push(trouble.clone()),
        }
        plan.keys.sort_by(|a, b| a.name.cmp(&b.name));
        if plan.quota.is_none() || plan.keys.is_empty() {
            continue;
        }
        match pages(desk, |at| apis::usage(account, plan, at)).await? {
            Ok(usage) => {
                let usage: HashMap<String, (i64, i64)> =
                    usage.into_iter().map(|(key, used, left)| (key, (used, left))).collect();
                for key in &mut plan.keys {
                    // Who has not asked in the period is not listed: nothing is used.
                    let limit = plan.quota.as_ref().map_or(0, |quota| quota.limit);
                    let (used, left) = usage.get(&key.id).copied().unwrap_or((0, limit));
                    (key.used, key.left) = (Some(used), Some(left));
                }
            }
            Err(trouble) => plan.missing.push(trouble),
        }
    }
    Ok(Ok(plans))
}
