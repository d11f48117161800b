//! What the bytes of a terminal mean: keys, pastes, the mouse, the focus.
//!
//! The events are crossterm's; its reader is not used, because it spins for ever on a terminal that has gone, takes the
//! first byte of a split sequence for the Esc key, and types the rest of a sequence that it does not know. Here a sequence
//! is complete, or waited for, or dropped as a whole: half an answer of a terminal must never become a command.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::Input;

/// After this a lone ESC is the key. Terminals send a sequence in one piece; only a bad connection splits it.
const ESC_ALONE: Duration = Duration::from_millis(10);
/// After this the rest of a sequence or of a paste is not coming.
const BROKEN_OFF: Duration = Duration::from_millis(500);
/// A sequence longer than this is none that a key makes.
const LONGEST_SEQUENCE: usize = 64;
/// An answer of the terminal (OSC, DCS) longer than this is dropped bit by bit.
const LONGEST_ANSWER: usize = 4096;
/// What is pasted beyond this is dropped: Lambda takes 6 MB, but nobody pastes that into a terminal.
const LONGEST_PASTE: usize = 1 << 20;

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// Turns bytes into inputs, however they are cut.
#[derive(Debug, Default)]
pub(super) struct Keys {
    unread: Vec<u8>,
    /// What has been pasted so far; `None` outside a paste.
    paste: Option<Vec<u8>>,
}

/// What stands at the beginning of the unread bytes.
enum Step {
    /// So many bytes that mean this.
    Input(usize, Input),
    /// So many bytes without a meaning for us.
    Nothing(usize),
    /// The beginning of something.
    Incomplete,
}

impl Keys {
    /// Takes bytes as they were read, and tells what they complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        self.unread.extend_from_slice(bytes);
        let mut inputs = Vec::new();
        while !self.unread.is_empty() {
            if self.paste.is_some() {
                match self.pasted() {
                    Some(text) => inputs.push(Input::Paste(text)),
                    None => break,
                }
            } else if self.unread.starts_with(PASTE_BEGINS) {
                self.unread.drain(..PASTE_BEGINS.len());
                self.paste = Some(Vec::new());
            } else {
                match step(&self.unread) {
                    Step::Input(length, input) => {
                        self.unread.drain(..length);
                        inputs.push(input);
                    }
                    Step::Nothing(length) => drop(self.unread.drain(..length)),
                    Step::Incomplete => break,
                }
            }
        }
        inputs
    }

    /// How long to wait for more bytes before [`Keys::give_up`]; `None` when nothing is half read.
    pub(super) fn patience(&self) -> Option<Duration> {
        match (&self.paste, self.unread.as_slice()) {
            (None, []) => None,
            (None, [0x1b]) => Some(ESC_ALONE),
            _ => Some(BROKEN_OFF),
        }
    }

    /// No more bytes are coming: what the half of a sequence means by itself.
    pub(super) fn give_up(&mut self) -> Option<Input> {
        let unread = std::mem::take(&mut self.unread);
        if let Some(mut paste) = self.paste.take() {
            paste.extend(unread);
            return Some(Input::Paste(plain(&paste)));
        }
        match unread.as_slice() {
            [0x1b] => Some(key(KeyCode::Esc, KeyModifiers::NONE)),
            // Alt and a character that also begins a sequence.
            [0x1b, c @ (b'[' | b'O' | b']' | b'P' | b'X' | b'^' | b'_')] => {
                Some(key(KeyCode::Char(char::from(*c)), KeyModifiers::ALT))
            }
            _ => None,
        }
    }

    /// Moves unread bytes into the paste; its text once the end has come.
    fn pasted(&mut self) -> Option<String> {
        let paste = self.paste.get_or_insert_default();
        let end = memchr::memmem::find(&self.unread, PASTE_ENDS);
        // The last bytes may be the beginning of the end.
        let taken = end.unwrap_or(self.unread.len().saturating_sub(PASTE_ENDS.len() - 1));
        let room = LONGEST_PASTE.saturating_sub(paste.len());
        paste.extend_from_slice(&self.unread[..taken.min(room)]);
        self.unread.drain(..taken + end.map_or(0, |_| PASTE_ENDS.len()));
        end?;
        self.paste.take().map(|paste| plain(&paste))
    }
}

