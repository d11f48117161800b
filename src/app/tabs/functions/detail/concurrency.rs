//! The Concurrency panel: the account's limits and the function's own, what is provisioned, who uses the pool, and when
//! it is used up.

use super::Detail;
use super::row::{Row, Tone};
use crate::app::tabs::Context;
use crate::model::function::ProvisionedStatus;
use crate::store::limits::{self, Concurrency, SCALING_RATE, Share, Verdict};
use crate::text;
use crate::time::Moment;

/// Users of the pool that are listed at most.
const USERS: usize = 20;
/// From this share of a limit on it is worth a look.
const NEARLY: f64 = 0.8;

impl Detail {
    /// The lines of the panel. `clock` writes a time of day.
    pub fn concurrency_rows(&self, cx: &Context, clock: &dyn Fn(Moment) -> String) -> Vec<Row> {
        let known = limits::concurrency(cx.store, &self.name);
        let mut rows = Vec::new();
        if let Some(verdict) = limits::verdict(cx.store, &self.name, cx.now) {
            rows.extend(why(&verdict, clock));
        }
        for (what, function) in [("forecast", Some(self.name.as_str())), ("account forecast", None)] {
            if let Some(forecast) = limits::forecast(cx.store, function, cx.now) {
                rows.push(Row::new(what, forecast.sentence).tone(Tone::Warning));
            }
        }
        rows.extend(own(&known, clock));
        rows.extend(self.provisioned_rows(&known, cx));
        rows.extend(account(&known));
        rows.extend(pool(cx));
        rows
    }

    fn provisioned_rows(&self, known: &Concurrency, cx: &Context) -> Vec<Row> {
        let mut rows = vec![Row::heading("provisioned")];
        let Some(detail) = self.known(cx.store) else {
            rows.push(Row::note("not known yet"));
            return rows;
        };
        for one in &detail.provisioned {
            let mut words =
                vec![format!("requested {}, allocated {}, available {}", one.requested, one.allocated, one.available)];
            let measured = known.provisioned.iter().find(|measured| measured.qualifier == one.qualifier);
            let spilled = measured.and_then(|measured| measured.spilled).unwrap_or(0.0);
            let mut share = None;
            if let Some(measured) = measured {
                words.extend(measured.in_use.map(|n| format!("in use {}", text::count(n))));
                words.extend(measured.utilization.map(|share| format!("utilization {}", text::percent(share))));
                share = measured.utilization;
                if spilled > 0.0 {
                    let of = measured.spilled_share.map(|share| format!(" ({})", text::percent(share)));
                    words.push(format!("{} spilled over{}", text::count(spilled), of.unwrap_or_default()));
                }
            }
            let tone = match &one.status {
                ProvisionedStatus::Failed(reason) => {
                    words.insert(0, format!("FAILED: {reason}"));
                    Tone::Critical
                }
                ProvisionedStatus::InProgress => {
                    words.insert(0, "IN_PROGRESS".into());
                    Tone::Warning
                }
                ProvisionedStatus::Ready if spilled > 0.0 => Tone::Warning,
                ProvisionedStatus::Ready => Tone::Plain,
            };
            rows.push(Row { share, ..Row::new(one.qualifier.clone(), words.join(", ")).tone(tone) });
        }
        if detail.provisioned.is_empty() {
            rows.push(Row::note("none: every environment starts on demand"));
        }
        rows
    }
}

/// Why it is throttled or held back, with its numbers and what would help.
fn why(verdict: &Verdict, clock: &dyn Fn(Moment) -> String) -> Vec<Row> {
    let tone = match (verdict.over, verdict.cause.refuses()) {
        (true, _) => Tone::Dim,
        (false, true) => Tone::Critical,
        (false, false) => Tone::Warning,
    };
    let mut rows = vec![Row::new(format!("why: {}", verdict.cause.words()), verdict.sentence.clone()).tone(tone)];
    if !verdict.certain {
        rows.push(Row::note("the figures reach no limit: this is what fits best"));
    }
    if let Some(since) = verdict.since {
        let worst = verdict.at.map(|at| format!(", worst at {}", clock(at))).unwrap_or_default();
        let over = if verdict.over { ", over now" } else { "" };
        rows.push(Row::new("since", format!("{}{worst}{over}", clock(since))));
    }
    rows.extend(verdict.figures.iter().map(|(what, value)| Row::new(what.clone(), value.clone())));
    if !verdict.remedy.is_empty() {
        rows.push(Row::new("would help", verdict.remedy.clone()).tone(Tone::Good));
    }
    rows
}

