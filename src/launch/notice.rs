//! What a launcher has to tell while it works.

use std::time::Duration;

use super::interrupt::Interrupt;
use super::outlook::Outlook;
use crate::ids::{FolderRef, JobId, LaunchId};
use crate::job_list::patient_reader::ReadNotice;
use crate::ledger::StopTally;
use crate::ledger::state::Verdict;
use crate::outcome::{FaultClass, JobOutcome};

/// Something worth showing; for outcomes only once they are durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A launch is over.
    Ended(LaunchId, Verdict),
    /// A robot job is over, or is not waited for any longer.
    JobEnded(JobId, JobOutcome),
    /// A robot job faulted, and a retry is made in its place.
    Retried {
        /// The retry.
        retry: LaunchId,
        /// Why the robot job faulted.
        class: FaultClass,
        /// How long it waits before it is sent.
        wait: Duration,
    },
    /// A retry is over.
    RetryEnded(LaunchId, Verdict),
    /// Something about robot jobs that is worth a sentence.
    Watched(String),
    /// A launch surely started nothing and may go again; why.
    Unsent(LaunchId, String),
    /// It cannot be told yet whether a launch was started; why.
    Doubted(LaunchId, String),
    /// A launch in doubt was surely not started.
    Absent(LaunchId),
    /// A launch that was over was counted once more, since a list showed something else of it than was known.
    Recounted {
        /// The launch.
        launch: LaunchId,
        /// Its verdict until now.
        before: Verdict,
        /// Its verdict from now on.
        after: Verdict,
    },
    /// The server's own clocks are this far apart, in milliseconds: `CreationTime` less `Date`.
    ClocksApart(i64),
    /// Nothing is sent before something is there; what.
    Waiting(String),
    /// An earlier start is looked for, in the page with this number; `None` once that is over.
    Looking(Option<u32>),
    /// What the look for an earlier start cannot tell.
    Looked(String),
    /// The server asked for a pause of this length; nothing is sent meanwhile.
    Held(Duration),
    /// A folder was refused with these words; nothing more goes there.
    FolderClosed(FolderRef, String),
    /// All sending ends; why.
    Stopping(String),
    /// Somebody steered the run; what follows.
    Steered(String),
    /// A rule of the manifest stopped the sending; why. Only somebody who names the run lets it go on.
    Halted(String),
    /// A rule of the manifest lets nothing more of one of its jobs leave. Only somebody who names the run lets it go on.
    JobHalted {
        /// The job.
        job: String,
        /// The rule, and why.
        why: String,
    },
    /// What was cancelled is carried out.
    RobotJobsStopped {
        /// How many times something had been cancelled by then.
        cancels: u32,
        /// What came of it.
        tally: StopTally,
    },
    /// A signal ended the sending; the answers of those requests that are open are waited for.
    Interrupted {
        /// The signal.
        signal: Interrupt,
        /// How many requests are open.
        requests: usize,
        /// How long they are waited for.
        patience: Duration,
    },
    /// What the run waits for has changed.
    Outlook(Outlook),
}

impl From<ReadNotice> for Notice {
    fn from(notice: ReadNotice) -> Self {
        match notice {
            ReadNotice::Waiting(what) => Self::Waiting(what),
            ReadNotice::Paused(span) => Self::Held(span),
        }
    }
}