/// Pasted text: line ends as they are written, no other control characters.
fn plain(paste: &[u8]) -> String {
    let text = String::from_utf8_lossy(paste).replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}

fn step(bytes: &[u8]) -> Step {
    match bytes {
        [0x1b, rest @ ..] => escaped(rest),
        _ => character(bytes, KeyModifiers::NONE),
    }
}

/// After ESC.
fn escaped(rest: &[u8]) -> Step {
    match rest {
        [] | [b'[' | b'O'] => Step::Incomplete,
        // Esc, and then something else.
        [0x1b, ..] => Step::Input(1, key(KeyCode::Esc, KeyModifiers::NONE)),
        [b'[', rest @ ..] => control_sequence(rest),
        [b'O', last, ..] => match single_shift(*last) {
            Some(code) => Step::Input(3, key(code, KeyModifiers::NONE)),
            None => Step::Nothing(3),
        },
        [b']' | b'P' | b'X' | b'^' | b'_', rest @ ..] => answer(rest),
        _ => match character(rest, KeyModifiers::ALT) {
            Step::Input(length, input) => Step::Input(length + 1, input),
            Step::Nothing(length) => Step::Nothing(length + 1),
            Step::Incomplete => Step::Incomplete,
        },
    }
}

/// An answer to a question that another program asked: up to BEL or ESC \.
fn answer(rest: &[u8]) -> Step {
    let end = rest.iter().position(|&byte| byte == 0x07 || byte == 0x1b);
    match end {
        Some(at) if rest[at] == 0x07 => Step::Nothing(2 + at + 1),
        Some(at) => match rest.get(at + 1) {
            Some(b'\\') => Step::Nothing(2 + at + 2),
            Some(_) => Step::Nothing(2 + at),
            None => Step::Incomplete,
        },
        None if rest.len() > LONGEST_ANSWER => Step::Nothing(2 + rest.len()),
        None => Step::Incomplete,
    }
}

/// One character in UTF-8, or a control character.
fn character(bytes: &[u8], modifiers: KeyModifiers) -> Step {
    let ctrl = modifiers | KeyModifiers::CONTROL;
    let Some(&first) = bytes.first() else { return Step::Incomplete };
    let (code, modifiers) = match first {
        0x00 => (KeyCode::Char(' '), ctrl),
        b'\r' => (KeyCode::Enter, modifiers),
        b'\t' => (KeyCode::Tab, modifiers),
        0x7f => (KeyCode::Backspace, modifiers),
        0x01..=0x1a => (KeyCode::Char(char::from(first - 1 + b'a')), ctrl),
        0x1c..=0x1f => (KeyCode::Char(char::from(first - 0x1c + b'4')), ctrl),
        _ => {
            let length = match first {
                0x20..=0x7f => 1,
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => return Step::Nothing(1),
            };
            let whole = bytes.get(..length).unwrap_or(bytes);
            return match std::str::from_utf8(whole).map(|text| text.chars().next()) {
                Ok(Some(c)) => {
                    let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
                    Step::Input(length, key(KeyCode::Char(c), modifiers | shift))
                }
                Err(error) if error.error_len().is_none() => Step::Incomplete,
                _ => Step::Nothing(1),
            };
        }
    };
    Step::Input(1, key(code, modifiers))
}

