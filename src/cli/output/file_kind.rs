//! What stands in the place of a report before it is written: what it may replace, and what not.
//!
//! In: a path. Out: the kind of the file there, by its content. Never: reads more than its beginning.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::cli::input::manifest_files;
use crate::report::forms::is_a_reports_beginning;
use crate::{run_file, saved_plan};

/// Maximum bytes of a file that are read to tell what it is: a manifest's comments may come before its keys.
const MAX_PREFIX_BYTES: u64 = 256 * 1024;

/// What begins every file of SQLite.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// No file, or one without a byte.
    Nothing,
    /// A report of sortie's, of whichever form.
    Report,
    /// A manifest.
    Manifest,
    /// Tests of a manifest.
    ManifestTests,
    /// Rules of a policy.
    Policies,
    /// A ledger, or another database.
    Database,
    /// A run in one file, perhaps the only one.
    RunFile,
    /// A saved plan, which somebody may have approved.
    SavedPlan,
    /// Anything else.
    Other,
}

impl FileKind {
    /// Looks at the file at `path`.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(file) => file.take(MAX_PREFIX_BYTES).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Nothing),
            Err(error) => return Err(error),
        };
        Ok(Self::of(&bytes))
    }

    fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            Self::Nothing
        } else if bytes.starts_with(SQLITE) {
            Self::Database
        } else if bytes.starts_with(run_file::BEGINNING) {
            Self::RunFile
        } else if bytes.starts_with(saved_plan::BEGINNING) {
            Self::SavedPlan
        } else if is_a_reports_beginning(bytes) {
            Self::Report
        } else if manifest_files::is_manifest(bytes) {
            Self::Manifest
        } else if has_keys(bytes, "tests:") {
            Self::ManifestTests
        } else if has_keys(bytes, "policies:") {
            Self::Policies
        } else {
            Self::Other
        }
    }
}

/// Whether lines of `bytes` begin with `version:` and with `key`, as those of the files do that sortie reads.
fn has_keys(bytes: &[u8], key: &str) -> bool {
    let begins = |key: &str| bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(key.as_bytes()));
    begins("version:") && begins(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_content() {
        use FileKind::{Database, Manifest, ManifestTests, Nothing, Other, Policies, Report, RunFile, SavedPlan};
        let database = [SQLITE, b"rest"].concat();
        for (bytes, expected) in [
            (&b""[..], Nothing),
            (b"{\"version\": 1,\n \"run\": {\"id\": null, ", Report),
            (b"{\"version\": 1,\n \"run\": {\"id\": 1}", Other),
            (b"2 launches of m\n  time     2026-01-31T02:30:00Z\n", Report),
            (b"{\"line\":\"run\",\"sortie-run\":1", RunFile),
            (b"{\n  \"sortie-plan\": 1,", SavedPlan),
            (b"{\"version\": 1, \"jobs\": {}}", Other),
            (b"{\"version\": 1", Other),
            (b"version: 1\nname: m\njobs:\n  a: {}\n", Manifest),
            (b"# yaml-language-server: $schema=x/sortie.schema.json\n", Manifest),
            (b"version: 1\ntests:\n  - name: x\n", ManifestTests),
            (b"# Rules\nversion: 1\npolicies: []\n", Policies),
            (b"name: x\ntests: []\n", Other),
            (b"on: push\njobs: {}\n", Other),
            (b"#!/bin/sh\n", Other),
            (&database, Database),
        ] {
            assert_eq!(FileKind::of(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(FileKind::at(Path::new("/nowhere/at/all")).expect("nothing"), Nothing);
    }
}
