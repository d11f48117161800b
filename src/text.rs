//! Numbers as people read them, text cut to the width of a screen, and hostile text made safe.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A grapheme may be at most this long: a letter with a megabyte of combining marks would otherwise become one cell of
/// a megabyte, written at every change.
const GRAPHEME_BYTES: usize = 32;

/// Text that came from outside, safe to put on a screen: no control character, no escape, no bidirectional override
/// leaves here. Tabs become blanks, line feeds stay (`lines` decides about them), everything else that a terminal could
/// obey becomes visible.
pub fn safe(text: &str) -> Cow<'_, str> {
    made_safe::<false>(text)
}

/// As [`safe`], but tabs stay: they tell the fields of a log line apart. Such text is made safe once more where it is drawn.
pub fn safe_with_tabs(text: &str) -> Cow<'_, str> {
    made_safe::<true>(text)
}

/// Bytes at the beginning that are safe as they are; a block at a time, which the processor does in a few steps.
fn clean_bytes<const TABS: bool>(bytes: &[u8]) -> usize {
    let is_clean = |byte: u8| (byte.wrapping_sub(0x20) < 0x5f) | (byte == b'\n') | (TABS && byte == b'\t');
    let blocks = bytes.chunks(64).take_while(|block| block.iter().fold(true, |clean, byte| clean & is_clean(*byte)));
    let clean: usize = blocks.map(<[u8]>::len).sum();
    clean + bytes[clean..].iter().take_while(|byte| is_clean(**byte)).count()
}

fn made_safe<const TABS: bool>(text: &str) -> Cow<'_, str> {
    let first = clean_bytes::<TABS>(text.as_bytes());
    if first == text.len() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    if text.is_ascii() {
        // Nothing in ASCII joins with what stands before it: no need to look for graphemes, and loggers write tabs.
        out.push_str(&text[..first]);
        let mut rest = &text[first..];
        while let Some(c) = rest.chars().next() {
            push_safe(&mut out, c);
            rest = &rest[1..];
            let clean = clean_bytes::<TABS>(rest.as_bytes());
            out.push_str(&rest[..clean]);
            rest = &rest[clean..];
        }
        return Cow::Owned(out);
    }
    for grapheme in text.graphemes(true) {
        let mut taken = 0;
        for c in grapheme.chars() {
            taken += c.len_utf8();
            if taken > GRAPHEME_BYTES {
                out.push('\u{fffd}');
                break;
            }
            if TABS && c == '\t' {
                out.push(c);
            } else {
                push_safe(&mut out, c);
            }
        }
    }
    Cow::Owned(out)
}

/// As [`safe`], for one line: line feeds become a visible mark too.
pub fn safe_line(text: &str) -> Cow<'_, str> {
    match safe(text) {
        Cow::Borrowed(text) if !text.contains('\n') => Cow::Borrowed(text),
        Cow::Borrowed(text) => Cow::Owned(text.trim_end_matches('\n').replace('\n', "⏎")),
        Cow::Owned(text) if text.contains('\n') => Cow::Owned(text.trim_end_matches('\n').replace('\n', "⏎")),
        owned @ Cow::Owned(_) => owned,
    }
}

fn push_safe(out: &mut String, c: char) {
    match c {
        '\n' => out.push('\n'),
        '\t' => out.push_str("    "),
        '\r' => {}
        // C0 has pictures of its own.
        '\0'..='\x1f' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
        '\x7f' => out.push('␡'),
        // C1 (U+009B is an escape of its own), bidirectional marks, separators that break lines, tags.
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}' => out.push('\u{fffd}'),
        _ => out.push(c),
    }
}

/// Columns that `text` takes on a screen.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` cut to `columns`, with `…` where something was cut. Never splits a grapheme.
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if text.len() <= columns && text.is_ascii() || text.width() <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut used = 0;
    let mut out = String::new();
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide > columns - 1 {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    out.push('…');
    Cow::Owned(out)
}

/// `text` cut in its middle: names of one family differ at their ends.
pub fn cut_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    if columns < 5 {
        return cut(text, columns);
    }
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let tail_columns = (columns - 1) / 2;
    let head_columns = columns - 1 - tail_columns;
    let take = |iter: &mut dyn Iterator<Item = &&str>, columns: usize| {
        let mut used = 0;
        let mut taken = 0;
        for grapheme in iter {
            used += grapheme.width();
            if used > columns {
                break;
            }
            taken += 1;
        }
        taken
    };
    let head = take(&mut graphemes.iter(), head_columns);
    let tail = take(&mut graphemes.iter().rev(), tail_columns);
    Cow::Owned(format!("{}…{}", graphemes[..head].concat(), graphemes[graphemes.len() - tail..].concat()))
}

