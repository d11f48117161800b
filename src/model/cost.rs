//! What Lambda costs: list prices of us-east-1, on demand and without the free tier. Other regions differ by some per
//! cent, and accounts have discounts of their own: every figure that is made of these is called an estimate.
//!
//! From the price list of AWS Lambda: US$ 0.20 per million requests; GB-seconds by architecture; provisioned concurrency
//! is paid by what is kept ready, used or not, and by a lower rate for what runs on it.

/// Hours of a month, as AWS's own calculators have them.
pub const MONTH_HOURS: f64 = 730.0;
/// US$ per request.
pub const PER_REQUEST: f64 = 0.20 / 1e6;

/// US$ per GB-second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prices {
    /// An invocation's Billed Duration.
    pub on_demand: f64,
    /// Provisioned concurrency that is kept ready.
    pub provisioned: f64,
    /// An invocation's Billed Duration on provisioned concurrency.
    pub on_provisioned: f64,
}

const X86: Prices =
    Prices { on_demand: 0.000_016_666_7, provisioned: 0.000_004_166_7, on_provisioned: 0.000_009_722_2 };
const ARM: Prices =
    Prices { on_demand: 0.000_013_333_4, provisioned: 0.000_003_333_4, on_provisioned: 0.000_007_777_8 };

/// The prices of an architecture, as `arm64`.
pub fn prices(architecture: &str) -> Prices {
    if architecture == "arm64" { ARM } else { X86 }
}

/// GB-seconds of so many milliseconds at that MemorySize.
pub fn gb_seconds(memory_mb: u32, ms: f64) -> f64 {
    f64::from(memory_mb) / 1024.0 * ms / 1000.0
}

/// Price of `n` provisioned environments, US$ per hour.
pub fn dollars_per_hour(n: u32, memory_mb: u32, arm: bool) -> f64 {
    let price = if arm { ARM } else { X86 };
    f64::from(n) * gb_seconds(memory_mb, 3_600_000.0) * price.provisioned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gigabyte_for_an_hour_costs_a_cent_and_a_half_and_less_on_arm() {
        assert!((dollars_per_hour(1, 1024, false) - 0.015).abs() < 1e-6);
        assert!((dollars_per_hour(10, 512, true) - 0.06).abs() < 1e-4);
        // The example of the price page: three million requests of 120 ms at 1536 MB are US$ 9 and 60 cents.
        let compute = gb_seconds(1536, 120.0) * 3e6 * prices("x86_64").on_demand;
        assert!((compute - 9.0).abs() < 0.01 && (3e6 * PER_REQUEST - 0.6).abs() < 1e-9, "{compute}");
    }
}
