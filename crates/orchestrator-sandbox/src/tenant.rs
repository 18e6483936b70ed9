//! A live tenant: folders, releases, robots and robot jobs, found by id, key or name without a search.
//!
//! In: a [`World`], requests already read, and the time of each. Out: entities, started robot jobs, refusals.
//! Pure: no clock, no network, no randomness; the same calls give the same tenant, GUIDs included.
//! In obliging mode whatever is asked for is made on the spot (`tenant/oblige.rs`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::refusal::Refusal;
use super::world::{Folder, FolderKind, Life, Mode, RefusalSpec, Signature, Switches, TenantHeader, World, WorldError};
use crate::clock::{Moment, Timestamp};
use job::Job;
use machine::{MachineAt, Machines};
use queue::Queues;
use store::Stores;

mod arguments;
pub(crate) mod job;
pub(crate) mod machine;
pub(crate) mod oblige;
mod open;
pub(crate) mod queue;
mod seats;
pub(crate) mod start;
mod steer;
pub(crate) mod store;
mod timeline;
pub(crate) mod validate;

/// The namespace of the GUIDs that the sandbox makes itself.
const NAMESPACE: Uuid = Uuid::from_u128(0x51b9_e1a7_0c6d_4f0e_9a53_8f2b_7d14_c3e6);

/// The GUID that stands for a thing of some kind, always the same.
pub(crate) fn guid_of(kind: &str, name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{kind}/{name}").as_bytes())
}

/// A folder's place in its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FolderAt(usize);
/// A release's place in its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ReleaseAt(usize);
/// A robot's place in its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RobotAt(usize);

/// A folder of a live tenant.
#[derive(Debug)]
pub(crate) struct FolderEntry {
    pub(crate) id: i64,
    pub(crate) key: Uuid,
    pub(crate) path: String,
    pub(crate) parent: Option<FolderAt>,
    kind: FolderKind,
    runtimes: Option<u32>,
    pub(crate) releases: Vec<ReleaseAt>,
    pub(crate) robots: Vec<RobotAt>,
    machines: Vec<MachineAt>,
    /// Places in the tenant's jobs, in the order of creation.
    jobs: Vec<usize>,
}

impl FolderEntry {
    /// The path's last segment.
    pub(crate) fn display_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether the folder is a modern one.
    pub(crate) fn is_modern(&self) -> bool {
        self.kind == FolderKind::Modern
    }
}

/// A release of a live tenant.
#[derive(Debug)]
pub(crate) struct ReleaseEntry {
    pub(crate) id: i64,
    pub(crate) key: Uuid,
    pub(crate) name: String,
    pub(crate) package: String,
    /// By when they are current, the first one from the beginning; never empty.
    versions: Vec<VersionEntry>,
    pub(crate) folder: FolderAt,
    signature: Option<Signature>,
    /// JSON text of `ArgumentMetadata`.
    pub(crate) arguments: Option<String>,
    /// Its robot jobs' lives, in turn; never empty.
    lives: Vec<Arc<Life>>,
    refuse: Option<RefusalSpec>,
    /// How many robot jobs it has started.
    started: usize,
}

/// A version of a release's package.
#[derive(Debug)]
pub(crate) struct VersionEntry {
    /// `ReleaseVersionDto.Id`.
    pub(crate) id: i64,
    pub(crate) text: String,
    /// From when on it is the current one.
    pub(crate) since: Moment,
}

impl ReleaseEntry {
    /// The version that is current at `now`.
    pub(crate) fn version_at(&self, now: Moment) -> &VersionEntry {
        let current = self.versions.iter().rev().find(|version| version.since <= now);
        current.unwrap_or(&self.versions[0])
    }

    /// The versions that have been current until `now`.
    pub(crate) fn versions_until(&self, now: Moment) -> impl Iterator<Item = &VersionEntry> {
        let current = self.version_at(now).id;
        self.versions.iter().filter(move |version| version.since <= now || version.id == current)
    }

    /// Whether the release has, had or will have the version.
    pub(crate) fn knows_version(&self, text: &str) -> bool {
        self.versions.iter().any(|version| version.text == text)
    }
}

/// A robot of a live tenant.
#[derive(Debug)]
pub(crate) struct RobotEntry {
    pub(crate) id: i64,
    pub(crate) key: Uuid,
    pub(crate) name: String,
    pub(crate) username: Option<String>,
    pub(crate) machine: Option<MachineAt>,
    folders: Vec<FolderAt>,
}

