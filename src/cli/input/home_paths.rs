//! `~/` that no shell expanded: in a crontab, a unit, an env file, or behind `=` on the command line.
//!
//! In: paths as they were typed. Out: the same below the home folder. Taken as it is, `~` would be a folder of the
//! working directory: another one in each, with another ledger in it. Never: looks at the disk.

use std::path::{Component, Path, PathBuf};

use crate::cli::failure::Failure;
use crate::exit::ExitStatus;
use crate::profile::Environment;

/// Why a path that begins with `~` leads nowhere. The user's to fix.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HomeError {
    /// Nobody knows where home is.
    #[error("`{}` lies in your home folder, and HOME is not set to one\n  help: write the whole path", path.display())]
    Nowhere {
        /// The path.
        path: PathBuf,
    },
    /// `~ada/...`.
    #[error(
        "`{}` names another user's home folder, which only a shell can find\n  help: write the whole path, or `./{}` \
         for a folder of that name",
        path.display(),
        path.display()
    )]
    OfAnother {
        /// The path.
        path: PathBuf,
    },
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        Self::new(ExitStatus::Usage, &error)
    }
}

/// `path` with `~` in its first place expanded; every other path as it is.
pub(crate) fn expand(path: &Path, environment: &Environment) -> Result<PathBuf, HomeError> {
    let mut parts = path.components();
    let Some(Component::Normal(first)) = parts.next() else { return Ok(path.to_owned()) };
    if first == "~" {
        let home = environment.get("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let home = home.ok_or_else(|| HomeError::Nowhere { path: path.to_owned() })?;
        return Ok(home.join(parts.as_path()));
    }
    // A file called `~notes.yaml` is one; `~ada/notes.yaml` was meant for a shell.
    let is_below = parts.next().is_some();
    if is_below && first.to_string_lossy().starts_with('~') {
        return Err(HomeError::OfAnother { path: path.to_owned() });
    }
    Ok(path.to_owned())
}

/// Expands each of `paths`.
pub(crate) fn expand_all(paths: Vec<&mut PathBuf>, environment: &Environment) -> Result<(), HomeError> {
    for path in paths {
        *path = expand(path, environment)?;
    }
    Ok(())
}

/// The variables that name files.
const VARIABLES: [&str; 4] = ["SORTIE_LEDGER", "SORTIE_CONFIG", "SORTIE_CA", "SORTIE_CLIENT_CERTIFICATE"];

/// `environment`, with `~/` expanded in the variables that name files.
pub(crate) fn of_environment(mut environment: Environment) -> Result<Environment, HomeError> {
    for name in VARIABLES {
        let Some(value) = environment.get(name).filter(|value| value.starts_with('~')) else { continue };
        let expanded = expand(Path::new(value), &environment)?;
        environment = environment.with(name, &expanded.to_string_lossy());
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_folder_and_nothing_else_is() {
        let check = |path: &str, home: Option<&str>, expected: Result<&str, &str>| {
            let environment: Environment = home.map(|home| ("HOME", home)).into_iter().collect();
            let found = expand(Path::new(path), &environment).map_err(|error| error.to_string());
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, Path::new(expected), "{path}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{path}: {found}"),
                (found, _) => panic!("{path}: {found:?}"),
            }
        };
        let home = Some("/home/ada");
        check("~/ledger.db", home, Ok("/home/ada/ledger.db"));
        check("~//a/../b", home, Ok("/home/ada/a/../b"));
        check("~", home, Ok("/home/ada"));
        for path in ["./~/x", "/~/x", "a/~/x", "~notes.yaml", "-", "", "x~/y"] {
            check(path, home, Ok(path));
        }
        check("~bob/ledger.db", home, Err("another user's home folder"));
        check("~/x", None, Err("HOME is not set"));
        check("~/x", Some("here"), Err("HOME is not set"));
    }

    #[test]
    fn variables_that_name_files_are_expanded_and_others_are_not() {
        let pairs = [("HOME", "/h"), ("SORTIE_LEDGER", "~/l.db"), ("SORTIE_CA", "ca.pem"), ("SORTIE_PARAM_X", "~/x")];
        let environment = of_environment(pairs.into_iter().collect()).expect("a home");
        let found = ["SORTIE_LEDGER", "SORTIE_CA", "SORTIE_PARAM_X"].map(|name| environment.get(name));
        assert_eq!(found, [Some("/h/l.db"), Some("ca.pem"), Some("~/x")]);
    }
}
