//! Deprecated runtimes: no patches, then nothing new can be created with them, then what there is can't be updated.

use super::Round;
use crate::model::finding::Severity;
use crate::model::function::Function;
use crate::time::Moment;

/// A runtime with its days: (name, deprecated, creating blocked, updating blocked, the newest of its kind). An empty day is
/// not set. As AWS publishes them in the table of Lambda's runtimes; taken from the data of cfn-lint 1.58
/// (`LmbdRuntimeLifecycle.json`), in the order of names.
#[rustfmt::skip]
const RUNTIMES: [(&str, &str, &str, &str, &str); 47] = [
    ("dotnet10", "2028-11-14", "2028-12-14", "2029-01-15", ""),
    ("dotnet6", "2024-12-20", "2027-02-01", "2027-03-03", "dotnet10"),
    ("dotnet8", "2026-11-10", "2027-02-01", "2027-03-03", "dotnet10"),
    ("dotnet9", "2026-11-10", "", "", "dotnet10"),
    ("dotnetcore1.0", "2019-06-27", "2019-06-30", "2019-07-30", "dotnet10"),
    ("dotnetcore2.0", "2019-05-30", "2019-04-30", "2019-05-30", "dotnet10"),
    ("dotnetcore2.1", "2022-01-05", "2022-01-05", "2022-04-13", "dotnet10"),
    ("dotnetcore3.1", "2023-04-03", "2023-04-03", "2023-05-03", "dotnet10"),
    ("go1.x", "2024-01-08", "2024-02-08", "2027-03-03", "provided.al2023"),
    ("java11", "2027-06-30", "2027-07-31", "2027-08-31", "java25"),
    ("java17", "2027-06-30", "2027-07-31", "2027-08-31", "java25"),
    ("java21", "2029-06-30", "2029-07-31", "2029-08-31", "java25"),
    ("java25", "2029-06-30", "2029-07-31", "2029-08-31", ""),
    ("java8", "2024-01-08", "2024-02-08", "2027-03-03", "java25"),
    ("java8.al2", "2027-06-30", "2027-07-31", "2027-08-31", "java25"),
    ("nodejs", "2016-08-30", "2016-09-30", "2016-10-31", "nodejs24.x"),
    ("nodejs10.x", "2021-07-30", "2021-07-30", "2022-02-14", "nodejs24.x"),
    ("nodejs12.x", "2023-03-31", "2023-03-31", "2023-04-30", "nodejs24.x"),
    ("nodejs14.x", "2023-12-04", "2024-01-09", "2027-03-03", "nodejs24.x"),
    ("nodejs16.x", "2024-06-12", "2027-02-01", "2027-03-03", "nodejs24.x"),
    ("nodejs18.x", "2025-09-01", "2027-02-01", "2027-03-03", "nodejs24.x"),
    ("nodejs20.x", "2026-04-30", "2027-02-01", "2027-03-03", "nodejs24.x"),
    ("nodejs22.x", "2027-04-30", "2027-06-01", "2027-07-01", "nodejs24.x"),
    ("nodejs24.x", "2028-04-30", "2028-06-01", "2028-07-01", ""),
    ("nodejs4.3", "2020-03-05", "2020-02-03", "2020-03-05", "nodejs24.x"),
    ("nodejs4.3-edge", "2020-03-05", "2019-03-31", "2019-04-30", "nodejs24.x"),
    ("nodejs6.10", "2019-08-12", "2019-07-12", "2019-08-12", "nodejs24.x"),
    ("nodejs8.10", "2020-03-06", "2020-02-04", "2020-03-06", "nodejs24.x"),
    ("provided", "2024-01-08", "2024-02-08", "2027-03-03", "provided.al2023"),
    ("provided.al2", "2026-07-31", "2027-02-01", "2027-03-03", "provided.al2023"),
    ("provided.al2023", "2029-06-30", "2029-07-31", "2029-08-31", ""),
    ("python2.7", "2021-07-15", "2021-07-15", "2022-05-30", "python3.14"),
    ("python3.10", "2026-10-31", "2027-02-01", "2027-03-03", "python3.14"),
    ("python3.11", "2027-06-30", "2027-07-31", "2027-08-31", "python3.14"),
    ("python3.12", "2028-10-31", "2028-11-30", "2029-01-10", "python3.14"),
    ("python3.13", "2029-06-30", "2029-07-31", "2029-08-31", "python3.14"),
    ("python3.14", "2029-06-30", "2029-07-31", "2029-08-31", ""),
    ("python3.6", "2022-07-18", "2022-07-18", "2022-08-29", "python3.14"),
    ("python3.7", "2023-12-04", "2024-01-09", "2027-03-03", "python3.14"),
    ("python3.8", "2024-10-14", "2027-02-01", "2027-03-03", "python3.14"),
    ("python3.9", "2025-12-15", "2027-02-01", "2027-03-03", "python3.14"),
    ("ruby2.5", "2021-07-30", "2021-07-30", "2022-03-31", "ruby4.0"),
    ("ruby2.7", "2023-12-07", "2024-01-09", "2027-03-03", "ruby4.0"),
    ("ruby3.2", "2026-03-31", "2027-02-01", "2027-03-03", "ruby4.0"),
    ("ruby3.3", "2027-03-31", "2027-04-30", "2027-05-31", "ruby4.0"),
    ("ruby3.4", "2028-03-31", "2028-04-30", "2028-05-31", "ruby4.0"),
    ("ruby4.0", "2029-03-31", "2029-04-30", "2029-05-31", ""),
];

