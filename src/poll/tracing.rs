//! Sampling rules, groups, and where segments go: settings, which change slowly, and what the rules did, which does not.

use std::time::Duration;

use super::desk::{Closed, Desk};
use crate::app::interests::Interests;
use crate::app::message::News;
use crate::aws::tracing::tracing;

/// How often they are asked for while they are on screen.
const EVERY: Duration = Duration::from_secs(60);

pub(super) async fn poll(desk: Desk) -> Result<(), Closed> {
    desk.keep_fresh(
        |interests: &Interests| interests.tracing.then_some(()),
        |()| Some(EVERY),
        |desk, ()| async move {
            desk.pass("xray", 4).await;
            let tracing = tracing(&desk.account).await;
            // One of its calls may be throttled or denied for itself.
            let trouble = tracing.troubles.first().cloned();
            let answer = trouble.map_or(Ok(()), Err);
            desk.note("xray", &answer).await?;
            desk.tell(News::Tracing(tracing)).await?;
            Ok(answer)
        },
    )
    .await
}
