//! Whose account this is: asked until answered, once.

use super::desk::{Closed, Desk};
use crate::app::message::News;

pub(super) async fn poll(desk: Desk) -> Result<(), Closed> {
    desk.keep_fresh(
        |_| Some(()),
        |()| None,
        async |desk, ()| {
            desk.pass("sts", 1).await;
            let answer = desk.account.identity().await;
            desk.note("sts", &answer).await?;
            let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
            desk.tell(News::Identity(answer)).await?;
            Ok(outcome)
        },
    )
    .await
}
