//! The one integration binary; each module is a subject.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(unreachable_pub, reason = "nobody imports a test binary")]

mod api;
mod faults;
mod readme;
