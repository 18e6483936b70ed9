//! `ValidateDynamicJob` and `ValidateExistingJob`: what would stand in the way of a start, without one.
//!
//! Source: `ValidationResultDto` of the OpenAPI description, with its names. Which of them the service gives for what is
//! inferred from their wording.

use super::job::State;
use super::{FolderAt, Tenant};
use crate::clock::Moment;
use crate::dto::names::VALIDATION_CODES;
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

    /// Whether a robot job could be started as it was; of a pending one, why it waits now.
    ///
    /// Errors: 404 where it does not exist.
    pub(crate) fn validate_existing(&self, folder: FolderAt, id: i64, now: Moment) -> Result<Findings, Refusal> {
        let job = self.job_with_id(folder, id, now).ok_or_else(|| Refusal::does_not_exist("Job"))?;
        let reasons = job.life.pending_reasons.iter().filter(|_| job.phase(now).state == State::Pending);
        let codes: Vec<&'static str> =
            reasons.filter_map(|reason| VALIDATION_CODES.iter().find(|code| *code == reason).copied()).collect();
        if !codes.is_empty() {
            return Ok(Findings { errors: codes.iter().map(|code| said_of(code).to_owned()).collect(), codes });
        }
        findings(self.check_release(folder, job.release, &job.asked))
    }
}

/// The text beside a code; where none was seen, the code.
fn said_of(code: &'static str) -> &'static str {
    match code {
        "TemplateNoHostsAvailable" => "No host is available on the machine template assigned for this job",
        "TemplateNoRuntime" => {
            "Could not find a machine with Unattended or NonProduction runtimes in the current folder"
        }
        "RobotNotFound" => "Couldn't find any user with unattended robot permissions in the current folder.",
        "RobotNotAssignedToFolder" => "Couldn't find the specified unattended user/robot in the current folder.",
        _ => code,
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
