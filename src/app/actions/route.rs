//! Settings of a route of an HTTP or WebSocket API's stage, or of all its routes. The second version of API Gateway takes
//! them as a whole.

use super::form::{Field, Form, Purpose, Wish};
use crate::app::effect::Change;
use crate::model::api::{Api, MethodSettings, Protocol, Stage};

/// A route, or all of them, of a stage.
#[derive(Clone, Debug)]
pub struct RouteSetting {
    /// API id.
    pub api: String,
    /// Its name.
    pub name: String,
    /// StageName.
    pub stage: String,
    /// Route key; none for all routes.
    pub route: Option<String>,
    /// Its settings as they are; none where it has none of its own.
    pub now: Option<MethodSettings>,
    /// It is a WebSocket API, which has an execution log.
    pub logs: bool,
}

impl RouteSetting {
    /// Of a stage.
    pub fn of(api: &Api, stage: &Stage, route: Option<&str>) -> RouteSetting {
        let own = |key: &str| stage.overrides.iter().find(|(known, _)| known == key).map(|(_, own)| own.clone());
        let defaults = Some(stage.defaults.clone()).filter(|defaults| *defaults != MethodSettings::default());
        RouteSetting {
            api: api.id.clone(),
            name: api.name.clone(),
            stage: stage.name.clone(),
            route: route.map(str::to_string),
            now: route.map_or(defaults, own),
            logs: api.protocol == Protocol::WebSocket,
        }
    }

    /// The form.
    pub fn form(self) -> Form {
        let now = self.now.clone().unwrap_or_default();
        let mut fields = vec![
            Field::text(
                "rate, requests/s",
                now.throttle_rate.map(|rate| rate.to_string()).unwrap_or_default(),
                "empty: the account's; 0 refuses everything",
            ),
            Field::text(
                "burst, requests",
                now.throttle_burst.map(|burst| burst.to_string()).unwrap_or_default(),
                "empty: the account's",
            ),
            Field::switch("detailed metrics", now.detailed_metrics == Some(true), "a metric per route, billed"),
        ];
        if self.logs {
            let levels = ["OFF", "ERROR", "INFO"].map(|level| (level.to_string(), level.to_string())).to_vec();
            fields.push(Field::choice("execution log", levels, now.logging.as_deref().unwrap_or("OFF"), ""));
            fields.push(Field::switch("data trace", now.data_trace == Some(true), "logs whole messages"));
        }
        let who = self.route.as_deref().unwrap_or("all routes");
        let title = format!("Settings of {who} in {} {}", self.name, self.stage);
        let about = if self.now.is_none() { vec!["it has no settings of its own".to_string()] } else { vec![] };
        Form::new(Purpose::Route(self), title, about, fields)
    }

    pub(super) fn wish(&self, values: &[&str]) -> Result<Wish, String> {
        let now = self.now.clone().unwrap_or_default();
        let rate = match values[0] {
            "" => None,
            text => Some(text.parse::<f64>().map_err(|_| format!("rate: {text:?} is no number"))?),
        };
        let burst = match values[1] {
            "" => None,
            text => Some(text.parse::<i32>().map_err(|_| format!("burst: {text:?} is no whole number"))?),
        };
        if rate.is_some_and(|rate| rate < 0.0 || !rate.is_finite()) || burst.is_some_and(|burst| burst < 0) {
            return Err("a limit can't be below 0; empty means that of the account".into());
        }
        let flag = |before: Option<bool>, value: &str| match (before, value == "true") {
            // What was not said stays unsaid.
            (None, false) => None,
            (_, on) => Some(on),
        };
        let level = |before: Option<String>, value: &str| match (before, value) {
            (None, "OFF") => None,
            (_, level) => Some(level.to_string()),
        };
        let to = MethodSettings {
            throttle_rate: rate,
            throttle_burst: burst,
            detailed_metrics: flag(now.detailed_metrics, values[2]),
            logging: values.get(3).map_or(now.logging.clone(), |value| level(now.logging.clone(), value)),
            data_trace: values.get(4).map_or(now.data_trace, |value| flag(now.data_trace, value)),
            ..now.clone()
        };
        if to == now {
            return Err("nothing differs from what is set".into());
        }
        let closes = (rate == Some(0.0) || burst == Some(0)).then(|| "0 refuses every request with 429".to_string());
        let change = Change::UpdateRouteSettings {
            api: self.api.clone(),
            name: self.name.clone(),
            stage: self.stage.clone(),
            route: self.route.clone(),
            from: self.now.clone(),
            to: Some(to),
        };
        Ok(Wish::of(change).warn(closes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_without_settings_of_its_own_has_none_again_after_the_undo() {
        let setting = RouteSetting {
            api: "h5".into(),
            name: "front".into(),
            stage: "$default".into(),
            route: Some("GET /home".into()),
            now: None,
            logs: false,
        };
        let form = setting.clone().form();
        assert!(form.wish().is_err(), "nothing has been changed yet");
        let wish = setting.wish(&["5", "10", "false"]).expect("a change");
        let undo = wish.change.undo().expect("it can be undone");
        assert_eq!(undo.iam_action(), "apigateway:DELETE");
        assert!(setting.wish(&["-1", "", "false"]).is_err());
        assert!(setting.wish(&["x", "", "false"]).is_err());
    }
}
