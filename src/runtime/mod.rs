//! Where time passes: the loop, and the performing of effects.
