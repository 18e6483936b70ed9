//! Waiting: which robot jobs are over, and how.
//!
//! In: robot jobs that were started, what lists and single answers show, and the present. Out: what to ask next, and events:
//! one end for each robot job. Never: asks, sleeps or records anything itself; takes a failed or a strange answer for a
//! verdict; lets an absence follow from a filter. The dispatcher composes a `Watcher`, as it composes the settler.

mod afterwards;
mod cursor;
pub mod fault_class;
mod form;
mod forms;
mod look_ups;
pub mod outcome_policy;
mod pacing;
mod phase;
mod reading;
mod spans;
mod survey;
mod terms;
mod tracked;
mod watcher;

pub(crate) use afterwards::{LogQuestion, NotedJob, PassingJob, ReleaseLookUp, ReleaseNotes, RobotLogs};
pub(crate) use look_ups::JobLookUp;
pub(crate) use spans::LearntSpans;
pub(crate) use terms::{PendingTerms, PendingThen, UnsureNotes, WatchEvent, WatchSettings, WatchTerms, WatchedLaunch};
pub(crate) use watcher::Watcher;

pub use terms::SingleJobs;
