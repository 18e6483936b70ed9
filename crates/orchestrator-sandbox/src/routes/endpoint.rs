//! The operations of the sandbox: what each is called, its methods, its scopes, and how much of a body it reads.
//!
//! Source: the paths and descriptions of the Orchestrator OpenAPI description; `docs/orchestrator-api.md`, sections 2
//! and 6.

use uuid::Uuid;

/// An operation, with the numbers and GUIDs of its path. Two operations of one path differ by their method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Token,
    UserKey,
    Authenticate,
    Status,
    Folders,
    Folder(i64),
    FolderByKey(Uuid),
    FoldersOfUser,
    FolderTree,
    FolderPages,
    MachinesOfFolder(i64),
    Releases,
    Release(i64),
    /// Of the package and version that the target's text names.
    PackageArguments,
    Robots,
    Robot(i64),
    RobotsEverywhere,
    ConfiguredRobots,
    RobotsOfFolder(i64),
    RobotsOfMachine {
        folder: i64,
        machine: i64,
    },
    /// Of the release that the target's text names.
    RobotsOfRelease,
    Machines,
    Machine(i64),
    AssignedMachines(i64),
    RuntimesOfFolder(i64),
    Sessions,
    SessionsEverywhere,
    SessionRuntimes,
    SessionRuntimesOfFolder(i64),
    SessionsOfMachine(i64),
    Jobs,
    Job(i64),
    JobByKey(Uuid),
    StartJobs,
    ValidateDynamicJob,
    ValidateExistingJob(i64),
    StopJob(i64),
    StopJobs,
    RestartJob,
    ResumeJob,
    WaitEvents(i64),
    RobotLogs,
    Attachments,
    Attachment(Uuid),
    Buckets,
    BucketsEverywhere,
    BucketReadUri(i64),
    BucketWriteUri(i64),
    Blob(Uuid),
    AddQueueItem,
    BulkAddQueueItems,
    Record,
    RecordedJobs,
    RecordedQueueItems,
    ExpireTokens,
}

/// What a token must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// No token at all.
    Nothing,
    /// A token of a user; one of an external application is refused.
    User,
    /// A token with one of two scopes, or one without scopes.
    Scope(&'static [&'static str; 2]),
    /// The ready token, good or expired.
    Ready,
}

type Methods = &'static [&'static str];

const GET: Methods = &["GET"];
const POST: Methods = &["POST"];

/// The words after `OR.`.
#[derive(Clone, Copy)]
enum Area {
    Jobs,
    Execution,
    Folders,
    Robots,
    Machines,
    Administration,
    Queues,
    Monitoring,
    Open,
    User,
    Own,
}

/// The longest body that is read, in bytes. `InputArguments` and all other texts of one start fit many times.
const LONGEST_BODY_BYTES: usize = 1 << 20;
/// The longest content of a blob, in bytes.
const LONGEST_BLOB_BYTES: usize = 16 << 20;

impl Endpoint {
    /// Every name of an operation of the API, for those who give one.
    pub(crate) const NAMES: &[&str] = &[
        "Token",
        "UserKey",
        "Authenticate",
        "Status",
        "Folders",
        "Folder",
        "FolderByKey",
        "GetAllForCurrentUser",
        "GetAllFoldersForCurrentUser",
        "GetFoldersForCurrentUser",
        "GetMachinesForFolder",
        "Releases",
        "Release",
        "GetArguments",
        "Robots",
        "Robot",
        "FindAllAcrossFolders",
        "GetConfiguredRobots",
        "GetRobotsFromFolder",
        "GetFolderRobots",
        "GetRobotsForProcess",
        "Machines",
        "Machine",
        "GetAssignedMachines",
        "GetRuntimesForFolder",
        "Sessions",
        "GetGlobalSessions",
        "GetMachineSessionRuntimes",
        "GetMachineSessionRuntimesByFolderId",
        "GetMachineSessions",
        "Jobs",
        "Job",
        "JobByKey",
        "StartJobs",
        "ValidateDynamicJob",
        "ValidateExistingJob",
        "StopJob",
        "StopJobs",
        "RestartJob",
        "ResumeJob",
        "GetWithWaitEvents",
        "RobotLogs",
        "Attachments",
        "Attachment",
        "Buckets",
        "GetBucketsAcrossFolders",
        "GetReadUri",
        "GetWriteUri",
        "Blob",
        "AddQueueItem",
        "BulkAddQueueItems",
    ];

