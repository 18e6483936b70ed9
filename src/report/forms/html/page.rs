//! The page itself: its templates, its style, and the policy by which a browser runs and fetches nothing.
//!
//! In: what the other files made. Out: bytes. The environment is the page's own: expressions of manifests have another, and
//! neither sees what the other has. Never: a script, an address, or a style in an attribute.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::ids::Digest;

/// The first line of every page: by it, a later run knows that it may replace the file.
pub(in crate::report) const FIRST_LINE: &str = "<!doctype html><html lang=\"en\" data-report=\"sortie-1\">";

/// The one style sheet, which the board takes over.
pub(crate) const STYLE: &str = include_str!("page/style.css");
const PAGE: &str = concat!(include_str!("page/top.html"), include_str!("page/page.html"));
const NOT_BEGUN: &str = concat!(include_str!("page/top.html"), include_str!("page/not_begun.html"));
const ROW: &str = include_str!("page/row.html");

/// A drawing with what stands around it.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) heading: Option<String>,
    /// Markup that is escaped already.
    #[serde(serialize_with = "as_markup")]
    pub(super) svg: String,
    pub(super) caption: String,
}

/// `markup` is escaped already.
pub(super) fn as_markup<S: serde::Serializer>(markup: &str, serializer: S) -> Result<S::Ok, S::Error> {
    Value::from_safe_string(markup.to_owned()).serialize(serializer)
}

/// `parts` as templates see them.
pub(super) fn value(parts: &impl Serialize) -> Value {
    Value::from(Serde(parts))
}

/// The templates.
pub(super) struct Pages {
    environment: Environment<'static>,
}

impl Pages {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, text) in [("page", PAGE), ("row", ROW), ("not_begun", NOT_BEGUN)] {
            environment.add_template(name, text).expect("the templates are this crate's own, and tried by its tests");
        }
        Self { environment }
    }

    /// One row of a list of launches.
    pub(super) fn row(&self, row: Value) -> io::Result<String> {
        self.template("row").render(row).map_err(io::Error::other)
    }

    /// Writes the page of `name` to `out`.
    pub(super) fn write(&self, name: &str, title: &str, page: Value, out: impl Write) -> io::Result<()> {
        let context = context! {
            first_line => Value::from_safe_string(FIRST_LINE.to_owned()),
            policy => Value::from_safe_string(policy()),
            style => Value::from_safe_string(STYLE.to_owned()),
            title => title,
            ..page
        };
        self.template(name).render_captured_to(context, out).map(drop).map_err(io::Error::other)
    }

    fn template(&self, name: &str) -> minijinja::Template<'_, '_> {
        self.environment.get_template(name).expect("it was added when the environment was made")
    }
}

/// Nothing is run and nothing is fetched; the one style is the one that stands here.
pub(crate) fn policy() -> String {
    let digest = STANDARD.encode(Digest::of(STYLE.as_bytes()).as_bytes());
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
}
