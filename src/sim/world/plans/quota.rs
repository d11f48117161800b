//! The quota of a usage plan, and when its periods begin.

use chrono::{Datelike, Days, NaiveDate};

/// quota.period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Midnight to midnight, UTC.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
}

impl Period {
    /// `DAY`, `WEEK`, `MONTH`.
    pub fn named(name: &str) -> Option<Period> {
        match name {
            "DAY" => Some(Period::Day),
            "WEEK" => Some(Period::Week),
            "MONTH" => Some(Period::Month),
            _ => None,
        }
    }

    /// As API Gateway writes it.
    pub fn name(self) -> &'static str {
        match self {
            Period::Day => "DAY",
            Period::Week => "WEEK",
            Period::Month => "MONTH",
        }
    }

    /// Offsets that API Gateway takes: the day on which the period begins, counted from Sunday or from the first.
    pub fn offsets(self) -> std::ops::RangeInclusive<u32> {
        match self {
            Period::Day => 0..=0,
            Period::Week => 0..=6,
            Period::Month => 0..=27,
        }
    }
}

/// quota.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// Requests in a period.
    pub limit: u64,
    /// Day on which the period begins, see [`Period::offsets`].
    pub offset: u32,
    /// Its length.
    pub period: Period,
}

impl Quota {
    /// The first day of the period that a day falls into.
    pub fn begins(&self, day: NaiveDate) -> NaiveDate {
        let back = match self.period {
            Period::Day => 0,
            Period::Week => (day.weekday().num_days_from_sunday() + 7 - self.offset.min(6)) % 7,
            Period::Month => {
                let first = self.offset.min(27) + 1;
                if day.day() >= first {
                    day.day() - first
                } else {
                    let month_before = day - Days::new(u64::from(day.day()));
                    day.day() + month_before.day() - first
                }
            }
        };
        day - Days::new(u64::from(back))
    }
}
