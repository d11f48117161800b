//! The command: which account, then the dashboard.
use slsdash::app::Origin;
use slsdash::aws::Settings;
use slsdash::config::{Environment, Flags, Loaded};
use slsdash::runtime::start::{Start, run};
use slsdash::sim::{Options, Sim, transport};
use slsdash::time::Clock;
use std::sync::Arc;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let scenario = args.get(2).cloned().unwrap_or_else(|| "shop".into());
    let n: usize = args.get(3).and_then(|n| n.parse().ok()).unwrap_or(0);
    let environment = Environment::read();
    let loaded = Loaded::read(&environment, &Flags::default());
    let clock = Clock::system();
    let origin = Origin { region: "eu-west-1".into(), demo: Some(scenario.clone()), ..Origin::default() };
    let c = clock.clone();
    let end = run(Start { loaded, environment, origin, clock }, move || {
        let c2 = c.clone();
        let sim = Sim::new(Options {
            scenario: scenario.clone(),
            seed: 7,
            functions: n,
            region: None,
            clock: Arc::new(move || c2.millis()),
        })?;
        Ok(Settings::embedded(transport::connector::client(sim), "eu-west-1", &scenario, c))
    });
    eprintln!("{end:?}");
}
