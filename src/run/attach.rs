//! The uploads of a run, before its first launch.
//!
//! In: resolved requests. Out: the same with the ids of their attachments. Nothing of it is recorded: a run that is cut
//! off here, or resumed, uploads again, and what it had uploaded before is used by nobody and harms nobody.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::orchestrator::Client;
use crate::orchestrator::call_error::CallError;
use crate::resolve::{Requests, Upload};

/// Maximum files uploaded at once.
const MAX_UPLOADS_AT_ONCE: usize = 4;

/// Uploads every input file of `requests`, and long arguments as files; asks nothing where there are none.
///
/// Errors: [`CallError`] of the first file that cannot be uploaded; nothing was started.
pub async fn attach(client: &Client, requests: Requests) -> Result<Requests, CallError> {
    let attached: Vec<_> = {
        let uploads = requests.uploads().map(|Upload { key, folder, name, text }| async move {
            let id = client.attach(&folder, &name, &text).await?;
            Ok((key, id))
        });
        stream::iter(uploads).buffer_unordered(MAX_UPLOADS_AT_ONCE).try_collect().await?
    };
    Ok(requests.attached(attached))
}
