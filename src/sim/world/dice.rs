//! Chance without state: every draw is a hash of who asks and when, so that any question has one answer in any order.

/// Mixes numbers into one; the same numbers always give the same mix.
pub fn hash(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |mixed, part| scramble(mixed ^ part.wrapping_mul(0xff51_afd7_ed55_8ccd)))
}

/// Mixes text into one number.
pub fn hash_text(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |mixed, byte| (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn scramble(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A short run of draws that belongs to one thing (an invocation, a minute of a route).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of the thing that `parts` name.
    pub fn of(parts: &[u64]) -> Self {
        Self(hash(parts))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// From 0 to 1, 1 excluded.
    pub fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in `share` of the cases.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of `0..count`; 0 when there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// One of a list.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Log-normal with its median and the sigma of its logarithm: what durations look like.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Number of arrivals where `mean` are expected.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        if mean <= 0.0 {
            return 0;
        }
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u32;
        }
        let limit = (-mean).exp();
        let mut count = 0;
        let mut product = self.unit();
        while product > limit {
            count += 1;
            product *= self.unit();
        }
        count
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// Sixteen hexadecimal digits, as an X-Ray segment id.
    pub fn hex16(&mut self) -> String {
        format!("{:016x}", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_the_parts_alone() {
        let mut one = Dice::of(&[1, 2, 3]);
        let mut same = Dice::of(&[1, 2, 3]);
        let mut other = Dice::of(&[1, 3, 2]);
        assert_eq!(one.number(), same.number());
        assert_ne!(one.number(), other.number());
        assert_eq!(one.uuid().len(), 36);
    }

    #[test]
    fn poisson_and_log_normal_have_the_mean_and_median_asked_for() {
        for mean in [0.4, 5.0, 80.0] {
            let total: u64 = (0..4000).map(|n| u64::from(Dice::of(&[n]).poisson(mean))).sum();
            let found = total as f64 / 4000.0;
            assert!((found - mean).abs() < 0.1 * mean, "{found} for {mean}");
        }
        let mut draws: Vec<f64> = (0..2001).map(|n| Dice::of(&[7, n]).log_normal(80.0, 0.6)).collect();
        draws.sort_by(f64::total_cmp);
        assert!((draws[1000] - 80.0).abs() < 6.0, "{}", draws[1000]);
    }
}
