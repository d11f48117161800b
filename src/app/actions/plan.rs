//! A usage plan's limits: what each of its API keys may ask for.

use super::form::{Field, Form, Purpose, Wish};
use crate::app::effect::{Change, Edit, Patch};
use crate::model::api::{Quota, Throttle, UsagePlan};

/// A usage plan.
#[derive(Clone, Debug)]
pub struct PlanLimits {
    /// The plan as it is.
    pub plan: UsagePlan,
}

fn throttle_words(throttle: Option<&Throttle>) -> String {
    match throttle {
        None => "no throttle".into(),
        Some(throttle) => {
            let rate = throttle.rate.map_or("-".into(), |rate| rate.to_string());
            let burst = throttle.burst.map_or("-".into(), |burst| burst.to_string());
            format!("{rate}/s burst {burst}")
        }
    }
}

fn quota_words(quota: Option<&Quota>) -> String {
    quota.map_or("no quota".into(), |quota| format!("{} a {}", quota.limit, quota.period.to_lowercase()))
}

impl PlanLimits {
    /// The form.
    pub fn form(self) -> Form {
        let throttle = self.plan.throttle.unwrap_or_default();
        let quota = self.plan.quota.clone().unwrap_or_default();
        let period = if quota.period.is_empty() { "DAY".to_string() } else { quota.period.clone() };
        let periods = ["DAY", "WEEK", "MONTH"].map(|period| (period.to_string(), period.to_string())).to_vec();
        let text = |value: Option<String>| value.unwrap_or_default();
        let fields = vec![
            Field::text(
                "rate, requests/s",
                text(throttle.rate.map(|rate| rate.to_string())),
                "of each key; empty: none",
            ),
            Field::text("burst, requests", text(throttle.burst.map(|burst| burst.to_string())), "of each key"),
            Field::text(
                "quota, requests",
                if quota.limit > 0 { quota.limit.to_string() } else { String::new() },
                "of each key in a period; empty: none",
            ),
            Field::choice("period", periods, &period, ""),
        ];
        let about = vec![format!("{} keys, {} stages", self.plan.keys.len(), self.plan.stages.len())];
        let title = format!("Limits of usage plan {}", self.plan.name);
        Form::new(Purpose::Plan(self), title, about, fields)
    }

    pub(super) fn wish(&self, values: &[&str]) -> Result<Wish, String> {
        let rate = number::<f64>("rate", values[0])?;
        let burst = number::<i32>("burst", values[1])?;
        let limit = number::<i64>("quota", values[2])?;
        if rate.is_some_and(|rate| rate < 0.0) || burst.is_some_and(|burst| burst < 0) || limit.is_some_and(|n| n < 1) {
            return Err("a limit can't be below 0, nor a quota below 1".into());
        }
        if rate.is_some() != burst.is_some() {
            return Err("a throttle needs both, rate and burst; both empty for none".into());
        }
        let throttle = rate.map(|rate| Throttle { rate: Some(rate), burst });
        let offset = self.plan.quota.as_ref().map_or(0, |quota| quota.offset);
        let quota = limit.map(|limit| Quota { limit, offset, period: values[3].to_string() });
        let (mut patches, mut undo, mut from, mut to) = (vec![], vec![], vec![], vec![]);
        if throttle != self.plan.throttle {
            patches.extend(throttle_patches(throttle.as_ref()));
            undo.extend(throttle_patches(self.plan.throttle.as_ref()));
            from.push(throttle_words(self.plan.throttle.as_ref()));
            to.push(throttle_words(throttle.as_ref()));
        }
        if quota != self.plan.quota {
            patches.extend(quota_patches(quota.as_ref()));
            undo.extend(quota_patches(self.plan.quota.as_ref()));
            from.push(quota_words(self.plan.quota.as_ref()));
            to.push(quota_words(quota.as_ref()));
        }
        if patches.is_empty() {
            return Err("nothing differs from what is set".into());
        }
        let edit = Edit { what: "the limits".into(), from: from.join(", "), to: to.join(", "), patches, undo };
        let change = Change::UpdateUsagePlan { plan: self.plan.id.clone(), name: self.plan.name.clone(), edit };
        let used_up = quota.as_ref().and_then(|quota| {
            let key = self.plan.keys.iter().filter(|key| key.used >= Some(quota.limit)).max_by_key(|key| key.used)?;
            let (name, used) = (&key.name, key.used?);
            Some(format!("key {name} has used {used} of this period already: it is refused from then on"))
        });
        let stages: Vec<String> =
            self.plan.stages.iter().map(|stage| format!("{} {}", stage.api, stage.stage)).collect();
        let wish = Wish::of(change)
            .note(format!("holds for each of its {} keys, in {}", self.plan.keys.len(), stages.join(", ")))
            .note("API Gateway takes one such change in 20 s");
        Ok(wish
            .warn(used_up)
            .warn((rate == Some(0.0)).then(|| "0 refuses every request of its keys with 429".to_string())))
    }
}

fn throttle_patches(throttle: Option<&Throttle>) -> Vec<Patch> {
    match throttle {
        None => vec![Patch::remove("/throttle")],
        Some(throttle) => vec![
            Patch::replace("/throttle/rateLimit", throttle.rate.unwrap_or(0.0).to_string()),
            Patch::replace("/throttle/burstLimit", throttle.burst.unwrap_or(0).to_string()),
        ],
    }
}

fn quota_patches(quota: Option<&Quota>) -> Vec<Patch> {
    match quota {
        None => vec![Patch::remove("/quota")],
        Some(quota) => vec![
            Patch::replace("/quota/limit", quota.limit.to_string()),
            Patch::replace("/quota/period", &quota.period),
            Patch::replace("/quota/offset", quota.offset.to_string()),
        ],
    }
}

fn number<T: std::str::FromStr>(label: &str, text: &str) -> Result<Option<T>, String> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("{label}: {text:?} is no number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_set_taken_away_and_given_back() {
        let plan = PlanLimits {
            plan: UsagePlan {
                id: "p1".into(),
                name: "partner".into(),
                throttle: Some(Throttle { rate: Some(5.0), burst: Some(10) }),
                ..UsagePlan::default()
            },
        };
        assert!(plan.clone().form().wish().is_err(), "nothing has been changed yet");
        let wish = plan.wish(&["", "", "1000", "DAY"]).expect("a change");
        let Change::UpdateUsagePlan { edit, .. } = &wish.change else { panic!("a plan") };
        assert_eq!(edit.patches[0], Patch::remove("/throttle"));
        assert_eq!(edit.patches[1], Patch::replace("/quota/limit", "1000"));
        assert_eq!(edit.undo[0], Patch::replace("/throttle/rateLimit", "5"));
        assert_eq!(edit.undo.last(), Some(&Patch::remove("/quota")));
        assert_eq!((edit.from.as_str(), edit.to.as_str()), ("5/s burst 10, no quota", "no throttle, 1000 a day"));
        assert!(plan.wish(&["5", "", "", "DAY"]).is_err(), "a rate without a burst");
    }
}
