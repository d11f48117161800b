//! The grammar of filter expressions: reads one, says what is wrong with it, and what could come where it ends.

use super::builders::quote;
use super::keywords::{self, Kind, WORD_OPERATORS, nearest, shortened};
use super::reading::{Fault, Field, PARTS, Reading, Scope, Shape, Want, found, is_bare_text, listed};
use super::tokens::{self, Token, tokens};

/// Nesting that no person writes; without a bound an expression could overflow the stack.
const DEEPEST: usize = 100;

/// Reads an expression. An empty one has no terms, and that is right.
pub(super) fn read(text: &str, escapes: bool) -> Reading<'_> {
    let words = tokens(text, escapes);
    let mut grammar = Grammar {
        words: &words,
        next: 0,
        depth: 0,
        wants: Vec::new(),
        scopes: Vec::new(),
        parts: Vec::new(),
        bare: None,
    };
    let outcome = grammar.whole();
    let scope = grammar.scopes.last().copied().unwrap_or(Scope::Trace);
    Reading { outcome, wants: grammar.wants, scope, parts: grammar.parts }
}

struct Grammar<'w, 'a> {
    words: &'w [Token<'a>],
    next: usize,
    depth: usize,
    wants: Vec<Want<'a>>,
    scopes: Vec<Scope>,
    parts: Vec<&'a str>,
    /// The keyword right before, if it stands without a comparison.
    bare: Option<Field<'a>>,
}

