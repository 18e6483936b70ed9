//! What is noted about a whole run after it was opened, and what follows from the notes.
//!
//! In: notes in the order in which they were made. Out: the one that holds of each kind. Never: an event of a launch;
//! that is `ledger/event.rs`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::steering::{Steered, Steering};
use crate::clock::Timestamp;
use crate::ids::RunId;
use crate::outcome::Judgement;
use crate::pace::Pace;

pub mod launch_ranges;
pub mod steering;

/// Something about a whole run, recorded after it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum RunNote {
    /// Nothing of it may be sent again after a doubt; holds for every resume.
    AtMostOnce,
    /// All its robot jobs are counted before it ends; holds for every resume.
    Verify,
    /// The server's clock for robot jobs was so far from the one in its answers, in milliseconds.
    ClocksApart {
        /// `CreationTime` less `Date`.
        ms: i64,
    },
    /// Its robot jobs were to be counted, and in these folders, with the reasons, could not be; empty if all were.
    Uncounted {
        /// The reason by folder.
        folders: BTreeMap<String, String>,
    },
    /// What the outcome policies came to when the run ended; of several the last one holds.
    Judged {
        /// Each policy, the manifest's first.
        policies: Vec<Judgement>,
    },
    /// Another run took over what it did not do: it is closed to sending.
    Superseded {
        /// That run.
        by: RunId,
    },
    /// Its slot came while another slot of the manifest was being run: nothing of it was begun.
    Skipped {
        /// The run that was in the way, where it is known.
        live: Option<RunId>,
    },
    /// It was begun although it had been skipped, because somebody named its slot.
    Begun,
    /// A process launched at another pace than held until then by its manifest and its notes.
    Paced {
        /// Since when.
        at: Timestamp,
        /// Between two launches of a steady stream, in nanoseconds.
        interval_ns: u64,
        /// How many at once after an idle spell.
        burst: NonZeroU32,
    },
    /// Somebody, or a rule of its manifest, steered it.
    Steered(Steering),
}

/// What holds of the run with these notes by all that was asked of it.
#[must_use]
pub fn steered(notes: &[RunNote]) -> Steered {
    Steered::of(notes.iter().filter_map(|note| match note {
        RunNote::Steered(steering) => Some(steering),
        RunNote::AtMostOnce
        | RunNote::Verify
        | RunNote::ClocksApart { .. }
        | RunNote::Uncounted { .. }
        | RunNote::Judged { .. }
        | RunNote::Superseded { .. }
        | RunNote::Skipped { .. }
        | RunNote::Begun
        | RunNote::Paced { .. } => None,
    }))
}

/// Whether the run with these notes is one that was skipped, and not begun since.
#[must_use]
pub fn is_skipped(notes: &[RunNote]) -> bool {
    let decided = notes.iter().rev().find_map(|note| match note {
        RunNote::Skipped { .. } => Some(true),
        RunNote::Begun => Some(false),
        RunNote::AtMostOnce
        | RunNote::Verify
        | RunNote::ClocksApart { .. }
        | RunNote::Uncounted { .. }
        | RunNote::Judged { .. }
        | RunNote::Superseded { .. }
        | RunNote::Paced { .. }
        | RunNote::Steered(_) => None,
    });
    decided == Some(true)
}

/// The run that took over what the run with these notes did not do.
#[must_use]
pub fn successor(notes: &[RunNote]) -> Option<RunId> {
    latest(notes, |note| if let RunNote::Superseded { by } = note { Some(*by) } else { None })
}

/// How far the server's clocks were apart by these notes, in milliseconds; `None` if that was not worth a word.
#[must_use]
pub fn clocks_apart_ms(notes: &[RunNote]) -> Option<i64> {
    latest(notes, |note| if let RunNote::ClocksApart { ms } = note { Some(*ms) } else { None })
}

/// The folders whose robot jobs could not be counted, by the latest of these notes, and why.
#[must_use]
pub fn uncounted(notes: &[RunNote]) -> BTreeMap<String, String> {
    let folders = latest(notes, |note| if let RunNote::Uncounted { folders } = note { Some(folders) } else { None });
    folders.cloned().unwrap_or_default()
}

/// What the outcome policies came to, by the latest of these notes.
#[must_use]
pub fn judgements(notes: &[RunNote]) -> Vec<Judgement> {
    let policies = latest(notes, |note| if let RunNote::Judged { policies } = note { Some(policies) } else { None });
    policies.cloned().unwrap_or_default()
}

