//! What a value is held against: text with `*`, a number, or a `%regular expression%`.

use regex::RegexBuilder;

/// `=`, `!=`, `<`, `<=`, `>`, `>=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// Takes an operator from the front of a text.
    pub(super) fn take(text: &str) -> Option<(Self, &str)> {
        // Longest first: `>=` is not `>` before `=`.
        [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ]
        .into_iter()
        .find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)))
    }

    fn is_equality(self) -> bool {
        matches!(self, Operator::Equal | Operator::NotEqual)
    }

    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Operator::Equal => left == right,
            Operator::NotEqual => left != right,
            Operator::Less => left < right,
            Operator::LessOrEqual => left <= right,
            Operator::Greater => left > right,
            Operator::GreaterOrEqual => left >= right,
        }
    }
}

/// An operator and what stands to its right.
#[derive(Debug)]
pub(super) struct Condition {
    operator: Operator,
    operand: Operand,
}

#[derive(Debug)]
enum Operand {
    Glob(Glob),
    /// A bare number, which is also a text (`404` may be the text of a field).
    Number(f64, String),
    Regex(Regex),
}

impl Condition {
    /// Takes the operand from the front of a text, for an operator already taken. `ends` tells where a bare word ends.
    pub(super) fn take(operator: Operator, text: &str, ends: fn(char) -> bool) -> Result<(Self, &str), String> {
        let (operand, rest) = match text.chars().next() {
            Some('"') => {
                let (phrase, rest) = quoted(text)?;
                (Operand::Glob(Glob::new(&phrase)), rest)
            }
            Some('%') => {
                let (regex, rest) = percent_regex(text)?;
                (Operand::Regex(regex), rest)
            }
            _ => {
                let end = text.find(ends).unwrap_or(text.len());
                let (word, rest) = text.split_at(end);
                if word.is_empty() {
                    return Err("Invalid filter pattern: a value is missing after an operator".to_owned());
                }
                match number(word) {
                    Some(value) => (Operand::Number(value, word.to_owned()), rest),
                    None => (Operand::Glob(Glob::new(word)), rest),
                }
            }
        };
        if !operator.is_equality() && !matches!(operand, Operand::Number(..)) {
            return Err("Invalid filter pattern: <, <=, > and >= compare with a number".to_owned());
        }
        Ok((Condition { operator, operand }, rest))
    }

    /// The condition holds a regular expression (a pattern may have two).
    pub(super) fn has_regex(&self) -> bool {
        matches!(self.operand, Operand::Regex(_))
    }

    /// The operand is bare text with other characters than those that may stand without quotes.
    pub(super) fn bare_word(&self) -> Option<&str> {
        match &self.operand {
            Operand::Glob(glob) => Some(&glob.source),
            Operand::Number(..) | Operand::Regex(_) => None,
        }
    }

    /// Whether a value passes that is a text.
    pub(super) fn holds_for_text(&self, value: &str) -> bool {
        let equal = match &self.operand {
            Operand::Glob(glob) => glob.is_match(value),
            Operand::Regex(regex) => regex.is_match(value),
            Operand::Number(wanted, source) => match number(value) {
                Some(found) => return self.operator.holds(found, *wanted),
                None if self.operator.is_equality() => value == source,
                None => return false,
            },
        };
        equal == (self.operator == Operator::Equal)
    }
}

/// Text in which `*` stands for any characters.
#[derive(Debug)]
struct Glob {
    source: String,
}

impl Glob {
    fn new(source: &str) -> Self {
        Glob { source: source.to_owned() }
    }

    fn is_match(&self, text: &str) -> bool {
        let mut parts = self.source.split('*');
        let first = parts.next().expect("split yields at least one part");
        let Some(mut rest) = text.strip_prefix(first) else { return false };
        let Some(last) = self.source.rsplit('*').next().filter(|_| self.source.contains('*')) else {
            return rest.is_empty();
        };
        let between = self.source.matches('*').count() - 1;
        for part in parts.take(between) {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.len() >= last.len() && rest.ends_with(last)
    }
}

/// An integer or decimal with an optional sign and exponent, as the guide allows; nothing else that Rust would take.
pub(super) fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    if plain { text.parse().ok() } else { None }
}

/// Takes a `"text"` from the front, `\"` standing for a quotation mark.
pub(super) fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((content, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => content.push(escaped),
                Some((_, other)) => content.extend(['\\', other]),
                None => break,
            },
            _ => content.push(c),
        }
    }
    Err("Invalid filter pattern: a quotation mark is not closed".to_owned())
}

/// A regular expression of the restricted kind that filter patterns know.
#[derive(Debug)]
pub(super) struct Regex(regex::Regex);

impl Regex {
    pub(super) fn is_match(&self, text: &str) -> bool {
        // `$` stands before the line end with which Lambda's text lines arrive.
        self.0.is_match(text.strip_suffix('\n').unwrap_or(text))
    }
}

/// Takes a `%regex%` from the front.
pub(super) fn percent_regex(text: &str) -> Result<(Regex, &str), String> {
    let body = &text[1..];
    let end = body.find('%').ok_or("Invalid filter pattern: a regular expression is not closed with '%'")?;
    let source = &body[..end];
    let invalid = |why: &str| format!("Invalid regular expression '{source}': {why}");
    if source.is_empty() {
        return Err(invalid("it is empty"));
    }
    let translated = translate(source).map_err(|why| invalid(&why))?;
    let regex =
        RegexBuilder::new(&translated).size_limit(1 << 20).build().map_err(|_| invalid("it is not well-formed"))?;
    Ok((Regex(regex), &body[end + 1..]))
}

/// The service's dialect said in that of the regex crate: ASCII classes, `{,n}`, and a plain `[` inside a class.
fn translate(source: &str) -> Result<String, String> {
    let mut out = String::with_capacity(source.len() + 8);
    let mut in_class = false;
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('d') => out.push_str("[0-9]"),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str("[0-9A-Za-z_]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('s') => out.push_str(r"[\t\n\r\x0B\x0C ]"),
                Some('S') => out.push_str(r"[^\t\n\r\x0B\x0C ]"),
                Some('x') => {
                    let digits: String = chars.by_ref().take(2).collect();
                    let code = u8::from_str_radix(&digits, 16).ok().filter(|code| digits.len() == 2 && *code < 0x80);
                    let code = code.ok_or("\\x takes two hexadecimal digits of an ASCII character")?;
                    out.push_str(&format!(r"\x{code:02X}"));
                }
                Some(escaped) if escaped.is_ascii_punctuation() => out.extend(['\\', escaped]),
                Some(other) => return Err(format!("\\{other} is not supported")),
                None => return Err("it ends in a backslash".to_owned()),
            },
            '[' if in_class => out.push_str(r"\["),
            '[' => {
                in_class = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            '{' if !in_class && chars.peek() == Some(&',') => out.push_str("{0"),
            '#' => out.push_str(r"\#"),
            '^' | '$' | '?' | '{' | '}' | '|' | '*' | '+' | '.' => out.push(c),
            ':' | '_' | '=' | '@' | '/' | ';' | ',' | '-' | ' ' => out.push(c),
            _ if c.is_ascii_alphanumeric() => out.push(c),
            _ => return Err(format!("'{c}' is not supported")),
        }
    }
    Ok(out)
}
