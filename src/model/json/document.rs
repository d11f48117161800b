//! A JSON text with the place of each of its values, found in one walk: nothing of it is copied or made into a number.

use std::borrow::Cow;

use super::path::{Path, Step};
use super::{Broken, DEEPEST, Scanner, plain, unescaped};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`
    Null,
}

impl Kind {
    /// Has values in it, or could.
    pub fn is_container(self) -> bool {
        matches!(self, Kind::Object | Kind::Array)
    }
}

/// What a value is called in what holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label<'a> {
    /// By its key.
    Key(Cow<'a, str>),
    /// By its place, from 0.
    Index(usize),
    /// The whole text.
    Root,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// How deep: the whole text is 0.
    pub depth: u16,
    /// Values directly in it.
    pub count: u32,
    /// The value after this one and all that is in it.
    pub next: u32,
    /// What holds it; itself for the whole text.
    pub parent: u32,
    from: u32,
    to: u32,
    /// Its key with the quotes, or its place in an array.
    key: (u32, u32),
}

/// A JSON text and its values, each before those in it.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    nodes: Vec<Node>,
}

impl Document {
    /// Reads a text. Errors: it is no JSON, or nested too deep to be read by anybody.
    pub fn read(text: &str) -> Result<Document, Broken> {
        let mut scanner = Scanner::new(text);
        if u32::try_from(text.len()).is_err() {
            return Err(scanner.broken("less text"));
        }
        let mut nodes = Vec::with_capacity(text.len() / 32);
        // Containers that are still open.
        let mut open: Vec<u32> = Vec::new();
        loop {
            value(&mut scanner, &mut nodes, &mut open)?;
            // Up, to where a further value stands.
            loop {
                let Some(holder) = open.last().copied() else {
                    return match scanner.peek() {
                        None => Ok(Document { text: text.to_string(), nodes }),
                        Some(_) => Err(scanner.broken("nothing more")),
                    };
                };
                let first = nodes.len() - 1 == holder as usize;
                let (close, expected) = match nodes[holder as usize].kind {
                    Kind::Object => (b'}', "a comma or }"),
                    _ => (b']', "a comma or ]"),
                };
                match scanner.peek() {
                    Some(byte) if byte == close => {
                        scanner.at += 1;
                        let next = small(nodes.len());
                        let node = &mut nodes[holder as usize];
                        (node.to, node.next) = (small(scanner.at), next);
                        open.pop();
                    }
                    Some(b',') if !first => {
                        scanner.at += 1;
                        break;
                    }
                    Some(_) if first => break,
                    _ => return Err(scanner.broken(expected)),
                }
            }
        }
    }

    /// How many values, containers included; never 0.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: the whole text is a value.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The value at a place; 0 is the whole text.
    pub fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// It as it stands in the text.
    pub fn raw(&self, at: usize) -> &str {
        &self.text[self.nodes[at].from as usize..self.nodes[at].to as usize]
    }

    /// It as text: a string without its quotes.
    pub fn plain(&self, at: usize) -> Cow<'_, str> {
        plain(self.raw(at))
    }

    /// What it is called in what holds it.
    pub fn label(&self, at: usize) -> Label<'_> {
        let node = &self.nodes[at];
        if at == 0 {
            return Label::Root;
        }
        match self.nodes[node.parent as usize].kind {
            Kind::Object => Label::Key(unescaped(&self.text[node.key.0 as usize + 1..node.key.1 as usize - 1])),
            _ => Label::Index(node.key.0 as usize),
        }
    }

    /// The key of a value as it stands in the text, in its quotes; none in a list.
    pub fn raw_key(&self, at: usize) -> Option<&str> {
        let node = &self.nodes[at];
        let keyed = at > 0 && self.nodes[node.parent as usize].kind == Kind::Object;
        keyed.then(|| &self.text[node.key.0 as usize..node.key.1 as usize])
    }

    /// Where it stands, as `.detail.items[3].sku`.
    pub fn path(&self, at: usize) -> String {
        let mut steps = Vec::new();
        let mut at = at;
        loop {
            steps.push(match self.label(at) {
                Label::Root => break,
                Label::Key(key) => Step::Key(key.into_owned()),
                Label::Index(index) => Step::Index(index),
            });
            at = self.nodes[at].parent as usize;
        }
        steps.reverse();
        Path(steps).to_string()
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The text is shorter than 4 GiB.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Reads the value that comes next, with its key: to its end, or into it.
fn value(scanner: &mut Scanner<'_>, nodes: &mut Vec<Node>, open: &mut Vec<u32>) -> Result<(), Broken> {
    let holder = open.last().copied();
    let key = match holder.map(|holder| &nodes[holder as usize]) {
        Some(Node { kind: Kind::Object, .. }) => scanner.key()?,
        Some(array) => (array.count as usize, 0),
        None => (0, 0),
    };
    let Some(first) = scanner.peek() else { return Err(scanner.broken("a value")) };
    let from = scanner.at;
    let kind = match first {
        b'{' => Kind::Object,
        b'[' => Kind::Array,
        b'"' => Kind::String,
        b't' | b'f' => Kind::Bool,
        b'n' => Kind::Null,
        _ => Kind::Number,
    };
    let at = small(nodes.len());
    match kind {
        Kind::Object | Kind::Array if open.len() == DEEPEST => return Err(scanner.broken("less nesting")),
        Kind::Object | Kind::Array => {
            scanner.at += 1;
            open.push(at);
        }
        Kind::String => {
            let (from, to) = scanner.string()?;
            // As it came from a terminal or a file: a string does not go over several lines.
            if let Some(control) = scanner.bytes[from..to].iter().position(|byte| *byte < 0x20) {
                scanner.at = from + control;
                return Err(scanner.broken("the end of a string"));
            }
        }
        _ => {
            scanner.scalar()?;
        }
    }
    if let Some(holder) = holder {
        nodes[holder as usize].count += 1;
    }
    scanner.values += 1;
    nodes.push(Node {
        kind,
        depth: u16::try_from(open.len() - usize::from(kind.is_container())).unwrap_or(u16::MAX),
        count: 0,
        next: at + 1,
        parent: holder.unwrap_or(at),
        from: small(from),
        to: small(scanner.at),
        key: (small(key.0), small(key.1)),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_place() {
        let document = Document::read(r#" {"a": {"b": [1, "x"]}, "c": null} "#).unwrap();
        let seen: Vec<_> =
            (0..document.len()).map(|at| (document.path(at), document.raw(at), document.node(at).depth)).collect();
        let expected = [
            (".", r#"{"a": {"b": [1, "x"]}, "c": null}"#, 0),
            (".a", r#"{"b": [1, "x"]}"#, 1),
            (".a.b", r#"[1, "x"]"#, 2),
            (".a.b[0]", "1", 3),
            (".a.b[1]", "\"x\"", 3),
            (".c", "null", 1),
        ];
        assert_eq!(seen, expected.map(|(path, raw, depth)| (path.to_string(), raw, depth)));
        assert_eq!(document.plain(4), "x");
        let next: Vec<u32> = (0..6).map(|at| document.node(at).next).collect();
        assert_eq!(next, [6, 5, 5, 4, 5, 6]);
        let count: Vec<u32> = (0..6).map(|at| document.node(at).count).collect();
        assert_eq!(count, [2, 1, 2, 0, 0, 0]);
    }

    #[test]
    fn what_is_broken_says_where() {
        for (text, at, expected) in [
            ("", 0, "a value"),
            ("hello", 0, "a value"),
            ("{\"a\":1,}", 7, "a key in quotes"),
            ("{\"a\" 1}", 5, "a colon after a key"),
            ("[1 2]", 3, "a comma or ]"),
            ("[1,]", 3, "a value"),
            ("{\"a\":1", 6, "a comma or }"),
            ("{\"a\":\"x", 7, "the end of a string"),
            ("{} {}", 3, "nothing more"),
            ("[01]", 1, "a value"),
            ("[1.]", 2, "digits after a point"),
            ("{\"a\":\"x\ny\"}", 7, "the end of a string"),
        ] {
            let broken = Document::read(text).unwrap_err();
            assert_eq!((broken.at, broken.expected), (at, expected), "{text}");
        }
        assert!(Document::read(&"[".repeat(100_000)).is_err());
    }
}
