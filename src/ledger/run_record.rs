//! A run as its ledger keeps it, apart from its events.
//!
//! In: what a run is when it is opened, and how it ended. Out: the same again. Never: knows a manifest or a plan; a run's
//! inputs are bytes to it.

use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::ids::{Digest, LaunchId, RunId, SANDBOX_TENANT};
use crate::ledger::totals::Totals;

/// How the tenant identity of a run begins that was launched by another ledger and imported into this one: no address does, so
/// that nothing that is asked of a tenant ever finds it. Behind it come the machine that exported it, a colon, and the identity that it was launched
/// on.
pub const IMPORTED_TENANT: &str = "imported:";

/// What a run is, fixed when it is opened. The plan can be made again from `inputs` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// The run.
    pub id: RunId,
    /// The manifest's name.
    pub name: String,
    /// The slot that it stands for, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub slot: Option<String>,
    /// The profile's name.
    pub profile: String,
    /// The tenant identity: which server the run speaks to, whatever its profile is called.
    pub tenant: String,
    /// When it was opened, UTC.
    pub started: Timestamp,
    /// The digest of its launches.
    pub plan_digest: Digest,
    /// How many launches it has.
    pub launches: u32,
    /// The plan's inputs, as `plan` spells them.
    pub inputs: Vec<u8>,
    /// The version of sortie that opened it.
    pub version: String,
}

impl RunRecord {
    /// Whether it was launched into a sandbox inside its process, which ended with that.
    #[must_use]
    pub fn is_of_a_sandbox(&self) -> bool {
        self.launched_on().starts_with(SANDBOX_TENANT)
    }

    /// Whether another ledger launched it, and this one only shows it: nothing of it may be sent or settled here.
    #[must_use]
    pub fn is_imported(&self) -> bool {
        self.tenant.starts_with(IMPORTED_TENANT)
    }

    /// The tenant identity that it was launched on, by whatever ledger.
    #[must_use]
    pub fn launched_on(&self) -> &str {
        self.imported().map_or(&self.tenant, |(_, tenant)| tenant)
    }

    /// The machine that the file was written on by which it was imported; `None` if it has no name, or the run is no import.
    #[must_use]
    pub fn imported_from(&self) -> Option<&str> {
        self.imported().map(|(host, _)| host).filter(|host| !host.is_empty())
    }

    fn imported(&self) -> Option<(&str, &str)> {
        self.tenant.strip_prefix(IMPORTED_TENANT)?.split_once(':')
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// When, UTC.
    pub ended: Timestamp,
    /// With which exit status.
    pub exit: ExitStatus,
    /// What had come of its launches by then.
    pub totals: Totals,
}

/// A run that is to be taken out of its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrunedRun {
    /// The run.
    pub id: RunId,
    /// How it ended: one that has gone on since stays.
    pub end: RunEnd,
    /// How many notes there were about it: of one of which more was noted since, more may be known.
    pub notes: usize,
    /// The first run of its chain of reruns, or itself: of a chain all go, or none.
    pub chain: RunId,
    /// Whether its id must be known for ever, so that it is not begun again: of each that was launched here.
    pub keeps_id: bool,
}

/// A run as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// The run.
    pub id: RunId,
    /// The manifest's name.
    pub name: String,
    /// The slot that it stands for.
    pub slot: Option<String>,
    /// When it was opened, UTC.
    pub started: Timestamp,
    /// How many launches it has.
    pub launches: u32,
    /// Whether another ledger launched it, and this one only shows it.
    pub is_imported: bool,
    /// How it ended; `None` while it has not, or since it was resumed.
    pub end: Option<RunEnd>,
}

/// A launch that another run of the same manifest may have started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRunLaunch {
    /// The launch.
    pub launch: LaunchId,
    /// The run, the latest where there are several.
    pub run: RunId,
    /// Whether it was surely started there; else it is in doubt.
    pub certain: bool,
}
