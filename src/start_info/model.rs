//! What one call asks for, by field.
//!
//! In: a job's fields, rendered. Out: [`StartInfo`], by name or by id. Never: spells the API's JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::choices::{PriorityLevel, Runtime};
use super::input::Input;
use super::parts::{MachinePair, StopRule};
use crate::ids::{MachineId, ReleaseKey, RobotId};

/// Everything that one call asks for but release and Reference. `R` is a robot and `M` a machine: by name before names
/// are resolved, else [`RobotId`] and [`MachineId`].
#[derive(Clone, Debug, PartialEq)]
pub struct StartInfo<R, M = MachineRef> {
    /// Which robots, and how many robot jobs.
    pub strategy: RobotStrategy<R>,
    /// `RuntimeType`.
    pub runtime: Option<Runtime>,
    /// `JobPriority` or `SpecificPriorityValue`.
    pub priority: Option<LaunchPriority>,
    /// `InputArguments` or `InputFile`.
    pub input: Option<Input>,
    /// `EnvironmentVariables`: lines `KEY=VALUE`.
    pub environment: Option<Box<str>>,
    /// `MachineRobots`; empty: any machine.
    pub machines: Vec<MachinePair<M, R>>,
    /// `MachineSessionIds`; empty: any session.
    pub sessions: Vec<i64>,
    /// `StopProcessExpression`, `StopStrategy` and `KillProcessExpression`.
    pub stop: Option<StopRule>,
    /// Fields of `start-info`, by API name, in the order written.
    pub others: Vec<(Box<str>, Value)>,
}

/// How Orchestrator picks robots. Source: `docs/orchestrator-api.md`, section 4.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RobotStrategy<R> {
    /// One robot job on every available robot of the folder.
    All,
    /// One robot job on each of these robots; at least one.
    Specific(Vec<R>),
    /// Deprecated: so many robot jobs, sent as `NoOfRobots`.
    RobotCount(u32),
    /// Classic folders: so many robot jobs.
    JobsCount(u32),
    /// Modern folders: so many robot jobs, on these robots where some are named.
    ModernJobsCount(u32, Vec<R>),
}

/// A launch's priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchPriority {
    /// `JobPriority`.
    Level(PriorityLevel),
    /// `SpecificPriorityValue`, from 1 to 100.
    Value(u8),
}

/// A robot as an author names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RobotRef {
    /// By number.
    Id(RobotId),
    /// By `Name`, `Username` or `DOMAIN\user`.
    Name(String),
}

/// A machine as an author names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MachineRef {
    /// By number.
    Id(MachineId),
    /// By its name.
    Name(String),
}

/// How a body names its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseField<'a> {
    /// `ReleaseKey`: what sortie sends.
    Key(ReleaseKey),
    /// `ReleaseName`: what a plan shows before names are resolved.
    Name(&'a str),
    /// The package in the key's place: what a plan shows before it is known which release is meant.
    Package(&'a str),
}

impl<R> RobotStrategy<R> {
    /// The name, as the API spells it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Specific(_) => "Specific",
            Self::RobotCount(_) => "RobotCount",
            Self::JobsCount(_) => "JobsCount",
            Self::ModernJobsCount(..) => "ModernJobsCount",
        }
    }

    /// How many robot jobs one call starts; none for `All`, where only the server knows.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        match self {
            Self::All => None,
            Self::Specific(robots) => {
                Some(u32::try_from(robots.len()).expect("a manifest names fewer than 2^32 robots"))
            }
            Self::RobotCount(count) | Self::JobsCount(count) | Self::ModernJobsCount(count, _) => Some(*count),
        }
    }

    /// The strategy by which one of its robot jobs is started by itself; `None` where nobody knows on which robot that is.
    #[must_use]
    pub fn single(self) -> Option<Self> {
        if self.count() == Some(1) {
            return Some(self);
        }
        match self {
            Self::RobotCount(_) => Some(Self::RobotCount(1)),
            Self::JobsCount(_) => Some(Self::JobsCount(1)),
            Self::ModernJobsCount(_, robots) if robots.is_empty() => Some(Self::ModernJobsCount(1, robots)),
            Self::All | Self::Specific(_) | Self::ModernJobsCount(..) => None,
        }
    }

    /// The robots that are named.
    #[must_use]
    pub fn robots(&self) -> &[R] {
        match self {
            Self::Specific(robots) | Self::ModernJobsCount(_, robots) => robots,
            Self::All | Self::RobotCount(_) | Self::JobsCount(_) => &[],
        }
    }
}

impl<R, M> StartInfo<R, M> {
    /// The same with other robots and machines: one for each of the strategy's robots, and one for each pair.
    #[must_use]
    pub fn with_ids<S, N>(self, robots: Vec<S>, machines: Vec<MachinePair<N, S>>) -> StartInfo<S, N> {
        let strategy = match self.strategy {
            RobotStrategy::All => RobotStrategy::All,
            RobotStrategy::Specific(_) => RobotStrategy::Specific(robots),
            RobotStrategy::RobotCount(count) => RobotStrategy::RobotCount(count),
            RobotStrategy::JobsCount(count) => RobotStrategy::JobsCount(count),
            RobotStrategy::ModernJobsCount(count, _) => RobotStrategy::ModernJobsCount(count, robots),
        };
        let Self { runtime, priority, input, environment, sessions, stop, others, strategy: _, machines: _ } = self;
        StartInfo { strategy, runtime, priority, input, environment, machines, sessions, stop, others }
    }

    /// What one of its robot jobs is started by, all by itself; `None` where nobody knows on which robot that is.
    #[must_use]
    pub fn single(self) -> Option<Self> {
        let is_one = self.strategy.count() == Some(1);
        let names_places = self.sessions.len() > 1 || self.machines.iter().any(|pair| pair.robot.is_some());
        if names_places && !is_one {
            return None;
        }
        Some(Self { strategy: self.strategy.single()?, ..self })
    }

    /// The input arguments as written, however they are sent; `None` if a file or nothing is.
    #[must_use]
    pub fn arguments(&self) -> Option<&Map<String, Value>> {
        self.input.as_ref().and_then(Input::arguments)
    }
}
