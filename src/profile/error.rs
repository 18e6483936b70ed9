//! Why there is no profile, in words that say what to write where.
//!
//! In: what was looked for. Out: a [`ProfileError`]. Never: a value of the config file, since someone may have written a
//! secret there.

use std::path::PathBuf;

/// Why there is no profile. The user's to mend: exit code 3.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Neither file nor environment.
    #[error(
        "nothing says where to connect\n  help: set UIPATH_URL and UIPATH_ACCESS_TOKEN, or write {}, or try `--sandbox`",
        file.as_deref().map_or("a config file and pass it as --config".to_owned(), |file| format!("`{}`", file.display()))
    )]
    Nowhere {
        /// Where a config file would be looked for.
        file: Option<PathBuf>,
    },
    /// The named profile does not exist.
    #[error("`{}` has no profile `{name}`{}", file.display(), hint(near.as_deref(), known))]
    Unknown {
        /// The file.
        file: PathBuf,
        /// What was asked for.
        name: String,
        /// The nearest name.
        near: Option<String>,
        /// All names.
        known: Vec<String>,
    },
    /// The file has several profiles and no default.
    #[error("`{}` has several profiles and no `default`\n  help: pass --profile with one of {}", file.display(), quoted(known))]
    NoDefault {
        /// The file.
        file: PathBuf,
        /// All names.
        known: Vec<String>,
    },
    /// The file cannot be read.
    #[error("config file `{}` cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A folder, a device, a pipe.
    #[error("config file `{}` is not a regular file", file.display())]
    NotAFile {
        /// The file.
        file: PathBuf,
    },
    /// The file's text is not a config file.
    #[error("{}:{line}:{column}: {what}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// One sentence, with help; never a value of the file.
        what: String,
    },
    /// Nothing says where to connect, although something else of a login is set.
    #[error("{name} is set and UIPATH_URL is not\n  help: set UIPATH_URL to Orchestrator's address")]
    Incomplete {
        /// What is set.
        name: String,
    },
    /// The environment forms no whole profile.
    #[error("{what}")]
    Environment {
        /// One sentence, with help.
        what: String,
    },
}

fn hint(near: Option<&str>, known: &[String]) -> String {
    match near {
        Some(near) => format!("\n  help: did you mean `{near}`?"),
        None if known.is_empty() => "\n  help: it has none at all; `sortie help connection` shows one".to_owned(),
        None => format!("\n  help: it has {}", quoted(known)),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
