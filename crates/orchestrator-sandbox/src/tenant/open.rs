//! A world's description -> a live tenant: numbers and GUIDs are given, and contradictions found.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::machine::{FIRST_SESSION, MachineAt, Machines};
use super::queue::Queues;
use super::store::Stores;
use super::{FolderAt, Ids, ReleaseEntry, RobotEntry, Tenant, VersionEntry, guid_of};
use crate::clock::{Moment, Timestamp};
use crate::dto::names::VALIDATION_CODES;
use crate::world::switches::SignatureForm;
use crate::world::{
    Argument, Bucket, End, Life, Machine, MachineKind, Queue, Release, Robot, Signature, Switches, World, WorldError,
};

/// The .NET assembly that a type without one is said to come from.
const CORE_LIBRARY: &str = "System.Private.CoreLib, Version=8.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e";

/// From the number of one of a release's versions to the next: far enough to meet no other release's.
const VERSION_STEP: i64 = 1_000_000;

pub(super) fn open(world: &World, now: (Moment, Timestamp)) -> Result<Tenant, WorldError> {
    let highest = |ids: &mut dyn Iterator<Item = Option<i64>>| Ids { last: ids.flatten().max().unwrap_or(0).max(0) };
    let mut tenant = Tenant {
        opened: now,
        names: world.tenants.clone(),
        header: world.tenant_header,
        mode: world.mode,
        switches: world.switches.clone(),
        life: Arc::new(world.life.clone()),
        first_job_id: world.first_job_id,
        folder_ids: highest(&mut world.folders.iter().map(|folder| folder.id)),
        release_ids: highest(&mut world.releases.iter().map(|release| release.id)),
        robot_ids: highest(&mut world.robots.iter().map(|robot| robot.id)),
        folders: Vec::new(),
        folder_by_id: HashMap::new(),
        folder_by_key: HashMap::new(),
        folder_by_path: HashMap::new(),
        releases: Vec::new(),
        release_by_key: HashMap::new(),
        release_by_name: HashMap::new(),
        robots: Vec::new(),
        robot_by_id: HashMap::new(),
        jobs: Vec::new(),
        jobs_in_order: true,
        job_by_key: HashMap::new(),
        pending_until: HashMap::new(),
        batches: 0,
        batches_given: HashSet::new(),
        machines: Machines::default(),
        stores: Stores::default(),
        queues: Queues::default(),
    };
    tenant.machines.ids = highest(&mut world.machines.iter().map(|machine| machine.id));
    let sessions = &mut world.machines.iter().map(|machine| machine.session);
    tenant.machines.session_ids = Ids { last: highest(sessions).last.max(FIRST_SESSION) };
    tenant.stores.bucket_ids = highest(&mut world.buckets.iter().map(|bucket| bucket.id));
    tenant.queues.ids = highest(&mut world.queues.iter().map(|queue| queue.id));
    if world.first_job_id < 1 {
        let value = world.first_job_id.to_string();
        return Err(WorldError::Value { property: "first-job-id", value, wanted: "a number from 1" });
    }
    check_switches(&world.switches)?;
    check_life(&world.life)?;
    add_folders(&mut tenant, world)?;
    for release in &world.releases {
        let folder = folder_of(&tenant, &release.name, &release.folder)?;
        add_release(&mut tenant, folder, release)?;
    }
    for machine in &world.machines {
        add_machine(&mut tenant, machine)?;
    }
    for robot in &world.robots {
        add_robot(&mut tenant, robot)?;
    }
    for bucket in &world.buckets {
        add_bucket(&mut tenant, bucket)?;
    }
    for queue in &world.queues {
        add_queue(&mut tenant, queue)?;
    }
    Ok(tenant)
}

/// The statuses of refusals are statuses of refusals.
fn check_switches(switches: &Switches) -> Result<(), WorldError> {
    let statuses = [
        switches.wrong_password_status,
        switches.wrong_client_status,
        switches.missing_scope_status,
        switches.pending_already_status,
    ];
    match statuses.into_iter().find(|status| !(400..=599).contains(status)) {
        None => Ok(()),
        Some(status) => {
            let (property, value) = ("status", status.to_string());
            Err(WorldError::Value { property, value, wanted: "from 400 to 599" })
        }
    }
}

/// What a life names has its use, and a name of the API's.
fn check_life(life: &Life) -> Result<(), WorldError> {
    if !life.faults.is_empty() && !life.ends.contains(&End::Faulted) {
        let value = "faults".to_owned();
        return Err(WorldError::Value { property: "key of such a life", value, wanted: "`Faulted` among its `ends`" });
    }
    match life.pending_reasons.iter().find(|reason| !VALIDATION_CODES.contains(&reason.as_str())) {
        None => Ok(()),
        Some(reason) => {
            let wanted = "`RobotBusy`, `TemplateNoHostsAvailable` and their like";
            Err(WorldError::Value { property: "pending reason", value: reason.clone(), wanted })
        }
    }
}

