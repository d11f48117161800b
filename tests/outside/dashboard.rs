//! The dashboard of the real binary in a terminal, on servers that we did not write.
