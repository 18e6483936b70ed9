//! Machines: where robot jobs run.

use serde::Deserialize;
use uuid::Uuid;

/// A machine, or a template of machines. It has one session: one host that is connected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Machine {
    /// The name; unique.
    pub name: String,
    /// The number; the next free one where absent.
    pub id: Option<i64>,
    /// The GUID; made from the name where absent.
    pub key: Option<Uuid>,
    /// A template unless said otherwise.
    pub kind: MachineKind,
    /// How many unattended runtimes it offers.
    pub runtimes: u32,
    /// The name of the connected host; the machine's own where absent.
    pub host: Option<String>,
    /// The number of its session (`MachineSessionIds`); the next free one where absent.
    pub session: Option<i64>,
    /// The paths of the folders that it is assigned to.
    pub folders: Vec<String>,
}

/// The two kinds of machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MachineKind {
    /// One host.
    Standard,
    /// Any number of hosts.
    #[default]
    Template,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            name: String::new(),
            id: None,
            key: None,
            kind: MachineKind::default(),
            runtimes: 1,
            host: None,
            session: None,
            folders: Vec::new(),
        }
    }
}

impl Machine {
    /// A template called `name`, with one runtime; it still needs a [`folder`](Self::folder).
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Sets the number.
    #[must_use]
    pub fn id(self, id: i64) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Sets the number of its session.
    #[must_use]
    pub fn session(self, session: i64) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Sets how many unattended runtimes it offers.
    #[must_use]
    pub fn runtimes(self, runtimes: u32) -> Self {
        Self { runtimes, ..self }
    }

    /// Adds a folder that it is assigned to.
    #[must_use]
    pub fn folder(mut self, path: impl Into<String>) -> Self {
        self.folders.push(path.into());
        self
    }
}
