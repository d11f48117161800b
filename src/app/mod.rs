//! What the user is doing: pure. One message in, new state and a list of effects out.

pub mod effect;
pub mod interests;
pub mod message;
