//! Secrets in a plan: which it takes, and the launches with their values in them, as they are sent.
//!
//! In: a plan whose secrets are expressions, then their values. Out: launches that are to be sent, and nothing else.
//! Never: shows a value: a complaint names the place only. Digest, ids and inputs of the plan stay what they were.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::complaint_groups::ComplaintGroups;
use super::launch::Launch;
use super::model::Plan;
use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::ids::Ordinal;
use crate::secret::Secrets;
use crate::spec::{SecretSpec, secrets_of};
use crate::start_info::arguments_text;
use crate::template::{SecretView, members_used};

impl Plan {
    /// The secrets that the plan's launches take, or what is told at the run's end, in the order of the manifest. Values are needed of these only.
    #[must_use]
    pub fn secrets(&self) -> Vec<&SecretSpec> {
        let mut names = BTreeSet::new();
        for launches in &self.launches {
            names.extend(secrets_of(&self.spec, &self.spec.jobs[launches.job as usize]));
        }
        if let Some(on_finish) = self.spec.follow_up.on_finish {
            let spec = &self.spec;
            names.extend(members_used(&spec.document, on_finish.node, "secrets", &spec.expressions).0);
        }
        self.spec.secrets.iter().filter(|secret| names.contains(&secret.name)).collect()
    }

    /// All secrets that the manifest declares, whether a launch takes them or not.
    #[must_use]
    pub fn declared_secrets(&self) -> &[SecretSpec] {
        &self.spec.secrets
    }

    /// The plan with the values of its secrets.
    ///
    /// Complaints: a value that does not fit where it is used, such as arguments that become too long with it. Every
    /// launch that takes a secret is tried, so that sending finds nothing wrong any more.
    pub fn reveal(mut self, secrets: Secrets) -> Diagnosed<Self> {
        let view = SecretView::Revealed(Arc::new(secrets));
        let mut kinds = ComplaintGroups::default();
        let jobs = self.spec.jobs.iter().filter(|job| !secrets_of(&self.spec, job).is_empty());
        let names: HashSet<Box<str>> = jobs.map(|job| job.name.clone()).collect();
        for ordinal in (0..self.len()).map(Ordinal::from) {
            let at = self.full(ordinal);
            if names.is_empty() || self.skips(ordinal) || !names.contains(&self.locate(at).0.name) {
                continue;
            }
            let mut failed = Vec::new();
            let planned = self.render(at, &view, &mut failed);
            for complaint in failed {
                kinds.add_launch(complaint, || None);
            }
            // Only with their secrets it is known how long the arguments are.
            let input = planned.and_then(|planned| planned.into_launch().start_info.input);
            if input.is_some_and(|input| input.is_uploaded()) {
                self.uploads.push(ordinal);
            }
        }
        self.uploads.sort_unstable();
        self.uploads.dedup();
        if let SecretView::Revealed(secrets) = view {
            self.secrets = Some(secrets);
        }
        Diagnosed::new(self, kinds.into_diagnostics("launches").collect())
    }

    /// The launch at `ordinal` as it is sent, with the values of secrets. It must not be skipped.
    #[must_use]
    pub fn to_send(&self, ordinal: Ordinal) -> Launch {
        let view = self.secrets.as_ref().map_or(SecretView::AsWritten, |secrets| SecretView::Revealed(secrets.clone()));
        self.planned_with(ordinal, &view).into_launch()
    }

    /// A complaint for each secret whose value is needed and was not given: nothing can be sent then.
    #[must_use]
    pub fn unrevealed(&self) -> Vec<Diagnostic> {
        let is_missing = |name: &str| self.secrets.as_ref().is_none_or(|secrets| secrets.get(name).is_none());
        let missing = self.secrets().into_iter().filter(|secret| is_missing(&secret.name));
        let complaint = |secret: &SecretSpec| {
            Diagnostic::error(Code::Secret, secret.place, format!("secret `{}` has no value", secret.name))
        };
        missing.map(complaint).collect()
    }

    /// The launches before which something is uploaded, in order.
    #[must_use]
    pub fn uploads(&self) -> &[Ordinal] {
        &self.uploads
    }

    /// The JSON text that the file at `path` stands for, where it is an input file of the plan.
    #[must_use]
    pub fn input_text(&self, path: &str) -> Option<String> {
        self.outside.files.get(path).map(|file| arguments_text(&file.entries))
    }
}
