//! The account's own back door, under `/_sim/`: health, faults, the ledger and the truth. Unsigned, uncounted, never AWS.

use super::Sim;
use super::faults::Rule;
use super::wire::{Request, Response, form, json};
use super::world::catalog::FunctionId;
use super::world::tally::MINUTE;
use serde_json::{Value, json as object};

/// Answers one request under `/_sim/`.
pub fn handle(sim: &Sim, request: &Request) -> Response {
    match (request.method().as_str(), request.uri().path()) {
        ("GET", "/_sim/health") => json(200, &object!({"status": "ok", "now": sim.now()})),
        ("GET", "/_sim/ledger") => json(200, &ledger(sim)),
        ("DELETE", "/_sim/ledger") => {
            sim.ledger().clear();
            json(200, &object!({}))
        }
        ("POST", "/_sim/faults") => inject(sim, request),
        ("DELETE", "/_sim/faults") => {
            sim.faults().clear();
            json(200, &object!({}))
        }
        ("GET", "/_sim/truth") => truth(sim, request),
        ("POST", "/_sim/update") => meddle(sim, request, |function, query| {
            let seconds = query("seconds").and_then(|text| text.parse::<i64>().ok()).unwrap_or(30).clamp(0, 86_400);
            sim.world().begin_update(function, sim.now(), seconds * 1000);
        }),
        ("POST", "/_sim/delete") if request.uri().query().is_some_and(|query| query.contains("api=")) => {
            delete(sim, request)
        }
        ("POST", "/_sim/delete") => meddle(sim, request, |function, _| {
            sim.world().delete_function(function, sim.now());
        }),
        _ => json(404, &object!({"message": "no such door"})),
    }
}

fn ledger(sim: &Sim) -> Value {
    let counts: Vec<Value> = sim
        .ledger()
        .counts()
        .into_iter()
        .map(|((service, operation), count)| {
            object!({"service": service, "operation": operation, "calls": count.calls, "failed": count.failed, "series": count.series, "billed": count.billed})
        })
        .collect();
    object!({"calls": sim.ledger().total(), "series": sim.ledger().series(), "billed": sim.ledger().billed(), "operations": counts})
}

/// One rule or a list of them, as [`Rule::from_json`] reads them.
fn inject(sim: &Sim, request: &Request) -> Response {
    let value: Value = match serde_json::from_slice(request.body()) {
        Ok(value) => value,
        Err(error) => return json(400, &object!({"message": error.to_string()})),
    };
    let rules: Result<Vec<Rule>, String> = match &value {
        Value::Array(rules) => rules.iter().map(Rule::from_json).collect(),
        one => Rule::from_json(one).map(|rule| vec![rule]),
    };
    match rules {
        Ok(rules) => {
            for rule in rules {
                sim.faults().add(rule);
            }
            json(200, &object!({"rules": sim.faults().rules().len()}))
        }
        Err(message) => json(400, &object!({"message": message})),
    }
}

/// Does something to a function behind its user's back: `POST /_sim/update?function=NAME&seconds=30` begins an update,
/// `POST /_sim/delete?function=NAME` deletes it.
fn meddle(sim: &Sim, request: &Request, act: impl FnOnce(FunctionId, &dyn Fn(&str) -> Option<String>)) -> Response {
    let query = form::pairs(request.uri().query().unwrap_or_default(), false);
    let value = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let named = value("function").and_then(|name| sim.world().catalog.function_named(&name));
    let Some(function) = named.filter(|function| sim.world().exists(*function, sim.now())) else {
        return json(404, &object!({"message": "no such function"}));
    };
    act(function, &value);
    json(200, &object!({"function": sim.world().catalog.functions[function].name}))
}

/// Takes a stage away behind its clients' backs: `?api=ID&stage=NAME`.
fn delete(sim: &Sim, request: &Request) -> Response {
    let query = form::pairs(request.uri().query().unwrap_or_default(), false);
    let value = |name: &str| query.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    match sim.world().delete_stage(value("api"), value("stage"), sim.now()) {
        Some(()) => json(200, &object!({})),
        None => json(404, &object!({"message": "no such API or stage"})),
    }
}

