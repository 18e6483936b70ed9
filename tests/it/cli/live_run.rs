//! A run that is still at it: a manifest so slow that whoever starts it can act meanwhile.

use std::process::Child;

use super::cli_fixture::CliFixture;

pub(super) const NIGHTLY: &str = "
version: 1
name: nightly
folder: Shared
schedule: { slot: 1d, zone: Europe/Berlin }
jobs:
  a: { release: Ping, arguments: { day: '${{ run.slot }}', time: '${{ run.time }}' } }
  b: { release: Ping }
";

/// Starts `arguments` against a manifest so slow that it is still at it when it has sent one launch.
pub(super) fn live(fixture: &CliFixture, arguments: &str) -> Child {
    let before = fixture.starts();
    let mut child = fixture.spawn(arguments);
    while fixture.starts() == before {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it started anything");
        std::thread::yield_now();
    }
    child
}

/// The same manifest, of which one launch an hour is sent.
pub(super) fn slow(manifest: &str) -> String {
    manifest.replace("jobs:", "limits: { launch: { rate: 1/h, burst: 1, concurrency: 1 } }\njobs:")
}

pub(super) fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}
