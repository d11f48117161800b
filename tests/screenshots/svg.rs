//! A grid of cells as an SVG: letters from a font, everything that must meet its neighbour as a shape.
//!
//! Fonts differ in the width of what they have not got, and hardly any monospace font has braille: so each piece of text
//! stands at its own x, and dots, blocks and lines are drawn. The same buffer gives the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A cell in pixels: at 15 px a glyph of JetBrains Mono is 9 px wide.
const W: usize = 9;
const H: usize = 20;
const FONT: usize = 15;
const BASELINE: usize = 15;
const MARGIN: usize = 12;
/// What a terminal shows where no colour is named.
const GROUND: Rgb = Rgb(0x12, 0x15, 0x27);
const INK: Rgb = Rgb(0xc8, 0xd3, 0xf5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rgb(u8, u8, u8);

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// How a piece of text looks.
#[derive(Clone, Copy, PartialEq)]
struct Ink {
    colour: Rgb,
    bold: bool,
    italic: bool,
    underlined: bool,
}

/// A piece of text of one look.
struct Piece {
    column: usize,
    columns: usize,
    text: String,
    ink: Ink,
}

/// Shapes of one colour, gathered into one path each.
#[derive(Default)]
struct Shapes {
    lines: BTreeMap<Rgb, String>,
    dots: BTreeMap<Rgb, String>,
    /// By colour and opacity in per cent.
    fills: BTreeMap<(Rgb, u8), String>,
}

/// The buffer as a picture with a title.
pub fn draw(buffer: &Buffer, title: &str) -> String {
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns * W + 2 * MARGIN, rows * H + 2 * MARGIN);
    let mut grounds = String::new();
    let mut texts = String::new();
    let mut shapes = Shapes::default();
    for (row, cells) in buffer.content.chunks(columns).enumerate() {
        write_grounds(cells, row, &mut grounds);
        write_row(cells, row, &mut texts, &mut shapes);
    }
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"JetBrains Mono, DejaVu Sans Mono, monospace\" font-size=\"{FONT}\" style=\"font-variant-ligatures:none\">\n\
         <title>{}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{GROUND}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n{grounds}",
        escape(title)
    );
    shapes.write(&mut svg);
    svg.push_str(&texts);
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn write_grounds(cells: &[Cell], row: usize, svg: &mut String) {
    let mut column = 0;
    while column < cells.len() {
        let ground = colours(&cells[column]).1;
        let same = cells[column..].iter().take_while(|cell| colours(cell).1 == ground).count();
        if ground != GROUND {
            let (x, y, width) = (column * W, row * H, same * W);
            writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{H}\" fill=\"{ground}\"/>")
                .expect("a String takes all");
        }
        column += same;
    }
}

fn write_row(cells: &[Cell], row: usize, texts: &mut String, shapes: &mut Shapes) {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut column = 0;
    while column < cells.len() {
        let cell = &cells[column];
        let symbol = cell.symbol();
        let columns = symbol.width().max(1);
        let (colour, _) = colours(cell);
        let drawn = symbol.chars().next().is_some_and(|glyph| shapes.glyph(glyph, column, row, colour));
        let ink = Ink {
            colour,
            bold: cell.modifier.contains(Modifier::BOLD),
            italic: cell.modifier.contains(Modifier::ITALIC),
            underlined: cell.modifier.contains(Modifier::UNDERLINED),
        };
        if drawn || symbol.trim().is_empty() && !ink.underlined {
            column += columns;
            continue;
        }
        // Only ASCII is sure to come from the same font, and one blank between two words is sure to be kept.
        let plain = symbol.is_ascii();
        match pieces.last_mut() {
            Some(last)
                if plain && last.ink == ink && last.text.is_ascii() && column - (last.column + last.columns) <= 1 =>
            {
                if column > last.column + last.columns {
                    last.text.push(' ');
                    last.columns += 1;
                }
                last.text.push_str(symbol);
                last.columns += columns;
            }
            _ => pieces.push(Piece { column, columns, text: symbol.to_string(), ink }),
        }
        column += columns;
    }
    for piece in pieces {
        piece.write(row, texts);
    }
}

impl Piece {
    fn write(&self, row: usize, svg: &mut String) {
        let (x, y, width) = (self.column * W, row * H + BASELINE, self.columns * W);
        write!(svg, "<text x=\"{x}\" y=\"{y}\" fill=\"{}\"", self.ink.colour).expect("a String takes all");
        if self.ink.bold {
            svg.push_str(" font-weight=\"bold\"");
        }
        if self.ink.italic {
            svg.push_str(" font-style=\"italic\"");
        }
        if self.ink.underlined {
            svg.push_str(" text-decoration=\"underline\"");
        }
        if self.columns > 1 {
            write!(svg, " textLength=\"{width}\"").expect("a String takes all");
        }
        writeln!(svg, ">{}</text>", escape(&self.text)).expect("a String takes all");
    }
}

