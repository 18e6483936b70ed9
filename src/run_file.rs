//! A run in one file, as it is carried from one machine to another: JSON lines, versioned, whole or refused.
//!
//! In: a run of a store, or such a file. Out: the file; or what it holds, and a [`RunFileStore`] of which reports are made as of any
//! store. Never: a secret that is known, a manifest's meaning (inputs are JSON to it), or a run that can be sent on.
//! Source: `docs/commands.md`.

mod error;
mod line;
mod mask;
mod read;
mod store;
mod write;

pub use error::RunFileError;
pub use read::{RunFile, read};
pub use store::RunFileStore;
pub use write::{ExportError, ExportOrigin, Exported, write};

/// What begins every run file.
pub const BEGINNING: &[u8] = b"{\"line\":\"run\",";

/// The version of the form that is written; a higher one is refused.
pub const VERSION: u32 = 1;

/// The JSON Schema (draft 2020-12) of one line, as it is published.
pub const SCHEMA: &str = include_str!("../schema/run-file.schema.json");
