//! How AWS's fields become ours: text made safe for a screen where it enters, times in all their spellings, counts.

use aws_smithy_types::DateTime;
use chrono::TimeDelta;

use crate::text::safe_line;
use crate::time::Moment;

/// Text to be shown, on one line; empty where AWS says nothing.
pub(super) fn shown(text: Option<&str>) -> String {
    text.map(|text| safe_line(text).into_owned()).unwrap_or_default()
}

/// Text to be shown, where AWS says anything at all.
pub(super) fn said(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(|text| safe_line(text).into_owned())
}

/// A time of the SDK's.
pub(super) fn moment(time: Option<&DateTime>) -> Option<Moment> {
    let time = time?;
    Moment::from_timestamp(time.secs(), time.subsec_nanos())
}

/// A time for the SDK.
pub(super) fn instant(moment: Moment) -> DateTime {
    DateTime::from_secs_and_nanos(moment.timestamp(), moment.timestamp_subsec_nanos())
}

/// LastModified of a function: AWS writes `2026-11-21T01:44:03.600+0000`, others nine digits and a `Z`.
pub(super) fn written_time(text: Option<&str>) -> Option<Moment> {
    let text = text?;
    let parsed = chrono::DateTime::parse_from_rfc3339(text)
        .or_else(|_| chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    parsed.ok().map(|time| time.to_utc())
}

/// A count that AWS gives as a signed number.
pub(super) fn count(n: Option<i32>) -> u32 {
    n.and_then(|n| u32::try_from(n).ok()).unwrap_or_default()
}

/// Names with their values, sorted by name: maps of the SDK come in any order.
pub(super) fn sorted<V, T>(
    map: Option<&std::collections::HashMap<String, V>>,
    value: impl Fn(&V) -> T,
) -> Vec<(String, T)> {
    let mut pairs: Vec<(String, T)> =
        map.into_iter().flatten().map(|(name, v)| (safe_line(name).into_owned(), value(v))).collect();
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    pairs
}

/// `moment` rounded down to a multiple of `seconds`.
pub(super) fn floor(moment: Moment, seconds: i64) -> Moment {
    moment
        - TimeDelta::seconds(moment.timestamp().rem_euclid(seconds))
        - TimeDelta::nanoseconds(i64::from(moment.timestamp_subsec_nanos()))
}

/// `moment` rounded up to a multiple of `seconds`.
pub(super) fn ceiling(moment: Moment, seconds: i64) -> Moment {
    let below = floor(moment, seconds);
    if below == moment { below } else { below + TimeDelta::seconds(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_modified_is_read_in_every_spelling() {
        let want = Moment::from_timestamp(1_795_225_443, 600_000_000);
        assert_eq!(written_time(Some("2026-11-21T01:44:03.600+0000")), want);
        assert_eq!(written_time(Some("2026-11-21T01:44:03.600000000Z")), want);
        assert_eq!(written_time(Some("2026-11-21T02:44:03.6+01:00")), want);
        assert_eq!(written_time(Some("yesterday")), None);
        assert_eq!(written_time(None), None);
    }

    #[test]
    fn moments_are_aligned() {
        let moment = |seconds| Moment::from_timestamp(seconds, 0).expect("a valid moment");
        let odd = moment(119) + TimeDelta::milliseconds(5);
        assert_eq!((floor(odd, 60), ceiling(odd, 60)), (moment(60), moment(120)));
        assert_eq!((floor(moment(120), 60), ceiling(moment(120), 60)), (moment(120), moment(120)));
        assert_eq!(floor(moment(-1), 60), moment(-60));
    }
}
