//! The forms in which `plan` shows a plan. Each makes one launch at a time, so that a plan of any length can be shown.
//!
//! In: a plan and its inputs. Out: text. Never: ids of names, which only the server knows, or a token.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::cli::args::PlanFormat;
use crate::ids::{LaunchId, Ordinal};
use crate::plan::{Inputs, Launch, Plan, Planned};

mod curl;
mod json;
mod markdown;
mod text;

/// A plan, and what it was made of.
pub(crate) struct Shown<'a> {
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// Its inputs.
    pub(crate) inputs: &'a Inputs,
    /// The base address of the profile; none where there is no profile.
    pub(crate) base: Option<&'a str>,
}

/// Writes the plan to `out` in `format`.
pub(crate) fn write(format: PlanFormat, shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        PlanFormat::Text => text::write(shown, out),
        PlanFormat::Json => json::write(shown, out),
        PlanFormat::Markdown => markdown::write(shown, out),
        PlanFormat::Curl => curl::write(shown, out),
    }
}

impl Shown<'_> {
    fn planned(&self) -> impl Iterator<Item = Planned> {
        (0..self.plan.len()).map(|index| self.plan.planned(Ordinal::from(index)))
    }
}

/// `startInfo` as it will be sent, but for names in the places of ids, and for the run's id in the Reference.
fn start_info(launch: &Launch) -> Map<String, Value> {
    let mut body = launch.to_json(&reference(launch));
    body["startInfo"].as_object_mut().map(std::mem::take).unwrap_or_default()
}

/// The Reference, with `RUN` in the place of the run's id, which no plan knows.
fn reference(launch: &Launch) -> String {
    let own = format!("sortie-RUN-{:016x}", LaunchId::fingerprint(&launch.id));
    match launch.reference.as_deref() {
        Some(prefix) if !prefix.is_empty() => format!("{prefix} {own}"),
        Some(_) | None => own,
    }
}

/// So many launches, and how many of them are skipped.
fn counted(plan: &Plan) -> String {
    let launches = plan.len();
    let counted = if launches == 1 { "1 launch".to_owned() } else { format!("{launches} launches") };
    if plan.skipped() == 0 { counted } else { format!("{counted} ({} skipped)", plan.skipped()) }
}

#[cfg(test)]
mod tests;
