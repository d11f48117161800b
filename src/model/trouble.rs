//! Why AWS would not answer, in a sentence, with the remedy.

/// What kind of refusal it was; decides whether to retry, to wait, or to ask the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Too many requests: back off, it heals by itself.
    Throttled,
    /// IAM says no: stop asking, name the action.
    Denied,
    /// Credentials have expired, or the clock is wrong.
    Expired,
    /// There are no credentials at all, or the profile or region is unknown.
    NoCredentials,
    /// The thing asked for is not there.
    Missing,
    /// AWS says that the request is wrong.
    Invalid,
    /// The resource is busy with another change.
    Conflict,
    /// No answer: DNS, connection, TLS, time-out.
    Network,
    /// This machine's clock is off by more than five minutes.
    ClockSkew,
    /// An answer that is none: a captive portal, a broken body, an unsupported operation.
    Garbled,
    /// Anything else the service said.
    Other,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Kind.
    pub kind: Kind,
    /// IAM action of the call, as `lambda:ListFunctions`.
    pub operation: String,
    /// What AWS or the network said, one line, made safe for a terminal.
    pub message: String,
    /// Error code where the service gave one, as `AccessDeniedException`.
    pub code: Option<String>,
    /// What the user can do, where we know.
    pub remedy: Option<String>,
    /// How long the service asked us to wait.
    pub retry_after: Option<std::time::Duration>,
}

impl Trouble {
    /// A trouble with neither code nor remedy.
    pub fn new(kind: Kind, operation: &str, message: impl Into<String>) -> Trouble {
        Trouble {
            kind,
            operation: operation.into(),
            message: message.into(),
            code: None,
            remedy: None,
            retry_after: None,
        }
    }

    /// Concerns the whole account rather than one service: a banner, not a dark panel.
    pub fn is_global(&self) -> bool {
        matches!(self.kind, Kind::Expired | Kind::NoCredentials | Kind::Network | Kind::ClockSkew)
    }

    /// Asking again soon would be answered in the same way.
    pub fn lasts(&self) -> bool {
        matches!(self.kind, Kind::Denied | Kind::Invalid | Kind::Missing | Kind::Garbled | Kind::Conflict)
    }

    /// One sentence for a toast, a banner or stderr.
    pub fn sentence(&self) -> String {
        let what = match self.kind {
            Kind::Throttled => format!("{} is throttled", self.operation),
            Kind::Denied => format!("{} is denied", self.operation),
            Kind::Expired => "The credentials have expired".to_string(),
            Kind::NoCredentials => "No AWS credentials".to_string(),
            Kind::Missing => format!("{}: not found", self.operation),
            Kind::Invalid => format!("{}: refused as invalid", self.operation),
            Kind::Conflict => format!("{}: another change is in progress", self.operation),
            Kind::Network => format!("{}: no answer", self.operation),
            Kind::ClockSkew => "The clock of this machine is wrong".to_string(),
            Kind::Garbled => format!("{}: the answer can't be read", self.operation),
            Kind::Other => format!("{} failed", self.operation),
        };
        let mut sentence = if self.message.is_empty() { what } else { format!("{what}: {}", self.message) };
        if let Some(remedy) = &self.remedy {
            sentence.push_str(" - ");
            sentence.push_str(remedy);
        }
        sentence
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for Trouble {}
