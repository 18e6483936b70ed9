//! The report of a call that began no run: it was refused, or there was nothing to launch. It takes the place of the
//! report of the run before, which would else be taken for this one's.
//!
//! In: what is known of the run that was meant, and why it was not begun. Out: the JSON report, version 1, without
//! launches and with `not-begun`; or text. Never: says anything of a run that was begun.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::head::VERSION;
use super::text::exit_words;
use super::{LaunchReport, Totals};
use crate::diagnostic::escape::{escape, escape_commands, escape_json, escape_lines};
use crate::diagnostic::styles::Styles;

/// The whole report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NotBegunReport {
    /// The version of this form: 1.
    pub version: u32,
    /// The run that was meant.
    pub run: NotBegunRun,
    /// All of them 0.
    pub totals: Totals,
    /// None.
    pub launches: Vec<LaunchReport>,
    /// Why there are none.
    pub not_begun: NotBegun,
}

/// A run that was not begun or gone on with, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NotBegunRun {
    /// The id of the run that is in the way, or that was to go on; null where there is none.
    pub id: Option<String>,
    /// The manifest's name; null where it could not be read.
    pub name: Option<String>,
    /// The slot that was meant, UTC.
    pub slot: Option<String>,
    /// The profile's name; null where it is not known.
    pub profile: Option<String>,
    /// When the call ended, UTC.
    pub started: String,
    /// The same.
    pub ended: String,
    /// Null: there is no plan to hold the report against.
    pub plan_digest: Option<String>,
    /// The exit code of the call.
    pub exit_code: u8,
}

/// Why a call began no run, or went on with none: nothing of that run was sent by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NotBegun {
    /// What the call said on stderr.
    pub reason: String,
}

impl NotBegunReport {
    /// The report of `run`, which was not begun for this `reason`.
    #[must_use]
    pub fn new(run: NotBegunRun, reason: String) -> Self {
        let not_begun = NotBegun { reason };
        Self { version: VERSION, run, totals: Totals::default(), launches: Vec::new(), not_begun }
    }

    /// Writes the JSON form.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        writeln!(out, "{}", escape_json(&serde_json::to_string(self)?))?;
        out.flush()
    }

    /// Writes the form for people.
    pub fn write_text(&self, mut out: impl Write) -> io::Result<()> {
        let run = &self.run;
        let name = run.name.as_ref().map(|name| format!(" of {}", escape(name))).unwrap_or_default();
        writeln!(out, "{FIRST_WORDS}{name}")?;
        for (what, value) in [("run", &run.id), ("slot", &run.slot), ("profile", &run.profile)] {
            if let Some(value) = value {
                writeln!(out, "  {what:<8} {}", escape(value))?;
            }
        }
        writeln!(out, "  time     {}\n\nWhy", escape(&run.ended))?;
        for line in escape_commands(&escape_lines(&self.not_begun.reason)).lines() {
            writeln!(out, "  {line}")?;
        }
        writeln!(out, "\nResult\n  exit     {}", exit_words(run.exit_code, Styles::PLAIN))?;
        out.flush()
    }
}

/// How the form for people begins.
pub(super) const FIRST_WORDS: &str = "Nothing was begun";

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn report() -> NotBegunReport {
        let moment = "2026-01-31T02:30:00Z".to_owned();
        let run = NotBegunRun {
            name: Some("night".to_owned()),
            started: moment.clone(),
            ended: moment,
            exit_code: 3,
            ..NotBegunRun::default()
        };
        NotBegunReport::new(run, "there is no \u{1b}profile\n  help: name one".to_owned())
    }

    #[test]
    fn the_text_says_at_once_that_nothing_was_begun() {
        let mut text = Vec::new();
        report().write_text(&mut text).expect("memory");
        expect![[r#"
            Nothing was begun of night
              time     2026-01-31T02:30:00Z

            Why
              there is no \u{1b}profile
                help: name one

            Result
              exit     3: refused: usage or manifest
        "#]]
        .assert_eq(&String::from_utf8(text).expect("text"));
    }
}
