//! Obliging mode: what a request names and the tenant does not have is made on the spot.
//!
//! In strict mode each function only looks. A thing that exists elsewhere (a release of another folder) is never
//! moved: that answer is the service's own.

use std::sync::Arc;

use uuid::Uuid;

use super::{FolderAt, ReleaseAt, ReleaseEntry, RobotAt, Tenant, open};
use crate::refusal::Refusal;
use crate::world::switches::FolderHeaders;
use crate::world::{Folder, Mode};

/// A folder as request headers name it: by one or several of its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FolderAsked {
    pub(crate) id: Option<i64>,
    pub(crate) key: Option<Uuid>,
    /// Without a leading slash.
    pub(crate) path: Option<String>,
}

impl Tenant {
    /// The folder that a request means.
    ///
    /// Errors: 1101 where there is none; 1100 where it does not exist, or where two names mean two folders and the
    /// world's switch does not say which of them counts. That names which agree are accepted has been recorded.
    pub(crate) fn folder_asked(&mut self, asked: &FolderAsked) -> Result<FolderAt, Refusal> {
        let by_id = asked.id.map(|id| self.folder_with_id(id));
        let by_key = asked.key.map(|key| self.folder_with_key(key));
        let by_path = asked.path.as_deref().map(|path| self.folder_with_path(path));
        let in_order = match self.switches.folder_headers {
            FolderHeaders::MustAgree | FolderHeaders::IdFirst => [by_id, by_key, by_path],
            FolderHeaders::KeyFirst => [by_key, by_path, by_id],
            FolderHeaders::PathFirst => [by_path, by_key, by_id],
        };
        let mut found = in_order.into_iter().flatten();
        let first = found.next().ok_or_else(Refusal::no_folder)?;
        if self.switches.folder_headers == FolderHeaders::MustAgree && found.any(|other| other != first) {
            return Err(Refusal::unknown_folder());
        }
        match (first, self.mode) {
            (Some(at), _) => Ok(at),
            (None, Mode::Strict) => Err(Refusal::unknown_folder()),
            (None, Mode::Obliging) => {
                let path = match asked {
                    FolderAsked { path: Some(path), .. } => path.clone(),
                    FolderAsked { id: Some(id), .. } => format!("Folder {id}"),
                    FolderAsked { key, .. } => format!("Folder {}", key.unwrap_or_default()),
                };
                let is_path = !path.split('/').any(str::is_empty);
                match self.folder_with_path(&path) {
                    None if is_path => Ok(self.new_folder(&path, asked.id, asked.key, &Folder::default())),
                    Some(_) | None => Err(Refusal::unknown_folder()),
                }
            }
        }
    }

    /// The folder's release with a GUID.
    ///
    /// Errors: 404, 1002, also where the release is in another folder.
    pub(crate) fn release_asked(&mut self, folder: FolderAt, key: Uuid) -> Result<ReleaseAt, Refusal> {
        match (self.release_with_key(key), self.mode) {
            (Some(at), _) if self.release(at).folder == folder => Ok(at),
            (None, Mode::Obliging) => Ok(self.make_release(folder, &format!("Release {key}"), Some(key))),
            (Some(_), _) | (None, Mode::Strict) => Err(Refusal::no_such_process()),
        }
    }

    /// The folder's release with a name; made in obliging mode.
    pub(crate) fn release_called(&mut self, folder: FolderAt, name: &str) -> Option<ReleaseAt> {
        let found = self.release_with_name(folder, name);
        match self.mode {
            Mode::Obliging if found.is_none() && !name.is_empty() => Some(self.make_release(folder, name, None)),
            Mode::Obliging | Mode::Strict => found,
        }
    }

    /// The folder's robot with a number; made in obliging mode, or brought into the folder.
    pub(crate) fn robot_asked(&mut self, folder: FolderAt, id: i64) -> Option<RobotAt> {
        let found = self.robot_of(folder, id);
        if found.is_some() || self.mode == Mode::Strict {
            return found;
        }
        Some(match self.robot_by_id.get(&id).copied() {
            Some(at) => {
                self.robots[at.0].folders.push(folder);
                self.folders[folder.0].robots.push(at);
                at
            }
            None => self.make_robot(folder, Some(id), None),
        })
    }

    /// The folder's robots; one is made in obliging mode where there is none.
    pub(crate) fn robots_asked(&mut self, folder: FolderAt) -> Vec<RobotAt> {
        if self.folder(folder).robots.is_empty() && self.mode == Mode::Obliging {
            self.make_robot(folder, None, None);
        }
        self.folder(folder).robots.clone()
    }

    /// Makes sure, in obliging mode, that the folder has a robot of this name or account.
    pub(crate) fn oblige_robot(&mut self, folder: FolderAt, name: &str) {
        let mut robots = self.folder(folder).robots.iter().map(|at| self.robot(*at));
        let is_there = robots.any(|robot| robot.name == name || robot.username.as_deref() == Some(name));
        if self.mode == Mode::Obliging && !is_there {
            self.make_robot(folder, None, Some(name));
        }
    }

    fn make_release(&mut self, folder: FolderAt, name: &str, key: Option<Uuid>) -> ReleaseAt {
        let key = key.unwrap_or_else(|| open::release_key(&self.folder(folder).path, name));
        let (id, life) = (self.release_ids.take(None), Arc::clone(&self.life));
        self.new_release(ReleaseEntry {
            id,
            key,
            name: name.to_owned(),
            package: name.replace(' ', "_"),
            versions: vec![open::first_version(id, None)],
            folder,
            signature: None,
            arguments: None,
            lives: vec![life],
            refuse: None,
            started: 0,
        })
    }

    fn make_robot(&mut self, folder: FolderAt, id: Option<i64>, name: Option<&str>) -> RobotAt {
        let id = self.robot_ids.take(id);
        let own = format!("Robot-{id}");
        let name = name.unwrap_or(&own);
        let username = name.contains('\\').then(|| name.to_owned());
        let short = name.rsplit('\\').next().unwrap_or(name);
        self.new_robot(open::robot_entry(id, short, username, None, vec![folder]))
    }
}
