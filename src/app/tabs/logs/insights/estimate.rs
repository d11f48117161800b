//! What a query will scan, before it is sent: from what its groups hold, and for how long they keep it.

use crate::model::log::LogGroup;

/// Bytes that a query may scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// If its groups were written to evenly.
    pub evenly: u64,
    /// All that its groups hold: never more than that.
    pub most: u64,
    /// Groups of which nothing is known.
    pub unknown: usize,
}

const DAY: i64 = 86_400;

/// The estimate for a window (s since 1970); `now` in s since 1970. storedBytes is hours behind, and what came in
/// meanwhile is not in it: the last hours of a young group count for more than this says.
pub fn estimate(groups: &[String], known: &[LogGroup], (from, to): (i64, i64), now: i64) -> Estimate {
    let mut estimate = Estimate::default();
    for name in groups {
        let Some(group) = known.iter().find(|group| group.name == *name) else {
            estimate.unknown += 1;
            continue;
        };
        let oldest = (group.created / 1000).max(now - i64::from(group.retention_days.unwrap_or(u32::MAX)) * DAY);
        let held = (now - oldest).max(1) as f64;
        let asked = (to.min(now) - from.max(oldest)).max(0) as f64;
        estimate.most += group.stored_bytes;
        estimate.evenly += (group.stored_bytes as f64 * (asked / held).min(1.0)) as u64;
    }
    estimate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_counts_by_the_share_of_its_time_that_is_asked_for() {
        let now = 100 * DAY;
        let group = |name: &str, created: i64, retention_days| LogGroup {
            name: name.into(),
            stored_bytes: 1_000,
            created: created * DAY * 1000,
            retention_days,
            ..LogGroup::default()
        };
        let known = [group("a", 90, None), group("b", 0, Some(2)), group("young", 99, Some(7))];
        let of = |names: &[&str], days: i64| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_string()).collect();
            estimate(&names, &known, (now - days * DAY, now), now)
        };
        assert_eq!(of(&["a"], 1), Estimate { evenly: 100, most: 1_000, unknown: 0 });
        assert_eq!(of(&["b"], 1).evenly, 500);
        // Longer than it has existed: all of it, and no more.
        assert_eq!(of(&["young"], 30).evenly, 1_000);
        assert_eq!(of(&["a", "b", "nowhere"], 1), Estimate { evenly: 600, most: 2_000, unknown: 1 });
    }
}
