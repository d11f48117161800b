//! Reserved concurrency, and the kill switch: a reserve of nothing.

use super::form::{Field, Form, Purpose, Wish, whole};
use crate::app::effect::Change;
use crate::model::function::{AccountSettings, Function, FunctionDetail};
use crate::time::Moment;

/// Lambda keeps at least so much of the account's concurrency for functions without a reserve.
pub const KEPT_UNRESERVED: u32 = 100;

/// What speaks for and against a reserve of a function.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// FunctionName.
    pub function: String,
    /// ReservedConcurrentExecutions now.
    pub now: Option<u32>,
    /// What is provisioned for its aliases and versions: the reserve may not be below it.
    pub provisioned: u32,
    /// Its largest concurrency in the window, where measured.
    pub used: Option<f64>,
    /// The account's limits, where known.
    pub account: Option<AccountSettings>,
    /// What invokes it, in a line each.
    pub invokers: Vec<String>,
}

/// A function that was switched off from here: what its reserve was, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct SwitchedOff {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// FunctionName.
    pub function: String,
    /// ReservedConcurrentExecutions before.
    pub from: Option<u32>,
    /// When.
    pub at: Moment,
}

impl Reserve {
    /// What is known of a function.
    pub fn of(
        function: &Function,
        detail: &FunctionDetail,
        account: Option<&AccountSettings>,
        used: Option<f64>,
        invokers: Vec<String>,
    ) -> Reserve {
        Reserve {
            function: function.name.clone(),
            now: detail.reserved,
            provisioned: detail.provisioned.iter().map(|config| config.requested).sum(),
            used,
            account: account.cloned(),
            invokers,
        }
    }

    /// How much can be reserved at most.
    fn most(&self) -> Option<u32> {
        let account = self.account.as_ref()?;
        Some((account.unreserved + self.now.unwrap_or(0)).saturating_sub(KEPT_UNRESERVED))
    }

    /// The form.
    pub fn form(self) -> Form {
        let mut about = vec![];
        if let (Some(account), Some(most)) = (&self.account, self.most()) {
            about.push(format!(
                "the account has {}, {} of them unreserved; at most {most} can be reserved here",
                account.concurrency_limit, account.unreserved
            ));
        }
        if let Some(used) = self.used {
            about.push(format!("it used {used:.0} at once at most in this window"));
        }
        if self.provisioned > 0 {
            about.push(format!("{} are provisioned: a reserve can't be below that", self.provisioned));
        }
        let now = self.now.map(|now| now.to_string()).unwrap_or_default();
        let hint = "empty removes it, 0 switches the function off";
        let fields = vec![Field::text("reserved concurrency", now, hint)];
        Form::new(Purpose::Reserve(self.clone()), format!("Reserved concurrency of {}", self.function), about, fields)
    }

    pub(super) fn wish(&self, values: &[&str]) -> Result<Wish, String> {
        let to = match values[0] {
            "" => None,
            text => Some(whole("reserved concurrency", text)?),
        };
        self.to(to)
    }

    /// A reserve of `to`; for none the function shares the account's pool.
    pub fn to(&self, to: Option<u32>) -> Result<Wish, String> {
        if to == self.now {
            return Err(match to {
                Some(to) => format!("{} has a reserve of {to} already", self.function),
                None => format!("{} has no reserve: type one", self.function),
            });
        }
        let change = Change::SetReservedConcurrency { function: self.function.clone(), from: self.now, to };
        let mut wish = Wish::of(change);
        if to == Some(0) {
            wish = self.stops(wish);
        }
        if let Some(to) = to {
            let below = (to < self.provisioned)
                .then(|| format!("{to} is below the {} provisioned: Lambda will refuse", self.provisioned));
            let beyond = self
                .most()
                .filter(|most| to > *most)
                .map(|most| format!("{to} is more than the {most} that can be reserved: Lambda will refuse"));
            let tight = self
                .used
                .filter(|used| to > 0 && f64::from(to) < *used)
                .map(|used| format!("it used {used:.0} at once in this window: {to} would have throttled it"));
            wish = wish.warn(below).warn(beyond).warn(tight);
        } else {
            wish = wish.note("it then shares the account's unreserved concurrency with all others");
        }
        Ok(wish)
    }

    /// What stops when the function is switched off.
    fn stops(&self, mut wish: Wish) -> Wish {
        wish = wish.warn(Some("every invocation is throttled from then on".into()));
        if self.invokers.is_empty() {
            wish = wish.note("nothing is known that invokes it; whoever calls it by name gets 429");
        }
        for invoker in &self.invokers {
            wish = wish.note(format!("invoked by {invoker}"));
        }
        let before = self.now.map_or("no reserve".into(), |now| format!("a reserve of {now}"));
        wish.note(format!("what it had ({before}) is remembered, and restored by the same key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserve() -> Reserve {
        Reserve {
            function: "pay".into(),
            now: Some(20),
            provisioned: 5,
            used: Some(12.0),
            account: Some(AccountSettings { unreserved: 200, concurrency_limit: 1000, ..AccountSettings::default() }),
            invokers: vec!["queue orders (Enabled), batches of 10".into()],
        }
    }

    fn warnings(wish: &Wish) -> Vec<&str> {
        wish.notes.iter().filter(|(warns, _)| *warns).map(|(_, line)| line.as_str()).collect()
    }

    #[test]
    fn limits_are_said_before_lambda_says_them() {
        let reserve = reserve();
        let wish = reserve.to(Some(4)).expect("it is a change");
        assert!(warnings(&wish)[0].contains("below the 5 provisioned"));
        assert!(warnings(&wish)[1].contains("would have throttled"));
        let wish = reserve.to(Some(121)).expect("it is a change");
        assert!(warnings(&wish)[0].contains("120 that can be reserved"), "200 + its own 20 - 100");
        assert!(reserve.to(Some(120)).expect("it is a change").notes.is_empty());
        assert!(reserve.to(Some(20)).is_err());
    }

    #[test]
    fn the_kill_switch_says_what_stops_and_what_is_remembered() {
        let form = reserve().form();
        assert_eq!(form.fields[0].value(), "20");
        let wish = reserve().to(Some(0)).expect("it is a change");
        let lines: Vec<&str> = wish.notes.iter().map(|(_, line)| line.as_str()).collect();
        assert!(lines.iter().any(|line| line.contains("queue orders")), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("a reserve of 20")));
        assert_eq!(wish.change.undo().expect("it can be undone").iam_action(), "lambda:PutFunctionConcurrency");
    }
}
