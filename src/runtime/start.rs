//! A run of the dashboard: from the configuration and the choice of an account to the ending.

use std::io;
use std::time::Duration;

use super::dashboard::Dashboard;
use super::{Browser, Ending, Setup, Wires, Writes};
use super::{audit, history, payloads};
use crate::app::findings::snooze::Snoozes;
use crate::app::keymap::Keymap;
use crate::app::message::{Message, News};
use crate::app::{App, Origin};
use crate::aws::{Account, Settings};
use crate::config::{Colours, Config, Environment, Loaded, Problem};
use crate::poll::{self, Pace};
use crate::term;
use crate::time::{Clock, local_offset};
use crate::view::look::{Depth, Look};

/// How soon to look again for an account that could not be found.
const RETRY: Duration = Duration::from_secs(5);

/// What a run starts from.
pub struct Start {
    /// The configuration, with what was wrong on the way to it.
    pub loaded: Loaded,
    /// What the environment says.
    pub environment: Environment,
    /// How the account was chosen.
    pub origin: Origin,
    /// The clock.
    pub clock: Clock,
}

/// Runs the dashboard until it ends. `settings` is asked only once the first frame is on the screen; its error is shown
/// in the dashboard.
///
/// Errors when there is no terminal.
pub fn run(start: Start, settings: impl FnOnce() -> Result<Settings, String> + Send + 'static) -> io::Result<Ending> {
    let Start { loaded, environment, origin, clock } = start;
    let config = loaded.config.clone();
    let (keymap, clashes) = Keymap::with(&config.keys);
    let size = term::size().unwrap_or((80, 24));
    let look = Look::new(&loaded.theme, depth(environment.colours), config.ui.ascii);
    let setup = Setup {
        clock: clock.clone(),
        mouse: config.ui.mouse,
        writes: match &origin.read_only {
            Some(why) => Writes::Refused(why.clone()),
            None => Writes::Allowed,
        },
        browser: if environment.ssh { Browser::Elsewhere("this is an ssh session".into()) } else { Browser::Here },
        audit: environment.state_dir.as_ref().map(|dir| dir.join("audit.jsonl")),
        queries: environment.state_dir.as_ref().map(|dir| dir.join(history::FILE)),
        invokes: environment.data_dir.as_ref().map(|dir| dir.join(payloads::FOLDER)),
        editor: environment.editor.clone(),
        crashes: environment.state_dir.clone(),
    };
    let pace = pace(&config);
    let switched_off = setup.audit.as_deref().map(audit::switched_off).unwrap_or_default();
    let origin = Origin { switched_off, ..origin };
    let mut app = App::new(config, keymap, origin, clock.clone(), size);
    if let Some(path) = &setup.queries {
        app.logs.insights.history = history::read(path).into();
        app.logs.insights.is_kept = true;
        app.overview.snoozes = Snoozes::read(&history::read(&path.with_file_name(history::SNOOZES)));
    }
    app.invokes.on_disk = setup.invokes.is_some();
    app.offset = local_offset(clock.now());
    for text in loaded.problems.iter().map(Problem::sentence).chain(clashes) {
        app.update(Message::Notice(text));
    }
    super::dashboard(Dashboard { app, look }, setup, move |wires| connect(settings, clock, pace, wires))
}

/// How often to ask, from the configuration.
pub fn pace(config: &Config) -> Pace {
    let poll = &config.poll;
    Pace {
        metrics: poll.metrics,
        inventory: poll.inventory,
        alarms: poll.alarms,
        tail: poll.tail,
        overlap: config.logs.overlap,
        traces: poll.traces,
        traces_cap: config.traces.cap,
        apis: poll.apis,
        stages: poll.stages,
        detail: poll.detail,
        dollars_per_hour: Some(poll.budget_dollars_per_hour),
        ..Pace::default()
    }
}

fn depth(colours: Colours) -> Depth {
    match colours {
        Colours::None => Depth::None,
        Colours::Ansi => Depth::Sixteen,
        Colours::Indexed => Depth::TwoFiftySix,
        Colours::True => Depth::True,
    }
}

/// Finds the account and starts its pollers. Where there is none yet (no credentials, no network), it says so and tries
/// again: signing in from another terminal is enough.
async fn connect(
    settings: impl FnOnce() -> Result<Settings, String> + Send,
    clock: Clock,
    pace: Pace,
    wires: Wires,
) -> Option<Account> {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(why) => {
            let _ = wires.messages.send(Message::Notice(why)).await;
            return None;
        }
    };
    loop {
        match Account::connect(settings.clone()).await {
            Ok(account) => {
                poll::start(account.clone(), clock, wires.interests, wires.messages, pace, wires.end);
                return Some(account);
            }
            Err(trouble) => {
                wires.messages.send(Message::News(News::Identity(Err(trouble)))).await.ok()?;
                tokio::select! {
                    () = wires.end.cancelled() => return None,
                    () = tokio::time::sleep(RETRY) => {}
                }
            }
        }
    }
}
