//! How a robot job lives: how long it is pending, how long it runs, what befalls it, and where it ends.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::job_fault::{JobFault, JobFaultTold};

/// The life of a release's robot jobs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Life {
    /// From creation to start.
    #[serde(deserialize_with = "span")]
    pub pending: Duration,
    /// `Info` of a pending one: why it waits, as found when it was created, and never looked at again.
    pub pending_info: Option<String>,
    /// Why a pending one waits, as `ValidateExistingJob` finds it now: members of `ValidationResultDto.ErrorCodes`.
    pub pending_reasons: Vec<String>,
    /// From start to end.
    #[serde(deserialize_with = "span")]
    pub running: Duration,
    /// From the wish that a running one stop to its end.
    #[serde(deserialize_with = "span")]
    pub stopping: Duration,
    /// The crash of its host, after which the robot does once more what it was doing.
    pub again: Option<HostCrash>,
    /// Where they end: the first one in the first state, the second in the second, and round again. Never empty.
    #[serde(deserialize_with = "ends")]
    pub ends: Vec<End>,
    /// How those that end `Faulted` do so, in turn.
    pub faults: Vec<JobFault>,
    /// `SubState` of the successful ones, such as `WITH_FAULTS`. One that was stopped by a call has `MANUALLY`.
    pub sub_state: Option<String>,
    /// What a suspended one waits for.
    pub waits_for: Option<WaitsFor>,
    /// What the robot logged by the end of one that ended `Faulted`, the earliest first.
    pub logs: Vec<RobotLogLine>,
    /// `OutputArguments` of a successful one, any JSON object. Null where absent, whatever the package declares.
    pub output: Option<serde_json::Value>,
    /// `Info` at its end.
    pub info: Option<String>,
    /// How long after its end the server forgets it: in no list, and not found by number or key.
    #[serde(deserialize_with = "optional_span")]
    pub purged_after: Option<Duration>,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            pending: Duration::from_secs(1),
            pending_info: None,
            pending_reasons: Vec::new(),
            running: Duration::from_secs(2),
            stopping: Duration::from_secs(1),
            again: None,
            ends: vec![End::Successful],
            faults: Vec::new(),
            sub_state: None,
            waits_for: None,
            logs: Vec::new(),
            output: None,
            info: None,
            purged_after: None,
        }
    }
}

/// The state in which a robot job stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum End {
    /// Never gets a robot.
    Pending,
    /// Never ends.
    Running,
    /// Waits for a person, for ever.
    Suspended,
    /// Ends well.
    Successful,
    /// Ends in an error.
    Faulted,
    /// Was stopped.
    Stopped,
}

/// The crash of a host under a running robot job: it is executed once more from its beginning, with a new `StartTime`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostCrash {
    /// How long it has run then. One that ends before does not see it.
    #[serde(deserialize_with = "span")]
    pub after: Duration,
    /// How long it is `Pending` again before the robot is back; with none it stays `Running`.
    #[serde(deserialize_with = "span")]
    pub pending: Duration,
    /// How often that happens to it.
    pub times: u32,
}

impl Default for HostCrash {
    fn default() -> Self {
        Self { after: Duration::ZERO, pending: Duration::ZERO, times: 1 }
    }
}

/// What a suspended robot job waits for, as `GetWithWaitEvents` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WaitsFor {
    /// `TriggerType`.
    pub r#type: TriggerType,
    /// `ItemName`: of the queue, the task, the other job.
    pub item: Option<String>,
    /// `TriggerMessage`.
    pub message: Option<String>,
}

/// A line of a robot's log, as `RobotLogs` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RobotLogLine {
    /// `Level`.
    pub level: RobotLogLevel,
    /// `Message`.
    pub message: String,
}

/// `Level` of a line, its members in the order of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum RobotLogLevel {
    /// Everything.
    Trace,
    /// For whoever debugs.
    Debug,
    /// As planned.
    Info,
    /// Worth a look.
    Warn,
    /// It failed.
    #[default]
    Error,
    /// It failed for good.
    Fatal,
}

