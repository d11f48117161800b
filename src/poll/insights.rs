//! A Logs Insights query: begun once, looked at every second, stopped when nobody wants it any more.
//!
//! It is billed by what it scans. So it is never begun a second time: not by `refresh`, not after a failure of which
//! it can't be known whether it began.

use std::time::Duration;

use super::desk::{Closed, Desk};
use super::pace::Retry;
use super::tail::SERVICE;
use crate::app::interests::{InsightsQuery, Interests, Tempo};
use crate::app::message::News;
use crate::aws::insights::{progress, start, stop};
use crate::model::insights::{Progress, Status};
use crate::model::trouble::{Kind, Trouble};
use crate::time::instant;

/// How often a query is looked at: AWS answers 10 such calls a second for the whole account.
const LOOK: Duration = Duration::from_secs(1);
/// Answers that may be missing in a row before a query is given up.
const MISSING: u32 = 20;

pub(super) async fn poll(mut desk: Desk) -> Result<(), Closed> {
    let mut begun = None;
    loop {
        let wanted = desk.interests.borrow_and_update().insights.clone();
        match wanted.filter(|query| begun != Some(query.generation)) {
            Some(query) => {
                begun = Some(query.generation);
                run(&mut desk, &query).await?;
            }
            None => desk.changed().await?,
        }
    }
}

fn is_wanted(interests: &Interests, query: &InsightsQuery) -> bool {
    interests.insights.as_ref().is_some_and(|wanted| wanted.generation == query.generation)
}

async fn run(desk: &mut Desk, query: &InsightsQuery) -> Result<(), Closed> {
    let generation = query.generation;
    let id = loop {
        desk.pass(SERVICE, 1).await;
        if !is_wanted(&desk.interests.borrow(), query) {
            return desk.tell(News::Insights { generation, progress: cancelled(Progress::default()) }).await;
        }
        // Waited for in any case: what has begun must be known by its id, to be stopped.
        let begun = start(&desk.account, &query.query).await;
        let (answer, place) = match begun {
            Ok(id) => (Ok(id), None),
            Err((trouble, place)) => (Err(trouble), place),
        };
        desk.note(SERVICE, &answer).await?;
        match answer {
            Ok(id) => break id,
            // It has not begun: the service says so.
            Err(trouble) if trouble.kind == Kind::Throttled => {}
            Err(trouble) => return desk.tell(News::InsightsFailed { generation, trouble, place }).await,
        }
    };
    // It has begun: the rows come, and may be long in coming.
    desk.tell(News::Insights { generation, progress: Progress::default() }).await?;
    let (mut last, mut retry, mut missing) = (Progress::default(), Retry::default(), 0);
    let mut due = instant() + LOOK;
    loop {
        while is_wanted(&desk.interests.borrow_and_update(), query) {
            let paused = desk.interests.borrow().tempo == Tempo::Paused;
            tokio::select! {
                biased;
                changed = desk.changed() => changed?,
                () = tokio::time::sleep_until(due), if !paused => break,
            }
        }
        if !is_wanted(&desk.interests.borrow(), query) {
            return end(desk, generation, &id, last).await;
        }
        desk.pass(SERVICE, 1).await;
        let answer = progress(&desk.account, &id).await;
        desk.note(SERVICE, &answer).await?;
        due = instant() + LOOK;
        match answer {
            Ok(progress) => {
                retry.answered();
                missing = 0;
                let ended = progress.status.has_ended();
                last = Progress { rows: Vec::new(), ..progress };
                desk.tell(News::Insights { generation, progress }).await?;
                if ended {
                    return Ok(());
                }
            }
            // Shown by itself, and waited for before the next call.
            Err(trouble) if trouble.kind == Kind::Throttled => {}
            Err(trouble) => {
                missing += 1;
                let hopeless = matches!(trouble.kind, Kind::Denied | Kind::Missing | Kind::Invalid);
                if hopeless || missing == MISSING {
                    // Nobody will see what it finds: it need not go on.
                    let _ = stop(&desk.account, &id).await;
                    return desk.tell(News::InsightsFailed { generation, trouble, place: None }).await;
                }
                due = instant() + desk.retry(&mut retry, &trouble, LOOK);
            }
        }
    }
}

fn cancelled(progress: Progress) -> Progress {
    Progress { status: Status::Cancelled, ..progress }
}

/// Stops the query, and tells what it has cost.
async fn end(desk: &Desk, generation: u64, id: &str, last: Progress) -> Result<(), Closed> {
    let stopped: Result<(), Trouble> = loop {
        desk.pass(SERVICE, 1).await;
        let stopped = stop(&desk.account, id).await;
        desk.note(SERVICE, &stopped).await?;
        if !stopped.as_ref().is_err_and(|trouble| trouble.kind == Kind::Throttled) {
            break stopped;
        }
    };
    if let Err(trouble) = stopped {
        return desk.tell(News::InsightsFailed { generation, trouble, place: None }).await;
    }
    // It went on until it was stopped.
    let progress = match progress(&desk.account, id).await {
        Ok(progress) if progress.status.has_ended() => progress,
        Ok(progress) => cancelled(progress),
        Err(_) => cancelled(last),
    };
    desk.tell(News::Insights { generation, progress }).await
}
