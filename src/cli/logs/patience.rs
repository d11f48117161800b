//! Waiting: for a service that throttles, as long as it takes, and for the reader of standard output, as long as there is one.

use std::io;
use std::time::Duration;

use crate::cli::failure::Failure;
use crate::cli::output::complain;
use crate::model::trouble::{Kind, Trouble};
use crate::{term, text};

/// How soon it is noticed that nobody reads standard output any more, while there is nothing to print.
const LISTENER: Duration = Duration::from_secs(1);
/// First wait for a service that throttles; each is twice the one before.
const FIRST: Duration = Duration::from_secs(1);
/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(30);

/// Asks until the service has time for it. Errors: any but that it throttles.
pub async fn patiently<T>(mut ask: impl AsyncFnMut() -> Result<T, Trouble>) -> Result<T, Trouble> {
    let mut wait = FIRST;
    loop {
        match ask().await {
            Err(trouble) if trouble.kind == Kind::Throttled => {
                let now = wait.max(trouble.retry_after.unwrap_or_default());
                complain(&format!("{} is throttled; going on in {}", trouble.operation, text::span(now)));
                tokio::time::sleep(now).await;
                wait = (wait * 2).min(LONGEST);
            }
            answer => return answer,
        }
    }
}

/// Waits until nobody reads standard output any more.
pub async fn nobody_reads() {
    let mut listener = tokio::time::interval(LISTENER);
    loop {
        listener.tick().await;
        if term::nobody_reads_output() {
            return;
        }
    }
}

/// Does something for as long as somebody reads standard output. Errors: its own, and the quiet end when nobody does.
pub async fn while_read<T>(doing: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        done = doing => done,
        () = nobody_reads() => Err(hung_up()),
    }
}

/// Nobody reads standard output any more.
pub fn hung_up() -> Failure {
    io::Error::from(io::ErrorKind::BrokenPipe).into()
}
