//! Every refusal of the stand-in, with its status, `errorCode` and wording.
//!
//! Source: `docs/orchestrator-api.md`, sections 3 and 7. A code whose number nobody has seen is one of ours, from 9001, so
//! that it can be taken for nothing else.

use serde_json::json;

use super::odata::BadQuery;
use super::world::switches::{ErrorForm, Switches};

/// A number of ours for `InvalidArgument`, whose real one is not known.
pub(crate) const INVALID_ARGUMENT: i64 = 9001;
/// A number of ours for `InvalidStartJobRobotIds`, whose real one is not known.
pub(crate) const INVALID_START_JOB_ROBOT_IDS: i64 = 9002;
/// A number of ours for what a robot job's state does not allow; the service has several, none of them known.
const WRONG_STATE: i64 = 9003;
/// A number of ours for `DuplicateReference`, whose real one is not known.
const DUPLICATE_REFERENCE: i64 = 9004;

/// An answer that is not the one asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) body: Body,
    /// A header of its own.
    pub(crate) header: Option<(&'static str, String)>,
    /// How the service's own form is spelled.
    form: ErrorForm,
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
    /// The envelope of the framework below, as for a user who may not do this.
    Envelope { message: &'static str, details: &'static str },
}

impl Refusal {
    fn with(status: u16, body: Body) -> Self {
        Self { status, body, header: None, form: ErrorForm::Current }
    }

    /// The refusal with a header of its own.
    pub(crate) fn with_header(self, name: &'static str, value: String) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// A refusal in the service's own form.
    pub(crate) fn error(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self::with(status, Body::Error { code, message: message.into(), details: None })
    }

    fn empty(status: u16) -> Self {
        Self::with(status, Body::Empty)
    }

    /// The identity server's refusals are 400, but for those whose status a switch sets.
    pub(crate) fn oauth(error: &'static str) -> Self {
        Self::with(400, Body::OAuth { error })
    }

    /// A wrong client id or secret.
    pub(crate) fn wrong_client(status: u16) -> Self {
        Self::with(status, Body::OAuth { error: "invalid_client" })
    }

    /// A user key that is not good.
    pub(crate) fn wrong_user_key() -> Self {
        Self::with(403, Body::OAuth { error: "invalid_grant" })
    }

    /// A wrong tenant, user or password.
    pub(crate) fn wrong_password(status: u16) -> Self {
        Self::error(status, 1000, "Invalid credentials, failed to login.")
    }

    /// An application's token where only a user's will do.
    pub(crate) fn not_a_user() -> Self {
        let (message, details) = ("You are not authorized!", "You are not allowed to perform this operation.");
        Self::with(403, Body::Envelope { message, details })
    }

    /// No token, or none that is good now.
    pub(crate) fn unauthorized() -> Self {
        Self::empty(401)
    }

    /// The token may not do this.
    pub(crate) fn lacks_scope(has: &str, wanted: &[&str], status: u16) -> Self {
        let wanted: Vec<String> = wanted.iter().map(|scope| format!("'{scope}'")).collect();
        let message = format!("Scope(s) '{has}' is(are) invalid. Expect to have {}. ", wanted.join(" or "));
        Self::with(status, Body::Scope { message })
    }

    /// A path that leads nowhere.
    pub(crate) fn no_such_path() -> Self {
        Self::empty(404)
    }

    /// A path that exists, with another method.
    pub(crate) fn method(allowed: &[&str]) -> Self {
        Self::empty(405).with_header("allow", allowed.join(", "))
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

    pub(crate) fn unknown_machine() -> Self {
        let message = "Couldn't find the specified machine in the current folder.";
        Self::error(409, INVALID_ARGUMENT, message)
    }

    pub(crate) fn pending_already(status: u16) -> Self {
        Self::error(status, 1670, "The robots already have pending jobs for this Process")
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

    /// A robot job's state does not allow it; `name` is the service's for the situation.
    pub(crate) fn state(name: &'static str, message: &str) -> Self {
        let body = Body::Error { code: WRONG_STATE, message: message.to_owned(), details: Some(name.to_owned()) };
        Self::with(409, body)
    }

    /// A queue item whose reference is taken.
    pub(crate) fn duplicate_reference() -> Self {
        Self::error(409, DUPLICATE_REFERENCE, "Error creating Transaction. Duplicate Reference.")
    }

    /// A body without the parameter `name`.
    pub(crate) fn missing(name: &str) -> Self {
        Self::error(400, 0, format!("{name} must not be null"))
    }

    /// An address of a blob that nobody was given, or a request that does not carry what goes with it.
    pub(crate) fn blob(status: u16) -> Self {
        Self::empty(status)
    }

    /// More lists than the ration.
    pub(crate) fn throttled() -> Self {
        Self::empty(429)
    }

    /// A body that is not JSON of the declared shape.
    pub(crate) fn invalid_request(details: impl Into<String>) -> Self {
        let body = Body::Error { code: 1000, message: "Invalid request!".to_owned(), details: Some(details.into()) };
        Self::with(400, body)
    }

    /// Query options that cannot be followed.
    pub(crate) fn bad_query(details: String) -> Self {
        let message = "Invalid OData query options.".to_owned();
        Self::with(400, Body::Error { code: 1000, message, details: Some(details) })
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
            Body::Empty | Body::Scope { .. } | Body::OAuth { .. } | Body::Envelope { .. } => None,
        }
    }

    /// The message of the service's own form.
    pub(crate) fn message(&self) -> Option<&str> {
        match &self.body {
            Body::Error { message, .. } => Some(message),
            Body::Empty | Body::Scope { .. } | Body::OAuth { .. } | Body::Envelope { .. } => None,
        }
    }

    /// The refusal as the world's switches have it: its form, and the numbers of codes which nobody has seen.
    pub(crate) fn switched(mut self, switches: &Switches) -> Self {
        self.form = switches.error_form;
        if let Body::Error { code, .. } = &mut self.body {
            *code = match *code {
                INVALID_ARGUMENT => switches.invalid_argument_code,
                INVALID_START_JOB_ROBOT_IDS => switches.invalid_robots_code,
                other => other,
            };
        }
        self
    }

    /// The body's JSON text, empty where there is none; `request` numbers its trace.
    pub(crate) fn to_json(&self, request: u64) -> String {
        let value = match &self.body {
            Body::Empty => return String::new(),
            Body::Error { code, message, details } => {
                let trace = format!("00-{request:032x}-{request:016x}-00");
                let mut value = match self.form {
                    ErrorForm::Current => json!({"message": message, "errorCode": code, "traceId": trace}),
                    ErrorForm::Older => json!({"message": message, "errorCode": code, "resourceIds": null}),
                    ErrorForm::PascalCase => json!({"Message": message, "ErrorCode": code, "TraceId": trace}),
                };
                if let Some(details) = details {
                    let name = if self.form == ErrorForm::PascalCase { "Details" } else { "details" };
                    value[name] = details.clone().into();
                }
                value
            }
            Body::Scope { message } => json!({ "errorMessage": message }),
            Body::OAuth { error } => json!({ "error": error }),
            Body::Envelope { message, details } => json!({
                "message": message, "errorCode": 0, "result": null, "success": false,
                "error": {"code": 0, "message": message, "details": details, "validationErrors": null},
                "unAuthorizedRequest": true, "__abp": true,
            }),
        };
        value.to_string()
    }
}

impl From<BadQuery> for Refusal {
    fn from(bad: BadQuery) -> Self {
        Self::bad_query(bad.0)
    }
}
