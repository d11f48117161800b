//! What surrounds every tab: header, tabs, banner, footer, messages.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use crate::app::App;
use crate::app::command::{COMMANDS, Place};
use crate::app::pointer::tab_label;
use crate::app::tabs::Tab;
use crate::config::Writes;
use crate::text;

/// Account, profile, region, write mode on the left; window, age, calls, throttles, cost on the right.
pub fn header(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    pen.buffer.set_style(area, styles.header);
    let scope = app.scope();
    let account = if scope.account.is_empty() { "account ?".to_string() } else { scope.account.clone() };
    let label = styles.header_label;
    let mut left: Vec<(String, Style)> = vec![(" slsdash ".into(), styles.header.patch(styles.accent))];
    if let Some(scenario) = &app.origin.demo {
        left.push((format!("demo:{scenario} "), styles.header.patch(styles.warning)));
    }
    left.push((account, styles.header));
    if let Some(profile) = &app.origin.profile {
        let style =
            if app.origin.writes == Writes::ConfirmByName { styles.header.patch(styles.danger) } else { styles.header };
        left.push((format!(" {profile}"), style));
    }
    left.push((format!(" {}", text::safe_line(&scope.region)), styles.header));
    if let Some(endpoint) = &app.origin.endpoint {
        left.push((format!(" {}", text::safe_line(endpoint)), label));
    }
    if app.origin.read_only.is_some() {
        left.push((" read-only".into(), styles.header.patch(styles.good)));
    }
    let mut right: Vec<(String, Style)> = Vec::new();
    let wide = area.width >= 100;
    if app.paused {
        right.push(("PAUSED ".into(), styles.header.patch(styles.warning)));
    }
    right.push((if wide { "window ".into() } else { String::new() }, label));
    right.push((text::span(app.window.length), styles.header));
    if let Some(as_of) = data_age(app) {
        right.push((if wide { "  data ".into() } else { " ".into() }, label));
        right.push((as_of, styles.header));
    }
    right.push((format!("  {}", app.traffic.calls_per_minute), styles.header));
    right.push(("/min".into(), label));
    if app.traffic.throttles > 0 {
        right.push((format!(" {} thr", app.traffic.throttles), styles.header.patch(styles.throttle)));
    }
    right.push((format!("  {}", text::dollars(app.traffic.dollars_per_hour)), styles.header));
    right.push(("/h ".into(), label));
    let right_width: usize = right.iter().map(|(text, _)| text::width(text)).sum();
    let from = area.right().saturating_sub(u16::try_from(right_width).unwrap_or(u16::MAX)).max(area.x);
    let left_area = Rect { width: from.saturating_sub(area.x + 1), ..area };
    let pieces: Vec<(&str, Style)> = left.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    pen.line(left_area, area.y, &pieces);
    let pieces: Vec<(&str, Style)> = right.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    pen.line(Rect { x: from, width: area.right() - from, ..area }, area.y, &pieces);
}

/// Age of the oldest thing that the tab on screen rests on.
fn data_age(app: &App) -> Option<String> {
    use crate::store::feed::Standing;
    let standing = match app.tab {
        Tab::Overview | Tab::Functions => app.store.functions.standing(),
        Tab::Apis => app.store.apis.standing(),
        Tab::Logs | Tab::Traces => return None,
    };
    match standing {
        Standing::Live(at) | Standing::Stale(at, _) => Some(text::age((app.now - at).num_seconds())),
        _ => None,
    }
}

