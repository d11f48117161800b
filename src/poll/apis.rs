//! APIs: the inventory, the stages that are on screen, and what is behind the one that is open.

mod parts;
mod refused;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::desk::{Closed, Desk};
use crate::app::interests::RefusedQuery;
use crate::app::message::News;
use crate::aws::apis;
use crate::model::api::Protocol;
use crate::model::trouble::{Kind, Trouble};

const SERVICE: &str = "apigateway";
/// Stages of which something is being changed: a cache takes minutes.
const WATCHED: Duration = Duration::from_secs(5);
/// Refused requests are counted anew after this.
const COUNTED: Duration = Duration::from_secs(60);

/// Which API is of which kind: the two versions of API Gateway know nothing of each other.
type Kinds = Arc<Mutex<HashMap<String, Protocol>>>;

pub(super) fn run(desk: &Desk) {
    let kinds = Kinds::default();
    let (inventory_every, stages_every) = (desk.pace.apis, desk.pace.stages);
    let known = kinds.clone();
    desk.run(move |desk| {
        desk.keep_fresh(
            |interests| interests.apis.then_some(()),
            move |()| Some(inventory_every),
            move |desk, ()| inventory(desk, known.clone()),
        )
    });
    desk.run(move |desk| {
        desk.keep_fresh(
            |interests| interests.apis.then_some(()),
            move |()| Some(inventory_every),
            |desk, ()| limits(desk),
        )
    });
    let known = kinds.clone();
    desk.run(move |desk| {
        desk.keep_fresh(
            |interests| interests.watch_stages.clone(),
            |_| Some(WATCHED),
            move |desk, api| stages(desk, api, known.clone()),
        )
    });
    let (known, domains) = (kinds.clone(), parts::Domains::default());
    desk.run(move |desk| {
        desk.keep_each_fresh(
            |interests| interests.api_details.clone(),
            Some(inventory_every),
            move |desk, api| detail(desk, api, known.clone(), domains.clone()),
        )
    });
    desk.run(move |desk| {
        desk.keep_fresh(
            |interests| interests.usage_plans.then(|| interests.stages.clone()),
            move |_| Some(stages_every),
            usage_plans,
        )
    });
    desk.run(move |desk| desk.keep_fresh(|interests| interests.refused.clone(), |_| Some(COUNTED), refusals));
    let known = kinds.clone();
    desk.run(move |desk| {
        desk.keep_each_fresh(
            |interests| interests.stages.clone(),
            Some(stages_every),
            move |desk, api| stages(desk, api, known.clone()),
        )
    });
    desk.run(move |desk| {
        desk.keep_each_fresh(
            |interests| interests.routes.clone(),
            Some(inventory_every),
            move |desk, api| routes(desk, api, kinds.clone()),
        )
    });
}

async fn inventory(desk: Desk, kinds: Kinds) -> Result<Result<(), Trouble>, Closed> {
    desk.pass(SERVICE, 2).await;
    let (apis, trouble) = apis::all(&desk.account).await;
    let outcome = trouble.clone().map_or(Ok(()), Err);
    desk.note(SERVICE, &outcome).await?;
    kinds.lock().unwrap_or_else(PoisonError::into_inner).extend(apis.iter().map(|api| (api.id.clone(), api.protocol)));
    desk.tell(News::Apis { apis, trouble }).await?;
    Ok(outcome)
}

async fn limits(desk: Desk) -> Result<Result<(), Trouble>, Closed> {
    desk.pass(SERVICE, 1).await;
    let answer = apis::limits(&desk.account).await;
    desk.note(SERVICE, &answer).await?;
    let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
    desk.tell(News::ApiAccount(answer)).await?;
    Ok(outcome)
}

async fn stages(desk: Desk, api: String, kinds: Kinds) -> Result<Result<(), Trouble>, Closed> {
    let answer = match kind(&desk, &api, &kinds).await? {
        Ok(protocol) => {
            desk.pass(SERVICE, 1).await;
            apis::stages(&desk.account, &api, protocol).await
        }
        Err(trouble) => Err(trouble),
    };
    desk.note(SERVICE, &answer).await?;
    let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
    desk.tell(News::Stages(api, answer)).await?;
    Ok(outcome)
}

async fn routes(desk: Desk, api: String, kinds: Kinds) -> Result<Result<(), Trouble>, Closed> {
    let answer = match kind(&desk, &api, &kinds).await? {
        Ok(protocol) => {
            // GetResources has half a second of its own more, the others are two calls.
            desk.pass(SERVICE, 2).await;
            apis::routes(&desk.account, &api, protocol).await
        }
        Err(trouble) => Err(trouble),
    };
    desk.note(SERVICE, &answer).await?;
    let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
    desk.tell(News::Routes(api, answer)).await?;
    Ok(outcome)
}

async fn detail(desk: Desk, api: String, kinds: Kinds, domains: parts::Domains) -> Result<Result<(), Trouble>, Closed> {
    let answer = match kind(&desk, &api, &kinds).await? {
        Ok(protocol) => parts::detail(&desk, &api, protocol, &domains, desk.pace.apis).await?,
        Err(trouble) => Err(trouble),
    };
    let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
    desk.tell(News::ApiDetail(api, answer)).await?;
    Ok(outcome)
}

async fn usage_plans(desk: Desk, on_screen: BTreeSet<String>) -> Result<Result<(), Trouble>, Closed> {
    let answer = parts::plans(&desk, &on_screen).await?;
    let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
    desk.tell(News::UsagePlans(answer)).await?;
    Ok(outcome)
}

async fn refusals(desk: Desk, query: RefusedQuery) -> Result<Result<(), Trouble>, Closed> {
    let answer = refused::count(&desk, &query).await?;
    let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
    desk.tell(News::Refused(query.api, query.stage, answer)).await?;
    Ok(outcome)
}

/// The kind of an API, asked for where the inventory has not told it.
async fn kind(desk: &Desk, api: &str, kinds: &Kinds) -> Result<Result<Protocol, Trouble>, Closed> {
    let known = kinds.lock().unwrap_or_else(PoisonError::into_inner).get(api).copied();
    if let Some(protocol) = known {
        return Ok(Ok(protocol));
    }
    if let Err(trouble) = inventory(desk.clone(), kinds.clone()).await? {
        return Ok(Err(trouble));
    }
    let known = kinds.lock().unwrap_or_else(PoisonError::into_inner).get(api).copied();
    Ok(known.ok_or_else(|| Trouble::new(Kind::Missing, "apigateway:GET", format!("there is no API {api} (any more)"))))
}
