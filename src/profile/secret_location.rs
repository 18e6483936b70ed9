//! Where a secret is kept, and the reading of it.
//!
//! In: a name of an environment variable, a file's path or a command. Out: a [`Secret`], known to the redactor before
//! anyone else has it. Never: a secret from a config file's own text or from the command line.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use super::certificate_file::{self, CertificateForm};
use super::environment::Environment;
use crate::secret::{Redactor, Secret};

mod command;

use command::CommandError;

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretLocation {
    /// In the environment variable of this name.
    Env(String),
    /// In this file, which nobody but its owner may read.
    File(PathBuf),
    /// What this program prints, by its name and arguments.
    Command(Vec<String>),
}

/// Why a secret cannot be had. The user's to mend: exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is unset or empty.
    #[error("environment variable `{name}`, which holds the secret, is not set")]
    Unset {
        /// The variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("secret file `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others than the owner can read or change the file.
    #[error("secret file `{}` has mode {mode:04o}: others can read or change it\n  help: chmod 600 it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a regular file.
    #[error("secret file `{}` is not a regular file", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// The program gives none.
    #[error("`{program}` printed no secret")]
    NotPrinted {
        /// Its name; its arguments may be private.
        program: String,
        /// Why.
        #[source]
        source: CommandError,
    },
    /// A login between quotes.
    #[error("the secret in {source_name} stands between quotes\n  help: leave the quotes out; they are not part of it")]
    Quoted {
        /// Variable or file.
        source_name: String,
    },
    /// A client certificate in a form that is not read.
    #[error("client certificate `{}` cannot be used: {form}\n  help: convert it: openssl pkcs12 -in FILE -nodes -out client.pem; chmod 600 client.pem", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What it is.
        form: CertificateForm,
    },
    /// Empty, too long, or with a control character inside.
    #[error("the secret in {source_name} cannot be sent: {why}")]
    Unsendable {
        /// Variable or file.
        source_name: String,
        /// What is wrong, without the secret.
        why: &'static str,
    },
}

/// Maximum secret, in bytes: above it, it is no token.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

