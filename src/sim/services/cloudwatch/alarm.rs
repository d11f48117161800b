//! The life of one alarm: its states over the last three hours, computed from the metrics it watches.

use super::reader::Reader;
use super::samples::{Samples, Statistic};
use super::series;
use crate::sim::world::Millis;
use crate::sim::world::catalog::{Alarm, Catalog};
use crate::sim::world::tally::MINUTE;

/// How far back states are looked for.
const MEMORY: i64 = 180;

/// StateValue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// OK.
    Fine,
    /// ALARM.
    Alarm,
    /// INSUFFICIENT_DATA.
    Unknown,
}

impl State {
    /// As the API spells it.
    pub fn name(self) -> &'static str {
        match self {
            State::Fine => "OK",
            State::Alarm => "ALARM",
            State::Unknown => "INSUFFICIENT_DATA",
        }
    }
}

/// A change of state, with the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// When the alarm turned.
    pub at: Millis,
    /// What it was.
    pub from: State,
    /// What it became.
    pub to: State,
    /// StateReason.
    pub reason: String,
    /// The newest datapoints of the evaluation, newest first.
    pub points: Vec<(Millis, f64)>,
}

/// All turns of an alarm that are known, oldest first; the first one is its beginning.
pub fn life(catalog: &Catalog, reader: &Reader<'_>, alarm: &Alarm) -> Vec<Turn> {
    let end = reader.until();
    let mut turns: Vec<Turn> = Vec::new();
    let series = series::find(catalog, &alarm.namespace, &alarm.metric, &alarm.dimensions);
    let statistic = Statistic::named(&alarm.statistic).unwrap_or(Statistic::Sum);
    let period = Millis::from(alarm.period_s.max(60)) * 1000;
    let periods = i64::from(alarm.periods.max(1));
    // CloudWatch evaluates each minute the periods that end with it.
    let mut known: Vec<Option<f64>> = Vec::new();
    let first = end - MEMORY * MINUTE;
    let span = (periods - 1) * (period / MINUTE);
    for back in (0..MEMORY + span).rev() {
        let to = end - back * MINUTE;
        let mut samples = Samples::new(statistic.needs_values());
        if let Some(series) = &series {
            reader.observe(series, to - period, to, &mut samples);
        }
        known.push(samples.statistic(statistic));
        if to <= first {
            continue;
        }
        let step = (period / MINUTE) as usize;
        let newest = known.len() - 1;
        let points: Vec<(Millis, f64)> = (0..periods as usize)
            .filter_map(|n| {
                let value = known.get(newest.checked_sub(n * step)?).copied().flatten()?;
                Some((to - (n as i64 + 1) * period, value))
            })
            .collect();
        let state = judge(&points, periods as usize, alarm);
        let was = turns.last().map(|turn| turn.to);
        if was != Some(state) {
            let reason = reason(state, &points, periods as usize, alarm);
            turns.push(Turn { at: to, from: was.unwrap_or(State::Unknown), to: state, reason, points });
        }
    }
    turns
}

/// Too few breaching points are no alarm, and no points at all are no knowledge.
fn judge(points: &[(Millis, f64)], periods: usize, alarm: &Alarm) -> State {
    let breaches = |value: f64| if alarm.below { value < alarm.threshold } else { value > alarm.threshold };
    let breaching = points.iter().filter(|(_, value)| breaches(*value)).count();
    match points.len() {
        0 => State::Unknown,
        _ if breaching == periods => State::Alarm,
        _ => State::Fine,
    }
}

fn reason(state: State, points: &[(Millis, f64)], periods: usize, alarm: &Alarm) -> String {
    if state == State::Unknown {
        return format!("Insufficient Data: {periods} datapoint{} were unknown.", plural(periods));
    }
    let shown: Vec<String> = points
        .iter()
        .map(|(at, value)| {
            let at = chrono::DateTime::from_timestamp_millis(*at).unwrap_or_default();
            format!("{value:?} ({})", at.format("%d/%m/%y %H:%M:%S"))
        })
        .collect();
    let verb = if points.len() == 1 { "was" } else { "were" };
    let not = if state == State::Alarm { "" } else { " not" };
    let side = if alarm.below { "less" } else { "greater" };
    let threshold = alarm.threshold;
    format!(
        "Threshold Crossed: {} datapoint{} [{}] {verb}{not} {side} than the threshold ({threshold:?}).",
        points.len(),
        plural(points.len()),
        shown.join(", "),
    )
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(threshold: f64, below: bool) -> Alarm {
        Alarm {
            name: "one".into(),
            namespace: "AWS/Lambda".into(),
            metric: "Errors".into(),
            statistic: "Sum".into(),
            dimensions: Vec::new(),
            threshold,
            below,
            scales: None,
            period_s: 60,
            periods: 2,
        }
    }

    #[test]
    fn an_alarm_needs_all_its_periods_to_breach() {
        let alarm = alarm(5.0, false);
        assert_eq!(judge(&[], 2, &alarm), State::Unknown);
        assert_eq!(judge(&[(0, 6.0)], 2, &alarm), State::Fine);
        assert_eq!(judge(&[(60, 6.0), (0, 5.0)], 2, &alarm), State::Fine);
        assert_eq!(judge(&[(60, 6.0), (0, 5.1)], 2, &alarm), State::Alarm);
    }

    #[test]
    fn an_alarm_may_ring_below_its_threshold() {
        let alarm = alarm(0.45, true);
        assert_eq!(judge(&[(60, 0.25), (0, 0.5)], 2, &alarm), State::Fine);
        assert_eq!(judge(&[(60, 0.25), (0, 0.25)], 2, &alarm), State::Alarm);
        let reason = reason(State::Alarm, &[(1_700_000_000_000, 0.25)], 1, &alarm);
        assert!(reason.ends_with("was less than the threshold (0.45)."), "{reason}");
    }

    #[test]
    fn reasons_read_as_those_of_cloudwatch() {
        let points = [(1_700_000_000_000, 12.0)];
        let alarm = alarm(5.0, false);
        assert_eq!(
            reason(State::Alarm, &points, 1, &alarm),
            "Threshold Crossed: 1 datapoint [12.0 (14/11/23 22:13:20)] was greater than the threshold (5.0)."
        );
        assert_eq!(reason(State::Unknown, &[], 3, &alarm), "Insufficient Data: 3 datapoints were unknown.");
    }
}