/// The pace of its own at which a process launched last by these notes, where it was not the manifest's.
#[must_use]
pub fn paced(notes: &[RunNote]) -> Option<Pace> {
    let pace = |interval_ns, burst| Pace::new(NonZeroU32::MIN, Duration::from_nanos(interval_ns), burst);
    latest(notes, |note| {
        if let RunNote::Paced { interval_ns, burst, .. } = note { Some(pace(*interval_ns, *burst)) } else { None }
    })
}

/// How fast a run might launch by these notes, and since when, ascending; `own` is its manifest's pace, which held at `began`.
///
/// Shape: one entry for each change, the first at `began`.
#[must_use]
pub fn paces(notes: &[RunNote], own: Pace, began: Timestamp) -> Vec<(Timestamp, Pace)> {
    let (mut own, mut paces) = (own, vec![(began, own)]);
    for (index, note) in notes.iter().enumerate() {
        let at = match note {
            RunNote::Paced { at, interval_ns, burst } => {
                own = Pace::new(NonZeroU32::MIN, Duration::from_nanos(*interval_ns), *burst);
                *at
            }
            RunNote::Steered(Steering::Set { at, .. }) => *at,
            RunNote::AtMostOnce
            | RunNote::Verify
            | RunNote::ClocksApart { .. }
            | RunNote::Uncounted { .. }
            | RunNote::Judged { .. }
            | RunNote::Superseded { .. }
            | RunNote::Skipped { .. }
            | RunNote::Begun
            | RunNote::Steered(_) => continue,
        };
        let pace = steered(&notes[..=index]).terms.pace(own);
        if paces.last().is_none_or(|(_, last)| *last != pace) {
            paces.push((at, pace));
        }
    }
    paces
}

/// The run that was in the way when it was skipped, by the latest such note: `Some(None)` where that is not known.
#[must_use]
pub fn skipped_for(notes: &[RunNote]) -> Option<Option<RunId>> {
    latest(notes, |note| if let RunNote::Skipped { live } = note { Some(*live) } else { None })
}

/// What `pick` takes of the latest note that it takes anything of.
fn latest<'n, T>(notes: &'n [RunNote], pick: impl FnMut(&'n RunNote) -> Option<T>) -> Option<T> {
    notes.iter().rev().find_map(pick)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_holds_from_when_it_was_asked_for_and_what_somebody_set_rules_over_it() {
        let at = |second| Timestamp::from_second(second).expect("fits");
        let count = |count| NonZeroU32::new(count).expect("not zero");
        let pace = |per_minute, burst| Pace::new(count(per_minute), Duration::from_secs(60), count(burst));
        let paced = |second, pace: Pace| RunNote::Paced {
            at: at(second),
            interval_ns: u64::try_from(pace.interval().as_nanos()).expect("fits"),
            burst: count(pace.burst()),
        };
        let rate = steering::SteeredRate { count: count(6), period_ms: 60_000 };
        let terms = steering::SteeredTerms { rate: Some(rate), ..steering::SteeredTerms::default() };
        let own = pace(60, 2);
        assert_eq!(paces(&[RunNote::Verify], own, at(0)), [(at(0), own)]);
        let notes = [
            paced(1, pace(30, 4)),
            RunNote::Begun,
            RunNote::Steered(Steering::Set { at: at(5), terms }),
            paced(9, pace(20, 4)),
            paced(10, pace(20, 1)),
        ];
        let held = [(at(0), own), (at(1), pace(30, 4)), (at(5), pace(6, 4)), (at(10), pace(6, 1))];
        assert_eq!(paces(&notes, own, at(0)), held, "at 9 nothing changes");
    }

    #[test]
    fn the_latest_count_of_a_run_is_the_one_that_holds() {
        let note = |folders: &[&str]| RunNote::Uncounted {
            folders: folders.iter().map(|folder| ((*folder).to_owned(), "forbidden".to_owned())).collect(),
        };
        assert!(uncounted(&[RunNote::Verify]).is_empty());
        let failed = uncounted(&[note(&["A", "B"]), RunNote::ClocksApart { ms: 1 }]);
        assert_eq!(failed.into_keys().collect::<Vec<_>>(), ["A", "B"]);
        assert!(uncounted(&[note(&["A"]), note(&[])]).is_empty(), "a later one counted them");
    }
}
