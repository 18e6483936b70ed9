//! What the server says of a robot job that faulted.
//!
//! In: fields of a `JobDto`, as they came. Out: the same, and as the members of `fault` in expressions. Never: judges them.

use serde_json::{Map, Value};

use crate::outcome::JobError;
use crate::template::FAULT_FACTS;

/// What the server says of a robot job that faulted. Any of it may be missing. Source: Orchestrator OpenAPI, `JobDto`.
#[derive(Clone, Copy, Debug, Default)]
pub struct FaultFacts<'a> {
    /// `Info`: free text, often long and in many lines.
    pub info: Option<&'a str>,
    /// `ErrorCode`.
    pub code: Option<&'a str>,
    /// `JobError`.
    pub error: Option<&'a JobError>,
    /// `State`.
    pub state: Option<&'a str>,
    /// `SubState`.
    pub sub_state: Option<&'a str>,
    /// Whether it ever started; `None` where nobody knows.
    pub started: Option<bool>,
    /// The release's name.
    pub release: Option<&'a str>,
}

impl FaultFacts<'_> {
    /// The members of `fault`: texts are empty where the server says nothing, `started` is none then.
    pub(super) fn members(&self) -> Map<String, Value> {
        let of_error = |field: fn(&JobError) -> &Option<String>| self.error.and_then(|error| field(error).as_deref());
        let text = |text: Option<&str>| Value::String(text.unwrap_or_default().to_owned());
        let value = |fact: &str| match fact {
            "info" => text(self.info),
            "code" => text(of_error(|error| &error.code).or(self.code)),
            "title" => text(of_error(|error| &error.title)),
            "detail" => text(of_error(|error| &error.detail)),
            "category" => text(of_error(|error| &error.category)),
            "state" => text(self.state),
            "sub_state" => text(self.sub_state),
            "release" => text(self.release),
            _ => self.started.map_or(Value::Null, Value::Bool),
        };
        FAULT_FACTS.into_iter().map(|fact| (fact.to_owned(), value(fact))).collect()
    }
}
