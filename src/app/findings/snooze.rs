//! Findings that the user has seen and does not want to see for a while.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::model::finding::{About, Finding, Severity};
use crate::model::identity::Scope;
use crate::time::Moment;

/// A finding that does not come back for so long is gone: a figure that is being renewed is not.
const GONE: TimeDelta = TimeDelta::minutes(10);
/// Snoozes kept at most; the oldest go first.
const KEPT: usize = 50;

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nap {
    /// An hour.
    Hour,
    /// Eight hours.
    Shift,
    /// Until it is gone.
    UntilGone,
}

impl Nap {
    /// All of them, in the order of the choice.
    pub const ALL: [Nap; 3] = [Nap::Hour, Nap::Shift, Nap::UntilGone];

    /// Its name and what it does.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Nap::Hour => ("1 hour", "it comes back after an hour, or when it gets worse"),
            Nap::Shift => ("8 hours", "it comes back after eight hours, or when it gets worse"),
            Nap::UntilGone => ("until it is gone", "it comes back when it begins anew, or when it gets worse"),
        }
    }

    fn until(self, now: Moment) -> Option<Moment> {
        match self {
            Nap::Hour => Some(now + TimeDelta::hours(1)),
            Nap::Shift => Some(now + TimeDelta::hours(8)),
            Nap::UntilGone => None,
        }
    }
}

/// One finding that sleeps: of which account and region, which check about what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snooze {
    account: String,
    region: String,
    /// Name of the check.
    pub check: String,
    about: Subject,
    /// How bad it was when it was put to sleep: 0 a notice, 2 critical.
    severity: u8,
    /// None: until it is gone.
    until: Option<Moment>,
    /// Since when it was not found any more.
    #[serde(skip)]
    missing: Option<Moment>,
}

/// What a finding is about, as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Subject {
    Account,
    Function(String),
    Stage(String, String),
}

impl Subject {
    fn of(about: &About) -> Subject {
        match about {
            About::Account => Subject::Account,
            About::Function(name) => Subject::Function(name.clone()),
            About::Stage(api, stage) => Subject::Stage(api.clone(), stage.clone()),
        }
    }

    fn words(&self) -> String {
        match self {
            Subject::Account => "the account".into(),
            Subject::Function(name) => name.clone(),
            Subject::Stage(api, stage) => format!("{api} {stage}"),
        }
    }
}

fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Notice => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

impl Snooze {
    fn is_of(&self, scope: &Scope, finding: &Finding) -> bool {
        self.lies_in(scope) && self.check == finding.check && self.about == Subject::of(&finding.about)
    }

    fn lies_in(&self, scope: &Scope) -> bool {
        self.account == scope.account && self.region == scope.region
    }

    /// `throttles of orders-api`.
    pub fn name(&self) -> String {
        format!("{} of {}", self.check, self.about.words())
    }

    /// When it comes back, as seen now.
    pub fn comes_back(&self, now: Moment) -> String {
        match self.until {
            Some(until) => format!("comes back in {}", crate::text::age((until - now).num_seconds())),
            None => "comes back when it begins anew".into(),
        }
    }
}

/// Everything that sleeps, of all accounts.
#[derive(Clone, Debug, Default)]
pub struct Snoozes {
    all: Vec<Snooze>,
    /// They are written down, for there is a folder for it.
    pub is_kept: bool,
    changed: bool,
}

