//! Why a command ended without doing what was asked, and the exit code for it: those of the AWS CLI.

use crate::model::trouble::{Kind, Trouble};

/// Done.
pub const OK: u8 = 0;
/// The user interrupted it.
pub const INTERRUPTED: u8 = 130;
/// The command line says something impossible.
pub const USAGE: u8 = 252;
/// Credentials, configuration, network, terminal: this machine is not ready for it.
pub const ENVIRONMENT: u8 = 253;
/// The service answered with an error; or the invoked function did.
pub const SERVICE: u8 = 254;
/// Anything else.
pub const OTHER: u8 = 255;

/// Why a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Exit code.
    pub code: u8,
    /// For standard error: a sentence with its remedy; nothing where nothing is to be said.
    pub message: String,
}

impl Failure {
    /// The command line says something impossible.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { code: USAGE, message: message.into() }
    }

    /// This machine is not ready for it.
    pub fn environment(message: impl Into<String>) -> Failure {
        Failure { code: ENVIRONMENT, message: message.into() }
    }

    /// Anything else.
    pub fn other(message: impl Into<String>) -> Failure {
        Failure { code: OTHER, message: message.into() }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        Failure { code: code_of(&trouble), message: trouble.sentence() }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        // `slsdash logs ... | head` has all it wanted.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure { code: OK, message: String::new() };
        }
        Failure::other(format!("the output can't be written: {error}"))
    }
}

/// The exit code of a trouble: what concerns the whole account is a matter of this machine's set-up.
pub fn code_of(trouble: &Trouble) -> u8 {
    match trouble.kind {
        Kind::Expired | Kind::NoCredentials | Kind::Network | Kind::ClockSkew => ENVIRONMENT,
        _ => SERVICE,
    }
}