/// `TriggerType` of a job's trigger, its members in the order of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TriggerType {
    /// Nothing that the API has a name for.
    None,
    /// An item of a queue.
    QueueItem,
    /// Another robot job.
    Job,
    /// A task for a person.
    #[default]
    Task,
    /// A time.
    Timer,
    /// A message of an inbox.
    Inbox,
    /// A call.
    Api,
}

impl Life {
    /// Jobs that are pending for `pending`, run for `running` and end in `end`.
    #[must_use]
    pub fn of(pending: Duration, running: Duration, end: End) -> Self {
        Self { pending, running, ends: vec![end], ..Self::default() }
    }

    /// Lets them end `Faulted`, by these faults in turn.
    #[must_use]
    pub fn faulting(self, faults: impl IntoIterator<Item = JobFault>) -> Self {
        Self { ends: vec![End::Faulted], faults: faults.into_iter().collect(), ..self }
    }

    /// Lets their host crash when they have run for `after`, and be back at once.
    #[must_use]
    pub fn again(self, after: Duration) -> Self {
        Self { again: Some(HostCrash { after, ..HostCrash::default() }), ..self }
    }

    /// Lets the server forget them so long after their end.
    #[must_use]
    pub fn purged_after(self, after: Duration) -> Self {
        Self { purged_after: Some(after), ..self }
    }

    /// Where the job ends that is the `number`th of its life, from 0.
    pub(crate) fn end_of(&self, number: usize) -> End {
        self.ends.get(number % self.ends.len().max(1)).copied().unwrap_or(End::Successful)
    }

    /// The fault of the job that is the `number`th of its life; none where its life names no faults.
    pub(crate) fn fault_of(&self, number: usize) -> Option<&JobFault> {
        self.faults.get(self.faulted_before(number) % self.faults.len().max(1))
    }

    /// What is said of that fault: each fault of the list has its wordings in turn.
    pub(crate) fn told_of(&self, number: usize) -> Option<JobFaultTold<'_>> {
        let round = self.faulted_before(number) / self.faults.len().max(1);
        self.fault_of(number).map(|fault| fault.told(round))
    }

    /// How many of the first `number` jobs end `Faulted`.
    fn faulted_before(&self, number: usize) -> usize {
        let faulted = |ends: &[End]| ends.iter().filter(|end| **end == End::Faulted).count();
        let length = self.ends.len().max(1);
        let part = self.ends.get(..number % length).unwrap_or(&self.ends);
        number / length * faulted(&self.ends) + faulted(part)
    }
}

/// A duration with its unit: `500ms`, `2s`, `10m`.
pub(crate) fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let span = jiff::SignedDuration::deserialize(deserializer)?;
    Duration::try_from(span).map_err(|_| serde::de::Error::custom("a duration is not negative"))
}

/// The same, or nothing.
pub(crate) fn optional_span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    struct Span(#[serde(deserialize_with = "span")] Duration);
    Ok(Option::<Span>::deserialize(deserializer)?.map(|span| span.0))
}

/// One thing that has members, or a list of such.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct OneOrMany<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("keys with their values, or a list of such")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut many = Vec::new();
            while let Some(item) = items.next_element()? {
                many.push(item);
            }
            Ok(many)
        }
    }
    deserializer.deserialize_any(OneOrMany(PhantomData))
}

/// One state, or a list of them.
fn ends<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<End>, D::Error> {
    struct Ends;
    impl<'de> Visitor<'de> for Ends {
        type Value = Vec<End>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a state, or a list of states")
        }

        fn visit_str<E: serde::de::Error>(self, state: &str) -> Result<Vec<End>, E> {
            End::deserialize(state.into_deserializer()).map(|end| vec![end])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut states: A) -> Result<Vec<End>, A::Error> {
            let mut ends = Vec::new();
            while let Some(end) = states.next_element()? {
                ends.push(end);
            }
            if ends.is_empty() { Err(serde::de::Error::custom("`ends` names at least one state")) } else { Ok(ends) }
        }
    }
    deserializer.deserialize_any(Ends)
}
