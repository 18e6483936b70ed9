//! Why a robot job stands still, as the server says when it is asked.

/// Why a robot job does not start, as the server says when it is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingReasons {
    /// Whether it could start, by what the server knows now.
    pub is_valid: bool,
    /// What is wrong, in the server's words.
    pub errors: Vec<String>,
    /// The same as words of the API, such as `RobotNotAssignedToFolder`.
    pub codes: Vec<String>,
}

/// What a suspended robot job waits for. Every field may be absent. Source: Orchestrator OpenAPI, `JobTriggerWithWaitEventsDto`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitEvent {
    /// `TriggerType`: `QueueItem`, `Job`, `Task`, `Timer` and others.
    pub kind: Option<String>,
    /// `Status`: `New`, `Ready` or `Fired`.
    pub status: Option<String>,
    /// `ItemName`.
    pub item: Option<String>,
    /// `TriggerMessage`: the workflow's own words.
    pub message: Option<String>,
    /// `Timer`, the server's text.
    pub until: Option<String>,
}
