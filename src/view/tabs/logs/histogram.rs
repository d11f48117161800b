//! Lines in time, by level: a bar a column, errors at its foot where they can't be missed.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::tabs::logs::Logs;
use crate::app::tabs::logs::histogram::Bucket;
use crate::store::logs::LogStore;
use crate::text;
use crate::view::pen::Pen;

pub(super) fn draw(tab: &Logs, store: &LogStore, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    let histogram = &tab.histogram;
    let bars = area.height.saturating_sub(1);
    let most = histogram.buckets.iter().map(|bucket| bucket.total()).max().unwrap_or(0);
    let counted = histogram.progress(store).map(|share| format!("counted {}: ", text::percent(share)));
    if most == 0 || bars == 0 {
        let none = if counted.is_some() { "no line counted yet" } else { "no lines to count" };
        pen.put(area, area.x, area.y, none, styles.dim);
        return;
    }
    let chosen = tab.brush.map(|brush| brush.buckets());
    for (at, bucket) in histogram.buckets.iter().enumerate() {
        let Ok(x) = u16::try_from(at).map(|at| area.x + at) else { break };
        if x >= area.right() {
            break;
        }
        draw_bar(*bucket, most, pen, Rect { x, width: 1, height: bars, ..area });
        if chosen.is_some_and(|(from, to)| (from..=to).contains(&at)) {
            for y in area.y..area.y + bars {
                pen.shade(Rect { x, width: 1, ..area }, y, styles.selection);
            }
        }
    }
    let y = area.y + bars;
    let time = |ms: i64| {
        chrono::DateTime::from_timestamp_millis(ms).map(|at| pen.time_of_day(at, "%H:%M:%S")).unwrap_or_default()
    };
    let (from, to) = chosen.unwrap_or((0, histogram.buckets.len() - 1));
    let (begin, end) = (histogram.stretch(from).0, histogram.stretch(to).1 + 1);
    let sum = histogram.buckets[from.min(histogram.buckets.len() - 1)..].iter().take(to - from + 1).fold(
        Bucket::default(),
        |mut sum, bucket| {
            sum += *bucket;
            sum
        },
    );
    let hint = if chosen.is_some() { "   Space sets an end, Enter looks at it, Esc leaves" } else { "   b chooses" };
    let text = format!("{} to {}: {} lines, ", time(begin), time(end), sum.total());
    let errors = format!("{} errors", sum.error);
    let error_style = if sum.error > 0 { styles.level_error } else { styles.dim };
    let warnings = format!(", {} warnings", sum.warn);
    let counted = counted.unwrap_or_default();
    pen.line(
        area,
        y,
        &[
            (&counted, styles.notice),
            (&text, styles.text),
            (&errors, error_style),
            (&warnings, styles.dim),
            (hint, styles.dim),
        ],
    );
}

/// Eighths of a row: errors first, then warnings, then the rest on top. A level that is there is seen.
fn draw_bar(bucket: Bucket, most: u32, pen: &mut Pen, column: Rect) {
    let styles = pen.look.styles.clone();
    let full = u32::from(column.height) * 8;
    let eighths = |n: u32| if n == 0 { 0 } else { (u64::from(n) * u64::from(full)).div_ceil(u64::from(most)) as u32 };
    let errors = eighths(bucket.error);
    let warnings = (errors + eighths(bucket.warn)).min(full);
    let total = eighths(bucket.total()).max(warnings).min(full);
    for row in 0..column.height {
        let base = u32::from(row) * 8;
        if total <= base {
            break;
        }
        let style: Style = match base {
            base if base < errors => styles.level_error,
            base if base < warnings => styles.level_warn,
            _ => styles.level_info,
        };
        let glyph = pen.look.glyphs.bars[(total - base).min(8) as usize - 1];
        pen.put(column, column.x, column.bottom() - 1 - row, glyph, style);
    }
}
