//! What an account is: plain data, no I/O, no colour.

pub mod access_log;
pub mod alarm;
pub mod api;
pub mod cost;
pub mod diff;
pub mod expression;
pub mod finding;
pub mod function;
pub mod identity;
pub mod insights;
pub mod invocation;
pub mod json;
pub mod line;
pub mod log;
pub mod series;
pub mod service_graph;
pub mod tags;
pub mod trace;
pub mod tracing;
pub mod trouble;
