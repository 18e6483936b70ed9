//! What every code means that sortie or Orchestrator says: the sections of `docs/diagnostics.md`.
//!
//! In: a code, as somebody typed it. Out: its [`Explanation`], with samples. Never: knows where it was met.

use serde::Serialize;

use crate::diagnostic::nearest;

/// The page, which a test holds to the program.
const PAGE: &str = include_str!("../docs/diagnostics.md");

/// Begins a section of the page.
const SECTION: &str = "### ";

/// What a code means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What kind of code it is, such as `Diagnostics`.
    pub group: &'static str,
    /// The code, as it is spelt.
    pub code: &'static str,
    /// What it means, in a sentence or two.
    pub meaning: String,
    /// Why it is said; diagnostics have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What to do.
    pub advice: String,
    /// Files that have the mistake, and files that have not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<CodeSample>,
    /// The section, as Markdown.
    #[serde(skip)]
    pub text: &'static str,
}

/// A file, or a command, that shows what a code is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeSample {
    /// Whether it has the mistake.
    pub is_bad: bool,
    /// The file's path; none: it is the command that shows it.
    pub file: Option<&'static str>,
    /// What it holds.
    pub text: &'static str,
}

/// Every explanation, in the order of the page.
pub fn explanations() -> impl Iterator<Item = Explanation> {
    PAGE.split("\n## ").skip(1).flat_map(|group| {
        let (name, sections) = group.split_once('\n').unwrap_or((group, ""));
        sections.split(SECTION).skip(1).map(move |section| explanation(name, section))
    })
}

/// Those of `typed`, in whatever letter case and with whatever stands around it in a message. Some words mean two things.
#[must_use]
pub fn find(typed: &str) -> Vec<Explanation> {
    let bare = bare(typed);
    explanations().filter(|known| known.code.eq_ignore_ascii_case(bare)).collect()
}

/// The code that is nearest to `typed`, where one is near.
#[must_use]
pub fn nearest_code(typed: &str) -> Option<&'static str> {
    nearest(bare(typed), explanations().map(|known| known.code))
}

/// `error[unknown-key]:` is `unknown-key`.
fn bare(typed: &str) -> &str {
    let inner = typed.split_once('[').map_or(typed, |(_, rest)| rest);
    inner.trim_matches(|c: char| !c.is_ascii_alphanumeric())
}

fn explanation(group: &'static str, section: &'static str) -> Explanation {
    let (code, text) = section.split_once('\n').unwrap_or((section, ""));
    let paragraph = |start: &str| {
        let paragraphs = text.split("\n\n").map(str::trim);
        paragraphs.filter_map(|it| it.strip_prefix(start)).map(|it| it.replace('\n', " ")).next()
    };
    Explanation {
        group,
        code: code.trim(),
        meaning: paragraph("").unwrap_or_default(),
        why: paragraph("Why: "),
        advice: paragraph("What to do: ").unwrap_or_default(),
        samples: samples(text),
        text: text.trim(),
    }
}

/// The files between fences, each marked as `bad` or `good`; a shell's line is a command.
fn samples(text: &'static str) -> Vec<CodeSample> {
    let fences = text.split("```").skip(1).step_by(2);
    fences
        .filter_map(|fence| {
            let (info, text) = fence.split_once('\n')?;
            let mut info = info.split(' ');
            let is_command = info.next() == Some("sh");
            let is_bad = info.next()? == "bad";
            let file = (!is_command).then(|| info.next().unwrap_or("night.yaml"));
            Some(CodeSample { is_bad, file, text })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        for typed in ["unknown-key", "UNKNOWN-KEY", "error[unknown-key]:", "`unknown-key`", "[unknown-key]"] {
            assert_eq!(find(typed).first().map(|found| found.code), Some("unknown-key"), "{typed}");
        }
        assert_eq!(find("#2818").first().map(|found| found.group), Some("Orchestrator's codes"));
        assert_eq!(find("dynamicjobconnectedmachinesinvalid").len(), 1);
        assert!(find("").is_empty() && find("hunter2").is_empty());
        assert_eq!(nearest_code("unknwon-key"), Some("unknown-key"));
        assert_eq!(nearest_code("hunter2"), None);
    }

    #[test]
    fn each_section_says_what_it_means_and_what_to_do() {
        let mut count = 0;
        for known in explanations() {
            count += 1;
            assert!(known.meaning.ends_with(['.', ')']), "{known:?}");
            assert!(known.advice.len() > 5, "{known:?}");
            assert!(!known.code.contains(' '), "{known:?}");
        }
        assert!(count >= 110, "{count}");
    }
}
