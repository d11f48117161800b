//! The one integration binary: every file beside this one is a module of it, one concern each.
//!
//! One binary, because each links the whole SDK. Nothing here skips: what a test needs and can't have is a failure that says so.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and wait by the real clock"
)]

mod apis;
mod aws_wire;
mod changes;
mod cli;
mod documents;
mod drift;
mod embedded;
mod frames;
mod function;
mod functions;
mod insights;
mod invocations;
mod invokes;
mod journeys;
mod jq;
mod laws;
mod limits;
mod monkey;
mod outside;
mod pty;
mod reading;
mod rubbish;
mod screens;
mod screenshots;
mod servers;
mod sim_apis;
mod sim_logs;
mod sim_wire;
mod sim_xray;
mod tail;
mod thrift;
mod traces;
