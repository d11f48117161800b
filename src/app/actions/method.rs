//! Settings of a method of a REST API's stage, or of all its methods: throttle, cache, logging, metrics. Only what differs
//! becomes a patch operation; what was is restored by the undo, to the letter.

use super::form::{Field, Form, Purpose, Wish};
use crate::app::effect::{Change, Edit, Patch, method_path};
use crate::model::api::{Api, MethodSettings, Stage};

/// What AWS takes for "no limit at this level".
const UNSET: &str = "-1";
/// cacheTtlInSeconds goes from 0 to 3600 (`api-gateway-caching`).
const LONGEST_TTL: i32 = 3600;

/// A method, or all of them, of a stage.
#[derive(Clone, Debug)]
pub struct MethodSetting {
    /// API id.
    pub api: String,
    /// Its name.
    pub name: String,
    /// stageName.
    pub stage: String,
    /// `GET /orders/{id}`; none for all methods.
    pub method: Option<String>,
    /// Its settings as they are; none where it has none of its own.
    pub now: Option<MethodSettings>,
    /// The stage has a cache cluster.
    pub cluster: bool,
}

/// A field: its name in sentences, its path below that of the method, and its values in words.
struct Piece {
    what: &'static str,
    path: &'static str,
    from: String,
    to: String,
    value: String,
    before: String,
}

fn level(settings: &MethodSettings) -> &str {
    settings.logging.as_deref().filter(|level| !level.is_empty()).unwrap_or("OFF")
}

