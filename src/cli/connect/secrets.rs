//! The secrets of a manifest, for a run: read where they are kept, once everything else is known to be in order.
//!
//! In: a plan, and where its manifest lies. Out: the plan with the values of the secrets that its launches take; each is
//! known to the redactor before anyone else has it. Never: for `validate` or `plan`, which show expressions; never a
//! secret that no launch takes.

use std::path::Path;

use crate::cli::context::CommandContext;
use crate::cli::input::links;
use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::plan::Plan;
use crate::profile::Environment;
use crate::profile::{SecretError, SecretLocation};
use crate::run::SecretSource;
use crate::secret::{Redactor, Secret, Secrets, Weakness};
use crate::spec::{SecretOrigin, SecretSpec};

/// Why a manifest's secret cannot be had.
#[derive(Debug, thiserror::Error)]
enum ManifestSecretError {
    #[error(transparent)]
    Source(#[from] SecretError),
    #[error("`{0}` holds sortie's own login, which no manifest may pass on")]
    OurOwn(String),
    #[error("its file lies in a folder, or has a name, that begins with a dot: no manifest reads such files")]
    Hidden,
    #[error("`{0}` is not run, since a sandbox needs no real secret")]
    NotRun(String),
}

/// The secrets of manifests, as this process and its machine have them.
pub(crate) struct ManifestSecrets<'a>(pub(crate) &'a CommandContext);

impl SecretSource for ManifestSecrets<'_> {
    fn read_secrets(&self, plan: &Plan, folder: &Path) -> Diagnosed<Secrets> {
        let CommandContext { console, environment, .. } = self.0;
        let of_env = plan.declared_secrets().iter().filter_map(|secret| match &secret.from {
            SecretOrigin::Env(name) => Some(name.as_str()),
            SecretOrigin::File(_) | SecretOrigin::Command(_) => None,
        });
        let environment = environment.clone().withholding(of_env);
        let mut complaints = Vec::new();
        let mut secrets = Vec::new();
        for SecretSpec { name, place, from } in plan.secrets() {
            match read(self.0, from, folder, &environment) {
                Ok(secret) => {
                    if let Some(weakness) = Weakness::of(&secret) {
                        let what = format!("secret `{name}` {weakness}: it is masked only where it is a whole value");
                        let help = "a longer secret is masked wherever it stands in what a server says";
                        complaints.push(Diagnostic::warning(Code::Secret, *place, what).help(help));
                    }
                    secrets.push((name.to_string(), secret));
                }
                Err(fault) => complaints.push(complaint(name, &fault).at(*place)),
            }
        }
        Diagnosed::new(Secrets::from_iter(secrets).with_redactor(console.redactor().clone()), complaints)
    }

    fn redactor(&self) -> &Redactor {
        self.0.console.redactor()
    }
}

fn read(
    context: &CommandContext,
    from: &SecretOrigin,
    folder: &Path,
    environment: &Environment,
) -> Result<Secret, ManifestSecretError> {
    let logins = &context.logins;
    let (source, holder) = match from {
        SecretOrigin::Env(name) if logins.hold_variable(name, environment) => {
            return Err(ManifestSecretError::OurOwn(name.clone()));
        }
        SecretOrigin::Env(name) => (SecretLocation::Env(name.clone()), name.as_str()),
        SecretOrigin::File(path) if logins.hold_file(&folder.join(path)) => {
            return Err(ManifestSecretError::OurOwn(path.clone()));
        }
        SecretOrigin::File(path) if leads_to_hidden(&folder.join(path), folder) => {
            return Err(ManifestSecretError::Hidden);
        }
        SecretOrigin::File(path) => (SecretLocation::File(folder.join(path)), path.as_str()),
        SecretOrigin::Command(words) => {
            let program = words.first().map(String::as_str).unwrap_or_default();
            if !context.runs_commands {
                return Err(ManifestSecretError::NotRun(program.to_owned()));
            }
            (SecretLocation::Command(words.clone()), program)
        }
    };
    let secret = source.read(environment, context.console.redactor())?;
    // By whatever way it came.
    if Weakness::of(&secret).is_none() && logins.hold_value(secret.expose(), environment) {
        return Err(ManifestSecretError::OurOwn(holder.to_owned()));
    }
    Ok(secret)
}

/// Whether links lead from `path` to a hidden file; the names of the manifest's own `folder` do not count.
fn leads_to_hidden(path: &Path, folder: &Path) -> bool {
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let (Ok(path), Ok(folder)) = (path.canonicalize(), folder.canonicalize()) else { return false };
    links::is_hidden(path.strip_prefix(&folder).unwrap_or(&path))
}

/// A complaint that is still to be placed.
struct SecretComplaint {
    what: String,
    help: Option<String>,
}

impl SecretComplaint {
    fn at(self, place: crate::source::Place) -> Diagnostic {
        Diagnostic::error(Code::Secret, place, self.what).maybe_help(self.help)
    }
}

/// What is said of a secret that cannot be had. Messages of the machine carry their help in a line of its own.
fn complaint(name: &str, fault: &ManifestSecretError) -> SecretComplaint {
    let mut what = format!("secret `{name}`: {fault}");
    let mut cause = std::error::Error::source(fault);
    while let Some(error) = cause {
        what.push_str(&format!(": {error}"));
        cause = error.source();
    }
    let help = what.split_once("\n  help: ").map(|(_, help)| help.to_owned());
    let what = what.split('\n').next().unwrap_or_default().to_owned();
    let help = help.or_else(|| match fault {
        ManifestSecretError::Source(SecretError::Unset { name }) => {
            Some(format!("set {name} for the run; a secret is never written into a manifest"))
        }
        ManifestSecretError::OurOwn(_) => Some("give the robot a login of its own".to_owned()),
        ManifestSecretError::Hidden => Some("put the secret into a file of its own".to_owned()),
        ManifestSecretError::NotRun(_) => {
            Some("--allow-commands runs the commands of the manifest's secrets in a sandbox too".to_owned())
        }
        ManifestSecretError::Source(_) => None,
    });
    SecretComplaint { what, help }
}