/// The tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    opened: (Moment, Timestamp),
    names: Vec<String>,
    header: TenantHeader,
    pub(crate) mode: Mode,
    pub(crate) switches: Switches,
    life: Arc<Life>,
    first_job_id: i64,
    folder_ids: Ids,
    release_ids: Ids,
    robot_ids: Ids,
    folders: Vec<FolderEntry>,
    folder_by_id: HashMap<i64, FolderAt>,
    folder_by_key: HashMap<Uuid, FolderAt>,
    folder_by_path: HashMap<String, FolderAt>,
    releases: Vec<ReleaseEntry>,
    release_by_key: HashMap<Uuid, ReleaseAt>,
    release_by_name: HashMap<(FolderAt, String), ReleaseAt>,
    robots: Vec<RobotEntry>,
    robot_by_id: HashMap<i64, RobotAt>,
    jobs: Vec<Job>,
    /// Whether each was created no earlier than the one before, by the clock of the database.
    jobs_in_order: bool,
    job_by_key: HashMap<Uuid, usize>,
    /// Until when a robot of a classic folder has a pending job of a release; `None` is for ever.
    pending_until: HashMap<(RobotAt, ReleaseAt), Option<Moment>>,
    batches: u64,
    /// Those of requests, where they may not be repeated.
    batches_given: HashSet<Uuid>,
    machines: Machines,
    pub(crate) stores: Stores,
    queues: Queues,
}

impl Tenant {
    /// Makes `world` live at `now`, a moment and its UTC time.
    ///
    /// Errors: [`WorldError`] where the description contradicts itself.
    pub(crate) fn open(world: &World, now: (Moment, Timestamp)) -> Result<Self, WorldError> {
        open::open(world, now)
    }

    /// When the tenant was opened.
    pub(crate) fn opened(&self) -> Timestamp {
        self.opened.1
    }

    /// The UTC time at a moment since then, as if nobody had set the clock.
    pub(crate) fn utc_at(&self, moment: Moment) -> Timestamp {
        self.opened.1.saturating_add(moment.since(self.opened.0)).unwrap_or(Timestamp::MAX)
    }

    /// Whether what is asked for is made on the spot.
    pub(crate) fn is_obliging(&self) -> bool {
        self.mode == Mode::Obliging
    }

    /// Checks the tenant that a request names; any will do in obliging mode.
    pub(crate) fn check_name(&self, name: Option<&str>) -> Result<(), Refusal> {
        match name {
            None if self.header == TenantHeader::Required => Err(Refusal::no_tenant()),
            None => Ok(()),
            Some(_) if self.mode == Mode::Obliging => Ok(()),
            Some(name) if self.names.iter().any(|known| known.eq_ignore_ascii_case(name)) => Ok(()),
            Some(_) => Err(Refusal::unknown_tenant()),
        }
    }

