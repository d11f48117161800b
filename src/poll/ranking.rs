//! A ranking of all functions by Metrics Insights: asked once for each time that the user asks, and never by itself.

use super::desk::{Closed, Desk};
use crate::app::message::News;
use crate::aws::ranking::rank;

pub(super) async fn poll(mut desk: Desk) -> Result<(), Closed> {
    let mut asked = None;
    loop {
        let wanted = {
            let interests = desk.interests.borrow_and_update();
            interests.ranking.clone().map(|ranking| (ranking, interests.window))
        };
        // What was paid for once is not asked again, whether or not it was answered; the user may.
        let Some((ranking, window)) = wanted.filter(|(ranking, _)| Some(ranking.generation) != asked) else {
            desk.changed().await?;
            continue;
        };
        asked = Some(ranking.generation);
        desk.pass("cloudwatch", 1).await;
        let answer =
            rank(&desk.account, ranking.metric, ranking.looks_at, window.bounds(desk.clock.now()), window.period())
                .await;
        desk.note("cloudwatch", &answer).await?;
        desk.tell(News::Ranking { generation: ranking.generation, answer }).await?;
    }
}
