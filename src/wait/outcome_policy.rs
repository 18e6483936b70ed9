//! Whether a run met its outcome policies: how many launches ended badly, how many of those are forgiven, and the exit status.
//!
//! In: how each launch ended, and the policies of the manifest and of its jobs. Out: [`RunJudgement`], with its arithmetic as
//! data. Never: reads a ledger, or counts a launch twice. Source: `docs/waiting.md`.

mod judgement;
mod tally;
#[cfg(test)]
mod tests;

pub use judgement::{RunJudgement, judge};
pub use tally::{JudgedJob, LaunchEnding, OutcomeTally};