fn on(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

impl MethodSetting {
    /// Of a stage; `method` as `GET /orders`.
    pub fn of(api: &Api, stage: &Stage, method: Option<&str>) -> MethodSetting {
        let own = |key: &str| stage.overrides.iter().find(|(known, _)| known == key).map(|(_, own)| own.clone());
        let defaults = Some(stage.defaults.clone()).filter(|defaults| *defaults != MethodSettings::default());
        MethodSetting {
            api: api.id.clone(),
            name: api.name.clone(),
            stage: stage.name.clone(),
            method: method.map(str::to_string),
            now: method.map_or(defaults, own),
            cluster: stage.cache_enabled,
        }
    }

    fn who(&self) -> String {
        self.method.clone().unwrap_or_else(|| "all methods".into())
    }

    /// The form.
    pub fn form(self) -> Form {
        let now = self.now.clone().unwrap_or_default();
        let rate = now.throttle_rate.filter(|rate| *rate >= 0.0).map(|rate| rate.to_string()).unwrap_or_default();
        let burst = now.throttle_burst.filter(|burst| *burst >= 0).map(|burst| burst.to_string()).unwrap_or_default();
        let ttl = now.cache_ttl_s.unwrap_or(300).to_string();
        let levels = ["OFF", "ERROR", "INFO"].map(|level| (level.to_string(), level.to_string())).to_vec();
        let fields = vec![
            Field::text("rate, requests/s", rate, "empty: no limit at this level; 0 refuses everything"),
            Field::text("burst, requests", burst, "empty: no limit at this level"),
            Field::switch("caching", now.caching == Some(true), ""),
            Field::text("cache TTL, s", ttl, "0 to 3600; 0 keeps nothing"),
            Field::choice("execution log", levels, level(&now), "INFO is much on a busy stage"),
            Field::switch("data trace", now.data_trace == Some(true), "logs whole requests and answers"),
            Field::switch("detailed metrics", now.detailed_metrics == Some(true), "a metric per method, billed"),
        ];
        let mut about = vec![];
        if self.now.is_none() {
            let whose = if self.method.is_some() { "the stage's hold" } else { "the account's hold" };
            about.push(format!("it has no settings of its own: {whose}"));
        }
        let title = format!("Settings of {} in {} {}", self.who(), self.name, self.stage);
        Form::new(Purpose::Method(self), title, about, fields)
    }

    pub(super) fn wish(&self, values: &[&str]) -> Result<Wish, String> {
        let now = self.now.clone().unwrap_or_default();
        let mut pieces = Vec::new();
        let mut piece = |what, path, from: String, to: String, before: String, value: String| {
            if from != to {
                pieces.push(Piece { what, path, from, to, value, before });
            }
        };
        let limit = |text: &str| if text.is_empty() { "no limit".to_string() } else { text.to_string() };
        let rate_now = now.throttle_rate.filter(|rate| *rate >= 0.0).map(|rate| rate.to_string()).unwrap_or_default();
        let rate = typed::<f64>("rate", values[0])?.filter(|rate| *rate >= 0.0);
        if rate.is_none() && !values[0].is_empty() {
            return Err("rate: it can't be below 0; empty means no limit".into());
        }
        let rate = rate.map(|rate| rate.to_string()).unwrap_or_default();
        let sent = |text: &str| if text.is_empty() { UNSET.to_string() } else { text.to_string() };
        piece("rate", "throttling/rateLimit", limit(&rate_now), limit(&rate), sent(&rate_now), sent(&rate));
        let burst_now =
            now.throttle_burst.filter(|burst| *burst >= 0).map(|burst| burst.to_string()).unwrap_or_default();
        let burst = typed::<i32>("burst", values[1])?;
        if burst.is_some_and(|burst| burst < 0) {
            return Err("burst: it can't be below 0; empty means no limit".into());
        }
        let burst = burst.map(|burst| burst.to_string()).unwrap_or_default();
        piece("burst", "throttling/burstLimit", limit(&burst_now), limit(&burst), sent(&burst_now), sent(&burst));
        let flag = |value: &str| value == "true";
        let mut switch = |what, path, before: bool, value: &str| {
            let to = flag(value);
            piece(what, path, on(before).into(), on(to).into(), before.to_string(), to.to_string());
        };
        switch("caching", "caching/enabled", now.caching == Some(true), values[2]);
        switch("data trace", "logging/dataTrace", now.data_trace == Some(true), values[5]);
        switch("detailed metrics", "metrics/enabled", now.detailed_metrics == Some(true), values[6]);
        let ttl = typed::<i32>("cache TTL", values[3])?.unwrap_or(300);
        if !(0..=LONGEST_TTL).contains(&ttl) {
            return Err(format!("cache TTL: {ttl} s does not lie between 0 and {LONGEST_TTL}"));
        }
        let ttl_now = now.cache_ttl_s.unwrap_or(300);
        let seconds = |ttl: i32| format!("{ttl} s");
        piece(
            "cache TTL",
            "caching/ttlInSeconds",
            seconds(ttl_now),
            seconds(ttl),
            ttl_now.to_string(),
            ttl.to_string(),
        );
        let (before, level) = (level(&now).to_string(), values[4].to_string());
        piece("execution log", "logging/loglevel", before.clone(), level.clone(), before, level);
        if pieces.is_empty() {
            return Err("nothing differs from what is set".into());
        }
        Ok(self.warned(self.change(&pieces), &pieces))
    }

    fn change(&self, pieces: &[Piece]) -> Change {
        let below = method_path(self.method.as_deref().unwrap_or("*"));
        let patches = pieces.iter().map(|piece| Patch::replace(format!("{below}/{}", piece.path), &piece.value));
        // What had no settings of its own has none again.
        let undo = match &self.now {
            None => vec![Patch::remove(&below)],
            Some(_) => {
                pieces.iter().map(|piece| Patch::replace(format!("{below}/{}", piece.path), &piece.before)).collect()
            }
        };
        let who = self.who();
        let (what, from, to) = match pieces {
            [one] => (format!("{} of {who}", one.what), one.from.clone(), one.to.clone()),
            more => {
                let words = |side: fn(&Piece) -> &String| {
                    more.iter().map(|piece| format!("{} {}", piece.what, side(piece))).collect::<Vec<_>>().join(", ")
                };
                (format!("settings of {who}"), words(|piece| &piece.from), words(|piece| &piece.to))
            }
        };
        let edit = Edit { what, from, to, patches: patches.collect(), undo };
        Change::UpdateStage { api: self.api.clone(), name: self.name.clone(), stage: self.stage.clone(), edit }
    }

    fn warned(&self, change: Change, pieces: &[Piece]) -> Wish {
        let to = |what: &str| pieces.iter().find(|piece| piece.what == what).map(|piece| piece.to.as_str());
        let get = self.method.as_deref().is_none_or(|method| method.starts_with("GET "));
        let closes = [to("rate"), to("burst")].contains(&Some("0"));
        Wish::of(change)
            .warn(closes.then(|| "0 refuses every request with 429".into()))
            .warn(
                (to("caching") == Some("on") && !self.cluster)
                    .then(|| "the stage has no cache cluster: nothing is cached until it has one".into()),
            )
            .warn(
                (to("caching") == Some("on") && !get).then(|| {
                    "this is not a GET: its answers are cached as well, whatever the body of the request".into()
                }),
            )
            .warn(
                (to("data trace") == Some("on"))
                    .then(|| "whole requests and answers are logged, with whatever secrets they carry".into()),
            )
            .warn(
                (to("detailed metrics") == Some("on"))
                    .then(|| "each method becomes metrics of its own, which CloudWatch bills by the month".into()),
            )
    }
}

/// A number, where one is typed.
fn typed<T: std::str::FromStr>(label: &str, text: &str) -> Result<Option<T>, String> {
    match text {
        "" | "-" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("{label}: {text:?} is no number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(now: Option<MethodSettings>) -> MethodSetting {
        MethodSetting {
            api: "k3".into(),
            name: "shop".into(),
            stage: "prod".into(),
            method: Some("GET /orders/{id}".into()),
            now,
            cluster: true,
        }
    }

    fn edit(wish: &Wish) -> &Edit {
        let Change::UpdateStage { edit, .. } = &wish.change else { panic!("a stage") };
        edit
    }

    #[test]
    fn only_what_differs_is_sent_and_what_was_comes_back() {
        let now = MethodSettings {
            throttle_rate: Some(20.0),
            throttle_burst: Some(40),
            caching: Some(false),
            cache_ttl_s: Some(300),
            ..MethodSettings::default()
        };
        let wish = setting(Some(now)).wish(&["", "40", "true", "60", "OFF", "false", "false"]).expect("a change");
        let edit = edit(&wish);
        let sent: Vec<String> = edit.patches.iter().map(Patch::shorthand).collect();
        assert_eq!(
            sent,
            [
                "op=replace,path=/~1orders~1{id}/GET/throttling/rateLimit,value=-1",
                "op=replace,path=/~1orders~1{id}/GET/caching/enabled,value=true",
                "op=replace,path=/~1orders~1{id}/GET/caching/ttlInSeconds,value=60",
            ]
        );
        let back: Vec<&str> = edit.undo.iter().filter_map(|patch| patch.value.as_deref()).collect();
        assert_eq!(back, ["20", "false", "300"]);
        assert_eq!(edit.from, "rate 20, caching off, cache TTL 300 s");
        assert_eq!(edit.to, "rate no limit, caching on, cache TTL 60 s");
    }

    #[test]
    fn what_had_no_settings_has_none_again() {
        let wish = setting(None).wish(&["5", "", "false", "300", "OFF", "false", "false"]).expect("a change");
        assert_eq!(edit(&wish).undo, [Patch::remove("/~1orders~1{id}/GET")]);
        assert_eq!(edit(&wish).what, "rate of GET /orders/{id}");
    }

    #[test]
    fn nonsense_is_told_before_it_is_sent() {
        let setting = setting(None);
        for (values, says) in [
            (["x", "", "false", "300", "OFF", "false", "false"], "rate"),
            (["-2", "", "false", "300", "OFF", "false", "false"], "below 0"),
            (["", "1.5", "false", "300", "OFF", "false", "false"], "burst"),
            (["", "", "false", "3601", "OFF", "false", "false"], "3600"),
            (["", "", "false", "300", "OFF", "false", "false"], "nothing differs"),
        ] {
            let why = setting.wish(&values).expect_err("it is refused");
            assert!(why.contains(says), "{why}");
        }
        let wish = setting.wish(&["0", "", "false", "300", "OFF", "false", "false"]).expect("it may be meant");
        assert!(wish.notes[0].1.contains("429"));
    }

    #[test]
    fn the_form_begins_with_what_is_set() {
        let now = MethodSettings { throttle_rate: Some(-1.0), logging: Some("INFO".into()), ..Default::default() };
        let form = setting(Some(now)).form();
        let values: Vec<&str> = form.fields.iter().map(Field::value).collect();
        assert_eq!(values, ["", "", "false", "300", "INFO", "false", "false"]);
        assert!(form.wish().is_err(), "nothing has been changed yet");
    }
}
