//! Numbers and stretches of time as a verdict says them.

use chrono::TimeDelta;

/// A whole number with its thousands marked: `1,870`.
pub fn whole(n: f64) -> String {
    let digits = format!("{:.0}", n.abs());
    let mut text = String::new();
    if n <= -0.5 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A rate: `62`, `0.4`.
pub fn rate(n: f64) -> String {
    if n < 9.95 { format!("{n:.1}") } else { whole(n) }
}

/// `1 attempt`, `312 attempts`.
pub fn counted(n: f64, one: &str, more: &str) -> String {
    format!("{} {}", whole(n), if n.round() == 1.0 { one } else { more })
}

/// `9 min`, `40 s`, `3 h`.
pub fn lasting(time: TimeDelta) -> String {
    match time.num_seconds() {
        s if s < 90 => format!("{} s", s.max(0)),
        s if s < 2 * 3600 => format!("{} min", (s + 30) / 60),
        s => format!("{} h", (s + 1800) / 3600),
    }
}

/// `in 9 of the last 12 minutes`, or of longer buckets `in 3 of the last 4 periods of 5 min`.
pub fn of_the_last(count: usize, all: usize, period: i64) -> String {
    match (period, all) {
        (60, 1) => "in the last minute".into(),
        (60, _) => format!("in {count} of the last {all} minutes"),
        _ => format!("in {count} of the last {all} periods of {}", lasting(TimeDelta::seconds(period))),
    }
}

/// `a`, `a and b`, `a and 3 others`.
pub fn named(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_string(),
        [one, other] => format!("{one} and {other}"),
        [one, more @ ..] => format!("{one} and {} others", more.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            [whole(7.0), whole(1870.4), whole(1_234_567.0), whole(-1000.0)],
            ["7", "1,870", "1,234,567", "-1,000"]
        );
        assert_eq!([rate(0.44), rate(62.4)], ["0.4", "62"]);
        assert_eq!(
            [counted(1.0, "attempt", "attempts"), counted(0.0, "attempt", "attempts")],
            ["1 attempt", "0 attempts"]
        );
        assert_eq!(lasting(TimeDelta::seconds(540)), "9 min");
        assert_eq!(of_the_last(9, 12, 60), "in 9 of the last 12 minutes");
        assert_eq!(of_the_last(3, 4, 300), "in 3 of the last 4 periods of 5 min");
        assert_eq!([named(&["a", "b"]), named(&["a", "b", "c", "d"])], ["a and b", "a and 3 others"]);
    }
}
