//! By what the stages are sorted.

use super::rows::{self, Row};
use crate::model::api::{Api, Stage};
use crate::store::Store;
use crate::store::gateway;
use crate::store::metrics::StageFigures;
use crate::time::Moment;

/// A column to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// APIs by name, the stages of each together.
    #[default]
    Name,
    /// Requests, most first.
    Requests,
    /// Share of 4xx.
    Errors4xx,
    /// Share of 5xx.
    Errors5xx,
    /// Share of 429, where it is known.
    Refused,
    /// p99 of Latency.
    P99,
    /// Hit ratio of the cache, the worst first.
    Hits,
    /// Headroom below the rate limit, the least first.
    Headroom,
}

impl Column {
    /// All, in the order of the sort key.
    pub const ALL: [Column; 8] = [
        Column::Name,
        Column::Requests,
        Column::Errors4xx,
        Column::Errors5xx,
        Column::Refused,
        Column::P99,
        Column::Hits,
        Column::Headroom,
    ];

    /// As the column's heading.
    pub fn name(self) -> &'static str {
        match self {
            Column::Name => "name",
            Column::Requests => "requests",
            Column::Errors4xx => "4xx",
            Column::Errors5xx => "5xx",
            Column::Refused => "429",
            Column::P99 => "p99",
            Column::Hits => "hit ratio",
            Column::Headroom => "headroom",
        }
    }

    /// The next one.
    pub fn next(self) -> Column {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// What of the answers came from the cache, 0 to 1; none where nothing was looked up.
pub fn hit_ratio(figures: &StageFigures) -> Option<f64> {
    let looked = figures.hits + figures.misses;
    (looked > 0.0).then(|| figures.hits / looked)
}

/// Share of the stage's rate that the busiest minute left, 0 to 1; none while either is unknown.
pub fn headroom(store: &Store, api: &Api, stage: &Stage, now: Moment) -> Option<f64> {
    let rate = gateway::of_stage(store, stage).rate?;
    Some(gateway::stage_load(store, api, &stage.name, now)?.headroom(rate.value))
}

/// Puts rows in order; what is not known goes to the end, whichever way round.
pub fn sort(rows: &mut Vec<Row>, store: &Store, column: Column, reversed: bool, now: Moment) {
    if column == Column::Name {
        if reversed {
            rows.reverse();
        }
        return;
    }
    let value = |row: &Row| -> Option<f64> {
        let api = store.api(&row.api)?;
        let stage = rows::stage(store, &row.api, row.stage.as_deref()?)?;
        let figures = gateway::figures(store, api, &stage.name);
        let share = |part: f64| figures.count.filter(|count| *count > 0.0).map(|count| part / count);
        match column {
            Column::Name => None,
            Column::Requests => figures.count,
            Column::Errors4xx => share(figures.errors_4xx),
            Column::Errors5xx => share(figures.errors_5xx),
            Column::Refused => gateway::refusals(store, api, stage).share(),
            Column::P99 => figures.p99,
            Column::Hits => hit_ratio(&figures).map(|ratio| -ratio),
            Column::Headroom => headroom(store, api, stage, now).map(|room| -room),
        }
    };
    let mut valued: Vec<(Option<f64>, Row)> = rows.drain(..).map(|row| (value(&row), row)).collect();
    valued.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) if reversed => a.total_cmp(b),
        (Some(a), Some(b)) => b.total_cmp(a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    rows.extend(valued.into_iter().map(|(_, row)| row));
}
