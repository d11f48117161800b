//! One pane of glass for an AWS serverless system.
//!
//! ```text
//!                        ┌─────────────────────── runtime (owns App by value) ───────────────────────┐
//! keys, mouse, resize ──►│ Message ─► App::update ─► Vec<Effect> ─► perform ─► task ──────────────┐  │
//!                        │    ▲           │  │                                                    │  │
//!                        │    │           │  └► interests() ─ watch ─► poll/* ─► aws/* ───────────┼──┼─► AWS, an endpoint,
//!                        │    │           ▼                                │                      │  │   or the embedded account
//!                        │    │      view::draw(&App, &mut Frame)  dirty, ≤ 30/s                  │  │
//!                        │    └────────────── bounded mpsc<Message> ◄──────┴──────────────────────┘  │
//!                        └───────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Things happen and become messages. `App::update` turns one message into new state and a list of effects. The state
//! alone determines the interests (what is worth polling) and the frame (what is shown). The runtime performs effects
//! and runs pollers; both can only answer with messages. Nothing else crosses.
//!
//! # The rooms, layer by layer
//! | room | what it is |
//! |---|---|
//! | [`model`] | what an account is: plain data |
//! | [`store`] | what we know of it: facts with their standing |
//! | [`jq`] | what a jq expression makes of a log line |
//! | [`app`] | what the user is doing: pure |
//! | [`aws`] | how Amazon says it: the only place for SDK names |
//! | [`poll`] | when we ask |
//! | [`view`] | how it looks: the only place for widgets |
//! | [`runtime`] | where time passes |
//! | [`sim`] | a whole account, made up; imports nothing of the rest |
//!
//! The laws (which room may import which, where clocks, colours, environment variables and escapes may stand) are
//! tests: `tests/laws.rs`.
//!
//! # Words
//! *Function*, *qualifier* (alias or version), *invocation*, *cold start*, *log group*, *event*, *trace*, *segment*,
//! *API*, *stage*, *throttle* (rate and burst), *provisioned concurrency* (requested, allocated, available), *spillover*,
//! *reserved concurrency*, *finding*, *time window*, *scope* (account and region): code, keys, help and screen use these.

pub mod app;
pub mod aws;
pub mod cli;
pub mod config;
pub mod jq;
pub mod model;
pub mod poll;
pub mod runtime;
pub mod sim;
pub mod store;
pub mod term;
pub mod text;
pub mod time;
pub mod view;
