//! Defaults, file, environment, flags: one configuration; the only reader of the environment.
