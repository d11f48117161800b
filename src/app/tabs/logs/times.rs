//! Times of log lines: how they are told, and how the user names one.

use chrono::{DateTime, Days, FixedOffset, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};

use crate::time::Moment;

/// How the time of a line is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// The time of day.
    #[default]
    Absolute,
    /// How long ago.
    Relative,
    /// How long after the line before.
    Delta,
}

impl Times {
    /// The next way.
    pub fn next(self) -> Times {
        match self {
            Times::Absolute => Times::Relative,
            Times::Relative => Times::Delta,
            Times::Delta => Times::Absolute,
        }
    }
}

/// The moment that somebody means, ms since 1970: `-15m`, `14:03`, `14:03:22.5`, `2026-11-21 14:03`, or RFC 3339. A time of
/// day is the last one that has been. Errors: what can be typed.
pub fn read(text: &str, now: Moment, offset: FixedOffset) -> Result<i64, String> {
    let text = text.trim();
    if let Some(ago) = text.strip_prefix('-') {
        let ago = humantime::parse_duration(ago).map_err(|error| error.to_string())?;
        let ago = TimeDelta::from_std(ago).map_err(|error| error.to_string())?;
        return now.checked_sub_signed(ago).map(|at| at.timestamp_millis()).ok_or_else(|| "too long ago".to_string());
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.timestamp_millis());
    }
    let here = now.with_timezone(&offset);
    let local = |at: NaiveDateTime| offset.from_local_datetime(&at).single().map(|at| at.timestamp_millis());
    for format in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"] {
        let at = NaiveDateTime::parse_from_str(text, format)
            .or_else(|_| NaiveDateTime::parse_from_str(&text.replace('T', " "), format));
        if let Some(at) = at.ok().and_then(local) {
            return Ok(at);
        }
    }
    for format in ["%H:%M:%S%.f", "%H:%M"] {
        if let Ok(time) = NaiveTime::parse_from_str(text, format) {
            let today = here.date_naive().and_time(time);
            let last = if today > here.naive_local() { today.checked_sub_days(Days::new(1)) } else { Some(today) };
            return last.and_then(local).ok_or_else(|| "no such time".to_string());
        }
    }
    Err("a time is -15m, 14:03, 14:03:22 or 2026-11-21 14:03".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    #[test]
    fn times_are_read_as_people_say_them() {
        let now = Utc.with_ymd_and_hms(2026, 11, 21, 3, 12, 0).single().expect("a moment");
        let zone = FixedOffset::east_opt(3600).expect("an offset");
        let told = |text: &str| {
            read(text, now, zone).map(|at| Moment::from_timestamp_millis(at).expect("a moment").to_rfc3339())
        };
        assert_eq!(told("-15m").as_deref(), Ok("2026-11-21T02:57:00+00:00"));
        assert_eq!(told("04:03").as_deref(), Ok("2026-11-21T03:03:00+00:00"), "an hour east of Greenwich");
        assert_eq!(told("23:00:01.5").as_deref(), Ok("2026-11-20T22:00:01.500+00:00"), "has not been yet today");
        assert_eq!(told("2026-11-20 14:03").as_deref(), Ok("2026-11-20T13:03:00+00:00"));
        assert_eq!(told("2026-11-20T14:03:07Z").as_deref(), Ok("2026-11-20T14:03:07+00:00"));
        assert!(told("tea time").is_err());
        assert!(told("-99999999999y").is_err());
    }
}
