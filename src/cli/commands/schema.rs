//! `sortie schema`: the published JSON Schemas, out of the binary.

use crate::cli::args::{Schema, SchemaOf};
use crate::cli::commands::Context;
use crate::cli::failure::Failure;
use crate::exit::ExitStatus;

pub(crate) fn run(context: &Context, flags: &Schema) -> Result<ExitStatus, Failure> {
    context.console.data(match flags.of {
        SchemaOf::Manifest => crate::schema::TEXT,
        SchemaOf::Report => crate::report::json::SCHEMA,
    })?;
    Ok(ExitStatus::Success)
}
