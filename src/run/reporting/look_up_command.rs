//! A look at a folder's robot jobs by hand: the command for a shell, whole.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::diagnostic::shell::quoted;
use crate::ids::FolderRef;
use crate::orchestrator::base_url::BaseUrl;
use crate::orchestrator::folder_header::{folder_header, spelled};

/// The command that shows every robot job which a run begun at `started` can have started in `folder`: lines to paste.
///
/// `tenant` is the run's tenant identity. The token is a variable of the shell's, never a value. Source:
/// `docs/exactly-once.md`, step 6: by `CreationTime` alone, from ten minutes before, matched by Reference by the reader.
/// `apart_ms`: how far the clock that stamps robot jobs is ahead of that of the server's answers.
pub(super) fn command(tenant: &str, folder: &FolderRef, started: &str, apart_ms: Option<i64>) -> Vec<String> {
    let (base, tenant) = tenant.split_once('#').map_or((tenant, None), |(base, tenant)| (base, Some(tenant)));
    let base = match BaseUrl::parse(base) {
        // An identity lacks this part, whether the profile has it or not; every server with tenants in paths has it.
        Ok(parsed) if parsed.tenant().is_some() => format!("{}/orchestrator_", parsed.as_str()),
        Ok(parsed) => parsed.as_str().to_owned(),
        Err(_) => base.to_owned(),
    };
    // Where the clock that stamps robot jobs is known to be behind, they stand so much earlier in the list.
    let behind = Duration::from_millis(apart_ms.map_or(0, |ms| ms.min(0).unsigned_abs()));
    let early = started.parse::<Timestamp>().ok().and_then(|at| at.checked_sub(behind + Duration::from_secs(600)).ok());
    let from = early.map_or_else(|| started.to_owned(), |at| format!("{at:.0}"));
    let (name, value) = folder_header(folder);
    let header = format!("{}: {}", spelled(&name), value.to_str().unwrap_or_default());
    let mut lines = vec![
        format!("curl -sSG {}", quoted(&format!("{base}/odata/Jobs"))),
        "-H \"Authorization: Bearer $UIPATH_ACCESS_TOKEN\"".to_owned(),
    ];
    lines.extend(tenant.map(|tenant| format!("-H {}", quoted(&format!("X-UIPATH-TenantName: {tenant}")))));
    lines.push(format!("-H {}", quoted(&header)));
    lines.push(format!("--data-urlencode {}", quoted(&format!("$filter=CreationTime ge {from}"))));
    lines.push("--data-urlencode '$select=Id,State,Reference,CreationTime'".to_owned());
    lines.push("--data-urlencode '$orderby=CreationTime,Id' --data-urlencode '$top=1000'".to_owned());
    lines.into_iter().map(|line| escape(&line).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FolderId;

    #[test]
    fn the_command_has_the_address_the_folder_and_the_tenant() {
        for (tenant, folder, first, headers) in [
            (
                "https://cloud.uipath.com/acme/prod",
                FolderRef::Path("Finance/AP".to_owned()),
                "curl -sSG 'https://cloud.uipath.com/acme/prod/orchestrator_/odata/Jobs'",
                vec!["-H 'X-UIPATH-FolderPath: Finance/AP'"],
            ),
            (
                "https://orchestrator.corp.example#Default",
                FolderRef::Id(FolderId(7)),
                "curl -sSG 'https://orchestrator.corp.example/odata/Jobs'",
                vec!["-H 'X-UIPATH-TenantName: Default'", "-H 'X-UIPATH-OrganizationUnitId: 7'"],
            ),
            (
                "http://127.0.0.1:8080",
                FolderRef::Path("Büro".to_owned()),
                "curl -sSG 'http://127.0.0.1:8080/odata/Jobs'",
                vec!["-H 'X-UIPATH-FolderPath-Encoded: QgD8AHIAbwA='"],
            ),
        ] {
            let lines = command(tenant, &folder, "2026-01-31T00:05:00.25Z", Some(7_200_000));
            assert_eq!(lines[0], first);
            assert_eq!(lines[2..2 + headers.len()], headers);
            assert!(lines.contains(&"--data-urlencode '$filter=CreationTime ge 2026-01-30T23:55:00Z'".to_owned()));
            assert!(lines.concat().contains("Bearer $UIPATH_ACCESS_TOKEN"), "a variable, never a token");
            let behind = command(tenant, &folder, "2026-01-31T00:05:00.25Z", Some(-7_200_000));
            assert!(behind.contains(&"--data-urlencode '$filter=CreationTime ge 2026-01-30T21:55:00Z'".to_owned()));
        }
    }
}
