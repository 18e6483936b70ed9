//! The watcher against a tenant on a hand-driven clock: what it costs, how soon it sees, and that no lie becomes a verdict.

mod cost;
mod drive;
mod lies;
mod tenant;
mod verdicts;
