//! When we ask: one poller per noun.
