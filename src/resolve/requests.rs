//! The requests of a run, by index.
//!
//! In: a plan and the ids of its names. Out: each request, the same each time. Never: keeps them all.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::folder_ids::{FolderIds, machine_ids, robot_ids};
use super::upload_key::UploadKey;
use crate::ids::{AttachmentId, FolderRef, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use crate::plan::{Launch, Plan};
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
        const RESOLVED: &str = "resolving has found every name of the plan";
        let launch = self.plan.to_send(ordinal);
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
