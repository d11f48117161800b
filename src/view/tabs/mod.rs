//! One file per tab.

pub mod apis;
pub mod function;
pub mod functions;
pub mod logs;
pub mod overview;
pub mod stage;
pub mod traces;
