//! What we ask of the world, as data: a test compares it, the confirmation holds it, read-only refuses it, the audit
//! file writes it.

use serde::Serialize;

use super::export::Export;
use super::invoke::library::{Drawer, Entry, Library, Limits};
use crate::model::function::{InvocationType, InvokeAnswer};
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

/// A change of the account, or an invoke: what goes through the one door.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// Invoke a function. Never retried.
    Invoke {
        /// FunctionName.
        function: String,
        /// Alias or version; `None` is `$LATEST`.
        qualifier: Option<String>,
        /// InvocationType.
        #[serde(serialize_with = "invocation_type_name")]
        kind: InvocationType,
        /// The payload; the audit file gets its length and hash only.
        #[serde(skip)]
        payload: String,
        /// The function's time-out, s: how long the answer may take.
        timeout_s: u32,
    },
    /// PutProvisionedConcurrencyConfig.
    SetProvisionedConcurrency {
        /// FunctionName.
        function: String,
        /// Alias or version.
        qualifier: String,
        /// ProvisionedConcurrentExecutions before, `None` if there was none.
        from: Option<u32>,
        /// ProvisionedConcurrentExecutions asked for.
        to: u32,
    },
    /// DeleteProvisionedConcurrencyConfig.
    RemoveProvisionedConcurrency {
        /// FunctionName.
        function: String,
        /// Alias or version.
        qualifier: String,
        /// What there was.
        from: u32,
    },
}

fn invocation_type_name<S: serde::Serializer>(kind: &InvocationType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

impl Effect {
    /// Changes the account: confirmed, audited, refused when writing is off.
    pub fn is_mutation(&self) -> bool {
        matches!(self, Effect::Change(_))
    }
}

impl Change {
    /// What is about to happen, as `Set provisioned concurrency of checkout-api:live from 5 to 10`.
    pub fn sentence(&self) -> String {
        match self {
            Change::Invoke { function, qualifier, kind, .. } => {
                let qualifier = qualifier.as_deref().map(|q| format!(":{q}")).unwrap_or_default();
                match kind {
                    InvocationType::RequestResponse => format!("Invoke {function}{qualifier}"),
                    InvocationType::Event => format!("Queue an asynchronous invoke of {function}{qualifier}"),
                    InvocationType::DryRun => format!("Dry-run an invoke of {function}{qualifier}"),
                }
            }
            Change::SetProvisionedConcurrency { function, qualifier, from, to } => match from {
                Some(from) => format!("Set provisioned concurrency of {function}:{qualifier} from {from} to {to}"),
                None => format!("Set provisioned concurrency of {function}:{qualifier} from none to {to}"),
            },
            Change::RemoveProvisionedConcurrency { function, qualifier, from } => {
                format!("Remove provisioned concurrency of {function}:{qualifier}, now {from}")
            }
        }
    }

    /// IAM action that it needs.
    pub fn iam_action(&self) -> &'static str {
        match self {
            Change::Invoke { .. } => "lambda:InvokeFunction",
            Change::SetProvisionedConcurrency { .. } => "lambda:PutProvisionedConcurrencyConfig",
            Change::RemoveProvisionedConcurrency { .. } => "lambda:DeleteProvisionedConcurrencyConfig",
        }
    }

    /// The same as an `aws` command, to read or to paste.
    pub fn aws_command(&self) -> String {
        match self {
            Change::Invoke { function, qualifier, kind, payload, .. } => {
                let qualifier = qualifier.as_deref().map(|q| format!(" --qualifier {q}")).unwrap_or_default();
                let payload = payload.replace('\'', r"'\''");
                format!(
                    "aws lambda invoke --function-name {function}{qualifier} --invocation-type {} --log-type Tail \
                     --cli-binary-format raw-in-base64-out --payload '{payload}' /dev/stdout",
                    kind.name()
                )
            }
            Change::SetProvisionedConcurrency { function, qualifier, to, .. } => format!(
                "aws lambda put-provisioned-concurrency-config --function-name {function} --qualifier {qualifier} \
                 --provisioned-concurrent-executions {to}"
            ),
            Change::RemoveProvisionedConcurrency { function, qualifier, .. } => format!(
                "aws lambda delete-provisioned-concurrency-config --function-name {function} --qualifier {qualifier}"
            ),
        }
    }

    /// The change that restores what was, where there is one.
    pub fn undo(&self) -> Option<Change> {
        match self {
            Change::Invoke { .. } => None,
            Change::SetProvisionedConcurrency { function, qualifier, from, to } => Some(match from {
                Some(from) => Change::SetProvisionedConcurrency {
                    function: function.clone(),
                    qualifier: qualifier.clone(),
                    from: Some(*to),
                    to: *from,
                },
                None => Change::RemoveProvisionedConcurrency {
                    function: function.clone(),
                    qualifier: qualifier.clone(),
                    from: *to,
                },
            }),
            Change::RemoveProvisionedConcurrency { function, qualifier, from } => {
                Some(Change::SetProvisionedConcurrency {
                    function: function.clone(),
                    qualifier: qualifier.clone(),
                    from: None,
                    to: *from,
                })
            }
        }
    }

    /// The function that it is about.
    pub fn function(&self) -> &str {
        match self {
            Change::Invoke { function, .. }
            | Change::SetProvisionedConcurrency { function, .. }
            | Change::RemoveProvisionedConcurrency { function, .. } => function,
        }
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
