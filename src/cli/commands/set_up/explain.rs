//! `sortie explain`: what a code means, why it is said, and what to do.

use serde_json::json;

use super::help::page;
use crate::cli::args::{ExplainArgs, OutputFormat};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::explain::{Explanation, explanations, find, nearest_code};

pub(crate) fn run(context: &CommandContext, flags: &ExplainArgs) -> Result<ExitStatus, Failure> {
    let Some(code) = &flags.code else {
        match flags.format {
            OutputFormat::Text => context.console.data(&page::render(&listing(), super::help::width()))?,
            OutputFormat::Json => {
                let name = |(name, codes)| json!({ "group": name, "codes": codes });
                let listed: Vec<_> = groups().into_iter().map(name).collect();
                context.console.json(&json!({ "version": 1, "groups": listed }))?;
            }
        }
        return Ok(ExitStatus::Success);
    };
    let found = find(code);
    if found.is_empty() {
        return Err(Failure::with_message(ExitStatus::Usage, unknown(code)));
    }
    match flags.format {
        OutputFormat::Text => context.console.data(&page::render(&markdown(&found), super::help::width()))?,
        OutputFormat::Json => context.console.json(&json!({ "version": 1, "explanations": found }))?,
    }
    Ok(ExitStatus::Success)
}

/// The sections of `found`, one behind another.
fn markdown(found: &[Explanation]) -> String {
    let sections =
        found.iter().map(|known| format!("# {} ({})\n\n{}\n", known.code, known.group.to_lowercase(), known.text));
    sections.collect::<Vec<_>>().join("\n")
}

/// Every group with its codes.
fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut groups: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    for known in explanations() {
        match groups.last_mut().filter(|(name, _)| *name == known.group) {
            Some((_, codes)) => codes.push(known.code),
            None => groups.push((known.group, vec![known.code])),
        }
    }
    groups
}

fn listing() -> String {
    let groups = groups().into_iter().map(|(name, codes)| format!("## {name}\n\n{}\n", codes.join(", ")));
    format!("{}\n`sortie explain CODE` explains one of them.\n", groups.collect::<Vec<_>>().join("\n"))
}

fn unknown(code: &str) -> String {
    let near = nearest_code(code).map_or_else(String::new, |near| format!("did you mean `sortie explain {near}`? "));
    format!("there is no code `{}`\n  help: {near}`sortie explain` lists them all", escape(code))
}
