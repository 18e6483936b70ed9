//! A page of robot jobs, and how much of each it shows.

use crate::clock::Timestamp;
use crate::ids::FolderId;
use crate::outcome::JobError;
use crate::robot_job::RobotJob;
use crate::secret::Redactor;

/// A part of a list of robot jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobPage {
    /// The robot jobs, in the list's order.
    pub jobs: Vec<ListedJob>,
    /// The server's own time, where its answer carried a `Date`.
    pub server_time: Option<Timestamp>,
    /// How many were asked for at most; 0 if that is not known. A page as long as that may have been cut.
    pub asked: usize,
}

/// A robot job of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedJob {
    /// The robot job.
    pub job: RobotJob,
    /// `Reference`, where the server has it.
    pub reference: Option<String>,
    /// `SubState`, such as `MANUALLY` and `WITH_FAULTS`; `None` where it was not asked for.
    pub sub_state: Option<String>,
    /// `JobError`; its code is `ErrorCode` where it has none of its own.
    pub error: Option<Box<JobError>>,
    /// `OrganizationUnitId`: the folder that it is in; `None` where it was not asked for.
    pub folder: Option<FolderId>,
    /// `LastModificationTime`, the server's text; `None` where it was not asked for.
    pub modified: Option<String>,
    /// Whether its outputs are in a file (`OutputFile`): what is too long for `OutputArguments`. False where it was not asked for.
    pub has_output_file: bool,
}

impl ListedJob {
    /// Masks secrets that the server repeated here. Its Reference is ours, and matched as it came.
    pub(in crate::orchestrator) fn redact(&mut self, redactor: &Redactor) {
        self.job.redact(redactor);
        if let Some(error) = &mut self.error {
            error.redact(redactor);
        }
        for word in [&mut self.sub_state, &mut self.modified] {
            *word = word.take().map(|text| redactor.redact_word(&text).into_owned());
        }
    }
}

/// How much of each robot job a list shows. Old servers refuse to be asked for fields that they do not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShownFields {
    /// What every server shows that has References.
    Few,
    /// With `SubState`, `JobError`, `ErrorCode`, `OrganizationUnitId`, `LastModificationTime` and `ReleaseVersionId` as well.
    Detailed,
    /// With `OutputArguments`, too, which lists may leave out.
    WithOutput,
}

impl ShownFields {
    /// As `$select` names them.
    pub(super) fn select(self) -> String {
        const FEW: &str = "Id,Key,State,Reference,BatchExecutionKey,CreationTime,StartTime,EndTime,ReleaseName,Source,\
                           SourceType,Type,Info";
        const DETAILS: &str = "SubState,JobError,ErrorCode,OrganizationUnitId,LastModificationTime,ReleaseVersionId";
        match self {
            Self::Few => FEW.to_owned(),
            Self::Detailed => format!("{FEW},{DETAILS}"),
            Self::WithOutput => format!("{FEW},{DETAILS},OutputArguments"),
        }
    }
}
