//! What a sandbox holds when it starts: a tenant's folders, releases and robots, and how their robot jobs live.
//!
//! In: code, or a file (`--world FILE`, YAML or JSON; `docs/sandbox.md`). Out: a description, which `Tenant::open`
//! makes live. Never: robot jobs, time, or a rule of the API.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use uuid::Uuid;

pub use job_fault::{JobFault, JobFaultClass};
pub use life::{End, HostCrash, Life, RobotLogLevel, RobotLogLine, TriggerType, WaitsFor};
pub use machine::{Machine, MachineKind};
pub use provide::FolderName;
pub use store::{Bucket, Queue};
pub use switches::Switches;

mod build;
pub(super) mod job_fault;
pub(super) mod life;
mod machine;
mod provide;
mod store;
pub mod switches;
mod wordings;

/// A tenant before its first robot job.
///
/// ```
/// use orchestrator_sandbox::world::{Folder, Release, Robot, World};
/// let world = World::new()
///     .folder(Folder::at("Finance/AP").id(7))
///     .release(Release::named("Invoice Loader").folder("Finance/AP"))
///     .robot(Robot::named("ETL-01").id(1553).folder("Finance/AP"));
/// assert_eq!(world.folders.len(), 1);
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct World {
    /// The names that the tenant header, or the address, may give. The first is meant where neither gives one.
    pub tenants: Vec<String>,
    /// Whether a request without the tenant header is refused, as on-premises servers with several tenants do.
    pub tenant_header: TenantHeader,
    /// What happens to a folder, release or robot that is asked for and does not exist.
    pub mode: Mode,
    /// How the server answers where servers may differ.
    pub switches: Switches,
    /// The id of the first robot job; the following ones count on from it.
    pub first_job_id: i64,
    /// How the robot jobs of a release live that says nothing of its own.
    pub life: Life,
    /// The folders. Parents that are not listed are made.
    pub folders: Vec<Folder>,
    /// The releases, each in one folder.
    pub releases: Vec<Release>,
    /// The robots, each in one or several folders.
    pub robots: Vec<Robot>,
    /// The machines, each in one or several folders. Those that robots name and nobody lists are made.
    pub machines: Vec<Machine>,
    /// The storage buckets.
    pub buckets: Vec<Bucket>,
    /// The queues, each in one folder.
    pub queues: Vec<Queue>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            tenants: vec!["Default".to_owned()],
            tenant_header: TenantHeader::default(),
            mode: Mode::default(),
            switches: Switches::default(),
            first_job_id: 160_856,
            life: Life::default(),
            folders: Vec::new(),
            releases: Vec::new(),
            robots: Vec::new(),
            machines: Vec::new(),
            buckets: Vec::new(),
            queues: Vec::new(),
        }
    }
}

/// What a sandbox does when something unknown is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Refuses it, as the service does.
    #[default]
    Strict,
    /// Makes it, so that any manifest can be tried.
    Obliging,
}

/// Whether the tenant must be named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TenantHeader {
    /// The first tenant is meant where none is named.
    #[default]
    Optional,
    /// A request that names no tenant is refused with 400.
    Required,
}

/// A folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Folder {
    /// The fully qualified path, segments joined by `/`; unique.
    pub path: String,
    /// The number; the next free one where absent.
    pub id: Option<i64>,
    /// The GUID; made from the path where absent.
    pub key: Option<Uuid>,
    /// Modern unless said otherwise.
    pub kind: FolderKind,
    /// How many unattended runtimes there are: those of its machines where absent. With 0, starts that need one
    /// are refused (409, 2818).
    pub runtimes: Option<u32>,
}

/// The two kinds of folders that Orchestrator has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FolderKind {
    /// Robots are given out by machine templates and accounts.
    #[default]
    Modern,
    /// Robots stand in environments; one robot takes one pending job of a release (1670).
    Classic,
}

/// A release, which the UI calls a process.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Release {
    /// The name; unique within its folder.
    pub name: String,
    /// The path of its folder.
    pub folder: String,
    /// The number; the next free one where absent.
    pub id: Option<i64>,
    /// The GUID; made from folder and name where absent.
    pub key: Option<Uuid>,
    /// The package's id (`ProcessKey`); the name with `_` for spaces where absent.
    pub package: Option<String>,
    /// The package's version; `1.0.0` where absent.
    pub version: Option<String>,
    /// The package's signature; none where absent, as for packages that declare none.
    pub arguments: Option<Signature>,
    /// The versions that it is switched to, each at its time: a job has the one that is current when it starts.
    #[serde(deserialize_with = "life::one_or_many")]
    pub switches_to: Vec<VersionSwitch>,
    /// How its robot jobs live, in turn where there are several; the world's `life` where there is none.
    #[serde(rename = "life", deserialize_with = "life::one_or_many")]
    pub lives: Vec<Life>,
    /// Answers every start of this release with this refusal: a missing licence, a quota, a permission.
    pub refuse: Option<RefusalSpec>,
}

/// Another version of a release's package.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionSwitch {
    /// The version.
    pub version: String,
    /// How long after the sandbox's start it becomes the current one.
    #[serde(deserialize_with = "life::span")]
    pub after: Duration,
}

/// A package's arguments, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Signature {
    /// What it takes.
    pub input: BTreeMap<String, Argument>,
    /// What it gives.
    pub output: BTreeMap<String, Argument>,
}

/// One argument of a package.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Argument {
    /// The .NET type; the assembly's name may follow a comma.
    pub r#type: String,
    /// Whether it must be given.
    pub required: bool,
    /// Whether the package has a default for it.
    pub has_default: bool,
}

impl Default for Argument {
    fn default() -> Self {
        Self { r#type: "System.String".to_owned(), required: false, has_default: false }
    }
}

/// A refusal in the form of the service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RefusalSpec {
    /// The HTTP status, from 400 to 599.
    pub status: u16,
    /// The `errorCode`.
    pub code: i64,
    /// The message.
    pub message: String,
}

/// A robot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Robot {
    /// The name; the API allows 19 characters.
    pub name: String,
    /// The number; the next free one where absent.
    pub id: Option<i64>,
    /// The account: `DOMAIN\user` or `user`.
    pub username: Option<String>,
    /// The machine's name.
    pub machine: Option<String>,
    /// The paths of the folders that it works in.
    pub folders: Vec<String>,
}

/// A world that cannot be: what is wrong with it, in the words of its file.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The file's text is not a world.
    #[error("the world cannot be read")]
    Unreadable(#[source] Box<serde_yaml::Error>),
    /// Two things of one kind share what must be unique.
    #[error("two {what} have the {property} `{value}`")]
    Twice {
        /// `folders`, `releases`, `robots`, `machines`, `buckets` or `queues`.
        what: &'static str,
        /// The property.
        property: &'static str,
        /// Its value.
        value: String,
    },
    /// A release or robot stands in a folder that is not listed.
    #[error("`{what}` stands in the folder `{folder}`, which is not listed")]
    NoSuchFolder {
        /// The name of the release or robot.
        what: String,
        /// The path.
        folder: String,
    },
    /// A value that its property cannot have.
    #[error("`{value}` is not a {property}: {wanted}")]
    Value {
        /// The property.
        property: &'static str,
        /// The value.
        value: String,
        /// What would do.
        wanted: &'static str,
    },
}
