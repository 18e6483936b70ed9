//! What somebody asked of a run, or a rule of its manifest did, and what holds of it now.
//!
//! In: steerings, in the order in which they were noted. Out: [`Steered`]. Never: acts on any of it; that is `launch`.

use std::collections::BTreeMap;
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::launch_ranges::LaunchRanges;
use crate::clock::Timestamp;
use crate::ids::{LaunchId, Ordinal};
use crate::pace::Pace;

/// Something that is asked of a run while a process is at it, or while none is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "steering", rename_all = "kebab-case")]
pub enum Steering {
    /// Nothing more leaves until somebody lets it go on.
    Pause {
        /// When that was asked.
        at: Timestamp,
        /// The rule of the manifest that asks, and why; `None` if it is a person.
        why: Option<String>,
    },
    /// Nothing more leaves of one job, as a rule of the manifest has it, until somebody lets it go on.
    HoldJob {
        /// When that was.
        at: Timestamp,
        /// The manifest's job.
        job: String,
        /// The rule, and why.
        why: String,
    },
    /// It goes on: what was paused or cancelled is free again.
    Continue {
        /// When that was asked.
        at: Timestamp,
    },
    /// Other limits from now on.
    Set {
        /// When that was asked.
        at: Timestamp,
        /// The limits; what is `None` stays as it is.
        terms: SteeredTerms,
    },
    /// Nothing more leaves, and robot jobs that are not over are stopped.
    Cancel {
        /// When that was asked.
        at: Timestamp,
        /// The manifest's job that is meant; `None` if the whole run is.
        job: Option<String>,
        /// Whether robot jobs are killed; else they are asked to stop.
        kill: bool,
    },
    /// Nothing more of some launches leaves, and their robot jobs that are not over are stopped: with those of their retries. A
    /// variant of its own: a sortie that does not know it refuses the note, and does not take it for another cancellation.
    CancelLaunches {
        /// When that was asked.
        at: Timestamp,
        /// The filter that chose them, as they were at that moment.
        filter: String,
        /// The launches, by their places in the plan.
        launches: LaunchRanges,
        /// Whether robot jobs are killed; else they are asked to stop.
        kill: bool,
    },
    /// A process has carried out what was cancelled until then.
    Stopped {
        /// How many [`Steering::Cancel`] and [`Steering::CancelLaunches`] it had seen.
        cancels: u32,
        /// What came of it.
        tally: StopTally,
    },
}

/// Limits that rule over those of the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SteeredTerms {
    /// How many launches in a span of time.
    pub rate: Option<SteeredRate>,
    /// How many at once after an idle spell.
    pub burst: Option<NonZeroU32>,
    /// How many requests may be open at once.
    pub concurrency: Option<NonZeroU32>,
    /// How many robot jobs may be unfinished at once.
    pub active: Option<NonZeroU32>,
}

/// So many launches in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SteeredRate {
    /// How many.
    pub count: NonZeroU32,
    /// The period, in milliseconds.
    pub period_ms: u64,
}

/// What came of stopping the robot jobs of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StopTally {
    /// Robot jobs that the server was asked to stop, and that it did not refuse to.
    pub asked: u32,
    /// Those that were over already, or are not there any more.
    pub over: u32,
    /// Those that the server did not stop.
    pub refused: u32,
    /// Why, of the first of these; the server's words.
    pub why: Option<String>,
}

/// What holds of a run, by all that was asked of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steered {
    /// Why nothing more leaves; `None` if it does.
    pub hold: Option<RunHold>,
    /// The manifest's jobs of which nothing more leaves, and whether their robot jobs are killed.
    pub cancelled_jobs: BTreeMap<String, bool>,
    /// The launches of the plan that were cancelled by themselves: nothing more of them leaves, nor of their retries.
    pub cancelled_launches: LaunchRanges,
    /// Those of them whose robot jobs are killed.
    pub killed_launches: LaunchRanges,
    /// The manifest's jobs of which a rule of the manifest lets nothing more leave, and why.
    pub held_jobs: BTreeMap<String, String>,
    /// Limits that rule over those of the manifest.
    pub terms: SteeredTerms,
    /// How many times something was cancelled.
    pub cancels: u32,
    /// How many of these were carried out.
    pub carried_out: u32,
    /// What came of the last of them.
    pub tally: Option<StopTally>,
}