impl Shapes {
    /// Draws a glyph that is better drawn than set; false where it is for the font.
    fn glyph(&mut self, glyph: char, column: usize, row: usize, colour: Rgb) -> bool {
        let (x, y) = ((column * W) as f64, (row * H) as f64);
        let (w, h) = (W as f64, H as f64);
        let code = glyph as u32;
        let mut fill = |opacity: u8, x: f64, y: f64, w: f64, h: f64| {
            let path = self.fills.entry((colour, opacity)).or_default();
            write!(path, "M{x} {y}h{w}v{h}h-{w}z").expect("a String takes all");
        };
        match code {
            0x2580 => fill(100, x, y, w, h / 2.0),
            0x2581..=0x2588 => {
                let tall = h * f64::from(code - 0x2580) / 8.0;
                fill(100, x, y + h - tall, w, tall);
            }
            0x2589..=0x258f => fill(100, x, y, w * f64::from(0x2590 - code) / 8.0, h),
            0x2590 => fill(100, x + w / 2.0, y, w / 2.0, h),
            0x2591 => fill(25, x, y, w, h),
            0x2592 => fill(50, x, y, w, h),
            0x2593 => fill(75, x, y, w, h),
            0x2800..=0x28ff => self.braille(code - 0x2800, x, y, colour),
            0x2500..=0x257f => return self.line(glyph, x, y, colour),
            _ => return false,
        }
        true
    }

    fn braille(&mut self, dots: u32, x: f64, y: f64, colour: Rgb) {
        // Bits 0 to 5 are the upper three rows, column by column; 6 and 7 came later and are the last row.
        const PLACES: [(f64, f64); 8] =
            [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (1.0, 0.0), (1.0, 1.0), (1.0, 2.0), (0.0, 3.0), (1.0, 3.0)];
        let path = self.dots.entry(colour).or_default();
        for (bit, (across, down)) in PLACES.into_iter().enumerate() {
            if dots & (1 << bit) != 0 {
                let (x, y) = (x + 2.25 + across * 4.5, y + 2.5 + down * 5.0);
                write!(path, "M{x} {y}h.01").expect("a String takes all");
            }
        }
    }

    fn line(&mut self, glyph: char, x: f64, y: f64, colour: Rgb) -> bool {
        let (left, middle, right) = (x, x + W as f64 / 2.0, x + W as f64);
        let (top, centre, bottom) = (y, y + H as f64 / 2.0, y + H as f64);
        let bend =
            |from: (f64, f64), to: (f64, f64)| format!("M{} {}Q{middle} {centre} {} {}", from.0, from.1, to.0, to.1);
        let up = format!("M{middle} {centre}V{top}");
        let down = format!("M{middle} {centre}V{bottom}");
        let to_left = format!("M{middle} {centre}H{left}");
        let to_right = format!("M{middle} {centre}H{right}");
        let path = match glyph {
            '─' => format!("M{left} {centre}H{right}"),
            '│' => format!("M{middle} {top}V{bottom}"),
            '╭' => bend((middle, bottom), (right, centre)),
            '╮' => bend((middle, bottom), (left, centre)),
            '╰' => bend((middle, top), (right, centre)),
            '╯' => bend((middle, top), (left, centre)),
            '┌' => down + &to_right,
            '┐' => down + &to_left,
            '└' => up + &to_right,
            '┘' => up + &to_left,
            '├' => up + &down + &to_right,
            '┤' => up + &down + &to_left,
            '┬' => down + &to_left + &to_right,
            '┴' => up + &to_left + &to_right,
            '┼' => up + &down + &to_left + &to_right,
            '╴' => to_left,
            '╵' => up,
            '╶' => to_right,
            '╷' => down,
            _ => return false,
        };
        self.lines.entry(colour).or_default().push_str(&path);
        true
    }

    fn write(&self, svg: &mut String) {
        for ((colour, opacity), path) in &self.fills {
            let opacity = if *opacity == 100 {
                String::new()
            } else {
                format!(" fill-opacity=\"{}\"", f64::from(*opacity) / 100.0)
            };
            writeln!(svg, "<path fill=\"{colour}\"{opacity} d=\"{path}\"/>").expect("a String takes all");
        }
        for (colour, path) in &self.lines {
            writeln!(svg, "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.25\" d=\"{path}\"/>")
                .expect("a String takes all");
        }
        for (colour, path) in &self.dots {
            writeln!(
                svg,
                "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" stroke-linecap=\"round\" d=\"{path}\"/>"
            )
            .expect("a String takes all");
        }
    }
}

/// Ink and ground of a cell.
fn colours(cell: &Cell) -> (Rgb, Rgb) {
    let (mut ink, mut ground) = (rgb(cell.fg).unwrap_or(INK), rgb(cell.bg).unwrap_or(GROUND));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut ground);
    }
    if cell.modifier.contains(Modifier::DIM) {
        let half = |a: u8, b: u8| u8::midpoint(a, b);
        ink = Rgb(half(ink.0, ground.0), half(ink.1, ground.1), half(ink.2, ground.2));
    }
    (ink, ground)
}

/// The theme of the pictures names its colours in full; what else there may be is left to the terminal.
fn rgb(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Rgb(r, g, b) => Some(Rgb(r, g, b)),
        _ => None,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn letters_stand_in_pieces_and_shapes_are_drawn() {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
    buffer.set_string(0, 0, "a <b  é─⣿▄", Style::new().fg(Color::Rgb(1, 2, 3)));
    let svg = draw(&buffer, "a & b");
    assert!(svg.contains("<title>a &amp; b</title>"));
    assert!(svg.contains("<text x=\"0\" y=\"15\" fill=\"#010203\" textLength=\"36\">a &lt;b</text>"), "{svg}");
    assert!(svg.contains("<text x=\"54\" y=\"15\" fill=\"#010203\">é</text>"), "{svg}");
    assert!(svg.contains("d=\"M63 10H72\""), "{svg}");
    assert_eq!(svg.matches("h.01").count(), 8);
    assert!(svg.contains("M81 10h9v10h-9z"), "{svg}");
    assert_eq!(svg, draw(&buffer, "a & b"));
}
