//! What is left of a run: reports, next steps, ledgers, resuming.

mod every_format;
mod existing_runs;
mod ledgers;
mod listed;
mod names_of_runs;
mod next_steps;
mod not_begun;
mod old_ledgers;
mod own_reports;
mod pruned;
mod reruns;
mod run_files;
pub(super) mod samples;
mod sandbox_runs;
mod tenants;
