//! Providing for a plan: what it names is added to the world beforehand, where it is not there already.

use uuid::Uuid;

use super::{Folder, Machine, Release, Robot, World};

/// A folder as a plan may name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderName {
    /// By number.
    Id(i64),
    /// By fully qualified path.
    Path(String),
    /// By GUID.
    Key(Uuid),
}

impl World {
    /// Makes sure that there is such a folder, and returns its path.
    ///
    /// A folder asked for by number or GUID gets a path that says which.
    pub fn provide_folder(&mut self, name: &FolderName) -> String {
        let found = self.folders.iter().find(|folder| match name {
            FolderName::Id(id) => folder.id == Some(*id),
            FolderName::Path(path) => folder.path == *path,
            FolderName::Key(key) => folder.key == Some(*key),
        });
        if let Some(folder) = found {
            return folder.path.clone();
        }
        let folder = match name {
            FolderName::Id(id) => Folder::at(format!("Folder {id}")).id(*id),
            FolderName::Path(path) => Folder::at(path),
            FolderName::Key(key) => Folder::at(format!("Folder {key}")).key(*key),
        };
        self.folders.push(folder);
        self.folders.last().map(|folder| folder.path.clone()).expect("one was pushed")
    }

    /// Makes sure that the folder has a release called `name`.
    pub fn provide_release(&mut self, folder: &FolderName, name: &str) {
        let path = self.provide_folder(folder);
        if !self.releases.iter().any(|release| release.folder == path && release.name == name) {
            self.releases.push(Release::named(name).folder(path));
        }
    }

    /// Makes sure that the folder has a release called `name` whose package has `version`.
    pub fn provide_version(&mut self, folder: &FolderName, name: &str, version: &str) {
        self.provide_release(folder, name);
        let path = self.provide_folder(folder);
        let found = self.releases.iter_mut().find(|release| release.folder == path && release.name == name);
        if let Some(release) = found {
            release.version.get_or_insert_with(|| version.to_owned());
        }
    }

    /// Makes sure that the folder has a release of `package`, of `version` where one is given.
    pub fn provide_package(&mut self, folder: &FolderName, package: &str, version: Option<&str>) {
        let path = self.provide_folder(folder);
        let is_it = |release: &Release| {
            release.folder == path
                && release.package.as_deref() == Some(package)
                && (version.is_none() || release.version.as_deref() == version)
        };
        if !self.releases.iter().any(is_it) {
            let name = version.map_or_else(|| package.to_owned(), |version| format!("{package} {version}"));
            let version = version.map(str::to_owned);
            let package = Some(package.to_owned());
            self.releases.push(Release { package, version, ..Release::named(name).folder(path) });
        }
    }

    /// Makes sure that the folder has a release with the GUID `key`.
    pub fn provide_release_key(&mut self, folder: &FolderName, key: Uuid) {
        let path = self.provide_folder(folder);
        if !self.releases.iter().any(|release| release.key == Some(key)) {
            self.releases.push(Release::named(format!("Release {key}")).folder(path).key(key));
        }
    }

    /// Makes sure that the folder has a robot whose name, account, or account without its domain is `name`.
    pub fn provide_robot(&mut self, folder: &FolderName, name: &str) {
        let path = self.provide_folder(folder);
        let found = self.robots.iter_mut().find(|robot| {
            let username = robot.username.as_deref();
            robot.name == name
                || username == Some(name)
                || username.and_then(|username| username.rsplit('\\').next()) == Some(name)
        });
        match found {
            Some(robot) if robot.folders.contains(&path) => {}
            Some(robot) => robot.folders.push(path),
            None if name.contains('\\') => {
                let short = name.rsplit('\\').next().unwrap_or(name);
                self.robots.push(Robot::named(short).username(name).folder(path));
            }
            None => self.robots.push(Robot::named(name).folder(path)),
        }
    }

    /// Makes sure that the folder has a robot with the number `id`.
    pub fn provide_robot_id(&mut self, folder: &FolderName, id: i64) {
        let path = self.provide_folder(folder);
        match self.robots.iter_mut().find(|robot| robot.id == Some(id)) {
            Some(robot) if robot.folders.contains(&path) => {}
            Some(robot) => robot.folders.push(path),
            None => self.robots.push(Robot::named(format!("Robot-{id}")).id(id).folder(path)),
        }
    }

    /// Makes sure that the folder has a machine called `name`.
    pub fn provide_machine(&mut self, folder: &FolderName, name: &str) {
        let path = self.provide_folder(folder);
        match self.machines.iter_mut().find(|machine| machine.name == name) {
            Some(machine) if machine.folders.contains(&path) => {}
            Some(machine) => machine.folders.push(path),
            None => self.machines.push(Machine::named(name).folder(path)),
        }
    }
}
