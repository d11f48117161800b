//! When a limit is reached if things go on as they do.

use chrono::TimeDelta;

use super::words::{lasting, whole};
use crate::model::series::{Metric, Statistic, Subject};
use crate::store::Store;
use crate::time::Moment;

/// Settled buckets that the trend is taken from.
const LOOKED_AT: i64 = 15;
/// Points below which there is no trend.
const ENOUGH: usize = 5;
/// R squared below which it is not clear.
const CLEAR: f64 = 0.7;
/// A rise over all points of less than this share of the limit is none.
const RISEN: f64 = 0.1;
/// Nobody can say how things are later than this.
const HORIZON: TimeDelta = TimeDelta::hours(2);

/// When the reserve or the account's concurrency is used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// `at this rate the reserve of 20 is used up in about 8 min`.
    pub sentence: String,
    /// When.
    pub at: Moment,
    /// Rise, environments per minute.
    pub per_minute: f64,
    /// The limit.
    pub limit: f64,
    /// In use according to the trend, in the newest settled minute.
    pub in_use: f64,
    /// Points that the trend was taken from.
    pub points: usize,
}

/// When the function's reserve (without one, or without a function: the account's concurrency) is used up, if it goes on
/// rising as in the last settled buckets. None without a clear trend, and none where it is used up already.
pub fn forecast(store: &Store, function: Option<&str>, now: Moment) -> Option<Forecast> {
    let settled = store.metrics.settled()?;
    let reserve = match function {
        Some(name) => store.functions.get(name)?.reserved.flatten().filter(|reserve| *reserve > 0),
        None => None,
    };
    let (series, limit, what) = match (function, reserve) {
        (Some(name), Some(reserve)) => {
            let subject = Subject::Function(name.to_string());
            let series = store.metrics.get(&subject, Metric::ConcurrentExecutions, Statistic::Maximum)?;
            (series, f64::from(reserve), format!("the reserve of {}", whole(f64::from(reserve))))
        }
        _ => {
            let limit = f64::from(store.account.get()?.concurrency_limit);
            let fleet = |metric| store.metrics.get(&Subject::Fleet, metric, Statistic::Maximum);
            let claimed = fleet(Metric::ClaimedAccountConcurrency).or_else(|| fleet(Metric::ConcurrentExecutions))?;
            (claimed, limit, format!("the account's concurrency of {}", whole(limit)))
        }
    };
    let step = i64::from(series.period.max(1));
    let from = settled - TimeDelta::seconds(step * (LOOKED_AT - 1));
    let points: Vec<(f64, f64)> = series
        .points
        .iter()
        .filter(|(at, _)| (from..=settled).contains(at))
        .map(|(at, value)| ((*at - settled).as_seconds_f64() / 60.0, *value))
        .collect();
    // What fell silent some buckets ago has no trend.
    let newest = points.last().filter(|(at, _)| *at >= -(3 * step) as f64 / 60.0)?;
    if limit <= 0.0 || newest.1 >= limit || points.len() < ENOUGH {
        return None;
    }
    let line = Line::through(&points)?;
    let in_use = line.at(0.0);
    let rise = line.slope * (points[points.len() - 1].0 - points[0].0);
    if line.slope <= 0.0 || line.fit < CLEAR || rise < (RISEN * limit).max(1.0) || in_use >= limit {
        return None;
    }
    let minutes = (limit - in_use) / line.slope;
    let at = settled + TimeDelta::milliseconds((minutes * 60_000.0).min(1e12) as i64);
    let left = at - now;
    if left > HORIZON {
        return None;
    }
    let when = if left < TimeDelta::seconds(30) { "about now".into() } else { format!("in about {}", lasting(left)) };
    Some(Forecast {
        sentence: format!("at this rate {what} is used up {when}"),
        at,
        per_minute: line.slope,
        limit,
        in_use,
        points: points.len(),
    })
}

/// A straight line by least squares.
struct Line {
    slope: f64,
    intercept: f64,
    /// How much of the ups and downs it explains, 0 to 1 (R squared).
    fit: f64,
}

impl Line {
    fn through(points: &[(f64, f64)]) -> Option<Line> {
        let n = points.len() as f64;
        let mean = |read: fn(&(f64, f64)) -> f64| points.iter().map(read).sum::<f64>() / n;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let sum = |read: &dyn Fn(f64, f64) -> f64| points.iter().map(|p| read(p.0 - x, p.1 - y)).sum::<f64>();
        let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
        (xx > 0.0 && yy > 0.0).then(|| {
            let slope = xy / xx;
            Line { slope, intercept: y - slope * x, fit: xy * xy / (xx * yy) }
        })
    }

    fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}
