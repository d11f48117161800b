//! The words of a filter expression: keywords, numbers, quoted texts and symbols, each with its place.

use super::filter::Mistake;

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// `fault`, `http.url`, `AND`.
    Word(String),
    /// `5`, `-0.25`.
    Number(f64),
    /// `"a"` or `'a'`, without its quotation marks.
    Text(String),
    /// `(`, `!=`, …
    Symbol(&'static str),
    /// Nothing is left.
    End,
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Word(word) => write!(f, "\"{word}\""),
            Token::Number(number) => write!(f, "{number}"),
            Token::Text(text) => write!(f, "the text \"{text}\""),
            Token::Symbol(symbol) => write!(f, "\"{symbol}\""),
            Token::End => write!(f, "the end"),
        }
    }
}

/// Longer ones first, or `<=` would be read as `<`.
const SYMBOLS: [&str; 15] = ["!=", "<=", ">=", "=", "<", ">", "!", "(", ")", "{", "}", "[", "]", ",", ":"];

/// The words of one expression, and how far they have been read.
pub struct Lexicon {
    words: Vec<(usize, Token)>,
    next: usize,
}

impl Lexicon {
    /// Cuts `text` into words; places are counted in characters.
    pub fn read(text: &str) -> Result<Self, Mistake> {
        let characters: Vec<char> = text.chars().collect();
        let mut words = Vec::new();
        let mut at = 0;
        while let Some(&first) = characters.get(at) {
            if first.is_whitespace() {
                at += 1;
                continue;
            }
            let (token, end) = word(&characters, at)?;
            words.push((at, token));
            at = end;
        }
        words.push((characters.len(), Token::End));
        Ok(Self { words, next: 0 })
    }

    /// The word that comes next.
    pub fn peek(&self) -> &Token {
        &self.words[self.next].1
    }

    /// Where it stands.
    pub fn at(&self) -> usize {
        self.words[self.next].0
    }

    /// Takes the next word with its place; the end can be taken again and again.
    pub fn next(&mut self) -> (usize, Token) {
        let taken = self.words[self.next].clone();
        self.next = (self.next + 1).min(self.words.len() - 1);
        taken
    }

    /// Takes the next word if it is this symbol.
    pub fn take_symbol(&mut self, symbol: &str) -> bool {
        self.take_if(|token| matches!(token, Token::Symbol(found) if *found == symbol))
    }

    /// Takes the next word if it is `AND` or `OR`, in capitals or not.
    pub fn take_operator(&mut self, operator: &str) -> bool {
        self.take_if(|token| matches!(token, Token::Word(found) if found.eq_ignore_ascii_case(operator)))
    }

    fn take_if(&mut self, fits: impl Fn(&Token) -> bool) -> bool {
        let taken = fits(self.peek());
        if taken {
            self.next();
        }
        taken
    }
}

fn word(characters: &[char], at: usize) -> Result<(Token, usize), Mistake> {
    let first = characters[at];
    if first == '"' || first == '\'' {
        return text(characters, at);
    }
    if first.is_alphabetic() || first == '_' {
        let mut end = run(characters, at, |c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-'));
        // `name: "x"` ends at the colon, `aws:api_id` does not.
        while end > at + 1 && characters[end - 1] == ':' {
            end -= 1;
        }
        return Ok((Token::Word(characters[at..end].iter().collect()), end));
    }
    let negative = first == '-' && characters.get(at + 1).is_some_and(|c| c.is_ascii_digit() || *c == '.');
    if first.is_ascii_digit() || negative || first == '.' {
        let end = run(characters, at + 1, |c| c.is_ascii_alphanumeric() || c == '.');
        let digits: String = characters[at..end].iter().collect();
        return match digits.parse() {
            Ok(number) => Ok((Token::Number(number), end)),
            Err(_) => Err(Mistake { at, what: format!("\"{digits}\" is not a number") }),
        };
    }
    for symbol in SYMBOLS {
        let length = symbol.len();
        if characters[at..].iter().take(length).copied().eq(symbol.chars()) {
            return Ok((Token::Symbol(symbol), at + length));
        }
    }
    Err(Mistake { at, what: format!("unexpected character \"{first}\"") })
}

/// A backslash takes the next character as it is.
fn text(characters: &[char], at: usize) -> Result<(Token, usize), Mistake> {
    let quote = characters[at];
    let mut text = String::new();
    let mut place = at + 1;
    while let Some(&character) = characters.get(place) {
        place += 1;
        if character == quote {
            return Ok((Token::Text(text), place));
        }
        if character == '\\' {
            let Some(&escaped) = characters.get(place) else { break };
            text.push(escaped);
            place += 1;
        } else {
            text.push(character);
        }
    }
    Err(Mistake { at, what: "a quotation mark is not closed".into() })
}

fn run(characters: &[char], from: usize, fits: impl Fn(char) -> bool) -> usize {
    characters[from..].iter().position(|&c| !fits(c)).map_or(characters.len(), |length| from + length)
}
