//! A world in code, and from a file's text.

use std::time::Duration;

use uuid::Uuid;

use super::{
    Argument, Bucket, Folder, FolderKind, Life, Machine, Mode, Queue, RefusalSpec, Release, Robot, Signature, Switches,
    VersionSwitch, World, WorldError,
};

impl World {
    /// A strict, empty world with the tenant `Default`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty world that makes what it is asked for.
    #[must_use]
    pub fn obliging() -> Self {
        Self { mode: Mode::Obliging, ..Self::default() }
    }

    /// Reads a world from YAML or JSON text.
    ///
    /// Errors: [`WorldError::Unreadable`]. Whether names are unique and folders exist is found when it is opened.
    pub fn from_text(text: &str) -> Result<Self, WorldError> {
        let options = serde_yaml::options! { strict_booleans: true, with_snippet: false };
        serde_yaml::from_str_with_options(text, options).map_err(|error| WorldError::Unreadable(Box::new(error)))
    }

    /// Adds a folder.
    #[must_use]
    pub fn folder(mut self, folder: Folder) -> Self {
        self.folders.push(folder);
        self
    }

    /// Adds a release.
    #[must_use]
    pub fn release(mut self, release: Release) -> Self {
        self.releases.push(release);
        self
    }

    /// Adds a robot.
    #[must_use]
    pub fn robot(mut self, robot: Robot) -> Self {
        self.robots.push(robot);
        self
    }

    /// Adds a machine.
    #[must_use]
    pub fn machine(mut self, machine: Machine) -> Self {
        self.machines.push(machine);
        self
    }

    /// Adds a storage bucket.
    #[must_use]
    pub fn bucket(mut self, bucket: Bucket) -> Self {
        self.buckets.push(bucket);
        self
    }

    /// Adds a queue.
    #[must_use]
    pub fn queue(mut self, queue: Queue) -> Self {
        self.queues.push(queue);
        self
    }

    /// Sets how the server answers where servers may differ.
    #[must_use]
    pub fn switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }

    /// Sets how robot jobs live whose release says nothing of its own.
    #[must_use]
    pub fn life(mut self, life: Life) -> Self {
        self.life = life;
        self
    }
}

impl Folder {
    /// A modern folder at `path`.
    #[must_use]
    pub fn at(path: impl Into<String>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    /// Sets the number.
    #[must_use]
    pub fn id(self, id: i64) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Sets the GUID.
    #[must_use]
    pub fn key(self, key: Uuid) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Sets the kind.
    #[must_use]
    pub fn kind(self, kind: FolderKind) -> Self {
        Self { kind, ..self }
    }

    /// Sets how many unattended runtimes there are.
    #[must_use]
    pub fn runtimes(self, runtimes: u32) -> Self {
        Self { runtimes: Some(runtimes), ..self }
    }
}

impl Release {
    /// A release called `name`; it still needs its [`folder`](Self::folder).
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Sets the path of its folder.
    #[must_use]
    pub fn folder(self, path: impl Into<String>) -> Self {
        Self { folder: path.into(), ..self }
    }

    /// Sets the GUID.
    #[must_use]
    pub fn key(self, key: Uuid) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Sets how its robot jobs live.
    #[must_use]
    pub fn life(self, life: Life) -> Self {
        self.lives([life])
    }

    /// Sets how its robot jobs live: the first one as the first life says, the second as the second, and round again.
    #[must_use]
    pub fn lives(self, lives: impl IntoIterator<Item = Life>) -> Self {
        Self { lives: lives.into_iter().collect(), ..self }
    }

    /// Sets the package's version.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        Self { version: Some(version.into()), ..self }
    }

    /// Adds the version that it is switched to so long after the sandbox's start.
    #[must_use]
    pub fn switches_to(mut self, version: impl Into<String>, after: Duration) -> Self {
        self.switches_to.push(VersionSwitch { version: version.into(), after });
        self
    }

    /// Adds an argument that it gives.
    #[must_use]
    pub fn output(mut self, name: impl Into<String>, argument: Argument) -> Self {
        self.arguments.get_or_insert_with(Signature::default).output.insert(name.into(), argument);
        self
    }

    /// Adds an argument that it takes.
    #[must_use]
    pub fn input(mut self, name: impl Into<String>, argument: Argument) -> Self {
        self.arguments.get_or_insert_with(Signature::default).input.insert(name.into(), argument);
        self
    }

    /// Sets the refusal that answers every start.
    #[must_use]
    pub fn refuse(self, status: u16, code: i64, message: impl Into<String>) -> Self {
        Self { refuse: Some(RefusalSpec { status, code, message: message.into() }), ..self }
    }
}

impl Robot {
    /// A robot called `name`; it still needs a [`folder`](Self::folder).
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Sets the number.
    #[must_use]
    pub fn id(self, id: i64) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Sets the account.
    #[must_use]
    pub fn username(self, username: impl Into<String>) -> Self {
        Self { username: Some(username.into()), ..self }
    }

    /// Sets the machine's name.
    #[must_use]
    pub fn machine(self, machine: impl Into<String>) -> Self {
        Self { machine: Some(machine.into()), ..self }
    }

    /// Adds a folder that it works in.
    #[must_use]
    pub fn folder(mut self, path: impl Into<String>) -> Self {
        self.folders.push(path.into());
        self
    }
}
