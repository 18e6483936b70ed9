//! Whether the job lists of a new run's folders can be read: where they cannot, no lost answer could ever be settled.

use super::error::AdoptionError;
use crate::clock::{Clock, Timestamp};
use crate::ids::FolderRef;
use crate::job_list::patient_reader::PatientReader;
use crate::job_list::reader::JobListReader;
use crate::job_list::request::ListRequest;
use crate::job_list::schedule::ReadSchedule;
use crate::launch::notice::Notice;
use crate::launch::settings::LaunchSettings;
use crate::ledger::{ListReader, Rations};
use crate::orchestrator::{JobWindow, Server};
use crate::pace::Stream;

/// Maximum folders of a new run whose lists are checked, in their order: each costs a request of the tenant's ration.
const MAX_CHECKED_FOLDERS: usize = 10;
/// Maximum tries for a list before the check fails.
const MAX_TRIES: u32 = 8;

/// What lists told that were read before a new run.
#[derive(Clone, Debug, Default)]
pub struct Preflight {
    /// When they were read: they count.
    pub lists: Vec<Timestamp>,
    /// How far the server's `Date` is ahead of our clock, in milliseconds; `None` if none told it.
    pub server_ahead_ms: Option<i64>,
}

/// Asks whether the job lists of `folders` can be read: where they cannot, no lost answer could ever be settled.
///
/// Shape: what they told; `observe` hears of waits. Errors: [`AdoptionError::Unlisted`] of the first one that cannot be,
/// and others.
pub async fn check_list_access<S: Server, L: Rations>(
    server: &S,
    ledger: &L,
    tenant: &str,
    clock: &dyn Clock,
    folders: impl IntoIterator<Item = FolderRef>,
    settings: LaunchSettings,
    observe: &mut dyn FnMut(Notice),
) -> Result<Preflight, AdoptionError> {
    let for_tenant = ListReader::Tenant(tenant.to_owned());
    let reader = JobListReader::new(server, ledger, for_tenant, settings.list_ration, clock);
    let schedule = ReadSchedule::new(Stream::idle(settings.poll));
    let mut reader = PatientReader::new(reader, schedule, "it must be readable, or no lost answer could be settled");
    for folder in folders.into_iter().take(MAX_CHECKED_FOLDERS) {
        let request = ListRequest::Window(JobWindow { folder, from: clock.utc().to_string(), skip: 0 });
        reader.page(&request, MAX_TRIES, &mut |notice| observe(notice.into())).await?;
    }
    let (lists, server_ahead_ms) = reader.into_reads();
    Ok(Preflight { lists, server_ahead_ms })
}
