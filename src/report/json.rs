//! The JSON report, version 1: one object, launches in the plan's order, one to a line.
//!
//! Its schema is published in `schema/report.schema.json`. Readers ignore keys that they do not know.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::head::VERSION;
use super::not_begun::NotBegun;
use super::{Head, LaunchReport, ReportWriter, RunHead, Totals};
use crate::diagnostic::escape::escape_json;

/// The report's JSON Schema (draft 2020-12), as it is published. A test keeps it in step with [`JsonReport`].
pub const SCHEMA: &str = include_str!("../../schema/report.schema.json");

/// The whole report, as a reader sees it. Written piece by piece by [`JsonWriter`]; read by tests and tools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct JsonReport {
    /// The version of this form: 1.
    pub version: u32,
    /// The run.
    pub run: RunHead,
    /// Launches by verdict.
    pub totals: Totals,
    /// The launches, in the plan's order.
    pub launches: Vec<LaunchReport>,
    /// There where the call began no run, or went on with none: why. Nothing of it was sent by that call, there are no
    /// launches, all totals are 0, and of `run` only the exit code and the moment are sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_begun: Option<NotBegun>,
}

/// Writes a [`JsonReport`] to `out`.
pub struct JsonWriter<W> {
    out: W,
    launches: usize,
    /// One launch as text: written at once, for what lies behind looks at each piece.
    text: Vec<u8>,
}

impl<W: Write> JsonWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        Self { out, launches: 0, text: Vec::new() }
    }
}

impl<W: Write> ReportWriter for JsonWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        write!(self.out, "{{\"version\": {VERSION},\n \"run\": ")?;
        self.out.write_all(escape_json(&serde_json::to_string(&head.run)?).as_bytes())?;
        write!(self.out, ",\n \"totals\": ")?;
        serde_json::to_writer(&mut self.out, &head.totals)?;
        write!(self.out, ",\n \"launches\": [")
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        self.text.clear();
        self.text.extend_from_slice(if self.launches == 0 { b"\n  " } else { b",\n  " });
        self.launches += 1;
        self.text.extend_from_slice(escape_json(&serde_json::to_string(launch)?).as_bytes());
        self.out.write_all(&self.text)
    }

    fn end(&mut self) -> io::Result<()> {
        writeln!(self.out, "]}}")?;
        self.out.flush()
    }
}
