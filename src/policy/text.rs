//! Rules as somebody wrote them: a file of them, or those of a profile.
//!
//! In: a text. Out: the same, known by its name. Never: read here.

use crate::ids::Digest;

/// Rules as somebody wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyText {
    /// The name under which people know the text: a path, as a rule.
    pub name: String,
    /// The text. Of a config file everything but its rules is blank, so that places are right and nothing else is ever shown.
    pub text: String,
    /// What stands in it.
    pub form: PolicyTextForm,
}

/// What stands in a text of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyTextForm {
    /// A mapping with `version` and `policies`.
    File,
    /// The list alone: the `policies` of the profile with this name.
    Profile(String),
}

impl PolicyText {
    /// The text of a policy file.
    #[must_use]
    pub fn of_file(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), form: PolicyTextForm::File }
    }

    /// The digest of `texts`: who has the same has the same rules.
    #[must_use]
    pub fn digest(texts: &[Self]) -> Digest {
        let all: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
        Digest::of(serde_json::to_string(&all).expect("texts are text").as_bytes())
    }
}
