//! What every command starts from: flags, environment, configuration and clock; and the run of a headless one.

use std::cell::Cell;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Global;
use super::failure::{Failure, INTERRUPTED};
use super::output::complain;
use crate::app::Origin;
use crate::app::keymap::Keymap;
use crate::config::{Environment, Flags, Loaded, Writes};
use crate::time::{Clock, Moment};

/// What a command starts from.
pub struct Occasion {
    /// The flags.
    pub global: Global,
    /// What the environment says.
    pub environment: Environment,
    /// The configuration, with what was wrong on the way to it.
    pub loaded: Loaded,
    /// The clock.
    pub clock: Clock,
    /// The user has had enough of it.
    pub interrupted: CancellationToken,
    lingering: Cell<bool>,
}

/// An interrupted command that has begun something at a service, and ends it before it goes.
const PARTING: Duration = Duration::from_secs(3);

/// As long as this lives, the command has something to end.
pub struct Lingering<'a>(&'a Cell<bool>);

impl Drop for Lingering<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Occasion {
    /// Reads the configuration.
    pub fn new(global: Global, environment: Environment, clock: Clock) -> Occasion {
        let flags = Flags {
            file: global.config.clone(),
            theme: global.theme.clone(),
            ascii: global.ascii,
            since: global.since,
            profile: global.profile.clone().or_else(|| environment.aws_profile.clone()),
        };
        let loaded = Loaded::read(&environment, &flags);
        let (interrupted, lingering) = (CancellationToken::new(), Cell::new(false));
        Occasion { global, environment, loaded, clock, interrupted, lingering }
    }

    /// From now on an interruption gives the command a moment: it sees to [`Occasion::interrupted`] itself.
    pub fn linger(&self) -> Lingering<'_> {
        self.lingering.set(true);
        Lingering(&self.lingering)
    }

    /// Profile in use, by flag or variable.
    pub fn profile(&self) -> Option<String> {
        self.global.profile.clone().or_else(|| self.environment.aws_profile.clone())
    }

    /// Why no change can be made, where that is so.
    pub fn read_only(&self) -> Option<String> {
        match &self.loaded.writes {
            _ if self.global.read_only => Some("--read-only".into()),
            (Writes::Never, why) => Some(why.clone()),
            _ => None,
        }
    }

    /// How the account was chosen, before AWS has said a word.
    pub fn origin(&self) -> Origin {
        Origin {
            profile: self.profile(),
            region: self.global.region.clone().or_else(|| self.environment.aws_region.clone()).unwrap_or_default(),
            endpoint: self.global.endpoint_url.clone().or_else(|| self.environment.aws_endpoint_url.clone()),
            demo: None,
            read_only: self.read_only(),
            writes: self.loaded.writes.0,
            switched_off: Vec::new(),
        }
    }

    /// The present and a moment so long before it; `--since` counts where it is given.
    pub fn window(&self, otherwise: Duration) -> (Moment, Moment) {
        let end = self.clock.now();
        let length = self.global.since.unwrap_or(otherwise);
        (end - chrono::TimeDelta::from_std(length).unwrap_or(chrono::TimeDelta::days(1)), end)
    }

    /// Runs a headless command to its end, or until it is interrupted.
    pub fn headless(&self, command: impl AsyncFnOnce(&Occasion) -> Result<u8, Failure>) -> Result<u8, Failure> {
        let (_, clashes) = Keymap::with(&self.loaded.config.keys);
        for problem in &self.loaded.problems {
            complain(&problem.to_string());
        }
        for clash in clashes {
            complain(&clash);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::other(format!("the system gives no event loop: {error}")))?;
        let ended = runtime.block_on(async {
            let command = command(self);
            tokio::pin!(command);
            tokio::select! {
                biased;
                _ = tokio::signal::ctrl_c() => {}
                ended = &mut command => return ended,
            }
            self.interrupted.cancel();
            if self.lingering.get() {
                tokio::select! {
                    biased;
                    _ = tokio::signal::ctrl_c() => {}
                    _ = command => {}
                    () = tokio::time::sleep(PARTING) => {}
                }
            }
            Ok(INTERRUPTED)
        });
        // Name look-ups that hang must not keep the shell waiting.
        runtime.shutdown_background();
        ended
    }
}
