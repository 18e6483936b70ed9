//! The yardstick: what a launcher costs that only sends. No manifest, no ledger, no pace, no report.

use std::sync::Arc;

use futures::stream::{self, StreamExt as _};

/// Posts `launches` StartJobs bodies to `url`, 64 at a time, and reads each answer.
pub(crate) fn run(url: &str, token: &str, launches: u32) {
    // Another part of the process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = reqwest::Client::builder().http1_only().no_proxy().build().unwrap();
    let url: reqwest::Url = format!("{url}/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs").parse().unwrap();
    let token = Arc::new(format!("Bearer {token}"));
    let started = runtime.block_on(
        stream::iter(0..launches)
            .map(|number| {
                let (client, url, token) = (client.clone(), url.clone(), Arc::clone(&token));
                async move {
                    let body = format!(
                        r#"{{"startInfo":{{"ReleaseKey":"5b754c63-5d1a-4c37-bb9b-74b69e4934bf","Strategy":"ModernJobsCount","JobsCount":1,"InputArguments":"{{\"invoice\":\"INV-{number}\",\"amount\":12.5}}","Reference":"bare-{number}"}}}}"#
                    );
                    let answer = client
                        .post(url)
                        .header("Authorization", token.as_str())
                        .header("Content-Type", "application/json")
                        .header("X-UIPATH-OrganizationUnitId", "7")
                        .body(body)
                        .send()
                        .await
                        .unwrap();
                    let status = answer.status().as_u16();
                    answer.bytes().await.unwrap();
                    u32::from(status == 201)
                }
            })
            .buffer_unordered(64)
            .fold(0, |sum, started| async move { sum + started }),
    );
    assert_eq!(started, launches, "the bare loop must start every job");
}