fn number(value: Option<f64>) -> String {
    value.map_or("not known yet".into(), |value| value.round().to_string())
}

/// `40 of 1000, 4%`.
fn part(value: Option<f64>, of: Option<f64>) -> (String, Option<f64>) {
    match (value, of.filter(|of| *of > 0.0)) {
        (Some(value), Some(of)) => {
            (format!("{} of {}, {}", value.round(), of.round(), text::percent(value / of)), Some(value / of))
        }
        _ => (number(value), None),
    }
}

fn measured(what: &str, value: Option<f64>, of: Option<f64>) -> Row {
    let (words, share) = part(value, of);
    let tone = if share.is_some_and(|share| share >= NEARLY) { Tone::Warning } else { Tone::Plain };
    Row { share, ..Row::new(what, words).tone(tone) }
}

fn own(known: &Concurrency, clock: &dyn Fn(Moment) -> String) -> Vec<Row> {
    let mut rows = vec![Row::heading("this function")];
    let reserved = known.reserved.flatten().map(f64::from);
    rows.push(match known.reserved {
        Some(Some(0)) => Row::new("reserved", "0: every invocation is refused").tone(Tone::Critical),
        Some(Some(reserved)) => Row::new("reserved", reserved.to_string()),
        Some(None) => Row::new("reserved", "none: it shares what is unreserved"),
        None => Row::new("reserved", "not known yet"),
    });
    rows.push(measured("in use", known.in_use, reserved.or(known.unreserved_limit)));
    if let Some((at, peak)) = known.peak {
        rows.push(Row::new("peak of the window", format!("{} at {}", peak.round(), clock(at))));
    }
    if let Some((at, growth)) = known.growth {
        let rate = SCALING_RATE * f64::from(known.period) / 10.0;
        let words = format!(
            "{} more in {} s at {}; Lambda adds {SCALING_RATE} in 10 s, {rate} in {} s",
            growth.round(),
            known.period,
            clock(at),
            known.period
        );
        rows.push(Row::new("scaling rate", words));
    }
    rows
}

fn account(known: &Concurrency) -> Vec<Row> {
    vec![
        Row::heading("account"),
        Row::new("limit", number(known.account_limit)),
        measured("claimed", known.claimed, known.account_limit),
        measured("unreserved in use", known.unreserved_in_use, known.unreserved_limit),
        Row::new("unreserved left", number(known.unreserved_left)),
    ]
}

fn pool(cx: &Context) -> Vec<Row> {
    let users = limits::pool(cx.store);
    if users.is_empty() {
        return vec![];
    }
    let mut rows = vec![Row::heading("who uses it")];
    for (name, in_use, share) in users.into_iter().take(USERS) {
        let words = |what: String| format!("{} in use, {what}", in_use.round());
        rows.push(match share {
            Share::Reserved(reserve) => {
                Row { function: Some(name.clone()), ..Row::new(name, words(format!("reserve of {reserve}"))) }
            }
            Share::Unreserved(share) => Row {
                function: Some(name.clone()),
                ..Row::new(name, words(format!("{} of the unreserved", text::percent(share)))).share(share)
            },
            Share::NotKnown(share) => Row {
                function: Some(name.clone()),
                ..Row::new(name, words(format!("{} of the account's limit", text::percent(share)))).share(share)
            },
            Share::NotMeasured(functions) => Row::note(words(format!("{functions} functions that are not measured"))),
        });
    }
    rows
}
