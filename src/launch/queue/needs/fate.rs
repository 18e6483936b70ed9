//! What came of launches that others need, a byte each.
//!
//! In: fates by launch. Out: how many of some launches have which. Never: says what that means for a need.

use std::ops::Range;

use crate::ids::{Ordinal, OrdinalSet};
use crate::outcome::JobOutcome;

/// What came of a launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is not started yet, or nobody knows.
    #[default]
    Waiting,
    /// Its robot jobs are under way, or are not waited for.
    Started,
    Successful,
    Suspended,
    Faulted,
    Stopped,
    Late,
    Gone,
    /// It was refused, or could not be made.
    Rejected,
    /// Its own `if` left it out: it counts for nothing.
    SkippedByPlan,
    /// What it needs could not be met.
    SkippedByNeeds,
    /// Another run started it, and it is to be started `once`.
    StartedElsewhere,
    /// Somebody said that it was started: how its robot jobs ended, nobody will know.
    Declared,
}

impl Fate {
    /// Every fate, in the order in which failures are told.
    const ALL: [Self; 13] = [
        Self::Waiting,
        Self::Started,
        Self::Successful,
        Self::Suspended,
        Self::Faulted,
        Self::Stopped,
        Self::Late,
        Self::Gone,
        Self::Rejected,
        Self::SkippedByPlan,
        Self::SkippedByNeeds,
        Self::StartedElsewhere,
        Self::Declared,
    ];

    pub(super) fn of_outcome(outcome: JobOutcome) -> Self {
        match outcome {
            JobOutcome::Successful => Self::Successful,
            JobOutcome::Suspended => Self::Suspended,
            JobOutcome::Faulted => Self::Faulted,
            JobOutcome::Stopped => Self::Stopped,
            JobOutcome::Late => Self::Late,
            JobOutcome::Gone => Self::Gone,
        }
    }

    /// As people read it behind a number of launches.
    fn words(self) -> &'static str {
        match self {
            Self::Waiting => "not started",
            Self::Started => "started",
            Self::Successful => "successful",
            Self::Suspended => "suspended",
            Self::Faulted => "faulted",
            Self::Stopped => "stopped",
            Self::Late => "late",
            Self::Gone => "gone",
            Self::Rejected => "rejected",
            Self::SkippedByPlan | Self::SkippedByNeeds => "skipped",
            Self::StartedElsewhere => "left to an earlier run",
            Self::Declared => "declared to be started",
        }
    }
}

/// How the number of a launch's robot jobs differs from what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// Fewer exist.
    Partial,
    /// More do.
    Duplicate,
}

/// The fates of all launches of a run.
#[derive(Debug, Default)]
pub(super) struct Fates {
    by_launch: Vec<Fate>,
    /// Launches of which fewer robot jobs exist than were asked for.
    partial: OrdinalSet,
    /// Launches of which more do.
    duplicate: OrdinalSet,
}

/// How many of some launches are how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FateCounts {
    pub(super) all: u32,
    pub(super) over: u32,
    pub(super) started: u32,
    pub(super) successful: u32,
    /// Robot jobs that did not end well, launches that were refused.
    pub(super) failed: u32,
    /// Those that can never be successful any more.
    pub(super) unsuccessful: u32,
    /// Those that can never be started as asked for any more.
    pub(super) unstarted: u32,
    /// Those that count for nothing.
    pub(super) neutral: u32,
    /// By fate, in the order of [`Fate::ALL`].
    by_fate: [u32; Fate::ALL.len()],
    partial: u32,
    duplicate: u32,
}

impl Fates {
    pub(super) fn new(launches: usize) -> Self {
        Self { by_launch: vec![Fate::Waiting; launches], ..Self::default() }
    }

    pub(super) fn of(&self, ordinal: Ordinal) -> Fate {
        self.by_launch.get(ordinal.index()).copied().unwrap_or_default()
    }

    /// Gives the launch a fate; `counts` are those of its job.
    pub(super) fn set(&mut self, ordinal: Ordinal, fate: Fate, counts: &mut FateCounts) {
        let before = self.one(ordinal);
        if let Some(place) = self.by_launch.get_mut(ordinal.index()) {
            *place = fate;
        }
        counts.exchange(before, self.one(ordinal));
    }

    /// Notes that another number of robot jobs exists than was asked for; `counts` are those of the launch's job.
    pub(super) fn note_odd(&mut self, ordinal: Ordinal, oddity: Oddity, counts: &mut FateCounts) {
        let before = self.one(ordinal);
        match oddity {
            Oddity::Partial => self.partial.insert(ordinal),
            Oddity::Duplicate => self.duplicate.insert(ordinal),
        }
        counts.exchange(before, self.one(ordinal));
    }

    /// The counts of one launch.
    pub(super) fn one(&self, ordinal: Ordinal) -> FateCounts {
        FateCounts::one(self.of(ordinal), self.partial.contains(ordinal), self.duplicate.contains(ordinal))
    }

