//! The world: one account as a function of (scenario, seed, time), with what its user changed laid over it.

pub mod catalog;
pub mod invocation;

/// Milliseconds since 1970, the unit of every moment in the world.
pub type Millis = i64;
