//! What comes of reading a filter expression: its terms or what is wrong, and what could come at its end.

use super::keywords::{Kind, shortened};
use super::tokens::{self, Token};
use std::ops::Range;

/// Parts of `id(…)`.
pub(super) const PARTS: [&str; 3] = ["name", "type", "account.id"];

/// What is wrong, and whether that is only that something is missing at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Byte.
    pub at: usize,
    /// A sentence.
    pub what: String,
    /// With more behind it, the expression could be right.
    pub unfinished: bool,
}

/// The terms of an expression that stand side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Some are joined by OR.
    pub or: bool,
    /// Bytes of each.
    pub terms: Vec<Range<usize>>,
}

/// Inside of which braces something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// None.
    Trace,
    /// Those of `service(…)` or `edge(…)`.
    Node,
    /// Those of a root cause.
    Cause,
}

/// A keyword of the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// As it is written.
    pub word: &'a str,
    /// What it is compared with.
    pub kind: Kind,
}

/// What could come where the expression ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want<'a> {
    /// A keyword. `joined`: nothing else could come, as it may where AND can be left out.
    Keyword {
        /// Behind AND, OR, `!`, a bracket, or at the beginning.
        joined: bool,
    },
    /// AND or OR.
    Join,
    /// A comparison.
    Operator(Field<'a>),
    /// What it is compared with.
    Value(Field<'a>, &'a str),
    /// `(`, `)`, `}`, `,` or `:`.
    Symbol(&'static str),
    /// `{`.
    Open,
    /// The name of a service, or `id(`.
    Node,
    /// `name`, `type` or `account.id`.
    Part,
    /// What such a part is.
    PartValue(&'a str),
}

/// An expression, read as far as it makes sense.
pub(super) struct Reading<'a> {
    /// Its terms, or what is wrong.
    pub outcome: Result<Shape, Fault>,
    /// What could come at its end, if it makes sense up to there.
    pub wants: Vec<Want<'a>>,
    /// Where its end stands.
    pub scope: Scope,
    /// Parts of the `id(…)` at its end that are named already.
    pub parts: Vec<&'a str>,
}

/// A word that could be a text without its quotation marks.
pub(super) fn is_bare_text(word: Token<'_>) -> bool {
    let joins = ["AND", "OR"].iter().any(|join| word.is_word(join));
    let letters = |c: char| c.is_alphanumeric() || "_-.:".contains(c);
    word.kind == tokens::Kind::Word
        && !joins
        && word.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word.text.chars().all(letters)
}

/// What stands there, as it is shown in a sentence.
pub(super) fn found(word: Token<'_>) -> String {
    match word.kind {
        tokens::Kind::End => "the end".to_owned(),
        _ => format!("`{}`", shortened(word.text)),
    }
}

/// `=, != or CONTAINS`.
pub(super) fn listed(kind: Kind) -> String {
    match kind.operators() {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        operators => operators.concat(),
    }
}
