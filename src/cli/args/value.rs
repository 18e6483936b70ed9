//! The forms of single flag values.
//!
//! In: one flag's text. Out: its parts, or a sentence about its form. Never: echoes a value, which may be a secret.

use std::path::PathBuf;

use crate::clock::Timestamp;
use crate::format::ReportFormat;
use crate::run::RunStatus;
use crate::words::Words as _;

/// `--param`: a parameter's value, as text that takes the parameter's type, or as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParamArg {
    /// `NAME=TEXT`.
    Text(String, String),
    /// `NAME:=JSON`: the JSON text, checked for its form, so that no number is rounded.
    Json(String, String),
}

impl ParamArg {
    /// Whose value it is.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Text(name, _) | Self::Json(name, _) => name,
        }
    }
}

/// `--report`: a report that is written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportTarget {
    /// What is written.
    pub(crate) format: ReportFormat,
    /// Where.
    pub(crate) path: PathBuf,
    /// Who asks for it there.
    pub(crate) placement: ReportPlacement,
}

/// Who asks for a report at its place, which says what it may do to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportPlacement {
    /// A person: it replaces any file that sortie does not read.
    Person,
    /// A manifest: it replaces a report, or nothing.
    Manifest,
    /// `markdown=auto`: it is added to the file that `GITHUB_STEP_SUMMARY` names, which other steps write to as well. The
    /// path is empty where that is not set.
    StepSummary,
}

/// In place of a file: the summary of the step that this is a part of.
const AUTO: &str = "auto";

/// The longest key of a run, in characters.
const MAX_KEY_CHARS: usize = 200;

pub(super) fn param(text: &str) -> Result<ParamArg, String> {
    let given = argument(text)?;
    let (ParamArg::Text(name, _) | ParamArg::Json(name, _)) = &given;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err("a parameter's name is letters, digits and `_`, and does not begin with a digit".to_owned());
    }
    Ok(given)
}

/// `--arg`: as a parameter, under any name.
pub(super) fn argument(text: &str) -> Result<ParamArg, String> {
    let (name, value) =
        text.split_once('=').ok_or("write NAME=TEXT, or NAME:=JSON for a number, a boolean, a list or a mapping")?;
    let (name, json) = name.strip_suffix(':').map_or((name, false), |name| (name, true));
    if name.is_empty() {
        return Err("a name is missing before `=`".to_owned());
    }
    if json {
        serde_json::from_str::<serde::de::IgnoredAny>(value)
            .map_err(|error| format!("what stands after `:=` is not JSON (column {})", error.column()))?;
        return Ok(ParamArg::Json(name.to_owned(), value.to_owned()));
    }
    Ok(ParamArg::Text(name.to_owned(), value.to_owned()))
}

/// `--data` and `--arguments`: a job, and the file that is given to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobFileArg {
    /// The job's name.
    pub(crate) job: String,
    /// The file; `-` is stdin.
    pub(crate) path: PathBuf,
}

pub(super) fn for_job(text: &str) -> Result<JobFileArg, String> {
    match text.split_once('=') {
        Some((job, path)) if !job.is_empty() && !path.is_empty() => {
            Ok(JobFileArg { job: job.to_owned(), path: path.into() })
        }
        Some(_) | None => Err("write JOB=FILE, where FILE is `-` for stdin".to_owned()),
    }
}

pub(super) fn report(text: &str) -> Result<ReportTarget, String> {
    let (format, path) = text.split_once('=').ok_or("write FORMAT=FILE, such as json=night.json")?;
    let format = report_format(format)?;
    match path {
        "" => Err("a file's name is missing after `=`".to_owned()),
        "-" => Err(format!("the report on stdout is `--format {}`", format.word())),
        AUTO if format == ReportFormat::Markdown => {
            Ok(ReportTarget { format, path: PathBuf::new(), placement: ReportPlacement::StepSummary })
        }
        path => Ok(ReportTarget { format, path: path.into(), placement: ReportPlacement::Person }),
    }
}

fn report_format(name: &str) -> Result<ReportFormat, String> {
    match ReportFormat::ALL.iter().find(|format| format.word() == name) {
        Some(format) => Ok(*format),
        None => Err(format!("the formats are {}", ReportFormat::written())),
    }
}

