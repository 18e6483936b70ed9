//! How a robot job lives: how long it is pending, how long it runs, and where it ends.

use std::fmt;
use std::time::Duration;

use serde::de::{IntoDeserializer as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The life of a release's robot jobs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Life {
    /// From creation to start.
    #[serde(deserialize_with = "span")]
    pub pending: Duration,
    /// From start to end.
    #[serde(deserialize_with = "span")]
    pub running: Duration,
    /// From the wish that a running one stop to its end.
    #[serde(deserialize_with = "span")]
    pub stopping: Duration,
    /// Where they end: the first one in the first state, the second in the second, and round again. Never empty.
    #[serde(deserialize_with = "ends")]
    pub ends: Vec<End>,
    /// `OutputArguments` of a successful one, any JSON object.
    pub output: Option<serde_json::Value>,
    /// `Info` at its end.
    pub info: Option<String>,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            pending: Duration::from_secs(1),
            running: Duration::from_secs(2),
            stopping: Duration::from_secs(1),
            ends: vec![End::Successful],
            output: None,
            info: None,
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

impl Life {
    /// Jobs that are pending for `pending`, run for `running` and end in `end`.
    #[must_use]
    pub fn of(pending: Duration, running: Duration, end: End) -> Self {
        Self { pending, running, ends: vec![end], ..Self::default() }
    }

    /// Where the job ends that is the `number`th of its release, from 0.
    pub(crate) fn end_of(&self, number: usize) -> End {
        self.ends.get(number % self.ends.len().max(1)).copied().unwrap_or(End::Successful)
    }
}

/// A duration with its unit: `500ms`, `2s`, `10m`.
pub(crate) fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let span = jiff::SignedDuration::deserialize(deserializer)?;
    Duration::try_from(span).map_err(|_| serde::de::Error::custom("a duration is not negative"))
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