    fn line(self) -> (&'static str, Methods, Area) {
        match self {
            Self::Token => ("Token", POST, Area::Open),
            Self::UserKey => ("UserKey", POST, Area::Open),
            Self::Authenticate => ("Authenticate", POST, Area::Open),
            Self::Status => ("Status", GET, Area::Open),
            Self::Folders => ("Folders", GET, Area::Folders),
            Self::Folder(_) => ("Folder", GET, Area::Folders),
            Self::FolderByKey(_) => ("FolderByKey", GET, Area::Folders),
            Self::FoldersOfUser => ("GetAllForCurrentUser", GET, Area::Folders),
            Self::FolderTree => ("GetAllFoldersForCurrentUser", GET, Area::User),
            Self::FolderPages => ("GetFoldersForCurrentUser", GET, Area::User),
            Self::MachinesOfFolder(_) => ("GetMachinesForFolder", GET, Area::Folders),
            Self::Releases => ("Releases", GET, Area::Execution),
            Self::Release(_) => ("Release", GET, Area::Execution),
            Self::PackageArguments => ("GetArguments", GET, Area::Execution),
            Self::Robots => ("Robots", GET, Area::Robots),
            Self::Robot(_) => ("Robot", GET, Area::Robots),
            Self::RobotsEverywhere => ("FindAllAcrossFolders", GET, Area::Robots),
            Self::ConfiguredRobots => ("GetConfiguredRobots", GET, Area::Robots),
            Self::RobotsOfFolder(_) => ("GetRobotsFromFolder", GET, Area::Robots),
            Self::RobotsOfMachine { .. } => ("GetFolderRobots", GET, Area::Robots),
            Self::RobotsOfRelease => ("GetRobotsForProcess", GET, Area::Robots),
            Self::Machines => ("Machines", GET, Area::Machines),
            Self::Machine(_) => ("Machine", GET, Area::Machines),
            Self::AssignedMachines(_) => ("GetAssignedMachines", GET, Area::Machines),
            Self::RuntimesOfFolder(_) => ("GetRuntimesForFolder", GET, Area::Machines),
            Self::Sessions => ("Sessions", GET, Area::Robots),
            Self::SessionsEverywhere => ("GetGlobalSessions", GET, Area::Robots),
            Self::SessionRuntimes => ("GetMachineSessionRuntimes", GET, Area::Robots),
            Self::SessionRuntimesOfFolder(_) => ("GetMachineSessionRuntimesByFolderId", GET, Area::Robots),
            Self::SessionsOfMachine(_) => ("GetMachineSessions", GET, Area::Robots),
            Self::Jobs => ("Jobs", GET, Area::Jobs),
            Self::Job(_) => ("Job", GET, Area::Jobs),
            Self::JobByKey(_) => ("JobByKey", GET, Area::Jobs),
            Self::StartJobs => ("StartJobs", POST, Area::Jobs),
            Self::ValidateDynamicJob => ("ValidateDynamicJob", POST, Area::Jobs),
            Self::ValidateExistingJob(_) => ("ValidateExistingJob", POST, Area::Jobs),
            Self::StopJob(_) => ("StopJob", POST, Area::Jobs),
            Self::StopJobs => ("StopJobs", POST, Area::Jobs),
            Self::RestartJob => ("RestartJob", POST, Area::Jobs),
            Self::ResumeJob => ("ResumeJob", POST, Area::Jobs),
            Self::WaitEvents(_) => ("GetWithWaitEvents", GET, Area::Jobs),
            Self::RobotLogs => ("RobotLogs", GET, Area::Monitoring),
            Self::Attachments => ("Attachments", &["GET", "POST"], Area::Folders),
            Self::Attachment(_) => ("Attachment", &["GET", "DELETE"], Area::Folders),
            Self::Buckets => ("Buckets", GET, Area::Administration),
            Self::BucketsEverywhere => ("GetBucketsAcrossFolders", GET, Area::Administration),
            Self::BucketReadUri(_) => ("GetReadUri", GET, Area::Administration),
            Self::BucketWriteUri(_) => ("GetWriteUri", GET, Area::Administration),
            Self::Blob(_) => ("Blob", &["GET", "PUT"], Area::Open),
            Self::AddQueueItem => ("AddQueueItem", POST, Area::Queues),
            Self::BulkAddQueueItems => ("BulkAddQueueItems", POST, Area::Queues),
            Self::Record => ("Record", GET, Area::Own),
            Self::RecordedJobs => ("RecordedJobs", GET, Area::Own),
            Self::RecordedQueueItems => ("RecordedQueueItems", GET, Area::Own),
            Self::ExpireTokens => ("ExpireTokens", POST, Area::Own),
        }
    }

