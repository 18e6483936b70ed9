//! What nobody has recorded of the service, each thing a switch: what a client must survive both ways.
//!
//! Source of the questions: `docs/orchestrator-api.md`, section 12. `docs/sandbox.md` lists them with their
//! defaults.

use jiff::SignedDuration;
use serde::Deserialize;

mod query_limits;

pub use query_limits::QueryLimits;

/// How this server answers where servers may differ.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Switches {
    /// The strategy of a start that names none.
    pub default_strategy: DefaultStrategy,
    /// What becomes of a `BatchExecutionKey` that the request gives.
    pub batch_execution_key: BatchExecutionKey,
    /// What the length of `InputArguments` is counted in.
    pub input_arguments_unit: LengthUnit,
    /// How long `InputArguments` may be, in that unit.
    pub input_arguments_limit: usize,
    /// Whether `InputArguments` are compared with the package's signature.
    pub argument_checking: ArgumentChecking,
    /// What happens to a property of a request that the API does not have.
    pub unknown_properties: UnknownProperties,
    /// Properties that this server does not have yet, such as `Reference` before 2020.10: unknown in requests and
    /// query options, absent from robot jobs.
    pub lacks: Vec<String>,
    /// What becomes of a `$filter` that names `Reference`.
    pub reference_filter: PropertyFilter,
    /// What becomes of a `$filter` that names `BatchExecutionKey`.
    pub batch_execution_key_filter: PropertyFilter,
    /// What becomes of a `$filter` that names `EndTime`.
    pub end_time_filter: PropertyFilter,
    /// What becomes of a `$filter` that names `LastModificationTime`.
    pub last_modification_filter: PropertyFilter,
    /// What becomes of an `$orderby` that names `EndTime` or `LastModificationTime`.
    pub date_order: DateOrder,
    /// What stands in `Reference` where the request gave none.
    pub unset_reference: Unset,
    /// Whether lists of robot jobs show `InputArguments`, `InputFile`, `OutputArguments` and `OutputFile`.
    pub list_fields: ListFields,
    /// Which folder is meant where the folder headers disagree.
    pub folder_headers: FolderHeaders,
    /// What becomes of a list of jobs, releases or robots that names no folder.
    pub folderless_lists: FolderlessLists,
    /// Whether answers carry `@odata.count` although nobody asked.
    pub unasked_count: UnaskedCount,
    /// The most robot jobs of one start.
    pub most_jobs: i64,
    /// Which robot jobs can be restarted.
    pub restart: Restart,
    /// Where a running robot job ends that is stopped softly.
    pub soft_stop_ends: SoftStopEnds,
    /// What `StopJobs` does where one of its jobs is in a final state, or is being stopped already.
    pub stop_refusal: StopRefusal,
    /// Whether the server has `ValidateExistingJob`.
    pub validate_existing_job: Offered,
    /// Whether the server has `GetWithWaitEvents`.
    pub wait_events: Offered,
    /// Whether the server has `RobotLogs`. A token without the scope is refused either way.
    pub robot_logs: Offered,
    /// Whether a release shows its `ReleaseVersions` where `$expand` asks.
    pub release_versions: Offered,
    /// In which form a release shows its package's signature.
    pub signature_form: SignatureForm,
    /// The form of errors.
    pub error_form: ErrorForm,
    /// The status of a wrong user or password.
    pub wrong_password_status: u16,
    /// The status of a wrong client id or secret.
    pub wrong_client_status: u16,
    /// The status of a token without the scope.
    pub missing_scope_status: u16,
    /// The status of a second pending job on one robot of a classic folder (1670).
    pub pending_already_status: u16,
    /// The `errorCode` of what the service calls `InvalidArgument`.
    pub invalid_argument_code: i64,
    /// The `errorCode` of what the service calls `InvalidStartJobRobotIds`.
    pub invalid_robots_code: i64,
    /// The limits of query options.
    pub query_limits: QueryLimits,
    /// How many lists of robot jobs a minute are answered; all of them where absent.
    pub list_ration: Option<ListRation>,
    /// How far the clock that robot jobs are dated by is ahead of the one that answers are dated by; negative: behind.
    pub creation_time_ahead: SignedDuration,
    /// Whether answers carry a `Date`.
    pub date_header: DateHeader,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            default_strategy: DefaultStrategy::default(),
            batch_execution_key: BatchExecutionKey::default(),
            input_arguments_unit: LengthUnit::default(),
            input_arguments_limit: 10_000,
            argument_checking: ArgumentChecking::default(),
            unknown_properties: UnknownProperties::default(),
            lacks: Vec::new(),
            reference_filter: PropertyFilter::default(),
            batch_execution_key_filter: PropertyFilter::default(),
            end_time_filter: PropertyFilter::default(),
            last_modification_filter: PropertyFilter::default(),
            date_order: DateOrder::default(),
            unset_reference: Unset::default(),
            list_fields: ListFields::default(),
            folder_headers: FolderHeaders::default(),
            folderless_lists: FolderlessLists::default(),
            unasked_count: UnaskedCount::default(),
            most_jobs: 10_000,
            restart: Restart::default(),
            soft_stop_ends: SoftStopEnds::default(),
            stop_refusal: StopRefusal::default(),
            validate_existing_job: Offered::default(),
            wait_events: Offered::default(),
            robot_logs: Offered::default(),
            release_versions: Offered::default(),
            signature_form: SignatureForm::default(),
            error_form: ErrorForm::default(),
            wrong_password_status: 400,
            wrong_client_status: 400,
            missing_scope_status: 403,
            pending_already_status: 409,
            invalid_argument_code: 9001,
            invalid_robots_code: 9002,
            query_limits: QueryLimits::default(),
            list_ration: None,
            creation_time_ahead: SignedDuration::ZERO,
            date_header: DateHeader::default(),
        }
    }
}

