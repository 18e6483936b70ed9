//! `--report markdown=auto`: where the summary of a GitHub step is.
//!
//! In: the environment. Out: the path in every target that asks for it. Never: looks at the disk.

use crate::cli::args::{ReportPlacement, ReportTarget};
use crate::profile::Environment;

/// The variable that names the file. Source: GitHub's documentation, "Adding a job summary".
pub(crate) const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Gives each of `targets` that is for the summary its path; it stays empty where there is no such step.
pub(crate) fn find(targets: &mut [ReportTarget], environment: &Environment) {
    for target in targets.iter_mut().filter(|target| target.placement == ReportPlacement::StepSummary) {
        target.path = environment.get(STEP_SUMMARY).unwrap_or_default().into();
    }
}