/// The version that a release has from the beginning.
pub(super) fn first_version(release: i64, text: Option<&str>) -> VersionEntry {
    VersionEntry { id: release, text: text.unwrap_or("1.0.0").to_owned(), since: Moment::default() }
}

fn add_folders(tenant: &mut Tenant, world: &World) -> Result<(), WorldError> {
    // A parent comes before its children, wherever it is listed: else it would be made without its own number.
    let mut folders: Vec<_> = world.folders.iter().collect();
    folders.sort_by_key(|folder| folder.path.matches('/').count());
    for folder in folders {
        if folder.path.is_empty() || folder.path.split('/').any(str::is_empty) {
            let (property, value) = ("path", folder.path.clone());
            return Err(WorldError::Value { property, value, wanted: "names joined by `/`" });
        }
        let key = folder.key.unwrap_or_else(|| guid_of("folder", &folder.path));
        let taken_id = folder.id.filter(|id| tenant.folder_with_id(*id).is_some());
        if tenant.folder_with_path(&folder.path).is_some() {
            return Err(twice("folders", "path", &folder.path));
        } else if let Some(id) = taken_id {
            return Err(twice("folders", "id", &id.to_string()));
        } else if tenant.folder_with_key(key).is_some() {
            return Err(twice("folders", "key", &key.to_string()));
        }
        tenant.new_folder(&folder.path, folder.id, Some(key), folder);
    }
    Ok(())
}

fn add_release(tenant: &mut Tenant, folder: FolderAt, release: &Release) -> Result<(), WorldError> {
    let place = format!("{}/{}", release.folder, release.name);
    let key = release.key.unwrap_or_else(|| guid_of("release", &place));
    if release.name.is_empty() {
        return Err(no_name(&release.name));
    }
    if tenant.release_with_name(folder, &release.name).is_some() {
        return Err(twice("releases", "name", &place));
    }
    if tenant.release_with_key(key).is_some() {
        return Err(twice("releases", "key", &key.to_string()));
    }
    if let Some(id) = release.id.filter(|id| tenant.releases.iter().any(|known| known.id == *id)) {
        return Err(twice("releases", "id", &id.to_string()));
    }
    if let Some(refuse) = release.refuse.as_ref().filter(|refuse| !(400..=599).contains(&refuse.status)) {
        let (property, value) = ("status", refuse.status.to_string());
        return Err(WorldError::Value { property, value, wanted: "from 400 to 599" });
    }
    release.lives.iter().try_for_each(check_life)?;
    let lives: Vec<Arc<Life>> = match release.lives.as_slice() {
        [] => vec![Arc::clone(&tenant.life)],
        lives => lives.iter().cloned().map(Arc::new).collect(),
    };
    let id = tenant.release_ids.take(release.id);
    let mut versions = vec![first_version(id, release.version.as_deref())];
    let mut switches: Vec<_> = release.switches_to.iter().collect();
    switches.sort_by_key(|switch| switch.after);
    versions.extend(switches.iter().zip(1..).map(|(switch, number)| VersionEntry {
        id: id + VERSION_STEP * number,
        text: switch.version.clone(),
        since: tenant.opened.0.after(switch.after),
    }));
    tenant.new_release(ReleaseEntry {
        id,
        key,
        name: release.name.clone(),
        package: release.package.clone().unwrap_or_else(|| release.name.replace(' ', "_")),
        versions,
        folder,
        signature: release.arguments.clone(),
        arguments: release.arguments.as_ref().and_then(|signature| metadata(signature, tenant.switches.signature_form)),
        lives,
        refuse: release.refuse.clone(),
        started: 0,
    });
    Ok(())
}

fn add_robot(tenant: &mut Tenant, robot: &Robot) -> Result<(), WorldError> {
    if let Some(id) = robot.id.filter(|id| tenant.robot_by_id.contains_key(id)) {
        return Err(twice("robots", "id", &id.to_string()));
    }
    let folders = folders_of(tenant, &robot.name, &robot.folders)?;
    let machine = robot.machine.as_deref().map(|name| match tenant.machine_with_name(name) {
        Some(at) => at,
        None => tenant.new_machine(&Machine { kind: MachineKind::Standard, ..Machine::named(name) }),
    });
    for (at, folder) in machine.iter().flat_map(|at| folders.iter().map(move |folder| (*at, *folder))) {
        tenant.assign_machine(at, folder);
    }
    let id = tenant.robot_ids.take(robot.id);
    let entry = robot_entry(id, &robot.name, robot.username.clone(), machine, folders);
    tenant.new_robot(entry);
    Ok(())
}

