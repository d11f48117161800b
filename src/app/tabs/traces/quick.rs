//! Quick filters: what one asks of traces again and again, in one key and a choice.

use super::Traces;
use super::list::took;
use crate::app::overlay::{Choice, Chosen, Overlay};
use crate::app::step::Step;
use crate::app::tabs::Context;
use crate::model::expression;
use crate::text;

impl Traces {
    /// The choice, each with the expression that AWS will apply, or with the reason why there is none here.
    pub(super) fn quick_filters(&self, cx: &Context) -> Step {
        let all = cx.store.traces.all();
        let selected = self.selected(cx.store);
        let summary = self.list.selected(all);
        let mut times: Vec<f64> = all.iter().filter_map(took).collect();
        times.sort_by(f64::total_cmp);
        let slow = times.get(times.len() * 95 / 100).copied();
        let entry = summary.and_then(|summary| summary.entry_point.clone());
        let entry =
            entry.filter(|_| summary.is_some_and(|s| s.entry_type.as_deref() == Some("AWS::ApiGateway::Stage")));
        let user = summary.and_then(|summary| summary.users.first());
        let why = |what: &str| format!("the selected trace has no {what}");
        let items = vec![
            ("fault".to_string(), Ok("fault = true".to_string())),
            ("error".to_string(), Ok("error = true".to_string())),
            ("throttle".to_string(), Ok("throttle = true".to_string())),
            (
                match slow {
                    Some(slow) => format!("slow: the slowest 5 %, above {}", text::millis(slow * 1000.0)),
                    None => "slow".to_string(),
                },
                slow.map(|slow| format!("responsetime >= {slow:.3}"))
                    .ok_or_else(|| "no trace to measure by".to_string()),
            ),
            (
                "this function".to_string(),
                selected.function.as_deref().map(expression::service_is).ok_or_else(|| why("function that is known")),
            ),
            (
                "this API stage".to_string(),
                entry
                    .as_deref()
                    .map(expression::service_is)
                    .ok_or_else(|| why("stage of API Gateway as its entry point")),
            ),
            (
                "this user".to_string(),
                user.map(|user| format!("user = {}", expression::quote(user))).ok_or_else(|| why("user")),
            ),
        ];
        let mut items: Vec<(String, Result<Chosen, String>)> =
            items.into_iter().map(|(name, answer)| (name, answer.map(Chosen::Narrow))).collect();
        if !self.list.expression.is_empty() {
            items.push(("all traces".to_string(), Ok(Chosen::Expression(String::new()))));
        }
        Step::Show(Box::new(Overlay::Choice(Choice::new("Quick filters", items))))
    }
}
