//! The embedded account in this very process, behind the production clients, on a clock that a paused runtime pauses.

use chrono::DateTime;
use slsdash::app::interests::Interests;
use slsdash::app::message::{Message, News};
use slsdash::aws::{Account, Settings};
use slsdash::poll::{self, Pace};
use slsdash::sim::transport::connector;
use slsdash::sim::{Options, Sim};
use slsdash::time::{Clock, Moment};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// The moment at which scenarios begin.
pub fn origin() -> Moment {
    DateTime::from_timestamp(1_795_260_000, 0).expect("a moment in November 2026")
}

/// The account, and the doorway that the program has to it.
pub struct Embedded {
    pub sim: Arc<Sim>,
    pub account: Account,
    pub clock: Clock,
}

impl Embedded {
    /// A scenario at a fixed moment with a fixed seed.
    pub async fn start(scenario: &str) -> Embedded {
        Embedded::of(scenario, 0).await
    }

    /// The same with at least so many functions.
    pub async fn of(scenario: &str, functions: usize) -> Embedded {
        Embedded::at(scenario, functions, Clock::from(origin())).await
    }

    /// The same with the time of that clock.
    pub async fn at(scenario: &str, functions: usize, clock: Clock) -> Embedded {
        let sim = Sim::new(Options {
            scenario: scenario.into(),
            seed: 7,
            functions,
            region: None,
            clock: {
                let clock = clock.clone();
                Arc::new(move || clock.millis())
            },
        })
        .expect("the scenario exists");
        let settings = Settings::embedded(connector::client(sim.clone()), "eu-west-1", scenario, clock.clone());
        let account = Account::connect(settings).await.expect("the embedded account needs nothing");
        Embedded { sim, account, clock }
    }

    /// Starts the pollers of this account.
    pub fn poll(&self, interests: Interests, pace: Pace) -> Polling {
        let (wanted, wanted_by_pollers) = watch::channel(interests);
        let (news, heard) = mpsc::channel(64);
        let cancel = CancellationToken::new();
        poll::start(self.account.clone(), self.clock.clone(), wanted_by_pollers, news, pace, cancel.clone());
        Polling { wanted, heard, cancel }
    }
}

/// Running pollers: what they are to want, and what they tell.
pub struct Polling {
    pub wanted: watch::Sender<Interests>,
    heard: mpsc::Receiver<Message>,
    pub cancel: CancellationToken,
}

impl Polling {
    /// Lets so much time pass and hands out all that was told meanwhile.
    pub async fn news_for(&mut self, time: Duration) -> Vec<News> {
        let mut news = Vec::new();
        let end = tokio::time::sleep(time);
        tokio::pin!(end);
        loop {
            tokio::select! {
                Some(message) = self.heard.recv() => match message {
                    Message::News(told) => news.push(told),
                    other => panic!("a poller told {other:?}"),
                },
                () = &mut end => return news,
            }
        }
    }

    /// Other interests.
    pub fn want(&self, change: impl FnOnce(&mut Interests)) {
        self.wanted.send_modify(change);
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
