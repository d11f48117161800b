//! The text of a query, read word by word.

use super::Malformed;
use regex::Regex;

/// A query and how far it has been read.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Parentheses and arguments that are open.
    pub(super) depth: usize,
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '.')
}

impl<'a> Reader<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Blanks and comments, which run from `#` to the end of the line.
    pub(super) fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// An error about the word that stands here.
    pub(super) fn malformed(&self, message: impl Into<String>) -> Malformed {
        let word = self.rest().chars().take_while(|c| is_word(*c)).count().max(1);
        let start = self.text[..self.at].chars().count();
        Malformed { start, end: start + word, message: message.into() }
    }

    pub(super) fn unexpected(&self) -> Malformed {
        let position = self.text[..self.at].chars().count();
        match self.rest().chars().next() {
            None => self.malformed("unexpected end of the query"),
            Some(_) => {
                let word: String = self.rest().chars().take_while(|c| is_word(*c)).collect();
                let shown = if word.is_empty() { self.rest().chars().take(1).collect() } else { word };
                self.malformed(format!("unexpected symbol found {shown} at position {position}"))
            }
        }
    }

    pub(super) fn take(&mut self, symbol: &str) -> bool {
        self.skip();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), Malformed> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The word that stands here, not taken.
    pub(super) fn peek(&mut self) -> &'a str {
        self.skip();
        let rest = self.rest();
        &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
    }

    /// Takes a keyword, in any case.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let word = self.peek();
        let found = word.eq_ignore_ascii_case(keyword);
        if found {
            self.at += word.len();
        }
        found
    }

    pub(super) fn at_closing(&mut self) -> bool {
        self.skip();
        self.rest().starts_with(')')
    }

    pub(super) fn name(&mut self) -> Result<String, Malformed> {
        if self.take("`") {
            let rest = self.rest();
            let end = rest.find('`').ok_or_else(|| self.malformed("a backtick is not closed"))?;
            self.at += end + 1;
            return Ok(rest[..end].to_owned());
        }
        let word = self.peek();
        if !word.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '@')) {
            return Err(self.unexpected());
        }
        self.at += word.len();
        Ok(word.to_owned())
    }

    pub(super) fn number(&mut self) -> Result<f64, Malformed> {
        let word = self.peek();
        let number = word.parse().ok().filter(|_| word.starts_with(|c: char| c.is_ascii_digit()));
        let number = number.ok_or_else(|| self.unexpected())?;
        self.at += word.len();
        Ok(number)
    }

    pub(super) fn string(&mut self) -> Result<String, Malformed> {
        self.skip();
        let mut chars = self.rest().char_indices();
        let Some((_, mark @ ('"' | '\''))) = chars.next() else { return Err(self.unexpected()) };
        let mut content = String::new();
        while let Some((at, c)) = chars.next() {
            if c == mark {
                self.at += at + 1;
                return Ok(content);
            }
            match c {
                '\\' => match chars.next() {
                    Some((_, escaped)) if escaped == mark || escaped == '\\' => content.push(escaped),
                    Some((_, other)) => content.extend(['\\', other]),
                    None => break,
                },
                _ => content.push(c),
            }
        }
        Err(self.malformed("a quotation mark is not closed"))
    }

    pub(super) fn regex(&mut self) -> Result<Regex, Malformed> {
        self.expect("/")?;
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.find(|c| {
            let closes = c == '/' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let end = end.ok_or_else(|| self.malformed("a regular expression is not closed with /"))?;
        let source = rest[..end].replace("\\/", "/");
        let regex = Regex::new(&source).map_err(|_| self.malformed("the regular expression is not well-formed"))?;
        self.at += end + 1;
        Ok(regex)
    }

    /// `5m`, `30s`, `1h`, in milliseconds.
    pub(super) fn period(&mut self) -> Result<i64, Malformed> {
        let word = self.peek();
        let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        let count: i64 = word[..digits].parse().map_err(|_| self.unexpected())?;
        let unit = match &word[digits..] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 24 * 3_600_000,
            "w" => 7 * 24 * 3_600_000,
            _ => return Err(self.unexpected()),
        };
        let period = count.checked_mul(unit).filter(|period| *period > 0).ok_or_else(|| self.unexpected())?;
        self.at += word.len();
        Ok(period)
    }
}