/// After ESC [: parameters, then one final byte.
fn control_sequence(rest: &[u8]) -> Step {
    // The function keys of the Linux console: ESC [ [ A.
    if let [b'[', more @ ..] = rest {
        return match more.first() {
            Some(last @ b'A'..=b'E') => Step::Input(4, key(KeyCode::F(last - b'A' + 1), KeyModifiers::NONE)),
            Some(_) => Step::Nothing(4),
            None => Step::Incomplete,
        };
    }
    let Some(end) = rest.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        return if rest.len() > LONGEST_SEQUENCE { Step::Nothing(2 + rest.len()) } else { Step::Incomplete };
    };
    let length = 2 + end + 1;
    let (parameters, last) = (&rest[..end], rest[end]);
    if !(0x40..=0x7e).contains(&last) {
        return Step::Nothing(length - 1); // interrupted: what follows stands for itself
    }
    // The mouse in the old notation, of terminals that know no other: three bytes follow.
    if parameters.is_empty() && last == b'M' {
        return if rest.len() < end + 4 { Step::Incomplete } else { Step::Nothing(length + 3) };
    }
    match meaning(parameters, last) {
        Some(input) => Step::Input(length, input),
        None => Step::Nothing(length),
    }
}

fn meaning(parameters: &[u8], last: u8) -> Option<Input> {
    if let [b'<', parameters @ ..] = parameters {
        return mouse(parameters, last);
    }
    // Of `5:1` only the 5: what follows a colon is kitty's and was not asked for.
    let numbers: Vec<u32> = std::str::from_utf8(parameters)
        .ok()?
        .split(';')
        .map(|number| number.split(':').next().unwrap_or_default().parse().unwrap_or(0))
        .collect();
    let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
    let modified = modifiers(number(1));
    let code = match last {
        b'A'..=b'F' | b'H' | b'P'..=b'S' => single_shift(last)?,
        b'Z' => return Some(key(KeyCode::BackTab, KeyModifiers::SHIFT)),
        b'I' => return Some(Input::Focus(true)),
        b'O' => return Some(Input::Focus(false)),
        b'u' => named(number(0))?,
        b'~' if number(0) == 27 => return Some(key(named(number(2))?, modified)),
        b'~' => numbered(number(0))?,
        _ => return None,
    };
    Some(key(code, modified))
}

/// The sender's mask of modifiers, which counts from 1.
fn modifiers(mask: u32) -> KeyModifiers {
    let mask = mask.saturating_sub(1);
    [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL), (8, KeyModifiers::SUPER)]
        .into_iter()
        .filter(|(bit, _)| mask & bit != 0)
        .fold(KeyModifiers::NONE, |all, (_, modifier)| all | modifier)
}

/// The letter of a key, after ESC O or ESC [.
fn single_shift(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    })
}

/// The number of a key, before `~`.
fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(u8::try_from(number - 10).ok()?),
        17..=21 => KeyCode::F(u8::try_from(number - 11).ok()?),
        23..=26 => KeyCode::F(u8::try_from(number - 12).ok()?),
        28 | 29 => KeyCode::F(u8::try_from(number - 13).ok()?),
        31..=34 => KeyCode::F(u8::try_from(number - 14).ok()?),
        _ => return None,
    })
}

/// The character of a key that some terminals spell out, as ctrl-enter.
fn named(character: u32) -> Option<KeyCode> {
    Some(match char::from_u32(character)? {
        '\r' => KeyCode::Enter,
        '\t' => KeyCode::Tab,
        '\x1b' => KeyCode::Esc,
        '\x7f' | '\x08' => KeyCode::Backspace,
        c if c.is_control() => return None,
        c => KeyCode::Char(c),
    })
}

