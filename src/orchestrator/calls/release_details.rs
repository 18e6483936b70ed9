//! One release: what its versions are called.
//!
//! In: a folder, and the release's key. Out: what the server tells, masked. Never: a list of robot jobs, so that none of it
//! counts as one; trusts that a filter was carried out.
//! Source: Orchestrator OpenAPI, operations `Releases_Get` and `Releases_GetById`.

use super::one_job::absent;
use crate::ids::{FolderRef, ReleaseKey};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::client::Client;
use crate::orchestrator::job_pages::ReleaseDetails;
use crate::orchestrator::odata::{Query, literal};
use crate::orchestrator::wire;

const WHAT: &str = "reading a release";
/// Maximum characters of a version's name. Source: Orchestrator OpenAPI, `ReleaseVersionDto`.
const MAX_NAME: usize = 50;

impl Client {
    /// What the release tells of itself; `None` if the folder does not show it, or the server has no such operation. Few requests,
    /// each sent once: a release is found by its key, and read whole by its number alone.
    pub(in crate::orchestrator) async fn read_release(
        &self,
        folder: &FolderRef,
        release: ReleaseKey,
    ) -> Result<Option<ReleaseDetails>, CallError> {
        let filter = format!("Key eq {}", literal(&release.0.to_string()));
        let query = Query::default().with("$filter", &filter).with("$select", "Id,Key");
        let path = format!("/odata/Releases{}", query.as_str());
        let page: wire::ListPage<wire::ReleaseIdDto> = match self.get_dated(1, WHAT, Some(folder), &path).await {
            Ok((page, _)) => page,
            Err(error) => return absent(error),
        };
        let Some(id) = page.value.iter().find_map(|row| row.id_of(release)) else { return Ok(None) };
        let details = match self.whole_release(folder, id, "CurrentVersion,ReleaseVersions").await {
            // A server that cannot show all versions may show the current one.
            Err(CallError::Refused { error, .. }) if error.status == 400 => {
                self.whole_release(folder, id, "CurrentVersion").await
            }
            found => found,
        };
        let details = match details {
            Ok(details) => details,
            Err(error) => return absent(error),
        };
        if details.is_other_than(release) {
            return Err(self.strange(WHAT, 200, "the answer is another release than was asked for"));
        }
        let mut details = ReleaseDetails::from(details);
        for name in details.versions.values_mut() {
            *name = self.retrying.masked(name).chars().take(MAX_NAME).collect();
        }
        Ok(Some(details))
    }

    /// The release with this number, once.
    async fn whole_release(
        &self,
        folder: &FolderRef,
        id: i64,
        expand: &str,
    ) -> Result<wire::ReleaseDetailsDto, CallError> {
        let query = Query::default().with("$expand", expand);
        let path = format!("/odata/Releases({id}){}", query.as_str());
        self.get_dated(1, WHAT, Some(folder), &path).await.map(|(release, _)| release)
    }
}
