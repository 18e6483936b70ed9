//! The enumerations of the API, each member at its number.

use crate::odata::value::Names;

/// `JobDto.State`.
pub(crate) const STATES: Names =
    &["Pending", "Running", "Stopping", "Terminating", "Faulted", "Successful", "Stopped", "Suspended", "Resumed"];

/// `JobPriority`.
pub(crate) const PRIORITIES: Names = &["Low", "Normal", "High"];

/// `StartProcessDto.Strategy`.
pub(crate) const STRATEGIES: Names = &["All", "Specific", "RobotCount", "JobsCount", "ModernJobsCount"];

/// `ValidationResultDto.ErrorCodes`.
pub(crate) const VALIDATION_CODES: Names = &[
    "RobotNotAssignedToFolder",
    "RobotNotFound",
    "RobotNoCredentials",
    "RobotBusy",
    "RobotConcurrencyLimit",
    "RobotNoMatchingUsernames",
    "RobotVersionTooLow",
    "TemplateNoRuntime",
    "TemplateNoHostsAvailable",
    "TemplateNoLicense",
    "TemplateFullCapacity",
    "TemplateNotAssignedToFolder",
    "TemplateMaintenanceMode",
    "DynamicJobAccountCredentialsInvalid",
    "DynamicJobForegroundAutomationTypeInvalid",
    "DynamicJobBackgroundAutomationTypeInvalid",
    "DynamicJobWindowsTargetFrameworkInvalid",
    "DynamicJobCrossPlatformTargetFrameworkInvalid",
    "DynamicJobConnectedMachinesInvalid",
    "DynamicJobConnectedMachinesUserCredentialsInvalid",
    "DynamicJobConnectedMachinesCrossPlatformRobotVersionInvalid",
    "DynamicJobConnectedMachinesWindowsRobotVersionInvalid",
];

/// `JobTriggerDto.TriggerType`.
pub(crate) const LOG_LEVELS: Names = &["Trace", "Debug", "Info", "Warn", "Error", "Fatal"];
pub(crate) const TRIGGER_TYPES: Names = &["None", "QueueItem", "Job", "Task", "Timer", "Inbox", "Api"];

/// `JobTriggerDto.Status`.
pub(crate) const TRIGGER_STATES: Names = &["New", "Ready", "Fired"];

/// `StopStrategy`.
pub(crate) const STOP_STRATEGIES: Names = &["SoftStop", "Kill"];

/// `TargetFramework`.
pub(crate) const FRAMEWORKS: Names = &["Legacy", "Windows", "Portable"];

/// `RemoteControlAccess`.
pub(crate) const REMOTE_CONTROL: Names = &["None", "ReadOnly", "Full"];

/// `JobDto.Type`.
pub(crate) const JOB_TYPES: Names = &["Unattended", "Attended", "ServerlessGeneric"];

/// `ProcessType`.
pub(crate) const PROCESS_TYPES: Names = &[
    "Undefined",
    "Process",
    "ProcessOrchestration",
    "WebApp",
    "Agent",
    "TestAutomationProcess",
    "Api",
    "MCPServer",
    "BusinessRules",
    "CaseManagement",
];

/// `RuntimeType`, and the type of a robot.
pub(crate) const RUNTIMES: Names = &[
    "NonProduction",
    "Attended",
    "Unattended",
    "Development",
    "Studio",
    "RpaDeveloper",
    "StudioX",
    "CitizenDeveloper",
    "Headless",
    "StudioPro",
    "RpaDeveloperPro",
    "TestAutomation",
    "AutomationCloud",
    "Serverless",
    "AutomationKit",
    "ServerlessTestAutomation",
    "AutomationCloudTestAutomation",
    "AttendedStudioWeb",
    "Hosting",
    "AssistantWeb",
    "ProcessOrchestration",
    "AgentService",
    "AppTest",
    "PerformanceTest",
];

/// The place of `Unattended` among [`RUNTIMES`].
pub(crate) const UNATTENDED: usize = 2;
/// The place of `NonProduction` among [`RUNTIMES`].
pub(crate) const NON_PRODUCTION: usize = 0;

