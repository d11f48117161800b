//! The Cold starts panel: how many and how long, of which version, when; and what provisioned concurrency would have
//! saved of them, with its price.

use super::Detail;
use super::row::{Row, Tone};
use crate::app::tabs::Context;
use crate::model::cost::{MONTH_HOURS, dollars_per_hour};
use crate::model::function::Function;
use crate::store::Store;
use crate::store::cold_starts::{ColdStarts, Count, Spread};
use crate::text;
use crate::time::Moment;

/// Versions and times that are listed at most.
const LISTED: usize = 40;

impl Detail {
    /// The lines of the panel; none while no invocation is known. `clock` writes a time of day.
    pub fn cold_start_rows(&self, store: &Store, clock: &dyn Fn(Moment) -> String) -> Vec<Row> {
        let told = &self.derived.cold;
        if told.all.started == 0 {
            return vec![];
        }
        let mut rows = vec![basis(told, clock), share("cold", told.all)];
        rows.extend(told.init.map(|init| Row::new("init", spread(init)).tone(Tone::Cold)));
        rows.extend(told.restore.map(|restore| Row::new("restore (SnapStart)", spread(restore)).tone(Tone::Cold)));
        let function = self.function(store);
        if function.is_some_and(|function| function.snap_start) && told.restore.is_none() {
            rows.push(Row::new("restore (SnapStart)", "none: SnapStart is on, for published versions only"));
        }
        if let Some(function) = function {
            rows.extend(kept(told, function));
        }
        rows.push(Row::heading("by version"));
        for (version, count) in told.versions.iter().take(LISTED) {
            rows.push(share(version.as_deref().unwrap_or("not told"), *count));
        }
        rows.push(Row::heading("by time, 5 minutes each"));
        for (at, count) in told.times.iter().rev().take(LISTED) {
            rows.push(share(&clock(*at), *count));
        }
        rows
    }

    /// The invocations that are known, anew where others are.
    pub(super) fn derive(&mut self, cx: &Context) {
        let Some(feed) = cx.store.invocations.get(&self.name) else { return };
        if feed.as_of().is_some() && feed.as_of() != self.derived.as_of {
            let invocations = feed.get().map(Vec::as_slice).unwrap_or_default();
            self.derived.cold = ColdStarts::of(invocations);
            self.derived.as_of = feed.as_of();
        }
    }
}

/// On how much everything rests.
fn basis(told: &ColdStarts, clock: &dyn Fn(Moment) -> String) -> Row {
    let when = told.span.map(|(from, to)| format!(", {} to {}", clock(from), clock(to))).unwrap_or_default();
    let value = format!("{} invocations read from REPORT lines{when}; at most {} at once", told.all.started, told.peak);
    Row { what: "known".into(), value, tone: Tone::Dim, ..Row::default() }
}

fn share(what: &str, count: Count) -> Row {
    let value = format!("{} of {} cold, {}", count.cold, count.started, text::percent(count.share()));
    let tone = if count.cold > 0 { Tone::Cold } else { Tone::Plain };
    Row::new(what, value).share(count.share()).tone(tone)
}

fn spread(spread: Spread) -> String {
    let Spread { count, p50, p99, max } = spread;
    format!("p50 {}, p99 {}, max {} of {count}", text::millis(p50), text::millis(p99), text::millis(max))
}

/// What keeping environments ready would have saved, and cost.
fn kept(told: &ColdStarts, function: &Function) -> Vec<Row> {
    if told.all.cold == 0 {
        return vec![];
    }
    let mut rows = vec![Row::heading("provisioning would have saved")];
    let arm = function.architecture == "arm64";
    let mut before = None;
    for kept in &told.kept {
        // The same number for two shares is one line: the larger share.
        if before == Some(kept.environments) {
            rows.pop();
        }
        before = Some(kept.environments);
        let month = dollars_per_hour(kept.environments, function.memory_mb, arm) * MONTH_HOURS;
        let share = kept.saved as f64 / told.all.cold as f64;
        let each = told
            .cold_per_month()
            .map(|cold| cold * share)
            .filter(|saved| *saved > 0.0)
            .map(|saved| format!(", {} each", text::dollars(month / saved)))
            .unwrap_or_default();
        let value = format!(
            "{} of {} cold starts ({}): {} a month{each}",
            kept.saved,
            told.all.cold,
            text::percent(share),
            text::dollars(month)
        );
        rows.push(Row::new(format!("{} kept ready", kept.environments), value).share(share));
    }
    rows.push(Row::note(
        "known starts and durations replayed; us-east-1 list price, before the lower price of duration",
    ));
    rows
}
