//! From the strings of a theme to styles, and the shapes that a terminal can show.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;

use crate::config::Theme;

macro_rules! styles {
    ($($field:ident $role:literal),* $(,)?) => {
        /// A style for each role of a theme.
        #[derive(Clone, Debug, Default)]
        #[allow(missing_docs)] // the theme's roles say what each is for
        pub struct Styles { $(pub $field: Style),* }

        impl Styles {
            fn read(theme: &Theme, depth: Depth) -> Styles {
                Styles { $($field: style(theme.look($role), depth)),* }
            }
        }
    };
}

styles! {
    text "text", dim "dim", strong "strong", accent "accent", title "title", border "border",
    border_focus "border-focus", header "header", header_label "header-label", tab "tab", tab_active "tab-active",
    footer "footer", footer_key "footer-key", table_header "table-header", selection "selection", matched "match",
    input "input", placeholder "placeholder", popup "popup", popup_border "popup-border", danger "danger", good "good",
    notice "notice", warning "warning", critical "critical", stale "stale", provisional "provisional", cold "cold",
    throttle "throttle", link "link", level_error "level-error", level_warn "level-warn", level_info "level-info",
    level_debug "level-debug", level_platform "level-platform", chart_1 "chart-1", chart_2 "chart-2",
    chart_3 "chart-3", chart_4 "chart-4", chart_axis "chart-axis", chart_limit "chart-limit", span "span",
    span_inferred "span-inferred",
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: bold, underline and reverse only.
    None,
    /// The sixteen of ANSI.
    Sixteen,
    /// The 256 of xterm.
    TwoFiftySix,
    /// All.
    #[default]
    True,
}

/// Shapes: each is one column wide in every common font, or ASCII.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Glyphs {
    pub critical: &'static str,
    pub warning: &'static str,
    pub notice: &'static str,
    pub good: &'static str,
    pub waiting: &'static str,
    pub cursor: &'static str,
    pub more: &'static str,
    pub separator: &'static str,
    pub bar: &'static str,
    pub thin: &'static str,
    pub open: &'static str,
    pub closed: &'static str,
    pub bars: [&'static str; 8],
    pub marker: Marker,
    pub ascii: bool,
}

const UNICODE: Glyphs = Glyphs {
    critical: "●",
    warning: "▲",
    notice: "■",
    good: "○",
    waiting: "…",
    cursor: "▶",
    more: "…",
    separator: "·",
    bar: "█",
    thin: "━",
    open: "▼",
    closed: "▶",
    bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    marker: Marker::Braille,
    ascii: false,
};

const ASCII: Glyphs = Glyphs {
    critical: "X",
    warning: "!",
    notice: "i",
    good: "o",
    waiting: "~",
    cursor: ">",
    more: "~",
    separator: "|",
    bar: "#",
    thin: "-",
    open: "v",
    closed: ">",
    bars: ["_", ".", "-", "-", "=", "=", "#", "#"],
    marker: Marker::Dot,
    ascii: true,
};

/// How everything looks.
#[derive(Clone, Debug)]
pub struct Look {
    /// Styles by role.
    pub styles: Styles,
    /// Shapes.
    pub glyphs: Glyphs,
}

impl Look {
    /// A theme on a terminal of that depth.
    pub fn new(theme: &Theme, depth: Depth, ascii: bool) -> Look {
        Look { styles: Styles::read(theme, depth), glyphs: if ascii { ASCII } else { UNICODE } }
    }
}

fn style(look: &str, depth: Depth) -> Style {
    let mut style = Style::new();
    let mut words = look.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "on" => {
                if let Some(colour) = words.next().and_then(|name| colour(name, depth)) {
                    style = style.bg(colour);
                }
            }
            "bold" => style = style.add_modifier(Modifier::BOLD),
            "dim" => style = style.add_modifier(Modifier::DIM),
            "italic" => style = style.add_modifier(Modifier::ITALIC),
            "underlined" => style = style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style = style.add_modifier(Modifier::REVERSED),
            "crossed-out" => style = style.add_modifier(Modifier::CROSSED_OUT),
            name => {
                if let Some(colour) = colour(name, depth) {
                    style = style.fg(colour);
                }
            }
        }
    }
    style
}

fn colour(name: &str, depth: Depth) -> Option<Color> {
    let colour = match name {
        "default" => Color::Reset,
        _ => name.parse::<Color>().ok()?,
    };
    match (depth, colour) {
        (Depth::None, _) => None,
        (Depth::True, colour) => Some(colour),
        (Depth::TwoFiftySix, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest_256(r, g, b))),
        (Depth::Sixteen, Color::Rgb(r, g, b)) => Some(nearest_16(r, g, b)),
        (Depth::Sixteen, Color::Indexed(n)) if n > 15 => None,
        (_, colour) => Some(colour),
    }
}

/// The colour cube of xterm has six steps an axis; greys have a finer ramp.
fn nearest_256(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |v: u8| (0..6).min_by_key(|&at| STEPS[at].abs_diff(v)).unwrap_or(0);
    let distance = |x: [u8; 3]| -> u32 { [r, g, b].iter().zip(x).map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
    let (i, j, k) = (step(r), step(g), step(b));
    let cube = distance([STEPS[i], STEPS[j], STEPS[k]]);
    let level = (u32::from(r) + u32::from(g) + u32::from(b)) / 3;
    let ramp = ((level.saturating_sub(3)) / 10).min(23) as u8;
    let grey = 8 + 10 * ramp;
    if distance([grey; 3]) < cube { 232 + ramp } else { (16 + 36 * i + 6 * j + k) as u8 }
}

fn nearest_16(r: u8, g: u8, b: u8) -> Color {
    const TABLE: [(Color, [u8; 3]); 16] = [
        (Color::Black, [0, 0, 0]),
        (Color::Red, [205, 0, 0]),
        (Color::Green, [0, 205, 0]),
        (Color::Yellow, [205, 205, 0]),
        (Color::Blue, [0, 0, 238]),
        (Color::Magenta, [205, 0, 205]),
        (Color::Cyan, [0, 205, 205]),
        (Color::Gray, [229, 229, 229]),
        (Color::DarkGray, [127, 127, 127]),
        (Color::LightRed, [255, 85, 85]),
        (Color::LightGreen, [85, 255, 85]),
        (Color::LightYellow, [255, 255, 85]),
        (Color::LightBlue, [92, 92, 255]),
        (Color::LightMagenta, [255, 85, 255]),
        (Color::LightCyan, [85, 255, 255]),
        (Color::White, [255, 255, 255]),
    ];
    let distance = |x: [u8; 3]| -> u32 { [r, g, b].iter().zip(x).map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
    TABLE.iter().min_by_key(|(_, rgb)| distance(*rgb)).map_or(Color::Reset, |(colour, _)| *colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_become_styles_and_lose_their_colours_where_there_are_none() {
        let full = style("#ff757f on 16 bold", Depth::True);
        assert_eq!(
            full,
            Style::new().fg(Color::Rgb(0xff, 0x75, 0x7f)).bg(Color::Indexed(16)).add_modifier(Modifier::BOLD)
        );
        assert_eq!(style("#ff757f on 16 bold", Depth::None), Style::new().add_modifier(Modifier::BOLD));
        assert_eq!(style("#ff5f5f", Depth::TwoFiftySix).fg, Some(Color::Indexed(203)));
        assert_eq!(style("#fe5454", Depth::Sixteen).fg, Some(Color::LightRed));
        assert_eq!(style("dark-gray", Depth::Sixteen).fg, Some(Color::DarkGray));
    }
}
