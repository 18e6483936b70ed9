//! The bars about launching: CPU for each launch, commits, connections, and a cold plan.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::process::{Sandbox, cpu_seconds, manifest, sortie};
use crate::{Figure, proxy};

const CONCURRENCY: &str = "64";

/// CPU for each launch against the bare loop, in turn, `rounds` times; the median of the ratios counts.
pub(crate) fn cpu(launches: u32, rounds: usize, latency_ms: u32, bar: f64) -> Vec<Figure> {
    let sandbox = Sandbox::start(latency_ms);
    let bench = std::env::current_exe().unwrap();
    let mut pairs = Vec::new();
    for round in 0..rounds {
        let (folder, path) = manifest(launches);
        let count = launches.to_string();
        let bare =
            cpu_seconds(&[bench.to_str().unwrap(), "bare", &sandbox.url, &sandbox.token, &count], folder.path(), &[]);
        let ours = run(&sandbox.url, &sandbox.token, folder.path(), path.to_str().unwrap(), "sortie=warn");
        eprintln_round(round, latency_ms, bare, ours);
        pairs.push((ours / bare, ours, bare));
    }
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ratio, ours, bare) = pairs[pairs.len() / 2];
    let each = |seconds: f64| seconds * 1e6 / f64::from(launches);
    vec![Figure::at_most(
        format!(
            "CPU for each launch at {latency_ms} ms, against a bare loop ({:.0} us against {:.0} us)",
            each(ours),
            each(bare)
        ),
        ratio,
        " x",
        bar,
        2,
    )]
}

#[expect(clippy::print_stderr, reason = "progress is talk")]
fn eprintln_round(round: usize, latency_ms: u32, bare: f64, ours: f64) {
    eprintln!("round {round} at {latency_ms} ms: bare {bare:.2} s, sortie {ours:.2} s, ratio {:.2}", ours / bare);
}

fn run(url: &str, token: &str, folder: &std::path::Path, manifest: &str, log: &str) -> f64 {
    let ledger = folder.join("ledger.db");
    cpu_seconds(
        &[
            sortie(),
            "run",
            manifest,
            "--rate",
            "1000000/s",
            "--burst",
            "1000",
            "--concurrency",
            CONCURRENCY,
            "--report",
            "json=report.json",
        ],
        folder,
        &[
            ("UIPATH_URL", url),
            ("UIPATH_ACCESS_TOKEN", token),
            ("SORTIE_LEDGER", ledger.to_str().unwrap()),
            ("SORTIE_LOG", log),
        ],
    )
}

/// Commits of the ledger and connections to the server in one run at full speed.
pub(crate) fn commits_and_connections(launches: u32) -> Vec<Figure> {
    let sandbox = Sandbox::start(0);
    let target = sandbox.url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let (address, connections) = proxy::counting(target.clone());
    let (folder, path) = manifest(launches);
    let url = sandbox.url.replace(&target, &address);
    run(&url, &sandbox.token, folder.path(), path.to_str().unwrap(), "sortie=debug");
    let said = std::fs::read_to_string(folder.path().join("stderr.txt")).unwrap();
    let commits: f64 = said
        .split("ledger commits: ")
        .nth(1)
        .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_else(|| panic!("the log tells no commits: {said}"));
    let connections = u32::try_from(connections.load(Ordering::SeqCst)).unwrap();
    vec![
        Figure::at_most("ledger commits of one run", commits, "", f64::from(launches) / 64.0 + 2.0, 0),
        Figure::at_most("connections at a concurrency of 64", f64::from(connections), "", 64.0, 0),
    ]
}

/// Wall time of `sortie plan` on ten launches, median of `times`.
pub(crate) fn cold_plan(times: usize) -> Figure {
    let (folder, path) = manifest(10);
    let mut spans: Vec<Duration> = (0..times).map(|_| wall(folder.path(), path.to_str().unwrap())).collect();
    spans.sort();
    Figure::at_most("plan of ten launches, cold", spans[times / 2].as_secs_f64() * 1e3, " ms", 15.0, 1)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn wall(folder: &std::path::Path, manifest: &str) -> Duration {
    let start = std::time::Instant::now();
    let output = std::process::Command::new(sortie()).args(["plan", manifest]).current_dir(folder).output().unwrap();
    let took = start.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    took
}
