//! A page of output: what a frame changes goes to the terminal in one write, and nothing goes when nothing changed.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::{MOUSE_OFF, MOUSE_ON};

/// xterm takes 100,000 bytes of OSC 52, which are so many before base64. What is cut would paste as something else.
pub const CLIPBOARD_BYTES: usize = 74_994;

/// The terminal shows the whole frame at once, or where it does not know this, as it comes.
const BEGIN_FRAME: &[u8] = b"\x1b[?2026h";
const END_FRAME: &[u8] = b"\x1b[?2026l";

/// What the loop draws on: a backend with the manners of a terminal.
pub trait Surface: Backend {
    /// The terminal has been resized to so many columns and rows.
    fn resized(&mut self, columns: u16, rows: u16);
    /// Gives the terminal back and stops the program; [`Surface::retake`] follows when it has been continued. Errors when
    /// there is nobody who could continue it.
    fn suspend(&mut self) -> io::Result<()>;
    /// Gives the terminal back and reads no keys from it, for another program; [`Surface::retake`] follows.
    fn lend(&mut self) -> io::Result<()>;
    /// Takes the terminal again after a stop, or from who had it.
    fn retake(&mut self) -> io::Result<()>;
    /// Sends text to the clipboard of the terminal (OSC 52), wherever that may run; how many bytes of it. Refuses more than
    /// [`CLIPBOARD_BYTES`].
    fn copy(&mut self, text: &str) -> io::Result<usize>;
    /// Takes or releases the mouse.
    fn capture_mouse(&mut self, on: bool) -> io::Result<()>;
}

/// Where a screen is shown.
pub trait Device: Write {
    /// Columns and rows.
    fn size(&self) -> io::Result<(u16, u16)>;
    /// Gives the terminal back and stops the program.
    fn stop(&mut self) -> io::Result<()>;
    /// Gives the terminal back and reads no keys from it.
    fn lend(&mut self) -> io::Result<()>;
    /// Takes the terminal again.
    fn retake(&mut self, mouse: bool) -> io::Result<()>;
}

/// A backend that collects what ratatui writes (hundreds of small pieces for a cursor that moves by a row) and sends it as
/// one write when the frame is complete. It remembers the cursor, so that a frame without changes is no byte at all.
pub struct Screen<D> {
    page: Page,
    pen: CrosstermBackend<Page>,
    device: D,
    mouse: bool,
    /// Where the frame wants the cursor.
    wanted: Cursor,
    /// Where the terminal has it; the place is unknown after drawing.
    actual: Cursor,
}

#[derive(Clone, Copy, Default, PartialEq)]
struct Cursor {
    shown: bool,
    at: Option<Position>,
}

#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Not yet: crossterm flushes after each movement of the cursor.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<D: Device> Screen<D> {
    /// A screen on a device that has been entered: empty, the cursor hidden.
    pub fn new(device: D, mouse: bool) -> Screen<D> {
        let page = Page(Rc::new(RefCell::new(Vec::with_capacity(64 * 1024))));
        let pen = CrosstermBackend::new(page.clone());
        Screen { page, pen, device, mouse, wanted: Cursor::default(), actual: Cursor::default() }
    }
}

impl<D: Device> Surface for Screen<D> {
    fn resized(&mut self, _: u16, _: u16) {}

    fn suspend(&mut self) -> io::Result<()> {
        self.device.stop()
    }

    fn lend(&mut self) -> io::Result<()> {
        self.device.lend()
    }

    fn retake(&mut self) -> io::Result<()> {
        self.page.0.borrow_mut().clear();
        self.actual = Cursor::default();
        self.device.retake(self.mouse)
    }

    fn copy(&mut self, text: &str) -> io::Result<usize> {
        if text.len() > CLIPBOARD_BYTES {
            let sentence = format!("{} bytes are too many: terminals take {CLIPBOARD_BYTES}", text.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
        }
        self.device.write_all(format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).as_bytes())?;
        Ok(text.len())
    }

    fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        self.device.write_all(if on { MOUSE_ON } else { MOUSE_OFF })
    }
}