/// A count in at most five columns: `7`, `1,234` as `1234`, `12.3k`, `4.5M`.
pub fn count(n: f64) -> String {
    let magnitude = n.abs();
    match magnitude {
        m if m < 10.0 && m.fract() != 0.0 => format!("{n:.1}"),
        m if m < 9_999.5 => format!("{n:.0}"),
        m if m < 99_950.0 => format!("{:.1}k", n / 1e3),
        m if m < 999_500.0 => format!("{:.0}k", n / 1e3),
        m if m < 9_995_000.0 => format!("{:.2}M", n / 1e6),
        m if m < 999_500_000.0 => format!("{:.0}M", n / 1e6),
        _ => format!("{:.1}G", n / 1e9),
    }
}

/// Milliseconds in at most six columns: `7.1ms`, `340ms`, `2.35s`, `4m10s`.
pub fn millis(ms: f64) -> String {
    match ms {
        ms if ms < 9.95 => format!("{ms:.1}ms"),
        ms if ms < 999.5 => format!("{ms:.0}ms"),
        ms if ms < 9_995.0 => format!("{:.2}s", ms / 1e3),
        ms if ms < 119_500.0 => format!("{:.1}s", ms / 1e3),
        ms => {
            let seconds = (ms / 1e3).round() as u64;
            format!("{}m{:02}s", seconds / 60, seconds % 60)
        }
    }
}

/// A share (0 to 1) as a percentage: `0%`, `0.3%`, `12%`. What is not zero never reads as zero.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        p if p <= 0.0 => "0%".into(),
        p if p < 0.1 => "<.1%".into(),
        p if p < 9.95 => format!("{p:.1}%"),
        p => format!("{p:.0}%"),
    }
}

/// Bytes in binary units: `512 B`, `3.4 MiB`.
pub fn bytes(n: u64) -> String {
    let mut value = n as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return if unit == "B" { format!("{n} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

/// How long ago, short: `now`, `4s`, `12m`, `3h`, `5d`.
pub fn age(seconds: i64) -> String {
    match seconds {
        s if s < 1 => "now".into(),
        s if s < 120 => format!("{s}s"),
        s if s < 2 * 3600 => format!("{}m", s / 60),
        s if s < 2 * 86_400 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86_400),
    }
}

/// A span as people type it: `5m`, `1h`, `1h30m`.
pub fn span(length: std::time::Duration) -> String {
    let minutes = length.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, _) if minutes == 0 => format!("{}s", length.as_secs()),
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h{minutes}m"),
    }
}

/// US$ with as many digits as its size deserves.
pub fn dollars(amount: f64) -> String {
    match amount {
        a if a <= 0.0 => "$0".into(),
        a if a < 0.01 => format!("${a:.4}"),
        a if a < 1.0 => format!("${a:.3}"),
        a => format!("${a:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_that_a_terminal_obeys_survives() {
        assert_eq!(safe("plain"), "plain");
        assert_eq!(safe("\x1b[31mred\x1b[0m"), "␛[31mred␛[0m");
        assert_eq!(safe("a\u{9b}31m"), "a\u{fffd}31m");
        assert_eq!(safe("\u{202e}evil"), "\u{fffd}evil");
        assert_eq!(safe("tab\tand\r\n"), "tab    and\n");
        assert_eq!(safe_line("one\ntwo\n"), "one⏎two");
    }

    #[test]
    fn a_grapheme_of_a_megabyte_is_cut() {
        let mut bomb = "a".to_string();
        bomb.extend(std::iter::repeat_n('\u{301}', 500_000));
        assert!(safe(&bomb).len() < 64);
    }

    #[test]
    fn numbers_keep_to_their_columns() {
        for n in [0.0, 0.5, 9.94, 9.96, 1234.0, 9999.4, 12_345.0, 99_949.0, 999_000.0, 1e6, 5.5e8, 2e9] {
            assert!(count(n).len() <= 5, "{n} reads {}", count(n));
        }
        for ms in [0.04, 9.9, 10.0, 999.0, 1000.0, 9_994.0, 60_000.0, 119_000.0, 250_000.0] {
            assert!(millis(ms).len() <= 6, "{ms} reads {}", millis(ms));
        }
        assert_eq!(percent(0.0004), "<.1%");
        assert_eq!(percent(0.0), "0%");
        assert_eq!(percent(0.123), "12%");
    }

    #[test]
    fn the_end_of_a_name_stays() {
        assert_eq!(cut_middle("orders-service-production-handler", 15), "orders-…handler");
        assert_eq!(cut("orders", 6), "orders");
        assert_eq!(cut("orders", 4), "ord…");
        assert_eq!(cut("日本語", 4), "日…");
    }

    proptest! {
        #[test]
        fn safe_text_has_no_control_characters(text in any::<String>()) {
            prop_assert!(safe(&text).chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(!safe_line(&text).contains('\n'));
        }

        #[test]
        fn cut_text_fits(text in any::<String>(), columns in 0usize..40) {
            let text = safe_line(&text).into_owned();
            prop_assert!(width(&cut(&text, columns)) <= columns);
            prop_assert!(width(&cut_middle(&text, columns)) <= columns.max(1));
        }
    }
}
