//! All functions of the region ranked by one metric, by Metrics Insights: priced by what it looks at, and so asked once.

use super::Functions;
use crate::app::interests::{Interests, Ranking};
use crate::app::overlay::{Choice, Chosen, Overlay};
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::model::series::Metric;
use crate::store::Store;
use crate::store::feed::Standing;
use crate::text;
use crate::time::Moment;

/// A query processes so many metrics at most (CloudWatch Metrics Insights quotas).
const LOOKED_AT: u64 = 10_000;
/// US$ 0.01 per 1,000 metrics analysed.
const PER_METRIC: f64 = 0.01 / 1000.0;
/// Through GetMetricData it reaches so far back.
pub const REACH: std::time::Duration = std::time::Duration::from_secs(3 * 3600);

/// What can be ranked by, and how it is called.
const METRICS: [(Metric, &str); 5] = [
    (Metric::Errors, "errors"),
    (Metric::Throttles, "throttles"),
    (Metric::Invocations, "invocations"),
    (Metric::Duration, "average duration"),
    (Metric::ConcurrentExecutions, "concurrency"),
];

/// A ranking that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// What is asked.
    pub query: Ranking,
    /// When.
    pub asked: Moment,
    /// How far back, s.
    pub over_s: u64,
    /// It could not be had.
    pub failed: bool,
}

impl Ranked {
    /// The order that came: names, the largest value first; none while it is not here.
    pub fn names<'a>(&self, store: &'a Store) -> Option<&'a [(String, f64)]> {
        store
            .ranking
            .get()
            .filter(|(generation, _)| *generation == self.query.generation)
            .map(|(_, rows)| rows.as_slice())
    }

    /// What it is ranked by.
    pub fn what(&self) -> &'static str {
        METRICS.iter().find(|(metric, _)| *metric == self.query.metric).map_or("", |(_, name)| name)
    }

    /// How it stands.
    pub fn standing<'a>(&self, store: &'a Store) -> Standing<'a> {
        match (self.names(store), store.ranking.trouble().filter(|_| self.failed), store.ranking.as_of()) {
            (Some(_), _, Some(as_of)) => Standing::Live(as_of),
            (_, Some(trouble), _) => Standing::Failed(trouble),
            _ => Standing::Waiting,
        }
    }
}

impl Functions {
    /// The choice of what to rank by, each with its price.
    pub(super) fn rankings(cx: &Context) -> Step {
        let looked_at = looked_at(cx.store);
        let over = text::span(reach(cx));
        let about = format!(
            "{} metrics over {over}: about {}",
            text::count(looked_at as f64),
            text::dollars(looked_at as f64 * PER_METRIC)
        );
        let known = !cx.store.functions.all().is_empty();
        let item = |(metric, name): (Metric, &str)| {
            let chosen = Chosen::Rank(metric, about.clone());
            (name.to_string(), if known { Ok(chosen) } else { Err("no function is known yet".to_string()) })
        };
        let items = METRICS.map(item).into();
        Step::Show(Box::new(Overlay::Choice(Choice::new(
            "Rank all functions by Metrics Insights, which is priced",
            items,
        ))))
    }

    /// Asks for a ranking; what it costs was said and taken.
    pub fn rank(&mut self, metric: Metric, cx: &Context) {
        self.rankings_asked += 1;
        let query = Ranking { generation: self.rankings_asked, metric, looks_at: looked_at(cx.store) };
        self.ranked = Some(Ranked { query, asked: cx.now, over_s: reach(cx).as_secs(), failed: false });
        self.chosen = None;
        self.chosen_group = None;
        self.cursor = crate::app::cursor::Cursor::default();
        self.arrange(cx);
    }

    /// An answer has come, good or bad.
    pub fn ranking_answered(&mut self, generation: u64, failed: bool) {
        if let Some(ranked) = self.ranked.as_mut().filter(|ranked| ranked.query.generation == generation) {
            ranked.failed = failed;
        }
    }

    /// A ranking that was paid for is waited for, whatever is on the screen meanwhile.
    pub fn ranking_interest(&self, store: &Store, wanted: &mut Interests) {
        let waiting = self.ranked.as_ref().filter(|ranked| !ranked.failed && ranked.names(store).is_none());
        wanted.ranking = waiting.map(|ranked| ranked.query.clone());
    }
}

/// How many metrics a query may look at: one for each function.
fn looked_at(store: &Store) -> u64 {
    (store.functions.all().len() as u64).clamp(1, LOOKED_AT)
}

fn reach(cx: &Context) -> std::time::Duration {
    let (start, end) = cx.window.bounds(cx.now);
    (end - start).to_std().unwrap_or_default().min(REACH)
}
