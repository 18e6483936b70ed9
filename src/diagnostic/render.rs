//! Diagnostics for people: one line of what, then the source lines with carets.