/// ESC [ < button ; column ; row, then M for a press and m for a release.
fn mouse(parameters: &[u8], last: u8) -> Option<Input> {
    let mut numbers = std::str::from_utf8(parameters).ok()?.split(';').map(|number| number.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let which = [MouseButton::Left, MouseButton::Middle, MouseButton::Right];
    let pressed = which.get(usize::from(button & 0b11)).copied();
    let kind = match (button & 0b1110_0000, last) {
        (0b0100_0000, b'M') => match button & 0b11 {
            0 => MouseEventKind::ScrollUp,
            1 => MouseEventKind::ScrollDown,
            2 => MouseEventKind::ScrollLeft,
            _ => MouseEventKind::ScrollRight,
        },
        (0b0010_0000, b'M') => MouseEventKind::Drag(pressed?),
        (0, b'M') => MouseEventKind::Down(pressed?),
        (0, b'm') => MouseEventKind::Up(pressed?),
        _ => return None,
    };
    let held = [(4, KeyModifiers::SHIFT), (8, KeyModifiers::ALT), (16, KeyModifiers::CONTROL)];
    let modifiers = held
        .into_iter()
        .filter(|(bit, _)| button & bit != 0)
        .fold(KeyModifiers::NONE, |all, (_, modifier)| all | modifier);
    // The terminal counts from 1.
    let (column, row) = (column.saturating_sub(1), row.saturating_sub(1));
    Some(Input::Mouse(MouseEvent { kind, column, row, modifiers }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Input> {
        Keys::default().feed(bytes)
    }

    fn plain_key(code: KeyCode) -> Input {
        key(code, KeyModifiers::NONE)
    }

    #[test]
    fn letters_controls_and_other_alphabets() {
        let keys = read("aZ\r\t\x7f\x03ж漢🦀".as_bytes());
        let expected = [
            plain_key(KeyCode::Char('a')),
            key(KeyCode::Char('Z'), KeyModifiers::SHIFT),
            plain_key(KeyCode::Enter),
            plain_key(KeyCode::Tab),
            plain_key(KeyCode::Backspace),
            key(KeyCode::Char('c'), KeyModifiers::CONTROL),
            plain_key(KeyCode::Char('ж')),
            plain_key(KeyCode::Char('漢')),
            plain_key(KeyCode::Char('🦀')),
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn the_keys_of_several_terminals() {
        for (bytes, code, modifiers) in [
            ("\x1b[A", KeyCode::Up, KeyModifiers::NONE),
            ("\x1bOB", KeyCode::Down, KeyModifiers::NONE),
            ("\x1b[1;5C", KeyCode::Right, KeyModifiers::CONTROL),
            ("\x1b[1;2D", KeyCode::Left, KeyModifiers::SHIFT),
            ("\x1b[H", KeyCode::Home, KeyModifiers::NONE),
            ("\x1b[4~", KeyCode::End, KeyModifiers::NONE),
            ("\x1b[5~", KeyCode::PageUp, KeyModifiers::NONE),
            ("\x1b[3;5~", KeyCode::Delete, KeyModifiers::CONTROL),
            ("\x1bOP", KeyCode::F(1), KeyModifiers::NONE),
            ("\x1b[[B", KeyCode::F(2), KeyModifiers::NONE),
            ("\x1b[15~", KeyCode::F(5), KeyModifiers::NONE),
            ("\x1b[17~", KeyCode::F(6), KeyModifiers::NONE),
            ("\x1b[24~", KeyCode::F(12), KeyModifiers::NONE),
            ("\x1b[Z", KeyCode::BackTab, KeyModifiers::SHIFT),
            ("\x1b[13;5u", KeyCode::Enter, KeyModifiers::CONTROL),
            ("\x1b[27;5;13~", KeyCode::Enter, KeyModifiers::CONTROL),
            ("\x1bx", KeyCode::Char('x'), KeyModifiers::ALT),
            ("\x1b\x7f", KeyCode::Backspace, KeyModifiers::ALT),
        ] {
            assert_eq!(read(bytes.as_bytes()), [key(code, modifiers)], "{bytes:?}");
        }
    }

    #[test]
    fn a_lone_esc_is_the_key_once_nothing_follows() {
        let mut keys = Keys::default();
        assert_eq!(keys.feed(b"\x1b"), []);
        assert_eq!(keys.patience(), Some(ESC_ALONE));
        assert_eq!(keys.give_up(), Some(plain_key(KeyCode::Esc)));
        assert_eq!(keys.patience(), None);
        assert_eq!(read(b"\x1b\x1b[A"), [plain_key(KeyCode::Esc), plain_key(KeyCode::Up)]);
    }

    #[test]
    fn a_sequence_that_breaks_off_is_no_key() {
        let mut keys = Keys::default();
        assert_eq!(keys.feed(b"\x1b[1;"), []);
        assert_eq!(keys.give_up(), None);
        assert_eq!(keys.feed(b"q"), [plain_key(KeyCode::Char('q'))]);
    }

    #[test]
    fn answers_and_unknown_sequences_type_nothing() {
        for bytes in [
            "\x1b]11;rgb:0000/0000/0000\x1b\\",
            "\x1b]52;c;cXE=\x07",
            "\x1bP>|term 1.0\x1b\\",
            "\x1b[?62;22c",
            "\x1b[?2026;2$y",
            "\x1b[>0;276;0c",
            "\x1b[MqqQ",
            "\x1b[201~",
            "\x1bOz",
        ] {
            assert_eq!(read(format!("{bytes}y").as_bytes()), [plain_key(KeyCode::Char('y'))], "{bytes:?}");
        }
    }

    #[test]
    fn a_paste_is_one_piece_wherever_it_is_cut() {
        let bytes = b"\x1b[200~one\r\ntwo\rthree\x1b[31m\x07\x1b[201~x";
        let expected = [Input::Paste("one\ntwo\nthree[31m".to_string()), plain_key(KeyCode::Char('x'))];
        for cut in 0..bytes.len() {
            let mut keys = Keys::default();
            let mut inputs = keys.feed(&bytes[..cut]);
            inputs.extend(keys.feed(&bytes[cut..]));
            assert_eq!(inputs, expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_paste_without_end_is_given_up_and_one_without_measure_is_cut() {
        let mut keys = Keys::default();
        assert_eq!(keys.feed(b"\x1b[200~half"), []);
        assert_eq!(keys.give_up(), Some(Input::Paste("half".to_string())));
        keys.feed(PASTE_BEGINS);
        for _ in 0..40 {
            keys.feed(&[b'x'; 1 << 16]);
        }
        assert_eq!(keys.feed(PASTE_ENDS), [Input::Paste("x".repeat(LONGEST_PASTE))]);
    }

    #[test]
    fn the_mouse_and_the_focus() {
        let mouse = |kind, column, row, modifiers| Input::Mouse(MouseEvent { kind, column, row, modifiers });
        let none = KeyModifiers::NONE;
        assert_eq!(
            read(b"\x1b[<0;10;5M\x1b[<32;11;5M\x1b[<0;300;500m\x1b[<81;1;1M\x1b[<35;1;1M\x1b[I\x1b[O"),
            [
                mouse(MouseEventKind::Down(MouseButton::Left), 9, 4, none),
                mouse(MouseEventKind::Drag(MouseButton::Left), 10, 4, none),
                mouse(MouseEventKind::Up(MouseButton::Left), 299, 499, none),
                mouse(MouseEventKind::ScrollDown, 0, 0, KeyModifiers::CONTROL),
                Input::Focus(true),
                Input::Focus(false),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_end_and_leave_little_behind(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut keys = Keys::default();
            for piece in pieces {
                keys.feed(&piece);
            }
            keys.give_up();
            prop_assert_eq!(keys.patience(), None);
        }

        #[test]
        fn cutting_changes_nothing(text in "[ -~é漢]{0,30}", cut in 0usize..90) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            let mut keys = Keys::default();
            let mut inputs = keys.feed(&bytes[..cut]);
            inputs.extend(keys.feed(&bytes[cut..]));
            prop_assert_eq!(inputs, read(bytes));
        }
    }
}