/// The tabs, and on the right what the rows under the cursor belong to.
pub fn tabs(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    pen.buffer.set_style(area, styles.tab);
    let mut x = area.x;
    for tab in Tab::ALL {
        let style = if tab == app.tab { styles.tab_active } else { styles.tab };
        x = pen.put(area, x, area.y, &tab_label(tab), style);
    }
    let critical = app
        .overview
        .findings
        .iter()
        .filter(|finding| finding.severity == crate::model::finding::Severity::Critical)
        .count();
    let errors = app.notices.errors.len();
    let mut words = Vec::new();
    if let Some(watching) = app.watching() {
        // It comes before the counts, which stand elsewhere as well.
        let wide = usize::from(area.right().saturating_sub(x));
        let room = wide.saturating_sub(if wide > 60 { 24 } else { 4 }).min(70);
        let text = format!("{} {}  ", pen.look.glyphs.waiting, text::cut(&watching, room));
        words.push((text, styles.tab.patch(styles.accent)));
    }
    if critical > 0 {
        words.push((format!("{} {critical} critical ", pen.look.glyphs.critical), styles.tab.patch(styles.critical)));
    }
    if errors > 0 {
        words.push((format!("! {errors} errors "), styles.tab.patch(styles.warning)));
    }
    let room = usize::from(area.right().saturating_sub(x));
    let total = |words: &[(String, Style)]| words.iter().map(|(text, _)| text::width(text)).sum::<usize>();
    while words.len() > 1 && total(&words) >= room {
        words.pop();
    }
    let width: usize = words.iter().map(|(text, _)| text::width(text)).sum();
    let mut at = area.right().saturating_sub(u16::try_from(width).unwrap_or(0));
    if at > x {
        for (text, style) in &words {
            at = pen.put(area, at, area.y, text, *style);
        }
    }
}

/// What concerns the whole account, with its remedy; goes away when it heals.
pub fn banner(app: &App, pen: &mut Pen, area: Rect) {
    let Some(trouble) = app.banner() else { return };
    if area.is_empty() {
        return;
    }
    let style = pen.look.styles.critical.add_modifier(ratatui::style::Modifier::REVERSED);
    pen.buffer.set_style(area, style);
    pen.put(area, area.x + 1, area.y, &trouble.sentence(), style);
}

/// The keys that matter here, as many as fit, the most important first.
pub fn footer(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    pen.buffer.set_style(area, styles.footer);
    let place = app.place();
    let mut rows: Vec<_> =
        COMMANDS.iter().filter(|command| command.priority > 0 && command.listens_in(place)).collect();
    rows.sort_by_key(|command| command.priority);
    if matches!(place, Place::Prompt) && matches!(app.overlays.last(), Some(crate::app::overlay::Overlay::Prompt(_))) {
        return;
    }
    let mut x = area.x + 1;
    let mut shown = 0;
    for command in rows {
        let key = app.keymap.chord(command.action);
        if key.is_empty() {
            continue;
        }
        let width = text::width(&key) + 1 + command.label.len() + 2;
        if usize::from(x) + width > usize::from(area.right()) || shown >= 9 {
            continue;
        }
        x = pen.put(area, x, area.y, &key, styles.footer_key);
        x = pen.put(area, x, area.y, &format!(" {}  ", command.label), styles.footer);
        shown += 1;
    }
}

/// Short messages in the lower right corner, newest lowest.
pub fn toasts(app: &App, pen: &mut Pen, area: Rect) {
    let styles = pen.look.styles.clone();
    for (above, toast) in app.notices.toasts.iter().rev().enumerate() {
        let y = area.bottom().saturating_sub(1 + u16::try_from(above).unwrap_or(0));
        if y < area.top() {
            return;
        }
        let mark = if toast.bad { pen.look.glyphs.critical } else { pen.look.glyphs.notice };
        let text = format!(" {mark} {} ", toast.text);
        let width = u16::try_from(text::width(&text)).unwrap_or(u16::MAX).min(area.width.saturating_sub(2));
        let x = area.right().saturating_sub(width + 1);
        let style = styles.popup.patch(if toast.bad { styles.critical } else { styles.notice });
        let line = Rect { x, y, width, height: 1 };
        pen.buffer.set_style(line, style);
        pen.put(line, x, y, &text, style);
    }
}
