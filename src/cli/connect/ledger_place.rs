//! Where the ledger is: a flag, a variable, or where state usually lies.

use std::path::{Path, PathBuf};

use crate::cli::args::RunsLedgerArgs;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::exit::ExitStatus;
use crate::ledger::{self, AnyStore};
use crate::profile::Environment;

/// A ledger's file, and what keeps it alive.
pub(crate) enum LedgerPlace {
    /// A file that stays.
    File(PathBuf),
    /// The file of the runs of `run --sandbox`.
    #[cfg(feature = "sandbox")]
    Sandbox(PathBuf),
    /// A folder that goes when the command ends.
    #[cfg(feature = "sandbox")]
    Temporary(tempfile::TempDir),
}

impl LedgerPlace {
    /// `flag`, else `SORTIE_LEDGER`, else `$XDG_STATE_HOME/sortie/ledger.db`.
    ///
    /// Errors: a database server, which this version cannot use; a variable that means another file in each folder;
    /// nowhere at all.
    pub(crate) fn lasting(flag: Option<&Path>, environment: &Environment) -> Result<Self, Failure> {
        let variable = environment.get("SORTIE_LEDGER").map(PathBuf::from);
        if let Some(path) = flag.map(Path::to_owned).or_else(|| variable.clone()) {
            refuse_server(&path)?;
            if flag.is_none() && path.is_relative() {
                let words = format!(
                    "SORTIE_LEDGER is `{}`, which is another ledger in each working directory: what one run started, the \
                     next would start again\n  help: write the whole path; `--ledger FILE` may be relative",
                    path.display()
                );
                return Err(Failure::with_message(ExitStatus::Usage, words));
            }
            return Ok(Self::File(path));
        }
        environment.xdg_path("XDG_STATE_HOME", ".local/state", "ledger.db").map(Self::File).ok_or_else(|| {
            let words = "there is no place for the ledger: HOME and XDG_STATE_HOME are unset\n  \
                         help: name a file with --ledger or SORTIE_LEDGER";
            Failure::with_message(ExitStatus::Usage, words)
        })
    }

    /// Where the runs of `run --sandbox` are kept: in `flag`'s file, else in one of their own beside the usual ledger, so
    /// that no try stands among the runs that count. Without a home folder they are not kept.
    #[cfg(feature = "sandbox")]
    pub(crate) fn of_sandbox(flag: Option<&Path>, environment: &Environment) -> Result<Self, Failure> {
        if let Some(path) = flag {
            refuse_server(path)?;
            return Ok(Self::File(path.to_owned()));
        }
        match environment.xdg_path("XDG_STATE_HOME", ".local/state", "sandbox.db") {
            Some(path) => Ok(Self::Sandbox(path)),
            None => Self::temporary(),
        }
    }

    /// Where the runs lie that `flags` speak of.
    pub(crate) fn of_runs(flags: &RunsLedgerArgs, environment: &Environment) -> Result<Self, Failure> {
        #[cfg(feature = "sandbox")]
        if flags.sandbox {
            return Self::of_sandbox(None, environment);
        }
        Self::lasting(flags.file.path.as_deref(), environment)
    }

    /// Whether `run --sandbox` keeps runs of its own, which are not among those here.
    #[cfg(feature = "sandbox")]
    pub(crate) fn has_sandbox_beside(&self, environment: &Environment) -> bool {
        matches!(self, Self::File(_)) && Self::of_sandbox(None, environment).is_ok_and(|of| of.path().exists())
    }

    #[cfg(not(feature = "sandbox"))]
    #[expect(clippy::unused_self, reason = "as with a sandbox")]
    pub(crate) fn has_sandbox_beside(&self, _: &Environment) -> bool {
        false
    }

