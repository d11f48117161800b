//! Alarms, all of them, while they are shown.

use super::desk::{Closed, Desk};
use crate::app::message::News;
use crate::aws::alarms;

pub(super) async fn poll(desk: Desk) -> Result<(), Closed> {
    let every = desk.pace.alarms;
    desk.keep_fresh(
        |interests| interests.alarms.then_some(()),
        move |()| Some(every),
        async |desk, ()| {
            desk.pass("cloudwatch", 1).await;
            let answer = alarms::all(&desk.account).await;
            desk.note("cloudwatch", &answer).await?;
            let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
            desk.tell(News::Alarms(answer)).await?;
            Ok(outcome)
        },
    )
    .await
}
