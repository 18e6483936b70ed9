//! What a command shows and writes: the two streams, diagnostics, progress, logs, report files.

pub(crate) mod console;
pub(crate) mod diagnostics;
pub(crate) mod event_file;
pub(crate) mod file_kind;
pub(crate) mod finish;
pub(crate) mod logs;
pub(crate) mod manifest_reports;
pub(crate) mod not_begun;
pub(crate) mod private_file;
pub(crate) mod progress;
pub(crate) mod report_files;
pub(crate) mod report_output;
pub(crate) mod run_observer;
pub(crate) mod service_failure;
pub(crate) mod tolerant_writer;
