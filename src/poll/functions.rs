//! Functions: the inventory, the account's limits, the open detail, and reserved concurrency of what is on screen.

use std::sync::{Arc, Mutex, PoisonError};

use super::desk::{Closed, Desk};
use crate::app::message::News;
use crate::aws::{functions, provisioned};
use crate::model::function::FunctionDetail;
use crate::model::trouble::{Kind, Trouble};

/// How often a page is asked for again because of throttling before the round is given up; each time the back-off is
/// waited for.
const TRIES_PER_PAGE: usize = 12;
/// Calls that one detail takes.
const CALLS_PER_DETAIL: u32 = 11;

/// ListFunctions, a whole round at a time, page by page.
pub(super) async fn poll_inventory(desk: Desk) -> Result<(), Closed> {
    let every = desk.pace.inventory;
    desk.keep_fresh(
        |interests| interests.inventory.then_some(()),
        move |()| Some(every),
        async |desk, ()| round(&desk).await,
    )
    .await
}

async fn round(desk: &Desk) -> Result<Result<(), Trouble>, Closed> {
    let (mut round, mut page, mut tries) = (functions::Round::default(), 0, 0);
    while !round.is_over() {
        desk.pass("lambda", 1).await;
        let answer = round.next(&desk.account).await;
        desk.note("lambda", &answer).await?;
        match answer {
            Ok(Some(functions)) => {
                desk.tell(News::FunctionsPage { functions, page, last: round.is_over() }).await?;
                page += 1;
                tries = 0;
            }
            Ok(None) => break,
            // The round goes on where it was: nine hundred functions are not asked for again for the sake of one page.
            Err(trouble) if trouble.kind == Kind::Throttled && tries < TRIES_PER_PAGE => tries += 1,
            Err(trouble) => {
                desk.tell(News::FunctionsFailed(trouble.clone())).await?;
                return Ok(Err(trouble));
            }
        }
    }
    Ok(Ok(()))
}

/// GetAccountSettings.
pub(super) async fn poll_settings(desk: Desk) -> Result<(), Closed> {
    let every = desk.pace.inventory;
    desk.keep_fresh(
        |interests| interests.account_settings.then_some(()),
        move |()| Some(every),
        async |desk, ()| {
            desk.pass("lambda", 1).await;
            let answer = functions::settings(&desk.account).await;
            desk.note("lambda", &answer).await?;
            let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
            desk.tell(News::AccountSettings(answer)).await?;
            Ok(outcome)
        },
    )
    .await
}

/// GetFunctionConcurrency of what is on screen.
pub(super) async fn poll_reserved(desk: Desk) -> Result<(), Closed> {
    let every = desk.pace.inventory;
    desk.keep_each_fresh(
        |interests| interests.reserved.clone(),
        Some(every),
        async |desk, name| {
            desk.pass("lambda", 1).await;
            let answer = functions::reserved(&desk.account, &name).await;
            desk.note("lambda", &answer).await?;
            match answer {
                Ok(reserved) => {
                    desk.tell(News::Reserved(vec![(name, reserved)])).await?;
                    Ok(Ok(()))
                }
                Err(trouble) => Ok(Err(trouble)),
            }
        },
    )
    .await
}

/// The open detail; and while something of it is being changed, that part of it in short steps.
pub(super) fn run_detail(desk: &Desk) {
    let known: Arc<Mutex<Option<FunctionDetail>>> = Arc::default();
    let (detail_every, provisioning_every) = (desk.pace.detail, desk.pace.provisioning);
    let (last, provisioned) = (known.clone(), known.clone());
    desk.run(move |desk| {
        desk.keep_fresh(
            |interests| interests.detail.clone(),
            move |_| Some(detail_every),
            move |desk, name: String| detail(desk, name, last.clone()),
        )
    });
    desk.run(move |desk| {
        desk.keep_fresh(
            |interests| interests.detail.clone().filter(|_| interests.watch_provisioning),
            move |_| Some(provisioning_every),
            move |desk, name: String| provisioning(desk, name, provisioned.clone()),
        )
    });
    desk.run(move |desk| {
        desk.keep_fresh(
            |interests| interests.detail.clone().filter(|_| interests.watch_detail),
            move |_| Some(provisioning_every),
            move |desk, name: String| transition(desk, name, known.clone()),
        )
    });
}

async fn detail(
    desk: Desk,
    name: String,
    known: Arc<Mutex<Option<FunctionDetail>>>,
) -> Result<Result<(), Trouble>, Closed> {
    desk.pass("lambda", CALLS_PER_DETAIL).await;
    let answer = functions::detail(&desk.account, &name).await;
    desk.note("lambda", &answer).await?;
    if let Ok(detail) = &answer {
        // A part that was throttled slows down the next asking as a whole would have.
        if let Some(trouble) = detail.missing.iter().find(|trouble| trouble.kind == Kind::Throttled) {
            desk.note::<()>("lambda", &Err(trouble.clone())).await?;
        }
        *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(detail.clone());
    }
    let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
    desk.tell(News::FunctionDetail(name, answer)).await?;
    Ok(outcome)
}

async fn provisioning(
    desk: Desk,
    name: String,
    known: Arc<Mutex<Option<FunctionDetail>>>,
) -> Result<Result<(), Trouble>, Closed> {
    let last = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // Nothing is known yet of a detail that has only just been opened: the whole of it is on its way.
    let Some(mut detail) = last.filter(|detail| detail.name == name) else { return Ok(Ok(())) };
    desk.pass("lambda", 1).await;
    let answer = provisioned::provisioned(&desk.account, &name, &detail.aliases).await;
    desk.note("lambda", &answer).await?;
    match answer {
        Ok(provisioned) => {
            detail.provisioned = provisioned;
            *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(detail.clone());
            desk.tell(News::FunctionDetail(name, Ok(detail))).await?;
            Ok(Ok(()))
        }
        Err(trouble) => Ok(Err(trouble)),
    }
}

/// What is in transition: the state of the function, and its event source mappings.
async fn transition(
    desk: Desk,
    name: String,
    known: Arc<Mutex<Option<FunctionDetail>>>,
) -> Result<Result<(), Trouble>, Closed> {
    let last = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(mut detail) = last.filter(|detail| detail.name == name) else { return Ok(Ok(())) };
    desk.pass("lambda", 2).await;
    let answer = functions::transition(&desk.account, &mut detail).await;
    desk.note("lambda", &answer).await?;
    match answer {
        Ok(()) => {
            *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(detail.clone());
            desk.tell(News::FunctionDetail(name, Ok(detail))).await?;
            Ok(Ok(()))
        }
        Err(trouble) => Ok(Err(trouble)),
    }
}
