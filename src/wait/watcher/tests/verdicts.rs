//! Ends, and what is told beside them.