impl Snoozes {
    /// What was written down; lines that don't read are left out.
    pub fn read(lines: &[String]) -> Snoozes {
        let all = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).take(KEPT).collect();
        Snoozes { all, is_kept: true, changed: false }
    }

    /// What is to be written down.
    pub fn lines(&self) -> Vec<String> {
        self.all.iter().filter_map(|snooze| serde_json::to_string(snooze).ok()).collect()
    }

    /// Whether there is something to be written down since this was asked last.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed) && self.is_kept
    }

    /// Puts a finding to sleep.
    pub fn put(&mut self, scope: &Scope, finding: &Finding, nap: Nap, now: Moment) {
        self.all.retain(|snooze| !snooze.is_of(scope, finding));
        self.all.push(Snooze {
            account: scope.account.clone(),
            region: scope.region.clone(),
            check: finding.check.to_string(),
            about: Subject::of(&finding.about),
            severity: rank(finding.severity),
            until: nap.until(now),
            missing: None,
        });
        let beyond = self.all.len().saturating_sub(KEPT);
        self.all.drain(..beyond);
        self.changed = true;
    }

    /// Those of this account and region, in the order in which they were put to sleep.
    pub fn of<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Snooze> {
        self.all.iter().filter(move |snooze| snooze.lies_in(scope))
    }

    /// Wakes one of [`Snoozes::of`], or all of them.
    pub fn wake(&mut self, scope: &Scope, at: Option<usize>) {
        let mut place = 0;
        self.all.retain(|snooze| {
            let is_meant = snooze.lies_in(scope) && at.is_none_or(|at| at == place);
            place += usize::from(snooze.lies_in(scope));
            !is_meant
        });
        self.changed = true;
    }

    /// Splits findings into those to show and how many sleep. Wakes what has slept long enough, what got worse, and
    /// forgets what is gone; `known`: there are figures to find anything by.
    pub fn hide(&mut self, found: Vec<Finding>, scope: &Scope, known: bool, now: Moment) -> (Vec<Finding>, usize) {
        let before = self.all.len();
        self.all.retain_mut(|snooze| {
            if snooze.until.is_some_and(|until| until <= now) {
                return false;
            }
            if !snooze.lies_in(scope) {
                return true;
            }
            match found.iter().find(|finding| snooze.is_of(scope, finding)) {
                Some(finding) => {
                    snooze.missing = None;
                    rank(finding.severity) <= snooze.severity
                }
                // Those that have an end of their own keep to it.
                None if snooze.until.is_some() || !known => true,
                None => now - *snooze.missing.get_or_insert(now) < GONE,
            }
        });
        self.changed |= self.all.len() != before;
        let count = found.len();
        let shown: Vec<Finding> =
            found.into_iter().filter(|finding| !self.all.iter().any(|snooze| snooze.is_of(scope, finding))).collect();
        let asleep = count - shown.len();
        (shown, asleep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(account: &str) -> Scope {
        Scope { account: account.into(), region: "eu-west-1".into() }
    }

    fn throttles(severity: Severity) -> Finding {
        Finding {
            check: "throttles",
            severity,
            about: About::Function("orders-api".into()),
            sentence: "orders-api is throttled".into(),
            next_key: "m",
            weight: 1.0,
        }
    }

    fn minute(at: i64) -> Moment {
        Moment::from_timestamp(1_800_000_000 + at * 60, 0).expect("a valid moment")
    }

    fn asleep(nap: Nap) -> Snoozes {
        let mut snoozes = Snoozes { is_kept: true, ..Snoozes::default() };
        snoozes.put(&scope("1"), &throttles(Severity::Warning), nap, minute(0));
        snoozes
    }

    fn shown(snoozes: &mut Snoozes, severity: Severity, account: &str, at: i64) -> usize {
        snoozes.hide(vec![throttles(severity)], &scope(account), true, minute(at)).0.len()
    }

    #[test]
    fn it_sleeps_for_its_time_and_in_its_account_only() {
        let mut snoozes = asleep(Nap::Hour);
        assert_eq!(shown(&mut snoozes, Severity::Warning, "1", 59), 0);
        assert_eq!(shown(&mut snoozes, Severity::Warning, "2", 59), 1);
        assert_eq!(shown(&mut snoozes, Severity::Warning, "1", 60), 1);
        assert_eq!(snoozes.of(&scope("1")).count(), 0);
        let mut other = throttles(Severity::Warning);
        other.check = "errors";
        let (found, hidden) = asleep(Nap::Shift).hide(vec![other], &scope("1"), true, minute(60));
        assert_eq!((found.len(), hidden), (1, 0), "another check of the same function");
    }

    #[test]
    fn what_gets_worse_wakes_and_what_gets_better_does_not() {
        let mut snoozes = asleep(Nap::Shift);
        assert_eq!(shown(&mut snoozes, Severity::Notice, "1", 1), 0);
        assert_eq!(shown(&mut snoozes, Severity::Critical, "1", 2), 1);
        assert_eq!(shown(&mut snoozes, Severity::Warning, "1", 3), 1, "once awake it stays so");
    }

    #[test]
    fn until_it_is_gone_means_missing_for_a_while() {
        let mut snoozes = asleep(Nap::UntilGone);
        let nothing = |snoozes: &mut Snoozes, known, at| snoozes.hide(vec![], &scope("1"), known, minute(at));
        nothing(&mut snoozes, false, 5);
        nothing(&mut snoozes, true, 6);
        assert_eq!(shown(&mut snoozes, Severity::Warning, "1", 9), 0, "it was not gone for long");
        nothing(&mut snoozes, true, 20);
        nothing(&mut snoozes, true, 30);
        assert_eq!(shown(&mut snoozes, Severity::Warning, "1", 31), 1);
    }

    #[test]
    fn what_is_written_down_reads_again() {
        let mut snoozes = asleep(Nap::UntilGone);
        assert!(snoozes.take_changed() && !snoozes.take_changed());
        let mut lines = snoozes.lines();
        lines.push("{broken".into());
        let mut again = Snoozes::read(&lines);
        assert_eq!(again.of(&scope("1")).map(Snooze::name).collect::<Vec<_>>(), ["throttles of orders-api"]);
        assert_eq!(shown(&mut again, Severity::Warning, "1", 1), 0);
        again.wake(&scope("2"), None);
        assert_eq!(shown(&mut again, Severity::Warning, "1", 1), 0);
        again.wake(&scope("1"), Some(0));
        assert_eq!(shown(&mut again, Severity::Warning, "1", 1), 1);
        assert!(again.take_changed());
    }
}
