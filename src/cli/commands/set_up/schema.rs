//! `sortie schema`: the published JSON Schemas, out of the binary.

use crate::cli::args::{SchemaArgs, SchemaKind};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::exit::ExitStatus;

pub(crate) fn run(context: &CommandContext, flags: &SchemaArgs) -> Result<ExitStatus, Failure> {
    context.console.data(match flags.of {
        SchemaKind::Manifest => crate::schema::TEXT,
        SchemaKind::Tests => crate::schema::TESTS_TEXT,
        SchemaKind::Report => crate::report::json::SCHEMA,
        SchemaKind::ReportLines => crate::report::forms::jsonl::LINES_SCHEMA,
        SchemaKind::RunFile => crate::run_file::SCHEMA,
        SchemaKind::Events => crate::run::EVENTS_SCHEMA,
        SchemaKind::SavedPlan => crate::saved_plan::SCHEMA,
        SchemaKind::Policies => crate::policy::SCHEMA,
    })?;
    Ok(ExitStatus::Success)
}
