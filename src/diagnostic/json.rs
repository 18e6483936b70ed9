//! Diagnostics as JSON, for machines.
