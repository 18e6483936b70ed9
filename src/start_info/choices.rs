//! The fields of the request that take one of a few words, as the API spells them.
//!
//! In: nothing. Out: the types that a manifest's keys, the table of fields and the body share. Never: sends anything.
//! Source: Orchestrator OpenAPI, `StartProcessDto`.

use crate::words::words;

words! {
    /// How Orchestrator picks robots.
    pub enum Strategy {
        /// One robot job on every available robot of the folder.
        All = "All",
        /// One robot job on each robot of `robots`.
        Specific = "Specific",
        /// Deprecated, classic folders: `count` robot jobs, on as many robots.
        RobotCount = "RobotCount",
        /// Classic folders: `count` robot jobs, on whichever robots are free.
        JobsCount = "JobsCount",
        /// Modern folders, the default: `count` robot jobs, on whichever robots are free.
        ModernJobsCount = "ModernJobsCount",
    }
}

words! {
    /// A level of priority, as the API spells it.
    pub enum PriorityLevel {
        /// As 25.
        Low = "Low",
        /// As 45.
        Normal = "Normal",
        /// As 65.
        High = "High",
    }
}

words! {
    /// The kind of runtime that a robot job takes, as the API spells it.
    #[expect(missing_docs, reason = "the API names these and says no more")]
    pub enum Runtime {
        NonProduction = "NonProduction",
        Attended = "Attended",
        Unattended = "Unattended",
        Development = "Development",
        Studio = "Studio",
        RpaDeveloper = "RpaDeveloper",
        StudioX = "StudioX",
        CitizenDeveloper = "CitizenDeveloper",
        Headless = "Headless",
        StudioPro = "StudioPro",
        RpaDeveloperPro = "RpaDeveloperPro",
        TestAutomation = "TestAutomation",
        AutomationCloud = "AutomationCloud",
        Serverless = "Serverless",
        AutomationKit = "AutomationKit",
        ServerlessTestAutomation = "ServerlessTestAutomation",
        AutomationCloudTestAutomation = "AutomationCloudTestAutomation",
        AttendedStudioWeb = "AttendedStudioWeb",
        Hosting = "Hosting",
        AssistantWeb = "AssistantWeb",
        ProcessOrchestration = "ProcessOrchestration",
        AgentService = "AgentService",
        AppTest = "AppTest",
        PerformanceTest = "PerformanceTest",
    }
}
