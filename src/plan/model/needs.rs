//! What launches need of those of other jobs: which launches are twins, and the launches behind them.
//!
//! In: a plan. Out: twins by place, the names of jobs whose outputs are used, launches rendered behind what they need. Never:
//! knows what came of a launch; that is handed in.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Plan;
use super::jobs::PlannedJob;
use crate::diagnostic::{Code, Diagnostic};
use crate::ids::{LaunchId, Ordinal};
use crate::plan::launch::PlanEntry;
use crate::secret::MASK;
use crate::spec;
use crate::template::{SecretView, need_paths};

impl Plan {
    /// Whether a job of it needs another one.
    #[must_use]
    pub fn has_needs(&self) -> bool {
        self.launches.iter().any(|part| !self.spec.jobs[part.job as usize].needs.is_empty())
    }

    /// For each launch of `own`, in order, the launch of `other` with the same key; `None` where this plan has none.
    #[must_use]
    pub fn twins(&self, own: &PlannedJob<'_>, other: &PlannedJob<'_>) -> Vec<Option<Ordinal>> {
        let of_other: HashMap<u64, Ordinal> =
            other.ordinals.clone().map(|at| (self.key_fingerprint(Ordinal(at)), Ordinal(at))).collect();
        own.ordinals.clone().map(|at| of_other.get(&self.key_fingerprint(Ordinal(at))).copied()).collect()
    }

    /// What tells a launch from its job's others, whatever the job is called.
    fn key_fingerprint(&self, ordinal: Ordinal) -> u64 {
        self.parts(self.full(ordinal)).id("twin").fingerprint()
    }

    /// The launch's stable name.
    #[must_use]
    pub fn launch_id(&self, ordinal: Ordinal) -> LaunchId {
        let full = self.full(ordinal);
        self.parts(full).id(self.locate(full).0.id_name())
    }

    /// Whether launches of the job with this number among the manifest's are made of what needed jobs gave.
    #[must_use]
    pub fn uses_needs(&self, job: u32) -> bool {
        let job = &self.spec.jobs[job as usize];
        spec::late_nodes(&self.spec, job).iter().any(|node| self.waits_for_needs(job, *node))
    }

    /// The launch at `ordinal` as it is sent, behind the jobs that it needs: `needs` has what came of each, by its name. Or why
    /// it is skipped.
    ///
    /// Errors: what it is made of is not there, or does not fit.
    pub fn to_send_behind(&self, ordinal: Ordinal, needs: &Map<String, Value>) -> Result<PlanEntry, Vec<Diagnostic>> {
        let secrets = self.secrets.as_ref().map(|secrets| SecretView::Revealed(Arc::clone(secrets)));
        let mut complaints = Vec::new();
        if let Some(what) = self.masked_output(ordinal, needs) {
            return Err(vec![Diagnostic::error(Code::Secret, self.spec.jobs_place, what)]);
        }
        let made = self.render_behind(self.full(ordinal), Some(needs), &secrets.unwrap_or_default(), &mut complaints);
        match made {
            Some(PlanEntry::Launch(launch)) => {
                Ok(PlanEntry::Launch(Box::new(crate::plan::Launch { ordinal, ..*launch })))
            }
            Some(skipped @ PlanEntry::Skipped(_)) => Ok(skipped),
            None => {
                if let Some(missing) = self.missing_output(ordinal, needs)
                    && complaints.first().is_some_and(|complaint| complaint.what.contains("undefined"))
                {
                    complaints[0].what = missing;
                }
                Err(complaints)
            }
        }
    }

    /// What the launch takes of needed jobs and sortie kept no more than a mask of: the first of it, in words. A launch made of
    /// that would do its work with wrong data.
    fn masked_output(&self, ordinal: Ordinal, needs: &Map<String, Value>) -> Option<String> {
        self.needs_used(ordinal).into_iter().find_map(|path| {
            let (needed, members) = path.split_first()?;
            let mut value = needs.get(needed.as_ref())?;
            for member in members {
                value = value.get(member.as_ref())?;
            }
            holds_mask(value).then(|| {
                let taken = if members.is_empty() { "output".to_owned() } else { members.join(".") };
                format!("`{taken}` of `{needed}` holds the value of a secret, of which sortie keeps a mask alone")
            })
        })
    }

    /// The members of needed jobs that the launch is made of, each with the job first.
    fn needs_used(&self, ordinal: Ordinal) -> Vec<Vec<Box<str>>> {
        let (job, _, _) = self.locate(self.full(ordinal));
        let nodes = spec::late_nodes(&self.spec, job);
        nodes.iter().flat_map(|node| need_paths(&self.spec.document, *node, &self.spec.expressions)).collect()
    }

    /// What the launch takes of needed jobs and they did not give: the first of it, in words.
    fn missing_output(&self, ordinal: Ordinal, needs: &Map<String, Value>) -> Option<String> {
        self.needs_used(ordinal).into_iter().find_map(|path| {
            let (needed, members) = path.split_first()?;
            let mut value = needs.get(needed.as_ref())?;
            for (depth, member) in members.iter().enumerate() {
                match value.get(member.as_ref()) {
                    Some(found) => value = found,
                    None if depth == 0 && members.len() == 1 => return Some(format!("`{needed}` gave no output")),
                    None => return Some(format!("`{needed}` gave no `{}`", members.join("."))),
                }
            }
            None
        })
    }
}

/// Whether a text in `value` has the mask of a secret in it.
fn holds_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(MASK),
        Value::Array(items) => items.iter().any(holds_mask),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains(MASK) || holds_mask(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
