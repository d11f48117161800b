//! The words of a filter expression: keywords, numbers, quoted texts, JSON and symbols, each with its place.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `fault`, `http.url`, `AND`, `-0.25`.
    Word,
    /// `annotation[a.key]`, with its brackets.
    Path {
        /// The bracket at its end is there.
        closed: bool,
    },
    /// `"a"` or `'a'`. The guide shows the former only and speaks of quotation marks, so both are read.
    Text {
        /// The quotation mark at its end is there.
        closed: bool,
    },
    /// `#[…]`.
    Json {
        /// All its brackets are closed.
        closed: bool,
    },
    /// `(`, `!=`; also those that the language does not have, as `&&`.
    Symbol,
    /// Nothing is left.
    End,
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub from: usize,
    /// As it stands there.
    pub text: &'a str,
}

impl Token<'_> {
    /// Byte behind the last.
    pub fn to(&self) -> usize {
        self.from + self.text.len()
    }

    /// This symbol.
    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// This word, in capitals or not: the guide itself writes both `and` and `AND`, `responsetime` and `responseTime`.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// A number, written bare.
    pub fn is_number(&self) -> bool {
        self.kind == Kind::Word && is_number(self.text)
    }
}

/// `5`, `-0.25`, `.5`, `1e3`.
pub(super) fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && word.parse::<f64>().is_ok()
}

/// Characters that no word has in it.
const STOPS: &str = "()[]{}=!<>,\"'#&|";
/// Longer ones first, or `<=` would be read as `<`. The last of the long ones are what other languages have.
const LONG_SYMBOLS: [&str; 7] = ["!=", "<=", ">=", "==", "<>", "&&", "||"];

/// Cuts a text into tokens, whatever it is. The last one is [`Kind::End`]. `escapes`: a backslash in a text takes the
/// next character with it.
pub(super) fn tokens(text: &str, escapes: bool) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut from = 0;
    while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            from += blank;
            continue;
        }
        let (kind, length) = first(rest, escapes);
        let Some(word) = rest.get(..length).filter(|word| !word.is_empty()) else { break };
        tokens.push(Token { kind, from, text: word });
        from += length;
    }
    tokens.push(Token { kind: Kind::End, from: text.len(), text: "" });
    tokens
}

/// The token at the beginning of a text that does not begin with a blank: what it is, and its bytes.
fn first(rest: &str, escapes: bool) -> (Kind, usize) {
    let Some(head) = rest.chars().next() else { return (Kind::End, 0) };
    if matches!(head, '"' | '\'') {
        let (length, closed) = quoted(rest, head, escapes);
        return (Kind::Text { closed }, length);
    }
    if head == '#' && rest.trim_start_matches('#').trim_start().starts_with(['[', '{']) {
        let (length, closed) = json(rest);
        return (Kind::Json { closed }, length);
    }
    if let Some(symbol) = LONG_SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        return (Kind::Symbol, symbol.len());
    }
    if STOPS.contains(head) || head == ':' {
        return (Kind::Symbol, head.len_utf8());
    }
    let run = rest.find(|c: char| c.is_whitespace() || STOPS.contains(c)).unwrap_or(rest.len());
    // `name:"a"` ends at the colon, `AWS::Lambda` does not.
    let word = rest.get(..run).unwrap_or(rest).trim_end_matches(':');
    if is_annotation(word)
        && let Some(behind) = rest.get(word.len()..)
        && behind.trim_start().starts_with('[')
    {
        let (length, closed) = bracketed(behind, escapes);
        return (Kind::Path { closed }, word.len() + length);
    }
    (Kind::Word, word.len())
}

/// `annotation` by itself. With the two ends of an edge before it the guide has it not, other descriptions do.
pub(super) fn is_annotation(word: &str) -> bool {
    ["annotation", "source.annotation", "destination.annotation"].iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// Bytes of a text up to its closing quotation mark, and whether there is one.
fn quoted(rest: &str, quote: char, escapes: bool) -> (usize, bool) {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' && escapes {
            escaped = true;
        } else if c == quote {
            return (at + c.len_utf8(), true);
        }
    }
    (rest.len(), false)
}

