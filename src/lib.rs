//! One pane of glass for an AWS serverless system.
pub mod sim;
