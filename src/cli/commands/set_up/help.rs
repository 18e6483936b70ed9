//! `sortie help`: the help of a verb, or a page of the documents.
//!
//! In: words. Out: text for a terminal of this width. Never: starts a pager; `| less` does.

pub(in crate::cli::commands::set_up) mod page;

use std::ffi::OsString;
use std::io::IsTerminal as _;

use crate::cli::args::HelpArgs;
use crate::cli::args::parse::{self, ParsedCommand};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::diagnostic::escape::escape;
use crate::diagnostic::nearest;
use crate::exit::ExitStatus;

/// The topics: name, the page that explains it, and the chapter of that page; empty for all of it.
const TOPICS: [(&str, &str, &str); 19] = [
    ("manifest", include_str!("../../../../docs/manifest.md"), ""),
    ("manifest-tests", include_str!("../../../../docs/manifest-tests.md"), ""),
    ("policies", include_str!("../../../../docs/policies.md"), ""),
    ("data", include_str!("../../../../docs/data.md"), ""),
    ("expressions", include_str!("../../../../docs/expressions.md"), ""),
    ("filters", include_str!("../../../../docs/expressions.md"), "## Filters over launches"),
    ("ids", include_str!("../../../../docs/ids.md"), ""),
    ("connection", include_str!("../../../../docs/connection.md"), ""),
    ("slots", include_str!("../../../../docs/slots.md"), ""),
    ("saved-plans", include_str!("../../../../docs/how-to/approve-a-plan.md"), ""),
    ("waiting", include_str!("../../../../docs/waiting.md"), ""),
    ("reports", include_str!("../../../../docs/reports.md"), ""),
    ("board", include_str!("../../../../docs/board.md"), ""),
    ("events", include_str!("../../../../docs/events.md"), ""),
    ("metrics", include_str!("../../../../docs/metrics.md"), ""),
    ("faults", include_str!("../../../../docs/faults.md"), ""),
    ("world", include_str!("../../../../docs/sandbox.md"), "## A world"),
    ("exactly-once", include_str!("../../../../docs/how-a-launch-works.md"), ""),
    ("exit-codes", include_str!("../../../../docs/exit-codes.md"), ""),
];

/// The text of the topic `name`; `None` if there is none.
fn topic(name: &str) -> Option<&'static str> {
    let (_, page, heading) = TOPICS.iter().find(|(known, ..)| *known == name)?;
    Some(if heading.is_empty() { page } else { chapter(page, heading) })
}

/// What `page` says from `heading` to the next one of its kind.
fn chapter<'a>(page: &'a str, heading: &str) -> &'a str {
    let from = page.find(heading).unwrap_or(0);
    let rest = &page[from..];
    let end = rest[heading.len().min(rest.len())..].find("\n## ").map_or(rest.len(), |at| at + heading.len() + 1);
    &rest[..end]
}

/// The width of lines where stdout is no terminal, and the greatest one that is pleasant to read, in characters.
const WIDTH: usize = 80;
const MAX_WIDTH: usize = 110;

pub(crate) fn run(context: &CommandContext, flags: &HelpArgs) -> Result<ExitStatus, Failure> {
    if let [name] = flags.words.as_slice()
        && let Some(text) = topic(name)
    {
        context.console.data(&page::render(text, width()))?;
        return Ok(ExitStatus::Success);
    }
    let words = flags.words.iter().map(OsString::from);
    let arguments = [OsString::from("sortie")].into_iter().chain(words).chain([OsString::from("--help")]).collect();
    match parse::parse(arguments, context.console.redactor()) {
        Ok(ParsedCommand::Text(text)) => {
            context.console.data(&text)?;
            Ok(ExitStatus::Success)
        }
        Ok(ParsedCommand::Command(_)) | Err(_) => {
            Err(Failure::with_message(ExitStatus::Usage, unknown(&flags.words.join(" "))))
        }
    }
}

/// The names of the topics.
pub(in crate::cli) fn topics() -> impl Iterator<Item = &'static str> {
    TOPICS.into_iter().map(|(name, ..)| name)
}

/// What to say where there is neither a verb nor a topic of these words.
fn unknown(words: &str) -> String {
    let topics = TOPICS.map(|(name, ..)| name);
    let near = nearest(words, topics).map_or_else(String::new, |near| format!("did you mean `sortie help {near}`? "));
    format!(
        "there is no verb and no topic `{}`\n  help: {near}`sortie -h` lists the verbs; topics: {}",
        escape(words),
        topics.join(", ")
    )
}

/// How wide lines may be.
pub(super) fn width() -> usize {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return WIDTH;
    }
    let size = rustix::termios::tcgetwinsize(&stdout).ok();
    size.map(|size| usize::from(size.ws_col)).filter(|width| *width > 0).unwrap_or(WIDTH).min(MAX_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_fits_its_width_and_shows_no_marks_of_markdown() {
        for name in topics() {
            let text = topic(name).unwrap();
            for width in [40, 80, 110] {
                let shown = page::render(text, width);
                assert!(shown.len() > 1000, "{name}");
                for line in shown.lines() {
                    let plain = anstream::adapter::strip_str(line).to_string();
                    let is_code = plain.starts_with("    ");
                    let is_short = plain.chars().count() <= width;
                    // Code, and words without a blank, are never broken.
                    let is_one_word = plain.split_whitespace().count() <= 3;
                    assert!(is_short || is_code || is_one_word, "{name} at {width}: {plain}");
                    let is_marked = plain.contains("](") || plain.contains("**") || plain.contains("<!--");
                    assert!(is_code || !is_marked || plain.contains('`'), "{name} at {width}: {plain}");
                }
            }
        }
    }
}
