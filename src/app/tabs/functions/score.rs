//! How bad a function is.

use crate::model::function::Function;
use crate::store::metrics::Figures;

/// What the score is made of, for help.
pub const SENTENCES: [&str; 3] = [
    "errors x (1 + 10 x error share), and throttles likewise,",
    "+ 0.1 x invocations x p99 / time-out where that is above 80%;",
    "of equals the busier; those not measured yet stand last",
];

/// The same in short.
pub const IN_SHORT: &str = "worst: errors and throttles by number and share, p99 near the time-out, then volume";

/// Share of the time-out from which a p99 counts as near it.
const NEAR: f64 = 0.8;

/// How bad a function is: errors and throttles weigh by their number and their share, a p99 near the time-out counts,
/// and volume breaks ties, so that of two healthy functions the busier stands first. Below nothing while not measured.
pub fn score(figures: &Figures, function: &Function) -> f64 {
    let Some(invocations) = figures.invocations else { return -1.0 };
    let failing = figures.errors * (1.0 + 10.0 * figures.error_share());
    let throttled = figures.throttles * (1.0 + 10.0 * figures.throttle_share());
    let slow = match figures.p99 {
        Some(p99) if function.timeout_s > 0 => {
            let share = p99 / (f64::from(function.timeout_s) * 1000.0);
            if share > NEAR { invocations * share * 0.1 } else { 0.0 }
        }
        _ => 0.0,
    };
    failing + throttled + slow + invocations * 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_functions_stand_before_busy_ones_and_unknown_ones_last() {
        let function = Function { timeout_s: 10, ..Function::default() };
        let figures = |invocations, errors, p99| Figures {
            invocations: Some(invocations),
            errors,
            p99: Some(p99),
            ..Figures::default()
        };
        let failing = score(&figures(100.0, 10.0, 50.0), &function);
        let busy = score(&figures(10_000.0, 0.0, 50.0), &function);
        let slow = score(&figures(1_000.0, 0.0, 9_500.0), &function);
        assert!(failing > busy && slow > busy && busy > score(&Figures::default(), &function));
    }
}
