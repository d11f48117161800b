//! Tags, while a column, a filter or a grouping names some.

use super::desk::{Closed, Desk};
use crate::app::message::News;
use crate::aws::tags::Round;
use crate::model::trouble::{Kind, Trouble};

/// How often a page is asked for again because of throttling before the round is given up; each time the back-off is
/// waited for.
const TRIES_PER_PAGE: usize = 8;

pub(super) async fn poll(desk: Desk) -> Result<(), Closed> {
    let every = desk.pace.inventory;
    desk.keep_fresh(
        |interests| interests.tags.then_some(()),
        move |()| Some(every),
        async |desk, ()| {
            let answer = round(&desk).await?;
            let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
            desk.tell(News::Tags(answer.map(Round::tagged))).await?;
            Ok(outcome)
        },
    )
    .await
}

async fn round(desk: &Desk) -> Result<Result<Round, Trouble>, Closed> {
    let (mut round, mut tries) = (Round::default(), 0);
    while !round.is_over() {
        desk.pass("tagging", 1).await;
        let answer = round.next(&desk.account).await;
        desk.note("tagging", &answer).await?;
        match answer {
            Ok(()) => tries = 0,
            Err(trouble) if trouble.kind == Kind::Throttled && tries < TRIES_PER_PAGE => tries += 1,
            Err(trouble) => return Ok(Err(trouble)),
        }
    }
    Ok(Ok(round))
}
