//! How it looks: widgets from the state, nothing kept.
