//! The terminal: enter, leave, suspend; the only writer of escapes.
