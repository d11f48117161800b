//! Something wrong, in a sentence with the number, the limit and where to look.

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Will hurt.
    Warning,
    /// Hurts now.
    Critical,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum About {
    /// The account.
    Account,
    /// A function.
    Function(String),
    /// A stage of an API: (API id, stage).
    Stage(String, String),
}

impl About {
    /// It is about this function.
    pub fn is_function(&self, name: &str) -> bool {
        matches!(self, About::Function(function) if function == name)
    }
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Name of the check, as `errors`.
    pub check: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What it is about.
    pub about: About,
    /// One sentence: the number and the limit.
    pub sentence: String,
    /// Key that leads on: `l` logs, `t` traces, `m` metrics, `Enter` detail.
    pub next_key: &'static str,
    /// For ranking: larger is worse.
    pub weight: f64,
}
