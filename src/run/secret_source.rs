//! The secrets of a manifest, as a run needs them; and what the ledger must not keep.
//!
//! In: a plan, and the inputs that it was made of. Out: values of secrets, each known to the redactor before anyone else
//! has it; or what holds one where none may be. Never: a secret that no launch takes.

use std::path::Path;

use super::error::RunServiceError;
use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::plan::{Inputs, Plan};
use crate::secret::{Redactor, Secrets};
use crate::source::Packed;

/// Gives the secrets that manifests name.
pub trait SecretSource {
    /// The values of the secrets that the launches of `plan` take; files are relative to `folder`, the manifest's. Asked
    /// once everything else is in order: to read a secret may run a command.
    ///
    /// Diagnostics: each secret that cannot be had, at its place.
    fn read_secrets(&self, plan: &Plan, folder: &Path) -> Diagnosed<Secrets>;

    /// What knows the secrets that were read so far.
    fn redactor(&self) -> &Redactor;
}

/// There are no secrets: for manifests that name none.
#[derive(Debug, Default)]
pub struct NoSecrets(Redactor);

impl NoSecrets {
    /// The same, where `redactor` knows the login's secrets: a manifest that holds one of them is refused, since the ledger
    /// would keep it.
    #[must_use]
    pub fn with_redactor(redactor: Redactor) -> Self {
        Self(redactor)
    }
}

impl SecretSource for NoSecrets {
    fn read_secrets(&self, plan: &Plan, _: &Path) -> Diagnosed<Secrets> {
        let complaint = |secret: &&crate::spec::SecretSpec| {
            let what = format!("secret `{}`: this program gives no secrets to manifests", secret.name);
            Diagnostic::error(Code::Secret, secret.place, what)
        };
        let complaints: Vec<Diagnostic> = plan.secrets().iter().map(complaint).collect();
        Diagnosed::new(Secrets::from_iter(Vec::new()), complaints)
    }

    fn redactor(&self) -> &Redactor {
        &self.0
    }
}

/// Refuses inputs that hold a secret's value, as far as `redactor` knows secrets: the ledger keeps inputs.
pub fn refuse_secrets(redactor: &Redactor, inputs: &Inputs) -> Result<(), RunServiceError> {
    match secret_in(redactor, inputs) {
        None => Ok(()),
        Some((what, help)) => Err(RunServiceError::HoldsSecret { what, help }),
    }
}

/// What is said of inputs that hold the value of a secret which `redactor` knows, and what to do.
pub fn secret_in(redactor: &Redactor, inputs: &Inputs) -> Option<(String, &'static str)> {
    let in_data = |text: &Packed| text.blocks().any(|(_, block)| redactor.finds_in(&String::from_utf8_lossy(&block)));
    let rows = inputs.data.iter().map(|(job, rows)| (job, &rows.text));
    if let Some((name, _)) = inputs.files.iter().chain(rows).find(|(_, text)| in_data(text)) {
        return Some(holds_a_secret(&format!("the data for `{name}`")));
    }
    let small = (&inputs.params, &inputs.env, &inputs.arguments, &inputs.only, &inputs.filter, &inputs.manifest);
    let text = serde_json::to_string(&small).expect("inputs hold only text and numbers");
    let holder = if redactor.finds_in(&inputs.text) {
        "the manifest"
    } else if redactor.finds_in(&text) {
        "a parameter, an argument or an allowed environment variable"
    } else {
        return None;
    };
    Some(holds_a_secret(holder))
}

fn holds_a_secret(holder: &str) -> (String, &'static str) {
    let what = format!("{holder} holds the value of a secret, and the ledger keeps what a plan depends on");
    (what, "take it out, and change the secret")
}