    /// All folders, in the order of their making.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &FolderEntry> {
        self.folders.iter()
    }

    /// The folder at a place.
    pub(crate) fn folder(&self, at: FolderAt) -> &FolderEntry {
        &self.folders[at.0]
    }

    /// Whether the folder is another's parent.
    pub(crate) fn has_children(&self, folder: &FolderEntry) -> bool {
        let at = self.folder_with_id(folder.id);
        self.folders.iter().any(|other| at.is_some() && other.parent == at)
    }

    /// The folder with a number.
    pub(crate) fn folder_with_id(&self, id: i64) -> Option<FolderAt> {
        self.folder_by_id.get(&id).copied()
    }

    /// The folder with a GUID.
    pub(crate) fn folder_with_key(&self, key: Uuid) -> Option<FolderAt> {
        self.folder_by_key.get(&key).copied()
    }

    /// The folder at a path.
    pub(crate) fn folder_with_path(&self, path: &str) -> Option<FolderAt> {
        self.folder_by_path.get(path).copied()
    }

    /// The release at a place.
    pub(crate) fn release(&self, at: ReleaseAt) -> &ReleaseEntry {
        &self.releases[at.0]
    }

    /// The release with a GUID, in whatever folder.
    pub(crate) fn release_with_key(&self, key: Uuid) -> Option<ReleaseAt> {
        self.release_by_key.get(&key).copied()
    }

    /// The folder's release with a name.
    pub(crate) fn release_with_name(&self, folder: FolderAt, name: &str) -> Option<ReleaseAt> {
        self.release_by_name.get(&(folder, name.to_owned())).copied()
    }

    /// All releases, in the order of their making.
    pub(crate) fn releases(&self) -> impl Iterator<Item = &ReleaseEntry> {
        self.releases.iter()
    }

    /// All robots, in the order of their making.
    pub(crate) fn robots(&self) -> impl Iterator<Item = &RobotEntry> {
        self.robots.iter()
    }

    /// The robot at a place.
    pub(crate) fn robot(&self, at: RobotAt) -> &RobotEntry {
        &self.robots[at.0]
    }

    /// The robot with a number, where it works in the folder.
    pub(crate) fn robot_of(&self, folder: FolderAt, id: i64) -> Option<RobotAt> {
        self.robot_by_id.get(&id).copied().filter(|at| self.robot(*at).folders.contains(&folder))
    }

    /// The folder's robot with an account.
    fn robot_of_user(&self, folder: FolderAt, name: &str) -> Option<RobotAt> {
        let mut robots = self.folder(folder).robots.iter().copied();
        robots.find(|at| self.robot(*at).username.as_deref() == Some(name) || self.robot(*at).name == name)
    }

    /// All robot jobs, in the order of their ids.
    pub(crate) fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The folder's robot jobs, in the order of their ids.
    pub(crate) fn jobs_of(&self, folder: FolderAt) -> impl Iterator<Item = &Job> {
        self.folder(folder).jobs.iter().map(|place| &self.jobs[*place])
    }

    /// The robot jobs of a folder, or of all, in the order of ids: without those that the clock of the database says
    /// were created before `utc`.
    pub(crate) fn jobs_since(&self, folder: Option<FolderAt>, utc: Option<Timestamp>) -> impl Iterator<Item = &Job> {
        // Where somebody has set the clock back, none is passed over.
        let utc = utc.filter(|_| self.jobs_in_order);
        let is_earlier = |job: &Job| utc.is_some_and(|utc| job.created_utc < utc);
        let (places, jobs) = match folder {
            Some(folder) => {
                let places = self.folder(folder).jobs.as_slice();
                (&places[places.partition_point(|place| is_earlier(&self.jobs[*place]))..], &[][..])
            }
            None => (&[][..], &self.jobs[self.jobs.partition_point(is_earlier)..]),
        };
        places.iter().map(|place| &self.jobs[*place]).chain(jobs)
    }

    /// The folder's robot job with a number, where it is not forgotten by `now`.
    pub(crate) fn job_with_id(&self, folder: FolderAt, id: i64, now: Moment) -> Option<&Job> {
        self.any_job_with_id(id).filter(|job| is_there(job, folder, now))
    }

    /// The robot job with a number, in whatever folder.
    pub(crate) fn any_job_with_id(&self, id: i64) -> Option<&Job> {
        self.jobs.get(usize::try_from(id.checked_sub(self.first_job_id)?).ok()?)
    }

    /// The folder's robot job with a GUID, where it is not forgotten by `now`.
    pub(crate) fn job_with_key(&self, folder: FolderAt, key: Uuid, now: Moment) -> Option<&Job> {
        self.any_job_with_key(key).filter(|job| is_there(job, folder, now))
    }

    /// The robot job with a GUID, in whatever folder.
    pub(crate) fn any_job_with_key(&self, key: Uuid) -> Option<&Job> {
        self.jobs.get(*self.job_by_key.get(&key)?)
    }

    /// Adds a folder at `path`, and before it each of its parents that is not there yet.
    fn new_folder(&mut self, path: &str, id: Option<i64>, key: Option<Uuid>, like: &Folder) -> FolderAt {
        let mut parent = None;
        for (end, _) in path.match_indices('/') {
            let above = &path[..end];
            let at = self.folder_with_path(above);
            parent = Some(at.unwrap_or_else(|| self.push_folder(above, None, None, like.kind, None, parent)));
        }
        self.push_folder(path, id, key, like.kind, like.runtimes, parent)
    }

    fn push_folder(
        &mut self,
        path: &str,
        id: Option<i64>,
        key: Option<Uuid>,
        kind: FolderKind,
        runtimes: Option<u32>,
        parent: Option<FolderAt>,
    ) -> FolderAt {
        let at = FolderAt(self.folders.len());
        let id = self.folder_ids.take(id);
        let key = key.unwrap_or_else(|| guid_of("folder", path));
        let (path, releases, robots) = (path.to_owned(), Vec::new(), Vec::new());
        let (machines, jobs) = (Vec::new(), Vec::new());
        self.folder_by_id.insert(id, at);
        self.folder_by_key.insert(key, at);
        self.folder_by_path.insert(path.clone(), at);
        self.folders.push(FolderEntry { id, key, path, parent, kind, runtimes, releases, robots, machines, jobs });
        at
    }

    fn new_release(&mut self, entry: ReleaseEntry) -> ReleaseAt {
        let at = ReleaseAt(self.releases.len());
        self.release_by_key.insert(entry.key, at);
        self.release_by_name.insert((entry.folder, entry.name.clone()), at);
        self.folders[entry.folder.0].releases.push(at);
        self.releases.push(entry);
        at
    }

    fn new_robot(&mut self, entry: RobotEntry) -> RobotAt {
        let at = RobotAt(self.robots.len());
        self.robot_by_id.insert(entry.id, at);
        for folder in &entry.folders {
            self.folders[folder.0].robots.push(at);
        }
        self.robots.push(entry);
        at
    }
}

/// Whether the folder has the robot job, and the server has not forgotten it.
fn is_there(job: &Job, folder: FolderAt, now: Moment) -> bool {
    job.folder == folder && !job.is_purged(&job.phase(now), now)
}

/// Hands out numbers above all that were given.
#[derive(Debug, Default)]
struct Ids {
    last: i64,
}

impl Ids {
    /// `given`, or the next number.
    fn take(&mut self, given: Option<i64>) -> i64 {
        let id = given.unwrap_or(self.last + 1);
        self.last = self.last.max(id);
        id
    }
}
