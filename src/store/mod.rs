//! What we know of the account: facts with their standing, bounded, indexed by what the screen asks for.

pub mod feed;
