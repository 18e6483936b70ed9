//! The enumerations of the API, each member at its number.

use crate::sandbox::odata::value::Names;

/// `JobDto.State`.
pub(crate) const STATES: Names =
    &["Pending", "Running", "Stopping", "Terminating", "Faulted", "Successful", "Stopped", "Suspended", "Resumed"];

/// `JobPriority`.
pub(crate) const PRIORITIES: Names = &["Low", "Normal", "High"];

/// `StartProcessDto.Strategy`.
pub(crate) const STRATEGIES: Names = &["All", "Specific", "RobotCount", "JobsCount", "ModernJobsCount"];

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