/// The days of a runtime's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// From this day on it is not patched, as `2025-09-01`.
    pub deprecated: &'static str,
    /// From this day on no function can be created with it; empty where not set.
    pub create_blocked: &'static str,
    /// From this day on no function that has it can be updated; empty where not set.
    pub update_blocked: &'static str,
    /// The newest runtime of its kind; empty where it is that itself.
    pub successor: &'static str,
}

/// The days of a runtime; none where it is not known, as of one that came later.
pub fn lifecycle(runtime: &str) -> Option<Lifecycle> {
    let at = RUNTIMES.binary_search_by(|row| row.0.cmp(runtime)).ok()?;
    let (_, deprecated, create_blocked, update_blocked, successor) = RUNTIMES[at];
    Some(Lifecycle { deprecated, create_blocked, update_blocked, successor })
}

impl Lifecycle {
    /// It is not patched any more.
    pub fn is_deprecated(&self, today: &str) -> bool {
        !self.deprecated.is_empty() && self.deprecated <= today
    }

    /// What has it can't be updated any more.
    pub fn is_frozen(&self, today: &str) -> bool {
        !self.update_blocked.is_empty() && self.update_blocked <= today
    }

    fn blocks(&self, today: &str) -> String {
        let of = |what: &str, day: &str| match day {
            "" => None,
            day if day <= today => Some(format!("{what} is blocked")),
            day => Some(format!("{what} will be blocked on {day}")),
        };
        let blocks: Vec<String> =
            [of("creating", self.create_blocked), of("updating", self.update_blocked)].into_iter().flatten().collect();
        if blocks.is_empty() { String::new() } else { format!("; {}", blocks.join(", ")) }
    }
}

/// The day as the table writes it.
pub fn day(now: Moment) -> String {
    now.format("%Y-%m-%d").to_string()
}

pub(super) fn all(round: &mut Round) {
    let today = day(round.now);
    let deprecated: Vec<(&Function, Lifecycle)> = round
        .store
        .functions
        .all()
        .iter()
        .filter_map(|function| Some((function, lifecycle(&function.runtime)?)))
        .filter(|(_, lifecycle)| lifecycle.is_deprecated(&today))
        .collect();
    // The oldest is the worst.
    let oldest = deprecated.iter().min_by(|a, b| (a.1.deprecated, &a.0.name).cmp(&(b.1.deprecated, &b.0.name)));
    let Some((first, lifecycle)) = oldest else { return };
    let (runtime, since, blocks) = (&first.runtime, lifecycle.deprecated, lifecycle.blocks(&today));
    let sentence = match deprecated.len() {
        1 => format!("{} runs on {runtime}, deprecated since {since}{blocks}", first.name),
        more => format!(
            "{more} functions run on deprecated runtimes, the oldest is {runtime} of {}, since {since}{blocks}",
            first.name
        ),
    };
    let severity = if lifecycle.is_frozen(&today) { Severity::Warning } else { Severity::Notice };
    round.tell("runtime", severity, &first.name.clone(), "Enter", 0.1, sentence);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_its_days_are_days() {
        assert!(RUNTIMES.is_sorted_by(|a, b| a.0 < b.0), "a binary search needs it");
        for (name, deprecated, create, update, successor) in RUNTIMES {
            for day in [deprecated, create, update].into_iter().filter(|day| !day.is_empty()) {
                assert!(chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok(), "{name}: {day}");
            }
            assert!(successor.is_empty() || lifecycle(successor).is_some(), "{name} -> {successor}");
        }
    }

    #[test]
    fn a_runtime_is_deprecated_from_its_day_on() {
        let node = lifecycle("nodejs18.x").expect("known");
        assert!(!node.is_deprecated("2025-08-31") && node.is_deprecated("2025-09-01"));
        assert!(!node.is_frozen("2027-03-02") && node.is_frozen("2027-03-03"));
        assert_eq!(
            node.blocks("2026-11-21"),
            "; creating will be blocked on 2027-02-01, updating will be blocked on 2027-03-03"
        );
        assert_eq!(lifecycle("nodejs99.x"), None);
    }
}
