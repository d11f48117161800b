//! Against servers and clients that we did not write, so that a misreading of ours can't be right on both sides of a wire.
//!
//! moto and MiniStack hold the same shop (`tests/python/seed.py`) and each is wrong in its own way: what a test expects is what is
//! right, and where a server can't give it, that we say so instead of making it up. boto3 reads the embedded account.

mod answers;
mod changes;
mod clients;
mod dashboard;
mod headless;
mod servers;
