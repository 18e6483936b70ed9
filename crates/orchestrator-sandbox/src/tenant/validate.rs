//! `ValidateDynamicJob` and `ValidateExistingJob`: what would stand in the way of a start, without one.
//!
//! Source: `ValidationResultDto` of the OpenAPI description, with its names. Which of them the service gives for what is
//! inferred from their wording.

use super::{FolderAt, Tenant};
use crate::clock::Moment;
use crate::refusal::Refusal;
use crate::start_info::StartInfo;

/// What validation found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<String>,
    pub(crate) codes: Vec<&'static str>,
}

impl Tenant {
    /// Whether a start could be made now.
    ///
    /// Errors: what is wrong with the request itself, or a release or attachment that does not exist.
    pub(crate) fn validate(&mut self, folder: FolderAt, asked: &StartInfo, now: Moment) -> Result<Findings, Refusal> {
        let outcome = self.check(folder, asked, now).map(|_| ());
        findings(outcome)
    }

    /// Whether a robot job could be started as it was. Errors: 404 where it does not exist.
    pub(crate) fn validate_existing(&mut self, folder: FolderAt, id: i64) -> Result<Findings, Refusal> {
        let job = self.job_with_id(folder, id).ok_or_else(|| Refusal::does_not_exist("Job"))?;
        findings(self.check_release(folder, job.release, &job.asked))
    }
}

fn findings(outcome: Result<(), Refusal>) -> Result<Findings, Refusal> {
    let Err(refusal) = outcome else { return Ok(Findings::default()) };
    let is = |other: &Refusal| refusal.message() == other.message();
    let code = if is(&Refusal::no_runtime()) {
        "TemplateNoRuntime"
    } else if is(&Refusal::no_robots()) {
        "RobotNotFound"
    } else if is(&Refusal::unknown_robot()) {
        "RobotNotAssignedToFolder"
    } else if is(&Refusal::unknown_machine()) {
        "TemplateNotAssignedToFolder"
    } else if is(&Refusal::pending_already(0)) {
        "RobotBusy"
    } else {
        return Err(refusal);
    };
    let message = refusal.message().unwrap_or_default().to_owned();
    Ok(Findings { errors: vec![message], codes: vec![code] })
}
