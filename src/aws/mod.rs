//! How Amazon says it: SDK in, model out; the only room for SDK names.
//!
//! [`Account`] is the doorway to one account and region. Each noun has a file with the questions that may be asked of it:
//! every one takes an `&Account`, answers in words of [`crate::model`], and fails with a
//! [`Trouble`](crate::model::trouble::Trouble) that says what happened and what to do about it.

#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "paths like `aws_sdk_lambda::types::Runtime::as_str` read worse than a closure, and the SDK has hundreds"
)]

pub mod account;
pub mod alarms;
pub mod apis;
pub mod changes;
mod credentials;
pub mod functions;
mod http;
pub mod insights;
pub mod logs;
mod meter;
pub mod metrics;
mod pages;
pub mod permissions;
mod policy;
pub mod provisioned;
pub mod ranking;
mod reading;
pub mod retrieval;
pub mod service_graph;
pub mod tags;
pub mod traces;
pub mod tracing;
mod trouble;

pub use account::{Account, Keys, Settings};
