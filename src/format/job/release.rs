//! `release`: what is started, as an author names it.
//!
//! In: a value under `release`. Out: [`ReleaseRef`], or what is wrong with it. Never: asks a server which release is meant.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text_or::text_or;
use crate::diagnostic::Code;
use crate::format::from_value::{FieldError, FromValue, only_entry, printable};
use crate::format::shape::open_keys;
use crate::format::text::Guid;
use crate::ids::ReleaseKey;

/// A release as an author names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseRef {
    /// By key.
    Key(ReleaseKey),
    /// By its name in the folder.
    Name {
        /// The name.
        name: String,
        /// The version that its package must have.
        version: Option<String>,
    },
    /// As the one release of the folder that was made from this package.
    Package {
        /// The package's id.
        package: String,
        /// The version that it must have.
        version: Option<String>,
    },
}

impl ReleaseRef {
    /// By its name, of whatever version.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self::Name { name: name.into(), version: None }
    }

    /// The version that is asserted.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Key(_) => None,
            Self::Name { version, .. } | Self::Package { version, .. } => version.as_deref(),
        }
    }
}

impl std::fmt::Display for ReleaseRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{key}"),
            Self::Name { name, .. } => f.write_str(name),
            Self::Package { package, .. } => write!(f, "of package {package}"),
        }
    }
}

/// A release by exactly one of `name`, `key` and `package`.
#[derive(JsonSchema)]
#[schemars(transform = open_keys)]
#[expect(dead_code, reason = "only the schema knows this type")]
struct ReleaseBy {
    /// The release's name in its folder.
    #[schemars(extend("examples" = ["Invoice Loader"]))]
    name: Option<String>,
    /// The package version that it must have, with `name` or `package`. If it has another one, nothing is started.
    #[schemars(extend("examples" = ["1.4.2"]))]
    version: Option<String>,
    /// The release's key, a GUID.
    key: Option<Guid>,
    /// The id of the package that the release was made from.
    #[schemars(extend("examples" = ["InvoiceLoader"]))]
    package: Option<String>,
}

impl JsonSchema for ReleaseRef {
    fn schema_name() -> Cow<'static, str> {
        "Release".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let about = "A release: by name or key as text, or an object that says which.";
        text_or::<ReleaseBy>(
            generator,
            about,
            "The release to start (the UI calls it process), by its name in the folder; a GUID is taken as its key.",
        )
    }
}

/// Text is a name, or a key where it is a GUID; else one of `{name}`, `{key}` and `{package}`, of which the first and the
/// last may assert a `version`.
impl FromValue for ReleaseRef {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let wrong = |code, what: String| FieldError::new(code, what);
        let entries = match value {
            Value::String(text) if text.is_empty() => {
                return Err(wrong(Code::WrongForm, format!("`{key}` must not be empty")));
            }
            Value::String(text) => {
                printable("the name of a release", text)?;
                return Ok(Guid::parse(text).map_or_else(|| Self::named(text), |Guid(key)| Self::Key(ReleaseKey(key))));
            }
            Value::Object(entries) => entries,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                return Err(wrong(Code::WrongType, format!("`{key}` must be a name, a key or a mapping")));
            }
        };
        let version = match entries.get("version") {
            None => None,
            Some(Value::String(version)) if !version.is_empty() => Some(version.clone()),
            Some(_) => {
                return Err(wrong(Code::WrongType, format!("`version` of `{key}` must be text"))
                    .help("put it in quotes: `1.10` is the number 1.1"));
            }
        };
        for (part, value) in entries {
            value.as_str().map_or(Ok(()), |text| printable(&format!("`{part}` of `{key}`"), text))?;
        }
        match only_entry(key, &["name", "key", "package"], entries)? {
            ("name", Value::String(name)) if !name.is_empty() => Ok(Self::Name { name: name.clone(), version }),
            ("package", Value::String(package)) if !package.is_empty() => {
                Ok(Self::Package { package: package.clone(), version })
            }
            ("key", _) if version.is_some() => {
                Err(wrong(Code::Conflict, format!("`version` of `{key}` stands beside `key`"))
                    .help("a version is asserted of a `name` or a `package`"))
            }
            ("key", text) => text.as_str().and_then(Guid::parse).map_or_else(
                || Err(wrong(Code::WrongForm, format!("`key` of `{key}` must be a GUID"))),
                |Guid(key)| Ok(Self::Key(ReleaseKey(key))),
            ),
            (part, _) => Err(wrong(Code::WrongType, format!("`{part}` of `{key}` must be text"))),
        }
    }
}
