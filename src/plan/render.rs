//! One place of a plan, rendered.
//!
//! In: an ordinal. Out: the launch that stands there, or why it is skipped; or complaints. The same each time.
//! Never: keeps what it made.

use serde_json::{Map, Value};

use super::field_value::value_of;
use super::job_expansion::{self, JobExpansion, LaunchParts};
use super::launch::{Launch, PlanEntry, SkippedLaunch};
use super::model::Plan;
use crate::diagnostic::{Code, Diagnostic};
use crate::format::data_path;
use crate::ids::Ordinal;
use crate::manifest::NodeId;
use crate::source::Place;
use crate::spec::{self, ArgumentLayers, FieldValue, JobSpec, LargeArguments};
use crate::start_info::Input;
use crate::template::{Scope, SecretView, members_used};

/// A complaint was made, or a value is not known.
struct RenderIncomplete;

impl Plan {
    /// The job and its fan at `ordinal`, and the launch's number among those of its job.
    pub(super) fn locate(&self, ordinal: Ordinal) -> (&JobSpec, Option<&JobExpansion>, u32) {
        let launches = self.job_launches(ordinal);
        let fan = launches.fan.map(|fan| &self.fans[fan as usize]);
        (&self.spec.jobs[launches.job as usize], fan, ordinal.0 - launches.first)
    }

    /// Whether the launch at `ordinal` stands for those of a job whose number depends on a value that is not known.
    fn is_open(&self, ordinal: Ordinal) -> bool {
        self.scope.has_gaps() && self.job_launches(ordinal).is_open
    }

    pub(super) fn parts(&self, ordinal: Ordinal) -> LaunchParts<'_> {
        let (_, fan, index) = self.locate(ordinal);
        fan.map(|fan| fan.parts(index, &self.spec.document)).unwrap_or_default()
    }

    /// Renders one launch; `None` if complaints were made, or a value is not known. What uses what needed jobs gave stands for
    /// itself.
    pub(super) fn render(
        &self,
        ordinal: Ordinal,
        secrets: &SecretView,
        complaints: &mut Vec<Diagnostic>,
    ) -> Option<PlanEntry> {
        self.render_behind(ordinal, None, secrets, complaints)
    }

    /// The same behind the jobs that the launch needs, where what came of them is known: by their names.
    pub(super) fn render_behind(
        &self,
        ordinal: Ordinal,
        needs: Option<&Map<String, Value>>,
        secrets: &SecretView,
        complaints: &mut Vec<Diagnostic>,
    ) -> Option<PlanEntry> {
        self.render_parts(ordinal, &self.parts(ordinal), needs, secrets, complaints)
    }

    /// The same of a launch whose `parts` are at hand.
    pub(super) fn render_parts(
        &self,
        ordinal: Ordinal,
        parts: &LaunchParts<'_>,
        needs: Option<&Map<String, Value>>,
        secrets: &SecretView,
        complaints: &mut Vec<Diagnostic>,
    ) -> Option<PlanEntry> {
        let (job, ..) = self.locate(ordinal);
        let document = &self.spec.document;
        let (id, key) = (parts.id(job.id_name()), parts.key());
        let scope = parts.scope(&self.scope).with_secrets(secrets.clone());
        let scope = if self.is_open(ordinal) { scope.with_open_launch() } else { scope };
        let scope = match needs {
            Some(needs) => scope.with_needs(needs.clone()),
            None if job.needs.is_empty() => scope,
            None => scope.with_late_needs(),
        };
        let fan_out = job.fan_out.as_deref();
        if let Some(condition) = fan_out.and_then(|fan_out| fan_out.condition)
            && (needs.is_some() || !self.waits_for_needs(job, condition))
            && !job_expansion::holds(&self.spec, condition, &scope, "if", complaints)?
        {
            let why = job_expansion::why_skipped(document, condition);
            return Some(PlanEntry::Skipped(SkippedLaunch { id, job: job.name.to_string(), key, why }));
        }
        let file = fan_out.and_then(|fan_out| fan_out.arguments_file);
        let below = match file {
            Some(node) => self.arguments_file(node, &scope, complaints).ok()?,
            None => None,
        };
        let when_long = self.large_arguments.unwrap_or_default();
        let layers = ArgumentLayers { below, above: self.outside.given.get(job.name.as_ref()), when_long };
        let mut value_of = |node, complaints: &mut _| value_of(&self.spec, &scope, node, complaints);
        let draft = spec::read_job(document, job, self.spec.defaults.as_ref(), layers, &mut value_of, complaints)?;
        let Some(folder) = draft.folder.or_else(|| self.folder.clone()) else {
            complaints.push(
                Diagnostic::error(Code::NoFolder, job.place, format!("job `{}` has no folder", job.name))
                    .help("write `folder:` in the manifest or in the job, or set the profile's folder"),
            );
            return None;
        };
        let mut start_info = draft.start_info;
        if let Some((path, place)) = draft.input_file {
            start_info.input = Some(self.input_file(path, place, complaints)?);
        }
        Some(PlanEntry::Launch(Box::new(Launch {
            ordinal,
            id,
            job: job.name.to_string(),
            key,
            folder,
            release: draft.release,
            reference: draft.reference,
            start_info,
            on_ambiguous: draft.on_ambiguous,
            is_once: draft.is_once,
            place: job.place,
            nodes: draft.nodes,
        })))
    }

    /// Whether the value at `node` of `job` is known only behind the jobs that it needs.
    pub(super) fn waits_for_needs(&self, job: &JobSpec, node: NodeId) -> bool {
        !job.needs.is_empty() && {
            let (members, whole) = members_used(&self.spec.document, node, "needs", &self.spec.expressions);
            whole || !members.is_empty()
        }
    }

    /// The file at `path` as the input of a robot job; `None` if a complaint was made.
    fn input_file(&self, path: String, place: Place, complaints: &mut Vec<Diagnostic>) -> Option<Input> {
        if self.large_arguments == Some(LargeArguments::Refuse) {
            complaints.push(
                Diagnostic::error(Code::Conflict, place, "the profile does not say that its server takes input files")
                    .help("where it does (older servers do not), write `large-arguments: attach` in the profile"),
            );
            return None;
        }
        let Some(file) = self.outside.files.get(&path) else {
            complaints.push(job_expansion::missing(&path, place));
            return None;
        };
        Some(Input::File { path: path.into(), digest: file.digest })
    }

    /// The arguments in the file that the expression at `node` names; `None` if it is omitted.
    fn arguments_file(
        &self,
        node: NodeId,
        scope: &Scope,
        complaints: &mut Vec<Diagnostic>,
    ) -> Result<Option<&Map<String, Value>>, RenderIncomplete> {
        let place = self.spec.document.place(node);
        let complaint = match value_of(&self.spec, scope, node, complaints) {
            FieldValue::Deferred => return Err(RenderIncomplete),
            FieldValue::Omitted => return Ok(None),
            FieldValue::Value(Value::String(path)) => match (data_path(&path), self.outside.files.get(&path)) {
                (Ok(()), Some(file)) => return Ok(Some(&file.entries)),
                (Ok(()), None) => job_expansion::missing(&path, place),
                (Err(wrong), _) => wrong.at(place),
            },
            FieldValue::Value(_) => Diagnostic::error(Code::WrongType, place, "`arguments-file` must be a file's name"),
        };
        complaints.push(complaint);
        Err(RenderIncomplete)
    }
}
