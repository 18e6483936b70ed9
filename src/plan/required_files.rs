//! Which files beside the manifest a plan needs, so that somebody can read them.
//!
//! In: a spec and the inputs so far. Out: paths as the manifest names them, each with its place.
//! Never: reads a file, or complains: what cannot be evaluated here is complained about by the plan.

use super::expand;
use super::field_value::value_of;
use super::inputs::{self, Inputs, MissingValuePolicy};
use super::job_expansion::{ExpansionResult, JobExpansion};
use crate::format::{Guid, data_path};
use crate::manifest::NodeId;
use crate::source::{Place, Sources};
use crate::spec::{FanOut, FieldValue, JobSpec, RowsFrom, Spec};
use crate::template;

/// A file beside the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredFile {
    /// The path as the manifest names it: relative, without `..`.
    pub path: String,
    /// Where it is named.
    pub place: Place,
}

/// The files that `inputs` lack. Some are known only when others were read: ask until there are none.
#[must_use]
pub fn required_files(spec: &Spec, inputs: &Inputs) -> Vec<RequiredFile> {
    let mut wanted = RequiredFiles { spec, inputs, files: Vec::new() };
    for (_, job) in expand::chosen(spec, inputs) {
        wanted.of_job(job);
    }
    wanted.files
}

struct RequiredFiles<'a> {
    spec: &'a Spec,
    inputs: &'a Inputs,
    files: Vec<RequiredFile>,
}

impl RequiredFiles<'_> {
    fn of_job(&mut self, job: &JobSpec) {
        let Some(fan_out) = &job.fan_out else { return };
        let before = self.files.len();
        if let Some(RowsFrom::File(path, place)) = fan_out.rows.as_ref().map(|rows| &rows.from)
            && !self.inputs.data.contains_key(job.name.as_ref())
        {
            self.add(path, *place);
        }
        for node in [fan_out.arguments_file, fan_out.input_file].into_iter().flatten() {
            // A name may depend on rows, which come first.
            let is_known = self.files.len() == before || !template::has_expressions(&self.spec.document, node);
            if is_known {
                self.named_at(node, job, fan_out);
            }
        }
    }

    /// The files that the value at `node` names.
    fn named_at(&mut self, node: NodeId, job: &JobSpec, fan_out: &FanOut) {
        let document = &self.spec.document;
        let place = document.place(node);
        if !template::has_expressions(document, node) {
            if let Some(path) = document.text(node) {
                self.add(path, place);
            }
            return;
        }
        let mut complaints = Vec::new();
        // What is known without the values that nobody gave yet is read all the same.
        let gaps = MissingValuePolicy::LeftOpen { max_rows: u32::MAX };
        let scope = inputs::scope(self.spec, self.inputs, gaps, &mut complaints);
        let mut sources = Sources::default();
        if !complaints.is_empty() {
            return;
        }
        let fan = JobExpansion::make(self.spec, job, fan_out, Some(&scope), self.inputs, &mut sources, &mut complaints);
        let ExpansionResult::Expanded(fan) = fan else { return };
        if fan.len() > self.spec.limits.launches.into() {
            return;
        }
        for index in 0..u32::try_from(fan.len()).expect("within the limit") {
            let scope = fan.parts(index, document).scope(&scope);
            if let FieldValue::Value(serde_json::Value::String(path)) =
                value_of(self.spec, &scope, node, &mut complaints)
            {
                self.add(&path, place);
            }
        }
    }

    fn add(&mut self, path: &str, place: Place) {
        let is_new = !self.inputs.files.contains_key(path) && self.files.iter().all(|file| file.path != path);
        // A GUID is an attachment of Orchestrator's, where an input file may be named so.
        if is_new && data_path(path).is_ok() && Guid::parse(path).is_none() {
            self.files.push(RequiredFile { path: path.to_owned(), place });
        }
    }
}
