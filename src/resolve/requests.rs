//! The requests of a run, by index.
//!
//! In: a plan and the ids of its names. Out: each request, the same each time. Never: keeps them all.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::folder_ids::{FolderIds, machine_ids, robot_ids};
use super::upload_key::UploadKey;
use crate::ids::{AttachmentId, FolderRef, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use crate::plan::{Launch, Plan, PlanEntry};
use crate::spec::ReleaseRef;
use crate::start_info::Input;

/// One `StartJobs` call, ready to be sent: everything but token and moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The launch's place in its plan.
    pub ordinal: Ordinal,
    /// The launch.
    pub launch: LaunchId,
    /// The folder, as the request's header names it.
    pub folder: FolderRef,
    /// The release.
    pub release: ReleaseKey,
    /// The Reference inside `body`.
    pub reference: Reference,
    /// How many robot jobs the answer must name.
    pub expected: ExpectedJobs,
    /// What follows once an attempt in doubt proved absent.
    pub on_ambiguous: AmbiguityPolicy,
    /// The JSON text `{"startInfo":{...}}`, PascalCase.
    pub body: Arc<str>,
}

/// Why a launch is not sent once what it needs is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRequest {
    /// Its `if` does not hold; in words.
    Skipped(String),
    /// What it is made of is not there, or does not fit; in words.
    Unfit(String),
}

/// Every request of a run, made by index when it is asked for.
#[derive(Debug)]
pub struct Requests {
    pub(super) plan: Plan,
    pub(super) run: RunId,
    pub(super) ids_by_folder: BTreeMap<FolderRef, FolderIds>,
    pub(super) attachments: HashMap<UploadKey, AttachmentId>,
}

impl Requests {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plan.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }

    /// The plan that they were made from.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The same plan, for whoever reports what came of it.
    #[must_use]
    pub fn into_plan(self) -> Plan {
        self.plan
    }

    /// The name of the release with this key, where the server told it.
    #[must_use]
    pub fn name_of(&self, folder: &FolderRef, key: ReleaseKey) -> Option<&str> {
        self.ids_by_folder.get(folder)?.release_names.get(&key).map(String::as_str)
    }

    /// What the robot jobs of `launch` carry, behind the author's text `prefix`.
    #[must_use]
    pub fn reference(&self, prefix: Option<&str>, launch: &LaunchId) -> Reference {
        Reference::new(prefix, self.run, launch)
    }

    /// The request of the launch at `ordinal`, which is not skipped; the same each time.
    #[must_use]
    pub fn get(&self, ordinal: Ordinal) -> Request {
        self.of_launch(self.plan.to_send(ordinal))
    }

    /// The request of the launch at `ordinal` behind the jobs that it needs: `needs` has what came of each, by its name.
    ///
    /// Errors: why there is none.
    pub fn behind(&self, ordinal: Ordinal, needs: &Map<String, Value>) -> Result<Request, NoRequest> {
        Ok(self.of_launch(self.launch_behind(ordinal, needs)?))
    }

    /// The request of `retry`, whose place is `ordinal`: for one robot job as the launch at `of` asked for, which stands behind
    /// what `needs` has, where it uses any of it.
    ///
    /// Errors: why there is none; also where nobody knows on which robot that robot job is to run.
    pub fn retry(
        &self,
        ordinal: Ordinal,
        of: Ordinal,
        retry: &LaunchId,
        needs: Option<&Map<String, Value>>,
    ) -> Result<Request, NoRequest> {
        let mut launch = match needs {
            None => self.plan.to_send(of),
            Some(needs) => self.launch_behind(of, needs)?,
        };
        launch.start_info = launch.start_info.single().ok_or_else(|| {
            let what =
                "its launch asks for several robot jobs and names robots, and on which of them it ran is not known";
            NoRequest::Unfit(what.to_owned())
        })?;
        launch.id = retry.clone();
        Ok(Request { ordinal, ..self.of_launch(launch) })
    }

    fn launch_behind(&self, ordinal: Ordinal, needs: &Map<String, Value>) -> Result<Launch, NoRequest> {
        let launch = match self.plan.to_send_behind(ordinal, needs) {
            Ok(PlanEntry::Launch(launch)) => *launch,
            Ok(PlanEntry::Skipped(skipped)) => return Err(NoRequest::Skipped(skipped.why)),
            Err(complaints) => {
                let what = complaints.into_iter().next().map_or_else(String::new, |complaint| complaint.what);
                return Err(NoRequest::Unfit(what));
            }
        };
        // What is uploaded was uploaded before the first launch.
        if UploadKey::of(&launch).is_some_and(|key| !self.attachments.contains_key(&key)) {
            return Err(NoRequest::Unfit(
                "with outputs in them, its arguments are longer than a call takes".to_owned(),
            ));
        }
        Ok(launch)
    }

    fn of_launch(&self, launch: Launch) -> Request {
        const RESOLVED: &str = "resolving has found every name of the plan";
        let ordinal = launch.ordinal;
        let known = self.ids_by_folder.get(&launch.folder).expect(RESOLVED);
        let release = match &launch.release {
            ReleaseRef::Key(key) => *key,
            named @ (ReleaseRef::Name { .. } | ReleaseRef::Package { .. }) => {
                *known.releases.get(named).expect(RESOLVED)
            }
        };
        let robots = robot_ids(&launch, known).expect(RESOLVED);
        let machines = machine_ids(&launch, known).expect(RESOLVED);
        let attachment = self.attachment(&launch);
        let Launch { id, folder, reference, start_info, on_ambiguous, .. } = launch;
        let mut start_info = start_info.with_ids(robots, machines);
        if let Some(attachment) = attachment {
            start_info.input = Some(Input::Attachment(attachment));
        }
        let reference = self.reference(reference.as_deref(), &id);
        let expected = start_info.strategy.count().map_or(ExpectedJobs::AtLeastOne, ExpectedJobs::Exactly);
        let body = start_info.body(release, &reference).into();
        Request { ordinal, launch: id, folder, release, reference, expected, on_ambiguous, body }
    }

    /// The requests with the ids that uploading gave.
    #[must_use]
    pub fn attached(mut self, attachments: impl IntoIterator<Item = (UploadKey, AttachmentId)>) -> Self {
        self.attachments.extend(attachments);
        self
    }

    /// The attachment that is a launch's input; `None` if it needs none.
    fn attachment(&self, launch: &Launch) -> Option<AttachmentId> {
        let key = UploadKey::of(launch)?;
        Some(*self.attachments.get(&key).expect("every upload of the plan was made before the first launch"))
    }
}
