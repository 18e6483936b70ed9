//! The fields of a server's refusal, in their order.
//!
//! In: a refusal. Out: its fields, and the same refusal again. A number or an order is never changed.

use super::fields::{BlockError, FieldReader, FieldWriter};
use crate::robot_job::ServerError;

/// Writes `error`.
pub(super) fn put<'t>(to: &mut FieldWriter<'t>, error: &'t ServerError) {
    let ServerError { status, code, message, trace_id } = error;
    to.number(u64::from(*status));
    to.option(*code, FieldWriter::signed);
    to.shared(message);
    to.option(trace_id.as_deref(), FieldWriter::text);
}

/// Reads a refusal.
pub(super) fn read(from: &mut FieldReader<'_>) -> Result<ServerError, BlockError> {
    Ok(ServerError {
        status: from.small()?,
        code: from.option(FieldReader::signed)?,
        message: from.shared()?.to_owned(),
        trace_id: from.option(|from| from.text().map(str::to_owned))?,
    })
}