impl<'a> Grammar<'_, 'a> {
    fn whole(&mut self) -> Result<Shape, Fault> {
        if self.words.len() <= 1 {
            self.want(Want::Keyword { joined: true });
            return Ok(Shape::default());
        }
        let shape = self.expression()?;
        if self.peek().kind == tokens::Kind::End { Ok(shape) } else { Err(self.surplus("AND, OR or the end")) }
    }

    /// Terms side by side. The guide joins them without AND in one example.
    fn expression(&mut self) -> Result<Shape, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.fault(format!("more than {DEEPEST} brackets inside each other can't be read here")));
        }
        let mut shape = Shape::default();
        let mut joined = true;
        loop {
            let from = self.peek().from;
            self.term(joined)?;
            shape.terms.push(from..self.words.get(self.next.wrapping_sub(1)).map_or(from, Token::to));
            self.want(Want::Join);
            joined = true;
            if self.take(|word| word.is_word("OR")) {
                shape.or = true;
            } else if !self.take(|word| word.is_word("AND")) {
                self.want(Want::Keyword { joined: false });
                joined = false;
                if !self.begins_term() {
                    self.depth -= 1;
                    return Ok(shape);
                }
            }
        }
    }

    fn begins_term(&self) -> bool {
        let word = self.peek();
        let word_of_a_term = word.kind == tokens::Kind::Word && !word.is_number();
        word_of_a_term || matches!(word.kind, tokens::Kind::Path { .. }) || word.is_symbol("!") || word.is_symbol("(")
    }

    fn term(&mut self, joined: bool) -> Result<(), Fault> {
        while self.take(|word| word.is_symbol("!")) {}
        self.want(Want::Keyword { joined });
        self.bare = None;
        if self.take(|word| word.is_symbol("(")) {
            self.expression()?;
            return self.close(")");
        }
        let word = self.peek();
        match word.kind {
            tokens::Kind::Path { closed: true } => {
                self.next += 1;
                self.comparison(Field { word: word.text, kind: Kind::Annotation })
            }
            tokens::Kind::Path { closed: false } => Err(self.unclosed("the bracket of this annotation is not closed")),
            tokens::Kind::Word if !word.is_number() => {
                let kind = keywords::meaning(word.text).map_err(|what| self.fault(what))?;
                self.next += 1;
                self.keyword(Field { word: word.text, kind })
            }
            _ => Err(self.surplus("a keyword")),
        }
    }

    fn keyword(&mut self, field: Field<'a>) -> Result<(), Fault> {
        match field.kind {
            Kind::Service => {
                self.symbol("(", &format!("as in `{}(\"name\")`", field.word))?;
                self.want(Want::Node);
                self.want(Want::Symbol(")"));
                if !self.take(|word| word.is_symbol(")")) {
                    self.node()?;
                    self.close(")")?;
                }
                self.body(Scope::Node)
            }
            Kind::Edge => {
                self.symbol("(", &format!("as in `{}(\"from\", \"to\")`", field.word))?;
                self.want(Want::Node);
                // That the names can be left out is said of services only. It is not said that they can't here.
                if !self.take(|word| word.is_symbol(")")) {
                    self.node()?;
                    self.symbol(",", "and the service that is called")?;
                    self.node()?;
                    self.close(")")?;
                }
                self.body(Scope::Node)
            }
            Kind::Cause => self.body(Scope::Cause),
            Kind::Unknown => {
                self.comparison(field)?;
                if self.peek().is_symbol("{") { self.body(Scope::Trace) } else { Ok(()) }
            }
            _ => self.comparison(field),
        }
    }

    /// `{filter}`, or nothing. Nothing between the braces is not ruled out by the guide.
    fn body(&mut self, scope: Scope) -> Result<(), Fault> {
        self.want(Want::Open);
        if !self.take(|word| word.is_symbol("{")) {
            return Ok(());
        }
        self.scopes.push(scope);
        if !self.take(|word| word.is_symbol("}")) {
            self.expression()?;
            self.close("}")?;
        }
        self.scopes.pop();
        Ok(())
    }

    /// `"name"` or `id(name: "…", type: "…", account.id: "…")`.
    fn node(&mut self) -> Result<(), Fault> {
        self.want(Want::Node);
        let word = self.peek();
        if let tokens::Kind::Text { .. } = word.kind {
            return self.text();
        }
        if !word.is_word("id") {
            let instead =
                if word.kind == tokens::Kind::Word { format!(" - {}?", quote(word.text)) } else { String::new() };
            let what = format!(
                "expected the name of a service in quotation marks, or `id(…)`, found {}{instead}",
                found(word)
            );
            return Err(self.fault(what));
        }
        self.next += 1;
        self.symbol("(", "as in `id(name: \"name\", type: \"AWS::Lambda::Function\")`")?;
        self.parts.clear();
        self.want(Want::Part);
        self.want(Want::Symbol(")"));
        if self.take(|word| word.is_symbol(")")) {
            return Ok(());
        }
        loop {
            self.part()?;
            self.want(Want::Symbol(","));
            if !self.take(|word| word.is_symbol(",")) {
                return self.close(")");
            }
        }
    }

    fn part(&mut self) -> Result<(), Fault> {
        self.want(Want::Part);
        let word = self.peek();
        if !PARTS.iter().any(|part| word.is_word(part)) {
            let meant = nearest(word.text, PARTS.into_iter()).map(|part| format!(" - `{part}`?")).unwrap_or_default();
            return Err(self.fault(format!("expected name, type or account.id, found {}{meant}", found(word))));
        }
        self.next += 1;
        self.parts.push(word.text);
        self.symbol(":", "and a text in quotation marks")?;
        self.want(Want::PartValue(word.text));
        self.text()
    }

    /// A comparison, or none: then it is asked whether the value is true, or there at all.
    fn comparison(&mut self, field: Field<'a>) -> Result<(), Fault> {
        self.want(Want::Operator(field));
        let word = self.peek();
        let symbols = ["=", "!=", "<", "<=", ">", ">="];
        let by_symbol = symbols.iter().any(|symbol| word.is_symbol(symbol));
        let by_word = WORD_OPERATORS.iter().any(|operator| word.is_word(operator));
        if !by_symbol && !by_word {
            self.bare = Some(field);
            return Ok(());
        }
        if !field.kind.operators().iter().any(|operator| operator.eq_ignore_ascii_case(word.text)) {
            let (keyword, allowed) = (shortened(field.word), listed(field.kind));
            return Err(self.fault(format!("`{keyword}` is compared by {allowed}, not by `{}`", word.text)));
        }
        self.next += 1;
        self.want(Want::Value(field, word.text));
        self.value(field, word.text)
    }

    fn value(&mut self, field: Field<'a>, operator: &str) -> Result<(), Fault> {
        let value = self.peek();
        let is_truth = |value: &str| ["true", "false"].iter().any(|truth| value.eq_ignore_ascii_case(truth));
        let fits = match field.kind {
            // "The string true or false", the guide says, and shows it without quotation marks.
            Kind::Truth => is_truth(value.text.trim_matches(['"', '\''])),
            Kind::Number => value.is_number(),
            Kind::Json => matches!(value.kind, tokens::Kind::Json { .. }),
            Kind::Annotation | Kind::Unknown if operator.contains(['<', '>']) => value.is_number(),
            Kind::Annotation | Kind::Unknown if ["=", "!="].contains(&operator) && value.is_number() => true,
            Kind::Unknown if matches!(value.kind, tokens::Kind::Json { .. }) => true,
            // Quotation marks are a must, the guide says, and then shows `name = traces`.
            _ => matches!(value.kind, tokens::Kind::Text { .. }) || is_bare_text(value),
        };
        if fits {
            return self.closed();
        }
        let seconds = ["duration", "responsetime"].iter().any(|keyword| field.word.eq_ignore_ascii_case(keyword));
        let expected = match field.kind {
            Kind::Truth => "true or false".to_owned(),
            Kind::Number if seconds => "a number of seconds without a unit".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::Json => "root causes as `#[…]`".to_owned(),
            Kind::Annotation | Kind::Unknown if operator.contains(['<', '>']) => format!("a number after `{operator}`"),
            Kind::Annotation | Kind::Unknown if operator.contains('=') => {
                "a text in quotation marks, a number, true or false".to_owned()
            }
            _ => "a text in quotation marks".to_owned(),
        };
        Err(self.fault(format!("expected {expected}, found {}", found(value))))
    }

    /// A text in quotation marks, where nothing else will do.
    fn text(&mut self) -> Result<(), Fault> {
        let word = self.peek();
        match word.kind {
            tokens::Kind::Text { .. } => self.closed(),
            _ => Err(self.fault(format!("expected a text in quotation marks, found {}", found(word)))),
        }
    }

    /// Takes a text or JSON, which has to have its end.
    fn closed(&mut self) -> Result<(), Fault> {
        match self.peek().kind {
            tokens::Kind::Text { closed: false } => {
                Err(self.unclosed("the quotation mark that opens here is not closed"))
            }
            tokens::Kind::Json { closed: false } => Err(self.unclosed("the JSON that begins here is not closed")),
            _ => {
                self.next += 1;
                Ok(())
            }
        }
    }

    fn symbol(&mut self, symbol: &'static str, why: &str) -> Result<(), Fault> {
        self.want(Want::Symbol(symbol));
        if self.take(|word| word.is_symbol(symbol)) {
            return Ok(());
        }
        let found = found(self.peek());
        Err(self.fault(format!("expected `{symbol}` {why}, found {found}")))
    }

    fn close(&mut self, symbol: &'static str) -> Result<(), Fault> {
        self.want(Want::Symbol(symbol));
        if self.take(|word| word.is_symbol(symbol)) { Ok(()) } else { Err(self.surplus(&format!("`{symbol}`"))) }
    }

    /// Says that something else was expected, the more exactly the better what stands there is known.
    fn surplus(&self, expected: &str) -> Fault {
        let word = self.peek();
        let meant = match word.text {
            "&&" | "&" => Some("AND"),
            "||" | "|" => Some("OR"),
            "==" => Some("="),
            "<>" => Some("!="),
            _ => None,
        };
        if let Some(meant) = meant {
            return self.fault(format!("`{}` is no operator - `{meant}`?", word.text));
        }
        if let tokens::Kind::Text { closed: false } = word.kind
            && self.bare.is_none()
        {
            return Fault { unfinished: false, ..self.fault(format!("expected {expected}, found {}", found(word))) };
        }
        let is_value = word.is_number() || matches!(word.kind, tokens::Kind::Text { .. } | tokens::Kind::Json { .. });
        if let Some(field) = self.bare.filter(|_| is_value) {
            let (keyword, allowed) = (shortened(field.word), listed(field.kind));
            return self.fault(format!("expected {allowed} after `{keyword}`, found {}", found(word)));
        }
        self.fault(format!("expected {expected}, found {}", found(word)))
    }

    fn fault(&self, what: String) -> Fault {
        let word = self.peek();
        // A point at the end of a word wants more of it.
        let cut = word.kind == tokens::Kind::Word && word.text.ends_with('.') && self.is_last();
        Fault { at: word.from, what, unfinished: word.kind == tokens::Kind::End || cut }
    }

    fn unclosed(&self, what: &str) -> Fault {
        Fault { at: self.peek().from, what: what.to_owned(), unfinished: self.is_last() }
    }

    fn is_last(&self) -> bool {
        self.next + 2 >= self.words.len()
    }

    fn peek(&self) -> Token<'a> {
        const NONE: Token<'static> = Token { kind: tokens::Kind::End, from: 0, text: "" };
        self.words.get(self.next).or(self.words.last()).copied().unwrap_or(NONE)
    }

    fn take(&mut self, fits: impl Fn(&Token<'a>) -> bool) -> bool {
        let taken = fits(&self.peek());
        self.next += usize::from(taken);
        taken
    }

    /// Notes what could come, if nothing does.
    fn want(&mut self, want: Want<'a>) {
        if self.peek().kind == tokens::Kind::End && !self.wants.contains(&want) {
            self.wants.push(want);
        }
    }
}
