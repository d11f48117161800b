//! `slsdash sim`: the embedded account on a local port, for any AWS client.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::failure::{Failure, OK};
use super::occasion::Occasion;
use super::output::Output;
use super::{Embedded, SimArgs};
use crate::sim::{Options, Sim, transport};
use crate::time::Clock;

/// The account that the flags describe. Errors: an unknown scenario, in a sentence.
pub fn account(embedded: &Embedded, region: Option<String>, clock: Clock) -> Result<Arc<Sim>, String> {
    Sim::new(Options {
        scenario: embedded.scenario.clone(),
        seed: embedded.seed,
        functions: embedded.functions,
        region,
        clock: Arc::new(move || clock.millis()),
    })
}

/// Serves it until SIGINT or SIGTERM, which is how a server ends: exit code 0.
pub fn serve(occasion: &Occasion, arguments: &SimArgs) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::other(format!("the system gives no event loop: {error}")))?;
    let sim =
        account(&arguments.account, occasion.global.region.clone(), occasion.clock.clone()).map_err(Failure::usage)?;
    let ended = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await.map_err(|error| {
            let remedy = "choose another --port, 0 is any free one";
            Failure::environment(format!("port {} can't be had: {error} - {remedy}", arguments.port))
        })?;
        let address = listener.local_addr()?;
        let mut output = Output::new();
        output.line(&format!("listening on http://{address}"))?;
        output.flush()?;
        let shutdown = async move {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        };
        transport::serve::serve(sim, listener, shutdown).await?;
        Ok(OK)
    });
    runtime.shutdown_background();
    ended
}
