//! Provisioned concurrency: the form that sets it, what it will cost, and what speaks against it.

use tui_input::Input;

use super::effect::Change;
pub use crate::model::cost::dollars_per_hour;
use crate::model::function::{AccountSettings, Function, FunctionDetail};

/// Lambda keeps at least this much of the account's concurrency for functions without a reservation.
const KEPT_UNRESERVED: u32 = 100;

/// Provisioned concurrency being set.
#[derive(Debug)]
pub struct ProvisionForm {
    /// FunctionName.
    pub function: String,
    /// MemorySize, MB.
    pub memory_mb: u32,
    /// Runs on arm64.
    pub arm: bool,
    /// Aliases and versions with what is provisioned now.
    pub qualifiers: Vec<(String, Option<u32>)>,
    /// The chosen one.
    pub qualifier: usize,
    /// The number, as typed.
    pub number: Input,
    /// The number listens (else the qualifier).
    pub on_number: bool,
    /// ReservedConcurrentExecutions of the function.
    pub reserved: Option<u32>,
    /// Account limits, where known.
    pub account: Option<AccountSettings>,
}

impl ProvisionForm {
    /// A form for a function. Says why not where there is neither alias nor version: `$LATEST` can't be provisioned.
    pub fn new(
        function: &Function,
        detail: &FunctionDetail,
        account: Option<&AccountSettings>,
        qualifier: Option<&str>,
    ) -> Result<ProvisionForm, String> {
        let now = |name: &str| detail.provisioned.iter().find(|pc| pc.qualifier == name).map(|pc| pc.requested);
        let mut qualifiers: Vec<_> =
            detail.aliases.iter().map(|alias| (alias.name.clone(), now(&alias.name))).collect();
        qualifiers.extend(detail.versions.iter().rev().map(|version| (version.version.clone(), now(&version.version))));
        if qualifiers.is_empty() {
            return Err(format!(
                "{} has neither alias nor published version, and $LATEST can't be provisioned: publish a version first",
                function.name
            ));
        }
        let chosen = qualifier.and_then(|wanted| qualifiers.iter().position(|(name, _)| name == wanted)).unwrap_or(0);
        let number = qualifiers[chosen].1.map(|n| n.to_string()).unwrap_or_default();
        Ok(ProvisionForm {
            function: function.name.clone(),
            memory_mb: function.memory_mb,
            arm: function.architecture == "arm64",
            qualifiers,
            qualifier: chosen,
            number: Input::new(number),
            on_number: true,
            reserved: detail.reserved,
            account: account.cloned(),
        })
    }

    /// Turns to the next qualifier.
    pub fn turn(&mut self, forward: bool) {
        let count = self.qualifiers.len();
        self.qualifier = (self.qualifier + if forward { 1 } else { count - 1 }) % count;
        self.number = Input::new(self.qualifiers[self.qualifier].1.map(|n| n.to_string()).unwrap_or_default());
    }

    /// The number, if one has been typed.
    pub fn wanted(&self) -> Option<u32> {
        self.number.value().trim().parse().ok()
    }

    /// What `n` will cost, US$ per hour, whether it is used or not.
    pub fn dollars_per_hour(&self, n: u32) -> f64 {
        dollars_per_hour(n, self.memory_mb, self.arm)
    }

    /// What speaks against it, the hard refusals first.
    pub fn warnings(&self) -> Vec<String> {
        let Some(wanted) = self.wanted() else { return vec![] };
        let mut warnings = Vec::new();
        let others: u32 = self
            .qualifiers
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != self.qualifier)
            .filter_map(|(_, (_, provisioned))| *provisioned)
            .sum();
        if let Some(reserved) = self.reserved {
            if wanted + others > reserved {
                warnings.push(format!(
                    "{} in all exceed the function's reserved concurrency of {reserved}: Lambda will refuse",
                    wanted + others
                ));
            }
        } else if let Some(account) = &self.account {
            let allocatable = account.unreserved.saturating_sub(KEPT_UNRESERVED);
            let more = wanted.saturating_sub(self.qualifiers[self.qualifier].1.unwrap_or(0));
            if more > allocatable {
                warnings.push(format!(
                    "{more} more exceed what the account may still provision: unreserved {} - {KEPT_UNRESERVED} = {allocatable}",
                    account.unreserved
                ));
            }
        }
        warnings
    }

    /// The change that it amounts to.
    pub fn change(&self) -> Result<Change, String> {
        let (qualifier, from) = &self.qualifiers[self.qualifier];
        match self.wanted() {
            Some(0) => match from {
                Some(from) => Ok(Change::RemoveProvisionedConcurrency {
                    function: self.function.clone(),
                    qualifier: qualifier.clone(),
                    from: *from,
                }),
                None => Err(format!("{}:{qualifier} has none to remove", self.function)),
            },
            Some(to) if Some(to) == *from => Err(format!("{}:{qualifier} has {to} already", self.function)),
            Some(to) => Ok(Change::SetProvisionedConcurrency {
                function: self.function.clone(),
                qualifier: qualifier.clone(),
                from: *from,
                to,
            }),
            None => Err("Type how many execution environments to keep ready; 0 removes them".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::function::{Alias, ProvisionedConcurrency, ProvisionedStatus};

    fn detail() -> FunctionDetail {
        FunctionDetail {
            aliases: vec![Alias { name: "live".into(), version: "3".into(), ..Alias::default() }],
            provisioned: vec![ProvisionedConcurrency {
                qualifier: "live".into(),
                requested: 5,
                allocated: 5,
                available: 5,
                status: ProvisionedStatus::Ready,
                last_modified: None,
            }],
            ..FunctionDetail::default()
        }
    }

    fn function() -> Function {
        Function { name: "checkout".into(), memory_mb: 1024, ..Function::default() }
    }

    #[test]
    fn a_gigabyte_for_an_hour_costs_a_cent_and_a_half() {
        let form = ProvisionForm::new(&function(), &detail(), None, None).expect("there is an alias");
        assert!((form.dollars_per_hour(1) - 0.015).abs() < 1e-6);
        assert!((form.dollars_per_hour(10) - 0.15).abs() < 1e-5);
    }

    #[test]
    fn latest_alone_is_refused_with_the_reason() {
        let why = ProvisionForm::new(&function(), &FunctionDetail::default(), None, None).expect_err("no alias");
        assert!(why.contains("$LATEST"));
    }

    #[test]
    fn limits_are_said_before_lambda_says_them() {
        let account = AccountSettings { unreserved: 150, concurrency_limit: 1000, ..AccountSettings::default() };
        let mut form = ProvisionForm::new(&function(), &detail(), Some(&account), None).expect("there is an alias");
        form.number = Input::new("56".into());
        assert!(form.warnings()[0].contains("unreserved 150 - 100 = 50"));
        form.reserved = Some(20);
        assert!(form.warnings()[0].contains("reserved concurrency of 20"));
        form.number = Input::new("5".into());
        assert!(form.change().is_err(), "nothing would change");
        form.number = Input::new("0".into());
        assert!(matches!(form.change(), Ok(Change::RemoveProvisionedConcurrency { from: 5, .. })));
    }
}
