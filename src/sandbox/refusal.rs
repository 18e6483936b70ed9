//! Every refusal of the stand-in, with its status, `errorCode` and wording.
//!
//! Source: `API.md` sections 3 and 7. A code whose number nobody has seen is one of ours, from 9001, so that it can
//! be taken for nothing else.

use super::odata::BadQuery;

/// A number of ours for `InvalidArgument`, whose real one is not known.
pub(crate) const INVALID_ARGUMENT: i64 = 9001;
/// A number of ours for `InvalidStartJobRobotIds`, whose real one is not known.
pub(crate) const INVALID_START_JOB_ROBOT_IDS: i64 = 9002;

/// An answer that is not the one asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) body: Body,
}

/// What a refusal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing, as a 401 does.
    Empty,
    /// The service's own form.
    Error { code: i64, message: String, details: Option<String> },
    /// `{"errorMessage": ..}`, as for a token without the scope.
    Scope { message: String },
    /// The identity server's form.
    OAuth { error: &'static str },
}

impl Refusal {
    /// A refusal in the service's own form.
    pub(crate) fn error(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self { status, body: Body::Error { code, message: message.into(), details: None } }
    }

    fn empty(status: u16) -> Self {
        Self { status, body: Body::Empty }
    }

    /// The identity server's refusals are all 400.
    pub(crate) fn oauth(error: &'static str) -> Self {
        Self { status: 400, body: Body::OAuth { error } }
    }

    /// No token, or none that is good now.
    pub(crate) fn unauthorized() -> Self {
        Self::empty(401)
    }

    /// The token may not do this.
    pub(crate) fn lacks_scope(has: &str, wanted: &[&str]) -> Self {
        let wanted: Vec<String> = wanted.iter().map(|scope| format!("'{scope}'")).collect();
        let message = format!("Scope(s) '{has}' is(are) invalid. Expect to have {}. ", wanted.join(" or "));
        Self { status: 403, body: Body::Scope { message } }
    }

    /// A path that leads nowhere.
    pub(crate) fn no_such_path() -> Self {
        Self::empty(404)
    }

    /// A path that exists, with another method.
    pub(crate) fn method() -> Self {
        Self::empty(405)
    }

    /// A `Host` that is not this machine's own name for itself.
    pub(crate) fn host() -> Self {
        Self::error(403, 0, "The sandbox answers to loopback names only.")
    }

    pub(crate) fn no_tenant() -> Self {
        Self::error(400, 1000, "Invalid request! The tenant is missing.")
    }

    pub(crate) fn unknown_tenant() -> Self {
        Self::error(400, 1000, "Invalid request! The tenant does not exist.")
    }

    pub(crate) fn no_folder() -> Self {
        Self::error(400, 1101, "A folder is required for this action.")
    }

    pub(crate) fn unknown_folder() -> Self {
        Self::error(400, 1100, "Folder does not exist or the user does not have access to the folder.")
    }

    /// `what`: an entity's name in the singular, as the service spells it.
    pub(crate) fn does_not_exist(what: &str) -> Self {
        Self::error(404, 1002, format!("{what} does not exist."))
    }

    pub(crate) fn no_such_process() -> Self {
        Self::error(404, 1002, "The job's associated process could not be found")
    }

    pub(crate) fn no_runtime() -> Self {
        let message = "Could not find a machine with Unattended or NonProduction runtimes in the current folder";
        Self::error(409, 2818, message)
    }

    pub(crate) fn no_robots() -> Self {
        let message = "Couldn't find any user with unattended robot permissions in the current folder.";
        Self::error(409, INVALID_START_JOB_ROBOT_IDS, message)
    }

    pub(crate) fn unknown_robot() -> Self {
        let message = "Couldn't find the specified unattended user/robot in the current folder.";
        Self::error(409, INVALID_START_JOB_ROBOT_IDS, message)
    }

    pub(crate) fn pending_already() -> Self {
        Self::error(409, 1670, "The robots already have pending jobs for this Process")
    }

    pub(crate) fn two_priorities() -> Self {
        let message = "Cannot set a specific priority value when a standard job priority setting is selected.";
        Self::error(400, INVALID_ARGUMENT, message)
    }

    pub(crate) fn two_inputs() -> Self {
        Self::error(400, INVALID_ARGUMENT, "A job cannot have both input file and input arguments.")
    }

    /// A rule of `startInfo` whose wording nobody has recorded.
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::error(400, INVALID_ARGUMENT, message)
    }

    pub(crate) fn no_start_info() -> Self {
        Self::error(400, 0, "startInfo must not be null")
    }

    /// A body that is not JSON of the declared shape.
    pub(crate) fn invalid_request(details: impl Into<String>) -> Self {
        let body = Body::Error { code: 1000, message: "Invalid request!".to_owned(), details: Some(details.into()) };
        Self { status: 400, body }
    }

    /// Query options that cannot be followed.
    pub(crate) fn bad_query(details: String) -> Self {
        let message = "Invalid OData query options.".to_owned();
        Self { status: 400, body: Body::Error { code: 1000, message, details: Some(details) } }
    }

    /// `take` of the paged `api/` lists.
    pub(crate) fn take() -> Self {
        Self::error(400, 1009, "The field take must be between 0 and 100")
    }

    pub(crate) fn media_type() -> Self {
        Self::empty(415)
    }

    pub(crate) fn too_large() -> Self {
        Self::empty(413)
    }

    /// The service's `errorCode`, where the body has one.
    pub(crate) fn code(&self) -> Option<i64> {
        match &self.body {
            Body::Error { code, .. } => Some(*code),
            Body::Empty | Body::Scope { .. } | Body::OAuth { .. } => None,
        }
    }

    /// The body's JSON text, empty where there is none; `request` numbers its trace.
    pub(crate) fn to_json(&self, request: u64) -> String {
        let value = match &self.body {
            Body::Empty => return String::new(),
            Body::Error { code, message, details } => {
                let trace = format!("00-{request:032x}-{request:016x}-00");
                let mut value = serde_json::json!({"message": message, "errorCode": code, "traceId": trace});
                if let Some(details) = details {
                    value["details"] = serde_json::Value::String(details.clone());
                }
                value
            }
            Body::Scope { message } => serde_json::json!({ "errorMessage": message }),
            Body::OAuth { error } => serde_json::json!({ "error": error }),
        };
        value.to_string()
    }
}

impl From<BadQuery> for Refusal {
    fn from(bad: BadQuery) -> Self {
        Self::bad_query(bad.0)
    }
}
