//! A valid manifest, as the stages behind `spec` know it.
//!
//! In: what was read and judged. Out: plain types; values stay nodes, since they may be expressions. Never: judges.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};

use super::fan_out::FanOut;
use super::follow_up::{FollowUpKeys, JobNeed};
use super::schedule::RunSchedule;
use crate::format::{self, Job, Limits, ParamType, Rate, ReportFormat};
use crate::manifest::{Document, NodeId};
use crate::pace::Pace;
use crate::source::Place;
use crate::template::ExpressionCache;

/// A valid manifest.
#[derive(Debug)]
pub struct Spec {
    /// The text's tree, which the nodes below belong to.
    pub document: Document,
    /// Every expression of the manifest, compiled.
    pub expressions: ExpressionCache,
    /// The manifest's name.
    pub name: String,
    /// The folder for jobs without their own.
    pub folder: Option<NodeId>,
    /// The params, in the order written.
    pub params: Vec<ParamSpec>,
    /// The variables, each after those that it uses.
    pub vars: Vec<VariableSpec>,
    /// The environment variables that expressions may read.
    pub env: Vec<Box<str>>,
    /// The secrets, in the order written.
    pub secrets: Vec<SecretSpec>,
    /// What is merged under each job.
    pub defaults: Option<Job>,
    /// How fast and how much.
    pub limits: LaunchLimits,
    /// Whether every robot job of a run is counted before it ends.
    pub verify: bool,
    /// What follows once launches are sent.
    pub follow_up: FollowUpKeys,
    /// The schedule that fires it.
    pub schedule: Option<RunSchedule>,
    /// The reports that a run writes.
    pub reports: Vec<ReportSpec>,
    /// The jobs, in the order written.
    pub jobs: Vec<JobSpec>,
    /// Where `jobs` stands.
    pub jobs_place: Place,
    /// Keys that are valid but cannot be carried out yet, in the order written.
    pub deferred: Vec<UnsupportedKey>,
}

/// A value that is given at run time.
#[derive(Clone, Debug)]
pub struct ParamSpec {
    /// Its name.
    pub name: Box<str>,
    /// Where its name stands.
    pub place: Place,
    /// The type of its values.
    pub kind: ParamType,
    /// The only values that it takes, of that type; empty: any.
    pub choices: Vec<serde_json::Value>,
    /// Its value where none is given, of that type.
    pub default: Option<serde_json::Value>,
    /// Whether a value must be given.
    pub is_required: bool,
}

/// A named value.
#[derive(Clone, Debug)]
pub struct VariableSpec {
    /// Its name.
    pub name: Box<str>,
    /// Its value, expressions and all.
    pub node: NodeId,
}

/// A secret, and where its value comes from once it is needed.
#[derive(Clone, Debug)]
pub struct SecretSpec {
    /// Its name.
    pub name: Box<str>,
    /// Where its name stands.
    pub place: Place,
    /// Where it comes from.
    pub from: SecretOrigin,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretOrigin {
    /// The environment variable of this name.
    Env(String),
    /// This file, whose path is relative to the manifest's folder.
    File(String),
    /// What this program prints, with these arguments; at least one word.
    Command(Vec<String>),
}

impl fmt::Display for SecretOrigin {
    /// `variable TOKEN`, `file token.txt`, `command pass show robot`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "variable {name}"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Command(words) => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                write!(f, "command {}", shlex::try_join(words.iter().copied()).unwrap_or_else(|_| words.join(" ")))
            }
        }
    }
}

/// A report of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSpec {
    /// Its form.
    pub format: ReportFormat,
    /// The file, relative to the manifest's folder and below it.
    pub path: Box<str>,
    /// Where it is named.
    pub place: Place,
}

/// How fast launches are sent, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaunchLimits {
    /// Rate and burst of launches.
    pub pace: Pace,
    /// So many requests open at the same time, at most.
    pub concurrency: NonZeroUsize,
    /// How often the server's lists may be read, for all that a run wants to know of them.
    pub poll: Pace,
    /// So many launches in a plan, at most.
    pub launches: u32,
    /// Where `launches` stands, if it was written.
    pub launches_place: Option<Place>,
}

impl Default for LaunchLimits {
    /// What holds where a manifest says nothing.
    fn default() -> Self {
        Self::from(Limits::default())
    }
}

impl From<Limits> for LaunchLimits {
    fn from(written: Limits) -> Self {
        let launch = written.launch.unwrap_or_default();
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let Rate { amount, per } = launch.rate.unwrap_or(format::LAUNCH_RATE);
        let burst = at_least_one(launch.burst.unwrap_or(format::BURST));
        let concurrency = at_least_one(launch.concurrency.unwrap_or(format::CONCURRENCY));
        let poll = written.poll.and_then(|poll| poll.rate).unwrap_or(format::POLL_RATE);
        Self {
            pace: Pace::new(at_least_one(amount), per, burst),
            concurrency: NonZeroUsize::try_from(concurrency).unwrap_or(NonZeroUsize::MIN),
            poll: Pace::at_most(at_least_one(poll.amount), poll.per),
            launches: written.launches.unwrap_or(format::LAUNCHES),
            launches_place: None,
        }
    }
}

/// A job: a template for launches.
#[derive(Clone, Debug)]
pub struct JobSpec {
    /// Its name.
    pub name: Box<str>,
    /// The names that it had before, the first one first: its launches' ids keep that. Empty if it has had no other.
    pub earlier_names: Vec<Box<str>>,
    /// Where its name stands.
    pub place: Place,
    /// Its fields.
    pub node: NodeId,
    /// What makes many launches of it, or leaves one out; `None` if it is one launch, whatever the inputs.
    pub fan_out: Option<Box<FanOut>>,
    /// What it needs of other jobs, in the order written.
    pub needs: Vec<JobNeed>,
    /// Whether another job needs to know how its robot jobs end.
    pub is_needed: bool,
}

impl JobSpec {
    /// The name that its launches' ids begin with.
    #[must_use]
    pub fn id_name(&self) -> &str {
        self.earlier_names.first().unwrap_or(&self.name)
    }
}

/// A key that is valid but cannot be carried out yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedKey {
    /// The complaint, whole.
    pub what: Box<str>,
    /// Where the key stands.
    pub place: Place,
}
