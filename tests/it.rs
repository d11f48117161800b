//! The one integration binary: every file beside this one is a module of it, one concern each.
//!
//! One binary, because each links the whole SDK. Nothing here skips: what a test needs and can't have is a failure that says so.

mod outside;
mod pty;
mod servers;
