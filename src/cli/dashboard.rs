//! The dashboard on the real account, an endpoint, or the embedded account.

use std::io::{self, IsTerminal};

use super::failure::Failure;
use super::occasion::Occasion;
use super::{Embedded, sim};
use crate::app::Origin;
use crate::aws::Settings;
use crate::config::Colours;
use crate::runtime::start::{Start, run};
use crate::sim::transport::connector;

/// The region of the embedded account, unless another is asked for.
const REGION: &str = "eu-west-1";

/// On the account that flags, environment and the AWS chain lead to.
pub fn real(occasion: Occasion) -> Result<u8, Failure> {
    let settings = occasion.settings();
    let origin = occasion.origin();
    start(occasion, origin, move || Ok(settings))
}

/// On the embedded account.
pub fn demo(occasion: Occasion, account: &Embedded) -> Result<u8, Failure> {
    for (flag, given) in [("--profile", &occasion.global.profile), ("--endpoint-url", &occasion.global.endpoint_url)] {
        if given.is_some() {
            let message = format!("{flag} leads to another account, and `demo` has its own: leave one of them out");
            return Err(Failure::usage(message));
        }
    }
    let region = occasion.global.region.clone().unwrap_or_else(|| REGION.into());
    let origin = Origin {
        profile: None,
        region: region.clone(),
        endpoint: None,
        demo: Some(account.scenario.clone()),
        ..occasion.origin()
    };
    let (account, clock) = (account.clone(), occasion.clock.clone());
    start(occasion, origin, move || {
        let sim = sim::account(&account, Some(region.clone()), clock.clone())?;
        Ok(Settings::embedded(connector::client(sim), &region, &account.scenario, clock))
    })
}

fn start(
    occasion: Occasion,
    origin: Origin,
    settings: impl FnOnce() -> Result<Settings, String> + Send + 'static,
) -> Result<u8, Failure> {
    const REMEDY: &str = "for scripts there are `slsdash top --once`, `logs`, `traces`, `apis` and `invoke`";
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::environment(format!("the dashboard needs a terminal, and this is none; {REMEDY}")));
    }
    if occasion.environment.dumb() {
        return Err(Failure::environment(format!("this terminal can't be drawn on (TERM=dumb); {REMEDY}")));
    }
    let Occasion { mut environment, loaded, clock, global, .. } = occasion;
    // Whoever asks for a theme by name wants to see its colours, NO_COLOR or not.
    if global.theme.is_some() && environment.no_color {
        environment.colours = Colours::Indexed;
    }
    let ending = run(Start { loaded, environment, origin, clock }, settings)
        .map_err(|error| Failure::environment(format!("the terminal can't be used: {error}; {REMEDY}")))?;
    Ok(ending.exit_code())
}