/// `StartProcessDto.Source`.
pub(crate) const SOURCES: Names = &[
    "Manual",
    "Schedule",
    "Queue",
    "StudioWeb",
    "IntegrationTrigger",
    "StudioDesktop",
    "AutomationOpsPipelines",
    "Apps",
    "SAP",
    "HttpTrigger",
    "HttpTriggerWithCallback",
    "RobotAPI",
    "Assistant",
    "CommandLine",
    "RobotNetAPI",
    "Autopilot",
    "TestManager",
    "AgentService",
    "ProcessOrchestration",
    "PluginEcosystem",
    "PerformanceTesting",
    "AgentHub",
    "ApiWorkflow",
];

/// `JobDto.SourceType`: nearly the names of [`SOURCES`], in another order.
pub(crate) const SOURCE_TYPES: Names = &[
    "Manual",
    "Schedule",
    "Agent",
    "Queue",
    "StudioWeb",
    "IntegrationTrigger",
    "StudioDesktop",
    "AutomationOpsPipelines",
    "Apps",
    "SAP",
    "HttpTrigger",
    "HttpTriggerCallback",
    "RobotAPI",
    "CommandLine",
    "RobotNetAPI",
    "Autopilot",
    "TestManager",
    "AgentService",
    "ProcessOrchestration",
    "PluginEcosystem",
    "PerformanceTesting",
    "AgentHub",
    "ApiWorkflow",
];

/// `FolderType`.
pub(crate) const FOLDER_TYPES: Names = &["Standard", "Personal", "Virtual", "Solution", "DebugSolution"];

/// `ProvisionType`.
pub(crate) const PROVISION_TYPES: Names = &["Manual", "Automatic"];

/// `PermissionModel`.
pub(crate) const PERMISSION_MODELS: Names = &["InheritFromTenant", "FineGrained"];

/// `FeedType`.
pub(crate) const FEED_TYPES: Names = &["Undefined", "Processes", "Libraries", "PersonalWorkspace", "FolderHierarchy"];

/// `HostingType`.
pub(crate) const HOSTING_TYPES: Names = &["Standard", "Floating"];

/// `UserType`.
pub(crate) const USER_TYPES: Names =
    &["User", "Robot", "DirectoryUser", "DirectoryGroup", "DirectoryRobot", "DirectoryExternalApplication"];

/// `RobotSize`.
pub(crate) const ROBOT_SIZES: Names = &["Small", "Standard", "Medium", "Large"];

/// `CredentialType`.
pub(crate) const CREDENTIAL_TYPES: Names = &["Default", "SmartCard", "NCipher", "SafeNet", "NoCredential"];

/// `MachineDto.Type`.
pub(crate) const MACHINE_KINDS: Names = &["Standard", "Template"];

/// `MachineScope`.
pub(crate) const MACHINE_SCOPES: Names = &[
    "Default",
    "Shared",
    "PersonalWorkspace",
    "Cloud",
    "Serverless",
    "AutomationCloudRobot",
    "ElasticRobot",
    "ProcessOrchestration",
    "AgentService",
];

/// `MachineDto.TargetFramework`, which is not that of a release.
pub(crate) const MACHINE_FRAMEWORKS: Names = &["Any", "Windows", "Portable"];

/// `SessionDto.State`.
pub(crate) const SESSION_STATES: Names = &["Available", "Busy", "Disconnected", "Unknown"];

/// `RobotSessionType`.
pub(crate) const SESSION_TYPES: Names = &["LongLived", "Ephemeral"];

/// `Platform` of a session.
pub(crate) const PLATFORMS: Names = &["Unknown", "Windows", "Linux", "OSX"];

/// `MaintenanceMode`.
pub(crate) const MAINTENANCE_MODES: Names = &["Default", "Enabled"];

/// `BucketOptions`.
pub(crate) const BUCKET_OPTIONS: Names = &["None", "ReadOnly", "AuditReadAccess", "AccessDataThroughOrchestrator"];

/// `QueueItemDto.Priority`.
pub(crate) const ITEM_PRIORITIES: Names = &["High", "Normal", "Low"];

/// `QueueItemDto.Status`.
pub(crate) const ITEM_STATES: Names = &["New", "InProgress", "Failed", "Successful", "Abandoned", "Retried", "Deleted"];

/// `QueueItemDto.ReviewStatus`.
pub(crate) const REVIEW_STATES: Names = &["None", "InReview", "Verified", "Retried"];