impl SecretLocation {
    /// Reads the secret and makes it known to `redactor`. Blanks and line ends around it are left away. A program is not
    /// given the variables that `environment` withholds.
    ///
    /// Errors: each names the variable or file, and never the text.
    pub fn read(&self, environment: &Environment, redactor: &Redactor) -> Result<Secret, SecretError> {
        let text = match self {
            Self::Env(name) => {
                environment.get(name).ok_or_else(|| SecretError::Unset { name: name.clone() })?.to_owned()
            }
            Self::File(path) => read_private(path)?,
            Self::Command(words) => printed(words, environment)?,
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        let unsendable = |why| Err(SecretError::Unsendable { source_name: self.name(), why });
        // Not learnt: it is dropped here, and to look for a text of that length costs too much.
        if text.len() as u64 >= MAX_SECRET_BYTES {
            return unsendable("it is longer than 64 KiB");
        }
        let secret = Secret::new(text.to_owned());
        redactor.learn(&secret);
        match text {
            "" => unsendable("it is empty"),
            text if text.contains(char::is_control) => unsendable("it holds a line end or another control character"),
            _ => Ok(secret),
        }
    }

    /// What it is called in messages; without anything private.
    pub fn name(&self) -> String {
        match self {
            Self::Env(name) => format!("environment variable `{name}`"),
            Self::File(path) => format!("file `{}`", path.display()),
            Self::Command(words) => format!("the output of `{}`", program(words)),
        }
    }
}

/// A private key with its certificate: a secret of many lines, from a file that nobody but its owner may touch.
///
/// Errors: as [`SecretLocation::read`].
pub(super) fn read_pem(path: &std::path::Path) -> Result<Secret, SecretError> {
    let form = |form| SecretError::Form { path: path.to_owned(), form };
    certificate_file::pem(&read_private_bytes(path)?).map(Secret::new).map_err(form)
}

fn program(words: &[String]) -> &str {
    words.first().map_or("", String::as_str)
}

fn printed(words: &[String], environment: &Environment) -> Result<String, SecretError> {
    let program = program(words);
    command::output(program, words.get(1..).unwrap_or_default(), &environment.withheld(), MAX_SECRET_BYTES + 2)
        .map_err(|source| SecretError::NotPrinted { program: program.to_owned(), source })
}

/// The text of a file that nobody but its owner may touch. The mode is asked of the open file, so it cannot be swapped.
fn read_private(path: &std::path::Path) -> Result<String, SecretError> {
    let text = String::from_utf8(read_private_bytes(path)?);
    text.map_err(|_| SecretError::Unreadable {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"),
    })
}

fn read_private_bytes(path: &std::path::Path) -> Result<Vec<u8>, SecretError> {
    let unreadable = |source| SecretError::Unreadable { path: path.to_owned(), source };
    // A FIFO would block the opening; what it is now is checked again on the open file.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SecretError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(SecretError::NotAFile { path: path.to_owned() });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(SecretError::Open { path: path.to_owned(), mode });
        }
    }
    let mut bytes = Vec::new();
    file.take(MAX_SECRET_BYTES + 2).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[track_caller]
    fn read(source: &SecretLocation, environment: &[(&str, &str)]) -> Result<String, String> {
        let environment: Environment = environment.iter().copied().collect();
        let redactor = Redactor::default();
        let secret = source.read(&environment, &redactor).map_err(|error| error.to_string())?;
        assert!(redactor.finds_in(secret.expose()), "the redactor knows it first");
        Ok(secret.expose().to_owned())
    }

    #[test]
    fn a_variable_holds_a_secret_or_is_named() {
        let source = SecretLocation::Env("TOKEN".to_owned());
        assert_eq!(read(&source, &[("TOKEN", " hunter2\r\n")]), Ok("hunter2".to_owned()));
        for (value, expected) in [
            ("", "environment variable `TOKEN`, which holds the secret, is not set"),
            (" \n", "environment variable `TOKEN`, which holds the secret, is not set"),
            (
                "hun\nter2",
                "the secret in environment variable `TOKEN` cannot be sent: \
                 it holds a line end or another control character",
            ),
        ] {
            assert_eq!(read(&source, &[("TOKEN", value)]), Err(expected.to_owned()));
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, "hunter2\n").expect("written");
        let source = SecretLocation::File(path.clone());
        for (mode, fine) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
            match read(&source, &[]) {
                Ok(text) => assert!(fine && text == "hunter2", "{mode:o}"),
                Err(error) => assert!(!fine && error.contains(&format!("has mode {mode:04o}")), "{mode:o}: {error}"),
            }
        }
    }

    #[test]
    fn a_program_prints_a_secret_or_is_named_without_its_arguments() {
        let sh = |script: &str| SecretLocation::Command(["sh", "-c", script].map(str::to_owned).into());
        assert_eq!(read(&sh("echo hunter2"), &[]), Ok("hunter2".to_owned()));
        assert_eq!(read(&sh("exit 3 # hunter2"), &[]), Err("`sh` printed no secret".to_owned()));
        let empty = "the secret in the output of `sh` cannot be sent: it is empty";
        assert_eq!(read(&sh("true"), &[]), Err(empty.to_owned()));
        let long = "the secret in the output of `sh` cannot be sent: it is longer than 64 KiB";
        assert_eq!(read(&sh("yes"), &[]), Err(long.to_owned()));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = read(&SecretLocation::File(folder.path().to_owned()), &[]).expect_err("a folder is no file");
        assert!(error.ends_with("is not a regular file"), "{error}");
        let error = read(&SecretLocation::File(folder.path().join("none")), &[]).expect_err("nothing there");
        assert!(error.ends_with("cannot be read"), "{error}");
    }
}