/// `--run-key`: what a run stands for.
pub(super) fn run_key(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().count() > MAX_KEY_CHARS || text.chars().any(char::is_control) {
        return Err(format!("a key is a text of 1 to {MAX_KEY_CHARS} characters, in one line"));
    }
    // Left of variables that are not set: `"$X"`, `"$X-$Y"`.
    if !text.chars().any(char::is_alphanumeric) {
        return Err("a key holds at least one letter or digit; is a variable in it not set?".to_owned());
    }
    if text.trim() != text {
        return Err("a key neither begins nor ends with a blank: it would be another key, and look the same".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn span(text: &str) -> Result<std::time::Duration, String> {
    // As manifests have it, days among the units.
    crate::format::TimeSpan::parse(text).map_or_else(|| crate::profile::span(text), |span| Ok(span.duration()))
}

/// `--since`: from when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long ago.
    Span(std::time::Duration),
    /// A moment.
    At(Timestamp),
}

pub(super) fn since(text: &str) -> Result<Since, String> {
    if let Ok(moment) = text.parse() {
        return Ok(Since::At(moment));
    }
    if let Ok(moment) = format!("{text}T00:00:00Z").parse() {
        return Ok(Since::At(moment));
    }
    span(text)
        .map(Since::Span)
        .map_err(|_| "write a span such as 7d or 36h, a day such as 2026-01-31, or a moment in RFC 3339".to_owned())
}

pub(super) fn run_status(text: &str) -> Result<RunStatus, String> {
    let known = RunStatus::ALL.into_iter().find(|status| status.as_str() == text);
    known.ok_or_else(|| {
        let names: Vec<&str> = RunStatus::ALL.iter().map(|status| status.as_str()).collect();
        format!("the states are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_span_a_day_or_a_moment() {
        let at = |text: &str| Ok(Since::At(text.parse().expect("a moment")));
        assert_eq!(since("7d"), Ok(Since::Span(std::time::Duration::from_secs(7 * 86400))));
        assert_eq!(since("2026-01-31"), at("2026-01-31T00:00:00Z"));
        assert_eq!(since("2026-01-31T02:00:00+01:00"), at("2026-01-31T01:00:00Z"));
        assert!(since("yesterday").is_err_and(|words| words.contains("a day such as")));
        assert_eq!(run_status("cut-off"), Ok(RunStatus::CutOff));
        assert!(run_status("broken").is_err_and(|words| words.starts_with("the states are running, ")));
    }

    #[test]
    fn a_parameter_is_text_or_json() {
        let check = |text: &str, expected: Result<ParamArg, &str>| {
            assert_eq!(param(text), expected.map_err(str::to_owned), "{text}");
        };
        check("region=emea", Ok(ParamArg::Text("region".into(), "emea".into())));
        check("query=a=b", Ok(ParamArg::Text("query".into(), "a=b".into())));
        check("empty=", Ok(ParamArg::Text("empty".into(), String::new())));
        check("n:=5", Ok(ParamArg::Json("n".into(), "5".into())));
        check("list:=[1,\"=\"]", Ok(ParamArg::Json("list".into(), "[1,\"=\"]".into())));
        check("n:=five", Err("what stands after `:=` is not JSON (column 2)"));
        check("n", Err("write NAME=TEXT, or NAME:=JSON for a number, a boolean, a list or a mapping"));
        check("1n=5", Err("a parameter's name is letters, digits and `_`, and does not begin with a digit"));
    }

    #[test]
    fn a_key_is_something_to_see() {
        for key in ["ci-4711", "a b", "7", "\u{fc}", "gh/77@main"] {
            assert_eq!(run_key(key), Ok(key.to_owned()));
        }
        let long = "x".repeat(MAX_KEY_CHARS + 1);
        for (key, why) in [
            ("", "1 to 200 characters"),
            (&long, "1 to 200 characters"),
            ("a\nb", "in one line"),
            (" ", "not set"),
            ("-", "not set"),
            ("\u{200b}", "not set"),
            ("\u{a0}\u{3000}", "not set"),
            (" ci", "a blank"),
            ("ci\u{a0}", "a blank"),
        ] {
            assert!(run_key(key).expect_err(key).contains(why), "{key:?}");
        }
    }

    fn path_is_auto(text: &str) -> bool {
        text == "markdown=auto"
    }

    #[test]
    fn a_report_names_its_format_and_file() {
        let check = |text: &str, expected: Result<(ReportFormat, &str), &str>| {
            let placement = if path_is_auto(text) { ReportPlacement::StepSummary } else { ReportPlacement::Person };
            let expected = expected
                .map(|(format, path)| ReportTarget { format, path: path.into(), placement })
                .map_err(str::to_owned);
            assert_eq!(report(text), expected, "{text}");
        };
        check("json=out/a=b.json", Ok((ReportFormat::Json, "out/a=b.json")));
        check("markdown=auto", Ok((ReportFormat::Markdown, "")));
        check("markdown=./auto", Ok((ReportFormat::Markdown, "./auto")));
        check("json=auto", Ok((ReportFormat::Json, "auto")));
        check("text=-", Err("the report on stdout is `--format text`"));
        check("text=", Err("a file's name is missing after `=`"));
        check("html=x.html", Ok((ReportFormat::Html, "x.html")));
        check("yaml=x", Err("the formats are text, json, jsonl, csv, junit, markdown, html and rows"));
        check("night.json", Err("write FORMAT=FILE, such as json=night.json"));
    }
}