fn add_machine(tenant: &mut Tenant, machine: &Machine) -> Result<(), WorldError> {
    let taken = |what: Option<MachineAt>| what.is_some();
    if machine.name.is_empty() {
        return Err(no_name(&machine.name));
    } else if taken(tenant.machine_with_name(&machine.name)) {
        return Err(twice("machines", "name", &machine.name));
    } else if let Some(id) = machine.id.filter(|id| taken(tenant.machine_with_id(*id))) {
        return Err(twice("machines", "id", &id.to_string()));
    } else if let Some(session) = machine.session.filter(|session| taken(tenant.machine_with_session(*session))) {
        return Err(twice("machines", "session", &session.to_string()));
    }
    let folders = folders_of(tenant, &machine.name, &machine.folders)?;
    let at = tenant.new_machine(machine);
    for folder in folders {
        tenant.assign_machine(at, folder);
    }
    Ok(())
}

fn add_bucket(tenant: &mut Tenant, bucket: &Bucket) -> Result<(), WorldError> {
    if bucket.name.is_empty() {
        return Err(no_name(&bucket.name));
    } else if tenant.stores.buckets().any(|known| known.name == bucket.name) {
        return Err(twice("buckets", "name", &bucket.name));
    } else if let Some(id) = bucket.id.filter(|id| tenant.stores.buckets().any(|known| known.id == *id)) {
        return Err(twice("buckets", "id", &id.to_string()));
    }
    let folders = folders_of(tenant, &bucket.name, &bucket.folders)?;
    tenant.stores.new_bucket(&bucket.name, bucket.id, bucket.key, folders);
    Ok(())
}

fn add_queue(tenant: &mut Tenant, queue: &Queue) -> Result<(), WorldError> {
    let folder = folder_of(tenant, &queue.name, &queue.folder)?;
    if queue.name.is_empty() {
        return Err(no_name(&queue.name));
    } else if tenant.has_queue(folder, &queue.name) {
        return Err(twice("queues", "name", &format!("{}/{}", queue.folder, queue.name)));
    }
    tenant.new_queue(folder, &queue.name, queue.id, queue.unique_reference);
    Ok(())
}

/// A robot with a GUID of its own.
pub(super) fn robot_entry(
    id: i64,
    name: &str,
    username: Option<String>,
    machine: Option<MachineAt>,
    folders: Vec<FolderAt>,
) -> RobotEntry {
    let key = guid_of("robot", &id.to_string());
    RobotEntry { id, key, name: name.to_owned(), username, machine, folders }
}

fn folders_of(tenant: &Tenant, what: &str, paths: &[String]) -> Result<Vec<FolderAt>, WorldError> {
    paths.iter().map(|path| folder_of(tenant, what, path)).collect()
}

fn no_name(value: &str) -> WorldError {
    WorldError::Value { property: "name", value: value.to_owned(), wanted: "at least one character" }
}

fn folder_of(tenant: &Tenant, what: &str, path: &str) -> Result<FolderAt, WorldError> {
    let missing = || WorldError::NoSuchFolder { what: what.to_owned(), folder: path.to_owned() };
    tenant.folder_with_path(path).ok_or_else(missing)
}

fn twice(what: &'static str, property: &'static str, value: &str) -> WorldError {
    WorldError::Twice { what, property, value: value.to_owned() }
}

/// JSON text of `ArgumentMetadata`: each side is itself the JSON text of an array.
fn metadata(signature: &Signature, form: SignatureForm) -> Option<String> {
    match form {
        SignatureForm::List => {}
        SignatureForm::Schema => return Some(schemas(signature)),
        SignatureForm::Absent => return None,
    }
    let full_type = |argument: &Argument| {
        let r#type = argument.r#type.clone();
        if r#type.contains(',') { r#type } else { format!("{type}, {CORE_LIBRARY}") }
    };
    let input = |(name, argument): (&String, &Argument)| {
        json!({"name": name, "type": full_type(argument), "required": argument.required,
               "hasDefault": argument.has_default})
    };
    let output = |(name, argument): (&String, &Argument)| json!({"name": name, "type": full_type(argument)});
    let text = |items: serde_json::Value| items.to_string();
    let side = |side: &BTreeMap<String, Argument>, shown: &dyn Fn((&String, &Argument)) -> serde_json::Value| {
        text(side.iter().map(shown).collect())
    };
    Some(json!({"Input": side(&signature.input, &input), "Output": side(&signature.output, &output)}).to_string())
}

/// The same as JSON schemas, which have names and nothing more.
fn schemas(signature: &Signature) -> String {
    let side = |side: &BTreeMap<String, Argument>| {
        let properties: serde_json::Map<_, _> = side.keys().map(|name| (name.clone(), json!({}))).collect();
        json!({"type": "object", "properties": properties}).to_string()
    };
    json!({"Input": side(&signature.input), "Output": side(&signature.output)}).to_string()
}

/// The GUID of a release that the sandbox makes itself.
pub(super) fn release_key(folder: &str, name: &str) -> Uuid {
    guid_of("release", &format!("{folder}/{name}"))
}
