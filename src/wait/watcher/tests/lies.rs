//! What a server may do wrong, and that it changes no verdict.
