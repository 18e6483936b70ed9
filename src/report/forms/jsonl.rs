//! The report as JSON Lines: the run first, then one line for each launch, in the plan's order; each line says its `type`.
//!
//! In: a head and launches. Out: lines that can be read one by one, of the schema `schema/report-lines.schema.json`. Never: a
//! line break within a line.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::escape::escape_json;
use crate::report::json::VERSION;
use crate::report::not_begun::{NotBegun, NotBegunReport};
use crate::report::{Head, LaunchReport, ReportWriter, RunHead, Totals};

/// The JSON Schema of a line (draft 2020-12), as it is published. A test keeps it in step with [`ReportLine`].
pub const LINES_SCHEMA: &str = include_str!("../../../schema/report-lines.schema.json");

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ReportLine {
    /// The first line.
    Run(Box<RunLine>),
    /// Each further line.
    Launch(Box<LaunchReport>),
}

/// The run, as the first line has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RunLine {
    /// The version of this form: 1.
    pub version: u32,
    /// The run.
    pub run: RunHead,
    /// Launches by verdict; so many lines follow as `launches` says.
    pub totals: Totals,
    /// There where the call began no run, or went on with none: why. No line follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_begun: Option<NotBegun>,
}

/// Writes one [`ReportLine`] after the other to `out`.
pub struct JsonLinesWriter<W> {
    out: W,
}

/// How each first line begins.
pub(super) const FIRST_WORDS: &str = "{\"type\":\"run\",\"version\":";

impl<W: Write> JsonLinesWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    fn line(&mut self, kind: &str, members: &impl Serialize) -> io::Result<()> {
        let members = serde_json::to_string(members)?;
        let members = members.strip_prefix('{').unwrap_or(&members);
        writeln!(self.out, "{{\"type\":\"{kind}\",{}", escape_json(members))
    }
}

impl<W: Write> ReportWriter for JsonLinesWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        let line = RunLine { version: VERSION, run: head.run.clone(), totals: head.totals, not_begun: None };
        self.line("run", &line)
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        self.line("launch", launch)
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the one line of a call that began no run.
pub(super) fn write_not_begun(report: &NotBegunReport, out: impl Write) -> io::Result<()> {
    let mut line = serde_json::to_value(report)?;
    if let Some(members) = line.as_object_mut() {
        members.shift_remove("launches");
    }
    let mut writer = JsonLinesWriter::new(out);
    writer.line("run", &line)?;
    writer.end()
}
