//! The Cost panel: whether the memory fits, what is billed of what ran, and what it costs.

use super::Detail;
use super::row::{Row, Tone};
use crate::app::tabs::Context;
use crate::model::function::Function;
use crate::store::cost::{Cost, ENOUGH, Memory, WHOLE_CPU_MB};
use crate::text;

impl Detail {
    /// The lines of the panel.
    pub fn cost_rows(&self, cx: &Context) -> Vec<Row> {
        let Some(function) = self.function(cx.store) else { return vec![] };
        let invocations = cx.store.invocations.get(&self.name).and_then(|feed| feed.get());
        let provisioned =
            self.known(cx.store).map_or(0, |detail| detail.provisioned.iter().map(|one| one.allocated).sum());
        let seconds = cx.window.length.as_secs_f64();
        let invocations = invocations.map(Vec::as_slice).unwrap_or_default();
        let cost = Cost::of(function, invocations, &cx.store.metrics, provisioned, seconds);
        let mut rows = memory(function, &cost);
        rows.extend(billed(function, &cost));
        rows.extend(month(&cost, provisioned, &text::span(cx.window.length)));
        rows
    }
}

fn memory(function: &Function, cost: &Cost) -> Vec<Row> {
    let mut rows = vec![Row::heading("memory")];
    let size = function.memory_mb;
    let Some(memory) = cost.memory else {
        rows.push(Row::new("used", format!("not known yet: no REPORT line of an invocation at {size} MB")));
        return rows;
    };
    let Memory { max, p99, known, .. } = memory;
    let value = format!("max {max}, p99 {p99} of {size} MB, {}", text::percent(memory.share()));
    let tone = if memory.is_tight() { Tone::Critical } else { Tone::Plain };
    rows.push(Row::new("used", value).share(memory.share()).tone(tone));
    rows.push(Row::note(format!("of {known} invocations read from REPORT lines")));
    if memory.is_tight() {
        let value =
            format!("{} of its memory used: more would end it (Runtime.OutOfMemory)", text::percent(memory.share()));
        rows.push(Row::new("near the limit", value).tone(Tone::Critical));
    }
    match (memory.smaller(), cost.saving_month) {
        (Some(smaller), saving) => {
            let saving = saving.map(|saving| format!(", {} a month less", text::dollars(saving))).unwrap_or_default();
            rows.push(Row::new("over-provisioned", format!("{smaller} MB would hold it{saving}")).tone(Tone::Warning));
            rows.push(Row::note(cpu(size, smaller)));
        }
        (None, _) if known < ENOUGH => {
            rows.push(Row::note(format!("a smaller size is looked for from {ENOUGH} known invocations on")));
        }
        (None, _) => {}
    }
    rows
}

/// CPU goes with memory: a smaller size may take longer, and then saves less or nothing.
fn cpu(size: u32, smaller: u32) -> String {
    let share = |mb: u32| f64::from(mb) / f64::from(WHOLE_CPU_MB);
    format!(
        "if it took as long; but CPU shrinks too, from {:.2} to {:.2} vCPU: measure the duration after a change",
        share(size),
        share(smaller)
    )
}

fn billed(function: &Function, cost: &Cost) -> Vec<Row> {
    let mut rows = vec![Row::heading("1,000 invocations")];
    let (Some((ran, billed, known)), Some(dollars)) = (cost.billed, cost.per_thousand) else {
        rows.push(Row::new("cost", "not known yet: no REPORT line has been read"));
        return rows;
    };
    let arm = if function.architecture == "arm64" { "arm64" } else { "x86_64" };
    rows.push(Row::new("cost", format!("{} at {} MB on {arm}", text::dollars(dollars), function.memory_mb)));
    let more =
        if ran > 0.0 { format!(", {} more", text::percent((billed / ran - 1.0).max(0.0))) } else { String::new() };
    rows.push(Row::new("billed", format!("{} for {} that ran{more}", text::millis(billed), text::millis(ran))));
    rows.push(Row::note(format!("mean of {known} invocations; inits are billed, begun milliseconds are whole ones")));
    rows
}

fn month(cost: &Cost, provisioned: u32, window: &str) -> Vec<Row> {
    let mut rows = vec![Row::heading("a month at the present rate")];
    match (cost.month(), cost.measured) {
        (Some(month), Some((count, ms))) => {
            rows.push(Row::new("in all", text::dollars(month)).tone(Tone::Good));
            rows.push(Row::new("requests", cost.requests_month.map(text::dollars).unwrap_or_default()));
            let gb_seconds = text::count(cost.gb_seconds.unwrap_or(0.0));
            let duration = cost.duration_month.map(text::dollars).unwrap_or_default();
            rows.push(Row::new("duration", format!("{duration} for {gb_seconds} GB-s")));
            let basis = format!("{} invocations of {} on average in {window}", text::count(count), text::millis(ms));
            rows.push(Row::note(basis));
        }
        _ => rows.push(Row::new("in all", "not known yet: waiting for the metrics")),
    }
    if provisioned > 0 {
        let value = format!("{} for {provisioned}, used or not", text::dollars(cost.provisioned_month));
        rows.push(Row::new("provisioned", value));
    }
    rows.push(Row::note("us-east-1 list prices, without free tier, storage over 512 MB, logs and transfer"));
    rows
}