impl<D: Device> Backend for Screen<D> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(()); // ratatui would reset the colours: 25 bytes for nothing
        }
        self.pen.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.wanted = Cursor::default();
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.wanted.shown = true;
        Ok(())
    }

    /// Asking the terminal would wait for an answer that may not come.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.actual.at.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.wanted.at = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.pen.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.pen.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.device.size().map(|(columns, rows)| Size::new(columns, rows))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut page = self.page.0.borrow_mut();
        if !page.is_empty() {
            self.actual.at = None;
        }
        let moves = self.wanted.shown && self.wanted.at != self.actual.at;
        if page.is_empty() && !moves && self.wanted.shown == self.actual.shown {
            return Ok(());
        }
        if moves && let Some(Position { x, y }) = self.wanted.at {
            write!(page, "\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1)?;
        }
        if self.wanted.shown != self.actual.shown {
            page.extend_from_slice(if self.wanted.shown { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
        page.splice(..0, BEGIN_FRAME.iter().copied());
        page.extend_from_slice(END_FRAME);
        self.actual = self.wanted;
        let sent = self.device.write_all(&page);
        page.clear();
        sent
    }
}

/// A terminal for tests: no manners to mind.
impl Surface for TestBackend {
    fn resized(&mut self, columns: u16, rows: u16) {
        self.resize(columns, rows);
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn lend(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn retake(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn copy(&mut self, text: &str) -> io::Result<usize> {
        Ok(text.len())
    }

    fn capture_mouse(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    /// Keeps each write apart, as the kernel would see them.
    #[derive(Default)]
    struct Paper {
        writes: Rc<RefCell<Vec<String>>>,
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes.borrow_mut().push(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Device for Paper {
        fn size(&self) -> io::Result<(u16, u16)> {
            Ok((20, 4))
        }

        fn stop(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn lend(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn retake(&mut self, _: bool) -> io::Result<()> {
            Ok(())
        }
    }

    struct Desk {
        terminal: Terminal<Screen<Paper>>,
        writes: Rc<RefCell<Vec<String>>>,
    }

    impl Desk {
        fn new() -> Desk {
            let paper = Paper::default();
            let writes = paper.writes.clone();
            Desk { terminal: Terminal::new(Screen::new(paper, true)).unwrap(), writes }
        }

        /// What a frame wrote, write by write.
        fn draw(&mut self, text: &str, cursor: Option<(u16, u16)>) -> Vec<String> {
            self.terminal
                .draw(|frame| {
                    frame.buffer_mut().set_string(0, 0, text, Style::new().red());
                    if let Some(at) = cursor {
                        frame.set_cursor_position(at);
                    }
                })
                .unwrap();
            self.writes.take()
        }
    }

    #[test]
    fn a_frame_is_one_write_inside_a_synchronized_update() {
        let mut desk = Desk::new();
        let writes = desk.draw("two words", None);
        assert_eq!(writes.len(), 1);
        assert!(writes[0].starts_with("\x1b[?2026h") && writes[0].ends_with("\x1b[?2026l"), "{writes:?}");
        assert!(writes[0].contains("two"));
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let mut desk = Desk::new();
        desk.draw("same", None);
        assert_eq!(desk.draw("same", None), Vec::<String>::new());
        desk.draw("same", Some((2, 1)));
        assert_eq!(desk.draw("same", Some((2, 1))), Vec::<String>::new());
    }

    #[test]
    fn the_cursor_is_written_when_it_moves_shows_or_hides_and_after_the_cells_moved_it() {
        let mut desk = Desk::new();
        desk.draw("text", None);
        assert_eq!(desk.draw("text", Some((2, 1))), ["\x1b[?2026h\x1b[2;3H\x1b[?25h\x1b[?2026l"]);
        assert_eq!(desk.draw("text", Some((3, 1))), ["\x1b[?2026h\x1b[2;4H\x1b[?2026l"]);
        let redrawn = desk.draw("next", Some((3, 1)));
        assert!(redrawn[0].contains("\x1b[2;4H") && !redrawn[0].contains("?25"), "{redrawn:?}");
        assert_eq!(desk.draw("next", None), ["\x1b[?2026h\x1b[?25l\x1b[?2026l"]);
    }

    #[test]
    fn drawing_anew_asks_the_terminal_nothing_and_is_one_write() {
        let mut desk = Desk::new();
        desk.draw("text", None);
        desk.terminal.clear().unwrap();
        assert!(desk.writes.take().is_empty());
        let writes = desk.draw("text", None);
        assert_eq!(writes.len(), 1);
        assert!(writes[0].contains("\x1b[2J") && writes[0].contains("text") && !writes[0].contains("\x1b[6n"));
    }

    #[test]
    fn the_clipboard_gets_all_or_nothing() {
        let mut desk = Desk::new();
        let screen = desk.terminal.backend_mut();
        assert_eq!(screen.copy("request id").unwrap(), 10);
        assert_eq!(desk.writes.take(), ["\x1b]52;c;cmVxdWVzdCBpZA==\x1b\\"]);
        assert!(screen.copy(&"x".repeat(CLIPBOARD_BYTES)).is_ok());
        desk.writes.take();
        assert!(screen.copy(&"x".repeat(CLIPBOARD_BYTES + 1)).is_err());
        assert!(desk.writes.take().is_empty());
    }

    #[test]
    fn a_frame_of_no_cells_is_no_trouble() {
        let mut desk = Desk::new();
        desk.terminal.resize(Rect::new(0, 0, 0, 0)).unwrap();
        desk.terminal.draw(|_| ()).unwrap();
    }
}
