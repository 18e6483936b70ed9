//! One test: what the manifest is planned with, and where the test says so.
//!
//! In: a test as it is written. Out: the plan's inputs; places. Never: a value that the test does not give.

use crate::clock::Timestamp;
use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::ids::FolderRef;
use crate::manifest::{Document, NodeId};
use crate::plan::{Inputs, ParamValue, RowsInput};
use crate::source::{Packed, Place};
use crate::spec::{LargeArguments, Spec};

use super::file_format::{RowsFormat, TestEntry};

/// One test of a manifest.
#[derive(Clone, Debug)]
pub struct ManifestTest {
    pub(super) format: TestEntry,
    pub(super) node: NodeId,
}

impl ManifestTest {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.format.name
    }

    /// The place of what stands at `path` below the test in `document`, or of what is nearest above.
    #[must_use]
    pub fn place(&self, document: &Document, path: &[&str]) -> Place {
        document.place(self.find(document, path))
    }

    /// The same as a node.
    pub(super) fn find(&self, document: &Document, path: &[&str]) -> NodeId {
        let mut node = self.node;
        for key in path {
            let below = match key.parse::<usize>() {
                Ok(index) if !document.items(node).is_empty() => document.items(node).get(index).copied(),
                Ok(_) | Err(_) => document.entry(node, key).map(|entry| entry.value),
            };
            match below {
                Some(below) => node = below,
                None => break,
            }
        }
        node
    }

    /// What `spec`, the manifest called `name` with this `text`, is planned with; `read` gives files beside the test file.
    ///
    /// Complaints: a time that is none, a variable that the manifest does not list, a file that is not there.
    pub fn inputs(
        &self,
        document: &Document,
        spec: &Spec,
        (name, text): (&str, &str),
        read: &dyn Fn(&str) -> Result<Packed, String>,
    ) -> Diagnosed<Inputs> {
        let mut said = Vec::new();
        let mut inputs = Inputs::of_manifest(name, text);
        let time = |key: &str, given: &Option<String>, said: &mut Vec<Diagnostic>| -> Option<Timestamp> {
            let read = given.as_ref()?.parse();
            if read.is_err() {
                let what = format!("`{key}` is not a time with a zone");
                let place = self.place(document, &[key]);
                said.push(Diagnostic::error(Code::WrongForm, place, what).help("write it as `2026-01-31T22:30:00Z`"));
            }
            read.ok()
        };
        inputs.time = time("time", &self.format.time, &mut said).unwrap_or(inputs.time);
        inputs.slot = time("slot", &self.format.slot, &mut said);
        inputs.folder = self.format.folder.clone().map(FolderRef::Path);
        inputs.large_arguments = Some(LargeArguments::Attach);
        inputs.only.clone_from(&self.format.only);
        let params = self.format.params.iter();
        inputs.params = params.map(|(name, value)| (name.clone(), ParamValue::Json(value.to_string()))).collect();
        for (name, value) in &self.format.env {
            if spec.env.iter().any(|allowed| allowed.as_ref() == name) {
                inputs.env.insert(name.clone(), value.clone());
            } else {
                let what = format!("the manifest does not list `{name}` under `env`");
                let place = self.place(document, &["env", name]);
                said.push(Diagnostic::error(Code::UnknownName, place, what).help("leave it out: nothing can read it"));
            }
        }
        for (job, rows) in &self.format.rows {
            let given = match rows {
                RowsFormat::Rows(rows) => {
                    let text = serde_json::to_string(rows).expect("rows are JSON");
                    Ok(RowsInput { name: format!("rows of `{job}`.json"), text: Packed::from(text.as_str()) })
                }
                RowsFormat::File(path) => read(path).map(|text| RowsInput { name: path.clone(), text }),
            };
            match given {
                Ok(given) => drop(inputs.data.insert(job.clone(), given)),
                Err(why) => {
                    let place = self.place(document, &["rows", job]);
                    said.push(Diagnostic::error(Code::DataFile, place, why));
                }
            }
        }
        Diagnosed::new(inputs, said)
    }
}
