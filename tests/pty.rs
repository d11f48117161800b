//! A terminal for the real binary, and what it owes to one: everything is put back, whatever the end.

mod binary;
mod manners;
mod scenes;
mod terminal;

pub use terminal::Terminal;