/// Why nothing more of a run leaves. It goes on by a typed `continue` or `resume`, and by nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunHold {
    /// It is paused: since when, and the rule that did it, where it was no person.
    Paused(Timestamp, Option<String>),
    /// It is cancelled: since when, and whether its robot jobs are killed.
    Cancelled(Timestamp, bool),
}

impl Steered {
    /// What holds by `steerings`, in their order.
    #[must_use]
    pub fn of<'a>(steerings: impl IntoIterator<Item = &'a Steering>) -> Self {
        let mut steered = Self::default();
        for steering in steerings {
            steered.take(steering);
        }
        steered
    }

    fn take(&mut self, steering: &Steering) {
        match steering {
            // Whoever pauses a run that is cancelled does not call its robot jobs back.
            Steering::Pause { .. } if self.is_cancelled() => {}
            Steering::Pause { at, why } => self.hold = Some(RunHold::Paused(*at, why.clone())),
            Steering::Continue { .. } => {
                self.hold = None;
                self.cancelled_jobs.clear();
                self.cancelled_launches = LaunchRanges::default();
                self.killed_launches = LaunchRanges::default();
                self.held_jobs.clear();
                self.carried_out = self.cancels;
            }
            Steering::HoldJob { job, why, .. } => drop(self.held_jobs.insert(job.clone(), why.clone())),
            Steering::Set { terms, .. } => self.terms.lay_over(terms),
            Steering::Cancel { at, job: None, kill } => {
                self.hold = Some(RunHold::Cancelled(*at, *kill));
                self.cancels += 1;
            }
            Steering::Cancel { job: Some(job), kill, .. } => {
                self.cancelled_jobs.insert(job.clone(), *kill);
                self.cancels += 1;
            }
            Steering::CancelLaunches { launches, kill, .. } => {
                self.cancelled_launches.add(launches);
                if *kill {
                    self.killed_launches.add(launches);
                } else {
                    self.killed_launches.remove(launches);
                }
                self.cancels += 1;
            }
            Steering::Stopped { cancels, tally } => {
                self.carried_out = self.carried_out.max(*cancels);
                self.tally = Some(tally.clone());
            }
        }
    }

    /// Whether the whole run is cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.hold, Some(RunHold::Cancelled(..)))
    }

    /// Whether the process that is at it sends nothing more, whatever is asked later: it is cancelled, or a rule of its
    /// manifest stopped it.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.hold, Some(RunHold::Cancelled(..) | RunHold::Paused(_, Some(_))))
    }

    /// Whether the run is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        matches!(self.hold, Some(RunHold::Paused(..)))
    }

    /// Whether somebody must let it go on before anything more leaves, or anything of one of its jobs.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.hold.is_some() || self.cancels_some() || !self.held_jobs.is_empty()
    }

    /// Whether jobs or launches were cancelled by themselves.
    #[must_use]
    pub fn cancels_some(&self) -> bool {
        !self.cancelled_jobs.is_empty() || !self.cancelled_launches.is_empty()
    }

    /// Whether robot jobs are to be stopped, and nobody has done it yet.
    #[must_use]
    pub fn wants_stops(&self) -> bool {
        self.cancels > self.carried_out
    }

    /// Whether nothing more of `launch` leaves, although others may: it was cancelled, or its job is held. `planned` is its place in
    /// the plan, or that of the launch that it is a retry of.
    #[must_use]
    pub fn blocks(&self, launch: &LaunchId, planned: Ordinal) -> bool {
        self.cancels(launch, planned).is_some() || self.held_jobs.contains_key(launch.job())
    }

    /// Whether nothing more of `launch` leaves since it was cancelled, and whether its robot jobs are killed then, as they are
    /// wherever one of those who asked for that said so; `None` if it was not. `planned` as in [`Steered::blocks`].
    #[must_use]
    pub fn cancels(&self, launch: &LaunchId, planned: Ordinal) -> Option<bool> {
        let of_run = match &self.hold {
            Some(RunHold::Cancelled(_, kill)) => Some(*kill),
            Some(RunHold::Paused(..)) | None => None,
        };
        let of_job = self.cancelled_jobs.get(launch.job()).copied();
        let by_itself = self.cancelled_launches.contains(planned).then(|| self.killed_launches.contains(planned));
        // `Some(true)` is the greatest.
        of_run.max(of_job).max(by_itself)
    }
}