    /// Its name in the record.
    pub(crate) fn name(self) -> &'static str {
        self.line().0
    }

    /// Its methods.
    pub(crate) fn methods(self) -> Methods {
        self.line().1
    }

    /// What the token of a request with `method` must be allowed. A bare scope includes its `.Read` and `.Write`.
    pub(crate) fn needs(self, method: &str) -> Needs {
        let reads = method == "GET";
        let scope = |read, write| Needs::Scope(if reads { read } else { write });
        match self.line().2 {
            Area::Jobs => scope(&["OR.Jobs", "OR.Jobs.Read"], &["OR.Jobs", "OR.Jobs.Write"]),
            Area::Execution => scope(&["OR.Execution", "OR.Execution.Read"], &["OR.Execution", "OR.Execution.Write"]),
            Area::Folders => scope(&["OR.Folders", "OR.Folders.Read"], &["OR.Folders", "OR.Folders.Write"]),
            Area::Robots => scope(&["OR.Robots", "OR.Robots.Read"], &["OR.Robots", "OR.Robots.Write"]),
            Area::Machines => scope(&["OR.Machines", "OR.Machines.Read"], &["OR.Machines", "OR.Machines.Write"]),
            Area::Administration => scope(
                &["OR.Administration", "OR.Administration.Read"],
                &["OR.Administration", "OR.Administration.Write"],
            ),
            Area::Queues => scope(&["OR.Queues", "OR.Queues.Read"], &["OR.Queues", "OR.Queues.Write"]),
            Area::Monitoring => {
                scope(&["OR.Monitoring", "OR.Monitoring.Read"], &["OR.Monitoring", "OR.Monitoring.Write"])
            }
            Area::Open => Needs::Nothing,
            Area::User => Needs::User,
            Area::Own => Needs::Ready,
        }
    }

    /// The longest body that is read, in bytes.
    pub(crate) fn longest_body(self) -> usize {
        if matches!(self, Self::Blob(_)) { LONGEST_BLOB_BYTES } else { LONGEST_BODY_BYTES }
    }

    /// Whether the record keeps its body's text: never that of a login, and a blob's has no place there.
    pub(crate) fn keeps_body(self) -> bool {
        matches!(self.line(), (_, POST, Area::Jobs | Area::Queues))
    }

    /// Itself, where it is not of the API but of the sandbox.
    pub(crate) fn own_page(self) -> Option<Self> {
        matches!(self.needs("GET"), Needs::Ready).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn every_name_is_listed() {
        let own = include_str!("endpoint.rs");
        let (_, lines) = own.split_once("fn line(self)").expect("the function stands in this file");
        let (lines, _) = lines.split_once("/// Its name in the record.").expect("and another one follows it");
        let lines = lines.lines().filter(|line| line.contains("=> (\"") && !line.contains("Area::Own"));
        let names: Vec<&str> = lines.filter_map(|line| line.split('"').nth(1)).collect();
        assert_eq!(names, Endpoint::NAMES);
    }
}