/// The world's own counts, for whoever compares them with what a client read: `?function=NAME` or the fleet, over
/// `from..to` in milliseconds (the last hour unless told), whole minutes.
fn truth(sim: &Sim, request: &Request) -> Response {
    let query = form::pairs(request.uri().query().unwrap_or_default(), false);
    let value = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let moment = |name: &str| value(name).and_then(|text| text.parse::<i64>().ok());
    let to = moment("to").unwrap_or_else(|| sim.now());
    let from = moment("from").unwrap_or(to - 60 * MINUTE).max(to - 24 * 60 * MINUTE);
    let world = sim.world();
    let minutes = (from.div_euclid(MINUTE)..to.div_euclid(MINUTE)).map(|minute| minute * MINUTE);
    let (mut invocations, mut errors, mut throttles) = (0, 0, 0);
    let mut count = |i: u32, e: u32, t: u32| {
        invocations += u64::from(i);
        errors += u64::from(e);
        throttles += u64::from(t);
    };
    match value("function") {
        Some(name) => {
            let Some(function) = world.catalog.function_named(name) else {
                return json(404, &object!({"message": "no such function"}));
            };
            for minute in minutes {
                let tally = world.tally(function, minute, value("qualifier"));
                count(tally.invocations, tally.errors, tally.throttles);
            }
        }
        None => {
            for minute in minutes {
                let tally = world.fleet_tally(minute);
                count(tally.invocations, tally.errors, tally.throttles);
            }
        }
    }
    json(200, &object!({"invocations": invocations, "errors": errors, "throttles": throttles}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Options, world::Millis};
    use std::sync::Arc;

    const NOW: Millis = 1_795_255_230_000;

    fn account() -> Arc<Sim> {
        let clock = Arc::new(|| NOW);
        Sim::new(Options { scenario: "calm".into(), seed: 7, functions: 0, region: None, clock })
            .expect("calm is there")
    }

    fn ask(sim: &Sim, method: &str, uri: &str, body: &str) -> (u16, Value) {
        let request = http::Request::builder().method(method).uri(uri).body(body.to_owned().into());
        let answer = sim.handle(&request.expect("a request")).response().expect("an answer");
        (answer.status().as_u16(), serde_json::from_slice(answer.body().bytes()).unwrap_or_default())
    }

    #[test]
    fn faults_come_and_go_by_http_and_the_ledger_counts_what_is_not_ours() {
        let sim = account();
        assert_eq!(ask(&sim, "GET", "/_sim/health", "").1["status"], "ok");
        assert_eq!(ask(&sim, "POST", "/_sim/faults", r#"{"operations": "lambda:*", "fault": "throttle"}"#).0, 200);
        assert_eq!(ask(&sim, "GET", "/2015-03-31/functions/", "").0, 429);
        assert_eq!(ask(&sim, "DELETE", "/_sim/faults", "").0, 200);
        assert_eq!(ask(&sim, "GET", "/2015-03-31/functions/", "").0, 403, "unsigned");
        assert_eq!(ask(&sim, "POST", "/_sim/faults", r#"[{"fault": "flood"}]"#).0, 400);
        let (_, ledger) = ask(&sim, "GET", "/_sim/ledger", "");
        assert_eq!(ledger["calls"], 2);
        assert_eq!(
            ledger["operations"][0],
            object!({"service": "lambda", "operation": "ListFunctions", "calls": 2, "failed": 2, "series": 0, "billed": 0})
        );
    }

    #[test]
    fn the_truth_of_all_functions_is_that_of_the_fleet() {
        let sim = account();
        let window = format!("from={}&to={}", NOW - 10 * MINUTE, NOW);
        let (_, fleet) = ask(&sim, "GET", &format!("/_sim/truth?{window}"), "");
        let names = sim.world().catalog.functions.iter().map(|function| &function.name);
        let of = |name: &String| ask(&sim, "GET", &format!("/_sim/truth?function={name}&{window}"), "").1;
        let sum: u64 = names.map(|name| of(name)["invocations"].as_u64().unwrap_or_default()).sum();
        assert_eq!(fleet["invocations"], sum);
        assert!(sum > 0);
        assert_eq!(ask(&sim, "GET", "/_sim/truth?function=nobody", "").0, 404);
    }
}