/// How many lists of robot jobs are answered; further ones get 429, without a body.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ListRation {
    /// Requests in any 60 seconds, over all clients.
    pub per_minute: usize,
    /// Whether the 429 says how long to wait.
    pub retry_after: RetryAfter,
    /// Whether `GET /odata/Jobs({id})` and `GetByKey` count too.
    pub single_jobs: SingleJobs,
}

impl Default for ListRation {
    fn default() -> Self {
        Self { per_minute: 100, retry_after: RetryAfter::default(), single_jobs: SingleJobs::default() }
    }
}

/// Defines a two-way or many-way choice; the first is the default.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$other_doc:meta])* $other:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $(#[$first_doc])*
            #[default]
            $first,
            $($(#[$other_doc])* $other,)+
        }
    };
}

choice! {
    /// The strategy of a start that names none. Official clients leave it out in modern folders and read one job.
    DefaultStrategy {
        /// As `ModernJobsCount`.
        ModernJobsCount,
        /// As `JobsCount`, which then must be given.
        JobsCount,
        /// As `All`, the first member of the enumeration.
        All,
        /// As `Specific`.
        Specific,
        /// The start is refused.
        Refuse,
    }
}
choice! {
    /// What becomes of a `BatchExecutionKey` that the request gives.
    BatchExecutionKey {
        /// It is kept, and may be repeated.
        Keep,
        /// It is replaced by one of the server's own.
        Ignore,
        /// It is kept; a second start with it is refused.
        RefuseRepeated,
    }
}
choice! {
    /// What a text's length is counted in.
    LengthUnit {
        /// UTF-16 units, as .NET counts a string's length.
        Characters,
        /// Bytes of UTF-8.
        Bytes,
    }
}
choice! {
    /// Whether arguments are compared with the package's signature.
    ArgumentChecking {
        /// Any JSON object will do.
        None,
        /// Unknown names, wrong types and missing required ones are refused.
        Signature,
    }
}
choice! {
    /// What becomes of a property of a request that the API does not have.
    UnknownProperties {
        /// 400, so that a slip of the pen is seen.
        Refuse,
        /// Nothing.
        Ignore,
    }
}
choice! {
    /// What becomes of a `$filter` that names a certain property.
    PropertyFilter {
        /// It filters.
        Works,
        /// 400.
        Refused,
        /// It is accepted, and lets nothing through.
        FindsNothing,
        /// It is accepted, and lets everything through.
        Ignored,
        /// It filters where it compares; `contains` and its like are answered with 400.
        ComparesOnly,
    }
}
choice! {
    /// What becomes of an `$orderby` that names a date which may not be there.
    DateOrder {
        /// It orders.
        Works,
        /// 400.
        Refused,
        /// It is accepted, and the order is that of ids.
        Ignored,
    }
}
choice! {
    /// What `StopJobs` does where one of its jobs cannot be stopped.
    StopRefusal {
        /// It stops none, and says so.
        RefusesAll,
        /// It stops the others, and says nothing.
        Skips,
        /// It stops the others, and refuses.
        StopsOthers,
    }
}
choice! {
    /// Whether the server has an operation.
    Offered {
        /// It does.
        Present,
        /// It does not: 404, without a body.
        Absent,
    }
}
choice! {
    /// In which form a release shows its package's signature.
    SignatureForm {
        /// A list of arguments.
        List,
        /// A JSON schema, as newer packages may have.
        Schema,
        /// None: `Arguments` is null.
        Absent,
    }
}
choice! {
    /// What stands in a text that nobody gave.
    Unset {
        /// `null`.
        Nothing,
        /// `""`.
        Empty,
    }
}
choice! {
    /// Whether lists show large fields.
    ListFields {
        /// They are null in a list, as an official client says.
        Trimmed,
        /// They are there.
        Whole,
    }
}
choice! {
    /// Which folder is meant where the folder headers disagree.
    FolderHeaders {
        /// None: the request is refused (1100).
        MustAgree,
        /// The one of `X-UIPATH-OrganizationUnitId`, else of the key, else of the path.
        IdFirst,
        /// The one of `X-UIPATH-FolderKey`, else of the path, else of the number.
        KeyFirst,
        /// The one of `X-UIPATH-FolderPath`, else of the key, else of the number.
        PathFirst,
    }
}
choice! {
    /// What becomes of a list of jobs, releases or robots that names no folder.
    FolderlessLists {
        /// 1101.
        Refuse,
        /// It goes over all folders, as an official client says.
        AllFolders,
    }
}
choice! {
    /// Whether answers carry `@odata.count` although nobody asked.
    UnaskedCount {
        /// No.
        Absent,
        /// Lists and starts do.
        Present,
    }
}
choice! {
    /// Which robot jobs can be restarted.
    Restart {
        /// Those in any final state.
        AnyFinal,
        /// Faulted ones.
        FaultedOnly,
    }
}
/// Where a running robot job ends that is stopped softly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum SoftStopEnds {
    /// As the documentation says.
    #[default]
    Successful,
    /// As newer servers are said to do.
    Stopped,
}

choice! {
    /// The form of errors.
    ErrorForm {
        /// `message`, `errorCode`, `traceId`.
        Current,
        /// `message`, `errorCode`, `resourceIds`, as older servers send it.
        Older,
        /// `Message`, `ErrorCode`, `TraceId`, as the description spells it.
        PascalCase,
    }
}
choice! {
    /// Whether a 429 says how long to wait.
    RetryAfter {
        /// It does not.
        Absent,
        /// In whole seconds.
        Seconds,
        /// By a date.
        Date,
    }
}
choice! {
    /// Whether answers carry a `Date`.
    DateHeader {
        /// They do, by the sandbox's clock.
        Present,
        /// None does; each answer ends its connection.
        Absent,
    }
}
choice! {
    /// Whether single jobs count against the ration of lists.
    SingleJobs {
        /// They do not.
        Free,
        /// They do.
        Counted,
    }
}
