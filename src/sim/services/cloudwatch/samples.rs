//! The observations of one metric in one period, and the statistics of them.

/// What was observed: enough for the plain statistics, and every value where percentiles are wanted.
pub struct Samples {
    count: u64,
    sum: f64,
    least: f64,
    most: f64,
    values: Option<Vec<f64>>,
}

impl Samples {
    /// Nothing observed yet; `keep` values for percentiles.
    pub fn new(keep: bool) -> Samples {
        Samples { count: 0, sum: 0.0, least: f64::INFINITY, most: f64::NEG_INFINITY, values: keep.then(Vec::new) }
    }

    /// One observation.
    pub fn one(&mut self, value: f64) {
        self.repeat(value, 1);
    }

    /// These observations.
    pub fn all(&mut self, values: &[f64]) {
        values.iter().for_each(|value| self.one(*value));
    }

    /// `ones` of `of` observations are 1, the others 0: how Lambda reports Errors, so that their Average is the rate.
    pub fn ones(&mut self, ones: u32, of: u32) {
        self.repeat(1.0, ones);
        self.repeat(0.0, of.saturating_sub(ones));
    }

    fn repeat(&mut self, value: f64, times: u32) {
        if times == 0 {
            return;
        }
        self.count += u64::from(times);
        self.sum += value * f64::from(times);
        self.least = self.least.min(value);
        self.most = self.most.max(value);
        if let Some(values) = &mut self.values {
            values.extend(std::iter::repeat_n(value, times as usize));
        }
    }

    /// The statistic; none without observations: a period without data has no datapoint, not a zero.
    pub fn statistic(&mut self, statistic: Statistic) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        Some(match statistic {
            Statistic::SampleCount => self.count as f64,
            Statistic::Sum => self.sum,
            Statistic::Average => self.sum / self.count as f64,
            Statistic::Minimum => self.least,
            Statistic::Maximum => self.most,
            Statistic::Percentile(percent) => {
                let values = self.values.as_mut()?;
                values.sort_by(f64::total_cmp);
                let rank = (percent / 100.0 * values.len() as f64).ceil() as usize;
                values[rank.clamp(1, values.len()) - 1]
            }
        })
    }
}

/// A statistic that GetMetricData takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// How many observations.
    SampleCount,
    /// Their sum.
    Sum,
    /// Their mean.
    Average,
    /// The least.
    Minimum,
    /// The greatest.
    Maximum,
    /// `p99.9`, by nearest rank.
    Percentile(f64),
}

impl Statistic {
    /// Reads a Stat, as `Sum` or `p99.9`.
    pub fn named(name: &str) -> Option<Statistic> {
        Some(match name {
            "SampleCount" => Statistic::SampleCount,
            "Sum" => Statistic::Sum,
            "Average" => Statistic::Average,
            "Minimum" => Statistic::Minimum,
            "Maximum" => Statistic::Maximum,
            _ => {
                let number = name.strip_prefix('p')?;
                let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
                Statistic::Percentile(number.parse().ok().filter(|p| plain && (0.0..=100.0).contains(p))?)
            }
        })
    }

    /// Whether it needs every value.
    pub fn needs_values(self) -> bool {
        matches!(self, Statistic::Percentile(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], statistic: &str) -> Option<f64> {
        let statistic = Statistic::named(statistic).expect("a statistic");
        let mut samples = Samples::new(statistic.needs_values());
        samples.all(values);
        samples.statistic(statistic)
    }

    #[test]
    fn statistics_of_some_values_and_of_none() {
        let values = [30.0, 10.0, 20.0, 40.0];
        let all = ["SampleCount", "Sum", "Average", "Minimum", "Maximum", "p50", "p99", "p0", "p100"];
        let got: Vec<_> = all.iter().filter_map(|name| of(&values, name)).collect();
        assert_eq!(got, [4.0, 100.0, 25.0, 10.0, 40.0, 20.0, 40.0, 10.0, 40.0]);
        assert!(all.iter().all(|name| of(&[], name).is_none()));
    }

    #[test]
    fn counted_ones_average_to_a_rate() {
        let mut errors = Samples::new(true);
        errors.ones(1, 4);
        assert_eq!(errors.statistic(Statistic::Average), Some(0.25));
        assert_eq!(errors.statistic(Statistic::Percentile(50.0)), Some(0.0));
    }

    #[test]
    fn odd_statistics_are_not_taken_for_percentiles() {
        assert_eq!(["pNaN", "p101", "p-1", "tm99", "IQM", "p"].map(Statistic::named), [None; 6]);
        assert_eq!(Statistic::named("p99.9"), Some(Statistic::Percentile(99.9)));
    }
}
