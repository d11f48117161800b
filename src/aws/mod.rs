//! How Amazon says it: SDK in, model out; the only room for SDK names.
