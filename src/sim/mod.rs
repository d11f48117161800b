//! A whole AWS account, made up: Lambda, CloudWatch, Logs, X-Ray, API Gateway and STS over their real protocols.
//!
//! [`Sim::handle`] turns one HTTP request into one HTTP response and does no I/O of its own; two thin transports carry
//! it: a loopback server for any AWS client and a connector for the SDK clients of this very process. The account
//! itself, [`world::World`], is a function of (scenario, seed, time): nothing runs, nothing grows, and every question
//! has the same answer however often and in whatever order it is asked. What a client changes is laid over it.
//!
//! This module imports nothing else of the program, so that nothing the program believes can leak into it.

pub mod wire;
pub mod world;
