//! How a robot job that ends `Faulted` does so: of a named class, with a wording seen in public, or as it is given.

use std::fmt;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IntoDeserializer as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::life::optional_span;
use super::wordings::{APPLICATION, BUSINESS, CAPACITY, PLATFORM, QUOTA, RESULT_LOST, SESSION, TIME_LIMIT, Wording};

/// The classes of causes, each with wordings of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobFaultClass {
    /// The robot got no session. The job never started.
    Session,
    /// Nobody was free who could have taken it. The job never started.
    Capacity,
    /// A licence's allowance was used up. The job never started.
    Quota,
    /// It ran as long as it may run at most.
    TimeLimit,
    /// The robot, its session or its machine went away in the middle.
    Platform,
    /// The work was done, and its result could not be handed back.
    ResultLost,
    /// The workflow itself said that the case cannot be handled.
    Business,
    /// The workflow failed.
    Application,
}

impl JobFaultClass {
    /// Every class.
    pub const ALL: [Self; 8] = [
        Self::Session,
        Self::Capacity,
        Self::Quota,
        Self::TimeLimit,
        Self::Platform,
        Self::ResultLost,
        Self::Business,
        Self::Application,
    ];

    /// How many wordings it has: one after the other, and round again.
    pub fn count_wordings(self) -> usize {
        self.wordings().len()
    }

    fn wordings(self) -> &'static [Wording] {
        match self {
            Self::Session => SESSION,
            Self::Capacity => CAPACITY,
            Self::Quota => QUOTA,
            Self::TimeLimit => TIME_LIMIT,
            Self::Platform => PLATFORM,
            Self::ResultLost => RESULT_LOST,
            Self::Business => BUSINESS,
            Self::Application => APPLICATION,
        }
    }

    /// Whether such a job has run at all.
    fn starts(self) -> bool {
        match self {
            Self::Session | Self::Capacity | Self::Quota => false,
            Self::TimeLimit | Self::Platform | Self::ResultLost | Self::Business | Self::Application => true,
        }
    }
}

/// One such end. What it does not give is its class's, or nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFault {
    /// The class whose wordings are used, in turn.
    pub class: Option<JobFaultClass>,
    /// `JobDto.Info`.
    pub info: Option<String>,
    /// `JobDto.ErrorCode`, and `JobError.code`.
    pub code: Option<String>,
    /// `JobError.title`.
    pub title: Option<String>,
    /// `JobError.detail`; the info where absent.
    pub detail: Option<String>,
    /// `JobError.category`: `User`, `Deployment`, `System`. Without one there is no `JobError`.
    pub category: Option<String>,
    /// `JobError.status`.
    pub status: Option<u16>,
    /// How long it runs before; as long as its life says where absent, half of it for [`JobFaultClass::Platform`].
    pub after: Option<Duration>,
    /// Whether it has run at all; the class's way where absent, else it has.
    pub starts: Option<bool>,
}

impl JobFault {
    /// One of a class.
    #[must_use]
    pub fn of(class: JobFaultClass) -> Self {
        Self { class: Some(class), ..Self::default() }
    }

    /// One with an `Info` of its own, and nothing else.
    #[must_use]
    pub fn saying(info: impl Into<String>) -> Self {
        Self { info: Some(info.into()), ..Self::default() }
    }

    /// Lets it run for so long before.
    #[must_use]
    pub fn after(self, after: Duration) -> Self {
        Self { after: Some(after), ..self }
    }

    /// Whether a job that ends so has run.
    pub(crate) fn has_run(&self) -> bool {
        self.starts.unwrap_or_else(|| self.class.is_none_or(JobFaultClass::starts))
    }

    /// How long a job that ends so runs, where it would run for `whole`.
    pub(crate) fn runs_for(&self, whole: Duration) -> Duration {
        match (self.after, self.class) {
            (Some(after), _) => after,
            (None, Some(JobFaultClass::Platform)) => whole / 2,
            (None, _) => whole,
        }
    }

    /// What Orchestrator says of it the `round`th time, from 0.
    pub(crate) fn told(&self, round: usize) -> JobFaultTold<'_> {
        let wordings = self.class.map_or(&[][..], JobFaultClass::wordings);
        let wording = wordings.get(round % wordings.len().max(1));
        let info = self.info.as_deref().or(wording.map(|wording| wording.info));
        JobFaultTold {
            info,
            code: self.code.as_deref().or(wording.and_then(|wording| wording.code)),
            title: self.title.as_deref().unwrap_or("Job faulted"),
            detail: self.detail.as_deref().or(info),
            category: self.category.as_deref().or(wording.and_then(|wording| wording.category)),
            status: self.status,
        }
    }
}

/// What Orchestrator says of a robot job that faulted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JobFaultTold<'f> {
    pub(crate) info: Option<&'f str>,
    pub(crate) code: Option<&'f str>,
    pub(crate) title: &'f str,
    pub(crate) detail: Option<&'f str>,
    pub(crate) category: Option<&'f str>,
    pub(crate) status: Option<u16>,
}

/// The members of a fault that is given.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct FaultMembers {
    class: Option<JobFaultClass>,
    info: Option<String>,
    code: Option<String>,
    title: Option<String>,
    detail: Option<String>,
    category: Option<String>,
    status: Option<u16>,
    #[serde(deserialize_with = "optional_span")]
    after: Option<Duration>,
    starts: Option<bool>,
}

impl<'de> Deserialize<'de> for JobFault {
    /// A class, or members.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ClassOrMembers;
        impl<'de> Visitor<'de> for ClassOrMembers {
            type Value = JobFault;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a class of faults, or one with its `info`")
            }

            fn visit_str<E: serde::de::Error>(self, class: &str) -> Result<JobFault, E> {
                JobFaultClass::deserialize(class.into_deserializer()).map(JobFault::of)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<JobFault, A::Error> {
                let FaultMembers { class, info, code, title, detail, category, status, after, starts } =
                    FaultMembers::deserialize(MapAccessDeserializer::new(map))?;
                Ok(JobFault { class, info, code, title, detail, category, status, after, starts })
            }
        }
        deserializer.deserialize_any(ClassOrMembers)
    }
}