/// Bytes of `[key]` or `["key"]` with blanks around, and whether the bracket is closed. A bare key ends where something
/// stands that is hardly part of one, so that a missing bracket does not take the rest of the expression.
fn bracketed(rest: &str, escapes: bool) -> (usize, bool) {
    let open = rest.find('[').map_or(rest.len(), |at| at + 1);
    let inside = rest.get(open..).unwrap_or_default();
    let blank = inside.len() - inside.trim_start().len();
    let key = inside.trim_start();
    let quote = key.chars().next().filter(|c| matches!(c, '"' | '\''));
    let length = match quote {
        Some(quote) => quoted(key, quote, escapes).0,
        None => key.find(['[', ']', '=', '"', '\'']).unwrap_or(key.len()),
    };
    let behind = key.get(length..).unwrap_or_default();
    if behind.trim_start().starts_with(']') {
        let close = behind.len() - behind.trim_start().len() + 1;
        return (open + blank + length + close, true);
    }
    let length = key.get(..length).unwrap_or_default().trim_end().len();
    (open + blank + length, false)
}

/// Bytes of JSON up to the bracket that closes the first one, and whether there is one.
fn json(rest: &str) -> (usize, bool) {
    let (mut depth, mut inside, mut escaped) = (0usize, false, false);
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            '[' | '{' if !inside => depth += 1,
            ']' | '}' if !inside => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return (at + 1, true);
                }
            }
            _ => {}
        }
    }
    (rest.len(), false)
}

/// What a quoted text means: without its quotation marks and its backslashes. The mark at its end may be missing.
pub(super) fn unquoted(text: &str) -> String {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return text.to_owned() };
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars().skip(1) {
        if escaped {
            escaped = false;
            out.push(c);
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            break;
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        let mut words: Vec<&str> = tokens(text, true).iter().map(|token| token.text).collect();
        assert_eq!(words.pop(), Some(""), "the end");
        words
    }

    #[test]
    fn words_end_where_something_else_begins() {
        assert_eq!(cut("ok !partial duration <3"), ["ok", "!", "partial", "duration", "<", "3"]);
        assert_eq!(cut("a!=-0.5"), ["a", "!=", "-0.5"]);
        assert_eq!(
            cut("service(id(name: \"a b\", type:\"AWS::X\")){}"),
            ["service", "(", "id", "(", "name", ":", "\"a b\"", ",", "type", ":", "\"AWS::X\"", ")", ")", "{", "}"]
        );
        assert_eq!(cut("type = AWS::Lambda"), ["type", "=", "AWS::Lambda"]);
        assert_eq!(cut("#[{\"a\": \"]\"}] ok"), ["#[{\"a\": \"]\"}]", "ok"]);
    }

    #[test]
    fn a_key_in_brackets_is_one_word() {
        assert_eq!(cut("annotation[a.b]=1"), ["annotation[a.b]", "=", "1"]);
        assert_eq!(cut("Annotation[ \"a ] b\" ] = 1"), ["Annotation[ \"a ] b\" ]", "=", "1"]);
        assert_eq!(cut("annotation[a = 1"), ["annotation[a", "=", "1"]);
        assert_eq!(cut("other[a]"), ["other", "[", "a", "]"]);
    }

    #[test]
    fn texts_mean_what_stands_between_their_marks() {
        for (text, meaning) in
            [("\"a\"", "a"), ("'a\"'", "a\""), (r#""a\"b\\c""#, r#"a"b\c"#), ("\"a", "a"), ("a", "a")]
        {
            assert_eq!(unquoted(text), meaning, "{text}");
        }
        assert_eq!(cut(r#""a\"b" c"#), [r#""a\"b""#, "c"]);
        assert_eq!(tokens(r#""a\" b"#, false).first().map(|token| token.text), Some(r#""a\""#));
    }

    #[test]
    fn numbers_begin_with_a_digit() {
        for number in ["5", "-0.25", ".5", "1e3", "+2", "5."] {
            assert!(is_number(number), "{number}");
        }
        for word in ["inf", "nan", "-", ".", "5s", "", "1_000", "-inf"] {
            assert!(!is_number(word), "{word}");
        }
    }
}
