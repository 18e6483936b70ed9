//! The secrets of a manifest, for a run: read where they are kept, once everything else is known to be in order.
//!
//! In: a plan, and where its manifest lies. Out: the plan with the values of the secrets that its launches take; each is
//! known to the redactor before anyone else has it. Never: for `validate` or `plan`, which show expressions; never a
//! secret that no launch takes.

use std::path::Path;

use crate::cli::commands::Context;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::links;
use crate::cli::profile::{SECRET_NAMES, SecretError, SecretSource};
use crate::cli::stages;
use crate::diagnostic::{Code, Diagnostic, Outcome};
use crate::plan::Plan;
use crate::secret::{Redactor, SHORTEST, Secret, Secrets};
use crate::source::Sources;
use crate::spec::{SecretFrom, SecretSpec};

/// Why a manifest's secret cannot be had.
#[derive(Debug, thiserror::Error)]
enum SecretFault {
    #[error(transparent)]
    Source(#[from] SecretError),
    #[error("`{0}` holds sortie's own login, which no manifest may pass on")]
    OurOwn(String),
    #[error("its file lies in a folder, or has a name, that begins with a dot: no manifest reads such files")]
    Hidden,
    #[error("its value is shorter than {SHORTEST} bytes, so that it could not be masked in what is shown")]
    Short,
}

/// Gives `plan` the values of its secrets; files are relative to `folder`, the manifest's.
pub(crate) fn reveal(context: &Context, sources: &Sources, plan: Plan, folder: &Path) -> Result<Plan, Failure> {
    let Context { console, environment, talk, .. } = context;
    let mut complaints = Vec::new();
    let mut secrets = Vec::new();
    for SecretSpec { name, place, from } in plan.secrets() {
        match read(from, folder, environment, console.redactor()) {
            Ok(secret) => secrets.push((name.to_string(), secret)),
            Err(fault) => complaints.push(complaint(name, &fault).at(*place)),
        }
    }
    let read = Outcome::new(Secrets::from_iter(secrets), complaints);
    stages::or_complain(console, *talk, sources, read.and_then(|secrets| plan.reveal(secrets)))
}

fn read(
    from: &SecretFrom,
    folder: &Path,
    environment: &Environment,
    redactor: &Redactor,
) -> Result<Secret, SecretFault> {
    let source = match from {
        SecretFrom::Env(name) if SECRET_NAMES.contains(&name.as_str()) => {
            return Err(SecretFault::OurOwn(name.clone()));
        }
        SecretFrom::Env(name) => SecretSource::Env(name.clone()),
        SecretFrom::File(path) => {
            let path = folder.join(path);
            if leads_to_hidden(&path, folder) {
                return Err(SecretFault::Hidden);
            }
            SecretSource::File(path)
        }
        SecretFrom::Command(words) => SecretSource::Command(words.clone()),
    };
    let secret = source.read(environment, redactor)?;
    if secret.expose().len() < SHORTEST { Err(SecretFault::Short) } else { Ok(secret) }
}

/// Whether links lead from `path` to a hidden file; the names of the manifest's own `folder` do not count.
fn leads_to_hidden(path: &Path, folder: &Path) -> bool {
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let (Ok(path), Ok(folder)) = (path.canonicalize(), folder.canonicalize()) else { return false };
    links::is_hidden(path.strip_prefix(&folder).unwrap_or(&path))
}

/// A complaint that is still to be placed.
struct Words {
    what: String,
    help: Option<String>,
}

impl Words {
    fn at(self, place: crate::source::Place) -> Diagnostic {
        Diagnostic::error(Code::Secret, place, self.what).maybe_help(self.help)
    }
}

/// What is said of a secret that cannot be had. Messages of the machine carry their help in a line of its own.
fn complaint(name: &str, fault: &SecretFault) -> Words {
    let mut what = format!("secret `{name}`: {fault}");
    let mut cause = std::error::Error::source(fault);
    while let Some(error) = cause {
        what.push_str(&format!(": {error}"));
        cause = error.source();
    }
    let help = what.split_once("\n  help: ").map(|(_, help)| help.to_owned());
    let what = what.split('\n').next().unwrap_or_default().to_owned();
    let help = help.or_else(|| match fault {
        SecretFault::Source(SecretError::Unset { name }) => {
            Some(format!("set {name} for the run; a secret is never written into a manifest"))
        }
        SecretFault::OurOwn(_) => Some("give the robot a login of its own".to_owned()),
        SecretFault::Hidden => Some("put the secret into a file of its own".to_owned()),
        SecretFault::Source(_) | SecretFault::Short => None,
    });
    Words { what, help }
}