impl SteeredTerms {
    /// Whether nothing rules over the manifest.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The pace that follows, where the run's own is `own`.
    #[must_use]
    pub fn pace(&self, own: Pace) -> Pace {
        let burst = self.burst.or(NonZeroU32::new(own.burst())).unwrap_or(NonZeroU32::MIN);
        match self.rate {
            Some(SteeredRate { count, period_ms }) => Pace::new(count, Duration::from_millis(period_ms), burst),
            None => Pace::new(NonZeroU32::MIN, own.interval(), burst),
        }
    }

    /// How many requests may be open at once, where the run's own limit is `own`.
    #[must_use]
    pub fn concurrency(&self, own: NonZeroUsize) -> NonZeroUsize {
        self.concurrency.and_then(|count| NonZeroUsize::try_from(count).ok()).unwrap_or(own)
    }

    fn lay_over(&mut self, later: &Self) {
        let Self { rate, burst, concurrency, active } = later;
        self.rate = rate.or(self.rate);
        self.burst = burst.or(self.burst);
        self.concurrency = concurrency.or(self.concurrency);
        self.active = active.or(self.active);
    }
}

impl fmt::Display for SteeredTerms {
    /// `rate 2/s, active 20`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rate, burst, concurrency, active } = self;
        let rate = rate.map(|SteeredRate { count, period_ms }| match period_ms {
            1000 => format!("rate {count}/s"),
            60_000 => format!("rate {count}/min"),
            3_600_000 => format!("rate {count}/h"),
            _ => format!("rate {count} in {period_ms} ms"),
        });
        let number = |name: &str, value: &Option<NonZeroU32>| value.map(|value| format!("{name} {value}"));
        let others = [number("burst", burst), number("concurrency", concurrency), number("active", active)];
        let parts: Vec<String> = rate.into_iter().chain(others.into_iter().flatten()).collect();
        f.write_str(&parts.join(", "))
    }
}

impl RunHold {
    /// How it came to be, for a run that it no longer holds: `cancelled at 2026-01-31T00:00:00Z`.
    #[must_use]
    pub fn in_the_past(&self) -> String {
        match self {
            Self::Paused(at, None) => format!("paused at {at:.0}"),
            Self::Paused(at, Some(why)) => format!("paused at {at:.0} by its manifest ({why})"),
            Self::Cancelled(at, _) => format!("cancelled at {at:.0}"),
        }
    }
}

impl fmt::Display for RunHold {
    /// `paused since 2026-01-31T00:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused(at, None) => write!(f, "paused since {at:.0}"),
            Self::Paused(at, Some(why)) => write!(f, "paused since {at:.0} by its manifest ({why})"),
            Self::Cancelled(at, _) => write!(f, "cancelled since {at:.0}"),
        }
    }
}

impl fmt::Display for StopTally {
    /// `3 robot jobs were asked to stop, 1 was over already, 2 could not be stopped: no permission`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: u32| match count {
            1 => "1 robot job was".to_owned(),
            count => format!("{count} robot jobs were"),
        };
        write!(f, "{} asked to stop", counted(self.asked))?;
        if self.over > 0 {
            write!(f, ", {} {} over already", self.over, if self.over == 1 { "was" } else { "were" })?;
        }
        if self.refused > 0 {
            write!(f, ", {} could not be stopped", self.refused)?;
        }
        match &self.why {
            Some(why) => write!(f, ": {why}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
