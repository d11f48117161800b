//! What we ask of the world, as data: a test compares it, the confirmation holds it, read-only refuses it, the audit
//! file writes it.

mod change;
mod command_line;
mod patch;

pub use change::{Change, Target};
pub use patch::{Edit, Op, Patch, method_path};

use super::export::Export;
use super::invoke::library::{Drawer, Entry, Library, Limits};
use crate::model::function::InvokeAnswer;
use crate::model::trouble::Trouble;

/// Something to be done outside the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Change the account (or run something in it).
    Change(Change),
    /// Put text on the terminal's clipboard (OSC 52).
    Copy {
        /// What it is, for the message: `request id`.
        what: String,
        /// The text.
        text: String,
    },
    /// Open a page in the browser.
    OpenUrl(String),
    /// Write a file of the user's own; the account is not changed by it.
    Export(Box<Export>),
    /// Run a jq expression on log lines, in another process; answered by one or more [`Outcome::Jq`].
    Jq {
        /// Told back with the answers; a later one ends what an earlier one still does.
        generation: u64,
        /// The expression; an empty one only ends what is under way.
        expression: String,
        /// Lines, each with a number by which its answer is known.
        lines: Vec<(u64, String)>,
    },
    /// Keep the Logs Insights queries that were run, the newest first.
    KeepQueries(Vec<String>),
    /// Keep the findings that are snoozed, a line of JSON each.
    KeepSnoozes(Vec<String>),
    /// Read what is kept of a function's invokes; answered by [`Outcome::InvokesRead`].
    ReadInvokes(Drawer),
    /// Keep one thing more, or less, of a function's invokes; only failures are told.
    KeepInvoke {
        /// Whose.
        drawer: Drawer,
        /// What.
        entry: Box<Entry>,
        /// How much may be kept.
        limits: Limits,
    },
    /// Hand the terminal to the user's editor with this text, and take it back; answered by [`Outcome::Edited`].
    Edit(String),
    /// Hand the terminal back to the shell until it brings us to the foreground again.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Take (true) or release the mouse.
    CaptureMouse(bool),
    /// Leave.
    Quit,
}

impl Effect {
    /// Changes the account: confirmed, audited, refused when writing is off.
    pub fn is_mutation(&self) -> bool {
        matches!(self, Effect::Change(_))
    }
}

/// What became of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The answer to an invoke.
    Invoked {
        /// The invoke.
        change: Change,
        /// Its answer.
        result: Result<InvokeAnswer, Failure>,
    },
    /// A change was made, or not.
    Changed {
        /// The change.
        change: Change,
        /// How it went.
        result: Result<(), Failure>,
    },
    /// Bytes sent to the terminal's clipboard; whether it took them can't be known.
    Copied {
        /// What it was.
        what: String,
        /// How many bytes.
        bytes: usize,
    },
    /// A file was written.
    Exported {
        /// How many rows.
        rows: usize,
        /// How large it is.
        bytes: u64,
        /// Its name, which may have got a number.
        path: String,
    },
    /// What jq made of some of the lines that it was given.
    Jq {
        /// That of the effect.
        generation: u64,
        /// By the line's number.
        results: Vec<(u64, JqResult)>,
        /// Why this generation gets no more answers: a sentence without its full stop. Where a single line is to blame, it is
        /// the last of the results.
        trouble: Option<String>,
    },
    /// What is kept of a function's invokes, or why it can't be read; none where nothing is.
    InvokesRead {
        /// Whose.
        drawer: Drawer,
        /// What.
        result: Result<Option<Library>, String>,
    },
    /// The editor has ended: with another text, with none, or not as it should.
    Edited(Result<Option<String>, String>),
    /// Something that is not a change could not be done.
    Failed(String),
}

/// What jq made of a line: its outputs as one line of text, nothing where it has none or only `null` and `false`; or what went
/// wrong with this line.
pub type JqResult = Result<Option<String>, String>;

/// Why a change was not made, or why we can't know.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// Refused here: writing is off. The sentence says by what.
    ReadOnly(String),
    /// The audit file can't be written, so nothing was sent.
    Audit(String),
    /// The service said no.
    Refused(Trouble),
    /// The connection broke after the request had been sent: it may have happened. Never sent again by itself.
    Unknown(Trouble),
}
