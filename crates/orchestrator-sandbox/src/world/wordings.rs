//! What Orchestrator says of robot jobs that faulted, by the class of the cause: wordings that were seen in public.
//!
//! In: nothing. Out: tables of data. Never: what to make of a text. A client has a table of its own, made from the same
//! public reports and not from this one, so that a slip in either shows.
//! Source: the vendor's troubleshooting pages for robots and jobs, its public playbooks (`UiPath/skills`), forum threads;
//! names of users, files and amounts are ours.

/// One wording.
pub(crate) struct Wording {
    /// `JobDto.Info`.
    pub(crate) info: &'static str,
    /// `JobDto.ErrorCode`, and `JobError.code`.
    pub(crate) code: Option<&'static str>,
    /// `JobError.category`; without one there is no `JobError`, as is often so.
    pub(crate) category: Option<&'static str>,
}

const fn said(info: &'static str, code: Option<&'static str>, category: Option<&'static str>) -> Wording {
    Wording { info, code, category }
}

const ROBOT: Option<&str> = Some("Robot");
const USER: Option<&str> = Some("User");
const DEPLOYMENT: Option<&str> = Some("Deployment");
const SYSTEM: Option<&str> = Some("System");

/// The robot got no session: nothing was done.
pub(crate) const SESSION: &[Wording] = &[
    said(
        "Could not start executor. Rdp connection failed: Message: Logon failed for user ACME\\robot01. Last error: 131092",
        ROBOT,
        DEPLOYMENT,
    ),
    said(
        "Could not start executor. The workstation is in use by another user. Please retry after the user logs off or \
         disconnects.",
        ROBOT,
        SYSTEM,
    ),
    said(
        "Could not start executor. A specified logon session does not exist. It may already have been terminated. \
         (0x80070520)",
        ROBOT,
        None,
    ),
    said(
        "Executor start process failed, reason System.Runtime.InteropServices.COMException: A specified logon session \
         does not exist. It may already have been terminated.",
        None,
        None,
    ),
    said(
        "Could not start executor. Rdp connection failed: Message: The connection transport layer failed., Last error: \
         131085",
        ROBOT,
        SYSTEM,
    ),
];

/// Nobody was free who could have taken it.
pub(crate) const CAPACITY: &[Wording] = &[
    said("No host is available on the machine template assigned for this job.", None, DEPLOYMENT),
    said(
        "Could not find a machine with Unattended or NonProduction runtimes in the current folder",
        Some("2818"),
        DEPLOYMENT,
    ),
    said("Couldn't find any user with unattended robot permissions in the current folder.", None, DEPLOYMENT),
    said("You are already running 4 designer jobs.", None, None),
    said(
        "Another interactive job is running for this user. A user can run a single interactive job at a time.",
        ROBOT,
        None,
    ),
    said("Could not start executor. User is running another job. Waiting for the job to finish timed out.", None, None),
    said(
        "System.InvalidOperationException: A foreground process is already running. Only one foreground process can \
         run at a time.",
        None,
        SYSTEM,
    ),
];

/// A licence's allowance was used up.
pub(crate) const QUOTA: &[Wording] = &[
    said(
        "Automation cannot be started. Your tenant's assigned Robot Units have been exceeded. Allocate more Robot \
         Units to your tenant to continue.",
        None,
        DEPLOYMENT,
    ),
    said("Automation cannot be started. Your user's assigned Robot Units have been exceeded.", None, DEPLOYMENT),
    said("Automation cannot be started. Your user's monthly Personal Automation quota has been exceeded.", None, None),
    said("Automation cannot be started. Your tenant's assigned Robot Units have been exceeded.", None, None),
];

/// It ran as long as it may run at most.
pub(crate) const TIME_LIMIT: &[Wording] = &[
    said(
        "The automation was cancelled because it reached the time limit. Consider optimizing your workflow or \
         splitting into multiple workflows.",
        None,
        SYSTEM,
    ),
    said("The automation was cancelled because it reached the time limit.", None, None),
    said(
        "System.OperationCanceledException: The automation was cancelled because it reached the time limit. Consider \
         optimizing your workflow or splitting into multiple workflows.",
        ROBOT,
        None,
    ),
    said(
        "RemoteException wrapping System.Exception: The automation was cancelled because it reached the time limit.\n\
         Consider optimizing your workflow or splitting into multiple workflows.",
        None,
        SYSTEM,
    ),
];

/// The robot, its session or its machine went away in the middle.
pub(crate) const PLATFORM: &[Wording] = &[
    said("Job faulted due to service shutdown or disconnect.", ROBOT, SYSTEM),
    said("Job faulted due to service shutdown.", None, None),
    said("System.Exception: Job stopped with an unexpected exit code: 0x40010004", ROBOT, None),
    said(
        "The job was transitioned to a faulted state as a result of a cleanup action for jobs in Terminating state.",
        None,
        SYSTEM,
    ),
    said("System.Exception: Job stopped with an unexpected exit code: 0xC000026B", None, SYSTEM),
];

/// The work was done, and its result could not be handed back.
pub(crate) const RESULT_LOST: &[Wording] = &[
    said(
        "Could not retrieve the result of the job execution. This might be because a message was too large to process.",
        ROBOT,
        SYSTEM,
    ),
    said(
        "System.Exception: Could not retrieve the result of the job execution. This might be because a message was too \
         large to process.",
        None,
        None,
    ),
    said(
        "RemoteException wrapping System.Exception: Could not retrieve the result of the job execution. \n\
         This might be because a message was too large to process.",
        ROBOT,
        None,
    ),
    said(
        "Message: Could not retrieve the result of the job execution. This might be because a message was too large to \
         process. Exception Type: System.Exception",
        None,
        SYSTEM,
    ),
];

/// The workflow itself said that the case cannot be handled.
pub(crate) const BUSINESS: &[Wording] = &[
    said("BusinessRuleException: The invoice's total does not match the sum of its lines.", None, USER),
    said(
        "UiPath.Core.Activities.BusinessRuleException: Customer 4711 is blocked.\n   at Throw \"Blocked\" in Main.xaml",
        ROBOT,
        USER,
    ),
    said(
        "RemoteException wrapping UiPath.Core.Activities.BusinessRuleException: The order has been delivered already.",
        None,
        None,
    ),
    said("The vendor has no bank account.", Some("User.MissingBankAccount"), USER),
];

/// The workflow failed.
pub(crate) const APPLICATION: &[Wording] = &[
    said(
        "System.NullReferenceException: Object reference not set to an instance of an object.\n   at Assign \"total\" in \
         Main.xaml",
        ROBOT,
        None,
    ),
    said(
        "UiPath.Core.SelectorNotFoundException: Could not find the UI element corresponding to this selector: <html \
         title='Invoices' />",
        None,
        None,
    ),
    said(
        "System.Net.Http.HttpRequestException: Response status code does not indicate success: 503 (Service \
         Unavailable).",
        None,
        None,
    ),
    said(
        "RemoteException wrapping System.IO.FileNotFoundException: Could not find file 'C:\\Invoices\\INV-7.xlsx'.",
        ROBOT,
        None,
    ),
];
