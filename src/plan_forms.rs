//! The forms in which a plan is shown. Each makes one launch at a time, so that a plan of any length can be shown.
//!
//! In: a plan and its inputs. Out: text. Never: ids of names, which only the server knows, or a token.

use std::io::{self, Write};

mod curl;
mod grouped_markdown;
mod grouped_text;
mod json;
mod markdown;
mod shared_fields;
mod summary;
mod text;
mod view;

pub use view::{PlanExtent, PlanView};

/// A form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanForm {
    /// For people.
    Text,
    /// For machines: inputs and launches with exact request bodies.
    Json,
    /// A table for a pull request.
    Markdown,
    /// A shell script of curl commands, the token masked.
    Curl,
}

/// Writes the plan to `out` in `form`.
pub fn write(form: PlanForm, shown: &PlanView<'_>, out: &mut dyn Write) -> io::Result<()> {
    match form {
        PlanForm::Text => text::write(shown, out),
        PlanForm::Json => json::write(shown, out),
        PlanForm::Markdown => markdown::write(shown, out),
        PlanForm::Curl => curl::write(shown, out),
    }
}

#[cfg(test)]
mod tests;