    #[cfg(feature = "sandbox")]
    fn temporary() -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("sortie-").tempdir();
        folder.map(Self::Temporary).map_err(|error| {
            let words = format!("no temporary folder can be made for the ledger: {error}");
            Failure::with_message(ExitStatus::Fault, words)
        })
    }

    /// Opens the ledger for a new run; it lives as long as the place that is returned beside it.
    ///
    /// A try in a sandbox does not fail because it cannot be kept: it is said, and its ledger goes with the command.
    #[cfg_attr(not(feature = "sandbox"), expect(unused_variables, reason = "only a sandbox's may go elsewhere"))]
    pub(crate) async fn open(self, context: &CommandContext) -> Result<(AnyStore, Self), Failure> {
        let opened = ledger::open(&self.path()).await;
        #[cfg(feature = "sandbox")]
        if let (Self::Sandbox(_), Err(error)) = (&self, &opened) {
            let failure = Failure::new(ExitStatus::Fault, error);
            context.warn(&format!("this run is not kept: {}", failure.message.unwrap_or_default()));
            let place = Self::temporary()?;
            return Ok((ledger::open(&place.path()).await?, place));
        }
        Ok((opened?, self))
    }

    /// Opens the ledger, which must be there: a verb that asks about runs makes none.
    pub(crate) async fn open_existing(&self) -> Result<AnyStore, Failure> {
        Ok(ledger::open(&self.existing_path()?).await?)
    }

    /// As [`LedgerPlace::open_existing`], for who only reads: a ledger of an older form is taken as it is.
    pub(crate) async fn open_to_read(&self) -> Result<AnyStore, Failure> {
        Ok(ledger::open_to_read(&self.existing_path()?).await?)
    }

    /// The file, which must be there.
    pub(crate) fn existing_path(&self) -> Result<PathBuf, Failure> {
        let path = self.path();
        if !path.exists() {
            let sandbox = if cfg!(feature = "sandbox") && matches!(self, Self::File(_)) {
                "; runs with `--sandbox` are kept apart: add `--sandbox` here, too"
            } else {
                ""
            };
            let words = format!(
                "there is no ledger at `{}`, so no run is known\n  help: name it with --ledger or SORTIE_LEDGER{sandbox}",
                path.display()
            );
            return Err(Failure::with_message(ExitStatus::Usage, words));
        }
        Ok(path)
    }

    /// The file.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(path) => path.clone(),
            #[cfg(feature = "sandbox")]
            Self::Temporary(folder) => folder.path().join("ledger.db"),
        }
    }
}

/// Errors: `path` is the address of a database server.
fn refuse_server(path: &Path) -> Result<(), Failure> {
    // Only the scheme is looked at: the rest may hold a password.
    if path.to_string_lossy().contains("://") {
        let words = "a ledger on a database server is not in this version yet\n  help: name a file on a local disk";
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_rules_over_a_variable_over_the_usual_place() {
        let check = |flag: Option<&str>, pairs: &[(&str, &str)], expected: Result<&str, &str>| {
            let place = LedgerPlace::lasting(flag.map(Path::new), &pairs.iter().copied().collect());
            let found = place.map(|place| place.path().display().to_string());
            let found = found.map_err(|failure| failure.message.unwrap_or_default().lines().next().map(str::to_owned));
            assert_eq!(found, expected.map(str::to_owned).map_err(|words| Some(words.to_owned())), "{pairs:?}");
        };
        let all = [("SORTIE_LEDGER", "/v.db"), ("XDG_STATE_HOME", "/s"), ("HOME", "/h")];
        check(Some("f.db"), &all, Ok("f.db"));
        check(None, &all, Ok("/v.db"));
        check(None, &all[1..], Ok("/s/sortie/ledger.db"));
        check(None, &all[2..], Ok("/h/.local/state/sortie/ledger.db"));
        check(None, &[], Err("there is no place for the ledger: HOME and XDG_STATE_HOME are unset"));
        let relative = "SORTIE_LEDGER is `v.db`, which is another ledger in each working directory: what one run started, the \
                        next would start again";
        check(None, &[("SORTIE_LEDGER", "v.db"), ("HOME", "/h")], Err(relative));
        check(Some("f.db"), &[("SORTIE_LEDGER", "v.db")], Ok("f.db"));
        let server = [("SORTIE_LEDGER", "postgres://u:hunter2@db/x")];
        check(None, &server, Err("a ledger on a database server is not in this version yet"));
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn a_sandboxs_runs_are_kept_on_no_server_either() {
        let flag = Path::new("postgres://u:hunter2@db/x");
        let failure = LedgerPlace::of_sandbox(Some(flag), &[("HOME", "/h")].into_iter().collect()).err();
        let words = failure.and_then(|failure| failure.message).unwrap_or_default();
        assert!(words.starts_with("a ledger on a database server") && !words.contains("hunter2"), "{words}");
    }
}
