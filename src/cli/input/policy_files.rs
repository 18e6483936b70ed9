//! The policies of a call: those of its profile, then those of `--policy`.
//!
//! In: flags, and what the profile says. Out: texts of rules. Never: fewer rules than the profile has.

use std::path::PathBuf;

use crate::cli::failure::Failure;
use crate::cli::input::data_files;
use crate::exit::ExitStatus;
use crate::policy::PolicyText;
use crate::profile::ProfileDefaults;

/// Maximum policy file, in bytes.
const MAX_POLICY_BYTES: usize = 1 << 20;

/// The texts in `files`.
pub(crate) fn texts(files: &[PathBuf]) -> Result<Vec<PolicyText>, Failure> {
    let read = |path: &PathBuf| {
        let (name, text) = data_files::read_given(path)?;
        if text.len() > MAX_POLICY_BYTES {
            let words = format!("--policy {name} is larger than {} KiB", MAX_POLICY_BYTES >> 10);
            return Err(Failure::with_message(ExitStatus::Usage, words));
        }
        let bytes = text.slice(0..text.len());
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::with_message(ExitStatus::Usage, format!("--policy {name} is not UTF-8 text")))?;
        Ok(PolicyText::of_file(name, text))
    };
    files.iter().map(read).collect()
}

/// The texts of the profile behind `target`, then those in `files`.
pub(crate) fn all(target: &ProfileDefaults, files: &[PathBuf]) -> Result<Vec<PolicyText>, Failure> {
    Ok(target.policies.iter().cloned().chain(texts(files)?).collect())
}