    /// Counts the launches at `ordinals`.
    pub(super) fn count(&self, ordinals: Range<u32>) -> FateCounts {
        let mut counts = FateCounts::default();
        for ordinal in ordinals.map(Ordinal) {
            counts.exchange(FateCounts::default(), self.one(ordinal));
        }
        counts
    }
}

impl FateCounts {
    /// So many launches that wait.
    pub(super) fn waiting(launches: u32) -> Self {
        let mut by_fate = [0; Fate::ALL.len()];
        by_fate[Fate::Waiting as usize] = launches;
        Self { all: launches, by_fate, ..Self::default() }
    }

    fn one(fate: Fate, is_partial: bool, is_duplicate: bool) -> Self {
        let is_odd = is_partial || is_duplicate;
        let (is_over, is_started, is_failed, is_neutral) = match fate {
            Fate::Waiting => (false, false, false, false),
            // One that is late may still end well, and nobody knows when.
            Fate::Started | Fate::Late | Fate::Declared => (false, true, false, false),
            Fate::Successful | Fate::Suspended => (true, true, false, false),
            Fate::Faulted | Fate::Stopped | Fate::Gone => (true, true, true, false),
            Fate::Rejected => (true, false, true, false),
            Fate::SkippedByPlan => (true, false, false, true),
            Fate::SkippedByNeeds | Fate::StartedElsewhere => (true, false, false, false),
        };
        let mut by_fate = [0; Fate::ALL.len()];
        by_fate[fate as usize] = 1;
        Self {
            all: 1,
            over: u32::from(is_over),
            started: u32::from(is_started && !is_partial),
            successful: u32::from(fate == Fate::Successful && !is_odd),
            failed: u32::from(is_failed || is_odd),
            unsuccessful: u32::from(
                is_odd || fate == Fate::Declared || (is_over && !is_neutral && fate != Fate::Successful),
            ),
            unstarted: u32::from(is_partial || (is_over && !is_started && !is_neutral)),
            neutral: u32::from(is_neutral),
            by_fate,
            partial: u32::from(is_partial),
            duplicate: u32::from(is_duplicate),
        }
    }

    /// Counts `new` in place of `old`, which was counted.
    fn exchange(&mut self, old: Self, new: Self) {
        for (count, (old, new)) in [
            (&mut self.all, (old.all, new.all)),
            (&mut self.over, (old.over, new.over)),
            (&mut self.started, (old.started, new.started)),
            (&mut self.successful, (old.successful, new.successful)),
            (&mut self.failed, (old.failed, new.failed)),
            (&mut self.unsuccessful, (old.unsuccessful, new.unsuccessful)),
            (&mut self.unstarted, (old.unstarted, new.unstarted)),
            (&mut self.neutral, (old.neutral, new.neutral)),
            (&mut self.partial, (old.partial, new.partial)),
            (&mut self.duplicate, (old.duplicate, new.duplicate)),
        ] {
            *count = *count + new - old;
        }
        for (count, (old, new)) in self.by_fate.iter_mut().zip(old.by_fate.into_iter().zip(new.by_fate)) {
            *count = *count + new - old;
        }
    }

    pub(super) fn of(&self, fate: Fate) -> u32 {
        self.by_fate[fate as usize]
    }

    pub(super) fn partial(&self) -> u32 {
        self.partial
    }

    pub(super) fn duplicate(&self) -> u32 {
        self.duplicate
    }

    /// Which of them did not succeed: `of its 5 launches 2 did not: 1 faulted, 1 partial`; of one launch: `it is faulted`.
    pub(super) fn told_failures(&self) -> String {
        let is_told = |fate: Fate| {
            !matches!(fate, Fate::Waiting | Fate::Started | Fate::Late | Fate::Successful | Fate::SkippedByPlan)
        };
        self.told(self.unsuccessful, is_told, true)
    }

    /// Which of them were not started as asked for: `of its 5 launches 1 did not: 1 rejected`; of one launch: `it is rejected`.
    pub(super) fn told_unstarted(&self) -> String {
        let is_told = |fate| matches!(fate, Fate::Rejected | Fate::SkippedByNeeds | Fate::StartedElsewhere);
        self.told(self.unstarted, is_told, false)
    }

    /// `missed` of the launches did not do what was needed, each in one fate of those that `is_told` names, or with another number
    /// of robot jobs than was asked for. One may be both.
    fn told(&self, missed: u32, is_told: impl Fn(Fate) -> bool, with_duplicates: bool) -> String {
        let counts = Fate::ALL.into_iter().filter(|fate| is_told(*fate)).map(|fate| (self.of(fate), fate.words()));
        let duplicate = if with_duplicates { self.duplicate } else { 0 };
        let odd = [(self.partial, "partial"), (duplicate, "duplicate")];
        let told: Vec<(u32, &str)> = counts.chain(odd).filter(|(count, _)| *count > 0).collect();
        if self.all == 1 {
            let words: Vec<&str> = told.iter().map(|(_, words)| *words).collect();
            return format!("it is {}", words.join(" and "));
        }
        let parts: Vec<String> = told.iter().map(|(count, words)| format!("{count} {words}")).collect();
        format!("of its {} launches {missed} did not: {}", self.all, parts.join(", "))
    }
}
