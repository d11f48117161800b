//! Names of log groups, for the palette.

use super::desk::{Closed, Desk};
use crate::app::message::News;
use crate::aws::logs;

pub(super) async fn poll_groups(desk: Desk) -> Result<(), Closed> {
    let every = desk.pace.inventory;
    desk.keep_fresh(
        |interests| interests.log_groups.then_some(()),
        move |()| Some(every),
        async |desk, ()| {
            desk.pass("logs", 1).await;
            let answer = logs::groups(&desk.account, None).await;
            desk.note("logs", &answer).await?;
            let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
            desk.tell(News::LogGroups(answer)).await?;
            Ok(outcome)
        },
    )
    .await
}
